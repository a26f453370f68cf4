"""The structure of plain text and Markdown: headings, paragraphs, lists, tables, turns, quotes.

A person who reads a page sees its parts by blank lines, indentation, marks and the length of
lines; so does this module, a line at a time, and leaves the text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from summit_qa.documents.marks import (
    CELLS,
    COLUMN,
    DELIMITER_ROW,
    FENCE,
    FIELD,
    FULL_STOP,
    NUMBERED,
    RULE,
    STRONG,
    TAG,
    UNDERLINE,
    Line,
    asks,
    furniture,
    is_atx,
    is_date,
    is_grid,
    label_column,
    read_lines,
    says_something,
    short_share,
    wiki_heading,
)
from summit_qa.documents.markups import Markup
from summit_qa.documents.wrapping import Wrapping
from summit_qa.types import Block, BlockKind, packed_blocks

TERM_LEVEL = 7  # a heading of this level or more labels what is indented deeper than level - 7
_LONGEST_HEADING = 90  # characters
_LONGEST_TITLE = 160
_LONGEST_QUESTION = 160
_DATED = 6  # level of a date above an entry, as of a line in bold
_PART = 32 * 1024 * 1024  # characters that are read together: as many as a file may have at first
_TITLE_LINES = 40  # of the file, in which a title in the middle of the page is looked for

_COUNTED = re.compile(r"(?i)[\[(]?(?:v|version |release |chapter |part |section )?\d")


def blocks_of(text: str, markup: str = "") -> Sequence[Block]:
    """The blocks of the text in order; every character but white space and rules is in one.

    What separates the parts of a table or a section (``|---|``, ``====``), the tags of HTML at
    either end of a block, page ends of printed text and commands of the ``markup`` ("tex",
    "org", "adoc", "rst") are in none.

    A text of more than _PART characters is read in parts, since a line as an object takes five
    times its size: what holds for all lines of a file holds for those of a part then.
    """
    return packed_blocks(
        block if not begin else replace(block, start=block.start + begin, end=block.end + begin)
        for begin, end in _parts(text)
        for block in _blocks_of_part(text[begin:end], markup, first=not begin)
    )


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Characters of parts that end, if they can, with a blank line, or else with a line."""
    begin = 0
    while begin < len(text):
        end = len(text)
        if end - begin > _PART:
            low = begin + _PART // 2
            end = max(text.rfind("\n\n", low, begin + _PART) + 2, low)
            if end == low:
                end = text.rfind("\n", low, begin + _PART) + 1 or begin + _PART
        yield begin, end
        begin = end


def _blocks_of_part(text: str, markup: str, first: bool) -> Sequence[Block]:
    """The blocks of the text, or of one of its parts; only the first has a title."""
    lines = read_lines(text)
    blocks = [_without_tags(text, block) for block in _Reader(text, lines, markup, first).read()]
    if (
        first
        and len(blocks) > 1
        and _is_title(text, blocks)
        and not any(block.kind == "title" for block in blocks)
    ):
        blocks[0] = Block("title", blocks[0].start, blocks[0].end)
    return blocks


def _without_tags(text: str, block: Block) -> Block:
    """The block without the tags around its words, as Markdown has them; ``<h2>`` is a heading."""
    if block.kind == "code" or not (text[block.start] == "<" or text[block.end - 1] == ">"):
        return block
    start, end, kind, level = block.start, block.end, block.kind, block.level
    while found := TAG.match(text, start, end):
        if found[0][:2].lower() == "<h" and found[0][2:3].isdigit():
            kind, level = "heading", int(found[0][2])
        start = found.end()
        while start < end and text[start].isspace():
            start += 1
    while text[end - 1] == ">" and (at := text.rfind("<", start, end)) > start:
        if not TAG.fullmatch(text, at, end):
            break
        end = at
        while end > start and text[end - 1].isspace():
            end -= 1
    return Block(kind, start, end, level, block.label) if start < end else block


