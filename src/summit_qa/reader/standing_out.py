"""What the search says of whether anything answers: in a large folder, what answers stands out.

Among 100,000 passages some always sound like an answer. There it counts, too, how far the search
found one file ahead of the next, and how near to the question the one is that answers. In a small
folder, where all files may be about one thing, that tells nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from summit_qa.models.thresholds import Logistic, logit, sigmoid
from summit_qa.reader.found import Found
from summit_qa.types import Hit

FEW, MANY = 300, 6_000  # passages: up to few the search has no say, from many on all that it gets
_AHEAD = 4.0  # further ahead is what holds a rare code
_ALONE = 1.0  # how far ahead a file is that alone was found


def weighed(
    confidence: float, found: Found, hits: Sequence[Hit], passages: int, said: Logistic
) -> float:
    """The confidence of what was read, 0 to 1, with what the search says of it.

    ``passages`` are those of the folder; ``said`` is a regression over `features`. Hits without
    vectors leave the confidence as it is.
    """
    share = min(1.0, max(0.0, math.log(max(passages, 1) / FEW) / math.log(MANY / FEW)))
    seen = features(confidence, found, hits) if share else None
    if seen is None:
        return confidence
    return sigmoid((1 - share) * logit(confidence) + share * said.logit(seen))


def features(
    confidence: float, found: Found, hits: Sequence[Hit]
) -> tuple[float, float, float] | None:
    """What the regression sees; None where nothing was read, or there are no vectors.

    The logit of the confidence; how far the best score is ahead of that of the next file; the
    cosine of the file whose window answers likeliest.
    """
    near = [(hit.passage.path, hit.score, hit.cosine) for hit in hits if hit.cosine is not None]
    if not near or not found.windows:
        return None
    behind = [score for path, score, _ in near if path != near[0][0]]
    ahead = max(score for _, score, _ in near) - max(behind) if behind else _ALONE
    at = max(range(len(found.windows)), key=lambda at: found.relevances[at])
    answers = found.windows[at].around.sentence.passage.path
    cosine = next((cosine for path, _, cosine in near if path == answers), near[0][2])
    return logit(confidence), min(_AHEAD, ahead), cosine
