"""A Chroma server as the place of vectors (`SUMMIT_QA_CHROMA`).

Chroma's Python server runs code for whoever reaches its port (CVE-2026-45829), and the text of
the passages is kept there: so an address outside of this machine and private networks is refused
unless ``SUMMIT_QA_CHROMA_PUBLIC`` says that it is meant.

Chroma's own client waits for ever. Here a question waits a few seconds, and is then answered by
words.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from summit_qa.deadline import within
from summit_qa.errors import ConfigurationError, VectorServerError
from summit_qa.index.dense import nodes_of
from summit_qa.index.remote import LOST
from summit_qa.settings import Settings
from summit_qa.types import Passage

_WRITES = 120.0  # seconds for one block
_NEIGHBOURS = 200  # looked at in the graph; Chroma's own 100 find less in large collections


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def place_of(url: str) -> Place:
    """The place that ``http(s)://host:port`` names; ConfigurationError where it names none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise ConfigurationError(
            "Setting 'chroma': give the server as http://host:port or https://host:port."
        )
    if parts.path.strip("/"):
        raise ConfigurationError("Setting 'chroma': a path in the server's address is not known.")
    return Place(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 8000))


def refuse_public(place: Place) -> None:
    """Raise ConfigurationError where the host is outside of this machine and private networks.

    Raises VectorServerError where its name cannot be resolved.
    """
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise VectorServerError("has a name that cannot be resolved") from None
    for address in {str(it[4][0]).partition("%")[0] for it in found}:
        at = ipaddress.ip_address(address)
        at = getattr(at, "ipv4_mapped", None) or at
        if at.is_unspecified or at.is_multicast or not (at.is_loopback or at.is_private):
            raise ConfigurationError(
                f"The Chroma server {place} is not in a private network ({address}); whoever "
                "reaches such a server can take it over (docs/scale.md). Set "
                "SUMMIT_QA_CHROMA_PUBLIC=1 if it is meant."
            )


