"""Files that visitors add: one request a file, read to its limit, kept in the corpus folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from summit_qa.app.corpus_tab import add_file
from summit_qa.app.options import AppOptions
from summit_qa.app.security import UPLOAD_PATH

if TYPE_CHECKING:
    import fastapi


def add_upload_route(
    app: fastapi.FastAPI, corpus: Path, options: AppOptions, public: Callable[[Exception], str]
) -> None:
    """Add ``POST /summit-qa/files``: the body is the file, ``X-File-Name`` its quoted name.

    The reply is the name under which it was kept, never a place on this machine.
    """
    import anyio
    from fastapi import Request
    from fastapi.responses import JSONResponse

    async def upload(request: Request) -> JSONResponse:
        data = bytearray()
        async for part in request.stream():
            data += part
            if len(data) > options.upload_bytes:
                return JSONResponse({"error": "The file is too large."}, status_code=413)
        given = unquote(request.headers.get("x-file-name", ""))
        try:
            kept = await anyio.to_thread.run_sync(add_file, corpus, given, bytes(data), options)
        except Exception as error:
            return JSONResponse({"error": public(error)}, status_code=422)
        return JSONResponse({"file": kept})

    app.add_route(UPLOAD_PATH, upload, methods=["POST"])
