"""Reads a model's reply while it arrives: partial JSON to finished statements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import jiter

from summit_qa.errors import WriterReplyError
from summit_qa.types import Verdict

_THOUGHT = re.compile(r"^\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_OBJECT = re.compile(r"\{\s*(?=[\"}])")
_NUMBERS = re.compile(r"[\s,;]+")
LONGEST_REPLY = 200_000  # characters


@dataclass(frozen=True, slots=True)
class DraftQuote:
    """A quote as the model gave it: the number of a passage, and words."""

    source: int
    quote: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement as the model gave it; nothing of it has been checked.

    It rests on quotes, on numbers of sentences such as "2.3" (``cites``), or on both.
    """

    text: str
    quotes: tuple[DraftQuote, ...] = ()
    cites: tuple[str, ...] = ()


class ReplyReader:
    """Fed with pieces of a reply of any size; hands out each statement once it is finished."""

    def __init__(self) -> None:
        self._text = ""
        self._start: int | None = None  # where the JSON object begins
        self._scanned = 0
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._closed = 0  # objects that were closed within a list of the outermost object
        self._given = 0
        self._finished = False

    @property
    def text(self) -> str:
        """All that has arrived."""
        return self._text

    @property
    def finished(self) -> bool:
        """Whether the outermost object is complete."""
        return self._finished

    @property
    def answerable(self) -> bool | None:
        """What the model says so far about whether what it read answers at all."""
        value = self._parsed().get("answered")
        return value if isinstance(value, bool) else None

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that the model gave; None until the reply is finished."""
        value = self._parsed().get("verdict") if self._finished else None
        lowered = value.strip().lower() if isinstance(value, str) else None
        return lowered if lowered in ("yes", "no") else None  # type: ignore[return-value]

    def feed(self, piece: str) -> list[Draft]:
        """The statements that this piece has finished, in order."""
        self._text += piece
        if len(self._text) > LONGEST_REPLY:
            raise WriterReplyError("The model's reply is longer than any answer could be.")
        before = self._closed
        self._scan()
        if self._closed == before:
            return []
        items = self._parsed().get("statements")
        if not isinstance(items, list):
            return []
        found = items[self._given : self._closed]
        self._given += len(found)
        return [draft for draft in map(_draft, found) if draft is not None]

    def end(self) -> None:
        """Say that nothing more comes; WriterReplyError where no object with statements came."""
        if not isinstance(self._parsed().get("statements"), list):
            raise WriterReplyError("The model's reply is not in the format that was asked for.")

    def _scan(self) -> None:
        """Follow strings and brackets, so as to know what is closed."""
        if self._start is None:
            thought = _THOUGHT.match(self._text)
            begin = _OBJECT.search(self._text, thought.end() if thought else 0)
            if begin is None:
                return
            self._start = self._scanned = begin.start()
        for character in self._text[self._scanned :]:
            if self._finished:
                break
            if self._in_string:
                if self._escaped:
                    self._escaped = False
                elif character == "\\":
                    self._escaped = True
                elif character == '"':
                    self._in_string = False
            elif character == '"':
                self._in_string = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                self._closed += character == "}" and self._depth == 2
                self._finished = self._depth == 0
        self._scanned = len(self._text)

    def _parsed(self) -> dict[str, Any]:
        if self._start is None:
            return {}
        held = self._text[self._start :]
        try:
            # A number keeps its digits: the sentence 2.10 is not the sentence 2.1.
            value = jiter.from_json(
                held.encode("utf-8", "replace"), partial_mode=True, float_mode="lossless-float"
            )
        except ValueError:
            value = self._without_trailer(held)
        return value if isinstance(value, dict) else {}

    def _without_trailer(self, held: str) -> Any:
        """The object where words follow it, as models add them in plain text."""
        import json

        try:
            return json.JSONDecoder(parse_float=str).raw_decode(held)[0]
        except (ValueError, RecursionError):  # a reply of brackets alone is no object either
            return {}


def _draft(item: object) -> Draft | None:
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        return None
    quotes = item.get("quotes")
    found = [_quote(quote) for quote in quotes] if isinstance(quotes, list) else []
    cites = item.get("cites")
    numbers = cites if isinstance(cites, list) else [] if cites is None else [cites]
    return Draft(
        item["text"],
        tuple(quote for quote in found if quote is not None),
        tuple(dict.fromkeys(one for number in numbers for one in _numbers(number))),
    )


def _numbers(item: object) -> list[str]:
    """The sentence numbers that one entry of "cites" holds, without brackets; not checked."""
    if isinstance(item, (dict, list, bool)) or item is None:
        return [""]  # no such sentence: counted as rejected
    return [part.strip("[]()") for part in _NUMBERS.split(str(item).strip())]


def _quote(item: object) -> DraftQuote | None:
    if not isinstance(item, dict) or not isinstance(item.get("quote"), str):
        return None
    source = item.get("source")
    if isinstance(source, str) and source.strip().isdecimal() and len(source) < 6:
        source = int(source)
    if not isinstance(source, int) or isinstance(source, bool):
        source = 0  # no such passage: the quote is counted as rejected
    return DraftQuote(source, item["quote"])
