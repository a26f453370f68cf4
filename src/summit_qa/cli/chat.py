"""The command `summit-qa chat`: serve the page, its API and, if wanted, MCP tools."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from summit_qa.cli.opening import opened
from summit_qa.cli.options import CorpusOption, EngineOption, IndexOption, StrictnessOption
from summit_qa.cli.stopping import end_in_order

if TYPE_CHECKING:
    from rich.console import Console

    from summit_qa.assistant import Assistant


def chat(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on")] = 7860,
    auth: Annotated[
        str | None,
        typer.Option(
            metavar="USER:PASSWORD",
            help="Ask for this password; or a file with one USER:PASSWORD a line",
        ),
    ] = None,
    root_path: Annotated[str, typer.Option(help="Path at which a proxy serves the app")] = "",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Another host name of this server; may be repeated")
    ] = None,
    frame_ancestors: Annotated[
        str, typer.Option(help="Sites that may embed the page (Content-Security-Policy)")
    ] = "'none'",
    uploads: Annotated[bool, typer.Option(help="Let visitors add files")] = True,
    upload_megabytes: Annotated[int, typer.Option(min=1, max=1024, help="Largest upload")] = 8,
    mcp: Annotated[bool, typer.Option("--mcp", help="Also offer MCP tools at /mcp")] = False,
    openai: Annotated[
        bool, typer.Option("--openai", help="Also answer as an OpenAI API at /v1")
    ] = False,
    history: Annotated[
        bool, typer.Option(help="Keep conversations, in a file of the user's or SUMMIT_QA_HISTORY")
    ] = True,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer, each two questions at once")
    ] = 1,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Also show figures for Prometheus at /metrics")
    ] = False,
    json_logs: Annotated[
        bool, typer.Option("--json-logs", help="Log as JSON lines, one a question, without words")
    ] = False,
    log_questions: Annotated[
        bool, typer.Option("--log-questions", help="With --json-logs: the questions' words, too")
    ] = False,
    engine: EngineOption = None,
    strictness: StrictnessOption = None,
) -> None:
    """Open the chat in your browser."""
    from rich.console import Console

    from summit_qa.app import AppOptions, listen, read_users, serve
    from summit_qa.app.database_file import default_file
    from summit_qa.app.watch import set_up_logs
    from summit_qa.settings import Settings

    set_up_logs(json_logs)
    errors = Console(stderr=True)
    settings = Settings.load(corpus=corpus, index=index, engine=engine, strictness=strictness)
    options = AppOptions(
        host=host,
        port=port,
        users=read_users(auth),
        root_path=root_path,
        mcp=mcp,
        openai=openai,
        uploads=uploads,
        upload_bytes=upload_megabytes * 1_000_000,
        frame_ancestors=frame_ancestors,
        hosts=tuple(allow_host or ()),
        history=(settings.history or default_file()) if history else None,
        metrics=metrics,
        json_logs=json_logs,
        log_questions=log_questions,
    )
    if history and settings.history:
        from summit_qa.app.database_shared import SharedDatabase

        shared = SharedDatabase(settings.history.get_secret_value())
        errors.print(f"Conversations are kept at {shared.address}.", markup=False)
    listener = listen(options)  # before the index is opened: a port in use is told at once
    with listener, opened(settings) as assistant:
        where = f"http://{f'[{host}]' if ':' in host else host}:{port}{_path(root_path)}"
        errors.print(f"The chat opens at {where} (Ctrl+C ends it).", markup=False)
        if mcp:
            errors.print(f"MCP tools are at {where.rstrip('/')}/mcp/.", markup=False)
        if not assistant.generation.embedder:
            errors.print("It searches by words alone until all files are embedded.", markup=False)
            # What a stop leaves undone goes on from there at the next start.
            Thread(target=_embedding, args=(assistant, errors), daemon=True).start()
        end_in_order()
        if openai:
            errors.print(
                f"Other front ends ask at {where.rstrip('/')}/v1 (model summit-qa).", markup=False
            )
        if workers > 1:
            from summit_qa.app.workers import serve_workers

            serve_workers(assistant.settings, options, listener, workers)
        else:
            serve(assistant, options, listener)


def _embedding(assistant: Assistant, errors: Console) -> None:
    """Make the vectors of a large folder while the chat goes on."""
    from summit_qa.errors import SummitQAError

    try:
        assistant.sync()
    except SummitQAError as error:
        errors.print(f"It goes on searching by words alone: {error}", markup=False)
    else:
        errors.print("All files can be searched by meaning now.", markup=False)


def _path(root_path: str) -> str:
    return "/" + root_path.strip("/") + "/" if root_path.strip("/") else "/"
