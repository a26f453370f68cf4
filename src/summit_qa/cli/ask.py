"""The command `summit-qa ask`: one question, or a conversation."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from summit_qa.cli.opening import opened, print_json
from summit_qa.cli.options import (
    CorpusOption,
    EngineOption,
    IndexOption,
    JsonOption,
    StrictnessOption,
)
from summit_qa.errors import SummitQAError

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant

ABSTAINED = 3
_MOST_READ = 1_000_000  # characters of a question from a pipe; far beyond what is answered
_GREETING = "Ask a question. Type help to see what else you can do, or quit to leave."
_HELP = """\
Ask in words. A follow-up may refer to earlier questions ("And in Japan?").
  help          show this
  quit, exit    leave; so do an empty line and Ctrl-D
  Ctrl-C        stop at once"""


def ask(
    question: Annotated[
        str | None, typer.Argument(help="The question; without one it is read from a pipe")
    ] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    engine: EngineOption = None,
    strictness: StrictnessOption = None,
    passages: Annotated[
        int | None, typer.Option(help="How many places in the files to answer from [default: 8]")
    ] = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="A conversation; quit ends it")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a question with citations to file and line."""
    from summit_qa.cli.terminal import print_answer
    from summit_qa.settings import Settings

    if question is None and not interactive:
        question = _piped()
        if not question:
            raise typer.BadParameter("give a question, or --interactive for a conversation")
    settings = Settings.load(
        corpus=corpus, index=index, engine=engine, strictness=strictness, passages=passages
    )
    console = Console(highlight=False)
    with opened(settings, once=not interactive) as assistant:
        if interactive:
            _converse(assistant, console, question, as_json)
            return
        answer = assistant.ask(question or "")
        if as_json:
            print_json(answer.to_dict())
        else:
            print_answer(console, answer)
        if answer.abstained:
            raise typer.Exit(ABSTAINED)


def _piped() -> str:
    """The question on standard input; none where that is a terminal or closed."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return " ".join(sys.stdin.read(_MOST_READ).split())


def _converse(assistant: Assistant, console: Console, question: str | None, as_json: bool) -> None:
    """Ask until "quit", an empty line or the end of the input."""
    from summit_qa.cli.terminal import print_answer

    typing = sys.stdin is not None and sys.stdin.isatty()
    if typing:
        with suppress(ImportError):  # arrow keys and a history of questions, where there is one
            import readline  # noqa: F401
        console.print(_GREETING, style="dim")
    errors = Console(stderr=True, soft_wrap=True)
    with assistant.conversation() as conversation:
        while True:
            if question is None:
                question = _next("? " if typing else "")
            match question.strip().lower():
                case "" | "quit" | "exit":
                    return
                case "help":
                    console.print(_HELP, style="dim")
                    question = None
                    continue
            try:
                answer = conversation.ask(question)
            except SummitQAError as error:
                errors.print(f"Error: {error}", style="red", markup=False)
            else:
                if as_json:
                    print_json(answer.to_dict(), indent=None)
                else:
                    print_answer(console, answer)
                    console.print()
            question = None


def _next(prompt: str) -> str:
    """The next line; empty at the end of the input."""
    if sys.stdin is None:
        return ""
    try:
        return input(prompt)
    except EOFError:
        return ""
