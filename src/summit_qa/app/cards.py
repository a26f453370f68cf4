"""The evidence beside an answer: a card for each cited line, or what comes nearest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from summit_qa.app.markup import icon, marked, name, send, sheet_back, text
from summit_qa.app.sessions import Turn
from summit_qa.app.source import block_of, is_fixed
from summit_qa.app.welcome import titled
from summit_qa.documents.citations import verify
from summit_qa.documents.lines import line_count, line_text
from summit_qa.types import Answer, Citation, Document, Hit, Span

_SHOWN_OF_LINE = 4_000  # characters of a long line that are shown around the quote
_SHOWN_OF_PASSAGE = 420
_AROUND = 2  # lines before and after that can be shown


def evidence(turns: Sequence[Turn], documents: Mapping[str, Document], start: str = "") -> str:
    """The cards of every turn; the page shows those of one turn at a time, at first the last.

    ``start`` is what stands there before anything is asked.
    """
    if not turns:
        return start
    parts = []
    for turn in turns:
        answer = turn.answer
        cards = ""
        if answer is not None and answer.abstained:
            cards = nearest(answer.nearest, documents)
        elif answer is not None:
            cards = evidence_cards(answer, turn.number, documents)
        if cards or turn is turns[-1]:
            heading = "Nearest to the question" if answer and answer.abstained else "Evidence"
            none = '<p class="note">This question has no evidence.</p>' if answer else ""
            hidden = "" if turn is turns[-1] else " hidden"
            parts.append(
                f'<section class="cards" data-cards="{turn.number}" '
                f'aria-labelledby="cards-{turn.number}"{hidden}>'
                f'<h2 id="cards-{turn.number}">{heading}</h2>'
                f'<p class="cards-of" dir="auto">{text(_shortened(turn.question, 160))}</p>'
                f"{cards or none}</section>"
            )
    return f'<div class="evidence">{sheet_back("Back to the answer")}{"".join(parts)}</div>'


def nearest(hits: Sequence[Hit], documents: Mapping[str, Document]) -> str:
    """What comes nearest to a question that has no answer."""
    return "".join(_near(hit, documents.get(hit.passage.path)) for hit in hits)


def _near(hit: Hit, document: Document | None) -> str:
    passage = hit.passage
    shown = passage_html(hit, document, _SHOWN_OF_PASSAGE)
    span = hit.focus or passage.span
    return (
        '<article class="card near"><header>'
        f"{_place(document, passage.path, place_of(span, passage.page), [span])}</header>"
        f'{_under(passage.context_text, document)}<div class="quoted">'
        f"{shown}</div></article>"
    )


def passage_html(
    hit: Hit, document: Document | None, most: int, sought: re.Pattern[str] | None = None
) -> str:
    """What the passage says, a paragraph or a row at a time; wrapped lines are joined.

    At most about ``most`` characters; what is ``sought`` is marked.
    """

    def drawn(said: str, style: str, left: int) -> str:
        said = _shortened(said, left)
        ranges = [it.span() for it in sought.finditer(said)] if sought else []
        return f'<p class="{style}" dir="auto">{marked(said, ranges, "mark")}</p>'

    passage = hit.passage
    at, end = passage.span.start, passage.span.end
    if document is None or document.text[at:end] != passage.text:
        return drawn(passage.text, "cited", most)
    parts: list[str] = []
    left = most
    while at < end and left > 0:
        block = block_of(document, at)
        newline = document.text.find("\n", at, end)
        upto = min(end, block.end) if block else newline + 1 if newline >= 0 else end
        shown = document.text[at:upto]
        fixed = is_fixed(document, at)
        if shown.strip():
            shown = shown.strip("\n") if fixed else _spaces(shown)
            parts.append(drawn(shown, "cited fixed" if fixed else "cited", left))
            left -= len(shown)
        at = max(upto, at + 1)
    return "".join(parts)


def evidence_cards(answer: Answer, turn: int, documents: Mapping[str, Document]) -> str:
    """One card a cited line, in order of number."""
    lines: dict[int, list[Citation]] = {}
    sides = [side for item in answer.disagreements for side in (item.first, item.second)]
    for citation in (*answer.citations, *sides):
        lines.setdefault(citation.number, []).append(citation)
    exact = {
        citation.number
        for statement in answer.statements
        for citation in statement.citations
        if statement.text in citation.quote or _spaces(citation.quote) == _spaces(statement.text)
    }
    return "".join(
        _card(citations, turn, documents.get(citations[0].file), citations[0].number in exact)
        for _, citations in sorted(lines.items())
    )


def _card(citations: Sequence[Citation], turn: int, document: Document | None, exact: bool) -> str:
    """Number, place, the whole line with its quotes marked, the lines around, the support."""
    first = citations[0]
    support = max((item.support for item in citations if item.support is not None), default=None)
    key = f"{turn}-{first.number}"
    spans = [citation.span for citation in citations]
    return (
        f'<article class="card" id="card-{key}" data-card="{key}" tabindex="-1" '
        f'aria-label="Evidence {first.number}">'
        f'<header><span class="number" aria-hidden="true">{first.number}</span>'
        f"{_place(document, first.file, place_of(first.span, first.page), spans)}</header>"
        f"{_stale(citations)}{_above(first, document)}{_cited_lines(citations, document)}"
        f"{_support(support, exact)}</article>"
    )


def _place(document: Document | None, file: str, lines: str, opened: Sequence[Span]) -> str:
    """The button that opens the file at these spans; its title beside its name."""
    marks = [[span.start, span.end] for span in opened]
    title = titled(document) if document else ""
    shown = f'<span class="title" dir="auto">{text(title)}</span>' if title else ""
    stem, dot, suffix = file.rpartition(".")
    named = f"{name(stem)}<wbr>{name(dot + suffix)}" if stem else name(file)
    return (
        f'<button class="place" {send("open", file=file, line=opened[0].start_line, marks=marks)} '
        f'title="Open {name(file)} at this line">{shown}<span class="where">'
        f'<span class="file">{named}</span><span class="line">{lines}</span></span>'
        f"{icon('open')}</button>"
    )


def place_of(span: Span, page: int | None) -> str:
    """Page and lines, in words."""
    place = f"line {span.start_line}"
    if span.end_line != span.start_line:
        place = f"lines {span.start_line}–{span.end_line}"
    return f"page {page}, {place}" if page else place


def _stale(citations: Sequence[Citation]) -> str:
    if not any(citation.stale for citation in citations):
        return ""
    return '<p class="stale">The file was changed or removed after it was read.</p>'


def _under(context: str, document: Document | None) -> str:
    """What the line is to be read under, unless that is the title, which stands above it."""
    title = titled(document) if document else ""
    if not context or title.startswith(context.rstrip(" …")):
        return ""
    return f'<p class="under" dir="auto">{text(context)}</p>'


def _above(citation: Citation, document: Document | None) -> str:
    """What the cited line is to be read under; of a row, the names of its columns, all of them."""
    block = block_of(document, citation.span.start) if document else None
    if document and block and block.kind == "row":
        for over in (document.blocks[at] for at in block.under):
            if over.kind == "header":
                header = document.text[over.start : over.end].strip("\n")
                return f'<p class="under fixed" dir="auto">{text(header)}</p>'
    return _under(citation.context, document)


def _cited_lines(citations: Sequence[Citation], document: Document | None) -> str:
    """The cited line or lines, quotes marked, and on demand what stands before and after."""
    first = citations[0]
    before = after = ""
    if document is not None and all(verify(citation, document) for citation in citations):
        begin = document.line_starts[first.start_line - 1]
        last = line_text(document, first.end_line)
        end = document.line_starts[first.end_line - 1] + len(last)
        whole = document.text[begin:end]
        ranges = [(item.span.start - begin, item.span.end - begin) for item in citations]
        before = _around(document, first.start_line - 1, -1)
        after = _around(document, first.end_line + 1, 1)
    else:  # the file has changed since; what was indexed then is shown
        whole = first.line_text or first.quote
        places = [(whole.find(item.quote), len(item.quote)) for item in citations]
        ranges = [(at, at + length) for at, length in places if at >= 0]
    whole, ranges = _clipped(whole, ranges)
    fixed = is_fixed(document, first.span.start)
    style = "cited fixed" if fixed else "cited joined" if _wrapped(document, first) else "cited"
    shown = (
        f'<p class="numbered"><span class="line-number">{first.start_line}</span>'
        f'<span class="{style}" dir="auto">{marked(whole, ranges, "mark")}</span></p>'
    )
    if not (before or after):
        return f'<div class="quoted">{shown}</div>'
    return (
        f'<div class="quoted">{before}{shown}{after}</div>'
        '<button type="button" class="around-button" aria-expanded="false">Lines around it'
        "</button>"
    )


def _wrapped(document: Document | None, citation: Citation) -> bool:
    """Whether the lines are one paragraph whose line ends mean nothing."""
    if document is None or citation.start_line == citation.end_line:
        return False
    block = block_of(document, citation.span.start)
    return block is not None and block.end >= citation.span.end


def _around(document: Document, line: int, step: int) -> str:
    """The nearest lines from ``line`` on, by ``step``, that are not blank, with their numbers."""
    found: list[str] = []
    for candidate in range(line, line + 6 * step, step):
        if not 1 <= candidate <= line_count(document) or len(found) == _AROUND:
            break
        shown = _shortened(line_text(document, candidate), 600)
        if shown.strip():
            fixed = " fixed" if is_fixed(document, document.line_starts[candidate - 1]) else ""
            found.append(
                f'<p class="numbered around"><span class="line-number">{candidate}</span>'
                f'<span class="cited{fixed}" dir="auto">{text(shown)}</span></p>'
            )
    return "".join(found[::step])


def _clipped(whole: str, ranges: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """A very long line cut to what is around its quotes."""
    if len(whole) <= _SHOWN_OF_LINE:
        return whole, ranges
    first = min((start for start, _ in ranges), default=0)
    begin = max(0, first - _SHOWN_OF_LINE // 4)
    end = min(len(whole), begin + _SHOWN_OF_LINE)
    lead = "…" if begin else ""
    moved = [
        (max(0, start - begin) + len(lead), min(end, stop) - begin + len(lead))
        for start, stop in ranges
        if start < end and stop > begin
    ]
    return lead + whole[begin:end] + ("…" if end < len(whole) else ""), moved


def _support(support: float | None, exact: bool) -> str:
    """How strongly the line supports the statement, in words and as a bar."""
    if exact:
        return '<p class="support"><span>The statement, word for word</span></p>'
    if support is None:
        return ""
    percent = round(100 * support)
    return (
        f'<p class="support"><span>Supports the statement: {percent}&nbsp;%</span>'
        f'<meter min="0" max="100" value="{percent}" aria-label="Support">{percent} %</meter></p>'
    )


def _shortened(value: str, length: int) -> str:
    return value if len(value) <= length else value[:length].rsplit(" ", 1)[0] + "…"


def _spaces(value: str) -> str:
    return " ".join(value.split())
