"""What each block of a document is to be read under: headings, table header, lead-in, question.

A line alone is often not enough: a row needs its header, an item what its list is about, an
answer its question. `outlined` finds these blocks once, while a document is read; `context_of`
gives them for any block as spans and as one line of text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from summit_qa.documents.blocks import TERM_LEVEL
from summit_qa.documents.lines import column_of, span_of
from summit_qa.documents.sentences import cached_sentence_spans, trim
from summit_qa.types import Block, Document, Span

SEPARATOR = " › "  # between the parts of a context
_LONGEST_PART = 100  # characters
_PARTS = 4  # the title, and the nearest of the others
_HYPHENATED = re.compile(r"(?<=\w)[‐\u00ad]\s+(?=\w)")
_QUESTION = re.compile(r"\?[\"'”’)*_]*$")


def outlined(text: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks, each with the places of those that it is to be read under."""
    return tuple(_Outline(text, blocks).read())


def context_of(document: Document, block: Block) -> tuple[tuple[Span, ...], str]:
    """Spans of what the block is to be read under, and their text on one line."""
    above = [document.blocks[at] for at in block.under]
    places = [_end_of(document, it) for it in above]
    spans = tuple(span_of(document, start, end) for start, end in places)
    parts = [one_line(document.text[start:end]) for start, end in places]
    if document.title and (not above or above[0].kind != "title") and block.kind != "title":
        parts.insert(0, document.title)
    if block.label and block.kind not in ("turn", "title"):
        parts.append(block.label)
    if len(parts) > _PARTS:
        parts = [parts[0], *parts[-(_PARTS - 1) :]]
    return spans, SEPARATOR.join(_shortened(part) for part in parts)


def blocks_within(document: Document, start: int, end: int) -> list[Block]:
    """The blocks that stand, in part at least, between the characters."""
    blocks = blocks_of_document(document)
    first = bisect_right(blocks, start, key=lambda block: block.end)
    last = bisect_right(blocks, end - 1, key=lambda block: block.start)
    return list(blocks[first:last])


def blocks_of_document(document: Document) -> tuple[Block, ...]:
    """The blocks; one for the whole of a text that has none, such as a line of marks."""
    if document.blocks or not (whole := trim(document.text, 0, len(document.text))):
        return document.blocks
    return (Block("paragraph", *whole),)


def _end_of(document: Document, block: Block) -> tuple[int, int]:
    """What of the block introduces others: of a paragraph, its last sentence."""
    if block.kind != "paragraph":
        return block.start, block.end
    start, end = cached_sentence_spans(document.text[block.start : block.end])[-1]
    return block.start + start, block.start + end


def one_line(text: str) -> str:
    """The text with its white space closed up and words cut at a line end made whole."""
    if "‐" in text or "\u00ad" in text:
        text = _HYPHENATED.sub("", text)
    return " ".join(text.split())


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_PART:
        return text
    return text[:_LONGEST_PART].rsplit(" ", 1)[0] + " …"


class _Outline:
    """Walks the blocks once and keeps what holds for those to come."""

    def __init__(self, text: str, blocks: Sequence[Block]) -> None:
        self._text = text
        self._blocks = blocks
        self._title: int | None = None
        self._headings: list[int] = []
        self._items: list[int] = []
        self._lead: int | None = None  # what a list or an example is introduced by
        self._asked: int | None = None  # the question that is being answered
        self._header: int | None = None
        self._who = self._introduced()

    def read(self) -> list[Block]:
        """The blocks with what they are under."""
        made: list[Block] = []
        for at, block in enumerate(self._blocks):
            if block.kind == "title":
                self._title = at
                self._forget()
                self._headings = []
                made.append(block)
                continue
            if block.kind == "heading":
                self._open_heading(block)
                under = self._above()
                self._headings.append(at)
                self._forget()
            else:
                self._close_terms(block)
                under = [*self._above(), *self._particular(at, block)]
            made.append(
                Block(
                    block.kind,
                    block.start,
                    block.end,
                    block.level,
                    block.label,
                    tuple(dict.fromkeys(under)),
                )
            )
        return made

    def _above(self) -> list[int]:
        return ([] if self._title is None else [self._title]) + self._headings

    def _forget(self) -> None:
        """A new section: what introduced the one before holds no longer."""
        self._lead = self._asked = self._header = None
        self._items = []

    def _open_heading(self, block: Block) -> None:
        while self._headings and self._blocks[self._headings[-1]].level >= block.level:
            self._headings.pop()

    def _close_terms(self, block: Block) -> None:
        """A label holds for what is indented below it, and no further."""
        while self._headings:
            level = self._blocks[self._headings[-1]].level
            if level < TERM_LEVEL or column_of(self._text, block.start) > level - TERM_LEVEL:
                return
            self._headings.pop()

    def _particular(self, at: int, block: Block) -> list[int]:
        """What the kind of block is read under besides the headings."""
        kind = block.kind
        if kind != "row":
            self._header = at if kind == "header" else None
        if kind not in ("item", "code"):
            self._items = []
        if kind in ("item", "code", "row"):
            under = [] if self._lead is None else [self._lead]
            if kind == "item":
                while self._items and self._blocks[self._items[-1]].level >= block.level:
                    self._items.pop()
                under += self._items
                self._items.append(at)
            if kind == "row" and self._header is not None:
                under.append(self._header)
            return under
        words = self._text[block.start : block.end]
        if kind in ("question", "turn"):
            speaker = [self._who[block.label]] if block.label in self._who else []
            if kind == "question" or _QUESTION.search(words):
                self._asked = at
                return speaker
            return speaker + ([] if self._asked is None else [self._asked])
        if kind == "answer":
            return [] if self._asked is None else [self._asked]
        under = [self._lead] if self._lead is not None and self._is_led(at) else []
        self._lead = at if kind in ("paragraph", "meta") and self._leads(at, words) else None
        return under

    def _leads(self, at: int, words: str) -> bool:
        """Whether the block introduces what follows."""
        if words.endswith(":"):
            return True
        after = self._blocks[at + 1] if at + 1 < len(self._blocks) else None
        if after is None or after.kind not in ("item", "row", "code", "header"):
            return False
        between = self._text[self._blocks[at].end : after.start]
        return len(words) < 60 and between.count("\n") <= 1 and words[-1] not in ".!?"

    def _is_led(self, at: int) -> bool:
        """Whether the lead-in stands right before the block."""
        return self._lead == at - 1

    def _introduced(self) -> dict[str, int]:
        """For speakers, the block that says who an abbreviation stands for."""
        labels = {block.label for block in self._blocks if block.kind == "turn"}
        found: dict[str, int] = {}
        if not labels:
            return found
        for at, block in enumerate(self._blocks):
            if block.kind == "turn":
                break
            words = self._text[block.start : block.end]
            for label in labels:
                if re.search(rf"\({re.escape(label)}\)|\b{re.escape(label)} [=–—] ", words):
                    found.setdefault(label, at)
        return found
