"""What kind of thing a question asks for, and whether a text holds one.

The expected answer type of question answering (Voorhees, TREC-8, 1999), by cue words: a sentence
without any number cannot answer "how many", whatever else it shares with the question.
"""

from __future__ import annotations

import re
from typing import Literal

from summit_qa.language.lexicon import MAGNITUDES, MONTHS, NUMBER_WORDS, word_set, words
from summit_qa.language.questions import is_yes_no
from summit_qa.language.same_name import is_country

PartOfDate = Literal["year", "month", "weekday"]
AnswerType = Literal[
    "number", "year", "month", "weekday", "time", "name", "place", "phone number", "e-mail address"
]
DATES: frozenset[str | None] = frozenset(("year", "month", "weekday", "time"))

_NUMBER = re.compile(
    r"\bhow (?:many|much|old|tall|wide)\b|\bhow (?:long|far) (?:is|was|are|were)\b"
    r"|\bwhat (?:number|percentage|percent|share|price|cost|age)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|month|day|date|time|decade|century|weekday)\b"
    r"|\b(?:since|until) what\b",
    re.IGNORECASE,
)
# "When should it be avoided?" asks for a condition as often as for a time.
_CONDITION = re.compile(r"\bwhen (?:should|must|may|can|could|would|do|does)\b", re.IGNORECASE)
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
    r"|\b(?:what|which) (?:country|city|town|village|region|continent|island)\b"
    r"|\b(?:in|from|to) (?:what|which) (?:us |u\.s\. )?state\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\b(?:(?:tele)?phone|fax|mobile|contact) numbers?\b", re.IGNORECASE)
_EMAIL = re.compile(r"\be-?mail address(?:es)?\b", re.IGNORECASE)
_WITHIN = re.compile(r"\b(?:what|which|who|how|why|where)\b.*\bwhen\b", re.IGNORECASE)

