"""Every question on the page: what was answered, the cited lines, what was missed and why."""

from __future__ import annotations

from summit_qa.evaluation.compare import EngineChange
from summit_qa.evaluation.markup import dot, escaped, items
from summit_qa.evaluation.results import CaseRow, CitationRow, Results, StatementRow
from summit_qa.evaluation.tables import KIND_NAMES

_MOST = 500  # questions of an engine that are shown; the JSON holds all
_CITED_LINES = 4  # shown of a citation that spans more
_GOLD_LINES = 6


def questions(report: Results) -> str:
    """A fold an engine, the first one open; within it a fold a question, the worst first."""
    parts = ["<p class=dim>The worst first. Open a question to see its answer and the lines.</p>"]
    for number, engine in enumerate(report.engines):
        rows = report.rows(engine.name)
        right = sum(bool(row.right) for row in rows)
        judged = any(row.right is not None for row in rows)
        count = f"{right:,} of {len(rows):,} right" if judged else f"{len(rows):,}"
        left = f"<p class=dim>{len(rows) - _MOST:,} more stand in the JSON file.</p>"
        parts.append(
            f"<details class=all{' open' if number == 0 else ''}>"
            f"<summary>{dot(number)}{escaped(engine.name)} "
            f"<span class=dim>{count}</span></summary>"
            f"{''.join(_case(row, report) for row in rows[:_MOST])}"
            f"{left if len(rows) > _MOST else ''}</details>"
        )
    return "".join(parts)


def flips(change: EngineChange) -> str:
    """The questions that became right or wrong, and how many answers were worded anew."""
    parts = []
    for title, pairs in (("Now wrong", change.now_wrong), ("Now right", change.now_right)):
        if pairs:
            lines = "".join(
                f"<li>{escaped(after.question)}<br><small>before: {escaped(_brief(before))}<br>"
                f"now: {escaped(_brief(after))}</small></li>"
                for before, after in pairs
            )
            parts.append(f'<p class="label">{title}: {len(pairs)}</p><ul>{lines}</ul>')
    if change.reworded:
        parts.append(f"<p class=dim>{change.reworded} other answers are worded anew.</p>")
    return "".join(parts)


def _case(row: CaseRow, report: Results) -> str:
    kind = KIND_NAMES.get(row.kind, row.kind)
    missed = row.error or "; ".join(row.missed[:2])
    more = f" (+{len(row.missed) - 2})" if len(row.missed) > 2 and not row.error else ""
    return (
        f"<details><summary><span>{_sign(row)}</span>"
        f'<span><span class="q">{escaped(row.question)}</span>'
        f"<small>{escaped(kind)} · {escaped(row.id)}</small></span>"
        f"<small>{escaped(missed + more)}</small></summary>"
        f'<div class="case">{_asked(row)}{_answer(row, report)}'
        f'<div class="two"><div>{_missed(row)}</div><div>{_wanted(row, report)}</div></div>'
        "</div></details>"
    )


def _sign(row: CaseRow) -> str:
    if row.right is None:
        return "·"
    if row.right:
        return '<b class="good" title="right">✓</b>'
    return '<b class="bad" title="not right">✗</b>'


def _asked(row: CaseRow) -> str:
    if not row.history:
        return ""
    return f'<p class="dim">After: {" · ".join(escaped(text) for text in row.history)}</p>'


def _answer(row: CaseRow, report: Results) -> str:
    if row.error:
        return f'<p class="bad">{escaped(row.error)}</p>'
    parts = []
    if row.abstained:
        parts.append(f'<p class="said"><b>Abstained.</b> {escaped(row.reason or "")}</p>')
    head = [f"{row.verdict.capitalize()}." if row.verdict else "", row.short or ""]
    if any(head) and not row.abstained:
        parts.append(f'<p class="said"><b>{escaped(" ".join(filter(None, head)))}</b></p>')
    parts += [_statement(statement, report) for statement in row.statements]
    parts += [f'<p class="dim">Disagreement: {escaped(text)}</p>' for text in row.disagreements]
    if not parts and row.found:
        parts.append(f'<p class="said">Found: {escaped(", ".join(row.found))}</p>')
    return "".join(parts)


def _statement(statement: StatementRow, report: Results) -> str:
    if statement.contradicted:
        verdict = '<span class="bad">contradicted</span>'
    elif statement.entailed:
        verdict = '<span class="good">entailed</span>'
    else:
        verdict = '<span class="bad">not entailed</span>'
    second = f", {escaped(statement.language_model)} (LM)" if statement.language_model else ""
    return (
        f'<p class="said">{escaped(statement.text)} '
        f"<small>{verdict} {statement.probability:.2f}{second}</small></p>"
        + "".join(_citation(citation, report) for citation in statement.citations)
    )


def _citation(citation: CitationRow, report: Results) -> str:
    state = "" if citation.valid else "broken"
    if citation.gold:
        state += " gold"
    notes = [] if citation.valid else ["the quote does not stand there"]
    notes += ["gold line"] if citation.gold else []
    shown = []
    span = range(citation.first_line, citation.last_line + 1)
    for line in span[:_CITED_LINES]:
        text = report.lines.get(f"{citation.file}:{line}")
        if text is not None and text.strip():
            shown.append(f'<div class="text">{_marked(text, line, citation)}</div>')
    if len(span) > _CITED_LINES:
        shown.append(f"<div class=dim>… {len(span) - _CITED_LINES} more lines</div>")
    if not citation.valid:
        shown.append(f'<div class="bad">quote: {escaped(citation.quote[:300])}</div>')
    note = f" <small>{escaped(', '.join(notes))}</small>" if notes else ""
    return (
        f'<div class="cite {state.strip()}"><code>[{citation.number}] '
        f"{escaped(citation.location)}</code>{note}{''.join(shown)}</div>"
    )


def _marked(text: str, line: int, citation: CitationRow) -> str:
    """The line with the quote marked where it stands in it."""
    if not citation.valid or not citation.last_char:
        return escaped(text)
    begin = citation.first_char if line == citation.first_line else 0
    end = citation.last_char if line == citation.last_line else len(text)
    inside = text[begin:end]
    return f"{escaped(text[:begin])}<mark>{escaped(inside)}</mark>{escaped(text[end:])}"


def _missed(row: CaseRow) -> str:
    if not row.missed:
        return '<p class="label">Nothing was missed</p>'
    return f'<p class="label">Missed</p>{items(list(row.missed))}'


def _wanted(row: CaseRow, report: Results) -> str:
    parts = [f'<p class="label">Wanted</p>{items(list(row.wanted))}'] if row.wanted else []
    if row.why:
        parts.append(f"<p><small>{escaped(row.why)}</small></p>")
    gold = [
        f"<li><code>{escaped(place)}</code> <small>{escaped(_cut(report.lines.get(place, '')))}"
        "</small></li>"
        for place in row.gold[:_GOLD_LINES]
    ]
    if len(row.gold) > _GOLD_LINES:
        gold.append(f"<li>… {len(row.gold) - _GOLD_LINES} more</li>")
    if gold:
        parts.append(f'<p class="label">Lines that answer it</p><ul>{"".join(gold)}</ul>')
    return "".join(parts)


def _brief(row: CaseRow) -> str:
    if row.error:
        return row.error
    if row.abstained:
        return f"abstained: {row.reason or ''}"
    said = " ".join(statement.text for statement in row.statements)
    return _cut(" ".join(filter(None, [row.verdict, row.short, said])), 300)


def _cut(text: str, length: int = 180) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"
