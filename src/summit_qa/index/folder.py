"""The folder of an index: how it lies to the corpus, who reads in it, what its disk says."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from summit_qa.errors import IndexLockedError, IndexUnusableError
from summit_qa.index.generation import GENERATION_NAME, MANIFEST, lock

CURRENT = "CURRENT"
LOCK = ".lock"
BUILDING = ".building-"
REMOVING = ".removing-"
_NOT_OURS_BUT_WELCOME = frozenset({"README.md", ".gitkeep", ".gitignore", ".DS_Store"})


@contextmanager
def unread(folder: Path) -> Iterator[bool]:
    """Whether no reader holds the generation's manifest; none can take it until this is over."""
    try:
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY)
    except OSError:
        yield True
        return
    try:
        yield lock(descriptor, shared=False)
    finally:
        os.close(descriptor)


def sweep_generations(folder: Path, keep: str | None) -> None:
    """Remove what earlier writers left and generations that nobody reads; nothing else."""
    for entry in list(folder.iterdir()):
        name = entry.name
        if name.startswith((BUILDING, REMOVING)):
            shutil.rmtree(entry, ignore_errors=True)
        elif GENERATION_NAME.fullmatch(name) and name != keep:
            aside = folder / f"{REMOVING}{name}"
            with suppress(OSError), unread(entry) as free:
                if free:
                    entry.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)


def has_litter(folder: Path) -> bool:
    """Whether an earlier writer left something behind, or one is at work just now."""
    return any(entry.name.startswith((BUILDING, REMOVING)) for entry in folder.iterdir())


def make_folder(folder: Path) -> None:
    """Make the folder of an index; IndexUnusableError where it holds files of somebody else."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {entry.name for entry in folder.iterdir()}
    ours = any(
        name in (CURRENT, LOCK)
        or name.startswith((BUILDING, REMOVING))
        or GENERATION_NAME.fullmatch(name)
        for name in names
    )
    if not ours and (foreign := sorted(names - _NOT_OURS_BUT_WELCOME)):
        raise IndexUnusableError(
            f"{folder} holds other files ({foreign[0]}); "
            "choose an empty folder for the index with --index."
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the one who writes the index; IndexLockedError where somebody else is."""
    from filelock import FileLock, Timeout

    held = FileLock(folder / LOCK, timeout=0)
    try:
        held.acquire()
    except Timeout:
        raise IndexLockedError(
            f"Another process is writing the index in {folder}; "
            "wait until it is done, or choose another folder with --index."
        ) from None
    try:
        yield
    finally:
        held.release()


def named(corpus: Path) -> str:
    """The corpus folder as a manifest names it."""
    return str(Path(corpus).resolve()).encode("utf-8", "backslashreplace").decode()


def inside(index: Path, corpus: Path) -> str:
    """How the paths of the index's own files begin where it lies inside the corpus."""
    index, corpus = index.resolve(), corpus.resolve()
    if index == corpus:
        raise IndexUnusableError(
            f"The index cannot be kept in the folder of the files, {corpus}; "
            "choose another with --index."
        )
    if index.is_relative_to(corpus):
        return index.relative_to(corpus).as_posix() + "/"
    return "\0"  # begins no path


def sync_folder(folder: Path) -> None:
    """Flush the folder's entries to disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def writing_errors(folder: Path) -> Iterator[None]:
    """Turn an error of the file system or of SQLite into one line that says what to do."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                why = "the disk is full; free some space"
            case errno.EACCES | errno.EPERM | errno.EROFS:
                why = "no permission; choose another folder with --index"
            case errno.ENOTDIR | errno.EEXIST:
                why = "it is not a folder; choose another with --index"
            case _:
                why = f"{error.strerror or error}"
        raise IndexUnusableError(f"The index in {folder} cannot be written: {why}.") from error
    except sqlite3.Error as error:  # texts.sqlite3
        full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
        why = "the disk is full; free some space" if full else str(error)
        raise IndexUnusableError(f"The index in {folder} cannot be written: {why}.") from error
