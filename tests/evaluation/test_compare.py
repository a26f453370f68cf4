import pytest
from making import report, row

from summit_qa.evaluation.compare import compare


def test_figures_are_compared_over_the_questions_that_both_share() -> None:
    before = report({"reader": [row("a"), row("b", False), row("gone")]})
    after = report({"reader": [row("a"), row("b"), row("new", False)]})
    (change,) = compare(after, before)
    (right,) = [each for each in change.changes if each.definition.name == "right"]
    assert (right.before, right.after) == (0.5, 1.0)
    assert right.better
    assert [pair[1].id for pair in change.now_right] == ["b"]
    assert change.now_wrong == ()


def test_a_change_is_clear_where_chance_does_not_explain_it() -> None:
    names = [f"q{n}" for n in range(40)]
    before = report({"reader": [row(name, False) for name in names]})
    few = report({"reader": [row(name, n < 1) for n, name in enumerate(names)]})
    many = report({"reader": [row(name, n < 30) for n, name in enumerate(names)]})
    assert not compare(few, before)[0].changes[0].clear
    assert compare(many, before)[0].changes[0].clear


def test_engines_in_one_run_only_are_left_out() -> None:
    before, after = report({"reader": [row("a")]}), report({"writer": [row("a")]})
    assert compare(after, before) == []


def test_answers_that_are_as_right_but_differ_are_counted() -> None:
    before = report({"reader": [row("a", abstained=True), row("b")]})
    after = report({"reader": [row("a", verdict="no"), row("b")]})
    assert compare(after, before)[0].reworded == 1


def test_a_figure_that_one_run_lacks_is_no_change() -> None:
    before = report({"reader": [row("a", figures={"right": (1, 1)})]})
    after = report({"reader": [row("a", figures={"right": (1, 1), "facts": (1, 2)})]})
    names = [each.definition.name for each in compare(after, before)[0].changes]
    assert names == ["right"]
    assert compare(after, before)[0].changes[0].low is None  # one question has no interval
    assert pytest.approx(1) == compare(after, before)[0].changes[0].after
