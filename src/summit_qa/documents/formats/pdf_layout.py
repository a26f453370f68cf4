"""From pieces of text with their places on a page to lines, columns, tables and paragraphs.

Units are points; y grows upwards, as in PDF. A piece is a run of words on one line without a
wide gap in it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from summit_qa.documents.formats.reading import joined

Word = tuple[float, float, str]  # left, right and letters


@dataclass(slots=True)
class Piece:
    """Words next to one another on one line, with the box around them."""

    words: list[Word]
    left: float
    bottom: float
    right: float
    top: float
    size: float  # of the font
    bold: bool = False
    fixed: bool = False  # whether all characters are of one width
    text: str = ""  # the words with a blank between each two

    def __post_init__(self) -> None:
        self.text = " ".join([word[2] for word in self.words])

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def middle(self) -> float:
        """Height of the line's middle."""
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class Line:
    """Pieces at one height, from left to right."""

    pieces: list[Piece]
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    column: tuple[float, float] = (0.0, 0.0)  # left and right of its column
    text: str = ""
    size: float = 0.0  # of the longest piece's font
    bold: bool = False  # whether all of it is
    fixed: bool = False  # whether all of it is of fixed pitch

    def __post_init__(self) -> None:
        self.left = min(piece.left for piece in self.pieces)
        self.right = max(piece.right for piece in self.pieces)
        self.top = max(piece.top for piece in self.pieces)
        self.bottom = min(piece.bottom for piece in self.pieces)
        self.text = " ".join([piece.text for piece in self.pieces])
        self.size = max(self.pieces, key=lambda piece: piece.width).size
        self.bold = all(piece.bold for piece in self.pieces)
        self.fixed = all(piece.fixed for piece in self.pieces)

    @property
    def middle(self) -> float:
        """Height of the line's middle."""
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class Table:
    """Rows of cells; cells of one column stand one below the other."""

    rows: list[list[str]]


