"""PowerPoint: a page a slide, its title, its text from top to bottom, tables and notes."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from summit_qa.documents.formats.containers import Container, attribute, core_properties, local
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable

if TYPE_CHECKING:
    from lxml import etree

READER = "pptx-1"
_NOT_SHOWN = ("dt", "ftr", "sldNum", "hdr", "sldImg")  # placeholders that repeat on each slide


def read_pptx(data: bytes, limits: Limits) -> Reading:
    """The text of a presentation; hidden slides keep their number but not their text."""
    container = Container(data, limits)
    deck = container.xml("ppt/presentation.xml")
    if deck is None:
        raise Unreadable("a damaged presentation: its main part is missing or broken")
    targets = relations(container, "ppt/presentation.xml")
    builder = Builder(limits)
    for listed in deck.iter():
        if local(listed) != "sldId":
            continue
        name = targets.get(_relation_id(listed), "")
        slide = container.xml(name) if name else None
        builder.page()
        if slide is None or attribute(slide, "show") == "0":
            continue
        _slide(builder, slide)
        for target in relations(container, name).values():
            if "notesSlide" in target and (notes := container.xml(target)) is not None:
                for shape in _shapes(notes):
                    if _placeholder(shape) == "body":
                        _paragraphs(builder, shape)
    title, date = core_properties(container)
    generic = title.lower() in ("powerpoint presentation", "presentation")
    first = next((b for b in builder.blocks if b.kind == "heading"), None)
    reading = builder.build(READER, "" if generic else title, date)
    if not reading.title and first is not None:
        return builder.build(READER, reading.text[first.start : first.end], date)
    return reading


def relations(container: Container, part: str) -> dict[str, str]:
    """The parts that a part refers to, by the id that it uses; nothing outside the file."""
    folder, name = posixpath.split(part)
    root = container.xml(f"{folder}/_rels/{name}.rels")
    found: dict[str, str] = {}
    for relation in root if root is not None else ():
        if attribute(relation, "TargetMode") != "External":
            target = attribute(relation, "Target")
            path = target[1:] if target.startswith("/") else posixpath.join(folder, target)
            found[attribute(relation, "Id")] = posixpath.normpath(path)
    return found


def _relation_id(element: etree._Element) -> str:
    for key, value in element.attrib.items():
        if str(key).endswith("}id"):
            return str(value)
    return ""


def _shapes(slide: etree._Element) -> list[etree._Element]:
    """Shapes with text and tables in groups too, in the order of the file."""
    return [e for e in slide.iter() if local(e) in ("sp", "graphicFrame")]


def _placeholder(shape: etree._Element) -> str:
    for element in shape.iter():
        if local(element) == "ph":
            return attribute(element, "type") or "body"
    return ""


def _height(shape: etree._Element) -> tuple[int, int]:
    for element in shape.iter():
        if local(element) == "off":
            try:
                return int(attribute(element, "y")), int(attribute(element, "x"))
            except ValueError:
                return 0, 0
    return 0, 0  # where the layout puts it; the order of the file then says


def _slide(builder: Builder, slide: etree._Element) -> None:
    shapes = _shapes(slide)
    titles = [s for s in shapes if _placeholder(s) in ("title", "ctrTitle")]
    rest = [s for s in shapes if not any(s is title for title in titles)]
    for shape in titles:
        builder.add("heading", " ".join(text for text, _ in _texts(shape)), 1)
    for shape in sorted(rest, key=_height):
        if _placeholder(shape) in _NOT_SHOWN:
            continue
        rows = [e for e in shape.iter() if local(e) == "tr"]
        for number, row in enumerate(rows):
            cells = [
                " ".join(text for text, _ in _texts(cell)) for cell in row if local(cell) == "tc"
            ]
            builder.row("header" if number == 0 and len(rows) > 1 else "row", cells)
        if not rows:
            _paragraphs(builder, shape)


def _paragraphs(builder: Builder, shape: etree._Element) -> None:
    texts = [(text, level) for text, level in _texts(shape) if text.strip()]
    listed = _placeholder(shape) in ("body", "obj") and len(texts) > 1
    for text, level in texts:
        builder.add("item" if listed or level else "paragraph", text, level)


def _texts(shape: etree._Element) -> list[tuple[str, int]]:
    """Text and level of each paragraph."""
    found: list[tuple[str, int]] = []
    for paragraph in shape.iter():
        if local(paragraph) != "p":
            continue
        level, parts = 0, []
        for element in paragraph.iter():
            match local(element):
                case "t":
                    parts.append(element.text or "")
                case "br":
                    parts.append(" ")
                case "pPr":
                    level = (
                        int(attribute(element, "lvl") or 0)
                        if attribute(element, "lvl").isdigit()
                        else 0
                    )
        found.append(("".join(parts), min(level, 8)))
    return found
