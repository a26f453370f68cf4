"""Forty probes over HTTP: traversal, file, proxy, redirect, names, origins, floods."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass, field

import httpx
import pytest
from flooding import SECRET, Quick, ask, text_of
from form import Tally, times

pytestmark = [pytest.mark.torture, pytest.mark.timeout(900)]
JSON = {"Content-Type": "application/json"}
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Probe:
    """A request as it goes over the wire; ``body`` is repeated ``times`` times."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    repeated: int = 1
    length: str | None = None


def _post(path: str, data: object, **headers: str) -> Probe:
    body = json.dumps(data).encode()
    return Probe(
        "POST", path, {**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}, body
    )


_TRAVERSALS = [
    *("/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt"),
    *("/assets/..%2f..%2fsecret.txt", "/static/%2e%2e/%2e%2e/secret.txt", "//etc/passwd"),
    *("/svelte/..%5c..%5csecret.txt", "/static/....//....//secret.txt", "/assets/%00/secret"),
    *("/theme.css/../../secret.txt", "/summit-qa/files/../../secret.txt", "/.env", "/.git/config"),
]
_FILES = [
    "/gradio_api/file={secret}", "/file={secret}", "/gradio_api/file/{secret}", "/file/{secret}",
    "/gradio_api/file=/etc/passwd", "/gradio_api/stream/{secret}", "/gradio_api/deep_link",
    "/gradio_api/file%3D{secret}", "/assets/{secret}", "/static/{secret}",
]  # fmt: skip
_PROXIES = [
    "/gradio_api/proxy=http://127.0.0.1:1/", "/proxy=http://192.0.2.1/", "/gradio_api/proxy/x",
    "http://192.0.2.1/", "/?__theme=http://192.0.2.1", "/gradio_api/file=http://192.0.2.1/x",
    "/redirect?url=http://evil.example", "/login/huggingface", "//evil.example/%2f..",
]  # fmt: skip
_QUEUE = "/gradio_api/queue/join"
_FILE = {"path": "{secret}", "meta": {"_type": "gradio.FileData"}}
_CALLS = [
    _post("/gradio_api/call/ask", {"data": [{"path": "{secret}"}, "reader"]}),
    _post("/gradio_api/call/search", {"data": ["x", _FILE]}),
    _post("/gradio_api/call/nothing", {"data": []}),
    _post("/gradio_api/run/predict", {"data": [], "fn_index": 0}),
    _post("/gradio_api/component_server", {"fn_name": "ls", "component_id": 1, "data": ["/"]}),
    _post("/gradio_api/upload", {}),
    _post(_QUEUE, {"data": ["x"], "fn_index": 0, "session_hash": "a"}, Origin="http://evil.example"),
    _post(_QUEUE, {"data": ["x"], "fn_index": 0, "session_hash": "a"}, Origin="null"),
    _post(_QUEUE, {"data": [], "fn_index": 10**9, "session_hash": "a"}),
    _post(_QUEUE, {"data": None, "fn_index": -1, "session_hash": {}}),
    Probe("POST", _QUEUE, JSON, b"{" * 1000),
    Probe("POST", _QUEUE, JSON, b"[" * 200_000),
]  # fmt: skip
_HEADERS = [
    Probe("GET", "/", {"Host": "evil.example"}),
    Probe("GET", "/", {"Host": "127.0.0.1.evil.example"}),
    Probe("GET", "/", {"Host": ""}),
    Probe("GET", "/", {"X-Forwarded-Host": "evil.example"}),
    Probe("GET", "/", {"Host": "evil.example", "X-Forwarded-Host": "127.0.0.1"}),
    Probe("TRACE", "/"),
    Probe("PUT", "/summit-qa/files", {}, b"x"),
    Probe("DELETE", "/"),
    Probe("CONNECT", "192.0.2.1:80"),
    Probe("PROPFIND", "/"),
]
_FLOODS = [
    Probe("POST", "/summit-qa/files", {"X-File-Name": "big.txt"}, b"x" * MEGABYTE, 20),
    Probe("POST", "/summit-qa/files", {"X-File-Name": "lie.txt"}, b"x" * MEGABYTE, 20, "10"),
    Probe("POST", "/summit-qa/files", {"X-File-Name": "..%2f..%2fup.exe"}, b"x"),
    Probe("POST", "/summit-qa/files", {"X-File-Name": "x" * 9_000 + ".txt"}, b"x"),
    Probe("POST", "/summit-qa/files", {"X-File-Name": "%00.txt"}, b"x"),
    Probe("POST", "/summit-qa/files", {"X-File-Name": "neg.txt"}, b"x", 1, "-1"),
    Probe("POST", "/gradio_api/call/ask", JSON, b'"' + b"x" * MEGABYTE, 20),
    Probe("POST", _QUEUE, JSON, b"x" * MEGABYTE, 20),
    Probe("POST", "/mcp/", JSON, b"x" * MEGABYTE, 20),
    Probe("GET", "/" + "a" * 100_000),
    Probe("GET", "/", {"Cookie": "summit_qa_visitor=" + "x" * 60_000}),
]
PROBES = [
    *(Probe("GET", path) for path in (*_TRAVERSALS, *_FILES, *_PROXIES)),
    *_CALLS,
    *_HEADERS,
    *_FLOODS,
]


