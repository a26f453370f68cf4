"""The composition root: opens the stages, wires them together and holds no logic of its own."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, Self

from summit_qa.deadline import waited_so_far, waiting
from summit_qa.errors import ConfigurationError, CorpusError, QuestionError
from summit_qa.settings import Settings
from summit_qa.types import (
    Answer,
    Answerer,
    Citation,
    Document,
    EngineName,
    Hit,
    Models,
    PassageReader,
    Progress,
    ReadingRanker,
    Skipped,
    SupportJudge,
    SyncReport,
    Timings,
)

if TYPE_CHECKING:
    from summit_qa.conversation.conversation import Conversation, Rewrite, Rewriting
    from summit_qa.documents.freshness import Freshness
    from summit_qa.index.generation import Generation
    from summit_qa.index.remote import VectorServer
    from summit_qa.index.sync import Index
    from summit_qa.models.encoding import Encoder
    from summit_qa.reader.check import ClaimCheck
    from summit_qa.retrieval.fusion import HybridSearch, Searchable
    from summit_qa.writer.turn import Turn

Watch = Callable[[Iterator[Answer]], Iterator[Answer]]
BY_WORDS = (
    "Found by words alone: the vectors for searching by meaning are not made yet "
    "(`summit-qa index` makes them)."
)
_CHECKED = 12  # passages whose sentences a claim is held against
_OPENED_WITH = frozenset(
    {"corpus", "index", "embedder", "passage_chars", "max_file_bytes", "reader"}
)


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Whether an engine can answer, and in words what it has or lacks."""

    name: str
    available: bool
    detail: str


@dataclass(frozen=True, slots=True)
class OwnModels:
    """Models in place of the bundled ones.

    ``embedder`` is a LlamaIndex embedding or an encoder. A ranker also reads what it ranked.
    ``vectors`` keeps the vectors of the index in place of its folder (docs/scale.md).
    """

    embedder: Any = None
    ranker: ReadingRanker | None = None
    judge: SupportJudge | None = None
    vectors: VectorServer | None = None


