"""The bundled sentence encoder: texts to unit vectors, with onnxruntime and tokenizers alone."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.cross_encoder import MODELS, CrossEncoder
from summit_qa.types import Progress

DIMENSION = 384
_BLOCK = 256  # texts between two reports of progress
_REMEMBERED = 64  # texts that came alone: a question is embedded to search, and again to rank


class MiniLMEncoder:
    """all-MiniLM-L6-v2 in int8. A text's vector does not depend on what is encoded with it."""

    def __init__(self, model: CrossEncoder, fingerprint: str) -> None:
        self._model = model
        self.fingerprint = fingerprint
        self._alone: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

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
            return self._embed_alone(texts[0])
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for begin in range(0, len(texts), _BLOCK):
            block = texts[begin : begin + _BLOCK]
            vectors[begin : begin + len(block)] = self._model.run_texts(block)["embedding"]
            if progress:
                progress(begin + len(block), len(texts), "passages embedded")
        return vectors

    def _embed_alone(self, text: str) -> NDArray[np.float32]:
        """As ``embed_texts`` for one text, which may have been embedded just before."""
        with self._lock:
            known = self._alone.get(text)
        if known is None:
            known = self._model.run_texts([text])["embedding"]
            with self._lock:
                self._alone[text] = known
                while len(self._alone) > _REMEMBERED:
                    self._alone.popitem(last=False)
        return known.copy()
