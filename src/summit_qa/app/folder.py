"""What the page says of its folder: how much it holds, and questions that it does answer.

Counted and tried in the background when a generation of the index is first served, while nobody
waits for an answer, and kept beside the index until there is another generation.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from summit_qa.app.questions import MOST_PASSAGES, Candidate, alike, candidates, varied
from summit_qa.documents.lines import line_count
from summit_qa.errors import SummitQAError
from summit_qa.types import Answer, Document, Span

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant
    from summit_qa.index.generation import Generation

OFFERED = 6  # questions of the welcome
NEXT = 3  # questions after an answer
_FORMAT = 5
_FILES = 24  # files that questions are made of
_KEPT = 40  # questions that are kept
_TRIES = 80
_WAIT = 2.0  # seconds between looks at what another process has found out
_WAITS = 150
_OF_A_FILE = 6  # questions that are tried of a file that an answer cites
_COUNTED = 64_000_000  # bytes of text whose words are counted one by one
_WORD = re.compile(r"\S+")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the folder holds: numbers of files, pages and words; ``words`` is None until counted."""

    files: int
    pages: int = 0
    words: int | None = None


def words_of(document: Document) -> int:
    """How many words the document has."""
    return sum(1 for _ in _WORD.finditer(document.text))


class Folder:
    """The folder that the assistant answers from, as visitors are told about it."""

    def __init__(
        self, assistant: Assistant, idle: Callable[[], bool], *, learns: bool = True
    ) -> None:
        """``idle`` says whether nobody is waiting for an answer just now.

        Without ``learns`` another process tries the questions, and this one waits for its file.
        """
        self._learns = learns
        self._assistant = assistant
        self._idle = idle
        self._lock = threading.Lock()
        self._generation = ""
        self._facts: Facts | None = None
        self._tried: list[Candidate] = []
        self._done: set[str] = set()  # files whose questions were tried
        self.ready = threading.Event()

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self._assistant.settings.corpus.resolve().name

    @property
    def facts(self) -> Facts:
        """What is known of the generation that is served now."""
        generation = self._assistant.generation
        with self._lock:
            if self._facts is not None and self._generation == generation.id:
                return self._facts
        return Facts(len(generation.documents))

    def offered(self) -> tuple[str, ...]:
        """Questions to begin with; none until some were tried."""
        with self._lock:
            return tuple(it.question for it in varied(self._tried, OFFERED))

    def tried(self) -> tuple[Candidate, ...]:
        """All that is known to be answered."""
        with self._lock:
            return tuple(self._tried)

    def next(self, answer: Answer, asked: Iterable[str]) -> tuple[str, ...]:
        """Questions to go on with that were tried: of the cited files before all others.

        None asks what was asked, or what stands in a line that was just shown.
        """
        before = [*asked, answer.question]
        shown = {(it.file, it.start_line) for it in answer.citations}
        places = [*shown]
        places += [(hit.passage.path, hit.passage.span.start_line) for hit in answer.nearest[:3]]
        with self._lock:
            fresh = [
                it
                for it in self._tried
                if (it.path, it.span.start_line) not in shown
                and not any(alike(it.question, question) for question in before)
            ]
        fresh.sort(key=lambda it: _distance(it, places))
        files = {path for path, _ in places}
        real = [it for it in fresh if it.shape != "about"]
        near = varied([it for it in real if it.path in files], NEXT)
        # One of each shape first: three cells of a table are three times the same question.
        shapes = list({it.shape: it for it in reversed(near)}.values())[::-1]
        far = [it for it in real if it.path not in files]
        offered = [*shapes, *varied([*shapes, *far], NEXT), *near, *varied(fresh, NEXT)]
        return tuple(dict.fromkeys(it.question for it in offered))[:NEXT]

    def learn(self) -> None:
        """Count and try, unless it was done for this generation; returns when it is done."""
        try:
            generation = self._assistant.generation
            if self._generation == generation.id:
                return
            kept = self._read(generation.id)
            for _ in range(0 if self._learns else _WAITS):
                if kept is not None:
                    break
                time.sleep(_WAIT)
                kept = self._read(generation.id)
            with self._lock:
                self._generation = generation.id
                self._facts, self._tried = kept or (self._count(generation), [])
                self._done = {it.path for it in self._tried}
            if kept is None:
                self._try(_spread(list(generation.documents), _FILES), generation, _TRIES)
                self._write(generation.id)
        except SummitQAError as error:
            _log.info("the folder could not be looked at: %s", error)
        finally:
            self.ready.set()

    def look_into(self, answer: Answer) -> None:
        """Try questions of the files that an answer cites, where that was not done yet."""
        paths = dict.fromkeys(citation.file for citation in answer.citations[:3])
        if new := [path for path in paths if path not in self._done]:
            self._try(new, self._assistant.generation, _OF_A_FILE)

    def _count(self, generation: Generation) -> Facts:
        pages = words = 0
        total = 0
        documents = generation.documents
        for path in documents:
            document = documents[path]
            total += len(document.text)
            if total > _COUNTED:
                return Facts(len(documents))
            pages += len(document.page_starts)
            words += words_of(document)
        return Facts(len(documents), pages, words)

    def _try(self, paths: list[str], generation: Generation, most: int) -> None:
        """Ask what the files seem to answer; keep what is answered from where it stands."""
        documents = generation.documents
        made = {
            path: varied(
                candidates(documents[path], generation.passages_of(path, MOST_PASSAGES)), 8
            )
            for path in paths
            if path in documents
        }
        queue = [
            it for rank in range(8) for group in made.values() for it in group[rank : rank + 1]
        ]
        reader = self._assistant.with_settings(engine="reader")
        for candidate in queue[:most]:
            while not self._idle():
                time.sleep(0.5)
            if self._assistant.generation.id != generation.id:
                return
            if (found := answered(reader, candidate)) is not None:
                with self._lock:
                    self._tried.append(found)
                    enough = len(self._tried) >= _KEPT
                if enough and most == _TRIES:
                    break
        self._done |= set(paths)

    @property
    def _file(self) -> Path:
        return self._assistant.settings.index / "folder.json"

    def _read(self, generation: str) -> tuple[Facts, list[Candidate]] | None:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            if (kept["format"], kept["generation"]) != (_FORMAT, generation):
                return None
            tried = [Candidate(**{**it, "span": Span(**it["span"])}) for it in kept["tried"]]
            return Facts(**kept["facts"]), tried
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, generation: str) -> None:
        with self._lock:
            kept = {
                "format": _FORMAT,
                "generation": generation,
                "facts": asdict(self._facts or Facts(0)),
                "tried": [asdict(it) for it in self._tried],
            }
        try:
            aside = self._file.with_suffix(".part")
            aside.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
            aside.replace(self._file)
        except OSError as error:  # an index that may only be read serves as well
            _log.info("what is known of the folder was not kept: %s", error.strerror)


