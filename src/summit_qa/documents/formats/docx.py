"""Word: paragraphs by their styles, lists with their numbers, tables, footnotes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from summit_qa.documents.formats.containers import Container, attribute, core_properties, local
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable, clean

if TYPE_CHECKING:
    from lxml import etree

READER = "docx-2"
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo)\s*(\d)", re.IGNORECASE)
_LISTED = re.compile(r"list (?:bullet|number|continue) ([2-5])$")
_MOST_NESTING = 12  # tables and boxes within one another


@dataclass(frozen=True, slots=True)
class _Style:
    name: str = ""
    based_on: str = ""
    outline: int | None = None  # level of a heading, from 0
    list_id: str = ""
    list_level: int = 0


@dataclass(slots=True)
class _Parts:
    """What the paragraphs refer to."""

    styles: dict[str, _Style] = field(default_factory=dict)
    formats: dict[tuple[str, int], tuple[str, str, int]] = field(default_factory=dict)
    notes: dict[tuple[str, str], str] = field(default_factory=dict)


def read_docx(data: bytes, limits: Limits) -> Reading:
    """The text of a Word file; deleted and hidden text is left out."""
    container = Container(data, limits)
    root = container.xml(_main_part(container))
    if root is None:
        raise Unreadable("a damaged Word file: its main part is missing or broken")
    parts = _Parts(_styles(container), _numbering(container), _notes(container))
    builder = Builder(limits)
    body = next((child for child in root if local(child) == "body"), root)
    writer = _Writer(builder, parts)
    writer.write(body, 0)
    title, date = core_properties(container)
    return builder.build(READER, title or writer.title, date)


def _main_part(container: Container) -> str:
    root = container.xml("_rels/.rels")
    for relation in root if root is not None else ():
        if attribute(relation, "Type").endswith("/officeDocument"):
            return attribute(relation, "Target").lstrip("/")
    return "word/document.xml"


def _styles(container: Container) -> dict[str, _Style]:
    root = container.xml("word/styles.xml")
    found: dict[str, _Style] = {}
    for style in root if root is not None else ():
        if local(style) != "style":
            continue
        stated = _stated(style)
        name, based_on = stated.get("name", ""), stated.get("basedOn", "")
        outline = _number(stated["outlineLvl"], 9) if "outlineLvl" in stated else None
        list_id, level = stated.get("numId", ""), _number(stated.get("ilvl", ""))
        if outline is not None and outline >= 9:
            outline = None
        if heading := _HEADING.match(name):
            outline = max(0, int(heading[1]) - 1)
        found[attribute(style, "styleId")] = _Style(name, based_on, outline, list_id, level)
    return found


def _stated(properties: etree._Element) -> dict[str, str]:
    """The value of each property of a paragraph or style, not of what a change replaced."""
    found: dict[str, str] = {}
    stack = list(properties)
    while stack:
        element = stack.pop()
        if not local(element).endswith("Change"):
            found[local(element)] = attribute(element, "val")
            stack.extend(element)
    return found


def _numbering(container: Container) -> dict[tuple[str, int], tuple[str, str, int]]:
    """Kind of number, its pattern ("%1.%2") and start, by list and level."""
    root = container.xml("word/numbering.xml")
    abstract: dict[str, dict[int, tuple[str, str, int]]] = {}
    found: dict[tuple[str, int], tuple[str, str, int]] = {}
    for element in root if root is not None else ():
        if local(element) == "abstractNum":
            levels = abstract.setdefault(attribute(element, "abstractNumId"), {})
            for level in element:
                if local(level) != "lvl":
                    continue
                kind, pattern, start = "decimal", "", 1
                for child in level:
                    match local(child):
                        case "numFmt":
                            kind = attribute(child, "val")
                        case "lvlText":
                            pattern = attribute(child, "val")
                        case "start":
                            start = _number(attribute(child, "val"), 1)
                levels[_number(attribute(level, "ilvl"))] = kind, pattern, start
        elif local(element) == "num":
            for child in element:
                if local(child) == "abstractNumId":
                    for number, level_of in abstract.get(attribute(child, "val"), {}).items():
                        found[attribute(element, "numId"), number] = level_of
    return found


def _notes(container: Container) -> dict[tuple[str, str], str]:
    """Text of each footnote and endnote by kind and id."""
    found: dict[tuple[str, str], str] = {}
    for kind in ("footnote", "endnote"):
        root = container.xml(f"word/{kind}s.xml")
        for note in root if root is not None else ():
            if local(note) == kind and not attribute(note, "type"):
                found[kind, attribute(note, "id")] = clean(" ".join(_runs(p)[0] for p in note))
    return found


def _number(text: str, default: int = 0) -> int:
    return int(text) if text.isdigit() and len(text) < 7 else default


def _runs(paragraph: etree._Element) -> tuple[str, list[tuple[str, str]], list[etree._Element]]:
    """Text of a paragraph, the notes that it refers to, and text boxes anchored in it."""
    parts: list[str] = []
    notes: list[tuple[str, str]] = []
    boxes: list[etree._Element] = []
    stack = [paragraph]
    while stack:
        element = stack.pop()
        match local(element):
            case "t":
                parts.append(element.text or "")
                continue
            case "tab" | "br" | "cr" | "ptab":
                parts.append(" ")
                continue
            case "noBreakHyphen":
                parts.append("-")
                continue
            case "footnoteReference":
                notes.append(("footnote", attribute(element, "id")))
                continue
            case "endnoteReference":
                notes.append(("endnote", attribute(element, "id")))
                continue
            case "txbxContent":
                boxes.append(element)
                continue
            case "del" | "moveFrom" | "instrText" | "delText" | "rPr" | "pPr" | "Fallback" | "":
                continue
            case "r" if _is_hidden(element):
                continue
        stack.extend(reversed(element))
    return "".join(parts), notes, boxes


def _is_hidden(run: etree._Element) -> bool:
    for properties in run:
        if local(properties) == "rPr":
            for mark in properties:
                if local(mark) == "vanish" and attribute(mark, "val") not in ("0", "false"):
                    return True
    return False


class _Writer:
    def __init__(self, builder: Builder, parts: _Parts) -> None:
        self._builder = builder
        self._parts = parts
        self._counts: dict[tuple[str, int], int] = {}
        self.title = ""

    def write(self, body: etree._Element, depth: int) -> None:
        """All paragraphs and tables of a body, a cell or a box."""
        if depth > _MOST_NESTING:
            return
        for child in body:
            match local(child):
                case "p":
                    self._paragraph(child, depth)
                case "tbl":
                    self._table(child, depth)
                case "sdt" | "sdtContent" | "customXml" | "ins" | "moveTo" | "smartTag":
                    self.write(child, depth + 1)

    def _paragraph(self, paragraph: etree._Element, depth: int) -> None:
        text, notes, boxes = _runs(paragraph)
        text = clean(text)
        outline, list_id, at, name = self._properties(paragraph)
        level = at
        folded = name.lower()
        if deeper := _LISTED.match(folded):  # "List Bullet 2" is a list of its own to Word
            level = max(level, int(deeper[1]) - 1)
        number = self._next_number(list_id, at) if text and list_id not in ("", "0") else None
        if text and folded in ("title", "titel", "titre"):
            self._builder.add("title", text)
            self.title = self.title or text
        elif text and outline is not None:
            self._builder.add(
                "heading", f"{number} {text}" if number else text, min(outline + 1, 6)
            )
        elif text and number is not None:
            self._builder.add("item", f"{number} {text}".strip(), level)
        elif folded.startswith(("list bullet", "list number", "list paragraph")) and text:
            self._builder.add("paragraph" if folded == "list paragraph" else "item", text, level)
        elif "quote" in folded:
            self._builder.add("quote", text, 1)
        elif folded.startswith("toc ") and re.search(r"\d$", text):
            pass  # a table of contents: its entries are the headings
        else:
            self._builder.add("paragraph", text)
        for note in notes:
            self._builder.add("paragraph", self._parts.notes.get(note, ""))
        for box in boxes:
            self.write(box, depth + 1)

    def _properties(self, paragraph: etree._Element) -> tuple[int | None, str, int, str]:
        """Heading level from 0 or None, id and level of the list, name of the style."""
        properties = next((c for c in paragraph if local(c) == "pPr"), None)
        stated = {} if properties is None else _stated(properties)
        style_id, list_id = stated.get("pStyle", ""), stated.get("numId", "")
        level = min(8, _number(stated["ilvl"])) if "ilvl" in stated else -1
        outline = _number(stated["outlineLvl"], 9) if "outlineLvl" in stated else None
        name = ""
        for _ in range(10):  # styles are based on one another
            style = self._parts.styles.get(style_id)
            if style is None:
                break
            name = name or style.name
            outline = style.outline if outline is None else outline
            if not list_id and style.list_id:
                list_id, level = style.list_id, style.list_level if level < 0 else level
            style_id = style.based_on
        return (None if outline is None or outline > 8 else outline), list_id, max(0, level), name

    def _next_number(self, list_id: str, level: int) -> str:
        """The list item's number as shown; nothing for a bullet."""
        kind, pattern, start = self._parts.formats.get((list_id, level), ("bullet", "", 1))
        if kind in ("bullet", "none"):
            return ""
        self._counts[list_id, level] = self._counts.get((list_id, level), start - 1) + 1
        for deeper in range(level + 1, 9):
            self._counts.pop((list_id, deeper), None)

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            of = self._parts.formats.get((list_id, at), ("decimal", "", 1))
            return numeral(of[0], self._counts.get((list_id, at), of[2]))

        return re.sub(r"%(\d)", shown, pattern)

    def _table(self, table: etree._Element, depth: int) -> None:
        rows = list(_through(table, "tr"))
        above: list[str] = []
        for number, row in enumerate(rows):
            cells: list[str] = []
            inner: list[etree._Element] = []
            for cell in _through(row, "tc"):
                words: list[str] = []
                for child in cell:
                    if local(child) == "p":
                        words.append(_runs(child)[0])
                    elif local(child) == "tbl":
                        inner.append(child)
                width, goes_on = _merged(cell)
                if goes_on and len(cells) < len(above):  # it says the same as the cell above
                    words = [above[len(cells)]]
                cells += [" ".join(words), *[""] * (width - 1)]
            above = cells
            if len(rows) == 1 and len(cells) == 1:  # a frame around a text, no table
                for cell in _through(row, "tc"):
                    self.write(cell, depth + 1)
                return
            self._builder.row("header" if number == 0 and len(rows) > 1 else "row", cells)
            for nested in inner:
                if depth < _MOST_NESTING:
                    self._table(nested, depth + 1)


