"""OpenDocument text, sheets and slides: headings, paragraphs, lists, tables and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from summit_qa.documents.formats.containers import Container, attribute, local
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable

if TYPE_CHECKING:
    from lxml import etree

READER = "odt-2"
_MOST_NESTING = 20
_MOST_CELLS = 1_000  # of one row that are looked at
_UNSHOWN = ("tracked-changes", "annotation", "annotation-end", "table-of-content", "")


def read_odt(data: bytes, limits: Limits) -> Reading:
    """The text of an OpenDocument file; deleted text and comments are left out."""
    container = Container(data, limits)
    if "META-INF/manifest.xml" in container and b"encryption-data" in (
        container.read("META-INF/manifest.xml") or b""
    ):
        raise Unreadable("encrypted; save it without its password first")
    root = container.xml("content.xml")
    if root is None:
        raise Unreadable("a damaged OpenDocument file: its main part is missing or broken")
    titles = {
        attribute(style, "name")
        for style in root.iter()
        if local(style) == "style" and attribute(style, "parent-style-name") == "Title"
    } | {"Title"}
    builder = Builder(limits)
    body = next((e for e in root.iter() if local(e) == "body"), root)
    for child in body:
        if local(child) == "spreadsheet":
            _sheets(builder, child)
        else:
            _write(builder, child, titles, 0, -1)
    title, date = _properties(container)
    if not title:
        first = next((b for b in builder.blocks if b.kind == "title"), None)
        reading = builder.build(READER, "", date)
        title = reading.text[first.start : first.end] if first else ""
    return builder.build(READER, title, date)


def _properties(container: Container) -> tuple[str, str]:
    root = container.xml("meta.xml")
    found = {} if root is None else {local(e): (e.text or "").strip() for e in root.iter()}
    return found.get("title", ""), found.get("creation-date", "") or found.get("date", "")


def _write(
    builder: Builder, parent: etree._Element, titles: set[str], depth: int, level: int
) -> None:
    """All that is shown below an element; ``level`` is that of the list around it, -1 for none."""
    if depth > _MOST_NESTING:
        return
    for child in parent:
        match local(child):
            case "h":
                text, notes = _text(child)
                outline = attribute(child, "outline-level")
                builder.add("heading", text, min(int(outline), 6) if outline.isdigit() else 1)
                _add_all(builder, notes)
            case "p":
                text, notes = _text(child)
                if level >= 0:
                    builder.add("item", text, level)
                elif attribute(child, "style-name") in titles:
                    builder.add("title", text)
                else:
                    builder.add("paragraph", text)
                _add_all(builder, notes)
            case "list":
                _write(builder, child, titles, depth + 1, level + 1)
            case "table":
                _table(builder, child)
            case "page":  # a slide
                builder.page()
                _write(builder, child, titles, depth + 1, level)
            case "frame" if attribute(child, "class") == "title":
                words = (_text(p)[0] for p in child.iter() if local(p) == "p")
                builder.add("heading", " ".join(words), 1)
            case name if name in _UNSHOWN:
                pass
            case _:
                _write(builder, child, titles, depth + 1, level)


def _add_all(builder: Builder, notes: list[str]) -> None:
    for note in notes:
        builder.add("paragraph", note)


def _table(builder: Builder, table: etree._Element) -> None:
    rows = [row for row in table.iter() if local(row) == "table-row"]
    for number, row in enumerate(rows):
        builder.row("header" if number == 0 and len(rows) > 1 else "row", _cells(row))


def _cells(row: etree._Element) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if local(cell) in ("table-cell", "covered-table-cell"):
            text = " ".join(_text(p)[0] for p in cell.iter() if local(p) in ("p", "h"))
            repeated = attribute(cell, "number-columns-repeated")
            cells += [text] * (min(int(repeated[:6]), _MOST_CELLS) if repeated.isdigit() else 1)
    return cells[:_MOST_CELLS]


def _sheets(builder: Builder, book: etree._Element) -> None:
    """A page a sheet; the header is a first row of several cells, all in words."""
    for table in book:
        if local(table) != "table":
            continue
        builder.page()
        builder.add("heading", attribute(table, "name"), 1)
        waiting = True
        for row in (row for row in table.iter() if local(row) == "table-row"):
            cells = _cells(row)
            filled = sum(bool(cell.strip()) for cell in cells)
            if waiting and filled == 1:
                builder.add("paragraph", " ".join(cells))
            elif filled:
                kinds = {attribute(cell, "value-type") for cell in row}
                header = waiting and filled > 1 and kinds <= {"", "string"}
                builder.row("header" if header else "row", cells)
                waiting = False


def _text(paragraph: etree._Element) -> tuple[str, list[str]]:
    """Text of a paragraph and that of the notes in it."""
    parts: list[str] = [paragraph.text or ""]
    notes: list[str] = []
    stack: list[etree._Element | str] = []

    def push(element: etree._Element) -> None:
        for child in reversed(element):
            stack.append(child.tail or "")
            stack.append(child)

    push(paragraph)
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        match local(item):
            case "s":
                parts.append(" ")
            case "tab" | "line-break":
                parts.append(" ")
            case "note":
                notes += [
                    "".join(str(t) for t in body.itertext())
                    for body in item
                    if local(body) == "note-body"
                ]
            case "annotation" | "annotation-end" | "tracked-changes" | "":
                pass
            case _:
                parts.append(item.text or "")
                push(item)
    return "".join(parts), notes
