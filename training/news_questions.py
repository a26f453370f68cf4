"""Questions for the reader, made from news sentences: who, what, when, where, why, how many.

The questions that people wrote stand on some 1,400 texts; news has more to ask about. A rule
turns a sentence into a question and marks the words that answer it. Half of the time the
evidence is not that sentence but another one, mostly of another article on the same story, that
tells the same in words of its own: it holds the answer and most of what the question names. Texts
that share the most words with the question without its answer are the evidence that is silent.
The idea is that of unsupervised question answering by cloze and by retrieved paraphrases; the
rules are our own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claims import lower_first, reword
from data import Reading, listed, rows, sentences, span_rows, window
from yes_no import FORMS, asked

COMMON = 1_500  # a stem of more sentences than this finds nothing
RARE = 8  # of the stems of a question, the rarest that are looked up
SHARED = 0.4  # of the weight of a question's words that other evidence must hold
RETOLD = 0.6  # share of the questions whose evidence is another sentence
MANY = "fnc1"  # the source that has several articles on a story
ALIKE = 0.75  # from which share of common stems two sentences are the same one
ROLES = frozenset(
    listed(
        "police|officials|president|minister|spokesman|spokeswoman|officer|judge|lawyer|doctor|"
        "researchers|scientists|experts|leader|leaders|mayor|chief|director|author|man|woman|"
        "mother|father|boy|girl|witnesses|residents|protesters|workers|players|coach|professor|"
        "senator|governor|king|queen|prince|general|soldiers|militants|farmers|families|critics"
    )
)
_DAY = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan\.?|Feb\.?|Aug\.?|Sept\.?|Oct\.?|Nov\.?|Dec\.?)"
)
_ONE = r"[A-Z][\w.'’-]*"  # a word of a name
_PERSON = r"[A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+){1,2}"
_TIME = re.compile(  # 1: all of it; 2: a date without its preposition
    rf""",?\ (
      (?:late\ |early\ )?(?:on|in|since|by|from)\ (?:late\ |early\ )?
      ({_DAY}(?:\ (?:morning|afternoon|evening|night))?|{_MONTH}(?:\ \d{{1,2}})?(?:,?\ \d{{4}})?
      |\d{{1,2}}\ {_MONTH}(?:\ \d{{4}})?|(?:1[89]|20)\d\d)
      |last\ (?:week|month|year|night|{_DAY})|(?:earlier\ )?this\ (?:week|month|year|morning)
      |yesterday|next\ (?:week|month|year)
      |(?:two|three|four|five|several|\d+)\ (?:days|weeks|months|years)\ (?:ago|later|earlier)
    )(?=[ ,.])""",
    re.VERBOSE,
)
_PLACE = re.compile(
    rf" (?:in|at|near|outside) ((?:the )?{_ONE}(?:(?:,? | of | of the ){_ONE}){{0,3}})(?=[ ,.])"
)
_ABOUT = r"(?:(?:about|around|nearly|almost|more than|at least|over|some|up to) )?"
_COUNT = re.compile(  # 1: the number; 2: what is counted
    rf"""({_ABOUT.replace(" ", "[ ]")}
      (?:\d[\d,]*(?:\.\d+)?(?:\ (?:million|billion|thousand))?
      |two|three|four|five|six|seven|eight|nine|ten|eleven|twelve
      |dozens\ of|hundreds\ of|thousands\ of)
    )\ ((?:(?!(?:by|in|of|to|for|at|on)\b)[a-z]+\ ){{0,2}}?[a-z]{{3,}}s
      |people|children|women|men)\b(?!\ of\ )""",
    re.VERBOSE,
)
_MONEY = re.compile(rf"({_ABOUT}(?:A|US)?[$£€]\d[\d,.]*\d(?:m|bn| million| billion)?)(?=[ ,.])")
_WHY = re.compile(
    "^(.{25,}?),? ((?:because|due to|so that|in order to|as a result of|thanks to|in protest)"
    " .{10,}?)[.]$"
)
_SAYS = (
    "said|says|warned|argued|claimed|added|believes|thinks|suggested|announced|admitted|insisted|"
    "explained|denied"
)
_SAID = re.compile(
    rf"^((?:{_ONE}|[a-z]+)(?: [\w.'’-]+){{0,6}}?) (?:{_SAYS}) (?:that )?(.{{20,}}?)[.]$"
)
_QUOTED = re.compile(
    rf"^([\"“][^\"”]{{20,}}[\"”]),? ((?:{_ONE}|the)(?: [\w.'’-]+){{0,4}}?)"
    r" (?:said|says|added|told [^.]{3,30})[.]$"
)
_TOLD = re.compile(r"^(.{25,}), (?!it |they |he |she )([\w.'’ -]{4,50}?) (?:said|says)[.]$")
_APPOSITION = re.compile(
    rf"(?<!the )(?<!The )\b({_PERSON}),"
    r" ((?:the|an?|its|their) (?:(?!is\b|was\b|has\b)[^,;.\d ]+ ?){1,9})(?=[,.] )"
)
_TITLES = (
    "president|minister|secretary|spokesman|spokeswoman|chief|director|chairman|mayor|leader|"
    "coach|professor|editor|author|captain|President|Secretary|Minister|Mayor|Senator|Governor|"
    "Professor"
)
_TITLED = re.compile(rf"\b((?:[A-Z][a-z]+ )?(?:[a-z]+ )?(?:{_TITLES})) ({_PERSON})\b")
_AUXILIARIES = "has|have|had|was|were|is|are|will|would|could|can|may|might|must"
_SUBJECT = re.compile(
    rf"^((?:The |A |An )?(?:[\w'’-]+ ){{0,5}}?[\w'’.-]+) ({_AUXILIARIES}|[a-z]+) (.{{12,}})[.]$"
)
_NAME = re.compile(r"\b(?:[A-Z][a-z'’]+(?:[- ][A-Z][a-z'’]+){0,3}|[A-Z]{2,5})\b")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*|\d[\d,.]*")
_EMPTY = frozenset(
    listed(
        "the|a|an|of|to|in|on|at|for|by|with|and|or|but|is|are|was|were|be|been|has|have|had|do|"
        "does|did|that|this|these|those|it|its|he|she|they|his|her|their|who|what|when|where|why|"
        "how|which|many|much|said|says|say|will|would|could|can|may|as|from|not|about|there|"
        "into|after|before|over|than|also|more|most|some|i|you|we|our|my|your"
    )
)
_CUTS = frozenset(listed("after|in|on|for|with|by|that|which|and|as"))
_OPENING = frozenset(  # no subject that a question could ask for begins with these
    listed(
        "his|her|their|its|he|she|they|it|this|that|these|those|i|we|you|there|then|meanwhile|"
        "also|but|and|so|however|now|here|today|still|yet|even|only|if|when|while|as|after|in|on"
    )
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the characters (start, end) of its sentence that answer it."""

    question: str
    span: tuple[int, int]


