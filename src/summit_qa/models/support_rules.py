"""What words alone tell about a claim and its evidence: the judge's blind spots, as numbers.

A small cross-encoder reads meaning but overlooks a changed name, number or negator. These
features see just that; a regression fitted on human judgements weighs both
(``thresholds.Coefficients.support``).
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

from summit_qa.language.lexicon import HEDGES, NEGATORS, content_stems, numbers, words
from summit_qa.language.names import missing_from

FEATURES = (
    "coverage",
    "missing words",
    "word order",
    "missing numbers",
    "missing names",
    "negation differs",
    "hedge dropped",
    "copied threes",
    "copied runs",
)
_ALL_COPIED = (1.0, math.log1p(1.0))
_REACH = 6  # content words within which two words of the claim must follow each other


def rule_features(evidence: str, claim: str) -> tuple[float, ...]:
    """One number for each of FEATURES, from 0 (nothing amiss) upwards.

    Coverage, order and copied threes are shares from 0 to 1, of the claim's words, pairs and
    threes of words that the evidence holds. "Copied runs" is the logarithm of one more than the
    extractive fragment density of Grusky et al., "Newsroom" (NAACL 2018, section 4): a claim that
    is copied whole has its length in words, and one changed word breaks it in two. Negation and
    hedges are compared with the sentence of the evidence that is nearest by words.
    """
    read = _read(evidence)
    stems = content_stems(claim)
    distinct = set(stems)
    if not distinct:
        return (1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, *_ALL_COPIED)
    missing = len(distinct - read.held)
    steps = list(pairwise(stems))
    followed = sum(step in read.follows for step in steps)
    nearest = max(read.sentences, key=lambda sentence: len(distinct & sentence.held))
    spoken = words(claim)
    said = set(spoken)
    return (
        1 - missing / len(distinct),
        math.log1p(missing),
        followed / len(steps) if steps else 1.0,
        float(min(2, len(numbers(claim) - read.numbers))),
        float(min(2, len(missing_from(f"Of {claim}", [evidence])))),
        float(bool(said & NEGATORS) != nearest.negated),
        float(nearest.hedged and not said & HEDGES),
        *_copied(spoken, read),
    )


def _copied(spoken: list[str], read: _Evidence) -> tuple[float, float]:
    """Copied threes and copied runs; a claim of two words has one "three", its two words."""
    if len(spoken) < 2:
        return _ALL_COPIED if spoken[0] in read.places else (0.0, 0.0)
    size = min(3, len(spoken))
    held = read.runs[size]
    parts = [tuple(spoken[at : at + size]) for at in range(len(spoken) - size + 1)]
    squares = at = 0
    while at < len(spoken):
        length = _longest(spoken, at, read)
        squares += length * length
        at += max(1, length)
    return sum(part in held for part in parts) / len(parts), math.log1p(squares / len(spoken))


def _longest(spoken: list[str], at: int, read: _Evidence) -> int:
    """How many words from ``at`` on stand in the evidence in a row."""
    return max(
        (
            _alike(spoken[at:], read.words[start : start + len(spoken) - at])
            for start in read.places.get(spoken[at], ())
        ),
        default=0,
    )


def _alike(one: list[str], other: list[str]) -> int:
    """How many words two texts share from their beginning on."""
    for length, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return length
    return min(len(one), len(other))


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

    __slots__ = ("follows", "held", "numbers", "places", "runs", "sentences", "words")

    def __init__(self, text: str) -> None:
        from summit_qa.documents.sentences import sentence_spans

        stems = content_stems(text)
        self.held = frozenset(stems)
        self.follows = frozenset(
            (one, other)
            for at, one in enumerate(stems)
            for other in stems[at + 1 : at + 1 + _REACH]
        )
        self.numbers = numbers(text)
        self.words = words(text)
        self.places: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            self.places.setdefault(word, []).append(at)
        self.runs = {
            size: frozenset(zip(*(self.words[at:] for at in range(size)), strict=False))
            for size in (2, 3)
        }
        spans = sentence_spans(text) or [(0, len(text))]
        self.sentences = [_Sentence(text[start:end]) for start, end in spans]


@lru_cache(maxsize=2_048)
def _read(evidence: str) -> _Evidence:
    return _Evidence(evidence)
