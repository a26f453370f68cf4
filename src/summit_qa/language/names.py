"""Names and years that a question asks about, and whether texts mention them at all.

A reader that ranks sentences always finds one that is nearest, also when the question is about
somebody of whom the corpus is silent. This check is what keeps it from answering then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from summit_qa.language.lexicon import MONTHS, STOPWORDS, word_set
from summit_qa.language.same_name import Mentioned

_NAME = re.compile(
    r"\b[A-Z][\w’'.-]*(?:\s+(?:(?:of|the|de|von|van|bin|al)\s+)?[A-Z][\w’'.-]*)*"
)  # fmt: skip
# A year, unless something is counted: "1500 euros".
_YEAR = re.compile(
    r"(?<![$£€¥,.])\b(?:1[5-9]|20)\d\d\b(?![,.]\d)(?!\s*(?:%|percent|euros?|dollars?|pounds?|"
    r"yen|francs?|cents?|people|men|women|children|words|pages|units|votes|seats|jobs|copies|"
    r"miles?|met(?:re|er)s?|kilomet(?:re|er)s?|km|m|feet|ft|kg|grams?|tons?|tonnes?|lit(?:re|er)s?|"
    r"hours?|days?|calories|kcal|mg|ml)\b)",
    re.IGNORECASE,
)
_NOT_NAMES = STOPWORDS | word_set(
    "whose according also name list describe explain summarize summarise quote compare tell "
    "give say please does monday tuesday wednesday thursday friday saturday sunday yes true "
    "false ok jr sr ii iii article articles source sources jan feb mar apr jun jul aug sep sept "
    "oct nov dec section paragraph chapter page clause annex appendix room floor "
    "ceo cfo cto coo tv pc id pin hr it pdf faq diy gdp vat q1 q2 q3 q4"
) | frozenset(MONTHS)  # fmt: skip


def names_in(question: str) -> list[str]:
    """Runs of capitalised words in the question that look like names, in order."""
    tokens = re.findall(r"[^\W\d_]{2,}", question)
    if len(tokens) > 3 and sum(token[0].isupper() for token in tokens[1:]) > 0.7 * len(tokens):
        return []  # typed in capitals or title case: nothing can be told from them
    found: list[str] = []
    for match in _NAME.finditer(question):
        parts = re.sub(r"['’](?:s|m|ve|d|ll|re)\b", "", match.group()).strip(" .'’-").split()
        while parts and parts[0].lower().strip(".") in _NOT_NAMES:
            parts = parts[1:]
        while parts and parts[-1].lower().strip(".") in _NOT_NAMES:
            parts = parts[:-1]
        if match.start() == 0 and len(parts) == 1 and parts[0][1:].islower():
            first = question.split()[0].lower().strip("?,.")
            if parts[0].lower() == first:
                continue  # the first word is capitalised whatever it is
        if parts:
            found.append(" ".join(parts))
    return found


def missing_from(question: str, texts: Sequence[str]) -> list[str]:
    """Names and years of the question that none of the texts mentions, in order.

    What counts as the same name is in ``same_name``.
    """
    wanted = names_in(question)
    years = _YEAR.findall(question)
    if not wanted and not years:
        return []
    mentioned = Mentioned(texts)
    missing = [name for name in wanted if name not in mentioned]
    everything = " ".join(texts)
    return missing + [year for year in years if not _has_year(year, everything)]


def _has_year(year: str, everything: str) -> bool:
    """Whether the year stands there, also as in "05/06/24"."""
    return (
        year in everything
        or re.search(rf"\d[/.-]\d{{1,2}}[/.-]{year[2:]}\b", everything) is not None
    )
