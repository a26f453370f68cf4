"""Vectors from an OpenAI-compatible endpoint; everything that is indexed goes to its host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import ConfigurationError

_BATCH = 64  # texts in one request
_SECONDS = 60.0  # for one request
_DEFAULT = "https://api.openai.com/v1"


class EndpointEncoder:
    """An embedding model behind an address; embeds passages and questions alike."""

    def __init__(self, model: str, url: str | None, key: str | None) -> None:
        """Contacts nobody yet; ConfigurationError where there is neither an address nor a key."""
        if not url and not key:
            raise ConfigurationError(
                f"The embedder 'openai:{model}' needs OPENAI_API_KEY, or OPENAI_BASE_URL for "
                "another server."
            )
        self._model = model
        self._url = url or _DEFAULT
        self._key = key or "none"

    @property
    def fingerprint(self) -> str:
        """The model and where it is: two servers may call unlike models the same."""
        return f"openai:{self._model}@{urlsplit(self._url).netloc.rpartition('@')[2]}"

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, dimensions); ConfigurationError, in one line, where none came."""
        rows: list[list[float]] = []
        with self._client() as client:
            for at in range(0, len(texts), _BATCH):
                batch = list(texts[at : at + _BATCH])
                rows += self._asked(lambda batch=batch: _embedded(client, self._model, batch))  # type: ignore[misc]
        if len({len(row) for row in rows}) > 1:
            raise self._failed("its vectors are of unlike length")
        vectors = np.array(rows, dtype=np.float32)
        if not np.isfinite(vectors).all():
            raise self._failed("its vectors are no numbers")
        lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
        vectors /= np.where(lengths == 0, 1, lengths)
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Unit vector (dimensions,)."""
        vector: NDArray[np.float32] = self.embed_texts([text])[0]
        return vector

    def _client(self) -> Any:
        import openai

        return openai.OpenAI(
            api_key=self._key,
            base_url=self._url,
            timeout=_SECONDS,
            # A redirect would carry the documents to an address that nobody has configured.
            http_client=openai.DefaultHttpxClient(follow_redirects=False, timeout=_SECONDS),
        )

    def _asked(self, ask: Callable[[], list[list[float]]]) -> list[list[float]]:
        try:
            return ask()
        except Exception as error:
            # Only the kind: what an endpoint says may repeat a part of the key, or a text.
            status = getattr(error, "status_code", None)
            reason = f"status {status}" if status else type(error).__name__
        raise self._failed(reason)

    def _failed(self, reason: str) -> ConfigurationError:
        host = urlsplit(self._url).hostname or "the endpoint"
        return ConfigurationError(
            f"The embedder 'openai:{self._model}' at {host} cannot be used: {reason}."
        )


def _embedded(client: Any, model: str, texts: list[str]) -> list[list[float]]:
    """One request; ValueError where the answer does not have a vector for each text."""
    reply = client.embeddings.create(model=model, input=texts, encoding_format="float")
    found = sorted(reply.data, key=lambda item: item.index)
    if [item.index for item in found] != list(range(len(texts))):
        raise ValueError
    return [list(item.embedding) for item in found]
