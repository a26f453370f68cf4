"""The bundled sentence encoder: texts to unit vectors, with onnxruntime and tokenizers alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.models.cross_encoder import MODELS, CrossEncoder
from summit_qa.models.remembered import Remembered
from summit_qa.types import Progress

DIMENSION = 384
_BLOCK = 256  # texts between two reports of progress
_REMEMBERED = 64  # texts that came alone: a question is embedded to search, and again to rank


class MiniLMEncoder:
    """all-MiniLM-L6-v2 in int8. A text's vector does not depend on what is encoded with it."""

    def __init__(self, model: CrossEncoder, fingerprint: str) -> None:
        self._model = model
        self.fingerprint = fingerprint
        self._alone: Remembered[str, NDArray[np.float32]] = Remembered(_REMEMBERED)

    @classmethod
    def load(cls, folder: Path = MODELS / "minilm", *, threads: int | None = None) -> MiniLMEncoder:
        """The model in ``folder``; ModelError where a file is missing or altered."""
        model = CrossEncoder.load(folder, threads=threads)
        return cls(model, f"minilm:{model.digest[:16]}")

    def embed_texts(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Unit vectors (n, 384) of the texts, each cut to 256 tokens."""
        if len(texts) == 1 and progress is None:
            known = self._alone.of(texts, lambda new: self._model.run_texts(new)["embedding"])
            return known[texts[0]][None].copy()
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for begin in range(0, len(texts), _BLOCK):
            block = texts[begin : begin + _BLOCK]
            vectors[begin : begin + len(block)] = self._model.run_texts(block)["embedding"]
            if progress:
                progress(begin + len(block), len(texts), "passages embedded")
        return vectors
