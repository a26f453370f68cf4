"""Which files are asked: all, a folder's, those that a search finds, or those that are ticked.

Made for thousands of files: what is ticked is known to the server, so that it does not matter how
many of them are listed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from summit_qa.app.folder import counted_lines
from summit_qa.app.markup import many, name, send, text
from summit_qa.app.welcome import titled
from summit_qa.types import Document

FIRST = 60  # files that are listed before more are asked for
_MORE = 200
_MOST_FOLDERS = 200
Documents = Mapping[str, Document]
Chosen = Sequence[str] | frozenset[str] | None  # None is all


@dataclass(frozen=True, slots=True)
class View:
    """What is listed: the files that hold the words, or else by folder, one of which is open."""

    words: str = ""
    folder: str = ""
    rows: int = FIRST
    tick: int = 0  # the number of the tick that this answers: the browser keeps later ones


def found(documents: Documents, words: str) -> list[str]:
    """The files whose name or title holds all the words."""
    wanted = words.casefold().split()[:8]
    named = {path for path in documents if all(word in path.casefold() for word in wanted)}
    # Titles have to be read from the index; of what the name says already they need not.
    return [
        path
        for path in documents
        if path in named
        or all(word in f"{path} {titled(documents[path])}".casefold() for word in wanted)
    ]


def folder_of(path: str) -> str:
    """The folder that a file lies in, with a "/" at its end; empty at the top."""
    above, slash, _ = path.rpartition("/")
    return above + slash


def changed(
    documents: Documents, chosen: Chosen, paths: Iterable[str], on: bool
) -> tuple[str, ...] | None:
    """Which files are asked once these are ticked, or unticked; None where it is all again."""
    now = set(documents) if chosen is None else set(chosen)
    now = now | set(paths) if on else now - set(paths)
    kept = tuple(path for path in documents if path in now)
    return None if len(kept) == len(documents) else kept


def in_words(documents: Documents, chosen: Chosen) -> str:
    """Which files were asked, as the answer says it; empty where all were."""
    if chosen is None:
        return ""
    folders = {folder_of(path) for path in chosen}
    within = next(iter(folders)) if len(folders) == 1 else ""
    if within and len(chosen) == sum(path.startswith(within) for path in documents):
        return f"Asked only of {within}"
    left_out = [path for path in documents if path not in set(chosen)]
    if len(left_out) <= 2 < len(chosen) // 4:
        return f"Asked of all but {' and '.join(left_out)}"
    first = list(chosen)[:3]
    more = len(chosen) - len(first)
    return f"Asked only of {', '.join(first)}" + (f" and {more:,} more" if more > 0 else "")


def scope(chosen: Chosen, total: int) -> str:
    """Which files are asked, beneath the question; a click lists them."""
    said = f"all {many(total, 'file')}" if total != 1 else "1 file"
    if chosen is not None:
        only = next(iter(chosen)) if len(chosen) == 1 else ""
        said = name(only) if only else f"{len(chosen):,} of {many(total, 'file')}"
        said = said if chosen else "no file"
    return f'<button type="button" class="scope" id="scope-button">Asks {said}</button>'


def chooser(documents: Documents, chosen: Chosen, view: View) -> str:
    """The files with their ticks."""
    asked = None if chosen is None else frozenset(chosen)
    whole = (
        ""
        if asked is None
        else f'<button class="quiet" {send("choose", all=True)}>Ask all</button>'
    )
    heading = f"<h2>{many(len(documents), 'file')} to answer from</h2>"
    body = _searched(documents, asked, view) if view.words else _by_folder(documents, asked, view)
    return (
        f'<div class="listed" data-tick="{view.tick}">'
        f'<div class="listed-head">{heading}{whole}</div>{body}</div>'
    )


def _searched(documents: Documents, asked: Chosen, view: View) -> str:
    paths = found(documents, view.words)
    if not paths:
        return '<p class="note">No file is called that.</p>'
    label = f"{many(len(paths), 'file')} called that"
    box = _box(paths, asked, label, view, found=True)
    return (
        f'<div class="group">{box}<span>{label}</span></div>{_rows(documents, paths, asked, view)}'
    )


def _by_folder(documents: Documents, asked: Chosen, view: View) -> str:
    groups: dict[str, list[str]] = {}
    for path in documents:
        groups.setdefault(folder_of(path), []).append(path)
    everything = _box(documents, asked, "all files", view, all=True)
    parts = [f'<div class="group">{everything}<span>All files</span></div>']
    is_small = len(documents) <= FIRST
    for folder in sorted(groups)[:_MOST_FOLDERS]:
        is_open = is_small or not folder or folder == view.folder
        if folder:
            parts.append(_group(documents, folder, asked, view, None if is_small else is_open))
        if is_open:
            parts.append(_rows(documents, groups[folder], asked, view))
    if len(groups) > _MOST_FOLDERS:
        rest = len(groups) - _MOST_FOLDERS
        parts.append(f'<p class="note">and {many(rest, "folder")} more: search for theirs</p>')
    return "".join(parts)


def _group(
    documents: Documents, folder: str, asked: Chosen, view: View, is_open: bool | None
) -> str:
    """The head of a folder; ``is_open`` is None where there is nothing to open."""
    paths = [path for path in documents if path.startswith(folder)]
    box = _box(paths, asked, folder, view, folder=folder)
    ticked = len(paths) if asked is None else sum(path in asked for path in paths)
    told = many(len(paths), "file") if ticked == len(paths) else f"{ticked:,} of {len(paths):,}"
    title = f'<span class="folder-name" dir="auto">{name(folder)}</span>'
    if is_open is not None:
        opens = send("look", folder="" if is_open else folder)
        title = (
            f'<button class="folder-name" aria-expanded="{str(is_open).lower()}" {opens}>'
            f"{name(folder)}</button>"
        )
    return f'<div class="group">{box}{title}<span class="about">{told}</span></div>'


def _rows(documents: Documents, paths: list[str], asked: Chosen, view: View) -> str:
    rows = "".join(_row(documents[path], asked, view) for path in paths[: view.rows])
    more = len(paths) - view.rows
    button = ""
    if more > 0:
        asks = send("look", folder=view.folder, rows=view.rows + _MORE)
        button = (
            f'<button class="quiet more" {asks}>Show {min(more, _MORE):,} of {more:,} more</button>'
        )
    return f"<ul>{rows}</ul>{button}"


def _row(document: Document, asked: Chosen, view: View) -> str:
    path, title = document.path, titled(document)
    return (
        f"<li>{_box([path], asked, path, view, file=path)}"
        f'<button class="file-row" {send("open", file=path)}>'
        f'<span class="title" dir="auto">{text(title) if title else name(path)}</span>'
        f"{'' if title else begins(document)}"
        f'<span class="about">{f"<span>{name(path)}</span>" if title else ""}'
        f"<span>{counted_lines(document)}</span></span></button></li>"
    )


def _box(paths: Collection[str], asked: Chosen, label: str, view: View, **which: object) -> str:
    """The tick of one file or of many, of which only some may be asked."""
    ticked = len(paths) if asked is None else sum(path in asked for path in paths)
    state = " checked" if ticked == len(paths) else " data-mixed" if ticked else ""
    payload = json.dumps({**which, "open": view.folder, "rows": view.rows})
    return (
        f'<input type="checkbox" class="{"asked-of" if "file" in which else "asks-many"}" '
        f'data-payload="{text(payload)}"{state} aria-label="Ask {name(label)}">'
    )


def begins(document: Document) -> str:
    """How a document without a title begins, its blank lines and marks left out."""
    words = ""
    for block in document.blocks[:12]:
        words += " ".join(document.text[block.start : block.end].split()) + " "
        if len(words) > 110:
            break
    shown = " ".join((words or document.text[:400]).split())
    shown = shown if len(shown) <= 110 else shown[:110].rsplit(" ", 1)[0] + "…"
    return f'<span class="begins" dir="auto">{text(shown)}</span>' if shown else ""
