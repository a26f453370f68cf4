"""Serves the chat in a process of its own, as a user does, for tests of the app and the page."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Served:
    """Where the app answers, the corpus that it serves, and the folder with index and log."""

    address: str
    corpus: Path
    folder: Path


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def process(
    command: Sequence[str | Path],
    port: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run a server until the block ends; gives its address once it answers."""
    address = f"http://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if not _is_setting(name)}
    with log.open("wb") as output:
        running = subprocess.Popen(
            [str(part) for part in command],
            cwd=log.parent,  # where no .env and no index of the developer lie
            env=kept
            | {"OMP_NUM_THREADS": "2", "SUMMIT_QA_SETTINGS": os.devnull, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _await(address, running, log)
            yield address
        finally:
            _end(running)


def _end(running: subprocess.Popen[bytes]) -> None:
    """End the server with what it was run under, such as strace, and what it has started."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


@contextmanager
def chat(
    corpus: Path, folder: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """`summit-qa chat` over a corpus, its index and log in ``folder``."""
    port = free_port()
    command = [sys.executable, "-m", "summit_qa.cli", "chat", "--corpus", corpus]
    command += ["--index", folder / "index", "--port", str(port), "--engine", "reader", *options]
    with process(command, port, folder / "server.log", environment) as address:
        yield address


def _is_setting(name: str) -> bool:
    return name.startswith(("SUMMIT_QA_", "OPENAI_")) or name.lower().endswith("_proxy")


def _await(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if running.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/config", timeout=5).close()
        except urllib.error.HTTPError as reply:
            if reply.code != 503:
                return  # it asks for a password, but it is there
            time.sleep(0.1)  # its workers are not ready yet
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The server did not come up:\n{log.read_text(errors='replace')}")
