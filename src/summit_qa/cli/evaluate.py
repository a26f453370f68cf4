"""The commands eval and eval-judge; what they need is imported when they run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from summit_qa.cli.options import CorpusOption, IndexOption, JsonOption
from summit_qa.cli.stopping import end_in_order

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant
    from summit_qa.evaluation.cases import Dataset
    from summit_qa.evaluation.gate import Rule
    from summit_qa.evaluation.report import Report
    from summit_qa.settings import Settings
    from summit_qa.types import Progress


@dataclass(frozen=True, slots=True)
class _Run:
    """What is measured, whatever the layout of the questions."""

    settings: Settings
    data: Path
    engines: list[str] | None
    limit: int | None
    fresh: bool
    progress: Progress


BELOW_GATE = 4
RESULTS = Path("eval/results")


class Format(StrEnum):
    """The layout of the questions."""

    native = "native"
    beir = "beir"
    squad = "squad"
    rgb = "rgb"


def evaluate_command(
    dataset: Annotated[
        Path | None,
        typer.Option(
            help="Questions: a file, or a BEIR folder [default: the folder's own, or else "
            "eval/questions.yaml]",
            show_default=False,
        ),
    ] = None,
    init: Annotated[
        bool,
        typer.Option("--init", help="Write a first set of questions of the folder, and end"),
    ] = False,
    form: Annotated[
        Format, typer.Option("--format", help="The layout of the questions")
    ] = Format.native,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            help="Engine to ask; may be given several times [default: reader and the baselines]"
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many questions, evenly spread")
    ] = None,
    gate: Annotated[
        Path | None, typer.Option(help="Exit with 4 where a figure is below this file's")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Compare with an earlier run: a JSON file or a folder")
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(help="openai:<model>: a language model judges as well; contacts its host"),
    ] = None,
    results: Annotated[Path, typer.Option(help="Folder for the JSON files and the page")] = RESULTS,
    page: Annotated[
        Path | None, typer.Option("--report", help="Where to write the page [default: results]")
    ] = None,
    reliance: Annotated[
        int, typer.Option(min=0, help="Answers put to the test by altering the corpus (native)")
    ] = 24,
    open_domain: Annotated[
        bool, typer.Option("--open", help="SQuAD: ask of all paragraphs, not of the question's own")
    ] = False,
    noise: Annotated[
        float, typer.Option(min=0, max=1, help="RGB: share of passages without the answer")
    ] = 0.4,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Public formats: do not resume, start anew")
    ] = False,
    corpus: CorpusOption = None,
    index: IndexOption = None,
) -> None:
    """Measure the quality of answers, beside baselines."""
    from summit_qa.cli.terminal import progress_bar
    from summit_qa.evaluation.gate import load_gate
    from summit_qa.evaluation.language_judge import LanguageJudge, with_second_opinion
    from summit_qa.evaluation.report import load_run, write_text
    from summit_qa.settings import Settings

    end_in_order()  # the baselines build indexes in folders of their own
    # What may be wrong with the command is said before the long work begins.
    rules = load_gate(gate) if gate else []
    earlier = load_run(against) if against else None
    settings = Settings.load(corpus=corpus, index=index)
    if init:
        _begin(settings, dataset)
        return
    second = LanguageJudge.named(judge, settings) if judge else None
    errors = Console(stderr=True)
    with progress_bar(errors) as progress:
        questions = dataset or _questions_of(settings)
        run = _Run(settings, questions, engine, limit, fresh, progress)
        match form:
            case Format.native:
                report = _native(run, reliance)
            case Format.beir:
                report = _beir(run)
            case Format.squad:
                report = _squad(run, open_domain)
            case Format.rgb:
                report = _rgb(run, noise)
        if second is not None and form is not Format.beir:
            report = with_second_opinion(report, second, progress)
    paths = report.save(results)
    written = page or results / f"{report.stem}.html"
    write_text(written, report.html(earlier))
    console = Console(highlight=False)
    _print(console, report, earlier)
    for path in [*paths, written]:
        console.print(str(path), style="dim", markup=False, soft_wrap=True)
    if rules:
        _hold_against(console, report, rules)


def _questions_of(settings: Settings) -> Path:
    """The questions that were made for the folder, or else those of this repository."""
    from summit_qa.evaluation.cases import QUESTIONS, own_questions

    own = own_questions(settings.index)
    return own if own.is_file() else QUESTIONS


def _begin(settings: Settings, dataset: Path | None) -> None:
    """Write a first set of questions for a person to correct."""
    from summit_qa.app.first_set import write_first_set
    from summit_qa.cli.terminal import progress_bar
    from summit_qa.evaluation.cases import own_questions

    file = dataset or own_questions(settings.index)
    with progress_bar(Console(stderr=True)) as progress:
        from summit_qa.assistant import Assistant

        with Assistant.open(settings=settings, progress=progress) as assistant:
            count = write_first_set(assistant, file)
    console = Console(highlight=False)
    console.print(f"{count} questions to correct, then run summit-qa eval:", markup=False)
    console.print(str(file), markup=False, soft_wrap=True)


def judge_command(
    path: Annotated[
        Path, typer.Argument(help="Rows of evidence, claim, label: JSONL or CSV, may be gzipped")
    ],
    as_json: JsonOption = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many rows, evenly spread")
    ] = None,
) -> None:
    """Measure the support model on human labels."""
    from summit_qa.cli.terminal import progress_bar
    from summit_qa.evaluation.cases import spread
    from summit_qa.evaluation.judge_labels import load_labelled, measure_judge
    from summit_qa.evaluation.tables import judge_table
    from summit_qa.evaluation.terminal import print_reliability, print_table
    from summit_qa.models.support import SupportModel
    from summit_qa.models.thresholds import Thresholds

    rows = spread(load_labelled(path), limit)
    with progress_bar(Console(stderr=True)) as progress:
        measured = measure_judge(
            path.name, rows, SupportModel.load(), Thresholds.load().supported, progress=progress
        )
    console = Console(highlight=False)
    if as_json:
        typer.echo(measured.model_dump_json(indent=2))
        return
    print_table(console, judge_table(measured))
    print_reliability(console, measured)


def _native(run: _Run, reliance: int) -> Report:
    from summit_qa.assistant import Assistant
    from summit_qa.evaluation.lineup import DEFAULT
    from summit_qa.evaluation.runner import Depth, evaluate

    with Assistant.open(settings=run.settings, progress=run.progress) as assistant:
        return evaluate(
            assistant,
            questions=run.data,
            engines=run.engines or DEFAULT,
            limit=run.limit,
            depth=Depth(reliance=reliance),
            progress=run.progress,
        )


def _squad(run: _Run, open_domain: bool) -> Report:
    from summit_qa.evaluation.checkpoint import CACHE
    from summit_qa.evaluation.datasets import load_squad
    from summit_qa.evaluation.public import lay_out_open

    dataset = load_squad(run.data, open_domain=open_domain)
    if not open_domain:
        return _answers(run, dataset, None)
    place = CACHE / f"squad-{dataset.sha256[:16]}"
    lay_out_open(dataset, place)
    return _answers(run, dataset, place)


def _rgb(run: _Run, noise: float) -> Report:
    from summit_qa.evaluation.datasets import load_rgb

    return _answers(run, load_rgb(run.data, noise=noise), None)


def _answers(run: _Run, dataset: Dataset, place: Path | None) -> Report:
    """Answers from the files in ``place``, or from the texts that each question brings along."""
    from summit_qa.evaluation.checkpoint import Kept
    from summit_qa.evaluation.public import ANSWERING, evaluate_answers, models_only

    opened = models_only(run.settings) if place is None else _opened_at(place, run)
    with opened as assistant:
        return evaluate_answers(
            assistant,
            dataset.limited(run.limit),
            engines=run.engines or ANSWERING,
            kept=Kept(fresh=run.fresh),
            progress=run.progress,
        )


def _beir(run: _Run) -> Report:
    from summit_qa.evaluation.checkpoint import CACHE, Kept
    from summit_qa.evaluation.datasets import load_beir
    from summit_qa.evaluation.public import RANKING, evaluate_rankings, lay_out

    ranking = load_beir(run.data)
    place = CACHE / f"beir-{ranking.sha256[:16]}"
    identities = lay_out(ranking.texts, place)
    with _opened_at(place, run) as assistant:
        return evaluate_rankings(
            assistant,
            ranking.limited(run.limit),
            identities,
            engines=run.engines or RANKING,
            kept=Kept(fresh=run.fresh),
            progress=run.progress,
        )


def _opened_at(place: Path, run: _Run) -> Assistant:
    """An assistant over texts that were laid out as files."""
    from summit_qa.assistant import Assistant

    settings = run.settings.replaced(corpus=place / "corpus", index=place / "index")
    return Assistant.open(settings=settings, progress=run.progress)


def _print(console: Console, report: Report, earlier: Report | None) -> None:
    from summit_qa.evaluation.tables import judge_table
    from summit_qa.evaluation.terminal import print_changes, print_table

    console.print(report.title(), style="bold", markup=False)
    console.print("Percent (95 % interval); of: questions behind it", style="dim")
    print_table(console, report.table())
    kinds = report.by_kind()
    if len(kinds.rows) > 1:
        console.print("Answered correctly, by kind of question", style="bold")
        print_table(console, kinds)
    if report.judge is not None:
        console.print(f"The support model on {report.judge.data}", style="bold", markup=False)
        print_table(console, judge_table(report.judge))
    if earlier is not None:
        print_changes(console, report, earlier)


def _hold_against(console: Console, report: Report, rules: list[Rule]) -> None:
    from summit_qa.evaluation.gate import failures, judge

    outcomes = judge(report, rules)
    for outcome in outcomes:
        if not outcome.passed:
            style, word = ("yellow", "Warning") if outcome.rule.warns else ("red", "Below the gate")
            console.print(f"{word}: {outcome}", style=style, markup=False)
    failed = failures(outcomes)
    if failed:
        raise typer.Exit(BELOW_GATE)
    console.print(f"Gate passed: {sum(it.passed for it in outcomes)} figures", style="green")


def add_commands(app: typer.Typer) -> None:
    """Register eval and eval-judge."""
    app.command("eval")(evaluate_command)
    app.command("eval-judge")(judge_command)
