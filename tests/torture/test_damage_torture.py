"""Every file of an index flipped, cut, deleted, replaced: found before it is served, or harmless.

Each damaged index is opened by a process of its own, which must not die of it.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from damaging import Damage, cut, delete, flip, folder, longer, loop, zeros
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


FIRST: list[Damage] = [flip, cut, delete, folder]
MORE: list[Damage] = [flip, zeros, longer, loop, flip, cut]


def test_every_file_of_a_generation_damaged(
    tmp_path: Path, context: ForkServerContext, tally: Tally
) -> None:
    corpus, whole = tmp_path / "corpus", tmp_path / "whole"
    corpus.mkdir()
    opened(whole).sync(write(corpus, texts(7)))
    names = sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file())
    cases = [(name, how) for how in FIRST for name in names]
    cases += [(name, how) for how in MORE for name in names]
    cases = cases[: times(16, 100)] if times(0, 1) else chance.sample(cases, 16)
    told = {"served whole": 0, "refused": 0}
    for number, (name, how) in enumerate(cases):
        index = tmp_path / f"index{number}"
        shutil.copytree(whole, index)
        how(index / name, chance)
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
