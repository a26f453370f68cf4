"""Which models an endpoint offers, and which model servers run on this machine."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from summit_qa.errors import WriterError, WriterReplyError, WriterTimeoutError
from summit_qa.settings import Settings
from summit_qa.writer.budget import Budget
from summit_qa.writer.endpoint import Abilities, Endpoint, Line
from summit_qa.writer.failures import failure_of

USUAL = (
    ("Ollama", 11434),
    ("LM Studio", 1234),
    ("llama.cpp", 8080),
    ("vLLM", 8000),
)  # programs, and the ports of this machine that they listen on
PATIENCE = 5.0  # seconds for a list of models
_NEARBY = 1.5  # … of a program on this machine
_MOST = 500  # models that are listed
_LONGEST = 200  # characters of the name of a model
_TOLD = 2_000_000  # bytes of a list that are read


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and the models that are offered there."""

    name: str
    url: str
    models: tuple[str, ...]


def offered(settings: Settings, seconds: float = PATIENCE) -> tuple[str, ...]:
    """The names of the models that the configured endpoint offers, in its order.

    Raises WriterError, in words, where it cannot be asked or says something else.
    """
    import openai  # noqa: F401  (loading it is not the endpoint's time)

    endpoint = Endpoint(settings)
    line, found = Line(), _Found()

    def ask() -> None:
        try:
            with endpoint.client(seconds, line.hold) as client:
                request = client.models.with_raw_response.list
                found.models = _names(request().http_response.read()[:_TOLD])
        except WriterError as error:
            found.error = error
        except Exception as error:
            secret = settings.secret
            failure = failure_of(error, endpoint.host, endpoint.model, secret, begun=False)
            found.error = failure.error

    # On a thread of its own: a server that sends a byte now and then must not be waited for.
    worker = threading.Thread(target=ask, daemon=True, name="models")
    worker.start()
    worker.join(seconds)
    if worker.is_alive() or isinstance(found.error, WriterTimeoutError):
        line.cut()
        raise WriterTimeoutError(f"{endpoint.host} did not list its models in {seconds:g} seconds.")
    if found.error is not None:
        raise found.error.with_traceback(None)
    return found.models


def nearby(settings: Settings) -> list[Place]:
    """The model servers that answer on this machine's usual ports. No key is sent to them."""
    places = []
    for name, port in USUAL:
        url = f"http://127.0.0.1:{port}/v1"
        at = settings.replaced(openai_base_url=url, openai_api_key=None, llm=None)
        try:
            places.append(Place(name, url, offered(at, _NEARBY)))
        except WriterError:
            continue
    return places


def tried(settings: Settings, seconds: float = 30.0) -> float:
    """Ask the model for a word; the seconds until it came. Raises WriterError, in words."""
    began = time.perf_counter()
    messages = [{"role": "user", "content": "Reply with the word ready."}]
    for _ in Endpoint(settings, Abilities()).stream(messages, None, Budget(seconds)):
        break
    return time.perf_counter() - began


@dataclass(slots=True)
class _Found:
    models: tuple[str, ...] = ()
    error: WriterError | None = None


def _names(body: bytes) -> tuple[str, ...]:
    """The ids in a list of models; WriterReplyError where it is none."""
    try:
        listed: Any = json.loads(body)
        data = listed["data"]
    except (ValueError, KeyError, TypeError):
        data = None
    if not isinstance(data, list):
        raise WriterReplyError(
            "The endpoint did not list its models; SUMMIT_QA_BASE_URL may lack its /v1."
        )
    names = [item.get("id") for item in data[:_MOST] if isinstance(item, dict)]
    return tuple(
        name
        for name in dict.fromkeys(names)
        if isinstance(name, str) and 0 < len(name) <= _LONGEST and name.isprintable()
    )
