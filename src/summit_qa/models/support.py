"""Whether evidence entails, leaves open or contradicts a claim, by the base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from summit_qa.language.lexicon import content_stems, overlap
from summit_qa.language.questions import is_yes_no
from summit_qa.models.base_model import BaseModel
from summit_qa.models.cross_encoder import MODELS
from summit_qa.models.thresholds import Coefficients, Multinomial, Thresholds
from summit_qa.types import SupportJudge, Verdict

__all__ = ["ClaimReading", "ClaimVerdict", "SupportModel", "YesNo", "check_claim", "is_yes_no"]

JUDGED_WHOLE = 730  # characters of evidence: a window of the reader with its context line
WINDOW_CHARS = 500  # of longer evidence, windows of this length are judged
MAX_WINDOWS = 4  # of a long text, this many windows nearest to the claim are judged
SPEAKS = 0.25  # probability from which a sentence is evidence at all: no verdict without any
JUDGED_ALONE = 24  # of many sentences, this many that are nearest to a claim are judged
JUDGED_TOGETHER = 4  # … and this many of those side by side, with the others behind them
SUPPORT_FEATURES = 5  # what `support_features` makes of a window
MODEL_ALONE = Multinomial(
    ((1.0, 0.0, 0.0, 0.0, 0.0), (0.0,) * 5, (0.0, 1.0, 0.0, 0.0, 0.0)), (0.0, 0.0, 0.0)
)  # the regression that changes nothing


@dataclass(frozen=True, slots=True)
class YesNo:
    """What the evidence says to a yes/no question; ``yes`` and ``no`` sum to 1.

    ``for_yes`` and ``for_no`` are the evidence that speaks most for each, or None where none
    does. ``verdict`` is None where the evidence does not settle it.
    """

    verdict: Verdict | None
    yes: float
    no: float
    for_yes: int | None
    for_no: int | None
    scores: NDArray[np.float32]  # (n, 3): entailed, neutral, contradicted of each evidence


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
    near: NDArray[np.float32]  # (n,) share of the claim's words that each holds
    together: NDArray[np.float32]  # (3,)


class SupportModel(SupportJudge):
    """The base model as a judge of support; see models/base/README.md for figures and limits."""

    def __init__(
        self, model: BaseModel, coefficients: Coefficients, thresholds: Thresholds
    ) -> None:
        self._model = model
        self._coefficients = coefficients
        self._thresholds = thresholds

    @classmethod
    def load(cls, folder: Path = MODELS / "base") -> SupportModel:
        """The model in ``folder``; ModelError where it is missing or altered."""
        return cls.of(BaseModel.load(folder))

    @classmethod
    def of(cls, model: BaseModel) -> SupportModel:
        """The model with the calibrated regression and thresholds."""
        return cls(model, Coefficients.load(), Thresholds.load())

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Probabilities (n, 3) of (evidence, claim) pairs: entailed, neutral, contradicted.

        A claim may be a yes/no question: entailed means yes. Long evidence is judged by
        overlapping windows of whole sentences (``combine``).
        """
        cut = [windows(evidence, claim) for evidence, claim in pairs]
        flat = [
            (claim, window)
            for (_, claim), texts in zip(pairs, cut, strict=True)
            for window in texts
        ]
        if not flat:
            return np.zeros((0, 3), dtype=np.float32)
        logits = self._model.support(flat)
        ends = np.cumsum([len(texts) for texts in cut])
        return np.stack(
            [
                weigh(logits[end - len(texts) : end], self._coefficients.support)
                for texts, end in zip(cut, ends, strict=True)
            ]
        )

    def yes_no(
        self,
        question: str,
        evidences: Sequence[str],
        relevances: Sequence[float] | None = None,
    ) -> YesNo:
        """What the evidence together says to a yes/no question."""
        return yes_no(
            self,
            question,
            evidences,
            relevances,
            coefficients=self._coefficients,
            thresholds=self._thresholds,
        )


def weigh(logits: NDArray[np.float32], support: Multinomial) -> NDArray[np.float32]:
    """Probabilities (3,) of a claim from the logits (n, 3) of the windows of its evidence."""
    return combine(support.probabilities(support_features(logits)))


def yes_no(
    judge: SupportJudge,
    question: str,
    evidences: Sequence[str],
    relevances: Sequence[float] | None,
    *,
    coefficients: Coefficients,
    thresholds: Thresholds,
) -> YesNo:
    """As ``SupportModel.yes_no``, with any judge."""
    scores = question_scores(judge, question, evidences)
    if not len(scores):
        return YesNo(None, 0.5, 0.5, None, None, scores)
    entailed, contradicted = scores[:, 0], scores[:, 2]
    yes = coefficients.yes_no.probability([yes_no_balance(scores, relevances)])
    for_yes = _strongest(entailed, contradicted)
    for_no = _strongest(contradicted, entailed)
    verdict: Verdict | None = None
    if yes >= thresholds.yes and for_yes is not None and entailed[for_yes] >= SPEAKS:
        verdict = "yes"
    elif 1 - yes >= thresholds.no and for_no is not None and contradicted[for_no] >= SPEAKS:
        verdict = "no"
    return YesNo(verdict, yes, 1 - yes, for_yes, for_no, scores)


def question_scores(
    judge: SupportJudge, question: str, evidences: Sequence[str]
) -> NDArray[np.float32]:
    """(n, 3) for a yes/no question; the base model learned that a question is a claim."""
    return judge.score([(evidence, question) for evidence in evidences])