def stems(text: str) -> frozenset[str]:
    """Beginnings of the words that carry meaning: what two tellings of a story share."""
    return frozenset(
        word.lower().rstrip(".,")[:6] for word in _WORD.findall(text) if word.lower() not in _EMPTY
    )


def questions(sentence: str) -> list[Asked]:
    """All questions that the rules can make of a sentence."""
    found = [
        *_who(sentence),
        *_when_and_where(sentence),
        *_how_many(sentence),
        *_why(sentence),
        *_said(sentence),
        *_what(sentence),
        *_who_is(sentence),
    ]
    return [
        one
        for one in found
        if 4 <= len(one.question.split()) <= 30 and '"' not in one.question
        and not re.search(r"[“”;:]", one.question)
    ]  # fmt: skip


def _who(sentence: str) -> Iterator[Asked]:
    """The subject: "Who told reporters that …?"."""
    match = _SUBJECT.match(sentence)
    if not match:
        return
    subject, verb, rest = match.groups()
    last = subject.split()[-1].lower()
    if subject.split()[0].lower() in _OPENING or "," in subject or last in _EMPTY:
        return
    if verb not in FORMS and verb not in listed(_AUXILIARIES):
        return
    named = all(word[0].isupper() for word in subject.split() if word != "the")
    words = "Who" if last in ROLES or (named and not subject.startswith("The ")) else "What"
    if words == "Who":
        verb = {"are": "is", "were": "was", "have": "has"}.get(verb, verb)
    yield Asked(f"{words} {verb} {rest}?", (0, len(subject)))


