"""The page before anything is asked: what the folder holds, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from summit_qa.app.folder import Facts, counted_lines
from summit_qa.app.markup import bytes_in_words, icon, many, name, send, text
from summit_qa.app.options import AppOptions
from summit_qa.types import Document

_MOST_LISTED = 60


def welcome(folder: str, facts: Facts, questions: Sequence[str], options: AppOptions) -> str:
    """What stands where the conversation will be."""
    if not facts.files:
        return (
            f'<div class="welcome" data-conversation=""><h2>{text(folder)} is empty</h2>'
            "<p>There is no document to answer from yet.</p>"
            f"{adding(options, large=True)}</div>"
        )
    buttons = "".join(
        f'<li><button class="example" {send("ask", question=question)}>'
        f"{text(question)}</button></li>"
        for question in questions
    )
    heading = '<h3 id="examples">These files answer, for example</h3>' if questions else ""
    return (
        '<div class="welcome" data-conversation=""><h2>Ask '
        f'<span class="folder" dir="auto">{name(folder)}</span></h2>'
        f'<p class="holds">{held(facts)}</p>'
        "<p>Every sentence of an answer comes with its file and line. "
        "What the files do not say is not answered.</p>"
        f'{heading}<ul class="examples" aria-labelledby="examples">{buttons}</ul>'
        f"{adding(options)}</div>"
    )


def held(facts: Facts) -> str:
    """How many files, pages and words there are, in words."""
    parts = [many(facts.files, "file")]
    if facts.pages:
        parts.append(many(facts.pages, "page"))
    if facts.words is not None:
        parts.append(many(facts.words, "word"))
    return " · ".join(parts)


def adding(options: AppOptions, *, large: bool = False) -> str:
    """The way to add files; they may be dropped anywhere on the page as well."""
    if not options.uploads:
        return ""
    limit = bytes_in_words(options.upload_bytes)
    return (
        f'<div class="add{" large" if large else ""}"><label class="quiet">Add files'
        f'<input type="file" class="adds unseen" multiple accept="{",".join(options.upload_types)}"'
        f"></label><small>or drop them anywhere on the page; at most {limit} each</small></div>"
    )


def listed(documents: Mapping[str, Document], chosen: Collection[str] | None = None) -> str:
    """The files beside the chat: what each is called, how long it is, whether it is asked."""
    rows = []
    for path, _ in zip(documents, range(_MOST_LISTED), strict=False):
        document = documents[path]
        title = titled(document)
        checked = " checked" if chosen is None or path in chosen else ""
        rows.append(
            f'<li><input type="checkbox" class="asked-of" data-file="{text(path)}"{checked} '
            f'aria-label="Ask {name(path)}">'
            f'<button class="file-row" {send("open", file=path, line=1)}>'
            f'<span class="title" dir="auto">{text(title) if title else name(path)}</span>'
            f"{'' if title else begins(document)}"
            f'<span class="about">{f"<span>{name(path)}</span>" if title else ""}'
            f"<span>{counted_lines(document)}</span></span></button></li>"
        )
    more = len(documents) - len(rows)
    rest = f'<p class="note">and {more:,} more, under Files</p>' if more > 0 else ""
    every = f'<button class="quiet" {send("choose", all=True)}>Ask all</button>'
    chips = "".join(
        f'<button class="quiet" {send("choose", folder=folder)}>{name(folder)}</button>'
        for folder in folders(documents)[:8]
    )
    return (
        '<div class="listed"><button type="button" class="quiet back sheet-back">'
        f"{icon('back')}<span>Back</span></button>"
        f"<h2>{many(len(documents), 'file')} to answer from</h2>"
        f'<div class="folders" role="group" aria-label="Which files to ask">{every}{chips}</div>'
        f"<ul>{''.join(rows)}</ul>{rest}</div>"
    )


def folders(documents: Mapping[str, Document]) -> list[str]:
    """The folders that the files lie in, with a "/" at their end."""
    found = {path.rsplit("/", 1)[0] + "/" for path in documents if "/" in path}
    return sorted(found)


def scope(files: Collection[str] | None, total: int) -> str:
    """Which files are asked, beneath the question; a click lists them."""
    said = f"all {many(total, 'file')}" if total != 1 else "1 file"
    if files is not None:
        only = next(iter(files)) if len(files) == 1 else ""
        said = name(only) if only else f"{len(files):,} of {many(total, 'file')}"
    return f'<button type="button" class="scope" id="scope-button">Asks {said}</button>'


def begins(document: Document) -> str:
    """How a document without a title begins."""
    first = " ".join(document.text[:400].split())
    shown = first if len(first) <= 110 else first[:110].rsplit(" ", 1)[0] + "…"
    return f'<span class="begins" dir="auto">{text(shown)}</span>' if shown else ""


def titled(document: Document) -> str:
    """What the document calls itself: its title, or else its first line where that is a heading.

    Empty where that says no more than the name of the file.
    """
    title = " ".join(document.title.split())
    if not title and document.blocks:
        first = document.blocks[0]
        if first.kind in ("title", "heading"):
            title = " ".join(document.text[first.start : first.end].split()).strip("#=* ")
    if title.casefold() == document.path.rsplit("/", 1)[-1].rsplit(".", 1)[0].casefold():
        return ""
    return title if len(title) <= 120 else title[:119].rsplit(" ", 1)[0] + "…"
