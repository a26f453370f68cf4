"""Parsing in a process of its own, so that a crash or a hang costs one file and never the index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from types import TracebackType
from typing import IO, Any, Self

from summit_qa.documents.formats.reading import Limits, Reading, Unreadable
from summit_qa.documents.formats.worker import READY
from summit_qa.types import Block

_START_SECONDS = 60.0
_MODULE = "summit_qa.documents.formats.worker"
_PASSED_ON = ("SYSTEMROOT", "TEMP", "TMP", "LANG", "LD_LIBRARY_PATH")


def environment() -> dict[str, str]:
    """All that a process for strangers' files gets of the environment: no keys, no tokens."""
    passed = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    return passed | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class Isolated:
    """Reads files one after the other in one process, which is replaced when it breaks.

    The process starts with the first file and ends with ``close``, or when this one dies.
    Use it from one thread at a time.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not written before it died
                    continue

    def read(self, data: bytes, name: str) -> Reading:
        """The file as text; Unreadable with a reason, also where its parser broke."""
        if len(data) > self.limits.bytes:
            raise Unreadable(f"larger than the limit of {self.limits.bytes:,} bytes")
        try:
            reply = self._ask(data, name)
        except BaseException:
            self.close()
            raise
        if "unreadable" in reply:
            reason = str(reply["unreadable"])
            if "memory" in reason:
                self.close()  # what it holds is better given back
            raise Unreadable(reason)
        return unpacked(reply)

    def _ask(self, data: bytes, name: str) -> dict[str, Any]:
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self.limits.seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            header = {"name": name, "bytes": len(data), "limits": asdict(self.limits)}
            process.stdin.write(json.dumps(header).encode("ascii") + b"\n")
            process.stdin.write(data)
            process.stdin.flush()
            return _received(process.stdout)
        except (OSError, EOFError, ValueError):
            process.wait()
            if late.is_set() or process.returncode == -24:  # SIGXCPU
                raise Unreadable(
                    f"reading it takes longer than the limit of {self.limits.seconds} seconds"
                ) from None
            raise Unreadable("its reader crashed on it; the file may be damaged") from None
        finally:
            timer.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        # -P: a json.py in the folder that the user stands in is not ours.
        self._process = process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment() | {"OPENBLAS_NUM_THREADS": "1"},
            start_new_session=os.name == "posix",  # Ctrl-C is for us; we then end it
        )
        assert process.stdout is not None
        timer = threading.Timer(_START_SECONDS, process.kill)
        timer.daemon = True
        timer.start()
        try:
            if process.stdout.readline() != READY:
                raise Unreadable("its reader could not be started")
        finally:
            timer.cancel()
        return process


def _received(source: IO[bytes]) -> dict[str, Any]:
    line = source.readline()
    length = int(line) if line.endswith(b"\n") else -1
    if length < 0:
        raise EOFError
    data = source.read(length)
    if len(data) < length:
        raise EOFError
    reply = json.loads(data)
    if not isinstance(reply, dict):
        raise ValueError
    return reply


def unpacked(reply: dict[str, Any]) -> Reading:
    """A reading from its JSON form; Unreadable where it is none."""
    try:
        return Reading(
            str(reply["text"]),
            tuple(
                Block(b["kind"], int(b["start"]), int(b["end"]), int(b["level"]), str(b["label"]))
                for b in reply["blocks"]
            ),
            tuple(int(start) for start in reply["page_starts"]),
            str(reply["title"]),
            str(reply["date"]),
            str(reply["reader"]),
        )
    except (KeyError, TypeError, ValueError):
        raise Unreadable("its reader failed on it") from None
