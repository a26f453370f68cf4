"""Evaluation on the page: the folder's questions, a run of them, and what came of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from summit_qa.app import walk
from summit_qa.app.engine_settings import is_own
from summit_qa.app.frame import BRIDGE
from summit_qa.app.jobs import Finished, Job
from summit_qa.app.markup import many, message, progress_bar, table, text
from summit_qa.app.options import AppOptions
from summit_qa.app.payload import number_of, text_of
from summit_qa.app.question_set import QuestionSet, state_of
from summit_qa.app.site import OWN, QUIET, Site, Updates
from summit_qa.app.source import source
from summit_qa.errors import EvaluationError, SummitQAError
from summit_qa.evaluation.cases import own_questions
from summit_qa.types import Progress

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant
    from summit_qa.evaluation.report import Report
    from summit_qa.evaluation.results import CaseRow

_FIRST = 5  # figures that are shown before all are asked for
_ENGINES = {
    "reader": "offline",
    "writer": "with a language model",
    "stock-llamaindex": "LlamaIndex as it comes",
    "bm25-top-sentence": "best sentence by words",
    "first-lines": "first lines",
}
_WORST = 12  # questions that are shown, the worst first


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
        self._own, self._given = own, given if belongs else own
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
    def _questions(self) -> Path:
        """The folder's own, as soon as there are some."""
        return self._own if self._own.is_file() else self._given

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
        return in_words(report).title().rsplit(" · ", 1)[0]


def _is_about(questions: Path, assistant: Assistant) -> bool:
    """Whether the questions can be asked of these files."""
    from summit_qa.evaluation.cases import load_native

    try:
        load_native(questions, assistant.documents)
    except EvaluationError:
        return False
    return True


def in_words(report: Report) -> Report:
    """The report with engines called as a person calls them."""
    engines = [
        it.model_copy(update={"name": _ENGINES.get(it.name, it.name)}) for it in report.engines
    ]
    return report.model_copy(update={"engines": tuple(engines)})


