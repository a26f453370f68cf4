"""What words alone tell about a claim and its evidence: the judge's blind spots, as numbers.

A small cross-encoder reads meaning but overlooks a changed name, number or negator. These
features see just that; a regression fitted on human judgements weighs both
(``thresholds.Coefficients.support``).
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

from summit_qa.lexicon import HEDGES, NEGATORS, content_stems, numbers, words
from summit_qa.names import missing_from

FEATURES = (
    "coverage",
    "missing words",
    "word order",
    "missing numbers",
    "missing names",
    "negation differs",
    "hedge dropped",
)
_REACH = 6  # content words within which two words of the claim must follow each other


def rule_features(evidence: str, claim: str) -> tuple[float, ...]:
    """One number for each of FEATURES, from 0 (nothing amiss) upwards; coverage and order 0 to 1.

    Negation and hedges are compared with the sentence of the evidence that is nearest by words.
    """
    read = _read(evidence)
    stems = content_stems(claim)
    distinct = set(stems)
    if not distinct:
        return (1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    missing = len(distinct - read.held)
    steps = list(pairwise(stems))
    followed = sum(step in read.follows for step in steps)
    nearest = max(read.sentences, key=lambda sentence: len(distinct & sentence.held))
    said = set(words(claim))
    return (
        1 - missing / len(distinct),
        math.log1p(missing),
        followed / len(steps) if steps else 1.0,
        float(min(2, len(numbers(claim) - read.numbers))),
        float(min(2, len(missing_from(f"Of {claim}", [evidence])))),
        float(bool(said & NEGATORS) != nearest.negated),
        float(nearest.hedged and not said & HEDGES),
    )


class _Sentence:
    """A sentence of the evidence: its stems, and whether it negates or hedges."""

    __slots__ = ("hedged", "held", "negated")

    def __init__(self, text: str) -> None:
        said = set(words(text))
        self.held = frozenset(content_stems(text))
        self.negated = bool(said & NEGATORS)
        self.hedged = bool(said & HEDGES)


class _Evidence:
    """What is looked up of an evidence text, made once for all claims held against it."""

    __slots__ = ("follows", "held", "numbers", "sentences")

    def __init__(self, text: str) -> None:
        from summit_qa.chunking import sentence_spans

        stems = content_stems(text)
        self.held = frozenset(stems)
        self.follows = frozenset(
            (one, other)
            for at, one in enumerate(stems)
            for other in stems[at + 1 : at + 1 + _REACH]
        )
        self.numbers = numbers(text)
        spans = sentence_spans(text) or [(0, len(text))]
        self.sentences = [_Sentence(text[start:end]) for start, end in spans]


@lru_cache(maxsize=2_048)
def _read(evidence: str) -> _Evidence:
    return _Evidence(evidence)
