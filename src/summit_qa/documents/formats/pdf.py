"""PDF: words with their places from PDFium, then lines, columns, tables, headings, paragraphs."""

from __future__ import annotations

import ctypes
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from summit_qa.documents.formats.pdf_layout import (
    GAP,
    Line,
    Piece,
    Table,
    grouped,
    is_item,
    lines_of,
    measure,
    regions,
    without_bullet,
)
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable, clean, joined

READER = "pdf-1"
_DAMAGED = "a damaged PDF; open it in a viewer and save it again"
_MARK = "\ufffe"  # what PDFium gives for a hyphen that divides a word and for the line's end
_WORD = re.compile(r"[^\s\0]+")
_BOLD = re.compile(r"bold|black|heavy|demi|medi(?!a)|bx\d|-bd\b", re.IGNORECASE)
_FIXED = re.compile(r"courier|mono|typewriter|tt\d|consol|menlo|fixed", re.IGNORECASE)


@dataclass(slots=True)
class _Page:
    """What stands on a page; ``lines`` are filled region by region, in reading order."""

    width: float
    height: float
    pieces: list[Piece]
    regions: list[list[Line]] = field(default_factory=list)


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
    _leave_out_repeated(pages)
    builder = Builder(limits)
    title = _Writer(builder, pages, outline).write(_stated_title(metadata.get("Title", "")))
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


def _page_of(file: Any, number: int) -> _Page:
    """Pieces of one page; a page that PDFium cannot load is an empty one."""
    import pypdfium2 as pdfium

    try:
        page = file[number]
    except pdfium.PdfiumError:
        return _Page(0, 0, [])
    try:
        text_page = page.get_textpage()
        try:
            rotation = page.get_rotation()
            width, height = page.get_size()
            pieces = list(_pieces(text_page.raw))
            if rotation:
                pieces = [_turned(piece, rotation, width, height) for piece in pieces]
            return _Page(width, height, pieces)
        finally:
            text_page.close()
    except pdfium.PdfiumError:
        return _Page(0, 0, [])
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
            key = (" ".join(word[2] for word in own), round(left), round(bottom))
            if key in seen:  # drawn twice, as some programs make bold
                continue
            seen.add(key)
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
                found.setdefault((page, _key(entry.get_title())), entry.level + 1)
    except (pdfium.PdfiumError, AttributeError, ValueError):
        return found
    return found


_NUMBERED = re.compile(
    r"^(?:(?:chapter|appendix|section|part)\s+)?[\divxa-z]{0,4}(?:\.\d+)*[.:]?\s+", re.IGNORECASE
)


def _key(text: str) -> str:
    """A heading's words without its number."""
    return _NUMBERED.sub("", clean(text)).casefold().strip()


def _stated_title(text: str) -> str:
    """The title in the file's properties, unless a program put something else there."""
    title = clean(text)
    if re.search(
        r"\.(docx?|pdf|tex|dvi|indd|rtf|odt|html?)$|^(untitled|microsoft word|\(anon)",
        title.lower(),
    ):
        return ""
    return title if len(title) > 2 else ""


def _leave_out_repeated(pages: list[_Page]) -> None:
    """Take headers and footers away: what stands in the same place of several pages."""
    places: list[list[tuple[tuple[str, int], Line]]] = []
    for page in pages:
        lines = sorted((line for part in page.regions for line in part), key=lambda line: -line.top)
        outer = [
            line
            for rank, line in enumerate(lines)
            if (rank < 3 and line.top > 0.85 * page.height)
            or (rank >= len(lines) - 3 and line.bottom < 0.15 * page.height)
        ]
        places.append([(_place(line), line) for line in outer])
    counts = Counter(place for found in places for place in {place for place, _ in found})
    near = Counter[tuple[str, int]]()
    for (words, height), count in counts.items():
        near.update({(words, height + shift): count for shift in (-1, 0, 1)})
    offsets = Counter(
        offset
        for number, found in enumerate(places)
        for offset in {offset for _, line in found for offset in _offsets(line, number)}
    )
    least = 2 if len(pages) < 4 else 3
    for number, (page, found) in enumerate(zip(pages, places, strict=True)):
        gone = {
            id(line)
            for place, line in found
            if near[place] >= least
            or _NUMBER_OF_PAGE.match(line.text.strip())
            or any(offsets[offset] >= 3 for offset in _offsets(line, number))
        }
        if gone:
            page.regions = [
                kept for part in page.regions if (kept := [x for x in part if id(x) not in gone])
            ]
            for part in page.regions:
                measure(part)


