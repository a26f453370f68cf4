"""The list of conversations that were kept, beside the one that is open."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import date, datetime

from summit_qa.app.history import Kept
from summit_qa.app.markup import icon, send, text


def rail(kept: Sequence[Kept], open_id: str, words: str = "", now: float | None = None) -> str:
    """The conversations by day, the one that is open marked; ``words`` were looked for."""
    if not kept:
        said = "No conversation holds these words." if words else "What you ask is kept here."
        return f'<p class="note">{said}</p>'
    today = datetime.fromtimestamp(now if now is not None else time.time()).date()
    parts: list[str] = []
    day = ""
    for item in kept:
        when = _day(datetime.fromtimestamp(item.updated).date(), today)
        if when != day:
            parts.append(f"{'</ul>' if day else ''}<h3>{when}</h3><ul>")
            day = when
        parts.append(_item(item, item.id == open_id))
    return f'<nav class="kept" aria-label="Conversations">{"".join(parts)}</ul></nav>'


def _item(item: Kept, is_open: bool) -> str:
    current = ' aria-current="true"' if is_open else ""
    title = text(item.title)
    payload = text(json.dumps({"id": item.id}))
    return (
        f'<li><div class="row" id="row-{item.id}">'
        f'<button class="visit"{current} {send("visit", id=item.id)} title="{title}">'
        f'<span dir="auto">{title}</span></button>'
        f'<button type="button" class="small" data-show="rename-{item.id}" '
        f'aria-label="Rename {title}" title="Rename">{icon("edit")}</button>'
        f'<button type="button" class="small" data-show="remove-{item.id}" '
        f'aria-label="Delete {title}" title="Delete">{icon("bin")}</button></div>'
        f'<form id="rename-{item.id}" data-instead="row-{item.id}" hidden '
        f'data-send-form="rename" data-payload="{payload}">'
        f'<input name="title" value="{title}" maxlength="80" aria-label="Name of the conversation" '
        'autocomplete="off"><div><button type="submit" class="quiet">Rename</button>'
        f'<button type="button" class="quiet" data-hide="rename-{item.id}">Cancel</button></div>'
        f'</form><form id="remove-{item.id}" data-instead="row-{item.id}" hidden '
        f'data-send-form="remove" data-payload="{payload}"><p>Delete this conversation?</p><div>'
        '<button type="submit" class="quiet bad">Delete</button>'
        f'<button type="button" class="quiet" data-hide="remove-{item.id}">Cancel</button></div>'
        "</form></li>"
    )


def _day(day: date, today: date) -> str:
    ago = (today - day).days
    if ago <= 0:
        return "Today"
    if ago == 1:
        return "Yesterday"
    if ago < 7:
        return "This week"
    return "Earlier this year" if day.year == today.year else str(day.year)
