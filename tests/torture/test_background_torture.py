"""Killed while the words are published and the vectors are not: resumed, and answered meanwhile."""

from __future__ import annotations

import multiprocessing
import random
import time
from pathlib import Path

import pytest
from form import Tally, times
from processes import opened, sync_in_background, texts, version_served

from doubles import write

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1500)]


def test_killed_in_the_background_phase(tmp_path: Path, tally: Tally) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["processes", "chromadb", "llama_index.vector_stores.chroma"])
    chance = random.Random(60)
    corpus, index, log = tmp_path / "corpus", tmp_path / "index", tmp_path / "log"
    corpus.mkdir()
    write(corpus, texts(5))
    most, kills, by_words = times(4, 60), 0, 0
    pause = times(0.2, 0.4)
    while kills < most:
        ours, theirs = context.Pipe()
        process = context.Process(
            target=sync_in_background, args=(corpus, index, log, pause, theirs), daemon=True
        )
        process.start()
        theirs.close()
        assert ours.poll(60)
        assert ours.recv() == "begun"
        deadline = time.monotonic() + 120
        while not (index / "CURRENT").exists() and time.monotonic() < deadline:
            time.sleep(0.05)  # until the words are published
        done = ours.poll(chance.uniform(0, 4))
        process.kill()
        process.join()
        if done:
            break
        kills += 1
        generation = opened(index).current()
        found = generation.bm25("version 5 of paragraph 3 in file 7", 5)
        assert generation.passages[found[0][0]].path in generation.documents
        by_words += not generation.has_vectors
    embedded = log.read_text().splitlines() if log.exists() else []
    began = time.monotonic()
    assert opened(index).sync(corpus).passages > 0
    assert version_served(index) == 5
    # A text is embedded again only where its block was not written down before the kill.
    assert len(embedded) - len(set(embedded)) <= kills
    assert list(index.glob(".vectors-*")) == []
    assert by_words > 0
    tally(
        "kill -9 while vectors are made in the background",
        kills,
        f"answered by words {by_words} times; {len(embedded)} texts embedded before the last run, "
        f"{len(embedded) - len(set(embedded))} of them twice; finished in "
        f"{time.monotonic() - began:.0f} s",
    )
