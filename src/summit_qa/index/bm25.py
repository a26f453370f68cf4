"""BM25 over texts: postings in plain arrays, scored when they are asked.

A folder holds, for each field (passages, whole files), five arrays: the numbers of its terms in
order, where the postings of each begin, their rows, how often the term occurs there, and the
lengths of all rows. Counts are kept, not scores, so that postings of texts that stay can go into
the next index as they are.

A term's number is a digest of 64 bits, so that no list of all terms is ever in memory: a log of
200 MB has six million. Among a million terms, two share a number in one of 40 million folders.

Stop words are kept in the index and left out of a query, unless it holds nothing else: so a text
of stop words alone can still be found.
"""

from __future__ import annotations

import math
import shutil
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import IndexDamagedError
from summit_qa.language.terms import asked_terms, terms
from summit_qa.types import Passage

PASSAGES = "passages"
FILES = "files"
_ARRAYS = ("terms", "begins", "rows", "counts", "lengths")
TERMS_FILE = f"{PASSAGES}-{_ARRAYS[0]}.npy"  # an index of an older version has none
_SATURATION = 1.5  # k1
_BY_LENGTH = 0.75  # b
_MOST_COUNTED = 65_535  # times that a term is counted in a text
_MOST_TOKENS = 4_000_000  # of a run; 16 MB, and some 100 while they are sorted
_MOST_TERMS = 400_000  # of a run; some 80 MB
_MOST_REMEMBERED = 2_000  # names and contexts whose terms are at hand

Scores = NDArray[np.float32]
Integers = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Run:
    """Postings of some texts: of each term, in order, ``sizes`` rows and counts, also in order."""

    terms: Integers
    sizes: Integers
    rows: Integers
    counts: Integers


