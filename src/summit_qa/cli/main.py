"""The command line: index, ask, search, check, show, chat, models, eval, eval-judge.

Exit status: 0 answered, 1 error, 2 usage, 3 abstained, 4 below the gate, 130 stopped.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from summit_qa import __version__
from summit_qa.cli.ask import ABSTAINED, ask
from summit_qa.cli.chat import chat
from summit_qa.cli.evaluate import add_commands
from summit_qa.cli.models import models
from summit_qa.cli.opening import opened, print_json
from summit_qa.cli.options import CorpusOption, IndexOption, JsonOption, StrictnessOption
from summit_qa.cli.show import show
from summit_qa.cli.stopping import STOPPED, STOPPED_LINE
from summit_qa.documents.visible import visible
from summit_qa.errors import SummitQAError

app = typer.Typer(
    help="Ask a folder of documents; every sentence of the answer carries a verified file and "
    'line. `summit-qa "question"` is short for `summit-qa ask "question"`.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    folder: Annotated[Path | None, typer.Argument(help="Folder of documents")] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Read and embed on this Ray cluster; local: on one of this machine",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Update the index, and list the files that were not read."""
    from summit_qa.cli.terminal import print_report
    from summit_qa.settings import Settings

    if folder and corpus and folder != corpus:
        raise typer.BadParameter("name the folder once, as FOLDER or with --corpus")
    settings = Settings.load(corpus=folder or corpus, index=index, ray=ray)
    with opened(settings, searches=False) as assistant:
        if as_json:
            print_json(assistant.report.to_dict())
        else:
            print_report(Console(highlight=False), assistant.report)


app.command()(ask)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words to look for")],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many places")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Find the places in the files that are nearest to a query."""
    from summit_qa.cli.terminal import print_hits
    from summit_qa.settings import Settings

    settings = Settings.load(corpus=corpus, index=index)
    with opened(settings, answers=False, once=True) as assistant:
        hits = assistant.search(query, k=k)
        if assistant.generation.missed:
            errors = Console(stderr=True, soft_wrap=True, highlight=False)
            errors.print(assistant.generation.outage, style="yellow", markup=False)
        if as_json:
            print_json([hit.to_dict() for hit in hits])
        else:
            print_hits(Console(highlight=False), hits)
        if not hits:
            raise typer.Exit(ABSTAINED)


@app.command()
def check(
    claim: Annotated[str, typer.Argument(help="The statement to check")],
    file: Annotated[
        list[str] | None, typer.Option("--file", help="Only this file; may be repeated")
    ] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    strictness: StrictnessOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a statement: the lines for it and against it."""
    from summit_qa.cli.terminal import print_check
    from summit_qa.settings import Settings

    settings = Settings.load(corpus=corpus, index=index, strictness=strictness)
    with opened(settings, once=True) as assistant:
        result = assistant.check(claim, files=file or None)
        if as_json:
            print_json(result.to_dict())
        else:
            print_check(Console(highlight=False), result)
        if result.verdict == "not found":
            raise typer.Exit(ABSTAINED)


app.command()(show)
app.command()(chat)
app.command()(models)


add_commands(app)


def with_command(arguments: Sequence[str]) -> list[str]:
    """The command line with `ask` in front where it names no command but asks something.

    One word that is no command stays what it is: more likely a slip than a question.
    """
    commands = {command.name for command in typer.main.get_group(app).commands.values()}
    first = arguments[0] if arguments else "--help"
    if first in commands or first in ("--help", "--version"):
        return list(arguments)
    if first.startswith("-"):  # a command behind it was meant as one, unless an option's value
        pairs = pairwise(arguments)
        asks = not any(it in commands and not before.startswith("-") for before, it in pairs)
    else:
        asks = " " in first.strip() or first.endswith("?")
    return ["ask", *arguments] if asks else list(arguments)


def main() -> None:
    """Run the command line; every error is one line on standard error."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments  # allowed anywhere on the line
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may not know every character
            stream.reconfigure(
                errors="surrogateescape" if stream is sys.stdin else "backslashreplace"
            )
    try:
        app(with_command([it for it in arguments if it != "--debug"]), prog_name="summit-qa")
    except KeyboardInterrupt:
        sys.stderr.write(STOPPED_LINE)
        raise SystemExit(STOPPED) from None
    except SystemExit as ended:
        if ended.code == STOPPED:
            sys.stderr.write(STOPPED_LINE)
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
