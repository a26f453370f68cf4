"""Vectors of generations outside of the index folder: on a Chroma server, or in another store.

A generation has a collection of its own there, under the generation's name, so that what one
generation says never mixes with another. Before ``CURRENT`` names it, it is counted and tried.
``vectors.npy`` stays in the index folder: from it unchanged vectors go into the next generation,
and with it everything that the store says is compared. So a store that was emptied, cut or
altered is found out, and costs the search by meaning, not the truth of an answer: the words are
searched alone then, which the answer says.

Equal vectors are sent once (graphs of neighbours lose passages beside many equal ones);
``equal.npy`` says which rows they stand for.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from summit_qa.deadline import T, waited_so_far, within
from summit_qa.errors import ConfigurationError, VectorServerError
from summit_qa.index.dense import ExactIndex
from summit_qa.index.store import Store
from summit_qa.types import Passage, Progress

EQUAL = "equal.npy"
MARKER = ".collection-"
LOST = "no longer holds the vectors of this index; `summit-qa index` puts them back"
_BLOCK = 1_000  # passages that are sent at once
_PAUSE = 10.0  # seconds for which a server that failed is not asked again
_COUNT_AGAIN = 30.0  # seconds after which what the server holds is counted again
_HASHED = 8_192  # vectors that are looked at together
_FOUND_AT_LEAST = 0.5  # of what was asked for, by a graph that holds all of it
_TRIED = 20  # asked for where one is to be found: others may be nearly equal
_NEAR_ENOUGH = 5e-3  # between the server's cosine and the file's
_log = logging.getLogger(__name__)


class Collection(Protocol):
    """The vectors of one generation; safe to use from many threads."""

    def count(self) -> int:
        """How many vectors it holds."""
        ...

    def search(self, vector: NDArray[np.float32], k: int) -> Sequence[tuple[str, float]]:
        """Ids of passages and cosines of the k nearest to the vector (dimensions,)."""
        ...


class Writing(Protocol):
    """A collection that is being written."""

    def add(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        """Add passages with their vectors (n, dimensions)."""
        ...


class VectorServer(Protocol):
    """Keeps a collection for each generation.

    What goes wrong may be raised as any exception. The words of a VectorServerError go on after
    "The vector server"; with ``lost`` it says that there is no such collection.
    """

    @property
    def address(self) -> str:
        """Where it is, in words; the same for everybody who reads the same collections."""
        ...

    @property
    def patience(self) -> float:
        """Seconds that a question waits for it."""
        ...

    def ready(self) -> None:
        """Raise where it cannot be reached."""
        ...

    def create(self, name: str, total: int) -> Writing:
        """A new, empty collection for so many vectors."""
        ...

    def open(self, name: str) -> Collection:
        """The collection of that name."""
        ...

    def remove(self, name: str) -> None:
        """Remove the collection; nothing happens where there is none."""
        ...


class Patient:
    """Asks a vector server what questions need, and leaves it alone for a while where it failed.

    All that a question asks waits for the server's patience in all (`deadline.waiting`).
    """

    def __init__(self, server: VectorServer) -> None:
        self.server = server
        self._away: dict[str, tuple[float, str]] = {}  # until when, and why; "": all of it

    def ask(self, work: Callable[[], T], name: str = "") -> T:
        """What the work, on the collection of that name, gives.

        Raises VectorServerError where it fails or its time is up, and at once where the server,
        or the collection, failed a moment ago.
        """
        waited = waited_so_far()
        for each in ("", name):
            until, why = self._away.get(each, (0.0, ""))
            if time.monotonic() < until:
                raise VectorServerError(why, lost=bool(each))
        began = time.monotonic()
        left = self.server.patience - waited.seconds
        try:
            if left <= 0:
                raise TimeoutError
            return within(left, work, "vectors")
        except ConfigurationError:
            raise
        except TimeoutError:
            error = VectorServerError("takes too long to answer")
            if waited.seconds:  # a rest of the time says nothing against it to other questions
                raise error from None
        except Exception as failed:  # a client of any kind may raise anything
            lost = isinstance(failed, VectorServerError) and failed.lost
            error = VectorServerError(in_words(failed), lost=lost)
        finally:
            waited.seconds += time.monotonic() - began
        if name or not error.lost:
            self._away[name if error.lost else ""] = time.monotonic() + _PAUSE, str(error)
        raise error


class RemoteVectors:
    """Searches the collection of a generation, and says so while it cannot be had."""

    def __init__(self, patient: Patient, folder: Path, store: Store) -> None:
        """``folder`` and ``store`` are the generation's."""
        self._patient = patient
        self._server = patient.server
        self._name = collection_name(folder.name)
        self._store = store
        self._equal = np.load(folder / EQUAL, mmap_mode="r", allow_pickle=False)
        self._total = store.count - len(self._equal)  # vectors that the server holds
        self._lock = threading.Lock()
        self._collection: Collection | None = None
        self._counted = 0.0
        self._told = ""  # what the log was told of an outage that lasts
        self.why = ""  # in words, when it failed last
        self.missed = 0  # searches that it did not answer

    def search(
        self, vector: NDArray[np.float32], k: int, exact: ExactIndex
    ) -> list[tuple[int, float]] | None:
        """Rows and cosines of the k nearest, best first; None where the server cannot say.

        ``exact`` are all vectors of the generation, with which what it says is compared.
        """
        few = min(k, self._total)
        try:
            near = self._patient.ask(lambda: self._asked(vector, few, exact), self._name)
        except (VectorServerError, ConfigurationError) as error:
            with self._lock:
                self._collection = None
                self.why = f"The vector server {in_words(error)}."  # shown to whoever asks
                self.missed += 1
                told, self._told = self._told, self.why
            if told != self.why:
                _log.warning("%s %s.", _named(self._server), in_words(error))
            return None
        self._told = ""
        return near[:k]

    def _asked(
        self, vector: NDArray[np.float32], k: int, exact: ExactIndex
    ) -> list[tuple[int, float]]:
        found = self._opened().search(vector, k)
        rows = self._store.rows_of([identity for identity, _ in found])
        ours = [(rows[identity], cosine) for identity, cosine in found if identity in rows]
        ordered = [row for row, _ in ours]
        claimed = np.array([cosine for _, cosine in ours], dtype=np.float32)
        if np.abs(exact.cosines(vector, ordered) - claimed).max(initial=0) > _NEAR_ENOUGH:
            raise VectorServerError("holds other vectors than this index", lost=True)
        if len(rows) < len(found) or len(rows) < _FOUND_AT_LEAST * k:
            raise VectorServerError(LOST, lost=True)
        if len(rows) < k:  # a graph may miss a few of many, but they are there
            self._opened(count_again=True)
        every = [*ordered, *self._copies(ordered)]
        cosines = np.round(exact.cosines(vector, every), 6)
        # Equal text in two files is equally near: order it by place, not by chance.
        return sorted(zip(every, map(float, cosines), strict=True), key=lambda it: (-it[1], it[0]))

    def _opened(self, count_again: bool = False) -> Collection:
        """The collection, counted when it was opened and every now and then."""
        with self._lock:
            collection, stale = self._collection, time.monotonic() - self._counted > _COUNT_AGAIN
        if collection is None or stale or count_again:
            collection = collection or self._server.open(self._name)
            if collection.count() != self._total:
                raise VectorServerError(LOST, lost=True)
            with self._lock:
                self._collection, self._counted = collection, time.monotonic()
        return collection

    def _copies(self, rows: Sequence[int]) -> Iterator[int]:
        """The rows with the same vectors as these."""
        first = self._equal[:, 0]
        for row in rows:
            begin, end = np.searchsorted(first, [row, row + 1])
            yield from self._equal[begin:end, 1].tolist()


