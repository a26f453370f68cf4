"""Yes/no questions for the reader, made from claims: evidence that settles one is relevant.

A claim that its evidence entails or contradicts gives a question that the evidence answers. The
evidence of another claim that looks most like it does not; nor does evidence that leaves the
claim open, of which half is kept: it is on the subject, and the labels are people's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from claims import ENTAILED, NEUTRAL, NOT_ENTAILED, lower_first, made_pairs, past, question
from data import Pair, Reading, entailment_pairs, listed
from words import Siblings

MADE = 5_000  # pairs made from news, beside the entailment data
LOOKED_AT = 25  # evidence of other claims, among which the look-alike is chosen
_VERBS = listed(
    "accept|add|agree|aim|announce|answer|appear|approve|argue|arrest|arrive|ask|attack|attend|"
    "become|begin|believe|build|buy|call|cause|change|charge|choose|claim|close|come|confirm|"
    "consider|continue|create|decide|decline|defeat|deliver|demand|deny|describe|die|discuss|draw|"
    "eat|elect|enter|expect|face|fall|feel|fight|find|follow|force|gain|get|give|go|grow|happen|"
    "have|hear|help|hit|hold|hope|host|include|increase|invite|join|keep|kill|know|launch|lead|"
    "learn|leave|like|live|look|lose|love|make|meet|move|need|offer|open|order|play|pledge|produce|"
    "promise|provide|publish|put|reach|receive|refuse|reject|release|remain|replace|report|require|"
    "resign|return|rise|run|say|see|seek|sell|send|serve|set|share|show|sign|sing|sit|sleep|speak|"
    "spend|stand|start|stay|stop|suggest|support|take|talk|tell|think|try|turn|use|visit|vote|wait|"
    "walk|want|warn|watch|wear|win|work|write"
)
_WORD = re.compile(r"[A-Za-z]{4,}")
_NO_SUBJECT = frozenset(listed("that|who|which|if|when|because|what|how|where|to|and|or|but|not"))


def _forms() -> dict[str, tuple[str, str]]:
    """Auxiliary and base form of each past and third-person form."""
    found: dict[str, tuple[str, str]] = {}
    for verb in _VERBS:
        third = {"have": "has", "go": "goes", "try": "tries", "deny": "denies"}.get(
            verb, verb + ("es" if re.search(r"(?:s|sh|ch|x)$", verb) else "s")
        )
        found[third] = ("Does", verb)
        if gone := past(verb):
            found[gone] = ("Did", verb)
    return found


FORMS = _forms()


def asked_with_do(claim: str) -> str | None:
    """As a question with do, None where unsure: "He left." gives "Did he leave?"."""
    tokens = claim.rstrip(".!").split()
    for at, word in enumerate(tokens[:8]):
        plain = word.lower().strip(",;:")
        if plain in _NO_SUBJECT or word.endswith((",", ";", ":")):
            return None
        if at and plain in FORMS and tokens[at - 1].lower() not in ("the", "a", "an"):
            auxiliary, base = FORMS[plain]
            rest = tokens[at + 1 :]
            return f"{auxiliary} {lower_first(' '.join(tokens[:at]))} {' '.join([base, *rest])}?"
    return None


def asked(claim: str) -> str | None:
    """The yes/no question that the claim answers, or None where the rules cannot tell."""
    if claim.endswith("?"):
        return claim
    if re.search(r"[.!?][\"”]? [A-Z]", claim) or not 3 <= len(claim.split()) <= 28:
        return None
    return question(claim) or asked_with_do(claim)


def yes_no_readings(seed: int, base: Path) -> list[Reading]:
    """Readings of yes/no questions, new ones for each seed."""
    chance = random.Random(seed + 500)
    pairs = list(entailment_pairs(chance))
    pairs += made_pairs(seed=seed + 500, count=MADE, siblings=Siblings.load(base))
    chance.shuffle(pairs)
    return list(_readings(pairs, chance))


def _readings(pairs: Sequence[Pair], chance: random.Random) -> Iterator[Reading]:
    said = [frozenset(word.lower() for word in _WORD.findall(pair.evidence)) for pair in pairs]
    for pair in pairs:
        if pair.label == NOT_ENTAILED or (pair.label == NEUTRAL and chance.random() < 0.5):
            continue
        if chance.random() < 0.5 or (text := asked(pair.claim)) is None:
            continue
        yield Reading(text, pair.evidence, pair.label != NEUTRAL, None, False)
        if pair.label == ENTAILED or chance.random() < 0.5:
            words = frozenset(word.lower() for word in _WORD.findall(text))
            looked = [chance.randrange(len(pairs)) for _ in range(LOOKED_AT)]
            best = max(looked, key=lambda index: len(words & said[index]))
            if pairs[best].evidence != pair.evidence:
                yield Reading(text, pairs[best].evidence, False, None, False)