def _without(sentence: str, start: int, end: int) -> str | None:
    """The yes/no question of the sentence with a part left out."""
    rest = re.sub(r"\s+", " ", sentence[:start] + sentence[end:]).replace(" ,", ",").strip(" ,")
    if rest and rest[0].islower():
        rest = rest[0].upper() + rest[1:]
    return asked(rest)


def _when_and_where(sentence: str) -> Iterator[Asked]:
    for match in _TIME.finditer(sentence):
        question = _without(sentence, match.start(), match.end())
        if question:
            date = match.group(2) or ""
            kinds = {"On which day": re.match(_DAY, date), "In which year": date.isdigit()}
            words = [words for words, fits in kinds.items() if fits and len(sentence) % 3 == 0]
            span = match.span(2 if date else 1)
            yield Asked(f"{(*words, 'When')[0]} {_small(question)}", span)
    for match in _PLACE.finditer(sentence):
        if re.match(rf"{_DAY}|{_MONTH}", match.group(1)):
            continue
        if question := _without(sentence, match.start(), match.end()):
            yield Asked(f"Where {_small(question)}", match.span(1))


def _how_many(sentence: str) -> Iterator[Asked]:
    for match in _COUNT.finditer(sentence):
        words = f"How many {match.group(2)}"
        if not match.start():
            yield Asked(f"{words}{sentence[match.end() :].rstrip('.')}?", match.span(1))
        elif question := _without(sentence, match.start(), match.end()):
            yield Asked(f"{words} {_small(question)}", match.span(1))
    for match in _MONEY.finditer(sentence):
        if question := _without(sentence, match.start(), match.end()):
            yield Asked(f"How much {_small(question)}", match.span(1))


def _why(sentence: str) -> Iterator[Asked]:
    match = _WHY.match(sentence)
    if match and (question := asked(match.group(1) + ".")):
        yield Asked(f"Why {_small(question)}", match.span(2))


def _said(sentence: str) -> Iterator[Asked]:
    """Reported speech: who said it, and what was said about one of its names or words."""
    for pattern, who, what in ((_SAID, 1, 2), (_QUOTED, 2, 1), (_TOLD, 2, 1)):
        match = pattern.match(sentence)
        if not match or match.group(who).split()[0].lower() in _OPENING:
            continue
        speaker, speech = match.group(who), match.group(what).strip('"“”')
        speaker = lower_first(speaker)
        names = [m.group() for m in _NAME.finditer(speech) if m.start()]
        names = [name for name in names if name not in speaker]
        plain = [w for w in _WORD.findall(speech) if w.islower() and len(w) > 6]
        for topic in (*names[:1], *(f"the {w}" for w in plain[-1:])):
            yield Asked(f"What did {speaker} say about {topic}?", match.span(what))
        if len(speech.split()) <= 22 and pattern is not _SAID:
            yield Asked(f"Who said {lower_first(speech).rstrip('.,')}?", match.span(who))


def _what(sentence: str) -> Iterator[Asked]:
    """The object: "What did the company announce?"."""
    question = asked(sentence)
    if not question:
        return
    words = question.rstrip("?").split()
    if words[1].lower() in _OPENING:
        return
    for at in range(2, min(len(words) - 2, 9)):
        if any(auxiliary == words[0] and base == words[at] for auxiliary, base in FORMS.values()):
            rest = re.match(r"[^,;:]+", " ".join(words[at + 1 :]))
            if rest and len(rest.group().split()) >= 2 and rest.group() in sentence:
                start = sentence.index(rest.group())
                yield Asked(
                    f"What {_small(' '.join(words[: at + 1]))}?", (start, start + len(rest.group()))
                )
            return


