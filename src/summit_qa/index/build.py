"""Builds the files of one generation: passages, BM25, vectors and Chroma.

Texts and words come first; what is embedded is read from there in blocks. The embedder sets the
pace, so Chroma is written on a thread beside it, and the process that will check the result starts
early. A vector is kept by the digest of its text:
what the generation before already embedded is not embedded again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import IndexDamagedError
from summit_qa.index.cut import write_texts
from summit_qa.index.dense import CHROMA_MOST, MOST_EQUAL, DenseWriter, hold_to, repeats
from summit_qa.index.found import File
from summit_qa.index.generation import CHROMA, TEXTS, VECTORS, FileRecord, record_files
from summit_qa.index.partial import Partial
from summit_qa.index.reusable import NOTHING, Recipe, Reusable
from summit_qa.index.store import Store, each_of
from summit_qa.models.encoding import Encoder, sized
from summit_qa.types import Progress

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
    files: Sequence[File],
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
        write_texts(folder, files, recipe, reusable, progress)
        with closing(Store(folder / TEXTS)) as store:
            passages, embedded = store.count, 0
            if recipe.embedder:
                encoder = sized(encoder, passages)
                recipe = replace(recipe, embedder=encoder.fingerprint)
            if passages and recipe.embedder:
                if passages <= CHROMA_MOST and not recipe.remote:
                    writer = DenseWriter(folder / CHROMA, passages)
                rows = _Rows(store, folder / VECTORS, writer)
                embedded = _embed(rows, encoder, reusable, progress)
                rows.finish()
        if writer is not None:
            writer.finish()
            writer = None
            if repeats(np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)) > MOST_EQUAL:
                shutil.rmtree(folder / CHROMA)
        _flush(folder)
        if passages and checker is not None:
            checker.check(passages)
        return Built(passages, embedded, recipe.embedder, record_files(folder))
    finally:
        if writer is not None:
            writer.abandon()
        if checker is not None:
            checker.close()


class _Rows:
    """The vectors of all passages, as they come, in their file; Chroma's writer gets each, too.

    Equal texts are one text, known by its number among the sorted digests.
    """

    def __init__(self, store: Store, file: Path, writer: DenseWriter | None) -> None:
        self._store = store
        self._file = file
        self._writer = writer
        digests = store.digests()
        self._rows = np.argsort(digests, kind="stable")  # of each text in turn, in order
        digests = digests[self._rows]
        self._begins = np.flatnonzero(np.append(digests[1:] != digests[:-1], True)) + 1
        self._begins = np.insert(self._begins, 0, 0)
        self._texts = digests[self._begins[:-1]]
        self._waiting = np.ones(len(self._texts), dtype=np.bool_)
        self._vectors: np.memmap[Any, np.dtype[np.float32]] | None = None

    def take(self, digests: NDArray[np.bytes_], vectors: NDArray[np.float32]) -> None:
        """Of vectors (n, dimensions) by the digests (n,) of their texts, those that are missing."""
        places = np.searchsorted(self._texts, digests)
        places[places == len(self._texts)] = 0
        found = np.flatnonzero((self._texts[places] == digests) & self._waiting[places])
        texts, first = np.unique(places[found], return_index=True)
        order = np.argsort(self._first(texts))
        for start in range(0, len(order), _AT_HAND):
            some = order[start : start + _AT_HAND]
            self.place(texts[some], np.asarray(vectors[found[first[some]]]))

    def missing(self) -> NDArray[np.integer]:
        """The texts that have no vector yet, in order of their rows."""
        texts = np.flatnonzero(self._waiting)
        return texts[np.argsort(self._first(texts))]

    def digests(self, texts: NDArray[np.integer]) -> list[bytes]:
        """The digests of these texts."""
        return each_of(self._texts[texts])

    def read(self, texts: NDArray[np.integer]) -> list[tuple[int, str]]:
        """These texts with their numbers; the longest, which need the most memory, first."""
        rows = self._first(texts).tolist()
        found = dict(self._store.texts(rows))
        pairs = zip(texts.tolist(), (found[row] for row in rows), strict=True)
        return sorted(pairs, key=lambda it: -len(it[1]))

    def place(self, texts: NDArray[np.integer], vectors: NDArray[np.float32]) -> None:
        """The vectors of these texts, in every row that has the text."""
        if self._vectors is None:
            shape = self._store.count, vectors.shape[1]
            self._vectors = np.lib.format.open_memmap(self._file, "w+", np.float32, shape)
        hold_to(self._vectors.shape[1], vectors)
        sizes = self._begins[texts + 1] - self._begins[texts]
        copies = np.repeat(np.arange(len(texts)), sizes)
        within = np.arange(len(copies)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rows = self._rows[np.repeat(self._begins[texts], sizes) + within]
        self._vectors[rows] = vectors[copies]
        if self._writer is not None:
            self._writer.add(self._store.at_rows(rows.tolist()), vectors[copies])
        self._waiting[texts] = False

    def finish(self) -> None:
        """Write what is not in the file yet; to be called when none is missing."""
        assert self._vectors is not None
        assert not self._waiting.any()
        self._vectors.flush()
        self._vectors = None

    def _first(self, texts: NDArray[np.integer]) -> NDArray[np.integer]:
        """The first row of each of these texts."""
        first: NDArray[np.integer] = self._rows[self._begins[texts]]
        return first


def _embed(rows: _Rows, encoder: Encoder, reusable: Reusable, progress: Progress | None) -> int:
    """Vectors for all rows, from before as far as there are any; how many texts are new."""
    if reusable.embedder == encoder.fingerprint:
        rows.take(reusable.digests, reusable.vectors)
    partial = None if reusable.partial is None else Partial(reusable.partial, encoder.fingerprint)
    if partial is not None:
        for digests, vectors in partial.blocks():
            rows.take(digests, vectors)
    missing, done = rows.missing(), 0
    if progress and len(missing):
        progress(0, len(missing), "passages embedded")
    for start in range(0, len(missing), _AT_HAND):
        texts = rows.read(missing[start : start + _AT_HAND])
        for at in range(0, len(texts), _BLOCK):
            block = texts[at : at + _BLOCK]
            numbers = np.array([number for number, _ in block])
            made = encoder.embed_texts([text for _, text in block])
            rows.place(numbers, made)
            if partial is not None:
                partial.add(rows.digests(numbers), made)
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
