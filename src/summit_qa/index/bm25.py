"""BM25 over texts: postings in plain arrays, scored when they are asked.

A folder holds ``terms.json`` and, for each field (passages, whole files), four arrays: where the
postings of each term begin, their rows, how often the term occurs there, and the lengths of all
rows. Counts are kept, not scores, so that postings of texts that stay can go into the next index
as they are.

Stop words are kept in the index and left out of a query, unless it holds nothing else: so a text
of stop words alone can still be found.
"""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import IndexDamagedError
from summit_qa.language.terms import asked_terms, terms
from summit_qa.types import Passage

PASSAGES = "passages"
FILES = "files"
_TERMS = "terms.json"
_ARRAYS = ("begins", "rows", "counts", "lengths")
_SATURATION = 1.5  # k1
_BY_LENGTH = 0.75  # b

Scores = NDArray[np.float32]
Integers = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Postings:
    """Which rows hold each term, and how often: rows of term t are ``rows[begins[t]:begins[t+1]]``.

    ``lengths`` are the terms of each row.
    """

    begins: Integers
    rows: Integers
    counts: Integers
    lengths: Integers

    @classmethod
    def of(cls, tokens: Tokens, rows: int, before: Kept | None = None) -> Postings:
        """The postings of ``rows`` texts: of tokens, and of what is kept of those before."""
        sizes = np.array(tokens.lengths, dtype=np.int32)
        held = np.repeat(np.array(tokens.rows, dtype=np.int64), sizes)
        keys = np.frombuffer(tokens.tokens, dtype=np.int32).astype(np.int64) * max(1, rows) + held
        keys.sort()
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        counts = np.minimum(np.diff(first, append=len(keys)), 65_535).astype(np.uint16)
        keys = keys[first]
        lengths = np.zeros(rows, dtype=np.int32)
        if before is not None:
            old, old_counts = before.keys(max(1, rows))
            at = np.searchsorted(old, keys)  # what is kept is in order already
            keys, counts = np.insert(old, at, keys), np.insert(old_counts, at, counts)
            lengths[before.rows[before.rows >= 0]] = before.postings.lengths[before.rows >= 0]
        lengths[tokens.rows] = sizes
        edges = np.arange(len(tokens.vocabulary) + 1, dtype=np.int64) * max(1, rows)
        return cls(
            np.searchsorted(keys, edges), (keys % max(1, rows)).astype(np.int32), counts, lengths
        )

    def save(self, folder: Path, field: str) -> None:
        """Write the four arrays."""
        for name in _ARRAYS:
            np.save(folder / f"{field}-{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, field: str) -> Postings:
        """Map the four arrays; raises what damaged files make numpy raise."""
        return cls(
            *(
                np.load(folder / f"{field}-{name}.npy", mmap_mode="r", allow_pickle=False)
                for name in _ARRAYS
            )
        )

    def frequency(self, term: int) -> int:
        """How many rows hold the term."""
        return int(self.begins[term + 1] - self.begins[term])

    def rarity(self, term: int) -> float:
        """The inverse document frequency of the term."""
        count = self.frequency(term)
        return math.log(1 + (len(self.lengths) - count + 0.5) / (count + 0.5))

    def scores(self, weights: Mapping[int, float]) -> Scores:
        """BM25 of all rows (rows,) for terms with their weights."""
        found = np.zeros(len(self.lengths), dtype=np.float32)
        mean = float(self.lengths.mean()) if len(self.lengths) else 1.0
        for term, weight in weights.items():
            at = slice(int(self.begins[term]), int(self.begins[term + 1]))
            rows, counts = self.rows[at], self.counts[at].astype(np.float32)
            long = 1 - _BY_LENGTH + _BY_LENGTH / mean * self.lengths[rows].astype(np.float32)
            found[rows] += np.float32(weight) * counts / (counts + _SATURATION * long)
        return found


@dataclass(frozen=True, slots=True)
class Kept:
    """Postings of an earlier index, and where each of its rows stands now; -1 where it is gone.

    Rows that stay keep their order.
    """

    postings: Postings
    rows: Integers

    def keys(self, rows: int) -> tuple[Integers, Integers]:
        """Term times ``rows`` plus row, in order, and the counts."""
        sizes = np.diff(self.postings.begins)
        terms = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
        now = self.rows[self.postings.rows].astype(np.int64)
        kept = now >= 0
        return terms[kept] * rows + now[kept], self.postings.counts[kept]


class Tokens:
    """Numbers terms as they come, and keeps the tokens of rows."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self.vocabulary = vocabulary
        self.tokens = array("i")
        self.rows: list[int] = []
        self.lengths: list[int] = []

    def numbers(self, text: str) -> array[int]:
        """The numbers of the terms of a text."""
        known = self.vocabulary
        return array("i", (known.setdefault(term, len(known)) for term in terms(text)))

    def add(self, row: int, *numbers: array[int]) -> None:
        """One more row, of the terms in all parts."""
        self.rows.append(row)
        self.lengths.append(sum(map(len, numbers)))
        for part in numbers:
            self.tokens.extend(part)


@dataclass(frozen=True, slots=True)
class Words:
    """A file to index: its number, what it is called, its passages, and the row of the first."""

    number: int
    called: str
    passages: Sequence[Passage]
    row: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """The folder of an earlier index, and where its passages and files stand now (`Kept`)."""

    folder: Path
    passages: Integers
    files: Integers


def write_bm25(folder: Path, texts: Iterable[str]) -> None:
    """Index the texts, in order, into the folder; nothing is pickled."""
    tokens = Tokens({})
    for row, text in enumerate(texts):
        tokens.add(row, tokens.numbers(text))
    folder.mkdir()
    Postings.of(tokens, len(tokens.rows)).save(folder, PASSAGES)
    _write_terms(folder, tokens.vocabulary)


def write_words(
    folder: Path, new: Iterable[Words], passages: int, files: int, earlier: Earlier | None = None
) -> None:
    """Index ``passages`` and ``files``: the new ones, and from an earlier index those that stay.

    A passage is found by its words, its context and what its file is called; a file by all its
    passages and, twice, by what it is called.
    """
    vocabulary = {} if earlier is None else _read_terms(earlier.folder)
    by_passage, by_file = Tokens(vocabulary), Tokens(vocabulary)
    for file in new:
        name = by_file.numbers(file.called)
        parts = [by_passage.numbers(passage.text) for passage in file.passages]
        contexts: dict[str, array[int]] = {}
        for row, (passage, part) in enumerate(zip(file.passages, parts, strict=True), file.row):
            if passage.context_text not in contexts:
                contexts[passage.context_text] = by_passage.numbers(passage.context_text)
            by_passage.add(row, name, contexts[passage.context_text], part)
        by_file.add(file.number, name, name, *parts)
    folder.mkdir()
    for field, tokens, rows in ((PASSAGES, by_passage, passages), (FILES, by_file, files)):
        kept = None
        if earlier is not None:
            places = earlier.passages if field == PASSAGES else earlier.files
            kept = Kept(Postings.load(earlier.folder, field), places)
        Postings.of(tokens, rows, kept).save(folder, field)
    _write_terms(folder, vocabulary)


def _write_terms(folder: Path, vocabulary: Mapping[str, int]) -> None:
    (folder / _TERMS).write_text(json.dumps(list(vocabulary), ensure_ascii=False), "utf-8")


def _read_terms(folder: Path) -> dict[str, int]:
    names = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
    return {term: number for number, term in enumerate(names)}


class BM25Index:
    """Reads what was written; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        try:
            self._terms = _read_terms(folder)
            self._passages = Postings.load(folder, PASSAGES)
            whole = (folder / f"{FILES}-{_ARRAYS[0]}.npy").exists()
            self._files = Postings.load(folder, FILES) if whole else None
        except Exception as error:  # whatever a damaged file makes numpy and json raise
            raise IndexDamagedError(f"bm25 cannot be read: {error}.") from None

    @property
    def texts(self) -> int:
        """How many texts it holds."""
        return len(self._passages.lengths)

    def search(self, query: str, k: int) -> list[tuple[int, float]]:
        """Rows and scores of the k best texts that share a word with the query, best first."""
        return best(self.scores(query), k)

    def scores(self, query: str) -> Scores:
        """BM25 of every text, (texts,)."""
        return self._passages.scores(self._asked(query, self._passages))

    def file_scores(self, query: str) -> Scores:
        """BM25 of every whole file, (files,)."""
        assert self._files is not None
        return self._files.scores(self._asked(query, self._files))

    def rows_with(self, term: str) -> NDArray[np.integer]:
        """The texts that hold a term, in order."""
        if (number := self._terms.get(term)) is None:
            return np.zeros(0, dtype=np.int32)
        begins = self._passages.begins
        return self._passages.rows[int(begins[number]) : int(begins[number + 1])]

    def _asked(self, query: str, postings: Postings) -> dict[int, float]:
        """The terms of a query with their weights: one beside another weighs no more than it."""

        def frequency(term: str) -> int:
            number = self._terms.get(term)
            return 0 if number is None else postings.frequency(number)

        weights: dict[int, float] = {}
        for term, beside in asked_terms(query, frequency).items():
            if frequency(term):
                rarity = postings.rarity(self._terms[term])
                if beside is not None and frequency(beside):
                    rarity = min(rarity, postings.rarity(self._terms[beside]))
                weights[self._terms[term]] = rarity
        return weights


def best(scores: Scores, k: int) -> list[tuple[int, float]]:
    """Rows and scores of the k highest above zero, best first; ties fall by row, not by chance."""
    kept = np.flatnonzero(scores > 0)
    if k < 1:
        return []
    if len(kept) > k:
        # Everything at least as good as the k-th.
        edge = np.partition(scores[kept], len(kept) - k)[len(kept) - k]
        kept = kept[scores[kept] >= edge]
    order = kept[np.lexsort((kept, -scores[kept]))][:k]
    return [(int(row), float(scores[row])) for row in order]