def _who_is(sentence: str) -> Iterator[Asked]:
    """Who somebody is: "Jo Smith, the mayor of York, …" and "mayor Jo Smith"."""
    for match in _APPOSITION.finditer(sentence):
        yield Asked(f"Who is {match.group(1)}?", match.span(2))
        role = re.sub(r"^(?:an?|its|their) ", "the ", match.group(2))
        yield Asked(f"Who is {role}?", match.span(1))
    for match in _TITLED.finditer(sentence):
        yield Asked(f"Who is {match.group(2)}?", match.span(1))
        yield Asked(f"Who is the {lower_first(match.group(1))}?", match.span(2))


def _small(question: str) -> str:
    return question[0].lower() + question[1:]


class News:
    """The sentences of the news articles, found by the words they share with a question."""

    def __init__(self) -> None:
        found = list(rows("news-text"))
        self.articles = [" ".join(row["text"].split()) for row in found]
        self.texts: list[str] = []
        self.places: list[tuple[int, int, int]] = []  # article, start, end
        for number, article in enumerate(self.articles):
            for start, end in sentences(article):
                if 5 <= len(article[start:end].split()) <= 60:
                    self.texts.append(article[start:end])
                    self.places.append((number, start, end))
        self.retold = [
            at for at, (number, _, _) in enumerate(self.places) if found[number]["source"] == MANY
        ]
        self.stems = [stems(text) for text in self.texts]
        postings: dict[str, list[int]] = {}
        for at, held in enumerate(self.stems):
            for stem in held:
                postings.setdefault(stem, []).append(at)
        self.weights = {s: float(np.log(len(self.texts) / len(p))) for s, p in postings.items()}
        self.postings = {
            stem: np.array(at, np.int32) for stem, at in postings.items() if len(at) <= COMMON
        }

    def near(self, wanted: frozenset[str], count: int = 40) -> NDArray[np.int32]:
        """The sentences that share the most with these stems, best first."""
        held = sorted(stem for stem in wanted if stem in self.postings)
        held = sorted(held, key=lambda stem: len(self.postings[stem]))[:RARE]
        if not held:
            return np.zeros(0, np.int32)
        at = np.concatenate([self.postings[stem] for stem in held])
        weights = np.concatenate(
            [np.full(len(self.postings[stem]), self.weights[stem]) for stem in held]
        )
        unique, inverse = np.unique(at, return_inverse=True)
        return unique[np.argsort(-np.bincount(inverse, weights), kind="stable")[:count]]

    def share(self, wanted: frozenset[str], at: int) -> float:
        """Of the weight of these stems, the share that the sentence holds."""
        total = sum(self.weights.get(stem, 9.0) for stem in wanted)
        held = sum(self.weights.get(stem, 9.0) for stem in wanted & self.stems[at])
        return held / total if total else 0.0


