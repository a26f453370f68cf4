"""Documents on disk while an index is built, so that memory holds one of them at a time."""

from __future__ import annotations

import os
import pickle
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from summit_qa.types import Document


class Spool:
    """Documents in a file without a name, which nobody else can open and no kill leaves behind."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is where the file is made once there is a document."""
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._places: dict[tuple[str, str], int] = {}

    def keep(self, document: Document) -> None:
        """Write a document."""
        pickle.dump(document, self._begun(document.path, document.sha256), pickle.HIGHEST_PROTOCOL)

    def keep_packed(self, path: str, sha256: str, document: bytes) -> None:
        """Write a document that was pickled elsewhere."""
        self._begun(path, sha256).write(document)

    def document(self, path: str, sha256: str) -> Document | None:
        """The document of the file, where its bytes are the same."""
        if self._file is None or (place := self._places.get((path, sha256))) is None:
            return None
        self._file.seek(place)
        made: Document = pickle.load(self._file)  # noqa: S301 - we wrote it
        return made

    def close(self) -> None:
        """Give its room on the disk back; what a full disk did not take is not wanted any more."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _begun(self, path: str, sha256: str) -> IO[bytes]:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed above
        self._places[path, sha256] = self._file.seek(0, os.SEEK_END)
        return self._file