def yes_no_balance(scores: NDArray[np.float32], relevances: Sequence[float] | None) -> float:
    """Evidence for yes less evidence for no, -1 to 1: what the yes/no regression sees.

    The mean of two readings: the strongest for yes less the strongest for no; and the mean over
    all evidence, weighted by its relevance and by how far it is from neutral, so that silent
    evidence changes nothing.
    """
    strongest = float(scores[:, 0].max() - scores[:, 2].max())
    balance = (scores[:, 0] - scores[:, 2]).astype(np.float64)
    weights = 1.0 - scores[:, 1].astype(np.float64)
    if relevances is not None:
        weights = weights * np.asarray(relevances, np.float64)
    total = float(weights.sum())
    return (strongest + (float((balance * weights).sum() / total) if total > 0 else 0.0)) / 2


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
            for features in line_features(reading.alone, reading.near)
        ],
        dtype=np.float32,
    )


def line_features(
    alone: NDArray[np.float32], near: NDArray[np.float32]
) -> list[tuple[float, float]]:
    """What the line regression sees: entailed logit of the sentence alone, shared words."""
    clipped = np.clip(alone[:, 0].astype(np.float64), 1e-4, 1 - 1e-4)
    return [
        (float(x), float(y)) for x, y in zip(np.log(clipped / (1 - clipped)), near, strict=True)
    ]


def read_claim(claim: str, sentences: Sequence[str], judge: SupportJudge) -> ClaimReading:
    """Hold a claim against sentences that stand in the order of their texts."""
    neutral = np.array([0, 1, 0], dtype=np.float32)
    alone = np.tile(neutral, (len(sentences), 1))
    near = overlap(claim, sentences)
    if not sentences:
        return ClaimReading(alone, near, neutral)
    nearest = sorted(range(len(sentences)), key=lambda at: (-float(near[at]), at))[:JUDGED_ALONE]
    alone[nearest] = judge.score([(sentences[at], claim) for at in nearest])
    if len(nearest) == 1:
        return ClaimReading(alone, near, alone[nearest[0]])
    best = sorted(nearest, key=lambda at: (-float(alone[at, 0] + near[at]), at))
    return ClaimReading(alone, near, judge.score([(gathered(sentences, best), claim)])[0])


def gathered(sentences: Sequence[str], best_first: Sequence[int]) -> str:
    """The best sentences side by side, then the others: one text to be judged as a whole.

    A claim may join what stands in different places; in the first window it meets all of them.
    """
    first, others = best_first[:JUDGED_TOGETHER], best_first[JUDGED_TOGETHER:]
    return " ".join(sentences[at] for at in (*sorted(first), *sorted(others)))


def windows(evidence: str, claim: str) -> list[str]:
    """Evidence as it stands, or windows of its sentences that overlap by one sentence.

    Of a long text only the ``MAX_WINDOWS`` that share most words with the claim are kept, in
    the order in which they stand.
    """
    if len(evidence) <= JUDGED_WHOLE:
        return [evidence]
    from summit_qa.documents.sentences import sentence_spans

    spans = sentence_spans(evidence)
    found: list[str] = []
    first = 0
    while first < len(spans):
        last = first
        while last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= WINDOW_CHARS:
            last += 1
        found.append(evidence[spans[first][0] : spans[last][1]])
        if last + 1 >= len(spans):
            break
        first = max(first + 1, last)
    if not found:
        return [evidence]
    if len(found) <= MAX_WINDOWS:
        return found
    wanted = set(content_stems(claim))
    shared = [len(wanted & set(content_stems(window))) for window in found]
    kept = sorted(range(len(found)), key=lambda index: (-shared[index], index))[:MAX_WINDOWS]
    return [found[index] for index in sorted(kept)]


def support_features(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the support regression sees of each window, (n, SUPPORT_FEATURES).

    The logits of entailed and contradicted over that of neutral; then whether the evidence is
    long, and both once more for long evidence: of several windows the best is kept, so that a
    word of the model counts for less there.
    """
    over = logits[:, [0, 2]] - logits[:, [1]]
    long = np.full((len(logits), 1), float(len(logits) > 1))
    return np.hstack([over, long, over * long]).astype(np.float32)


def combine(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """One row (3,) of the rows (n, 3) of a text's windows.

    A text supports a claim if any part of it does, so the highest "entailed" is kept; what is
    left is shared out as the window that contradicts most would, so that contradiction counts
    only as far as nothing in the text supports the claim.
    """
    best = float(scores[:, 0].max())
    against = scores[int(scores[:, 2].argmax())]
    rest = float(against[1] + against[2])
    share = float(against[2]) / rest if rest > 0 else 0.0
    return np.array([best, (1 - best) * (1 - share), (1 - best) * share], dtype=np.float32)


def _above(values: NDArray[np.float32], threshold: float) -> tuple[int, ...]:
    """Indices of the values at or above the threshold, highest first, then in order."""
    order = sorted(range(len(values)), key=lambda index: (-float(values[index]), index))
    return tuple(index for index in order if values[index] >= threshold)


def _strongest(values: NDArray[np.float32], others: NDArray[np.float32]) -> int | None:
    """The index of the highest value that outweighs its opposite, or None."""
    ahead = np.where(values > others, values, -1.0)
    best = int(ahead.argmax())
    return best if ahead[best] > 0 else None
