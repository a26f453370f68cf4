"""What the base model reads: windows around the sentences that the small reader ranks highest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from summit_qa.documents.passages import sentences_of
from summit_qa.types import Document, ScoredSentence, Sentence, Window

READ_WINDOWS = 6
LONGEST_WINDOW = 600  # characters; with a question and a context line about what the model reads
LONGEST_PAIR = 700  # with the question: beside a long one, the window's end would not be read


@dataclass(frozen=True, slots=True)
class SentenceWindow:
    """A window, its sentences, and which of them it was made around."""

    window: Window
    sentences: tuple[Sentence, ...]
    around: ScoredSentence

    def sentence_at(self, start: int, end: int) -> Sentence:
        """The sentence that holds the middle of a stretch of the window's text."""
        begins = self.sentences[0].span.start
        middle = begins + (start + end) // 2
        return next((s for s in self.sentences if middle < s.span.end), self.sentences[-1])

    def offset_of(self, sentence: Sentence) -> int:
        """Where in the window's text one of its sentences begins."""
        return sentence.span.start - self.sentences[0].span.start


def windows_of(
    scored: Sequence[ScoredSentence],
    documents: Mapping[str, Document],
    *,
    question: str = "",
    most: int = READ_WINDOWS,
    alone: bool = False,
) -> list[SentenceWindow]:
    """At most ``most`` windows around the first of the sentences, each read in one window only.

    A window has the sentence before and the one after, as far as they stand in the same passage
    and LONGEST_WINDOW allows, and the question beside it; with ``alone`` it is the sentence.
    """
    longest = min(LONGEST_WINDOW, LONGEST_PAIR - len(question))
    made: list[SentenceWindow] = []
    read: set[tuple[str, int]] = set()
    for item in scored:
        if len(made) == most:
            break
        passage = item.sentence.passage
        if (passage.path, item.sentence.span.start) in read:
            continue
        document = documents[passage.path]
        around = sentences_of(passage, document)
        starts = [sentence.span.start for sentence in around]
        at = starts.index(item.sentence.span.start)
        first, last = (at, at) if alone else _widened(around, at, longest)
        chosen = tuple(around[first : last + 1])
        read.update((passage.path, sentence.span.start) for sentence in chosen)
        text = document.text[chosen[0].span.start : chosen[-1].span.end]
        made.append(SentenceWindow(Window(text, item.sentence.context_text), chosen, item))
    return made


def _widened(sentences: Sequence[Sentence], at: int, longest: int) -> tuple[int, int]:
    """The first and the last sentence of the window around one, of so many characters at most."""
    first = last = at
    for one, other in ((at - 1, at), (at, at + 1)):
        one, other = min(one, first), max(other, last)
        if one < 0 or other >= len(sentences):
            continue
        if sentences[other].span.end - sentences[one].span.start <= longest:
            first, last = one, other
    return first, last
