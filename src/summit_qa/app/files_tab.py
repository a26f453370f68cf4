"""The files on the page: their list, a reader, search, files that are added, and updates."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import gradio as gr

from summit_qa.app import corpus_tab
from summit_qa.app.chat_tab import ChatTab
from summit_qa.app.frame import BRIDGE
from summit_qa.app.jobs import Finished, Job, patiently
from summit_qa.app.markup import message, progress_bar
from summit_qa.app.payload import number_of, ranges_of, text_of
from summit_qa.app.site import OWN, QUIET, Site, Updates
from summit_qa.app.source import source
from summit_qa.app.uploads import Added
from summit_qa.errors import SummitQAError


class FilesTab:
    """The tab over one assistant. Made inside the Blocks; ``wire`` adds its events."""

    def __init__(self, site: Site, added: Added) -> None:
        assistant, options = site.assistant, site.options
        self.site = site
        self.added = added
        self.assistant = assistant
        self.reindex = Job(patiently(assistant.sync))
        with gr.Row(elem_id="corpus-row", equal_height=False):
            with gr.Column(elem_id="files-column", min_width=300):
                if options.uploads:
                    gr.HTML(corpus_tab.dropzone(options), elem_id="adding", apply_default_css=False)
                self.update = gr.Button("Look for new and changed files", elem_id="reindex")
                self.progress = gr.HTML("", elem_id="progress", apply_default_css=False)
                self.wanted = gr.Textbox(
                    label="Find a file by its name or title", elem_id="wanted", max_length=200
                )
                self.files = gr.HTML(
                    corpus_tab.files_table(assistant.generation, assistant.report),
                    elem_id="files", js_on_load=BRIDGE, apply_default_css=False,
                )  # fmt: skip
            with gr.Column(elem_id="reader-column", min_width=300):
                self.query = gr.Textbox(
                    label="Search the text of the files",
                    placeholder="Words, or what it is about",
                    elem_id="query",
                    max_length=assistant.settings.max_question_chars,
                )
                self.found = gr.HTML(
                    "", elem_id="found", js_on_load=BRIDGE, apply_default_css=False
                )
                first = next(iter(assistant.documents), None)
                self.reader = gr.HTML(
                    source(assistant.documents[first], None) if first else "",
                    elem_id="reader",
                    js_on_load=BRIDGE,
                    apply_default_css=False,
                )

    def wire(self, blocks: gr.Blocks, chat: ChatTab) -> None:
        """Say what happens when something is used; the chat is told what has come and gone."""
        for panel in (self.files, self.found, self.reader):
            panel.open(self._open, None, self.reader, trigger_mode="multiple", **QUIET)
        # One after the other, so that what was wanted first is never drawn last.
        drawn = {**QUIET, "concurrency_limit": 1, "concurrency_id": "files"}
        blocks.load(self.table, self.wanted, self.files, **drawn)
        self.wanted.change(
            self.table, self.wanted, self.files, **{**drawn, "trigger_mode": "always_last"}
        )
        self.query.submit(self._search, self.query, self.found, **QUIET)
        self.elsewhere = chat.indexing
        told: list[Any] = [self.progress, self.elsewhere, self.files, self.update]
        for event in (
            self.update.click(self._update, self.wanted, told, **OWN),
            self.files.remove(self._remove, self.wanted, told, **OWN),
        ):
            event.then(chat.files_now, chat.seek, chat.chosen, **OWN)
            event.then(chat.begin, None, chat.welcome, **OWN)

    def table(self, wanted: str, request: gr.Request) -> str:
        """The files whose name or title holds what is wanted."""
        assistant, mine = self.assistant, self.added.of(self.site.owner(request))
        wanted = (wanted or "").strip()[:200]
        return corpus_tab.files_table(assistant.generation, assistant.report, wanted, mine)

    def _remove(self, wanted: str, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Take away what the visitor has added, and look through the folder again."""
        corpus, owner = self.assistant.settings.corpus, self.site.owner(request)
        try:
            self.added.remove(corpus, text_of(event, "file"), owner, self.site.options)
        except SummitQAError as error:
            yield {self.progress: message(self.site.public(error), "error")}
        else:
            yield from self._update(wanted, request)

    def _open(self, event: gr.EventData) -> str:
        document = self.assistant.documents.get(text_of(event, "file"))
        marks = ranges_of(event, "marks", len(document.text) if document else 0)
        return source(document, number_of(event, "line") or None, marks)

    def _search(self, query: str) -> str:
        if not (query or "").strip():
            return ""
        try:
            hits = self.assistant.search(query, k=10)
        except SummitQAError as error:
            return message(self.site.public(error), "error")
        return corpus_tab.search_results(hits, query, self.assistant.documents)

    def _update(self, wanted: str, request: gr.Request) -> Iterator[Updates]:
        steps = 0
        for event in self.reindex.run():
            steps += 1
            if not isinstance(event, Finished):
                shown = progress_bar(event.done, event.total, event.what)
                yield {
                    self.progress: shown,
                    self.elsewhere: shown,
                    self.update: gr.update(interactive=False),
                }
                continue
            if event.error is not None:
                done = message(self.site.public(event.error), "error")
            else:
                report = event.result or self.assistant.report
                said = [corpus_tab.report_in_words(report), *report.messages]
                done = "".join(message(line) for line in said)
                threading.Thread(target=self.site.folder.learn, daemon=True, name="folder").start()
            yield {
                self.progress: done,
                self.elsewhere: done,
                self.files: self.table(wanted, request),
                self.update: gr.update(interactive=True),
            }
        if not steps:
            busy = message("The files are being looked through just now.")
            yield {self.progress: busy, self.elsewhere: busy}
