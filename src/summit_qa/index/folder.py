"""The folder of an index: how it lies to the corpus, who reads in it, what its disk says."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from summit_qa.errors import IndexUnusableError
from summit_qa.index.generation import MANIFEST, lock


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


def named(corpus: Path) -> str:
    """The corpus folder as a manifest names it."""
    return str(Path(corpus).resolve()).encode("utf-8", "backslashreplace").decode()


def inside(index: Path, corpus: Path) -> str:
    """How the paths of the index's own files begin where it lies inside the corpus."""
    index, corpus = index.resolve(), corpus.resolve()
    if index == corpus:
        raise IndexUnusableError(
            f"The index cannot be kept in the corpus folder {corpus}; choose another with --index."
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
    """Turn an error of the file system into one line that says what to do."""
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