def _send(served: Quick, probe: Probe) -> tuple[int, bytes]:
    """Status and reply, byte for byte as probed; status 0 where the server hung up."""
    secret = str(served.folder / "secret.txt")
    sent = {"Host": f"127.0.0.1:{served.port}", **probe.headers}
    length = probe.length or str(len(probe.body) * probe.repeated)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    try:
        path = probe.path.replace("{secret}", secret)
        connection.putrequest(probe.method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        if probe.body:
            connection.putheader("Content-Length", length)
        connection.endheaders()
        try:
            for _ in range(probe.repeated):
                connection.send(probe.body.replace(b"{secret}", secret.encode()))
        except OSError:
            pass  # it did not want to hear all of it
        reply = connection.getresponse()
        return reply.status, str(reply.headers).encode() + reply.read(MEGABYTE)
    except (http.client.HTTPException, ConnectionError):
        return 0, b""
    finally:
        connection.close()


def test_probes_over_http(served: Quick, tally: Tally) -> None:
    assert len(PROBES) >= 40
    corpus = {path.name for path in (served.folder / "corpus").iterdir()}
    statuses: dict[int, int] = {}
    with httpx.Client(base_url=served.address, timeout=60, trust_env=False) as client:
        assert ask(client, "When was tower number 3 finished?")[0] == "complete"
        for probe in PROBES:
            _send(served, probe)  # once, so that what is loaded once is
        before = served.memory()
        for _ in range(times(1, 10)):
            for probe in PROBES:
                status, reply = _send(served, probe)
                statuses[status] = statuses.get(status, 0) + 1
                named = f"{probe.method} {probe.path[:80]} {probe.headers}"[:200]
                assert status < 500, f"{named}: {status} {reply[:300]!r}"
                for leak in (SECRET.encode(), b"root:x:", b"Traceback", b"site-packages"):
                    assert leak not in reply, f"{named}: {leak!r}"
                if probe in _HEADERS or probe.path.startswith(("/gradio_api/file", "/file", "/..")):
                    assert status >= 400 or status == 0, f"{named}: {status}"
                assert b"evil.example" not in reply.split(b"\r\n\r\n")[0].lower()
        event, data = ask(client, "x" * (20 * MEGABYTE))
        assert event in ("413", "error")
        event, data = ask(client, "When was tower number 3 finished?")
        assert event == "complete"
        assert "1703" in text_of(data)
        grown = served.memory() / before - 1
        assert grown < 0.05, f"memory grew by {grown:.0%}"
    left = {path.name for path in (served.folder / "corpus").iterdir()} - corpus
    assert left == {"lie.txt"}  # of which ten bytes were declared, and no more were kept
    assert (served.folder / "corpus" / "lie.txt").stat().st_size == 10
    told = ", ".join(
        f"{count} × {status or 'hung up'}" for status, count in sorted(statuses.items())
    )
    tally(
        f"{len(PROBES)} HTTP probes",
        sum(statuses.values()),
        f"0 leaks, 0 × 5xx; {told}; memory {grown:+.1%}",
    )


def test_connections_that_never_finish(served: Quick, tally: Tally) -> None:
    """Slow and silent clients do not keep others from being answered."""
    count = times(50, 400)
    idle = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(count)]
    try:
        for at, connection in enumerate(idle):
            if at % 2:
                connection.sendall(b"POST /summit-qa/files HTTP/1.1\r\nHost: 127.0.0.1\r\nConte")
        with httpx.Client(base_url=served.address, timeout=60, trust_env=False) as client:
            assert ask(client, "When was tower number 5 finished?")[0] == "complete"
    finally:
        for connection in idle:
            connection.close()
    tally("connections that never finish their request", count, "others are answered")
