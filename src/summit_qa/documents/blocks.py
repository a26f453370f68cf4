"""The structure of plain text and Markdown: headings, paragraphs, lists, tables, turns, quotes.

A person who reads a page sees its parts by blank lines, indentation, marks and the length of
lines; so does this module, a line at a time, and leaves the text as it is. Whether lines are
wrapped is decided for each pair of lines: a line end is no end where the next line's first word
had no room on the line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from summit_qa.documents.lines import lines_of
from summit_qa.types import Block, BlockKind

TERM_LEVEL = 7  # a heading of this level or more labels what is indented deeper than level - 7
_LONGEST_HEADING = 90  # characters
_LONGEST_TITLE = 160
_LONGEST_LABEL = 200
_NARROWEST_WRAP, _WIDEST_WRAP = 45, 120
_TAB = 4
_ATX = re.compile(r"(#{1,6})\s+\S")
_FENCE = re.compile(r"(`{3,}|~{3,})")
_RULE = re.compile(r"(?:([-=_*~^#+\"'`])\s?)(?:\1\s?){2,}$")
_UNDERLINE = re.compile(r"([-=~^\"'*+#`.:])\1{2,}$")
_DELIMITER_ROW = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?$")
_ITEM = re.compile(r"(?:[-*+•▪◦–]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,5})[.)])\s+(?=\S)")
_QUOTED = re.compile(r"((?:>\s?)+)")
_NUMBERED = re.compile(
    r"(?:(?:Chapter|Section|Part|Article|Appendix)\s+)?(\d{1,2}(?:\.\d{1,2})*)\.?\s"
)
_ASKED = re.compile(r"(?:\*\*)?(?:Q|Question)(?:\s?\d+)?\s?[:.)](?:\*\*)?\s")
_ANSWERED = re.compile(r"(?:\*\*)?(?:A|Answer)(?:\s?\d+)?\s?[:.)](?:\*\*)?\s")
_LABEL = re.compile(
    r"(?:\[?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?\]?\s+[-–]?\s?)?[*_<]{0,3}"
    r"(\w[\w.’'-]{0,24}(?:\s(?:\w|\()[\w.’'()-]{0,24}){0,3})[*_>]{0,3}"
    r"(?:\s\(\d[\d:. ]*\))?:[*_]{0,2}\s"
)
_FIELD = re.compile(r"(?:\*\*|__)[^*_:]{1,40}:?(?:\*\*|__):?\s|[A-Z][\w-]*(?: [\w-]+){0,2}:\s+\S")
_STRONG = re.compile(r"(\*\*|__)[^*_]+\1:?$")
_COLUMN = re.compile(r"(\S(?:.{0,38}?\S)?)(?:\s{2,}|\t+)(?=\S)")
_ROW = re.compile(r"[^\s\d][,;|]\S|\t|\s\|\s")
_CELLS = re.compile(r"\s{3,}|\t|\s\|\s")
_ENDS_SENTENCE = re.compile(r"[.!?;:…][\"'”’)\]»*_]*$")
_FULL_STOP = re.compile(r"[.!;,…][\"'”’)\]»]*$")
_TAG = re.compile(
    r"</?(?:a|b|br|center|details|div|em|h[1-6]|hr|i|img|li|ol|p|picture|source|span|strong|sub"
    r"|summary|sup|table|tbody|td|th|thead|tr|u|ul)\b[^<>]*>",
    re.IGNORECASE,
)
_ALPHANUMERIC = re.compile(r"[^\W_]")
_PAGE_END = re.compile(r"\[Page \d+\]$|^(?:- )?(?:[Pp]age )?\d{1,4}(?: -)?$")


@dataclass(slots=True)  # not frozen: a line is made for every line of a folder
class _Line:
    """One line: text[start:end] without the white space around it, and its column."""

    start: int
    end: int
    column: int
    text: str
    quoted: int = 0  # depth of ">" before it


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of the text in order; every character but white space and rules is in one.

    What separates the parts of a table or a section (``|---|``, ``====``) and page ends of
    printed text are in none.
    """
    lines = _lines(text)
    blocks = list(_Reader(text, lines).read())
    if len(blocks) > 1 and _is_title(text, blocks[0]):
        blocks[0] = Block("title", blocks[0].start, blocks[0].end)
    return tuple(blocks)


def _is_title(text: str, first: Block) -> bool:
    """Whether the first block of a text is what the text is called."""
    if first.kind not in ("heading", "paragraph") or first.level >= TERM_LEVEL:
        return False
    words = text[first.start : first.end]
    return len(words) <= _LONGEST_TITLE and not _FULL_STOP.search(words)


