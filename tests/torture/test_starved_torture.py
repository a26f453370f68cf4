"""Disk full, files limited, permission denied: the old generation answers, nothing is left over."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from form import Tally, times
from processes import opened, starved, texts, version_served

from doubles import write

pytestmark = [
    pytest.mark.torture,
    pytest.mark.timeout(1500),
    pytest.mark.usefixtures("checked_in_process"),  # here; the starved process has its checker
    pytest.mark.skipif(sys.platform != "linux", reason="limits and mounts of Linux"),
]


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["processes", "chromadb", "llama_index.vector_stores.chroma"])
    return made


def _run(context: ForkServerContext, *arguments: Any) -> tuple[Any, ...]:
    """What `starved` sends; the test fails where its process dies."""
    ours, theirs = context.Pipe()
    process = context.Process(target=starved, args=(*arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    assert ours.poll(300), "the process hangs"
    try:
        found: tuple[Any, ...] = ours.recv()
    except EOFError:
        process.join()
        pytest.fail(f"the process died ({process.exitcode})")
    process.join()
    return found


def _litter(index: Path) -> list[str]:
    return [
        path.name
        for path in index.iterdir()
        if path.name.startswith((".building-", ".removing-")) or path.name.endswith(".new")
    ]


def _held(found: tuple[Any, ...], index: Path, case: str) -> bool:
    """Whether the sync failed; asserts that it then said so and left the old generation alone."""
    before, error, after = found
    assert before == 1, f"{case}: before the sync {before}"
    if error is None:
        assert after == 2, f"{case}: after the sync {after}"
        return False
    assert error.startswith("Index"), f"{case}: {error}"
    assert "\n" not in error
    assert after == 1, f"{case}: the old generation does not answer: {after}"
    assert _litter(index) == [], f"{case}: {_litter(index)}"
    return True


def _pair(place: Path) -> tuple[Path, Path, int]:
    """A corpus of version 2, an index of version 1, and the size of its largest file."""
    corpus, index = place / "corpus", place / "index"
    corpus.mkdir()
    opened(index).sync(write(corpus, texts(1)))
    write(corpus, texts(2))
    largest = max(path.stat().st_size for path in index.rglob("*") if path.is_file())
    return corpus, index, largest


def test_files_may_not_grow(tmp_path: Path, context: ForkServerContext, tally: Tally) -> None:
    corpus, whole, largest = _pair(tmp_path)
    points = times(4, 10)
    failed = 0
    for point in range(points):
        index = tmp_path / f"index{point}"
        shutil.copytree(whole, index)
        limit = largest * point // points
        failed += _held(_run(context, corpus, index, limit, False), index, f"{limit:,} bytes")
        opened(index).sync(corpus)
        assert version_served(index) == 2
        shutil.rmtree(index)
    assert failed >= points // 2
    tally(
        "files that may not grow (RLIMIT_FSIZE)",
        points,
        f"{failed} syncs failed in one line; the old generation answered; nothing left over",
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of so many bytes."""
    mounted: list[Path] = []

    def mount(size: int) -> Path:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=False)


def test_the_disk_is_full(
    tmp_path: Path, context: ForkServerContext, small_disk: Callable[[int], Path], tally: Tally
) -> None:
    corpus, whole, _ = _pair(tmp_path)
    size = sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())
    points = times(4, 10)
    failed = 0
    disk = small_disk(8 * size)
    for point in range(points):
        index = disk / f"index{point}"
        shutil.copytree(whole, index)
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        left = size * 2 * point // points
        filler = disk / "filler"
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free - left))
        failed += _held(_run(context, corpus, index, None, False), index, f"{left:,} bytes left")
        filler.unlink()
        opened(index).sync(corpus)
        assert version_served(index) == 2
        shutil.rmtree(index)
    assert failed >= points // 4
    tally(
        "a full disk (tmpfs)",
        points,
        f"{failed} syncs failed in one line; the old generation answered; nothing left over",
    )


def _generation(index: Path) -> Path:
    (found,) = index.glob("g-*")
    return found


# What is denied, and to whom: the index's files, then the corpus's.
_READ_ONLY: dict[str, Callable[[Path], list[Path]]] = {
    "the index": lambda index: [index],
    "the index and all in it": lambda index: [index, *index.rglob("*")],
    "the generation": lambda index: [_generation(index)],
    "the generation and all in it": lambda index: [
        _generation(index),
        *_generation(index).rglob("*"),
    ],
    "the lock": lambda index: [index / ".lock"],
    "the pointer": lambda index: [index / "CURRENT"],
    "the vectors' folder": lambda index: [_generation(index) / "chroma"],
    "the vectors' database": lambda index: [_generation(index) / "chroma" / "chroma.sqlite3"],
}
_UNREADABLE: dict[str, Callable[[Path], list[Path]]] = {
    "the pointer": lambda index: [index / "CURRENT"],
    "the manifest": lambda index: [_generation(index) / "manifest.json"],
    "the texts": lambda index: [_generation(index) / "texts.sqlite3"],
    "the generation": lambda index: [_generation(index)],
    "the index": lambda index: [index],
}


def test_permission_denied(tmp_path: Path, context: ForkServerContext, tally: Tally) -> None:
    corpus, whole, _ = _pair(tmp_path)
    cases = [(name, find, 0o222) for name, find in _READ_ONLY.items()]
    cases += [(name, find, 0o777) for name, find in _UNREADABLE.items()]
    failed = 0
    for number, (name, find, denied) in enumerate(cases[:: times(3, 1)]):
        index = tmp_path / f"index{number}"
        shutil.copytree(whole, index)
        changed = {path: path.stat().st_mode for path in find(index)}
        for path in reversed(changed):
            path.chmod(changed[path] & ~denied)
        before, error, after = _run(context, corpus, index, None, True)
        for path, mode in changed.items():
            if path.exists():
                path.chmod(mode)
        case = f"{name} {'read only' if denied == 0o222 else 'unreadable'}"
        if denied == 0o222:
            failed += _held((before, error, after), index, case)
        else:
            assert before == 1 or before.startswith("Index"), f"{case}: {before}"
            assert after in (1, 2) or after.startswith("Index"), f"{case}: {after}"
            failed += error is not None
        opened(index).sync(corpus)
        assert version_served(index) == 2, case
        shutil.rmtree(index)
    tally(
        "permission denied",
        len(cases[:: times(3, 1)]),
        f"{failed} syncs failed in one line; what may be read answered; whole once allowed again",
    )
