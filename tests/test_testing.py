"""The scripted server speaks real HTTP and server-sent events, and says what it was told to."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from summit_qa.testing import Quoted, Reply, Request, ScriptedServer, Stated


def post(server: ScriptedServer, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the reply to a request, by a plain client."""
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    try:
        connection.request("POST", f"{where.path}/chat/completions", json.dumps(body))
        reply = connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def client(server: ScriptedServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url, api_key="k", max_retries=0, timeout=10)


MESSAGES: list[Any] = [{"role": "user", "content": "Did it rain?"}]


@pytest.mark.parametrize(("piece", "packet"), [(1, 1), (3, 2), (1_000, 5), (1_000, 100_000)])
def test_the_openai_client_reads_the_text_whatever_the_sizes(piece: int, packet: int) -> None:
    reply = Reply("Rain fell — 3 mm.", piece=piece, packet=packet)
    with ScriptedServer([reply]) as server, client(server) as asking:
        chunks = list(asking.chat.completions.create(model="m", messages=MESSAGES, stream=True))
    said = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(said) == "Rain fell — 3 mm."
    assert max(map(len, said)) <= piece
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 20


def test_replies_come_in_the_order_of_the_script_and_the_last_one_again() -> None:
    with ScriptedServer([Reply("a", raw=True), Reply("b", raw=True)]) as server:
        assert [post(server, {})[2] for _ in range(3)] == [b"a", b"b", b"b"]


def test_a_function_can_be_the_script_and_requests_are_kept() -> None:
    def script(request: Request) -> Reply:
        return Reply(request.body["model"], raw=True)

    with ScriptedServer(script) as server:
        assert post(server, {"model": "m", "messages": MESSAGES})[2] == b"m"
    (request,) = server.requests
    assert (request.path, request.prompt) == ("/v1/chat/completions", "Did it rain?")


def test_an_error_has_the_shape_of_openai() -> None:
    with ScriptedServer([Reply.error(429, "slow down", headers={"retry-after": "3"})]) as server:
        status, headers, body = post(server, {})
    assert (status, headers["retry-after"]) == (429, "3")
    assert json.loads(body)["error"]["message"] == "slow down"


def test_a_reply_in_the_format_of_the_writer() -> None:
    reply = Reply.of(Stated("It rained.", Quoted(2, "rain fell")), verdict="yes")
    assert json.loads(reply.text or "") == {
        "answered": True,
        "statements": [{"quotes": [{"source": 2, "quote": "rain fell"}], "text": "It rained."}],
        "verdict": "yes",
    }


def test_a_cut_reply_lacks_its_end() -> None:
    with (
        ScriptedServer([Reply("half", cut=True)]) as server,
        pytest.raises(http.client.IncompleteRead),
    ):
        post(server, {})


def test_a_held_reply_waits_until_its_client_leaves() -> None:
    with ScriptedServer([Reply("half", hold="last")]) as server:
        where = urlsplit(server.url)
        with socket.create_connection((where.hostname, where.port), timeout=10) as line:
            line.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
            )
            while b"half" not in line.recv(65_536):
                pass
            assert not server.requests[0].left.is_set()
        assert server.requests[0].left.wait(30)


def test_closing_the_server_frees_whoever_is_held() -> None:
    with ScriptedServer([Reply(hold="first")]) as server:
        where = urlsplit(server.url)
        line = socket.create_connection((where.hostname, where.port), timeout=10)
        line.sendall(b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
    with line, contextlib.suppress(ConnectionResetError):
        assert line.recv(1) == b""


def test_it_listens_on_loopback_only() -> None:
    with ScriptedServer([Reply("")]) as server:
        assert urlsplit(server.url).hostname == "127.0.0.1"
