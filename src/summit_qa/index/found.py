"""What a sync knows: the generation that is served, and what the corpus says now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from summit_qa.index.generation import Manifest, Source
from summit_qa.types import Document, Skipped

if TYPE_CHECKING:
    from summit_qa.index.store import Store


MadeBefore = Callable[[str, str], Document | None]  # by path and sha256


@dataclass(frozen=True, slots=True)
class File:
    """A file of the corpus; its document stays on disk until somebody needs it."""

    path: str
    source: Source
    characters: int  # of its text
    of: MadeBefore

    @classmethod
    def read(cls, document: Document, of: MadeBefore) -> Self:
        """The file that a document was read from."""
        source = Source(document.sha256, document.size, document.encoding, document.reader)
        return cls(document.path, source, len(document.text), of)

    def document(self) -> Document:
        """The document."""
        made = self.of(self.path, self.source.sha256)
        assert made is not None
        return made


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
    read: Mapping[str, File]
    same: Mapping[str, Source]  # files that are as they were in what is served
    skipped: tuple[Skipped, ...]
    kept: Known  # what is served, to read their documents from

    def state(self) -> dict[str, tuple[str, str]]:
        """Digest and reader of every file."""
        return {path: (it.sha256, it.reader) for path, it in self.sources().items()}

    def files(self) -> list[File]:
        """All files in order of path."""
        long = self.kept.store.characters() if self.kept.store and self.same else {}
        same = {
            path: File(path, source, long[path], self.kept.document)
            for path, source in self.same.items()
        }
        return [file for _, file in sorted((same | dict(self.read)).items())]

    def sources(self) -> dict[str, Source]:
        """What every file is, in order of path."""
        read = {path: file.source for path, file in self.read.items()}
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
        if self.store is None or self.reader(path, sha256) is None:
            return None
        return self.store.document(path)
