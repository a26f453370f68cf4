"""The corpus on the page: its files, a reader with line numbers, search, and new files."""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from summit_qa.app.markup import bytes_in_words, many, message, name, send, table, text
from summit_qa.app.options import AppOptions
from summit_qa.documents.corpus import make_document
from summit_qa.documents.lines import line_count, line_text
from summit_qa.errors import CorpusError
from summit_qa.types import Document, Hit, Skipped, SyncReport

if TYPE_CHECKING:
    from summit_qa.index.generation import Generation

_MOST_ROWS = 300
_LINES_SHOWN = 400
_MOST_OF_LINE = 6_000  # characters of a line that the reader shows
_MOST_NAME = 120


def files_table(generation: Generation, report: SyncReport, wanted: str = "") -> str:
    """The files whose name holds ``wanted``: lines, size, passages, state; then the skipped."""
    documents = generation.documents
    state = dict.fromkeys(report.added, "new") | dict.fromkeys(report.changed, "changed")
    current = state if report.generation == generation.id else {}
    found = [path for path in documents if wanted.casefold() in path.casefold()]
    rows = [
        (
            f'<button class="place" {send("open", file=path, line=1)}>{name(path)}</button>',
            f"{line_count(documents[path]):,}",
            bytes_in_words(documents[path].size),
            f"{len(generation.passages_of(path)):,}",
            text(current.get(path, "read")),
        )
        for path in found[:_MOST_ROWS]
    ]
    shown = table("Files of the corpus", ("File", "#Lines", "#Size", "#Passages", "State"), rows)
    total = sum(document.size for document in documents.values())
    summary = f"{many(len(documents), 'file')}, {bytes_in_words(total)}, "
    summary += many(len(generation.passages), "passage")
    more = ""
    if len(found) > _MOST_ROWS:
        more = f'<p class="note">The first {_MOST_ROWS} of {len(found):,}; narrow them by name.</p>'
    elif not found:
        more = '<p class="note">No file has that in its name.</p>' if wanted else ""
        shown = "" if wanted else message("No file was found in the corpus folder.")
    # A file that is not read makes no new generation; what was synced last knows of it.
    skipped = report.skipped if report.generation == generation.id else generation.skipped
    return f'<p class="summary">{summary}</p>{shown}{more}{_skipped(skipped)}'


