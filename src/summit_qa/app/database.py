"""Where conversations are kept, as far as `History` sees it: SQL in transactions.

Statements name their values (``:owner``), and are such that SQLite and what SQLAlchemy reaches
understand alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Execute = Callable[[str, dict[str, Any]], Sequence[Sequence[Any]]]  # a statement; its rows, if any


class NotKeptError(Exception):
    """Nothing could be read or kept; the message says why, without secrets and without words of
    conversations."""


class Database(Protocol):
    """Two tables, ``conversations`` and ``turns``; every method may be called from any thread."""

    def run(self, work: Callable[[Execute], T]) -> T:
        """What the work gives, in one transaction, which is undone where it raises.

        Raises NotKeptError where the database cannot be had, or fails.
        """
        ...
