"""What words alone tell of a claim and its evidence: what a judge of meaning overlooks.

A model reads meaning, and passes over a changed name or number in a long claim; these numbers
see just that. A regression weighs both (``models.support.support_features``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from summit_qa.language.lexicon import content_stems, numbers, overlap, rarity, words
from summit_qa.language.names import missing_from

WORDING = (
    "coverage",
    "missing words",
    "word order",
    "missing numbers",
    "missing names",
    "copied runs",
)
LINE_WORDING = ("shared", "new", "of the nearest", "beside", "numbers")
_REACH = 6  # content words within which two words of the claim must follow each other
_MOST_MISSING = 2.0  # more missing numbers or names tell nothing more


def wording(evidence: str, claim: str) -> tuple[float, ...]:
    """One number for each of WORDING, from 0 upwards.

    Coverage and order are the shares of the claim's words, and of its pairs of neighbours, that
    the evidence holds. "Copied runs" is the logarithm of one more than the extractive fragment
    density of Grusky et al., "Newsroom" (NAACL 2018, section 4): a claim that is copied whole has
    its length in words, and one changed word breaks it in two.
    """
    read = _read(evidence)
    stems = content_stems(claim)
    distinct = set(stems)
    if not distinct:
        return (1.0, 0.0, 1.0, 0.0, 0.0, math.log1p(1.0))
    missing = len(distinct - read.held)
    steps = list(pairwise(stems))
    followed = sum(step in read.follows for step in steps)
    return (
        1 - missing / len(distinct),
        math.log1p(missing),
        followed / len(steps) if steps else 1.0,
        min(_MOST_MISSING, len(numbers(claim) - read.numbers)),
        min(_MOST_MISSING, len(missing_from(f"Of {claim}", [evidence]))),
        _copied(words(claim), read),
    )


def line_wording(claim: str, sentences: Sequence[str]) -> NDArray[np.float32]:
    """What words tell of each sentence as a line that the claim stands on, (n, 5): LINE_WORDING.

    The share of the claim's words that it holds (`overlap`); the share that it alone brings, where
    the sentences are taken in turns, each time the one that brings most; the first as a part of
    the highest; the first of the better of its neighbours; how many of the claim's numbers.
    """
    shared = overlap(claim, sentences)
    if not len(shared):
        return np.zeros((0, len(LINE_WORDING)), np.float32)
    beside = np.maximum([0.0, *shared[:-1]], [*shared[1:], 0.0])
    named = numbers(claim)
    return np.column_stack(
        [
            shared,
            _brought(claim, sentences, shared),
            shared / (float(shared.max()) or 1.0),
            beside,
            [len(named & numbers(sentence)) for sentence in sentences],
        ]
    ).astype(np.float32)


def _brought(
    claim: str, sentences: Sequence[str], shared: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Share (n,) of the claim's words, by their weights, that a sentence is the first to bring."""
    wanted = set(content_stems(claim))
    held = [wanted & set(content_stems(sentence)) for sentence in sentences]
    weights = rarity(set().union(*held), held)
    total = sum(weights.values())
    brought = np.zeros(len(held))
    missing, left = set(weights), dict(enumerate(held))
    while missing and left:
        worth = {at: sum(weights[word] for word in sorted(it & missing)) for at, it in left.items()}
        best = max(left, key=lambda at: (round(worth[at], 9), float(shared[at]), -at))
        brought[best] = worth[best] / total
        missing -= left.pop(best)
    return brought


def _copied(spoken: list[str], read: _Evidence) -> float:
    squares = at = 0
    while at < len(spoken):
        length = max(
            (
                _alike(spoken[at:], read.words[start : start + len(spoken) - at])
                for start in read.places.get(spoken[at], ())
            ),
            default=0,
        )
        squares += length * length
        at += max(1, length)
    return math.log1p(squares / len(spoken)) if spoken else 0.0


def _alike(one: list[str], other: list[str]) -> int:
    """How many words two texts share from their beginning on."""
    for length, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return length
    return min(len(one), len(other))


class _Evidence:
    """What is looked up of an evidence text, made once for all claims held against it."""

    __slots__ = ("follows", "held", "numbers", "places", "words")

    def __init__(self, text: str) -> None:
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


@lru_cache(maxsize=2_048)
def _read(evidence: str) -> _Evidence:
    return _Evidence(evidence)
