"""The texts of a generation: documents and passages in one SQLite file that is only ever read.

A passage is kept as offsets into its document, so its text is a slice of the document by
construction. Passages are numbered from 0 in the order of path and position; the same number is
the passage's row in BM25 and in ``vectors.npy``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import threading
import weakref
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import IndexDamagedError, IndexUnusableError
from summit_qa.types import Block, Document, Passage, Span, in_context, packed_numbers
from summit_qa.types.packed import Blocks

_CACHED_CHARACTERS = 8_000_000  # of decoded documents kept in memory: some 25 MB with blocks
_AT_ONCE = 16_384  # rows that are read at once
DIGEST = 16  # bytes of the digest of a text
_IN_ARRAYS = b"B1"  # before blocks that are no JSON; what zlib packs begins otherwise
_SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, sha256 TEXT NOT NULL,
    encoding TEXT NOT NULL, size INTEGER NOT NULL, lines BLOB NOT NULL, text TEXT NOT NULL,
    blocks BLOB NOT NULL, pages BLOB NOT NULL,
    reader TEXT NOT NULL, title TEXT NOT NULL, date TEXT NOT NULL
);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, document INTEGER NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL, digest BLOB NOT NULL,
    context BLOB NOT NULL, context_text TEXT NOT NULL, page INTEGER
);
CREATE INDEX passages_by_document ON passages (document);
"""
_PASSAGE_ROW = (
    "SELECT p.row, p.id, d.path, p.start, p.stop, p.start_line, p.end_line,"
    " p.context, p.context_text, p.page"
    " FROM passages p JOIN documents d ON d.number = p.document"
)
_PASSAGE = _PASSAGE_ROW.replace("p.row, ", "", 1)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a new store takes from an earlier one as it stands.

    ``files`` are (number there, number here, how much further on its passages stand);
    ``whole`` says that they are all that there was, and all that there is, each at its place.
    """

    file: Path
    files: Sequence[tuple[int, int, int]]
    whole: bool = False


class StoreWriter:
    """Writes a store, a file at a time; whole when its block ends.

    Numbers are in order of path, rows in order of path and position.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._database: sqlite3.Connection | None = None
        self._copied = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        try:
            if failed is None and not self._copied:
                self._opened.commit()
        finally:
            if self._database is not None:
                self._database.close()

    def add(self, number: int, document: Document, row: int, passages: Sequence[Passage]) -> None:
        """A file by its number, with the row of its first passage."""
        self._opened.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            _document_row(number, document),
        )
        self._opened.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_passage_row(at, number, passage) for at, passage in enumerate(passages, row)),
        )

    def carry(self, carried: Carried) -> None:
        """Files of another store, copied without being decoded; the last that is written."""
        if carried.whole:
            shutil.copyfile(carried.file, self._file)
            self._copied = True
        else:
            _carry(self._opened, carried)

    @property
    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            address = f"file:{quote(str(self._file.resolve()))}?mode=rwc"
            self._database = sqlite3.connect(address, uri=True)
            # The file is written aside and flushed to disk as a whole, so it needs no journal.
            pragmas = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            self._database.executescript(pragmas + _SCHEMA)
        return self._database


def _carry(database: sqlite3.Connection, carried: Carried) -> None:
    """Copy rows from another store, under their new numbers."""
    address = f"file:{quote(str(carried.file.resolve()))}?mode=ro&immutable=1"
    database.commit()
    database.execute("ATTACH ? AS before", (address,))
    database.execute("CREATE TEMP TABLE kept (old INTEGER PRIMARY KEY, new INTEGER, shift INTEGER)")
    database.executemany("INSERT INTO kept VALUES (?, ?, ?)", carried.files)
    for table, own, shifted in (
        ("documents", "number", {"number": "k.new"}),
        ("passages", "document", {"row": "t.row + k.shift", "document": "k.new"}),
    ):
        columns = [name for _, name, *_ in database.execute(f"PRAGMA main.table_info({table})")]
        values = ", ".join(shifted.get(column, f"t.{column}") for column in columns)
        database.execute(
            f"INSERT INTO main.{table} SELECT {values} FROM before.{table} t "  # noqa: S608
            f"JOIN kept k ON k.old = t.{own}"
        )
    database.commit()
    database.execute("DETACH before")


