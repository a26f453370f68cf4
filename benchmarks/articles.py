"""Writes a corpus of made-up news articles: the same seed gives the same files, byte for byte."""

from __future__ import annotations

import random
from pathlib import Path

_PLACES = [
    "Northvale",
    "Harwick",
    "Port",
    "Selby",
    "Ostrava",
    "Lindholm",
    "Kestrel",
    "Bay",
    "Marrow",
    "Hill",
    "Tallis",
    "Venn",
    "Aldgate",
    "Corran",
    "Dunmore",
    "Easterly",
    "Fairholt",
    "Greyfield",
    "Ilmar",
    "Jorvik",
    "Kettle",
    "Lowen",
    "Midrath",
    "Norbury",
]
_PEOPLE = [
    "Adeyemi",
    "Bauer",
    "Castellan",
    "Dvorak",
    "Eriksen",
    "Farouk",
    "Grigoriev",
    "Halloran",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Mbeki",
    "Novak",
    "Okafor",
    "Petrov",
    "Quist",
    "Rahman",
    "Silva",
    "Tanaka",
    "Ueda",
    "Vargas",
    "Weiss",
    "Yilmaz",
    "Zhou",
]
_TITLES = [
    "Minister",
    "Professor",
    "Gen.",
    "Dr.",
    "Mayor",
    "Judge",
    "Secretary",
    "Commissioner",
    "Sen.",
    "Chief",
]
_BODIES = [
    "the harbor authority",
    "the central bank",
    "the water board",
    "a regional court",
    "the transport union",
    "the health ministry",
    "an opposition party",
    "the grid operator",
    "a fishing cooperative",
    "the space agency",
    "the national museum",
    "a group of farmers",
    "the school council",
]
_DID = [
    "approved",
    "delayed",
    "rejected",
    "announced",
    "criticized",
    "suspended",
    "financed",
    "reviewed",
    "inaugurated",
    "abandoned",
    "renegotiated",
    "defended",
]
_WHAT = [
    "a plan to widen the northern canal",
    "a levy on diesel imports",
    "the repair of the old viaduct",
    "a vaccine trial for cattle",
    "a treaty on river tolls",
    "an audit of its pension fund",
    "the sale of a wind farm",
    "a ban on night trains",
    "a loan of {n} million for the port",
    "the restoration of the opera house",
    "a quota on herring catches",
    "a census of mountain villages",
    "the launch of {n} weather satellites",
    "a reform of the tenancy law",
]
_WHY = [
    "after {n} months of talks",
    "because costs had risen by {n} percent",
    "despite protests in {place}",
    "as drought entered its {n}th week",
    "on the advice of {person}",
    "to the surprise of investors",
    "under pressure from {body}",
    "before the vote in {place}",
    "following a fire that closed {n} streets",
]
_THEN = [
    "“We have waited long enough,” {person} said on {day}.",
    "Work is due to begin in {place} within {n} weeks, according to {body}.",
    "{body_} did not respond to questions about the U.S. contractor.",
    "About {n},000 households in {place} are affected, officials said.",
    "{title} {person} called the decision “a step that nobody here asked for.”",
    "A similar attempt failed {n} years ago, when {body} withdrew its support.",
    "The figures, which {body} published on {day}, have not been audited.",
    "Residents of {place} expect a ruling by the end of the year.",
    "“It is not about the money,” {person} told reporters. “It is about trust.”",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def write_articles(folder: Path, files: int, *, seed: int = 7) -> list[str]:
    """Write ``files`` articles into ``folder`` and give back a question about each."""
    chance = random.Random(seed)
    questions = []
    for number in range(files):
        place, body, did, what = (
            chance.choice(options) for options in (_PLACES, _BODIES, _DID, _WHAT)
        )
        what = _filled(what, chance)
        lead = f"{place.upper()} — {_start(body)} in {place} {did} {what} "
        paragraphs = [lead + _filled(chance.choice(_WHY), chance) + "."]
        for _ in range(chance.randint(1, 2)):
            sentences = chance.sample(_THEN, chance.randint(3, 5))
            paragraphs.append(" ".join(_filled(sentence, chance) for sentence in sentences))
        path = folder / f"{number % 40:02}" / f"{number:05}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(paragraphs) + "\n", encoding="utf-8", newline="\n")
        questions.append(f"Why was {what} {did} by {body} in {place}?")
    return questions


def _filled(pattern: str, chance: random.Random) -> str:
    body = chance.choice(_BODIES)
    return pattern.format(
        n=chance.randint(2, 97),
        place=chance.choice(_PLACES),
        person=chance.choice(_PEOPLE),
        title=chance.choice(_TITLES),
        body=body,
        body_=_start(body),
        day=chance.choice(_DAYS),
    )


def _start(words: str) -> str:
    return words[0].upper() + words[1:]
