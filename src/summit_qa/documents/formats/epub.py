"""EPUB: a page a chapter, in the order of the book's spine."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from summit_qa.documents.formats.containers import Container, attribute, local
from summit_qa.documents.formats.html import markup_of, parse, write
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable

READER = "epub-2"


def read_epub(data: bytes, limits: Limits) -> Reading:
    """The text of a book; Unreadable for one that is encrypted or has no spine."""
    container = Container(data, limits)
    if b"EncryptedData" in (container.read("META-INF/rights.xml") or b"") or (
        "META-INF/rights.xml" in container
    ):
        raise Unreadable("a book with copy protection; its text cannot be read")
    start = container.xml("META-INF/container.xml")
    places = [e for e in start.iter() if local(e) == "rootfile"] if start is not None else []
    opf = attribute(places[0], "full-path") if places else ""
    package = container.xml(opf) if opf else None
    if package is None:
        raise Unreadable("a damaged book: its list of chapters is missing")
    items: dict[str, tuple[str, str]] = {}
    spine: list[str] = []
    title = date = ""
    for element in package.iter():
        match local(element):
            case "item":
                href = unquote(attribute(element, "href").partition("#")[0])
                path = posixpath.normpath(posixpath.join(posixpath.dirname(opf), href))
                items[attribute(element, "id")] = path, attribute(element, "properties")
            case "itemref":
                spine.append(attribute(element, "idref"))
            case "title":
                title = title or (element.text or "").strip()
            case "date":
                date = date or (element.text or "").strip()
    builder = Builder(limits)
    for idref in spine:
        path, properties = items.get(idref, ("", ""))
        builder.page()
        chapter = container.read(path) if path else None
        if chapter is not None and "nav" not in properties.split():
            write(builder, parse(markup_of(chapter)))
    return builder.build(READER, title, date)
