"""A long document is kept in arrays and cut when it is asked for, and is no other for it."""

from __future__ import annotations

import pickle

import pytest

from doubles import document
from summit_qa.documents import blocks as reading
from summit_qa.documents import lines
from summit_qa.documents import passages as cutting
from summit_qa.documents.blocks import blocks_of
from summit_qa.documents.lines import lines_of
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.index import store
from summit_qa.types import packed
from summit_qa.types.packed import Blocks

TEXT = (
    "# A guide\n\nWhat it needs:\n\n- a lamp of brass\n- two wicks\n\n"
    "| name | lit |\n|---|---|\n| north | 1901 |\n\nKeeper: Is it lit?\nMate: It is.\n\n"
    "## Afterwards\n\nRain fell. Snow came later.\n"
)


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is long."""
    monkeypatch.setattr(packed, "LONG", 1)
    monkeypatch.setattr(cutting, "_LONG", 1)
    monkeypatch.setattr(lines, "_AT_ONCE", 7)


@pytest.mark.usefixtures("long")
def test_a_long_document_has_the_same_lines_blocks_passages_and_sentences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = document("guide.md", TEXT)
    made = passages_of(held, 60)
    monkeypatch.undo()
    plain = document("guide.md", TEXT)
    assert isinstance(held.blocks, Blocks)
    assert not isinstance(made, list)
    assert list(held.blocks) == list(plain.blocks)
    assert list(held.line_starts) == list(plain.line_starts)
    expected = passages_of(plain, 60)
    assert list(made) == expected
    assert made[-1] == expected[-1]
    assert made[1:3] == expected[1:3]
    for passage in expected:
        assert sentences_of(passage, held) == sentences_of(passage, plain)


@pytest.mark.usefixtures("long")
def test_what_is_kept_of_it_is_read_as_it_was() -> None:
    held = document("guide.md", TEXT).blocks
    assert store._blocks(store._packed_blocks(held)) == held
    assert pickle.loads(pickle.dumps(held)) == held  # as it goes to a cluster
    assert Blocks(held) != Blocks(held[1:])
    with pytest.raises(IndexError):
        held[len(held)]
    assert held[-1] == list(held)[-1]


def test_a_very_long_text_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"Entry {n} is here.\nIt has two lines.\n\n" for n in range(40))
    whole = blocks_of(text)
    monkeypatch.setattr(reading, "_PART", 100)
    assert list(blocks_of(text)) == list(whole)
    unbroken = "word " * 100 + "\n" + "x" * 500
    kept = "".join(unbroken[b.start : b.end] for b in blocks_of(unbroken))
    assert kept.replace(" ", "") == unbroken.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("text", ["", "\n", "\n\n", "a", "a\n", "a\n\nb", "\na\n", "a" * 30])
def test_lines_are_the_same_however_many_are_split_at_once(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = list(lines_of(text))
    assert [line for _, line in expected] == (text.removesuffix("\n").split("\n") if text else [])
    monkeypatch.setattr(lines, "_AT_ONCE", 0)
    assert list(lines_of(text)) == expected
