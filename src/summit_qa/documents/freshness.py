"""Whether a cited file still says what was indexed; where it does not, its citations say so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from summit_qa.documents.corpus import opened_below
from summit_qa.errors import CorpusError
from summit_qa.types import Answer, Citation, Disagreement, Document, Statement


class Freshness:
    """Looks at each cited file once, when it is first asked about; made for one answer."""

    def __init__(self, folder: Path, documents: Mapping[str, Document]) -> None:
        self._folder = folder
        self._documents = documents
        self._stale: dict[str, bool] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """In words, which of the files that were asked about are not as they were indexed."""
        return tuple(
            f"{file} has changed since it was indexed, and its lines may have moved; "
            "bring the index up to date."
            for file, stale in self._stale.items()
            if stale
        )

    def is_stale(self, file: str) -> bool:
        """Whether the file was edited since, is gone or cannot be read any more."""
        if file not in self._stale:
            document = self._documents.get(file)
            self._stale[file] = document is None or _differs(self._folder, document)
        return self._stale[file]

    def marked(self, answer: Answer) -> Answer:
        """The answer, with every citation of a changed file marked as stale."""
        for hit in answer.nearest:
            self.is_stale(hit.passage.path)  # a note is all that can be said of it
        return replace(
            answer,
            statements=tuple(map(self._statement, answer.statements)),
            citations=self.citations(answer.citations),
            disagreements=tuple(map(self._disagreement, answer.disagreements)),
            unverified=tuple(map(self._statement, answer.unverified)),
        )

    def citations(self, citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
        """The citations, with those of changed files marked as stale."""
        return tuple(map(self._citation, citations))

    def _citation(self, citation: Citation) -> Citation:
        return replace(citation, stale=True) if self.is_stale(citation.file) else citation

    def _statement(self, statement: Statement) -> Statement:
        return replace(
            statement,
            citations=self.citations(statement.citations),
            further=self.citations(statement.further),
        )

    def _disagreement(self, found: Disagreement) -> Disagreement:
        return replace(
            found, first=self._citation(found.first), second=self._citation(found.second)
        )


def _differs(folder: Path, document: Document) -> bool:
    """Whether the file's bytes are other ones; compared whole, since times and sizes can lie."""
    try:
        with opened_below(folder, document.path) as (file, size):
            if size != document.size:
                return True
            return hashlib.file_digest(file, "sha256").hexdigest() != document.sha256
    except CorpusError:
        return True
