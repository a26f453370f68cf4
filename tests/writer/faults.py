"""What an endpoint can answer instead of an answer, and the error that it must become."""

from __future__ import annotations

from summit_qa.errors import (
    WriterAuthError,
    WriterConnectionError,
    WriterFilteredError,
    WriterNotFoundError,
    WriterRateLimitError,
    WriterReplyError,
    WriterServerError,
)
from summit_qa.testing import Reply
from writing import PLANTED

NOW = {"retry-after": "0"}
GOOD = Reply.of(PLANTED)
HTML = Reply("<!doctype html><title>Sign in</title>", raw=True, content_type="text/html")

FAILURES = {
    "wrong key": (Reply.error(401), WriterAuthError, "rejected the key"),
    "forbidden": (Reply.error(403), WriterAuthError, "rejected the key"),
    "no such model": (Reply.error(404, "no model x"), WriterNotFoundError, "no model x"),
    "rate limit": (Reply.error(429, headers=NOW), WriterRateLimitError, "429"),
    "quota": (Reply.error(429, code="insufficient_quota"), WriterRateLimitError, "quota"),
    "broken server": (Reply.error(500, headers=NOW), WriterServerError, "500"),
    "bad gateway": (
        Reply("<html>Bad gateway</html>", raw=True, status=502, headers=NOW),
        WriterServerError,
        "502",
    ),
    "too long": (
        Reply.error(400, "This model's maximum context length is 4096 tokens"),
        WriterReplyError,
        "maximum context length",
    ),
    "redirect": (
        Reply("", raw=True, status=307, headers={"location": "http://127.0.0.1:1/"}),
        WriterConnectionError,
        "redirects",
    ),
    "a web page": (HTML, WriterReplyError, "web page"),
    "no choices": (Reply("", finish=None, usage=(5, 0)), WriterReplyError, "empty"),
    "null content": (Reply(None), WriterReplyError, "empty"),
    "null content, not streamed": (Reply.whole(None), WriterReplyError, "empty"),
    "an empty body": (Reply("", raw=True), WriterReplyError, "empty"),
    "broken JSON events": (Reply("data: {oops\n\n", raw=True), WriterReplyError, "not JSON"),
    "broken JSON, not streamed": (
        Reply('{"choices": [', raw=True, content_type="application/json"),
        WriterReplyError,
        "not JSON",
    ),
    "JSON of another kind": (
        Reply("[1, 2]", raw=True, content_type="application/json"),
        WriterReplyError,
        "no known format",
    ),
    "an error in the stream": (
        Reply('data: {"error": {"message": "overloaded"}}\n\n', raw=True),
        WriterServerError,
        "overloaded",
    ),
    "cut in the middle": (
        Reply('{"answered": true, "statements": [{"quo', cut=True),
        WriterReplyError,
        "broke off",
    ),
    "ended without an end": (
        Reply('{"answered": true, "sta', finish=None, done=False),
        WriterReplyError,
        "broke off",
    ),
    "cut at the limit": (
        Reply('{"answered": true, "statements": [{"quo', finish="length"),
        WriterReplyError,
        "1,200 tokens",
    ),
    "another format": (Reply("The oak was planted in 1723 [1]."), WriterReplyError, "format"),
    "JSON without statements": (Reply('{"answer": "1723"}'), WriterReplyError, "format"),
    "broken JSON in the reply": (Reply('{"answered": tru, }'), WriterReplyError, "format"),
    "a flood": (Reply("x" * 300_000, piece=50_000), WriterReplyError, "longer"),
    "content filter": (Reply("", finish="content_filter"), WriterFilteredError, "filter"),
    "content filter on the prompt": (
        Reply.error(400, "blocked", code="content_filter"),
        WriterFilteredError,
        "filter",
    ),
}
