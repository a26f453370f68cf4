"""Files that visitors add: one request a file, read to its limit, kept in the corpus folder."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from summit_qa.app.corpus_tab import add_file, checked_name
from summit_qa.app.options import AppOptions
from summit_qa.app.security import UPLOAD_PATH
from summit_qa.app.site import Site
from summit_qa.errors import CorpusError
from summit_qa.settings import alone

if TYPE_CHECKING:
    import fastapi

_log = logging.getLogger(__name__)


class Added:
    """Who added which file: only they may remove it, in another tab and after a restart as well.

    Kept beside the index, with the digest of what was added.
    """

    def __init__(self, index: Path) -> None:
        self._file = index / "added.json"
        self._lock = threading.Lock()

    def note(self, file: str, data: bytes, owner: str) -> None:
        """Remember it; an empty ``owner`` is nobody."""
        if owner:
            self._write({file: [owner, hashlib.sha256(data).hexdigest()]})

    def of(self, owner: str) -> dict[str, str]:
        """The files that they added, with the SHA-256 of what was added."""
        return {
            file: digest for file, (by, digest) in self._read().items() if owner and by == owner
        }

    def remove(self, corpus: Path, given: str, owner: str, options: AppOptions) -> None:
        """Remove what they added under that name, if it is still what was added.

        Raises CorpusError where it is another's, or the file was changed or removed.
        """
        file = corpus / checked_name(given, options)
        try:
            data = b"" if file.is_symlink() else file.read_bytes()
        except OSError:
            raise CorpusError("The file is not there any more.") from None
        if self.of(owner).get(file.name) != hashlib.sha256(data).hexdigest():
            raise CorpusError("Only who added a file can remove it here.")
        try:
            file.unlink()
        except OSError:
            raise CorpusError("The file cannot be removed.") from None
        self._write({file.name: None})

    def _read(self) -> dict[str, list[str]]:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {
            file: it
            for file, it in (kept.items() if isinstance(kept, dict) else ())
            if isinstance(it, list) and len(it) == 2
        }

    def _write(self, changes: dict[str, list[str] | None]) -> None:
        with self._lock, alone(self._file.parent):  # of other processes that serve as well
            kept = {file: it for file, it in (self._read() | changes).items() if it is not None}
            try:
                aside = self._file.with_suffix(".part")
                aside.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
                aside.replace(self._file)
            except OSError as error:
                _log.warning("who added a file was not kept: %s", error.strerror)


def add_upload_route(app: fastapi.FastAPI, site: Site, added: Added) -> None:
    """Add ``POST`` and ``DELETE /summit-qa/files``.

    The body of a ``POST`` is the file, ``X-File-Name`` its quoted name; the reply is the name
    under which it was kept, never a place on this machine. ``DELETE`` takes away what the same
    visitor has added.
    """
    import anyio
    from fastapi import Request
    from fastapi.responses import JSONResponse

    options, corpus = site.options, site.assistant.settings.corpus

    async def upload(request: Request) -> JSONResponse:
        data = bytearray()
        async for part in request.stream():
            data += part
            if len(data) > options.upload_bytes:
                return JSONResponse({"error": "The file is too large."}, status_code=413)
        given, whole = unquote(request.headers.get("x-file-name", "")), bytes(data)
        try:
            kept = await anyio.to_thread.run_sync(add_file, corpus, given, whole, options)
            added.note(kept, whole, site.owner(request))
        except Exception as error:
            return JSONResponse({"error": site.public(error)}, status_code=422)
        return JSONResponse({"file": kept})

    async def remove(request: Request) -> JSONResponse:
        given, owner = unquote(request.headers.get("x-file-name", "")), site.owner(request)
        try:
            await anyio.to_thread.run_sync(added.remove, corpus, given, owner, options)
        except Exception as error:
            return JSONResponse({"error": site.public(error)}, status_code=422)
        return JSONResponse({"removed": given})

    app.add_route(UPLOAD_PATH, upload, methods=["POST"])
    app.add_route(UPLOAD_PATH, remove, methods=["DELETE"])
