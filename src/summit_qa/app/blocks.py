"""The page: its layout, and what happens when something on it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from summit_qa import __version__
from summit_qa.app import corpus_tab, panels
from summit_qa.app.evaluation_tab import add_evaluation_tab
from summit_qa.app.feedback import MOST_COMMENT, Feedback
from summit_qa.app.frame import BRIDGE, announced, header, settings_heading
from summit_qa.app.jobs import Finished, Job
from summit_qa.app.markup import message, name, progress_bar, text
from summit_qa.app.options import AppOptions
from summit_qa.app.security import COOKIE
from summit_qa.app.sessions import Session, Sessions
from summit_qa.app.suggestions import examples, follow_ups
from summit_qa.errors import SummitQAError

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant

Updates = dict[Any, Any]


def visitor_key(request: gr.Request) -> str:
    """Whose conversation it is: the browser's secret cookie and the page it has open."""
    return f"{request.cookies.get(COOKIE, '')[:64]}:{request.session_hash}"


class Page:
    """The page over one assistant; `blocks` is what Gradio serves."""

    def __init__(
        self,
        assistant: Assistant,
        options: AppOptions,
        sessions: Sessions,
        public: Callable[[Exception], str],
    ) -> None:
        self.assistant = assistant
        self.options = options
        self.sessions = sessions
        self.public = public
        self.feedback = Feedback(assistant.settings.index)
        self.reindex = Job(assistant.sync)
        self.examples = options.examples or examples(assistant.documents)
        with gr.Blocks(title="Summit QA", analytics_enabled=False, fill_width=True) as self.blocks:
            self._layout()
            self._events()
        self.blocks.queue(max_size=4 * options.waiting, default_concurrency_limit=8)

    # ---- layout

    def _layout(self) -> None:
        gr.HTML(header(), elem_id="masthead", apply_default_css=False)
        with gr.Tabs(elem_id="tabs") as self.tabs:
            with gr.Tab("Chat", id="chat", elem_id="tab-chat", render_children=True):
                self._chat()
            with gr.Tab("Corpus", id="corpus", elem_id="tab-corpus", render_children=True):
                self._corpus()
            with gr.Tab(
                "Evaluation", id="evaluation", elem_id="tab-eval", render_children=True
            ) as evaluation:
                add_evaluation_tab(self.assistant, self.options, evaluation, self.public)
        self.footer = gr.HTML(self._footer(), elem_id="footer", apply_default_css=False)
        self._settings()

    def _chat(self) -> None:
        with gr.Row(elem_id="chat-row", equal_height=False):
            with gr.Column(elem_id="chat-column", min_width=300):
                self.conversation = gr.HTML(
                    panels.conversation((), self.examples),
                    elem_id="conversation",
                    js_on_load=BRIDGE,
                    apply_default_css=False,
                )
                with gr.Column(elem_id="composer", min_width=280):
                    self.question = gr.Textbox(
                        label="Your question",
                        show_label=False,
                        placeholder="Ask the files a question",
                        lines=1,
                        max_lines=8,
                        max_length=self.assistant.settings.max_question_chars,
                        autofocus=True,
                        container=False,
                        elem_id="question",
                        html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                    )
                    self.ask = gr.Button("Ask", variant="primary", elem_id="ask", min_width=80)
                    self.stop = gr.Button("Stop", visible=False, elem_id="stop", min_width=80)
                self.told = gr.HTML("", elem_id="told", apply_default_css=False)
                self.announced = gr.HTML(
                    announced(""), elem_id="announced", apply_default_css=False
                )
                with gr.Row(elem_id="chat-tools"):
                    self.clear = gr.Button("New conversation", elem_id="clear", size="sm")
                    self.markdown = gr.Button("Download Markdown", elem_id="markdown", size="sm")
                    self.json = gr.Button("Download JSON", elem_id="json", size="sm")
                self.export = gr.Textbox(visible=False)
            with gr.Column(elem_id="evidence-column", min_width=300):
                self.evidence = gr.HTML(
                    panels.evidence((), {}),
                    elem_id="evidence",
                    js_on_load=BRIDGE,
                    apply_default_css=False,
                )

    def _corpus(self) -> None:
        with gr.Row(elem_id="corpus-row", equal_height=False):
            with gr.Column(elem_id="files-column", min_width=300):
                self.wanted = gr.Textbox(
                    label="Find a file by its name", elem_id="wanted", max_length=200
                )
                self.files = gr.HTML(
                    self._files(), elem_id="files", js_on_load=BRIDGE, apply_default_css=False
                )
                if self.options.uploads:
                    gr.HTML(
                        corpus_tab.dropzone(self.options),
                        elem_id="adding",
                        js_on_load="window.summit && window.summit.dropzone(element);",
                        apply_default_css=False,
                    )
                self.update = gr.Button("Bring the index up to date", elem_id="reindex")
                self.progress = gr.HTML("", elem_id="progress", apply_default_css=False)
            with gr.Column(elem_id="reader-column", min_width=300):
                self.query = gr.Textbox(
                    label="Search the passages",
                    placeholder="Words to look for",
                    elem_id="query",
                    max_length=self.assistant.settings.max_question_chars,
                )
                self.found = gr.HTML(
                    "", elem_id="found", js_on_load=BRIDGE, apply_default_css=False
                )
                first = next(iter(self.assistant.documents), None)
                self.reader = gr.HTML(
                    corpus_tab.reader(self.assistant.documents, first) if first else "",
                    elem_id="reader",
                    js_on_load=BRIDGE,
                    apply_default_css=False,
                )

    def _settings(self) -> None:
        settings = self.assistant.settings
        engines = self.assistant.engines()
        usable = [engine.name for engine in engines if engine.available]
        with gr.Column(elem_id="settings", min_width=280):
            gr.HTML(settings_heading(), apply_default_css=False)
            self.engine = gr.Radio(
                [("best available", "auto"), *((engine, engine) for engine in usable)],
                value=settings.engine,
                label="Who answers",
                elem_id="engine",
            )
            gr.HTML(
                "".join(
                    f'<p class="engine"><strong>{text(engine.name)}</strong> '
                    f"{'' if engine.available else 'is not set up: '}{text(engine.detail)}</p>"
                    for engine in engines
                ),
                apply_default_css=False,
            )
            self.passages = gr.Slider(
                1, 20, value=settings.passages, step=1, label="Passages an answer is made from",
                elem_id="passages",
            )  # fmt: skip
            self.strictness = gr.Radio(
                ["lenient", "balanced", "strict"],
                value=settings.strictness,
                label="How sure it must be to answer",
                elem_id="strictness",
            )

    # ---- events

    def _events(self) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        asking = [
            self.conversation, self.evidence, self.question, self.ask, self.stop, self.told,
            self.announced,
        ]  # fmt: skip
        own = {**quiet, "concurrency_limit": None}
        # "multiple": who asks again too early is told so, instead of nothing happening.
        often = {**own, "trigger_mode": "multiple"}
        gr.on([self.question.submit, self.ask.click], self._ask, self.question, asking, **often)
        self.conversation.ask(self._ask_clicked, None, asking, **often)
        self.conversation.retry(self._retry, None, asking, **own)
        self.conversation.edit(self._edit, None, asking, **own).then(
            None, None, None, js="() => window.summit.focusQuestion()", api_visibility="private"
        )
        self.stop.click(self._stop, None, None, **own)
        self.clear.click(self._clear, None, asking, **own)
        self.conversation.rate(self._rate, None, [self.conversation], **own)
        self.conversation.comment(self._comment, None, [self.conversation], **own)
        for button, kind in ((self.markdown, "markdown"), (self.json, "json")):
            button.click(self._export(kind), None, [self.export, self.told], **own).then(
                None,
                self.export,
                None,
                js=f"(content) => window.summit.download(content, '{kind}')",
                api_visibility="private",
            )
        changed = [self.engine.change, self.passages.release, self.strictness.change]
        gr.on(changed, self._configure, [self.engine, self.passages, self.strictness], None, **own)

        opened = [self.tabs, self.reader]
        for panel in (self.conversation, self.evidence, self.files, self.found, self.reader):
            panel.open(self._open, None, opened, trigger_mode="multiple", **quiet)
        gr.on(
            [self.wanted.change], self._files, self.wanted, self.files,
            trigger_mode="always_last", **quiet,
        )  # fmt: skip
        self.query.submit(self._search, self.query, self.found, **quiet)
        self.update.click(
            self._reindex, self.wanted, [self.progress, self.files, self.footer, self.update], **own
        )
        # Only what no visitor changes is drawn when a page is loaded: were the conversation
        # among it, a slow page would draw the empty one over a first answer.
        self.blocks.load(self._files, self.wanted, self.files, **quiet)
        self.blocks.load(self._footer, None, self.footer, **quiet)
        self.blocks.unload(self._leave)

    def _session(self, request: gr.Request) -> Session:
        return self.sessions.of(visitor_key(request))

    def _ask(self, question: str, request: gr.Request) -> Iterator[Updates]:
        session = self._session(request)
        question = (question or "").strip()
        limit = self.assistant.settings.max_question_chars
        if session.asking:
            yield {self.told: message("Your last question is still being answered.", "error")}
            return
        if not any(character.isalnum() for character in question):
            yield {self.told: message("Type a question first.")}
            return
        if len(question) > limit:
            yield {self.told: message(f"A question may have {limit:,} characters.", "error")}
            return
        if session.full:
            full = "This conversation is full. Begin a new one to ask on."
            yield {self.told: message(full, "error")}
            return
        began = False
        for turn in session.ask(question):
            if turn.state == "done" and turn.answer is not None:
                turn.suggestions = follow_ups(
                    turn.answer, [item.question for item in session.turns]
                )
            yield {
                **({} if began else {self.question: "", self.told: ""}),
                **self._drawn(session),
                self.ask: gr.update(visible=turn.state not in ("waiting", "running")),
                self.stop: gr.update(visible=turn.state in ("waiting", "running")),
                self.announced: announced(panels.announcement(turn)),
            }
            began = True

    def _ask_clicked(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        yield from self._ask(_payload_text(event, "question"), request)

    def _retry(self, request: gr.Request) -> Iterator[Updates]:
        question = self._session(request).withdraw()
        if question is not None:
            yield from self._ask(question, request)

    def _edit(self, request: gr.Request) -> Updates:
        session = self._session(request)
        question = session.withdraw()
        if question is None:
            return {self.told: ""}
        return {**self._drawn(session), self.question: question, self.told: ""}

    def _stop(self, request: gr.Request) -> None:
        self._session(request).stop()

    def _clear(self, request: gr.Request) -> Updates:
        session = self._session(request)
        if not session.clear():
            return {self.told: message("Stop the answer first.", "error")}
        return {**self._drawn(session), self.told: "", self.announced: announced("")}

    def _rate(self, event: gr.EventData, request: gr.Request) -> Updates:
        session = self._session(request)
        turn = session.turn(_payload_number(event, "turn"))
        rating = _payload_text(event, "rating")
        if turn is not None and rating in ("up", "down"):
            turn.rating, turn.commented = rating, False  # type: ignore[assignment]
            self.feedback.keep(turn)
        return {self.conversation: panels.conversation(session.turns, self.examples)}

    def _comment(self, event: gr.EventData, request: gr.Request) -> Updates:
        session = self._session(request)
        turn = session.turn(_payload_number(event, "turn"))
        comment = _payload_text(event, "comment")[:MOST_COMMENT]
        if turn is not None and turn.rating and not turn.commented:
            turn.commented = not comment.strip() or self.feedback.keep(turn, comment)
        return {self.conversation: panels.conversation(session.turns, self.examples)}

    def _export(self, kind: str) -> Callable[[gr.Request], Updates]:
        def export(request: gr.Request) -> Updates:
            session = self._session(request)
            if not any(turn.answer for turn in session.turns):
                return {self.export: "", self.told: message("There is nothing to keep yet.")}
            return {self.export: session.export(kind), self.told: ""}

        return export

    def _configure(
        self, engine: str, passages: float, strictness: str, request: gr.Request
    ) -> None:
        usable = {"auto", *(item.name for item in self.assistant.engines() if item.available)}
        if engine in usable and strictness in ("lenient", "balanced", "strict"):
            self._session(request).configure(engine, max(1, min(20, int(passages))), strictness)

    def _leave(self, request: gr.Request) -> None:
        self.sessions.forget(visitor_key(request))

    def _drawn(self, session: Session) -> Updates:
        return {
            self.conversation: panels.conversation(session.turns, self.examples),
            self.evidence: panels.evidence(session.turns, self.assistant.documents),
        }

    def _open(self, event: gr.EventData) -> Updates:
        path, line = _payload_text(event, "file"), _payload_number(event, "line")
        return {
            self.tabs: gr.Tabs(selected="corpus"),
            self.reader: corpus_tab.reader(self.assistant.documents, path, line),
        }

    def _files(self, wanted: str = "") -> str:
        assistant = self.assistant
        return corpus_tab.files_table(assistant.generation, assistant.report, (wanted or "")[:200])

    def _search(self, query: str) -> str:
        if not (query or "").strip():
            return ""
        try:
            return corpus_tab.search_results(self.assistant.search(query, k=10))
        except SummitQAError as error:
            return message(self.public(error), "error")

    def _reindex(self, wanted: str) -> Iterator[Updates]:
        steps = 0
        for event in self.reindex.run():
            steps += 1
            if not isinstance(event, Finished):
                shown = progress_bar(event.done, event.total, event.what)
                yield {self.progress: shown, self.update: gr.update(interactive=False)}
                continue
            if event.error is not None:
                done = message(self.public(event.error), "error")
            else:
                report = event.result or self.assistant.report
                said = [corpus_tab.report_in_words(report), *report.messages]
                done = "".join(message(line) for line in said)
            yield {
                self.progress: done,
                self.files: self._files(wanted),
                self.footer: self._footer(),
                self.update: gr.update(interactive=True),
            }
        if not steps:
            yield {self.progress: message("Somebody else is bringing it up to date just now.")}

    def _footer(self) -> str:
        return (
            f"<p>Summit QA {text(__version__)} · index {name(self.assistant.generation.id)} · "
            "answers rest on the cited lines only</p>"
        )


def _payload_text(event: gr.EventData, field: str) -> str:
    """A text that the page sent with an event; empty where it sent something else."""
    value = event._data.get(field) if isinstance(event._data, dict) else None
    return value if isinstance(value, str) else ""


def _payload_number(event: gr.EventData, field: str) -> int:
    value = event._data.get(field) if isinstance(event._data, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
