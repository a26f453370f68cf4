"""A run against an earlier one: what moved, and which questions changed sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from summit_qa.evaluation.bootstrap import resampled_sums
from summit_qa.evaluation.figures import DEFINITIONS, Definition
from summit_qa.evaluation.results import CaseRow, EngineReport, Results


@dataclass(frozen=True, slots=True)
class Change:
    """One figure over the questions that both runs share, and the interval of its difference."""

    definition: Definition
    before: float
    after: float
    low: float | None
    high: float | None

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def better(self) -> bool:
        """Whether it moved the right way."""
        return (self.after > self.before) == (self.definition.better == "higher")


@dataclass(frozen=True, slots=True)
class EngineChange:
    """An engine in both runs: figures that moved, and its rows (before, after) that differ."""

    name: str
    changes: tuple[Change, ...]
    now_right: tuple[tuple[CaseRow, CaseRow], ...]
    now_wrong: tuple[tuple[CaseRow, CaseRow], ...]
    reworded: int  # other answers that differ, as right or wrong as before


def compare(after: Results, before: Results) -> list[EngineChange]:
    """Every engine that is in both runs."""
    earlier = {engine.name: engine for engine in before.engines}
    return [
        _engine(earlier[engine.name], engine) for engine in after.engines if engine.name in earlier
    ]


def _engine(before: EngineReport, after: EngineReport) -> EngineChange:
    old = {row.id: row for row in before.cases}
    pairs = [(old[row.id], row) for row in after.cases if row.id in old]
    found = []
    for definition in DEFINITIONS:
        parts = _parts(pairs, definition.name)
        if parts is not None:
            tops, bottoms = parts[:, [0, 2]].sum(0), parts[:, [1, 3]].sum(0)
            one, two = (tops / bottoms).tolist()
            found.append(Change(definition, one, two, *_difference(parts)))
    flipped = [pair for pair in pairs if pair[0].right != pair[1].right]
    said = [(_said(one), _said(two)) for one, two in pairs if one.right == two.right]
    return EngineChange(
        after.name,
        tuple(found),
        tuple(pair for pair in flipped if pair[1].right),
        tuple(pair for pair in flipped if not pair[1].right),
        sum(one != two for one, two in said),
    )


def _parts(pairs: Sequence[tuple[CaseRow, CaseRow]], name: str) -> NDArray[np.float64] | None:
    """(n, 4): numerator and denominator before and now; None where either was not measured."""
    if not any(name in one.figures or name in two.figures for one, two in pairs):
        return None
    parts = np.array(
        [(*one.figures.get(name, (0, 0)), *two.figures.get(name, (0, 0))) for one, two in pairs],
        dtype=np.float64,
    )
    return parts if parts[:, 1].sum() and parts[:, 3].sum() else None


def _difference(parts: NDArray[np.float64]) -> tuple[float, float] | tuple[None, None]:
    """Percentile bootstrap interval of the difference; the same questions are drawn for both."""
    if len(parts) < 2:
        return None, None
    sums = resampled_sums(parts)
    sums = sums[(sums[:, 1] > 0) & (sums[:, 3] > 0)]
    if not len(sums):
        return None, None
    low, high = np.quantile(sums[:, 2] / sums[:, 3] - sums[:, 0] / sums[:, 1], [0.025, 0.975])
    return float(low), float(high)


def _said(row: CaseRow) -> tuple[object, ...]:
    return row.verdict, row.abstained, tuple(each.text for each in row.statements)