def news_readings(seed: int, count: int) -> list[Reading]:
    """About ``count`` readings of news, new ones for each seed."""
    chance = random.Random(seed + 900)
    news = News()
    found: list[Reading] = []
    retold = chance.random() < RETOLD
    while len(found) < count:
        at = chance.choice(news.retold) if retold else chance.randrange(len(news.texts))
        made = questions(news.texts[at])
        if not retold and chance.random() < 0.15:
            new = list(_topic(news, at, chance))
        else:
            new = list(_about(news, at, chance.choice(made), retold, chance)) if made else []
        found += new
        if new:
            retold = chance.random() < RETOLD
    return found + list(_look_alikes(news, count // 5, chance))


def _look_alikes(news: News, count: int, chance: random.Random) -> Iterator[Reading]:
    """Questions that people wrote, each with a news sentence of its words that is silent."""
    for row in chance.sample(list(span_rows(held=False)), count):
        key = _key(row["answer"])
        silent = [
            int(at)
            for at in news.near(stems(row["question"]), 12)
            if not row["answerable"] or not _place(key, news.texts[at])
        ]
        if silent:
            yield Reading(row["question"], news.texts[chance.choice(silent)], False, None, True)


def _about(
    news: News, at: int, one: Asked, retold: bool, chance: random.Random
) -> Iterator[Reading]:
    """A question with a text that answers it and one or two that do not.

    With ``retold`` nothing, where no other sentence seems to tell the same.
    """
    text = news.texts[at]
    key = _key(text[one.span[0] : one.span[1]])
    question = _as_asked(one.question, chance)
    wanted = stems(question)
    if len(wanted) < 2 or not key:
        return
    near = [int(i) for i in news.near(wanted) if i != at]
    if not retold:
        yield _shown(news, at, question, one.span, chance)
    else:
        told = [
            i
            for i in near
            if _place(key, news.texts[i]) and news.share(wanted, i) >= SHARED
            and len(wanted & news.stems[i]) >= min(3, len(wanted))
            and not _same(news.stems[i], news.stems[at])
        ]  # fmt: skip
        if not told:
            return
        other = chance.choice(told[:3])
        if place := _place(key, news.texts[other]):
            yield _shown(news, other, question, place, chance)
    silent = [
        i
        for i in near
        if not _place(key, news.texts[i]) and not _same(news.stems[i], news.stems[at])
    ]
    article = news.places[at][0]
    own = [i for i in silent if news.places[i][0] == article]
    for kind, odds in ((own, 0.7), (silent[:10], 0.7)):
        if kind and chance.random() < odds:
            yield Reading(question, news.texts[chance.choice(kind)], False, None, True)


def _shown(
    news: News, at: int, question: str, span: tuple[int, int], chance: random.Random
) -> Reading:
    """The sentence as evidence, alone or among its neighbours."""
    number, start, end = news.places[at]
    around = chance.choice((0, 0, 0, 1, 2))
    article = news.articles[number]
    evidence, offset = window(article, start, end, around) if around else (news.texts[at], start)
    if len(evidence) > 900:
        evidence, offset = news.texts[at], start
    begin = start - offset + span[0]
    return Reading(question, evidence, True, (begin, begin + span[1] - span[0]), True)


def _topic(news: News, at: int, chance: random.Random) -> Iterator[Reading]:
    """What a text says about a name in it, and a text of the same story that does not."""
    names = [m.group() for m in _NAME.finditer(news.texts[at]) if m.start() and len(m.group()) > 4]
    if not names:
        return
    name = chance.choice(names)
    plain = [w for w in _WORD.findall(news.texts[at]) if w.islower() and len(w) > 6]
    topic = f"{name} and {chance.choice(plain)}" if plain and chance.random() < 0.3 else name
    question = f"What is said about {topic}?"
    yield Reading(question, news.texts[at], True, None, False)
    silent = [
        int(i)
        for i in news.near(news.stems[at], 25)
        if not any(part.lower() in news.texts[i].lower() for part in name.split())
    ]
    if silent:
        yield Reading(question, news.texts[chance.choice(silent)], False, None, True)


def _as_asked(question: str, chance: random.Random) -> str:
    """As people ask: in other words, shorter, and now and then without care for form."""
    if chance.random() < 0.6:
        question = reword(question, chance) or question
    words = question.rstrip("?").split()
    cuts = [at for at, word in enumerate(words) if at > 5 and word in _CUTS]
    if cuts and chance.random() < 0.6:
        words = words[: chance.choice(cuts)]
    if chance.random() < 0.3 and len(words) > 7:  # one word less, not the first three
        gone = chance.randrange(3, len(words))
        words = [*words[:gone], *words[gone + 1 :]]
    question = " ".join(words).rstrip(",") + "?"
    draw = chance.random()
    if draw < 0.06:
        return question.rstrip("?").lower()
    if draw < 0.1:
        return question.lower()
    return question


def _key(answer: str) -> str:
    """What of an answer another telling must hold: its first six words, in small letters."""
    return " ".join(answer.lower().split()[:6]).strip('"“”,. ')


def _place(key: str, text: str) -> tuple[int, int] | None:
    """Where a text holds the words, whole; None where it does not."""
    if key not in text.lower():  # which is quicker told
        return None
    found = re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text, re.IGNORECASE)
    return found.span() if found else None


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * max(1, min(len(one), len(other)))
