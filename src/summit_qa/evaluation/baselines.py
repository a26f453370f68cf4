"""What the product is held against: engines that anybody could write in an hour."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from summit_qa.documents.citations import Numbering, compose_text, unique
from summit_qa.documents.lines import line_count, line_text
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.evaluation.cases import Case, Place
from summit_qa.evaluation.engines import RETRIEVED, Reply, lines_of
from summit_qa.evaluation.metrics import distinct
from summit_qa.index.bm25 import BM25Index, write_bm25
from summit_qa.types import Answer, Document, Sentence, Statement

STOCK = "stock-llamaindex"  # in stock.py, which imports LlamaIndex
BM25 = "bm25-top-sentence"
FIRST = "first-lines"
_FIRST_LINES = 3  # as many as the reader states at most


class BM25TopSentence:
    """The sentence whose words fit the question best, cited with its line.

    It never says yes or no, and abstains only where no word of the question occurs. It knows
    nothing of the questions before: a follow-up is asked as it stands.
    """

    name = BM25

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = {document.path: document for document in documents}
        self._sentences: list[Sentence] = [
            sentence
            for document in documents
            for passage in passages_of(document)
            for sentence in sentences_of(passage, document)
        ]
        self._folder = tempfile.TemporaryDirectory(prefix="summit-qa-")
        path = Path(self._folder.name) / "bm25"
        write_bm25(path, [sentence.text for sentence in self._sentences])
        self._bm25 = BM25Index(path)

    @property
    def index_bytes(self) -> int | None:
        """The size of its BM25 files."""
        files = Path(self._folder.name).rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file())

    def reply(self, case: Case) -> Reply:
        """Quote the best sentence."""
        began = time.perf_counter()
        found = [self._sentences[row] for row, _ in self._bm25.search(case.question, 100)]
        answer = quoting(case.question, self._documents, found[:1], "No word of it occurs.")
        seconds = time.perf_counter() - began
        lines = (
            place
            for sentence in found
            for place in lines_of(
                self._documents[sentence.passage.path],
                sentence.span.start_line,
                sentence.span.end_line,
            )
        )
        return Reply(answer, tuple(distinct(lines))[:RETRIEVED], seconds)

    def close(self) -> None:
        """Remove its files."""
        self._folder.cleanup()


class FirstLines:
    """The first sentence of each of the first three files, whatever is asked."""

    name = FIRST

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = {document.path: document for document in documents}
        firsts = (_first_sentence(document) for document in documents)
        self._firsts = [sentence for sentence in firsts if sentence][:_FIRST_LINES]
        self._ranked = tuple(_by_line(documents))

    @property
    def index_bytes(self) -> int | None:
        """It searches nothing."""
        return None

    def reply(self, case: Case) -> Reply:
        """The same every time."""
        began = time.perf_counter()
        answer = quoting(case.question, self._documents, self._firsts, "There is no text.")
        return Reply(answer, self._ranked, time.perf_counter() - began)

    def close(self) -> None:
        """Nothing."""


def quoting(
    question: str, documents: Mapping[str, Document], sentences: Sequence[Sentence], empty: str
) -> Answer:
    """An answer that quotes the sentences; it abstains for the reason given if there are none."""
    numbering = Numbering()
    statements = tuple(
        Statement(
            text=" ".join(sentence.text.split()),
            citations=(
                numbering.cite(
                    documents[sentence.passage.path], sentence.span.start, sentence.span.end
                ),
            ),
            status="supported",
        )
        for sentence in sentences
    )
    return Answer(
        question=question,
        text=compose_text(statements),
        verdict=None,
        statements=statements,
        citations=unique(c for statement in statements for c in statement.citations),
        status="answered" if statements else "declined",
        reason=None if statements else empty,
    )


def _first_sentence(document: Document) -> Sentence | None:
    for passage in passages_of(document):
        for sentence in sentences_of(passage, document):
            return sentence
    return None


def _by_line(documents: Sequence[Document]) -> Iterable[Place]:
    """The first lines of all files, then the second ones, as far as they are looked at."""
    found: list[Place] = []
    line = 1
    while len(found) < RETRIEVED and any(line <= line_count(each) for each in documents):
        found += [
            Place(document.path, line)
            for document in documents
            if line <= line_count(document) and line_text(document, line).strip()
        ]
        line += 1
    return found[:RETRIEVED]