def in_words(error: Exception) -> str:
    """What went wrong, as the end of a sentence that begins with the server."""
    if isinstance(error, VectorServerError):
        return str(error).rstrip(".")
    said = " ".join(str(error).split())[:200]
    return f"fails ({type(error).__name__}: {said})"


def send(
    server: VectorServer, generation: str, folder: Path, store: Store, progress: Progress | None
) -> Path:
    """Make the collection of the generation in ``folder`` and try it; gives the file it needs.

    Raises VectorServerError where the server cannot do it.
    """
    vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
    first, equal = distinct(vectors)
    file = folder / EQUAL
    with file.open("wb") as out:
        np.save(out, equal, allow_pickle=False)
        out.flush()
        os.fsync(out.fileno())
    name = collection_name(generation)
    try:
        writing = server.create(name, len(first))
        for start in range(0, len(first), _BLOCK):
            rows = first[start : start + _BLOCK]
            writing.add(store.at_rows(rows.tolist()), np.asarray(vectors[rows]))
            if progress:
                progress(min(start + _BLOCK, len(first)), len(first), "vectors sent")
        _try(server.open(name), store, vectors, first)
    except Exception as error:
        raise VectorServerError(
            f"{_named(server)} {in_words(error)}; the index was not sent there."
        ) from error
    return file


