"""Several processes behind one port: the same answers, new generations at once, kills survived."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_chroma_cluster import command

from doubles import write
from serving import chat

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]
FILES = {
    "bridge.txt": "The harbour bridge of Norwick opened on 3 May 1931 after six years of work.\n",
    "market.md": "# Market\n\nThe market hall of Norwick sells fish on Fridays only.\n",
}
BRIDGE = "When did the harbour bridge of Norwick open?"


def ask(http: httpx.Client, question: str) -> dict[str, Any]:
    body = {"model": "summit-qa", "messages": [{"role": "user", "content": question}]}
    reply = http.post("/v1/chat/completions", json=body)
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()["answer"]
    return answer


def figure(http: httpx.Client, name: str) -> float:
    lines = http.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def workers_of(log: Path) -> list[int]:
    """The processes that said that they answered."""
    import json

    lines = [json.loads(it) for it in log.read_text().splitlines() if it.startswith("{")]
    return [it["process"] for it in lines if it.get("event") == "question"]


def await_ready(http: httpx.Client) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if http.get("/ready").status_code == 200:
            return
        time.sleep(0.3)
    raise AssertionError("no worker became ready")


def test_fronts_share_an_index_and_outlive_each_other(tmp_path: Path) -> None:
    corpus = tmp_path / "files"
    corpus.mkdir()
    write(corpus, FILES)
    options = ("--workers", "2", "--openai", "--metrics", "--json-logs")
    log = tmp_path / "server.log"
    with (
        chat(corpus, tmp_path, *options) as address,
        httpx.Client(base_url=address, timeout=60, trust_env=False) as http,
    ):
        await_ready(http)
        deadline = time.monotonic() + 90
        while log.read_text().count("is ready") < 2 and time.monotonic() < deadline:
            time.sleep(0.2)
        answers = [ask(http, BRIDGE) for _ in range(6)]
        assert {it["short"] for it in answers} == {"3 May 1931"}
        answered = workers_of(log)
        assert sorted(Counter(answered).values()) == [3, 3], "in turn"
        first = http.get("/ready").json()["generation"]
        assert {it["generation"] for it in answers} == {first}

        write(corpus, {"ferry.txt": "The ferry to Sandholm costs nine crowns.\n"})
        index = ("--corpus", corpus, "--index", tmp_path / "index")
        done = command("", "index", *index)
        assert done.returncode == 0, done.stderr
        fares = [ask(http, "How much does the ferry to Sandholm cost?") for _ in range(4)]
        assert all("nine crowns" in it["text"] for it in fares)
        assert len({it["generation"] for it in fares} | {first}) == 2
        before = figure(http, 'summit_qa_questions_total{status="answered"')
        assert before == 10

        dead = answered[0]
        os.kill(dead, signal.SIGKILL)
        for _ in range(8):
            try:
                assert ask(http, BRIDGE)["short"] == "3 May 1931"
            except httpx.TransportError:  # what was under way at that moment
                time.sleep(0.1)
        assert figure(http, 'summit_qa_questions_total{status="answered"') >= before + 7
        deadline = time.monotonic() + 90
        while log.read_text().count("is ready") < 3 and time.monotonic() < deadline:
            time.sleep(0.2)
        for _ in range(4):
            ask(http, BRIDGE)
        running = set(workers_of(log)) - {dead}
        assert len(running) == 2
        said = log.read_text()
    assert "Norwick" not in said, "no word of a question or a document is logged"
    assert "Sandholm" not in said
    assert not [pid for pid in running if Path(f"/proc/{pid}").exists()]
