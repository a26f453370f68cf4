"""The corpus on the page: its files, a reader with line numbers, search, and new files."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from summit_qa.app.cards import passage_html
from summit_qa.app.chooser import found as holding
from summit_qa.app.folder import counted_lines
from summit_qa.app.markup import bytes_in_words, many, message, name, send, table, text
from summit_qa.app.options import AppOptions
from summit_qa.app.welcome import titled
from summit_qa.documents.corpus import make_document
from summit_qa.errors import CorpusError
from summit_qa.types import Document, Hit, Skipped, SyncReport

if TYPE_CHECKING:
    from summit_qa.index.generation import Generation

_MOST_ROWS = 300
_FEW = 4  # names of files with the same trouble that are shown at once
# What shares no word with the query has to be among so many in the order of meaning, and its
# cosine so high: of 21 searches in three folders, what was about something else had up to 0.28.
_NEAR = 5
_ALIKE = 0.3
_MOST_OF_HIT = 900  # characters
_SMALL = frozenset(
    ("the", "and", "for", "with", "from", "that", "this", "what", "who", "when", "where", "which",
     "why", "how", "are", "was", "were", "does", "did", "has", "have", "had", "can", "will",
     "would", "should", "about", "into", "than", "then", "there", "their", "its", "not", "any")
)  # fmt: skip
_MOST_NAME = 120


def files_table(
    generation: Generation,
    report: SyncReport,
    wanted: str = "",
    added: Mapping[str, str] | None = None,
) -> str:
    """The files whose name or title holds ``wanted``: how long, how large; then the skipped.

    ``added`` are those that the visitor may remove, with the SHA-256 of what was added.
    """
    documents = generation.documents
    state = dict.fromkeys(report.added, "new") | dict.fromkeys(report.changed, "changed")
    # What a first build added is all there is: nothing of it is new.
    mixed = bool(report.unchanged) and report.generation == generation.id
    current = state if mixed else {}
    found = holding(documents, wanted)
    rows = [
        (
            _named(documents[path], current.get(path, "")) + _removal(documents[path], added),
            counted_lines(documents[path]),
            bytes_in_words(documents[path].size),
        )
        for path in found[:_MOST_ROWS]
    ]
    shown = table("Files of the folder", ("File", "#Length", "#Size"), rows)
    total = sum(document.size for document in documents.values())
    summary = f"{many(len(documents), 'file')}, {bytes_in_words(total)}"
    more = ""
    if len(found) > _MOST_ROWS:
        more = f'<p class="note">The first {_MOST_ROWS} of {len(found):,}; narrow them by name.</p>'
    elif not found:
        more = '<p class="note">No file is called that.</p>' if wanted else ""
        shown = "" if wanted else message("The folder holds no document yet.")
    # A file that is not read makes no new generation; what was synced last knows of it.
    skipped = report.skipped if report.generation == generation.id else generation.skipped
    return f'<p class="summary">{summary}</p>{shown}{more}{_skipped(skipped)}'


def _named(document: Document, state: str) -> str:
    """What the file is called, its title first where it has one; a click opens it."""
    title = titled(document)
    shown = f'<span class="title" dir="auto">{text(title)}</span>' if title else ""
    badge = f'<span class="badge">{state}</span>' if state else ""
    return (
        f'<button class="place" {send("open", file=document.path)}>{shown}'
        f'<span class="file">{name(document.path)}</span></button>{badge}'
    )


def _removal(document: Document, added: Mapping[str, str] | None) -> str:
    """How the visitor takes away a file that they have added; it is asked once more."""
    path = document.path
    if not added or added.get(path) != document.sha256:
        return ""
    key = hashlib.sha256(path.encode()).hexdigest()[:12]
    payload = text(json.dumps({"file": path}))
    return (
        f'<button type="button" class="quiet remove" id="keep-{key}" data-show="remove-{key}" '
        f'aria-label="Remove {name(path)}">Remove</button>'
        f'<form class="removal" id="remove-{key}" data-instead="keep-{key}" hidden '
        f'data-send-form="remove" data-payload="{payload}"><span>Remove it from the folder?</span>'
        '<button type="submit" class="quiet bad">Remove</button>'
        f'<button type="button" class="quiet" data-hide="remove-{key}">Cancel</button></form>'
    )


def _skipped(skipped: Sequence[Skipped]) -> str:
    """What was not read: a row for each reason, with the files that it holds for."""
    if not skipped:
        return ""
    reasons: dict[str, list[str]] = {}
    for item in skipped:
        reasons.setdefault(item.reason, []).append(item.path)
    rows = [
        (f"{text(reason)} <small>{many(len(paths), 'file')}</small>", _listed(paths))
        for reason, paths in sorted(reasons.items(), key=lambda it: -len(it[1]))
    ]
    return (
        f'<details class="skipped" open><summary>{many(len(skipped), "file")} not read</summary>'
        f"{table('Files that were not read', ('Why', 'Files'), rows)}</details>"
    )


def _listed(paths: Sequence[str]) -> str:
    """Their names; what is beyond a few is unfolded."""
    shown = [f'<span class="unread">{name(path)}</span>' for path in paths[:_MOST_ROWS]]
    few, rest = ", ".join(shown[:_FEW]), ", ".join(shown[_FEW:])
    if not rest:
        return few
    more = f"and {len(paths) - _FEW:,} more"
    return f"{few} <details><summary>{more}</summary>{rest}</details>"


def search_results(hits: Sequence[Hit], query: str, documents: Mapping[str, Document]) -> str:
    """What was found, best first, with the words that were looked for, and why it was found."""
    relevant = [hit for hit in hits if _is_relevant(hit, query)]
    if not relevant:
        return message("Nothing in the files is about that.")
    return (
        f'<ol class="nearest found">{"".join(_hit(it, query, documents) for it in relevant)}</ol>'
    )


def _is_relevant(hit: Hit, query: str) -> bool:
    """Whether it was found by the words, or so near in meaning that words do not matter."""
    return bool(_words_in(hit, query)) or _is_near(hit)


def _is_near(hit: Hit) -> bool:
    alike = hit.cosine is None or hit.cosine >= _ALIKE
    return alike and hit.ranks.get("dense", 99) <= _NEAR


def _hit(hit: Hit, query: str, documents: Mapping[str, Document]) -> str:
    passage, span = hit.passage, hit.focus or hit.passage.span
    document = documents.get(passage.path)
    title = titled(document) if document else ""
    shown = f'<span class="title" dir="auto">{text(title)}</span>' if title else ""
    words = _words_in(hit, query)
    sought = re.compile("|".join(_whole(word).pattern for word in words), re.IGNORECASE)
    opens = send("open", file=passage.path, line=hit.line, marks=[[span.start, span.end]])
    return (
        f'<li><button class="place" {opens}>{shown}<span class="file">{name(hit.location)}</span>'
        f'</button><div class="said-there">'
        f"{passage_html(hit, document, _MOST_OF_HIT, sought if words else None)}</div>"
        f"<small>{_why(hit, words)}</small></li>"
    )


def _why(hit: Hit, words: Sequence[str]) -> str:
    said = [f"has {', '.join(f'“{text(word)}”' for word in words)}"] if words else []
    return " · ".join([*said, *(["near in meaning"] if _is_near(hit) else [])])


def _words_in(hit: Hit, query: str) -> list[str]:
    """The words of the query that the passage has, its small words left out."""
    wanted = dict.fromkeys(re.findall(r"\w{3,}", query.casefold()))
    held = [word for word in wanted if word not in _SMALL and _whole(word).search(hit.passage.text)]
    return held[:6]


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(word)}\w{{0,3}}\b", re.IGNORECASE)


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
    return f"{done}, in {report.seconds:.1f} s."


def dropzone(options: AppOptions) -> str:
    """Where files are chosen; they may be dropped anywhere. adding.js sends them."""
    kinds = ", ".join(kind.lstrip(".") for kind in options.upload_types)
    limit, others = bytes_in_words(options.upload_bytes), max(0, len(options.upload_types) - 8)
    return (
        '<div class="dropzone"><label class="drop" for="add-files">'
        "<strong>Add files</strong><span>Drop them anywhere on the page, or choose them.</span>"
        f'<small title="{kinds}">PDF, Word, Excel, web pages, mail, text and {others} kinds more; '
        f"at most {limit} each</small></label>"
        '<input type="file" class="adds" id="add-files" multiple '
        f'accept="{",".join(options.upload_types)}">'
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
        raise CorpusError("The folder cannot be read.") from None
    if held + len(data) > options.corpus_bytes:
        raise CorpusError("The folder is full; no more files are added here.")
    target, aside = folder / wanted, folder / f".{secrets.token_hex(8)}.part"
    try:
        aside.write_bytes(data)
        os.link(aside, target)  # fails where the name is taken, however many try at once
    except FileExistsError:
        raise CorpusError(f"The folder already has a file {wanted!r}.") from None
    except OSError:
        raise CorpusError("The folder cannot be written to.") from None
    finally:
        aside.unlink(missing_ok=True)
    return wanted
