"""A generation in memory: made in milliseconds, for corpora that are altered on purpose."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.called import called
from summit_qa.documents.passages import passages_of
from summit_qa.index.bm25 import BM25Index, Words, WordsWriter
from summit_qa.index.generation import WordScores
from summit_qa.models.encoding import Encoder
from summit_qa.settings import Settings
from summit_qa.types import Document, Models, Passage, Progress, Skipped, SyncReport

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant


class Vectors:
    """Remembers the vectors of texts, so that only what was changed is embedded again."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, dimensions)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self.encoder.embed_texts(new), strict=True))
        return np.array([self._known[text] for text in texts], dtype=np.float32)


class MemoryGeneration:
    """Answers as `generation.Generation` does: same passages, same scores, same order."""

    id = "memory"
    created = ""
    size_bytes = 0
    skipped: tuple[Skipped, ...] = ()
    missed = 0  # searches: nothing here can be out of reach

    def __init__(
        self, documents: Sequence[Document], vectors: Vectors, passage_chars: int = 800
    ) -> None:
        self.documents: Mapping[str, Document] = {
            document.path: document for document in sorted(documents, key=lambda it: it.path)
        }
        self.embedder = vectors.encoder.fingerprint
        found = [p for d in self.documents.values() for p in passages_of(d, passage_chars)]
        self.passages: Mapping[str, Passage] = {passage.id: passage for passage in found}
        self._ids = list(self.passages)
        self._rows = {identity: row for row, identity in enumerate(self._ids)}
        self._matrix = vectors.of([passage.in_context for passage in found])
        self._folder = tempfile.TemporaryDirectory(prefix="summit-qa-")
        words, sizes = WordsWriter(Path(self._folder.name) / "bm25"), list[int]()
        row = 0
        for number, (path, document) in enumerate(self.documents.items()):
            held = self.passages_of(path)
            words.add(Words(number, called(document), held, row))
            sizes.append(len(held))
            row += len(held)
        self._numbers = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        words.write(row, len(sizes))
        words.close()
        self._bm25 = BM25Index(Path(self._folder.name) / "bm25")

    def __len__(self) -> int:
        """How many passages it has."""
        return len(self._ids)

    def passages_of(self, path: str) -> list[Passage]:
        """The passages of a document, in order."""
        return [passage for passage in self.passages.values() if passage.path == path]

    def bm25(self, query: str, k: int) -> list[tuple[str, float]]:
        """Ids and BM25 scores of the k best passages."""
        return [(self._ids[row], score) for row, score in self._bm25.search(query, k)]

    def word_scores(self, query: str) -> WordScores:
        """BM25 of all passages, and of the whole file that each stands in."""
        files = self._bm25.file_scores(query)[self._numbers]
        return WordScores(self._bm25.scores(query), files, self._numbers)

    def rows_with(self, term: str) -> NDArray[np.integer]:
        """The rows of the passages that hold a term, in order."""
        return self._bm25.rows_with(term)

    def rows_of(self, ids: Sequence[str]) -> list[int]:
        """The rows of passages."""
        return [self._rows[identity] for identity in ids]

    def at_rows(self, rows: Sequence[int]) -> list[Passage]:
        """The passages in these rows."""
        return [self.passages[self._ids[row]] for row in rows]

    def cosines(self, vector: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        """Cosines of the passages in these rows."""
        found: NDArray[np.float32] = self._matrix[list(rows)] @ vector
        return found

    def dense(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Ids and cosine similarities of the k passages nearest to the vector."""
        if not self._ids or k < 1:
            return []
        cosines = self._matrix @ vector
        order = sorted(range(len(cosines)), key=lambda row: (-round(float(cosines[row]), 6), row))
        return [(self._ids[row], float(cosines[row])) for row in order[:k]]

    def close(self) -> None:
        """Remove its files."""
        self._folder.cleanup()


class MemoryIndex:
    """Serves one generation in memory; there is nothing to sync."""

    def __init__(self, generation: MemoryGeneration, encoder: Encoder) -> None:
        self._generation = generation
        self.encoder = encoder

    def current(self) -> MemoryGeneration:
        """The generation."""
        return self._generation

    def sync(self, corpus: Path, *, progress: Progress | None = None) -> SyncReport:
        """Nothing."""
        return SyncReport()

    def close(self) -> None:
        """Remove the generation's files."""
        self._generation.close()


def memory_assistant(
    documents: Sequence[Document],
    vectors: Vectors,
    settings: Settings,
    models: Models,
) -> Assistant:
    """An assistant over documents that stand in no folder."""
    from summit_qa.assistant import Assistant

    index = MemoryIndex(
        MemoryGeneration(documents, vectors, settings.passage_chars), vectors.encoder
    )
    return Assistant(settings, index, models, SyncReport())  # type: ignore[arg-type]
