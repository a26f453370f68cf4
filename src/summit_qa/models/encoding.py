"""The one thing that indexing and retrieval need of an embedder, whatever it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import ConfigurationError
from summit_qa.language.lexicon import STOPWORDS


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


FULL_MOST = 6_000  # passages: two minutes of the sentence encoder on two cores
BRIEF_MOST = 70_000  # passages: five minutes
_BRIEF_WORDS = 48  # about 64 tokens
_BRIEFEST_WORDS = 24  # about 36 tokens
_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")


class Brief:
    """The sentence encoder, which is told of a passage only the first words that carry meaning.

    Embedding costs by the token: 48 words cost half, 24 a quarter. Questions are embedded whole.
    What it loses is in docs/decisions.md.
    """

    def __init__(self, full: _Bundled, words: int = _BRIEF_WORDS) -> None:
        self.full = full
        self._words = words
        self.fingerprint = f"{full.fingerprint}:brief{'' if words == _BRIEF_WORDS else words}"

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.full.embed_texts([_brief(text, self._words) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self.full.embed_query(text)


class Auto(_Bundled):
    """The sentence encoder as it is, for large folders brief, and the briefest for the largest."""

    def sized(self, passages: int) -> Encoder:
        """The encoder for a folder of so many passages."""
        if passages <= FULL_MOST:
            return self
        return Brief(self, _BRIEF_WORDS if passages <= BRIEF_MOST else _BRIEFEST_WORDS)


def sized(encoder: Encoder, passages: int) -> Encoder:
    """The encoder that makes the vectors of a folder of so many passages."""
    return encoder.sized(passages) if isinstance(encoder, Auto) else encoder


def _brief(text: str, most: int) -> str:
    """The first words of a text that are no stop words; the text, where it has no others."""
    found = (word for word in _WORD.findall(text) if word.lower() not in STOPWORDS)
    return " ".join(islice(found, most)) or text


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


def as_encoder(embedder: Any, url: str | None = None, key: str | None = None) -> Encoder:
    """An encoder of a specification ("auto", "openai:…"), an encoder or a LlamaIndex embedding.

    ``url`` and ``key`` are those of the endpoint that "openai:<model>" asks.
    Raises ConfigurationError where it is none of them, or an extra is missing.
    """
    if embedder in ("auto", "minilm", "brief", "briefest"):  # without importing LlamaIndex
        from summit_qa.models.encoder import MiniLMEncoder

        full = MiniLMEncoder.load()
        if embedder in ("brief", "briefest"):
            return Brief(_Bundled(full), _BRIEF_WORDS if embedder == "brief" else _BRIEFEST_WORDS)
        return Auto(full) if embedder == "auto" else _Bundled(full)
    if isinstance(embedder, str) and embedder.startswith("openai:") and embedder[7:]:
        from summit_qa.models.endpoint_embedding import EndpointEncoder

        return EndpointEncoder(embedder[7:], url, key)
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
