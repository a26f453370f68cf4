"""The part of Settings that says which language model answers, and where it is.

Offered only where the chat serves one person on this machine: elsewhere a visitor could make the
server send requests to addresses of its own network. A key is kept in memory with the visitor's
conversation, never written and never sent back to the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from summit_qa.app.markup import message, text
from summit_qa.app.options import LOOPBACK, AppOptions
from summit_qa.app.sessions import Session
from summit_qa.errors import ConfigurationError, SummitQAError
from summit_qa.settings import host_of
from summit_qa.writer.endpoint import Endpoint
from summit_qa.writer.offered import offered, tried

if TYPE_CHECKING:
    from summit_qa.settings import Settings

Updates = dict[Any, Any]
_LONGEST = 400  # characters of an address, of a name and of a key


def is_own(options: AppOptions) -> bool:
    """Whether the chat is for the one person at this machine."""
    shared = options.users or options.hosts or options.root_path
    return options.host in LOOPBACK and not shared


class EngineSettings:
    """Address, model, key, and a button that tries them; drawn within an open layout."""

    def __init__(self, settings: Settings, public: Callable[[Exception], str]) -> None:
        self._public = public
        self.url = gr.Textbox(
            value=settings.openai_base_url or "",
            label="Address of a language model (OpenAI-compatible)",
            placeholder="http://127.0.0.1:11434/v1",
            max_length=_LONGEST,
            elem_id="model-url",
        )
        self.model = gr.Dropdown(
            [settings.llm] if settings.llm else [],
            value=settings.llm or None,
            label="Model",
            allow_custom_value=True,
            elem_id="model-name",
        )
        self.key = gr.Textbox(
            label="Key, if it needs one",
            type="password",
            max_length=_LONGEST,
            elem_id="model-key",
            info="Kept in memory until the chat ends.",
        )
        with gr.Row(elem_id="model-buttons"):
            self.list = gr.Button("List models", size="sm", elem_id="model-list")
            self.test = gr.Button("Test", size="sm", elem_id="model-test")
            self.use = gr.Button("Use it", size="sm", variant="primary", elem_id="model-use")
        self.told = gr.HTML(where_to(settings), elem_id="model-told", apply_default_css=False)

    def events(self, session_of: Callable[[gr.Request], Session], engine: gr.Radio) -> None:
        """Connect the buttons; ``engine`` gets the writer among its choices once there is one."""
        own: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        given = [self.url, self.model, self.key]

        def listed(url: str, model: str, key: str, request: gr.Request) -> Updates:
            try:
                names = offered(typed(session_of(request).assistant.settings, url, model, key))
            except SummitQAError as error:
                return {self.told: message(self._public(error), "error")}
            value = model if model in names else next(iter(names), None)
            said = "" if names else "It has no model yet."
            return {self.model: gr.update(choices=list(names), value=value), self.told: said}

        def test(url: str, model: str, key: str, request: gr.Request) -> Updates:
            try:
                chosen = typed(session_of(request).assistant.settings, url, model, key, named=True)
                seconds = tried(chosen)
            except SummitQAError as error:
                return {self.told: message(self._public(error), "error")}
            return {self.told: message(f"It replied after {seconds:.1f} seconds.")}

        def use(url: str, model: str, key: str, request: gr.Request) -> Updates:
            session = session_of(request)
            try:
                chosen = typed(session.assistant.settings, url, model, key, named=True)
                session.connect(chosen.openai_base_url, chosen.llm, chosen.openai_api_key)
            except SummitQAError as error:
                return {self.told: message(self._public(error), "error")}
            written = (f"with {chosen.llm}", "writer")
            choices = [("best available", "auto"), ("offline", "reader"), written]
            return {
                self.told: where_to(chosen),
                self.key: "",  # what was typed stays here, in memory
                engine: gr.update(choices=choices, value="auto"),
            }

        gr.on([self.list.click], listed, given, [self.model, self.told], **own)
        gr.on([self.test.click], test, given, [self.told], **own)
        gr.on([self.use.click], use, given, [self.told, self.key, engine], **own)


def typed(now: Settings, url: str, model: str, key: str, *, named: bool = False) -> Settings:
    """The settings ``now`` with what was typed; ConfigurationError where something is missing.

    A key belongs to the address that it was given for, and goes to no other.
    """
    url, model, key = ((value or "").strip()[:_LONGEST] for value in (url, model, key))
    if url and not host_of(url):
        raise ConfigurationError("The address has to begin with http:// or https://, and a host.")
    kept = now.openai_api_key if (url or None) == now.openai_base_url else None
    chosen = now.replaced(
        openai_base_url=url or None, llm=model or None, openai_api_key=key or kept
    )
    if not url and not chosen.openai_api_key:
        raise ConfigurationError("Type the address of a language model, or a key for OpenAI.")
    if named and not model:
        raise ConfigurationError("Choose a model, or type its name.")
    return chosen


def where_to(settings: Settings) -> str:
    """In words, where questions go under these settings, as HTML."""
    if not settings.writer_configured:
        return message("Nothing leaves this machine: answers are made offline.")
    endpoint = Endpoint(settings)
    where = "on this machine" if endpoint.is_here else "on another machine"
    return (
        f'<p class="engine">Questions, and what the files say about them, go to '
        f"<strong>{text(endpoint.host)}</strong>, {where}.</p>"
    )
