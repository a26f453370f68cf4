"""The page: its tabs and its settings, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from summit_qa import __version__
from summit_qa.app.chat_tab import OWN, ChatTab, visitor_key
from summit_qa.app.engine_settings import EngineSettings, is_own
from summit_qa.app.evaluation_tab import add_evaluation_tab
from summit_qa.app.files_tab import FilesTab
from summit_qa.app.folder import Folder
from summit_qa.app.frame import header, settings_heading
from summit_qa.app.markup import many, name, text
from summit_qa.app.options import AppOptions
from summit_qa.app.sessions import Sessions

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant


class Page:
    """The page over one assistant; `blocks` is what Gradio serves."""

    def __init__(
        self,
        assistant: Assistant,
        options: AppOptions,
        sessions: Sessions,
        folder: Folder,
        public: Callable[[Exception], str],
    ) -> None:
        self.assistant = assistant
        self.options = options
        self.sessions = sessions
        self.public = public
        with gr.Blocks(title="Summit QA", analytics_enabled=False, fill_width=True) as self.blocks:
            gr.HTML(header(folder.name), elem_id="masthead", apply_default_css=False)
            with gr.Tabs(elem_id="tabs"):
                with gr.Tab("Chat", id="chat", elem_id="tab-chat", render_children=True):
                    self.chat = ChatTab(assistant, options, sessions, folder, public)
                with gr.Tab("Files", id="files", elem_id="tab-corpus", render_children=True):
                    self.files = FilesTab(assistant, options, folder, public)
                with gr.Tab(
                    "Evaluation", id="evaluation", elem_id="tab-eval", render_children=True
                ) as evaluation:
                    add_evaluation_tab(assistant, options, evaluation, public)
            self._settings()
            self.chat.wire(self.blocks)
            self.files.wire(self.blocks, self.chat.indexing)
            gr.on(
                [self.engine.change, self.passages.release, self.strictness.change],
                self._configure, [self.engine, self.passages, self.strictness], None, **OWN,
            )  # fmt: skip
            if self.model is not None:
                self.model.events(lambda it: sessions.of(visitor_key(it)), self.engine)
            self.blocks.load(self._about, None, self.about, **OWN)
        self.blocks.queue(max_size=4 * options.waiting, default_concurrency_limit=8)

    def _settings(self) -> None:
        settings = self.assistant.settings
        with gr.Column(elem_id="settings", min_width=280):
            gr.HTML(settings_heading(), apply_default_css=False)
            self.engine = gr.Radio(
                self._engines(), value=settings.engine, label="Who answers", elem_id="engine"
            )
            gr.HTML(self._engines_in_words(), apply_default_css=False)
            self.strictness = gr.Radio(
                ["lenient", "balanced", "strict"],
                value=settings.strictness,
                label="How sure it must be to answer",
                elem_id="strictness",
            )
            self.passages = gr.Slider(
                1, 20, value=settings.passages, step=1,
                label="Places in the files that are read for an answer", elem_id="passages",
            )  # fmt: skip
            self.model = EngineSettings(settings, self.public) if is_own(self.options) else None
            self.about = gr.HTML(self._about(), elem_id="about", apply_default_css=False)

    def _engines(self) -> list[tuple[str, str]]:
        words = {"reader": "offline", "writer": f"with {self.assistant.settings.llm}"}
        usable = [it.name for it in self.assistant.engines() if it.available]
        best = [("best available", "auto")]
        return [*best, *((words.get(engine, engine), engine) for engine in usable)]

    def _engines_in_words(self) -> str:
        words = {"reader": "Offline", "writer": "With a language model"}
        said = {"reader": "quotes the sentences that answer; nothing leaves this machine"}
        return "".join(
            f'<p class="engine"><strong>{words.get(engine.name, text(engine.name))}</strong> '
            f"{'' if engine.available else 'is not set up: '}"
            f"{text(said.get(engine.name, engine.detail))}</p>"
            for engine in self.assistant.engines()
        )

    def _about(self) -> str:
        """What somebody wants who reports a fault or wonders how old the index is."""
        generation = self.assistant.generation
        rows = {
            "Version": f"Summit QA {text(__version__)}",
            "Folder": name(self.assistant.settings.corpus.name),
            "Index": f"{name(generation.id)}, made {text(generation.created[:16])} UTC",
            "Holds": f"{many(len(generation.documents), 'file')} in "
            f"{many(len(generation.passages), 'passage')}",
        }
        shown = "".join(f"<dt>{head}</dt><dd>{said}</dd>" for head, said in rows.items())
        return f'<details class="about"><summary>About</summary><dl>{shown}</dl></details>'

    def _configure(
        self, engine: str, passages: float, strictness: str, request: gr.Request
    ) -> None:
        session = self.sessions.of(visitor_key(request))
        engines = session.assistant.engines()  # one may have chosen a language model
        usable: set[Any] = {"auto", *(it.name for it in engines if it.available)}
        if engine in usable and strictness in ("lenient", "balanced", "strict"):
            session.configure(engine, max(1, min(20, int(passages))), strictness)
