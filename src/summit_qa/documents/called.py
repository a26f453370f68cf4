"""What a document is called: the words of its path, title and date, as people ask for it."""

from __future__ import annotations

import re
from calendar import month_name
from functools import lru_cache

from summit_qa.types import Document

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[\W_]+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_HEAD = 200  # characters at the beginning of a text, where its date stands
_SAYING = re.compile(r"\b[^\W\d_]{3,}\b")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])(?:[-_.]?([0-2]\d|3[01]))?(?!\d)")


def called(document: Document) -> str:
    """The words by which a search for "the minutes of March" or "the README" finds it.

    "board-minutes_2024-03-05.md" is called "board minutes 2024 03 05 md 5 March 2024".
    """
    words = [_in_words(document.path), document.title]
    words += _dates(f"{document.path} {document.date}")
    return " ".join(word for word in words if word)


@lru_cache(maxsize=1_000)
def named(path: str, title: str) -> str:
    """What a person would call the file in front of one of its lines: its title, or else its name.

    A date in the name that the title lacks is added: "Travel policy (2024)". A name of fewer
    than two words ("scan-0017") says nothing.
    """
    name = path.rpartition("/")[2].rpartition(".")[0] or path
    if not title:
        return _in_words(name) if len(_SAYING.findall(_in_words(name))) > 1 else ""
    dates = _dates(name) or [year for year in _YEAR.findall(name) if year not in title]
    return f"{title} ({dates[0]})" if dates and dates[0] not in title else title


def _in_words(path: str) -> str:
    return _BETWEEN.sub(" ", _CAMEL.sub(" ", path)).strip()


def _dates(text: str) -> list[str]:
    return [
        (f"{int(day)} " if day else "") + f"{month_name[int(month)]} {year}"
        for year, month, day in _DATE.findall(text)
    ]


def dated(document: Document) -> str:
    """When the document is from: an ISO date or the start of one; empty where nothing says.

    As the file states it, or its path does, or figures in its first lines do; of a path that
    names only years, the last.
    """
    if document.date:
        return document.date
    for text in (document.path, document.text[:_HEAD]):
        if found := _DATE.findall(text):
            return max("-".join(filter(None, parts)) for parts in found)
    return max(_YEAR.findall(document.path), default="")
