"""What kind of thing a question asks for, and whether a text holds one.

The expected answer type of question answering (Voorhees, TREC-8, 1999), by cue words: a sentence
without any number cannot answer "how many", whatever else it shares with the question.
"""

from __future__ import annotations

import re
from typing import Literal

from summit_qa.lexicon import MAGNITUDES, MONTHS, NUMBER_WORDS, word_set, words

PartOfDate = Literal["year", "month", "weekday"]
AnswerType = Literal["number", "year", "month", "weekday", "time", "name", "place"]

_NUMBER = re.compile(
    r"\bhow (?:many|much|old|tall|high|far|wide|deep|heavy|big|large)\b"
    r"|\bhow long (?:is|was|are|were)\b"
    r"|\bwhat (?:number|percentage|percent|share|price|cost|age)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|month|day|date|time|decade|century|weekday)\b"
    r"|\b(?:since|until|by) what\b",
    re.IGNORECASE,
)
_SMALL = word_set("in at to from near outside across into on around off of between the a an and")
_PART_OF_DATE: dict[PartOfDate, re.Pattern[str]] = {
    "year": re.compile(r"\b(?:what|which) year\b", re.IGNORECASE),
    "month": re.compile(r"\b(?:what|which) month\b", re.IGNORECASE),
    "weekday": re.compile(
        r"\b(?:what|which) (?:day of the week|weekday|week day)\b", re.IGNORECASE
    ),
}
_NAME = re.compile(r"^\W*(?:\w+ ){0,2}(?:who|whom|whose)\b", re.IGNORECASE)
_PLACE = re.compile(
    r"^\W*(?:(?!what|which|who|how|why|when)\w+ ){0,2}where\b"
    r"|\b(?:what|which) (?:country|city|town|state|place|village|region|continent|island)\b",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"\b(?:what|which|who|how|why|where)\b.*\bwhen\b", re.IGNORECASE)

_HAS_NUMBER = re.compile(
    rf"\d|\b(?:{'|'.join([*NUMBER_WORDS, *MAGNITUDES])}|half|dozens?|both|several|single|pair|"
    r"twice|double|triple|quarter|no)\b(?!-)",  # "three-way" counts nothing
    re.IGNORECASE,
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_HAS_TIME = re.compile(
    rf"\b(?:1[0-9]|20)\d\d\b|\b\d{{1,2}}:\d\d\b|\b\d{{4}}s\b|\b(?:{'|'.join(MONTHS)})\b"
    rf"|\b{_WEEKDAY}\b"
    r"|\b(?:today|tonight|yesterday|tomorrow|now|currently|recently|annually|yearly)\b"
    r"|\b(?:seconds?|minutes?|hours?|days?|weeks?|weekend|months?|years?|decades?|century|centuries"
    r"|morning|afternoon|evening|night|noon|midnight|spring|summer|autumn|winter)\b"
    r"|\b(?:ago|after|before|during|following|ahead of|earlier|later|since|until|once|war)\b",
    re.IGNORECASE,
)
_HAS_PART_OF_DATE: dict[PartOfDate, re.Pattern[str]] = {
    "year": re.compile(r"\b(?:1\d|20)\d\d\b|\blast year\b|\bthis year\b", re.IGNORECASE),
    "month": re.compile(rf"\b(?:{'|'.join(MONTHS)})\b|\b\d{{4}}-\d\d\b", re.IGNORECASE),
    "weekday": re.compile(rf"\b{_WEEKDAY}\b", re.IGNORECASE),
}
_HAS_NAME = re.compile(r"[A-Z]\w")
# Two words or more with capitals: a person as a rule, or a body that acts as one; "South Korea"
# is neither.
_HAS_FULL_NAME = re.compile(
    r"\b[A-Z][\w.'’-]*(?:\s+(?:(?:of|de|von|van|bin|al|da|du)\s+)?[A-Z][\w'’-]*)+"
)
_REGION = re.compile(
    r"(?:North|South|East|West|Northern|Southern|Eastern|Western|Central|Middle|New|United|Great"
    r"|Saudi)\b"
)
_HAS_PLACE = re.compile(
    r"\b(?:in|at|to|from|near|outside|across|into)\s+(?:the\s+)?"
    rf"(?:[a-z]+\s+){{0,2}}(?!(?i:{_WEEKDAY}|{'|'.join(MONTHS)})\b)[A-Z]\w*"
)


def answer_type(question: str) -> AnswerType | None:
    """The type that the question asks for, or None where cue words do not tell."""
    if _NUMBER.search(question):
        return "number"
    for part, asks in _PART_OF_DATE.items():
        if asks.search(question):
            return part
    if _TIME.search(question) and not _WITHIN.search(question):
        return "time"
    if _PLACE.search(question):
        return "place"
    return "name" if _NAME.match(question) else None


def holds(text: str, kind: AnswerType | None) -> bool:
    """Whether the text holds something of the type; True where that cannot be told."""
    match kind:
        case "number":
            return _HAS_NUMBER.search(text) is not None
        case "year" | "month" | "weekday":
            return _HAS_PART_OF_DATE[kind].search(text) is not None
        case "time":
            return _HAS_TIME.search(text) is not None
        case "name":
            return _HAS_NAME.search(text) is not None
    return True


def names_something_new(text: str, question: str, kind: AnswerType | None) -> bool:
    """Whether the text names a person or place that the question does not; True for other types.

    A sign and not a condition: a place may be a harbour, and a person a surname.
    """
    pattern = {"name": _HAS_FULL_NAME, "place": _HAS_PLACE}.get(kind or "")
    if pattern is None:
        return True
    asked = set(words(question))
    return any(
        set(words(found.group())) - asked - _SMALL
        for found in pattern.finditer(text)
        if kind == "place" or not _REGION.match(found.group())
    )


def can_answer(text: str, question: str, kind: AnswerType | None) -> bool:
    """Whether the text holds something of the type that the question does not name itself."""
    return holds(text, kind) and names_something_new(text, question, kind)


def missing_reason(kind: AnswerType) -> str:
    """Why there is no answer, in words."""
    thing = {"number": "a number", "time": "a date or time", "name": "a name"}.get(kind)
    return (
        f"The corpus speaks of related things, but does not give {thing or f'a {kind}'} for this."
    )
