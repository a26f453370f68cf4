from pathlib import Path

import pytest

from doubles import write
from summit_qa.app.evaluation_tab import Evaluation, report_html
from summit_qa.app.first_set import write_first_set
from summit_qa.app.jobs import Finished
from summit_qa.app.options import AppOptions
from summit_qa.assistant import Assistant
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import load_native, own_questions
from summit_qa.evaluation.figures import OVERALL
from summit_qa.evaluation.report import Report
from summit_qa.evaluation.results import CaseRow, Cost, EngineReport, Figure

QUESTIONS = """
questions:
  - id: opened
    question: When was the bridge opened?
    kind: fact
    gold: [{file: bridge.txt, line: 1}]
"""
HOSTILE = "<img src=x onerror=alert(1)>"


def report(created: str = "2026-01-02T03:04:05+00:00", question: str = "Who?") -> Report:
    case = CaseRow(
        id="a", kind="fact", question=question, missed=(question,), badness=1.0,
        abstained=True, reason=question,
    )  # fmt: skip
    right = Figure(value=0.5, low=0.25, high=0.75, count=8, of=8)
    figures = {OVERALL: {"right": right}, "fact": {"right": right}}
    engine = EngineReport(
        name="reader", about="", cases=(case,), figures=figures, cost=Cost(seconds_p50=0.1)
    )
    return Report(
        created=created, commit="abc1234", dataset="questions", format="native",
        dataset_sha256="", generation="g-1", engines=(engine,),
    )  # fmt: skip


def test_figures_bars_and_the_worst_questions_are_shown() -> None:
    html = report_html(report())
    assert "1 question, 2026-01-02" in html
    assert "50 (25–75)" in html
    assert 'class="kinds"' in html
    assert "Where answers offline were worst" in html
    assert "Who?" in html


def test_texts_of_a_report_are_shown_as_text() -> None:
    html = report_html(report(question=HOSTILE))
    assert "<img" not in html
    assert html.count("&lt;img") >= 3


def test_the_newest_report_is_shown_wherever_it_was_made(quick: Assistant, tmp_path: Path) -> None:
    evaluation = Evaluation(quick, AppOptions(evaluation=tmp_path / "eval"))
    assert "No evaluation has been run yet" in evaluation.html()
    assert evaluation.page() == ""
    report("2026-01-02T03:04:05+00:00").save(tmp_path / "eval" / "results")
    assert "2026-01-02" in evaluation.html()
    report("2026-02-03T03:04:05+00:00").save(quick.settings.index / "evaluation")
    assert "2026-02-03" in evaluation.html()
    report("2026-01-15T03:04:05+00:00").save(tmp_path / "eval" / "results")
    assert "2026-02-03" in evaluation.html()
    assert evaluation.page().lstrip().lower().startswith("<!doctype html>")


def test_questions_on_other_files_are_not_this_folders(quick: Assistant, tmp_path: Path) -> None:
    evaluation = tmp_path / "eval"
    write(evaluation, {"questions.yaml": QUESTIONS.replace("bridge", "elsewhere")})
    report().save(evaluation / "results")
    write(quick.settings.corpus, {"bridge.txt": "The bridge of Norwick was opened in 1931.\n"})
    quick.sync()
    foreign = Evaluation(quick, AppOptions(evaluation=evaluation))
    assert not foreign.is_of_this_folder
    assert "No evaluation has been run yet" in foreign.html()
    write(evaluation, {"questions.yaml": QUESTIONS})
    own = Evaluation(quick, AppOptions(evaluation=evaluation))
    assert own.is_of_this_folder
    assert "2026-01-02" in own.html()


def test_a_first_set_is_written_once_and_can_be_run(quick: Assistant, tmp_path: Path) -> None:
    write(
        quick.settings.corpus,
        {"bridge.txt": "The bridge of Norwick was opened on 3 May 1931.\n\nIt is long.\n"},
    )
    quick.sync()
    file = own_questions(quick.settings.index)
    count = write_first_set(quick, file)
    assert count >= 1
    cases = load_native(file, quick.documents).cases
    assert cases[0].question == "When was the bridge of Norwick opened?"
    assert [str(place) for place in cases[0].gold] == ["bridge.txt:1"]
    with pytest.raises(EvaluationError, match="there already"):
        write_first_set(quick, file)
    assert Evaluation(quick, AppOptions(evaluation=tmp_path / "none")).can_run


def test_charts_come_before_tables_and_few_figures_before_all() -> None:
    html = report_html(report())
    assert html.index('class="kinds"') < html.index("<table")


def test_without_questions_there_is_nothing_to_run(quick: Assistant, tmp_path: Path) -> None:
    evaluation = Evaluation(quick, AppOptions(evaluation=tmp_path / "eval"))
    assert not evaluation.can_run
    *_, last = evaluation.job.run()
    assert isinstance(last, Finished)
    with pytest.raises(EvaluationError, match="questions"):
        raise last.error or AssertionError