def _is_title(text: str, blocks: Sequence[Block]) -> bool:
    """Whether the first block of a text is what the text is called."""
    first, second = blocks[:2]
    if first.kind not in ("heading", "paragraph") or first.level >= TERM_LEVEL:
        return False
    words = text[first.start : first.end]
    if len(words) > _LONGEST_TITLE or words[-1] == ":" or FULL_STOP.search(words):
        return False
    if first.kind == "heading" and _COUNTED.match(words):
        # The first of several chapters or releases is no name for all of them.
        return not any(
            block.kind == "heading"
            and block.level == first.level
            and _COUNTED.match(text, block.start, block.end)
            for block in blocks[1:]
        )
    # The first line of a log or of a list of imports is like the next.
    return _beginning(words) != _beginning(text[second.start : second.end])


def _beginning(words: str) -> str:
    """The first word, with all figures alike."""
    return re.sub(r"\d", "0", words.split(None, 1)[0])


class _Reader:
    """Walks the lines once."""

    def __init__(
        self, text: str, lines: Sequence[Line], markup: str = "", first: bool = True
    ) -> None:
        """``first`` says whether the text begins here, or is a later part of one."""
        self._text = text
        self._first = first
        self._markup = Markup(markup, lines)
        lines = self._markup.lines
        self._lines = lines
        self._furniture = furniture(text, lines)
        self._wrapping = Wrapping(lines)
        self._underlines: list[str] = []  # characters that underline headings, outermost first
        self._short = short_share(lines)
        self._titled = not first
        self._dated = sum(is_date(line.text) for line in lines) > 1  # else it is a letter's

    def read(self) -> Iterator[Block]:
        """The blocks in order."""
        lines, at = self._lines, self._front_matter()
        for line in lines[:at]:
            if line.text and not RULE.fullmatch(line.text):
                yield Block("meta", line.start, line.end)
        while at < len(lines):
            line = lines[at]
            if not line.text or at in self._furniture or not says_something(line.text):
                at += 1
            elif mark := FENCE.match(line.text):
                begin = at + 1
                at = self._fence_end(begin, mark[1])
                yield from self._code(begin, at)
                at += 1
            elif at in self._markup.sections:
                start, end, level = self._markup.sections[at]
                yield Block("heading" if level else "title", start, end, level)
                at += 1
            elif at in self._markup.listings:
                begin, at = at + 1, self._markup.listing_end(at)
                yield from self._code(begin, at)
            elif wiki := wiki_heading(line):
                level = wiki[1].count("=")
                start, end = (line.start + place for place in wiki.span(2))
                yield Block("title" if level == 1 else "heading", start, end, level - 1)
                at += 1
            elif is_atx(line):
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
            elif RULE.fullmatch(line.text):
                at += 1
            else:
                begin, at = at, self._group_end(at)
                yield from self._group(begin, at)
                if self._markup.announces(at - 1):
                    begin, at = at, self._markup.listing_end(at - 1)
                    yield from self._code(begin, at)

    def _front_matter(self) -> int:
        """The line after a block between ``---`` at the very beginning, or 0."""
        lines = self._lines
        if not self._first or not lines or lines[0].text != "---":
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
        held: list[Line] = []
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
            if not line.text or at in self._furniture or FENCE.match(line.text):
                break
            if not says_something(line.text):
                break
            if line.quoted != lines[first].quoted or is_atx(line) or at in self._markup.sections:
                break
            if wiki_heading(line):
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
        return "|" in below and "-" in below and DELIMITER_ROW.fullmatch(below) is not None

    def _table(self, begin: int, end: int) -> Iterator[Block]:
        for at in range(begin, end):
            line = self._lines[at]
            if not DELIMITER_ROW.fullmatch(line.text):
                yield Block("header" if at == begin else "row", line.start, line.end)

    def _underlined(self, at: int) -> int:
        """The level of the heading that the next line underlines, or 0."""
        lines = self._lines
        if at + 1 >= len(lines):
            return 0
        line, below = lines[at], lines[at + 1]
        mark = UNDERLINE.fullmatch(below.text)
        if mark is None or not line.text or RULE.fullmatch(line.text) or line.quoted:
            return 0
        length = len(below.text)
        if len(line.text) > _LONGEST_HEADING or not 0.6 * len(line.text) <= length:
            return 0
        if length > len(line.text) + 24 or FULL_STOP.search(line.text):
            return 0
        if at and lines[at - 1].text and not RULE.fullmatch(lines[at - 1].text):
            return 0
        if mark[1] not in self._underlines:
            self._underlines.append(mark[1])
        return self._underlines.index(mark[1]) + 1

    def _group(self, begin: int, end: int) -> Iterator[Block]:
        """The blocks of a run of lines without a blank one between them."""
        lines = self._lines[begin:end]
        if lines[0].quoted:
            for unit in self._wrapping.units(lines):
                yield Block("quote", unit[0].start, unit[-1].end, unit[0].quoted)
            return
        if begin < _TITLE_LINES and not self._titled and self._is_centred(lines):
            self._titled = True
            yield Block("title", lines[0].start, lines[-1].end)
            return
        if len(lines) == 1 and (level := self._alone(begin)):
            yield _heading(lines[0], level)
            return
        if is_grid(lines):
            header = not re.search(r"\d", lines[0].text) and any(
                re.search(r"\d", line.text) for line in lines[1:]
            )
            for at, line in enumerate(lines):
                kind: BlockKind = "header" if header and not at else "row"
                yield Block(kind, line.start, line.end)
            return
        column = label_column(lines)
        if column is not None and not self._wrapping.item(lines[0].text):
            yield from self._labelled(lines, column)
            return
        units = self._wrapping.units(lines)
        if self._dated and len(units[0]) == 1 and is_date(lines[0].text):
            yield Block("heading", lines[0].start, lines[0].end, _DATED)
            units = units[1:]
        made = [
            self._block(unit, units[at + 1] if at + 1 < len(units) else None)
            for at, unit in enumerate(units)
        ]
        if len(made) > 1 and self._is_asked(*made[:2]):
            made[0] = Block("question", made[0].start, made[0].end)
            made[1] = Block("answer", made[1].start, made[1].end)
        yield from made

    def _is_asked(self, one: Block, other: Block) -> bool:
        """Whether a paragraph is a question that the next, without a blank line, answers."""
        if one.kind != "paragraph" or other.kind != "paragraph":
            return False
        said = (self._text[block.start : block.end].rstrip("*_") for block in (one, other))
        asked, answered = said
        return len(asked) <= _LONGEST_QUESTION and asked[-1:] == "?" != answered[-1:]

    def _is_centred(self, lines: Sequence[Line]) -> bool:
        """Whether the lines stand in the middle of the page, as the title of printed text does."""
        if len(lines) > 3 or max(line.column for line in lines) < 5:
            return False
        words = " ".join(line.text for line in lines)
        if len(words) > _LONGEST_TITLE or FULL_STOP.search(words):
            return False
        return all(
            abs(self._wrapping.width - 2 * line.column - len(line.text)) <= 3
            and not CELLS.search(line.text)
            for line in lines
        )

    def _labelled(self, lines: Sequence[Line], column: int) -> Iterator[Block]:
        """Lines whose first column labels the second: the label, then what it labels."""
        held: list[Line] = []
        for line in lines:
            if line.column >= column:
                held.append(line)
                continue
            for unit in self._wrapping.units(held) if held else ():
                yield self._block(unit, None)
            match = COLUMN.match(line.text)
            if match is None or line.column + match.end() != column:  # too long for its column
                yield Block("heading", line.start, line.end, TERM_LEVEL + line.column)
                held = []
                continue
            yield Block("heading", line.start, line.start + match.end(1), TERM_LEVEL + line.column)
            start = line.start + match.end()
            held = [Line(start, line.end, column, line.text[match.end() :])]
        for unit in self._wrapping.units(held) if held else ():
            yield self._block(unit, None)

    def _block(self, unit: Sequence[Line], after: Sequence[Line] | None) -> Block:
        """What the joined lines are, by the first of them and by what follows."""
        first, end = unit[0], unit[-1].end
        text = self._text[first.start : end]
        if asks(text):
            return Block("question", first.start, end)
        if self._wrapping.answers(text):
            return Block("answer", first.start, end)
        if speaker := self._wrapping.speaker(text):
            return Block("turn", first.start, end, 0, speaker)
        labels = (
            after is not None
            and len(unit) == 1
            and after[0].column > first.column
            and len(text) <= _LONGEST_HEADING
            and not FULL_STOP.search(text)
            and not self._wrapping.item(after[0].text)
            and not self._wrapping.item(text)
        )
        if labels:
            return Block("heading", first.start, end, TERM_LEVEL + first.column)
        if self._wrapping.item(text):
            return Block("item", first.start, end, first.column)
        if len(unit) == 1 and len(text) < 200 and FIELD.match(text):
            return Block("meta", first.start, end)
        return Block("paragraph", first.start, end)

    def _alone(self, at: int) -> int:
        """The level of the heading that a line between blank lines is, or 0."""
        lines, line = self._lines, self._lines[at]
        text = line.text
        below = next((it for it in lines[at + 1 : at + 6] if it.text), None)
        if below is None:
            return 0
        if self._markup.announces(at):
            return 0
        if self._dated and is_date(text):
            return _DATED
        if text.endswith("::") and below.column > line.column:
            return TERM_LEVEL + line.column
        if len(text) > _LONGEST_HEADING:
            return 0
        number = NUMBERED.match(text)
        if number and self._is_numbered_heading(number[1], text[number.end() :].strip(), below):
            return min(6, number[1].count(".") + 1)
        if number or FULL_STOP.search(text) or text.endswith(":"):
            return 0
        if STRONG.fullmatch(text):
            return 6
        if (
            not text[0].isalnum()
            or self._wrapping.begins(line)
            or not any(c.isalpha() for c in text)
        ):
            return 0
        if CELLS.search(text):
            return 0
        if text.isupper():
            return 2
        if FIELD.match(text):
            return 0
        small = not (text[0].isupper() or text[0].isdigit())
        if below.column > line.column and (small or not self._wrapping.item(below.text)):
            return TERM_LEVEL + line.column
        if small:
            return 0
        if line.column and below.column <= line.column:
            return 0  # centred or set in, without anything under it
        body = len(below.text) > len(text) or self._wrapping.item(below.text)
        return 3 if body and self._short < 0.4 else 0

    @staticmethod
    def _is_numbered_heading(number: str, rest: str, below: Line) -> bool:
        """Whether words after a number are a heading: no sentence, no item among items."""
        title = rest.rstrip(".")
        if title != rest and not _is_titled(title):
            return False  # "10.1 Changes have to be made in writing."
        if not title[:1].isupper() or len(title) > 70 or re.search(r"[.!?;:,]\s*$|[.;]\s", title):
            return False
        sibling = NUMBERED.match(below.text)
        if sibling is None:
            return True
        depth = sibling[1].count(".")
        return bool(depth) or depth != number.count(".")


def _is_titled(words: str) -> bool:
    """Whether words with a full stop can be a heading: a few, or with capitals as titles have."""
    long = [word for word in words.split() if len(word) > 3]
    return len(words.split()) <= 2 or sum(word[0].isupper() for word in long) >= 0.6 * len(long)


def _heading(line: Line, level: int) -> Block:
    """A heading without the marks around it."""
    words = line.text
    if is_atx(line) and (bare := words.strip("#").strip()):
        start = line.start + words.index(bare)
        return Block("heading", start, start + len(bare), level)
    return Block("heading", line.start, line.end, level)
