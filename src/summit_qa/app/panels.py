"""Answers as HTML: the conversation, question by question. Pure functions, no state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from summit_qa.app.markup import icon, many, marked, message, name, send, text
from summit_qa.app.sessions import Turn
from summit_qa.app.source import block_of, is_fixed
from summit_qa.documents.rows import columns_of, places_of, with_columns
from summit_qa.types import NOT_SURE, Answer, Citation, Disagreement, Document, Span, Statement

_FOLDED = 240  # characters of a question that are shown before it is unfolded
_STATUS = {"partly": "partly supported", "contradicted": "contradicted by its own source"}


def conversation(turns: Sequence[Turn], documents: Mapping[str, Document], named: str = "") -> str:
    """The whole conversation; ``named`` is the name under which it is kept, if it is."""
    last = turns[-1]
    shown = "".join(turn_html(turn, documents, is_last=turn is last) for turn in turns)
    return f'<div class="turns" data-conversation="{text(named)}">{shown}</div>'


def turn_html(turn: Turn, documents: Mapping[str, Document], *, is_last: bool) -> str:
    """One question and its answer, with what can be done about them."""
    finished = turn.state in ("done", "stopped", "failed")
    body = answer_html(turn.answer, turn.number, documents) if turn.answer else ""
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
        f'aria-labelledby="question-{turn.number}">{_question(turn)}'
        f'<div class="answer" aria-busy="{str(not finished).lower()}">{body}</div>'
        f"{actions}{follow}</section>"
    )


def _question(turn: Turn) -> str:
    """The question, folded where it is long, and the form that changes it."""
    number = turn.number
    shown = f'<h2 class="question" id="question-{number}" dir="auto">{text(turn.question)}</h2>'
    if len(turn.question) > _FOLDED or turn.question.count("\n") > 3:
        shown = (
            f'<div class="long">{shown}<button type="button" class="unfold" aria-expanded="false">'
            "Show all of it</button></div>"
        )
    within = f'<p class="within">{text(turn.within)}</p>' if turn.within else ""
    form = (
        f'<form class="change" id="change-{number}" data-instead="asked-{number}" hidden '
        f'data-send-form="amend" data-payload="{text(json.dumps({"turn": number}))}">'
        f'<label class="unseen" for="changed-{number}">Change the question</label>'
        f'<textarea id="changed-{number}" name="question" rows="2" maxlength="4000" dir="auto">'
        f"{text(turn.question)}</textarea><div>"
        '<button type="submit" class="primary">Ask</button>'
        f'<button type="button" class="quiet" data-hide="change-{number}">Cancel</button>'
        "<small>What was asked after it goes.</small></div></form>"
    )
    return f'<div id="asked-{number}">{shown}{within}</div>{form}'


def answer_html(answer: Answer, turn: int, documents: Mapping[str, Document]) -> str:
    """Verdict, short answer and how sure it is; then the statements with their marks."""
    parts = []
    if answer.rewritten and answer.rewritten != answer.question:
        parts.append(f'<p class="rewritten">Asked as: <q>{text(answer.rewritten)}</q></p>')
    if answer.abstained:
        parts.append(
            '<div class="abstention"><p class="verdict none">No answer in the files.</p>'
            f'<p class="reason">{text(answer.reason or "")}</p>'
            '<button type="button" class="quiet show-nearest">Show what comes nearest</button>'
            "</div>"
        )
    said = ""
    if answer.verdict:
        said += f'<span class="verdict {answer.verdict}">{answer.verdict.capitalize()}.</span> '
    if answer.short:
        said += f'<span class="short" dir="auto">{text(answer.short)}</span> '
    tentative = answer.status == "tentative"
    sure = "" if answer.abstained else _sureness(answer)
    if tentative:
        parts.append(f'<p class="unsure">{text(NOT_SURE)}:{sure}</p>')
        sure = ""
    if said or sure:
        parts.append(f'<p class="said">{said}{sure}</p>')
    sides = _sides(answer)
    statements = [it for it in answer.statements if it not in sides.values()]
    if statements:
        shown = "".join(
            _under(statement, before) + _statement(statement, before, turn, documents)
            for statement, before in zip(statements, (None, *statements), strict=False)
        )
        parts.append(f'<div class="statements">{shown}</div>')
    parts += [_disagreement(disagreement, turn, sides) for disagreement in answer.disagreements]
    if answer.unverified:
        left_out = "".join(f"<li>{text(item.text)}</li>" for item in answer.unverified)
        parts.append(
            '<details class="unverified"><summary>Left out: the files do not show it '
            f"({len(answer.unverified)})</summary><ul>{left_out}</ul></details>"
        )
    parts += [f'<p class="note">{text(note)}</p>' for note in answer.notes]
    whole = "".join(parts)
    return f'<div class="tentative">{whole}</div>' if tentative else whole


def _sureness(answer: Answer) -> str:
    """How likely the answer is right, as it was calibrated, in words and percent."""
    if answer.confidence is None:
        return ""
    percent = round(100 * answer.confidence)
    words = "sure" if percent >= 85 else "fairly sure" if percent >= 60 else "unsure"
    # Above a tentative answer it stands in words already.
    said = "" if answer.status == "tentative" else f"{words} · "
    return (
        f'<span class="sure" title="Of answers like this one, about {percent} in 100 are right">'
        f"{said}{percent}&nbsp;%</span>"
    )


def _under(statement: Statement, before: Statement | None) -> str:
    """What the statement is to be read under, unless the one before stands under the same."""
    if not statement.under or (before is not None and before.under == statement.under):
        return ""
    return f'<p class="under" dir="auto">{text(statement.under)}</p>'


def _statement(
    statement: Statement, before: Statement | None, turn: int, documents: Mapping[str, Document]
) -> str:
    """The statement with its marks; what its line stands under, unless the one before says so."""
    words = marked(statement.text, statement.highlight, "strong")
    status = _STATUS.get(statement.status)
    label = f'<span class="status {statement.status}">{status}</span>' if status else ""
    marks = _marks(statement.pointers, turn)
    first = statement.citations[0] if statement.citations else None
    context = first.context if first else ""
    if before is not None and before.citations and before.citations[0].context == context:
        context = ""
    under = f'<span class="under" dir="auto">{text(context)}</span>' if context else ""
    document = documents.get(first.file) if first else None
    if first and document and (row := row_table(document, first, statement)):
        return f'<div class="statement">{row}<p>{label} {marks}</p></div>'
    fixed = first is not None and is_fixed(document, first.span.start)
    style = ""
    if fixed and first and _verbatim(statement):
        style = ' class="fixed"'
        words = _as_it_stands(statement, first)
    return f'<p class="statement">{under}<span dir="auto"{style}>{words}</span>{label} {marks}</p>'


def _as_it_stands(statement: Statement, citation: Citation) -> str:
    """The statement with the line ends and runs of spaces that it has in the file."""
    if _spaced(statement.text) != _spaced(citation.quote):
        return marked(statement.text, statement.highlight, "strong")
    told = (statement.text[start:end].split() for start, end in statement.highlight)
    found = (re.search(r"\s+".join(map(re.escape, words)), citation.quote) for words in told)
    return marked(citation.quote, [it.span() for it in found if it], "strong")


def _spaced(value: str) -> str:
    return " ".join(value.split())


def row_table(document: Document, citation: Citation, statement: Statement) -> str:
    """A statement that is a row of a table, as a table; the cell that answers is marked."""
    block = block_of(document, citation.span.start)
    named = columns_of(document, block) if block is not None and block.kind == "row" else None
    if block is None or named is None or statement.text != with_columns(document, block):
        return ""
    cells = [
        f"<td>{text(cell)}</td>"
        if not any(start < end_of and at < end for start, end in statement.highlight)
        else f"<td><strong>{text(cell)}</strong></td>"
        for (_, cell), (at, end_of) in zip(named, places_of(named), strict=True)
    ]
    heads = "".join(f'<th scope="col">{text(head)}</th>' for head, _ in named)
    return (
        '<div class="table row" tabindex="0" role="region" aria-label="Row of the table"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody><tr>{''.join(cells)}</tr></tbody></table></div>"
    )


def _verbatim(statement: Statement) -> bool:
    said = _spaced(statement.text)
    return any(said in _spaced(citation.quote) for citation in statement.citations)


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


Sides = Mapping[tuple[str, Span], Statement]


def _sides(answer: Answer) -> Sides:
    """The statements that are a side of a disagreement, by place; they are shown there only."""
    places = {
        (side.file, side.span)
        for disagreement in answer.disagreements
        for side in (disagreement.first, disagreement.second)
    }
    return {
        (citation.file, citation.span): statement
        for statement in answer.statements
        for citation in statement.citations[:1]
        if (citation.file, citation.span) in places
        and statement.status != "contradicted"
        and _verbatim(statement)
    }


def _disagreement(disagreement: Disagreement, turn: int, sides: Sides) -> str:
    both = "".join(
        _side(citation, sides.get((citation.file, citation.span)), turn)
        for citation in (disagreement.first, disagreement.second)
    )
    about = f" on {text(disagreement.about)}" if disagreement.about else ""
    return (
        '<section class="disagreement" aria-label="The sources disagree">'
        f'<h3>The sources disagree{about}</h3><div class="sides">{both}</div></section>'
    )


def _side(citation: Citation, statement: Statement | None, turn: int) -> str:
    """What one of the two says, as the statement of it where the answer has one."""
    words, under = text(citation.quote), ""
    pointers: tuple[Citation, ...] = (citation,)
    if statement is not None:
        words = marked(statement.text, statement.highlight, "strong")
        pointers, under = statement.pointers, statement.under or citation.context
    over = f'<p class="under" dir="auto">{text(under)}</p>' if under else ""
    return (
        f'<figure class="side">{over}<blockquote dir="auto">{words}</blockquote>'
        f'<figcaption>{_marks(pointers, turn)}<button class="place" '
        f"{_opens(citation)}>{name(citation.location)}</button></figcaption></figure>"
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
        buttons.append(
            f'<button class="action" {send("retry", turn=number)}>'
            f"{icon('retry')}<span>Ask again</span></button>"
        )
    buttons.append(
        f'<button type="button" class="action" data-show="change-{number}">'
        f"{icon('edit')}<span>Change</span></button>"
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
            f'<form class="comment" data-send-form="comment" '
            f'data-payload="{text(json.dumps({"turn": number}))}">'
            f'<label for="comment-{number}">What was good or wrong? (optional, kept on this '
            f'server only)</label><div><input id="comment-{number}" name="comment" '
            'maxlength="1000" autocomplete="off"><button type="submit" class="quiet">Save'
            "</button></div></form>"
        )
    return f'<div class="actions">{"".join(buttons)}{foot}</div>{comment}'


def _made(answer: Answer) -> str:
    """Which engine answered, how long it took and what it cost."""
    parts = [engine_in_words(answer.engine, answer.model)]
    parts.append(f"{answer.timings.total:.2f} s")
    if answer.usage.input_tokens or answer.usage.output_tokens:
        parts.append(f"{answer.usage.input_tokens + answer.usage.output_tokens:,} tokens")
    if answer.usage.rejected_quotes:
        parts.append(f"{many(answer.usage.rejected_quotes, 'quote')} rejected")
    return " · ".join(parts)


def engine_in_words(engine: str, model: str | None) -> str:
    """Who answered, in words a person knows."""
    return f"with {text(model or 'a language model')}" if engine == "writer" else "offline"


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


def _opens(citation: Citation) -> str:
    span = citation.span
    return send(
        "open", file=citation.file, line=citation.start_line, marks=[[span.start, span.end]]
    )
