"""Ways to damage a file; each is given the file and a source of chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path, random.Random], None]


def flip(file: Path, chance: random.Random) -> None:
    """One bit."""
    data = bytearray(file.read_bytes()) or bytearray(b"\1")
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


def cut(file: Path, chance: random.Random) -> None:
    """Cut off at any place."""
    data = file.read_bytes()
    file.write_bytes(data[: chance.randrange(max(1, len(data)))])


def delete(file: Path, chance: random.Random) -> None:
    """Gone."""
    file.unlink()


def folder(file: Path, chance: random.Random) -> None:
    """A folder in its place."""
    file.unlink()
    file.mkdir()
    (file / "inside").write_text("x")


def zeros(file: Path, chance: random.Random) -> None:
    """As long as before, and empty."""
    file.write_bytes(bytes(file.stat().st_size))


def longer(file: Path, chance: random.Random) -> None:
    """With something behind."""
    file.write_bytes(file.read_bytes() + b"\0" * 100)


def loop(file: Path, chance: random.Random) -> None:
    """A link to itself."""
    file.unlink()
    file.symlink_to(file.name)


DAMAGES: tuple[Damage, ...] = (flip, cut, delete, folder, zeros, longer, loop)
