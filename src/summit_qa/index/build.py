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
from dataclasses import dataclass, field, replace
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

    def by_words(self) -> Recipe:
        """The same without vectors: what it makes names no embedder."""
        return replace(self, embedder="")

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
    """What was made before: passages, words and vectors of a generation, and loose vectors."""

    passages: Mapping[str, tuple[str, list[Passage]]] = field(default_factory=dict)
    """By path: the sha256 of the file, and its passages."""
    recipe: tuple[int, str] = (0, "")  # how the passages were cut
    words: Path | None = None  # the folder of BM25, where it is whole
    rows: Mapping[bytes, int] = field(default_factory=dict)  # digest of a text: row of its vector
    vectors: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    embedder: str = ""
    partial: Path | None = None  # where vectors are kept while they are made (`Partial`)

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

    def with_vectors_of(self, other: Reusable) -> Reusable:
        """These passages and words, with the vectors of another generation."""
        return replace(self, rows=other.rows, vectors=other.vectors, embedder=other.embedder)

    def cut(self, document: Document, recipe: Recipe) -> list[Passage] | None:
        """The passages of the document, where they would be cut as they were before."""
        if self.recipe != (recipe.passage_chars, recipe.chunking):
            return None
        sha256, passages = self.passages.get(document.path, ("", []))
        return passages if sha256 == document.sha256 else None


NOTHING = Reusable()


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
    reusable: Reusable = NOTHING,
    progress: Progress | None = None,
) -> Built:
    """Build all files of a generation but its manifest; IndexDamagedError if it fails its check.

    With the recipe `Recipe.by_words` there are no vectors.
    """
    checker = _Checker(folder) if documents else None
    writer: DenseWriter | None = None
    try:
        folder.mkdir(exist_ok=True)  # only now is there somebody to remove it if we die
        passages = _passages(documents, recipe, reusable, progress)
        digests = [hashlib.sha256(p.in_context.encode()).digest()[:16] for p in passages]
        embedded = 0
        if recipe.embedder:
            encoder = sized(encoder, len(passages))
            recipe = replace(recipe, embedder=encoder.fingerprint)
        if passages and recipe.embedder:
            if len(passages) <= CHROMA_MOST:
                writer = DenseWriter(folder / CHROMA, len(passages))
            rows = _Rows(passages, digests, writer)
            embedded = _embed(rows, encoder, reusable, progress)
            np.save(folder / VECTORS, rows.vectors(), allow_pickle=False)
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


def _passages(
    documents: Sequence[Document],
    recipe: Recipe,
    reusable: Reusable,
    progress: Progress | None,
) -> list[Passage]:
    """The passages of all documents, cut anew only where the document changed."""
    found: list[Passage] = []
    for done, document in enumerate(documents, 1):
        kept = reusable.cut(document, recipe)
        found += passages_of(document, recipe.passage_chars) if kept is None else kept
        if progress:
            progress(done, len(documents), "files cut into passages")
    return found


def _write_words(
    folder: Path,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    recipe: Recipe,
    reusable: Reusable,
) -> None:
    """BM25 of passages and files; postings of files that are as they were are taken over."""
    held: dict[str, list[Passage]] = {document.path: [] for document in documents}
    for passage in passages:
        held[passage.path].append(passage)
    begins = dict(zip(held, np.cumsum([0, *map(len, held.values())])[:-1].tolist(), strict=True))
    earlier: Earlier | None = None
    staying: dict[str, int] = {}
    if reusable.words is not None:
        staying = {
            document.path: number
            for number, document in enumerate(documents)
            if reusable.cut(document, recipe) is not None
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


class _Rows:
    """The vectors of all passages, row by row as they come; Chroma's writer gets each, too."""

    def __init__(
        self, passages: Sequence[Passage], digests: Sequence[bytes], writer: DenseWriter | None
    ) -> None:
        self._passages = passages
        self._writer = writer
        self._of: dict[bytes, list[int]] = {}
        for row, digest in enumerate(digests):
            self._of.setdefault(digest, []).append(row)
        self._waiting = dict.fromkeys(self._of)
        self._vectors: NDArray[np.float32] | None = None

    def take(self, rows: Mapping[bytes, int], vectors: NDArray[np.float32]) -> None:
        """Those that exist already: the row of each digest among the vectors."""
        if kept := [digest for digest in self._waiting if digest in rows]:
            self.place(kept, np.asarray(vectors[[rows[digest] for digest in kept]]))

    def missing(self) -> dict[bytes, str]:
        """The texts that have no vector yet, the longest, which need the most memory, first."""
        texts = {digest: self._passages[self._of[digest][0]].in_context for digest in self._waiting}
        return dict(sorted(texts.items(), key=lambda item: len(item[1]), reverse=True))

    def place(self, digests: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """The vectors of these texts, in every row that has the text."""
        if self._vectors is None:
            self._vectors = np.empty((len(self._passages), vectors.shape[1]), dtype=np.float32)
        rows = [row for digest in digests for row in self._of[digest]]
        copies = [at for at, digest in enumerate(digests) for _ in self._of[digest]]
        self._vectors[rows] = vectors[copies]
        if self._writer is not None:
            self._writer.add([self._passages[row] for row in rows], vectors[copies])
        for digest in digests:
            del self._waiting[digest]

    def vectors(self) -> NDArray[np.float32]:
        """All of them, (passages, dimensions); to be asked for when none is missing."""
        assert self._vectors is not None
        assert not self._waiting
        return self._vectors


def _embed(rows: _Rows, encoder: Encoder, reusable: Reusable, progress: Progress | None) -> int:
    """Vectors for all rows, from before as far as there are any; how many texts are new."""
    if reusable.embedder == encoder.fingerprint:
        rows.take(reusable.rows, reusable.vectors)
    partial = None if reusable.partial is None else Partial(reusable.partial, encoder.fingerprint)
    if partial is not None:
        rows.take(*partial.read())
    missing = list(rows.missing().items())
    if progress and missing:
        progress(0, len(missing), "passages embedded")
    for start in range(0, len(missing), _BLOCK):
        block = missing[start : start + _BLOCK]
        digests = [digest for digest, _ in block]
        made = encoder.embed_texts([text for _, text in block])
        rows.place(digests, made)
        if partial is not None:
            partial.add(digests, made)
        if progress:
            progress(start + len(block), len(missing), "passages embedded")
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


__all__ = ["NOTHING", "Built", "Recipe", "Reusable", "build"]
