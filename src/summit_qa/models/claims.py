"""Which of given sentences a claim stands on: for callers that bring their own evidence.

Over a folder `reader.check` answers that; here the sentences are the whole of it, as in WiCE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from summit_qa.language.wording import line_wording
from summit_qa.models.thresholds import Coefficients, Thresholds, logit
from summit_qa.types import SupportJudge

JUDGED_ALONE = 12  # of many sentences, this many that are nearest to a claim are judged


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """What candidate evidence says to a claim; indices are into the evidence, best first."""

    verdict: Literal["supported", "contradicted", "not found"]
    probability: float  # of the verdict; for "not found", that nothing speaks either way
    supporting: tuple[int, ...]
    contradicting: tuple[int, ...]
    scores: NDArray[np.float32]  # (n, 3)


@dataclass(frozen=True, slots=True)
class ClaimReading:
    """A claim held against sentences one by one, and against all of them as one text."""

    alone: NDArray[np.float32]  # (n, 3); neutral for sentences that were not judged
    words: NDArray[np.float32]  # (n, 5): `line_wording`
    together: NDArray[np.float32]  # (3,)


def check_claim(
    claim: str,
    evidences: Sequence[str],
    judge: SupportJudge,
    thresholds: Thresholds,
    coefficients: Coefficients,
) -> ClaimVerdict:
    """Whether the candidate evidence supports or contradicts the claim.

    A claim that no sentence supports by itself may still be supported by several together; the
    lines it stands on are then those that `line_probabilities` picks. Where some evidence
    supports the claim and some contradicts it, the surer of the two gives the verdict, and both
    lists are filled.
    """
    reading = read_claim(claim, evidences, judge)
    scores = reading.alone
    if not len(scores):
        return ClaimVerdict("not found", 1.0, (), (), scores)
    supporting = _above(scores[:, 0], thresholds.supported)
    contradicting = _above(scores[:, 2], thresholds.contradicted)
    best_for = max(float(scores[:, 0].max()), float(reading.together[0]))
    best_against = float(scores[:, 2].max())
    if best_for >= thresholds.supported:
        lines = line_probabilities(reading, coefficients)
        picked = _above(lines, thresholds.line) or (int(lines.argmax()),)
        supporting = tuple(dict.fromkeys((*supporting, *picked)))
        contradicting = tuple(index for index in contradicting if index not in supporting)
    if supporting and (not contradicting or best_for >= best_against):
        return ClaimVerdict("supported", best_for, supporting, contradicting, scores)
    if contradicting:
        return ClaimVerdict("contradicted", best_against, supporting, contradicting, scores)
    return ClaimVerdict("not found", 1 - max(best_for, best_against), (), (), scores)


def line_probabilities(reading: ClaimReading, coefficients: Coefficients) -> NDArray[np.float32]:
    """Probability (n,) that each sentence is one of those that the claim stands on."""
    return np.array(
        [
            coefficients.line.probability(features)
            for features in line_features(reading.alone, reading.words).tolist()
        ],
        dtype=np.float32,
    )


def line_features(alone: NDArray[np.float32], words: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the line regression sees, (n, 6): entailed logit of the sentence alone, its words."""
    return np.column_stack([[logit(chance) for chance in alone[:, 0].tolist()], words])


def read_claim(claim: str, sentences: Sequence[str], judge: SupportJudge) -> ClaimReading:
    """Hold a claim against sentences that stand in the order of their texts."""
    neutral = np.array([0, 1, 0], dtype=np.float32)
    alone = np.tile(neutral, (len(sentences), 1))
    words = line_wording(claim, sentences)
    if not sentences:
        return ClaimReading(alone, words, neutral)
    near = words[:, 0]
    nearest = sorted(range(len(sentences)), key=lambda at: (-float(near[at]), at))[:JUDGED_ALONE]
    alone[nearest] = judge.score([(sentences[at], claim) for at in nearest])
    if len(nearest) == 1:
        return ClaimReading(alone, words, alone[nearest[0]])
    return ClaimReading(alone, words, judge.score([(" ".join(sentences), claim)])[0])


def _above(values: NDArray[np.float32], threshold: float) -> tuple[int, ...]:
    """Indices of the values at or above the threshold, highest first, then in order."""
    order = sorted(range(len(values)), key=lambda index: (-float(values[index]), index))
    return tuple(index for index in order if values[index] >= threshold)
