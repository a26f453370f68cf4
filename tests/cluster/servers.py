"""Real servers on loopback that can be killed, stopped, restarted and emptied."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


class RealPostgres:
    """A PostgreSQL of Debian's package over a folder of its own, as a user who is not root."""

    USER, PASSWORD = "summit", "a pass/word"

    def __init__(self) -> None:
        self._as: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []}
        if os.geteuid():
            self._as = {}
        # Not below pytest's folder, which is closed to others.
        self.folder = Path(tempfile.mkdtemp(prefix="summit-qa-postgres-"))
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self.port = free_port()
        self._running: subprocess.Popen[bytes] | None = None
        secret = self.folder / "secret"
        secret.write_text(self.PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        made = ["-D", "data", "-U", self.USER, "-A", "scram-sha-256", "--pwfile", str(secret)]
        made += ["--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run([_postgres("initdb"), *made], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL, **self._as)  # fmt: skip

    @property
    def url(self) -> str:
        """As the setting takes it."""
        return f"postgresql+psycopg://{self.USER}:a%20pass%2Fword@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command = [_postgres("postgres"), "-D", "data", "-p", str(self.port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        with (self.folder / "log").open("ab") as log:
            self._running = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as,
            )
        import psycopg

        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url.replace("+psycopg", "")).close()
            except psycopg.OperationalError:
                assert self._running.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.1)
            else:
                return
        raise AssertionError("PostgreSQL did not come up")

    def kill(self) -> None:
        """End it at once; it has to recover when it starts again."""
        if self._running is not None:
            self._running.send_signal(signal.SIGQUIT)
            self._running.wait()
            self._running = None

    def freeze(self) -> None:
        """It answers nothing, on new connections or old ones."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        """End it, and leave nothing."""
        self.kill()
        shutil.rmtree(self.folder)

    def _signal(self, number: signal.Signals) -> None:
        assert self._running is not None
        for pid in (self._running.pid, *self._children()):
            os.kill(pid, number)

    def _children(self) -> list[int]:
        assert self._running is not None
        of = self._running.pid
        return [int(it) for it in Path(f"/proc/{of}/task/{of}/children").read_text().split()]


def _postgres(program: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else program


class TlsProxy:
    """nginx before a server: TLS with a certificate of an authority of its own, and a token."""

    TOKEN = "the-right-token"

    def __init__(self, folder: Path, behind: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.port, self.expired_port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.expired_url = f"https://127.0.0.1:{self.expired_port}"
        self.authority = folder / "authority.pem"
        self._certify()
        servers = "".join(
            f"""server {{
                listen 127.0.0.1:{port} ssl;
                ssl_certificate {folder}/{name}.pem;
                ssl_certificate_key {folder}/server.key;
                client_max_body_size 0;
                if ($http_authorization != "Bearer {self.TOKEN}") {{ return 401; }}
                location / {{ proxy_pass {behind}; }}
            }}"""
            for port, name in ((self.port, "server"), (self.expired_port, "expired"))
        )
        paths = "".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;"
            f"events {{}} http {{ access_log off; {paths} {servers} }}"
        )

    def _certify(self) -> None:
        new = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        sign = "-CA authority.pem -CAkey authority.key -CAcreateserial -extfile names"
        (self.folder / "names").write_text("subjectAltName=IP:127.0.0.1")
        for command in (
            f"req -x509 {new} -keyout authority.key -out authority.pem -subj /CN=Test -days 2",
            f"req {new} -keyout server.key -out server.csr -subj /CN=127.0.0.1",
            f"x509 -req -in server.csr {sign} -days 2 -out server.pem",
            f"x509 -req -in server.csr {sign} -days -1 -out expired.pem",
        ):
            subprocess.run(["openssl", *command.split()], cwd=self.folder, check=True,
                           capture_output=True)  # fmt: skip

    @contextmanager
    def running(self) -> Iterator[None]:
        """It serves as long as the block runs."""
        command = ["nginx", "-e", str(self.folder / "log"), "-c", str(self.folder / "nginx.conf")]
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with suppress(OSError):
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                    break
                assert running.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)
            yield
        finally:
            running.kill()
            running.wait()
