"""Which lines of plain text go on with the line above, and which begin something new.

A line end is no end where the next line's first word had no room on the line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from summit_qa.documents.marks import (
    ENDS_SENTENCE,
    FIELD,
    ITEM,
    ROW,
    STRONG,
    Line,
    answers,
    asks,
    name_before_colon,
    same_mark,
    speakers,
    wrap_width,
)

_NARROWEST_WRAP, _WIDEST_WRAP = 45, 120


class Wrapping:
    """Knows how wide a file's lines are, who speaks in it, and which letters count its items."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.width = wrap_width(lines)
        self._speakers = speakers(lines)
        self._initials = frozenset(
            line.text[0] for line in lines if line.text[1:3] == ". " and line.text[0].isupper()
        )
        self._questions = any(line.text and asks(line.text) for line in lines)

    def units(self, lines: Sequence[Line]) -> list[list[Line]]:
        """Lines without a blank one between them, joined where they are wrapped."""
        units = [[lines[0]]]
        longest = max(line.column + len(line.text) for line in lines)
        # Within a longer run its own longest line tells the width better than the whole file.
        width = longest if len(lines) > 3 and longest > 40 else max(longest, self.width)
        wrapped = width >= _NARROWEST_WRAP and self._is_wrapped(lines)
        for line in lines[1:]:
            before = units[-1][-1]
            if self._goes_on(units[-1][0], before, line, width, wrapped):
                units[-1].append(line)
            else:
                units.append([line])
        return units

    def _is_wrapped(self, lines: Sequence[Line]) -> bool:
        """Whether the run can be wrapped text at all: rows and names begin each line anew."""
        if self.width > _WIDEST_WRAP:
            return False
        after = [line.text[0] for line in lines[1:]]
        if len(after) < 3:
            return True
        new = sum(first.isupper() or first.isdigit() for first in after)
        if new > 0.7 * len(after):
            return False
        return sum(ROW.search(line.text) is not None for line in lines) <= 0.7 * len(lines)

    def _goes_on(self, first: Line, before: Line, line: Line, width: int, wrapped: bool) -> bool:
        """Whether the line goes on with what the line before it left unfinished."""
        small = line.text[0].islower()
        if not wrapped and not small:
            return False
        word = line.text.split(None, 1)[0]
        room = width - (before.column + len(before.text)) - 1 - len(word)
        if self.begins(line):
            # "… under section / 7. This requirement": a number that the margin moved down.
            moved = (
                wrapped
                and room < 4
                and line.text[0].isdigit()
                and not same_mark(first.text, line.text)
            )
            return moved and not ENDS_SENTENCE.search(before.text)
        if FIELD.match(first.text) and FIELD.match(line.text):
            return False
        item = self.item(first.text)
        hanging = first.column + (item.end() if item else 0)
        if before is not first and abs(line.column - before.column) > 1:
            return False
        if before is first and line.column < first.column - 12:
            return False
        if small and before.text.endswith(("‐", "\u00ad")):
            return True
        if small and before.text.endswith("-") and len(before.text) > 25:
            return True
        unfinished = small and before.text.endswith(",")
        if (
            room >= 0
            and before is first
            and not item
            and line.column > first.column + 1
            and not unfinished
        ):
            return False  # a label, with what belongs to it indented below
        if unfinished and line.column >= first.column:
            return True
        if not wrapped and not (small and item and line.column >= hanging - 1):
            return False
        if room < 4:
            return True
        if ENDS_SENTENCE.search(before.text):
            return False
        # A ragged edge: an address or a long word was moved down; prose goes on in small letters.
        return (small and len(before.text) > 24) or (before is not first and room < width // 3)

    def begins(self, line: Line) -> bool:
        """Whether a mark says that something new begins with the line."""
        text = line.text
        if text[0] == "|" or self.item(text) or asks(text):
            return True
        if self.answers(text):
            return True
        if text.startswith(("**", "__")) and (STRONG.fullmatch(text) or FIELD.match(text)):
            return True
        return bool(self.speaker(text))

    def item(self, text: str) -> re.Match[str] | None:
        """The mark that begins an item; "K. Holt" is a name unless "J." or "L." has a line too."""
        match = ITEM.match(text)
        if match is None or text[1] != "." or not text[0].isupper():
            return match
        beside = {chr(ord(text[0]) - 1), chr(ord(text[0]) + 1)}
        return match if beside & self._initials else None

    def speaker(self, text: str) -> str:
        name = name_before_colon(text) if self._speakers else ""
        return name if name in self._speakers else ""

    def answers(self, text: str) -> bool:
        """Whether the text begins as an answer does, in a file that has questions."""
        return self._questions and answers(text)
