"""What the reader found: the sentences in order, the windows it read, and what it read in them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from summit_qa.reader.windows import SentenceWindow
from summit_qa.types import ScoredSentence, Sentence, SpanPrediction


@dataclass(frozen=True, slots=True)
class Found:
    """The sentences in order, the windows that were read, and what was read in each.

    ``relevances`` are probabilities that each window answers.
    """

    scored: tuple[ScoredSentence, ...] = ()
    windows: tuple[SentenceWindow, ...] = ()
    spans: tuple[SpanPrediction, ...] = ()
    relevances: tuple[float, ...] = ()

    def span_in(self, sentence: Sentence) -> SpanPrediction | None:
        """The answer that was read in the sentence, in its own characters; None without any."""
        for made, span in zip(self.windows, self.spans, strict=True):
            if sentence in made.sentences:
                offset = made.offset_of(sentence)
                start, end = span.start - offset, span.end - offset
                if 0 <= start < end <= len(sentence.text):
                    return replace(span, start=start, end=end)
        return None


def place_of(sentence: Sentence) -> tuple[str, int]:
    """What tells a sentence from one that stands at the same characters of another file."""
    return sentence.passage.path, sentence.span.start
