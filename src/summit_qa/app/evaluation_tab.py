"""The latest evaluation on the page: its table and plots, and a run of it with a progress bar."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from summit_qa.app.jobs import Finished, Job
from summit_qa.app.markup import message, progress_bar, table, text
from summit_qa.app.options import AppOptions
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import own_questions
from summit_qa.types import Progress

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant
    from summit_qa.evaluation.report import Report
    from summit_qa.evaluation.results import CaseRow

_FIRST = 5  # figures that are shown before all are asked for
_WORST = 12  # questions that are shown, the worst first
Updates = dict[Any, Any]


class Evaluation:
    """Finds the newest report, and makes another; one run at a time for all visitors.

    Reports that were saved with the questions (``eval/results``) are shown, and those that were
    run here, which are kept beside the index.
    """

    def __init__(self, assistant: Assistant, options: AppOptions) -> None:
        self._assistant = assistant
        own = own_questions(assistant.settings.index)
        given = options.evaluation / "questions.yaml"
        # Questions on other files, and their results, say nothing of this folder.
        belongs = not given.is_file() or _is_about(given, assistant)
        self._questions = own if own.is_file() or not belongs else given
        folders = (options.evaluation / "results", own.parent)
        self._folders: tuple[Path, ...] = folders if belongs else folders[1:]
        self._lock = threading.Lock()
        self._shown: tuple[tuple[int, ...], str, str] = ((), "", "")
        self.job = Job(self._run)

    @property
    def is_of_this_folder(self) -> bool:
        """Whether there are questions or results of the folder that is served."""
        return self.can_run or any(any(folder.glob("*.json")) for folder in self._folders)

    @property
    def can_run(self) -> bool:
        """Whether there are questions to ask."""
        return self._questions.is_file()

    def html(self) -> str:
        """The newest report as it is shown."""
        return self._newest()[1]

    def page(self) -> str:
        """The newest report as a page of its own; empty where there is none."""
        return self._newest()[2]

    def _newest(self) -> tuple[tuple[int, ...], str, str]:
        """What is shown, made anew where a report has come since."""
        from summit_qa.evaluation.report import load_latest

        with self._lock:
            files = [file for folder in self._folders for file in sorted(folder.glob("*.json"))]
            state = tuple(file.stat().st_mtime_ns for file in files)
            if not self._shown[1] or state != self._shown[0]:
                found = [load_latest(folder) for folder in self._folders]
                newest = max(
                    (report for report in found if report is not None),
                    key=lambda report: report.created,
                    default=None,
                )
                if newest is None:
                    self._shown = (state, message("No evaluation has been run yet."), "")
                else:
                    self._shown = (state, report_html(newest), newest.html())
            return self._shown

    def _run(self, progress: Progress) -> str:
        from summit_qa.evaluation.runner import evaluate

        if not self.can_run:
            raise EvaluationError("There are no questions here: summit-qa eval --init makes some.")
        report = evaluate(self._assistant, questions=self._questions, progress=progress)
        report.save(self._folders[1])
        return report.title()


def _is_about(questions: Path, assistant: Assistant) -> bool:
    """Whether the questions can be asked of these files."""
    from summit_qa.evaluation.cases import load_native

    try:
        load_native(questions, assistant.documents)
    except EvaluationError:
        return False
    return True


def report_html(report: Report) -> str:
    """Title, bars by kind of question, the first figures, the reliability plot, the worst."""
    from summit_qa.evaluation.charts import kind_bars, reliability_plot

    figures = report.table()
    heads = [figures.headers[0], *(f"#{head}" for head in figures.headers[1:])]
    rows = [[text(cell) for cell in row] for row in figures.rows]
    parts = [
        f"<h2>Evaluation</h2><p class='summary'>{text(report.title())}</p>",
        f"<h3>Answered correctly, by kind of question</h3>{kind_bars(report)}",
        "<h3>Figures</h3><p class='note'>Percent, with the interval that holds it in 95 % of "
        "resamples.</p>",
        table("Figures of each engine", heads, rows[:_FIRST]),
    ]
    if len(rows) > _FIRST:
        parts.append(
            f"<details class='skipped'><summary>All {len(rows)} figures</summary>"
            f"{table('All figures of each engine', heads, rows)}</details>"
        )
    if report.judge is not None and report.judge.bins:
        parts.append(
            "<h3>How well the probability of support is meant</h3>"
            f'<div class="plot">{reliability_plot(report.judge.bins)}</div>'
        )
    first = report.engines[0].name if report.engines else ""
    worst = [row for row in report.rows() if row.badness > 0][:_WORST] if first else []
    if worst:
        parts.append(
            f"<h3>Where {text(first)} did worst</h3>"
            f'<ul class="nearest">{"".join(_case(row) for row in worst)}</ul>'
        )
    parts += [f'<p class="note">{text(note)}</p>' for note in report.notes]
    return f'<article class="report">{"".join(parts)}</article>'


def _case(row: CaseRow) -> str:
    if row.error is not None:
        said = f"Failed: {row.error}"
    elif row.abstained:
        said = f"No answer. {row.reason or ''}"
    else:
        verdict = f"{row.verdict.capitalize()}. " if row.verdict else ""
        said = verdict + " ".join(statement.text for statement in row.statements)
    missed = f"<small>{text('; '.join(row.missed))}</small>" if row.missed else ""
    return (
        f'<li><strong dir="auto">{text(row.question)}</strong>'
        f'<span dir="auto">{text(said)}</span>{missed}</li>'
    )


def add_evaluation_tab(
    assistant: Assistant,
    options: AppOptions,
    tab: gr.Tab,
    public: Callable[[Exception], str],
) -> None:
    """Lay out the tab and wire it."""
    evaluation = Evaluation(assistant, options)
    tab.visible = evaluation.is_of_this_folder
    with gr.Column(elem_id="evaluation-column", min_width=280):
        with gr.Row(elem_id="evaluation-tools"):
            again = gr.Button("Run it now", elem_id="evaluate", visible=evaluation.can_run)
            whole = gr.Button("Download the whole report", elem_id="whole-report")
        running = gr.HTML("", elem_id="evaluation-progress", apply_default_css=False)
        shown = gr.HTML("", elem_id="report", apply_default_css=False)
        kept = gr.Textbox(visible=False)

    def show() -> str:
        return evaluation.html()

    def keep() -> Updates:
        page = evaluation.page()
        return {kept: page, running: "" if page else message("There is no report yet.")}

    def run() -> Iterator[Updates]:
        yield {running: message("Getting ready…")}
        steps = 0
        for event in evaluation.job.run():
            steps += 1
            if not isinstance(event, Finished):
                shown_now = progress_bar(event.done, event.total, event.what)
                yield {running: shown_now, again: gr.update(interactive=False)}
            elif event.error is not None:
                told = message(public(event.error), "error")
                yield {running: told, again: gr.update(interactive=True)}
            else:
                done = message(f"Finished: {event.result}.")
                yield {running: done, shown: show(), again: gr.update(interactive=True)}
        if not steps:
            yield {running: message("Somebody else is running it just now.")}

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    tab.select(show, None, shown, **quiet)
    again.click(run, None, [running, shown, again], concurrency_limit=None, **quiet)
    whole.click(keep, None, [kept, running], **quiet).then(
        None,
        kept,
        None,
        js="(content) => window.summit.download(content, 'html')",
        api_visibility="private",
    )
