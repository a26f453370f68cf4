"""Asks every engine every question, scores the answers and puts the report together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from summit_qa.assistant import Assistant
from summit_qa.documents.lines import line_count, line_text
from summit_qa.evaluation import lineup, provenance
from summit_qa.evaluation.cases import QUESTIONS, Case, Dataset, load_native
from summit_qa.evaluation.checkpoint import Checkpoint
from summit_qa.evaluation.engines import Engine, Reply
from summit_qa.evaluation.faithfulness import Thresholded
from summit_qa.evaluation.figures import OVERALL, aggregate, figure_of
from summit_qa.evaluation.judge_labels import measure_pairs
from summit_qa.evaluation.metrics import percentile
from summit_qa.evaluation.reliance import measure_reliance
from summit_qa.evaluation.report import Report
from summit_qa.evaluation.results import CaseRow, Cost, EngineReport, RelianceRow
from summit_qa.evaluation.scoring import Scoring, failed_row
from summit_qa.models.thresholds import Thresholds
from summit_qa.types import Answer, Document, Progress, Usage


@dataclass(frozen=True, slots=True)
class Depth:
    """How far the costly checks go: how many answers are put to the test, how many asked twice."""

    reliance: int = 24
    again: int = 40


def evaluate(
    assistant: Assistant,
    *,
    questions: Path = QUESTIONS,
    engines: Sequence[str] = lineup.DEFAULT,
    limit: int | None = None,
    depth: Depth | None = None,
    progress: Progress | None = None,
) -> Report:
    """Answer the native questions with each engine; see the package's docstring.

    Minimal pairs in ``polarity.jsonl`` beside the questions, if there are any, measure the
    support model. Raises EvaluationError where the questions are amiss, ConfigurationError for
    an engine that cannot take part.
    """
    origin = provenance.Origin.here()
    made = lineup.Lineup(assistant, engines)
    documents = assistant.documents
    dataset = load_native(questions, documents).limited(limit)
    thresholds = Thresholds.load()
    meter = Thresholded.of(assistant.models.judge, thresholds.supported, thresholds.contradicted)
    scoring = Scoring(meter, files_on_disk(assistant))
    depth = depth or Depth()
    with ExitStack() as stack:
        parts = []
        for name in made.names:
            engine = stack.enter_context(closing(made.served(name)))
            rows, answers = ask_all(engine, dataset.cases, scoring, progress=progress)
            part = engine_report(engine, made.about(name), rows)
            if depth.again and name == "reader":
                part = _asked_again(part, engine, dataset.cases, answers, depth.again, progress)
            if depth.reliance:
                part = _relying(part, made, dataset.cases, answers, depth, progress)
            parts.append(part)
    report = assemble(assistant, dataset, parts, thresholds, documents, origin)
    pairs = questions.parent / "polarity.jsonl"
    if limit is None and pairs.is_file():
        measured = measure_pairs(
            pairs, documents, assistant.models.judge, thresholds.supported, progress=progress
        )
        report = report.model_copy(update={"judge": measured})
    return report


def ask_all(
    engine: Engine,
    cases: Sequence[Case],
    scoring: Scoring,
    *,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> tuple[list[CaseRow], dict[str, Answer]]:
    """A row for every case, and the answers of those that did not fail.

    Those that the checkpoint knows of an earlier run are not asked again.
    """
    known = checkpoint.known() if checkpoint else {}
    rows: list[CaseRow] = []
    answers: dict[str, Answer] = {}
    for done, case in enumerate(cases, 1):
        row = known.get(case.id)
        if row is None:
            row = _row(engine, case, scoring, answers)
            if checkpoint:
                checkpoint.keep(row)
        rows.append(row)
        if progress:
            progress(done, len(cases), f"questions to {engine.name}")
    return rows, answers


def _row(engine: Engine, case: Case, scoring: Scoring, answers: dict[str, Answer]) -> CaseRow:
    try:
        reply = engine.reply(case)
        row = scoring.row(case, reply)
    except Exception as error:  # whatever it is, it is a finding about this case
        return failed_row(case, error)
    answers[case.id] = reply.answer
    return row


def engine_report(engine: Engine, about: str, rows: Sequence[CaseRow]) -> EngineReport:
    """The figures and the cost of an engine's rows."""
    seconds = [row.seconds for row in rows if row.error is None]
    return EngineReport(
        name=engine.name,
        about=about,
        cases=tuple(rows),
        figures=aggregate(rows),
        cost=Cost(
            seconds_p50=percentile(seconds, 0.5),
            seconds_p95=percentile(seconds, 0.95),
            input_tokens=sum(row.input_tokens for row in rows),
            output_tokens=sum(row.output_tokens for row in rows),
            index_bytes=engine.index_bytes,
        ),
    )


