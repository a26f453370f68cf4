"""What the reader found: the sentences in order, the windows it read, and what it read in them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from summit_qa.language.lexicon import STOPWORDS, words
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

    def answer_in(self, sentence: Sentence) -> tuple[SpanPrediction, str] | None:
        """The answer that was read in the sentence, and its words; None without any."""
        for made, span in zip(self.windows, self.spans, strict=True):
            if sentence in made.sentences:
                offset = made.offset_of(sentence)
                start, end = span.start - offset, span.end - offset
                read = made.text_of(sentence)
                if 0 <= start < end <= len(read):
                    return replace(span, start=start, end=end), read[start:end]
        return None

    def read_with(self, sentence: Sentence, sure: float) -> tuple[tuple[Sentence, ...], ...]:
        """Runs of sentences that may answer together with it, the longest first.

        They are its window, and what lies between it and the sentence that the window was made
        around. None where it was read alone, and where the answer's words are ``sure``.
        """
        for made, span in zip(self.windows, self.spans, strict=True):
            if sentence in made.sentences:
                if span.confidence >= sure:
                    return ()
                places = made.sentences.index(sentence), made.sentences.index(made.around.sentence)
                return made.sentences, made.sentences[min(places) : max(places) + 1]
        return ()

    def rivals(self, sentence: Sentence, share: float) -> bool:
        """Whether another window gives another answer nearly as surely as the sentence's does.

        ``share`` of its sureness, that the window answers and that these are the words, is enough.
        """
        given: list[tuple[float, bool, frozenset[str]]] = []
        for made, span in zip(self.windows, self.spans, strict=True):
            said = made.window.text[span.start : span.end]
            sure = span.answerable * span.confidence
            given.append((sure, sentence in made.sentences, frozenset(words(said)) - STOPWORDS))
        own = next(((sure, said) for sure, is_own, said in given if is_own), None)
        if own is None:
            return False
        return any(
            sure >= share * own[0] and not (said <= own[1] or own[1] <= said)
            for sure, is_own, said in given
            if not is_own
        )


def place_of(sentence: Sentence) -> tuple[str, int]:
    """What tells a sentence from one that stands at the same characters of another file."""
    return sentence.passage.path, sentence.span.start
