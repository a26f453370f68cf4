"""PDF: words with their places from PDFium, then lines, columns, tables, headings, paragraphs."""

from __future__ import annotations

import ctypes
import itertools
import re
from collections.abc import Iterator
from statistics import median
from typing import Any

from summit_qa.documents.formats.pdf_blocks import Page, Writer, key, leave_out_repeated
from summit_qa.documents.formats.pdf_layout import (
    GAP,
    Piece,
    lines_of,
    regions,
)
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable, clean

READER = "pdf-2"
_DAMAGED = "a damaged PDF; open it in a viewer and save it again"
_MARK = "\ufffe"  # what PDFium gives for a hyphen that divides a word and for the line's end
_WORD = re.compile(r"[^\s\0]+")
_BOLD = re.compile(r"bold|black|heavy|demi|medi(?!a)|bx\d|-bd\b", re.IGNORECASE)
_FIXED = re.compile(r"courier|mono|typewriter|tt\d|consol|menlo|fixed", re.IGNORECASE)


def read_pdf(data: bytes, limits: Limits) -> Reading:
    """The text of a PDF; Unreadable for one that is encrypted, damaged or only pictures."""
    import pypdfium2 as pdfium

    try:
        file = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable("an encrypted PDF; save it without its password first") from None
        raise Unreadable(_DAMAGED) from None
    try:
        count = len(file)
        if not count:
            raise Unreadable("a PDF without pages")
        if count > limits.pages:
            raise Unreadable(
                f"{count:,} pages, more than the limit of {limits.pages:,}; split the file"
            )
        pages = [_page_of(file, number) for number in range(count)]
        if not any(page.pieces for page in pages):
            raise Unreadable(_no_text(file, count))
        outline = _outline(file)
        metadata = file.get_metadata_dict(skip_empty=True)
    except pdfium.PdfiumError:
        raise Unreadable(_DAMAGED) from None
    finally:
        file.close()
    for page in pages:
        page.regions = [lines for part in regions(page.pieces) if (lines := lines_of(part))]
    leave_out_repeated(pages)
    builder = Builder(limits)
    title = Writer(builder, pages, outline).write(_stated_title(metadata.get("Title", "")))
    return builder.build(READER, title, metadata.get("CreationDate", ""))


def _no_text(file: Any, count: int) -> str:
    from pypdfium2 import raw

    pictured = 0
    for number in range(min(count, 50)):
        page = file[number]
        pictured += any(
            True for _ in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3)
        )
        page.close()
    pages = "1 page" if count == 1 else f"{count:,} pages"
    if pictured:
        return f"{pages} of images, no text; run OCR first"
    return f"{pages} without text"


def _page_of(file: Any, number: int) -> Page:
    """Pieces of one page; a page that PDFium cannot load is an empty one."""
    import pypdfium2 as pdfium

    try:
        page = file[number]
    except pdfium.PdfiumError:
        return Page(0, 0, [])
    try:
        text_page = page.get_textpage()
        try:
            rotation = page.get_rotation()
            width, height = page.get_size()
            pieces = list(_pieces(text_page.raw))
            if rotation:
                pieces = [_turned(piece, rotation, width, height) for piece in pieces]
            return Page(width, height, pieces)
        finally:
            text_page.close()
    except pdfium.PdfiumError:
        return Page(0, 0, [])
    finally:
        page.close()


def _turned(piece: Piece, rotation: int, width: float, height: float) -> Piece:
    """The piece as it stands on a page that is shown turned; sizes are of the page as shown."""
    left, bottom, right, top = piece.left, piece.bottom, piece.right, piece.top
    if rotation == 90:
        box = bottom, height - right, top, height - left
    elif rotation == 180:
        box = width - right, height - top, width - left, height - bottom
    else:
        box = width - top, left, width - bottom, right
    return Piece(piece.words, *box, piece.size, piece.bold, piece.fixed)


