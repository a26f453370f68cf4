"""The chat: a Gradio page, an API and MCP tools over one assistant, behind one guard."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from summit_qa.app.options import LOOPBACK, AppOptions, read_users
from summit_qa.errors import ConfigurationError, SummitQAError

if TYPE_CHECKING:
    import fastapi

    from summit_qa.assistant import Assistant

__all__ = ["AppOptions", "build_app", "listen", "read_users", "serve"]

_log = logging.getLogger(__name__)


def build_app(assistant: Assistant, *, options: AppOptions | None = None) -> fastapi.FastAPI:
    """The whole app as ASGI: page, API, uploads and, if wanted, MCP at ``/mcp``."""
    options = options or AppOptions()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")  # it keeps 10,000 for nobody
    import fastapi
    import gradio as gr

    from summit_qa.app.api import Service, add_endpoints, make_mcp
    from summit_qa.app.blocks import Page
    from summit_qa.app.folder import Folder
    from summit_qa.app.frame import first, head, theme
    from summit_qa.app.health import add_health_routes
    from summit_qa.app.pages import Pages, add_page_route
    from summit_qa.app.security import Guard, script_hash
    from summit_qa.app.sessions import UNEXPECTED, Session, Sessions, Slots
    from summit_qa.app.site import Site
    from summit_qa.app.uploads import Added, add_upload_route
    from summit_qa.app.visits import keep_few
    from summit_qa.app.watch import Watch

    hidden = [
        (str(folder), folder.name)
        for given in (assistant.settings.corpus, assistant.settings.index, options.evaluation)
        for folder in (given.resolve(), given)
    ]

    def public(error: Exception) -> str:
        """What may be said about an error: our own messages, without places on this machine."""
        if not isinstance(error, SummitQAError):
            _log.error("unexpected error in the app", exc_info=error)
            return UNEXPECTED
        said = str(error)
        for place, name in hidden:
            said = said.replace(place, name) if len(place) > len(name) else said
        return said

    slots = Slots(options.running, options.waiting)
    sessions = Sessions(
        lambda: Session(assistant, slots, public, options.turns), options.conversations
    )
    folder = Folder(assistant, lambda: slots.idle, learns=options.learns)
    watch = Watch(with_questions=options.log_questions)
    assistant = assistant.watched(watch)
    service = Service(assistant, slots)
    site = Site(assistant, options, sessions, folder, public)
    added = Added(assistant.settings.index)
    page = Page(site, added)
    with page.blocks:
        add_endpoints(service, public)
    mcp = make_mcp(service, public) if options.mcp else None

    @asynccontextmanager
    async def lifespan(app: fastapi.FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=folder.learn, daemon=True, name="folder").start()
        if mcp is None:
            yield
            return
        async with mcp.session_manager.run():
            yield

    app = fastapi.FastAPI(
        lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, title="Summit QA"
    )
    add_health_routes(app, assistant, watch if options.metrics else None)
    add_page_route(app, Pages(assistant), public)
    if options.uploads:
        add_upload_route(app, site, added)
    if options.openai:
        from summit_qa.app.openai_api import Completions, add_openai_routes

        add_openai_routes(app, Completions(assistant, slots), public)
    if mcp is not None:
        app.mount("/mcp", mcp.streamable_http_app())
    in_head, script = head()
    gr.mount_gradio_app(
        app,
        page.blocks,
        path="/",
        server_name=options.host,
        server_port=options.port,
        root_path=options.root_path or None,
        allowed_paths=[],
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        run_history=False,
        footer_links=[],
        theme=theme(),
        head=in_head,
    )
    keep_few(app, page.blocks, options.conversations)
    app.add_middleware(
        Guard, options=options, scripts=[script_hash(script.encode())], first=first()
    )
    return app


def listen(options: AppOptions) -> socket.socket:
    """Take the address; what connects waits until `serve` answers.

    Raises ConfigurationError where it is in use or not of this machine.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=128)
    except OSError:
        raise ConfigurationError(
            f"Port {options.port} of {options.host} cannot be used; choose another with --port."
        ) from None


def serve(
    assistant: Assistant,
    options: AppOptions | None = None,
    listener: socket.socket | None = None,
) -> None:
    """Serve the app until it is interrupted, on ``listener`` where the address is taken already."""
    import uvicorn

    options = options or AppOptions()
    with listener or listen(options) as listening:
        if options.host not in LOOPBACK and not options.users:
            _log.warning("anyone who reaches %s may ask; --auth keeps others out", options.host)
        config = uvicorn.Config(
            build_app(assistant, options=options),
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        )
        # The first search imports the vector store, which takes seconds: not while somebody waits.
        threading.Thread(target=_warm_up, args=(assistant,), daemon=True, name="warm-up").start()
        uvicorn.Server(config).run(sockets=[listening])


def _warm_up(assistant: Assistant) -> None:
    try:
        assistant.search("warm up", k=1)
    except SummitQAError as error:
        _log.info("nothing could be searched yet: %s", error)
