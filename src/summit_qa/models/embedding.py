"""LlamaIndex embeddings by name: the bundled MiniLM, or another one that the user installs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from numpy.typing import NDArray
from pydantic import PrivateAttr

from summit_qa.errors import ConfigurationError
from summit_qa.models.encoder import MiniLMEncoder


class MiniLMEmbedding(BaseEmbedding):
    """The bundled sentence encoder as a LlamaIndex embedding, 384 dimensions, unit length."""

    model_name: str = "minilm"
    _encoder: MiniLMEncoder = PrivateAttr()

    def __init__(self, encoder: MiniLMEncoder | None = None) -> None:
        super().__init__(model_name="minilm", embed_batch_size=64)
        self._encoder = encoder or MiniLMEncoder.load()

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex stores."""
        return "MiniLMEmbedding"

    @property
    def fingerprint(self) -> str:
        """Identifies the model file; vectors of unlike fingerprints are never mixed."""
        return self._encoder.fingerprint

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, 384)."""
        return self._encoder.embed_texts(texts)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._encoder.embed_texts(texts).tolist()
        return rows

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def resolve(spec: str) -> BaseEmbedding:
    """The embedding called ``minilm`` or ``fastembed:<model>`` (`encoding` has the others).

    Raises ConfigurationError for another name, for a model that the integration refuses, and
    where an extra is missing, naming it. Only ``minilm`` never contacts another host.
    """
    kind, _, model = spec.partition(":")
    match kind:
        case "minilm" if not model:
            return MiniLMEmbedding()
        case "fastembed" if model:
            try:
                from llama_index.embeddings.fastembed import FastEmbedEmbedding
            except ImportError:
                raise _missing(spec, "fastembed") from None
            return _made(spec, lambda: FastEmbedEmbedding(model_name=model))
    raise ConfigurationError(
        f"No embedder {spec!r}; there are auto, brief, briefest, minilm, openai:<model> "
        "and fastembed:<model>."
    )


def fingerprint(embedder: BaseEmbedding) -> str:
    """What identifies the embedder: its own fingerprint, or its class and model name."""
    own: Any = getattr(embedder, "fingerprint", None)
    return str(own) if own else f"{type(embedder).__name__}:{embedder.model_name}"


def _made(spec: str, make: Callable[[], BaseEmbedding]) -> BaseEmbedding:
    """What ``make`` builds; integrations refuse a model or a missing key in many ways."""
    try:
        return make()
    except Exception as error:
        # Only the first line, and the kind: the message of a validation may hold what was given.
        kind = type(error).__name__
        line = str(error).strip().split("\n")[0]
        raise ConfigurationError(f"The embedder {spec!r} cannot be used: {kind}: {line}") from None


def _missing(spec: str, extra: str) -> ConfigurationError:
    return ConfigurationError(
        f"The embedder {spec!r} needs an extra: pip install 'summit-qa[{extra}]'."
    )
