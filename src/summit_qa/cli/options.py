"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class EngineChoice(StrEnum):
    """Which engine answers."""

    auto = "auto"
    reader = "reader"
    writer = "writer"


class StrictnessChoice(StrEnum):
    """How sure an answer must be before it is given."""

    lenient = "lenient"
    balanced = "balanced"
    strict = "strict"


CorpusOption = Annotated[
    Path | None, typer.Option("--corpus", help="Folder of documents [default: corpus]")
]
IndexOption = Annotated[
    Path | None,
    typer.Option(
        "--index",
        help="Where the index is kept [default: index; for another folder than ./corpus, the "
        "user's cache]",
    ),
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
StrictnessOption = Annotated[
    StrictnessChoice | None,
    typer.Option("--strictness", help="How sure an answer must be [default: balanced]"),
]
