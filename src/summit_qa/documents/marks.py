"""Marks by which a line of plain text shows what it is, and what holds for all lines of a file."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from summit_qa.documents.lines import TAB, lines_of

_ATX = re.compile(r"(#{1,6})\s+\S")
_WIKI = re.compile(r"(=(?: ?=){0,5})\s*([^=\s][^=]*?)\s*\1")
FENCE = re.compile(r"(`{3,}|~{3,})")
RULE = re.compile(r"(?:([-=_*~^#+\"'`])\s?)(?:\1\s?){2,}$")
UNDERLINE = re.compile(r"([-=~^\"'*+#`.:])\1{2,}$")
DELIMITER_ROW = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?$")
ITEM = re.compile(
    r"(?:[-*+•▪◦–]|\\item(?:\[[^\]]{0,80}\])?|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,5})[.)])\s+(?=\S)"
)
_QUOTED = re.compile(r"((?:>\s?)+)")
NUMBERED = re.compile(
    r"(?:(?:Chapter|Section|Part|Article|Appendix)\s+)?(\d{1,2}(?:\.\d{1,2})*)\.?\s"
)
_ASKED = re.compile(r"(?:\*\*)?(?:Q|Question)(?:\s?\d+)?\s?[:.)](?:\*\*)?\s")
_ANSWERED = re.compile(r"(?:\*\*)?(?:A|Answer)(?:\s?\d+)?\s?[:.)](?:\*\*)?\s")
_LABEL = re.compile(
    r"(?:\[?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?\]?\s+[-–]?\s?)?[*_<]{0,3}"
    r"(\w[\w.’'-]{0,24}(?:\s(?:\w|\()[\w.’'()-]{0,24}){0,3})[*_>]{0,3}"
    r"(?:\s\(\d[\d:. ]*\))?:[*_]{0,2}\s"
)
FIELD = re.compile(r"(?:\*\*|__)[^*_:]{1,40}:?(?:\*\*|__):?\s|[A-Z][\w-]*(?: [\w-]+){0,2}:\s+\S")
STRONG = re.compile(r"(\*\*|__)[^*_]+\1:?$")
_MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE_LINE = re.compile(
    r"(?:\*\*|__)?(?:(?:on )?(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH_NAME}(?:,? \d{{4}})?"
    rf"|{_MONTH_NAME} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    r"|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4})[:.]?(?:\*\*|__)?[:.]?",
    re.IGNORECASE,
)
_LONGEST_DATE = 40  # characters
COLUMN = re.compile(r"(\S(?:.{0,38}?\S)?)(?:\s{2,}|\t+)(?=\S)")
ROW = re.compile(r"[^\s\d][,;|]\S|\t|\s\|\s")
CELLS = re.compile(r"\s{3,}|\t|\s\|\s")
ENDS_SENTENCE = re.compile(r"[.!?;:…][\"'”’)\]»*_]*$")
FULL_STOP = re.compile(r"[.!;,…][\"'”’)\]»]*$")
TAG = re.compile(
    r"</?(?:a|b|br|center|details|div|em|h[1-6]|hr|i|img|li|ol|p|picture|source|span|strong|sub"
    r"|summary|sup|table|tbody|td|th|thead|tr|u|ul)\b[^<>]*>",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"\[!\[[^\]]*\](?:\([^)]*\))?\](?:\([^)]*\))?|!\[[^\]]*\]\([^)]*\)")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_PAGE_END = re.compile(r"\[Page \d+\]$|^(?:- )?(?:[Pp]age )?\d{1,4}(?: -)?$")

_LONGEST_LABEL = 200


@dataclass(slots=True)  # not frozen: a line is made for every line of a folder
class Line:
    """One line: text[start:end] without the white space around it, and its column."""

    start: int
    end: int
    column: int
    text: str
    quoted: int = 0  # depth of ">" before it


def read_lines(text: str) -> list[Line]:
    """Every line of the text, blank ones as well."""
    made: list[Line] = []
    for at, raw in lines_of(text):
        words = raw.strip()
        if not words:
            made.append(Line(at + len(raw), at + len(raw), 0, ""))
            continue
        start = at if raw[0] == words[0] else at + len(raw) - len(raw.lstrip())
        column, quoted = start - at, 0
        if column and "\t" in raw:
            column = len(raw[:column].expandtabs(TAB))
        if words[0] == ">" and (mark := _QUOTED.match(words)):
            quoted = mark[1].count(">")
            bare = words[mark.end() :].lstrip()
            column = len(words) - mark.end() - len(bare)
            start += len(words) - len(bare)
            words = bare
        made.append(Line(start, start + len(words), column, words, quoted))
    return made


def wiki_heading(line: Line) -> re.Match[str] | None:
    """A heading between signs of equality, as wikis have them: marks and words."""
    if line.text[:1] != "=" or line.column > 3 or line.quoted:
        return None
    return _WIKI.fullmatch(line.text)


def asks(words: str) -> bool:
    return words[0] in "*Q" and _ASKED.match(words) is not None


def answers(words: str) -> bool:
    return words[0] in "*A" and _ANSWERED.match(words) is not None


def name_before_colon(words: str) -> str:
    """The name before the colon that a line begins with, or ""."""
    beginning = words[:_LONGEST_LABEL]
    match = _LABEL.match(beginning + " ") if ":" in beginning else None
    return match[1] if match is not None else ""


def is_date(words: str) -> bool:
    """Whether a line is a date and nothing else, as it stands above an entry of a diary."""
    return len(words) <= _LONGEST_DATE and _DATE_LINE.fullmatch(words) is not None


def says_something(words: str) -> bool:
    """Whether a line holds more than marks and tags."""
    if words[0].isalnum():
        return True
    if words[0] == "<":
        words = TAG.sub("", words)
    if words[:1] in ("!", "["):
        words = _IMAGE.sub("", words[:2_000])
    return _ALPHANUMERIC.search(words) is not None


def is_atx(line: Line) -> bool:
    """Whether the line is a Markdown heading."""
    return (
        line.text[0] == "#" and line.column < 4 and not line.quoted and bool(_ATX.match(line.text))
    )


def same_mark(first: str, other: str) -> bool:
    """Whether both begin with a mark of the same kind, as items of one list do."""
    one, two = ITEM.match(first), ITEM.match(other)
    if one is None or two is None:
        return False
    shapes = [re.sub(r"\d+", "0", re.sub(r"[a-z]+", "a", m.group().strip())) for m in (one, two)]
    return shapes[0] == shapes[1]


def wrap_width(lines: Sequence[Line]) -> int:
    """How wide the text is that another line follows: nine of ten lines are no wider."""
    widths = sorted(
        line.column + len(line.text)
        for line, after in pairwise(lines)
        if line.text and after.text and len(line.text) > 20
    )
    return widths[int(0.9 * (len(widths) - 1))] if widths else 72


def speakers(lines: Sequence[Line]) -> frozenset[str]:
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
        if name := name_before_colon(line.text):
            found[name] += 1
    often = {name: count for name, count in found.items() if count >= 2}
    enough = sum(often.values()) >= max(4, 0.3 * paragraphs)
    return frozenset(often) if len(often) >= 2 and enough else frozenset()


def short_share(lines: Sequence[Line]) -> float:
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
    short = sum(len(line.text) < 60 and not ENDS_SENTENCE.search(line.text) for line in alone)
    return short / max(groups, 8)


def furniture(text: str, lines: Sequence[Line]) -> frozenset[int]:
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


def is_grid(lines: Sequence[Line]) -> bool:
    """Whether the lines are rows of cells set apart by wide gaps."""
    if len(lines) < 3:
        return False
    columns = [
        frozenset(m.end() + line.column for m in CELLS.finditer(line.text))
        for line in lines
        if _has_wide_gap(line.text)
    ]
    if sum(bool(found) for found in columns) < 0.8 * len(lines):
        return False
    shared = Counter(column for found in columns for column in found)
    return bool(shared) and shared.most_common(1)[0][1] >= 0.6 * len(lines)


def label_column(lines: Sequence[Line]) -> int | None:
    """Where the second column begins, if the first holds labels for what stands beside them.

    A label too long for its column has a line of its own.
    """
    column = next(
        (
            line.column + match.end()
            for line in lines[:8]
            if (match := COLUMN.match(line.text)) is not None
        ),
        None,
    )
    if column is None or len(lines) < 2 or lines[0].column >= column:
        return None
    beside = labels = 0
    for line, after in zip(lines, (*lines[1:], None), strict=True):
        if line.column == column:
            beside += 1
        elif line.column < column:
            own = COLUMN.match(line.text)
            if own is not None and line.column + own.end() == column:
                labels += 1
            elif own is not None or after is None or after.column != column:
                return None
        elif after is not None or not beside:
            return None
    return column if beside or labels > 2 else None
