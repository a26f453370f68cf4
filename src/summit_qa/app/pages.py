"""Pages of PDFs as pictures, drawn here: no script and no viewer from elsewhere."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from summit_qa.documents.formats.isolated import environment
from summit_qa.errors import CorpusError

if TYPE_CHECKING:
    import fastapi

    from summit_qa.assistant import Assistant

PAGE_ROUTE = "/summit-qa/page"
_KEPT = 24  # pictures
_SECONDS = 30  # until a drawing is given up
_AT_ONCE = threading.BoundedSemaphore(2)


class Pages:
    """Draws pages of the PDFs of the index, and only of those."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._lock = threading.Lock()
        self._drawn: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def picture(self, path: str, page: int) -> bytes:
        """The page, from 1, as PNG.

        Raises CorpusError where the folder has no such page, or its file is not the one that
        was read.
        """
        document = self._assistant.documents.get(path)
        if document is None or not path.lower().endswith(".pdf"):
            raise CorpusError("There is no such PDF.")
        if not 1 <= page <= max(1, len(document.page_starts)):
            raise CorpusError(f"The file has {len(document.page_starts)} pages.")
        key = (document.sha256, page)
        with self._lock:
            if (known := self._drawn.get(key)) is not None:
                self._drawn.move_to_end(key)
                return known
        try:
            data = (self._assistant.settings.corpus / path).read_bytes()
        except OSError:
            raise CorpusError("The file cannot be read any more.") from None
        if hashlib.sha256(data).hexdigest() != document.sha256:
            raise CorpusError("The file was changed after it was read.")
        picture = _drawn(data, page)
        with self._lock:
            self._drawn[key] = picture
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return picture


def _drawn(data: bytes, page: int) -> bytes:
    with _AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603 - fixed arguments
                [sys.executable, "-P", "-m", "summit_qa.app.page_worker", str(page)],
                input=data,
                capture_output=True,
                env=environment(),
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise CorpusError("The page cannot be drawn.") from None
    if done.returncode or not done.stdout.startswith(b"\x89PNG"):
        raise CorpusError("The page cannot be drawn.")
    return done.stdout


def add_page_route(app: fastapi.FastAPI, pages: Pages, public: Callable[[Exception], str]) -> None:
    """Add ``GET /summit-qa/page?file=…&page=…``."""
    import anyio.to_thread
    from fastapi import Request
    from fastapi.responses import PlainTextResponse, Response

    async def page(request: Request) -> Response:
        file, number = request.query_params.get("file", ""), request.query_params.get("page", "")
        try:
            wanted = int(number) if number.isascii() and number.isdigit() else 0
            picture = await anyio.to_thread.run_sync(pages.picture, file, wanted)
        except Exception as error:
            return PlainTextResponse(public(error), status_code=404)
        return Response(picture, media_type="image/png", headers={"Cache-Control": "no-cache"})

    app.add_route(PAGE_ROUTE, page, methods=["GET"])
