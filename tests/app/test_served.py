"""The app from outside: its API through Gradio's client, its tools through MCP, its headers."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from doubles import write
from serving import Served, free_port, process

ROOT = Path(__file__).parents[2]
BRIDGE = "When did the harbour bridge of Norwick open?"
OWN_WORDS = "so the harbour bridge, when was that opened?"  # which no suggestion would be


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    found = Client(served.address, verbose=False, analytics_enabled=False)
    yield found
    found.close()


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, timeout=30, trust_env=False) as found:
        yield found


def test_the_api_has_three_documented_endpoints(client: Client) -> None:
    described: Any = client.view_api(return_format="dict", print_info=False)
    endpoints = described["named_endpoints"]
    assert set(endpoints) == {"/ask", "/search", "/sources"}
    assert [item["parameter_name"] for item in endpoints["/ask"]["parameters"]] == [
        "question",
        "engine",
    ]
    assert endpoints["/search"]["parameters"][1]["python_type"]["type"] == "int"


def test_ask_answers_with_file_and_line(client: Client) -> None:
    answer = client.predict(question=BRIDGE, api_name="/ask")
    assert answer["short"] == "3 May 1931"
    assert answer["citations"][0]["location"] == "bridge.txt:1"
    assert "3 May 1931" in answer["citations"][0]["quote"]


def test_search_gives_the_nearest_passages(client: Client) -> None:
    hits = client.predict(query="fish", limit=1, api_name="/search")
    assert [hit["location"] for hit in hits] == ["market.md:3"]


def test_sources_lists_the_files(client: Client) -> None:
    sources = client.predict(api_name="/sources")
    assert {"bridge.txt", "market.md"} <= {item["file"] for item in sources["files"]}
    assert sources["generation"].startswith("g-")


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("/ask", {"question": "?"}, "empty"),
        ("/ask", {"question": "x" * 5_000}, "at most 4,000"),
        ("/ask", {"question": "Who?", "engine": "writer"}, "SUMMIT_QA_LLM"),
        ("/search", {"query": "fish", "limit": 51}, "1 to 50"),
    ],
)
def test_a_bad_request_is_told_why_in_a_line(
    client: Client, name: str, arguments: dict[str, Any], why: str
) -> None:
    with pytest.raises(AppError, match=why) as caught:
        client.predict(**arguments, api_name=name)
    assert "Traceback" not in str(caught.value)


def _call(served: Served, name: str, arguments: dict[str, Any]) -> Any:
    async def call() -> Any:
        async with (
            streamable_http_client(f"{served.address}/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            if not name:
                return await session.list_tools()
            return await session.call_tool(name, arguments)

    return asyncio.run(call())


def test_mcp_offers_the_same_as_tools(served: Served) -> None:
    tools = {tool.name: tool for tool in _call(served, "", {}).tools}
    assert set(tools) == {"ask", "check", "search", "sources", "read_lines"}
    assert set(tools["read_lines"].inputSchema["required"]) == {"file", "first", "last"}
    assert all(tool.description for tool in tools.values())


def test_an_mcp_client_asks_searches_and_reads(served: Served) -> None:
    asked = _call(served, "ask", {"question": BRIDGE})
    assert not asked.isError
    citation = asked.structuredContent["citations"][0]
    read = _call(
        served,
        "read_lines",
        {"file": citation["file"], "first": citation["start_line"], "last": citation["end_line"]},
    )
    assert citation["quote"] in read.structuredContent["lines"][0]["text"]
    found = _call(served, "search", {"query": "fish", "limit": 1})
    assert found.structuredContent["result"][0]["file"] == "market.md"


def test_an_mcp_client_checks_a_claim_and_lists_the_files(served: Served) -> None:
    claim = "The market hall of Norwick sells fish on Fridays only."
    checked = _call(served, "check", {"claim": claim}).structuredContent
    assert checked["verdict"] == "supported"
    assert checked["supporting"][0]["location"] == "market.md:3"
    elsewhere = _call(served, "check", {"claim": claim, "files": ["bridge.txt"]})
    assert elsewhere.structuredContent["verdict"] != "supported"
    assert _call(served, "check", {"claim": claim, "files": ["x.txt"]}).isError
    listed = _call(served, "sources", {}).structuredContent
    assert [file["file"] for file in listed["files"]] == ["bridge.txt", "market.md"]


def test_app_py_says_its_address_also_when_it_is_piped(tmp_path: Path) -> None:
    write(tmp_path / "corpus", {"a.txt": "Rain fell.\n"})
    port, log = free_port(), tmp_path / "log"
    with process([sys.executable, ROOT / "app.py", "--port", str(port)], port, log) as address:
        assert f"The chat opens at {address}/" in log.read_text()


@pytest.mark.parametrize("file", ["../server.log", "/etc/passwd", "missing.txt", ""])
def test_an_mcp_client_reads_nothing_but_the_corpus(served: Served, file: str) -> None:
    reply = _call(served, "read_lines", {"file": file, "first": 1, "last": 2})
    assert reply.isError
    assert "no file of that name" in reply.content[0].text


def test_the_page_names_no_other_host_to_load_from_and_no_place_of_the_machine(
    served: Served, http: httpx.Client
) -> None:
    page = http.get("/")
    assert page.status_code == 200
    for place in (str(served.folder), str(served.corpus), "site-packages"):
        assert place not in page.text
        assert place not in http.get("/config").text
    loaded = re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(https?:[^\"]+)", page.text)
    assert [url for url in loaded if not url.startswith(served.address)] == []


def test_gradios_own_file_server_uploads_and_pages_are_not_there(
    served: Served, http: httpx.Client
) -> None:
    place = quote(str(served.corpus / "bridge.txt"))
    assert http.get(f"/gradio_api/file={place}").status_code == 404
    upload = http.post("/gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert upload.status_code == 404
    for path in ("/monitoring", "/docs", "/login", "/gradio_api/monitoring", "/vibe-editor/"):
        assert http.get(path).status_code == 404


def test_headers_are_on_the_page_and_on_its_data(http: httpx.Client) -> None:
    for path in ("/", "/config", "/theme.css", "/gradio_api/info"):
        reply = http.get(path)
        assert reply.status_code == 200
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "connect-src 'self'" in reply.headers["content-security-policy"]
    assert http.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_an_upload_is_kept_and_never_served_back(served: Served, http: httpx.Client) -> None:
    body = b"<script>alert(1)</script> The lamp of Norwick is green.\n"
    http.get("/")  # who has the page has a name
    reply = http.post("/summit-qa/files", content=body, headers={"X-File-Name": "lamp%2B1.txt"})
    told = reply.json()
    assert told["file"] == "lamp+1.txt"
    assert (served.corpus / "lamp+1.txt").read_bytes() == body
    for path in ("/summit-qa/files", "/summit-qa/files/lamp+1.txt", "/lamp+1.txt"):
        assert http.get(path).status_code in (404, 405)
    named = {"X-File-Name": "lamp%2B1.txt"}
    for other in ({}, {"Cookie": "summit_qa_visitor=another"}):
        with httpx.Client(base_url=http.base_url, headers=other) as client:
            assert client.delete("/summit-qa/files", headers=named).status_code == 422
    assert (served.corpus / "lamp+1.txt").exists()
    assert http.delete("/summit-qa/files", headers=named).status_code == 200
    assert not (served.corpus / "lamp+1.txt").exists()


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("../../evil.txt", b"x", 200),
        ("a.exe", b"x", 422),
        (".hidden.txt", b"x", 422),
        ("bridge.txt", b"x", 422),
        ("binary.txt", bytes(range(32)) * 20, 422),
        ("large.txt", b"x" * 8_100_000, 413),
    ],
)
def test_uploads_are_held_to_name_type_and_size(
    served: Served, http: httpx.Client, name: str, body: bytes, status: int
) -> None:
    before = {entry.name for entry in served.corpus.iterdir()}
    reply = http.post("/summit-qa/files", content=body, headers={"X-File-Name": quote(name)})
    assert reply.status_code == status
    assert str(served.folder) not in reply.text
    added = {entry.name for entry in served.corpus.iterdir()} - before
    assert added == ({"evil.txt"} if status == 200 else set())
    assert not (served.folder / "evil.txt").exists()


def test_one_visitor_never_sees_the_conversation_of_another(served: Served) -> None:
    """Two browsers ask; what each gets back holds its own question only."""
    ann, bob = _events(served, "ann", OWN_WORDS), _events(served, "bob", "Who sells fish?")
    assert OWN_WORDS in ann
    assert "Who sells fish?" in bob
    assert OWN_WORDS not in bob
    assert "Who sells fish?" not in ann


def test_the_same_page_number_in_another_browser_is_another_visitor(served: Served) -> None:
    """The session hash is chosen by the browser, so that alone must not open a conversation."""
    _events(served, "same", OWN_WORDS)
    assert OWN_WORDS not in _events(served, "same", "Who sells fish?")


def _events(served: Served, session: str, question: str) -> str:
    """What the server sends a page for a question, as text."""
    with httpx.Client(base_url=served.address, timeout=30, trust_env=False) as http:
        http.get("/")  # brings the cookie
        config = http.get("/config").json()
        box = next(
            item["id"]
            for item in config["components"]
            if item["props"].get("elem_id") == "question"
        )
        event = next(
            index
            for index, item in enumerate(config["dependencies"])
            if [box, "submit"] in item["targets"]
        )
        joined = http.post(
            "/gradio_api/queue/join",
            json={"data": [question], "fn_index": event, "session_hash": session},
        )
        assert joined.status_code == 200
        received = ""
        deadline = time.monotonic() + 30
        url = f"/gradio_api/queue/data?session_hash={session}"
        with http.stream("GET", url) as stream, closing(stream):
            for part in stream.iter_text():
                received += part
                if "process_completed" in received or time.monotonic() > deadline:
                    break
        return received