def _offsets(line: Line, number: int) -> list[tuple[bool, int]]:
    """By how much a number at a line's beginning or end differs from the page's own.

    Where several pages differ by the same, these are page numbers and the lines running heads.
    """
    text = line.text.strip()
    first, last = re.match(r"\d{1,4}(?=\s|$)", text), re.search(r"(?:^|\s)(\d{1,4})$", text)
    return [
        *([(True, int(first[0]) - number)] if first else []),
        *([(False, int(last[1]) - number)] if last else []),
    ]


_NUMBER_OF_PAGE = re.compile(
    r"(?i)[-–—\[(]?\s*(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/)\s*\d{1,4})?\s*[-–—\])]?$"
)


def _place(line: Line) -> tuple[str, int]:
    words = re.sub(r"\d+|\b[ivxlc]+\b", "#", clean(line.text).casefold())
    return words, round(line.middle / 4)


_FIGURE = re.compile(r"[-+(]?[€£$]?\s?\d[\d.,\s]*[.,]\d+\)?\s?%?$|\d{1,3}\s?%$")
_COMPOUNDS = re.compile(r"(?<![\w-])[^\W\d_]{2,}-[^\W\d_]+")


class _Writer:
    """Writes pages as blocks; knows the body's font and the sizes that headings have."""

    def __init__(
        self, builder: Builder, pages: list[_Page], outline: dict[tuple[int, str], int]
    ) -> None:
        self._builder = builder
        self._pages = pages
        self._outline = outline
        lines = [line for page in pages for part in page.regions for line in part]
        self._compounds = frozenset(
            word.lower() for line in lines for word in _COMPOUNDS.findall(line.text)
        )
        sizes: Counter[float] = Counter()
        bold: Counter[bool] = Counter()
        fixed: Counter[bool] = Counter()
        for line in lines:
            length = len(line.text)
            sizes[round(line.size * 2) / 2] += length
            bold[line.bold] += length
            fixed[line.fixed] += length
        self._body = sizes.most_common(1)[0][0] if sizes else 10.0
        self._body_bold = bold[True] > bold[False]
        self._body_fixed = fixed[True] > 2 * fixed[False]
        larger = sorted(
            (
                size
                for size in sizes
                if size > 1.1 * self._body and sizes[size] < 0.2 * sizes.total()
            ),
            reverse=True,
        )
        self._levels = {size: min(6, level) for level, size in enumerate(larger, 1)}
        self._bold_level = min(6, len(larger) + 1)

    def write(self, stated: str) -> str:
        """All pages; gives the title."""
        first: tuple[float, str] | None = None
        for number, page in enumerate(self._pages):
            self._builder.page()
            for part in page.regions:
                for group in grouped(part):
                    if isinstance(group, Table):
                        self._table(group)
                        continue
                    for paragraph in self._paragraphs(group):
                        size = self._paragraph(number, paragraph)
                        if (
                            number == 0
                            and size > 1.1 * self._body
                            and (first is None or size > first[0])
                        ):
                            first = size, clean(joined([line.text for line in paragraph]))
        return stated or (first[1] if first and len(first[1]) <= 200 else "")

    def _table(self, table: Table) -> None:
        for number, row in enumerate(table.rows):
            figures = any(_FIGURE.match(cell) for cell in row)
            self._builder.row("row" if number or figures else "header", row)

    def _paragraph(self, page: int, lines: list[Line]) -> float:
        """One paragraph; the font's size where it is a heading, else 0."""
        text = joined([line.text for line in lines], self._compounds)
        if all(self._is_code(line) for line in lines) and " " in text:
            left = min(line.left for line in lines)
            size = max(1.0, 0.6 * lines[0].size)
            self._builder.code(
                "\n".join(
                    " " * min(60, round((line.left - left) / size)) + _spaced(line, size)
                    for line in lines
                )
            )
            return 0.0
        level = self._heading_level(page, lines, text)
        if level:
            self._builder.add("heading", text, level)
            return lines[0].size
        if is_item(text):
            self._builder.add("item", without_bullet(text), self._depth(lines[0]))
        else:
            self._builder.add("paragraph", text)
        return 0.0

    def _is_code(self, line: Line) -> bool:
        return line.fixed and not self._body_fixed

    def _depth(self, line: Line) -> int:
        return max(0, min(5, round((line.left - line.column[0]) / (2.2 * max(1.0, line.size))) - 1))

    def _heading_level(self, page: int, lines: list[Line], text: str) -> int:
        if len(lines) > 4 or len(text) > 250 or not any(c.isalpha() for c in text):
            return 0
        level = self._outline.get((page, _key(text)))
        if level and len(lines) <= 3:
            return level
        size = round(max(line.size for line in lines) * 2) / 2
        if size in self._levels and len(text) > 1:
            return self._levels[size]
        if (
            all(line.bold for line in lines)
            and not self._body_bold
            and size >= 0.95 * self._body
            and not text.rstrip().endswith((",", ";"))
            and len(lines) <= 2
        ):
            return self._bold_level
        return 0

    def _paragraphs(self, lines: list[Line]) -> Iterator[list[Line]]:
        """Runs of lines that are one paragraph, heading, item or listing each."""
        run: list[Line] = []
        leadings = _leading(lines)
        for line in lines:
            if run and self._begins(run, line, leadings):
                yield run
                run = []
            run.append(line)
        if run:
            yield run

    def _begins(self, run: list[Line], line: Line, leadings: dict[tuple[int, bool], float]) -> bool:
        """Whether a line begins something new after the lines of a run."""
        above = run[-1]
        gap = above.middle - line.middle
        size = max(line.size, above.size)
        leading = leadings.get(_font_of(line), 1.4 * size)
        if all(self._is_code(each) for each in (*run, line)) and len(run) + (" " in line.text) > 1:
            return gap > 2.5 * size or gap < 0
        if gap > 1.8 * size or (gap > 1.25 * leading and gap > 1.1 * size) or gap < 0:
            return True
        if self._is_code(line) != self._is_code(above):
            # Words of fixed pitch may fill a line of a paragraph too.
            return not (_is_full(above, line) and abs(line.left - above.left) < 0.5 * size)
        if abs(line.size - above.size) > 0.12 * size:
            return True
        if line.bold != above.bold and (above.bold or len(line.text) < 60) and not _runs_on(above):
            return True
        if is_item(line.text) and not _runs_on_after(above, line):
            return True
        if line.size > 1.1 * self._body:
            return gap > 1.45 * size  # a heading over several lines ends where it likes
        hanging = is_item(run[0].text) or (len(run) > 1 and run[1].left > run[0].left + 0.8 * size)
        if (
            not hanging
            and line.left > above.left + 0.8 * size
            and len(run) >= 1
            and above.left <= line.column[0] + 3 * size
        ):
            return not _runs_on(above)
        if hanging and line.left < above.left - 0.8 * size and len(run) > 1:
            return True
        if len(run) == 1 and is_item(above.text) and line.left < above.left - 0.5 * size:
            return True
        return not _is_full(above, line)


