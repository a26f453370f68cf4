"""What every request passes: who may ask, for what, and which headers the reply carries.

A plain ASGI middleware, so that streamed replies are not held back. In order: the `Host` header
must name this server (or any page could reach it by DNS rebinding), the `Origin` must be this
server (or any page could post to it), the user must be known, the path must be one that the app
needs, and the body must be small. Pages carry a Content-Security-Policy under which they reach
nothing but this server, and under which only the scripts that they were sent with run.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from summit_qa.app.options import AppOptions

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "summit_qa_visitor"
MOST_BODY = 256 * 1024  # bytes of a request, uploads apart
_A_YEAR = 365 * 24 * 3600  # seconds for which a browser remembers whose conversations are its own
UPLOAD_PATH = "/summit-qa/files"
# All that the page, the API and gradio_client need. The rest of Gradio (its file server, its
# proxy, its uploads, which anyone may fill, its monitoring) is not reachable at all.
_PATHS = re.compile(
    r"/$|/(?:config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)/?$|/(?:assets|static|svelte)/"
    r"|/gradio_api/(?:info|startup-events|app_id|cancel|reset|openapi\.json)/?$"
    r"|/gradio_api/(?:heartbeat|call)/|/gradio_api/queue/(?:join|data)/?$"
    rf"|{UPLOAD_PATH}$|/summit-qa/page$"
)
_CALLS = re.compile(r"/gradio_api/(?:call/|queue/join)")
_HEALTH_PATH = re.compile(r"/(?:health|ready)$")
_OPENAI_PATH = re.compile(r"/v1/(?:models|chat/completions)$")
_MCP_PATH = re.compile(r"/mcp(?:/|$)")
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def script_hash(script: bytes) -> str:
    """The source expression that lets exactly this inline script run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"


def content_security_policy(scripts: Iterable[str], frame_ancestors: str) -> str:
    """The policy of a page on which only ``scripts`` (hashes) and scripts from here run.

    Gradio compiles the templates of its HTML component, for which it needs 'unsafe-eval'; what
    an injected tag would need ('unsafe-inline') is not given.
    """
    allowed = " ".join(["'self'", "'unsafe-eval'", *sorted(set(scripts))])
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {allowed}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "media-src 'none'",
            "object-src 'none'",
            "frame-src 'none'",
            "worker-src 'self' blob:",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        ]
    )


