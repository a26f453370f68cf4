"""The one thing that indexing and retrieval need of an embedder, whatever it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import ConfigurationError


@runtime_checkable
class Encoder(Protocol):
    """Texts to vectors."""

    @property
    def fingerprint(self) -> str:
        """Names the model and its weights: vectors of different fingerprints never mix."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, dimensions) of passages."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Unit vector (dimensions,) of a question."""
        ...


class _Bundled:
    """The bundled encoder, or anything else with ``embed_texts``, which treats both alike."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def fingerprint(self) -> str:
        return str(self._model.fingerprint)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self._model.embed_texts(texts)
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._model.embed_texts([text])[0]
        return vector


class _LlamaIndex:
    """A LlamaIndex embedding, which may embed a question differently from a passage."""

    def __init__(self, model: Any) -> None:
        from summit_qa.models.embedding import fingerprint

        self._model = model
        self.fingerprint = fingerprint(model)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return _unit(self._model.get_text_embedding_batch(list(texts)))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = _unit([self._model.get_query_embedding(text)])[0]
        return vector


def as_encoder(embedder: Any) -> Encoder:
    """An encoder of a specification ("minilm", "openai:…"), an encoder or a LlamaIndex embedding.

    Raises ConfigurationError where it is none of them, or an extra is missing.
    """
    if embedder == "minilm":  # without importing LlamaIndex
        from summit_qa.models.encoder import MiniLMEncoder

        return _Bundled(MiniLMEncoder.load())
    if isinstance(embedder, str):
        from summit_qa.models.embedding import resolve

        embedder = resolve(embedder)
    if isinstance(embedder, Encoder):
        return embedder
    if hasattr(embedder, "embed_texts") and hasattr(embedder, "fingerprint"):
        return _Bundled(embedder)
    if hasattr(embedder, "get_text_embedding_batch"):
        return _LlamaIndex(embedder)
    raise ConfigurationError(
        f"{type(embedder).__name__} is no embedder; give a LlamaIndex embedding or its name."
    )


def _unit(vectors: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """Rows scaled to length 1; a row of zeros stays as it is."""
    rows = np.array(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(lengths == 0, 1, lengths)
    return rows
