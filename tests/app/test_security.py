import base64
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient, WebSocketDisconnect

from summit_qa.app.options import AppOptions
from summit_qa.app.security import COOKIE, Guard, script_hash

PAGE = "<html><head><script>first()</script><script src='/assets/a.js'></script></head></html>"
HERE = "http://127.0.0.1:7860"


def client(options: AppOptions | None = None, base: str = HERE) -> TestClient:
    """A browser that talks to the guard, with an app behind it that answers everything."""

    async def page(request: Request) -> Response:
        return HTMLResponse(PAGE)

    async def read(request: Request) -> Response:
        return JSONResponse({"bytes": len(await request.body())})

    async def shown(request: Request) -> Response:
        return PlainTextResponse(request.url.path)

    async def broken(request: Request) -> Response:
        return PlainTextResponse("Internal Server Error", status_code=500)

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/config", shown),
            Route("/gradio_api/queue/join", read, methods=["POST"]),
            Route("/gradio_api/call/nothing", broken, methods=["POST"]),
            Route("/summit-qa/files", read, methods=["POST"]),
            Route("/{rest:path}", shown),
        ]
    )
    guard = Guard(app, options=options or AppOptions(), scripts=[script_hash(b"added()")])
    return TestClient(guard, base_url=base)


@pytest.fixture
def browser() -> Iterator[TestClient]:
    with client() as found:
        yield found


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "LOCALHOST:80", "[::1]:7860"])
def test_the_server_answers_to_its_own_names(browser: TestClient, host: str) -> None:
    assert browser.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[", "a b"]
)
def test_another_host_name_is_refused(browser: TestClient, host: str) -> None:
    reply = browser.get("/", headers={"Host": host})
    assert reply.status_code == 400
    assert "Summit" not in reply.text


def test_a_proxy_may_not_bring_another_name_in_either(browser: TestClient) -> None:
    assert browser.get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400


def test_a_name_that_was_allowed_is_answered() -> None:
    with client(AppOptions(hosts=("qa.example.org",)), "http://qa.example.org") as browser:
        assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example"]
)
def test_another_site_cannot_post(browser: TestClient, origin: str) -> None:
    reply = browser.post("/gradio_api/queue/join", json={}, headers={"Origin": origin})
    assert reply.status_code == 403


