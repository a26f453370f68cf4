"""Vectors that were made for a generation that is not whole yet, so that none is made twice.

A file beside the generations, removed when the vectors are published. Blocks are appended, each
behind its sha256: one that was cut off or altered ends what is read.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.index.store import DIGEST

PARTIAL = ".vectors-"
_HEAD = struct.Struct("<32sII")  # sha256 of the rest, rows, dimensions


class Partial:
    """Appends vectors by the digests of their texts, and reads what an earlier build left."""

    def __init__(self, folder: Path, embedder: str) -> None:
        """``embedder`` is a fingerprint: each has a file of its own."""
        name = hashlib.sha256(embedder.encode()).hexdigest()[:16]
        self._file = folder / f"{PARTIAL}{name}"

    def blocks(self) -> Iterator[tuple[NDArray[np.bytes_], NDArray[np.float32]]]:
        """What is kept, a block at a time: digests (n,), vectors (n, dimensions); the file is cut
        after the last whole block."""
        with suppress(FileNotFoundError), self._file.open("r+b") as file:
            whole = 0
            while (block := _block(file.read(_HEAD.size), file.read)) is not None:
                whole = file.tell()
                yield block
            file.truncate(whole)

    def add(self, digests: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Append a block: digests, and vectors (n, dimensions)."""
        rows, dimensions = vectors.shape
        body = b"".join(digests) + np.ascontiguousarray(vectors, dtype="<f4").tobytes()
        sizes = struct.pack("<II", rows, dimensions)
        with self._file.open("ab") as file:
            file.write(hashlib.sha256(sizes + body).digest() + sizes + body)
            file.flush()
            os.fsync(file.fileno())


def _block(head: bytes, read: Callable[[int], bytes]) -> tuple[NDArray[np.bytes_], Any] | None:
    """Digests and vectors of the block that begins with the head; None where it is not whole."""
    if len(head) < _HEAD.size:
        return None
    sha256, rows, dimensions = _HEAD.unpack(head)
    body = read(rows * (DIGEST + 4 * dimensions))
    if hashlib.sha256(head[32:] + body).digest() != sha256:
        return None
    digests = np.frombuffer(body, dtype=f"S{DIGEST}", count=rows)
    vectors = np.frombuffer(body, dtype="<f4", offset=rows * DIGEST).reshape(rows, dimensions)
    return digests, vectors


def remove_partial(folder: Path) -> None:
    """Remove what earlier builds left."""
    for file in folder.glob(f"{PARTIAL}*"):
        file.unlink(missing_ok=True)
