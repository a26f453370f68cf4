"""Builds the files of one generation: passages, vectors, Chroma and BM25.

The embedder sets the pace, so everything else runs beside it: Chroma is written on a thread, and
the process that will check the result starts early. A vector is kept by the digest of its text:
what the generation before already embedded is not embedded again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.called import called
from summit_qa.documents.passages import CHUNKING_VERSION, passages_of
from summit_qa.errors import IndexDamagedError
from summit_qa.index.bm25 import Earlier, Words, write_words
from summit_qa.index.dense import CHROMA_MOST, MOST_EQUAL, DenseWriter, repeats
from summit_qa.index.generation import BM25 as BM25_FOLDER
from summit_qa.index.generation import (
    CHROMA,
    CHROMA_DATABASE,
    TEXTS,
    VECTORS,
    FileRecord,
    Manifest,
    damaged_files,
    record_files,
)
from summit_qa.index.partial import Partial
from summit_qa.index.store import Store, write_store
from summit_qa.models.encoding import Encoder, sized
from summit_qa.types import Document, Passage, Progress

_BLOCK = 256  # passages embedded between two reports of progress
_CHECK_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides how a text becomes passages and vectors."""

    embedder: str  # fingerprint
    passage_chars: int
    chunking: str

    @classmethod
    def of(cls, encoder: Encoder, passage_chars: int, passages: int = 0) -> Self:
        """The recipe that this program follows now for a folder of so many passages."""
        return cls(sized(encoder, passages).fingerprint, passage_chars, CHUNKING_VERSION)

    def made(self, manifest: Manifest, *, vectors: bool = True) -> bool:
        """Whether the generation was made in this way; without ``vectors`` words are enough."""
        if not manifest.embedder and vectors:
            return False
        return self.difference(manifest) is None

    def difference(self, manifest: Manifest) -> str | None:
        """In words, how the generation was made differently."""
        if manifest.embedder not in ("", self.embedder):
            return "The embedder changed"
        if manifest.passage_chars != self.passage_chars:
            return f"The passage size changed from {manifest.passage_chars} to {self.passage_chars}"
        if manifest.chunking != self.chunking:
            return "The way passages are cut changed"
        return None


@dataclass(frozen=True, slots=True)
class Reusable:
    """Passages and vectors of the generation before."""

    passages: Mapping[str, tuple[str, list[Passage]]]  # path: sha256 of the file, its passages
    recipe: tuple[int, str]  # how the passages were cut
    words: Path | None  # the folder of BM25, where it is whole
    rows: Mapping[bytes, int]  # digest of a text: row of its vector
    vectors: NDArray[np.float32]
    embedder: str

    @classmethod
    def from_generation(cls, folder: Path, manifest: Manifest) -> Self | None:
        """What can be kept of a generation; None where the files that hold it are damaged."""
        needed = {name: manifest.files[name] for name in (TEXTS, VECTORS) if name in manifest.files}
        if TEXTS not in needed or _is_damaged(folder, manifest, needed):
            return None
        try:
            store = Store(folder / TEXTS)
        except IndexDamagedError:
            return None
        try:
            passages = {
                path: (source.sha256, store.passages_of(path))
                for path, source in manifest.sources.items()
            }
            rows = store.digests()
        except IndexDamagedError:
            return None
        finally:
            store.close()
        vectors = np.zeros((0, 0), dtype=np.float32)
        if VECTORS in needed:
            vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
        else:
            rows = {}
        recipe = manifest.passage_chars, manifest.chunking
        words = {name: it for name, it in manifest.files.items() if name.startswith(BM25_FOLDER)}
        kept = None if _is_damaged(folder, manifest, words) else folder / BM25_FOLDER
        return cls(passages, recipe, kept, rows, vectors, manifest.embedder)

    def with_vectors_of(self, other: Reusable | None) -> Reusable:
        """These passages and words, with the vectors of another generation."""
        if other is None:
            return self
        return replace(self, rows=other.rows, vectors=other.vectors, embedder=other.embedder)


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: counts, the fingerprint of the encoder, and the record of the files."""

    passages: int
    embedded: int
    embedder: str
    files: Mapping[str, FileRecord]


def build(
    folder: Path,
    documents: Sequence[Document],
    recipe: Recipe,
    encoder: Encoder,
    *,
    reusable: Reusable | None = None,
    progress: Progress | None = None,
    vectors: bool = True,
    partial: Path | None = None,
) -> Built:
    """Build all files of a generation but its manifest; IndexDamagedError if it fails its check.

    Without ``vectors`` it can be searched by words alone, and names no encoder. New vectors are
    kept in the folder ``partial`` until the whole is published (`Partial`).
    """
    checker = _Checker(folder) if documents else None
    writer: DenseWriter | None = None
    try:
        folder.mkdir(exist_ok=True)  # only now is there somebody to remove it if we die
        passages = _passages(documents, recipe, reusable, progress)
        digests = [hashlib.sha256(p.in_context.encode()).digest()[:16] for p in passages]
        embedded = 0
        encoder = sized(encoder, len(passages))
        recipe = replace(recipe, embedder=encoder.fingerprint if vectors else "")
        if passages and vectors:
            if len(passages) <= CHROMA_MOST:
                writer = DenseWriter(folder / CHROMA, len(passages))
            known = _Vectors.of(recipe.embedder, reusable, partial)
            embedded = _embed(folder, passages, digests, encoder, known, writer, progress)
        _write_words(folder, documents, passages, recipe, reusable)
        write_store(folder / TEXTS, documents, passages, digests)
        if writer is not None:
            writer.finish()
            writer = None
            if repeats(np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)) > MOST_EQUAL:
                shutil.rmtree(folder / CHROMA)
        _flush(folder)
        if passages and checker is not None:
            checker.check(len(passages))
        return Built(len(passages), embedded, recipe.embedder, record_files(folder))
    finally:
        if writer is not None:
            writer.abandon()
        if checker is not None:
            checker.close()


def _kept(document: Document, recipe: Recipe, reusable: Reusable | None) -> list[Passage] | None:
    """The passages of the document as they were cut before, if they would be cut so again."""
    if reusable is None or reusable.recipe != (recipe.passage_chars, recipe.chunking):
        return None
    sha256, passages = reusable.passages.get(document.path, ("", []))
    return passages if sha256 == document.sha256 else None


def _passages(
    documents: Sequence[Document],
    recipe: Recipe,
    reusable: Reusable | None,
    progress: Progress | None,
) -> list[Passage]:
    """The passages of all documents, cut anew only where the document changed."""
    found: list[Passage] = []
    for done, document in enumerate(documents, 1):
        kept = _kept(document, recipe, reusable)
        found += passages_of(document, recipe.passage_chars) if kept is None else kept
        if progress:
            progress(done, len(documents), "files cut into passages")
    return found


def _write_words(
    folder: Path,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    recipe: Recipe,
    reusable: Reusable | None,
) -> None:
    """BM25 of passages and files; postings of files that are as they were are taken over."""
    held: dict[str, list[Passage]] = {document.path: [] for document in documents}
    for passage in passages:
        held[passage.path].append(passage)
    begins = dict(zip(held, np.cumsum([0, *map(len, held.values())])[:-1].tolist(), strict=True))
    earlier: Earlier | None = None
    staying: dict[str, int] = {}
    if reusable is not None and reusable.words is not None:
        staying = {
            document.path: number
            for number, document in enumerate(documents)
            if _kept(document, recipe, reusable) is not None
        }
        files = np.array([staying.get(path, -1) for path in reusable.passages], dtype=np.int64)
        rows = [
            np.arange(len(cut)) + begins[path] if path in staying else np.full(len(cut), -1)
            for path, (_, cut) in reusable.passages.items()
        ]
        earlier = Earlier(
            reusable.words, np.concatenate([np.zeros(0, dtype=np.int64), *rows]), files
        )
    new = (
        Words(number, called(document), held[document.path], begins[document.path])
        for number, document in enumerate(documents)
        if document.path not in staying
    )
    write_words(folder / BM25_FOLDER, new, len(passages), len(documents), earlier)


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Vectors that exist already: rows by digest in several arrays; and where new ones are kept."""

    held: Sequence[tuple[Mapping[bytes, int], NDArray[np.float32]]]
    partial: Partial | None

    @classmethod
    def of(cls, embedder: str, reusable: Reusable | None, partial: Path | None) -> Self:
        """Those of the generation before, and those that a build before this one has left."""
        held = []
        if reusable is not None and reusable.embedder == embedder:
            held.append((reusable.rows, reusable.vectors))
        left = None if partial is None else Partial(partial, embedder)
        if left is not None:
            held.append(left.read())
        return cls(held, left)


