"""The command line: index, ask, search, check, eval, eval-judge, chat.

Exit status: 0 answered, 1 error, 2 usage, 3 abstained, 4 below the gate, 130 stopped.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from summit_qa import __version__
from summit_qa.cli.chat import chat
from summit_qa.cli.evaluate import add_commands
from summit_qa.documents.visible import visible
from summit_qa.errors import SummitQAError

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant

ABSTAINED = 3
STOPPED = 130  # by Ctrl-C

app = typer.Typer(
    help="Ask a folder of text; every sentence of the answer carries a verified file and line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class EngineChoice(StrEnum):
    """Which engine answers."""

    auto = "auto"
    reader = "reader"
    writer = "writer"


CorpusOption = Annotated[
    Path | None, typer.Option("--corpus", help="Folder of text files [default: corpus]")
]
IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Where the index is kept [default: index]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs")]
EngineOption = Annotated[
    EngineChoice | None,
    typer.Option(
        "--engine",
        help="reader: offline; writer: a language model; auto: the writer if one is configured "
        "[default: auto]",
    ),
]


def _print_json(value: Any, indent: int | None = 2) -> None:
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not unicode, indent=indent))


@contextmanager
def _opened(
    corpus: Path | None,
    index: Path | None,
    engine: EngineChoice | None = None,
    passages: int | None = None,
    *,
    searches: bool = True,
) -> Iterator[Assistant]:
    """The assistant over the corpus, synced, with a progress bar on standard error."""
    from summit_qa.assistant import Assistant, preload, unread
    from summit_qa.cli.terminal import progress_bar
    from summit_qa.settings import Settings

    if searches:
        preload()
    errors = Console(stderr=True, soft_wrap=True)
    settings = Settings.load(
        corpus=corpus, index=index, engine=engine and engine.value, passages=passages
    )
    with progress_bar(errors) as progress:
        assistant = Assistant.open(settings=settings, progress=progress)
    with assistant:
        for message in assistant.report.messages:
            errors.print(message, style="yellow", markup=False)
        if searches and assistant.report.published and assistant.skipped:
            said = f"{unread(len(assistant.skipped))}; `summit-qa index` says why."
            errors.print(said, style="yellow", markup=False)
        yield assistant


def _version(value: bool) -> None:
    if value:
        print(f"summit-qa {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks")] = False,
) -> None:
    """Options of every command (--debug is read in main, before the command runs)."""


@app.command()
def index(
    folder: Annotated[Path | None, typer.Argument(help="Folder of text files")] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the index up to date with the folder, and say what was found."""
    from summit_qa.cli.terminal import print_report

    if folder and corpus and folder != corpus:
        raise typer.BadParameter("name the folder once, as FOLDER or with --corpus")
    with _opened(folder or corpus, index, searches=False) as assistant:
        if as_json:
            _print_json(assistant.report.to_dict())
        else:
            print_report(Console(highlight=False), assistant.report)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question")] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    engine: EngineOption = None,
    passages: Annotated[
        int | None, typer.Option(help="Passages an answer is made from [default: 8]")
    ] = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="A conversation; empty line ends it")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a question with citations to file and line."""
    from summit_qa.cli.terminal import print_answer

    if question is None and not interactive:
        raise typer.BadParameter("give a question, or --interactive for a conversation")
    console = Console(highlight=False)
    with _opened(corpus, index, engine, passages) as assistant:
        if interactive:
            _converse(assistant, console, question, as_json)
            return
        answer = assistant.ask(question or "")
        if as_json:
            _print_json(answer.to_dict())
        else:
            print_answer(console, answer)
        if answer.abstained:
            raise typer.Exit(ABSTAINED)


def _converse(assistant: Assistant, console: Console, question: str | None, as_json: bool) -> None:
    """Ask until an empty line or the end of the input."""
    from summit_qa.cli.terminal import print_answer

    with assistant.conversation() as conversation:
        while True:
            if question is None:
                try:
                    question = console.input("[bold cyan]?[/] ") if sys.stdin.isatty() else input()
                except EOFError:
                    return
            if not question.strip():
                return
            try:
                answer = conversation.ask(question)
            except SummitQAError as error:
                Console(stderr=True).print(
                    f"Error: {error}", style="red", markup=False, soft_wrap=True
                )
            else:
                if as_json:
                    _print_json(answer.to_dict(), indent=None)
                else:
                    print_answer(console, answer)
                    console.print()
            question = None


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words to look for")],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Find the passages nearest to a query."""
    from summit_qa.cli.terminal import print_hits

    with _opened(corpus, index) as assistant:
        hits = assistant.search(query, k=k)
        if as_json:
            _print_json([hit.to_dict() for hit in hits])
        else:
            print_hits(Console(highlight=False), hits)
        if not hits:
            raise typer.Exit(ABSTAINED)


@app.command()
def check(
    claim: Annotated[str, typer.Argument(help="A statement to hold against the corpus")],
    file: Annotated[list[str] | None, typer.Option("--file", help="Only this file")] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the corpus supports a claim, with the lines for and against."""
    from summit_qa.cli.terminal import print_check

    with _opened(corpus, index) as assistant:
        result = assistant.check(claim, files=file or None)
        if as_json:
            _print_json(result.to_dict())
        else:
            print_check(Console(highlight=False), result)
        if result.verdict == "not found":
            raise typer.Exit(ABSTAINED)


app.command()(chat)


add_commands(app)


def main() -> None:
    """Run the command line; every error is one line on standard error."""
    debug = "--debug" in sys.argv
    if debug:  # allowed anywhere on the line
        sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may not know every character
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="summit-qa")
    except SystemExit as ended:
        if ended.code == STOPPED:
            print("Stopped.", file=sys.stderr)
        raise
    except SummitQAError as error:
        if debug:
            raise
        print(f"Error: {visible(str(error))}", file=sys.stderr)
        raise SystemExit(1) from None
    except Exception as error:
        if debug:
            raise
        what = f"{type(error).__name__}: {visible(str(error))}".rstrip(": ")
        print(f"Error: {what} (this should not happen; --debug shows where)", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
