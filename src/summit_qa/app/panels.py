"""Answers as HTML: the conversation, and the evidence beside it. Pure functions, no state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from summit_qa.app.markup import icon, many, marked, message, name, send, text
from summit_qa.app.sessions import Turn
from summit_qa.documents.citations import verify
from summit_qa.documents.lines import line_count, line_text
from summit_qa.types import Answer, Citation, Disagreement, Document, Statement

_SHOWN_OF_LINE = 4_000  # characters of a long line that are shown around the quote
_SHOWN_OF_PASSAGE = 280
_STATUS = {"partly": "partly supported", "contradicted": "contradicted by its own source"}


def conversation(turns: Sequence[Turn], examples: Sequence[str]) -> str:
    """The whole conversation, or a welcome with example questions where there is none."""
    if not turns:
        return welcome(examples)
    last = turns[-1]
    shown = "".join(turn_html(turn, is_last=turn is last) for turn in turns)
    return f'<div class="turns">{shown}</div>'


def welcome(examples: Sequence[str]) -> str:
    """What stands where the conversation will be."""
    buttons = "".join(
        f'<li><button class="example" {send("ask", question=question)}>'
        f"{text(question)}</button></li>"
        for question in examples
    )
    heading = '<h3 id="examples">Try one of these</h3>' if examples else ""
    return (
        '<div class="welcome"><h2>Ask the files</h2>'
        "<p>Every sentence of an answer comes with its file and line. "
        "What the files do not say is not answered.</p>"
        f'{heading}<ul class="examples" aria-labelledby="examples">{buttons}</ul></div>'
    )


def turn_html(turn: Turn, *, is_last: bool) -> str:
    """One question and its answer, with what can be done about them."""
    finished = turn.state in ("done", "stopped", "failed")
    body = answer_html(turn.answer, turn.number) if turn.answer else ""
    if turn.state == "failed":
        body += message(turn.error or "", "error")
    elif turn.state == "stopped":
        body += message("Stopped.")
    elif turn.state == "waiting":
        waits = f"Waiting: {turn.ahead} before yours" if turn.ahead else "Reading the files"
        body += f'<p class="working" role="status"><span class="pulse"></span>{waits}…</p>'
    elif turn.state == "running":
        body += '<p class="working"><span class="pulse"></span>Answering…</p>'
    actions = _actions(turn, is_last) if finished else ""
    follow = _suggestions(turn.suggestions) if is_last and turn.state == "done" else ""
    return (
        f'<section class="turn" data-turn="{turn.number}" data-state="{turn.state}" '
        f'aria-labelledby="question-{turn.number}">'
        f'<h2 class="question" id="question-{turn.number}" dir="auto">{text(turn.question)}</h2>'
        f'<div class="answer" aria-busy="{str(not finished).lower()}">{body}</div>'
        f"{actions}{follow}</section>"
    )


def answer_html(answer: Answer, turn: int) -> str:
    """Verdict first, then the answer in short, then the statements with their marks."""
    parts = []
    if answer.rewritten and answer.rewritten != answer.question:
        parts.append(f'<p class="rewritten">Asked as: <q>{text(answer.rewritten)}</q></p>')
    if answer.abstained:
        parts.append(_abstention(answer))
    if answer.doubt:
        parts.append(f'<p class="verdict none doubt">{text(answer.doubt)}</p>')
    if answer.verdict:
        parts.append(f'<p class="verdict {answer.verdict}">{answer.verdict.capitalize()}.</p>')
    if answer.short:
        parts.append(f'<p class="short" dir="auto">{text(answer.short)}</p>')
    if answer.statements:
        shown = "".join(_statement(statement, turn) for statement in answer.statements)
        parts.append(f'<div class="statements">{shown}</div>')
    parts += [_disagreement(disagreement, turn) for disagreement in answer.disagreements]
    if answer.unverified:
        left_out = "".join(f"<li>{text(item.text)}</li>" for item in answer.unverified)
        parts.append(
            '<details class="unverified"><summary>Left out: the files do not show it '
            f"({len(answer.unverified)})</summary><ul>{left_out}</ul></details>"
        )
    parts += [f'<p class="note">{text(note)}</p>' for note in answer.notes]
    return "".join(parts)


def _abstention(answer: Answer) -> str:
    nearest = "".join(
        f'<li><button class="place" {_opens(hit.passage.path, hit.line)}>'
        f"{name(hit.location)}</button>"
        f'<span dir="auto">{text(_shortened(hit.passage.text))}</span></li>'
        for hit in answer.nearest
    )
    found = f'<h3>The nearest passages</h3><ul class="nearest">{nearest}</ul>' if nearest else ""
    return (
        '<div class="abstention"><p class="verdict none">No answer in the files.</p>'
        f'<p class="reason">{text(answer.reason or "")}</p>{found}</div>'
    )


def _statement(statement: Statement, turn: int) -> str:
    words = marked(statement.text, statement.highlight, "strong")
    status = _STATUS.get(statement.status)
    label = f'<span class="status {statement.status}">{status}</span>' if status else ""
    marks = _marks((*statement.citations, *statement.further), turn)
    return f'<p class="statement"><span dir="auto">{words}</span>{label} {marks}</p>'


def _marks(citations: Iterable[Citation], turn: int) -> str:
    """A numbered button for each distinct line that is cited."""
    shown: dict[int, Citation] = {}
    for citation in citations:
        shown.setdefault(citation.number, citation)
    buttons = "".join(
        f'<button type="button" class="mark" data-mark="{turn}-{number}" '
        f'aria-label="Evidence {number}: {name(citation.location)}" '
        f'title="{name(citation.location)}">{number}</button>'
        for number, citation in shown.items()
    )
    return f'<span class="marks">{buttons}</span>'


def _disagreement(disagreement: Disagreement, turn: int) -> str:
    sides = "".join(
        f'<figure class="side"><blockquote dir="auto">{text(citation.quote)}</blockquote>'
        f'<figcaption>{_marks([citation], turn)}<button class="place" '
        f"{_opens(citation.file, citation.start_line)}>{name(citation.location)}</button>"
        "</figcaption></figure>"
        for citation in (disagreement.first, disagreement.second)
    )
    about = f" on {text(disagreement.about)}" if disagreement.about else ""
    return (
        '<section class="disagreement" aria-label="The sources disagree">'
        f'<h3>The sources disagree{about}</h3><div class="sides">{sides}</div></section>'
    )


def _suggestions(questions: Sequence[str]) -> str:
    if not questions:
        return ""
    buttons = "".join(
        f'<li><button class="suggestion" {send("ask", question=question)}>'
        f"{text(question)}</button></li>"
        for question in questions
    )
    return (
        '<nav class="follow-up" aria-label="Follow-up questions"><h3>Ask next</h3>'
        f"<ul>{buttons}</ul></nav>"
    )


def _actions(turn: Turn, is_last: bool) -> str:
    """Copy, ask again, change, and say whether it helped."""
    number = turn.number
    buttons = []
    if turn.answer is not None:
        buttons.append(
            f'<button type="button" class="action" data-copy="{text(plain(turn.answer))}">'
            f"{icon('copy')}<span>Copy</span></button>"
        )
    if is_last:
        for event, label in (("retry", "Ask again"), ("edit", "Change")):
            buttons.append(
                f'<button class="action" {send(event, turn=number)}>'
                f"{icon(event)}<span>{label}</span></button>"
            )
    foot = ""
    if turn.answer is not None:
        for rating, label in (("up", "Good answer"), ("down", "Poor answer")):
            pressed = str(turn.rating == rating).lower()
            buttons.append(
                f'<button class="action rate" aria-label="{label}" title="{label}" '
                f'aria-pressed="{pressed}" {send("rate", turn=number, rating=rating)}>'
                f"{icon(rating)}</button>"
            )
        foot = f'<p class="made">{_made(turn.answer)}</p>'
    comment = ""
    if turn.rating and turn.commented:
        comment = message("Thank you. It is kept on this server only.")
    elif turn.rating:
        comment = (
            f'<form class="comment" data-send-form="comment" data-turn="{number}">'
            f'<label for="comment-{number}">What was good or wrong? (optional, kept on this '
            f'server only)</label><div><input id="comment-{number}" name="comment" '
            'maxlength="1000" autocomplete="off"><button type="submit" class="quiet">Save'
            "</button></div></form>"
        )
    return f'<div class="actions">{"".join(buttons)}{foot}</div>{comment}'


def _made(answer: Answer) -> str:
    """Which engine answered, how long it took and what it cost."""
    parts = [f"{answer.engine}" + (f" ({text(answer.model)})" if answer.model else "")]
    parts.append(f"{answer.timings.total:.2f} s")
    if answer.usage.input_tokens or answer.usage.output_tokens:
        parts.append(f"{answer.usage.input_tokens + answer.usage.output_tokens:,} tokens")
    if answer.usage.rejected_quotes:
        parts.append(f"{many(answer.usage.rejected_quotes, 'quote')} rejected")
    return " · ".join(parts)


def plain(answer: Answer) -> str:
    """The answer as plain text with its sources, as it is copied."""
    if answer.abstained:
        return f"No answer in the files. {answer.reason or ''}".strip()
    head = f"{answer.doubt} " if answer.doubt else ""
    head += f"{answer.verdict.capitalize()}. " if answer.verdict else ""
    sources = "\n".join(
        f"[{citation.number}] {citation.location} “{citation.quote}”"
        for citation in answer.citations
    )
    return f"{head}{answer.text}\n\n{sources}".strip()


def announcement(turn: Turn) -> str:
    """What a screen reader is told when a turn is over."""
    if turn.state == "failed":
        return turn.error or ""
    if turn.state == "stopped":
        return "Stopped."
    answer = turn.answer
    if turn.state != "done" or answer is None:
        return ""
    if answer.abstained:
        return f"No answer in the files. {answer.reason or ''}"
    doubt = f"{answer.doubt} " if answer.doubt else ""
    verdict = f"{answer.verdict.capitalize()}. " if answer.verdict else ""
    count = len({citation.number for citation in answer.citations})
    said = " ".join(statement.text for statement in answer.statements)
    return f"{doubt}{verdict}{said} {many(count, 'line')} of evidence."


def evidence(turns: Sequence[Turn], documents: Mapping[str, Document]) -> str:
    """The cards of every turn; the page shows those of one turn at a time, at first the last."""
    groups = []
    for turn in turns:
        cards = evidence_cards(turn.answer, turn.number, documents) if turn.answer else ""
        if cards:
            groups.append((turn, cards))
    if not groups:
        return (
            '<div class="evidence-empty"><h2>Evidence</h2><p>The lines that an answer rests on '
            "appear here: each whole line, with the quoted words marked.</p></div>"
        )
    shown = turns[-1].number
    return (
        '<div class="evidence"><h2>Evidence</h2>'
        + "".join(
            f'<section class="cards" data-cards="{turn.number}" '
            f'aria-labelledby="cards-{turn.number}"{"" if turn.number == shown else " hidden"}>'
            f'<h3 class="cards-of" id="cards-{turn.number}" dir="auto">{text(turn.question)}</h3>'
            f"{cards}</section>"
            for turn, cards in groups
        )
        + (
            ""
            if groups[-1][0].number == shown
            else f'<section class="cards" data-cards="{shown}">'
            '<p class="note">This question has no evidence.</p></section>'
        )
        + "</div>"
    )


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
    place = f"line {first.start_line}"
    if first.end_line != first.start_line:
        place = f"lines {first.start_line}–{first.end_line}"
    if first.page:
        place = f"page {first.page}, {place}"
    under = f'<p class="under" dir="auto">{text(first.context)}</p>' if first.context else ""
    support = max((item.support for item in citations if item.support is not None), default=None)
    key = f"{turn}-{first.number}"
    return (
        f'<article class="card" id="card-{key}" data-card="{key}" tabindex="-1" '
        f'aria-label="Evidence {first.number}">'
        f'<header><span class="number" aria-hidden="true">{first.number}</span>'
        f'<button class="place" {_opens(first.file, first.start_line)} '
        f'title="Open the file at this line"><span class="file">{name(first.file)}</span>'
        f'<span class="line">{place}</span>{icon("open")}</button></header>'
        f"{under}{_cited_lines(citations, document)}{_support(support, exact)}</article>"
    )


def _cited_lines(citations: Sequence[Citation], document: Document | None) -> str:
    """The cited line or lines, quotes marked, with what stands before and after on demand."""
    first = citations[0]
    if document is not None and all(verify(citation, document) for citation in citations):
        begin = document.line_starts[first.start_line - 1]
        last = line_text(document, first.end_line)
        end = document.line_starts[first.end_line - 1] + len(last)
        whole = document.text[begin:end]
        ranges = [(item.span.start - begin, item.span.end - begin) for item in citations]
        around = (
            _line(document, first.start_line - 1, -1),
            _line(document, first.end_line + 1, 1),
        )
    else:  # the file has changed since; what was indexed then is shown
        whole, around = first.line_text or first.quote, ("", "")
        places = [(whole.find(item.quote), len(item.quote)) for item in citations]
        ranges = [(at, at + length) for at, length in places if at >= 0]
    whole, ranges = _clipped(whole, ranges)
    shown = f'<p class="cited" dir="auto">{marked(whole, ranges, "mark")}</p>'
    if not any(around):
        return f"<blockquote>{shown}</blockquote>"
    before, after = (f'<p class="around" dir="auto">{line}</p>' if line else "" for line in around)
    return (
        f"<blockquote>{shown}</blockquote><details><summary>The lines around it</summary>"
        f'<blockquote class="context">{before}{shown}{after}</blockquote></details>'
    )


def _line(document: Document, line: int, step: int) -> str:
    """The nearest line from ``line`` on, by ``step``, that is not blank, with its number."""
    for candidate in range(line, line + 3 * step, step):
        if not 1 <= candidate <= line_count(document):
            return ""
        shown = _shortened(line_text(document, candidate), 600)
        if shown.strip():
            return f'<span class="line-number">{candidate}</span>{text(shown)}'
    return ""


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


def _opens(file: str, line: int) -> str:
    return send("open", file=file, line=line)


def _shortened(value: str, length: int = _SHOWN_OF_PASSAGE) -> str:
    return value if len(value) <= length else value[:length].rsplit(" ", 1)[0] + "…"


def _spaces(value: str) -> str:
    return " ".join(value.split())
