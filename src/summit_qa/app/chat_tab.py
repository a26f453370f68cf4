"""The chat on the page: its layout, and what happens when something in it is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from summit_qa.app import cards, panels
from summit_qa.app.chooser import FIRST, View, changed, chooser, found, in_words, scope
from summit_qa.app.feedback import MOST_COMMENT
from summit_qa.app.frame import BRIDGE, announced
from summit_qa.app.keeper import NOT_KEPT, Keeper
from summit_qa.app.markup import message, sheet_back
from summit_qa.app.payload import flag_of, number_of, ranges_of, text_of
from summit_qa.app.sessions import Session
from summit_qa.app.site import OWN, QUIET, Site, Updates, visitor_key
from summit_qa.app.source import source
from summit_qa.app.welcome import welcome

_NOTHING = '<div data-conversation=""></div>'  # no question was asked yet
_PATIENCE = 60.0  # seconds that the welcome waits for questions that are being tried


class ChatTab:
    """The tab over one assistant. Made inside the Blocks; ``wire`` adds its events."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.assistant, self.options, self.folder = site.assistant, site.options, site.folder
        self.session = site.session
        self.keeper = Keeper(site)
        with gr.Row(elem_id="chat-row", equal_height=False):
            self._lay_out_rail()
            self._lay_out_conversation()
            self._lay_out_evidence()

    # ---- layout

    def _lay_out_rail(self) -> None:
        with gr.Column(elem_id="rail-column", min_width=200):
            self.clear = gr.Button("New conversation", elem_id="clear", size="sm")
            shown = self.keeper.history is not None
            self.sought = gr.Textbox(
                show_label=False, label="Search conversations", placeholder="Search conversations",
                elem_id="sought", max_length=200, container=False, visible=shown,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
            )  # fmt: skip
            self.rail = gr.HTML(
                "" if shown else NOT_KEPT,
                elem_id="rail", js_on_load=BRIDGE, apply_default_css=False,
            )  # fmt: skip

    def _lay_out_conversation(self) -> None:
        with gr.Column(elem_id="chat-column", min_width=300):
            self.welcome = gr.HTML(
                self._welcome(), elem_id="welcome", js_on_load=BRIDGE, apply_default_css=False
            )
            self.conversation = gr.HTML(
                _NOTHING, elem_id="conversation", js_on_load=BRIDGE, apply_default_css=False
            )
            self.indexing = gr.HTML("", elem_id="indexing", apply_default_css=False)
            gr.HTML(
                '<div class="dropped"><ul class="uploads" aria-live="polite"></ul></div>',
                elem_id="dropped", apply_default_css=False,
            )  # fmt: skip
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
            self.announced = gr.HTML(announced(""), elem_id="announced", apply_default_css=False)
            with gr.Row(elem_id="chat-tools"):
                self.scope = gr.HTML(
                    scope(None, len(self.assistant.documents)),
                    elem_id="scope",
                    apply_default_css=False,
                )
                self.markdown = gr.Button("Download Markdown", elem_id="markdown", size="sm")
                self.json = gr.Button("Download JSON", elem_id="json", size="sm")
            self.export = gr.Textbox(visible=False)

    def _lay_out_evidence(self) -> None:
        with gr.Column(elem_id="evidence-column", min_width=300):
            with gr.Column(elem_id="choosing", min_width=280):
                gr.HTML(sheet_back("Back"), elem_id="choosing-back", apply_default_css=False)
                self.seek = gr.Textbox(
                    show_label=False, label="Find files to ask", placeholder="Find files to ask",
                    elem_id="seek", max_length=200, container=False,
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )  # fmt: skip
                self.chooser = gr.HTML(
                    chooser(self.assistant.documents, None, View()),
                    elem_id="chooser", js_on_load=BRIDGE, apply_default_css=False,
                )  # fmt: skip
            self.evidence = gr.HTML(
                "", elem_id="evidence", js_on_load=BRIDGE, apply_default_css=False
            )
            self.source = gr.HTML("", elem_id="source", js_on_load=BRIDGE, apply_default_css=False)

    # ---- events

    def wire(self, blocks: gr.Blocks) -> None:
        """Say what happens when something is used."""
        asking = [
            self.conversation, self.evidence, self.question, self.ask, self.stop, self.told,
            self.announced, self.rail,
        ]  # fmt: skip
        # "multiple": who asks again too early is told so, instead of nothing happening.
        often = {**OWN, "trigger_mode": "multiple"}
        asks = [
            gr.on(
                [self.question.submit, self.ask.click], self._ask, self.question, asking, **often
            ),
            self.conversation.ask(self._ask_clicked, None, asking, **often),
            self.welcome.ask(self._ask_clicked, None, asking, **often),
            self.conversation.retry(self._retry, None, asking, **OWN),
            self.conversation.amend(self._amend, None, asking, **OWN),
        ]
        for event in asks:
            event.then(self._ask_next, None, self.conversation, **OWN)
        self.stop.click(self._stop, None, None, **OWN)
        self.clear.click(self._clear, None, asking, **OWN).then(
            None, None, None, js="() => window.summit.focusQuestion()", api_visibility="private"
        )
        self.rail.visit(self._visit, None, asking, **OWN)
        self.rail.rename(self._rename, self.sought, self.rail, **OWN)
        self.rail.remove(self._remove, self.sought, asking, **OWN)
        self.rail.refresh(self._refresh, self.sought, asking, **OWN)
        latest = {**OWN, "trigger_mode": "always_last"}
        self.sought.change(self.keeper.listed_for, self.sought, self.rail, **latest)
        self.conversation.rate(self._rate, None, [self.conversation], **OWN)
        self.conversation.comment(self._comment, None, [self.conversation], **OWN)
        self.chosen = [self.chooser, self.scope, self.told]
        # One after the other, so that the last of them is drawn last.
        drawn = {**often, "concurrency_limit": 1, "concurrency_id": "chooser"}
        blocks.load(self.files_now, self.seek, self.chosen, **drawn)
        self.chooser.choose(self._choose, self.seek, self.chosen, **drawn)
        self.chooser.look(self._look, self.seek, self.chooser, **drawn)
        self.seek.change(self._look, self.seek, self.chooser, **drawn)
        for panel in (self.conversation, self.evidence, self.source, self.chooser):
            panel.open(self._open, None, self.source, trigger_mode="multiple", **QUIET)
        for button, kind in ((self.markdown, "markdown"), (self.json, "json")):
            button.click(self._export(kind), None, [self.export, self.told], **OWN).then(
                None,
                self.export,
                None,
                js=f"(content) => window.summit.download(content, '{kind}')",
                api_visibility="private",
            )
        blocks.load(self.keeper.listed_for, self.sought, self.rail, **OWN)
        blocks.load(self.begin, None, self.welcome, **OWN)
        blocks.unload(self._leave)

    # ---- what is drawn

    def _welcome(self) -> str:
        folder = self.folder
        offered = self.options.examples or folder.offered()
        return welcome(folder.name, folder.facts, offered, self.options)

    def _drawn(self, session: Session) -> Updates:
        documents = self.assistant.documents
        if not session.turns:
            return {self.conversation: _NOTHING, self.evidence: ""}
        return {
            self.conversation: panels.conversation(session.turns, documents, session.named),
            self.evidence: cards.evidence(session.turns, documents),
        }

    # ---- handlers

    def begin(self, request: gr.Request) -> Iterator[str]:
        """The welcome, anew whenever questions for it were tried.

        It has a place of its own, so that a slow page never draws it over a first answer.
        """
        yield self._welcome()
        session, shown = self.session(request), self.folder.offered()
        until = time.monotonic() + _PATIENCE
        while not self.folder.ready.wait(1.5) or shown != self.folder.offered():
            if session.turns or time.monotonic() > until:
                return
            if shown != (shown := self.folder.offered()):
                yield self._welcome()

    def _ask(self, question: str, request: gr.Request) -> Iterator[Updates]:
        session = self.session(request)
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
        if session.files == ():
            yield {self.told: message("No file is ticked. Tick those to ask.", "error")}
            return
        self.keeper.catch_up(request)
        began = False
        for turn in session.ask(question):
            over = turn.state in ("done", "stopped", "failed")
            if turn.state == "done" and turn.answer is not None:
                asked = [item.question for item in session.turns]
                turn.suggestions = self.folder.next(turn.answer, asked)
            if over and not turn.row:
                self.keeper.keep(request, turn)
            yield {
                **({} if began else {self.question: "", self.told: ""}),
                **self._drawn(session),
                self.ask: gr.update(visible=over),
                self.stop: gr.update(visible=not over),
                self.announced: announced(panels.announcement(turn)),
                **({self.rail: self.keeper.listed(request)} if over else {}),
            }
            began = True
        if self.keeper.catch_up(request):  # what another tab asked meanwhile
            yield self._drawn(session)

    def _ask_clicked(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        yield from self._ask(text_of(event, "question"), request)

    def _ask_next(self, request: gr.Request) -> Any:
        """Look for questions to go on with where none were tried of what was cited."""
        session = self.session(request)
        turn = session.turns[-1] if session.turns else None
        if turn is None or turn.state != "done" or turn.answer is None:
            return gr.skip()
        self.folder.look_into(turn.answer)
        found = self.folder.next(turn.answer, [item.question for item in session.turns])
        if found == turn.suggestions or session.turns[-1:] != [turn]:
            return gr.skip()
        turn.suggestions = found
        return panels.conversation(session.turns, self.assistant.documents, session.named)

    def _retry(self, request: gr.Request) -> Iterator[Updates]:
        if self.keeper.catch_up(request):
            yield self._went_on(request)
        elif gone := self.keeper.withdraw(request):
            yield from self._ask(gone[0].question, request)
        else:
            yield {self.told: ""}

    def _amend(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Ask a question of before in other words; what came after it goes."""
        question = text_of(event, "question").strip()
        number = number_of(event, "turn")
        if not any(character.isalnum() for character in question):
            yield {self.told: message("Type a question first.")}
        elif self.keeper.catch_up(request):
            yield {**self._went_on(request), self.question: question}
        elif self.session(request).turn(number) and self.keeper.withdraw(request, number):
            yield from self._ask(question, request)
        else:
            yield {self.told: message("Your last question is still being answered.", "error")}

    def _went_on(self, request: gr.Request) -> Updates:
        """The conversation as it is now; nothing was taken back, since nobody had seen it all."""
        return {
            **self._drawn(self.session(request)),
            self.rail: self.keeper.listed(request),
            self.told: message("This conversation went on in another tab. Here is all of it."),
        }

    def _refresh(self, words: str, request: gr.Request) -> Updates:
        """What other tabs have done, when this one is looked at again."""
        listed = {self.rail: self.keeper.listed(request, words)}
        if not self.keeper.catch_up(request):
            return listed
        drawn = self._drawn(self.session(request))
        return {**drawn, self.rail: self.keeper.listed(request, words)}

    def _stop(self, request: gr.Request) -> None:
        self.session(request).stop()

    def _clear(self, request: gr.Request) -> Updates:
        session = self.session(request)
        if not session.clear():
            return {self.told: message("Stop the answer first.", "error")}
        return {
            **self._drawn(session),
            self.told: "",
            self.announced: announced(""),
            self.rail: self.keeper.listed(request),
        }

    def _visit(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Open a conversation that was kept; an empty name is a new one."""
        session, named = self.session(request), text_of(event, "id")[:64]
        if session.asking:
            return {self.told: message("Stop the answer first.", "error")}
        there = self.keeper.visit(request, named)
        history = self.keeper.history
        gone = "That conversation is not here any more."
        if history is not None and history.away:
            gone = "Kept conversations cannot be reached just now."
        told = "" if there else message(gone)
        return {
            **self._drawn(session),
            self.told: told,
            self.announced: announced(""),
            self.rail: self.keeper.listed(request),
        }

    def _rename(self, words: str, event: gr.EventData, request: gr.Request) -> str:
        if self.keeper.history is not None:
            owner = self.site.owner(request)
            self.keeper.history.rename(owner, text_of(event, "id"), text_of(event, "title"))
        return self.keeper.listed(request, words)

    def _remove(self, words: str, event: gr.EventData, request: gr.Request) -> Updates:
        session, named = self.session(request), text_of(event, "id")
        if self.keeper.history is not None and named:
            self.keeper.history.remove(self.site.owner(request), named)
        gone = bool(named) and named == session.named and session.clear()
        drawn = self._drawn(session) if gone else {}
        return {**drawn, self.rail: self.keeper.listed(request, words)}

    def _rate(self, event: gr.EventData, request: gr.Request) -> Updates:
        session = self.session(request)
        turn = session.turn(number_of(event, "turn"))
        rating = text_of(event, "rating")
        if turn is not None and rating in ("up", "down"):
            turn.rating, turn.commented = rating, False  # type: ignore[assignment]
            self.keeper.feedback.keep(turn)
            if turn.row:
                self.keeper.keep(request, turn)
        return self._conversation(session)

    def _comment(self, event: gr.EventData, request: gr.Request) -> Updates:
        session = self.session(request)
        turn = session.turn(number_of(event, "turn"))
        comment = text_of(event, "comment")[:MOST_COMMENT]
        if turn is not None and turn.rating and not turn.commented:
            turn.commented = not comment.strip() or self.keeper.feedback.keep(turn, comment)
        return self._conversation(session)

    def _conversation(self, session: Session) -> Updates:
        return {self.conversation: self._drawn(session)[self.conversation]}

    def files_now(self, words: str, request: gr.Request, view: View | None = None) -> Updates:
        """The files to choose from, as they are now, and how many of them are asked."""
        documents, session = self.assistant.documents, self.session(request)
        view = view or View()
        return {
            self.chooser: chooser(documents, session.files, replace(view, words=words.strip())),
            self.scope: scope(session.files, len(documents)),
        }

    def _look(self, words: str, event: gr.EventData, request: gr.Request) -> str:
        view = View(words.strip(), text_of(event, "folder"), number_of(event, "rows") or FIRST)
        return chooser(self.assistant.documents, self.session(request).files, view)

    def _choose(self, words: str, event: gr.EventData, request: gr.Request) -> Updates:
        """Tick or untick a file, a folder, what a search has found, or all."""
        documents, session = self.assistant.documents, self.session(request)
        file, folder = text_of(event, "file"), text_of(event, "folder")
        if flag_of(event, "all"):
            paths = list(documents)
        elif flag_of(event, "found"):
            paths = found(documents, words)
        else:
            paths = [it for it in documents if it == file or (folder and it.startswith(folder))]
        files = changed(documents, session.files, paths, flag_of(event, "on", missing=True))
        told = ""
        if not session.choose(files, in_words(documents, files)):
            told = message("Stop the answer first.", "error")
        rows, tick = number_of(event, "rows") or FIRST, number_of(event, "tick")
        view = View(folder=text_of(event, "open"), rows=rows, tick=tick)
        return {**self.files_now(words, request, view), self.told: told}

    def _open(self, event: gr.EventData) -> str:
        document = self.assistant.documents.get(text_of(event, "file"))
        marks = ranges_of(event, "marks", len(document.text) if document else 0)
        return source(document, number_of(event, "line") or None, marks, beside=True)

    def _export(self, kind: str) -> Callable[[gr.Request], Updates]:
        def export(request: gr.Request) -> Updates:
            session = self.session(request)
            if not any(turn.answer for turn in session.turns):
                return {self.export: "", self.told: message("There is nothing to keep yet.")}
            return {self.export: session.export(kind), self.told: ""}

        return export

    def _leave(self, request: gr.Request) -> None:
        self.site.sessions.forget(visitor_key(request))