def _skipped(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return ""
    rows = [(name(item.path), text(item.reason)) for item in skipped[:_MOST_ROWS]]
    return (
        f'<details class="skipped" open><summary>{many(len(skipped), "file")} not read</summary>'
        f"{table('Files that were not read', ('File', 'Why'), rows)}</details>"
    )


def reader(documents: Mapping[str, Document], path: str, line: int = 1) -> str:
    """A file with its line numbers, around the line that is lit."""
    document = documents.get(path)
    if document is None:
        return message("That file is no longer part of the corpus.", "error")
    count = line_count(document)
    line = min(max(1, line), max(1, count))
    first = max(1, min(line - _LINES_SHOWN // 2, count - _LINES_SHOWN + 1))
    last = min(count, first + _LINES_SHOWN - 1)
    rows = "".join(
        _reader_line(document, number, number == line) for number in range(first, last + 1)
    )
    earlier = later = ""
    if first > 1:
        earlier = _more(path, max(1, first - _LINES_SHOWN // 2), "Earlier lines")
    if last < count:
        later = _more(path, min(count, last + _LINES_SHOWN // 2), "Later lines")
    return (
        f'<article class="reader" data-file="{name(path)}"><h3>{name(path)}</h3>'
        f'<p class="summary">{many(count, "line")}, {bytes_in_words(document.size)}, '
        f"{text(document.encoding)}</p>{earlier}"
        f'<div class="lines" tabindex="0" role="region" aria-label="Lines of the file">{rows}</div>'
        f"{later}</article>"
    )


def _reader_line(document: Document, number: int, lit: bool) -> str:
    shown = line_text(document, number)
    if len(shown) > _MOST_OF_LINE:
        shown = shown[:_MOST_OF_LINE] + "…"
    attributes = (
        ' class="row-line lit" data-lit aria-current="true"' if lit else ' class="row-line"'
    )
    return (
        f'<div{attributes} id="L{number}"><span class="line-number">{number}</span>'
        f'<span class="line-text" dir="auto">{text(shown)}</span></div>'
    )


def _more(path: str, line: int, label: str) -> str:
    return f'<button class="quiet" {send("open", file=path, line=line)}>{label}</button>'


def search_results(hits: Sequence[Hit]) -> str:
    """Passages that were found, best first."""
    if not hits:
        return message("Nothing was found.")
    items = "".join(
        f'<li><button class="place" '
        f"{send('open', file=hit.passage.path, line=hit.line)}>"
        f'{name(hit.location)}</button><span dir="auto">{text(hit.passage.text)}</span>'
        f"<small>{_ranks(hit)}</small></li>"
        for hit in hits
    )
    return f'<ol class="nearest found">{items}</ol>'


def _ranks(hit: Hit) -> str:
    names = {"dense": "by meaning", "bm25": "by words"}
    return ", ".join(
        f"{text(names.get(which, which))}: rank {rank}" for which, rank in hit.ranks.items()
    )


def report_in_words(report: SyncReport) -> str:
    """What a sync did, in a line."""
    parts = [
        f"{len(paths):,} {what}"
        for what, paths in (
            ("added", report.added),
            ("changed", report.changed),
            ("removed", report.removed),
        )
        if paths
    ]
    done = ", ".join(parts) or "Nothing has changed"
    return f"{done}; {many(report.passages, 'passage')}, in {report.seconds:.1f} s."


def dropzone(options: AppOptions) -> str:
    """Where files are dropped or chosen; script.js sends them."""
    kinds = ", ".join(kind.lstrip(".") for kind in options.upload_types)
    limit = bytes_in_words(options.upload_bytes)
    return (
        '<div class="dropzone" id="dropzone"><label class="drop" for="add-files">'
        "<strong>Add files</strong><span>Drop them here, or choose them.</span>"
        f"<small>{kinds}; at most {limit} each</small></label>"
        f'<input type="file" id="add-files" multiple accept="{",".join(options.upload_types)}">'
        '<ul class="uploads" id="uploads" aria-live="polite"></ul></div>'
    )


def checked_name(given: str, options: AppOptions) -> str:
    """The name under which an upload is kept; CorpusError in one line where it cannot be."""
    wanted = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not wanted or wanted.startswith(".") or len(wanted.encode()) > _MOST_NAME:
        raise CorpusError("The name of the file is empty, hidden or too long.")
    if any(unicodedata.category(character)[0] == "C" for character in wanted):
        raise CorpusError("The name of the file holds characters that cannot be shown.")
    if Path(wanted).suffix.lower() not in options.upload_types:
        kinds = ", ".join(options.upload_types)
        raise CorpusError(f"Only documents are added: {kinds}.")
    return wanted


def add_file(folder: Path, given: str, data: bytes, options: AppOptions) -> str:
    """Keep an upload in the corpus folder under its own name; returns that name.

    Nothing is ever overwritten. Raises CorpusError where it cannot be read, is too large, or there.
    """
    wanted = checked_name(given, options)
    if len(data) > options.upload_bytes:
        raise CorpusError(f"A file may have {bytes_in_words(options.upload_bytes)} at most.")
    if not data.strip():
        raise CorpusError("The file is empty.")
    make_document(wanted, data)  # what would not be read is not kept
    try:
        held = sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())
    except OSError:
        raise CorpusError("The corpus folder cannot be read.") from None
    if held + len(data) > options.corpus_bytes:
        raise CorpusError("The corpus folder is full; no more files are added here.")
    target, aside = folder / wanted, folder / f".{secrets.token_hex(8)}.part"
    try:
        aside.write_bytes(data)
        os.link(aside, target)  # fails where the name is taken, however many try at once
    except FileExistsError:
        raise CorpusError(f"The corpus already has a file {wanted!r}.") from None
    except OSError:
        raise CorpusError("The corpus folder cannot be written to.") from None
    finally:
        aside.unlink(missing_ok=True)
    return wanted
