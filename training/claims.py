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
from collections.abc import Callable, Iterator, Sequence

from data import LABELS, Pair, listed, rows, sentences
from situations import situation_pairs

ENTAILED, NEUTRAL, CONTRADICTED, NOT_ENTAILED = (
    LABELS[name] for name in ("entailed", "neutral", "contradicted", "not_entailed")
)

_MONTHS = listed(
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_CALENDAR = frozenset(word.lower() for word in (*_MONTHS, *_DAYS))
_COUNTS = listed("two|three|four|five|six|seven|eight|nine|ten|eleven|twelve")
_ORDINALS = ["first", "second", "third", "fourth", "fifth"]
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
    ("last", "next"), ("last", "this"), ("this", "next"), ("today", "tomorrow"),
    ("yesterday", "today"), ("accidentally", "deliberately"), ("temporary", "permanent"),
    ("temporarily", "permanently"), ("both", "neither"), ("many", "few"), ("several", "no"),
    ("every", "no"), ("often", "rarely"), ("week", "month"), ("month", "year"), ("weeks", "months"),
    ("months", "years"), ("days", "weeks"), ("hours", "days"), ("million", "billion"),
    ("despite", "because of"), ("majority", "minority"),
    ("minimum", "maximum"), ("at least", "at most"), ("more than", "less than"),
    ("over", "under"), ("up to", "at least"), ("nearly", "more than"), ("almost", "more than"),
    ("only", "not only"), ("still", "no longer"), ("already", "not yet"), ("remain", "leave"),
    ("remains", "leaves"), ("remained", "left"), ("survived", "died"), ("released", "detained"),
    ("arrested", "released"), ("convicted", "acquitted"), ("hired", "fired"), ("hope", "fear"),
    ("hoped", "feared"), ("welcomed", "condemned"), ("victory", "defeat"), ("success", "failure"),
    ("friend", "enemy"), ("ally", "rival"), ("adults", "children"), ("women", "men"),
    ("girls", "boys"), ("girl", "boy"), ("large", "small"), ("larger", "smaller"),
    ("largest", "smallest"), ("biggest", "smallest"), ("highest", "lowest"), ("long", "short"),
    ("longer", "shorter"), ("high", "low"), ("new", "old"), ("good", "bad"), ("slow", "quick"),
    ("agreed", "declined"), ("promised", "refused"), ("managed", "failed"), ("wants", "refuses"),
    ("wanted", "refused"), ("encouraged", "discouraged"), ("voluntary", "compulsory"),
    ("formal", "informal"), ("official", "unofficial"), ("known", "unknown"),
    ("direct", "indirect"),
]  # fmt: skip
_OPPOSITE: dict[str, list[str]] = {}
for _left, _right in _ANTONYMS:
    _OPPOSITE.setdefault(_left, []).append(_right)
    _OPPOSITE.setdefault(_right, []).append(_left)

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|will|would|can|could|should|must|may|might)\b(?! not|n't)"
)
_NEGATED = re.compile(
    r"\b(is|are|was|were|has|have|had|will|would|can|could|should|did|does|do) not\b"
)
_NAME = re.compile(r"(?<![.!?“\"] )(?<!^)\b(?:[A-Z][a-z]+(?:[- ][A-Z][a-z]+){0,3}|[A-Z]{2,5})\b")
_NUMBER = re.compile(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+(?:\.\d+)?\b")
_HEDGES = [
    (r"\b(?:is|are|was|were) (?:expected|due|set|scheduled|planning|hoping) to ([a-z]+)\b", "done"),
    (
        r"\b(?:plans?|hopes?|aims?|wants?|intends?|seeks?|planned|hoped|wanted) to ([a-z]+)\b",
        "done",
    ),
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
_PARTICIPLES = {
    "be": "been", "take": "taken", "give": "given", "go": "gone", "come": "come", "get": "got",
    "see": "seen", "begin": "begun", "become": "become", "know": "known", "run": "run",
    "write": "written", "do": "done", "fall": "fallen", "rise": "risen", "speak": "spoken",
    "show": "shown", "grow": "grown", "draw": "drawn", "fly": "flown",
}  # fmt: skip
_SAME = (
    "said:stated|stated:said|began:started|started:began|big:large|large:big|children:kids|"
    "buy:purchase|bought:purchased|purchased:bought|help:assist|helped:assisted|"
    "show:reveal|showed:revealed|revealed:showed|"
    "more than:over|almost:nearly|nearly:almost|per cent:percent|%: percent|"
    "film:movie|movie:film|company:firm|"
    "firm:company|firms:companies|companies:firms|job:post|jobs:posts|"
    "doctor:physician|car:vehicle|cars:vehicles|"
    "attempt:try|tried:attempted|attempted:tried|get:obtain|got:received|received:got|"
    "need:require|needs:requires|needed:required|required:needed|ended:finished|"
    "finished:ended|announced:made public|allowed:permitted|permitted:allowed|"
    "allow:permit|build:construct|built:constructed|constructed:built|chose:picked|"
    "picked:chose|important:significant|significant:important|quickly:rapidly|rapidly:quickly|"
    "whole:entire|entire:whole|happened:took place|took place:happened|"
    "because:since|after:following|following:after|before:ahead of|"
    "think:believe|thinks:believes|believe:think|believes:thinks|"
    "demanded:called for|called for:demanded|asked:requested|requested:asked|"
    "agreement:deal|negotiations:talks|"
    "rise:increase|increase:rise|rose:increased|increased:rose|fell:dropped|"
    "dropped:fell|fall:drop|decline:drop|choice:option|study:research|researchers:scientists|"
    "scientists:researchers|injured:hurt|hurt:injured|wounded:injured|"
    "died:passed away|dead:killed|attack:assault|fight:battle|battle:fight|fire:blaze|"
    "blaze:fire|students:pupils|pupils:students|lawyer:attorney|attorney:lawyer|"
    "expected:likely|plans to:intends to|planned to:intended to|intends to:plans to|"
    "was unable to:could not|could not:was unable to|cannot:is unable to|"
    "did not:failed to|refused to:would not|would not:refused to|is not:isn't|was not:wasn't|"
    "are not:aren't|were not:weren't|do not:don't|does not:doesn't|did not:didn't|"
    "two:2|three:3|four:4|five:5|six:6|seven:7|eight:8|nine:9|ten:10|2:two|3:three|4:four|"
    "5:five|6:six|7:seven|8:eight|9:nine|10:ten|last year:the previous year|"
    "in order to:to|as well as:and|such as:like|a number of:several|several:a number of"
)
_SYNONYMS = [
    (re.compile(rf"(?<![\w-]){re.escape(one)}(?![\w-])"), other)
    for one, other in (entry.split(":") for entry in _SAME.split("|"))
]
_FIRST_NAMES = (
    "James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel "
    "Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy "
    "Ronald Edward Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott "
    "Brandon Benjamin Samuel Gregory Frank Alexander Raymond Patrick Jack Dennis Jerry Tyler Aaron "
    "Jose Adam Nathan Henry Peter Kyle Simon Neil Ian Alan Graham Martin Colin Stuart Craig Tony "
    "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty "
    "Margaret Sandra Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie "
    "Rebecca Sharon Laura Cynthia Kathleen Amy Angela Helen Anna Emma Nicole Samantha Katherine "
    "Christine Rachel Janet Maria Heather Diane Julie Joyce Victoria Kelly Christina Joan Hillary "
    "Jeb Bill Barack Joe Jim Tim Tom Bob Mike Steve Chris Dan Ben Sam Alex Nick Ed Rob Greg Phil"
)
_FULL_NAME = re.compile(rf"\b({'|'.join(_FIRST_NAMES.split())}) ([A-Z][a-zA-Z']+)\b(?! [A-Z])")
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_PLAIN = frozenset(
    listed(
        "this|that|these|those|with|from|have|been|were|they|them|their|there|which|would|could|"
        "should|about|after|before|when|where|what|will|into|over|than|then|also|some|more|most|"
        "only|other|such|just|like|very|even|each|both|many|much|being|because|while|during|"
        "against|between|through|under|said|says|told|each|others|another|every|these|those|past"
    )
)
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


def perfect(verb: str) -> str | None:
    """The past participle of a verb, or None where the rule would guess."""
    return _PARTICIPLES.get(verb) or past(verb)


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
            new = str(
                max(
                    1,
                    chance.choice(
                        (value + 1, value + 2, value * 2, value * 10, value // 2 + 3, value - 1)
                    ),
                )
            )
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


def change_word(
    text: str,
    siblings: Callable[[str], Sequence[str]],
    pairs_seen: frozenset[int] | set[int],
    chance: random.Random,
) -> str | None:
    """One content word replaced by a sibling that the news text has seen beside its neighbour."""
    words = list(_WORD.finditer(text))
    places = [
        index
        for index, match in enumerate(words)
        if len(match.group()) > 3
        and match.group().lower() not in _PLAIN
        and (match.group().islower() or (match.group().istitle() and match.start() > 0))
    ]
    chance.shuffle(places)
    lower = text.lower()
    for index in places[:6]:
        match = words[index]
        word = match.group()
        before = words[index - 1].group().lower() if index else ""
        after = words[index + 1].group().lower() if index + 1 < len(words) else ""
        fitting = [
            other
            for other in siblings(word.lower())
            if other not in lower
            and (hash((before, other)) in pairs_seen or hash((other, after)) in pairs_seen)
            and not (before in ("a", "an") and (other[0] in "aeiou") != (before == "an"))
        ]
        if fitting:
            new = chance.choice(fitting)
            new = new.title() if word.istitle() else new
            return text[: match.start()] + new + text[match.end() :]
    return None


def neighbours(texts: Sequence[str]) -> set[int]:
    """Hashes of all pairs of words that stand side by side in the texts."""
    seen: set[int] = set()
    for text in texts:
        words = [match.group().lower() for match in _WORD.finditer(text)]
        seen.update(hash(pair) for pair in itertools.pairwise(words))
    return seen


def borrow_number(text: str, evidence: str, chance: random.Random) -> str | None:
    """One number of the text replaced by another number that stands in the evidence."""
    own = list(_NUMBER.finditer(text))
    others = [n for n in _NUMBER.findall(evidence) if n not in text]
    if not own or not others:
        return None
    match = chance.choice(own)
    like = [n for n in others if len(n) == len(match.group())] or others
    return text[: match.start()] + chance.choice(like) + text[match.end() :]


def borrow_name(text: str, evidence: str, chance: random.Random) -> str | None:
    """One name of the text replaced by another name that stands in the evidence."""
    common = {word for word in _WORD.findall(evidence) if word.islower()} | _PLAIN | _CALENDAR
    words = set(_WORD.findall(text))
    others = sorted(
        {
            match.group()
            for match in _NAME.finditer(evidence)
            if match.group().lower() not in common and not words & set(match.group().split())
        }
    )
    own = [match for match in _NAME.finditer(text) if match.group().lower() not in common]
    chance.shuffle(own)
    for match in own:
        name = match.group()
        like = [other for other in others if (" " in other) == (" " in name)]
        if like:
            return text[: match.start()] + chance.choice(like) + text[match.end() :]
    return None


_VERB = r"([a-z]+)"
_PAST = "<past>"  # stands for the simple past of the verb, or its perfect
# "will be held" and the like: what stands there, and what told as done.
_DONE_TO = re.compile(
    r"\b(?:will|would|could|may|might|should|(is|are|was|were) (?:expected|due|set|scheduled|likely"
    r"|about) to|(?:plan|hope|want|aim|seek|need|intend)(s?) to|(has|have) yet to) be "
    r"([a-z]+(?:ed|wn|en|ade|old|eld|uilt|ought|et|id))\b"
)
# "may have to close", "seeks to close", "agreed to consider closing": what is open or wished for.
_WISHED = re.compile(
    r"\b(?:may|might|could) have to ([a-z]+)\b|\b(?:seek|hope|try|want|aim|need|wish|push|work|vow|"
    r"threaten|offer|pledge|promise|agree|decide|prepare|struggle)(?:s|es|ed|d|ing)? to ([a-z]+)\b"
)
# What stands in the sentence, and what may stand there instead, with what that does to it.
_DEGREES: list[tuple[str, list[tuple[str, int]]]] = [
    (rf"\b(is|are) (?:expected|due|set|scheduled|planning|about) to {_VERB}\b", [
        (r"\1 likely to \2", ENTAILED), (r"\1 unlikely to \2", CONTRADICTED),
        (r"\1 not expected to \2", CONTRADICTED), (_PAST, NOT_ENTAILED),
        (r"\1 refusing to \2", CONTRADICTED)]),
    (rf"\b(?:plan|intend|aim)(s?) to {_VERB}\b", [
        (r"intend\1 to \2", ENTAILED), (r"want\1 to \2", ENTAILED),
        (r"refuse\1 to \2", CONTRADICTED), (_PAST, NOT_ENTAILED),
        (r"no longer plan\1 to \2", CONTRADICTED)]),
    (rf"\b(?:hope|want|wish)(es|s)? to {_VERB}\b", [
        (r"hope to \2", ENTAILED), (_PAST, NOT_ENTAILED), (r"will definitely \2", NOT_ENTAILED),
        (r"refuse to \2", CONTRADICTED)]),
    (rf"\b(will) (?!not|never|be |also|have){_VERB}\b", [
        (r"will not \2", CONTRADICTED), (_PAST, NOT_ENTAILED), (r"may not \2", NOT_ENTAILED),
        (r"will never \2", CONTRADICTED), (r"might \2", ENTAILED),
        (r"refused to \2", CONTRADICTED)]),
    (rf"\b(may|might|could) (?!not|never|be |also|have){_VERB}\b", [
        (r"will certainly \2", NOT_ENTAILED), (_PAST, NOT_ENTAILED), (r"cannot \2", CONTRADICTED),
        (r"can possibly \2", ENTAILED), (r"could perhaps \2", ENTAILED)]),
    (rf"(?<!has )(?<!had )(?<!have )\b(refused|declined) to {_VERB}\b", [
        (r"agreed to \2", CONTRADICTED), (_PAST, CONTRADICTED), (r"did not \2", ENTAILED),
        (r"would not \2", ENTAILED), (r"promised to \2", CONTRADICTED)]),
    (rf"\b(agreed|decided|promised|vowed) to {_VERB}\b", [
        (r"refused to \2", CONTRADICTED), (r"decided not to \2", CONTRADICTED),
        (r"was asked to \2", NOT_ENTAILED), (r"said yes to a plan to \2", ENTAILED)]),
    (rf"\b(has|have) (?:been )?(?:asked|urged|told|ordered|advised) to {_VERB}\b", [
        (r"\1 agreed to \2", NOT_ENTAILED), (r"\1 refused to \2", NOT_ENTAILED),
        (_PAST, NOT_ENTAILED), (r"\1 been called on to \2", ENTAILED)]),
    (rf"(?<!has )(?<!had )(?<!have )\b(failed) to {_VERB}\b", [
        (r"did not \2", ENTAILED), (r"managed to \2", CONTRADICTED), (_PAST, CONTRADICTED)]),
    (rf"\b(managed) to {_VERB}\b", [
        (r"failed to \2", CONTRADICTED), (_PAST, ENTAILED), (r"did not \2", CONTRADICTED)]),
    (rf"\b(has|have) yet to {_VERB}\b", [
        (_PAST, CONTRADICTED), (r"\1 still to \2", ENTAILED), (r"did not \2", ENTAILED)]),
    (r"\b(denied|denies) ([a-z]+ing)\b", [
        (r"admitted \2", CONTRADICTED), (r"rejected claims of \2", ENTAILED)]),
    (r"\b(is|are) (?:considering|discussing) ([a-z]+ing)\b", [
        (r"\1 now \2", NOT_ENTAILED), (r"\1 thinking about \2", ENTAILED),
        (r"\1 ruling out \2", CONTRADICTED)]),
    (r"\b(called|calls|calling) for ([a-z]+)\b", [
        (r"\1 against \2", CONTRADICTED), (r"won \2", NOT_ENTAILED)]),
    (r"\b(no longer) ([a-z]+)\b", [(r"still \2", CONTRADICTED)]),
    (r"\b(did) not ([a-z]+)\b", [
        (_PAST, CONTRADICTED), (r"failed to \2", ENTAILED), (r"was expected to \2", NOT_ENTAILED)]),
]  # fmt: skip


def degrees(text: str, chance: random.Random) -> list[tuple[str, int]]:
    """The text at other degrees of factuality: planned for done, refused for agreed, and so on."""
    found = [(match, forms) for pattern, forms in _DEGREES if (match := re.search(pattern, text))]
    if not found:
        return []
    match, forms = chance.choice(found)
    made: list[tuple[str, int]] = []
    for form, label in chance.sample(forms, min(len(forms), 3)):
        new = told_as_done(match.group(2), chance) if form == _PAST else match.expand(form)
        if new and match.group(2) not in ("be", "have"):
            made.append((text[: match.start()] + new + text[match.end() :], label))
    return made


def told_as_done(verb: str, chance: random.Random) -> str | None:
    """The verb as something that has happened: its past or its perfect."""
    participle = perfect(verb)
    if participle is None or chance.random() < 0.5:
        return past(verb)
    return chance.choice(("has ", "has ", "has already ", "have ")) + participle


def overtaken(text: str, chance: random.Random) -> str | None:
    """What is planned, wished for or possible, told as done."""
    found = [match for pattern in (_DONE_TO, _WISHED) if (match := pattern.search(text))]
    if not found:
        return None
    match = chance.choice(found)
    if match.re is _DONE_TO:
        many = match.group(1) in ("are", "were") or match.group(3) == "have"
        was, has = ("were", "have") if many else ("was", "has")
        new = chance.choice((f"{was} {match.group(4)}", f"{has} been {match.group(4)}"))
        return text[: match.start()] + new + text[match.end() :]
    verb = match.group(1) or match.group(2)
    if verb in ("be", "have"):
        return None
    told = told_as_done(verb, chance)
    before = re.sub(r"\b(?:is|are|was|were|has|have|had|will|be|been) $", "", text[: match.start()])
    return before + told + text[match.end() :] if told else None


def reword(text: str, chance: random.Random) -> str | None:
    """The same claim in other words: synonyms, digits for words, a surname for a full name."""
    found = [(pattern, other) for pattern, other in _SYNONYMS if pattern.search(text)]
    new = text
    for pattern, other in chance.sample(found, min(len(found), chance.choice((1, 2, 3)))):
        new = pattern.sub(other, new, count=1)
    name = _FULL_NAME.search(text)
    if name and chance.random() < 0.5:
        new = new.replace(name.group(), name.group(2), 1)
    said = re.fullmatch(r"(.{20,}), ((?:the |a )?[\w. ]{3,40}?) (?:said|says)\.", new)
    if said and "“" not in new and '"' not in new and chance.random() < 0.7:
        claim, who = said.groups()
        new = chance.choice(
            (
                f"{who[0].upper()}{who[1:]} said that {lower_first(claim)}.",
                f"According to {who}, {lower_first(claim)}.",
            )
        )
    return new if new != text else None


def lower_first(text: str) -> str:
    """The text with a small first letter, where its first word is a common opening."""
    first = text.split(" ", 1)[0]
    common = ("The", "A", "An", "This", "These", "It", "He", "She", "They", "There", "His", "Her")
    return text[0].lower() + text[1:] if first in common else text


def name_pronoun(
    sentence: str, before: str, names: Sequence[str], chance: random.Random
) -> list[tuple[str, int]]:
    """A sentence that begins with he or she, told with the name before it; and with a wrong one."""
    match = re.match(r"(He|She) (?=[a-z])", sentence)
    subject = _FULL_NAME.search(before)
    if not match or not subject or subject.start() > 30 or len(_FULL_NAME.findall(before)) > 1:
        return []
    name = subject.group()
    rest = sentence[match.end() :]
    made = [(f"{chance.choice((name, name.split()[1]))} {rest}", ENTAILED)]
    others = [
        n for n in names if " " in n and n not in before and n not in sentence and name not in n
    ]
    if others:
        made.append((f"{chance.choice(others)} {rest}", NOT_ENTAILED))
    return made


def swap_roles(text: str, chance: random.Random) -> str | None:
    """Two names of the text in each other's place, where a verb stands between them."""
    names = [match for match in _NAME.finditer(text) if match.group() not in (*_MONTHS, *_DAYS)]
    pairs = [
        (one, two)
        for one, two in itertools.pairwise(names)
        if one.group() != two.group()
        and re.search(
            r"\b(?:[a-z]+(?:ed|s|ing)|to|by|from|told|met|beat)\b", text[one.end() : two.start()]
        )
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
    gap = (
        chance.choice((" not", " not", " never"))
        if match.group() not in ("may", "might")
        else " not"
    )
    return text[: match.end()] + gap + text[match.end() :]


def oppose(text: str, chance: random.Random) -> str | None:
    """One word of the text replaced by its opposite."""
    found = [match for match in re.finditer(r"\b[a-z]+\b", text) if match.group() in _OPPOSITE]
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
    opening = re.match(
        r"(?:On|In|At|During|After|Last|Earlier|Meanwhile|However|But)\b[^,;.]{0,40}, (?=[A-Za-z])",
        text,
    )
    if opening:
        rest = text[opening.end() :]
        options.append(rest[0].upper() + rest[1:])
    closing = re.search(
        r",? (?:after|because|while|which|although|but|(?<!such )(?<!well )as|when|following"
        r"|and said)\b[^.]*\.?$",
        text,
    )
    if closing and closing.start() > 30:
        options.append(text[: closing.start()].rstrip(" ,") + ".")
    attribution = re.search(
        r",? (?:he|she|they|officials|police|it) (?:said|says|added|told [^,.]*)\.$", text
    )
    if attribution and attribution.start() > 25:
        options.append(text[: attribution.start()].strip(' ,“”"') + ".")
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
    if re.search(
        r"\b(?:that|who|which|said|says|and then|if|when|because|what|how|where)\b", subject.lower()
    ):
        return None
    if subject.split()[0] in (
        "The",
        "A",
        "An",
        "This",
        "That",
        "These",
        "It",
        "He",
        "She",
        "They",
        "His",
        "Her",
        "Their",
        "There",
        "Some",
        "Many",
        "Most",
    ):
        subject = subject[0].lower() + subject[1:]
    if rest.startswith(("not ", "never ")):
        return None
    return f"{auxiliary.capitalize()} {subject} {rest}?"


def window(
    text: str, spans: Sequence[tuple[int, int]], at: int, chance: random.Random
) -> tuple[int, int]:
    """First and last sentence around sentence ``at``: it alone, or up to 500 characters."""
    first = last = at
    wanted = chance.choice((0, 0, 200, 350, 500, 500))
    while True:
        sides = [(first - 1, last)] * (first > 0) + [(first, last + 1)] * (last + 1 < len(spans))
        sides = [(a, b) for a, b in sides if spans[b][1] - spans[a][0] <= wanted]
        if not sides:
            return first, last
        first, last = chance.choice(sides)


def changes(
    claim: str,
    evidence: str,
    names: Sequence[str],
    siblings: Callable[[str], Sequence[str]],
    seen: set[int],
    chance: random.Random,
) -> list[tuple[str, int]]:
    """Up to two or three wrong versions of the claim; changed words first among the kinds."""
    made = [
        (change_number(claim, chance), CONTRADICTED),
        (borrow_number(claim, evidence, chance), NOT_ENTAILED),
        (negate(claim, chance), CONTRADICTED),
        (oppose(claim, chance), CONTRADICTED),
        (drop_hedge(claim, chance), NOT_ENTAILED),
        (swap_name(claim, names, chance), NOT_ENTAILED),
        (swap_roles(claim, chance), NOT_ENTAILED),
        (overtaken(claim, chance), NOT_ENTAILED),
    ]
    wrong = [(text, label) for text, label in made if text and text != claim]
    kept = chance.sample(wrong, min(len(wrong), chance.choice((1, 1, 2))))
    if chance.random() < 0.5 and (text := borrow_name(claim, evidence, chance)):
        kept.append((text, NOT_ENTAILED))
    if chance.random() < 0.5 and (text := change_word(claim, siblings, seen, chance)):
        kept.append((text, NOT_ENTAILED))
    return kept


def shared_words(one: str, other: str) -> int:
    """How many longer words two texts share."""
    left, right = ({w.lower() for w in _WORD.findall(t) if len(w) > 3} for t in (one, other))
    return len(left & right)


def news_pairs(
    articles: Sequence[str], siblings: Callable[[str], Sequence[str]], chance: random.Random
) -> Iterator[list[Pair]]:
    """Twins made from news sentences: each list is about one sentence, for one batch."""
    seen = neighbours(articles)
    while True:
        text = chance.choice(articles)
        spans = sentences(text)
        if len(spans) < 3:
            continue
        common = {word for word in _WORD.findall(text) if word.islower()} | _PLAIN | _CALENDAR
        names = sorted({m.group() for m in _NAME.finditer(text) if m.group().lower() not in common})
        for _ in range(3):
            at = chance.randrange(len(spans))
            sentence = " ".join(text[slice(*spans[at])].split())
            if not 6 <= len(sentence.split()) <= 40 or sentence[0] in "\"“'‘":
                continue
            if chance.random() < 0.25 and not degrees(sentence, chance):
                continue
            first, last = window(text, spans, at, chance)
            evidence = " ".join(text[spans[first][0] : spans[last][1]].split())
            group = f"{hash((sentence, first, last, chance.random()))}"
            twins = [
                Pair(asked(words, chance), shown, label, group)
                for words, shown, label in _twins(
                    text,
                    spans,
                    at,
                    (first, last),
                    sentence,
                    evidence,
                    names,
                    siblings,
                    seen,
                    chance,
                )
            ]
            if len(twins) > 1:
                yield twins


def asked(words: str, chance: random.Random) -> str:
    """The claim, or in one case of five the yes/no question that it answers."""
    single = not re.search(r"[.!?][\"”]? [A-Z]", words)
    return (question(words) if single and chance.random() < 0.25 else None) or words


def _twins(
    text: str,
    spans: Sequence[tuple[int, int]],
    at: int,
    around: tuple[int, int],
    sentence: str,
    evidence: str,
    names: Sequence[str],
    siblings: Callable[[str], Sequence[str]],
    seen: set[int],
    chance: random.Random,
) -> Iterator[tuple[str, str, int]]:
    """Claims about one sentence, each with its evidence and its label."""
    first, last = around
    short = shorten(sentence, chance) if chance.random() < 0.8 else None
    if short and chance.random() < 0.5:
        short = shorten(short, chance) or short
    claim = short or sentence
    if chance.random() < 0.7:
        claim = reword(claim, chance) or claim
    before = " ".join(text[slice(*spans[at - 1])].split()) if at > first else ""
    named = name_pronoun(sentence, before, names, chance) if before else []
    if named:
        for words, label in named:
            yield words, evidence, label
        claim = named[0][0]
    else:
        yield claim, evidence, ENTAILED
    wrong = changes(claim, evidence, names, siblings, seen, chance)
    for words, label in wrong:
        yield words, evidence, label
    if chance.random() < 0.6:
        for words, label in degrees(claim, chance):
            yield words, evidence, label
    draw = chance.random()
    if draw < 0.18 and short:  # the evidence lacks what the claim adds
        yield sentence, evidence.replace(sentence, short), NEUTRAL
    elif draw < 0.36 and len(spans) > last - first + 3:  # the nearest look-alike elsewhere
        apart = [i for i in range(len(spans)) if i < first - 1 or i > last]
        best = max(
            chance.sample(apart, min(len(apart), 12)),
            key=lambda i: shared_words(claim, text[slice(*spans[i])]),
        )
        other = text[
            spans[best][0] : spans[min(len(spans) - 1, best + (1 if best > last else 0))][1]
        ]
        if claim not in other and len(other) < 600:
            yield claim, " ".join(other.split()), NEUTRAL
    elif draw < 0.54 and last + 1 < len(spans):  # two sentences, of which one is not shown
        more = " ".join(text[slice(*spans[last + 1])].split())
        if 5 <= len(more.split()) <= 30:
            yield f"{claim} {more}", evidence, NEUTRAL
            if chance.random() < 0.5:
                yield f"{claim} {more}", f"{evidence} {more}", ENTAILED
    elif draw < 0.66 and last > first:  # two sentences, both shown
        beside = at + 1 if at < last else at - 1
        more = " ".join(text[slice(*spans[beside])].split())
        if 5 <= len(more.split()) <= 30:
            yield f"{claim} {more}", evidence, ENTAILED
            if wrong:
                words, label = chance.choice(wrong)
                yield f"{words} {more}", evidence, label


def made_pairs(
    *, seed: int, count: int, siblings: Callable[[str], Sequence[str]], news: float = 0.75
) -> list[Pair]:
    """About ``count`` pairs: a share ``news`` of them news twins, the rest situations."""
    chance = random.Random(1000 + seed)
    articles = [row["text"] for row in rows("news-text")]
    written, told = news_pairs(articles, siblings, chance), situation_pairs(chance)
    from_news: list[Pair] = []
    while len(from_news) < count * news:
        from_news += next(written)
    from_situations: list[Pair] = []
    while len(from_situations) < count * (1 - news):
        twins = next(told)
        if chance.random() < 0.5:
            twins = among_news(twins, chance.choice(articles), chance)
        from_situations += twins
    return from_news + from_situations


def among_news(twins: list[Pair], article: str, chance: random.Random) -> list[Pair]:
    """The same claims, their evidence put between sentences of an unrelated article."""
    spans = sentences(article)
    first, last = window(article, spans, chance.randrange(len(spans)), chance)
    around = [" ".join(article[slice(*span)].split()) for span in spans[first : last + 1]]
    if sum(map(len, around)) > 700:
        return twins
    at = chance.randrange(len(around) + 1)
    return [
        Pair(
            twin.claim,
            " ".join([*around[:at], twin.evidence, *around[at:]]),
            twin.label,
            twin.group,
        )
        for twin in twins
    ]
