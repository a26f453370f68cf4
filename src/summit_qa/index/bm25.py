"""BM25 over texts: postings in plain arrays, scored when they are asked.

A folder holds, for each field (passages, whole files), five arrays: the numbers of its terms in
order, where the postings of each begin, their rows, how often the term occurs there, and the
lengths of all rows. Counts are kept, not scores, so that postings of texts that stay can go into
the next index as they are. While it is built, postings go to disk in runs, which are merged a part
of the terms at a time: memory holds the terms and a few bytes a text.

A term's number is a digest of 64 bits, so that no list of all terms is ever in memory: a log of
200 MB has six million. Among a million terms, two share a number in one of 40 million folders.

Stop words are kept in the index and left out of a query, unless it holds nothing else: so a text
of stop words alone can still be found.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import IndexDamagedError
from summit_qa.language.terms import asked_terms, terms
from summit_qa.types import Passage

PASSAGES = "passages"
FILES = "files"
_ARRAYS = ("terms", "begins", "rows", "counts", "lengths")
_KINDS = np.int64, np.int64, np.int32, np.uint16  # of the first four
TERMS_FILE = f"{PASSAGES}-{_ARRAYS[0]}.npy"  # an index of an older version has none
_SATURATION = 1.5  # k1
_BY_LENGTH = 0.75  # b
_MOST_COUNTED = 65_535  # times that a term is counted in a text
_MOST_TOKENS = 1_000_000  # of a run; 4 MB, and some 30 while they are sorted
_MOST_TERMS = 200_000  # of a run; some 40 MB
_MERGED = 1_000_000  # postings that are merged at once; some 50 MB
_MOST_REMEMBERED = 2_000  # names and contexts whose terms are at hand

Scores = NDArray[np.float32]
Integers = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Run:
    """Postings of some texts, of each term in order: rows ``rows[begins[t]:begins[t+1]]``."""

    terms: Integers
    begins: Integers
    rows: Integers
    counts: Integers


class Runs:
    """Runs in a file without a name."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is where the file is made."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed below
        self._places: list[tuple[int, int, int]] = []

    def add(self, terms: Integers, sizes: Integers, rows: Integers, counts: Integers) -> None:
        """One more: of each term, in order, so many rows and counts, also in order."""
        self._places.append((self._file.tell(), len(terms), len(rows)))
        begins = np.concatenate([[0], np.cumsum(sizes)])
        for part, kind in zip((terms, begins, rows, counts), _KINDS, strict=True):
            self._file.write(np.ascontiguousarray(part, kind).tobytes())
        self._file.write(bytes(-self._file.tell() % 8))  # numbers begin at multiples of their size

    def all(self) -> list[Run]:
        """All of them, mapped."""
        if not self._places:
            return []
        self._file.flush()
        whole = np.memmap(self._file, np.uint8, "r")
        found = []
        for at, held, postings in self._places:
            parts = []
            for kind, count in zip(_KINDS, (held, held + 1, postings, postings), strict=True):
                end = at + count * np.dtype(kind).itemsize
                parts.append(whole[at:end].view(kind))
                at = end
            found.append(Run(*parts))
        return found

    def close(self) -> None:
        """Give their room on the disk back; what a full disk did not take is not wanted."""
        with suppress(OSError):
            self._file.close()


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

    def add_to(self, runs: Runs) -> None:
        """Add what stays of them."""
        held = self.postings
        for low, high in _parts(held.begins[1:]):
            at = slice(int(held.begins[low]), int(held.begins[high]))
            now = self.rows[held.rows[at]]
            staying = now >= 0
            before = np.concatenate([[0], np.cumsum(staying)])
            sizes = np.diff(before[held.begins[low : high + 1] - held.begins[low]])
            terms = held.terms[low:high][sizes > 0]
            runs.add(terms, sizes[sizes > 0], now[staying], held.counts[at][staying])


class _Growing:
    """An array in a file, written in parts, as `numpy.save` writes it whole."""

    def __init__(self, file: Path, kind: type[np.integer]) -> None:
        self._file = file.open("wb")
        self._kind = np.dtype(kind)
        self._size = 0
        self._head()

    def add(self, part: Integers) -> None:
        self._file.write(part.astype(self._kind).tobytes())
        self._size += len(part)

    def close(self) -> None:
        with self._file:
            self._file.seek(0)
            self._head()

    def _head(self) -> None:
        """Numpy leaves room in it for any size."""
        np.lib.format.write_array_header_1_0(
            self._file,
            {"descr": self._kind.str, "fortran_order": False, "shape": (self._size,)},
        )


def merge(runs: Runs, lengths: Integers, folder: Path, field: str) -> None:
    """Write the postings of all runs together as the five arrays; ``lengths`` are those of rows."""
    all_runs = runs.all()
    terms = _terms_of(all_runs)
    frequencies = np.zeros(len(terms), dtype=np.int64)
    for run in all_runs:
        frequencies[np.searchsorted(terms, run.terms)] += np.diff(run.begins)
    begins = np.zeros(len(terms) + 1, dtype=np.int64)
    wide = max(1, len(lengths))
    files = [folder / f"{field}-{name}.npy" for name in _ARRAYS]
    with (
        closing(_Growing(files[2], _KINDS[2])) as rows,
        closing(_Growing(files[3], _KINDS[3])) as counts,
    ):
        for low, high in _parts(np.cumsum(frequencies)):
            keys, counted = _merged(all_runs, terms[low:high], wide)
            rows.add(keys % wide)
            counts.add(counted)
            ends = np.searchsorted(keys, np.arange(1, high - low + 1, dtype=np.int64) * wide)
            begins[low + 1 : high + 1] = begins[low] + ends
    for file, whole in ((files[0], terms), (files[1], begins), (files[4], lengths)):
        np.save(file, whole, allow_pickle=False)


