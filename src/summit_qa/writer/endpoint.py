"""An OpenAI-compatible endpoint: streams a reply, learns what it can do, maps its failures.

The `openai` client makes the requests; its own retries are off, since they would multiply with
the ones here. A request runs on a thread of its own, so that a reply that never comes can be
left at once: its socket is then shut down, which also tells the server to stop.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any, Literal
from urllib.request import getproxies

from summit_qa.errors import WriterError, WriterFilteredError, WriterReplyError
from summit_qa.settings import Settings, host_of
from summit_qa.writer.budget import Budget
from summit_qa.writer.failures import Failure, failure_of

Format = Literal["schema", "object", "json", "text"]
_LESS: dict[Format, Format] = {"schema": "json", "object": "json", "json": "text"}
_DEFAULT_URL = "https://api.openai.com/v1"
_TICK = 0.1  # seconds between looks at whether the answer was stopped
_BACKOFF = (0.5, 1.5)  # seconds before the second and the third request


@dataclass(frozen=True, slots=True)
class Ability:
    """What an endpoint is believed to take for one model, until it says otherwise."""

    format: Format = "schema"
    limit: str = "max_tokens"  # the name of the parameter that limits the reply
    temperature: bool = True
    seed: bool = True
    stream_options: bool = True
    tools: bool = True

    @property
    def shapes(self) -> bool:
        """Whether it holds a reply to a schema."""
        return self.format in ("schema", "object")


class Abilities:
    """What endpoints were found to take, by address and model. Safe from many threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Ability] = {}
        self._lock = threading.Lock()

    def of(self, url: str, model: str) -> Ability:
        """What is known, or what is tried first."""
        host = host_of(url)
        # OpenAI's own newer models know the new name only, other servers often the old one only.
        newer = host == "api.openai.com" or host.endswith(".openai.azure.com")
        first = Ability(limit="max_completion_tokens") if newer else Ability()
        with self._lock:
            return self._known.get((url, model), first)

    def learn(self, url: str, model: str, ability: Ability) -> None:
        """Remember what the endpoint has shown."""
        with self._lock:
            self._known[url, model] = ability


@dataclass(slots=True)
class _Piece:
    """What one event of the stream brought."""

    text: str = ""
    finish: str | None = None
    refused: bool = False
    usage: tuple[int, int] | None = None


@dataclass(slots=True)
class Line:
    """The connection of a request that is under way; any thread can cut it."""

    sockets: list[Any] = field(default_factory=list)
    cut_off: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, stream: Any) -> None:
        """Take the socket of a network stream that was opened, or cut it if that came first."""
        found = getattr(stream, "get_extra_info", lambda name: None)("socket")
        if found is not None:
            with self.lock:
                self.sockets.append(found)
            if self.cut_off.is_set():
                self.cut()

    def cut(self) -> None:
        """Shut the connection down; a read that waits on it returns."""
        import socket

        self.cut_off.set()
        with self.lock:
            for held in self.sockets:
                with suppress(OSError, ValueError):
                    # Of a TLS socket only the connection beneath is shut: the encrypted layer
                    # belongs to the thread that reads it.
                    socket.socket.shutdown(held, socket.SHUT_RDWR)


