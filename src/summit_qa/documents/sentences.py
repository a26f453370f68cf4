"""Cuts text into sentences; every sentence is an exact slice, computed while splitting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

LONGEST_SENTENCE = 2_000  # characters; longer ones are cut at white space
_BLOCK = 4_000  # characters that the sentence splitter sees at a time
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*(?:\r\n|\r|\n)")

# What the library does not know. A name or a number follows these …
_TITLE = re.compile(
    r"(?:^|[\s(“\"‘'])(?:Adm|Atty|Brig|Capt|Cmdr|Col|Cpl|Dr|Ft|Gen|Gov|Hon|Lt|Maj|Messrs|Mr|Mrs"
    r"|Ms|Mt|Pres|Prof|Rep|Reps|Rev|Sen|Sens|Sgt|Supt|[Aa]pprox|[Ii]ncl|e\.g|i\.e|vs)\.$"
)
# … a number these …
_NUMBERED = re.compile(r"(?:^|[\s(])(?:Art|Arts|Ch|Fig|Figs|No|Nos|Sec|Vol|Vols|pp?)\.$")
# … and a day, a month or a time zone the hour.
_HOUR = re.compile(r"\b[ap]\.m\.$")
_AFTER_HOUR = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?:\.|[a-z]{2,7}\b)|May \d"
    r"|(?:Eastern|Central|Mountain|Pacific)\b|(?:[ECMP][SD]?T|GMT|UTC|KST|JST|BST)\b)"
)
# A stop after a mark and before a letter is part of a name: "`.Z`", "(.gitignore)".
_STOPS = (".", "!", "?")
_BEFORE_NAME = frozenset(" \t\r\n([{\"'`/*<=")
# A sentence of several words that stands in brackets ends with them.
_AFTER_BRACKET = re.compile(r"[\w’'\"”][.!?][)\]]\s+(?=[“\"‘'(\[]?[A-Z])")
_SHORT_IN_BRACKETS = re.compile(
    r"(?:\.[A-Z]|\b(?:Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Mass|Md|Mich|Minn"
    r"|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo|Inc|Corp|Co|Ltd|Jr|Sr|etc))"
    r"\.[)\]]$"
)
# After these a new sentence is as likely as a name, unless it begins with a common small word.
_AFTER_COMPANY = re.compile(
    r"\b(?:Corp|Inc|Co|Ltd|Jr|Sr|etc|plc)\.[”\"’)]?\s+(?=(?:The|A|An|He|She|It|They|We|I|His|Her|Its"
    r"|Their|This|That|These|Those|But|And|In|On|At|For|If|When|While|After|As|There|Mr|Ms|Mrs)\b)"
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of the sentences, without the white space around them, in order.

    Every character but white space is in one of them. Boundaries come from sentencex, corrected
    by the rules above (docs/decisions.md says how well); a blank line is always one. A
    sentence longer than LONGEST_SENTENCE is cut at white space.
    """
    starts = sorted({0, *_sentence_starts(text), *(m.end() for m in _BLANK_LINE.finditer(text))})
    spans: list[tuple[int, int]] = []
    for start, end in pairwise((*starts, len(text))):
        spans += cut(text, start, end, LONGEST_SENTENCE)
    return _rejoined(text, spans)


@lru_cache(maxsize=20_000)
def cached_sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """`sentence_spans`, remembered for the texts that were asked for last."""
    return tuple(sentence_spans(text))


def _sentence_starts(text: str) -> Iterator[int]:
    """Where sentences begin, in order; the library is given at most _BLOCK characters at a time.

    Its time grows with the square of the length where quotation marks do not close. The last
    sentence of a block is looked at again with what follows it.
    """
    from sentencex import get_sentence_boundaries

    begin = 0
    while begin < len(text):
        block = text[begin : begin + _BLOCK]
        # The library takes "\r\n" for a blank line; blank lines are found elsewhere.
        plain = block.replace("\r", " ")
        found = {each["start_index"] for each in get_sentence_boundaries("en", plain)}
        for rule in (_AFTER_BRACKET, _AFTER_COMPANY):
            found |= {match.end() for match in rule.finditer(block)}
        found = {_with_mark(block, start) for start in found if not _inside(block, start)}
        kept = sorted(found - {0})
        last = begin + len(block) >= len(text)
        if not last and not kept:
            kept = [_last_space(block)]
        yield from (begin + start for start in kept)
        begin = len(text) if last else begin + kept[-1]


def _inside(text: str, start: int) -> bool:
    """Whether what stands before ``start`` cannot end a sentence."""
    before = text[max(0, start - 24) : start].rstrip()
    after = text[start : start + 12].lstrip()
    if _TITLE.search(before) or _SHORT_IN_BRACKETS.search(before):
        return True
    if text[start - 1 : start] in _STOPS and (start < 2 or text[start - 2] in _BEFORE_NAME):
        return True
    if _NUMBERED.search(before) and after[:1].isdigit():
        return True
    if _HOUR.search(before) and _AFTER_HOUR.match(after):
        return True
    return before.endswith(("!", "?")) and after[:1].islower()


def _with_mark(text: str, start: int) -> int:
    """The start moved before a mark that opens the sentence and was left to the one before."""
    opened = 1 < start < len(text) and text[start - 1] in "“‘\"'([" and text[start - 2].isspace()
    return start - 1 if opened and not text[start].isspace() else start


def _last_space(text: str) -> int:
    """After the last white space, or the end where there is none."""
    for at in range(len(text), 0, -1):
        if text[at - 1].isspace():
            return at
    return len(text)


def cut(text: str, start: int, end: int, limit: int) -> list[tuple[int, int]]:
    """text[start:end] trimmed, in pieces of at most ``limit`` characters, cut at white space."""
    pieces: list[tuple[int, int]] = []
    while trimmed := trim(text, start, end):
        start, stop = trimmed
        if stop - start <= limit:
            pieces.append((start, stop))
            break
        edge = start + limit
        if not text[edge].isspace():
            # The piece begins with no white space, so what is left of the cut is never empty.
            edge = start + _last_space(text[start:edge])
        if piece := trim(text, start, edge):
            pieces.append(piece)
        start = edge
    return pieces


def _rejoined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pieces without a letter or digit join their neighbour: a mark alone is no sentence."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        bare = not any(character.isalnum() for character in text[start:end])
        if joined and bare and end - joined[-1][0] <= LONGEST_SENTENCE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The range without the white space at its ends, or None where nothing else is in it."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
