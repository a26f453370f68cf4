"""Files that are damaged or mean harm, made anew each time; none is kept in the repository."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import papers

READ = "read"
SKIPPED = "skipped"


_WIDE_ROW = (
    '<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576">'
    '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    "</table:table-row></table:table>"
)


def _speakers(count: int) -> bytes:
    """As many speakers, each of whom asks twice."""
    return b"".join(b"P%d: Really?\n\n" % (number % count) for number in range(2 * count))


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, and whether it is to be read or skipped with a reason that holds some words."""

    name: str
    make: Callable[[], bytes]
    outcome: str
    reason: str = ""


_PDF = papers.pdf([papers.wrapped(papers.PROSE * 6, 72, 760, 450)])
_DOCX = papers.docx(papers.paragraph(papers.PROSE))
_XLSX = papers.xlsx({"Prices": [["Item", "Price"], ["Bread", 3.2]]})
_EPUB = papers.epub({"one.xhtml": f"<p>{papers.PROSE}</p>"})
_ODT = papers.odt(f"<text:p>{papers.PROSE}</text:p>")
_GIF = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=")


def _laughs(head: str, tail: str) -> str:
    entities = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10)
    )
    return f'<?xml version="1.0"?><!DOCTYPE x [{entities}]>{head}&l9;{tail}'


def _replaced(body: str) -> bytes:
    """A Word file whose main part is replaced as a whole."""
    return papers.packed({"[Content_Types].xml": papers.TYPES, "word/document.xml": body})


def _empty_pages(count: int) -> bytes:
    """A PDF of pages that hold nothing, written by hand, since a library would take long."""
    kids = " ".join(f"{n + 3} 0 R" for n in range(count))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {count}/Kids[{kids}]/MediaBox[0 0 100 100]>>",
        *["<</Type/Page/Parent 2 0 R>>"] * count,
    ]
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj{content}endobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        data
        + (
            f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\n"
            f"startxref\n{len(data)}\n%%EOF"
        ).encode()
    )


def _page_tree_in_a_circle() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 5/Kids[2 0 R 2 0 R]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


def _pdf_stream(content: bytes, filters: str) -> bytes:
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Length %d/Filter[%s]>>stream\n"
        % (len(content), filters.encode())
        + content
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


def _bomb(size: int) -> bytes:
    return gzip.compress(bytes(size), 9)


