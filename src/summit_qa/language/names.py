"""Names and years that a question asks about, and whether texts mention them at all.

A reader that ranks sentences always finds one that is nearest, also when the question is about
somebody of whom the corpus is silent. This check is what keeps it from answering then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from summit_qa.language.lexicon import MONTHS, STOPWORDS, stem, word_set, words

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
_TITLES = word_set(
    "president prime minister mr mrs ms dr sir lord lady king queen pope prince princess "
    "secretary senator representative governor general gen sen rep gov lt col sgt professor "
    "prof chancellor chairman chief justice judge ambassador foreign defense defence national "
    "security adviser advisor coordinator deputy premier emperor spokesman spokeswoman"
)
_NOT_NAMES = STOPWORDS | word_set(
    "whose according also name list describe explain summarize summarise quote compare tell "
    "give say please does monday tuesday wednesday thursday friday saturday sunday yes true "
    "false ok jr sr ii iii article articles source sources jan feb mar apr jun jul aug sep sept "
    "oct nov dec section paragraph chapter page clause annex appendix room floor "
    "ceo cfo cto coo tv pc id pin hr it pdf faq diy gdp vat q1 q2 q3 q4"
) | frozenset(MONTHS)  # fmt: skip
# Other words for the same; a name is mentioned if any of its row is.
_ALIASES = [
    "us usa u.s. u.s.a. america american americans united states washington",
    "uk u.k. britain british england english united kingdom london",
    "china chinese beijing prc",
    "france french paris",
    "germany german berlin",
    "spain spanish madrid",
    "netherlands dutch holland",
    "russia russian moscow kremlin ussr soviet",
    "eu e.u. european union",
    "un u.n. united nations",
    "rok korea korean seoul",
    "dprk korea korean pyongyang",
    "israel israeli",
    "taiwan taiwanese",
    "japan japanese tokyo",
    "ukraine ukrainian kyiv",
    "wales welsh",
    "ireland irish",
    "switzerland swiss",
    "denmark danish",
    "turkey turkish",
    "poland polish",
    "sweden swedish",
    "finland finnish",
    "greece greek",
    "philippines filipino philippine",
    "thailand thai",
    "norway norwegian",
]
_UNIONS = frozenset({"united states", "united kingdom", "united nations", "european union"})
_SAME: dict[str, frozenset[str]] = {}
for _row in _ALIASES:
    _all = frozenset(_row.split()) - {"united", "states", "kingdom", "nations", "union"}
    _all |= {union for union in _UNIONS if union in _row}
    for _word in _all:
        _SAME[_word] = _SAME.get(_word, frozenset()) | _all


_ENDING = re.compile(r"(?:[aeiouy]|n|an|ian|ean|ese|ish|ic|ium|ia)?s?")
_ENDING_OF = re.compile(r"(?:ian|ean|an|ese|ish|ium|ia|[aeiouy])s?$")


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


def is_country(name: str) -> bool:
    """Whether a name is that of a well-known country, its people or its capital."""
    whole = name.lower().replace(".", "")
    last = whole.split()[-1] if whole.split() else ""
    return whole in _SAME or last in _SAME


def missing_from(question: str, texts: Sequence[str]) -> list[str]:
    """Names and years of the question that none of the texts mentions, in order.

    A name counts as mentioned where its last word is, in any inflection or under an alias.
    """
    wanted = names_in(question)
    years = _YEAR.findall(question)
    if not wanted and not years:
        return []
    held = {word for text in texts for word in words(text)}
    stems = {stem(word) for word in held}
    everything = " ".join(texts).lower()
    missing = [name for name in wanted if not _mentioned(name, held, stems, everything)]
    return missing + [year for year in years if not _has_year(year, everything)]


def _has_year(year: str, everything: str) -> bool:
    """Whether the year stands there, also as in "05/06/24"."""
    return (
        year in everything
        or re.search(rf"\d[/.-]\d{{1,2}}[/.-]{year[2:]}\b", everything) is not None
    )


def _mentioned(name: str, held: set[str], stems: set[str], everything: str) -> bool:
    if re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", everything):
        return True
    joined = re.escape(name.lower().replace("-", ""))
    if "-" in name and re.search(rf"(?<!\w){joined}(?!\w)", everything.replace("-", "")):
        return True  # "Wi-Fi" and "wifi"
    parts = [part for part in re.split(r"[\s-]+", name.lower()) if part]
    while len(parts) > 1 and parts[-1].isdigit():
        parts.pop()  # "COVID-19"
    telling = [part for part in parts if part.strip(".") not in _TITLES]
    if not telling:
        return True
    last = telling[-1].strip(".'’")
    forms = (last, last.replace(".", ""), last.removesuffix("s"))  # "Americans"
    alike = {other for form in forms for other in _SAME.get(form, frozenset())}
    if any(
        other in held or other.replace(".", "") in held or (" " in other and other in everything)
        for other in alike
    ):
        return True
    if last in held or stem(last) in stems or last.replace(".", "") in held:
        return True
    return len(last) >= 5 and any(_akin(last, word) for word in held)


def _akin(name: str, word: str) -> bool:
    """Whether one is the other, or its people: "Chile" and "Chilean", but not "children"."""
    short, long = sorted((name, word), key=len)
    if len(short) >= 4 and long.startswith(short) and _ENDING.fullmatch(long[len(short) :]):
        return True
    root = _ENDING_OF.sub("", name)
    return (
        len(root) >= 4
        and word.startswith(root)
        and _ENDING.fullmatch(word[len(root) :]) is not None
    )
