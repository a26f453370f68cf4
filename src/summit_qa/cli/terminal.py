"""Answers, hits and reports as text for a terminal; corpus text is shown as data, never obeyed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from summit_qa.documents.visible import visible
from summit_qa.types import Answer, Citation, Hit, Progress, Statement, SyncReport

if TYPE_CHECKING:
    from summit_qa.reader.check import ClaimCheck

_CONTEXT = 70  # characters shown of a line on each side of the quote
_SKIPPED_SHOWN = 20  # files of a report
_VERDICTS = {"yes": "Yes.", "no": "No."}


def quote_in_line(citation: Citation) -> Text:
    """The quote within its line, the rest of the line shortened around it."""
    line, quote, at = citation.line_text, citation.quote, citation.line_offset
    if line[at : at + len(quote)] != quote:
        return Text(visible(quote), style="bold")
    before, after = line[:at], line[at + len(quote) :]
    if len(before) > _CONTEXT:
        before = "…" + before[-_CONTEXT:].split(" ", 1)[-1]
    if len(after) > _CONTEXT:
        after = after[:_CONTEXT].rsplit(" ", 1)[0] + "…"
    return Text.assemble((_even(before), "dim"), (_even(quote), "bold"), (_even(after), "dim"))


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.file, citation.start_char, citation.end_char


def _even(text: str) -> str:
    """The text as it is shown, with each run of white space as one space."""
    return re.sub(r" {2,}", " ", visible(text))


def _marks(statement: Statement) -> str:
    return " " + "".join(f"[{number}]" for number in statement.numbers)


def _statement(statement: Statement) -> Text:
    text = Text(visible(statement.text))
    for start, end in statement.highlight:
        text.stylize("bold", start, end)
    if statement.status == "contradicted":
        text = Text("Contradicted by its own source: ", style="red").append_text(text)
    elif statement.status == "partly":
        text.append(" (partly supported)", style="yellow")
    return text.append(_marks(statement), style="cyan")


def _print(console: Console, text: Text, indent: int = 0) -> None:
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
    else:  # plain and unwrapped, so that a program can read it line by line
        console.print(" " * indent + text.plain, soft_wrap=True, markup=False, highlight=False)


def print_answer(console: Console, answer: Answer) -> None:
    """How sure, verdict, statements, numbered citations with file:line and quote, notes."""
    if answer.rewritten and answer.rewritten != answer.question:
        _print(console, Text(f"Asked as: {visible(answer.rewritten)}", style="dim italic"))
    if answer.abstained:
        _print(console, Text(f"No answer: {visible(answer.reason or '')}", style="yellow"))
        if answer.nearest:
            _print(console, Text("What comes nearest:", style="dim"))
            for hit in answer.nearest:
                _print(console, Text(visible(hit.location), style="cyan"), 2)
                _print(console, Text(_shortened(hit.passage.text), style="dim"), 6)
    if answer.doubt:
        _print(console, Text(answer.doubt, style="yellow"))
    if answer.verdict:
        _print(console, Text(_VERDICTS[answer.verdict], style="bold"))
    if answer.short:
        _print(console, Text(visible(answer.short), style="bold"))
    under = ""
    for statement in answer.statements:
        if statement.under and statement.under != under:
            _print(console, Text(visible(statement.under), style="dim"))
        under = statement.under
        _print(console, _statement(statement))
    if answer.citations:
        console.print()
    for citation in answer.citations:
        place = Text.assemble((f"[{citation.number}] {visible(citation.location)}", "cyan"))
        if citation.stale:
            place.append(" (the file has changed)", style="yellow")
        if citation.context:
            place.append(f"  {visible(citation.context)}", style="dim")
        _print(console, place)
        _print(console, quote_in_line(citation), 4)
    for disagreement in answer.disagreements:
        console.print()
        about = f" ({visible(disagreement.about)})" if disagreement.about else ""
        _print(console, Text(f"The sources disagree{about}:", style="magenta"))
        for citation in (disagreement.first, disagreement.second):
            shown = any(_place(citation) == _place(it) for it in answer.citations)
            number = f"[{citation.number}] " if shown else ""
            _print(console, Text(f"{number}{visible(citation.location)}", style="cyan"), 2)
            if not shown:  # it stands above with its number
                _print(console, quote_in_line(citation), 6)
    if answer.unverified:
        console.print()
        _print(console, Text("Left out, since the files do not show it:", "dim"))
        for statement in answer.unverified:
            _print(console, Text(visible(statement.text), style="dim strike"), 2)
    for note in answer.notes:
        _print(console, Text(f"Note: {visible(note)}", style="dim"))


def print_hits(console: Console, hits: Sequence[Hit]) -> None:
    """Passages with their place and score, best first."""
    for rank, hit in enumerate(hits, 1):
        _print(
            console,
            Text.assemble(
                (f"{rank:>2}. ", "dim"),
                (visible(hit.location), "cyan"),
                (f"  {hit.score:.4f}", "dim"),
            ),
        )
        _print(console, Text(_shortened(hit.passage.text, 240)), 4)


def print_report(console: Console, report: SyncReport) -> None:
    """What a sync found and did."""
    counts = ", ".join(
        f"{len(paths):,} {name}"
        for name, paths in (
            ("added", report.added),
            ("changed", report.changed),
            ("removed", report.removed),
            ("unchanged", report.unchanged),
        )
        if paths
    )
    _print(console, Text(f"{counts or 'no files'}; {_passages(report.passages)}"))
    for skipped in report.skipped[:_SKIPPED_SHOWN]:
        _print(console, Text(f"not read: {visible(skipped.path)} ({skipped.reason})", "yellow"), 2)
    if (more := len(report.skipped) - _SKIPPED_SHOWN) > 0:
        _print(console, Text(f"not read: {more:,} more (--json lists them all)", "yellow"), 2)
    for message in report.messages:
        _print(console, Text(visible(message), style="yellow"))


def _passages(count: int) -> str:
    return "1 passage" if count == 1 else f"{count:,} passages"


def print_check(console: Console, check: ClaimCheck) -> None:
    """Verdict on a claim, with the lines for and against."""
    style = {"supported": "green", "contradicted": "red"}.get(check.verdict, "yellow")
    _print(
        console,
        Text.assemble(
            (check.verdict.capitalize(), f"bold {style}"), (f" ({check.probability:.0%})", "dim")
        ),
    )
    for heading, citations in (("For:", check.supporting), ("Against:", check.contradicting)):
        if citations:
            _print(console, Text(heading, style="dim"))
        for citation in citations:
            support = "" if citation.support is None else f"  {citation.support:.0%}"
            place = Text.assemble((visible(citation.location), "cyan"), (support, "dim"))
            _print(console, place, 2)
            _print(console, quote_in_line(citation), 6)


def _shortened(text: str, length: int = 160) -> str:
    text = visible(text)
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + "…"


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress]:
    """A progress bar on standard error that appears when work has taken a second."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    began = time.monotonic()
    bar = RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    tasks: dict[str, int] = {}
    shown = False

    def report(done: int, total: int, what: str) -> None:
        nonlocal shown
        if not shown and console.is_terminal and time.monotonic() - began > 1.0:
            bar.start()
            shown = True
        if what not in tasks:
            tasks[what] = bar.add_task(visible(what), total=total)
        bar.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

    try:
        yield report
    finally:
        if shown:
            bar.stop()
