"""All arithmetic between quotes, characters and lines: code, never a model, gives file and line.

A quote counts only if it stands in its source letter for letter. Only white space, the shape
of quotation marks and dashes, and invisible format characters may differ, because models and
editors change those without meaning to. Nothing is matched fuzzily and nothing is repaired.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from summit_qa.documents.lines import line_text, page_at, span_of
from summit_qa.documents.outline import blocks_within, context_of
from summit_qa.types import Answer, Citation, Document, Span, Statement

_SAME = str.maketrans(
    dict.fromkeys("‘’‚‛′ʼ`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
)


def fold(text: str) -> tuple[str, list[int]]:
    """Text with the differences that do not count removed, and each character's old place.

    Runs of white space become one space, typographic quotes and dashes their plain forms,
    and invisible format characters (Unicode category Cf) are dropped.
    """
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text.translate(_SAME)):
        if character.isspace():
            if not folded or folded[-1] != " ":
                folded.append(" ")
                places.append(place)
        elif character < "\x7f" or unicodedata.category(character) != "Cf":
            folded.append(character)
            places.append(place)
    return "".join(folded), places


def _whole_words(text: str, start: int, end: int) -> bool:
    """Whether neither end of text[start:end] cuts a word or a number in two."""
    return not _joined(text, start) and not _joined(text, end)


def _joined(text: str, at: int) -> bool:
    """Whether what stands before and after ``at`` is one word, one letter or one number."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if unicodedata.category(after).startswith("M"):
        return True  # an accent of its own belongs to the letter before it
    if before.isalnum() and after.isalnum():
        return True
    # "1" does not stand in "1,500", nor "5 percent" in "1.5 percent".
    inside = text[at - 2 : at + 1] if before in ".," else text[at - 1 : at + 2]
    return len(inside) == 3 and inside[0].isdigit() and inside[1] in ".," and inside[2].isdigit()


def locate(quote: str, text: str) -> list[tuple[int, int]]:
    """Every place (start, end) in ``text`` where ``quote`` stands letter for letter."""
    needle = fold(quote)[0].strip()
    if not needle:
        return []
    folded, places = fold(text)
    found: list[tuple[int, int]] = []
    at = folded.find(needle)
    while at != -1:
        stop = at + len(needle)
        if _whole_words(folded, at, stop):
            found.append((places[at], places[stop - 1] + 1))
        at = folded.find(needle, at + 1)
    return found


def cite(document: Document, start: int, end: int, *, number: int) -> Citation:
    """The citation of document.text[start:end]; quote and lines are slices of the document.

    Raises ValueError where the range is empty or outside the document.
    """
    if not 0 <= start < end <= len(document.text):
        raise ValueError(f"{document.path} has no characters {start} to {end}.")
    span = span_of(document, start, end)
    within = blocks_within(document, start, end)
    first = document.line_starts[span.start_line - 1]
    last = document.line_starts[span.end_line - 1] + len(line_text(document, span.end_line))
    return Citation(
        number=number,
        file=document.path,
        span=span,
        quote=document.text[start:end],
        line_text=document.text[first : max(last, end)],
        line_offset=start - first,
        page=page_at(document, start),
        context=context_of(document, within[0])[1] if within else "",
    )


def verify(citation: Citation, document: Document) -> bool:
    """Whether the document really holds the quote at the citation's characters and lines."""
    span = citation.span
    return (
        citation.file == document.path
        and 0 <= span.start < span.end <= len(document.text)
        and document.text[span.start : span.end] == citation.quote
        and span_of(document, span.start, span.end) == span
    )


class Numbering:
    """Gives citations their numbers; the same line of the same file keeps its number."""

    def __init__(self, earlier: Iterable[Answer] = ()) -> None:
        """``earlier`` are answers whose lines have their numbers already."""
        self._numbers: dict[tuple[str, int, int], int] = {}
        for answer in earlier:
            sides = [side for item in answer.disagreements for side in (item.first, item.second)]
            for citation in (*answer.citations, *sides):
                key = (citation.file, citation.start_line, citation.end_line)
                self._numbers.setdefault(key, citation.number)
        self._last = max(self._numbers.values(), default=0)

    def number(self, file: str, span: Span) -> int:
        """The number of the line or lines that the span stands on, from 1."""
        key = (file, span.start_line, span.end_line)
        if key not in self._numbers:
            self._last += 1
            self._numbers[key] = self._last
        return self._numbers[key]

    def cite(self, document: Document, start: int, end: int) -> Citation:
        """`cite` with the number that belongs to the line."""
        citation = cite(document, start, end, number=0)
        return replace(citation, number=self.number(citation.file, citation.span))


def unique(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Each distinct place once, in order of number and then of place in the file."""
    seen: dict[tuple[str, int, int], Citation] = {}
    for citation in citations:
        seen.setdefault((citation.file, citation.span.start, citation.span.end), citation)
    return tuple(sorted(seen.values(), key=lambda citation: (citation.number, citation.span.start)))


def compose_text(statements: Iterable[Statement]) -> str:
    """The answer as text: each statement with the numbers of its citations, as in "… [1][3]"."""
    return " ".join(
        f"{statement.text} {''.join(f'[{number}]' for number in statement.numbers)}"
        for statement in statements
    )