@dataclass(frozen=True, slots=True)
class Postings:
    """Which rows hold each term, and how often: rows of the term numbered ``terms[t]`` are
    ``rows[begins[t]:begins[t+1]]``.

    ``lengths`` are the terms of each row.
    """

    terms: Integers
    begins: Integers
    rows: Integers
    counts: Integers
    lengths: Integers

    @classmethod
    def of(cls, runs: Sequence[Run], lengths: Integers) -> Postings:
        """The postings of all runs together."""
        known = np.unique(np.concatenate([np.zeros(0, np.int64), *(run.terms for run in runs)]))
        wide = max(1, len(lengths))
        keys = np.concatenate(
            [
                np.zeros(0, np.int64),
                *(
                    np.repeat(np.searchsorted(known, run.terms) * wide, run.sizes) + run.rows
                    for run in runs
                ),
            ]
        )
        counts = np.concatenate([np.zeros(0, np.uint16), *(run.counts for run in runs)])
        if len(runs) > 1:
            order = np.argsort(keys, kind="stable")  # as quick as merging, since runs are in order
            keys, counts = keys[order], counts[order]
            del order
            first = np.flatnonzero(np.diff(keys, prepend=-1))
            if len(first) < len(keys):  # a file that is in several runs
                sums = np.add.reduceat(counts, first, dtype=np.int64)
                keys, counts = keys[first], np.minimum(sums, _MOST_COUNTED).astype(np.uint16)
        begins = np.searchsorted(keys, np.arange(len(known) + 1, dtype=np.int64) * wide)
        return cls(known, begins, (keys % wide).astype(np.int32), counts, lengths)

    def save(self, folder: Path, field: str) -> None:
        """Write the five arrays."""
        for name in _ARRAYS:
            np.save(folder / f"{field}-{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, field: str) -> Postings:
        """Map the five arrays; raises what damaged files make numpy raise."""
        return cls(
            *(
                np.load(folder / f"{field}-{name}.npy", mmap_mode="r", allow_pickle=False)
                for name in _ARRAYS
            )
        )

    def number(self, term: str) -> int | None:
        """The place of a term among ``terms``; None where no row holds it."""
        digest = _digest(term)
        at = int(np.searchsorted(self.terms, digest))
        return at if at < len(self.terms) and int(self.terms[at]) == digest else None

    def frequency(self, term: int) -> int:
        """How many rows hold the term at this place."""
        return int(self.begins[term + 1] - self.begins[term])

    def rarity(self, term: int) -> float:
        """The inverse document frequency of the term at this place."""
        count = self.frequency(term)
        return math.log(1 + (len(self.lengths) - count + 0.5) / (count + 0.5))

    def scores(self, weights: Mapping[int, float]) -> Scores:
        """BM25 of all rows (rows,) for terms, by their places, with their weights."""
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

    def run(self) -> Run:
        """What stays of them."""
        held = self.postings
        now = self.rows[held.rows].astype(np.int32)
        staying = now >= 0
        before = np.concatenate([[0], np.cumsum(staying)])[held.begins]
        sizes = np.diff(before)
        return Run(held.terms[sizes > 0], sizes[sizes > 0], now[staying], held.counts[staying])


class Tokens:
    """Terms of rows, in ascending order of rows, as numbers of a vocabulary; packed into runs."""

    def __init__(self) -> None:
        self.tokens = array("i")  # of the run that is open
        self.runs: list[Run] = []
        self._rows = array("i")
        self._sizes = array("i")
        self._packed = 0

    def add(self, row: int, *numbers: array[int]) -> None:
        """One more row, or more of the last one: the terms in all parts."""
        self._rows.append(row)
        self._sizes.append(sum(map(len, numbers)))
        for part in numbers:
            self.tokens.extend(part)

    def pack(self, terms: Integers) -> None:
        """Close the run; ``terms`` are the digests of the vocabulary."""
        rows = np.array(self._rows[self._packed :], dtype=np.int64)
        if not len(rows):
            return
        order = np.argsort(terms)
        place = np.empty(len(terms), dtype=np.int64)
        place[order] = np.arange(len(terms))
        low, wide = rows[0], rows[-1] - rows[0] + 1
        keys = place[np.frombuffer(self.tokens, dtype=np.int32)] * wide
        keys += np.repeat(rows - low, np.array(self._sizes[self._packed :]))
        keys.sort()
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        counts = np.minimum(np.diff(first, append=len(keys)), _MOST_COUNTED).astype(np.uint16)
        keys = keys[first]
        sizes = np.bincount(keys // wide, minlength=len(terms))
        held = (keys % wide + low).astype(np.int32)
        self.runs.append(Run(terms[order][sizes > 0], sizes[sizes > 0], held, counts))
        self.tokens = array("i")
        self._packed = len(self._rows)

    def lengths(self, rows: int) -> Integers:
        """How many terms each of the rows has."""
        lengths = np.zeros(rows, dtype=np.int32)
        np.add.at(lengths, np.array(self._rows, dtype=np.int64), np.array(self._sizes))
        return lengths


class Gathering:
    """Numbers terms as they come, for one or several fields, and forgets them with every run."""

    def __init__(self, fields: int) -> None:
        self.fields = tuple(Tokens() for _ in range(fields))
        self._known: dict[str, int] = {}
        self._remembered: dict[str, array[int]] = {}

    def numbers(self, text: str) -> array[int]:
        """The numbers of the terms of a text; they hold until the next `make_room`."""
        known = self._known
        return array("i", (known.setdefault(term, len(known)) for term in terms(text)))

    def again(self, text: str) -> array[int]:
        """The same of a text that is likely to come again."""
        if (found := self._remembered.get(text)) is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[text] = self.numbers(text)
        return found

    def make_room(self) -> None:
        """Pack what was gathered, if it is much."""
        much = any(len(field.tokens) > _MOST_TOKENS for field in self.fields)
        if much or len(self._known) > _MOST_TERMS:
            self.pack()

    def pack(self) -> None:
        """Pack what was gathered."""
        digests = np.fromiter(map(_digest, self._known), dtype=np.int64, count=len(self._known))
        for field in self.fields:
            field.pack(digests)
        self._known.clear()
        self._remembered.clear()


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

    def is_all(self, passages: int, files: int) -> bool:
        """Whether it is what there is now, each at the place where it was."""
        return all(
            len(places) == count and bool((places == np.arange(count)).all())
            for places, count in ((self.passages, passages), (self.files, files))
        )


def write_bm25(folder: Path, texts: Iterable[str]) -> None:
    """Index the texts, in order, into the folder; nothing is pickled."""
    gathering = Gathering(1)
    (tokens,) = gathering.fields
    count = 0
    for row, text in enumerate(texts):
        tokens.add(row, gathering.numbers(text))
        gathering.make_room()
        count = row + 1
    gathering.pack()
    folder.mkdir()
    Postings.of(tokens.runs, tokens.lengths(count)).save(folder, PASSAGES)


def write_words(
    folder: Path, new: Iterable[Words], passages: int, files: int, earlier: Earlier | None = None
) -> None:
    """Index ``passages`` and ``files``: the new ones, and from an earlier index those that stay.

    A passage is found by its words, its context and what its file is called; a file by all its
    passages and, twice, by what it is called.
    """
    new = iter(new)
    head = next(new, None)
    if head is None and earlier is not None and earlier.is_all(passages, files):
        shutil.copytree(earlier.folder, folder)
        return
    gathering = Gathering(2)
    by_passage, by_file = gathering.fields
    for file in chain([] if head is None else [head], new):
        name = gathering.again(file.called)
        by_file.add(file.number, name, name)
        for row, passage in enumerate(file.passages, file.row):
            part = gathering.numbers(passage.text)
            context = gathering.again(passage.context_text)
            by_passage.add(row, gathering.again(file.called), context, part)
            by_file.add(file.number, part)
            gathering.make_room()
        gathering.make_room()
    gathering.pack()
    folder.mkdir()
    for field, tokens, rows in ((PASSAGES, by_passage, passages), (FILES, by_file, files)):
        runs, lengths = tokens.runs, tokens.lengths(rows)
        if earlier is not None:
            places = earlier.passages if field == PASSAGES else earlier.files
            before = Postings.load(earlier.folder, field)
            runs.append(Kept(before, places).run())
            lengths[places[places >= 0]] = before.lengths[places >= 0]
        Postings.of(runs, lengths).save(folder, field)
        runs.clear()


def _digest(term: str) -> int:
    """The number of a term."""
    digest = blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


class BM25Index:
    """Reads what was written; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        try:
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
        if (number := self._passages.number(term)) is None:
            return np.zeros(0, dtype=np.int32)
        begins = self._passages.begins
        return self._passages.rows[int(begins[number]) : int(begins[number + 1])]

    def _asked(self, query: str, postings: Postings) -> dict[int, float]:
        """The terms of a query with their weights: one beside another weighs no more than it."""

        def frequency(term: str) -> int:
            number = postings.number(term)
            return 0 if number is None else postings.frequency(number)

        weights: dict[int, float] = {}
        for term, beside in asked_terms(query, frequency).items():
            if (number := postings.number(term)) is not None:
                rarity = postings.rarity(number)
                if beside is not None and (other := postings.number(beside)) is not None:
                    rarity = min(rarity, postings.rarity(other))
                weights[number] = rarity
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
