"""BM25 over passages: bm25s for the scores, English stems for the words.

Stop words are kept in the index and left out of a query, unless it holds nothing else: so a text
of stop words alone can still be found.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from summit_qa.errors import IndexDamagedError
from summit_qa.language.lexicon import STOPWORDS, stem, words


def write_bm25(folder: Path, texts: Iterable[str]) -> None:
    """Index the texts, in order, into the folder; nothing is pickled."""
    tokens = [[stem(word) for word in words(text)] for text in texts]
    folder.mkdir()
    if not any(tokens):
        return  # nothing but punctuation: there is no word to find
    bm25 = _library().BM25()
    bm25.index(tokens, show_progress=False)
    bm25.save(folder, show_progress=False)


def _library() -> Any:
    """bm25s, which sets its own logger to DEBUG when it is imported, made quiet again."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s


class BM25Index:
    """Reads what ``write_bm25`` wrote; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self._bm25: Any = None
        if not any(folder.iterdir()):
            return
        library = _library()
        try:
            self._bm25 = library.BM25.load(folder, mmap=True, load_corpus=False)
        except Exception as error:  # whatever a damaged file makes it raise
            raise IndexDamagedError(f"bm25 cannot be read: {error}.") from None

    def search(self, query: str, k: int) -> list[tuple[int, float]]:
        """Rows and scores of the k best texts that share a word with the query, best first."""
        if self._bm25 is None or k < 1:
            return []
        asked = words(query)
        meant = [word for word in asked if word not in STOPWORDS] or asked
        known = self._bm25.vocab_dict
        tokens = [token for token in map(stem, meant) if token in known]
        if not tokens:
            return []
        scores = self._bm25.get_scores(tokens)
        kept = np.flatnonzero(scores > 0)
        if len(kept) > k:
            # Everything at least as good as the k-th, so that ties fall by row, not by chance.
            edge = np.partition(scores[kept], len(kept) - k)[len(kept) - k]
            kept = kept[scores[kept] >= edge]
        order = kept[np.lexsort((kept, -scores[kept]))][:k]
        return [(int(row), float(scores[row])) for row in order]
