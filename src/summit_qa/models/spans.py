"""Where in an evidence text an answer begins and ends, from one logit a token."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST_ANSWER = 30  # tokens
_NOWHERE = -20.0  # the logit of a span in a text without any token


@dataclass(frozen=True, slots=True)
class BestSpan:
    """The likeliest answer in a text, in characters, and how it stands against "no answer"."""

    start: int
    end: int
    margin: float  # its start and end logits, less those of "no answer"
    log_probability: float  # among all spans of the text


def best_span(
    encoding: Any,
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    begins: int = 0,
    length: int = 0,
) -> BestSpan:
    """The best span of a tokenized pair that lies in its second text from ``begins`` on.

    ``start`` and ``end`` have one logit a token; those of the first token stand for "no answer".
    A span has at most LONGEST_ANSWER tokens. Where the text has no token, ``length`` characters
    of it are given, with hardly any margin. Offsets count from ``begins``.
    """
    inside = [
        index
        for index, (text, (first, stop)) in enumerate(
            zip(encoding.sequence_ids, encoding.offsets, strict=True)
        )
        if text == 1 and stop > first >= begins
    ]
    if not inside:
        return BestSpan(0, length, _NOWHERE, _NOWHERE)
    first, last = inside[0], inside[-1] + 1
    starts, ends = start[first:last].astype(np.float64), end[first:last].astype(np.float64)
    sums = starts[:, None] + ends[None, :]
    whole = np.ones_like(sums, dtype=bool)
    sums = np.where(np.triu(whole) & ~np.triu(whole, LONGEST_ANSWER), sums, -np.inf)
    best = int(sums.argmax())
    at, to = divmod(best, sums.shape[1])
    highest = float(sums[at, to])
    spread = highest + math.log(float(np.exp(sums - highest).sum()))
    return BestSpan(
        encoding.offsets[first + at][0] - begins,
        encoding.offsets[first + to][1] - begins,
        highest - float(start[0]) - float(end[0]),
        highest - spread,
    )