def test_the_page_itself_can_post(browser: TestClient) -> None:
    reply = browser.post("/gradio_api/queue/join", content=b"12345", headers={"Origin": HERE})
    assert reply.json() == {"bytes": 5}


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/upload",
        "/gradio_api/upload_progress",
        "/gradio_api/proxy=http://evil.example",
        "/gradio_api/stream/a/b/c/playlist.m3u8",
        "/monitoring",
        "/docs",
        "/openapi.json",
        "/assets/%2e%2e/config",
        "/mcp/",
        "/login",
        "/gradio_api/component_server",
    ],
)
def test_what_the_page_does_not_need_is_not_there(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_mcp_is_there_only_where_it_was_asked_for() -> None:
    with client(AppOptions(mcp=True)) as browser:
        assert browser.get("/mcp/").status_code == 200


def test_the_policy_lets_the_page_reach_only_its_own_server(browser: TestClient) -> None:
    reply = browser.get("/")
    policy = dict(
        part.split(" ", 1) for part in reply.headers["content-security-policy"].split("; ")
    )
    for directive, value in policy.items():
        for source in value.split():
            assert source in (
                "'self'",
                "'none'",
                "'unsafe-inline'",
                "'unsafe-eval'",
                "data:",
                "blob:",
            ) or (source.startswith("'sha256-")), f"{directive} lets {source} in"
    assert "'unsafe-inline'" not in policy["script-src"]
    assert policy["connect-src"] == "'self'"
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert reply.headers["x-frame-options"] == "DENY"


def test_the_policy_lets_exactly_the_scripts_run_that_the_page_was_sent_with(
    browser: TestClient,
) -> None:
    scripts = browser.get("/").headers["content-security-policy"].split("script-src ")[1]
    allowed = {part for part in scripts.split(";")[0].split() if part.startswith("'sha256-")}
    assert allowed == {script_hash(b"first()"), script_hash(b"added()")}


def test_who_may_frame_the_page_is_a_setting() -> None:
    with client(AppOptions(frame_ancestors="https://intranet.example")) as browser:
        reply = browser.get("/")
    assert "frame-ancestors https://intranet.example" in reply.headers["content-security-policy"]
    assert "x-frame-options" not in reply.headers


@pytest.mark.parametrize("path", ["/", "/config", "/nothing", "/gradio_api/upload"])
def test_every_reply_carries_the_headers(browser: TestClient, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "content-security-policy" in headers
    assert "access-control-allow-origin" not in headers


def test_a_browser_gets_a_name_that_scripts_cannot_read_and_keeps_it(browser: TestClient) -> None:
    first = browser.get("/")
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "set-cookie" not in browser.get("/").headers
    assert cookie.split(";")[0] == f"{COOKIE}={browser.cookies[COOKIE]}"


def test_a_body_that_is_too_large_is_not_read(browser: TestClient) -> None:
    reply = browser.post("/gradio_api/queue/join", content=b"x" * 300_000)
    assert reply.status_code == 413


def test_a_body_that_is_longer_than_declared_is_cut_off(browser: TestClient) -> None:
    def flood() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    with pytest.raises(ClientDisconnect):
        browser.post("/gradio_api/queue/join", content=flood())


def test_uploads_have_a_limit_of_their_own_and_can_be_switched_off() -> None:
    with client(AppOptions(upload_bytes=400_000)) as browser:
        assert browser.post("/summit-qa/files", content=b"x" * 400_000).status_code == 200
        assert browser.post("/summit-qa/files", content=b"x" * 500_000).status_code == 413
    with client(AppOptions(uploads=False)) as browser:
        assert browser.post("/summit-qa/files", content=b"x").status_code == 403


def test_without_a_password_nothing_is_shown() -> None:
    with client(AppOptions(users=(("ann", "one"), ("bob", "tüö:x")))) as browser:
        for path in ("/", "/config", "/assets/a.js", "/gradio_api/info"):
            reply = browser.get(path)
            assert reply.status_code == 401
            assert reply.headers["www-authenticate"].startswith("Basic")
        assert browser.get("/", auth=("ann", "two")).status_code == 401
        assert browser.get("/", auth=("ann", "one")).status_code == 200
        bob = base64.b64encode("bob:tüö:x".encode()).decode()
        assert browser.get("/", headers={"Authorization": f"basic {bob}"}).status_code == 200
        assert browser.get("/", headers={"Authorization": f"Bearer {bob}"}).status_code == 401


@pytest.mark.parametrize("path", ["/qa", "/qa/", "/"])
def test_below_a_root_path_the_page_is_there_however_the_proxy_passes_it_on(path: str) -> None:
    with client(AppOptions(root_path="/qa/")) as browser:
        reply = browser.get(path)
    assert reply.status_code == 200
    assert "Path=/qa;" in reply.headers["set-cookie"]


def test_a_call_of_what_is_not_there_is_a_fault_of_the_caller(browser: TestClient) -> None:
    reply = browser.post("/gradio_api/call/nothing", json={"data": []})
    assert (reply.status_code, reply.text) == (
        400,
        "There is nothing of that name or number to call.",
    )
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_other_methods_are_refused(browser: TestClient) -> None:
    assert browser.request("PUT", "/").status_code == 405


def test_nothing_speaks_websocket(browser: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/"):
        pass


def test_probes_need_no_name_and_no_password_and_figures_do() -> None:
    options = AppOptions(users=(("ana", "secret"),), metrics=True)
    with client(options) as guarded:
        for path in ("/health", "/ready"):
            assert guarded.get(path, headers={"Host": "10.0.0.7:7860"}).status_code == 200
            assert guarded.post(path).status_code == 401
            assert guarded.get(f"{path}/x").status_code == 401
        assert guarded.get("/metrics").status_code == 401
        assert guarded.get("/metrics", auth=("ana", "secret")).status_code == 200
        assert guarded.get("/metrics", headers={"Host": "evil.example"}).status_code == 400
    with client() as plain:
        assert plain.get("/metrics").status_code == 404
