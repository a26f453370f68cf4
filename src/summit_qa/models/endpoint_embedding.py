"""Vectors from an OpenAI-compatible endpoint; everything that is indexed goes to its host."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import ConfigurationError

_BATCH = 64  # texts in one request
_SECONDS = 30.0  # for one request, and …
_EACH = 3.0  # … for each of its texts: a large model on a laptop takes one
_CONNECT = 10.0  # seconds to reach the host
_SHORTEST = 64  # characters that every model takes
_DEFAULT = "https://api.openai.com/v1"
_TOO_LONG = re.compile(r"\btokens?\b|context|too (?:large|long)", re.IGNORECASE)
_SAYS_SO = (400, 413, 422, 500)  # llama.cpp sends 500
_REASONS = {
    401: "it rejected the key (401)",
    403: "it rejected the key (403)",
    404: "it has no model of that name, or no such path (404)",
    501: "it serves no embeddings (501)",
}


class EndpointEncoder:
    """An embedding model behind an address; embeds passages and questions alike."""

    def __init__(self, model: str, url: str | None, key: str | None) -> None:
        """Contacts nobody yet; ConfigurationError where there is no address, or none and no key."""
        if not url and not key:
            raise ConfigurationError(
                f"The embedder 'openai:{model}' needs OPENAI_API_KEY, or OPENAI_BASE_URL for "
                "another server."
            )
        self._model = model
        self._url = url or _DEFAULT
        self._key = key or "none"
        try:
            self._host = urlsplit(self._url).hostname
        except ValueError:
            self._host = None
        if not self._host:
            raise ConfigurationError(
                f"The embedder 'openai:{model}' has no address that begins with http:// or "
                "https:// in OPENAI_BASE_URL."
            )

    @property
    def fingerprint(self) -> str:
        """The model and where it is: two servers may call unlike models the same."""
        return f"openai:{self._model}@{urlsplit(self._url).netloc.rpartition('@')[2]}"

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, dimensions); ConfigurationError, in one line, where none came."""
        rows: list[list[float]] = []
        with self._client() as client:
            for at in range(0, len(texts), _BATCH):
                rows += self._rows(client, list(texts[at : at + _BATCH]))
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
            # A redirect would carry the documents to an address that nobody has configured.
            http_client=openai.DefaultHttpxClient(
                follow_redirects=False, event_hooks={"response": [_once]}
            ),
        )

    def _rows(self, client: Any, texts: list[str]) -> list[list[float]]:
        """The vectors of a batch. Of a text that the model can't take whole, its beginning's."""
        try:
            return _embedded(client, self._model, texts)
        except Exception as error:
            too_long = _is_too_long(error)
            reason = _reason(error)
        if too_long and len(texts) > 1:
            half = len(texts) // 2
            return self._rows(client, texts[:half]) + self._rows(client, texts[half:])
        if too_long and len(texts[0]) > _SHORTEST:
            return self._rows(client, [texts[0][: len(texts[0]) // 2]])
        raise self._failed(reason)

    def _failed(self, reason: str) -> ConfigurationError:
        return ConfigurationError(
            f"The embedder 'openai:{self._model}' at {self._host} cannot be used: {reason}."
        )


def _embedded(client: Any, model: str, texts: list[str]) -> list[list[float]]:
    """One request; ValueError where the answer does not have a vector for each text."""
    import openai

    patience = openai.Timeout(_SECONDS + _EACH * len(texts), connect=_CONNECT)
    reply = client.embeddings.create(
        model=model, input=texts, encoding_format="float", timeout=patience
    )
    found = sorted(reply.data, key=lambda item: item.index)
    if [item.index for item in found] != list(range(len(texts))):
        raise ValueError
    return [list(item.embedding) for item in found]


def _once(response: Any) -> None:
    """What is too long is so the next time as well: tells the client not to send it again."""
    if response.status_code == 500:
        response.read()
        if _TOO_LONG.search(response.text):
            response.headers["x-should-retry"] = "false"


def _is_too_long(error: Exception) -> bool:
    """Whether the endpoint says that a text, or all of a request, is more than it takes."""
    return getattr(error, "status_code", None) in _SAYS_SO and bool(_TOO_LONG.search(str(error)))


def _reason(error: Exception) -> str:
    """Why, in words of ours: what an endpoint says may repeat a part of the key, or a text."""
    import openai

    status = getattr(error, "status_code", None)
    if status:
        return _REASONS.get(status, f"status {status}; its log may say why")
    if isinstance(error, openai.APITimeoutError):
        return "it did not reply in time"
    if isinstance(error, openai.APIConnectionError):
        return "no connection came about (is it running?)"
    if isinstance(error, ValueError):
        return "it did not send a vector for each text"
    return type(error).__name__
