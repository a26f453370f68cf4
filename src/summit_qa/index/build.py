"""Builds the files of one generation: passages, vectors, Chroma and BM25.

The embedder sets the pace, so everything else runs beside it: Chroma is written on a thread, and
the process that will check the result starts early. A vector is kept by the digest of its text:
what the generation before already embedded is not embedded again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import IndexDamagedError
from summit_qa.index.bm25 import write_words
from summit_qa.index.cut import Cut
from summit_qa.index.dense import CHROMA_MOST, MOST_EQUAL, DenseWriter, hold_to, repeats
from summit_qa.index.generation import BM25, CHROMA, TEXTS, VECTORS, FileRecord, record_files
from summit_qa.index.partial import Partial
from summit_qa.index.reusable import NOTHING, Recipe, Reusable
from summit_qa.index.store import write_store
from summit_qa.index.unread import Unread
from summit_qa.models.encoding import Encoder, sized
from summit_qa.types import Document, Progress

_BLOCK = 64  # passages embedded between two reports of progress; what a kill costs at most
_AT_HAND = 16_384  # texts or vectors in memory at once
_CHECK_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: counts, the fingerprint of the encoder, and the record of the files."""

    passages: int
    embedded: int
    embedder: str
    files: Mapping[str, FileRecord]


def build(
    folder: Path,
    files: Sequence[Document | Unread],
    recipe: Recipe,
    encoder: Encoder,
    *,
    reusable: Reusable = NOTHING,
    progress: Progress | None = None,
) -> Built:
    """Build all files of a generation but its manifest; IndexDamagedError if it fails its check.

    With the recipe `Recipe.by_words` there are no vectors.
    """
    checker = _Checker(folder) if files else None
    writer: DenseWriter | None = None
    try:
        folder.mkdir(exist_ok=True)  # only now is there somebody to remove it if we die
        passages = Cut(files, recipe, reusable, progress)
        digests = passages.digests()
        embedded = 0
        if recipe.embedder:
            encoder = sized(encoder, len(passages))
            recipe = replace(recipe, embedder=encoder.fingerprint)
        if len(passages) and recipe.embedder:
            if len(passages) <= CHROMA_MOST and not recipe.remote:
                writer = DenseWriter(folder / CHROMA, len(passages))
            rows = _Rows(passages, digests, folder / VECTORS, writer)
            embedded = _embed(rows, encoder, reusable, progress)
            rows.finish()
        words, earlier = passages.words(), passages.earlier()
        write_words(folder / BM25, words, len(passages), passages.files, earlier)
        documents, new = passages.documents(), passages.new_passages()
        write_store(folder / TEXTS, documents, new, digests, passages.carried())
        if writer is not None:
            writer.finish()
            writer = None
            if repeats(np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)) > MOST_EQUAL:
                shutil.rmtree(folder / CHROMA)
        _flush(folder)
        if len(passages) and checker is not None:
            checker.check(len(passages))
        return Built(len(passages), embedded, recipe.embedder, record_files(folder))
    finally:
        if writer is not None:
            writer.abandon()
        if checker is not None:
            checker.close()


