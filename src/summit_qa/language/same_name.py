"""Whether texts mention a name, in this or another spelling.

A name is mentioned where its last word that tells something stands: as it is, without its accents,
in another inflection, under a well-known other name, or, if it is long, with one letter wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from summit_qa.language.lexicon import stem, word_set, words

_TITLES = word_set(
    "president prime minister mr mrs ms dr sir lord lady king queen pope prince princess "
    "secretary senator representative governor general gen sen rep gov lt col sgt professor "
    "prof chancellor chairman chief justice judge ambassador foreign defense defence national "
    "security adviser advisor coordinator deputy premier emperor spokesman spokeswoman"
)
# One row names one thing; ";" parts the spellings, without dots and accents. What stands here in
# capitals must do so in the text too: in small letters it is a word.
_ROWS = """\
US; usa; america; american; united states; washington
uk; britain; british; england; english; united kingdom; london
china; chinese; beijing; prc
france; french; paris
germany; german; berlin
spain; spanish; madrid
netherlands; dutch; holland
russia; russian; moscow; kremlin; ussr; soviet
EU; european union
UN; united nations
rok; korea; korean; seoul
dprk; korea; korean; pyongyang
israel; israeli
taiwan; taiwanese
japan; japanese; tokyo
ukraine; ukrainian; kyiv; kiev
wales; welsh
ireland; irish
switzerland; swiss
denmark; danish
turkey; turkish; turkiye
poland; polish
sweden; swedish
finland; finnish
greece; greek
philippines; filipino; philippine
thailand; thai
norway; norwegian
czechia; czech
"""
# Other spellings of the same, of which none is a country (``is_country`` looks at those above).
_OTHERS = """\
wwi; ww1; world war i; world war one; first world war; great war
wwii; ww2; world war ii; world war two; second world war
nyc; new york
LA; los angeles
bbc; british broadcasting corporation
nasa; national aeronautics and space administration
nato; north atlantic treaty organization; north atlantic treaty organisation
WHO; world health organization; world health organisation
imf; international monetary fund
wto; world trade organization; world trade organisation
fbi; federal bureau of investigation
cia; central intelligence agency
MIT; massachusetts institute of technology
ucla; university of california los angeles
uae; united arab emirates
phd; doctorate
gmt; greenwich mean time
"""
_LONG = 7  # letters: shorter names differ by one letter and are others ("Jensen", "Jansen")


def _table(rows: str) -> dict[str, frozenset[str]]:
    same: dict[str, frozenset[str]] = {}
    for row in rows.splitlines():
        spellings = frozenset(spelling.strip() for spelling in row.split(";"))
        for spelling in spellings:
            key = spelling.lower()
            same[key] = same.get(key, frozenset()) | spellings
    return same


_COUNTRIES = _table(_ROWS)
_SAME = _COUNTRIES | _table(_OTHERS)
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.)+[^\W\d_]\b\.?")  # "U.S."
_PLURAL = re.compile(r"(men|women)\b")
_ENDING = re.compile(r"(?:[aeiouy]|n|an|ian|ean|ese|ish|ic|ium|ia)?s?")
_ENDING_OF = re.compile(r"(?:ian|ean|an|ese|ish|ium|ia|[aeiouy])s?$")
_NO_MARK = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


def folded(text: str) -> str:
    """The text in lower case without accents: "Hervé" is "herve", "Łódź" is "lodz"."""
    lower = text.lower().replace("ß", "ss").translate(_NO_MARK)
    if lower.isascii():
        return lower
    parted = unicodedata.normalize("NFD", lower)
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def is_country(name: str) -> bool:
    """Whether a name is that of a well-known country, its people or its capital."""
    whole = name.lower().replace(".", "")
    last = whole.split()[-1] if whole.split() else ""
    return whole in _COUNTRIES or last in _COUNTRIES


class Mentioned:
    """The names that texts mention: ``name in Mentioned(texts)``."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._as_written = " ".join(_undotted(text) for text in texts)
        self._folded = folded(self._as_written)
        self._words = frozenset(words(self._folded))
        self._forms = {form for word in self._words for form in _forms(word)}

    def __contains__(self, name: str) -> bool:
        whole = folded(_undotted(name))
        if self._stands(whole):
            return True
        if "-" in whole and _stands(whole.replace("-", ""), self._folded.replace("-", "")):
            return True  # "Wi-Fi" and "wifi"
        parts = [part for part in re.split(r"[\s-]+", whole) if part]
        while len(parts) > 1 and parts[-1].isdigit():
            parts.pop()  # "COVID-19"
        telling = [part.strip(".'’") for part in parts if part.strip(".") not in _TITLES]
        if not telling:
            return True
        last = telling[-1]
        if any(self._stands(other) for other in _others(whole, last)):
            return True
        if self._forms & _forms(last):
            return True
        return len(last) >= 5 and any(_akin(last, word) for word in self._words)

    def _stands(self, phrase: str) -> bool:
        return _stands(phrase, self._as_written if phrase.isupper() else self._folded)


def _stands(phrase: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


def _undotted(text: str) -> str:
    """The text with "U.S." as "US"."""
    return _DOTTED.sub(lambda match: match.group().replace(".", ""), text)


def _others(whole: str, last: str) -> frozenset[str]:
    """Other spellings of the whole name, or of its last word ("the Americans")."""
    others = _SAME.get(whole, frozenset()) | _SAME.get(last, frozenset())
    return others | _COUNTRIES.get(last.removesuffix("s"), frozenset())


@lru_cache(maxsize=65_536)
def _forms(word: str) -> frozenset[str]:
    """The forms under which two words meet: as it is, its stem, and that of its singular."""
    return frozenset({word, stem(word), stem(_PLURAL.sub(_singular, word))})


def _singular(plural: re.Match[str]) -> str:
    return plural.group().replace("men", "man")


def _akin(name: str, word: str) -> bool:
    """Whether one is the other, its people, or the other with a slip of the pen.

    "Chile" and "Chilean", but not "children"; "Guteres" and "Guterres", but not "Jensen" and
    "Jansen".
    """
    short, long = sorted((name, word), key=len)
    if len(short) >= 4 and long.startswith(short) and _ENDING.fullmatch(long[len(short) :]):
        return True
    root = _ENDING_OF.sub("", name)
    if len(root) >= 4 and word.startswith(root) and _ENDING.fullmatch(word[len(root) :]):
        return True
    return len(short) >= _LONG and name[0] == word[0] and _one_letter_apart(short, long)


def _one_letter_apart(short: str, long: str) -> bool:
    """Whether one letter was left out, put in, mistaken, or swapped with its neighbour."""
    if not short.isalpha() or not long.isalpha() or len(long) - len(short) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]
