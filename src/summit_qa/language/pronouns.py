"""Pronouns of a follow-up, replaced by what they stand for in the question or answer before."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from summit_qa.language.lexicon import AUXILIARIES, MONTHS, STOPWORDS, word_set
from summit_qa.language.phrases import Thing, parts, things
from summit_qa.language.questions import BASE_VERBS, PARTICIPLES, PREPOSITIONS
from summit_qa.types import Answer

_Wanted = Literal["person", "many", "thing", "place", "matter"]

_PERSON = word_set("he she him his her hers himself herself")
_MANY = word_set("they them their theirs themselves these those")
_POSSESSIVE = word_set("his her its their")
_SAYING = word_set(
    "say says said saying do does did done doing think thinks thought believe believes believed "
    "mean means meant claim claims claimed know knows happen happens want wants decide decided"
)
_OBJECT = word_set("him them it her")
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
_EXPLETIVE = re.compile(
    r"\bit(?:['’]s)?\s+(?:(?:is|was|be|been|will be|has been|seems?|appears?|looks?)\s+)?"
    r"(?:true|likely|unlikely|possible|impossible|clear|unclear|certain|right|correct|the case|"
    r"known|said|expected|reported|planned|important|necessary|hard|easy|difficult|a fact|legal|"
    r"common|worth|safe|fair)\b"
    r"|\bit(?:['’]s)?\s+(?:(?:is|was|be|been|will be|has been)\s+)?(?:forbidden|allowed|permitted|"
    r"prohibited|illegal|mandatory|compulsory|required|advisable|ok|okay|good|better|best|normal|"
    r"usual|customary|wise|too (?:late|early|soon))\s+(?:to|that|for|if)\b"
    r"|\bit(?:['’]s| is| was| will)?\s+(?:rain|snow|freez|hail|thunder)\w*"
    r"|\b(?i:what|which) (?:time|day|date) is it\b|\b(?i:how) far is it (?:to|from)\b"
    r"|\b(?:does|did|will|would|do) it (?:take(?! place)|cost|mean to|matter)\b"
    r"|\bit (?:takes?|took) (?!place)\w+"
    r"|\b(?i:was|is) it\s+(?:the\s+)?[A-Z][\w’'. -]*\s+(?:who|that|which)\b",
)
_THERE = re.compile(
    r"\b(?:is|are|was|were|be|been|will|would|has|have|had|can|could|do|does)(?:n['’]t)?\s+there\b|"
    r"\bthere\s+(?:is|are|was|were|be|been|will|would|has|have|had|can|exists?)\b",
    re.IGNORECASE,
)
_VERBLIKE = word_set(
    "true so right correct why what how when who the a an because really still already also not "
    "mean happen matter enough possible new different part supposed going likely legal binding"
)
_PLACE = re.compile(
    r"\b(?:in|at)\s+((?:the\s+)?[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+)*)"
)  # fmt: skip


def resolve(question: str, base: str, turn: Answer, earlier: Sequence[str] = ()) -> str | None:
    """The question with its leaning pronouns replaced; None where it has none.

    ``earlier`` are the questions before ``base``, the latest first: what a conversation is about
    it is about for long. Where nothing before fits, the question is tied to what was asked.
    """
    found = _leaning(question)
    if not found:
        return None
    told = " ".join(statement.text for statement in turn.statements)
    made, shift = question, 0
    unresolved = False
    for start, end, wanted in found:
        word = question[start:end]
        phrase = _antecedent(wanted, base, told, turn.short, earlier)
        if phrase is None or phrase.lower() in made.lower():
            unresolved = unresolved or phrase is None
            if phrase is None:
                continue
        new = _fitted(word, phrase, question[end:], wanted)
        made = made[: start + shift] + new + made[end + shift :]
        shift += len(new) - (end - start)
    if unresolved or made == question:
        return tied(made, base, told)
    return made


def _leaning(question: str) -> list[tuple[int, int, _Wanted]]:
    """Pronouns (start, end, what they want) that nothing in the question itself explains."""
    found: list[tuple[int, int, _Wanted]] = []
    expletive = [match.span() for match in _EXPLETIVE.finditer(question)]
    existential = [match.span() for match in _THERE.finditer(question)]
    tokens = list(_WORD.finditer(question))
    named = things(question)
    for at, token in enumerate(tokens):
        word = re.sub(r"['’].*$", "", token.group().lower())
        start, end = token.start(), token.start() + len(word)
        following = tokens[at + 1].group().lower() if at + 1 < len(tokens) else ""
        before = tokens[at - 1].group().lower() if at else ""
        wanted = _wanted(word, before, following, at, at + 2 == len(tokens))
        if wanted is None or any(a <= start < b for a, b in expletive):
            continue
        among = re.match(r"who\b", question, re.IGNORECASE) and not following  # "Who was there?"
        if wanted == "place" and not among and any(a <= start < b for a, b in existential):
            continue
        earlier = [thing for thing in named if thing.start + len(thing.text) <= start]
        if not _explained(word, wanted, earlier, question[:start], following):
            found.append((start, end, wanted))
    return found


def _wanted(word: str, before: str, following: str, at: int, last: bool) -> _Wanted | None:
    """What kind of thing the pronoun stands for, or None where the word is no pronoun here.

    ``last`` says that the word that follows is the last one.
    """
    if word in _PERSON:
        return "person"
    if word in ("these", "those"):
        # Before a noun they only point; the noun says what is meant.
        return "many" if not following or following in STOPWORDS else None
    if word in _MANY:
        return "many"
    if word in ("it", "its", "itself"):
        return "thing"
    if word in ("this", "that"):
        alone = not following or following in AUXILIARIES | PREPOSITIONS | _VERBLIKE
        starts = before in AUXILIARIES or (at == 0 and following in AUXILIARIES)
        verb = following in BASE_VERBS | PARTICIPLES or following.endswith("ed")
        if before in _SAYING and not following:
            return "matter"
        if starts and last:
            return "thing"  # "Was that surprising?"
        if not following and before not in STOPWORDS - AUXILIARIES - PREPOSITIONS:
            return "thing"
        if before in PREPOSITIONS and alone:
            return "thing"
        return "thing" if starts and (alone or verb) else None
    if word == "there":
        return "place"
    return "matter" if word == "so" and not following and before in _SAYING else None


def _explained(
    word: str, wanted: _Wanted, earlier: list[Thing], before: str, following: str
) -> bool:
    """Whether something that stands before the pronoun in the question can be what it means."""
    if wanted == "place":
        return bool(_PLACE.search(before))
    if word in ("this", "that"):
        return False
    fitting = [thing for thing in earlier if _fits(thing, wanted)]
    if wanted == "many":
        # "Which countries said that they …", "What do officials say about their …"
        plain = re.findall(r"\b(?i:which|what|how many|do|did|will|are|were)\s+([a-z]+s)\b", before)
        fitting += [Thing(name, 0, "thing", True) for name in plain if name not in STOPWORDS]
        if re.search(r"\band\b", before) and len(earlier) > 1:
            fitting += earlier
    if wanted == "person" and re.search(r"\b(?:who|which \w+)\b", before, re.IGNORECASE):
        fitting += [Thing("who", 0, "person", False)]
    if word in _OBJECT and word != "her" and not _is_verb(following):
        return len(fitting) > 1  # the subject itself would be "himself", "itself"
    return bool(fitting)


def _is_verb(word: str) -> bool:
    return word in AUXILIARIES | BASE_VERBS | PARTICIPLES or word.endswith(("ed", "s"))


def _fits(thing: Thing, wanted: _Wanted) -> bool:
    match wanted:
        case "person":
            return thing.kind == "person" and not thing.plural
        case "many":
            return thing.plural or thing.kind == "country"
        case "thing":
            return thing.kind != "person" and not thing.plural
        case _:
            return False


def _antecedent(
    wanted: _Wanted, base: str, told: str, short: str | None, earlier: Sequence[str]
) -> str | None:
    """What the pronoun stands for: in the question before, in those before it, in its answer."""
    named = things(base, told)
    taken = parts(base)
    asked_who = bool(re.match(r"\s*(?:who|whom|which)\b", base, re.IGNORECASE))
    match wanted:
        case "place":
            found_at = [*_PLACE.findall(told), *_PLACE.findall(base)]
            place = [name for name in found_at if name.lower() not in MONTHS]
            return f"at {place[-1]}" if place else None
        case "person":
            if short and asked_who and short[:1].isupper() and " and " not in short:
                return short
            found = [thing for thing in named if _fits(thing, wanted)]
            found = found or _before(earlier, lambda thing: _fits(thing, wanted))
            found = found or [t for t in things(told, told) if t.kind == "person" and not t.plural]
            return found[0].definite if found else None
        case "many":
            several = [thing for thing in named if thing.plural]
            if several:
                return several[0].definite
            if taken and re.fullmatch(r"[a-z-]+[^s]s", taken.subject.split(" ")[-1]):
                return taken.subject
            names = [thing.text for thing in named if thing.kind in ("country", "person")]
            if len(names) > 1:
                return " and ".join(dict.fromkeys(names))
            if short and (" and " in short or "," in short):
                return short
            if names:
                return names[0]
            found = _before(earlier, lambda thing: thing.plural or thing.text[:1].isupper())
            found = found or [thing for thing in things(told, told) if thing.plural]
            return found[0].definite if found else None
        case "thing":
            found = [thing for thing in named if thing.kind == "thing" and not thing.plural]
            subject = taken.subject if taken else ""
            leading = [thing for thing in found if thing.text in subject]
            found = leading or found or [t for t in named if t.kind == "country" and not t.plural]
            if found:
                return found[0].definite
            asks_thing = re.match(r"\s*(?:what|which)\b", base, re.IGNORECASE)
            if short and asks_thing:
                return short
            found = _before(earlier, lambda thing: thing.kind == "thing" and not thing.plural)
            return found[0].definite if found else None
        case "matter":
            return None


def _before(earlier: Sequence[str], fits: Callable[[Thing], bool]) -> list[Thing]:
    """What fits in the latest of the questions that names any such thing."""
    for question in earlier:
        if found := [thing for thing in things(question) if fits(thing)]:
            return found
    return []


def _fitted(word: str, phrase: str, after: str, wanted: _Wanted) -> str:
    """The phrase in the form in which the pronoun stands."""
    low = word.lower()
    owns = low in _POSSESSIVE and bool(re.match(r"\s+[\w’'-]+", after))
    if low == "her":
        following = re.match(r"\s+([\w’'-]+)", after)
        owns = bool(following and following[1].lower() not in STOPWORDS | PREPOSITIONS)
    if phrase.startswith("The "):
        phrase = f"t{phrase[1:]}"
    if owns:
        return phrase + ("’" if phrase.endswith("s") and wanted == "many" else "’s")
    return phrase


def tied(question: str, base: str, told: str) -> str:
    """The question, with the matter of the one before set before it."""
    new = [thing for thing in things(base, told) if thing.text.lower() not in question.lower()]
    new.sort(key=lambda thing: ("thing", "country", "person").index(thing.kind))
    about = new[0].definite if new else f"“{base.rstrip('?!. ')}”"
    inner = question if re.match(r"I\b", question) else question[:1].lower() + question[1:]
    return f"With regard to {about}, {inner}"
