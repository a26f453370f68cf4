"""Sibling words: what another writer might have put in a word's place, and been wrong.

"Knee" for "shoulder", "Georgia" for "Florida": neighbours among the encoder's own word vectors,
near enough to be of the same kind and far enough not to mean the same.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NEAR, FAR = 0.50, 0.26  # cosines between which a neighbour counts as a sibling
COUNT = 14_000  # of the vocabulary's words, the most frequent
_ENDINGS = ("ingly", "ing", "ed", "ly", "ers", "ies", "es", "s", "er", "ion", "al", "est")


class Siblings:
    """Siblings of lower-case words, from word vectors."""

    def __init__(self, words: list[str], vectors: NDArray[np.float32]) -> None:
        centred = vectors - vectors.mean(0)
        self._words = words
        self._vectors = centred / np.linalg.norm(centred, axis=1, keepdims=True)
        self._place = {word: index for index, word in enumerate(words)}
        self._found: dict[str, list[str]] = {}

    @classmethod
    def load(cls, base: Path) -> Siblings:
        """From the folder of the official weights."""
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        vocabulary = Tokenizer.from_file(str(base / "tokenizer.json")).get_vocab()
        words = [word for word in vocabulary if re.fullmatch(r"[a-z]{3,}", word)]
        words = sorted(words, key=vocabulary.__getitem__)[:COUNT]
        table = load_file(str(base / "model.safetensors"))["embeddings.word_embeddings.weight"]
        return cls(words, table[[vocabulary[word] for word in words]])

    def __call__(self, word: str) -> list[str]:
        """The word's siblings, nearest first; none for a word that is not known."""
        if word not in self._place:
            return []
        if word not in self._found:
            near = self._vectors @ self._vectors[self._place[word]]
            order = np.argsort(-near)[:60]
            self._found[word] = [
                self._words[index]
                for index in order
                if FAR < near[index] < NEAR and alike(word, self._words[index])
            ][:14]
        return self._found[word]


def alike(word: str, other: str) -> bool:
    """Whether two words have the same ending but not the same stem."""
    return ending(word) == ending(other) and word[:4] != other[:4] and word not in other


def ending(word: str) -> str:
    """The inflection that a word seems to carry."""
    return next((end for end in _ENDINGS if word.endswith(end) and len(word) > len(end) + 2), "")
