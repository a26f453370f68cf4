"""What a sync knows: the generation that is served, and what the corpus says now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from summit_qa.index.generation import Manifest, Source
from summit_qa.index.unread import Unread
from summit_qa.types import Document, Skipped

if TYPE_CHECKING:
    from summit_qa.index.store import Store


@dataclass(frozen=True, slots=True)
class Served:
    """What ``CURRENT`` names, and what is wrong with it in words, if anything."""

    folder: Path
    manifest: Manifest | None
    damage: tuple[str, ...] = ()

    @property
    def whole(self) -> Manifest | None:
        """The manifest, where the generation can be served."""
        return None if self.damage else self.manifest


@dataclass(frozen=True, slots=True)
class Found:
    """What the corpus says now."""

    corpus: str  # the folder, resolved
    read: Mapping[str, Document]
    same: Mapping[str, Source]  # files that are as they were in what is served
    skipped: tuple[Skipped, ...]
    kept: Known  # what is served, to read their documents from

    def state(self) -> dict[str, tuple[str, str]]:
        """Digest and reader of every file."""
        return {path: (source.sha256, source.reader) for path, source in self.same.items()} | {
            path: (document.sha256, document.reader) for path, document in self.read.items()
        }

    def files(self) -> list[Document | Unread]:
        """All files in order of path; documents that are as they were are not read."""
        long = self.kept.store.characters() if self.kept.store and self.same else {}
        same = {
            path: Unread(path, source.sha256, source.reader, long[path], self.kept.kept)
            for path, source in self.same.items()
        }
        return [
            self.read[path] if path in self.read else same[path]
            for path in sorted([*self.read, *self.same])
        ]

    def sources(self) -> dict[str, Source]:
        """What every file is, in order of path."""
        read = {
            path: Source(it.sha256, it.size, it.encoding, it.reader)
            for path, it in self.read.items()
        }
        return dict(sorted((read | dict(self.same)).items()))


@dataclass(frozen=True, slots=True)
class Known:
    """The files of what is served, if anything is; ``current`` if they would be cut as they are."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    current: bool = False
    store: Store | None = None
    embedder: str = ""  # whose vectors the passages have, if they would be cut as they are

    def reader(self, path: str, sha256: str) -> str | None:
        """The reader of the file, where its bytes are the same."""
        source = self.sources.get(path)
        return source.reader if source is not None and source.sha256 == sha256 else None

    def document(self, path: str, sha256: str) -> Document | None:
        """The document of the file, where its bytes are the same."""
        return None if self.reader(path, sha256) is None else self.kept(path)

    def kept(self, path: str) -> Document:
        """The document of a file that is served."""
        assert self.store is not None
        return self.store.document(path)
