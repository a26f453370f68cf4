"""Maps what the `openai` client raises to the errors of this package; no message holds a key."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from summit_qa.errors import (
    WriterAuthError,
    WriterConnectionError,
    WriterError,
    WriterFilteredError,
    WriterNotFoundError,
    WriterRateLimitError,
    WriterReplyError,
    WriterServerError,
    WriterTimeoutError,
)

_DETAIL = 200  # characters of what the endpoint said that are passed on
_FRAGMENT = 6  # characters of a key that are too many to show
_PARAMETERS = (
    "max_completion_tokens",
    "max_tokens",
    "temperature",
    "seed",
    "stream_options",
    "tools",
)
_UNSUPPORTED = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|unexpected|invalid|extra|permitted|allowed",
    re.IGNORECASE,
)
_FORMAT = re.compile(r"response_format|json_schema|json schema", re.IGNORECASE)
_TOO_LONG = re.compile(r"context|too long|too large|too many tokens|maximum.{0,20}length", re.I)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, and what could be done about it.

    ``rejects`` names a parameter that the endpoint does not take ("format" or "schema" for the
    format of the reply); ``again`` says that the same request may succeed later, after
    ``retry_after`` seconds.
    """

    error: WriterError
    again: bool = False
    retry_after: float | None = None
    rejects: str = ""


def failure_of(error: Exception, host: str, model: str, key: str, *, begun: bool) -> Failure:
    """What went wrong, in words of this package; ``begun`` says that a reply had begun."""
    import openai

    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, host, model, key)
    if isinstance(error, openai.APITimeoutError) or "TimeoutException" in names:
        return Failure(WriterTimeoutError(f"The language model at {host} did not reply in time."))
    if names & {"InvalidURL", "UnsupportedProtocol"} or _caused_by(error, "UnsupportedProtocol"):
        wrong = "SUMMIT_QA_BASE_URL is no address that begins with http:// or https://."
        return Failure(WriterConnectionError(wrong))
    if isinstance(error, openai.APIConnectionError) or "TransportError" in names:
        if begun:
            broken = WriterReplyError("The model's reply broke off in the middle.")
            return Failure(broken, again=True)
        return _of_connection(error, host)
    if isinstance(error, openai.APIError):
        said = _said(error.body if error.body is not None else str(error), key)
        if "content_filter" in f"{error.code} {said}":
            return Failure(WriterFilteredError("A content filter withheld the model's reply."))
        return Failure(
            WriterServerError(f"The endpoint at {host} failed{_colon(said)}"), again=True
        )
    if isinstance(error, ValueError):
        return Failure(WriterReplyError(f"The endpoint at {host} sent a reply that is not JSON."))
    return Failure(WriterError(f"The request to {host} failed ({type(error).__name__})."))


def _of_status(error: Any, host: str, model: str, key: str) -> Failure:
    status = int(error.status_code)
    # What an endpoint says to a wrong key often repeats a part of it, so it is not passed on.
    if status in (401, 403):
        return Failure(
            WriterAuthError(
                f"The endpoint at {host} rejected the key ({status}): SUMMIT_QA_API_KEY, or "
                "OPENAI_API_KEY, which goes to OpenAI and OPENAI_BASE_URL only."
            )
        )
    said = _said(error.body if error.body is not None else _text(error), key)
    match status:
        case 404:
            hint = f"The endpoint at {host} has no model {model!r} or no such path (404)"
            return Failure(WriterNotFoundError(f"{hint}{_colon(said)}"))
        case 429:
            spent = "insufficient_quota" in f"{error.code} {said}"
            limited = WriterRateLimitError(
                f"The endpoint at {host} is over its rate or quota (429){_colon(said)}"
            )
            return Failure(limited, again=not spent, retry_after=_retry_after(error))
        case 408:
            slow = WriterTimeoutError(f"The endpoint at {host} gave up waiting (408).")
            return Failure(slow, again=True)
        case _ if status >= 500 and status != 501:
            failed = WriterServerError(f"The endpoint at {host} failed ({status}){_colon(said)}")
            # llama.cpp says so to what it was not started for, or does not know.
            if _FORMAT.search(said) or _word("tools", said):
                return Failure(failed, rejects=_rejected(said))
            return Failure(failed, again=True, retry_after=_retry_after(error))
        case _ if status < 400:
            moved = f"The endpoint at {host} redirects elsewhere ({status}); set its new address."
            return Failure(WriterConnectionError(moved))
    if "content_filter" in f"{error.code} {said}" or "content management policy" in said:
        return Failure(WriterFilteredError("A content filter withheld the model's reply."))
    rejected = WriterReplyError(
        f"The endpoint at {host} rejected the request ({status}){_colon(said)}"
    )
    return Failure(rejected, rejects=_rejected(f"{error.param} {said}"))


def _rejected(said: str) -> str:
    """What the endpoint does not take: a parameter that it names, or else the format.

    "schema" where it does not take a schema in OpenAI's way, but JSON objects.
    """
    named = [(found.start(), name) for name in _PARAMETERS if (found := _word(name, said))]
    if named and (_UNSUPPORTED.search(said) or named[0][1] == "tools"):
        return min(named)[1]  # the first: what comes after is what to use instead
    if _TOO_LONG.search(said):
        return ""
    # Servers on llama.cpp that name this type take the schema beside it.
    return "schema" if "json_object" in said else "format"


def _causes(error: BaseException) -> list[BaseException]:
    """The error, what caused it, and so on."""
    causes: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in causes:
        causes.append(at)
        at = at.__cause__ or at.__context__
    return causes


def _caused_by(error: BaseException, name: str) -> bool:
    return any(type(cause).__name__ == name for cause in _causes(error))


def _word(name: str, said: str) -> re.Match[str] | None:
    return re.search(rf"\b{name}\b", said)


def _of_connection(error: Exception, host: str) -> Failure:
    causes = _causes(error)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Failure(WriterConnectionError(f"The name {host} could not be resolved."))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Failure(WriterConnectionError(f"No trusted TLS connection to {host} could be made."))
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        refused = f"{host} refused the connection; is the model server running?"
        return Failure(WriterConnectionError(refused), again=True)
    return Failure(WriterConnectionError(f"The connection to {host} failed."), again=True)


def _retry_after(error: Any) -> float | None:
    """Seconds that the endpoint asks to wait, where it says so in seconds."""
    try:
        seconds = float(error.response.headers.get("retry-after"))
    except (TypeError, ValueError):
        return None
    return max(0.0, seconds)


def _text(error: Any) -> str:
    try:
        return str(error.response.text)
    except Exception:  # the body was never read
        return ""


def _said(body: object, key: str) -> str:
    """What the endpoint said, on one line and short; nothing where any of the key is in it."""
    if isinstance(body, dict):
        inner = body.get("error", body)
        said = inner.get("message", inner) if isinstance(inner, dict) else inner
        said = said if isinstance(said, str) else str(body)
    else:
        said = body if isinstance(body, str) else ""
    if "<html" in said[:500].lower() or "<!doctype" in said[:500].lower():
        return ""
    parts = (key[at : at + _FRAGMENT] for at in range(max(1, len(key) - _FRAGMENT + 1)))
    if key and any(part in said for part in parts):
        return ""
    printable = "".join(character if character.isprintable() else " " for character in said)
    return " ".join(printable.split())[:_DETAIL]


def _colon(said: str) -> str:
    return f": {said.rstrip('.')}." if said else "."
