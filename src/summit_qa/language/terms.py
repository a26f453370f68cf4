"""The words that a search goes by: stems, and names of code, parts and releases in one piece.

"max_file-bytes", "maxFileBytes" and "max file bytes" meet, and so do "AB-1234" and "ab 1234": a
compound is searched by its parts and by all of them together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from summit_qa.language.lexicon import STOPWORDS, stem, words

# Neither is tried again from within a word, which would take a third of the time to index a folder.
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]++(?:[-_./:#][^\W_]+)+")
_CAMEL = re.compile(r"(?<![^\W\d_])[^\W\d_]*[a-z][A-Z][^\W_]*")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SEPARATOR = re.compile(r"[\W_]+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)")
_CODE = re.compile(r"[^\W\d_][-_./:#]?\d|\d[-_./:#]?[A-Z]{2}|[^\W_]_[^\W_]|\d\.\d+\.\d{1,3}(?!\d)")
_LONGEST = 40  # characters of a compound: longer ones are addresses
_PIECES = re.compile(r"\d+|[^\W\d_]+")


def terms(text: str) -> Iterator[str]:
    """The terms of a text, each as often as it occurs, in no particular order."""
    yield from map(stem, words(text))
    yield from _together(text)


def _together(text: str) -> Iterator[str]:
    """Compounds without their separators, the humps of camel case, figures without commas."""
    for match in _COMPOUND.finditer(text):
        if len(match.group()) <= _LONGEST:
            yield stem(_SEPARATOR.sub("", match.group()).lower())
    for match in _CAMEL.finditer(text):
        yield from (stem(part.lower()) for part in _HUMP.findall(match.group()))
    for match in _GROUPED.finditer(text):
        yield match.group().replace(",", "")


def asked_terms(question: str, frequency: Callable[[str], int]) -> dict[str, str | None]:
    """The terms to look a question up by, each with the term that it stands beside, if any.

    ``frequency`` says how many texts hold a term. Stop words are left out, unless there is
    nothing else. A term that stands beside another is a way to write it: words written together
    ("healthcare" for "health care"), or the parts of one that is nowhere written so.
    """
    asked = words(question)
    meant = [word for word in asked if word not in STOPWORDS] or asked
    found: dict[str, str | None] = dict.fromkeys([*map(stem, meant), *_together(question)])
    for one, other in pairwise(asked):
        if one in STOPWORDS or other in STOPWORDS:
            continue
        for joined in dict.fromkeys((one + other, stem(one + other))):
            if frequency(joined):
                rarer = min(stem(one), stem(other), key=lambda part: frequency(part) or math.inf)
                found.setdefault(joined, rarer)
    for word in meant:
        if not frequency(stem(word)):
            found |= dict.fromkeys(_parts(word, frequency))
    return found


def codes(question: str) -> list[str]:
    """What in a question names one thing exactly: part numbers, releases, error codes, options.

    As terms: a compound in one piece.
    """
    found: dict[str, None] = {}
    for piece in question.split():
        bare = piece.strip("“”‘’\"'`?!,;:.()[]{}<>")
        if _CODE.search(bare):
            found.setdefault(stem(_SEPARATOR.sub("", bare).lower()))
    return list(found)


def _parts(word: str, frequency: Callable[[str], int]) -> list[str]:
    """A word that is nowhere written so, as two that are; letters and figures apart."""
    pieces = _PIECES.findall(word)
    if len(pieces) > 1:
        return [stem(piece) for piece in pieces]
    best: list[str] = []
    rarest = 0
    for at in range(3, len(word) - 2):
        pair = [stem(word[:at]), stem(word[at:])]
        common = min(map(frequency, pair))
        if common > rarest:
            best, rarest = pair, common
    return best