class Endpoint:
    """One model behind one address."""

    def __init__(self, settings: Settings, abilities: Abilities | None = None) -> None:
        self._settings = settings
        self._abilities = abilities or Abilities()
        self.url = settings.openai_base_url or _DEFAULT_URL
        self.model = settings.llm or ""
        self._key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""

    @property
    def host(self) -> str:
        """The host of the address, without user, password or path."""
        return host_of(self.url) or "the endpoint"

    @property
    def is_here(self) -> bool:
        """Whether the address is one of this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def holds_key(self, text: str) -> bool:
        """Whether the key stands in a text."""
        secret = self._settings.secret
        return bool(secret) and secret in text

    def stream(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, Any] | None,
        budget: Budget,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> Generator[str, None, str]:
        """Yield the reply in pieces as they arrive; return why it ended ("stop", "length").

        ``schema`` says how the reply is to look. Where the endpoint cannot be held to it but
        takes ``tools``, their arguments are the reply, a line each call: a small model that is
        free to call them often talks instead.
        A request that fails before anything has arrived is made again where that can help, within
        the budget. Raises WriterError. Closing the generator cuts the connection.
        """
        while True:
            budget.check()
            ability = self._abilities.of(self.url, self.model)
            offered = tools if ability.tools and not ability.shapes else ()
            body = self._body(messages, None if offered else schema, ability)
            if offered:
                body["tools"] = list(offered)
            pieces = self._request(body, budget)
            begun = False
            failure: Failure | None = None
            try:
                finish = None
                while True:
                    try:
                        piece = next(pieces)
                    except StopIteration:
                        break
                    finish = piece.finish or finish
                    if piece.usage:
                        budget.input_tokens += piece.usage[0]
                        budget.output_tokens += piece.usage[1]
                    if piece.text:
                        begun = True
                        yield piece.text
                    if piece.refused or piece.finish == "content_filter":
                        raise WriterFilteredError("A content filter withheld the model's reply.")
            except _Failed as failed:
                failure = failed.failure
            finally:
                pieces.close()
            if failure is None:
                if not begun and finish == "length":
                    # It was spent on thinking, as it would be again.
                    most = self._settings.llm_max_tokens
                    raise WriterReplyError(
                        f"The model said nothing within {most:,} tokens (SUMMIT_QA_LLM_MAX_TOKENS)."
                    )
                if not begun:
                    failure = Failure(WriterReplyError("The model's reply is empty."), again=True)
                elif finish is None:
                    raise WriterReplyError("The model's reply broke off in the middle.")
                else:
                    return finish
            if begun or not self._try_again(failure, ability, schema, budget):
                # Raised here and not where it was caught, so that no library error, which holds
                # the request and its key, hangs on to it.
                raise failure.error

    def _try_again(
        self,
        failure: Failure,
        ability: Ability,
        schema: Mapping[str, Any] | None,
        budget: Budget,
    ) -> bool:
        """Learn from a failure, wait where that is asked for, and say whether to ask again."""
        if failure.rejects:
            less = _with_less(ability, failure.rejects, schema is not None)
            if less is None:
                return False
            self._abilities.learn(self.url, self.model, less)
            return budget.may_ask
        if not failure.again or not budget.may_ask:
            return False
        pause = failure.retry_after
        if pause is None:
            pause = _BACKOFF[min(budget.requests, len(_BACKOFF)) - 1]
        return budget.wait(pause)

    def _body(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, Any] | None,
        ability: Ability,
    ) -> dict[str, Any]:
        settings = self._settings
        body: dict[str, Any] = {
            "model": self.model,
            "messages": list(messages),
            "stream": True,
            ability.limit: settings.llm_max_tokens,
        }
        if ability.temperature:
            body["temperature"] = settings.llm_temperature
        if ability.seed and settings.llm_seed is not None:
            body["seed"] = settings.llm_seed
        if ability.stream_options:
            body["stream_options"] = {"include_usage": True}
        if schema is not None and ability.format == "schema":
            wanted = {"name": "answer", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif schema is not None and ability.format == "object":
            body["response_format"] = {"type": "json_object", "schema": schema}
        elif schema is not None and ability.format == "json":
            body["response_format"] = {"type": "json_object"}
        return body

    def _request(self, body: dict[str, Any], budget: Budget) -> Generator[_Piece]:
        """One request; raises _Failed. What it yields comes from a thread that may be left."""
        budget.requests += 1
        events: queue.Queue[_Piece | Failure | None] = queue.Queue()
        line = Line()
        worker = threading.Thread(
            target=self._work, args=(body, budget.left, events, line), daemon=True, name="writer"
        )
        worker.start()
        try:
            while True:
                budget.check()
                try:
                    event = events.get(timeout=min(_TICK, budget.left))
                except queue.Empty:
                    continue
                match event:
                    case None:
                        return
                    case Failure():
                        budget.check()  # a read that timed out did so because the time was over
                        raise _Failed(event)
                    case _:
                        yield event
        finally:
            line.cut()

    def _work(
        self,
        body: dict[str, Any],
        seconds: float,
        events: queue.Queue[_Piece | Failure | None],
        line: Line,
    ) -> None:
        """Make the request and hand over what comes; runs on a thread of its own."""
        begun = False
        try:
            with self.client(seconds, line.hold) as client:
                raw = client.chat.completions.with_raw_response.create(**body)
                begun = True
                for piece in _pieces(raw):
                    if line.cut_off.is_set():
                        raw.http_response.close()
                        return
                    events.put(piece)
            events.put(None)
        except WriterError as error:
            events.put(Failure(error))
        except Exception as error:
            events.put(failure_of(error, self.host, self.model, self._settings.secret, begun=begun))

    def client(self, seconds: float, hold: Callable[[Any], None]) -> Any:
        """The `openai` client; ``hold`` is given the sockets that it opens."""
        import openai

        def watch(request: Any) -> None:
            def trace(name: str, info: dict[str, Any]) -> None:
                if name.endswith(".complete"):
                    hold(info.get("return_value"))

            request.extensions = {**request.extensions, "trace": trace}

        return openai.OpenAI(
            api_key=self._key or "none",
            base_url=self.url,
            max_retries=0,
            timeout=seconds,
            http_client=openai.DefaultHttpxClient(
                # A redirect would carry passages to an address that nobody has configured.
                follow_redirects=False,
                event_hooks={"request": [watch]},
                verify=_may_need_tls(self.url),
                timeout=seconds,
            ),
        )


def _may_need_tls(url: str) -> bool:
    """Whether certificates may be needed; to read them takes longer than a local request."""
    return not url.lower().startswith("http://") or bool(getproxies())


class _Failed(Exception):  # noqa: N818
    """Carries a failure from a request to where it is decided what to do about it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self.failure = failure


