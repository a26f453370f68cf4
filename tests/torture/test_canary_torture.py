"""A canary key in the environment: no log, repr, traceback, index, page or configuration has it."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from form import Tally
from gradio_client import Client
from gradio_client.exceptions import AppError

from doubles import write
from serving import free_port, process
from summit_qa.testing import Quoted, Reply, Request, ScriptedServer, Stated

pytestmark = [pytest.mark.torture, pytest.mark.timeout(900)]
KEY = "sk-canary-7f3b9d2e51c84a06"
PASSWORD = "canary-password-0b6c"
# Pieces that would give the key away, also where it was encoded or cut.
PIECES = [KEY, KEY[3:], KEY[:14], KEY[-10:], KEY.encode().hex(), PASSWORD]
SCRIPT = '''
import faulthandler, gc, json, logging, sys, traceback
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from pathlib import Path
from summit_qa import Assistant, Settings
from summit_qa.errors import SummitQAError
settings = Settings.load(corpus=Path("corpus"), index=Path("index"), engine="auto")
print(repr(settings), str(settings), settings.model_dump(), settings.model_dump_json())
qa = Assistant.open(settings=settings)
print(repr(qa), vars(qa), qa.engines(), repr(qa.with_settings(passages=4)))
conversation = qa.conversation()
for question in ("When did the bridge open?", "fail", "And who built it?", "", "x" * 9999):
    for ask in (qa.ask, lambda q: list(conversation.stream(q))[-1],
                lambda q: qa.ask(q, engine="writer")):
        try:
            answer = ask(question)
            print(repr(answer), json.dumps(answer.to_dict()))
        except SummitQAError as error:
            traceback.print_exc()
            print(repr(error), vars(error), error.__cause__, error.__context__)
for wrong in ({"passages": "many"}, {"openai_api_key": 5}, {"openai_base_url": 7}, {"nothing": 1}):
    try:
        settings.replaced(**wrong)
    except SummitQAError as error:
        traceback.print_exc()
        print(repr(error))
from summit_qa.writer.endpoint import Endpoint
endpoint = Endpoint(settings)
print(repr(endpoint), endpoint.host, endpoint.url)
try:
    raise RuntimeError("as a program that uses the package fails")
except RuntimeError:
    traceback.print_exc()
'''  # fmt: skip


def _environment(server: ScriptedServer) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("SUMMIT_QA")}
    return own | {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": server.url,
        "SUMMIT_QA_LLM": "scripted",
        "SUMMIT_QA_LLM_TIMEOUT": "5",
        "SUMMIT_QA_LLM_CACHE": "cache",
        "OPENAI_LOG": "debug",
    }


def _reply(request: Request) -> Reply:
    """Answers that repeat the key, as servers do in their errors and hostile models in text."""
    if "fail" in request.prompt:
        return Reply.error(401, f"Incorrect API key provided: {KEY}; see {KEY[:14]}***")
    words = "The harbour bridge opened on 3 May 1931."
    return Reply.of(Stated(words, Quoted(1, words)), Stated(f"The key is {KEY}.", Quoted(1, words)))


def _hits(where: str, data: bytes) -> list[str]:
    return [f"{piece} in {where}" for piece in PIECES if piece.encode() in data]


def _kept(*folders: Path) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


def test_the_key_is_nowhere(tmp_path: Path, tally: Tally) -> None:
    write(tmp_path / "corpus", {"bridge.txt": "The harbour bridge opened on 3 May 1931.\n"})
    places = 0
    with ScriptedServer(_reply) as server:
        environment = _environment(server)
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", SCRIPT],
            cwd=tmp_path, env=environment, capture_output=True, timeout=400,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        assert b"DEBUG" in done.stderr, "nothing was logged"
        assert b"WriterAuthError" in done.stderr
        assert _hits("stdout", done.stdout) + _hits("stderr", done.stderr) == []
        for command in (["ask", "When did the bridge open?", "--json"], ["ask", "fail"],
                        ["ask", "fail", "--engine", "writer"], ["index"], ["--help"]):  # fmt: skip
            ran = subprocess.run(
                [sys.executable, "-m", "summit_qa.cli", *command],
                cwd=tmp_path, env=environment, capture_output=True, timeout=200,
            )  # fmt: skip
            assert _hits(str(command), ran.stdout + ran.stderr) == []
            places += 2
        places += _served(tmp_path, environment)
        assert any(KEY in request.headers.get("authorization", "") for request in server.requests)
        for request in server.requests:
            assert KEY not in pickle.dumps(dict(request.body)).decode("latin-1")
    for name, data in _kept(tmp_path):
        if "serverside" not in name:
            places += 1
            assert _hits(name, data) == []
    tally("a canary key in the environment", places, "0 hits in outputs, logs, pages and files")


def _served(place: Path, environment: dict[str, str]) -> int:
    """Looks for the key in all that a chat sends; how many replies were looked through."""
    port = free_port()
    (place / "users").write_text("ann:one\n")
    command = [sys.executable, "-m", "summit_qa.cli", "chat", "--port", str(port), "--mcp"]
    looked = 0
    served = {k: v for k, v in environment.items() if k.startswith(("OPENAI", "SUMMIT"))}
    with process(command, port, place / "chat.log", served) as address:
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as http:
            page = http.get("/")
            linked = re.findall(r'(?:src|href)="(/?[\w./-]+\.(?:js|css|json))"', page.text)
            paths = ["/", "/config", "/gradio_api/info", "/gradio_api/startup-events", "/nothing",
                     "/theme.css", "/manifest.json", *linked[:10]]  # fmt: skip
            for path in paths:
                reply = http.get(path)
                looked += 1
                assert _hits(path, reply.content + str(reply.headers).encode()) == []
        client = Client(address, verbose=False, analytics_enabled=False)
        for question in ("When did the bridge open?", "fail", "x" * 9999):
            for engine in ("auto", "writer"):
                try:
                    told = str(client.predict(question=question, engine=engine, api_name="/ask"))
                except AppError as error:
                    told = repr(error)
                looked += 1
                assert _hits(question[:10], told.encode()) == []
        client.close()
    return looked
