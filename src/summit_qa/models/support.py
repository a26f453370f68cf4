"""Whether evidence entails, leaves open or contradicts a claim, by the base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.language.lexicon import content_stems
from summit_qa.models.base_model import BaseModel
from summit_qa.models.cross_encoder import MODELS
from summit_qa.models.thresholds import Coefficients, Multinomial, Thresholds
from summit_qa.types import SupportJudge, Verdict

JUDGED_WHOLE = 730  # characters of evidence: a window of the reader with its context line
WINDOW_CHARS = 500  # of longer evidence, windows of this length are judged
MAX_WINDOWS = 4  # of a long text, this many windows nearest to the claim are judged
SPEAKS = 0.25  # probability from which a sentence is evidence at all: no verdict without any


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
    """What the support regression sees of each window, (n, 5).

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


def _strongest(values: NDArray[np.float32], others: NDArray[np.float32]) -> int | None:
    """The index of the highest value that outweighs its opposite, or None."""
    ahead = np.where(values > others, values, -1.0)
    best = int(ahead.argmax())
    return best if ahead[best] > 0 else None
