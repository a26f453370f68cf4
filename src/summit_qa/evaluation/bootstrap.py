"""Percentile bootstrap intervals (Efron 1979) of ratios of sums, over resampled questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 1_000
SEED = 20_230_818
_BLOCK_CELLS = 2_000_000  # resampling counts held in memory at once


def interval(
    numerators: Sequence[float], denominators: Sequence[float], *, level: float = 0.95
) -> tuple[float, float] | None:
    """Where sum(numerators) / sum(denominators) lies in ``level`` of the resamples.

    A mean is a ratio whose denominators are all 1. None where there are fewer than two questions.
    """
    count = len(numerators)
    if count < 2:
        return None
    both = np.array([numerators, denominators], dtype=np.float64).T
    generator = np.random.default_rng(SEED)
    share = np.full(count, 1 / count)
    block = max(1, min(RESAMPLES, _BLOCK_CELLS // count))
    sums = [
        generator.multinomial(count, share, size=min(block, RESAMPLES - done)) @ both
        for done in range(0, RESAMPLES, block)
    ]
    drawn = np.concatenate(sums)
    drawn = drawn[drawn[:, 1] > 0]
    if not len(drawn):
        return None
    ratios = drawn[:, 0] / drawn[:, 1]
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