def _false_size(data: bytes) -> bytes:
    """The zip file with each part said to be of one byte."""
    changed = bytearray(data)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        changed[at + 24 : at + 28] = struct.pack("<I", 1)
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def _encrypted_zip(data: bytes) -> bytes:
    """The zip file with each part marked as encrypted."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(mark, at + 4)
    return bytes(changed)


def _mail(*lines: str) -> bytes:
    head = (
        "From: a@b.example",
        "To: c@d.example",
        "Message-ID: <1@b.example>",
        "MIME-Version: 1.0",
    )
    return "\r\n".join((*head, *lines)).encode()


def _mail_in_mail(depth: int) -> bytes:
    data = _mail("Subject: innermost", "", papers.PROSE)
    for level in range(depth):
        data = _mail(f"Subject: level {level}", "Content-Type: message/rfc822", "", "") + data
    return data


def _archive_in_archive(depth: int) -> bytes:
    data = b"text"
    for level in range(depth):
        data = papers.packed({f"{level}.zip": data})
    return data


def _packed_in_packed(depth: int) -> bytes:
    data = papers.PROSE.encode()
    for _ in range(depth):
        data = gzip.compress(data, mtime=0)
    return data


def _nested(opened: str, closed: str, depth: int) -> bytes:
    return (opened * depth + papers.PROSE + closed * depth).encode()


def _empty_rows() -> bytes:
    rows = "".join(f'<row r="{n}"/>' for n in range(1, 1_000_000))
    parts = _parts(_XLSX)
    parts["xl/worksheets/sheet1.xml"] = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>'
    )
    return papers.packed(parts)


def _parts(data: bytes) -> dict[str, str | bytes]:
    import zipfile
    from io import BytesIO

    with zipfile.ZipFile(BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def _without(data: bytes, part: str) -> bytes:
    return papers.packed({name: held for name, held in _parts(data).items() if name != part})


def _with(data: bytes, part: str, content: str | bytes) -> bytes:
    return papers.packed(_parts(data) | {part: content})


def _outward() -> str:
    return (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">'
        '<!ENTITY n SYSTEM "http://192.0.2.1/e">]>'
        f"<w:document {papers.W}><w:body><w:p><w:r><w:t>Seen &e;&n;</w:t></w:r></w:p></w:body>"
        "</w:document>"
    )


ALL: tuple[Hostile, ...] = (
    # PDF
    Hostile("cut.pdf", lambda: _PDF[: len(_PDF) // 2], SKIPPED),
    Hostile("only-a-mark.pdf", lambda: b"%PDF-1.7\n", SKIPPED, "damaged"),
    Hostile("noise.pdf", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 400, SKIPPED, "damaged"),
    Hostile(
        "password.pdf", lambda: papers.pdf([[(72, 700, 12, "x")]], password="p"), SKIPPED, "passw"
    ),
    Hostile("scanned.pdf", lambda: papers.picture_pdf(12), SKIPPED, "12 pages of images, no text"),
    Hostile("blank.pdf", lambda: papers.pdf([[]]), SKIPPED, "1 page without text"),
    Hostile("many-pages.pdf", lambda: _empty_pages(10_000), SKIPPED, "10,000 pages"),
    Hostile("circle.pdf", _page_tree_in_a_circle, SKIPPED),
    Hostile(
        "stream-bomb.pdf",
        lambda: _pdf_stream(zlib.compress(zlib.compress(bytes(80_000_000), 9), 9), "/Fl /Fl"),
        SKIPPED,
    ),
    Hostile(
        "deep-drawing.pdf",
        lambda: _pdf_stream(zlib.compress(b"q " * 2_000_000), "/FlateDecode"),
        SKIPPED,
    ),
    Hostile("is-html.pdf", lambda: f"<html><p>{papers.PROSE}</p></html>".encode(), READ),
    Hostile("leading-noise.pdf", lambda: b"\r\n\r\n" + _PDF, READ),
    Hostile("trailing-noise.pdf", lambda: _PDF + bytes(5000), READ),
    # Office
    Hostile("cut.docx", lambda: _DOCX[: len(_DOCX) // 2], SKIPPED, "damaged"),
    Hostile("no-parts.docx", lambda: papers.packed({"[Content_Types].xml": papers.TYPES}), SKIPPED),
    Hostile("no-main-part.docx", lambda: _without(_DOCX, "word/document.xml"), SKIPPED, "damaged"),
    Hostile("no-styles.docx", lambda: _without(_DOCX, "word/styles.xml"), READ),
    Hostile("not-xml.docx", lambda: _replaced("<w:document"), SKIPPED, "damaged"),
    Hostile("laughs.docx", lambda: _replaced(_laughs(f"<w:d {papers.W}>", "</w:d>")), SKIPPED),
    Hostile("outward.docx", lambda: _replaced(_outward()), READ),
    Hostile("encrypted.docx", lambda: _encrypted_zip(_DOCX), SKIPPED, "encrypted"),
    Hostile(
        "old-or-encrypted.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), SKIPPED
    ),
    Hostile("false-size.docx", lambda: _false_size(_DOCX), SKIPPED, "damaged"),
    Hostile(
        "bomb.docx", lambda: _with(_DOCX, "word/media/x.bin", bytes(40_000_000)), SKIPPED, "limit"
    ),
    Hostile(
        "deep-table.docx",
        lambda: _replaced(
            f"<w:document {papers.W}><w:body>"
            + "<w:tbl><w:tr><w:tc>" * 20_000
            + "</w:tc></w:tr></w:tbl>" * 20_000
            + "</w:body></w:document>"
        ),
        SKIPPED,
    ),
    Hostile(
        "styles-in-a-circle.docx",
        lambda: papers.docx(
            papers.paragraph(papers.PROSE, "A"),
            styles=f'<w:styles {papers.W}><w:style w:styleId="A"><w:basedOn w:val="B"/></w:style>'
            '<w:style w:styleId="B"><w:basedOn w:val="A"/></w:style></w:styles>',
        ),
        READ,
    ),
    Hostile("million-empty-rows.xlsx", _empty_rows, READ),
    Hostile(
        "not-xml.xlsx", lambda: _with(_XLSX, "xl/worksheets/sheet1.xml", "<worksheet"), SKIPPED
    ),
    Hostile(
        "laughs.xlsx", lambda: _with(_XLSX, "xl/workbook.xml", _laughs("<w>", "</w>")), SKIPPED
    ),
    Hostile("cut.xlsx", lambda: _XLSX[:-200], SKIPPED, "damaged"),
    Hostile("no-slides.pptx", lambda: papers.pptx(), SKIPPED, "no text"),
    Hostile(
        "missing-slide.pptx",
        lambda: _without(papers.pptx(papers.shape("title", "One"), ""), "ppt/slides/slide2.xml"),
        READ,
    ),
    Hostile(
        "wide-repeat.odt",
        lambda: papers.odt(
            '<table:table><table:table-row table:number-rows-repeated="1048576">'
            '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p>'
            "</table:table-cell></table:table-row></table:table>"
        ),
        READ,
    ),
    Hostile(
        "encrypted.odt", lambda: papers.odt("", "<manifest><encryption-data/></manifest>"), SKIPPED
    ),
    Hostile("cut.odt", lambda: _ODT[:300], SKIPPED, "damaged"),
    # Books
    Hostile("no-spine.epub", lambda: _without(_EPUB, "OPS/book.opf"), SKIPPED, "damaged"),
    Hostile(
        "protected.epub", lambda: _with(_EPUB, "META-INF/rights.xml", "<r/>"), SKIPPED, "protection"
    ),
    Hostile(
        "outside.epub",
        lambda: _with(
            _EPUB,
            "OPS/book.opf",
            '<package><manifest><item id="a" href="../../../../etc/passwd"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        ),
        SKIPPED,
        "no text",
    ),
    # HTML
    Hostile("one-line.html", lambda: b"<html><p>" + b"word " * 4_000_000, READ),
    Hostile("deep.html", lambda: _nested("<div>", "</div>", 12_000), READ),
    Hostile("deep-inline.html", lambda: _nested("<b><i>", "</i></b>", 50_000), READ),
    Hostile(
        "unclosed.html", lambda: b"<html><body><table><tr><td>a<td>b<tr><td>" + b"<li>c" * 999, READ
    ),
    Hostile("many-attributes.html", lambda: b"<html><p " + b"a=b " * 500_000 + b">text</p>", READ),
    Hostile("zeros.html", lambda: b"<html><p>" + bytes(5000) + b"text</p></html>", READ),
    Hostile(
        "false-charset.html", lambda: b'<html><meta charset="nonsense"><p>Gr\xfc\xdfe</p>', READ
    ),
    Hostile("menus.html", lambda: _nested('<div class="nav"><a>x</a>', "</div>", 3_000), READ),
    Hostile(
        "wide-span.html", lambda: b'<html><table><tr><td rowspan="9999" colspan="9999">a<td>b', READ
    ),
    Hostile(
        "only-script.html", lambda: b"<html><script>" + b"a" * 9999 + b"</script></html>", SKIPPED
    ),
    # Mail
    Hostile(
        "no-boundary.eml", lambda: _mail("Content-Type: multipart/mixed", "", papers.PROSE), READ
    ),
    Hostile(
        "bad-base64.eml",
        lambda: _mail("Content-Transfer-Encoding: base64", "Subject: s", "", "!!!!" * 99),
        READ,
    ),
    Hostile(
        "bad-charset.eml",
        lambda: _mail("Content-Type: text/plain; charset=x-\x01", "", "text"),
        READ,
    ),
    Hostile(
        "bad-header.eml",
        lambda: _mail("Subject: =?utf-8?b?gibberish", "Date: soon", "", "text"),
        READ,
    ),
    Hostile("mail-in-mail.eml", lambda: _mail_in_mail(60), READ),
    Hostile(
        "endless-parts.eml",
        lambda: _mail(
            'Content-Type: multipart/mixed; boundary="b"', "", "--b\r\n\r\nx\r\n" * 5_000
        ),
        READ,
    ),
    # RTF, notebooks
    Hostile(
        "deep.rtf", lambda: b"{\\rtf1 " + b"{" * 100_000 + b"text" + b"}" * 100_000 + b"}", READ
    ),
    Hostile("cut.rtf", lambda: b"{\\rtf1 {\\fonttbl{\\f0 Arial", SKIPPED),
    Hostile("deep.ipynb", lambda: b'{"cells":' + b"[" * 100_000, SKIPPED),
    Hostile("no-cells.ipynb", lambda: b'{"nbformat": 4}', SKIPPED, "cells"),
    Hostile(
        "odd-cells.ipynb", lambda: json.dumps({"cells": [1, {"source": 5}, None]}).encode(), SKIPPED
    ),
    # Data kept as text
    Hostile("deep.json", lambda: b"[" * 1_000_000 + b"1", READ),
    Hostile("deep.xml", lambda: _nested("<a>", "</a>", 100_000), READ),
    Hostile("laughs.xml", lambda: _laughs("<x>", "</x>").encode(), READ),
    Hostile("anchors.yaml", lambda: b"a: &a [x]\n" + b"b: *a\n" * 9, READ),
    Hostile("open-quote.csv", lambda: b'a,b\n"' + b"x,y\n" * 100_000, READ),
    # Packed
    Hostile("bomb.txt.gz", lambda: _bomb(40_000_000), SKIPPED, "unpacks to more than"),
    Hostile("cut.txt.gz", lambda: gzip.compress(b"text" * 1000)[:-9], SKIPPED, "cut short"),
    Hostile("packed-in-packed.gz", lambda: _packed_in_packed(20), SKIPPED, "within files"),
    Hostile("not-packed.gz", lambda: b"\x1f\x8b" + bytes(range(200)), SKIPPED, "damaged"),
    Hostile("archives.zip", lambda: _archive_in_archive(9), SKIPPED, "archive"),
    Hostile("archive.docx", lambda: papers.packed({"a.txt": "text"}), SKIPPED, "archive"),
    Hostile("empty.zip", lambda: papers.packed({}), SKIPPED, "archive"),
    # Neither
    Hostile("picture.txt", lambda: _GIF, SKIPPED, "image"),
    Hostile("picture.html", lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(99), SKIPPED, "image"),
    Hostile("program.pdf", lambda: b"\x7fELF\x02\x01\x01" + bytes(99), SKIPPED, "program"),
    Hostile("noise.bin.txt", lambda: bytes(range(1, 256)) * 8, SKIPPED),
    # Text that is quick to read only if every character is looked at a few times
    Hostile("one-line.xml", lambda: b"<r>" + b"<a>x</a>" * 40_000 + b"</r>", READ),
    Hostile("tags.md", lambda: b"<b>" * 200_000 + b"x" + b"</b>" * 200_000, READ),
    Hostile("badges.md", lambda: b"[![" * 300_000 + b"\n\nText.\n", READ),
    Hostile("contents.md", lambda: b"# Contents\n\n- a\n- b\n\n" * 5_000, READ),
    Hostile("stairs.txt", lambda: b"".join(b" " * n + b"- a\n" for n in range(2_500)), READ),
    Hostile("speakers.txt", lambda: _speakers(4_000), READ),
    Hostile("brace.tex", lambda: b"\\section{" + b"{a}" * 300_000 + b"\n\nText.\n", READ),
    Hostile("stairs.py", lambda: b"".join(b" " * n + b"if a:\n" for n in range(2_500)), READ),
    Hostile("quotes.txt", lambda: b"> " * 200_000 + b"a\n" + b">" * 200_000 + b"b\n", READ),
    Hostile("sheet-bomb.ods", lambda: papers.odt(_WIDE_ROW, kind="spreadsheet"), READ),
    Hostile("no-slides.odp", lambda: papers.odt("", kind="presentation"), SKIPPED, "no text"),
)
