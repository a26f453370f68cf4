"""The process that parses: reads requests from its standard input until that is closed.

A request is a line of JSON (name, bytes that follow, limits) and the file's bytes; the reply is
the length of a JSON text on a line, and the text. JSON, since a parser that a hostile file took
over must not be able to make its parent run anything.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from dataclasses import asdict
from typing import BinaryIO

from summit_qa.documents.formats import read
from summit_qa.documents.formats.reading import Limits, Reading, Unreadable

READY = b"ready\n"


def main() -> None:
    """Serve until the parent closes the pipe or dies."""
    replies = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # what a library prints must not get among the replies
    requests: queue.SimpleQueue[tuple[str, bytes, Limits]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    replies.write(READY)
    replies.flush()
    while True:
        name, data, limits = requests.get()
        _bound(limits)
        reply = json.dumps(_reply(name, data, limits)).encode("ascii")
        replies.write(b"%d\n" % len(reply))
        replies.write(reply)
        replies.flush()


def _listen(source: BinaryIO, requests: queue.SimpleQueue[tuple[str, bytes, Limits]]) -> None:
    """Take requests; end the process, whatever it is doing, once the parent is gone."""
    while line := source.readline():
        header = json.loads(line)
        data = source.read(header["bytes"])
        if len(data) < header["bytes"]:
            break
        requests.put((header["name"], data, Limits(**header["limits"])))
    os._exit(0)


def _reply(name: str, data: bytes, limits: Limits) -> dict[str, object]:
    try:
        return packed(read(data, name, limits))
    except Unreadable as error:
        return {"unreadable": str(error)}
    except Exception as error:  # a fault of ours or a library's costs one file
        return {"unreadable": f"its reader failed on it ({type(error).__name__})"}


def packed(reading: Reading) -> dict[str, object]:
    """A reading as JSON holds it."""
    return asdict(reading)


def _bound(limits: Limits) -> None:
    """Bound memory, and the processor's time for the next file, where the system can."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + limits.seconds + 1
    for what, limit in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(what, (soft, hard))
        except (OSError, ValueError):
            continue


if __name__ == "__main__":
    main()
