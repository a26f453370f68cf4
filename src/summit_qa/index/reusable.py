"""What a new generation takes from the one before, so that only what changed is made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.passages import CHUNKING_VERSION
from summit_qa.errors import IndexDamagedError
from summit_qa.index.bm25 import TERMS_FILE
from summit_qa.index.found import File
from summit_qa.index.generation import BM25, TEXTS, VECTORS, FileRecord, Manifest, damaged_files
from summit_qa.index.store import Store, no_digests
from summit_qa.models.encoding import Encoder, sized

_WORDS = f"{BM25}/{TERMS_FILE}"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides how a text becomes passages and vectors."""

    embedder: str  # fingerprint
    passage_chars: int
    chunking: str
    remote: bool = False  # whether the vectors go to a server, instead of Chroma's files

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
        if _WORDS not in manifest.files:
            return "The way words are looked up changed"
        if manifest.embedder and manifest.passages and manifest.remote != self.remote:
            return "The place of the vectors changed"
        return None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the generation before: its number there, its first passage's row, how many."""

    sha256: str
    reader: str
    number: int
    row: int
    passages: int


def _no_vectors() -> NDArray[np.float32]:
    return np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Reusable:
    """What was made before: texts, words and vectors of a generation, and loose vectors."""

    store: Store | None = None
    files: Mapping[str, Kept] = field(default_factory=dict)  # by path
    recipe: tuple[int, str] = (0, "")  # how the passages were cut
    words: Path | None = None  # the folder of BM25, where it is whole
    digests: NDArray[np.bytes_] = field(default_factory=no_digests)  # of the texts by the rows of
    vectors: NDArray[np.float32] = field(default_factory=_no_vectors)  # their vectors
    embedder: str = ""
    partial: Path | None = None  # where vectors are kept while they are made (`Partial`)

    @classmethod
    def from_generation(cls, folder: Path, manifest: Manifest) -> Self | None:
        """What can be kept of a generation; None where the files that hold it are damaged."""
        needed = {name: manifest.files[name] for name in (TEXTS, VECTORS) if name in manifest.files}
        if TEXTS not in needed or _is_damaged(folder, manifest, needed):
            return None
        try:
            store = Store(folder / TEXTS)  # closed when the last who needs it is done
            held = store.passage_counts()
            files = {
                path: Kept(source.sha256, source.reader, *held[path])
                for path, source in manifest.sources.items()
            }
            digests = store.digests() if VECTORS in needed else no_digests()
        except (IndexDamagedError, KeyError):
            return None
        vectors = _no_vectors()
        if VECTORS in needed:
            vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
        recipe = manifest.passage_chars, manifest.chunking
        words = {name: it for name, it in manifest.files.items() if name.startswith(BM25)}
        whole = _WORDS in words and not _is_damaged(folder, manifest, words)
        kept = folder / BM25 if whole else None
        return cls(store, files, recipe, kept, digests, vectors, manifest.embedder)

    def with_vectors_of(self, other: Reusable) -> Reusable:
        """These texts and words, with the vectors of another generation."""
        vectors, embedder = other.vectors, other.embedder
        return replace(self, digests=other.digests, vectors=vectors, embedder=embedder)

    @property
    def texts(self) -> Store:
        """The store, which there is where a file is kept."""
        assert self.store is not None
        return self.store

    def kept(self, file: File, recipe: Recipe) -> Kept | None:
        """The file as it is in the store, where it would be read and cut as it was."""
        if self.recipe != (recipe.passage_chars, recipe.chunking):
            return None
        kept = self.files.get(file.path)
        source = file.source
        same = kept is not None and (kept.sha256, kept.reader) == (source.sha256, source.reader)
        return kept if same else None


NOTHING = Reusable()


def _is_damaged(folder: Path, manifest: Manifest, needed: Mapping[str, FileRecord]) -> bool:
    return bool(damaged_files(folder, replace(manifest, files=needed)))
