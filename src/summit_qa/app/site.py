"""What every part of the page is made over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from summit_qa.app.folder import Folder
from summit_qa.app.options import AppOptions
from summit_qa.app.security import COOKIE, user_of
from summit_qa.app.sessions import Session, Sessions

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant


Updates = dict[Any, Any]
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
OWN: dict[str, Any] = {**QUIET, "concurrency_limit": None}


def visitor_key(request: gr.Request) -> str:
    """Whose conversation it is: the browser's secret cookie and the page it has open."""
    return f"{request.cookies.get(COOKIE, '')[:64]}:{request.session_hash}"


@dataclass(frozen=True, slots=True)
class Site:
    """The assistant with its folder, how it is served, and the visitors' sessions.

    ``public`` gives what may be said of an error.
    """

    assistant: Assistant
    options: AppOptions
    sessions: Sessions
    folder: Folder
    public: Callable[[Exception], str]

    def session(self, request: gr.Request) -> Session:
        """The session of whoever sent the request."""
        return self.sessions.of(visitor_key(request))

    def owner(self, request: Any) -> str:
        """Whose kept conversations and uploads they are: the user's, or else the browser's.

        ``request`` is Gradio's or Starlette's; empty where it has neither.
        """
        if self.options.users and (user := user_of(request.headers.get("authorization", ""))):
            return f"user:{user}"
        cookie = request.cookies.get(COOKIE, "")
        return hashlib.sha256(cookie.encode()).hexdigest() if cookie else ""
