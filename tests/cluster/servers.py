"""A real Chroma server on loopback that can be killed, stopped, restarted and emptied."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving import free_port

_RUN = "import sys; from chromadb.cli.cli import app; sys.argv[0] = 'chroma'; app()"


class RealChroma:
    """`chroma run` over a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", _RUN, "run", "--path", str(self.folder)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder.parent / "chroma.log").open("ab") as log:
            self._running = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"ANONYMIZED_TELEMETRY": "False"},
                cwd=self.folder.parent,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=2).close()
            except OSError:
                assert self._running.poll() is None, "the Chroma server ended"
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the Chroma server did not come up")

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    def empty(self) -> None:
        """Kill it, remove all that it holds, and start it again."""
        self.kill()
        shutil.rmtree(self.folder)
        self.start()

    def freeze(self) -> None:
        """It takes connections, and answers nothing."""
        assert self._running is not None
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        assert self._running is not None
        self._running.send_signal(signal.SIGCONT)

    def collections(self) -> list[str]:
        """The names of all that it holds."""
        with self.client() as client:
            return sorted(it.name for it in client.list_collections())

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Chroma's own client, whose connections are closed in the end."""
        import chromadb

        client = chromadb.HttpClient("127.0.0.1", self.port)
        try:
            yield client
        finally:
            for api in (client._server, client._admin_client._server):
                api._session.close()
            client.close()