def _try(
    collection: Collection, store: Store, vectors: NDArray[np.float32], first: NDArray[np.int64]
) -> None:
    """Raise VectorServerError unless the collection holds and finds what it was sent."""
    if (count := collection.count()) != len(first):
        raise VectorServerError(f"holds {count:,} vectors instead of {len(first):,}")
    for row in {int(first[0]), int(first[len(first) // 2]), int(first[-1])}:
        found = dict(collection.search(np.asarray(vectors[row]), min(len(first), _TRIED)))
        (identity,) = store.ids_of([row])
        if abs(found.get(identity, 0.0) - 1) > _NEAR_ENOUGH:
            raise VectorServerError(f"does not find vector {row:,}")


def distinct(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows (n,) of the first of each vector; and pairs (m, 2) of such a row and an equal one."""
    width = vectors.shape[1]
    factors = np.random.default_rng(0).integers(1, 2**63, width, dtype=np.uint64) | np.uint64(1)
    keys = np.zeros(len(vectors), dtype=np.uint64)
    for start in range(0, len(vectors), _HASHED):  # in blocks: they may be larger than memory
        bits = np.ascontiguousarray(vectors[start : start + _HASHED]).view(np.uint32)
        keys[start : start + len(bits)] = (bits * factors).sum(axis=1, dtype=np.uint64)
    _, begins, group = np.unique(keys, return_index=True, return_inverse=True)
    leader = begins[group]
    others = np.flatnonzero(leader != np.arange(len(vectors)))
    # Two vectors with one key by chance are told apart: each then counts as the first of its kind.
    same = [row for row in others.tolist() if np.array_equal(vectors[row], vectors[leader[row]])]
    pairs = np.array(sorted((int(leader[row]), row) for row in same), dtype=np.int64).reshape(-1, 2)
    first = np.setdiff1d(np.arange(len(vectors)), pairs[:, 1])
    return first.astype(np.int64), pairs


def mark(folder: Path, generation: str, server: VectorServer) -> None:
    """Note in the index folder that a collection is begun, so that it is never forgotten there."""
    with (folder / f"{MARKER}{generation}").open("w", encoding="utf-8") as file:
        json.dump({"server": server.address}, file)
        file.flush()
        os.fsync(file.fileno())


def sweep(folder: Path, server: VectorServer | None) -> None:
    """Remove the collections of generations that are gone; the caller holds the index's lock.

    What cannot be removed now, since the server is away or is not the one in use, stays noted.
    """
    for marker in folder.glob(f"{MARKER}*"):
        generation = marker.name.removeprefix(MARKER)
        if server is None or (folder / generation).exists():
            continue
        try:
            if json.loads(marker.read_text(encoding="utf-8"))["server"] != server.address:
                continue
        except (OSError, ValueError, KeyError, TypeError):
            pass  # it was cut off while it was written; names are unique, so asking does no harm
        try:
            server.remove(collection_name(generation))
        except Exception as error:
            _log.info("a collection on %s was not removed: %s", server.address, in_words(error))
            continue
        with suppress(OSError):
            marker.unlink()


def collection_name(generation: str) -> str:
    """What the collection of a generation is called."""
    return f"summit-qa-{generation}"


def reach(patient: Patient) -> None:
    """Raise VectorServerError where the server cannot be reached; before work is done for it."""
    try:
        patient.ask(patient.server.ready)
    except VectorServerError as error:
        raise VectorServerError(f"{_named(patient.server)} {in_words(error)}.") from error


def lacks(patient: Patient, folder: Path, passages: int) -> tuple[bool, str]:
    """Whether the server lost the vectors of the generation in ``folder``; what is amiss, in words.

    The words are empty where nothing is.
    """
    server = patient.server
    try:
        equal = np.load(folder / EQUAL, mmap_mode="r", allow_pickle=False)
        count = patient.ask(lambda: server.open(collection_name(folder.name)).count())
        if count == passages - len(equal):
            return False, ""
        error: Exception = VectorServerError(LOST, lost=True)
    except (VectorServerError, OSError, ValueError) as failed:
        error = failed
    lost = isinstance(error, VectorServerError) and error.lost
    return lost, f"{_named(server)} {in_words(error)}."


def _named(server: VectorServer) -> str:
    return f"The vector server at {server.address}"