def regions(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces in reading order, region by region: what stands in columns, column by column."""
    return _split(list(pieces), 0)


def _split(pieces: list[Piece], depth: int) -> list[list[Piece]]:
    gutter = _gutter(pieces) if depth < 4 and len(pieces) >= 8 else None
    if gutter is None:
        return [pieces] if pieces else []
    left, right = gutter
    middle = (left + right) / 2
    crossing = sorted((p for p in pieces if p.left < middle < p.right), key=_from_top)
    beside = [p for p in pieces if not p.left < middle < p.right]
    found: list[list[Piece]] = []
    waiting: list[Piece] = []  # across all columns
    for bar in [*crossing, None]:
        floor = bar.middle if bar else float("-inf")
        band = [p for p in beside if p.middle > floor]
        beside = [p for p in beside if p.middle <= floor]
        columns = [p for p in band if p.right <= middle], [p for p in band if p.left >= middle]
        if _are_columns(*columns):
            if waiting:
                found += _split(waiting, depth + 1)
                waiting = []
            for column in columns:
                found += _split(column, depth + 1)
        else:
            waiting += band
        if bar:
            waiting.append(bar)
    if waiting:
        same = len(waiting) == len(pieces)
        found += [waiting] if same else _split(waiting, depth + 1)
    return found


def _from_top(piece: Piece) -> float:
    return -piece.middle


def _gutter(pieces: list[Piece]) -> tuple[float, float] | None:
    """The blank stretch between columns that the fewest pieces cross, or None."""
    start, stop = min(p.left for p in pieces), max(p.right for p in pieces)
    width = stop - start
    size = median(p.size for p in pieces)
    if width < 15 * size:
        return None
    step = max(1.0, width / 400)
    bins = [0] * (int(width / step) + 2)
    for piece in pieces:
        bins[int((piece.left - start) / step)] += 1
        bins[int((piece.right - start) / step) + 1] -= 1
    covered, count = [], 0
    for change in bins[:-1]:
        count += change
        covered.append(count)
    allowed = min(covered[len(covered) // 5 : -len(covered) // 5], default=len(pieces))
    if allowed > 0.25 * len(pieces):
        return None
    # Centred lines above and a page number below may reach into the stretch.
    allowed += max(2, len(pieces) // 10)
    best: tuple[float, int, int] | None = None
    at = 0
    while at < len(covered):
        end = at
        while end < len(covered) and covered[end] <= allowed:
            end += 1
        inside = 0.12 * len(covered) < at and end < 0.88 * len(covered)
        if inside and (end - at) * step >= 0.7 * size:
            score = (end - at) * step
            if best is None or score > best[0]:
                best = (score, at, end)
        at = end + 1
    if best is None:
        return None
    return start + best[1] * step + 0.1, start + best[2] * step - 0.1


def _are_columns(left: list[Piece], right: list[Piece]) -> bool:
    """Whether both sides are lines of running text rather than the cells of a table.

    Running text fills its column, with as many lines on either side; cells do not.
    """
    if min(len(left), len(right)) < 4:
        return False
    filled: list[float] = []
    counts: list[int] = []
    for column in (left, right):
        lines = lines_of(column)
        width = max(line.right for line in lines) - min(line.left for line in lines)
        letters = sum(len(line.text) for line in lines) / len(lines)
        if len(lines) < 4 or letters < 16:
            return False
        widths = sum(piece.width for line in lines for piece in line.pieces)
        filled.append(widths / (len(lines) * max(1.0, width)))
        counts.append(len(lines))
    alike = min(counts) >= 0.35 * max(counts)
    return alike and min(filled) >= 0.4 and max(filled) >= 0.62


def lines_of(pieces: Sequence[Piece]) -> list[Line]:
    """Pieces of one region as lines from top to bottom."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: (-p.middle, p.left)):
        row = rows[-1] if rows else None
        if row is not None:
            last = row[0]
            overlap = min(last.top, piece.top) - max(last.bottom, piece.bottom)
            least = min(last.top - last.bottom, piece.top - piece.bottom)
            if overlap > 0.5 * least:
                row.append(piece)
                continue
        rows.append([piece])
    lines = [Line(_in_order(row)) for row in rows]
    measure(lines)
    return lines


def measure(lines: list[Line]) -> None:
    """Tell the lines of a region how wide their column is; listings may stick out of it."""
    if lines:
        prose = [line for line in lines if not line.fixed] or lines
        column = min(line.left for line in lines), max(line.right for line in prose)
        for line in lines:
            line.column = column


def _in_order(row: list[Piece]) -> list[Piece]:
    """Pieces at one height from left to right; those that touch or interlace are put together."""
    if len(row) == 1:
        return row
    row.sort(key=lambda piece: piece.left)
    found = [row[0]]
    for piece in row[1:]:
        last = found[-1]
        height = min(last.top - last.bottom, piece.top - piece.bottom)
        if piece.left - last.right < GAP * height:
            found[-1] = _together(last, piece)
        else:
            found.append(piece)
    return found


GAP = 0.75  # of a line's height: a wider one parts cells or columns


BULLET = re.compile(
    r"(?:[•◦▪‣∙·●○■□–—\-*➢✓\uf0b7\uf0a7]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])$"
)
_BULLET_START = re.compile(
    r"(?:[•◦▪‣∙●○■□➢✓\uf0b7\uf0a7]\s*|[–—\-*·]\s+|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s+)(?=\S)"
)


def without_bullet(text: str) -> str:
    """An item's words without the sign before them; numbers stay."""
    return _SIGN.sub("", text)


_SIGN = re.compile(r"^(?:[•◦▪‣∙●○■□➢✓\uf0b7\uf0a7]\s*|[–—\-*·]\s+)")


def is_item(text: str) -> bool:
    """Whether a line begins as an item of a list does."""
    return _BULLET_START.match(text) is not None


def merged_labels(line: Line) -> None:
    """A bullet, a number or a section's number with its gap belongs to the words after it."""
    while len(line.pieces) >= 2 and (
        BULLET.match(line.pieces[0].text) or _NUMBER.match(line.pieces[0].text)
    ):
        first, second, *rest = line.pieces
        if len(rest) > 1 or second.left - first.right > 5 * first.size:
            return
        line.pieces = [_together(first, second), *rest]


_NUMBER = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){0,5}\.?|[A-Z](?:\.\d{1,3})+\.?"
    r"|(?i:chapter|appendix|section) \w{1,4}\.?)$"
)


def _together(first: Piece, second: Piece) -> Piece:
    words = first.words + second.words
    if second.left < first.right:  # one was drawn into the gaps of the other
        words.sort()
    longer = max(first, second, key=lambda piece: piece.width)
    return Piece(
        words,
        min(first.left, second.left),
        min(first.bottom, second.bottom),
        max(first.right, second.right),
        max(first.top, second.top),
        longer.size,
        first.bold and second.bold,
        first.fixed and second.fixed,
    )


def grouped(lines: list[Line]) -> list[Table | list[Line]]:
    """Lines of one region as tables and runs of text lines."""
    for line in lines:
        merged_labels(line)
    found: list[Table | list[Line]] = []
    at = 0
    while at < len(lines):
        end = _table_end(lines, at)
        if end > at:
            found.append(_table(lines[at:end]))
            at = end
            continue
        if found and isinstance(found[-1], list):
            found[-1].append(lines[at])
        else:
            found.append([lines[at]])
        at += 1
    return found


_LOOK_BACK = 8  # rows of a table that a further one has to stand below


def _table_end(lines: list[Line], at: int) -> int:
    """The line after the table that begins at a line; the same line where none does."""
    if len(lines[at].pieces) < 2:
        return at
    end, rows, shared = at, 0, 0
    while end < len(lines):
        line = lines[end]
        if end > at and lines[end - 1].bottom - line.top > 2.2 * line.size:
            break
        if len(line.pieces) >= 2:
            if rows and not _aligned(lines[max(at, end - _LOOK_BACK) : end], line):
                break
            rows += 1
            shared += 1
        elif not _is_continuation(lines, max(at, end - _LOOK_BACK), end):
            break
        end += 1
    return end if rows >= 2 and shared >= 2 else at


