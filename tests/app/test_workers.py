"""Which process a request goes to, and that it goes there alone."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from collections import Counter
from pathlib import Path

import pytest

from doubles import settings
from summit_qa.app.feedback import Feedback
from summit_qa.app.options import AppOptions
from summit_qa.app.sessions import Turn
from summit_qa.app.workers import Worker, Workers, one_request, preferred, visitor_of
from summit_qa.types import Answer

HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n%s\r\n"


@pytest.mark.parametrize(
    ("line", "visitor"),
    [
        (b"Cookie: summit_qa_visitor=abcdefgh_-12\r\n", b"abcdefgh_-12"),
        (b"cookie: a=b; summit_qa_visitor=abcdefgh; c=d\r\n", b"abcdefgh"),
        (b"Cookie: not_summit_qa_visitor=abcdefgh\r\n", b""),
        (b"X: summit_qa_visitor=abcdefgh\r\n", b""),
        (b"", b""),
    ],
)
def test_the_visitor_is_known_by_the_cookie(line: bytes, visitor: bytes) -> None:
    assert visitor_of(HEAD % line) == visitor


def test_a_visitor_stays_where_he_was_and_all_get_their_share() -> None:
    visitors = [b"visitor-%d" % number for number in range(400)]
    own = [preferred(it, range(4))[0] for it in visitors]
    assert own == [preferred(it, range(4))[0] for it in visitors]
    assert min(own.count(number) for number in range(4)) > 60
    left = [0, 1, 3]  # 2 is gone: the others' visitors stay
    for visitor, before in zip(visitors, own, strict=True):
        after = left[preferred(visitor, left)[0]]
        assert before in (2, after)


def test_a_connection_carries_one_request() -> None:
    head = HEAD % b"Connection: keep-alive, Upgrade\r\nKEEP-ALIVE: 5\r\nUpgrade: h2c\r\nX-Y: z\r\n"
    assert one_request(head) == (
        b"GET / HTTP/1.1\r\nHost: here\r\nX-Y: z\r\nConnection: close\r\n\r\n"
    )


class Standing:
    """A process that runs."""

    returncode = 0

    def poll(self) -> None:
        """It still runs."""


async def _asked(front: Workers, port_of: list[int], request: bytes) -> bytes:
    listening = await asyncio.start_server(front._answer, "127.0.0.1", 0, limit=64 * 1024)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        await writer.drain()
        reply = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
    return reply


def _front(ports: list[int]) -> Workers:
    front = Workers(settings(), AppOptions(), len(ports))
    front._workers = [
        Worker(number, port, Standing(), ready=True)  # type: ignore[arg-type]
        for number, port in enumerate(ports)
    ]
    return front


async def _replying(name: bytes) -> tuple[asyncio.Server, list[bytes]]:
    """A process that says its name and how many bytes of a body it was sent."""
    seen: list[bytes] = []

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(200_000) if head.startswith(b"POST") else b""
        seen.append(head)
        said = b"%s %d" % (name, len(body))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
        await writer.drain()
        writer.close()

    return await asyncio.start_server(reply, "127.0.0.1", 0), seen


def test_requests_go_to_their_process_and_to_another_where_it_is_gone() -> None:
    async def all_of_it() -> None:
        first, seen = await _replying(b"first")
        ports = [it.getsockname()[1] for it in first.sockets]
        async with first:
            front = _front([ports[0], 1])  # nobody listens on port 1
            for number in range(6):
                cookie = b"Cookie: summit_qa_visitor=visitor-%d\r\n" % number
                assert (await _asked(front, ports, HEAD % cookie)).endswith(b"first 0")
            body = b"x" * 200_000
            post = b"POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n" + body
            assert (await _asked(front, ports, post)).endswith(b"first 200000")
            assert all(b"\r\nConnection: close\r\n" in head for head in seen)

    asyncio.run(all_of_it())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000, b"400"),
        (HEAD % b"", b"503"),
    ],
)
def test_what_is_no_request_and_what_nobody_can_take_yet(request_: bytes, status: bytes) -> None:
    reply = asyncio.run(_asked(_front([1]), [], request_))
    assert reply.split(b" ", 2)[1] == status
    length = int(reply.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
    assert len(reply.partition(b"\r\n\r\n")[2]) == length


def test_settings_and_options_reach_a_process(tmp_path: Path) -> None:
    given = settings(corpus=tmp_path, openai_api_key="a-secret-of-the-user"), AppOptions(port=1)
    assert pickle.loads(pickle.dumps(given)) == given


def test_ratings_of_several_processes_do_not_mix(tmp_path: Path) -> None:
    """Each line is one write; threads with files of their own write as processes do."""
    answer = Answer("Who?", "x" * 20_000, None, (), (), "answered", None, generation="g-1")

    def rate(number: int) -> None:
        turn = Turn(number, "Who?", "done", answer, rating="up")
        for _ in range(50):
            assert Feedback(tmp_path, tmp_path).keep(turn, f"comment {number}")

    threads = [threading.Thread(target=rate, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (tmp_path / "feedback" / "feedback.jsonl").read_text().splitlines()
    comments = Counter(json.loads(line)["comment"] for line in lines)
    assert comments == {f"comment {number}": 50 for number in range(4)}
