"""Percentile bootstrap intervals (Efron 1979) of ratios of sums, over resampled questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1_000
SEED = 20_230_818
MANY = 4_000  # questions beyond which sums are drawn from their limit
_BLOCK_CELLS = 2_000_000  # resampling counts held in memory at once


def interval(
    numerators: Sequence[float], denominators: Sequence[float], *, level: float = 0.95
) -> tuple[float, float] | None:
    """Where sum(numerators) / sum(denominators) lies in ``level`` of the resamples.

    A mean is a ratio whose denominators are all 1. None where there are fewer than two questions.
    """
    if len(numerators) < 2:
        return None
    drawn = resampled_sums(np.array([numerators, denominators], dtype=np.float64).T)
    drawn = drawn[drawn[:, 1] > 0]
    if not len(drawn):
        return None
    ratios = drawn[:, 0] / drawn[:, 1]
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resampled_sums(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums (RESAMPLES, columns) over as many rows of ``parts`` drawn with replacement.

    Of very many rows the sums are drawn from the normal distribution that they tend to, which
    takes no time and differs by less than the intervals are rounded to.
    """
    count = len(parts)
    generator = np.random.default_rng(SEED)
    if count > MANY:
        covariance = np.cov(parts, rowvar=False, bias=True)
        return generator.multivariate_normal(parts.sum(0), covariance * count, RESAMPLES)
    share = np.full(count, 1 / count)
    block = max(1, min(RESAMPLES, _BLOCK_CELLS // count))
    sums = [
        generator.multinomial(count, share, size=min(block, RESAMPLES - done)) @ parts
        for done in range(0, RESAMPLES, block)
    ]
    return np.concatenate(sums)
