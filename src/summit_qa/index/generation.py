"""One immutable generation of the index: what it holds, whether it is whole, and reading it.

A generation is a folder::

    manifest.json     what it was made from, and size and sha256 of every file below
    texts.sqlite3     documents and passages (store.py)
    bm25/             BM25 over the passages and over whole files (bm25.py)
    vectors.npy       a vector a passage, float32: unchanged text is never embedded again
    chroma/           the same vectors, for others to read (dense.py); only in small folders
    equal.npy         which vectors are equal, where they are on a server (remote.py)

``CURRENT`` beside the generations names the one that is served and the sha256 of its manifest.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import sqlite3
import threading
import weakref
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import IndexDamagedError
from summit_qa.index.foreign import foreign_code
from summit_qa.index.store import Store
from summit_qa.types import Document, Passage, Skipped

if TYPE_CHECKING:
    from summit_qa.index.bm25 import BM25Index
    from summit_qa.index.dense import DenseIndex, ExactIndex
    from summit_qa.index.remote import Patient, RemoteVectors

_log = logging.getLogger(__name__)
SCHEMA = 3
MANIFEST = "manifest.json"
TEXTS = "texts.sqlite3"
VECTORS = "vectors.npy"
BM25 = "bm25"
CHROMA = "chroma"
CHROMA_DATABASE = f"{CHROMA}/chroma.sqlite3"
GENERATION_NAME = re.compile(r"g-\d{8}T\d{6}-[0-9a-f]{8}")
_HASHED_AT_OPENING = 256 * 1024 * 1024  # bytes; of a larger file only the size is checked


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size and sha256 of a file; no sha256 where Chroma itself changes it at every opening."""

    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """The file of the corpus that a document was read from."""

    sha256: str
    size: int
    encoding: str
    reader: str = "text"  # name and version


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was made from and what it consists of."""

    id: str
    created: str  # ISO 8601, UTC
    corpus: str  # the folder, resolved: no other may use this index
    embedder: str  # fingerprint
    passage_chars: int
    chunking: str
    passages: int
    sources: Mapping[str, Source]
    skipped: tuple[Skipped, ...]
    files: Mapping[str, FileRecord]
    remote: bool = False  # whether the vectors are in a collection on a server as well
    schema: int = SCHEMA

    def to_bytes(self) -> bytes:
        """JSON, as it stands in ``manifest.json``."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    def state(self) -> dict[str, tuple[str, str]]:
        """Digest and reader of every file."""
        return {path: (it.sha256, it.reader) for path, it in self.sources.items()}

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """The manifest in the JSON; IndexDamagedError where it is none of this schema."""
        try:
            fields = json.loads(data)
            if fields["schema"] != SCHEMA:
                raise IndexDamagedError("another version of summit-qa made it")
            fields["sources"] = {at: Source(**it) for at, it in fields["sources"].items()}
            fields["files"] = {at: FileRecord(**it) for at, it in fields["files"].items()}
            fields["skipped"] = tuple(Skipped(**it) for it in fields["skipped"])
            return cls(**fields)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise IndexDamagedError(f"its {MANIFEST} cannot be read") from None


def read_manifest(folder: Path, sha256: str) -> Manifest:
    """The manifest of the generation; IndexDamagedError where it is not the one published."""
    try:
        data = (folder / MANIFEST).read_bytes()
    except OSError:
        raise IndexDamagedError(f"its {MANIFEST} cannot be read") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise IndexDamagedError(f"its {MANIFEST} was altered")
    return Manifest.from_bytes(data)


