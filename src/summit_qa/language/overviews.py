"""Questions about the folder or a file as a whole, which no single passage answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from summit_qa.language.lexicon import MONTHS, content_stems

_THINGS = (
    r"(?:folder|directory|corpus|collection|archive|files?|documents?|articles?|texts?|papers?"
    r"|sources?|notes?|reports?|pages?|letters?|mails?|e-?mails?|transcripts?|minutes)"
)
_GENERAL = (
    r"(?:folder|directory|corpus|collection|files?|documents?|articles?|texts?|sources?|notes)"
)
_ALL = (
    r"(?:(?:this|the|these|those|my|our|all|of|different|various|whole|entire|two|three|four|five"
    rf"|six|\d+)\s+)+{_GENERAL}"
)
_EVERYTHING = re.compile(
    rf"(?:{_ALL}|everything|it all|all of (?:it|this|them)|what(?:['’]s| is) (?:in )?here)",
    re.IGNORECASE,
)
_ASKS = (
    r"what(?: is|['’]s| are)\s+(?P<a>.+?)\s+(?:all\s+|mainly\s+|mostly\s+)?about",
    r"what(?: is|['’]s| are)\s+(?:there\s+)?in\s+(?P<b>.+?)",
    r"what\s+(?:do|does)\s+(?P<c>.+?)\s+(?:contain|cover|deal with|talk about|hold)",
    r"(?:can you |could you |please )*(?:summari[sz]e|sum up|outline)\s+(?P<d>.+?)",
    r"(?:can you |could you |please )*(?:give|show|write)(?: me| us)? (?:an? )?"
    r"(?:short |brief |quick )?(?:summary|overview|outline) of\s+(?P<e>.+?)",
    r"(?:an? )?(?:short |brief |quick )?(?:summary|overview) of\s+(?P<f>.+?)",
    r"what kind of\s+(?P<g>files|documents|texts|things)\s+(?:are|is) (?:these|this|there|here).*",
)
_EXTRACT = re.compile(rf"^(?:{'|'.join(_ASKS)})$", re.IGNORECASE)
_COUNT = re.compile(
    rf"^(?:in )?how many (?:of (?:the|these|my) )?{_THINGS}\s+"
    r"(?:(?:do |does )?(?:mentions?|speaks? (?:of|about)|talks? about|refers? to|contains?|names?)"
    r"\s+(?P<a>.+?)|(?:is|are|was|were)\s+(?P<b>.+?)\s+(?:mentioned|named|spoken of)"
    r"|(?:does|do)\s+(?P<c>.+?)\s+(?:appear|occur|turn up)(?: in)?)$",
    re.IGNORECASE,
)
_DATED = re.compile(
    rf"^(?P<many>which|what|how many) (?:of (?:the|these|my) )?{_THINGS}\s+(?:is|are|was|were|date)"
    r"\s*(?:dated|written|made|issued|published)?\s*(?:from|in|of|back to|on)?\s+(?P<date>.+?)$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DAY = re.compile(r"\b([0-3]?\d)(?:st|nd|rd|th)?\b(?!\d)")
_LONGEST_NAME = 6  # words of what a file is called, in a question


@dataclass(frozen=True, slots=True)
class Overview:
    """What is asked: an extract, how many files mention something, or which are of a date.

    ``of`` are words that name files, empty for all of them; or what is to be mentioned. ``date``
    is a date or a part of one as ISO writes it, with ``??`` for what is open ("????-03").
    """

    kind: Literal["extract", "mention", "dated"]
    of: str = ""
    date: str = ""


def overview(question: str) -> Overview | None:
    """The overview that is asked for, or None where the question asks for something else."""
    text = " ".join(question.split()).rstrip("?!. ")
    if counted := _COUNT.match(text):
        words = next(value for value in counted.groups() if value)
        return Overview("mention", re.sub(r"^the\s+", "", words.strip("\"'“”‘’ "), flags=re.I))
    if (dated := _DATED.match(text)) and (date := iso_date(dated["date"])):
        return Overview("dated", date=date)
    asks = _EXTRACT.match(text)
    if asks is None:
        return None
    of = next(value for value in asks.groups() if value)
    if _EVERYTHING.fullmatch(of) or of.lower() in ("files", "documents", "texts", "things"):
        return Overview("extract")
    name = re.sub(r"^(?:the|this|my|our)\s+", "", of.strip("\"'“”‘’ "), flags=re.I)
    return Overview("extract", name) if len(name.split()) <= _LONGEST_NAME else None


def iso_date(words: str) -> str | None:
    """The date or the part of one that the words give, as ISO writes it, with ``??`` for gaps."""
    text = words.strip()
    if found := re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text):
        return "-".join(part for part in found.groups() if part)
    month = next((n for name, n in MONTHS.items() if re.search(rf"\b{name}\b", text, re.I)), None)
    year = _YEAR.search(text)
    rest = set(content_stems(_YEAR.sub("", text)))
    if month is None:
        return year.group() if year and not rest else None
    day = _DAY.search(_YEAR.sub("", text))
    made = f"{year.group() if year else '????'}-{month:02}"
    return f"{made}-{int(day[1]):02}" if day and 1 <= int(day[1]) <= 31 else made
