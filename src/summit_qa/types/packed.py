"""Blocks and numbers of a long document, in arrays: as objects they would take ten times its size.

A file of 200 MB has three million blocks. What is no longer than LONG stays a tuple, which is
quicker.
"""

from __future__ import annotations

import json
import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import get_args, overload

from summit_qa.types.texts import Block, BlockKind

LONG = 100_000  # blocks or numbers
_KINDS: tuple[BlockKind, ...] = get_args(BlockKind)
_NUMBER_OF_KIND = {kind: number for number, kind in enumerate(_KINDS)}
_CODES = "BQQiIII"  # of kinds, starts, ends, levels, labels, ends of what they are under, under


class Blocks(Sequence[Block]):
    """Blocks in arrays; each is made when it is asked for."""

    def __init__(self, blocks: Iterable[Block] = ()) -> None:
        self._arrays = tuple(array(code) for code in _CODES)
        self._labels: list[str] = []
        numbers: dict[str, int] = {}
        kinds, starts, ends, levels, labels, unders, under = self._arrays
        for block in blocks:
            kinds.append(_NUMBER_OF_KIND[block.kind])
            starts.append(block.start)
            ends.append(block.end)
            levels.append(block.level)
            labels.append(numbers.setdefault(block.label, len(numbers)))
            under.extend(block.under)
            unders.append(len(under))
        self._labels += numbers

    def __len__(self) -> int:
        return len(self._arrays[0])

    @overload
    def __getitem__(self, at: int) -> Block: ...
    @overload
    def __getitem__(self, at: slice) -> list[Block]: ...
    def __getitem__(self, at: int | slice) -> Block | list[Block]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        kinds, starts, ends, levels, labels, unders, under = self._arrays
        at = range(len(kinds))[at]
        return Block(
            _KINDS[kinds[at]],
            starts[at],
            ends[at],
            levels[at],
            self._labels[labels[at]],
            tuple(under[unders[at - 1] if at else 0 : unders[at]]),
        )

    def __iter__(self) -> Iterator[Block]:
        return map(self.__getitem__, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return NotImplemented
        return all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def to_bytes(self) -> bytes:
        """All of it, packed."""
        packer = zlib.compressobj(1)
        parts = [json.dumps(self._labels).encode(), *(it.tobytes() for it in self._arrays)]
        sizes = struct.pack(f"<{len(parts)}Q", *map(len, parts))
        return b"".join([*map(packer.compress, (sizes, *parts)), packer.flush()])

    @classmethod
    def from_bytes(cls, data: bytes) -> Blocks:
        """What `to_bytes` packed."""
        plain = memoryview(zlib.decompress(data))
        head = struct.Struct(f"<{1 + len(_CODES)}Q")
        made, at = cls(), head.size
        for place, size in enumerate(head.unpack(plain[:at])):
            part = plain[at : at + size]
            if place:
                made._arrays[place - 1].frombytes(part)
            else:
                made._labels += json.loads(bytes(part))
            at += size
        return made


def packed_blocks(blocks: Iterable[Block]) -> Sequence[Block]:
    """The blocks as a tuple, or in arrays where they are many."""
    left = iter(blocks)
    first = tuple(islice(left, LONG))
    if len(first) < LONG:
        return first
    return Blocks(_all(first, left))


def packed_numbers(numbers: Iterable[int]) -> Sequence[int]:
    """The numbers as a tuple, or in an array where they are many."""
    left = iter(numbers)
    first = tuple(islice(left, LONG))
    if len(first) < LONG:
        return first
    made = array("Q", first)
    made.extend(left)
    return made


def _all(first: Sequence[Block], left: Iterator[Block]) -> Iterator[Block]:
    yield from first
    yield from left