def _merged(cell: etree._Element) -> tuple[int, bool]:
    """Over how many columns a cell stands, and whether it goes on with the one above."""
    width, goes_on = 1, False
    properties = next((child for child in cell if local(child) == "tcPr"), None)
    for element in () if properties is None else properties:
        if local(element) == "gridSpan":
            width = max(1, min(100, _number(attribute(element, "val"), 1)))
        elif local(element) == "vMerge":
            goes_on = attribute(element, "val") != "restart"
    return width, goes_on


def _through(parent: etree._Element, name: str) -> list[etree._Element]:
    """Children of that name, also within content controls and insertions."""
    found: list[etree._Element] = []
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        if local(element) == name:
            found.append(element)
        elif local(element) in ("sdt", "sdtContent", "ins", "customXml", "smartTag"):
            stack.extend(reversed(element))
    return found


def numeral(kind: str, number: int) -> str:
    """A number as lists write it: decimal, letters or roman."""
    if kind in ("lowerLetter", "upperLetter") and 1 <= number <= 26 * 20:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter if kind == "lowerLetter" else letter.upper()
    if kind in ("lowerRoman", "upperRoman") and 1 <= number < 4000:
        text = ""
        for value, sign in _ROMAN:
            text += sign * (number // value)
            number %= value
        return text if kind == "lowerRoman" else text.upper()
    return str(number)


_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