def record_files(folder: Path) -> dict[str, FileRecord]:
    """Size and sha256 of every file below the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in files]
    return {
        name: FileRecord(path.stat().st_size, None if name == CHROMA_DATABASE else _sha256(path))
        for name, path in zip(names, files, strict=True)
        if name != MANIFEST
    }


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """The files that are missing, cut or altered, in words; none means that it can be served.

    Everything that native code will load is compared with its sha256, because a damaged vector
    file can kill the process that opens it; Chroma's database, which changes at every opening,
    is checked by SQLite.
    """

    def check(name: str) -> str | None:
        path, record = folder / name, manifest.files[name]
        try:
            size = path.stat().st_size
            if record.sha256 is None:
                return _database_damage(path, name, manifest.passages)
            if size != record.size:
                return f"{name} has {size:,} bytes instead of {record.size:,}"
            if size <= _HASHED_AT_OPENING and _sha256(path) != record.sha256:
                return f"{name} was altered"
        except FileNotFoundError:
            return f"{name} is missing"
        except OSError as error:
            return f"{name} cannot be read: {error.strerror}"
        return None

    with ThreadPoolExecutor(2) as pool:  # hashing lets other threads run
        return [damage for damage in pool.map(check, manifest.files) if damage]


def _database_damage(path: Path, name: str, passages: int) -> str | None:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=rw", uri=True)) as at:
            small = path.stat().st_size <= _HASHED_AT_OPENING
            if small and at.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return f"{name} is damaged"
            if foreign := foreign_code(at):
                return f"{name} was altered: {foreign}"
            (count,) = at.execute("SELECT COUNT(*) FROM embeddings").fetchone()
    except sqlite3.Error as error:
        return f"{name} is damaged: {error}"
    if count != passages:
        return f"{name} holds {count:,} vectors instead of {passages:,}"
    return None


@dataclass(frozen=True, slots=True)
class WordScores:
    """BM25 of every passage (n,), of the whole file that it stands in, and that file's number."""

    passages: NDArray[np.float32]
    files: NDArray[np.float32]
    numbers: NDArray[np.integer]


