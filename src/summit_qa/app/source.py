"""A file as it was read: every line with its number, the quoted words marked, its pages."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from summit_qa.app.folder import counted_lines
from summit_qa.app.markup import bytes_in_words, icon, marked, message, name, send, text
from summit_qa.app.welcome import titled
from summit_qa.documents.lines import line_at, line_count, line_text, page_at
from summit_qa.documents.rows import block_at
from summit_qa.types import Block, Document

PAGE_PATH = "summit-qa/page"
_LINES_SHOWN = 400
_MOST_OF_LINE = 6_000  # characters of a line that are shown
_FIXED = ("code", "row", "header")
_FIXED_FILES = (".log", ".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml", ".xml")

Ranges = Sequence[tuple[int, int]]  # characters of a document, half-open


def is_fixed(document: Document | None, start: int) -> bool:
    """Whether what stands there has columns that only a fixed-width face keeps."""
    if document is None:
        return False
    block = block_of(document, start)
    if document.path.lower().endswith(_FIXED_FILES):
        return True
    return block is not None and block.kind in _FIXED and document.reader.startswith("text")


def block_of(document: Document, start: int) -> Block | None:
    """The block that holds the character."""
    at = block_at(document, start)
    return None if at is None else document.blocks[at]


def source(
    document: Document | None, line: int | None, marks: Ranges = (), *, beside: bool = False
) -> str:
    """The file around the line that is lit; None is its beginning, with none lit.

    ``beside`` an answer it has the way back to it.
    """
    if document is None:
        return message("That file is no longer in the folder.", "error")
    count = line_count(document)
    pointed, line = line is not None, min(max(1, line or 1), max(1, count))
    lit = {
        number
        for start, end in marks
        for number in range(line_at(document, start), line_at(document, max(start, end - 1)) + 1)
    } or ({line} if pointed else set())
    first = max(1, min(line - _LINES_SHOWN // 2, count - _LINES_SHOWN + 1))
    last = min(count, first + _LINES_SHOWN - 1)
    earlier = later = ""
    if first > 1:
        earlier = _more(document.path, max(1, first - _LINES_SHOWN // 2), "Earlier lines")
    if last < count:
        later = _more(document.path, min(count, last + _LINES_SHOWN // 2), "Later lines")
    title = titled(document)
    about = [name(document.path)] if title else []
    about += [counted_lines(document), bytes_in_words(document.size)]
    tag = "h2" if beside else "h3"
    return (
        f'<article class="reader" data-file="{name(document.path)}">'
        f"{_steps() if beside else ''}"
        f'<header><{tag} dir="auto">{text(title) if title else name(document.path)}</{tag}>'
        f'<p class="summary">{" · ".join(about)}</p>{_pages(document, line)}</header>'
        f'{earlier}<div class="lines" tabindex="0" role="region" aria-label="Lines of the file">'
        f"{_lines(document, range(first, last + 1), lit, marks)}</div>{later}</article>"
    )


def _steps() -> str:
    return (
        '<nav class="source-steps" aria-label="Evidence">'
        f'<button type="button" class="quiet back">{icon("back")}<span>Back to the answer</span>'
        '</button><span class="source-at"></span>'
        '<button type="button" class="quiet" data-step="-1" title="Previous evidence (p)" '
        f'aria-label="Previous evidence">{icon("up-one")}</button>'
        '<button type="button" class="quiet" data-step="1" title="Next evidence (n)" '
        f'aria-label="Next evidence">{icon("down-one")}</button></nav>'
    )


def _pages(document: Document, line: int) -> str:
    """The way to see the pages themselves, where they can be drawn."""
    if not document.page_starts or not document.path.lower().endswith(".pdf"):
        return ""
    page = page_at(document, document.line_starts[line - 1]) or 1
    return (
        '<div class="pages"><button type="button" class="quiet" aria-pressed="false" '
        f'data-pages="{len(document.page_starts)}" data-page="{page}" '
        f'data-from="{PAGE_PATH}?file={quote(document.path)}&amp;page=">See page {page}</button>'
        "</div>"
    )


def _lines(document: Document, numbers: range, lit: set[int], marks: Ranges) -> str:
    """Rows of lines; those of one wrapped paragraph are kept together."""
    parts: list[str] = []
    paragraph: Block | None = None
    page: int | None = None
    for number in numbers:
        begin = document.line_starts[number - 1]
        shown = line_text(document, number)
        at = begin + len(shown) - len(shown.lstrip())
        block = block_of(document, at) if shown.strip() else None
        here = page_at(document, begin)
        if paragraph is not None and block is not paragraph:
            parts.append("</div>")
            paragraph = None
        if here is not None and here != page:
            parts.append(f'<p class="page-head">Page {here}</p>')
        page = here
        if paragraph is None and block is not None and block.kind not in _FIXED:
            parts.append('<div class="paragraph">')
            paragraph = block
        parts.append(_line(document, number, shown, number in lit, marks))
    return "".join(parts) + ("</div>" if paragraph is not None else "")


def _line(document: Document, number: int, shown: str, lit: bool, marks: Ranges) -> str:
    begin = document.line_starts[number - 1]
    ranges = [(max(0, start - begin), end - begin) for start, end in marks]
    ranges = [(start, end) for start, end in ranges if start < end and start < len(shown)]
    if len(shown) > _MOST_OF_LINE:
        lead = max(0, min((start for start, _ in ranges), default=0) - _MOST_OF_LINE // 4)
        shown = ("…" if lead else "") + shown[lead : lead + _MOST_OF_LINE] + "…"
        ranges = [(start - lead + bool(lead), end - lead + bool(lead)) for start, end in ranges]
    attributes = ' class="row-line"'
    if lit:
        attributes = ' class="row-line lit" data-lit aria-current="true"'
    fixed = " fixed" if is_fixed(document, begin) else ""
    return (
        f'<div{attributes} id="L{number}"><span class="line-number">{number}</span>'
        f'<span class="line-text{fixed}" dir="auto">{marked(shown, ranges, "mark")}</span> </div>'
    )


def _more(path: str, line: int, label: str) -> str:
    return f'<button class="quiet more" {send("open", file=path, line=line)}>{label}</button>'
