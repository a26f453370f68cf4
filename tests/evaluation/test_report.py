import json
from pathlib import Path

import pytest
from making import report, row

from summit_qa.errors import EvaluationError
from summit_qa.evaluation.report import Report, load_latest, load_run
from summit_qa.evaluation.results import CitationRow, Cost, StatementRow, Table

CITED = CitationRow(
    number=1, file="a.txt", first_line=1, last_line=2, quote="x", valid=True, gold=True
)
SAID = StatementRow(text="x", citations=(CITED,), entailed=True, contradicted=False, probability=1)


def two_engines(**fields: object) -> Report:
    rows = {
        "reader": [row("a", statements=(SAID,)), row("b", False)],
        "bm25-top-sentence": [row("a")],
    }
    return report(rows, lines={"a.txt:1": "x", "a.txt:2": "y", "b.txt:9": "z"}, **fields)


def test_a_report_is_saved_an_engine_a_file_and_read_again(tmp_path: Path) -> None:
    made = two_engines()
    paths = made.save(tmp_path / "results")
    assert [path.name for path in paths] == [
        "2026-01-02-1a2b3c4-reader.json",
        "2026-01-02-1a2b3c4-bm25-top-sentence.json",
    ]
    again = load_run(paths[1])
    assert {engine.name for engine in again.engines} == {"reader", "bm25-top-sentence"}
    assert again.engine("reader").cases == made.engine("reader").cases
    assert again.engine("reader").figures["overall"]["right"].value == 0.5
    assert again.lines == {"a.txt:1": "x", "a.txt:2": "y"}  # those that are named


def test_a_case_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = two_engines().save(tmp_path)[0]
    lines = path.read_text().splitlines()
    assert sum('"question"' in line for line in lines) == 2
    assert json.loads(path.read_text())["schema_version"] == 1


def test_the_latest_run_is_the_newest_of_the_native_ones(tmp_path: Path) -> None:
    assert load_latest(tmp_path) is None
    assert load_latest(tmp_path / "none") is None
    two_engines().save(tmp_path)
    two_engines(created="2026-01-03T00:00:00+00:00", commit="newer").save(tmp_path)
    two_engines(created="2026-02-01T00:00:00+00:00", format="squad").save(tmp_path)
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "broken.json").write_text("{")
    latest = load_latest(tmp_path)
    assert latest is not None
    assert latest.commit == "newer"
    assert [engine.name for engine in latest.engines] == ["reader", "bm25-top-sentence"]
    assert load_run(tmp_path) == latest


def test_public_data_sets_are_named_in_the_file(tmp_path: Path) -> None:
    paths = two_engines(format="squad", dataset="dev").save(tmp_path)
    assert paths[0].name == "2026-01-02-1a2b3c4-dev-reader.json"


def test_what_cannot_be_read_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        load_run(tmp_path / "none.json")
    with pytest.raises(EvaluationError, match="holds no report"):
        load_run(tmp_path)
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(EvaluationError, match="is not a report of this version"):
        load_run(tmp_path / "x.json")
    with pytest.raises(EvaluationError, match="cannot be written"):
        two_engines().save(tmp_path / "x.json" / "below")


def test_rows_come_worst_first() -> None:
    made = report({"reader": [row("b"), row("a"), row("c", False, badness=3.0)]})
    assert [each.id for each in made.rows()] == ["c", "a", "b"]
    with pytest.raises(EvaluationError, match="no engine 'writer'; it has reader"):
        made.rows("writer")


def test_tables_have_an_engine_a_column() -> None:
    made = two_engines()
    headers, rows = made.table()
    assert headers == ["Figure", "reader", "bm25-top-sentence", "of"]
    assert rows[0][0] == "Answered correctly"
    assert rows[0][1].startswith("50")
    assert rows[0][3] == "2"
    assert made.by_kind().rows[0][0] == "fact"
    assert made.title() == "questions · 2 questions · 2026-01-02 · 1a2b3c4"


def test_tables_are_written_as_markdown() -> None:
    assert (
        Table(["a", "b"], [["x|y", "1"]]).markdown() == "| a | b |\n| --- | --: |\n| x\\|y | 1 |\n"
    )


def test_times_are_told_in_a_unit_that_shows_them() -> None:
    made = two_engines()
    costs = (Cost(seconds_p50=0.51, index_bytes=2_500_000), Cost(seconds_p50=0.0004))
    engines = tuple(
        engine.model_copy(update={"cost": cost})
        for engine, cost in zip(made.engines, costs, strict=True)
    )
    rows = made.model_copy(update={"engines": engines}).table().rows
    assert ["Time p50", "0.51 s", "0.4 ms", ""] in rows
    assert ["Index", "2.50 MB", "–", ""] in rows
