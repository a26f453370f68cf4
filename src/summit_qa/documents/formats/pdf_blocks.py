"""From the lines of a PDF's pages to blocks: headings, paragraphs, items, tables, code.

What a page cuts in two is put together; what every page repeats is left out.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from summit_qa.documents.formats.pdf_layout import (
    Line,
    Piece,
    Table,
    grouped,
    is_item,
    measure,
    without_bullet,
)
from summit_qa.documents.formats.reading import Builder, clean, joined
from summit_qa.types import BlockKind


@dataclass(slots=True)
class Page:
    """What stands on a page; ``lines`` are filled region by region, in reading order."""

    width: float
    height: float
    pieces: list[Piece]
    regions: list[list[Line]] = field(default_factory=list)


_NUMBERED = re.compile(
    r"^(?:(?:chapter|appendix|section|part)\s+)?[\divxa-z]{0,4}(?:\.\d+)*[.:]?\s+", re.IGNORECASE
)


def key(text: str) -> str:
    """A heading's words without its number."""
    return _NUMBERED.sub("", clean(text)).casefold().strip()


def leave_out_repeated(pages: list[Page]) -> None:
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


_SECTION = re.compile(r"(?:\d{1,2}|[A-Z])(?:\.\d{1,2})+(?=[\s.])")


@dataclass(slots=True)
class _Part:
    """A paragraph, heading, item, listing or row on its way to the document."""

    kind: BlockKind
    text: str
    size: float  # of the font
    level: int = 0
    left: float = 0.0
    cells: list[str] | None = None  # of a row


class Writer:
    """Writes pages as blocks; knows the body's font and the sizes that headings have."""

    def __init__(
        self, builder: Builder, pages: list[Page], outline: dict[tuple[int, str], int]
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
        regions = [
            (number, [part for group in grouped(lines) for part in self._parts(number, group)])
            for number, page in enumerate(self._pages)
            for lines in page.regions
        ]
        for (_, above), (_, below) in reversed([*itertools.pairwise(regions)]):
            self._join(above, below)
        for number in range(len(self._pages)):
            self._builder.page()
            for part in (part for on, parts in regions if on == number for part in parts):
                self._add(part)
        great = [
            part
            for number, parts in regions
            for part in parts
            if number == 0 and part.kind == "heading" and part.size > 1.1 * self._body
        ]
        title = max(great, key=lambda part: part.size, default=None)
        return stated or (title.text if title and len(title.text) <= 200 else "")

    def _add(self, part: _Part) -> None:
        if part.cells is not None:
            self._builder.row(part.kind, part.cells)
        elif part.kind == "code":
            self._builder.code(part.text, level=part.level)
        else:
            self._builder.add(part.kind, part.text, part.level)

    def _join(self, above: list[_Part], below: list[_Part]) -> None:
        """Put a paragraph together that goes on in the next column or on the next page."""
        notes = 0  # in smaller letters at the foot of the page
        while notes < len(above) and above[-1 - notes].size < 0.93 * self._body:
            notes += 1
        if notes == len(above) or not below:
            return
        last, first = above[-1 - notes], below[0]
        running = last.kind in ("paragraph", "item") and first.kind == "paragraph"
        small = first.text[:1].islower() and last.text[-1:] not in ".!?:;"
        if running and small and abs(first.size - last.size) < 0.5:
            last.text = joined([last.text, first.text], self._compounds)
            del below[0]

    def _parts(self, page: int, group: Table | list[Line]) -> Iterator[_Part]:
        if isinstance(group, Table):
            yield from self._table(group)
            return
        item: _Part | None = None  # that a paragraph set in deeper may belong to
        runs = list(self._paragraphs(group))
        for lines, after in zip(runs, [*runs[1:], []], strict=True):
            part = self._part(page, lines, item)
            if _labels(part, lines, after):
                part.kind, part.left = "item", lines[0].left
            if part.kind == "item":
                item = part
            elif not part.level or part.kind == "heading":
                item = None
            yield part

    def _table(self, table: Table) -> Iterator[_Part]:
        for number, row in enumerate(table.rows):
            values = any(_FIGURE.match(cell) or cell.endswith(":") for cell in row)
            yield _Part("row" if number or values else "header", "", self._body, cells=row)

    def _part(self, page: int, lines: list[Line], item: _Part | None) -> _Part:
        """What the lines of one paragraph are."""
        text = joined([line.text for line in lines], self._compounds)
        size = lines[0].size
        left = min(line.left for line in lines)
        inside = 0
        if item is not None and left > item.left + 0.6 * size and abs(size - item.size) < 0.5:
            inside = item.level + 1  # a note at the foot of the page has smaller letters
        if all(self._is_code(line) for line in lines) and " " in text:
            width = max(1.0, 0.6 * size)
            rows = (
                " " * min(60, round((line.left - left) / width)) + _spaced(line, width)
                for line in lines
            )
            return _Part("code", "\n".join(rows), self._body, inside)
        if level := self._heading_level(page, lines, text):
            return _Part("heading", text, size, level)
        if is_item(text):
            return _Part("item", without_bullet(text), size, self._depth(lines[0]), left)
        return _Part("paragraph", text, size, inside)

    def _is_code(self, line: Line) -> bool:
        return line.fixed and not self._body_fixed

    def _depth(self, line: Line) -> int:
        return max(0, min(5, round((line.left - line.column[0]) / (2.2 * max(1.0, line.size))) - 1))

    def _heading_level(self, page: int, lines: list[Line], text: str) -> int:
        """The level of a heading, or 0; "2.1" is never above "2", whatever it looks like."""
        level = self._shown_level(page, lines, text)
        parts = _SECTION.match(text) if level else None
        return max(level, parts[0].count(".") + 1) if parts else level

    def _shown_level(self, page: int, lines: list[Line], text: str) -> int:
        if len(lines) > 4 or len(text) > 250 or not any(c.isalpha() for c in text):
            return 0
        level = self._outline.get((page, key(text)))
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


def _labels(part: _Part, lines: list[Line], after: list[Line]) -> bool:
    """Whether a line is the name of what is set in below it, as an option in a manual is."""
    if part.kind != "paragraph" or len(lines) != 1 or not after or len(part.text) > 90:
        return False
    line = lines[0]
    deeper = min(each.left for each in after) - line.left > 1.2 * part.size
    centred = line.left > line.column[0] + 6 * part.size
    return deeper and not centred and part.text[-1] not in ".!?,;:" and not is_item(after[0].text)


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
