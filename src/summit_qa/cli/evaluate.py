"""The commands eval and eval-judge; what they need is imported when they run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from summit_qa.evaluation.gate import Rule
    from summit_qa.evaluation.report import Report
    from summit_qa.settings import Settings
    from summit_qa.types import Progress

BELOW_GATE = 4
RESULTS = Path("eval/results")
CACHE = Path("eval/.cache")


class Format(StrEnum):
    """The layout of the questions."""

    native = "native"
    beir = "beir"
    squad = "squad"
    rgb = "rgb"


def evaluate_command(
    dataset: Annotated[Path, typer.Option(help="Questions: a file, or a BEIR folder")] = Path(
        "eval/questions.yaml"
    ),
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
    corpus: Annotated[
        Path | None, typer.Option("--corpus", help="Folder of text files [default: corpus]")
    ] = None,
    index: Annotated[
        Path | None, typer.Option("--index", help="Where the index is kept [default: index]")
    ] = None,
) -> None:
    """Measure answers, citations and faithfulness, beside baselines; stop a worse release."""
    from summit_qa.cli.terminal import progress_bar
    from summit_qa.evaluation.gate import load_gate
    from summit_qa.evaluation.language_judge import LanguageJudge, with_second_opinion
    from summit_qa.evaluation.report import load_run, write_text
    from summit_qa.settings import Settings

    # What may be wrong with the command is said before the long work begins.
    rules = load_gate(gate) if gate else []
    earlier = load_run(against) if against else None
    settings = Settings.load(corpus=corpus, index=index)
    second = LanguageJudge.named(judge, settings) if judge else None
    errors = Console(stderr=True)
    with progress_bar(errors) as progress:
        match form:
            case Format.native:
                report = _native(settings, dataset, engine, limit, reliance, progress)
            case Format.beir:
                report = _beir(settings, dataset, engine, limit, fresh, progress)
            case _:
                report = _answers(
                    settings, dataset, form, engine, limit, open_domain, noise, fresh, progress
                )
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


def judge_command(
    path: Annotated[
        Path, typer.Argument(help="Rows of evidence, claim, label: JSONL or CSV, may be gzipped")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many rows, evenly spread")
    ] = None,
) -> None:
    """Measure the support model itself on human labels, at the threshold fixed beforehand."""
    from summit_qa.cli.terminal import progress_bar
    from summit_qa.evaluation.judge_labels import load_labelled, measure_judge
    from summit_qa.evaluation.tables import judge_table
    from summit_qa.evaluation.terminal import print_reliability, print_table
    from summit_qa.models.support import SupportModel
    from summit_qa.models.thresholds import Thresholds

    rows = load_labelled(path)
    if limit is not None and len(rows) > limit:
        rows = [rows[at * len(rows) // limit] for at in range(limit)]
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


def _native(
    settings: Settings,
    questions: Path,
    engines: list[str] | None,
    limit: int | None,
    reliance: int,
    progress: Progress,
) -> Report:
    from summit_qa.assistant import Assistant
    from summit_qa.evaluation.lineup import DEFAULT
    from summit_qa.evaluation.runner import Depth, evaluate

    with Assistant.open(settings=settings, progress=progress) as assistant:
        return evaluate(
            assistant,
            questions=questions,
            engines=engines or DEFAULT,
            limit=limit,
            depth=Depth(reliance=reliance),
            progress=progress,
        )


def _answers(
    settings: Settings,
    path: Path,
    form: Format,
    engines: list[str] | None,
    limit: int | None,
    open_domain: bool,
    noise: float,
    fresh: bool,
    progress: Progress,
) -> Report:
    from summit_qa.assistant import Assistant
    from summit_qa.evaluation.datasets import load_rgb, load_squad
    from summit_qa.evaluation.public import (
        ANSWERING,
        evaluate_answers,
        lay_out_open,
        models_only,
    )

    if form is Format.rgb:
        dataset = load_rgb(path, noise=noise)
    else:
        dataset = load_squad(path, open_domain=open_domain)
    folder = CACHE / f"{form.value}-{dataset.sha256[:16]}"
    if form is Format.squad and open_domain:
        lay_out_open(dataset, folder)
        placed = settings.replaced(corpus=folder / "corpus", index=folder / "index")
        opened = Assistant.open(settings=placed, progress=progress)
    else:
        opened = models_only(settings)
    with opened as assistant:
        return evaluate_answers(
            assistant,
            dataset.limited(limit),
            engines=engines or ANSWERING,
            fresh=fresh,
            progress=progress,
        )


def _beir(
    settings: Settings,
    folder: Path,
    engines: list[str] | None,
    limit: int | None,
    fresh: bool,
    progress: Progress,
) -> Report:
    from summit_qa.assistant import Assistant
    from summit_qa.evaluation.datasets import load_beir
    from summit_qa.evaluation.public import RANKING, evaluate_rankings, lay_out

    ranking = load_beir(folder)
    place = CACHE / f"beir-{ranking.sha256[:16]}"
    identities = lay_out(ranking.texts, place)
    placed = settings.replaced(corpus=place / "corpus", index=place / "index")
    with Assistant.open(settings=placed, progress=progress) as assistant:
        return evaluate_rankings(
            assistant,
            ranking,
            identities,
            engines=engines or RANKING,
            limit=limit,
            fresh=fresh,
            progress=progress,
        )


def _print(console: Console, report: Report, earlier: Report | None) -> None:
    from summit_qa.evaluation.tables import judge_table
    from summit_qa.evaluation.terminal import print_changes, print_table

    console.print(report.title(), style="bold", markup=False)
    console.print("Percent (95 % interval); of: questions behind it", style="dim")
    print_table(console, report.table())
    kinds = report.by_kind()
    if len(kinds.rows) > 1:
        console.print("Answered rightly, by kind of question", style="bold")
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
