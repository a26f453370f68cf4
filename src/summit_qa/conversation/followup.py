"""Follow-up questions made to stand on their own, by rules: what is missing is carried over.

A question that stands on its own is left as it is. What counts as leaning on the conversation:
a lone question word ("Why?"), a fragment ("And Japan?"), "Who said so?", "Really?", "What else?",
an auxiliary with a subject ("Did Japan?"), and a pronoun with nothing in the question that it
could stand for ("Did they agree on it?").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from summit_qa.conversation.shapes import (
    ABOUT,
    BARE,
    CONFIRM,
    ELSE,
    INTERESTING,
    MORE,
    PREPOSITION,
    SOURCE,
    WITH_AUXILIARY,
)
from summit_qa.language.lexicon import AUXILIARIES, STOPWORDS, content_stems, word_set
from summit_qa.language.names import names_in
from summit_qa.language.phrases import Parts, Thing, bare, parts, things, without_lead
from summit_qa.language.pronouns import resolve, tied
from summit_qa.language.questions import (
    BASE_VERBS,
    DETERMINERS,
    PARTICIPLES,
    as_statement,
    is_yes_no,
)
from summit_qa.language.same_name import is_country
from summit_qa.types import Answer

_SHORT = 3  # words of meaning, in a question that hardly says what it is about
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_VERB = re.compile(r"n['’]t$|[^e]ed$", re.IGNORECASE)
_INDEFINITE = word_set("anyone anybody someone somebody everyone everybody anything something")


def stand_alone(question: str, turns: Sequence[Answer]) -> str | None:
    """The question with what it leaves out carried over; None where it stands on its own."""
    if not turns:
        return None
    turn = turns[-1]
    core = bare(question)
    led = core != " ".join(question.split()).rstrip("?!. ")
    if not core:
        return None
    base = _Base(turns)
    made = (
        _source(core, base)
        or _confirm(core, base)
        or _question_word(core, base)
        or _more(core, base)
        or _else(core, base)
        or _auxiliary(core, base)
        or _fragment(core, base, question, led)
        or resolve(without_lead(question), base.question, turn, base.earlier)
        or _cut_short(core, base)
        or base.full_names(question)
    )
    if made.rstrip("?") == " ".join(question.split()).rstrip("?"):
        return None
    return _sentence(made)


def subject_of(question: str, turns: Sequence[Answer]) -> str:
    """What the conversation is about, to search for as well; empty where the question tells.

    ``question`` stands on its own by now. One that names nothing and is short ("When did the band
    form?") is mostly about what was talked of before.
    """
    if not turns or names_in(question) or len(content_stems(question)) > _SHORT:
        return ""
    return _Base(turns).subject


class _Base:
    """The question before, and what can be said of it."""

    def __init__(self, turns: Sequence[Answer]) -> None:
        self.turn = turn = turns[-1]
        questions = [without_lead(each.rewritten or each.question) for each in turns[::-1]]
        self.question, self.earlier = questions[0], questions[1:]
        self.text = bare(self.question)
        self.parts: Parts | None = parts(self.question)
        self.yes_no = is_yes_no(self.question)
        self.told = " ".join(statement.text for statement in turn.statements)

    @property
    def lower(self) -> str:
        """The question as it stands within another sentence."""
        return _uncapitalised(self.text)

    @property
    def topic(self) -> str:
        """What it is about, in a few words; the question itself where the rules cannot tell."""
        found = things(self.text, self.told)
        of_kind = [thing for thing in found if thing.kind == "thing"] or found
        return of_kind[0].definite if of_kind else f"“{self.text}”"

    @property
    def subject(self) -> str:
        """What the conversation is about: a name in one of its questions, the latest first."""
        for question in (self.question, *self.earlier):
            for thing in things(question):
                if thing.text[:1].isupper():
                    return thing.definite
        return self.topic

    def full_names(self, question: str) -> str:
        """The question with part of a name made the whole of it, as it was asked before."""
        for name in names_in(question):
            for earlier in (self.question, *self.earlier):
                whole = next(
                    (
                        full
                        for full in names_in(earlier)
                        if " " in full and " " not in name and name in full.split()
                    ),
                    None,
                )
                if whole and whole not in question:
                    question = re.sub(rf"\b{re.escape(name)}\b", whole, question, count=1)
                    break
        return question

    def things(self) -> list[Thing]:
        """The persons and things that it names."""
        return things(self.text, self.told)


def _source(core: str, base: _Base) -> str | None:
    """ "Who said so?" asks who said what the question before was about."""
    found = SOURCE.match(core)
    if found is None:
        return None
    who = found["who"] or "who"
    taken = base.parts
    if base.yes_no:
        statement = as_statement(base.question)
        if statement is None:
            return f"{who} said this: {base.lower}?"
        plain = _uncapitalised(statement.rstrip("."))
        match base.turn.verdict:
            case "yes":
                return f"{who} said that {plain}?"
            case "no" if taken and taken.subject:
                return (
                    f"{who} said that {_uncapitalised(taken.subject)} {taken.auxiliary} not "
                    f"{taken.rest}?"
                )
        return f"{who} said whether {plain}?"
    if taken is None:
        return f"{who} said this: {base.lower}?"
    if taken.asks_subject:
        return f"{who} said {base.lower}?"
    inner = [_uncapitalised(taken.wh), taken.subject, taken.auxiliary, taken.rest]
    return f"{who} said {' '.join(part for part in inner if part)}?"


def _confirm(core: str, base: _Base) -> str | None:
    """ "Really?" asks the same again."""
    return f"{base.text}?" if CONFIRM.match(core) else None


def _question_word(core: str, base: _Base) -> str | None:
    """ "Why?", "When was that?", "Why didn't they?" ask for more about what was asked before."""
    found = BARE.match(core)
    if found is not None:
        return _asked_of(found["wh"], bool(found["no"]), base)
    found = WITH_AUXILIARY.match(core)
    if found is None:
        return None
    # "When was it?" asks about a thing, which the rule for pronouns knows better.
    if found["be"] and found["what"] and found["what"].lower() != "so":
        return None
    if found["be"] and found["wh"].lower() in ("what", "who", "which", "whose"):
        return None
    return _asked_of(found["wh"], bool(found["no"] or found["no2"]), base)


def _asked_of(wh: str, negated: bool, base: _Base) -> str:
    """The question word put to what the question before says."""
    low = " ".join(wh.lower().split())
    if low == "how come":
        low, wh = "why", "why"
    adverb = low in (
        "why",
        "when",
        "where",
        "how",
        "how long",
        "how often",
        "how soon",
        "how exactly",
    )
    phrase = adverb or (len(low.split()) > 1 and low.split()[0] in (
        "in", "at", "on", "by", "with", "to", "for", "from", "since", "until", "against", "about",
    ))  # fmt: skip
    taken = base.parts
    if taken is None:
        return f"{wh}: {base.lower}?"
    if base.yes_no:
        negated = negated or (low == "why" and base.turn.verdict == "no")
        if low in ("who", "by whom") and taken.subject.lower() in _INDEFINITE:
            return f"who {taken.auxiliary} {taken.rest}?"
        if negated and phrase and taken.subject:
            return f"{wh} {taken.auxiliary} {_uncapitalised(taken.subject)} not {taken.rest}?"
        return f"{wh} {base.lower}?" if phrase else f"{wh}: {base.lower}?"
    if negated or not phrase:
        return f"{wh}{' not' if negated else ''}: {base.lower}?"
    filler = base.turn.short
    if taken.wh.lower().startswith(("how many", "how much")):
        return f"{wh}: {base.lower}?"
    if taken.asks_subject:
        return f"{wh} was it that {filler or 'someone'} {taken.rest}?"
    after = " ".join(part for part in (taken.auxiliary, taken.subject, taken.rest) if part)
    if taken.wh.lower() in ("why", "when", "where", "how"):
        return f"{wh} {after}?"
    if taken.is_copula:
        return f"{wh} {after}?" if low in ("when", "where") else f"{wh}: {base.lower}?"
    return f"{wh} {after} {filler}?" if filler else f"{wh}: {base.lower}?"


def _else(core: str, base: _Base) -> str | None:
    """ "What else?" asks for more of the same kind."""
    found = ELSE.match(core)
    if found is None:
        return None
    more = found["more"]
    if more and not re.search(r"\b(?:it|they|he|she|that|this|them)\b", more, re.IGNORECASE):
        return None  # "Who else attended the summit?" stands on its own
    taken = base.parts
    if more is None and found["wh"] and taken and taken.wh.lower() == found["wh"].lower():
        return f"{found['wh']} else {base.text[len(taken.wh) :].strip()}?"
    if more:
        return None  # the rule for pronouns knows better
    return f"{core}: {base.lower}?"


def _more(core: str, base: _Base) -> str | None:
    """ "Tell me more." asks about the same thing."""
    if INTERESTING.match(core):
        return f"What else is said about {base.subject}?"
    if not MORE.match(core):
        return None
    if core.lower().startswith(("for", "such", "like", "explain")) or "example" in core.lower():
        return f"{core}: {base.lower}?"
    return f"What else is said about {base.topic}?"


def _auxiliary(core: str, base: _Base) -> str | None:
    """ "Did Japan?" asks of another what was asked before."""
    tokens = core.split()
    if not 2 <= len(tokens) <= 6 or tokens[0].lower() not in AUXILIARIES:
        return None
    who = re.sub(r"\s+(?:too|also|as well|either)$", "", " ".join(tokens[1:]), flags=re.I)
    if not _is_name(who):
        return None
    if base.yes_no and base.parts and base.parts.subject:
        return f"{tokens[0]} {who} {base.parts.rest}?"
    return _about(who, base)


def _fragment(core: str, base: _Base, question: str, led: bool) -> str | None:
    """ "And Japan?" and "In 2022?" leave out all but what is new."""
    about = ABOUT.match(core)
    fragment = about[1] if about else core
    tokens = fragment.split()
    if not about and not led and not question.rstrip().endswith("?"):
        return None
    if len(tokens) > 7 or (not about and not _is_fragment(tokens)):
        return None
    if about and _leans(fragment):
        return None  # "What about it?" is for the rule for pronouns
    if re.search(r"\b(?:its|his|her|their)\b", fragment, re.IGNORECASE):
        about_it = f"What about {_uncapitalised(fragment)}?"
        return resolve(about_it, base.question, base.turn, base.earlier)
    preposition = PREPOSITION.match(fragment)
    if preposition and re.search(r"\b(?:what|which|whom)\b", fragment, re.IGNORECASE):
        return _asked_of(fragment, False, base)
    if preposition:
        fragment = _uncapitalised(fragment)
        same = re.compile(rf"\b{preposition[1]}\s+(?:{_YEAR.pattern}|(?:[A-Z][\w’'-]*\s?)+)", re.I)
        held = [
            m
            for m in same.finditer(base.text)
            if m.group().split()[-1][:1].isupper() or _YEAR.search(m.group())
        ]
        if held:
            last = held[-1]
            rest = base.text[last.end() :]
            return f"{base.text[: last.start()]}{fragment}{' ' if rest.strip() else ''}{rest}?"
        return f"{base.text} {fragment}?"
    if _YEAR.fullmatch(fragment):
        if _YEAR.search(base.text):
            return _YEAR.sub(fragment, base.text) + "?"
        return f"{base.text} in {fragment}?"
    if not about and not led and not _can_swap(tokens):
        return None  # "Opening hours?" are keywords of their own
    return _about(re.sub(r"\s+(?:too|also|as well|either)$", "", fragment, flags=re.I), base)


def _can_swap(tokens: list[str]) -> bool:
    """Whether a fragment names what may stand in another's place: a name, "the …", a number."""
    if tokens[0].lower() in DETERMINERS | {"him", "her", "them", "both", "others"}:
        return True
    small = {"of", "the", "and", "or", "de", "von", "too", "also", "either"}
    named = all(token[0].isupper() or token[0].isdigit() or token in small for token in tokens)
    return named or is_country(" ".join(tokens))


def _cut_short(core: str, base: _Base) -> str | None:
    """ "Who attended?" does not say what."""
    tokens = core.lower().split()
    asks = len(tokens) == 2 and tokens[0] in ("who", "what", "which")
    cut = asks and (_VERB.search(tokens[1]) or tokens[1] in PARTICIPLES)
    if not cut and not (len(tokens) == 3 and tokens[0] in ("why", "how") and tokens[1] == "so"):
        return None
    return tied(f"{core}?", base.question, base.told)


def _about(what: str, base: _Base) -> str:
    """The question before, asked of something else of the same kind."""
    plain = re.sub(r"['’]s$", "", what)
    kind = "country" if is_country(plain) else "thing"
    named = names_in(f"about {plain}")
    if kind != "country" and named:
        kind = things(f"about {plain}", base.told)[0].kind
    new = re.sub(r"^(?:an?|some)\s+", "the ", what, flags=re.IGNORECASE)
    if kind == "country" and not named:
        new = what.title() if len(what) > 3 else what.upper()
    alike = [thing for thing in base.things() if thing.kind == kind]
    if alike and alike[-1].plural and re.search(r"\band\b|,", alike[-1].text):
        alike = []  # one of them cannot stand for all: "Why do A and B distrust each other?"
    if alike and plain.lower() not in base.text.lower():
        old = alike[-1]
        if asked := re.match(r"(?:many|much|which|what)\s+", old.text, re.IGNORECASE):
            end = asked.end()
            old = Thing(old.text[end:], old.start + end, old.kind, old.plural)
        if old.text.lower().startswith("the ") and not new.lower().startswith("the ") and named:
            old = Thing(old.text[4:], old.start + 4, old.kind, old.plural)
            if kind == "country" and not old.text.startswith("U"):
                return _swapped(base.text, old, new)
        new = (
            re.sub(r"['’]s$", "", new)
            if base.text[old.start + len(old.text) :][:2] in ("'s", "’s")
            else new
        )
        return _swapped(base.text, old, new)
    return f"For {new}, {base.lower}?"


def _swapped(text: str, old: Thing, new: str) -> str:
    before, after = text[: old.start], text[old.start + len(old.text) :]
    # "the United States" gives way to "Japan", article and all.
    if not new.lower().startswith("the ") and new[:1].isupper():
        before = re.sub(r"\bthe\s+$", "", before, flags=re.IGNORECASE)
    return f"{before}{new}{after}?"


def _is_name(text: str) -> bool:
    """Whether these words are a name and nothing else."""
    plain = re.sub(r"^the\s+", "", text, flags=re.IGNORECASE)
    if len(plain.split()) == 2 and plain.lower().startswith(("north ", "south ", "united ")):
        return is_country(plain)
    return is_country(plain) if " " not in plain else names_in(f"about {plain}") == [plain]


def _is_fragment(tokens: Sequence[str]) -> bool:
    """Whether the words have no verb and so are no question by themselves."""
    lowered = [token.lower().strip(",;:") for token in tokens]
    if re.match(r"(?:who|whom|whose|what|which|when|where|why|how)$", lowered[0]):
        return False
    if any(word in AUXILIARIES or _VERB.search(word) for word in lowered):
        return False
    if lowered[0] in BASE_VERBS or _leans(" ".join(tokens)):
        return False
    return any(word not in STOPWORDS for word in lowered)


def _leans(text: str) -> bool:
    return bool(re.search(r"\b(?:it|they|them|he|she|him|that|this|these|those)\b", text, re.I))


def _uncapitalised(text: str) -> str:
    """Text for the middle of a sentence: names keep their capital."""
    first = text.split(" ", 1)[0]
    keeps = first in ("I", "U.S.", "US") or is_country(first) or not first[1:].islower()
    common = first.lower() in STOPWORDS or first.lower() in BASE_VERBS
    return text if keeps and not common else text[:1].lower() + text[1:] if common else text


def _sentence(text: str) -> str:
    text = " ".join(text.split()).strip()
    text = re.sub(r"\s+([?,:])", r"\1", text)
    return text[:1].upper() + text[1:]
