"""The files on the page: their list, a reader, search, files that are added, and updates."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from summit_qa.app import corpus_tab
from summit_qa.app.chat_tab import OWN, QUIET, Updates
from summit_qa.app.folder import Folder
from summit_qa.app.frame import BRIDGE
from summit_qa.app.jobs import Finished, Job, patiently
from summit_qa.app.markup import message, progress_bar
from summit_qa.app.options import AppOptions
from summit_qa.app.payload import number_of, ranges_of, text_of
from summit_qa.app.source import source
from summit_qa.errors import SummitQAError

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant


class FilesTab:
    """The tab over one assistant. Made inside the Blocks; ``wire`` adds its events."""

    def __init__(
        self,
        assistant: Assistant,
        options: AppOptions,
        folder: Folder,
        public: Callable[[Exception], str],
    ) -> None:
        self.assistant = assistant
        self.options = options
        self.folder = folder
        self.public = public
        self.reindex = Job(patiently(assistant.sync))
        with gr.Row(elem_id="corpus-row", equal_height=False):
            with gr.Column(elem_id="files-column", min_width=300):
                self.wanted = gr.Textbox(
                    label="Find a file by its name or title", elem_id="wanted", max_length=200
                )
                self.files = gr.HTML(
                    self.table(), elem_id="files", js_on_load=BRIDGE, apply_default_css=False
                )
                if options.uploads:
                    gr.HTML(corpus_tab.dropzone(options), elem_id="adding", apply_default_css=False)
                self.update = gr.Button("Look for new and changed files", elem_id="reindex")
                self.progress = gr.HTML("", elem_id="progress", apply_default_css=False)
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
                    source(assistant.documents[first], 1) if first else "",
                    elem_id="reader",
                    js_on_load=BRIDGE,
                    apply_default_css=False,
                )

    def wire(self, blocks: gr.Blocks, elsewhere: gr.HTML) -> None:
        """Say what happens when something is used; progress is told ``elsewhere`` as well."""
        for panel in (self.files, self.found, self.reader):
            panel.open(self._open, None, self.reader, trigger_mode="multiple", **QUIET)
        self.wanted.change(
            self.table, self.wanted, self.files, **{**QUIET, "trigger_mode": "always_last"}
        )
        self.query.submit(self._search, self.query, self.found, **QUIET)
        told: list[Any] = [self.progress, elsewhere, self.files, self.update]
        self.elsewhere = elsewhere
        self.update.click(self._update, self.wanted, told, **OWN)
        blocks.load(self.table, self.wanted, self.files, **QUIET)

    def table(self, wanted: str = "") -> str:
        """The files whose name or title holds what is wanted."""
        assistant = self.assistant
        return corpus_tab.files_table(assistant.generation, assistant.report, (wanted or "")[:200])

    def _open(self, event: gr.EventData) -> str:
        document = self.assistant.documents.get(text_of(event, "file"))
        marks = ranges_of(event, "marks", len(document.text) if document else 0)
        return source(document, number_of(event, "line"), marks)

    def _search(self, query: str) -> str:
        if not (query or "").strip():
            return ""
        try:
            hits = self.assistant.search(query, k=10)
        except SummitQAError as error:
            return message(self.public(error), "error")
        return corpus_tab.search_results(hits, query, self.assistant.documents)

    def _update(self, wanted: str) -> Iterator[Updates]:
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
                done = message(self.public(event.error), "error")
            else:
                report = event.result or self.assistant.report
                said = [corpus_tab.report_in_words(report), *report.messages]
                done = "".join(message(line) for line in said)
                threading.Thread(target=self.folder.learn, daemon=True, name="folder").start()
            yield {
                self.progress: done,
                self.elsewhere: done,
                self.files: self.table(wanted),
                self.update: gr.update(interactive=True),
            }
        if not steps:
            busy = message("The files are being looked through just now.")
            yield {self.progress: busy, self.elsewhere: busy}
