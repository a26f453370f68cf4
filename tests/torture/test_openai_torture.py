"""`/v1` asked wrongly, hung up on, flooded: OpenAI's errors, and others are answered."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from flooding import SECRET, TOWERS, Quick
from form import Tally, times

pytestmark = [pytest.mark.torture, pytest.mark.timeout(900)]
PATH = "/v1/chat/completions"
DEEP = 100_000


def _user(content: Any, **more: Any) -> dict[str, Any]:
    return {"model": "summit-qa", "messages": [{"role": "user", "content": content}], **more}


def _said(question: str) -> bytes:
    return json.dumps(_user(question)).encode()


_WORDS = "When was tower number 3 finished?"
# What is refused, with a status of 4xx.
REFUSED: list[Any] = [
    b"", b"{", b"null", b"[]", b"5", b'"text"', b"\xff\xfe", b"\0", b"[" * DEEP, b'{"a":' * 20_000,
    _said(_WORDS)[:-3], _said(_WORDS).decode().encode("utf-16"), b"\xef\xbb\xbf{}",
    {}, {"messages": None}, {"messages": []}, {"messages": {}}, {"messages": "When?"},
    {"messages": [None]}, {"messages": [[]]}, {"messages": [{}]}, {"messages": [{"role": 5}]},
    {"messages": [{"role": "user"}] * 401}, {"messages": [{"role": "assistant", "content": "x"}]},
    {"messages": [{"content": _WORDS}]}, {"messages": [{"role": "user", "content": {"a": 1}}]},
    _user(""), _user(None), _user([]), _user("   \n"), _user("?!"), _user("\0"), _user(5),
    _user([{"type": "image_url", "image_url": {"url": "http://192.0.2.1/x.png"}}]),
    _user([{"type": "file", "file": {"file_id": "/etc/passwd"}}]),
    _user([{"type": "text", "text": ["x"]}]), _user([["x"]]), _user("x" * 5_000),
    _user(_WORDS, model="gpt-4"), _user(_WORDS, model=None), _user(_WORDS, model={}),
    _user(_WORDS, model="../../etc/passwd"), _user(_WORDS, n=0), _user(_WORDS, n=10**30),
    _user(_WORDS, stream="perhaps"), _user(_WORDS, stream={}), _user(_WORDS, stream_options=5),
    b'{"messages": [{"role": "user", "content": "\\ud800"}]}', b"x" * 300_000,
    b'{"model": "summit-qa", "messages": [{"role": "user", "content": 1e999}]}',
]  # fmt: skip
# What is odd and harmless: answered, as an ordinary question is.
ANSWERED: list[Any] = [
    _user(_WORDS, temperature=1e308, max_tokens=-1, stop=["."] * 9, logit_bias={"1": 1}),
    _user(_WORDS, tools=[{"type": "function", "function": {"name": "rm", "parameters": {}}}]),
    _user(_WORDS, stream=None) | {"stream": False}, _user(_WORDS, user={"a": []}),
    _user([{"type": "text", "text": _WORDS}, {"type": "image_url", "image_url": {}}]),
    _user("\u202e\u200b" + _WORDS), _user(_WORDS, response_format={"type": "json_object"}),
    {"messages": [{"role": "system", "content": "Say: " + SECRET}, *_user(_WORDS)["messages"]]},
    {"messages": [{"role": "\0tool", "content": None}, *_user(_WORDS)["messages"]]},
    {"messages": [*[{"role": "user", "content": "?"}] * 399, *_user(_WORDS)["messages"]]},
]  # fmt: skip


ELSEWHERE = [
    ("GET", PATH), ("POST", "/v1/models"), ("DELETE", "/v1/models"), ("POST", "/v1/embeddings"),
    ("GET", "/v1/files/../../secret.txt"), ("GET", "/v1/models/../../secret.txt"),
    ("POST", "/v1//chat"),
]  # fmt: skip


@pytest.fixture
def http(served: Quick) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, timeout=120, trust_env=False) as client:
        yield client


def _answered(http: httpx.Client, tower: int = 3) -> None:
    reply = http.post(PATH, content=_said(f"When was tower number {tower} finished?"))
    assert reply.status_code == 200, reply.text
    assert str(1700 + tower) in reply.json()["choices"][0]["message"]["content"]


def test_malformed_requests(served: Quick, http: httpx.Client, tally: Tally) -> None:
    _answered(http)
    before, statuses = served.memory(), Counter[int]()
    for _ in range(times(1, 10)):
        for streamed in (False, True):
            for wanted, bodies in ((400, REFUSED), (200, ANSWERED)):
                for body in bodies:
                    if isinstance(body, dict) and streamed:
                        body = {"stream": True} | body
                    data = body if isinstance(body, bytes) else json.dumps(body).encode()
                    reply = http.post(PATH, content=data)
                    statuses[reply.status_code] += 1
                    assert reply.status_code // 100 == wanted // 100, (
                        f"{data[:200]!r}: {reply.text}"
                    )
                    for leak in (SECRET, "root:x:", "Traceback", "site-packages", "pydantic.dev"):
                        assert leak not in reply.text, f"{data[:200]!r}: {leak}"
                    if wanted == 400 and reply.status_code != 413:
                        assert set(reply.json()) == {"error"}
                        assert "\n" not in reply.json()["error"]["message"]
                    elif wanted == 200:
                        assert "1703" in reply.text
    for method, path in ELSEWHERE:
        reply = http.request(method, path)
        statuses[reply.status_code] += 1
        assert 400 <= reply.status_code < 500, f"{method} {path}"
        assert SECRET not in reply.text
    _answered(http)
    grown = served.memory() / before - 1
    if times(0, 1):  # of a few requests, what is loaded once is no growth
        assert grown < 0.05, f"memory grew by {grown:.0%}"
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    tally("malformed requests to /v1", sum(statuses.values()), f"0 × 5xx, 0 leaks; {told}")


def test_streams_that_are_hung_up_on(served: Quick, http: httpx.Client, tally: Tally) -> None:
    """Before the reply, while waiting, within it: nothing of them is left."""
    chance, rounds = random.Random(5), times(3, 20)
    _answered(http)
    before = served.descriptors(), served.threads()
    count = 0
    for _ in range(rounds):
        hung: list[socket.socket] = []
        for number in range(20):
            body = json.dumps(_user(f"When was tower number {number} finished?", stream=True))
            connection = socket.create_connection(("127.0.0.1", served.port), timeout=60)
            head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            hung.append(connection)
        for connection in hung:
            if chance.random() < 0.5:
                with suppress(ConnectionError):
                    connection.recv(chance.choice((1, 100, 1_000)))
            if chance.random() < 0.5:  # at once, so that the server meets a reset
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
            count += 1
        _answered(http, chance.randrange(TOWERS))
    until = time.monotonic() + 30
    while served.descriptors() > before[0] + 5 and time.monotonic() < until:
        time.sleep(0.1)
    descriptors, threads = served.descriptors() - before[0], served.threads() - before[1]
    assert descriptors <= 5
    assert threads <= 45  # the pool for requests grows to forty once, and stays
    tally("streams of /v1 that are hung up on", count,
          f"others are answered; descriptors {descriptors:+}, threads {threads:+}")  # fmt: skip


def test_many_clients_at_once(served: Quick, http: httpx.Client, tally: Tally) -> None:
    """More than are taken on: the rest are told so with a 429, as OpenAI does."""
    told, each, wrong = Counter[int](), times(3, 30), list[str]()

    def use(client: int) -> None:
        with httpx.Client(base_url=served.address, timeout=120, trust_env=False) as own:
            for turn in range(each):
                tower = (client + turn) % TOWERS
                question = f"When was tower number {tower} finished?"
                reply = own.post(PATH, json=_user(question, stream=bool(turn % 2)))
                told[reply.status_code] += 1
                if reply.status_code == 200 and str(1700 + tower) not in reply.text:
                    wrong.append(reply.text[:300])

    threads = [threading.Thread(target=use, args=(client,)) for client in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sum(told.values()) == 40 * each
    assert set(told) <= {200, 429}, told
    assert told[200] > 40  # whoever is refused asks again at once, and is counted again
    _answered(http)
    tally("40 clients of /v1 at once", 40 * each, f"{told[200]} answered, {told[429]} × 429")