def _merged(runs: Sequence[Run], terms: Integers, wide: int) -> tuple[Integers, Integers]:
    """The postings of some terms, in order, as place * wide + row, and their counts."""
    found, counted = [], []
    for run in runs:
        begin = np.searchsorted(run.terms, terms[0])
        end = np.searchsorted(run.terms, terms[-1], "right")
        at = slice(int(run.begins[begin]), int(run.begins[end]))
        places = np.searchsorted(terms, run.terms[begin:end]) * wide
        found.append(np.repeat(places, np.diff(run.begins[begin : end + 1])) + run.rows[at])
        counted.append(run.counts[at])
    keys, counts = np.concatenate(found), np.concatenate(counted)
    if len(runs) > 1:
        order = np.argsort(keys, kind="stable")  # as quick as merging, since runs are in order
        keys, counts = keys[order], counts[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        if len(first) < len(keys):  # a file that is in several runs
            sums = np.add.reduceat(counts, first, dtype=np.int64)
            keys, counts = keys[first], np.minimum(sums, _MOST_COUNTED).astype(np.uint16)
    return keys, counts


def _terms_of(runs: Sequence[Run]) -> Integers:
    """The terms of all runs, in order."""
    known = np.zeros(0, dtype=np.int64)
    waiting: list[Integers] = []
    for run in runs:
        waiting.append(run.terms)
        if sum(map(len, waiting)) > max(_MOST_TERMS, len(known)):
            known, waiting = np.unique(np.concatenate([known, *waiting])), []
    return np.unique(np.concatenate([known, *waiting]))


def _parts(ends: Integers) -> Iterator[tuple[int, int]]:
    """Stretches of terms, by where the postings of each end, of up to _MERGED postings if they are
    of several terms."""
    low, before = 0, 0
    while low < len(ends):
        high = max(low + 1, int(np.searchsorted(ends, before + _MERGED, "right")))
        yield low, high
        low, before = high, int(ends[high - 1])


class Tokens:
    """Terms of rows, in ascending order of rows, as numbers of a vocabulary; packed into runs."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is for the runs until they are merged."""
        self.tokens = array("i")  # of the run that is open
        self.runs = Runs(folder)
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
        self.runs.add(terms[order][sizes > 0], sizes[sizes > 0], held, counts)
        self.tokens = array("i")
        self._packed = len(self._rows)

    def lengths(self, rows: int) -> Integers:
        """How many terms each of the rows has."""
        lengths = np.zeros(rows, dtype=np.int32)
        np.add.at(lengths, np.array(self._rows, dtype=np.int64), np.array(self._sizes))
        return lengths


class Gathering:
    """Numbers terms as they come, for one or several fields, and forgets them with every run."""

    def __init__(self, folder: Path, fields: int) -> None:
        """``folder`` is for the runs until they are merged."""
        self.fields = tuple(Tokens(folder) for _ in range(fields))
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

    def close(self) -> None:
        """Give the room of the runs back."""
        for field in self.fields:
            field.runs.close()


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
    folder.mkdir()
    with closing(Gathering(folder, 1)) as gathering:
        (tokens,) = gathering.fields
        count = 0
        for row, text in enumerate(texts):
            tokens.add(row, gathering.numbers(text))
            gathering.make_room()
            count = row + 1
        gathering.pack()
        merge(tokens.runs, tokens.lengths(count), folder, PASSAGES)


class WordsWriter:
    """Indexes files and their passages, a file at a time.

    A passage is found by its words, its context and what its file is called; a file by all its
    passages and, twice, by what it is called.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` is new."""
        folder.mkdir()
        self._folder = folder
        self._gathering = Gathering(folder, 2)
        self._any = False

    def add(self, file: Words) -> None:
        """One more file, in order of rows."""
        self._any = True
        gathering = self._gathering
        by_passage, by_file = gathering.fields
        name = gathering.again(file.called)
        by_file.add(file.number, name, name)
        for row, passage in enumerate(file.passages, file.row):
            part = gathering.numbers(passage.text)
            context = gathering.again(passage.context_text)
            by_passage.add(row, gathering.again(file.called), context, part)
            by_file.add(file.number, part)
            gathering.make_room()
        gathering.make_room()

    def write(self, passages: int, files: int, earlier: Earlier | None = None) -> None:
        """Write so many passages and files: those added, and from before those that stay."""
        if not self._any and earlier is not None and earlier.is_all(passages, files):
            shutil.copytree(earlier.folder, self._folder, dirs_exist_ok=True)
            return
        self._gathering.pack()
        by_passage, by_file = self._gathering.fields
        for field, tokens, rows in ((PASSAGES, by_passage, passages), (FILES, by_file, files)):
            lengths = tokens.lengths(rows)
            if earlier is not None:
                places = earlier.passages if field == PASSAGES else earlier.files
                before = Postings.load(earlier.folder, field)
                Kept(before, places).add_to(tokens.runs)
                lengths[places[places >= 0]] = before.lengths[places >= 0]
            merge(tokens.runs, lengths, self._folder, field)

    def close(self) -> None:
        """Give the room on the disk back that it took meanwhile."""
        self._gathering.close()


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
