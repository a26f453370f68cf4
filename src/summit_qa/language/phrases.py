"""What a question is about, by rules: its parts, and the persons and things that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from summit_qa.language.lexicon import AUXILIARIES, STOPWORDS, word_set
from summit_qa.language.names import names_in
from summit_qa.language.questions import (
    BASE_VERBS,
    DETERMINERS,
    PARTICIPLES,
    PREPOSITIONS,
    is_yes_no,
    subject_end,
)
from summit_qa.language.same_name import is_country

Kind = Literal["person", "country", "thing"]

_LEAD = re.compile(
    r"^(?:(?:and|but|so|also|then|well|ok|okay|hm+|oh|now|right|yes|no|please|thanks|thank you)\b"
    r"[,.!:]?\s+)+",
    re.IGNORECASE,
)
_WH = re.compile(
    r"^(?:(?:in|at|on|by|with|to|for|from|since|until|about|of)\s+)?"
    r"(?:who|whom|whose|what|which|when|where|why|how)\b",
    re.IGNORECASE,
)
_OPENERS = DETERMINERS | word_set("this that these those three two four five many much which")
_ENDS_PHRASE = (STOPWORDS - word_set("other each all both no same own")) | PREPOSITIONS
_PERSONS = word_set(
    "president presidents minister ministers premier leader leaders official officials spokesman "
    "spokeswoman spokesperson chancellor senator senators king queen governor ambassador "
    "ambassadors adviser advisers diplomat diplomats man woman men women people author authors "
    "critic critics analyst analysts expert experts prime chief secretary general "
    "tenant landlord landlady doctor nurse teacher student patient lawyer judge officer worker "
    "employee employer manager boss owner driver player coach mother father parent child boy girl "
    "son daughter brother sister wife husband neighbour neighbor guest customer client buyer "
    "seller applicant candidate member writer artist actor singer director engineer scientist "
    "researcher professor soldier victim suspect witness prisoner mayor captain pilot farmer "
    "caretaker resident visitor passenger pupil author chairman chairwoman founder"
)
_TITLE = re.compile(
    r"\b(?:President|Prime Minister|Premier|Chancellor|Secretary|Minister|Senator|Sen\.|King|"
    r"Queen|Pope|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Gen\.|General|Adviser|Advisor|Ambassador|Spokesman|"
    r"Spokeswoman|Governor|Professor)\s+((?:[A-Z][\w’'.-]+\s?){1,3})"
)
_PLACE_WORDS = word_set(
    "camp house sea ocean island islands river mount lake bay strait city palace peninsula gulf "
    "street square park fort port north south east west"
)
_BODIES = word_set(
    "agency alliance army assembly bank committee commission company conference congress corp "
    "corps council court department foundation group inc institute league ministry nato navy "
    "organization organisation parliament party pentagon senate summit treaty union university"
)
_AT = re.compile(
    r"\b(?:in|at|near|to|from|inside|outside|around|through|over)\s+(?:the\s+)?$", re.I
)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a text names: the words, where they stand, and what they are."""

    text: str
    start: int
    kind: Kind
    plural: bool

    @property
    def definite(self) -> str:
        """With "the" for "a" or "any", since it is known by now."""
        return re.sub(
            r"^(?:an?|any|some|which|what|no|many|much)\s+", "the ", self.text, flags=re.I
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """A question taken apart: "When was | the summit | held"; what it lacks is empty."""

    wh: str
    auxiliary: str
    subject: str
    rest: str

    @property
    def asks_subject(self) -> bool:
        """Whether it asks for its subject, as "Who hosted it?" does."""
        return bool(self.wh) and not self.auxiliary

    @property
    def is_copula(self) -> bool:
        """Whether nothing follows the subject, as in "What is the hotline?"."""
        return self.auxiliary in ("is", "are", "was", "were") and not self.rest


def without_lead(question: str) -> str:
    """The question without "And", "But", "OK" and the like before it."""
    return _LEAD.sub("", " ".join(question.split()))


def bare(question: str) -> str:
    """The question without its lead and its closing marks."""
    return without_lead(question).rstrip("?!. ")


def parts(question: str) -> Parts | None:
    """The question taken apart, or None where it is no question of a known shape."""
    text = bare(question)
    tokens = text.split()
    if not tokens:
        return None
    if not _WH.match(text):
        if not is_yes_no(text + "?") or tokens[0].lower() not in AUXILIARIES:
            return None
        at = subject_end(tokens[1:], tokens[0].lower())
        if at is None:
            return Parts("", tokens[0].lower(), "", " ".join(tokens[1:]))
        return Parts(
            "", tokens[0].lower(), " ".join(tokens[1 : at + 1]), " ".join(tokens[at + 1 :])
        )
    for at, token in enumerate(tokens[1:5], 1):
        word = re.sub(r"n['’]t$", "", token.lower())
        if word in AUXILIARIES - {"be", "been", "being"}:
            wh, after = " ".join(tokens[:at]), tokens[at + 1 :]
            if not after or _asks_subject(tokens[:at], after):
                return Parts(wh, "", "", " ".join(tokens[at:]))
            end = subject_end(after, word) if len(after) > 1 else None
            if end is None or after[end - 1].lower() in DETERMINERS | PREPOSITIONS:
                end = len(after)
            return Parts(wh, word, " ".join(after[:end]), " ".join(after[end:]))
        if token.lower() in PREPOSITIONS and at > 2:
            break
    length = 2 if tokens[0].lower() in ("which", "what", "whose", "how") and len(tokens) > 2 else 1
    return Parts(" ".join(tokens[:length]), "", "", " ".join(tokens[length:]))


def _asks_subject(wh: list[str], after: list[str]) -> bool:
    """Whether a verb follows the auxiliary at once, as in "Who was invited" or "Who will host"."""
    first = after[0].lower()
    opens = first in _OPENERS or after[0][:1].isupper() or first in _PRONOUNS
    verb = first in PARTICIPLES | BASE_VERBS | {"be", "been"} or re.search(r"(?:ed|ing)$", first)
    return bool(verb) and not opens and wh[0].lower() in ("who", "what", "which", "how", "whose")


_PRONOUNS = word_set("i you he she it we they this that these those there")


def things(text: str, told: str = "") -> list[Thing]:
    """Names and phrases such as "the first joint summit", in order.

    ``told`` is what else was said: a name that has a title there is a person's.
    """
    found = _names(text, told) + _phrases(text)
    found.sort(key=lambda thing: (thing.start, -len(thing.text)))
    kept: list[Thing] = []
    for thing in found:
        last = kept[-1] if kept else None
        if last and thing.start < last.start + len(last.text):
            continue  # part of the one before
        kept.append(thing)
    return kept


def _names(text: str, told: str) -> list[Thing]:
    titled = {name for found in _TITLE.findall(f"{text} {told}") for name in found.split()}
    singles: list[Thing] = []
    at = 0
    for name in names_in(text):
        start = text.find(name, at)
        if start < 0:
            continue
        at = start + len(name)
        singles.append(Thing(name, start, _kind(name, text[:start], titled), False))
    joined: list[Thing] = []
    for thing in singles:
        if joined:
            last = joined[-1]
            between = text[last.start + len(last.text) : thing.start]
            if re.fullmatch(r",?\s+(?:and\s+)?(?:the\s+)?|\s*&\s*", between) and between.strip():
                whole = text[last.start : thing.start + len(thing.text)]
                joined[-1] = Thing(whole, last.start, last.kind, True)
                continue
        joined.append(thing)
    return [_with_article(thing, text) for thing in joined]


def _with_article(thing: Thing, text: str) -> Thing:
    before = re.search(r"\bthe\s+$", text[: thing.start], re.IGNORECASE)
    if before is None:
        return thing
    start = before.start()
    held = "the " + thing.text
    return Thing(held, start, thing.kind, thing.plural)


def _kind(name: str, before: str, titled: set[str]) -> Kind:
    words = name.lower().split()
    if is_country(name):
        return "country"
    if (
        words[-1] in titled
        or name.split()[-1] in titled
        or re.search(r"^(?:President|Prime)", name)
    ):
        return "person"
    if _PLACE_WORDS & set(words) or _BODIES & set(words) or name.isupper() or _AT.search(before):
        return "thing"
    return (
        "person"
        if all(re.fullmatch(r"[A-Z][a-z’'-]+\.?", part) for part in name.split())
        else "thing"
    )


def _phrases(text: str) -> list[Thing]:
    tokens = [(match.group(), match.start()) for match in re.finditer(r"[\w’'-]+|[^\w\s]", text)]
    base_verbs_end = bool(
        re.search(
            r"\b(?:do|does|did|will|would|can|could|shall|should|may|might|must|to)\b", text, re.I
        )
    )
    found: list[Thing] = []
    at = 0
    while at < len(tokens):
        word, start = tokens[at]
        if word.lower() not in _OPENERS or (word.lower() in ("that", "this") and at == 0):
            at += 1
            continue
        end = at + 1
        while end < len(tokens) and end - at <= 5:
            token = tokens[end][0]
            low = token.lower()
            if not token[0].isalnum() or low in _ENDS_PHRASE:
                break
            inner = end > at + 1
            if inner and (low in PARTICIPLES or re.search(r"[^e]ed$", low)):
                break
            if inner and base_verbs_end and low in BASE_VERBS and token[0].islower():
                break
            end += 1
        if end > at + 1:
            last = tokens[end - 1]
            words = text[start : last[1] + len(last[0])]
            found.append(Thing(words, start, _phrase_kind(last[0]), _is_plural(last[0])))
            at = end
        else:
            at += 1
    return found


def _phrase_kind(last: str) -> Kind:
    return "person" if last.lower() in _PERSONS else "thing"


def _is_plural(word: str) -> bool:
    low = word.lower()
    if low in ("people", "men", "women", "children", "police"):
        return True
    return low.endswith("s") and not low.endswith(("ss", "us", "is", "’s", "'s", "news"))
