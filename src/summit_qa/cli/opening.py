"""What every command does first: open the assistant, and say what there is to say about it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant
    from summit_qa.settings import Settings


_UNASKED: Any = object()
"""In place of models that a command never asks: to load them takes longer than all it does."""


@contextmanager
def opened(
    settings: Settings, *, searches: bool = True, answers: bool = True, once: bool = False
) -> Iterator[Assistant]:
    """The assistant, its index up to date, with a progress bar on standard error.

    ``searches`` says that something will be looked for: what that needs is imported meanwhile.
    Without ``answers`` it will only be looked for, and without ``searches`` not even that: then
    the models that would judge and read are not there. For what is asked ``once``, the look whether
    the index is up to date counts in how long it waits for a vector server.
    """
    from summit_qa.assistant import Assistant, OwnModels, preloading, unread
    from summit_qa.cli.terminal import progress_bar
    from summit_qa.deadline import Waited, waiting

    own = None
    if not searches:
        own = OwnModels(ranker=_UNASKED, judge=_UNASKED)
    elif not answers:
        own, settings = OwnModels(judge=_UNASKED), settings.replaced(reader="small")

    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    with ExitStack() as stack:
        if once:
            stack.enter_context(waiting(Waited()))
        if searches:
            stack.enter_context(preloading())
        with progress_bar(errors) as progress:
            # A question need not wait until a large folder is embedded; `index` does that.
            assistant = stack.enter_context(
                Assistant.open(
                    settings=settings,
                    own=own,
                    sync="words" if searches else True,
                    progress=progress,
                )
            )
        for message in assistant.report.messages:
            errors.print(message, style="yellow", markup=False)
        # Said once, when the files were met first; not again at every question.
        if searches and assistant.report.published and assistant.skipped:
            said = f"{unread(len(assistant.skipped))}; `{listing(settings)}` says why."
            errors.print(said, style="yellow", markup=False)
        yield assistant


def listing(settings: Settings) -> str:
    """The command that lists the files of this corpus that were not read."""
    from summit_qa.settings import Settings, default_index

    command = ["summit-qa", "index"]
    if settings.corpus != Settings.model_fields["corpus"].default:
        command.append(str(settings.corpus))
    if settings.index != default_index(settings.corpus):
        command += ["--index", str(settings.index)]
    return shlex.join(command)


def print_json(value: Any, indent: int | None = 2) -> None:
    """JSON on standard output, in ASCII where the terminal is not Unicode."""
    unicode = str(getattr(sys.stdout, "encoding", None)).lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not unicode, indent=indent))