class ChromaServer:
    """Collections on a Chroma server; connects when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigurationError where ``settings.chroma`` is no address that may be used."""
        self._place = place_of(settings.chroma or "")
        import chromadb  # noqa: F401 - it takes a second, which is not to count as the server's

        self._settings = settings
        self._lock = threading.Lock()
        self._clients: dict[float, Any] = {}  # by the seconds that they wait for a reply
        weakref.finalize(self, _let_go, self._clients)

    @property
    def address(self) -> str:
        """Scheme, host and port, with tenant and database where they are not the usual ones."""
        names = (self._settings.chroma_tenant, self._settings.chroma_database)
        usual = names == ("default_tenant", "default_database")
        return str(self._place) if usual else f"{self._place}/{'/'.join(names)}"

    @property
    def patience(self) -> float:
        """Seconds that a question waits for it."""
        return self._settings.chroma_timeout

    def ready(self) -> None:
        """Raise VectorServerError where it does not answer."""
        with self._said():
            self._connected(self._settings.chroma_timeout).heartbeat()

    def create(self, name: str, total: int) -> _Writing:
        """A new, empty collection."""
        from llama_index.vector_stores.chroma import ChromaVectorStore

        with self._said():
            collection = self._connected(_WRITES).create_collection(
                name,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": _NEIGHBOURS}},
                metadata={"made_by": "summit-qa", "vectors": total},
            )
            return _Writing(self, ChromaVectorStore.from_collection(collection))

    def open(self, name: str) -> _Collection:
        """The collection of that name; VectorServerError with ``lost`` where there is none."""
        with self._said():
            client = self._connected(self._settings.chroma_timeout)
            return _Collection(self, client.get_collection(name, embedding_function=None))

    def remove(self, name: str) -> None:
        """Remove the collection, if there is one."""
        try:
            with self._said():
                self._connected(_WRITES).delete_collection(name)
        except VectorServerError as error:
            if not error.lost:
                raise

    def _connected(self, seconds: float) -> Any:
        """A client that waits so long for a reply."""
        import httpx

        with self._lock:
            client = self._clients.get(seconds)
            if client is None:
                if not self._settings.chroma_public:
                    refuse_public(self._place)
                # It asks the server at once, and would wait for ever.
                client = within(self.patience, self._made, "chroma-connect")
                client._server._session.timeout = httpx.Timeout(
                    seconds, connect=self._settings.chroma_timeout
                )
                self._clients[seconds] = client
            return client

    def _made(self) -> Any:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        logging.getLogger("chromadb.telemetry").setLevel(logging.CRITICAL)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it reports every request
        settings, token = self._settings, self._settings.chroma_token
        said = token.get_secret_value() if token else ""
        client: Any = chromadb.HttpClient(
            host=f"[{self._place.host}]" if ":" in self._place.host else self._place.host,
            port=self._place.port,
            ssl=self._place.scheme == "https",
            headers={"Authorization": f"Bearer {said}", "X-Chroma-Token": said} if said else None,
            settings=ChromaSettings(anonymized_telemetry=False),
            tenant=settings.chroma_tenant,
            database=settings.chroma_database,
        )
        client._admin_client._server._session.close()  # it has done what it is for
        return client

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn what Chroma and its HTTP client raise into VectorServerError."""
        try:
            yield
        except (ConfigurationError, VectorServerError):
            raise
        except Exception as error:
            raise self._error(error) from None

    def _error(self, error: Exception) -> VectorServerError:
        import httpx
        from chromadb.errors import NotFoundError

        if isinstance(error, NotFoundError):
            return VectorServerError(LOST, lost=True)
        for cause in _causes(error):  # Chroma's client hides what it is about
            if isinstance(cause, ssl.SSLCertVerificationError):
                why = cause.verify_message.rstrip(".")
                return VectorServerError(f"has a certificate that is not trusted ({why})")
            if isinstance(cause, httpx.HTTPStatusError):
                reply = cause.response
                if reply.status_code in (401, 403):
                    return VectorServerError(
                        f"does not let us in ({reply.status_code}); see whether "
                        "SUMMIT_QA_CHROMA_TOKEN is right"
                    )
                if "html" in reply.headers.get("content-type", ""):  # a proxy's page
                    return VectorServerError(f"answers with an error ({reply.status_code})")
        if isinstance(error, (TimeoutError, httpx.TimeoutException)):
            return VectorServerError("takes too long to answer")
        if isinstance(error, httpx.TransportError) or "Could not connect" in str(error):
            with self._lock:
                _let_go(self._clients)  # connections that a restart has cut are not used again
            return VectorServerError("does not answer")
        said = " ".join(str(error).split())[:200] or type(error).__name__
        token = self._settings.chroma_token
        if token and token.get_secret_value():
            said = said.replace(token.get_secret_value(), "…")
        return VectorServerError(f"answers with an error ({said})")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _let_go(clients: dict[float, Any]) -> None:
    """Close the clients' connections, which Chroma leaves open, and forget them."""
    while clients:
        _, client = clients.popitem()
        client._server._session.close()
        client.close()


class _Writing:
    """A collection that is being written, by LlamaIndex's store."""

    def __init__(self, server: ChromaServer, store: Any) -> None:
        self._server = server
        self._store = store

    def add(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        with self._server._said():
            self._store.add(nodes_of(passages, vectors))


class _Collection:
    """A collection that is read."""

    def __init__(self, server: ChromaServer, collection: Any) -> None:
        self._server = server
        self._collection = collection

    def count(self) -> int:
        with self._server._said():
            return int(self._collection.count())

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        with self._server._said():
            found = self._collection.query(
                query_embeddings=[vector.tolist()], n_results=k, include=["distances"]
            )
        distances = (1.0 - float(distance) for distance in found["distances"][0])
        return list(zip(found["ids"][0], distances, strict=True))