def _pieces(page: Any) -> Iterator[Piece]:
    """Runs of words on a line without a wide gap; what stands upright or slanted is left out."""
    from pypdfium2 import raw

    text = _characters(page)
    box = raw.FS_RECTF()
    reference = ctypes.byref(box)
    loose = raw.FPDFText_GetLooseCharBox
    seen: set[tuple[str, int, int]] = set()
    for start, stop in _line_spans(text):
        words = [match.span() for match in _WORD.finditer(text, start, stop)]
        if not words:
            continue
        if abs(_sine(raw.FPDFText_GetCharAngle(page, words[0][0]))) > 0.1:
            continue
        places: list[tuple[float, float, float, float, int, int]] = []
        for first, end in words:
            if not loose(page, first, reference):
                continue
            left, bottom, top, right = box.left, box.bottom, box.top, box.right
            if end - first > 1 and loose(page, end - 1, reference):
                right = max(right, box.right)
            places.append((left, bottom, right, top, first, end))
        for run in _runs(places):
            left, bottom = min(place[0] for place in run), min(place[1] for place in run)
            right, top = max(place[2] for place in run), max(place[3] for place in run)
            own = [
                (place[0], place[2], text[place[4] : place[5]].replace(_MARK, "-")) for place in run
            ]
            drawn = (" ".join(word[2] for word in own), round(left), round(bottom))
            if drawn in seen:  # drawn twice, as some programs make bold
                continue
            seen.add(drawn)
            middle = run[len(run) // 2][4]
            size, bold, fixed = _font(page, middle, top - bottom)
            for place in (run[0], run[-1]) if len(run) > 1 and (bold or fixed) else ():
                _, also_bold, also_fixed = _font(page, place[4], size)
                bold, fixed = bold and also_bold, fixed and also_fixed
            yield Piece(own, left, bottom, right, top, size, bold, fixed)


def _characters(page: Any) -> str:
    """The page's characters, each at PDFium's number of it."""
    from pypdfium2 import raw

    count = raw.FPDFText_CountChars(page)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count * 2 + 2))()
    written = raw.FPDFText_GetText(page, 0, count, buffer)
    text = bytes(buffer)[: max(0, written - 1) * 2].decode("utf-16-le", "replace")
    if len(text) == count:
        return text
    codes = [raw.FPDFText_GetUnicode(page, number) for number in range(count)]
    return "".join(chr(c) if 0 < c < 0x110000 else " " for c in codes)


def _line_spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in re.finditer(r"[\r\n]+", text):
        # PDFium ends a line that a word is divided at with a mark instead of a line's end.
        yield from _divided(text, start, match.start())
        start = match.end()
    yield from _divided(text, start, len(text))


def _divided(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    while (mark := text.find(_MARK, start, stop)) >= 0:
        yield start, mark + 1
        start = mark + 1
    yield start, stop


def _runs(
    places: list[tuple[float, float, float, float, int, int]],
) -> Iterator[list[tuple[float, float, float, float, int, int]]]:
    """Words split where the gap between them is wider than justified text has gaps."""
    if not places:
        return
    gaps = [b[0] - a[2] for a, b in itertools.pairwise(places)]
    usual = median(gaps) if len(gaps) >= 6 else 0.0
    run = [places[0]]
    for gap, place in zip(gaps, places[1:], strict=True):
        height = max(1.0, min(place[3] - place[1], run[-1][3] - run[-1][1]))
        wide = gap > max(GAP * height, min(2.2 * usual, 1.2 * height)) or gap < -2 * height
        apart = abs((place[1] + place[3]) - (run[-1][1] + run[-1][3])) > 1.6 * height
        if wide or apart:
            yield run
            run = []
        run.append(place)
    yield run


def _font(page: Any, index: int, height: float) -> tuple[float, bool, bool]:
    """Size, whether bold, whether of fixed pitch."""
    from pypdfium2 import raw

    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(page, index, name, 128, ctypes.byref(flags))
    known = name.value.decode("latin-1")
    bold = bool(_BOLD.search(known)) or bool(flags.value & 0x40000)
    bold = bold or raw.FPDFText_GetFontWeight(page, index) >= 600
    fixed = bool(flags.value & 1) or bool(_FIXED.search(known))
    size = raw.FPDFText_GetFontSize(page, index)
    # A size that the drawing scales says nothing; the height of the box does.
    if not 0.5 * height <= size <= 1.5 * height:
        size = height / 1.2
    return size, bold, fixed


def _sine(angle: float) -> float:
    from math import sin

    return sin(angle) if angle >= 0 else 0.0


def _outline(file: Any) -> dict[tuple[int, str], int]:
    """Level of each heading that the file's own table of contents names, by page and words."""
    import pypdfium2 as pdfium

    found: dict[tuple[int, str], int] = {}
    try:
        for number, entry in enumerate(file.get_toc(max_depth=6)):
            if number >= 20_000:
                break
            place = entry.get_dest()
            page = place.get_index() if place else None
            if page is not None:
                found.setdefault((page, key(entry.get_title())), entry.level + 1)
    except (pdfium.PdfiumError, AttributeError, ValueError):
        return found
    return found


def _stated_title(text: str) -> str:
    """The title in the file's properties, unless a program put something else there."""
    title = clean(text)
    if re.search(
        r"\.(docx?|pdf|tex|dvi|indd|rtf|odt|html?)$|^(untitled|microsoft word|\(anon)",
        title.lower(),
    ):
        return ""
    return title if len(title) > 2 else ""
