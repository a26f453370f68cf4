from dataclasses import replace
from pathlib import Path

import pytest
from making import Scripted, answer, citation, statement

from doubles import FixedJudge, document
from summit_qa.assistant import Assistant
from summit_qa.errors import ConfigurationError, EvaluationError
from summit_qa.evaluation.cases import Case, Place
from summit_qa.evaluation.faithfulness import Thresholded
from summit_qa.evaluation.report import Report
from summit_qa.evaluation.runner import Depth, _asked_again, ask_all, engine_report, evaluate
from summit_qa.evaluation.scoring import Scoring
from summit_qa.types import Answer, Timings

SOURCE = document("a.txt", "It opened in 1932.\n")
SAID = answer(statement("It opened in 1932.", citation(SOURCE, "It opened in 1932.")))
CASES = [
    Case(id=name, question=f"{name}?", kind="fact", gold=frozenset([Place("a.txt", 1)]))
    for name in ("one", "two", "three")
]


def asked(engine: Scripted, **options: object) -> tuple[list[object], dict[str, Answer]]:
    scoring = Scoring(Thresholded.of(FixedJudge(), 0.5, 0.5), {"a.txt": SOURCE.text.encode()})
    return ask_all(engine, CASES, scoring, **options)  # type: ignore[arg-type, return-value]


def test_a_case_that_fails_becomes_a_row_and_the_run_goes_on() -> None:
    engine = Scripted({"one": SAID, "two": RuntimeError("broke"), "three": SAID})
    rows, answers = asked(engine)
    part = engine_report(engine, "", rows)  # type: ignore[arg-type]
    assert [row.error for row in part.cases] == [None, "RuntimeError: broke", None]
    assert list(answers) == ["one", "three"]
    assert part.figures["overall"]["failed"].value == pytest.approx(1 / 3)
    assert part.figures["overall"]["right"].value == pytest.approx(2 / 3)


def test_progress_is_told_and_may_end_the_run() -> None:
    steps: list[tuple[int, int, str]] = []
    asked(
        Scripted(dict.fromkeys(("one", "two", "three"), SAID)),
        progress=lambda *it: steps.append(it),
    )
    assert steps == [(n, 3, "questions to scripted") for n in (1, 2, 3)]

    def stops(done: int, total: int, what: str) -> None:
        raise InterruptedError

    engine = Scripted(dict.fromkeys(("one", "two", "three"), SAID))
    with pytest.raises(InterruptedError):
        asked(engine, progress=stops)
    assert engine.asked == ["one"]


def test_an_answer_that_differs_when_asked_again_is_named() -> None:
    slower = replace(SAID, timings=Timings(total=9))
    other = replace(SAID, verdict="yes")
    engine = Scripted({"one": [SAID, slower], "two": [SAID, other], "three": [SAID, SAID]})
    rows, answers = asked(engine)
    part = engine_report(engine, "", rows)  # type: ignore[arg-type]
    part = _asked_again(part, engine, CASES, answers, 10, None)
    assert part.differing == ("two",)
    assert part.figures["overall"]["deterministic"].value == pytest.approx(2 / 3)
    assert engine.asked[3:] == ["three", "two", "one"]


def run(bridges: Assistant, folder: Path, *engines: str, **options: object) -> Report:
    return evaluate(
        bridges,
        questions=folder / "questions.yaml",
        engines=engines or ("reader",),
        depth=Depth(reliance=2, again=2),
        **options,  # type: ignore[arg-type]
    )


def test_all_engines_answer_the_same_questions(bridges: Assistant, tmp_path: Path) -> None:
    names = ("reader", "stock-llamaindex", "bm25-top-sentence", "first-lines")
    report = run(bridges, tmp_path, *names)
    assert tuple(engine.name for engine in report.engines) == names
    for engine in report.engines:
        assert [row.id for row in engine.cases] == ["when", "who", "cost", "painted"]
        assert [row.error for row in engine.cases] == [None] * 4
        assert engine.figures["overall"]["pointers_valid"].value == 1
        assert {each.kind for each in engine.reliance} == {"removed", "changed"}
    reader = report.engine("reader")
    by_id = {row.id: row for row in reader.cases}
    assert by_id["who"].right
    assert by_id["painted"].right  # Bob Ross is mentioned nowhere
    assert by_id["cost"].history == ("Who built the bridge?",)
    assert reader.figures["overall"]["deterministic"].value == 1
    assert reader.cost.index_bytes
    assert report.lines["b.txt:3"] == "Ann Lee built the bridge."


def test_minimal_pairs_beside_the_questions_measure_the_judge(
    bridges: Assistant, tmp_path: Path
) -> None:
    assert run(bridges, tmp_path).judge is None
    (tmp_path / "polarity.jsonl").write_text(
        '{"id": "p", "kind": "actor", "evidence": {"file": "b.txt", "line": 3}, '
        '"true": "Ann Lee built the bridge.", "false": "Bob built the bridge."}\n'
    )
    judge = run(bridges, tmp_path).judge
    assert judge is not None
    assert judge.pairs_right is not None
    assert (judge.count, judge.pairs_right.value) == (2, 1)


def test_pointers_are_read_from_the_files_as_they_are_now(
    bridges: Assistant, tmp_path: Path
) -> None:
    (tmp_path / "corpus" / "b.txt").write_text("Moved.\n\n\nAnn Lee built the bridge.\n")
    (tmp_path / "corpus" / "a.txt").unlink()
    report = run(bridges, tmp_path, "bm25-top-sentence")
    assert report.engines[0].figures["overall"]["pointers_valid"].value == 0


def test_an_engine_that_cannot_take_part_is_said_before_anything_is_asked(
    bridges: Assistant, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="No engine 'oracle'; there are reader"):
        run(bridges, tmp_path, "oracle")
    with pytest.raises(ConfigurationError, match="No writer"):
        run(bridges, tmp_path, "reader", "writer")


def test_questions_that_do_not_fit_the_corpus_are_said(bridges: Assistant, tmp_path: Path) -> None:
    (tmp_path / "corpus" / "b.txt").unlink()
    bridges.sync()
    with pytest.raises(EvaluationError, match=r"no file 'b\.txt'"):
        run(bridges, tmp_path)