class _Rows:
    """The vectors of all passages, row by row as they come, in their file; Chroma's writer gets
    each, too."""

    def __init__(
        self, passages: Cut, digests: Sequence[bytes], file: Path, writer: DenseWriter | None
    ) -> None:
        self._passages = passages
        self._file = file
        self._writer = writer
        self._of: dict[bytes, list[int]] = {}
        for row, digest in enumerate(digests):
            self._of.setdefault(digest, []).append(row)
        self._waiting = dict.fromkeys(self._of)
        self._vectors: np.memmap[Any, np.dtype[np.float32]] | None = None

    def take(self, rows: Mapping[bytes, int], vectors: NDArray[np.float32]) -> None:
        """Those that exist already: the row of each digest among the vectors."""
        kept = [digest for digest in self._waiting if digest in rows]
        for start in range(0, len(kept), _AT_HAND):
            some = kept[start : start + _AT_HAND]
            self.place(some, np.asarray(vectors[[rows[digest] for digest in some]]))

    def take_block(self, digests: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Of a block of vectors by their digests, those that are waited for."""
        rows = {digest: at for at, digest in enumerate(digests) if digest in self._waiting}
        if rows:
            self.place(list(rows), vectors[list(rows.values())])

    def missing(self) -> list[bytes]:
        """The digests that have no vector yet, in order of their rows."""
        return sorted(self._waiting, key=lambda digest: self._of[digest][0])

    def texts(self, digests: Sequence[bytes]) -> list[tuple[bytes, str]]:
        """The texts of these digests; the longest, which need the most memory, first."""
        found = self._passages.texts([self._of[digest][0] for digest in digests])
        texts = [(digest, found[self._of[digest][0]]) for digest in digests]
        return sorted(texts, key=lambda it: -len(it[1]))

    def place(self, digests: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """The vectors of these texts, in every row that has the text."""
        if self._vectors is None:
            shape = len(self._passages), vectors.shape[1]
            self._vectors = np.lib.format.open_memmap(self._file, "w+", np.float32, shape)
        hold_to(self._vectors.shape[1], vectors)
        rows = [row for digest in digests for row in self._of[digest]]
        copies = [at for at, digest in enumerate(digests) for _ in self._of[digest]]
        self._vectors[rows] = vectors[copies]
        if self._writer is not None:
            self._writer.add(self._passages.passages(rows), vectors[copies])
        for digest in digests:
            del self._waiting[digest]

    def finish(self) -> None:
        """Write what is not in the file yet; to be called when none is missing."""
        assert self._vectors is not None
        assert not self._waiting
        self._vectors.flush()
        self._vectors = None


def _embed(rows: _Rows, encoder: Encoder, reusable: Reusable, progress: Progress | None) -> int:
    """Vectors for all rows, from before as far as there are any; how many texts are new."""
    if reusable.embedder == encoder.fingerprint:
        rows.take(reusable.rows, reusable.vectors)
    partial = None if reusable.partial is None else Partial(reusable.partial, encoder.fingerprint)
    if partial is not None:
        for digests, vectors in partial.blocks():
            rows.take_block(digests, vectors)
    missing, done = rows.missing(), 0
    if progress and missing:
        progress(0, len(missing), "passages embedded")
    for start in range(0, len(missing), _AT_HAND):
        texts = rows.texts(missing[start : start + _AT_HAND])
        for at in range(0, len(texts), _BLOCK):
            block = texts[at : at + _BLOCK]
            digests = [digest for digest, _ in block]
            made = encoder.embed_texts([text for _, text in block])
            rows.place(digests, made)
            if partial is not None:
                partial.add(digests, made)
            done += len(block)
            if progress:
                progress(done, len(missing), "passages embedded")
    return len(missing)


class _Checker:
    """The process that opens the generation first; it imports Chroma while we build.

    It removes the folder if we die.
    """

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "summit_qa.index.check", str(folder.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",  # Ctrl-C is for us; it outlives us for a moment
        )

    def check(self, passages: int) -> None:
        """Raise IndexDamagedError unless the process says that the generation is whole."""
        try:
            order = f"{passages}\n".encode()
            reply, _ = self._process.communicate(order, timeout=_CHECK_SECONDS)
            damage = json.loads(reply)["damage"]
        except subprocess.TimeoutExpired:
            damage = f"its check took more than {_CHECK_SECONDS} seconds"
        except (ValueError, OSError):
            damage = f"its check died (exit status {self._process.poll()})"
        if damage:
            raise IndexDamagedError(f"The new index failed its check ({damage}); try again.")

    def close(self) -> None:
        """End the process, if it still runs."""
        with suppress(OSError, ValueError):
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _flush(folder: Path) -> None:
    """Flush every file and folder to disk."""
    for at, _, names in os.walk(folder):
        for path in [*(Path(at) / name for name in names), Path(at)]:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


__all__ = ["NOTHING", "Built", "Recipe", "Reusable", "build"]
