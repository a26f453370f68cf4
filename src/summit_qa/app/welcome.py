"""The page before anything is asked: what the folder holds, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Sequence

from summit_qa.app.folder import Facts
from summit_qa.app.markup import bytes_in_words, many, name, send, text
from summit_qa.app.options import AppOptions
from summit_qa.types import Document


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