class Store:
    """Reads a store; safe to use from many threads."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, Document] = OrderedDict()
        self._cached = 0
        try:
            # Immutable: no lock files, so a store on a read-only disk can be read.
            self._database = sqlite3.connect(
                f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1",
                uri=True,
                check_same_thread=False,
            )
            weakref.finalize(self, self._database.close)
            self.paths = tuple(
                path for (path,) in self._query("SELECT path FROM documents ORDER BY number")
            )
            self.count = int(self._query("SELECT COUNT(*) FROM passages")[0][0])
        except (sqlite3.Error, OSError) as error:
            raise IndexDamagedError(f"{file.name} cannot be read: {error}.") from None
        self.known = frozenset(self.paths)

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by path, in order; they can be read as long as somebody holds them."""
        return _Documents(self)

    @property
    def passages(self) -> Mapping[str, Passage]:
        """The passages by id, in order; they can be read as long as somebody holds them."""
        return _Passages(self)

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        with self._lock:
            self._database.close()

    def document(self, path: str) -> Document:
        """The document at the path; KeyError where there is none."""
        with self._lock:
            if (found := self._cache.get(path)) is not None:
                self._cache.move_to_end(path)
                return found
        rows = self._query(
            "SELECT path, text, sha256, encoding, size, lines, blocks, pages, reader, title, date"
            " FROM documents WHERE path = ?",
            path,
        )
        if not rows:
            raise KeyError(path)
        name, text, sha256, encoding, size, lines, blocks, pages, reader, title, date = rows[0]
        document = Document(
            name,
            text,
            sha256,
            encoding,
            size,
            _numbers(lines),
            _blocks(blocks),
            _numbers(pages),
            reader,
            title,
            date,
        )
        with self._lock:
            if path not in self._cache:
                self._cache[path] = document
                self._cached += len(document.text)
            while self._cached > _CACHED_CHARACTERS and len(self._cache) > 1:
                _, dropped = self._cache.popitem(last=False)
                self._cached -= len(dropped.text)
        return document

    def passage(self, identity: str) -> Passage:
        """The passage with the id; KeyError where there is none."""
        rows = self._query(f"{_PASSAGE} WHERE p.id = ?", identity)
        if not rows:
            raise KeyError(identity)
        return self._passage(rows[0])

    def passages_of(self, path: str, most: int = -1) -> list[Passage]:
        """The passages of a document in order, all or the first ``most``."""
        rows = self._query(f"{_PASSAGE} WHERE d.path = ? ORDER BY p.row LIMIT ?", path, most)
        return [self._passage(row) for row in rows]

    def at_rows(self, rows: Sequence[int]) -> list[Passage]:
        """The passages in these rows, in the order of ``rows``."""
        statement = f"{_PASSAGE_ROW} WHERE p.row IN (SELECT value FROM json_each(?))"  # noqa: S608
        found = {row[0]: row[1:] for row in self._query(statement, json.dumps(list(rows)))}
        return [self._passage(found[row]) for row in rows]

    def texts(self, rows: Sequence[int]) -> Iterator[tuple[int, str]]:
        """The passages in these rows in their contexts, by row; documents are not decoded."""
        statement = (
            "SELECT row, document, start, stop, context_text FROM passages"
            " WHERE row IN (SELECT value FROM json_each(?)) ORDER BY row"
        )
        last, text = -1, ""
        for row, document, start, stop, context in self._query(statement, json.dumps(list(rows))):
            if document != last:
                last = document
                text = self._query("SELECT text FROM documents WHERE number = ?", document)[0][0]
            yield row, in_context(context, text[start:stop])

    def ids(self) -> list[str]:
        """The ids of all passages in order of their rows."""
        return [identity for (identity,) in self._query("SELECT id FROM passages ORDER BY row")]

    def ids_of(self, rows: Sequence[int]) -> list[str]:
        """The ids of the passages in these rows."""
        statement = "SELECT row, id FROM passages WHERE row IN (SELECT value FROM json_each(?))"
        found = dict(self._query(statement, json.dumps(list(rows))))
        return [found[row] for row in rows]

    def rows_of(self, ids: Sequence[str]) -> dict[str, int]:
        """The rows of those of the ids that exist."""
        statement = "SELECT id, row FROM passages WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self._query(statement, json.dumps(list(ids))))

    def file_numbers(self) -> list[int]:
        """For each passage in order of rows, the number of its file in order of paths."""
        return [number for (number,) in self._query("SELECT document FROM passages ORDER BY row")]

    def characters(self) -> dict[str, int]:
        """How long the text of each document is, by path."""
        return dict(self._query("SELECT path, LENGTH(text) FROM documents"))

    def passage_counts(self) -> dict[str, tuple[int, int, int]]:
        """Number, first row and count of passages of each document, by path."""
        counts = {
            document: (row, count)
            for document, row, count in self._query(
                "SELECT document, MIN(row), COUNT(*) FROM passages GROUP BY document"
            )
        }
        return {
            path: (number, *counts.get(number, (0, 0))) for number, path in enumerate(self.paths)
        }

    def digests(self) -> NDArray[np.bytes_]:
        """The digest of each passage's text in its context (passages,), in order of rows."""
        found = no_digests(self.count)
        statement = "SELECT row, digest FROM passages WHERE row >= ? ORDER BY row LIMIT ?"
        for start in range(0, self.count, _AT_ONCE):
            for row, digest in self._query(statement, start, _AT_ONCE):
                found[row] = digest
        return found

    def _passage(self, row: tuple[Any, ...]) -> Passage:
        identity, path, start, stop, start_line, end_line, context, context_text, page = row
        text = self.document(path).text[start:stop]
        places = _numbers(context)
        spans = tuple(Span(*places[at : at + 4]) for at in range(0, len(places), 4))
        span = Span(start, stop, start_line, end_line)
        return Passage(identity, path, span, text, spans, context_text, page)

    def _query(self, statement: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.ProgrammingError:
            raise IndexUnusableError("The index was closed; open it again.") from None
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(f"The index's texts cannot be read: {error}.") from None


class _Documents(Mapping[str, Document]):
    """Documents by path, read when they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, path: str) -> Document:
        return self._store.document(path)

    def __contains__(self, path: object) -> bool:
        return path in self._store.known

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.paths)

    def __len__(self) -> int:
        return len(self._store.paths)


class _Passages(Mapping[str, Passage]):
    """Passages by id, read when they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, identity: str) -> Passage:
        return self._store.passage(identity)

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.ids())

    def __len__(self) -> int:
        return self._store.count