class Assistant:
    """Answers questions over a folder. Safe to ask from many threads while another syncs."""

    def __init__(
        self,
        settings: Settings,
        index: Index,
        models: Models,
        report: SyncReport,
    ) -> None:
        from summit_qa.writer.endpoint import Abilities

        self.settings = settings
        self.models = models
        self.report = report
        self._abilities = Abilities()
        self._index = index
        self._search = _searching(index, settings, models.ranker)
        self._syncing = threading.Lock()
        self._files: frozenset[str] | None = None  # those that may answer; None are all
        self._watch: Watch | None = None

    @classmethod
    def open(
        cls,
        corpus: Path | str | None = None,
        index: Path | str | None = None,
        *,
        settings: Settings | None = None,
        own: OwnModels | None = None,
        sync: bool | Literal["words"] = True,
        progress: Progress | None = None,
    ) -> Assistant:
        """Open the index over the corpus, bringing it up to date first unless ``sync`` is off.

        ``own`` are models in place of the bundled ones. With ``sync="words"`` the vectors of a
        large new folder wait for the next `sync`: until then answers say that words alone found
        them.
        Raises CorpusError, IndexUnusableError, ModelError or ConfigurationError, each in one line.
        """
        settings, own = settings or Settings.load(), own or OwnModels()
        given = {"corpus": corpus, "index": index}
        if any(not isinstance(value, (str, Path, NoneType)) for value in given.values()):
            raise ConfigurationError("A folder is given as text or as a Path.")
        changed = {name: Path(value) for name, value in given.items() if value is not None}
        settings = settings.replaced(**changed)

        from summit_qa.index.sync import Index
        from summit_qa.models.loading import Loading

        with Loading(settings.reader, own.ranker, own.judge) as loading:
            opened = Index(
                settings.index,
                embedder=own.embedder,
                settings=settings,
                corpus=settings.corpus,
                server=own.vectors,
            )
            models = loading.beside(opened.encoder)
            report = SyncReport()
            if sync:
                report = opened.sync(settings.corpus, progress=progress, vectors=sync != "words")
            return cls(settings, opened, models.result(), report)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index; the assistant cannot be asked afterwards."""
        self._index.close()

    @property
    def generation(self) -> Generation:
        """The generation of the index that is served now."""
        return self._index.current()

    @property
    def documents(self) -> Mapping[str, Document]:
        """The files of the corpus as they were indexed, by path."""
        return self.generation.documents

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files that were not read, and why."""
        return self.report.skipped if self.report.generation else self.generation.skipped

    @property
    def encoder(self) -> Encoder:
        """What makes the vectors of the index and of questions."""
        return self._index.encoder

    def sync(self, progress: Progress | None = None) -> SyncReport:
        """Bring the index up to date with the corpus; questions go on being answered meanwhile."""
        with self._syncing:
            self.report = self._index.sync(self.settings.corpus, progress=progress)
        return self.report

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """The k passages nearest to the query, best first; errors as in ``ask``."""
        if not isinstance(k, int) or k < 1:
            raise QuestionError("A search gives a whole number of passages, at least one.")
        from summit_qa.retrieval.focus import focused

        query, generation = self._checked(query), self._with_text()
        hits = self._search.search(query, k, generation=generation)
        return focused(query, hits, generation.documents)

    def engines(self) -> list[EngineStatus]:
        """What can answer, and in words what is configured or missing."""
        settings = self.settings
        if settings.writer_configured:
            where = settings.openai_base_url or "the default OpenAI endpoint"
            writer = EngineStatus("writer", True, f"{settings.llm} at {_host(where)}")
        else:
            unset = "set SUMMIT_QA_LLM to a model, and OPENAI_API_KEY or OPENAI_BASE_URL"
            writer = EngineStatus("writer", False, settings.writer_missing or unset)
        return [EngineStatus("reader", True, "offline: quotes the sentences that answer"), writer]

    def ask(self, question: str, *, engine: EngineName | None = None) -> Answer:
        """The answer to a question.

        Raises QuestionError where it is empty or too long, CorpusError where there is no text.
        """
        *_, answer = self.stream(question, engine=engine)
        return answer

    def stream(self, question: str, *, engine: EngineName | None = None) -> Iterator[Answer]:
        """Snapshots of the answer as it grows; the last one is the answer."""
        return self._watched(self._answers(question, (), engine, self._turn()))

    def conversation(
        self, engine: EngineName | None = None, *, earlier: Sequence[Answer] = ()
    ) -> Conversation:
        """A conversation: follow-ups stand on their own, citation numbers stay stable.

        ``earlier`` are the answers of one that is gone on with.
        """
        from summit_qa.conversation.conversation import Conversation
        from summit_qa.documents.citations import Numbering

        turn = self._turn(numbering=Numbering(earlier), stopped=threading.Event())

        def answers(
            question: str, earlier: Sequence[Citation], rewriting: Rewriting
        ) -> Iterator[Answer]:
            asked = replace(turn, rewriting=rewriting)
            return self._watched(self._answers(question, earlier, engine, asked))

        return Conversation(
            answers, rewrite=self._rewriter(engine, turn), stopped=turn.stopped, earlier=earlier
        )

    def with_settings(self, **changes: object) -> Assistant:
        """The same index and models under other settings, such as ``passages`` or ``engine``.

        What it opens stays owned by this assistant: close this one, not the copy. Raises
        ConfigurationError for a wrong value, and for what the index was opened with.
        """
        if fixed := sorted(_OPENED_WITH & changes.keys()):
            raise ConfigurationError(
                f"Setting {fixed[0]!r} cannot change under an open index; open another assistant."
            )
        other = copy.copy(self)
        other.settings = self.settings.replaced(**changes)
        other._search = _searching(self._index, other.settings, self.models.ranker)
        return other

    def within(self, files: Collection[str] | None) -> Assistant:
        """The same, answering from these files of the folder only; None means from all.

        Close this one, not the copy.
        """
        other = copy.copy(self)
        other._files = None if files is None else frozenset(files)
        return other

    def watched(self, watch: Watch) -> Assistant:
        """The same, with the snapshots of every answer passed through ``watch``.

        Close this one, not the copy.
        """
        other = copy.copy(self)
        other._watch = watch
        return other

    def _watched(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        return answers if self._watch is None else self._watch(answers)

    def check(self, claim: str, files: Sequence[str] | None = None) -> ClaimCheck:
        """Whether the corpus supports the claim, with the lines for and against."""
        from summit_qa.reader.check import check_claim
        from summit_qa.retrieval.finding import sharing_words

        claim = self._checked(claim)
        generation = self._with_text()
        fresh = self._freshness(generation)
        unknown = [file for file in _listed(files) if file not in generation.documents]
        if unknown:
            raise CorpusError(f"The folder has no file {unknown[0]!r}.")
        if files:
            chosen = sharing_words(claim, files, generation, _CHECKED)
        else:
            chosen = self._search.search(claim, _CHECKED, generation=generation, question=False)
        found = check_claim(
            claim,
            chosen,
            generation.documents,
            self.models.ranker,
            self.models.judge,
            self.settings.strictness,
        )
        return replace(
            found,
            supporting=fresh.citations(found.supporting),
            contradicting=fresh.citations(found.contradicting),
        )

    def _freshness(self, generation: Generation) -> Freshness:
        from summit_qa.documents.freshness import Freshness

        return Freshness(self.settings.corpus, generation.documents)

    def as_query_engine(self, engine: EngineName | None = None) -> Any:
        """A LlamaIndex query engine whose source nodes are the cited passages."""
        from summit_qa.llama import SummitQueryEngine

        return SummitQueryEngine(self, engine)

    def _with_text(self) -> Generation:
        """The generation that is served; CorpusError where nothing can be found in it."""
        generation = self._index.current()
        if not generation.passages:
            raise CorpusError(_no_text(self.settings.corpus, self.skipped))
        return generation

    def _checked(self, question: str) -> str:
        if not isinstance(question, str):
            raise QuestionError("A question is text.")
        stripped = question.strip()
        if any("\ud800" <= character <= "\udfff" for character in stripped):
            raise QuestionError("The question is not valid text; type it again.")
        if not any(character.isalnum() for character in stripped):
            raise QuestionError("The question is empty; ask in words.")
        if len(stripped) > self.settings.max_question_chars:
            limit = self.settings.max_question_chars
            raise QuestionError(
                f"The question has {len(stripped):,} characters; at most {limit:,} are read."
            )
        return stripped

    def _answers(
        self,
        question: str,
        earlier: Sequence[Citation],
        engine: EngineName | None,
        turn: Turn,
    ) -> Iterator[Answer]:
        """Retrieve once, then let the chosen engine answer from the hits."""
        from summit_qa.retrieval.finding import answering, cited_again
        from summit_qa.retrieval.focus import focused

        question = self._checked(question)
        began = time.perf_counter()
        before = turn.rewriting.seconds if turn.rewriting else 0.0
        generation = self._with_text()
        about = turn.rewriting.about if turn.rewriting else ""
        missed = generation.missed
        searched = self._searched(generation)
        waited = waited_so_far()
        with waiting(waited):
            hits = answering(self._search, searched, question, self.settings.passages, about)

        def search(query: str) -> list[Hit]:
            with waiting(waited):
                return self._search.search(query, self.settings.passages, generation=searched)

        turn = replace(turn, search=search)
        known = {hit.passage.id for hit in hits}
        again = [hit for hit in cited_again(earlier, generation) if self._may_answer(hit)]
        hits += [hit for hit in again if hit.passage.id not in known]
        retrieved = time.perf_counter() - began
        answerer = self._answerer(generation, engine, turn)
        notes = self._notes(engine)
        if not generation.embedder:
            notes = (*notes, BY_WORDS)
        fresh = self._freshness(generation)
        for unmarked in answerer.answer(question, hits):
            answer = fresh.marked(unmarked)
            spent = time.perf_counter() - began
            first = answer.timings.first_statement
            yield replace(
                answer,
                generation=generation.id,
                nearest=tuple(focused(question, answer.nearest, generation.documents)),
                notes=(*answer.notes, *notes, *_outage(generation, missed), *fresh.notes),
                timings=Timings(
                    retrieval=retrieved,
                    ranking=answer.timings.ranking,
                    answering=spent - retrieved,
                    first_statement=None if first is None else before + retrieved + first,
                    total=before + spent,
                ),
            )

    def _searched(self, generation: Generation) -> Searchable:
        """What of the generation is searched: all of it, or the chosen files."""
        if self._files is None:
            return generation
        from summit_qa.retrieval.within import Within

        within = Within(generation, self._files)
        if not len(within):
            raise CorpusError("None of the chosen files is in the folder; choose others.")
        return within

    def _may_answer(self, hit: Hit) -> bool:
        return self._files is None or hit.passage.path in self._files

    def _answerer(
        self,
        generation: Generation,
        engine: EngineName | None,
        turn: Turn,
    ) -> Answerer:
        """The engine that was asked for, or the one that is configured."""
        from summit_qa.documents.citations import Numbering
        from summit_qa.reader.reader import Folder, Reader
        from summit_qa.retrieval.finding import naming

        engine = engine or self.settings.engine
        turn = replace(turn, numbering=turn.numbering or Numbering())  # one for both engines
        reader = Reader(
            generation.documents,
            self.models,
            self.settings.strictness,
            turn.numbering,
            Folder(
                mentions=lambda name: naming(name, generation),
                encoder=self._index.encoder,
                passages=len(self._searched(generation)),
            ),
        )
        match engine:
            case "reader":
                return reader
            case "auto" if not self.settings.writer_configured:
                return reader
            case "auto" | "writer":
                if not self.settings.writer_configured:
                    raise ConfigurationError(f"No writer: {self.engines()[1].detail}.")
                from summit_qa.writer.writer import Writer

                fallback = reader if engine == "auto" else None
                turn = replace(turn, narrowed=reader.narrowed)
                return Writer(
                    self.settings, generation.documents, self.models.judge, fallback, turn
                )
        raise ConfigurationError(f"No engine {engine!r}; there are auto, reader and writer.")

    def _notes(self, engine: EngineName | None) -> tuple[str, ...]:
        """What an answer has to say of the engine: that the model was left out, and why."""
        missing = self.settings.writer_missing
        if missing is None or (engine or self.settings.engine) != "auto":
            return ()
        return (f"Answered offline, without the language model: {missing}.",)

    def _turn(self, **own: Any) -> Turn:
        """What every question has, and ``own`` of its conversation."""
        from summit_qa.writer.turn import Turn

        return Turn(abilities=self._abilities, **own)

    def _rewriter(self, engine: EngineName | None, turn: Turn) -> Rewrite | None:
        """How follow-ups are made to stand on their own: None means by rules alone."""
        if (engine or self.settings.engine) == "reader" or not self.settings.writer_configured:
            return None
        from summit_qa.writer.writer import Writer

        return Writer(self.settings, {}, self.models.judge, turn=turn).rewrite


@contextmanager
def preloading() -> Iterator[None]:
    """While the block runs, import on a thread what a first question needs.

    That takes as long as all else together. The block is not left before the import is over:
    the libraries start threads of their own, which fails while the interpreter ends.
    """
    from summit_qa.index.dense import preload

    def quietly() -> None:
        with suppress(Exception):  # whoever needs the library imports it again, and is told then
            preload()

    thread = threading.Thread(target=quietly, name="import")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _outage(generation: Generation, missed: int) -> tuple[str, ...]:
    """What an answer says where searches by meaning were missed since ``missed`` was counted."""
    if generation.missed == missed:
        return ()
    return (f"Found by words alone, since the vectors are out of reach. {generation.outage}",)


def _searching(index: Index, settings: Settings, ranker: ReadingRanker) -> HybridSearch:
    """The search of the index; a ranker that can read passages has a say in their order."""
    from summit_qa.retrieval.fusion import HybridSearch

    return HybridSearch(
        index.current,
        index.encoder,
        candidates=settings.candidates,
        k=settings.passages,
        reader=ranker if isinstance(ranker, PassageReader) else None,
    )


def _listed(files: Sequence[str] | None) -> Sequence[str]:
    if files is None or (
        isinstance(files, (list, tuple)) and all(isinstance(file, str) for file in files)
    ):
        return files or ()
    raise CorpusError("Files are named by a list of their paths within the folder.")


def _no_text(corpus: Path, skipped: Sequence[Skipped]) -> str:
    """Why nothing can be found, in words."""
    if not skipped:
        return f"No text was found in {corpus}; put files there and ask again."
    first = f"{skipped[0].path}: {skipped[0].reason}"
    return f"No text was found in {corpus}; {unread(len(skipped))} ({first})."


def unread(count: int) -> str:
    """How many files were not read, in words."""
    return "1 file was not read" if count == 1 else f"{count:,} files were not read"


def _host(url: str) -> str:
    """The host of an address, without any user, password or path."""
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or url
