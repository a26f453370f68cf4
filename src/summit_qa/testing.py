"""A scripted OpenAI-compatible server on loopback, for tests of programs that use this package.

It speaks real HTTP and server-sent events, and says what it is told to say::

    with ScriptedServer([Reply.of(Stated("It rained.", "1.2"))]) as server:
        settings = Settings.load(llm="scripted", openai_base_url=server.url, openai_api_key="k")
        ...
    assert server.requests[0].body["temperature"] == 0

Each request gets the next reply of the script, and the last one again when the script is over.
A script may also be a function from a request to its reply.
"""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

_TICK = 0.02  # seconds between looks at whether a client that is kept waiting has left


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words that a scripted model claims to have found in a numbered passage."""

    source: int
    quote: str


@dataclass(frozen=True, slots=True, init=False)
class Stated:
    """A statement of a scripted model, with its quotes or the numbers of its sentences ("1.2")."""

    text: str
    quotes: tuple[Quoted, ...]
    cites: tuple[str, ...]

    def __init__(self, text: str, *evidence: Quoted | str) -> None:
        quotes = tuple(one for one in evidence if isinstance(one, Quoted))
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "quotes", quotes)
        object.__setattr__(self, "cites", tuple(one for one in evidence if isinstance(one, str)))

    def _told(self) -> dict[str, Any]:
        """As the model writes it: quotes before the text, numbers of sentences after it."""
        told: dict[str, Any] = {}
        if self.quotes or not self.cites:
            told["quotes"] = [{"source": q.source, "quote": q.quote} for q in self.quotes]
        told["text"] = self.text
        return {**told, "cites": list(self.cites)} if self.cites else told


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came in; ``left`` is set when its client goes before the reply is over."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def prompt(self) -> str:
        """All messages as one text."""
        return "\n\n".join(str(message.get("content")) for message in self.body["messages"])


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back, and how.

    ``piece`` is the number of characters in each event of the stream, ``packet`` the number of
    bytes in each packet on the wire. ``hold`` keeps the client waiting, before the first byte or
    after the text; ``cut`` closes the connection after the text. With ``raw`` the text is the
    body as it stands.
    """

    text: str | None = ""
    piece: int = 16
    packet: int = 1 << 16
    finish: str | None = "stop"
    usage: tuple[int, int] | None = (100, 20)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bool = False
    content_type: str = "text/event-stream"
    hold: Literal["never", "first", "last"] = "never"
    cut: bool = False
    done: bool = True  # ends the stream with [DONE]
    tools: tuple[str, ...] = ()  # queries of calls to the tool "search"

    @classmethod
    def of(
        cls,
        *statements: Stated,
        verdict: str | None = None,
        answerable: bool = True,
        **how: Any,
    ) -> Self:
        """A reply in the format that the writer asks for; ``how`` are fields of Reply."""
        said = {
            "answered": answerable,
            "statements": [stated._told() for stated in statements],
            "verdict": verdict,
        }
        return cls(json.dumps(said, ensure_ascii=False), **how)

    @classmethod
    def calls(cls, *queries: str, **how: Any) -> Self:
        """Tool calls that search for the queries; ``how`` are fields of Reply."""
        return cls(None, tools=queries, finish="tool_calls", **how)

    @classmethod
    def error(
        cls,
        status: int,
        message: str = "scripted failure",
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """An error as OpenAI's API puts it."""
        told = {"error": {"message": message, "type": "error", "code": code, "param": param}}
        return cls(
            json.dumps(told),
            status=status,
            raw=True,
            content_type="application/json",
            headers=headers or {},
        )

    @classmethod
    def whole(cls, text: str | None, *, finish: str = "stop") -> Self:
        """A completion that is not streamed, whatever was asked for."""
        told = {
            "id": "scripted",
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": finish,
                    "message": {"role": "assistant", "content": text},
                }
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }
        return cls(json.dumps(told), raw=True, content_type="application/json")

    def _events(self) -> Iterator[bytes]:
        """The body of the reply, event by event."""
        if self.raw:
            yield (self.text or "").encode()
            return
        yield _event([{"index": 0, "delta": {"role": "assistant", "content": None}}])
        text = self.text or ""
        for at in range(0, len(text), self.piece):
            yield _event([{"index": 0, "delta": {"content": text[at : at + self.piece]}}])
        for number, query in enumerate(self.tools):
            yield _called(number, name="search", arguments="")
            arguments = json.dumps({"query": query})
            for at in range(0, len(arguments), self.piece):
                yield _called(number, arguments=arguments[at : at + self.piece])
        if self.hold == "last" or self.cut:
            return
        if self.finish is not None:
            yield _event([{"index": 0, "delta": {}, "finish_reason": self.finish}])
        if self.usage is not None:
            counts = dict(zip(("prompt_tokens", "completion_tokens"), self.usage, strict=True))
            yield _event([], usage={**counts, "total_tokens": sum(self.usage)})
        if self.done:
            yield b"data: [DONE]\n\n"


