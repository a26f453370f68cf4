"""Claims made true and made wrong on purpose, so that a judge learns small differences.

Two sources: news sentences changed by rule (numbers, dates, names, roles, negation, hedges,
antonyms; and true twins by leaving parts out), and situations made from templates, where one
event is told at different degrees of factuality (done, planned, unlikely, denied, asked for)
and in other words. The idea is that of FactCC and MiniCheck; the rules are our own.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Sequence

from data import LABELS, Pair, rows, sentences
from situations import situation_pairs

ENTAILED, NEUTRAL, CONTRADICTED, NOT_ENTAILED = (
    LABELS[name] for name in ("entailed", "neutral", "contradicted", "not_entailed")
)

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_COUNTS = "two three four five six seven eight nine ten eleven twelve".split()
_ORDINALS = "first second third fourth fifth".split()
_ANTONYMS = [
    ("increase", "decrease"), ("increased", "decreased"), ("increasing", "decreasing"),
    ("rise", "fall"), ("rose", "fell"), ("risen", "fallen"), ("rising", "falling"),
    ("higher", "lower"), ("more", "fewer"), ("more", "less"), ("most", "least"), ("won", "lost"),
    ("win", "lose"), ("winning", "losing"), ("before", "after"), ("first", "last"),
    ("accepted", "rejected"), ("accept", "reject"), ("approved", "rejected"),
    ("support", "oppose"), ("supported", "opposed"), ("supports", "opposes"),
    ("confirmed", "denied"), ("denied", "admitted"), ("succeeded", "failed"), ("open", "closed"),
    ("opened", "closed"), ("begin", "end"), ("began", "ended"), ("start", "stop"),
    ("started", "stopped"), ("strengthen", "weaken"), ("strengthened", "weakened"),
    ("improve", "worsen"), ("improved", "worsened"), ("north", "south"), ("northern", "southern"),
    ("east", "west"), ("eastern", "western"), ("young", "old"), ("younger", "older"),
    ("early", "late"), ("earlier", "later"), ("male", "female"), ("man", "woman"),
    ("father", "mother"), ("son", "daughter"), ("brother", "sister"), ("husband", "wife"),
    ("allowed", "banned"), ("allow", "ban"), ("guilty", "innocent"), ("alive", "dead"),
    ("legal", "illegal"), ("likely", "unlikely"), ("possible", "impossible"), ("all", "none"),
    ("all", "some"), ("always", "never"), ("above", "below"), ("inside", "outside"),
    ("popular", "unpopular"), ("safe", "dangerous"), ("same", "different"), ("agreed", "refused"),
    ("expand", "cut"), ("expanded", "cut"), ("gained", "lost"), ("arrived", "left"),
    ("public", "private"), ("major", "minor"), ("domestic", "foreign"), ("rich", "poor"),
    ("easier", "harder"), ("strong", "weak"), ("stronger", "weaker"), ("better", "worse"),
    ("best", "worst"), ("positive", "negative"), ("military", "civilian"), ("joined", "left"),
    ("buy", "sell"), ("bought", "sold"), ("borrow", "lend"), ("praised", "criticised"),
    ("praised", "criticized"), ("separately", "jointly"), ("separate", "joint"),
]  # fmt: skip
_OPPOSITE: dict[str, list[str]] = {}
for _left, _right in _ANTONYMS:
    _OPPOSITE.setdefault(_left, []).append(_right)
    _OPPOSITE.setdefault(_right, []).append(_left)

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|will|would|can|could|should|must|may|might)\b(?! not|n't)"
)
_NEGATED = re.compile(r"\b(is|are|was|were|has|have|had|will|would|can|could|should|did|does|do) not\b")
_NAME = re.compile(r"(?<![.!?“\"] )(?<!^)\b(?:[A-Z][a-z]+(?:[- ][A-Z][a-z]+){0,3}|[A-Z]{2,5})\b")
_NUMBER = re.compile(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+(?:\.\d+)?\b")
_HEDGES = [
    (r"\b(?:is|are|was|were) (?:expected|due|set|scheduled|planning|hoping) to ([a-z]+)\b", "done"),
    (r"\b(?:plans?|hopes?|aims?|wants?|intends?|seeks?|planned|hoped|wanted) to ([a-z]+)\b", "done"),
    (r"\b(?:will|would|may|might|could) ([a-z]+)\b", "done"),
]
_IRREGULAR = {
    "be": "was", "have": "had", "make": "made", "take": "took", "give": "gave", "go": "went",
    "come": "came", "get": "got", "see": "saw", "say": "said", "hold": "held", "meet": "met",
    "begin": "began", "become": "became", "bring": "brought", "build": "built", "buy": "bought",
    "find": "found", "keep": "kept", "know": "knew", "lead": "led", "leave": "left",
    "lose": "lost", "pay": "paid", "put": "put", "run": "ran", "sell": "sold", "send": "sent",
    "set": "set", "spend": "spent", "stand": "stood", "tell": "told", "think": "thought",
    "win": "won", "write": "wrote", "do": "did", "cut": "cut", "fall": "fell", "rise": "rose",
    "speak": "spoke", "show": "showed", "grow": "grew", "draw": "drew", "let": "let",
    "feel": "felt", "fly": "flew", "face": "faced", "seek": "sought", "hit": "hit",
}  # fmt: skip
_STOP = {"not", "be", "have", "also", "never", "still", "only", "soon", "now", "likely", "no"}


def past(verb: str) -> str | None:
    """The simple past of a verb, or None where the rule would guess."""
    if verb in _STOP and verb not in ("be", "have"):
        return None
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("ly"):
        return None
    if verb.endswith("e"):
        return verb + "d"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    if re.fullmatch(r"[^aeiou]*[aeiou][bdgmnpt]", verb):
        return verb + verb[-1] + "ed"
    return verb + "ed"


def change_number(text: str, chance: random.Random) -> str | None:
    """Another number, count, ordinal, month or day in place of one of the text's."""
    options: list[str] = []
    for match in _NUMBER.finditer(text):
        word = match.group()
        if "," in word or "." in word:
            digits = [index for index, character in enumerate(word) if character.isdigit()]
            at = chance.choice(digits[:2])
            other = chance.choice([d for d in "123456789" if d != word[at]])
            new = word[:at] + other + word[at + 1 :]
        elif len(word) == 4 and word[:2] in ("18", "19", "20"):
            new = str(int(word) + chance.choice((-10, -5, -3, -2, -1, 1, 2, 3, 5, 10)))
        else:
            value = int(word)
            new = str(max(1, chance.choice((value + 1, value + 2, value * 2, value * 10, value // 2 + 3, value - 1))))
        if new != word:
            options.append(text[: match.start()] + new + text[match.end() :])
    for group in (_MONTHS, _DAYS, _COUNTS, _ORDINALS):
        for match in re.finditer(rf"\b(?:{'|'.join(group)})\b", text):
            if match.group() == "May" and match.start() == 0:
                continue
            new = chance.choice([word for word in group if word != match.group()])
            options.append(text[: match.start()] + new + text[match.end() :])
    return chance.choice(options) if options else None


def swap_name(text: str, others: Sequence[str], chance: random.Random) -> str | None:
    """One name of the text replaced by another of the article, of the same shape."""
    names = [match for match in _NAME.finditer(text) if match.group() not in (*_MONTHS, *_DAYS)]
    chance.shuffle(names)
    for match in names:
        name = match.group()
        like = [
            other
            for other in others
            if other not in text and name not in other and other not in name
            and len(other.split()) == len(name.split()) and other.isupper() == name.isupper()
        ]  # fmt: skip
        if like:
            return text[: match.start()] + chance.choice(like) + text[match.end() :]
    return None


def swap_roles(text: str, chance: random.Random) -> str | None:
    """Two names of the text in each other's place, where a verb stands between them."""
    names = [match for match in _NAME.finditer(text) if match.group() not in (*_MONTHS, *_DAYS)]
    pairs = [
        (one, two)
        for one, two in itertools.pairwise(names)
        if one.group() != two.group()
        and re.search(r"\b[a-z]+(?:ed|s|ing|to|by|of|from|told|met|beat)\b", text[one.end() : two.start()])
        and not re.fullmatch(r"\s*(?:,|and|or|, and)\s*", text[one.end() : two.start()])
    ]
    if not pairs:
        return None
    one, two = chance.choice(pairs)
    return (
        text[: one.start()] + two.group() + text[one.end() : two.start()] + one.group()
        + text[two.end() :]
    )  # fmt: skip


def negate(text: str, chance: random.Random) -> str | None:
    """The text with a negation put in, or the one it has taken out."""
    negated = _NEGATED.search(text)
    if negated:
        return text[: negated.end() - 4] + text[negated.end() :]
    match = _AUXILIARY.search(text)
    if not match:
        return None
    gap = chance.choice((" not", " not", " never")) if match.group() not in ("may", "might") else " not"
    return text[: match.end()] + gap + text[match.end() :]


def oppose(text: str, chance: random.Random) -> str | None:
    """One word of the text replaced by its opposite."""
    found = [
        match for match in re.finditer(r"\b[a-z]+\b", text) if match.group() in _OPPOSITE
    ]
    if not found:
        return None
    match = chance.choice(found)
    return text[: match.start()] + chance.choice(_OPPOSITE[match.group()]) + text[match.end() :]


def drop_hedge(text: str, chance: random.Random) -> str | None:
    """A plan or a possibility told as a fact."""
    for pattern, _ in _HEDGES:
        match = re.search(pattern, text)
        if match and (verb := past(match.group(1))):
            return text[: match.start()] + verb + text[match.end() :]
    return None


def shorten(text: str, chance: random.Random) -> str | None:
    """A true, shorter claim: an aside, an opening or a last clause left out."""
    options: list[str] = []
    for match in re.finditer(r", (?:who|which|a|an|the|where|whose)\b[^,;.]{4,60},", text):
        options.append(text[: match.start()] + text[match.end() :])
    for match in re.finditer(r" \([^)]{2,60}\)", text):
        options.append(text[: match.start()] + text[match.end() :])
    opening = re.match(r"(?:On|In|At|During|After|Last|Earlier|Meanwhile|However|But)\b[^,;.]{0,40}, (?=[A-Za-z])", text)
    if opening:
        rest = text[opening.end() :]
        options.append(rest[0].upper() + rest[1:])
    closing = re.search(r",? (?:after|because|while|which|although|but|as|when|amid|following|and said)\b[^.]*\.?$", text)
    if closing and closing.start() > 30:
        options.append(text[: closing.start()].rstrip(" ,") + ".")
    attribution = re.search(r",? (?:he|she|they|officials|police|it) (?:said|says|added|told [^,.]*)\.$", text)
    if attribution and attribution.start() > 25:
        options.append(text[: attribution.start()].strip(" ,“”\"") + ".")
    whose = re.match(r"(The [a-z ]{3,30}), ([A-Z][a-z]+ [A-Z][a-z]+), ", text)
    if whose:
        options.append(f"{chance.choice(whose.groups())} {text[whose.end() :]}")
    return chance.choice(options) if options else None


_SUBJECT_FIRST = re.compile(
    r"^((?:[^,;:“”\"]){3,60}?) (is|are|was|were|has|have|had|will|would|can|could|should) (.+)$"
)


def question(text: str) -> str | None:
    """The claim as a yes/no question, where its first words are plainly its subject."""
    match = _SUBJECT_FIRST.match(text.rstrip(".!"))
    if not match:
        return None
    subject, auxiliary, rest = match.groups()
    if re.search(r"\b(?:that|who|which|said|says|and then|if|when|because)\b", subject):
        return None
    if subject.split()[0] in ("The", "A", "An", "This", "That", "These", "It", "He", "She", "They", "His", "Her", "Their", "There", "Some", "Many", "Most"):
        subject = subject[0].lower() + subject[1:]
    if rest.startswith(("not ", "never ")):
        return None
    return f"{auxiliary.capitalize()} {subject} {rest}?"


def news_pairs(chance: random.Random) -> Iterator[list[Pair]]:
    """Twins made from news sentences: each list is about one sentence, for one batch."""
    articles = [row["text"] for row in rows("news-text")]
    while True:
        text = chance.choice(articles)
        spans = sentences(text)
        if len(spans) < 3:
            continue
        names = sorted({match.group() for match in _NAME.finditer(text)})
        for _ in range(3):
            at = chance.randrange(len(spans))
            sentence = " ".join(text[slice(*spans[at])].split())
            if not 6 <= len(sentence.split()) <= 45 or sentence.count("“") > 1:
                continue
            around = chance.choice((0, 0, 1, 1, 2))
            first, last = max(0, at - around), min(len(spans) - 1, at + around)
            evidence = " ".join(text[spans[first][0] : spans[last][1]].split())
            if len(evidence) > 1000:
                evidence = sentence
            true = shorten(sentence, chance) if chance.random() < 0.75 else sentence
            if true is None and chance.random() < 0.5:
                continue
            claim = true or sentence
            made: list[tuple[str, int]] = [(claim, ENTAILED)]
            changes = [
                (change_number(claim, chance), CONTRADICTED),
                (negate(claim, chance), CONTRADICTED),
                (oppose(claim, chance), CONTRADICTED),
                (drop_hedge(claim, chance), NOT_ENTAILED),
                (swap_name(claim, names, chance), NOT_ENTAILED),
                (swap_roles(claim, chance), NOT_ENTAILED),
            ]
            wrong = [(changed, label) for changed, label in changes if changed and changed != claim]
            if not wrong:
                continue
            made += chance.sample(wrong, min(len(wrong), 2))
            if chance.random() < 0.25 and len(spans) > last + 2:
                other = " ".join(text[slice(*spans[min(len(spans) - 1, last + 1)])].split())
                made.append((other, NEUTRAL))
            group = f"{hash((sentence, at))}"
            twins = []
            for words, label in made:
                asked = question(words) if chance.random() < 0.3 else None
                twins.append(Pair(asked or words, evidence, label, group))
            yield twins


def made_pairs(*, seed: int, count: int) -> Iterator[Pair]:
    """About ``count`` pairs: news twins and situations, three to two."""
    chance = random.Random(1000 + seed)
    news, told = news_pairs(chance), situation_pairs(chance)
    made = 0
    while made < count:
        twins = next(news) if chance.random() < 0.55 else next(told)
        yield from twins
        made += len(twins)
