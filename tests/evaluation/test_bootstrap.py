import random

import pytest

from summit_qa.evaluation.bootstrap import interval


def test_an_interval_holds_the_ratio_and_is_the_same_every_time() -> None:
    tops, bottoms = [1, 0, 3, 2, 0, 1], [2, 1, 3, 4, 1, 2]
    low, high = interval(tops, bottoms) or pytest.fail("no interval")
    assert low < sum(tops) / sum(bottoms) < high
    assert interval(tops, bottoms) == (low, high)


def test_one_question_has_no_interval() -> None:
    assert interval([1], [1]) is None


def test_questions_without_a_denominator_have_no_interval() -> None:
    assert interval([0, 0], [0, 0]) is None


def test_an_interval_is_about_as_wide_as_theory_says() -> None:
    draw = random.Random(1)
    said = [float(draw.random() < 0.5) for _ in range(400)]
    low, high = interval(said, [1] * 400) or pytest.fail("no interval")
    assert 0.08 < high - low < 0.115  # 2 × 1.96 × sqrt(0.25 / 400) = 0.098


def test_more_questions_than_a_block_holds_are_resampled_in_full() -> None:
    many = 300_000
    low, high = interval([1.0, 0.0] * (many // 2), [1] * many) or pytest.fail("no interval")
    assert 0.495 < low < 0.5 < high < 0.505
