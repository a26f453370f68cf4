"""Endpoints for those who run the server: `/health`, `/ready` and, if wanted, `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from summit_qa.app.watch import Watch, readiness

if TYPE_CHECKING:
    import fastapi

    from summit_qa.assistant import Assistant


def add_health_routes(app: fastapi.FastAPI, assistant: Assistant, watch: Watch | None) -> None:
    """Add the routes; without ``watch`` there are no metrics."""
    import anyio.to_thread
    from fastapi import Request
    from fastapi.responses import JSONResponse, Response

    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"alive": True})

    async def ready(request: Request) -> JSONResponse:
        is_ready, told = await anyio.to_thread.run_sync(readiness, assistant)
        return JSONResponse(told, status_code=200 if is_ready else 503)

    app.add_route("/health", health, methods=["GET", "HEAD"])
    app.add_route("/ready", ready, methods=["GET", "HEAD"])
    if watch is None:
        return
    exposed = watch.exposition

    async def metrics(request: Request) -> Response:
        body, kind = await anyio.to_thread.run_sync(exposed)
        return Response(body, media_type=kind)

    app.add_route("/metrics", metrics, methods=["GET"])