_HAS_NUMBER = re.compile(
    rf"\d|\b(?:{'|'.join([*NUMBER_WORDS, *MAGNITUDES])}|(?:{'|'.join(MAGNITUDES)})s|half|"
    r"dozens?|both|several|single|pair|"
    r"twice|double|triple|quarter|no|none|nobody|all|most|many|few|little|couple|free|majority|"
    r"an? (?:second|minute|hour|day|week|month|year|decade|century)|"
    # "Three-way" counts nothing; "three-year" does.
    r"(?:twent|thirt|fort|fift|sixt|sevent|eight|ninet)ies)\b"
    r"(?!-(?!(?:second|minute|hour|day|night|week|month|year|inch|foot|mile|met(?:re|er)|"
    r"kilomet(?:re|er)|acre|pound|dollar|euro|percent|point|bed|room|bedroom|person|page|part|"
    r"storey|story)\b|(?:one|two|three|four|five|six|seven|eight|nine)\b))",
    re.IGNORECASE,
)
_HAS_PHONE = re.compile(r"\d{3}|\d(?:[ ()/.-]{1,2}\d+){2}")
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_MONTH = rf"(?:{'|'.join(MONTHS)})"
_SHORT_WEEKDAY = r"(?:mon|tues?|wed|thurs?|fri|sat|sun)\b"
_SHORT_MONTH = r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"
_HAS_TIME = re.compile(
    rf"\b(?:1[0-9]|20)\d\d\b|\b\d{{1,2}}[:.]\d\d\b|\b\d{{4}}s\b|\b{_MONTH}\b|\b{_WEEKDAY}\b"
    rf"|\b\d{{1,2}} ?{_SHORT_MONTH}|\b{_SHORT_MONTH}\.? ?\d|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d\d"
    r"|\d ?[ap]\.?m\b|\d(?:st|nd|rd|th)\b|\bo['’]clock\b|\b\d{1,4} ?(?:AD|BC|CE|BCE)\b"
    r"|\b(?:today|tonight|yesterday|tomorrow|now|currently|recently|annually|yearly|daily|weekly"
    r"|monthly|every|always|never|christmas|easter|ramadan)\b"
    r"|\b(?:seconds?|minutes?|hours?|days?|weeks?|weekend|months?|years?|decades?|century|centuries"
    r"|morning|afternoon|evening|night|noon|midnight|spring|summer|autumn|winter)\b"
    r"|\b(?:ago|after|before|during|following|ahead of|earlier|later|since|until|once|war|when"
    r"|while)\b",
    re.IGNORECASE,
)
_HAS_PART_OF_DATE: dict[PartOfDate, re.Pattern[str]] = {
    "year": re.compile(
        r"\b(?:1\d|20)\d\ds?\b|\b\d{1,4} ?(?:AD|BC|CE|BCE)\b|\bFY ?\d|\d/\d+/\d\d\b"
        r"|\b(?:last|this|next|that|the same) year\b|\byears? (?:ago|earlier|later|before)\b",
        re.IGNORECASE,
    ),
    "month": re.compile(
        rf"\b{_MONTH}\b|\b{_SHORT_MONTH}|\b\d{{4}}-\d\d\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d\d"
        r"|\b(?:last|this|next|that|the same) month\b",
        re.IGNORECASE,
    ),
    "weekday": re.compile(rf"\b{_WEEKDAY}\b|\b{_SHORT_WEEKDAY}", re.IGNORECASE),
}
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
# Two words or more with capitals: a person as a rule, or a body that acts as one; "South Korea"
# is neither.
_HAS_FULL_NAME = re.compile(
    rf"\b{_CAPITAL}[\w.'’-]*(?:\s+(?:(?:of|de|von|van|bin|al|da|du)\s+)?{_CAPITAL}[\w'’-]*)+"
)
_REGION = re.compile(
    r"(?:North|South|East|West|Northern|Southern|Eastern|Western|Central|Middle|New|United|Great"
    r"|Saudi)\b"
)
_HAS_PLACE = re.compile(
    r"\b(?i:in|at|on|to|from|near|off|between|outside|across|into)\s+(?:the\s+)?"
    rf"(?:[a-z]+\s+){{0,2}}(?!(?i:{_WEEKDAY}|{_MONTH})\b){_CAPITAL}\w*"
)
_SMALL = word_set("in at on to from near off between outside across into the a an and")


def answer_type(question: str) -> AnswerType | None:
    """The type that the question asks for, or None where cue words do not tell."""
    if is_yes_no(question):
        return None
    if _PHONE.search(question):
        return "phone number"
    if _EMAIL.search(question):
        return "e-mail address"
    if _NUMBER.search(question):
        return "number"
    for part, asks in _PART_OF_DATE.items():
        if asks.search(question):
            return part
    if _TIME.search(question) and not _WITHIN.search(question):
        return None if _CONDITION.search(question) else "time"
    if _PLACE.search(question):
        return "place"
    return "name" if _NAME.match(question) else None


def holds(text: str, kind: AnswerType | None) -> bool:
    """Whether the text holds something of the type; True where that cannot be told.

    A person or a place need not be a name ("the tenant", "the drawer"): see `can_answer`.
    """
    match kind:
        case "phone number":
            return _HAS_PHONE.search(text) is not None
        case "e-mail address":
            return "@" in text
        case "number":
            return _HAS_NUMBER.search(text) is not None
        case "year" | "month" | "weekday":
            return _HAS_PART_OF_DATE[kind].search(text) is not None
        case "time":
            return _HAS_TIME.search(text) is not None
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
        if kind == "place" or not _is_region(found.group())
    )


def _is_region(name: str) -> bool:
    return is_country(name) or _REGION.match(name) is not None


def can_answer(text: str, question: str, kind: AnswerType | None) -> bool:
    """Whether the text holds something of the type, and for a person or place, a new name."""
    return holds(text, kind) and names_something_new(text, question, kind)


def missing_reason(kind: AnswerType) -> str:
    """Why there is no answer, in words."""
    article = "an" if kind[0] in "aeiou" else "a"
    thing = {"time": "date or time"}.get(kind, kind)
    return f"The files speak of related things, but do not give {article} {thing} for this."