def report_html(report: Report) -> str:
    """Title, bars by kind of question, the first figures, the reliability plot, the worst."""
    from summit_qa.evaluation.charts import kind_bars, reliability_plot

    report = in_words(report)
    count = max((len(engine.cases) for engine in report.engines), default=0)
    figures = report.table()
    heads = [figures.headers[0], *(f"#{head}" for head in figures.headers[1:])]
    rows = [[text(cell) for cell in row] for row in figures.rows]
    parts = [
        f"<h2>Evaluation</h2><p class='summary'>{many(count, 'question')}, "
        f"{text(report.created[:10])}</p>",
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
            f"<h3>Where answers {text(first)} were worst</h3>"
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


class EvaluationTab:
    """The tab over one assistant. Made inside the Blocks; ``wire`` adds its events.

    Who may change the set is the person at this machine, or users with a password.
    """

    def __init__(self, site: Site, tab: gr.Tab) -> None:
        self.site, self.tab = site, tab
        self.evaluation = Evaluation(site.assistant, site.options)
        self.set = QuestionSet(site.assistant, own_questions(site.assistant.settings.index))
        self.may_change = is_own(site.options) or bool(site.options.users)
        can_run = self.evaluation.can_run
        with gr.Column(elem_id="evaluation-column", min_width=280):
            self.walk = gr.HTML("", elem_id="walk", js_on_load=BRIDGE, apply_default_css=False)
            self.source = gr.HTML(
                "", elem_id="walk-source", js_on_load=BRIDGE, apply_default_css=False
            )
            with gr.Row(elem_id="evaluation-tools"):
                self.again = gr.Button("Run it now", elem_id="evaluate", visible=can_run)
                self.whole = gr.Button("Download the whole report", elem_id="whole-report")
            self.running = gr.HTML("", elem_id="evaluation-progress", apply_default_css=False)
            self.shown = gr.HTML("", elem_id="report", apply_default_css=False)
            self.kept = gr.Textbox(visible=False)

    def wire(self, blocks: gr.Blocks) -> None:
        """Say what happens when something is used."""
        drawn = [self.walk, self.source, self.shown, self.again, self.whole, self.running]
        self.tab.select(self._show, None, drawn, **QUIET)
        flag = gr.HTML(self._appear(), elem_id="evaluation-flag", apply_default_css=False)
        blocks.load(self._appear, None, flag, **QUIET)
        self.again.click(self._run, None, drawn, **OWN)
        self.whole.click(self._download, None, [self.kept, self.running], **QUIET).then(
            None,
            self.kept,
            None,
            js="(content) => window.summit.download(content, 'html')",
            api_visibility="private",
        )
        self.walk.turn(self._turn, None, [self.walk, self.source], **OWN)
        self.walk.open(self._open, None, self.source, **OWN)
        if self.may_change:
            self.walk.keep(self._keep, None, [self.walk, self.source], **OWN)
            self.walk.drop(self._drop, None, [self.walk, self.source], **OWN)
            self.walk.undo(self._undo, None, [self.walk, self.source], **OWN)
            self.walk.make(self._make, None, drawn, **OWN)

    def _appear(self) -> str:
        """What evaluation.css looks for: without it the tab is not offered.

        Gradio counts its tabs wrongly where one is shown later.
        """
        shown = self.evaluation.is_of_this_folder or self.set.file.is_file()
        return "<span data-evaluation></span>" if shown else ""

    def _show(self) -> Updates:
        """The tab as it is now: how far the questions are, and the newest report."""
        report = bool(self.evaluation.page())
        can_run = self.evaluation.can_run
        return {
            self.walk: self._overview(),
            self.source: "",
            self.shown: self.evaluation.html(),
            self.again: gr.update(visible=can_run),
            self.whole: gr.update(visible=report),
        }

    def _overview(self) -> str:
        if not self.set.file.is_file():
            return walk.invitation(self.may_change and not self.evaluation.can_run)
        try:
            questions = self.set.all()
        except EvaluationError as error:
            return message(self.site.public(error), "error")
        return walk.summary(questions) if questions and self.may_change else ""

    def _at(self, at: int, told: str = "", undo: str = "") -> Updates:
        try:
            questions = self.set.all()
        except EvaluationError as error:
            return {self.walk: message(self.site.public(error), "error"), self.source: ""}
        if not questions or not 0 <= at < len(questions):
            return {self.walk: undo + self._overview(), self.source: ""}
        documents = self.site.assistant.documents
        return {self.walk: walk.step(questions, at, documents, told, undo), self.source: ""}

    def _turn(self, event: gr.EventData) -> Updates:
        return self._at(number_of(event, "at"))

    def _keep(self, event: gr.EventData) -> Updates:
        fields = event._data if isinstance(event._data, dict) else {}
        at = number_of(event, "at")
        try:
            changes = walk.corrected(fields, self.site.assistant.documents)
            self.set.keep(text_of(event, "id"), text_of(event, "state"), changes)
        except SummitQAError as error:
            return {self.walk: self._with_trouble(event, self.site.public(error))}
        return self._at(at + 1)

    def _with_trouble(self, event: gr.EventData, told: str) -> str:
        """The question as it was typed, with what is wrong about it."""
        questions, at = self.set.all(), number_of(event, "at")
        fields = event._data if isinstance(event._data, dict) else {}
        if 0 <= at < len(questions) and state_of(questions[at]) == text_of(event, "state"):
            return walk.step(
                questions, at, self.site.assistant.documents, told, typed=walk.typed(fields)
            )
        return walk.step(questions, at, self.site.assistant.documents, told)

    def _drop(self, event: gr.EventData) -> Updates:
        at, named = number_of(event, "at"), text_of(event, "id")
        try:
            dropped = next((it for it in self.set.all() if it["id"] == named), None)
            self.set.drop(named, text_of(event, "state"))
        except SummitQAError as error:
            return self._at(at, self.site.public(error))
        return self._at(at, undo=walk.undone(dropped, at) if dropped else "")

    def _undo(self, event: gr.EventData) -> Updates:
        at = number_of(event, "at")
        try:
            self.set.restore(json.loads(text_of(event, "question")), max(0, at))
        except (SummitQAError, ValueError, TypeError, KeyError):
            return self._at(at, "It could not be brought back.")
        return self._at(at)

    def _make(self) -> Iterator[Updates]:
        yield {self.running: message("Making questions and trying each of them…")}
        try:
            self.set.make()
        except SummitQAError as error:
            yield {self.running: message(self.site.public(error), "error")}
            return
        yield {**self._show(), **self._at(0), self.running: ""}

    def _open(self, event: gr.EventData) -> str:
        document = self.site.assistant.documents.get(text_of(event, "file"))
        return source(document, number_of(event, "line") or None)

    def _download(self) -> Updates:
        page = self.evaluation.page()
        return {self.kept: page, self.running: "" if page else message("There is no report yet.")}

    def _run(self) -> Iterator[Updates]:
        yield {self.running: message("Getting ready…")}
        steps = 0
        for event in self.evaluation.job.run():
            steps += 1
            if not isinstance(event, Finished):
                bar = progress_bar(event.done, event.total, event.what)
                yield {self.running: bar, self.again: gr.update(interactive=False)}
                continue
            if event.error is not None:
                told = message(self.site.public(event.error), "error")
            else:
                told = message(f"Finished: {event.result}.")
            yield {**self._show(), self.running: told, self.again: gr.update(interactive=True)}
        if not steps:
            yield {self.running: message("Somebody else is running it just now.")}
