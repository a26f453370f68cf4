"""Where two files say different things about what was asked.

Two ways to differ are looked for: different dates or amounts in sentences about the same thing,
and contradiction as the judge sees it. That one hedges what another tells as certain is none: it
was mostly about something else ("unlikely" and "will be perceived").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from summit_qa.language.lexicon import MONTHS, NUMBER_WORDS, content_stems
from summit_qa.types import Sentence, SupportJudge

_MOST_PAIRS = 4  # held against each other by the judge, both ways round
_ISO_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_MONTH_YEAR = re.compile(
    rf"\b({'|'.join(MONTHS)})\s+(?:(\d{{1,2}}),?\s+)?(\d{{4}})\b", re.IGNORECASE
)
_COUNTED = re.compile(
    rf"\b(\d[\d,.]*|{'|'.join(NUMBER_WORDS)})(?:\s*(%|percent\b|per cent\b)|\s+([a-z]{{4,}}s)\b)",
    re.IGNORECASE,
)
_JOINED = re.compile(
    rf"(?:\d|\b(?:{'|'.join(NUMBER_WORDS)}))(?:\s*[-–—]|,?\s+(?:and|or|to))\s*$", re.IGNORECASE
)
_SUREST = 0.85  # probability of contradiction below which the judge alone is not believed


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sentences that differ, by index; ``about`` says in words what differs."""

    first: int
    second: int
    probability: float
    about: str


def find_differences(
    sentences: Sequence[Sentence], judge: SupportJudge, threshold: float
) -> list[Difference]:
    """Pairs of sentences from different files that disagree, surest first, one a pair of files.

    ``threshold`` is the probability of contradiction, both ways round on average, from which
    the judge's word is taken; it is only asked about sentences that share their subject.
    """
    stems = [frozenset(content_stems(sentence.text)) for sentence in sentences]
    pairs = [
        (one, two)
        for one, two in combinations(range(len(sentences)), 2)
        if sentences[one].passage.path != sentences[two].passage.path
        and shared_share(stems[one], stems[two]) >= 0.34
    ]
    pairs.sort(key=lambda pair: -shared_share(stems[pair[0]], stems[pair[1]]))
    pairs = pairs[:_MOST_PAIRS]
    found: list[Difference] = []
    unsettled: list[tuple[int, int]] = []
    for one, two in pairs:
        about = differing_values(sentences[one].text, sentences[two].text)
        share = shared_share(stems[one], stems[two])
        if about and share >= 0.45:
            found.append(Difference(one, two, 0.9, about))
            continue
        unsettled.append((one, two))
    least = max(threshold, _SUREST)
    for (one, two), score in _contradicted(unsettled, sentences, judge, least):
        found.append(Difference(one, two, score, ""))
    found.sort(key=lambda difference: -difference.probability)
    kept: list[Difference] = []
    seen: set[frozenset[str]] = set()
    for difference in found:
        files = frozenset(
            (sentences[difference.first].passage.path, sentences[difference.second].passage.path)
        )
        if files not in seen:
            seen.add(files)
            kept.append(difference)
    return kept


def _contradicted(
    pairs: Sequence[tuple[int, int]],
    sentences: Sequence[Sentence],
    judge: SupportJudge,
    least: float,
) -> list[tuple[tuple[int, int], float]]:
    """The pairs that contradict each other, by the mean of both ways round, at least ``least``.

    The other way is only asked for where the first leaves it a chance to reach that.
    """
    ways = [(sentences[one].text, sentences[two].text) for one, two in pairs]
    first = [float(score) for score in judge.score(ways)[:, 2]]
    likely = [at for at, score in enumerate(first) if score + 1 >= 2 * least]
    back = judge.score([(ways[at][1], ways[at][0]) for at in likely])[:, 2]
    means = [(first[at] + float(score)) / 2 for at, score in zip(likely, back, strict=True)]
    return [(pairs[at], mean) for at, mean in zip(likely, means, strict=True) if mean >= least]


def shared_share(one: frozenset[str], two: frozenset[str]) -> float:
    """Shared stems over the stems of the shorter sentence, 0 to 1."""
    return len(one & two) / max(1, min(len(one), len(two)))


def differing_values(one: str, two: str) -> str:
    """In words, the dates or counts of the same thing that differ; empty where none do."""
    dates = [_dates(text) for text in (one, two)]
    if dates[0] and dates[1] and not any(_may_be_same(a, b) for a in dates[0] for b in dates[1]):
        first, second = next(iter(dates[0].values())), next(iter(dates[1].values()))
        return f"the date: “{first}” and “{second}”"
    counts = [_counts(text) for text in (one, two)]
    for thing, left in counts[0].items():
        right = counts[1].get(thing, left)
        if left[0] != right[0]:
            return f"the number: “{left[1]}” and “{right[1]}”"
    return ""


_Date = tuple[int, int, int]  # year, month, day; day 0 where none is given


def _dates(text: str) -> dict[_Date, str]:
    """Each date in the text, and the words that give it."""
    found = {
        (int(match[1]), int(match[2]), int(match[3])): match.group()
        for match in _ISO_DATE.finditer(text)
    }
    found |= {
        (int(match[3]), MONTHS[match[1].lower()], int(match[2] or 0)): match.group()
        for match in _MONTH_YEAR.finditer(text)
    }
    return found


def _may_be_same(one: _Date, two: _Date) -> bool:
    return one[:2] == two[:2] and (one[2] == two[2] or 0 in (one[2], two[2]))


def _counts(text: str) -> dict[str, tuple[float, str]]:
    """Amount and words of each counted thing in the text, by what is counted.

    Left out is what has more than one amount, or a range ("3 to 5 days"): nothing tells which of
    them another text gives.
    """
    found: dict[str, tuple[float, str]] = {}
    unclear: set[str] = set()
    for match in _COUNTED.finditer(text):
        amount = match[1].lower().rstrip(".,")
        thing = "percent" if match[2] else match[3].lower()
        value = NUMBER_WORDS.get(amount)
        try:
            number = float(value) if value is not None else float(amount.replace(",", ""))
        except ValueError:
            continue
        before = found.setdefault(thing, (number, match.group()))
        if before[0] != number or _JOINED.search(text[: match.start()]):
            unclear.add(thing)
    return {thing: counted for thing, counted in found.items() if thing not in unclear}
