"""What the base model reads: windows around the sentences that the small reader ranks highest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from summit_qa.documents.passages import sentences_of
from summit_qa.documents.rows import block_at, read_as
from summit_qa.types import Document, ScoredSentence, Sentence, Window

READ_WINDOWS = 6
BESIDE = 2  # sentences on either side of the one that a window is around
LONGEST_WINDOW = 600  # characters
MOST_PIECES = 185  # of question, context and window; behind 208 tokens the model reads nothing
_PIECE = re.compile(r"\w{1,8}|[^\w\s]")  # about a token: code has three times as many as prose


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

    def text_of(self, sentence: Sentence) -> str:
        """One of its sentences as it was read."""
        return self.window.text if len(self.sentences) == 1 else sentence.text

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

    A window has up to BESIDE sentences before and after, the nearest first, as far as they stand in
    the same passage under the same context, and LONGEST_WINDOW allows, and what the model reads of
    it beside the question; with ``alone`` it is the sentence. A row and an entry of a configuration
    are read alone, a row with the names of its columns.
    """
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
        context, text = read_as(document, item.sentence)
        first, last = at, at
        if not alone and not _stands_alone(document, item.sentence):
            room = MOST_PIECES - _pieces(f"{question} {context}")
            first, last = _widened(around, at, document, room)
        chosen = tuple(around[first : last + 1])
        read.update((passage.path, sentence.span.start) for sentence in chosen)
        if first < last:
            text = document.text[chosen[0].span.start : chosen[-1].span.end]
        made.append(SentenceWindow(Window(text, context), chosen, item))
    return made


def _stands_alone(document: Document, sentence: Sentence) -> bool:
    """Whether the lines around it are others of its kind, which say nothing about it."""
    at = block_at(document, sentence.span.start)
    if at is None:
        return False
    block = document.blocks[at]
    return block.kind == "row" or bool(block.label and block.kind == "paragraph")


def _belongs(document: Document, sentence: Sentence, other: Sentence) -> bool:
    """Whether a neighbour can be read with a sentence: one block, section, list; or led in by it.

    What the sentence is itself under is its context already.
    """
    own, its = (block_at(document, it.span.start) for it in (sentence, other))
    if own is None or its is None or own == its:
        return True
    one, two = document.blocks[own], document.blocks[its]
    if _stands_alone(document, other):
        return False
    if "turn" in (one.kind, two.kind):  # what is answered here, or what answers this
        return own in two.under or (its < own and its not in one.under)
    return one.under == two.under or own in two.under


def _pieces(text: str) -> int:
    return len(_PIECE.findall(text))


def _widened(
    sentences: Sequence[Sentence], at: int, document: Document, room: int
) -> tuple[int, int]:
    """The first and the last sentence of the window around one, of ``room`` pieces at most."""
    first = last = at
    for beside in (at + side for far in range(1, BESIDE + 1) for side in (-far, far)):
        if not 0 <= beside < len(sentences) or beside not in (first - 1, last + 1):
            continue
        if not _belongs(document, sentences[at], sentences[beside]):
            continue
        one, other = min(first, beside), max(last, beside)
        text = document.text[sentences[one].span.start : sentences[other].span.end]
        if len(text) <= LONGEST_WINDOW and _pieces(text) <= room:
            first, last = one, other
    return first, last
