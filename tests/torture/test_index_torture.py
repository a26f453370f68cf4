"""Law 4 under violence: writers are killed at any moment, readers and writers race.

Processes are forked from a server that has
imported everything, so that most of the time goes into what is tested.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from form import Tally, times
from processes import (
    FILES,
    PARAGRAPHS,
    opened,
    read_until,
    report_and_repair,
    report_version,
    sync_often,
    sync_slowly,
    sync_until_step,
    texts,
    version_served,
    write_for_ever,
)

from doubles import WordEncoder, write
from summit_qa.errors import IndexLockedError
from summit_qa.index.dense import COLLECTION, open_client
from summit_qa.types import Passage

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1500)]
KILLS = times(8, 50)  # those at every step, of which there are some 150, come on top
GENERATIONS_RACED = times(4, 12)
ROUNDS = times(3, 10)
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
    tmp_path: Path, context: ForkServerContext, start: Start, tally: Tally
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    opened(index).sync(write(corpus, texts(-1)))
    began = time.monotonic()
    opened(index).sync(write(corpus, texts(0)))
    one_build = time.monotonic() - began
    chance = random.Random(20231105)
    version, published = 0, set()
    for kill in range(1, KILLS + 1):
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
    tally("kill -9 at random moments of syncs", KILLS, "0 unusable indexes, never an older version")


def test_readers_beside_a_writer_never_mix_generations(
    tmp_path: Path, context: ForkServerContext, start: Start, tally: Tally
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    opened(index).sync(write(corpus, texts(0)))
    stop, begun = context.Event(), context.Event()
    answers, told, most = [], list[int](), 0
    for _ in range(4):
        ours, theirs = context.Pipe()
        start(read_until, index, stop, theirs)
        theirs.close()
        answers.append(ours)
    writer = start(write_for_ever, corpus, index, 1, begun)
    assert begun.wait(60)
    published = set()
    deadline = time.monotonic() + 300
    while len(published) < GENERATIONS_RACED and time.monotonic() < deadline:
        published.add((index / "CURRENT").read_bytes())
        time.sleep(0.02)
    stop.set()
    for ours in answers:
        assert ours.poll(60), "a reader died or hangs"
        found = ours.recv()
        assert isinstance(found, tuple), found
        reads, generations = found
        assert reads >= generations >= 1
        most = max(most, generations)
        told.append(reads)
    assert most > 1
    assert len(published) >= times(2, 10), f"only {len(published)} generations were published"
    writer.kill()
    writer.join()
    assert version_served(index) > 0
    tally(
        "4 reading processes beside a writer",
        len(published),
        f"{sum(told):,} reads of up to {most} generations, 0 mixed",
    )


def test_a_second_writer_is_refused_while_the_first_one_writes(
    tmp_path: Path, context: ForkServerContext, start: Start, tally: Tally
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    write(corpus, texts(1))
    begun, go_on = context.Event(), context.Event()
    writer = start(sync_slowly, corpus, index, begun, go_on)
    assert begun.wait(60)
    longest = 0.0
    for _ in range(20):
        tried = time.monotonic()
        with pytest.raises(IndexLockedError):
            opened(index).sync(corpus)
        longest = max(longest, time.monotonic() - tried)
    assert writer.is_alive()
    go_on.set()
    writer.join(60)
    assert writer.exitcode == 0
    assert version_served(index) == 1
    tally("two syncs at once", 20, f"the second refused within {longest:.2g} s; 0 lost")


def test_a_lock_dies_with_its_writer(
    tmp_path: Path, context: ForkServerContext, start: Start, tally: Tally
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
    tally("a writer killed while it holds the lock", 1, "the next one writes at once")


def test_writers_that_race_leave_a_whole_index(
    tmp_path: Path, context: ForkServerContext, start: Start, tally: Tally
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
    tally("3 writers that race", 3 * ROUNDS, f"{wrote} wrote, {refused} were refused; index whole")


def test_a_writer_killed_at_every_step(
    tmp_path: Path, context: ForkServerContext, start: Start, tally: Tally
) -> None:
    """Every file that is opened, renamed or removed, every process that is started."""
    corpus, whole = tmp_path / "corpus", tmp_path / "whole"
    corpus.mkdir()
    opened(whole).sync(write(corpus, texts(1)))
    write(corpus, texts(2))

    def run(last: int) -> tuple[int | str, Path]:
        index = tmp_path / f"index{last}"
        shutil.copytree(whole, index)
        ours, theirs = context.Pipe()
        process = start(sync_until_step, corpus, index, last, theirs)
        theirs.close()
        assert ours.poll(300), "the writer hangs"
        found = ours.recv()
        process.join()
        return found, index

    steps, _ = run(0)
    assert isinstance(steps, int)
    assert steps > 20
    chosen = range(1, steps + 1)[:: max(1, steps // times(8, 10_000))]
    served = {1: 0, 2: 0}
    for last in chosen:
        name, index = run(last)
        if isinstance(name, int):
            continue  # threads met fewer steps this time
        ours, theirs = context.Pipe()
        start(report_and_repair, index, corpus, theirs)
        theirs.close()
        assert ours.poll(300), f"step {last}, {name}: the reader hangs"
        before, after = ours.recv()
        assert before in served, f"step {last}, {name}: {before}"
        assert after == 2, f"step {last}, {name}: after the next sync {after}"
        served[before] += 1
        left = [p.name for p in index.iterdir() if p.name.startswith((".building-", ".removing-"))]
        assert left == [], f"step {last}, {name}: {left}"
        shutil.rmtree(index)
    tally(
        "kill -9 at every step of a sync that touches the index",
        len(chosen),
        f"the old generation answered {served[1]} times, the new one {served[2]}; all resumed",
    )


@pytest.mark.usefixtures("checked_in_process")
def test_every_passage_has_its_exact_vector_and_text(tmp_path: Path, tally: Tally) -> None:
    """After each of many edits, in the texts, in the file of vectors and in Chroma."""
    chance = random.Random(3)
    corpus, encoder = tmp_path / "corpus", WordEncoder()
    corpus.mkdir()
    served = opened(tmp_path / "index")
    rounds, looked = times(5, 40), 0
    for number in range(rounds):
        for file in range(6):
            lines = [
                f"Line {chance.randrange(30)} of file {file if chance.random() < 0.7 else 0}.\n"
                for _ in range(chance.randrange(12))
            ]
            (corpus / f"{file}.txt").write_text("".join(lines))
        if number % 3 == 0:
            (corpus / f"{chance.randrange(6)}.txt").unlink()
        served.sync(corpus)
        generation = served.current()
        passages = list(generation.passages.values())
        for row, passage in enumerate(passages):
            text = (corpus / passage.path).read_text()
            assert text[passage.span.start : passage.span.end] == passage.text
            vector = encoder.embed_query(passage.in_context)
            assert generation.cosines(vector, [row])[0] == pytest.approx(1, abs=1e-5)
            near = generation.dense(vector, len(passages))
            assert {identity for identity, _ in near} == {other.id for other in passages}
            assert dict(near)[passage.id] == pytest.approx(1, abs=1e-4)
        _same_in_chroma(tmp_path / "index" / generation.id / "chroma", passages, encoder)
        looked += len(passages)
    tally("after each build, every passage", rounds, f"{looked} passages, each its text and vector")


def _same_in_chroma(folder: Path, passages: list[Passage], encoder: WordEncoder) -> None:
    if not folder.exists():
        return
    with tempfile.TemporaryDirectory() as place:  # the served one stays as it is
        client = open_client(Path(shutil.copytree(folder, Path(place) / "chroma")))
        held = client.get_collection(COLLECTION, embedding_function=None).get(
            include=["embeddings", "documents"]
        )
        client.close()
    vectors = dict(zip(held["ids"], held["embeddings"], strict=True))
    told = dict(zip(held["ids"], held["documents"], strict=True))
    assert set(vectors) == {passage.id for passage in passages}
    for passage in passages:
        expected = encoder.embed_query(passage.in_context)
        np.testing.assert_allclose(vectors[passage.id], expected, atol=1e-6)
        assert passage.text in told[passage.id]
