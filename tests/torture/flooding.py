"""A server that is asked by many, and what it uses meanwhile."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from serving import free_port, process

HERE = Path(__file__).parent
SECRET = "Canary-of-the-server-41d7"  # in a file beside the corpus
TOWERS = 40


def towers(version: int = 0) -> dict[str, str]:
    """A corpus in which tower n was finished in 1700 + n."""
    return {
        f"{n}.txt": f"The tower number {n} was finished in {1700 + n}.\nVersion {version}.\n"
        for n in range(TOWERS)
    }


@dataclass(frozen=True)
class Quick:
    """Where the server of `quick_server.py` answers, and its process."""

    address: str
    port: int
    pid: int
    folder: Path

    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def descriptors(self) -> int:
        """Open files and connections."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def threads(self) -> int:
        """Running threads."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))


@contextmanager
def quick_server(folder: Path, corpus: Path, sync_seconds: float = 0) -> Iterator[Quick]:
    """The app over doubles, in a process of its own."""
    port = free_port()
    command = [sys.executable, HERE / "quick_server.py", corpus, folder / "index", port]
    command.append(sync_seconds)
    tests = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    environment = {"PYTHONPATH": tests}
    with process([str(part) for part in command], port, folder / "log", environment) as address:
        (pid,) = (
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and f"\0{port}\0".encode() in _command(entry)
        )
        yield Quick(address, port, pid, folder)


def _command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def ask(http: httpx.Client, question: str) -> tuple[str, str]:
    """The last event that Gradio's API sends for a question ("complete" or "error"), and its data.

    A status of 400 or more is given as the event, in digits.
    """
    begun = http.post("/gradio_api/call/ask", json={"data": [question, "reader"]})
    if begun.status_code >= 400:
        return str(begun.status_code), begun.text
    told = http.get(f"/gradio_api/call/ask/{begun.json()['event_id']}")
    if told.status_code >= 400:
        return str(told.status_code), told.text
    event = data = ""
    for line in told.text.splitlines():
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: "):
            data = line[6:]
    return event, data


def text_of(data: str) -> str:
    """The answer's text in the data of a "complete" event."""
    return str(json.loads(data)[0]["text"])