Script = Sequence[Reply] | Callable[[Request], Reply]


class ScriptedServer:
    """The server; a context manager that listens while it is open."""

    def __init__(self, script: Script, models: Sequence[str] = ("scripted",)) -> None:
        """``models`` are the names that it lists at /v1/models.

        ``listed`` are the requests for these, and for vectors (/v1/embeddings).
        """
        self.requests: list[Request] = []
        self.listed: list[Request] = []
        self._script = script
        self._models = tuple(models)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True, name="scripted-server"
        )

    @property
    def url(self) -> str:
        """The base address, as OPENAI_BASE_URL wants it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _embedded(self, request: Request) -> bytes:
        """Three numbers for each text: how long it is, its words, and one."""
        self.listed.append(request)
        data = [
            {"object": "embedding", "index": at, "embedding": [len(text), len(text.split()), 1]}
            for at, text in enumerate(request.body.get("input") or [])
        ]
        return json.dumps({"object": "list", "data": data, "model": "scripted"}).encode()

    def _reply_to(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if callable(self._script):
                return self._script(request)
            return self._script[min(len(self.requests), len(self._script)) - 1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.listed.append(Request(self.path, headers, {}))
                found = self.path == "/v1/models"
                data = [{"id": name, "object": "model"} for name in server._models]
                self._tell(
                    200 if found else 404, json.dumps({"object": "list", "data": data}).encode()
                )

            def _tell(self, status: int, told: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                try:
                    body = json.loads(self.rfile.read(length) or b"{}")
                except ValueError:
                    body = {}
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.path, headers, body)
                if self.path == "/v1/embeddings":
                    self._tell(200, server._embedded(request))
                    return
                reply = server._reply_to(request)
                self.close_connection = True
                try:
                    self._send(reply, request)
                except OSError:
                    request.left.set()

            def _send(self, reply: Reply, request: Request) -> None:
                if reply.hold == "first":
                    self._wait(request)
                    return
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Transfer-Encoding", "chunked")
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for event in reply._events():
                    for at in range(0, len(event), reply.packet):
                        packet = event[at : at + reply.packet]
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(packet), packet))
                        self.wfile.flush()
                        if self._left():
                            request.left.set()
                            return
                if reply.hold == "last":
                    self._wait(request)
                elif not reply.cut:
                    self.wfile.write(b"0\r\n\r\n")

            def _wait(self, request: Request) -> None:
                """Say nothing until the client leaves or the server closes."""
                while not server._closing.wait(_TICK):
                    if self._left():
                        request.left.set()
                        return

            def _left(self) -> bool:
                readable, _, _ = select.select([self.connection], [], [], 0)
                return bool(readable) and not self.connection.recv(1)

            def log_message(self, format: str, *args: Any) -> None:
                """Keep quiet."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is part of the script."""


def _called(number: int, **function: str) -> bytes:
    """An event with a piece of a tool call."""
    call = {"index": number, "id": f"call{number}", "type": "function", "function": function}
    return _event([{"index": 0, "delta": {"tool_calls": [call]}}])


def _event(choices: list[dict[str, Any]], **more: Any) -> bytes:
    told = {
        "id": "scripted",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": [{"finish_reason": None, **choice} for choice in choices],
        **more,
    }
    return b"data: " + json.dumps(told, ensure_ascii=False).encode() + b"\n\n"
