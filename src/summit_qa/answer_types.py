"""What kind of thing a question asks for, and whether a text holds one.

The expected answer type of question answering (Voorhees, TREC-8, 1999), by cue words: a sentence
without any number cannot answer "how many", whatever else it shares with the question.
"""

from __future__ import annotations

import re
from typing import Literal

from summit_qa.lexicon import MAGNITUDES, MONTHS, NUMBER_WORDS

AnswerType = Literal["number", "time", "name"]

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
_NAME = re.compile(r"^\W*(?:\w+ ){0,2}(?:who|whom|whose)\b", re.IGNORECASE)
_WITHIN = re.compile(r"\b(?:what|which|who|how|why|where)\b.*\bwhen\b", re.IGNORECASE)

_HAS_NUMBER = re.compile(
    rf"\d|\b(?:{'|'.join([*NUMBER_WORDS, *MAGNITUDES])}|half|dozens?|both|several|single|pair|"
    r"twice|double|triple|quarter|no)\b(?!-)",  # "three-way" counts nothing
    re.IGNORECASE,
)
_HAS_TIME = re.compile(
    rf"\b(?:1[0-9]|20)\d\d\b|\b\d{{1,2}}:\d\d\b|\b\d{{4}}s\b|\b(?:{'|'.join(MONTHS)})\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:today|tonight|yesterday|tomorrow|now|currently|recently|annually|yearly)\b"
    r"|\b(?:seconds?|minutes?|hours?|days?|weeks?|weekend|months?|years?|decades?|century|centuries"
    r"|morning|afternoon|evening|night|noon|midnight|spring|summer|autumn|winter)\b"
    r"|\b(?:ago|after|before|during|following|ahead of|earlier|later|since|until|once|war)\b",
    re.IGNORECASE,
)
_HAS_NAME = re.compile(r"[A-Z]\w")


def answer_type(question: str) -> AnswerType | None:
    """The type that the question asks for, or None where cue words do not tell."""
    if _NUMBER.search(question):
        return "number"
    if _TIME.search(question) and not _WITHIN.search(question):
        return "time"
    return "name" if _NAME.match(question) else None


def holds(text: str, kind: AnswerType | None) -> bool:
    """Whether the text holds something of the type; True where the type is not known."""
    match kind:
        case "number":
            return _HAS_NUMBER.search(text) is not None
        case "time":
            return _HAS_TIME.search(text) is not None
        case "name":
            return _HAS_NAME.search(text) is not None
    return True


def missing_reason(kind: AnswerType) -> str:
    """Why there is no answer, in words."""
    thing = {"number": "a number", "time": "a date or time", "name": "a name"}[kind]
    return f"The corpus speaks of related things, but does not give {thing} for this."
