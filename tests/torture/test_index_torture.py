"""Law 4 under violence: writers are killed at any moment, readers and writers race.

Run with `make test-torture`; some two minutes. Processes are forked from a server that has
imported everything, so that most of the time goes into what is tested.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from processes import (
    FILES,
    PARAGRAPHS,
    opened,
    read_until,
    report_version,
    sync_often,
    sync_slowly,
    texts,
    version_served,
    write_for_ever,
)

from doubles import write
from summit_qa.errors import IndexLockedError

pytestmark = [pytest.mark.torture, pytest.mark.timeout(600)]
SECONDS_OF_KILLING = 75
FEWEST_KILLS = 8
SECONDS_OF_RACING = 20
ROUNDS = 4
Start = Callable[..., ForkServerProcess]


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["processes", "chromadb", "llama_index.vector_stores.chroma"])
    return made


@pytest.fixture
def start(context: ForkServerContext) -> Iterator[Start]:
    """Starts processes, and kills at the end those that still run."""
    started: list[ForkServerProcess] = []

    def begin(target: Callable[..., None], *arguments: Any) -> ForkServerProcess:
        process = context.Process(target=target, args=arguments, daemon=True)
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.join()


def test_a_killed_writer_never_leaves_a_damaged_index(
    tmp_path: Path, context: ForkServerContext, start: Start
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    opened(index).sync(write(corpus, texts(-1)))
    began = time.monotonic()
    opened(index).sync(write(corpus, texts(0)))
    one_build = time.monotonic() - began
    chance = random.Random(20231105)
    version, published, kill = 0, set(), 0
    while time.monotonic() - began < SECONDS_OF_KILLING or kill < FEWEST_KILLS:
        kill += 1
        begun = context.Event()
        writer = start(write_for_ever, corpus, index, version + 1, begun)
        assert begun.wait(60)
        time.sleep(chance.uniform(0, 2.5 * one_build))
        writer.kill()
        writer.join()
        ours, theirs = context.Pipe()
        reader = start(report_version, index, theirs)
        theirs.close()
        assert ours.poll(60), f"kill {kill}: the reader died or hangs"
        found = ours.recv()
        reader.join()
        assert isinstance(found, int), f"kill {kill}: {found}"
        assert found >= version, f"kill {kill}: went back from {version} to {found}"
        version = found
        published.add(found)
    assert len(published) > 1, "no writer lived long enough to publish"
    # The next writer sweeps what the dead ones left.
    opened(index).sync(write(corpus, texts(version + 1_000)))
    assert version_served(index) == version + 1_000
    left = [p.name for p in index.iterdir() if p.name.startswith((".building-", ".removing-"))]
    assert left == []
    assert len([p for p in index.iterdir() if p.name.startswith("g-")]) == 1


def test_readers_beside_a_writer_never_mix_generations(
    tmp_path: Path, context: ForkServerContext, start: Start
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    opened(index).sync(write(corpus, texts(0)))
    stop, begun = context.Event(), context.Event()
    answers = []
    for _ in range(3):
        ours, theirs = context.Pipe()
        start(read_until, index, stop, theirs)
        theirs.close()
        answers.append(ours)
    writer = start(write_for_ever, corpus, index, 1, begun)
    assert begun.wait(60)
    time.sleep(SECONDS_OF_RACING)
    stop.set()
    for ours in answers:
        assert ours.poll(60), "a reader died or hangs"
        found = ours.recv()
        assert isinstance(found, tuple), found
        reads, generations = found
        assert reads >= generations > 1
    writer.kill()
    writer.join()
    assert version_served(index) > 0


def test_a_second_writer_is_refused_while_the_first_one_writes(
    tmp_path: Path, context: ForkServerContext, start: Start
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    write(corpus, texts(1))
    begun, go_on = context.Event(), context.Event()
    writer = start(sync_slowly, corpus, index, begun, go_on)
    assert begun.wait(60)
    for _ in range(20):
        with pytest.raises(IndexLockedError):
            opened(index).sync(corpus)
    assert writer.is_alive()
    go_on.set()
    writer.join(60)
    assert writer.exitcode == 0
    assert version_served(index) == 1


def test_a_lock_dies_with_its_writer(
    tmp_path: Path, context: ForkServerContext, start: Start
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    write(corpus, texts(1))
    begun, go_on = context.Event(), context.Event()
    writer = start(sync_slowly, corpus, index, begun, go_on)
    assert begun.wait(60)
    writer.kill()
    writer.join()
    assert opened(index).sync(corpus).passages == FILES * PARAGRAPHS + 1
    assert version_served(index) == 1


def test_writers_that_race_leave_a_whole_index(
    tmp_path: Path, context: ForkServerContext, start: Start
) -> None:
    index = tmp_path / "index"
    answers = []
    for number in range(3):
        corpus = tmp_path / f"corpus{number}"
        corpus.mkdir()
        ours, theirs = context.Pipe()
        start(sync_often, corpus, index, 100 * (number + 1), ROUNDS, theirs)
        theirs.close()
        answers.append(ours)
    wrote = refused = 0
    for ours in answers:
        assert ours.poll(200), "a writer died or hangs"
        found = ours.recv()
        assert isinstance(found, tuple), found
        wrote, refused = wrote + found[0], refused + found[1]
    assert wrote + refused == 3 * ROUNDS
    assert wrote >= 3
    assert refused >= 1
    assert version_served(index) >= 100
