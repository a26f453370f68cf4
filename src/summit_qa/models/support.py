"""Whether evidence entails, leaves open or contradicts a claim, by the base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.language.lexicon import content_stems, overlap
from summit_qa.language.wording import WORDING, wording
from summit_qa.models.base_model import BaseModel
from summit_qa.models.cross_encoder import MODELS
from summit_qa.models.thresholds import Coefficients, Logistic, Multinomial, Thresholds
from summit_qa.types import SupportJudge, Verdict

JUDGED_WHOLE = 730  # characters of evidence: a window of the reader with its context line
WINDOW_CHARS = 500  # of longer evidence, windows of this length are judged
MOST_WINDOWS = 2  # of a long text, this many windows nearest to the claim are judged
NEAREST = 3  # … and this many of its sentences side by side
SPEAKS = 0.25  # probability from which a sentence is evidence at all: no verdict without any
SUPPORT_FEATURES = 4 + len(WORDING)  # what `support_features` makes of a claim and its evidence


@dataclass(frozen=True, slots=True)
class SupportRegressions:
    """Turn `support_features` into probabilities: first, whether the claim is supported at all."""

    supported: Logistic  # of all features but the last
    against: Logistic  # of the last: if it is not supported, whether it is contradicted

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(3,): entailed, neutral, contradicted."""
        *first, last = features.tolist()
        entailed = self.supported.probability(first)
        against = (1 - entailed) * self.against.probability([last])
        return np.array([entailed, 1 - entailed - against, against], dtype=np.float32)


MODEL_ALONE = SupportRegressions(
    Logistic((1.0, *(0.0,) * (SUPPORT_FEATURES - 2)), 0.0), Logistic((1.0,), 0.0)
)  # for one window, the softmax of the model's logits
QUESTION_ALONE = Multinomial(
    ((1.0, 0.0), (0.0, 0.0), (0.0, 1.0)), (0.0, 0.0, 0.0)
)  # … of a question


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

        A claim may be a yes/no question, with its question mark: entailed means yes. Long evidence
        is judged by what in it is nearest to the claim (``windows``).
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
                self._weighed(logits[end - len(texts) : end], *pair)
                for pair, texts, end in zip(pairs, cut, ends, strict=True)
            ]
        )

    def _weighed(
        self, logits: NDArray[np.float32], evidence: str, claim: str
    ) -> NDArray[np.float32]:
        """A question is not worded as its answer is: of it the model alone judges."""
        if claim.rstrip().endswith("?"):
            return weigh_question(logits, self._coefficients.question)
        claims = SupportRegressions(self._coefficients.supported, self._coefficients.against)
        return claims.probabilities(support_features(logits, evidence, claim))

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


def weigh_question(logits: NDArray[np.float32], question: Multinomial) -> NDArray[np.float32]:
    """Probabilities (3,) of a question from the logits (n, 3) of the windows of its evidence."""
    over = (logits[:, [0, 2]] - logits[:, [1]]).astype(np.float32)
    return combine(question.probabilities(over))


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
    """Evidence as it stands; of longer evidence what is nearest to the claim.

    That are the ``MOST_WINDOWS`` windows of whole sentences, overlapping by one, that share most
    words with it, and the ``NEAREST`` sentences side by side, from wherever they stand.
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
    wanted = set(content_stems(claim))
    shared = [len(wanted & set(content_stems(window))) for window in found]
    kept = sorted(range(len(found)), key=lambda index: (-shared[index], index))[:MOST_WINDOWS]
    sentences = [evidence[begin:end] for begin, end in spans]
    near = overlap(claim, sentences)
    nearest = sorted(range(len(near)), key=lambda index: (-float(near[index]), index))[:NEAREST]
    return [
        *(found[index] for index in sorted(kept)),
        " ".join(sentences[index] for index in sorted(nearest)),
    ]


def support_features(logits: NDArray[np.float32], evidence: str, claim: str) -> NDArray[np.float32]:
    """What the support regressions see of a claim and its evidence, (SUPPORT_FEATURES,).

    Of the logits (n, 3) of the evidence's windows the log odds of "entailed" in the best window;
    whether the evidence is long; of long evidence these log odds again, and what the words of the
    whole tell (`wording`): a short claim and a sentence need no help, a long claim over a long
    text does. Last, the highest logit of "contradicted" over "neutral".
    """
    scores = logits.astype(np.float64)
    entailed = float((scores[:, 0] - np.logaddexp(scores[:, 1], scores[:, 2])).max())
    against = float((scores[:, 2] - scores[:, 1]).max())
    long = len(logits) > 1
    told = wording(evidence, claim) if long else (0.0,) * len(WORDING)
    return np.array([entailed, long, long * entailed, *told, against], dtype=np.float32)


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
