"""Whether a few words of a text can be the answer to a question, by the kind that is asked for.

A span that a model is sure of may still be absurd: a pronoun, the question's own words, a length
where money is asked for. What cannot be an answer is told by rule, whatever the model says.
"""

from __future__ import annotations

import re

from summit_qa.language.answer_types import answer_type, holds
from summit_qa.language.lexicon import MONTHS, STOPWORDS, content_stems, word_set, words

_NO_ANSWER = STOPWORDS | word_set(
    "who whom whose which what when where why how it he she they them him her this that these "
    "those one ones others another same such so then there here something someone somebody "
    "anything nothing it's language thing things part kind type name number example note"
)
_PAIRS = {"(": ")", "[": "]", "“": "”", "{": "}"}
_MONEY = re.compile(
    r"[$£€¥]|\b(?:usd|eur|gbp|chf|dollars?|euros?|pounds?|pence|cents?|yen)\b", re.I
)
_LENGTH_OF_TIME = re.compile(
    r"\b(?:seconds?|minutes?|min|hours?|days?|nights?|weeks?|months?|years?|decades?|century"
    r"|centuries|ms|hrs?|forever|permanent\w*)\b",
    re.I,
)
_CLOCK = re.compile(r"\d[:.]\d\d|\b\d ?[ap]\.?m\b|o.clock|\b(?:noon|midnight)\b", re.I)
_MEASURE = re.compile(
    r"\b(?:miles?|feet|foot|inch(?:es)?|yards?|acres?|hectares?|met(?:er|re)s?|km|cm|mm|kg|g|mg|ml"
    r"|kilo\w+|grams?|pounds?|lit(?:er|re)s?|degrees?|square|cubic)\b|°|m2|km2",
    re.I,
)
_PERCENT = re.compile(r"%|\bper ?cent|\bpercentage|\bone in\b|\bhalf\b", re.I)
_ASKED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(asked, re.I), wanted)
    for asked, wanted in (
        (r"\b(?:cost|price|fee|salary|rent|fare|worth|pay|paid|charged?|expensive)\b", _MONEY),
        (r"\bwhat percent(?:age)?|\bhow many percent|\bwhat share\b", _PERCENT),
        (r"\b(?:phone|telephone|fax|mobile) number\b|\bwhat number\b.*\bring\b",
         re.compile(r"\d(?:[\d\s()/+-]{4,})\d|\b\d{3}\b")),
        (r"\b(?:e-?mail)(?: address)?\b", re.compile(r"\S@\S")),
        (r"\bwhat time\b|\bwhen\b.*\b(?:open|close|leave|arrive|depart)s?\b",
         re.compile(rf"{_CLOCK.pattern}|\d", re.I)),
    )
)  # fmt: skip
_HOW_LONG = re.compile(r"\bhow long\b(?!.*\b(?:wide|high|tall)\b)", re.I)
_HOW_MANY = re.compile(r"\bhow many ([a-z-]+)", re.I)
_WHEN = re.compile(r"\b(?:when|what (?:date|day|year|month))\b", re.I)
_DATE = re.compile(rf"\b(?:{'|'.join(MONTHS)})\b|\b(?:1[5-9]|20)\d\d\b", re.I)
_IN_TOTAL = re.compile(r"\b(?:in total|totals?|altogether|in all|on average)\b", re.I)
_LONGEST = 8  # words


def can_be_short(answer: str, question: str, line: str) -> bool:
    """Whether words of a line can be an answer to the question, as far as rules can tell."""
    said = words(answer)
    if not 0 < len(said) <= _LONGEST or not any(word not in _NO_ANSWER for word in said):
        return False
    if not _is_balanced(answer) or answer.rstrip().endswith("?") or _cut(answer):
        return False
    stems = set(content_stems(answer))
    has_number = any(character.isdigit() for character in answer)
    if stems and stems <= set(content_stems(question)) and not has_number:
        return False
    kind = answer_type(question)
    if not holds(answer, kind):
        return False
    if kind == "name" and (said[0].isdigit() or not stems):
        return False
    if kind == "place" and _DATE.search(answer):
        return False
    if _IN_TOTAL.search(question) and not _IN_TOTAL.search(line):
        return False  # one row of several
    return _fits_unit(answer, question)


def _fits_unit(answer: str, question: str) -> bool:
    """Whether the unit of the answer is what is asked for."""
    for asked, wanted in _ASKED:
        if asked.search(question) and re.search(r"\bhow much\b|\bwhat\b", question, re.I):
            if not wanted.search(answer) and not re.fullmatch(r"[\d.,\s]+", answer):
                return False
            break
    if _HOW_LONG.search(question) and _DATE.search(answer):
        return False
    if counted := _HOW_MANY.search(question):
        thing = counted[1].lower()
        for unit in (_LENGTH_OF_TIME, _MEASURE, _MONEY, _PERCENT):
            if unit.search(answer) and not unit.search(thing):
                return False
        if _CLOCK.search(answer) or (_DATE.search(answer) and not re.search(r"\d,\d", answer)):
            return False
    return not (_WHEN.search(question) and (_MONEY.search(answer) or _PERCENT.search(answer)))


def _is_balanced(answer: str) -> bool:
    """Whether every bracket and quotation mark that is opened is closed, and the other way."""
    if any(answer.count(left) != answer.count(right) for left, right in _PAIRS.items()):
        return False
    return answer.count('"') % 2 == 0


def _cut(answer: str) -> bool:
    """Whether an abbreviation or initial was cut: "U.S" of "U.S.", "J" of "J. Smith"."""
    return re.search(r"\b[A-Z]\.[A-Z]$|(?:^|\s)[A-Z]$", answer) is not None
