"""The page over two processes: a visitor whose process dies goes on in the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from using import ROOT, answered, ask

from serving import Served, chat

HOSTED = "Who hosted the gathering?"
TREATY = "Is the pledge a treaty?"


def answering(log: Path) -> int:
    """The process that has answered last."""
    lines = [json.loads(it) for it in log.read_text().splitlines() if it.startswith("{")]
    return int([it["process"] for it in lines if it.get("event") == "question"][-1])


def test_a_visitor_outlives_the_process_that_answered(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(ROOT / "corpus", corpus)
    state = {"XDG_DATA_HOME": str(tmp_path)}
    options = ("--workers", "2", "--json-logs")
    with chat(corpus, tmp_path, *options, environment=state) as address:
        page = visit(Served(address, corpus, tmp_path))
        ask(page, HOSTED)
        expect(page).to_have_url(re.compile(r"#c=[\w-]+$"))
        card = page.locator(".card").first.inner_text()
        first = answering(tmp_path / "server.log")
        os.kill(first, signal.SIGKILL)
        page.wait_for_timeout(500)
        page.reload()
        expect(answered(page, 1).locator(".question")).to_have_text(HOSTED)
        expect(page.locator(".card").first).to_have_text(card, use_inner_text=True)
        ask(page, TREATY)
        expect(page.locator(".turn")).to_have_count(2)
        assert answering(tmp_path / "server.log") != first
