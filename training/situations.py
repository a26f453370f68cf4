"""One event told at different degrees of factuality, and claims about it in other words.

The degrees: done, planned, hoped for, unlikely, denied or ruled out, asked for, reported by
someone. The table says which claim each degree of evidence entails, contradicts or leaves open.
Subjects, verbs and objects are drawn from wide lists, so that no topic is learnt by heart.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from data import LABELS, Pair, listed

ENTAILED, NEUTRAL, CONTRADICTED, NOT_ENTAILED = (
    LABELS[name] for name in ("entailed", "neutral", "contradicted", "not_entailed")
)

_PEOPLE = listed(
    "the mayor|the minister|the company|the union|the school board|the city council|the club|"
    "the hospital|the court|the bank|the airline|the police chief|the museum|the two banks|"
    "the three cities|the neighbours|the farmers|the coach|the committee|the government|"
    "the president|Parliament|the university|the opposition|the commission|the two sides|"
    "the regulator|the charity|the prosecutors|Norway|Brazil|Kenya|Ana Ruiz|Peter Lund|"
    "Maria Okafor|Canada and Chile|the studio|the port authority|Dr. Haas|the developer"
)
# base, past, participle, object, noun phrase for the same act
_EVENTS = [
    ("sign", "signed", "signed", "a trade agreement", "a trade deal"),
    ("build", "built", "built", "a new bridge", "the construction of a bridge"),
    ("close", "closed", "closed", "the factory in Leeds", "the closure of the factory"),
    ("ban", "banned", "banned", "cars from the centre", "a ban on cars"),
    ("raise", "raised", "raised", "the price of water", "a rise in the price of water"),
    ("cut", "cut", "cut", "200 jobs", "job cuts"),
    ("hire", "hired", "hired", "forty teachers", "the hiring of teachers"),
    ("create", "created", "created", "a joint fund", "a joint fund"),
    ("form", "formed", "formed", "a coalition", "a coalition"),
    ("open", "opened", "opened", "an office in Lima", "an office in Lima"),
    ("buy", "bought", "bought", "the old brewery", "the purchase of the brewery"),
    ("sell", "sold", "sold", "its stake in the port", "the sale of its stake"),
    ("merge with", "merged with", "merged with", "its rival", "a merger"),
    ("approve", "approved", "approved", "the new vaccine", "approval of the vaccine"),
    ("reject", "rejected", "rejected", "the offer", "the rejection of the offer"),
    ("launch", "launched", "launched", "an inquiry", "an inquiry"),
    ("withdraw", "withdrew", "withdrawn", "its troops", "a withdrawal of troops"),
    ("publish", "published", "published", "the report", "publication of the report"),
    ("release", "released", "released", "the prisoners", "the release of the prisoners"),
    ("pay", "paid", "paid", "compensation to the families", "compensation for the families"),
    ("postpone", "postponed", "postponed", "the election", "a delay of the election"),
    ("cancel", "cancelled", "cancelled", "the festival", "the cancellation of the festival"),
    ("set up", "set up", "set up", "a direct phone line", "a direct phone line"),
    ("hold", "held", "held", "yearly talks", "yearly talks"),
    ("share", "shared", "shared", "radar data", "the sharing of radar data"),
    ("adopt", "adopted", "adopted", "a binding treaty", "a binding treaty"),
    ("meet", "met", "met", "the ambassador", "a meeting with the ambassador"),
    ("replace", "replaced", "replaced", "the old pipes", "the replacement of the pipes"),
    ("end", "ended", "ended", "the strike", "an end to the strike"),
    ("lift", "lifted", "lifted", "the sanctions", "the lifting of sanctions"),
    ("join", "joined", "joined", "the alliance", "membership of the alliance"),
    ("move", "moved", "moved", "the embassy", "the move of the embassy"),
    ("test", "tested", "tested", "the water every week", "weekly water tests"),
    ("invest", "invested", "invested", "in solar power", "an investment in solar power"),
    ("train", "trained", "trained", "the new pilots", "the training of pilots"),
    ("extend", "extended", "extended", "the contract by two years", "a longer contract"),
    ("recognize", "recognized", "recognized", "the new state", "recognition of the new state"),
    ("resume", "resumed", "resumed", "joint exercises", "joint exercises"),
]
_WHO = listed("an aide|officials|a spokesman|the newspaper|two people close to the talks|a report")
_WHEN = listed(
    "||| on Monday| last week| this year| in March| at the summit| before the vote| in June 2019"
)
_LATER = listed("||| next week| this autumn| next year| on Friday| after the meeting| by 2030")


def _cap(text: str) -> str:
    return text[0].upper() + text[1:]


def _plural(who: str) -> bool:
    return (
        who.startswith(("the two", "the three", "the neighbours", "the farmers", "the prosecutors"))
        or " and " in who
    )


class _Event:
    """One event of one subject, in all the forms that the templates need."""

    def __init__(self, chance: random.Random) -> None:
        self.who = chance.choice(_PEOPLE)
        base, past, participle, thing, self.noun = chance.choice(_EVENTS)
        many = _plural(self.who)
        self.be, self.was = ("are", "were") if many else ("is", "was")
        self.has, self.does = ("have", "do") if many else ("has", "does")
        self.s = "" if many else "s"
        if many:
            thing = thing.replace("its ", "their ")
        self.act = f"{base} {thing}"
        self.acted = f"{past} {thing}"
        self.done = f"{participle} {thing}"
        self.when, self.later = chance.choice(_WHEN), chance.choice(_LATER)
        self.teller = chance.choice(_WHO)


def _evidence(event: _Event, degree: str, chance: random.Random) -> str:
    e = event
    match degree:
        case "done":
            options = [
                f"{e.who} {e.acted}{e.when}.",
                f"{e.who} {e.has} {e.done}, {e.teller} said.",
                f"{e.teller} confirmed that {e.who} {e.acted}{e.when}.",
                f"{e.who} {e.acted}{e.when} after months of talks.",
            ]
        case "planned":
            options = [
                f"{e.who} {e.be} expected to {e.act}{e.later}.",
                f"{e.who} plan{e.s} to {e.act}{e.later}, {e.teller} said.",
                f"{e.who} will {e.act}{e.later}.",
                f"{e.who} {e.be} set to {e.act}{e.later}, according to {e.teller}.",
                f"{e.who} {e.be} due to {e.act}{e.later}.",
                f"{e.who} {e.has} promised to {e.act}{e.later}.",
                f"{e.teller} said {e.who} would {e.act}{e.later}.",
                f"Under the plan, {e.who} will {e.act}{e.later}.",
            ]
        case "hoped":
            options = [
                f"{e.who} hope{e.s} to {e.act}{e.later}.",
                f"{e.who} {e.be} considering whether to {e.act}{e.later}.",
                f"{e.who} may {e.act}{e.later}, {e.teller} said.",
                f"{e.who} could {e.act} if the money is found.",
                f"{e.who} want{e.s} to {e.act}, but the talks are still going on.",
            ]
        case "unlikely":
            options = [
                f"{e.who} {e.be} unlikely to {e.act}{e.later}.",
                f"{e.who} {e.be} not expected to {e.act}{e.later}.",
                f"It is too much to expect {e.who} to {e.act}, {e.teller} said.",
                f"While {e.who} {e.be} unlikely to {e.act}, more talks will be held.",
                f"That {e.who} would {e.act} is seen as a step too far.",
            ]
        case "denied":
            options = [
                f"{e.who} did not {e.act}{e.when}.",
                f"{e.who} {e.has} not {e.done}.",
                f"{e.who} refused to {e.act}{e.when}.",
                f"{e.who} ruled out {e.noun}.",
                f"{e.teller} stressed that {e.who} {e.has} no intention to {e.act}.",
                f"{e.who} stopped short of {e.noun}.",
                f"{e.who} will not {e.act}{e.later}, {e.teller} said.",
                f"{e.who} failed to {e.act}{e.when}.",
            ]
        case "asked":
            options = [
                f"{e.teller} called on {e.who} to {e.act}.",
                f"{e.who} {e.was} asked to {e.act}{e.when}.",
                f"Critics urged {e.who} to {e.act}.",
                f"{e.who} {e.be} under pressure to {e.act}.",
            ]
        case _:
            raise ValueError(degree)
    return _cap(chance.choice(options))


def _claims(event: _Event, chance: random.Random) -> dict[str, str]:
    """One claim of each kind, in words of its own; a third of them as a question."""
    e = event
    forms = {
        "did": [
            f"{e.who} {e.acted}.",
            f"{e.who} {e.has} {e.done}.",
            f"{e.who} {e.has} already {e.done}.",
        ],
        "did_not": [f"{e.who} did not {e.act}.", f"{e.who} {e.has} not {e.done}."],
        "will": [
            f"{e.who} {e.be} expected to {e.act}.",
            f"{e.who} intend{e.s} to {e.act}.",
            f"{e.who} {e.be} planning to {e.act}.",
            f"{e.who} {e.be} set to {e.act}.",
        ],
        "will_not": [
            f"{e.who} {e.be} not expected to {e.act}.",
            f"{e.who} {e.be} unlikely to {e.act}.",
            f"{e.who} {e.has} no plans to {e.act}.",
        ],
        "asked": [f"{e.who} {e.was} asked to {e.act}.", f"{e.who} faced calls to {e.act}."],
    }
    asked = {
        "did": [f"Did {e.who} {e.act}?", f"{_cap(e.has)} {e.who} {e.done}?"],
        "will": [
            f"Will {e.who} {e.act}?",
            f"{_cap(e.be)} {e.who} expected to {e.act}?",
            f"{_cap(e.be)} {e.who} going to {e.act}?",
            f"{_cap(e.does)} {e.who} plan to {e.act}?",
        ],
        "will_not": [f"{_cap(e.be)} {e.who} unlikely to {e.act}?"],
        "asked": [f"{_cap(e.was)} {e.who} asked to {e.act}?"],
    }
    return {
        kind: _cap(
            chance.choice(asked[kind] if kind in asked and chance.random() < 0.45 else forms[kind])
        )
        for kind in forms
    }


# What each degree of evidence says of each kind of claim; a missing one is not taught.
_TABLE: dict[str, dict[str, int]] = {
    "done": {"did": ENTAILED, "did_not": CONTRADICTED, "will_not": CONTRADICTED, "asked": NEUTRAL},
    "planned": {"did": NEUTRAL, "will": ENTAILED, "will_not": CONTRADICTED, "asked": NEUTRAL},
    "hoped": {"did": NEUTRAL, "will_not": NOT_ENTAILED, "did_not": NEUTRAL, "asked": NEUTRAL},
    "unlikely": {"did": CONTRADICTED, "will": CONTRADICTED, "will_not": ENTAILED, "asked": NEUTRAL},
    "denied": {"did": CONTRADICTED, "will": CONTRADICTED, "will_not": ENTAILED, "asked": NEUTRAL},
    "asked": {"did": NEUTRAL, "asked": ENTAILED, "will": NEUTRAL, "did_not": NEUTRAL},
}

_THINGS = listed(
    "pledge|deal|pact|plan|bill|law|tax|fund|programme|statement|agreement|offer|loan|ban|"
    "tunnel|festival|project|exercise|strike|ruling|treaty|letter|ceasefire|visit|merger"
)
_KINDS = listed(
    "a treaty|binding|permanent|an alliance|a formal guarantee|final|a loan|"
    "an admission of guilt|voluntary|secret|a threat|part of the budget|a promise of money|"
    "a military base|legal|a replacement for the old law|aimed at China|aimed at farmers|"
    "a gift|a merger|free|a joke"
)


def _being(chance: random.Random) -> list[Pair]:
    """What a thing is, is not, or is not meant to be."""
    thing, kind, other = chance.choice(_THINGS), *chance.sample(_KINDS, 2)
    teller = chance.choice(_WHO)
    good = chance.random() < 0.4
    if good:
        evidence = chance.choice(
            [f"The {thing} is {kind}, {teller} said.",
             f"{_cap(teller)} said the {thing} is {kind}.",
             f"The {thing} was described as {kind}.",
             f"The {thing} is {kind} and will last for years."]
        )  # fmt: skip
    else:
        evidence = chance.choice(
            [f"{_cap(teller)} said the {thing} is not intended to be {kind}.",
             f"The {thing} is not {kind}, {teller} said.",
             f"{_cap(teller)} insisted the {thing} was not {kind}, but rather {other}.",
             f"The {thing} falls short of being {kind}.",
             f"The {thing} is neither {kind} nor {other}, {teller} stressed."]
        )  # fmt: skip
    positive = chance.choice(
        [f"The {thing} is {kind}.", f"Is the {thing} {kind}?", f"The {thing} was {kind}."]
    )
    negative = chance.choice(
        [f"The {thing} is not {kind}.", f"The {thing} is not meant to be {kind}."]
    )
    third = chance.choice(_KINDS)
    twins = [
        (positive, ENTAILED if good else CONTRADICTED),
        (negative, CONTRADICTED if good else ENTAILED),
    ]
    if third not in evidence:
        twins.append((f"The {thing} is {third}.", NEUTRAL))
    return [Pair(claim, evidence, label, f"{evidence}{kind}") for claim, label in twins]


_NAMES = listed(
    "Ana Ruiz|Peter Lund|Maria Okafor|Tom Becker|Lena Novak|Samuel Diaz|Ivy Chen|Omar Haddad|"
    "Jack Byrne|Rosa Conti|Karim Aziz|Helen Brandt|Luis Prado|Nadia Petrov|Brian Walsh"
)
_POSTS = listed(
    "mayor|minister of health|head coach|chief executive|police chief|chairman|director|"
    "treasurer|spokeswoman|ambassador"
)
_TOPICS = listed(
    "the budget was fair|the bridge was safe|the vote would be delayed|prices had risen|"
    "the talks went well|more help was needed|the river was clean|the plan would fail"
)


def _saying(chance: random.Random) -> list[Pair]:
    """Who said it, who holds which post, and who did what to whom."""
    one, two = chance.sample(_NAMES, 2)
    post, other_post = chance.sample(_POSTS, 2)
    topic, other_topic = chance.sample(_TOPICS, 2)
    if chance.random() < 0.5:
        evidence = chance.choice(
            [f"The {post}, {one}, said {topic}, while {two} said {other_topic}.",
             f"{one}, the {post}, told {two}, the {other_post}, that {topic}.",
             f"“We think {topic},” {one}, the {post}, said in an interview with {two}."]
        )  # fmt: skip
        twins = [
            (f"{one} said {topic}.", ENTAILED),
            (f"The {post} said {topic}.", ENTAILED),
            (f"{two} said {topic}.", CONTRADICTED),
            (f"{one} is the {post}.", ENTAILED),
            (f"{two} is the {post}.", CONTRADICTED),
        ]
    else:
        verb, reverse = chance.choice(
            [("invited", "was invited by"), ("beat", "lost to"), ("hired", "was hired by"),
             ("sued", "was sued by"), ("thanked", "was thanked by"), ("hosted", "was a guest of"),
             ("succeeded", "was succeeded by"), ("accused", "was accused by")]
        )  # fmt: skip
        place = chance.choice(
            ["in Rome", "on Tuesday", "at the lake house", "in 2014", "last year"]
        )
        evidence = f"{one} {verb} {two} {place}."
        twins = [
            (f"{one} {verb} {two}.", ENTAILED),
            (f"{two} {reverse} {one}.", ENTAILED),
            (f"{two} {verb} {one}.", CONTRADICTED),
            (f"{one} {reverse} {two}.", CONTRADICTED),
        ]
    return [Pair(claim, evidence, label, evidence) for claim, label in chance.sample(twins, 3)]


_COUNTRIES = listed(
    "Spain|Portugal|Morocco|Algeria|Chile|Peru|Bolivia|Turkey|Greece|Egypt|Sudan|Ethiopia|Kenya|"
    "India|Pakistan|Nepal|Vietnam|Thailand|Cambodia|Poland|Lithuania|Sweden|Denmark|Norway|France|"
    "Germany|Austria|Hungary|Serbia|Mexico|Cuba|Brazil|Argentina|Iran|Iraq|Qatar|Yemen|Nigeria"
)
_FIRMS = listed(
    "Norvik|Halden Steel|Aurora Bank|Tellus|Corvo Motors|Brightwater|Pan Atlas|Mercado Sol|Kestrel"
)
# What one does to another: past and participle, noun with its preposition, passive; who does it.
_DEEDS = [
    ("invaded", "invasion of", "was invaded by", _COUNTRIES),
    ("occupied", "occupation of", "was occupied by", _COUNTRIES),
    ("ruled", "rule over", "was ruled by", _COUNTRIES),
    ("recognized", "recognition of", "was recognized by", _COUNTRIES),
    ("threatened", "threats against", "was threatened by", _COUNTRIES),
    ("armed", "arming of", "was armed by", _COUNTRIES),
    ("attacked", "attack on", "was attacked by", _COUNTRIES),
    ("supported", "support for", "was supported by", _COUNTRIES),
    ("trusted", "trust in", "was trusted by", _COUNTRIES),
    ("defeated", "defeat of", "was defeated by", _NAMES),
    ("criticized", "criticism of", "was criticized by", _NAMES),
    ("visited", "visit to", "was visited by", _NAMES),
    ("praised", "praise for", "was praised by", _NAMES),
    ("endorsed", "endorsement of", "was endorsed by", _NAMES),
    ("dismissed", "dismissal of", "was dismissed by", _NAMES),
    ("interviewed", "interview with", "was interviewed by", _NAMES),
    ("appointed", "appointment of", "was appointed by", _NAMES),
    ("bought", "purchase of", "was bought by", _FIRMS),
    ("sued", "lawsuit against", "was sued by", _FIRMS),
    ("financed", "financing of", "was financed by", _FIRMS),
    ("supplied", "deliveries to", "was supplied by", _FIRMS),
]
_MEETINGS = listed(
    "meeting|conference|dinner|summit|workshop|exercise|gathering|tournament|concert|fair|ceremony"
)
_GIVING = listed("hosted|organized|opened|led|chaired|paid for")


def _roles(chance: random.Random) -> list[Pair]:
    """Who did it, and to whom, where others are named beside; in verbs and in nouns."""
    draw = chance.random()
    if draw < 0.5:
        past, noun, passive, who = chance.choice(_DEEDS)
        one, two, third, absent = chance.sample(who, 4)
        year = chance.randrange(1890, 2022)
        when = chance.choice(["", f" in {year}", f" from {year} to {year + 7}"])
        evidence = chance.choice(
            [f"Ties with {third} have long been hampered by {one}'s {noun} {two}{when}.",
             f"{third} spoke at length about {one}'s {noun} {two}{when}.",
             f"{one}, which has close links to {third}, {past} {two}{when}.",
             f"{two} {passive} {one}{when}, and {third} looked on.",
             f"{one} {past} {two}{when}, while {third} did nothing.",
             f"{one} has {past} {two} but not {third}.",
             f"Disputes go on, including some about {one}'s {noun} {two}{when}, {third} said."]
        )  # fmt: skip
        true = chance.choice([f"{one} {past} {two}.", f"{two} {passive} {one}.",
                              f"{one} {past} {two}{when}."])  # fmt: skip
        wrong = [
            f"{two} {past} {one}.",
            f"{one} {passive} {two}.",
            f"{third} {past} {two}.",
            f"{one} {past} {third}.",
            f"{two} {passive} {third}.",
            f"{absent} {past} {two}.",
            f"{two} {passive} {absent}.",
            f"{one} {past} {absent}.",
        ]
    elif draw < 0.75:
        one, two, third, absent = chance.sample(_NAMES, 4)
        thing = chance.choice(_MEETINGS)
        did = chance.choice(_GIVING)
        evidence = chance.choice(
            [f"The {thing}, {did} by {one} and attended by {two} and {third}, drew much notice.",
             f"{one} {did} the {thing}, which {two} attended together with {third}.",
             f"{two} and {third} came to the {thing} that {one} {did}.",
             f"At the {thing} {did} by {one}, {two} sat beside {third}."]
        )  # fmt: skip
        true = chance.choice(
            [f"The {thing} was {did} by {one}.", f"{one} {did} the {thing}.",
             f"Was the {thing} {did} by {one}?", f"{two} was at the {thing}."]
        )  # fmt: skip
        wrong = [
            f"The {thing} was {did} by {two}.",
            f"The {thing} was {did} by {absent}.",
            f"{third} {did} the {thing}.",
            f"Was the {thing} {did} by {third}?",
            f"{absent} was at the {thing}.",
        ]
    else:
        one, two, third, absent = chance.sample(_NAMES, 4)
        post, other_post, last_post = chance.sample(_POSTS, 3)
        evidence = chance.choice(
            [f"They are to meet {_cap(post)} {one} and {_cap(other_post)} {two}, {third} said.",
             f"{one}, the {post}, {two}, the {other_post}, and {third} signed the letter.",
             f"The {post} {one} and the {other_post} {two} travelled with {third}.",
             f"“It will work,” said {one}, {other_post} of the {third} foundation and {post}. "
             f"{two}, the {last_post}, agreed."]
        )  # fmt: skip
        true = chance.choice([f"{one} is the {post}.", f"The {post} is {one}.",
                              f"The {post}'s name is {one}."])  # fmt: skip
        wrong = [
            f"{two} is the {post}.",
            f"The {post} is {two}.",
            f"{third} is the {post}.",
            f"{absent} is the {post}.",
            f"The {post}'s name is {absent}.",
        ]
    twins = [(true, ENTAILED), *((claim, NOT_ENTAILED) for claim in chance.sample(wrong, 2))]
    return [Pair(claim, evidence, label, evidence) for claim, label in twins]


def _amounts(chance: random.Random) -> list[Pair]:
    """How many, when, how often."""
    who = _cap(chance.choice(_PEOPLE))
    thing = chance.choice(
        ["jobs", "houses", "tents", "ships", "schools", "votes", "trees", "buses", "shops"]
    )
    many = chance.choice([7, 12, 18, 30, 45, 60, 120, 300, 1500])
    year = chance.randrange(1950, 2024)
    other = many + chance.choice([-5, 3, 10, 15, many])
    evidence = chance.choice(
        [f"{who} counted {many} {thing} in {year}, down from {other + 40} a year earlier.",
         f"In {year} there were {many} {thing} in the valley, {chance.choice(_WHO)} said.",
         f"The plan foresees {many} {thing} by the end of {year}."]
    )  # fmt: skip
    number = chance.choice(
        [
            f"There were {many} {thing}.",
            f"The number of {thing} was {many}.",
            f"{many} {thing} are mentioned.",
        ]
    )
    wrong = number.replace(str(many), str(other))
    twins = [
        (number, ENTAILED),
        (wrong, CONTRADICTED),
        (f"It was in {year}.", ENTAILED),
        (f"It was in {year + chance.choice((-10, -2, 1, 4))}.", CONTRADICTED),
        (f"There were more than {many - 1} {thing}.", ENTAILED),
        (f"There were fewer than {many} {thing}.", CONTRADICTED),
    ]
    return [Pair(claim, evidence, label, evidence) for claim, label in chance.sample(twins, 3)]


def situation_pairs(chance: random.Random) -> Iterator[list[Pair]]:
    """Twins about one situation each, without end."""
    while True:
        draw = chance.random()
        if draw < 0.16:
            yield _being(chance)
        elif draw < 0.3:
            yield _saying(chance)
        elif draw < 0.50:
            yield _roles(chance)
        elif draw < 0.58:
            yield _amounts(chance)
        else:
            event = _Event(chance)
            degree = chance.choice(list(_TABLE))
            evidence = _evidence(event, degree, chance)
            if chance.random() < 0.35:  # a second sentence that says nothing of it
                other = _Event(chance)
                more = _evidence(other, chance.choice(list(_TABLE)), chance)
                evidence = chance.choice([f"{evidence} {more}", f"{more} {evidence}"])
                if other.who == event.who or other.act == event.act:
                    continue
            claims = _claims(event, chance)
            table = _TABLE[degree]
            kinds = chance.sample(sorted(table), min(3, len(table)))
            yield [Pair(claims[kind], evidence, table[kind], evidence) for kind in kinds]
