"""The command `summit-qa show`: a document as it was read, with its line numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from summit_qa.cli.opening import opened, print_json
from summit_qa.cli.options import CorpusOption, IndexOption, JsonOption
from summit_qa.documents.lines import line_count, line_text, page_at
from summit_qa.errors import CorpusError

if TYPE_CHECKING:
    from summit_qa.types import Document

_AROUND = 3  # lines before and after the one that was named
_PLACE = re.compile(r"(?P<file>.+?)(?::p\d+)?(?::(?P<first>\d+)(?:-(?P<last>\d+))?)?")


def show(
    place: Annotated[
        str, typer.Argument(help="FILE, FILE:LINE or a citation such as report.pdf:p3:41")
    ],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a document as it was read, with line numbers and pages."""
    from summit_qa.settings import Settings

    settings = Settings.load(corpus=corpus, index=index)
    with opened(settings, searches=False) as assistant:
        document, first, last = _found(place, assistant.documents, settings.corpus)
        count = line_count(document)
        if first is None:
            begin, end = 1, count
        elif not 1 <= first <= last <= count:
            raise CorpusError(f"{document.path} has the lines 1 to {count}.")
        else:
            begin, end = max(1, first - _AROUND), min(count, last + _AROUND)
        if as_json:
            print_json(as_read(document, begin, end))
            return
        _print(Console(highlight=False, soft_wrap=True), document, begin, end, first, last)


def as_read(document: Document, begin: int, end: int) -> dict[str, object]:
    """The lines from begin to end (1-based, inclusive) with their pages, JSON-ready."""
    return {
        "file": document.path,
        "reader": document.reader,
        "line_count": line_count(document),
        "lines": [
            {"line": number, "page": _page(document, number), "text": line_text(document, number)}
            for number in range(begin, end + 1)
        ],
    }


def _found(
    place: str, documents: Mapping[str, Document], corpus: Path
) -> tuple[Document, int | None, int]:
    """The document, and the first and last line that the place names, if any."""
    match = _PLACE.fullmatch(place)
    names: list[tuple[str, str | None, str | None]] = [
        (place, None, None)
    ]  # a file may be called "a:12"
    if match is not None and match["first"]:
        names.append((match["file"], match["first"], match["last"]))
    for name, first, last in names:
        inside = Path(name)
        if inside.is_absolute() and inside.is_relative_to(corpus.resolve()):
            inside = inside.relative_to(corpus.resolve())
        elif inside.is_relative_to(corpus):
            inside = inside.relative_to(corpus)
        for path in (name, inside.as_posix()):
            if path in documents:
                begin = int(first) if first else None
                return documents[path], begin, int(last or first or 0)
    raise CorpusError(
        f"There is no document {place} in {corpus}; `summit-qa index` lists what was not read."
    )


def _page(document: Document, number: int) -> int | None:
    return page_at(document, document.line_starts[number - 1])


def _print(
    console: Console, document: Document, begin: int, end: int, first: int | None, last: int
) -> None:
    from rich.text import Text

    from summit_qa.documents.visible import visible

    width = len(str(end))
    shown: int | None = None
    for number in range(begin, end + 1):
        page = _page(document, number)
        if page != shown:
            console.print(Text(f"— page {page} —", style="dim"))
            shown = page
        named = first is not None and first <= number <= last
        line = Text(f"{number:>{width}}  ", style="bold" if named else "dim")
        line.append(visible(line_text(document, number)), style="bold" if named else "")
        console.print(line)