def _pieces(raw: Any) -> Generator[_Piece]:
    """The events of a response, whether it is a stream or, against the request, a whole."""
    kind = str(raw.headers.get("content-type") or "").lower()
    if "html" in kind:
        raise WriterReplyError(
            "The endpoint replied with a web page; SUMMIT_QA_BASE_URL may lack its /v1."
        )
    if kind.startswith("application/json"):
        import json

        yield _whole(json.loads(raw.http_response.read()))
        return
    for chunk in raw.parse():
        yield _piece(chunk)


def _piece(chunk: Any) -> _Piece:
    piece = _Piece(usage=_usage(getattr(chunk, "usage", None)))
    for choice in (getattr(chunk, "choices", None) or [])[:1]:
        delta = getattr(choice, "delta", None)
        content = getattr(delta, "content", None)
        piece.text = content if isinstance(content, str) else ""
        for call in getattr(delta, "tool_calls", None) or []:
            piece.text += _called(getattr(call, "function", None))
        piece.refused = bool(getattr(delta, "refusal", None))
        piece.finish = getattr(choice, "finish_reason", None)
    return piece


def _whole(reply: Any) -> _Piece:
    if not isinstance(reply, dict):
        raise WriterReplyError("The endpoint's reply is in no known format.")
    usage = reply.get("usage")
    piece = _Piece()
    if isinstance(usage, dict):
        counted = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
        piece.usage = (_count(counted[0]), _count(counted[1]))
    choices = reply.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        if isinstance(message, dict):
            content = message.get("content")
            piece.text = content if isinstance(content, str) else ""
            for call in message.get("tool_calls") or []:
                function = call.get("function") if isinstance(call, dict) else None
                told = function if isinstance(function, dict) else {}
                piece.text += _called(SimpleNamespace(**{"name": "", "arguments": "", **told}))
            piece.refused = bool(message.get("refusal"))
        piece.finish = choices[0].get("finish_reason") or "stop"
    return piece


def _called(function: Any) -> str:
    """What one piece of a tool call adds to the reply: its name begins a line."""
    arguments = getattr(function, "arguments", None)
    begins = "\n" if getattr(function, "name", None) else ""
    return begins + (arguments if isinstance(arguments, str) else "")


def _usage(usage: Any) -> tuple[int, int] | None:
    if usage is None:
        return None
    return (
        _count(getattr(usage, "prompt_tokens", 0)),
        _count(getattr(usage, "completion_tokens", 0)),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _with_less(ability: Ability, rejects: str, formatted: bool) -> Ability | None:
    """The ability without what was rejected; None where nothing can be left out."""
    match rejects:
        case "max_tokens" if ability.limit == "max_tokens":
            return replace(ability, limit="max_completion_tokens")
        case "max_completion_tokens" if ability.limit == "max_completion_tokens":
            return replace(ability, limit="max_tokens")
        case "temperature" if ability.temperature:
            return replace(ability, temperature=False)
        case "seed" if ability.seed:
            return replace(ability, seed=False)
        case "stream_options" if ability.stream_options:
            return replace(ability, stream_options=False)
        case "tools" if ability.tools:
            return replace(ability, tools=False)
        case "schema" if formatted and ability.format == "schema":
            return replace(ability, format="object")
        case "schema" | "format" if formatted and ability.format in _LESS:
            return replace(ability, format=_LESS[ability.format])
    return None
