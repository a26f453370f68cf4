from pathlib import Path

import pytest
from making import report, row

from summit_qa.errors import EvaluationError
from summit_qa.evaluation.gate import failures, judge, load_gate
from summit_qa.evaluation.report import Report

GATE = Path(__file__).parents[2] / "eval" / "gate.toml"


@pytest.fixture
def measured() -> Report:
    held = {"right": (1, 1), "verdict_wrong": (0, 1), "language_model_faithful": (0, 1)}
    return report(
        {
            "reader": [row("a", figures=held), row("b", figures=held), row("c", False)],
            "first-lines": [row("a", False), row("b", False), row("c")],
        }
    )


def outcome(measured: Report, path: Path, text: str) -> list[str]:
    (path / "gate.toml").write_text(text)
    return [str(each) for each in failures(judge(measured, load_gate(path / "gate.toml")))]


def test_figures_on_the_right_side_pass(measured: Report, tmp_path: Path) -> None:
    text = (
        "[reader.at_least]\nright = 0.66\n[reader.at_most]\nverdict_wrong = 0\n"
        "[reader.above]\nright = 'first-lines'\n"
    )
    assert outcome(measured, tmp_path, text) == []


def test_figures_on_the_wrong_side_fail_and_say_by_how_much(
    measured: Report, tmp_path: Path
) -> None:
    text = "[reader.at_least]\nright = 0.7\n[first-lines.above]\nright = 'reader'\n"
    assert outcome(measured, tmp_path, text) == [
        "reader, Answered correctly: 66.7, must be at least 70.0",
        "first-lines, Answered correctly: 33.3, must be above reader: 66.7",
    ]


def test_what_a_language_model_judged_only_warns(measured: Report, tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text("[reader.at_least]\nlanguage_model_faithful = 0.9\n")
    (found,) = judge(measured, load_gate(tmp_path / "gate.toml"))
    assert not found.passed
    assert failures([found]) == []


@pytest.mark.parametrize(
    "text",
    [
        "[reader.at_least]\nfacts = 0.1",
        "[writer.at_least]\nright = 0.1",
        "[judge.at_least]\nauroc = 0.1",
        "[reader.above]\nright = 'writer'",
    ],
)
def test_what_was_not_measured_does_not_pass(measured: Report, tmp_path: Path, text: str) -> None:
    (found,) = outcome(measured, tmp_path, text)
    assert "not measured" in found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[reader", "is not TOML"),
        ("", "has no rules"),
        ("reader = 1", "'reader' must be a table"),
        ("[reader.about]\nright = 1", "is no rule; there are at_least"),
        ("[reader.at_least]\ncharm = 1", "reader has no figure 'charm'"),
        ("[judge.at_least]\nright = 1", "judge has no figure 'right'"),
        ("[reader.at_least]\nright = 50", "a number from 0 to 1"),
        ("[reader.at_least]\nright = true", "a number from 0 to 1"),
        ("[reader.at_least]\nright = 'much'", "a number from 0 to 1"),
        ("[reader.above]\nright = 0.5", "names engines to be above"),
    ],
)
def test_a_gate_that_says_nothing_sensible_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "gate.toml").write_text(text)
    with pytest.raises(EvaluationError) as caught:
        load_gate(tmp_path / "gate.toml")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_shipped_gate_lets_no_pointer_be_wrong() -> None:
    wholly = {
        rule.figure
        for rule in load_gate(GATE)
        if rule.subject == "reader" and rule.rule == "at_least" and rule.bound == 1
    }
    assert {"pointers_valid", "coverage", "deterministic"} <= wholly
