"""What the processes of the torture tests do; each of them may be killed at any moment."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from doubles import CheckerInProcess, WordEncoder, settings, write
from summit_qa.errors import IndexLockedError, SummitQAError
from summit_qa.index import build as building
from summit_qa.index import sync as syncing
from summit_qa.index.sync import Index

FILES = 12
PARAGRAPHS = 8
BLOCK = 4  # texts that are embedded at a time in the background


def texts(version: int) -> dict[str, str]:
    """A corpus whose every passage names its version; some texts are those of every version."""
    return {
        f"{file:02}.txt": "".join(
            f"Version {version} of paragraph {paragraph} in file {file}.\n"
            for paragraph in range(PARAGRAPHS)
        )
        for file in range(FILES)
    } | {"same.txt": "This never changes.\n"}


def opened(folder: Path) -> Index:
    """The index with a quick encoder, and passages so short that each paragraph is one."""
    return Index(folder, embedder=WordEncoder(), settings=settings(passage_chars=50))


def write_for_ever(corpus: Path, index: Path, first: int, begun: Event) -> None:
    """Publish one version after another, until killed."""
    served = opened(index)
    begun.set()
    version = first
    while True:
        served.sync(write(corpus, texts(version)))
        version += 1


def version_served(index: Path) -> int:
    """The version that is served, after every passage was found in every way."""
    served = opened(index).current()
    documents = {path: document.text for path, document in served.documents.items()}
    version = int(documents["00.txt"].split()[1])
    assert documents == texts(version), "documents of several versions"
    passages = list(served.passages.values())
    assert len(passages) == FILES * PARAGRAPHS + 1
    encoder = WordEncoder()
    for passage in passages[:: len(passages) // 12]:
        dense = dict(served.dense(encoder.embed_query(passage.text), len(passages)))
        assert set(dense) == {other.id for other in passages}, "vectors are missing"
        words = {identity for identity, _ in served.bm25(passage.text, len(passages))}
        assert passage.id in words, "words are missing"
    return version


def report_version(index: Path, answer: Connection) -> None:
    """Send the version that is served, or what is wrong in words."""
    answer.send(tried(index))


def report_and_repair(index: Path, corpus: Path, answer: Connection) -> None:
    """Send what `report_version` sends before a sync, and after it (or the sync's error).

    It is checked in this process, which is quicker, and dies of what a checker would die of.
    """
    building._Checker = CheckerInProcess  # type: ignore[assignment, misc]
    answer.send((tried(index), _synced(corpus, index) or tried(index)))


def starved(
    corpus: Path, index: Path, file_bytes: int | None, powerless: bool, answer: Connection
) -> None:
    """Sync under a limit of file sizes or without a superuser's rights; send what came of it.

    What is sent is (version or error before, None or error of the sync, version or error after).
    """
    if powerless:
        give_up_rights()
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    answer.send((tried(index), _synced(corpus, index), tried(index)))


def sync_until_step(corpus: Path, index: Path, last: int, answer: Connection) -> None:
    """Sync and be killed before step ``last`` that touches the index; send each step's name.

    A step is whatever Python reports of the file system: a file opened, a folder made, renamed,
    removed, a process started. So no phase is left out, whatever a sync is made of.
    """
    inside, steps = str(index), 0

    def step(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        if not event.startswith(("open", "os.", "shutil.", "sqlite3.", "subprocess.")):
            return
        if event != "subprocess.Popen" and not any(inside in str(value) for value in arguments):
            return
        steps += 1
        if steps == last:
            answer.send(f"{event} {str(arguments[0]).rpartition('/')[2]}"[:60])
            os.kill(os.getpid(), signal.SIGKILL)

    served = opened(index)
    sys.addaudithook(step)
    served.sync(corpus)
    answer.send(steps)


def tried(index: Path) -> int | str:
    """The version that is served, or what is wrong in words."""
    try:
        return version_served(index)
    except (SummitQAError, AssertionError) as error:
        return f"{type(error).__name__}: {error}"


def _synced(corpus: Path, index: Path) -> str | None:
    try:
        opened(index).sync(corpus)
    except SummitQAError as error:
        return f"{type(error).__name__}: {error}"
    return None


def give_up_rights() -> None:
    """Be held to the permissions of files, also as root, here and in processes started here."""
    if os.geteuid():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(28, 1, 0, 0, 0) == 0  # PR_SET_SECUREBITS: a new program gets no rights back
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    assert libc.capset(header, (ctypes.c_uint32 * 6)()) == 0, os.strerror(ctypes.get_errno())


def read_until(index: Path, stop: Event, answer: Connection) -> None:
    """Read one generation after another; send how many, or the first that was mixed."""
    served = opened(index)
    encoder = WordEncoder()
    seen: set[str] = set()
    reads = 0
    try:
        while not stop.is_set():
            generation = served.current()
            vector = encoder.embed_query("version of paragraph 3 in file 5")
            found = [identity for identity, _ in generation.dense(vector, 40)]
            found += [identity for identity, _ in generation.bm25("paragraph file", 40)]
            held = [generation.passages[identity] for identity in found]
            for passage in held:
                text = generation.documents[passage.path].text
                assert text[passage.span.start : passage.span.end] == passage.text
            versions = {p.text.split()[1] for p in held if p.path != "same.txt"}
            assert len(versions) == 1, f"versions {sorted(versions)} in one generation"
            seen.add(generation.id)
            reads += 1
            time.sleep(0.01)  # else four of these leave the writer no time to publish
        answer.send((reads, len(seen)))
    except (SummitQAError, AssertionError, KeyError) as error:
        answer.send(f"{type(error).__name__}: {error}")


class SlowEncoder(WordEncoder):
    """Says when it has begun and waits until it may go on."""

    def __init__(self, begun: Event, go_on: Event) -> None:
        super().__init__()
        self._begun, self._go_on = begun, go_on

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the quick one, later."""
        self._begun.set()
        self._go_on.wait(60)
        return super().embed_texts(texts)


def sync_slowly(corpus: Path, index: Path, begun: Event, go_on: Event) -> None:
    """Hold the lock until told to go on."""
    Index(index, embedder=SlowEncoder(begun, go_on), settings=settings(passage_chars=50)).sync(
        corpus
    )


def sync_often(corpus: Path, index: Path, first: int, rounds: int, answer: Connection) -> None:
    """Sync versions of its own; send how often it wrote, and how often it was refused."""
    served = opened(index)
    wrote = refused = 0
    for version in range(first, first + rounds):
        write(corpus, texts(version))
        try:
            served.sync(corpus)
            wrote += 1
        except IndexLockedError:
            refused += 1
            time.sleep(0.05)
        except SummitQAError as error:
            answer.send(f"{type(error).__name__}: {error}")
            return
    answer.send((wrote, refused))


class LoggingEncoder(WordEncoder):
    """Writes down each text before it is embedded, and takes its time."""

    def __init__(self, log: Path, pause: float) -> None:
        super().__init__()
        self._log, self._pause = log, pause

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the quick one, later."""
        with self._log.open("a") as log:
            log.writelines(f"{text!r}\n" for text in texts)
        time.sleep(self._pause)
        return super().embed_texts(texts)


def sync_in_background(
    corpus: Path, index: Path, log: Path, pause: float, answer: Connection
) -> None:
    """Publish the words, then the vectors, in small blocks; send how many were embedded."""
    syncing._LARGE, building._BLOCK = 20, BLOCK
    served = Index(index, embedder=LoggingEncoder(log, pause), settings=settings(passage_chars=50))
    answer.send("begun")
    answer.send(served.sync(corpus).embedded)
