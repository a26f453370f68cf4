"""The same for programs: Gradio's API (`/ask`, `/search`, `/sources`) and MCP tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread
import gradio as gr
from gradio.events import api

from summit_qa.app.sessions import Slots
from summit_qa.documents.lines import line_count, line_text, page_at
from summit_qa.errors import CorpusError, QuestionError
from summit_qa.types import EngineName

if TYPE_CHECKING:
    from mcp.server.fastmcp import FastMCP

    from summit_qa.assistant import Assistant

MOST_HITS = 50
MOST_LINES = 200
_MOST_CHARACTERS = 200_000  # of a reply of read_lines
Reply = TypeVar("Reply")


class Service:
    """What programs can ask for; every method raises SummitQAError with a line for them."""

    def __init__(self, assistant: Assistant, slots: Slots) -> None:
        self._assistant = assistant
        self._slots = slots

    def ask(self, question: str, engine: EngineName = "auto") -> dict[str, Any]:
        """The answer as a dict (docs/json.md)."""
        with self._slots.taken(lambda ahead: None):
            return self._assistant.ask(question, engine=engine).to_dict()

    def search(self, query: str, limit: int = 10) -> list[dict[str, Any]]:
        """The passages nearest to the query, best first."""
        if not 1 <= limit <= MOST_HITS:
            raise QuestionError(f"A search returns 1 to {MOST_HITS} passages.")
        with self._slots.taken(lambda ahead: None):
            return [hit.to_dict() for hit in self._assistant.search(query, k=limit)]

    def check(self, claim: str, files: Sequence[str] | None = None) -> dict[str, Any]:
        """Whether the files support the claim, with the lines for and against."""
        with self._slots.taken(lambda ahead: None):
            return self._assistant.check(claim, files=files or None).to_dict()

    def sources(self) -> dict[str, Any]:
        """The files of the corpus, and those that were not read and why."""
        generation = self._assistant.generation
        passages = generation.passage_counts()
        return {
            "generation": generation.id,
            "files": [
                {
                    "file": path,
                    "lines": line_count(document),
                    "bytes": document.size,
                    "passages": passages[path],
                    "sha256": document.sha256,
                }
                for path, document in generation.documents.items()
            ],
            "skipped": [
                {"file": item.path, "reason": item.reason} for item in self._assistant.skipped
            ],
        }

    def read_lines(self, file: str, first: int, last: int) -> dict[str, Any]:
        """Lines of a file of the corpus, as they were indexed."""
        document = self._assistant.documents.get(file)
        if document is None:
            raise CorpusError("The folder has no file of that name; list them with sources.")
        count = line_count(document)
        if not 1 <= first <= last or first > count:
            raise CorpusError(f"The file has the lines 1 to {count}.")
        last = min(last, count, first + MOST_LINES - 1)
        lines: list[dict[str, Any]] = []
        held = 0
        for number in range(first, last + 1):
            line = line_text(document, number)
            held += len(line)
            if held > _MOST_CHARACTERS and lines:
                break
            page = page_at(document, document.line_starts[number - 1])
            lines.append({"line": number, "page": page, "text": line[:_MOST_CHARACTERS]})
        return {"file": file, "line_count": count, "lines": lines}


def add_endpoints(service: Service, public: Callable[[Exception], str]) -> None:
    """Add `/ask`, `/search` and `/sources` to the Blocks that are being built."""

    def ask(question: str, engine: EngineName = "auto") -> dict[str, Any]:
        """Answer a question from the files; every statement carries verified citations.

        Parameters:
            question: the question, in words
            engine: "reader" quotes offline, "writer" uses the configured language model
        Returns:
            the answer: status (answered, tentative or declined), confidence, text, verdict,
            statements, citations with file and line, reason
        """
        with _told(public):
            return service.ask(question, engine)

    def search(query: str, limit: int = 10) -> list[dict[str, Any]]:
        """Find the passages nearest to a query, best first.

        Parameters:
            query: words to look for
            limit: how many passages, 1 to 50
        Returns:
            passages with file, lines, text, score and ranks
        """
        with _told(public):
            return service.search(query, limit)

    def sources() -> dict[str, Any]:
        """List the files of the corpus, and those that were not read and why.

        Returns:
            generation of the index, files with lines and sha256, skipped files with the reason
        """
        with _told(public):
            return service.sources()

    api(ask, api_name="ask", concurrency_limit=None)
    api(search, api_name="search", concurrency_limit=None)
    api(sources, api_name="sources")


class _told:  # noqa: N801
    """Turns errors into what a program may read of them."""

    def __init__(self, public: Callable[[Exception], str]) -> None:
        self._public = public

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            raise gr.Error(self._public(error), print_exception=False) from None


def make_mcp(service: Service, public: Callable[[Exception], str]) -> FastMCP:
    """An MCP server with `ask`, `check`, `search`, `sources` and `read_lines`, without state."""
    from mcp.server.fastmcp import FastMCP
    from mcp.server.fastmcp.exceptions import ToolError
    from mcp.server.transport_security import TransportSecuritySettings

    server = FastMCP(
        "summit-qa",
        instructions="Answers from a folder of text; cite the file and line that come with them.",
        streamable_http_path="/",
        stateless_http=True,
        json_response=True,
        # The app's own guard checks Host and Origin of every request before it gets here.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )

    async def told(work: Callable[[], Reply]) -> Reply:
        """The work's reply, made on a thread, so that the server goes on answering meanwhile."""
        try:
            return await anyio.to_thread.run_sync(work)
        except Exception as error:
            raise ToolError(public(error)) from None

    @server.tool(structured_output=True)
    async def ask(question: str, engine: EngineName = "auto") -> dict[str, Any]:
        """Answer a question from the files. Every statement carries its file and line. `status`
        is `answered`, `tentative` (what is shown may answer; `confidence` says how surely) or
        `declined`, where the files do not say and `reason` says why."""
        return await told(lambda: service.ask(question, engine))

    @server.tool(structured_output=True)
    async def check(claim: str, files: list[str] | None = None) -> dict[str, Any]:
        """Hold a claim against the files, or only those named: `supported`, `contradicted` or
        `not found`, with the lines for and against it."""
        return await told(lambda: service.check(claim, files))

    @server.tool(structured_output=True)
    async def sources() -> dict[str, Any]:
        """List the files, with their number of lines, and those that were not read and why."""
        return await told(service.sources)

    @server.tool(structured_output=True)
    async def search(query: str, limit: int = 10) -> list[dict[str, Any]]:
        """Find the passages nearest to a query, best first, with file, lines, text and score."""
        return await told(lambda: service.search(query, limit))

    @server.tool(structured_output=True)
    async def read_lines(file: str, first: int, last: int) -> dict[str, Any]:
        """Read lines `first` to `last` of a file of the corpus, at most 200 at once."""
        return await told(lambda: service.read_lines(file, first, last))

    return server
