"""Holds a claim against the corpus: supported, contradicted or not found, with the lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.citations import Numbering
from summit_qa.language.lexicon import overlap
from summit_qa.models.thresholds import Strictness, Thresholds
from summit_qa.reader.windows import SentenceWindow, windows_of
from summit_qa.retrieval.fusion import rank_sentences
from summit_qa.types import (
    Citation,
    Document,
    Hit,
    RelevanceRanker,
    Sentence,
    SupportJudge,
    Window,
    rounded,
)

_JUDGED = 12  # sentences that a claim is held against
_WINDOWS = 4  # … and windows around the first of them, for what stands in two sentences
_SHOWN = 5  # lines shown on each side
_SAME_THING = 0.4  # share of the claim's words in what contradicts it, its context included
# A dozen lines are looked at, so each has to be surer than a single pair would: of the claims of
# eval/claims.jsonl, every second three, with these 1.5 % of the false ones count as supported and
# none of the true ones as contradicted; neighbours read together agree too easily.
_SUPPORTS = 0.9
_SUPPORTS_TOGETHER = 0.95
_CONTRADICTS = 0.85


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """What the corpus says to a claim; ``probability`` is that of the verdict, 0 to 1."""

    claim: str
    verdict: Literal["supported", "contradicted", "not found"]
    probability: float
    supporting: tuple[Citation, ...]
    contradicting: tuple[Citation, ...]

    def to_dict(self) -> dict[str, Any]:
        """The verdict and the lines for and against, JSON-ready (docs/json.md)."""
        return {
            "claim": self.claim,
            "verdict": self.verdict,
            "probability": rounded(self.probability),
            "supporting": [citation.to_dict() for citation in self.supporting],
            "contradicting": [citation.to_dict() for citation in self.contradicting],
        }


def check_claim(
    claim: str,
    hits: Sequence[Hit],
    documents: Mapping[str, Document],
    ranker: RelevanceRanker,
    judge: SupportJudge,
    strictness: Strictness = "balanced",
) -> ClaimCheck:
    """Judge the claim by the sentences of the hits that are nearest to it, each in its context.

    Supported needs a line that supports it by itself, or neighbours that do together: these are
    shown as one citation. Contradicted needs a line about the same thing, which its neighbours do
    not outweigh; of many lines that are merely near, some always seem to contradict.
    """
    scored = rank_sentences(claim, hits, documents, ranker)[:_JUDGED]
    thresholds = Thresholds.load(strictness=strictness)
    alone = [Window(it.sentence.text, it.sentence.context_text).whole for it in scored]
    windows = [made for made in windows_of(scored, documents, most=_WINDOWS) if made.sentences[1:]]
    together = [made.window.whole for made in windows]
    scores = judge.score([(evidence, claim) for evidence in (*alone, *together)])
    near = overlap(claim, alone)
    numbering = Numbering()

    def cited(sentences: Sequence[Sentence], support: float) -> Citation:
        first, last = sentences[0], sentences[-1]
        document = documents[first.passage.path]
        citation = numbering.cite(document, first.span.start, last.span.end)
        return replace(citation, support=support)

    supporting = [
        cited([scored[at].sentence], float(scores[at, 0]))
        for at in _from(scores[: len(alone), 0], max(thresholds.supported, _SUPPORTS))
    ]
    if not supporting:
        supporting = [
            cited(windows[at].sentences, float(scores[len(alone) + at, 0]))
            for at in _from(scores[len(alone) :, 0], _SUPPORTS_TOGETHER)[:1]
        ]
    least = max(thresholds.contradicted, _CONTRADICTS)
    contradicting = [
        cited([scored[at].sentence], float(scores[at, 2]))
        for at in _from(scores[: len(alone), 2], least)
        if near[at] >= _SAME_THING and not _outweighed(scored[at].sentence, windows, scores, alone)
    ]
    best_for = max((float(it.support or 0) for it in supporting), default=0.0)
    best_against = max((float(it.support or 0) for it in contradicting), default=0.0)
    verdict: Literal["supported", "contradicted", "not found"] = "not found"
    probability = 1 - float(max(scores[:, [0, 2]].max(initial=0.0), 0.0))
    if supporting and best_for >= best_against:
        verdict, probability = "supported", best_for
    elif contradicting:
        verdict, probability = "contradicted", best_against
    return ClaimCheck(
        claim, verdict, probability, tuple(supporting[:_SHOWN]), tuple(contradicting[:_SHOWN])
    )


def _from(values: NDArray[np.float32], least: float) -> list[int]:
    """The places of the values from ``least`` on, the highest first."""
    order = np.argsort(-values, kind="stable").tolist()
    return [at for at in order if values[at] >= least]


def _outweighed(
    sentence: Sentence,
    windows: Sequence[SentenceWindow],
    scores: NDArray[np.float32],
    alone: Sequence[str],
) -> bool:
    """Whether the sentence, read with its neighbours, no longer speaks against the claim."""
    return any(
        scores[len(alone) + at, 2] < scores[len(alone) + at, 0]
        for at, made in enumerate(windows)
        if sentence in made.sentences
    )