class Guard:
    """The middleware; ``scripts`` are hashes of what the page's own head adds later.

    ``first`` is a script that pages run before all others.
    """

    def __init__(
        self, app: ASGIApp, *, options: AppOptions, scripts: Iterable[str] = (), first: str = ""
    ) -> None:
        self._app = app
        self._options = options
        self._hosts = options.served_hosts
        self._scripts = tuple(scripts)
        self._first = f"<head><script>{first}</script>".encode() if first else b"<head>"
        self._root = "/" + options.root_path.strip("/") if options.root_path.strip("/") else ""
        self._users = [
            base64.b64encode(f"{name}:{password}".encode()) for name, password in options.users
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with the reason why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        path = self._path(scope)
        refused = self._refusal(headers, scope["method"], path)
        if refused is not None:
            status, reason = refused
            await _reply(self._closing(send, {}), status, reason, status == 401)
            return
        limit = MOST_BODY
        if path == UPLOAD_PATH:
            limit = self._options.upload_bytes + 64 * 1024
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await _reply(self._closing(send, {}), 413, f"At most {limit:,} bytes are read.")
            return
        scope = {**scope, "path": path, "raw_path": path.encode()}
        closing = self._closing(send, headers)
        called = scope["method"] == "POST" and _CALLS.match(path)
        await self._app(scope, _bounded(receive, limit), _blamed(closing) if called else closing)

    def _path(self, scope: Scope) -> str:
        """The path below the root path, whether or not the proxy has taken that away."""
        path = str(scope["path"])
        if self._root and (path == self._root or path.startswith(self._root + "/")):
            path = path[len(self._root) :] or "/"
        return path

    def _refusal(
        self, headers: dict[bytes, bytes], method: str, path: str
    ) -> tuple[int, str] | None:
        """Status and reason where the request is not let in."""
        if method in ("GET", "HEAD") and _HEALTH_PATH.match(path):
            return None  # a probe asks by an address and has no password; it is told yes or no
        for name in (b"host", b"x-forwarded-host"):
            if (name in headers or name == b"host") and not self._is_here(headers.get(name, b"")):
                return 400, "This server is not known by that name."
        origin = headers.get(b"origin")
        if origin is not None and not self._is_here(_host_of(origin)):
            return 403, "Requests from other sites are not answered."
        if self._users and not self._is_user(headers.get(b"authorization", b"")):
            return 401, "A user name and a password are needed."
        if method not in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
            return 405, "That method is not used here."
        if ".." in path or not self._is_offered(path):
            return 404, "There is nothing here."
        if path == UPLOAD_PATH and not self._options.uploads:
            return 403, "Files cannot be added here."
        return None

    def _is_offered(self, path: str) -> bool:
        """Whether the app has something there, under the options it was started with."""
        return bool(
            _PATHS.match(path)
            or (self._options.mcp and _MCP_PATH.match(path))
            or (self._options.openai and _OPENAI_PATH.match(path))
            or (self._options.metrics and path == "/metrics")
        )

    def _is_here(self, host: bytes) -> bool:
        """Whether a host, with or without a port, is a name of this server."""
        try:
            name = urlsplit("//" + host.decode("ascii")).hostname
        except ValueError:
            return False
        return name is not None and name in self._hosts

    def _is_user(self, authorization: bytes) -> bool:
        """Whether the header holds a known user's name and password."""
        scheme, _, given = authorization.partition(b" ")
        if scheme.lower() == b"bearer":  # as an API key: user:password
            scheme, given = b"basic", base64.b64encode(given.strip())
        # Every pair is compared, so that the time tells nothing.
        known = [hmac.compare_digest(given.strip(), user) for user in self._users]
        return scheme.lower() == b"basic" and any(known)

    def _closing(self, send: Send, headers: dict[bytes, bytes]) -> Send:
        """A `send` that adds the headers of every reply, and the policy of pages."""
        held: Message | None = None
        page = b""

        async def closing(message: Message) -> None:
            nonlocal held, page
            if message["type"] == "http.response.start":
                if _content_type(message).startswith(b"text/html"):
                    held = message  # until the scripts of the page are known
                    return
                await send(self._with_headers(message, (), headers))
            elif held is not None and message["type"] == "http.response.body":
                page += message.get("body", b"")
                if message.get("more_body"):
                    return
                if b"<head>" in page:
                    page = page.replace(b"<head>", self._first, 1)
                    held = _with_length(held, len(page))
                scripts = [script_hash(script) for script in _INLINE_SCRIPT.findall(page)]
                await send(self._with_headers(held, scripts, headers, visitor=True))
                held = None
                await send({"type": "http.response.body", "body": page})
            else:
                await send(message)

        return closing

    def _with_headers(
        self,
        message: Message,
        scripts: Iterable[str],
        headers: dict[bytes, bytes],
        *,
        visitor: bool = False,
    ) -> Message:
        policy = content_security_policy((*self._scripts, *scripts), self._options.frame_ancestors)
        added = {
            b"content-security-policy": policy.encode(),
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"no-referrer",
            b"cross-origin-opener-policy": b"same-origin",
            b"cross-origin-resource-policy": b"same-origin",
            b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
        }
        if self._options.frame_ancestors == "'none'":
            added[b"x-frame-options"] = b"DENY"
        dropped = (*added, b"server", b"access-control-allow-origin")
        if visitor:
            added[b"cache-control"] = b"no-store"
            if COOKIE.encode() not in headers.get(b"cookie", b""):
                added[b"set-cookie"] = _visitor_cookie(headers, self._root)
        kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in dropped]
        return {**message, "headers": [*kept, *added.items()]}


def _with_length(message: Message, length: int) -> Message:
    kept = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
    return {**message, "headers": [*kept, (b"content-length", str(length).encode())]}


def user_of(authorization: str) -> str:
    """The user's name in a header that was let in; empty where there is none."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given).decode("utf-8").partition(":")[0]
    except ValueError:
        return ""


def _visitor_cookie(headers: dict[bytes, bytes], root: str) -> bytes:
    """A new name for a browser, which scripts cannot read and other sites do not send."""
    secure = "; Secure" if headers.get(b"x-forwarded-proto") == b"https" else ""
    value = secrets.token_urlsafe(24)
    kept = f"Path={root or '/'}; Max-Age={_A_YEAR}; HttpOnly; SameSite=Strict{secure}"
    return f"{COOKIE}={value}; {kept}".encode()


def _content_type(message: Message) -> bytes:
    for name, value in message.get("headers", ()):
        if name.lower() == b"content-type":
            return bytes(value)
    return b""


def _host_of(origin: bytes) -> bytes:
    """Host and port of an origin; empty for "null" and the like."""
    _, found, host = origin.partition(b"://")
    return host if found else b""


def _bounded(receive: Receive, limit: int) -> Receive:
    """A `receive` that ends a body which is longer than it was declared to be."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        return {"type": "http.disconnect"} if read > limit else message

    return bounded


def _blamed(send: Send) -> Send:
    """A `send` that gives the fault to whom it belongs.

    Gradio only looks up here what is called, which our own code runs later; it fails with a 500
    where there is no such thing.
    """
    failed = False

    async def blamed(message: Message) -> None:
        nonlocal failed
        if message["type"] == "http.response.start" and message["status"] >= 500:
            failed = True
            await _reply(send, 400, "There is nothing of that name or number to call.")
        elif not failed:
            await send(message)

    return blamed


async def _reply(send: Send, status: int, text: str, challenge: bool = False) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if challenge:
        headers.append((b"www-authenticate", b'Basic realm="Summit QA", charset="UTF-8"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
