"""Files that visitors add: one request a file, read to its limit, kept in the corpus folder."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from summit_qa.app.corpus_tab import add_file, checked_name
from summit_qa.app.options import AppOptions
from summit_qa.app.security import UPLOAD_PATH
from summit_qa.errors import CorpusError

if TYPE_CHECKING:
    import fastapi


class Keys:
    """Who added a file may remove it: the reply to an upload has a key that only it fits."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def of(self, file: str, data: bytes) -> str:
        """The key of a file with that name and content."""
        said = file.encode("utf-8", "surrogateescape") + b"\0" + hashlib.sha256(data).digest()
        return hmac.new(self._secret, said, "sha256").hexdigest()

    def remove(self, corpus: Path, given: str, key: str, options: AppOptions) -> None:
        """Remove what was added under that name, if it is still what was added.

        Raises CorpusError where the key is another's, or the file was changed or removed.
        """
        file = corpus / checked_name(given, options)
        try:
            data = b"" if file.is_symlink() else file.read_bytes()
        except OSError:
            raise CorpusError("The file is not there any more.") from None
        if not hmac.compare_digest(self.of(file.name, data), key):
            raise CorpusError("Only who added a file can remove it here.")
        try:
            file.unlink()
        except OSError:
            raise CorpusError("The file cannot be removed.") from None


def add_upload_route(
    app: fastapi.FastAPI, corpus: Path, options: AppOptions, public: Callable[[Exception], str]
) -> None:
    """Add ``POST`` and ``DELETE /summit-qa/files``.

    The body of a ``POST`` is the file, ``X-File-Name`` its quoted name; the reply is the name
    under which it was kept, never a place on this machine, and a key with which ``DELETE`` (in
    ``X-File-Key``) takes it away again.
    """
    import anyio
    from fastapi import Request
    from fastapi.responses import JSONResponse

    keys = Keys()

    async def upload(request: Request) -> JSONResponse:
        data = bytearray()
        async for part in request.stream():
            data += part
            if len(data) > options.upload_bytes:
                return JSONResponse({"error": "The file is too large."}, status_code=413)
        given, whole = unquote(request.headers.get("x-file-name", "")), bytes(data)
        try:
            kept = await anyio.to_thread.run_sync(add_file, corpus, given, whole, options)
        except Exception as error:
            return JSONResponse({"error": public(error)}, status_code=422)
        return JSONResponse({"file": kept, "key": keys.of(kept, whole)})

    async def remove(request: Request) -> JSONResponse:
        given = unquote(request.headers.get("x-file-name", ""))
        key = request.headers.get("x-file-key", "")
        try:
            await anyio.to_thread.run_sync(keys.remove, corpus, given, key, options)
        except Exception as error:
            return JSONResponse({"error": public(error)}, status_code=422)
        return JSONResponse({"removed": given})

    app.add_route(UPLOAD_PATH, upload, methods=["POST"])
    app.add_route(UPLOAD_PATH, remove, methods=["DELETE"])