def assemble(
    assistant: Assistant,
    dataset: Dataset,
    engines: Sequence[EngineReport],
    thresholds: Thresholds,
    documents: Mapping[str, Document],
    origin: provenance.Origin,
) -> Report:
    """The report of a run, with the text of every line that it names."""
    return Report(
        created=origin.created,
        commit=origin.commit,
        dataset=dataset.name,
        format=dataset.format,
        dataset_sha256=dataset.sha256,
        generation=assistant.generation.id,
        models={
            "embedder": assistant.encoder.fingerprint,
            "judge": f"{type(assistant.models.judge).__name__}, entailed from "
            f"{thresholds.supported:g}, contradicted from {thresholds.contradicted:g}",
            "code and models": origin.fingerprint,
        },
        engines=tuple(engines),
        lines=_lines(engines, documents),
    )


def files_on_disk(assistant: Assistant) -> dict[str, bytes]:
    """The bytes of the corpus as they are now; a file that is gone is left out.

    Of other formats than text, lines and characters are those of the text as it was read.
    """
    found = {}
    for path, document in assistant.documents.items():
        try:
            data = (assistant.settings.corpus / path).read_bytes()
        except OSError:
            continue
        found[path] = data if document.reader == "text" else document.text.encode()
    return found


def same_answer(one: Answer, two: Answer) -> bool:
    """Whether two answers are alike in all but the time that they took."""

    def bare(answer: Answer) -> Answer:
        return replace(answer, timings=type(answer.timings)(), usage=Usage(), generation=None)

    return bare(one) == bare(two)


def _asked_again(
    part: EngineReport,
    engine: Engine,
    cases: Sequence[Case],
    answers: Mapping[str, Answer],
    most: int,
    progress: Progress | None,
) -> EngineReport:
    """Ask some cases once more, in the opposite order, and compare."""
    answered = [case for case in cases if case.id in answers]
    step = max(1, len(answered) // most)
    chosen = answered[::-1][::step][:most]
    differing = []
    for done, case in enumerate(chosen, 1):
        reply: Reply | None
        try:
            reply = engine.reply(case)
        except Exception:
            reply = None
        if reply is None or not same_answer(reply.answer, answers[case.id]):
            differing.append(case.id)
        if progress:
            progress(done, len(chosen), "questions asked again")
    figure = figure_of([(float(case.id not in differing), 1) for case in chosen])
    return _with(part, {"deterministic": figure}).model_copy(update={"differing": tuple(differing)})


def _relying(
    part: EngineReport,
    made: lineup.Lineup,
    cases: Sequence[Case],
    answers: Mapping[str, Answer],
    depth: Depth,
    progress: Progress | None,
) -> EngineReport:
    found = measure_reliance(
        cases,
        answers,
        made.documents,
        lambda altered: made.over(part.name, altered),
        most=depth.reliance,
        progress=progress,
    )
    figures = {
        f"relies_{kind}": figure_of([(float(it.relies), 1) for it in found if it.kind == kind])
        for kind in ("removed", "changed")
    }
    rows = tuple(
        RelianceRow(
            case=it.case,
            kind=it.kind,
            what=it.what,
            before=it.before,
            after=it.after,
            relies=it.relies,
        )
        for it in found
    )
    return _with(part, figures).model_copy(update={"reliance": rows})


def _with(part: EngineReport, figures: Mapping[str, object]) -> EngineReport:
    overall = {**part.figures[OVERALL], **figures}
    return part.model_copy(update={"figures": {**part.figures, OVERALL: overall}})


def _lines(engines: Sequence[EngineReport], documents: Mapping[str, Document]) -> dict[str, str]:
    """The text of every gold and cited line, by file:line."""
    named: set[tuple[str, int]] = set()
    for engine in engines:
        for row in engine.cases:
            for place in row.gold:
                file, _, line = place.rpartition(":")
                named.add((file, int(line)))
            for statement in row.statements:
                for citation in statement.citations:
                    lines = range(citation.first_line, citation.last_line + 1)
                    named.update((citation.file, line) for line in lines)
    return {
        f"{file}:{line}": line_text(documents[file], line)
        for file, line in sorted(named)
        if file in documents and 1 <= line <= line_count(documents[file])
    }