def _embed(
    folder: Path,
    passages: Sequence[Passage],
    digests: Sequence[bytes],
    encoder: Encoder,
    known: _Vectors,
    writer: DenseWriter | None,
    progress: Progress | None,
) -> int:
    """Vectors for all passages, to the writer and to ``vectors.npy``; how many are new."""
    rows_of: dict[bytes, list[int]] = {}
    for row, digest in enumerate(digests):
        rows_of.setdefault(digest, []).append(row)
    vectors: NDArray[np.float32] | None = None

    def place(placed: Sequence[bytes], made: NDArray[np.float32]) -> None:
        nonlocal vectors
        if vectors is None:
            vectors = np.empty((len(passages), made.shape[1]), dtype=np.float32)
        rows = [row for digest in placed for row in rows_of[digest]]
        copies = [at for at, digest in enumerate(placed) for _ in rows_of[digest]]
        vectors[rows] = made[copies]
        if writer is not None:
            writer.add([passages[row] for row in rows], made[copies])

    waiting = dict.fromkeys(rows_of)
    for rows, before in known.held:
        if kept := [digest for digest in waiting if digest in rows]:
            place(kept, np.asarray(before[[rows[digest] for digest in kept]]))
            for digest in kept:
                del waiting[digest]
    missing = sorted(
        waiting,
        key=lambda digest: len(passages[rows_of[digest][0]].in_context),
        reverse=True,  # the longest first: it is the block that needs the most memory
    )
    if progress and missing:
        progress(0, len(missing), "passages embedded")
    for start in range(0, len(missing), _BLOCK):
        block = missing[start : start + _BLOCK]
        made = encoder.embed_texts([passages[rows_of[digest][0]].in_context for digest in block])
        place(block, made)
        if known.partial is not None:
            known.partial.add(block, made)
        if progress:
            progress(min(start + _BLOCK, len(missing)), len(missing), "passages embedded")
    assert vectors is not None
    np.save(folder / VECTORS, vectors, allow_pickle=False)
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


def _is_damaged(folder: Path, manifest: Manifest, needed: Mapping[str, FileRecord]) -> bool:
    return bool(damaged_files(folder, replace(manifest, files=needed)))


def _flush(folder: Path) -> None:
    """Flush every file and folder to disk."""
    for at, _, names in os.walk(folder):
        for path in [*(Path(at) / name for name in names), Path(at)]:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


__all__ = ["CHROMA_DATABASE", "Built", "Recipe", "Reusable", "build"]
