import pytest
from making import row

from summit_qa.evaluation.figures import BY_NAME, DEFINITIONS, aggregate, figure_of


def test_a_figure_is_the_ratio_of_the_sums() -> None:
    figure = figure_of([(1, 2), (0, 3), (2, 2)])
    assert figure.value == pytest.approx(3 / 7)
    assert (figure.count, figure.of) == (3, 7)
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= 3 / 7 <= figure.high


def test_a_figure_of_nothing_has_no_value() -> None:
    assert figure_of([(0, 0)]).value is None
    assert str(figure_of([])) == "–"


def test_where_all_agree_the_interval_is_that_of_the_binomial() -> None:
    all_right = figure_of([(1, 1)] * 30)
    assert (all_right.high, all_right.low) == (1, pytest.approx(0.8843, abs=1e-4))
    none_right = figure_of([(0, 1)] * 30)
    assert (none_right.low, none_right.high) == (0, pytest.approx(0.1157, abs=1e-4))


def test_figures_are_told_for_all_and_for_each_kind() -> None:
    groups = aggregate([row("a"), row("b", False), row("c", False, kind="time")])
    assert {name: group["right"].value for name, group in groups.items()} == {
        "overall": pytest.approx(1 / 3),
        "fact": 0.5,
        "time": 0,
    }


def test_figures_are_written_as_percent_with_their_interval() -> None:
    text = str(figure_of([(1, 1), (0, 1)] * 20))
    assert text.startswith("50 (")
    assert "–" in text


def test_names_of_figures_are_unique() -> None:
    assert len(BY_NAME) == len(DEFINITIONS)
