import random

import numpy as np
import pytest

from summit_qa.evaluation import bootstrap
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


def test_resampling_in_blocks_resamples_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 2.0]])
    monkeypatch.setattr(bootstrap, "_BLOCK_CELLS", 21)
    sums = bootstrap.resampled_sums(parts)
    assert len(sums) == bootstrap.RESAMPLES
    assert 3 <= sums[:, 1].min() <= sums[:, 1].max() <= 6


def test_very_many_questions_have_the_interval_that_resampling_tends_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = random.Random(2)
    said = [float(draw.random() < 0.3) for _ in range(bootstrap.MANY + 1)]
    of = [1.0 + (draw.random() < 0.5) for _ in said]
    quick = interval(said, of)
    monkeypatch.setattr(bootstrap, "MANY", 10**6)
    assert quick == pytest.approx(interval(said, of), abs=2e-3)
