"""The smallest pieces of the page's HTML. Whatever comes from outside goes through `text`.

Corpus text, file names, questions, comments and model output are shown as text, never as
markup. Control characters and those that turn the direction of writing are made visible, so
that a file name cannot pretend to be another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from html import escape

_STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200d\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)

_ICONS = {
    "copy": '<path d="M9 9h10v11H9z"/><path d="M5 15V4h10"/>',
    "retry": '<path d="M20 11a8 8 0 1 0-2.3 6.3"/><path d="M20 5v6h-6"/>',
    "edit": '<path d="M4 20l1-4L16 5l3 3L8 19z"/><path d="M14 7l3 3"/>',
    "up": '<path d="M8 11v9H4v-9z"/><path d="M8 12l4-8c2 0 2.5 1.5 2 4h5l-1 9-2 3H8"/>',
    "down": '<path d="M8 13V4H4v9z"/><path d="M8 12l4 8c2 0 2.5-1.5 2-4h5l-1-9-2-3H8"/>',
    "open": '<path d="M7 17L17 7"/><path d="M9 7h8v8"/>',
    "menu": '<path d="M4 6h16"/><path d="M4 12h16"/><path d="M4 18h16"/>',
    "folder": '<path d="M3 6h6l2 2h10v11H3z"/>',
    "plus": '<path d="M12 5v14"/><path d="M5 12h14"/>',
    "back": '<path d="M19 12H5"/><path d="M11 6l-6 6 6 6"/>',
    "up-one": '<path d="M6 15l6-6 6 6"/>',
    "down-one": '<path d="M6 9l6 6 6-6"/>',
    "bin": '<path d="M5 7h14"/><path d="M10 4h4"/><path d="M7 7l1 13h8l1-13"/>',
    "file": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4"/>',
}


def text(value: str) -> str:
    """Any text as HTML that shows it, letter for letter."""
    return escape(_STEERING.sub("\N{REPLACEMENT CHARACTER}", value), quote=True)


def name(value: str) -> str:
    """A file name as HTML; invisible characters are shown too, since names are compared."""
    return text(_INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", value))


def marked(value: str, ranges: Iterable[tuple[int, int]], tag: str) -> str:
    """Text with the character ranges (start, end) wrapped in ``tag``; they may overlap."""
    parts, at = [], 0
    for start, end in sorted(ranges):
        start, end = max(start, at), min(end, len(value))
        if start < end:
            parts.append(f"{text(value[at:start])}<{tag}>{text(value[start:end])}</{tag}>")
            at = end
    return "".join(parts) + text(value[at:])


def icon(which: str) -> str:
    """A line drawing that says nothing to a screen reader."""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{_ICONS[which]}</svg>'


def send(event: str, **payload: object) -> str:
    """The attributes of a button that sends ``event`` with its payload to the server."""
    return f'type="button" data-send="{text(event)}" data-payload="{text(json.dumps(payload))}"'


def sheet_back(said: str) -> str:
    """The way back from what is a sheet over the answer on a phone."""
    return (
        f'<button type="button" class="quiet back sheet-back">{icon("back")}'
        f"<span>{said}</span></button>"
    )


def many(count: int, what: str) -> str:
    """A count with its noun, as in "1 line" or "2,000 lines"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def bytes_in_words(size: int) -> str:
    """A size as "812 bytes", "2.7 KB" or "31 MB"."""
    if size < 1000:
        return many(size, "byte")
    value = float(size)
    for unit in ("KB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    raise AssertionError("unreachable")


def progress_bar(done: int, total: int, what: str) -> str:
    """A bar that says how much of ``what`` is done."""
    percent = min(100, round(100 * done / total)) if total else 0
    amount = f"{done:,} of {total:,}" if total else ""
    return (
        f'<div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent}" aria-label="{text(what)}">'
        f'<div class="progress-bar" style="width:{percent}%"></div></div>'
        f'<p class="progress-text">{text(what)} <span>{amount}</span></p>'
    )


def message(value: str, kind: str = "info") -> str:
    """A line that tells how something went; errors are announced at once."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="message {kind}" role="{role}">{text(value)}</p>'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are HTML already, heads starting with "#" are columns of numbers."""
    classes = [' class="number"' if head.startswith("#") else "" for head in heads]
    head = "".join(
        f'<th scope="col"{style}>{text(title.lstrip("#"))}</th>'
        for title, style in zip(heads, classes, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{style}>{cell}</td>" for cell, style in zip(row, classes, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f'<caption class="unseen">{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
