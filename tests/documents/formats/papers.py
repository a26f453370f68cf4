"""Makes small documents of each format, as programs write them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

PROSE = (
    "The footbridge over the mill race has been closed since the fourth of March because three "
    "of the eight oak beams are rotten and the new ones have to season before they are cut. "
)


def packed(parts: Mapping[str, str | bytes], *, stored: Sequence[str] = ()) -> bytes:
    """A zip file of the parts."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            kind = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            file.writestr(name, content, kind)
    return target.getvalue()


# PDF


def pdf(
    pages: Sequence[Sequence[tuple[Any, ...]]],
    *,
    title: str = "",
    outline: Sequence[tuple[int, str, int]] = (),
    password: str = "",
) -> bytes:
    """A PDF of pages of strings, each ``(x, y, size, text)`` or ``(…, font)``, from A4's corner."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    target = BytesIO()
    encryption = StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(target, encrypt=encryption, invariant=1)
    if title:
        canvas.setTitle(title)
    for number, strings in enumerate(pages):
        for page, name, level in outline:
            if page == number:
                canvas.bookmarkPage(f"{number}-{name}")
                canvas.addOutlineEntry(name, f"{number}-{name}", level)
        for x, y, size, text, *font in strings:
            canvas.setFont(font[0] if font else "Helvetica", size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def wrapped(text: str, x: float, y: float, width: float, size: float = 10) -> list[tuple[Any, ...]]:
    """Strings of a paragraph that is wrapped to a width in points."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    strings: list[tuple[Any, ...]] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if stringWidth(longer, "Helvetica", size) > width:
            strings.append((x, y, size, line))
            y -= 1.25 * size
            line = word
        else:
            line = longer
    return [*strings, (x, y, size, line)]


def picture_pdf(pages: int) -> bytes:
    """A scanned PDF: a picture a page and no text."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    target = BytesIO()
    canvas = Canvas(target, invariant=1)
    picture = ImageReader(Image.new("L", (20, 20), 128))
    for _ in range(pages):
        canvas.drawImage(picture, 50, 50, 400, 600)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


# Word

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_STYLES = f"""<?xml version="1.0"?><w:styles {W}>
<w:style w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style>
<w:style w:styleId="Own"><w:name w:val="Our chapter"/><w:basedOn w:val="H1"/></w:style>
<w:style w:styleId="Toc"><w:name w:val="toc 1"/></w:style>
<w:style w:styleId="LB2"><w:name w:val="List Bullet 2"/></w:style>
<w:style w:styleId="Q"><w:name w:val="Quote"/></w:style>
</w:styles>"""
_NUMBERING = f"""<?xml version="1.0"?><w:numbering {W}>
<w:abstractNum w:abstractNumId="7">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/>
</w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="8">
<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#8226;"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
</w:numbering>"""
_CORE = """<?xml version="1.0"?><cp:coreProperties
 xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<dc:title>{title}</dc:title><dcterms:created>{date}T10:00:00Z</dcterms:created>
