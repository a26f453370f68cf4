"""Jupyter notebooks: text cells, code cells, and what the code printed."""

from __future__ import annotations

import json
import re
from typing import Any

from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable, joined

READER = "ipynb-1"
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"(\s*)(?:[-*+]|(\d{1,3}[.)]))\s+(.*)")
_RULE = re.compile(r"^[|\s:+-]+$")
_MOST_OUTPUT = 20_000  # characters of one output


def read_ipynb(data: bytes, limits: Limits) -> Reading:
    """The text of a notebook."""
    try:
        notebook: Any = json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable("a damaged notebook: it is no JSON") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("a notebook without cells, or of a version before 4; save it again")
    builder = Builder(limits)
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        source = _text(cell.get("source"))
        if cell.get("cell_type") == "code":
            builder.code(source)
            for output in (
                cell.get("outputs") or () if isinstance(cell.get("outputs"), list) else ()
            ):
                builder.code(_output(output), "output")
        else:
            _markdown(builder, source)
    first = next((b for b in builder.blocks if b.kind == "heading"), None)
    reading = builder.build(READER)
    stated = notebook.get("metadata")
    title = stated.get("title") if isinstance(stated, dict) else None
    if not isinstance(title, str):
        title = reading.text[first.start : first.end] if first else ""
    return builder.build(READER, title)


def _text(source: Any) -> str:
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _output(output: Any) -> str:
    """What a cell printed as text; pictures and HTML are left out."""
    if not isinstance(output, dict):
        return ""
    data = output.get("data")
    text = _text(output.get("text")) or _text(
        data.get("text/plain") if isinstance(data, dict) else ""
    )
    return text[:_MOST_OUTPUT]


def _markdown(builder: Builder, source: str) -> None:
    """A text cell: headings, items, rows, code and paragraphs, without the marks."""
    waiting: list[str] = []
    fence: list[str] | None = None
    rows = 0

    def flush() -> None:
        builder.add("paragraph", joined(waiting))
        waiting.clear()

    for line in source.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            flush()
            if fence is None:
                fence = []
            else:
                builder.code("\n".join(fence))
                fence = None
        elif fence is not None:
            fence.append(line)
        elif found := _HEADING.match(line):
            flush()
            builder.add("heading", found[2], len(found[1]))
        elif found := _ITEM.match(line):
            flush()
            number = f"{found[2]} " if found[2] else ""
            builder.add("item", number + found[3], min(6, len(found[1]) // 2))
        elif line.count("|") >= 2:
            flush()
            if not _RULE.match(line):
                builder.row("row" if rows else "header", line.strip().strip("|").split("|"))
            rows += 1
            continue
        elif not line.strip():
            flush()
        else:
            waiting.append(line)
        rows = 0
    flush()
    if fence:
        builder.code("\n".join(fence))