def _aligned(above: list[Line], line: Line) -> bool:
    """Whether most pieces stand below a piece of the rows above, at its edge or middle."""
    edges: list[tuple[float, float]] = [
        (piece.left, piece.right) for row in above if len(row.pieces) >= 2 for piece in row.pieces
    ]
    slack = max(2.5, 0.4 * line.size)
    standing = sum(
        1
        for piece in line.pieces
        if any(
            abs(piece.left - left) <= slack
            or abs(piece.right - right) <= slack
            or abs(piece.left + piece.right - left - right) <= 2 * slack
            for left, right in edges
        )
    )
    if standing < min(2, len(line.pieces)) or standing < 0.5 * len(line.pieces):
        return False
    # Margins align in running text as well; blank stretches one below the other do not.
    blanks = [gap for row in above for gap in _gaps(row)]
    gaps = _gaps(line)
    least = 0.6 * line.size
    under = sum(
        1
        for left, right in gaps
        if any(min(right, end) - max(left, start) >= least for start, end in blanks)
    )
    return under >= 0.5 * len(gaps)


def _gaps(line: Line) -> list[tuple[float, float]]:
    return [(first.right, second.left) for first, second in itertools.pairwise(line.pieces)]


def _is_continuation(lines: list[Line], at: int, end: int) -> bool:
    """Whether a line of one piece is the rest of a cell of the row above."""
    line, above = lines[end], lines[end - 1]
    piece = line.pieces[0]
    if above.bottom - line.top > 0.7 * line.size:
        return False
    columns = [p.left for row in lines[at:end] if len(row.pieces) >= 2 for p in row.pieces]
    if not columns:
        return False
    first = min(columns)
    if piece.left - first > 1.5 * line.size:
        return any(abs(piece.left - left) <= max(3.0, 0.5 * line.size) for left in columns) or any(
            p.left - 1 <= piece.left and piece.right <= p.right + 1
            for row in lines[at:end]
            if len(row.pieces) >= 2
            for p in row.pieces[1:]
        )
    # In the first column: only where a row of more cells follows or stands near enough.
    nearest = min(
        (p.left for row in lines[at:end] for p in row.pieces if p.left > first + 5), default=0
    )
    follows = end + 1 < len(lines) and len(lines[end + 1].pieces) >= 2
    return piece.right < nearest and follows and above.bottom - line.top < 0.35 * line.size


def _table(lines: list[Line]) -> Table:
    columns = _columns(lines)
    distances = [
        above.middle - below.middle
        for above, below in itertools.pairwise(lines)
        if len(below.pieces) >= 2
    ]
    usual = median(distances) if distances else 0.0
    rows: list[list[list[str]]] = []
    previous: Line | None = None
    for line in lines:
        cells: list[list[str]] = [[] for _ in columns]
        for piece in line.pieces:
            cells[_column_of(piece, columns)].append(piece.text)
        gap = previous.middle - line.middle if previous is not None else float("inf")
        near = gap < max(0.85 * usual, 1.05 * line.size)
        starts_blank = not cells[0]
        one = len(line.pieces) == 1
        if rows and ((starts_blank and (one or near)) or (one and near) or gap < 0.85 * usual):
            for kept, more in zip(rows[-1], cells, strict=True):
                kept += more
        else:
            rows.append(cells)
        previous = line
    return Table([[joined(cell) for cell in row] for row in rows])


def _columns(lines: list[Line]) -> list[tuple[float, float]]:
    """Where columns stand: pieces that overlap in x are of one column, widest pieces aside."""
    pieces = sorted((p for line in lines for p in line.pieces), key=lambda p: p.left)
    most = max(len(line.pieces) for line in lines)
    full = [p for line in lines if len(line.pieces) >= max(2, most - 1) for p in line.pieces]
    columns: list[tuple[float, float]] = []
    for piece in sorted(full or pieces, key=lambda p: p.left):
        if columns and piece.left < columns[-1][1] - 1:
            columns[-1] = columns[-1][0], max(columns[-1][1], piece.right)
        else:
            columns.append((piece.left, piece.right))
    return columns


def _column_of(piece: Piece, columns: list[tuple[float, float]]) -> int:
    def apart(column: tuple[float, float]) -> float:
        return max(column[0] - piece.right, piece.left - column[1], 0.0) * 1000 - (
            min(column[1], piece.right) - max(column[0], piece.left)
        )

    # A cell that spans several columns belongs to the first of them.
    touching = [
        i for i, c in enumerate(columns) if c[0] < piece.right - 1 and piece.left < c[1] - 1
    ]
    if touching:
        return touching[0]
    return min(range(len(columns)), key=lambda number: apart(columns[number]))
