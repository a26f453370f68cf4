"""Holds a claim against the corpus: supported, contradicted or not found, with the lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from summit_qa.documents.citations import Numbering
from summit_qa.models.support import check_claim as judge_claim
from summit_qa.models.thresholds import Coefficients, Strictness, Thresholds
from summit_qa.retrieval.fusion import rank_sentences
from summit_qa.types import Citation, Document, Hit, RelevanceRanker, SupportJudge, rounded

_JUDGED = 12  # sentences that a claim is held against
_SHOWN = 5  # lines shown on each side


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
    """Judge the claim by the sentences of the hits that are nearest to it."""
    scored = rank_sentences(claim, hits, documents, ranker)[:_JUDGED]
    found = judge_claim(
        claim,
        [item.sentence.text for item in scored],
        judge,
        Thresholds.load(strictness=strictness),
        Coefficients.load(),
    )
    numbering = Numbering()

    def cited(indices: Sequence[int], column: int) -> tuple[Citation, ...]:
        citations = []
        for index in indices[:_SHOWN]:
            sentence = scored[index].sentence
            document = documents[sentence.passage.path]
            citation = numbering.cite(document, sentence.span.start, sentence.span.end)
            citations.append(replace(citation, support=float(found.scores[index][column])))
        return tuple(citations)

    return ClaimCheck(
        claim,
        found.verdict,
        found.probability,
        cited(found.supporting, 0),
        cited(found.contradicting, 2),
    )
