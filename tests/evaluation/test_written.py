"""The pairs of written statements name lines that exist, and differ."""

from __future__ import annotations

from pathlib import Path

PLACE = Path(__file__).parents[2] / "eval" / "strangers"
ROWS = [
    line.split("\t") for line in (PLACE / "writer-statements.tsv").read_text("utf-8").splitlines()
]


def test_every_pair_has_a_place_and_two_statements() -> None:
    head, *pairs = ROWS
    assert head == ["# file", "lines", "good statement", "bad statement"]
    assert len(pairs) >= 150
    assert all(len(row) == 4 and row[2] != row[3] for row in pairs)
    assert len({row[2] for row in pairs}) == len(pairs)


def test_the_lines_are_there() -> None:
    for file, lines, *_ in ROWS[1:]:
        if file.startswith("reference/"):
            continue  # texts of others, which are not part of the project
        first, _, last = lines.partition("-")
        held = (PLACE / "docs" / file).read_text("utf-8").splitlines()
        assert 1 <= int(first) <= int(last or first) <= len(held), file
        assert any(line.strip() for line in held[int(first) - 1 : int(last or first)]), file
