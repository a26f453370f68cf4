"""The page: its tabs and its settings, put together."""

from __future__ import annotations

from typing import Any

import gradio as gr

from summit_qa import __version__
from summit_qa.app.chat_tab import ChatTab
from summit_qa.app.engine_settings import EngineSettings, is_own
from summit_qa.app.evaluation_tab import EvaluationTab
from summit_qa.app.files_tab import FilesTab
from summit_qa.app.frame import header, settings_heading
from summit_qa.app.markup import many, name, text
from summit_qa.app.site import OWN, Site, visitor_key
from summit_qa.app.uploads import Added


class Page:
    """The page over one assistant; `blocks` is what Gradio serves."""

    def __init__(self, site: Site, added: Added) -> None:
        self.site = site
        assistant, options, sessions = site.assistant, site.options, site.sessions
        self.assistant = assistant
        with gr.Blocks(title="Summit QA", analytics_enabled=False, fill_width=True) as self.blocks:
            gr.HTML(header(site.folder.name), elem_id="masthead", apply_default_css=False)
            with gr.Tabs(elem_id="tabs"):
                with gr.Tab("Chat", id="chat", elem_id="tab-chat", render_children=True):
                    self.chat = ChatTab(site)
                with gr.Tab("Files", id="files", elem_id="tab-corpus", render_children=True):
                    self.files = FilesTab(site, added)
                with gr.Tab(
                    "Evaluation", id="evaluation", elem_id="tab-eval", render_children=True
                ) as evaluation:
                    self.evaluation = EvaluationTab(site, evaluation)
            self._settings()
            self.chat.wire(self.blocks)
            self.files.wire(self.blocks, self.chat)
            self.evaluation.wire(self.blocks)
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
            self.model = (
                EngineSettings(settings, self.site.public) if is_own(self.site.options) else None
            )
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
        session = self.site.sessions.of(visitor_key(request))
        engines = session.assistant.engines()  # one may have chosen a language model
        usable: set[Any] = {"auto", *(it.name for it in engines if it.available)}
        if engine in usable and strictness in ("lenient", "balanced", "strict"):
            session.configure(engine, max(1, min(20, int(passages))), strictness)
