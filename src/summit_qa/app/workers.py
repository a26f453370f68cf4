"""Several processes behind one port: each request goes to the process that knows its visitor.

A page's session lives in one process, so requests are given out by the visitor's cookie. Programs
have none and are given out by their address; what needs no session (`/v1`, `/mcp`, `/metrics`), in
turn. One connection carries one request. Each process has the whole guard; nothing is decided here
but where a request goes. A process that ends is started anew, and its visitors go to the others
meanwhile: what they asked is in the history, which all processes share.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from summit_qa.app.options import AppOptions
from summit_qa.app.security import COOKIE
from summit_qa.app.watch import SHARED
from summit_qa.errors import SummitQAError

if TYPE_CHECKING:
    from summit_qa.settings import Settings

_log = logging.getLogger(__name__)
_MOST_HEAD = 64 * 1024  # bytes of a request's line and headers
_HEAD_SECONDS = 30.0
_START_SECONDS = 180.0  # for loading models and the first page
_MOST_FAILED_STARTS = 3
_ENDING = 5.0  # seconds for a process to end in order
_PIECE = 64 * 1024
_VISITOR = re.compile(rb"(?:^|[;\s])" + COOKIE.encode() + rb"=([A-Za-z0-9_-]{8,64})")
_IN_TURN = re.compile(rb"/(?:v1|mcp)(?:/|$)|/(?:metrics|health|ready)$")
_LINE = re.compile(rb"[A-Z]+ ([^ ?]*)\S* HTTP/1\.[01]\r\n")
_OF_CONNECTION = (b"connection", b"keep-alive", b"proxy-connection", b"upgrade")
_STARTING = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 36\r\nConnection: close\r\n\r\nStarting; try again in some seconds."
)
_BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(slots=True)
class Worker:
    """A process that serves the app on a port of loopback."""

    number: int
    port: int
    process: subprocess.Popen[bytes]
    ready: bool = False
    starts_failed: int = field(default=0)


class Workers:
    """Starts the processes, keeps them running, and gives requests out to them."""

    def __init__(self, settings: Settings, options: AppOptions, number: int) -> None:
        self._settings = settings
        self._options = options
        self._number = number
        self._workers: list[Worker] = []
        self._turn = count()
        self._told = False

    async def serve(self, listener: socket.socket, shared: str) -> None:
        """Serve until cancelled; ``shared`` is a folder in which figures are added up.

        Raises SummitQAError where the processes cannot start.
        """
        try:
            self._workers = [self._started(number, shared) for number in range(self._number)]
            listening = await asyncio.start_server(self._answer, sock=listener, limit=_MOST_HEAD)
            async with listening:
                await asyncio.gather(*(self._keep(it, shared) for it in list(self._workers)))
        finally:
            await asyncio.to_thread(self._end)

    def _started(self, number: int, shared: str) -> Worker:
        """A new process; it ends when its standard input does, so never outlives this one."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        process = subprocess.Popen(
            [sys.executable, "-m", "summit_qa.app.workers"],
            stdin=subprocess.PIPE,
            env=os.environ | {SHARED: shared},
            start_new_session=os.name == "posix",  # Ctrl-C is for us, who end it in order
        )
        # Who may do what is decided by the address of the whole, so it stays in the options.
        own = replace(self._options, learns=number == 0)
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it died at once, which is seen below
            process.stdin.write(pickle.dumps((self._settings, own, port)))
            process.stdin.flush()
        return Worker(number, port, process)

    async def _keep(self, worker: Worker, shared: str) -> None:
        """Watch a process for ever, and start it anew where it ends."""
        while True:
            await self._await_ready(worker)
            while worker.process.poll() is None:
                await asyncio.sleep(0.2)
            if not worker.ready:
                worker.starts_failed += 1
                if worker.starts_failed >= _MOST_FAILED_STARTS:
                    raise SummitQAError("The workers of the chat do not start; the log says why.")
            else:
                worker.starts_failed = 0
                _log.warning("worker %d ended (%d)", worker.number, worker.process.returncode)
            worker.ready = False
            await asyncio.sleep(0.5)
            again = self._started(worker.number, shared)
            worker.process, worker.port = again.process, again.port

    async def _await_ready(self, worker: Worker) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _START_SECONDS
        while worker.process.poll() is None and loop.time() < deadline:
            with suppress(OSError, TimeoutError):
                reply = await asyncio.wait_for(_asked(worker.port), 5)
                worker.ready = reply.startswith(b"HTTP/1.1 200")
            if worker.ready:
                _log.info("worker %d is ready", worker.number)
                return
            await asyncio.sleep(0.2)
        worker.process.kill()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on to its process, and the reply back."""
        try:
            try:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_SECONDS)
            except asyncio.IncompleteReadError:
                return
            except (asyncio.LimitOverrunError, TimeoutError):
                writer.write(_BAD)
                return
            if (line := _LINE.match(head)) is None:
                writer.write(_BAD)
                return
            peer = writer.get_extra_info("peername") or ("",)
            for worker in self._order(line[1], head, str(peer[0])):
                try:
                    inner = await asyncio.open_connection("127.0.0.1", worker.port)
                except OSError:
                    continue
                await _through(one_request(head), (reader, writer), inner)
                return
            writer.write(_STARTING)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            with suppress(ConnectionError, RuntimeError):
                writer.close()
                await writer.wait_closed()

    def _order(self, path: bytes, head: bytes, peer: str) -> list[Worker]:
        """The processes that are ready, the one for this request first."""
        ready = [worker for worker in self._workers if worker.ready]
        if _IN_TURN.match(path):
            first = next(self._turn) % max(1, len(ready))
            return ready[first:] + ready[:first]
        visitor = visitor_of(head) or peer.encode()
        return [ready[at] for at in preferred(visitor, [worker.number for worker in ready])]

    def _end(self) -> None:
        """End all processes, in order where they can."""
        for worker in self._workers:
            with suppress(OSError):
                worker.process.terminate()
        for worker in self._workers:
            try:
                worker.process.wait(_ENDING)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            if worker.process.stdin is not None:
                with suppress(OSError):
                    worker.process.stdin.close()


def visitor_of(head: bytes) -> bytes:
    """The visitor's name in the cookies of a request; empty where there is none."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"cookie" and (found := _VISITOR.search(value)):
            return found[1]
    return b""


