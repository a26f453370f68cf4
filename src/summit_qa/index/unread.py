"""A file whose document is not read, because nothing of it has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from summit_qa.types import Document


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is as it was: its document stays where it is until somebody needs it."""

    path: str
    sha256: str
    reader: str
    characters: int
    of: Callable[[str], Document]

    def document(self) -> Document:
        """The document."""
        return self.of(self.path)
