"""Some files of a generation, searched as if the others were not there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from summit_qa.index.generation import Generation, WordScores
from summit_qa.types import Document, Passage


class Within:
    """The passages of the chosen files of a generation, as what a search looks at."""

    def __init__(self, generation: Generation, files: Collection[str]) -> None:
        """``files`` that the generation does not have are left out."""
        self._generation = generation
        self._rows = generation.rows_of_files(files)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def documents(self) -> Mapping[str, Document]:
        """All documents of the folder by path."""
        return self._generation.documents

    def word_scores(self, query: str) -> WordScores:
        """BM25 as in the whole folder; nothing for what is not chosen."""
        scores = self._generation.word_scores(query)
        chosen = np.zeros(len(scores.passages), dtype=bool)
        chosen[self._rows] = True
        return replace(
            scores,
            passages=np.where(chosen, scores.passages, 0).astype(np.float32),
            files=np.where(chosen, scores.files, 0).astype(np.float32),
        )

    def rows_with(self, term: str) -> NDArray[np.integer]:
        """The chosen passages that hold the term."""
        return np.intersect1d(self._generation.rows_with(term), self._rows)

    def dense(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Ids and cosines of the k nearest of the chosen passages: all of them are looked at."""
        if not len(self._rows):
            return []
        cosines = self._generation.cosines(vector, self._rows.tolist())
        order = np.argsort(-np.round(cosines, 6), kind="stable")[:k]
        found = self._generation.at_rows(self._rows[order].tolist())
        return [(passage.id, float(cosines[at])) for passage, at in zip(found, order, strict=True)]

    def cosines(self, vector: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        """Cosines of the passages in these rows."""
        return self._generation.cosines(vector, rows)

    def rows_of(self, ids: Sequence[str]) -> list[int]:
        """The rows of passages."""
        return self._generation.rows_of(ids)

    def at_rows(self, rows: Sequence[int]) -> list[Passage]:
        """The passages in these rows."""
        return self._generation.at_rows(rows)
