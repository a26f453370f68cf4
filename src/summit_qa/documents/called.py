"""What a document is called: the words of its path, title and date, as people ask for it."""

from __future__ import annotations

import re
from calendar import month_name

from summit_qa.types import Document

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[\W_]+")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])(?:[-_.]?([0-2]\d|3[01]))?(?!\d)")


def called(document: Document) -> str:
    """The words by which a search for "the minutes of March" or "the README" finds it.

    "board-minutes_2024-03-05.md" is called "board minutes 2024 03 05 md 5 March 2024".
    """
    words = [_BETWEEN.sub(" ", _CAMEL.sub(" ", document.path)).strip(), document.title]
    for year, month, day in _DATE.findall(f"{document.path} {document.date}"):
        words.append((f"{int(day)} " if day else "") + f"{month_name[int(month)]} {year}")
    return " ".join(word for word in words if word)