def _lines(text: str) -> list[_Line]:
    """Every line of the text, blank ones as well."""
    made: list[_Line] = []
    for at, raw in lines_of(text):
        words = raw.strip()
        if not words:
            made.append(_Line(at + len(raw), at + len(raw), 0, ""))
            continue
        start = at if raw[0] == words[0] else at + len(raw) - len(raw.lstrip())
        column, quoted = start - at, 0
        if column and "\t" in raw:
            column = len(raw[:column].expandtabs(_TAB))
        if words[0] == ">" and (mark := _QUOTED.match(words)):
            quoted = mark[1].count(">")
            bare = words[mark.end() :].lstrip()
            column = len(words) - mark.end() - len(bare)
            start += len(words) - len(bare)
            words = bare
        made.append(_Line(start, start + len(words), column, words, quoted))
    return made


class _Reader:
    """Walks the lines once."""

    def __init__(self, text: str, lines: Sequence[_Line]) -> None:
        self._text = text
        self._lines = lines
        self._furniture = _furniture(text, lines)
        self._speakers = _speakers(lines)
        self._width = _wrap_width(lines)
        self._underlines: list[str] = []  # characters that underline headings, outermost first
        self._short = _short_share(lines)

    def read(self) -> Iterator[Block]:
        """The blocks in order."""
        lines, at = self._lines, self._front_matter()
        for line in lines[:at]:
            if line.text and not _RULE.fullmatch(line.text):
                yield Block("meta", line.start, line.end)
        while at < len(lines):
            line = lines[at]
            if not line.text or at in self._furniture or not _says_something(line.text):
                at += 1
            elif mark := _FENCE.match(line.text):
                begin = at + 1
                at = self._fence_end(begin, mark[1])
                yield from self._code(begin, at)
                at += 1
            elif _is_atx(line):
                yield _heading(line, len(line.text) - len(line.text.lstrip("#")))
                at += 1
            elif self._is_table(at):
                begin = at
                while at < len(lines) and "|" in lines[at].text:
                    at += 1
                yield from self._table(begin, at)
            elif level := self._underlined(at):
                yield _heading(line, level)
                at += 2
            elif _RULE.fullmatch(line.text):
                at += 1
            else:
                begin, at = at, self._group_end(at)
                yield from self._group(begin, at)

    def _front_matter(self) -> int:
        """The line after a block between ``---`` at the very beginning, or 0."""
        lines = self._lines
        if not lines or lines[0].text != "---":
            return 0
        for at in range(1, min(len(lines), 60)):
            if lines[at].text in ("---", "..."):
                return at + 1
            if lines[at].text and not re.match(r"[\w-]+:|- |#", lines[at].text):
                return 0
        return 0

    def _fence_end(self, at: int, mark: str) -> int:
        while at < len(self._lines) and not self._lines[at].text.startswith(mark):
            at += 1
        return at

    def _code(self, begin: int, end: int) -> Iterator[Block]:
        """Runs of lines of code between blank lines."""
        held: list[_Line] = []
        for line in (*self._lines[begin:end], None):
            if line is not None and line.text:
                held.append(line)
            elif held:
                yield Block("code", held[0].start, held[-1].end)
                held = []

    def _group_end(self, at: int) -> int:
        """After the last line of the run of lines that no blank line or mark interrupts."""
        lines, first = self._lines, at
        at += 1
        while at < len(lines):
            line = lines[at]
            if not line.text or at in self._furniture or _FENCE.match(line.text):
                break
            if not _says_something(line.text):
                break
            if line.quoted != lines[first].quoted or _is_atx(line):
                break
            if self._is_table(at) and not self._is_table(first):
                break
            if self._underlined(at):
                break
            at += 1
        return at

    def _is_table(self, at: int) -> bool:
        """Whether a Markdown table begins here."""
        lines = self._lines
        if "|" not in lines[at].text or at + 1 >= len(lines):
            return False
        below = lines[at + 1].text
        return "|" in below and "-" in below and _DELIMITER_ROW.fullmatch(below) is not None

    def _table(self, begin: int, end: int) -> Iterator[Block]:
        for at in range(begin, end):
            line = self._lines[at]
            if not _DELIMITER_ROW.fullmatch(line.text):
                yield Block("header" if at == begin else "row", line.start, line.end)

    def _underlined(self, at: int) -> int:
        """The level of the heading that the next line underlines, or 0."""
        lines = self._lines
        if at + 1 >= len(lines):
            return 0
        line, below = lines[at], lines[at + 1]
        mark = _UNDERLINE.fullmatch(below.text)
        if mark is None or not line.text or _RULE.fullmatch(line.text) or line.quoted:
            return 0
        length = len(below.text)
        if len(line.text) > _LONGEST_HEADING or not 0.6 * len(line.text) <= length:
            return 0
        if length > len(line.text) + 24 or _FULL_STOP.search(line.text):
            return 0
        if at and lines[at - 1].text and not _RULE.fullmatch(lines[at - 1].text):
            return 0
        if mark[1] not in self._underlines:
            self._underlines.append(mark[1])
        return self._underlines.index(mark[1]) + 1

    def _group(self, begin: int, end: int) -> Iterator[Block]:
        """The blocks of a run of lines without a blank one between them."""
        lines = self._lines[begin:end]
        if lines[0].quoted:
            for unit in self._units(lines):
                yield Block("quote", unit[0].start, unit[-1].end, unit[0].quoted)
            return
        if len(lines) == 1 and (level := self._alone(begin)):
            yield _heading(lines[0], level)
            return
        if _is_grid(lines):
            header = not re.search(r"\d", lines[0].text) and any(
                re.search(r"\d", line.text) for line in lines[1:]
            )
            for at, line in enumerate(lines):
                kind: BlockKind = "header" if header and not at else "row"
                yield Block(kind, line.start, line.end)
            return
        column = _label_column(lines)
        if column is not None:
            yield from self._labelled(lines, column)
            return
        units = self._units(lines)
        for at, unit in enumerate(units):
            after = units[at + 1] if at + 1 < len(units) else None
            yield self._block(unit, after)

    def _labelled(self, lines: Sequence[_Line], column: int) -> Iterator[Block]:
        """Lines whose first column labels the second: the label, then what it labels."""
        held: list[_Line] = []
        for line in lines:
            match = _COLUMN.match(line.text) if line.column < column else None
            if match is not None:
                for unit in self._units(held) if held else ():
                    yield self._block(unit, None)
                yield Block(
                    "heading", line.start, line.start + match.end(1), TERM_LEVEL + line.column
                )
                start = line.start + match.end()
                held = [_Line(start, line.end, column, line.text[match.end() :])]
            else:
                held.append(line)
        for unit in self._units(held):
            yield self._block(unit, None)

    def _units(self, lines: Sequence[_Line]) -> list[list[_Line]]:
        """The lines joined where they are wrapped."""
        units = [[lines[0]]]
        longest = max(line.column + len(line.text) for line in lines)
        # Within a longer run its own longest line tells the width better than the whole file.
        width = longest if len(lines) > 3 and longest > 40 else max(longest, self._width)
        wrapped = width >= _NARROWEST_WRAP and self._is_wrapped(lines)
        for line in lines[1:]:
            before = units[-1][-1]
            if self._goes_on(units[-1][0], before, line, width, wrapped):
                units[-1].append(line)
            else:
                units.append([line])
        return units

    def _is_wrapped(self, lines: Sequence[_Line]) -> bool:
        """Whether the run can be wrapped text at all: rows and names begin each line anew."""
        if self._width > _WIDEST_WRAP:
            return False
        after = [line.text[0] for line in lines[1:]]
        if len(after) < 3:
            return True
        new = sum(first.isupper() or first.isdigit() for first in after)
        if new > 0.7 * len(after):
            return False
        return sum(_ROW.search(line.text) is not None for line in lines) <= 0.7 * len(lines)

    def _goes_on(self, first: _Line, before: _Line, line: _Line, width: int, wrapped: bool) -> bool:
        """Whether the line goes on with what the line before it left unfinished."""
        small = line.text[0].islower()
        if not wrapped and not small:
            return False
        word = line.text.split(None, 1)[0]
        room = width - (before.column + len(before.text)) - 1 - len(word)
        if self._begins(line):
            # "… under section / 7. This requirement": a number that the margin moved down.
            moved = (
                wrapped
                and room < 4
                and line.text[0].isdigit()
                and not _same_mark(first.text, line.text)
            )
            return moved and not _ENDS_SENTENCE.search(before.text)
        if _FIELD.match(first.text) and _FIELD.match(line.text):
            return False
        item = _ITEM.match(first.text)
        hanging = first.column + (item.end() if item else 0)
        if before is not first and abs(line.column - before.column) > 1:
            return False
        if before is first and line.column < first.column - 12:
            return False
        if small and before.text.endswith(("‐", "\u00ad")):
            return True
        if small and before.text.endswith("-") and len(before.text) > 25:
            return True
        if room >= 0 and before is first and not item and line.column > first.column + 1:
            return False  # a label, with what belongs to it indented below
        if not wrapped and not (small and item and line.column >= hanging - 1):
            return False
        if room < 4:
            return True
        if _ENDS_SENTENCE.search(before.text):
            return False
        # A ragged edge: an address or a long word was moved down; prose goes on in small letters.
        return (small and len(before.text) > 24) or (before is not first and room < width // 3)

    def _begins(self, line: _Line) -> bool:
        """Whether a mark says that something new begins with the line."""
        text = line.text
        if text[0] == "|" or _ITEM.match(text) or _asks(text) or _answers(text):
            return True
        if text.startswith(("**", "__")) and (_STRONG.fullmatch(text) or _FIELD.match(text)):
            return True
        return bool(self._speaker(text))

    def _speaker(self, text: str) -> str:
        label = _label(text) if self._speakers else ""
        return label if label in self._speakers else ""

    def _block(self, unit: Sequence[_Line], after: Sequence[_Line] | None) -> Block:
        """What the joined lines are, by the first of them and by what follows."""
        first, end = unit[0], unit[-1].end
        text = self._text[first.start : end]
        if _asks(text):
            return Block("question", first.start, end)
        if _answers(text):
            return Block("answer", first.start, end)
        if speaker := self._speaker(text):
            return Block("turn", first.start, end, 0, speaker)
        labels = (
            after is not None
            and len(unit) == 1
            and after[0].column > first.column
            and len(text) <= _LONGEST_HEADING
            and not _FULL_STOP.search(text)
            and not _ITEM.match(after[0].text)
        )
        if labels:
            return Block("heading", first.start, end, TERM_LEVEL + first.column)
        if _ITEM.match(text):
            return Block("item", first.start, end, first.column)
        if len(unit) == 1 and len(text) < 200 and _FIELD.match(text):
            return Block("meta", first.start, end)
        return Block("paragraph", first.start, end)

    def _alone(self, at: int) -> int:
        """The level of the heading that a line between blank lines is, or 0."""
        lines, line = self._lines, self._lines[at]
        text = line.text
        below = next((it for it in lines[at + 1 : at + 6] if it.text), None)
        if below is None:
            return 0
        if text.endswith("::") and below.column > line.column:
            return TERM_LEVEL + line.column
        if len(text) > _LONGEST_HEADING:
            return 0
        number = _NUMBERED.match(text)
        if number and self._is_numbered_heading(text[number.end() :].strip(), below):
            return min(6, number[1].count(".") + 1)
        if number or _FULL_STOP.search(text) or text.endswith(":"):
            return 0
        if _STRONG.fullmatch(text):
            return 6
        if not text[0].isalnum() or self._begins(line) or not any(c.isalpha() for c in text):
            return 0
        if _FIELD.match(text) or _CELLS.search(text):
            return 0
        if text.isupper():
            return 2
        if not (text[0].isupper() or text[0].isdigit()):
            return 0
        if below.column > line.column and not _ITEM.match(below.text):
            return TERM_LEVEL + line.column
        if line.column and below.column <= line.column:
            return 0  # centred or set in, without anything under it
        body = len(below.text) > len(text) or _ITEM.match(below.text)
        return 3 if body and self._short < 0.4 else 0

    @staticmethod
    def _is_numbered_heading(rest: str, below: _Line) -> bool:
        """Whether words after a number are a heading: no sentence, no item among items."""
        title = rest.rstrip(".")
        if not title[:1].isupper() or len(title) > 70 or re.search(r"[.!?;:,]\s*$|[.;]\s", title):
            return False
        sibling = _NUMBERED.match(below.text)
        return sibling is None or "." in sibling[1]


def _asks(words: str) -> bool:
    return words[0] in "*Q" and _ASKED.match(words) is not None


def _answers(words: str) -> bool:
    return words[0] in "*A" and _ANSWERED.match(words) is not None


def _label(words: str) -> str:
    """The name before the colon that a line begins with, or ""."""
    beginning = words[:_LONGEST_LABEL]
    match = _LABEL.match(beginning + " ") if ":" in beginning else None
    return match[1] if match is not None else ""


def _says_something(words: str) -> bool:
    """Whether a line holds more than marks and tags."""
    if words[0].isalnum():
        return True
    if words[0] == "<":
        words = _TAG.sub("", words)
    return _ALPHANUMERIC.search(words) is not None


def _is_atx(line: _Line) -> bool:
    """Whether the line is a Markdown heading."""
    return (
        line.text[0] == "#" and line.column < 4 and not line.quoted and bool(_ATX.match(line.text))
    )


def _heading(line: _Line, level: int) -> Block:
    """A heading without the marks around it."""
    words = line.text
    if _is_atx(line) and (bare := words.strip("#").strip()):
        start = line.start + words.index(bare)
        return Block("heading", start, start + len(bare), level)
    return Block("heading", line.start, line.end, level)


def _same_mark(first: str, other: str) -> bool:
    """Whether both begin with a mark of the same kind, as items of one list do."""
    one, two = _ITEM.match(first), _ITEM.match(other)
    if one is None or two is None:
        return False
    shapes = [re.sub(r"\d+", "0", re.sub(r"[a-z]+", "a", m.group().strip())) for m in (one, two)]
    return shapes[0] == shapes[1]


def _wrap_width(lines: Sequence[_Line]) -> int:
    """How wide the text is that another line follows: nine of ten lines are no wider."""
    widths = sorted(
        line.column + len(line.text)
        for line, after in pairwise(lines)
        if line.text and after.text and len(line.text) > 20
    )
    return widths[int(0.9 * (len(widths) - 1))] if widths else 72


def _speakers(lines: Sequence[_Line]) -> frozenset[str]:
    """Names before a colon that begin a good part of the paragraphs, two of them at least."""
    found: Counter[str] = Counter()
    paragraphs = 0
    blank = True
    for line in lines:
        if not line.text:
            blank = True
            continue
        paragraphs += blank
        blank = False
        if label := _label(line.text):
            found[label] += 1
    often = {name: count for name, count in found.items() if count >= 2}
    enough = sum(often.values()) >= max(4, 0.3 * paragraphs)
    return frozenset(often) if len(often) >= 2 and enough else frozenset()


def _short_share(lines: Sequence[_Line]) -> float:
    """The share of short lines without a full stop among the lines between blank lines."""
    alone = [
        line
        for at, line in enumerate(lines)
        if line.text
        and (at == 0 or not lines[at - 1].text)
        and (at + 1 == len(lines) or not lines[at + 1].text)
    ]
    groups = sum(
        1 for at, line in enumerate(lines) if line.text and (at == 0 or not lines[at - 1].text)
    )
    short = sum(len(line.text) < 60 and not _ENDS_SENTENCE.search(line.text) for line in alone)
    return short / max(groups, 8)


def _furniture(text: str, lines: Sequence[_Line]) -> frozenset[int]:
    """Lines that printed text repeats at the foot and head of every page."""
    if "\f" not in text:
        return frozenset()
    starts = [line.start for line in lines]
    candidates: list[tuple[int, str]] = []
    for match in re.finditer("\f", text):
        at = bisect_left(starts, match.start())
        above = next((i for i in range(at - 1, max(-1, at - 8), -1) if lines[i].text), None)
        below = next((i for i in range(at, min(len(lines), at + 4)) if lines[i].text), None)
        for near in {above, below} - {None}:
            assert near is not None
            candidates.append((near, re.sub(r"\d+", "0", lines[near].text)))
    often = Counter(shape for _, shape in candidates)
    return frozenset(
        at for at, shape in candidates if often[shape] >= 3 or _PAGE_END.search(lines[at].text)
    )


def _has_wide_gap(words: str) -> bool:
    """False where there are surely no cells; a printable text has no white space but blanks."""
    return "   " in words or "|" in words or not words.isprintable()


def _is_grid(lines: Sequence[_Line]) -> bool:
    """Whether the lines are rows of cells set apart by wide gaps."""
    if len(lines) < 3:
        return False
    columns = [
        frozenset(m.end() + line.column for m in _CELLS.finditer(line.text))
        for line in lines
        if _has_wide_gap(line.text)
    ]
    if sum(bool(found) for found in columns) < 0.8 * len(lines):
        return False
    shared = Counter(column for found in columns for column in found)
    return bool(shared) and shared.most_common(1)[0][1] >= 0.6 * len(lines)


def _label_column(lines: Sequence[_Line]) -> int | None:
    """Where the second column begins, if the first holds labels for what stands beside them."""
    match = _COLUMN.match(lines[0].text)
    if match is None or len(lines) < 2:
        return None
    column = lines[0].column + match.end()
    beside = 0
    for line in lines[1:]:
        if line.column == column:
            beside += 1
        else:
            own = _COLUMN.match(line.text)
            if own is None or line.column + own.end() != column:
                return None
    return column if beside or len(lines) > 2 else None