def _document_row(number: int, document: Document) -> tuple[object, ...]:
    return (
        number,
        document.path,
        document.sha256,
        document.encoding,
        document.size,
        _packed(document.line_starts),
        document.text,
        _packed_blocks(document.blocks),
        _packed(document.page_starts),
        document.reader,
        document.title,
        document.date,
    )


def no_digests(count: int = 0) -> NDArray[np.bytes_]:
    """Room for so many digests."""
    return np.zeros(count, dtype=f"S{DIGEST}")


def each_of(digests: NDArray[np.bytes_]) -> list[bytes]:
    """The digests one by one; numpy itself would take zeros off their ends."""
    packed = digests.tobytes()
    return [packed[at : at + DIGEST] for at in range(0, len(packed), DIGEST)]


def _passage_row(row: int, document: int, passage: Passage) -> tuple[object, ...]:
    span = passage.span
    places = [
        place
        for each in passage.context
        for place in (each.start, each.end, each.start_line, each.end_line)
    ]
    return (
        row,
        passage.id,
        document,
        span.start,
        span.end,
        span.start_line,
        span.end_line,
        hashlib.sha256(passage.in_context.encode()).digest()[:DIGEST],
        _packed(places),
        passage.context_text,
        passage.page,
    )


def _packed(numbers: Sequence[int]) -> bytes:
    return array("Q", numbers).tobytes()


def _numbers(packed: bytes) -> Sequence[int]:
    numbers = array("Q")
    numbers.frombytes(packed)
    return packed_numbers(numbers)


def _packed_blocks(blocks: Sequence[Block]) -> bytes:
    if isinstance(blocks, Blocks):
        return _IN_ARRAYS + blocks.to_bytes()
    fields = [[b.kind, b.start, b.end, b.level, b.label, b.under] for b in blocks]
    return zlib.compress(json.dumps(fields, separators=(",", ":")).encode(), 1)


def _blocks(packed: bytes) -> Sequence[Block]:
    if packed.startswith(_IN_ARRAYS):
        return Blocks.from_bytes(packed[len(_IN_ARRAYS) :])
    return tuple(
        Block(kind, start, end, level, label, tuple(under))
        for kind, start, end, level, label, under in json.loads(zlib.decompress(packed))
    )
