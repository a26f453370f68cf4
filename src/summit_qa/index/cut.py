"""The passages of a generation that is built: cut anew, or rows of the generation before.

What is kept stays in the store of before until somebody needs its text: a folder of 19,000 files
of which one changed is not decoded for it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.called import called
from summit_qa.documents.passages import passages_of
from summit_qa.index.bm25 import Earlier, Words
from summit_qa.index.reusable import Kept, Recipe, Reusable
from summit_qa.index.store import Carried, Store
from summit_qa.index.unread import Unread
from summit_qa.types import Document, Passage, Progress

TEXTS_AT_ONCE = 16_384  # passages whose texts are in memory: some 14 MB


@dataclass(frozen=True, slots=True)
class _File:
    """A file: its number, the row of its first passage, and what it consists of or is kept as."""

    number: int
    row: int
    file: Document | Unread
    passages: Sequence[Passage]
    kept: Kept | None

    def document(self) -> Document:
        return self.file.document() if isinstance(self.file, Unread) else self.file


class Cut:
    """The passages of all files, in order of rows."""

    def __init__(
        self,
        files: Sequence[Document | Unread],
        recipe: Recipe,
        reusable: Reusable,
        progress: Progress | None = None,
    ) -> None:
        """``files`` are in order of path; those that ``reusable`` holds are not cut again."""
        self._reusable = reusable
        self._files: list[_File] = []
        before: list[NDArray[np.int64]] = []
        row = 0
        for number, file in enumerate(files):
            kept = reusable.kept(file, recipe)
            made = _File(number, row, file, (), kept)
            if kept is None:
                passages = passages_of(made.document(), recipe.passage_chars)
                made = _File(number, row, file, passages, None)
                rows = np.full(len(passages), -1, dtype=np.int64)
            else:
                rows = np.arange(kept.row, kept.row + kept.passages, dtype=np.int64)
            self._files.append(made)
            before.append(rows)
            row += len(rows)
            if progress:
                progress(number + 1, len(files), "files cut into passages")
        self._begins = [made.row for made in self._files]
        self._before = np.concatenate([np.zeros(0, dtype=np.int64), *before])

    def __len__(self) -> int:
        return len(self._before)

    @property
    def files(self) -> int:
        """How many files there are."""
        return len(self._files)

    def digests(self) -> list[bytes]:
        """The digest of each passage in its context."""
        any_kept = any(made.kept for made in self._files)
        before = self._store.digests() if any_kept else []
        found: list[bytes] = []
        for made in self._files:
            if made.kept is None:
                found += map(_digest, made.passages)
            else:
                found += before[made.kept.row : made.kept.row + made.kept.passages]
        return found

    def texts(self, rows: Sequence[int]) -> dict[int, str]:
        """The passages in these rows in their contexts, by row."""
        found = {row: self._new(row).in_context for row in rows if self._before[row] < 0}
        kept = {int(self._before[row]): row for row in rows if row not in found}
        if kept:
            found |= {kept[row]: text for row, text in self._store.texts(sorted(kept))}
        return found

    def longest_first(self, rows: Sequence[int]) -> list[int]:
        """The rows by the length of their texts, and where these are as long in order."""
        long = np.zeros(len(rows), dtype=np.int64)
        for at in range(0, len(rows), TEXTS_AT_ONCE):
            texts = self.texts(rows[at : at + TEXTS_AT_ONCE])
            long[at : at + len(texts)] = [len(texts[row]) for row in rows[at : at + len(texts)]]
        order = np.lexsort((np.array(rows, dtype=np.int64), -long))
        return [rows[at] for at in order]

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages in these rows."""
        kept = [row for row in rows if self._before[row] >= 0]
        old = self._store.at_rows(self._before[kept].tolist()) if kept else []
        found = dict(zip(kept, old, strict=True))
        return [found[row] if row in found else self._new(row) for row in rows]

    def _new(self, row: int) -> Passage:
        """The passage in a row that is not kept."""
        made = self._files[bisect_right(self._begins, row) - 1]
        return made.passages[row - made.row]

    def earlier(self) -> Earlier | None:
        """The words of before, and where what they are of stands now."""
        reusable = self._reusable
        if reusable.words is None:
            return None
        staying = [made for made in self._files if made.kept is not None]
        files = np.full(len(reusable.files), -1, dtype=np.int64)
        files[[made.kept.number for made in staying if made.kept]] = [it.number for it in staying]
        count = sum(kept.passages for kept in reusable.files.values())
        rows = np.full(count, -1, dtype=np.int64)
        now = np.flatnonzero(self._before >= 0)
        rows[self._before[now]] = now
        return Earlier(reusable.words, rows, files)

    def words(self) -> Iterator[Words]:
        """The files whose words have to be indexed."""
        for made in self._files:
            if made.kept is None or self._reusable.words is None:
                passages = made.passages
                if made.kept is not None:
                    passages = self._store.passages_of(made.file.path)
                yield Words(made.number, called(made.document()), passages, made.row)

    def documents(self) -> Iterator[tuple[int, Document]]:
        """Numbers and documents of what is not kept."""
        return ((it.number, it.document()) for it in self._files if it.kept is None)

    def new_passages(self) -> Iterator[tuple[int, int, Passage]]:
        """Row, file and passage of each that is not kept."""
        for made in self._files:
            for row, passage in enumerate(made.passages, made.row):
                yield row, made.number, passage

    def carried(self) -> Carried | None:
        """What the new store takes over as it is, if anything."""
        files = [
            (made.kept.number, made.number, made.row - made.kept.row)
            for made in self._files
            if made.kept is not None
        ]
        if not files:
            return None
        alike = len(files) == len(self._files) == len(self._reusable.files)
        return Carried(self._store.file, files, alike and all(a == b for a, b, _ in files))

    @property
    def _store(self) -> Store:
        assert self._reusable.store is not None
        return self._reusable.store


def _digest(passage: Passage) -> bytes:
    return hashlib.sha256(passage.in_context.encode()).digest()[:16]