def preferred(visitor: bytes, numbers: Iterable[int]) -> list[int]:
    """Places in ``numbers``, the visitor's own first; when one goes, the others keep theirs."""
    weights = [
        (hashlib.sha256(b"%d\0" % number + visitor).digest(), at)
        for at, number in enumerate(numbers)
    ]
    return [at for _, at in sorted(weights, reverse=True)]


def one_request(head: bytes) -> bytes:
    """The head of a request, as the only one of its connection."""
    first, *lines = head[:-4].split(b"\r\n")
    kept = [it for it in lines if it.partition(b":")[0].strip().lower() not in _OF_CONNECTION]
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _through(head: bytes, outer: Streams, inner: Streams) -> None:
    """Pass bytes in both directions until the process has replied, or the visitor is gone."""
    inner[1].write(head)
    asking = asyncio.create_task(_copied(outer[0], inner[1]))
    replying = asyncio.create_task(_copied(inner[0], outer[1]))
    try:
        # Who closes his side early is gone: no browser and no client here asks half-closed.
        await asyncio.wait({asking, replying}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done() and not outer[0].at_eof():
            await replying
    finally:
        for task in (asking, replying):
            task.cancel()
        await asyncio.gather(asking, replying, return_exceptions=True)
        inner[1].close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()


async def _asked(port: int) -> bytes:
    """The reply of a process to whether it is ready."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return await reader.read(_PIECE)
    finally:
        writer.close()


def serve_workers(
    settings: Settings, options: AppOptions, listener: socket.socket, number: int
) -> None:
    """Serve the app by so many processes until it is interrupted."""
    with tempfile.TemporaryDirectory(prefix="summit-qa-figures-") as shared:
        workers = Workers(settings, options, number)

        async def run() -> None:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            assert task is not None
            with suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(signal.SIGTERM, task.cancel)
            await workers.serve(listener, shared)

        with suppress(asyncio.CancelledError):
            asyncio.run(run())


def main() -> int:
    """Serve as one of the processes: settings and options come pickled on standard input."""
    import threading

    from summit_qa.app import listen, serve
    from summit_qa.app.watch import set_up_logs
    from summit_qa.assistant import Assistant

    settings, options, port = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the one above us

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    set_up_logs(options.json_logs)
    try:
        with Assistant.open(settings=settings, sync=False) as assistant:
            serve(assistant, options, listen(replace(options, host="127.0.0.1", port=port)))
    except SummitQAError as error:
        _log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
