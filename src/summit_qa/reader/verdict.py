"""Yes or no: decided by the sentences that speak most plainly, each read in its context.

A window of three sentences blurs what one of them says, and the mean over windows drowns it; so
the sentence that speaks most for yes is held against the one that speaks most for no. What is
decided is shown with the sentence that bears it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from summit_qa.documents.outline import SEPARATOR
from summit_qa.language.lexicon import words
from summit_qa.models.support import SPEAKS
from summit_qa.models.thresholds import Thresholds
from summit_qa.reader.found import Found
from summit_qa.types import ScoredSentence, Sentence, SupportJudge, Verdict, Window

_WINDOWS = 4  # whose sentences are judged
_RELEVANT = 0.5  # of the best window's relevance: what is less is about something else
_PLAIN = 0.5  # probability from which both sides speak, so that the sources do not settle it
_ASKS = re.compile(r"\?[\"'”’)*_]*\s*$")
UNSETTLED = "The sources do not settle this: one line speaks for it and another against it."
NOT_SURE = "It is not sure whether this is a yes or a no."


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict and the sentence that bears it; or why there is none, in words."""

    verdict: Verdict | None = None
    borne: ScoredSentence | None = None
    note: str = NOT_SURE


def decide(question: str, found: Found, judge: SupportJudge, thresholds: Thresholds) -> Decision:
    """What the windows that were read say to a yes/no question."""
    best = max(found.relevances, default=0.0)
    ranked = sorted(
        zip(found.windows, found.relevances, strict=True), key=lambda pair: -round(pair[1], 6)
    )
    evidence = [
        replace(made.around, sentence=sentence, relevance=relevance)
        for made, relevance in ranked[:_WINDOWS]
        if relevance >= _RELEVANT * best
        for sentence in made.sentences
        if _ASKS.search(sentence.text) is None  # a question says neither
    ]
    if not evidence:
        return Decision()
    texts = [Window(it.sentence.text, _context(it.sentence)).whole for it in evidence]
    scores = judge.score([(text, question) for text in texts])
    yes, no = float(scores[:, 0].max()), float(scores[:, 2].max())
    if max(yes, no) < SPEAKS or abs(yes - no) < thresholds.lean:
        return Decision(note=UNSETTLED if min(yes, no) >= _PLAIN else NOT_SURE)
    verdict: Verdict = "yes" if yes > no else "no"
    borne = evidence[int(scores[:, 0 if verdict == "yes" else 2].argmax())]
    return Decision(verdict, borne, "")


def _context(sentence: Sentence) -> str:
    """What the sentence is judged under; below a question only the first word of an answer is.

    "Can I sell it? | The society has a licence" reads as a yes, whatever "No." said before.
    """
    above, _, last = sentence.context_text.rpartition(SEPARATOR)
    answers = words(sentence.text)[:1] in (["yes"], ["no"])
    return above if _ASKS.search(last) and not answers else sentence.context_text
