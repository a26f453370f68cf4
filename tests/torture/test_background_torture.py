"""Killed while the words are published and the vectors are not: resumed, and answered meanwhile."""

from __future__ import annotations

import ast
import hashlib
import multiprocessing
import random
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from form import Tally, times
from processes import BLOCK, opened, sync_in_background, texts, version_served

from doubles import write
from summit_qa.index.partial import Partial

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1500)]


def _digests(embedded: Iterable[str]) -> set[bytes]:
    return {hashlib.sha256(text.encode()).digest()[:16] for text in embedded}


def test_killed_in_the_background_phase(tmp_path: Path, tally: Tally) -> None:
    """What was finished is never made again; of what was begun, at most the block in work."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["processes", "chromadb", "llama_index.vector_stores.chroma"])
    chance = random.Random(60)
    corpus, index, log = tmp_path / "corpus", tmp_path / "index", tmp_path / "log"
    corpus.mkdir()
    kept = Partial(index, "words:1")
    most, kills, by_words, version, made, lost = times(4, 60), 0, 0, 1, 0, 0
    finished: set[bytes] = set()
    write(corpus, texts(version))
    while kills < most:
        before = (index / "CURRENT").read_bytes() if (index / "CURRENT").exists() else b""
        waits = bool(before) and opened(index).current().has_vectors
        log.write_text("")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=sync_in_background, args=(corpus, index, log, 0.1, theirs), daemon=True
        )
        process.start()
        theirs.close()
        assert ours.poll(60)
        assert ours.recv() == "begun"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and (
            not (index / "CURRENT").exists()
            or (waits and (index / "CURRENT").read_bytes() == before)
        ):
            time.sleep(0.02)  # until the words are published
        done = ours.poll(chance.uniform(0, 1.5))
        process.kill()
        process.join()
        begun = _digests(ast.literal_eval(line) for line in log.read_text().splitlines())
        assert not begun & finished, "what was finished was made again"
        made += len(begun)
        if done:
            assert version_served(index) == version
            version, finished = version + 1, set()
            write(corpus, texts(version))
            continue
        kills += 1
        generation = opened(index).current()
        found = generation.bm25(f"version {version} of paragraph 3 in file 7", 5)
        assert generation.passages[found[0][0]].path in generation.documents
        by_words += not generation.has_vectors
        now = {digest for digests, _ in kept.blocks() for digest in digests}
        lost += len(begun - now)
        assert len(begun - now) <= BLOCK
        assert finished <= now, "what was finished is gone"
        finished = now
    assert opened(index).sync(corpus).passages > 0
    assert version_served(index) == version
    assert list(index.glob(".vectors-*")) == []
    assert by_words > 0
    tally(
        "kill -9 while vectors are made in the background",
        kills,
        f"answered by words {by_words} times; of {made} texts begun none that was finished was "
        f"made again, {lost} were in work at a kill (at most {BLOCK} each time); all resumed",
    )