</cp:coreProperties>"""
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/ct"/>'


def paragraph(text: str, style: str = "", number: tuple[int, int] | None = None) -> str:
    """A paragraph of Word, with a style and a place in a list (its id and level)."""
    marks = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        marks += f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
    return f"<w:p><w:pPr>{marks}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: Sequence[str]) -> str:
    """A table of Word."""
    lines = (
        "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def docx(body: str, **parts: str | bytes) -> bytes:
    """A Word file with that body; ``parts`` replace parts, as ``footnotes="<…>"``."""
    return packed(
        {
            "[Content_Types].xml": TYPES,
            "word/document.xml": f'<?xml version="1.0"?><w:document {W}><w:body>{body}</w:body>'
            "</w:document>",
            "word/styles.xml": _STYLES,
            "word/numbering.xml": _NUMBERING,
            "docProps/core.xml": _CORE.format(title="Stated title", date="2024-03-01"),
            **{f"word/{name}.xml": content for name, content in parts.items()},
        }
    )


# PowerPoint

_P = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def shape(kind: str, *texts: str, top: int = 0) -> str:
    """A shape of a slide: a placeholder of a kind, its paragraphs, its height on the slide."""
    held = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in texts)
    return (
        f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm>'
        f'<a:off x="0" y="{top}"/></a:xfrm></p:spPr><p:txBody>{held}</p:txBody></p:sp>'
    )


def pptx(*slides: str, hidden: Sequence[int] = (), notes: Mapping[int, str] | None = None) -> bytes:
    """A presentation of slides, from 1, each the XML of its shapes."""
    numbers = range(1, len(slides) + 1)
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in numbers)
    links = "".join(f'<Relationship Id="rId{n}" Target="slides/slide{n}.xml"/>' for n in numbers)
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "ppt/presentation.xml": f"<p:presentation {_P}><p:sldIdLst>{ids}</p:sldIdLst>"
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": f"<Relationships>{links}</Relationships>",
        "docProps/core.xml": _CORE.format(title="PowerPoint Presentation", date="2024-05-06"),
    }
    for n, held in zip(numbers, slides, strict=True):
        show = ' show="0"' if n in hidden else ""
        parts[f"ppt/slides/slide{n}.xml"] = (
            f"<p:sld {_P}{show}><p:cSld><p:spTree>{held}</p:spTree></p:cSld></p:sld>"
        )
        if notes and n in notes:
            parts[f"ppt/slides/_rels/slide{n}.xml.rels"] = (
                '<Relationships><Relationship Id="rId1" '
                f'Target="../notesSlides/notesSlide{n}.xml"/></Relationships>'
            )
            parts[f"ppt/notesSlides/notesSlide{n}.xml"] = (
                f"<p:notes {_P}>{shape('body', notes[n])}{shape('sldNum', str(n))}</p:notes>"
            )
    return packed(parts)


# Excel


def xlsx(
    sheets: Mapping[str, Sequence[Sequence[Any]]], formats: Mapping[str, str] | None = None
) -> bytes:
    """A workbook; ``formats`` are number formats by cell of the first sheet, as "B2"."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for cell, pattern in (formats or {}).items():
        book.worksheets[0][cell].number_format = pattern
    book.properties.title = "Prices"
    target = BytesIO()
    book.save(target)
    return target.getvalue()


# OpenDocument

_O = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def odt(body: str, manifest: str = "<manifest/>", kind: str = "text") -> bytes:
    """An OpenDocument text, spreadsheet or presentation with that body."""
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {_O}><office:body><office:{kind}>{body}"
            f"</office:{kind}></office:body></office:document-content>",
            "meta.xml": f"<office:document-meta {_O}><office:meta><dc:title>Stated title</dc:title>"
            "<meta:creation-date>2023-07-08T00:00:00</meta:creation-date></office:meta>"
            "</office:document-meta>",
            "META-INF/manifest.xml": manifest,
        },
        stored=["mimetype"],
    )


# EPUB


def epub(chapters: Mapping[str, str], **parts: str) -> bytes:
    """A book of chapters in the order of its spine, which is not that of its parts."""
    items = "".join(
        f'<item id="c{n}" href="text/{name}" media-type="application/xhtml+xml"/>'
        for n, name in reversed(list(enumerate(chapters)))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    return packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/>'
            "</rootfiles></container>",
            "OPS/book.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
            "<dc:title>The Book</dc:title><dc:date>2019-02-03</dc:date></metadata>"
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{
                f"OPS/text/{name}": f'<?xml version="1.0"?><html><head><title/>'
                f'<script src="x.js"/></head><body>{body}</body></html>'
                for name, body in chapters.items()
            },
            **parts,
        },
        stored=["mimetype"],
    )


def notebook(*cells: dict[str, Any]) -> bytes:
    """A notebook of cells."""
    return json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}).encode()
