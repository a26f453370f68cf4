"""Every file of an index flipped, cut, deleted, replaced: found before it is served, or harmless.

Each damaged index is opened by a process of its own, which must not die of it.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from form import Tally, times
from processes import opened, report_and_repair, texts

from doubles import write

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1500)]
chance = random.Random(100)


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["processes", "chromadb", "llama_index.vector_stores.chroma"])
    return made


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    if not data:
        data = bytearray(b"\1")
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


def _cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: chance.randrange(max(1, len(data)))])


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "inside").write_text("x")


def _zeros(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def _longer(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0" * 100)


def _loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


FIRST: list[Callable[[Path], None]] = [_flip, _cut, Path.unlink, _folder]
MORE: list[Callable[[Path], None]] = [_flip, _zeros, _longer, _loop, _flip, _cut]


def test_every_file_of_a_generation_damaged(
    tmp_path: Path, context: ForkServerContext, tally: Tally
) -> None:
    corpus, whole = tmp_path / "corpus", tmp_path / "whole"
    corpus.mkdir()
    opened(whole).sync(write(corpus, texts(7)))
    names = sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file())
    cases = [(name, how) for how in FIRST for name in names]
    cases += [(name, how) for how in MORE for name in names]
    cases = cases[: times(16, 120)] if times(0, 1) else chance.sample(cases, 16)
    told = {"served whole": 0, "refused": 0}
    for number, (name, how) in enumerate(cases):
        index = tmp_path / f"index{number}"
        shutil.copytree(whole, index)
        how(index / name)
        ours, theirs = context.Pipe()
        process = context.Process(
            target=report_and_repair, args=(index, corpus, theirs), daemon=True
        )
        process.start()
        theirs.close()
        case = f"{name} {getattr(how, '__name__', how)}"
        assert ours.poll(120), f"{case}: the reader hangs"
        try:
            before, after = ours.recv()
        except EOFError:
            pytest.fail(f"{case}: the reader died")
        process.join()
        if before == 7:
            told["served whole"] += 1
        else:
            told["refused"] += 1
            assert isinstance(before, str), f"{case}: version {before}"
            assert before.startswith("Index"), f"{case}: {before}"
            assert "\n" not in before
        # A lock that cannot be taken is the one thing that a sync does not mend.
        assert after == 7 or (name.name == ".lock" and "cannot be written" in str(after)), (
            f"{case}: after a sync {after}"
        )
        shutil.rmtree(index, ignore_errors=True)
    tally(
        "every file of an index flipped, cut, deleted, replaced",
        len(cases),
        ", ".join(f"{count} {what}" for what, count in told.items())
        + "; rebuilt by the next sync; 0 processes died",
    )