def answered(assistant: Assistant, candidate: Candidate) -> Candidate | None:
    """The candidate with what was answered, if that was sure and from where the answer stands."""
    try:
        answer = assistant.ask(candidate.question)
    except SummitQAError:
        return None
    if answer.status != "answered":
        return None
    if candidate.verdict is not None and answer.verdict != candidate.verdict:
        return None
    # A heading or a question is answered by what follows it.
    span, after = candidate.span, 6 if candidate.shape in ("asked", "how") else 0
    from_there = any(
        citation.file == candidate.path
        and citation.start_line <= span.end_line + after
        and span.start_line <= citation.end_line
        for statement in answer.statements
        for citation in statement.pointers
    )
    if not from_there:
        return None
    return replace(candidate, expected=answer.short or "", sure=answer.confidence or 0.0)


def _spread(paths: list[str], most: int) -> list[str]:
    """At most ``most`` of the paths, at equal distances."""
    if len(paths) <= most:
        return paths
    return [paths[at * len(paths) // most] for at in range(most)]


def _distance(candidate: Candidate, places: list[tuple[str, int]]) -> tuple[int, int]:
    lines = [
        abs(candidate.span.start_line - line) for file, line in places if file == candidate.path
    ]
    return (0, min(lines)) if lines else (1, 0)


def counted_lines(document: Document) -> str:
    """How long a document is, in the unit that its readers count in."""
    if document.page_starts:
        count = len(document.page_starts)
        return f"{count:,} page{'' if count == 1 else 's'}"
    count = line_count(document)
    return f"{count:,} line{'' if count == 1 else 's'}"
