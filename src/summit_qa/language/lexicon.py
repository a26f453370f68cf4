"""Words, stems, numbers, months and function words, as every rule of English sees them."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


def word_list(text: str) -> list[str]:
    """The words of a literal, so that long lists stay readable."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """As ``word_list``, to look words up in."""
    return frozenset(text.split())


_SMALL = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
)
_TENS = word_list("thirty forty fifty sixty seventy eighty ninety")
NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL)} | {
    word: value for value, word in zip(range(30, 100, 10), _TENS, strict=True)
}
MAGNITUDES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
SUFFIXES = {"k": 1_000, "m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12}  # "£1.5m"
MONTHS = {
    name: number
    for number, name in enumerate(
        word_list(
            "january february march april may june july august september october november december"
        ),
        start=1,
    )
}
AUXILIARIES = word_set(
    "is are was were am be been being do does did has have had can could will would shall "
    "should may might must"
)
STOPWORDS = AUXILIARIES | word_set(
    "a an the this that these those of in on at by for from to with about into over under "
    "after before between during as and or but if than then so it its he she they them "
    "his her their we us our you your i me my who whom whose which what when where why "
    "how there here not no also just only very more most s t d ll re ve 's any some such "
    "other each all both"
)

_STEMMER_LOCK = threading.Lock()
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*(?:['’][^\W_]+)?")
_NEGATED = ("n't", "n’t")
_POSSESSIVE = ("'s", "’s")


def words(text: str) -> list[str]:
    """Lower-case words and numbers in order; "isn't" gives "is" and "n't"."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if word.endswith(_NEGATED):
            found += [word[:-3], "n't"]
        else:
            found.append(word[:-2] if word.endswith(_POSSESSIVE) else word)
    return found


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The word without its ending, so that "agreed" meets "agreement" where stems allow."""
    with _STEMMER_LOCK:  # a stemmer must not be used by two threads at once
        return str(_stemmer().stemWord(word))


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order."""
    return [stem(word) for word in words(text) if word not in STOPWORDS and word != "n't"]


def overlap(question: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """Share (n,) of the question's content words in each text, each word weighted by its idf.

    idf is that of BM25 over the texts given (`rarity`).
    """
    wanted = set(content_stems(question))
    if not wanted or not texts:
        return np.zeros((len(texts),), dtype=np.float32)
    held = [wanted & set(content_stems(text)) for text in texts]
    weights = rarity(wanted, held)
    total = sum(weights.values())
    return np.array(
        [sum(weights[word] for word in sorted(words)) / total for words in held], dtype=np.float32
    )


def rarity(wanted: set[str], held: Sequence[set[str]]) -> dict[str, float]:
    """The idf of each wanted word over the texts' words; one that no text holds is the rarest."""
    weights = {}
    for word in sorted(wanted):
        count = sum(word in words for words in held)
        weights[word] = math.log(1 + (len(held) - count + 0.5) / (count + 0.5))
    return weights


def numbers(text: str) -> set[float]:
    """The amounts, years and days that a text names, in figures or words ("1.5 million")."""
    found: set[float] = set()
    pending: float | None = None
    for word in [*words(text), ""]:
        value = _number(word)
        if word in MAGNITUDES or (word in SUFFIXES and pending is not None):
            size = MAGNITUDES.get(word) or SUFFIXES[word]
            pending = (1.0 if pending is None else pending) * size
            continue
        if value is not None and pending is not None and 20 <= pending < 100 and value < 10:
            pending += value  # "twenty-one"
            continue
        if pending is not None:
            found.add(pending)
        pending = value
    return found


def _number(word: str) -> float | None:
    if word in NUMBER_WORDS:
        return float(NUMBER_WORDS[word])
    figures = re.fullmatch(r"(\d[\d,]*(?:\.\d+)?)(st|nd|rd|th|s|k|m|mn|bn|tn)?", word)
    if figures is None:
        return None
    return float(figures.group(1).replace(",", "") or 0) * SUFFIXES.get(figures.group(2), 1)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")