def _spaced(line: Line, width: float) -> str:
    text, end = "", line.left
    for piece in line.pieces:
        if text:
            text += " " * max(1, min(60, round((piece.left - end) / width)))
        text += piece.text
        end = piece.right
    return text


def _leading(lines: list[Line]) -> dict[tuple[int, bool], float]:
    """The usual distance of lines within a paragraph, in points, by font."""
    gaps: dict[tuple[int, bool], list[float]] = {}
    for above, line in itertools.pairwise(lines):
        gap = above.middle - line.middle
        if 0 < gap < 2 * line.size and _font_of(above) == _font_of(line):
            gaps.setdefault(_font_of(line), []).append(gap)
    return {font: sorted(found)[len(found) // 3] for font, found in gaps.items()}


def _font_of(line: Line) -> tuple[int, bool]:
    return round(line.size), line.fixed


def _runs_on(line: Line) -> bool:
    """Whether a line ends in the middle of a sentence."""
    return line.text.rstrip()[-1:] in ("-", ",") or (
        line.text.rstrip()[-1:].islower() and line.right > line.column[1] - 3 * line.size
    )


def _runs_on_after(above: Line, line: Line) -> bool:
    return above.text.rstrip().endswith((",", "-")) and line.left <= above.left + 1


_DIVIDED = re.compile(r"\w-$")


def _is_full(above: Line, line: Line) -> bool:
    """Whether a line goes on: the sentence does, or its first word did not fit above."""
    first = line.text.split(" ", 1)[0]
    letters = max(1, len(line.text))
    word = (line.right - line.left) * (len(first) + 1) / letters
    if _DIVIDED.search(above.text) and line.text[:1].isalnum():
        return True
    if line.text[:1].islower() and above.text.rstrip()[-1:] not in ".:;!?":
        return True
    room = above.column[1] - above.right
    return room < word + 1.5 * line.size