class Generation:
    """Reads one generation; its texts, its BM25 and its vectors load when they are first used.

    While it is open, it holds a shared lock on its manifest, which keeps it from being removed.
    """

    def __init__(self, folder: Path, manifest: Manifest, server: Patient | None = None) -> None:
        """``server`` has the collections of generations that are ``remote``."""
        self._folder = folder
        self._manifest = manifest
        self._resources = ExitStack()
        self._closing = weakref.finalize(self, self._resources.close)
        self._resources.callback(os.close, _lease(folder / MANIFEST))
        self._store = Store(folder / TEXTS)
        self._loading = threading.Lock()
        self._bm25: BM25Index | None = None
        self._dense: DenseIndex | None = None
        self._without_chroma = False
        self._remote: RemoteVectors | None = None
        if server is not None and manifest.remote:
            from summit_qa.index.remote import RemoteVectors

            self._remote = RemoteVectors(server, folder, self._store)

    def __len__(self) -> int:
        """How many passages it has."""
        return self._store.count

    @property
    def id(self) -> str:
        """The name of the generation."""
        return self._manifest.id

    @property
    def created(self) -> str:
        """When it was built: ISO 8601, UTC."""
        return self._manifest.created

    @property
    def embedder(self) -> str:
        """The fingerprint of the embedder that made the vectors; empty where there are none yet."""
        return self._manifest.embedder

    @property
    def has_vectors(self) -> bool:
        """Whether it can be searched by meaning, or by words alone so far."""
        return self._has(VECTORS)

    @property
    def missed(self) -> int:
        """How many searches by meaning the vector server did not answer, so far."""
        return self._remote.missed if self._remote else 0

    @property
    def outage(self) -> str:
        """In words, why it did not answer the last of these; empty where it did."""
        return self._remote.why if self._remote else ""

    @property
    def size_bytes(self) -> int:
        """The size of its files."""
        return sum(record.size for record in self._manifest.files.values())

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files of the corpus that were not read, and why."""
        return self._manifest.skipped

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by path, in order of path."""
        return self._store.documents

    @property
    def passages(self) -> Mapping[str, Passage]:
        """The passages by id, in order of path and position."""
        return self._store.passages

    def passages_of(self, path: str, most: int = -1) -> list[Passage]:
        """The passages of a document, in order, all or the first ``most``."""
        return self._store.passages_of(path, most)

    def passage_counts(self) -> dict[str, int]:
        """How many passages each document has, by path."""
        counts = np.bincount(self._file_numbers, minlength=len(self._store.paths))
        return dict(zip(self._store.paths, counts.tolist(), strict=True))

    def rows_of_files(self, paths: Collection[str]) -> NDArray[np.integer]:
        """The rows of the passages of these files, in order; without those that are not here."""
        wanted = frozenset(paths)
        numbers = [number for number, path in enumerate(self._store.paths) if path in wanted]
        return np.flatnonzero(np.isin(self._file_numbers, numbers))

    def bm25(self, query: str, k: int) -> list[tuple[str, float]]:
        """Ids and BM25 scores of the k best passages that share a word with the query."""
        found = self._words.search(query, k)
        ids = self._store.ids_of([row for row, _ in found])
        return [(identity, score) for identity, (_, score) in zip(ids, found, strict=True)]

    def word_scores(self, query: str) -> WordScores:
        """BM25 of all passages, and of the whole file that each stands in."""
        passages, files = self._words.scores(query), self._words.file_scores(query)
        return WordScores(passages, files[self._file_numbers], self._file_numbers)

    def rows_with(self, term: str) -> NDArray[np.integer]:
        """The rows of the passages that hold a term (`language.terms`), in order."""
        return self._words.rows_with(term)

    def dense(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Ids and cosine similarities of the k passages nearest to the vector (dimensions,)."""
        count = min(k, self._store.count)
        if count < 1 or not self.has_vectors:
            return []
        self._exact.hold(vector)
        if self._remote is not None:
            found = self._remote.search(vector, count, self._exact) or []
            ids = self._store.ids_of([row for row, _ in found])
            return [(identity, cosine) for identity, (_, cosine) in zip(ids, found, strict=True)]
        if self._has(CHROMA_DATABASE) and not self._without_chroma:
            try:
                return self._by_chroma(vector, count)
            except IndexDamagedError as error:
                # The same vectors are in a file that is checked whole and is never written.
                self._without_chroma = True
                _log.warning("%s The vectors are read from %s instead.", error, VECTORS)
        near = self._exact.search(vector, count)
        ids = self._store.ids_of([row for row, _ in near])
        return [(identity, cosine) for identity, (_, cosine) in zip(ids, near, strict=True)]

    def _by_chroma(self, vector: NDArray[np.float32], count: int) -> list[tuple[str, float]]:
        found = self._chroma.search(vector, count)
        rows = self._store.rows_of([identity for identity, _ in found])
        if len(rows) != count:
            raise IndexDamagedError("Chroma does not hold the passages of the generation.")
        # Equal text in two files is equally near: order it by place, not by chance.
        return sorted(found, key=lambda item: (-round(item[1], 6), rows[item[0]]))

    def rows_of(self, ids: Sequence[str]) -> list[int]:
        """The rows of passages."""
        rows = self._store.rows_of(ids)
        return [rows[identity] for identity in ids]

    def at_rows(self, rows: Sequence[int]) -> list[Passage]:
        """The passages in these rows."""
        return self._store.at_rows(rows)

    def cosines(self, vector: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        """Cosines (rows,) of the vector (dimensions,) with passages; 0 where there are none yet."""
        if not self.has_vectors:
            return np.zeros(len(rows), dtype=np.float32)
        self._exact.hold(vector)
        return self._exact.cosines(vector, rows)

    def _has(self, file: str) -> bool:
        return file in self._manifest.files

    @cached_property
    def _exact(self) -> ExactIndex:
        from summit_qa.index.dense import ExactIndex

        return ExactIndex(self._folder / VECTORS)

    @property
    def _chroma(self) -> DenseIndex:
        from summit_qa.index.dense import DenseIndex

        if self._dense is None:
            with self._loading:
                if self._dense is None:
                    self._dense = DenseIndex(self._folder / CHROMA)
                    self._resources.callback(self._dense.close)
        return self._dense

    @property
    def _words(self) -> BM25Index:
        from summit_qa.index.bm25 import BM25Index

        if self._bm25 is None:
            with self._loading:
                self._bm25 = self._bm25 or BM25Index(self._folder / BM25)
        return self._bm25

    @cached_property
    def _file_numbers(self) -> NDArray[np.integer]:
        return np.array(self._store.file_numbers(), dtype=np.int32)

    def close(self) -> None:
        """Close its files and let it be removed; nothing can be read afterwards."""
        self._closing()
        self._store.close()


def _lease(manifest: Path) -> int:
    """A descriptor of the manifest under a shared lock; IndexDamagedError where it is gone."""
    try:
        descriptor = os.open(manifest, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        raise IndexDamagedError(f"its {MANIFEST} cannot be read") from None
    # A writer that removes the generation holds the lock, or has moved what we opened.
    if lock(descriptor, shared=True) and manifest.exists():
        return descriptor
    os.close(descriptor)
    raise IndexDamagedError("it was just removed")


def lock(descriptor: int, *, shared: bool) -> bool:
    """Lock an open file without waiting; False where another holds it.

    True as well where the system has no such locks: then the writer's patience (it removes a
    generation only after the next one is published) is what protects a reader.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
