"""Lines and characters of a document.

Lines end at "\\n", "\\r\\n" or a lone "\\r", as editors count them; nothing else ends a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from summit_qa.types import Document, Span, packed_numbers

_LINE_END = re.compile(r"\r\n|\r|\n")
TAB = 4  # columns of a tab
_AT_ONCE = 1_000_000  # characters that are split into lines at once, at least


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Where each line begins, and the line without its end; none for an empty text."""
    if "\r" in text:
        begin = 0
        for match in _LINE_END.finditer(text):
            yield begin, text[begin : match.start()]
            begin = match.end()
        if begin < len(text):
            yield begin, text[begin:]
        return
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin + _AT_ONCE) + 1 or len(text)
        for line in text[begin:end].removesuffix("\n").split("\n"):
            yield begin, line
            begin += len(line) + 1
        begin = end


def line_starts(text: str) -> Sequence[int]:
    """The character at which each line begins; a text always has a first line."""
    return packed_numbers(at for at, _ in lines_of(text)) or (0,)


def line_at(document: Document, char: int) -> int:
    """The line, from 1, that holds the character; line ends belong to the line they end."""
    return bisect_right(document.line_starts, char)


def line_count(document: Document) -> int:
    """How many lines the document has."""
    return len(document.line_starts) if document.text else 0


def line_text(document: Document, line: int) -> str:
    """The line without its line end; IndexError where there is no such line."""
    if not 1 <= line <= len(document.line_starts):
        raise IndexError(f"{document.path} has no line {line}.")
    start = document.line_starts[line - 1]
    stop = document.line_starts[line] if line < len(document.line_starts) else len(document.text)
    return document.text[start:stop].rstrip("\r\n")


def span_of(document: Document, start: int, end: int) -> Span:
    """Characters start to end (half-open) with the lines that hold them."""
    return Span(start, end, line_at(document, start), line_at(document, max(start, end - 1)))


def page_at(document: Document, char: int) -> int | None:
    """The page, from 1, that holds the character; None where the format has no pages."""
    if not document.page_starts:
        return None
    return max(1, bisect_right(document.page_starts, char))
