"""No network at all, and names that nobody resolves: the same answers, and nobody is called."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from form import Tally, times
from gradio_client import Client

from doubles import write
from serving import free_port, process

pytestmark = [
    pytest.mark.torture,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (shutil.which("strace") and shutil.which("unshare")), reason="strace and unshare"
    ),
]
HERE = Path(__file__).parent
QUESTIONS = [
    "When did the harbour bridge of Norwick open?",
    "Who built the lighthouse?",
    "Is fish sold on Fridays?",
    "Who is the president of Atlantis?",
]
FILES = {
    "bridge.txt": "The harbour bridge of Norwick opened on 3 May 1931.\nIt is of steel.\n",
    "light.md": "# Lighthouse\n\nThe lighthouse was built by Ann Corran in 1788.\n",
    "market.txt": "The market hall of Norwick sells fish on Fridays only.\n",
    "page.html": '<html><img src="http://192.0.2.1/x.png"><p>The mill burned down in 1846.</p>',
}
_CALL = re.compile(r"(?:connect|sendto|sendmsg|sendmmsg)\(.*?sa_family=(AF_INET6?),.*")
_OWN = re.compile(r'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"|"::ffff:127\.')


def _environment() -> dict[str, str]:
    # Neither this process nor `make` may have told a library to keep quiet.
    told = ("OPENAI_", "ORT_", "CI", "GRADIO_", "HF_", "ANONYMIZED_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    return kept | {"HF_HUB_OFFLINE": "0"}  # whoever wants to call may


def _ask(place: Path, question: str, *before: str) -> tuple[dict[str, Any], str]:
    """The answer of the command as JSON, without its times, and what it said on stderr."""
    command = [*before, sys.executable, "-m", "summit_qa.cli", "ask", "--json", question]
    command += ["--corpus", str(place / "corpus"), "--index", str(place / "index")]
    command += ["--engine", "reader"]
    done = subprocess.run(
        command, cwd=place, env=_environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode in (0, 3), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    answer.pop("timings")
    return answer, done.stderr


def _outside(trace: Path) -> list[str]:
    """Calls that strace saw to anywhere but this machine."""
    calls = [line for line in trace.read_text(errors="replace").splitlines() if _CALL.search(line)]
    return [line for line in calls if not _OWN.search(line)]


def _traced(trace: Path) -> list[str]:
    return ["strace", "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg",
            "-s", "80", "-o", str(trace)]  # fmt: skip


def test_without_a_network_the_answers_are_the_same(tmp_path: Path, tally: Tally) -> None:
    write(tmp_path / "corpus", FILES)
    trace = tmp_path / "trace"
    questions = QUESTIONS[: times(1, 4)]
    probe = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True)
    if probe.returncode:
        pytest.skip("no namespaces here")
    seen = 0
    for question in questions:
        expected, _ = _ask(tmp_path, question, *_traced(trace))
        assert _outside(trace) == []
        for how in ("none", "silent"):
            # The first run of each also builds an index there.
            shutil.rmtree(tmp_path / "index")
            alone = ["unshare", "--net", "--mount", sys.executable, str(HERE / "no_network.py")]
            answer, said = _ask(tmp_path, question, *alone, how)
            assert (answer | {"generation": ""}) == (expected | {"generation": ""})
            assert how == "none" or "asked: 0" in said
            seen += 1
    tally(
        "no network, and names that nobody resolves",
        seen,
        "identical answers; 0 calls but to loopback (strace), 0 names asked",
    )


def test_the_chat_calls_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    corpus = write(tmp_path / "corpus", FILES)
    trace, port = tmp_path / "trace", free_port()
    command = [*_traced(trace), sys.executable, "-m", "summit_qa.cli", "chat"]
    command += ["--corpus", str(corpus), "--index", str(tmp_path / "index")]
    command += ["--engine", "reader", "--port", str(port)]
    for name in ("ORT_DISABLE_TELEMETRY", "GRADIO_ANALYTICS_ENABLED", "CI"):
        monkeypatch.delenv(name, raising=False)
    with process(command, port, tmp_path / "log") as address:
        page = httpx.get(address, timeout=60, trust_env=False)
        assert page.status_code == 200
        client = Client(address, verbose=False, analytics_enabled=False)
        answer = client.predict(question=QUESTIONS[0], api_name="/ask")
        client.close()
        assert answer["citations"]
    assert _outside(trace) == []
    tally("the chat, under strace", 2, "0 calls but to loopback")
