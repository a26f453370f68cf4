"""Answers written by a language model, of which only what code has verified is shown."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from summit_qa.documents.citations import Numbering, compose_text, unique
from summit_qa.errors import WriterError, WriterReplyError, WriterTimeoutError
from summit_qa.language.lexicon import content_stems
from summit_qa.language.questions import is_yes_no
from summit_qa.models.support import yes_no
from summit_qa.models.thresholds import Coefficients, Thresholds
from summit_qa.reader.reader import abstention
from summit_qa.settings import Settings
from summit_qa.types import (
    Answer,
    Answerer,
    Document,
    Hit,
    Statement,
    SupportJudge,
    Timings,
    Usage,
    Verdict,
)
from summit_qa.writer.budget import Budget
from summit_qa.writer.cache import ReplyCache
from summit_qa.writer.endpoint import Endpoint
from summit_qa.writer.grounding import Grounding
from summit_qa.writer.planning import SCHEMA as PLAN
from summit_qa.writer.planning import TOOLS, is_enough, looked_up, planning_messages, queries
from summit_qa.writer.prompt import answer_messages, rewrite_messages, schema, shown
from summit_qa.writer.reply import ReplyReader
from summit_qa.writer.turn import Turn

if TYPE_CHECKING:
    from summit_qa.conversation.conversation import Rewriting

_REWRITE_SHARE = 0.25  # of the seconds of an answer, for making its question stand on its own
_LONGEST_REWRITE = 300  # characters beyond those of the question
_PLAN_SHARE = 0.25  # of the seconds that are left, for saying what to look up
_LONGEST_PLAN = 4_000  # characters of a reply that asks for searches
_HOPELESS = 0.1  # probability that anything answers below which a model's word changes nothing
_VERY_SURE = 0.8  # and from which a model's word that nothing does is not believed
_PIECE = 64  # characters of a cached reply that are read at a time

NOT_ASKED = "The language model was not asked: nothing that was found comes near an answer."


@dataclass(slots=True)
class _Draft:
    """An answer while it grows, and what it is made from."""

    question: str
    hits: Sequence[Hit]
    read: Sequence[Hit]  # what of the hits the model is shown
    grounding: Grounding
    budget: Budget
    sure: float | None  # how likely what it is shown answers, as the reader reads it
    began: float = field(default_factory=time.perf_counter)
    shown: list[Statement] = field(default_factory=list)
    unverified: list[Statement] = field(default_factory=list)
    first: float | None = None
    notes: list[str] = field(default_factory=list)  # on the searches that it began with

    @property
    def seconds(self) -> float:
        """How long it has been in the making."""
        return time.perf_counter() - self.began


class Writer:
    """Answers with a language model. Raises WriterError, unless there is a fallback."""

    def __init__(
        self,
        settings: Settings,
        documents: Mapping[str, Document],
        judge: SupportJudge,
        fallback: Answerer | None = None,
        turn: Turn | None = None,
    ) -> None:
        """``fallback`` answers from the same hits where the model does not."""
        self._settings = settings
        self._documents = documents
        self._judge = judge
        self._fallback = fallback
        self._turn = turn or Turn()
        self._endpoint = Endpoint(settings, self._turn.abilities)
        self._stopped = self._turn.stopped
        self._thresholds = Thresholds.load(strictness=settings.strictness)

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Answer]:
        """Yield a snapshot for every statement that was verified, and the whole at the end.

        Each snapshot holds all statements of the one before. Closing the generator closes the
        request.
        """
        budget = self._budget()
        gathered, notes = self._searched(question, hits, budget)
        read, sure = self._narrowed(question, gathered, searched=gathered is not hits)
        hits = gathered
        draft = _Draft(question, hits, read, self._grounding(read), budget, sure, notes=notes)
        reader = ReplyReader()
        failure: WriterError | None = None
        if not hits:
            yield abstention(question, "Nothing in the files resembles the question.", hits,
                             Timings(answering=draft.seconds))  # fmt: skip
            return
        if self._fallback is not None and sure is not None and sure < _HOPELESS:
            for answer in self._fallback.answer(question, hits):
                yield self._instead(draft, answer, NOT_ASKED)
            return
        try:
            with closing(self._statements(draft, reader)) as found:
                for statement in found:
                    if statement.status == "unverified":
                        draft.unverified += [statement] if statement.text else []
                        continue
                    draft.shown.append(statement)
                    if draft.first is None and statement.status != "contradicted":
                        draft.first = draft.seconds
                    if _asserted(draft.shown):
                        yield self._answer(draft)
        except WriterError as error:
            failure = error.with_traceback(None)
        if self._stopped is not None and self._stopped.is_set():
            if _asserted(draft.shown):
                return  # what was said so far stays
            raise WriterError("The answer was stopped.")
        if not _asserted(draft.shown):
            yield from self._without(draft, reader, failure)
            return
        notes = list(draft.notes)
        if failure is not None:
            notes.append(f"The answer may lack something: {failure}")
        offline = None
        if self._fallback is not None:
            *_, offline = self._fallback.answer(question, hits)
        verdict, of_the_verdict = self._verdict(draft, reader.verdict, offline)
        notes += [*_told(draft), *of_the_verdict, *self._added(draft, offline)]
        whole = self._answer(draft, verdict, tuple(notes))
        yield whole if failure is None else replace(whole, failure=type(failure).__name__)

    def rewrite(self, question: str, turns: Sequence[Answer]) -> Rewriting | None:
        """The question made to stand on its own, in one request; empty where that failed.

        What the model writes is taken only if all of its words that matter come from the
        conversation: it cannot bring in a subject of its own.
        """
        from summit_qa.conversation.conversation import Rewriting

        began = time.perf_counter()
        budget = self._budget(_REWRITE_SHARE)
        budget.requests = 2  # of three: this one is not repeated
        written = ""
        try:
            messages = rewrite_messages(question, turns)
            with closing(self._reply(messages, None, budget, lambda: True)) as pieces:
                for piece in pieces:
                    written += piece
                    if len(written) > len(question) + 2 * _LONGEST_REWRITE:
                        break
        except WriterError:
            written = ""
        budget.requests -= 2
        usage = self._usage(budget, None)
        return Rewriting(_usable(written, question, turns), usage, time.perf_counter() - began)

    def _budget(self, share: float = 1.0) -> Budget:
        before = self._turn.rewriting
        seconds = self._settings.llm_timeout * share - (before.seconds if before else 0.0)
        return Budget(
            max(0.0, seconds), spent=before.usage if before else None, stopped=self._stopped
        )

    def _searched(
        self, question: str, hits: Sequence[Hit], budget: Budget
    ) -> tuple[Sequence[Hit], list[str]]:
        """The hits and those of the searches that the model asks for first, and notes on these.

        One request of the answer's budget at least is left for the answer itself.
        """
        most, search = self._settings.searches, self._turn.search
        budget.kept = 1
        if not most or search is None or not hits or not budget.may_ask:
            budget.kept = 0
            return hits, []
        reply, seconds, failed = "", budget.seconds, None
        budget.seconds = budget.spent + _PLAN_SHARE * budget.left

        def enough() -> bool:
            return len(reply) > _LONGEST_PLAN or is_enough(reply, most)

        try:
            messages = planning_messages(question, most)
            plan = self._reply(messages, PLAN, budget, lambda: True, TOOLS, enough)
            with closing(plan) as pieces:
                for piece in pieces:
                    reply += piece
        except WriterError as error:
            failed = error.with_traceback(None)
        finally:
            budget.kept, budget.seconds = 0, seconds
        wanted = queries(reply, most)
        if failed is not None and not wanted:
            late = isinstance(failed, WriterTimeoutError)
            why = "The model did not say in time what to look up." if late else failed
            return hits, [f"No searches were made before answering: {why}"]
        if not wanted:
            return hits, []
        half = max(1, self._settings.passages // 2)
        return looked_up(wanted, hits, search, half)

    def _narrowed(
        self, question: str, hits: Sequence[Hit], *, searched: bool
    ) -> tuple[Sequence[Hit], float | None]:
        """What the model reads of the hits, and how likely it answers.

        On this machine models are small and every token takes its time; elsewhere they read the
        passages. What one searched for itself it reads whole: the question does not say what
        matters in it.
        """
        if searched or self._turn.narrowed is None:
            return hits, None
        windows, sure = self._turn.narrowed(question, hits)
        shown = self._settings.shown
        whole = shown == "passages" or (shown == "auto" and not self._endpoint.is_here)
        return (hits if whole else windows), sure

    def _grounding(self, hits: Sequence[Hit]) -> Grounding:
        return Grounding(
            hits,
            self._documents,
            self._judge,
            self._thresholds,
            self._turn.numbering or Numbering(),
            self._settings.secret,
        )

    def _statements(self, draft: _Draft, reader: ReplyReader) -> Generator[Statement]:
        """Each statement of the reply as soon as it is finished, checked."""
        form = self._settings.cite
        numbered = draft.grounding.sentences if form == "sentences" else None
        messages = answer_messages(draft.question, draft.read, numbered)
        wanted = schema(form, list(numbered or ()), verdict=is_yes_no(draft.question))
        with closing(
            self._reply(messages, wanted, draft.budget, lambda: reader.finished)
        ) as pieces:
            try:
                for piece in pieces:
                    for finished in reader.feed(piece):
                        # A model that says that nothing answers states nothing.
                        if reader.answerable is not False and not _echoes(draft, finished.text):
                            yield from draft.grounding.check(finished)
            except WriterReplyError:
                if not reader.finished:  # else the stream broke after all that matters
                    raise
        reader.end()

    def _reply(
        self,
        messages: list[dict[str, str]],
        schema: dict[str, Any] | None,
        budget: Budget,
        is_good: Callable[[], bool],
        tools: Sequence[dict[str, Any]] = (),
        enough: Callable[[], bool] = lambda: False,
    ) -> Generator[str]:
        """The reply in pieces, from the cache or from the endpoint; WriterError if it fails.

        It is kept in the cache if ``is_good`` says so once all of it has been read, or as much as
        is ``enough``.
        """
        settings = self._settings
        cache = ReplyCache(settings.llm_cache) if settings.llm_cache else None
        shaped_by = {
            "url": self._endpoint.url,
            "model": self._endpoint.model,
            "messages": messages,
            "schema": schema,
            "temperature": settings.llm_temperature,
            "seed": settings.llm_seed,
            "max_tokens": settings.llm_max_tokens,
            "tools": list(tools),
        }
        kept = cache.get(shaped_by) if cache else None
        if kept is not None:
            budget.cached = True
            yield from (kept[at : at + _PIECE] for at in range(0, len(kept), _PIECE))
            return
        written: list[str] = []
        pieces = self._endpoint.stream(messages, schema, budget, tools)
        why = yield from _collected(pieces, written, enough)
        if why == "length":
            limit = settings.llm_max_tokens
            raise WriterReplyError(f"The model's reply was cut at {limit:,} tokens.")
        reply = "".join(written)
        if cache and is_good() and not self._endpoint.holds_key(reply):
            cache.put(shaped_by, reply)

    def _without(
        self, draft: _Draft, reader: ReplyReader, failure: WriterError | None
    ) -> Iterator[Answer]:
        """What is said where the model stated nothing that may be shown as fact."""
        if failure is None and reader.answerable is False:
            reason = "The language model found no answer in what it read."
            if (found := self._read_instead(draft)) is not None:
                answer, note = found
                yield self._instead(draft, answer, f"{reason} {note}")
                return
        else:
            if failure is not None and self._fallback is None:
                raise failure
            reason = str(failure) if failure else _nothing_left(draft)
            if self._fallback is not None:
                note = f"Answered offline, without the language model: {reason}"
                why = type(failure).__name__ if failure else None
                for answer in self._fallback.answer(draft.question, draft.hits):
                    yield replace(self._instead(draft, answer, note), failure=why)
                return
        yield replace(
            abstention(draft.question, reason, draft.hits, Timings(answering=draft.seconds)),
            engine="writer",
            model=self._endpoint.model,
            unverified=(*draft.unverified, *draft.shown),
            notes=tuple(draft.notes),
            usage=self._usage(draft.budget, draft.grounding),
        )

    def _instead(self, draft: _Draft, answer: Answer, note: str) -> Answer:
        """The fallback's answer, with what became of the model's and a note that says why."""
        return replace(
            answer,
            notes=(*answer.notes, *draft.notes, note),
            unverified=(*draft.unverified, *draft.shown),
            usage=self._usage(draft.budget, draft.grounding),
            timings=replace(answer.timings, answering=draft.seconds),
        )

    def _read_instead(self, draft: _Draft) -> tuple[Answer, str] | None:
        """What the fallback answers where the model finds nothing, and a note; None without it.

        It is not sure, unless the reader is very sure, or the lines settle a yes/no question: a
        small model often says that there is nothing where the lines are plain.
        """
        if self._fallback is None:
            return None
        *_, found = self._fallback.answer(draft.question, draft.hits)
        if found.status != "answered":
            return None
        if found.verdict is not None or (found.confidence or 0.0) >= _VERY_SURE:
            return found, "The reader found this."
        return replace(
            found, status="tentative", verdict=None, short=None
        ), "These lines may answer."

    def _answer(
        self, draft: _Draft, verdict: Verdict | None = None, notes: tuple[str, ...] = ()
    ) -> Answer:
        statements = tuple(draft.shown)
        said = {f" {statement.text} " for statement in statements}
        return Answer(
            question=draft.question,
            # A statement that its own source contradicts is shown as such, and not asserted.
            text=compose_text(_asserted(statements)),
            verdict=verdict,
            statements=statements,
            citations=unique(
                citation for statement in statements for citation in statement.citations
            ),
            status="answered" if _borne_out(statements) and self._sure(draft) else "tentative",
            confidence=self._confidence(draft),
            reason=None,
            # What is said twice, once on good evidence, is not left out.
            unverified=tuple(
                it for it in draft.unverified if not any(f" {it.text} " in text for text in said)
            ),
            notes=notes,
            engine="writer",
            model=self._endpoint.model,
            timings=Timings(answering=draft.seconds, first_statement=draft.first),
            usage=self._usage(draft.budget, draft.grounding),
        )

    def _confidence(self, draft: _Draft) -> float | None:
        """The lower of how likely the best statement is borne out and what it read answers."""
        borne_out = [it.support or 0.0 for it in _asserted(draft.shown)]
        if not borne_out or draft.sure is None:
            return max(borne_out, default=None)
        return min(max(borne_out), draft.sure)

    def _sure(self, draft: _Draft) -> bool:
        """Whether what the model was shown may answer at all, as the reader reads it."""
        return draft.sure is None or draft.sure >= self._thresholds.tentative

    def _verdict(
        self, draft: _Draft, said: Verdict | None, read: Answer | None
    ) -> tuple[Verdict | None, list[str]]:
        """The verdict and notes on it; none where what was shown may not answer.

        The model's, unless the evidence that it cites says the opposite. In ``auto`` the reader's,
        with its line, where the model has none; where they differ, there is none.
        """
        if not is_yes_no(draft.question) or not self._sure(draft):
            return None, []
        notes = []
        if said is not None and self._contradicted(draft, said):
            notes = [f"The model's verdict, {said}, was withheld: its evidence contradicts it."]
            said = None
        if read is None or read.verdict is None or read.verdict == said:
            return said, notes
        self._add(draft, read.statements)
        if said is None:
            return read.verdict, [*notes, f"The verdict, {read.verdict}, is the reader's."]
        return None, [*notes, f"There is no verdict: the model says {said}, "
                      f"the reader {read.verdict}."]  # fmt: skip

    def _added(self, draft: _Draft, read: Answer | None) -> list[str]:
        """Add what the reader answers where the model cites none of its lines; a note on it."""
        if read is None or read.status != "answered":
            return []
        found = _cited_lines(read.statements)
        if not found or found & _cited_lines(_asserted(draft.shown)):
            return []
        self._add(draft, read.statements)
        return ["The model cites other lines than the reader; what the reader found is added."]

    def _add(self, draft: _Draft, statements: Sequence[Statement]) -> None:
        known = {statement.text for statement in draft.shown}
        draft.shown += [it for it in statements if it.text not in known]

    def _contradicted(self, draft: _Draft, said: Verdict) -> bool:
        found = yes_no(
            self._judge,
            draft.question,
            draft.grounding.evidence(_asserted(draft.shown)),
            None,
            coefficients=Coefficients.load(),
            thresholds=self._thresholds,
        )
        return found.verdict is not None and found.verdict != said

    def _usage(self, budget: Budget, grounding: Grounding | None) -> Usage:
        prices = self._settings.llm_price_input, self._settings.llm_price_output
        cost = None
        if any(price is not None for price in prices):
            tokens = budget.input_tokens, budget.output_tokens
            cost = sum(n * (price or 0.0) / 1e6 for n, price in zip(tokens, prices, strict=True))
        return Usage(
            requests=budget.requests,
            input_tokens=budget.input_tokens,
            output_tokens=budget.output_tokens,
            cost=cost,
            rejected_quotes=grounding.counts.rejected if grounding else 0,
            misattributed_quotes=grounding.counts.misattributed if grounding else 0,
            cached=budget.cached,
        )


def _collected(
    pieces: Generator[str, None, str], into: list[str], enough: Callable[[], bool]
) -> Generator[str, None, str]:
    """Pass the pieces on and keep them; returns what the generator returns, or "enough"."""
    with closing(pieces):
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                return str(end.value)
            into.append(piece)
            yield piece
            if enough():
                return "enough"


def _asserted(statements: Sequence[Statement]) -> list[Statement]:
    """The statements that may be read as fact."""
    return [statement for statement in statements if statement.status != "contradicted"]


def _cited_lines(statements: Sequence[Statement]) -> set[tuple[str, int]]:
    """File and number of each line that they cite."""
    return {
        (citation.file, line)
        for statement in statements
        for citation in statement.citations
        for line in range(citation.start_line, citation.end_line + 1)
    }


def _echoes(draft: _Draft, text: str) -> bool:
    """Whether the model states its question."""
    return text.casefold().strip(" .?") == draft.question.casefold().strip(" .?")


def _borne_out(statements: Sequence[Statement]) -> bool:
    """Whether a statement is wholly supported by its quotes; else none of it is sure."""
    return any(statement.status == "supported" for statement in statements)


def _nothing_left(draft: _Draft) -> str:
    if draft.shown:
        return "What it said is contradicted by its own sources."
    if draft.grounding.counts.unsupported:
        return "What it cited does not bear out what it said."
    if draft.unverified:
        return "Nothing that it cited stands in the files."
    return "It stated nothing."


def _told(draft: _Draft) -> list[str]:
    """Notes on what was left out or is shown as contradicted."""
    notes = []
    moved = draft.grounding.counts.misattributed
    if moved:
        whose = "A quote stands" if moved == 1 else f"{moved} quotes stand"
        notes.append(f"{whose} elsewhere than the model said; cited is where the words are.")
    count = draft.grounding.counts.unsupported
    if count:
        whose = "a statement was" if count == 1 else f"{count} statements were"
        notes.append(
            f"Of what the model said, {whose} left out: what it cited does not bear it out."
        )
    return notes


def _usable(written: str, question: str, turns: Sequence[Answer]) -> str:
    """What the model made of the question, if it is one line of words from the conversation."""
    lines = [line.strip() for line in shown(written).strip().strip('"“”').splitlines()]
    lines = [line for line in lines if line]
    if len(lines) != 1 or len(lines[0]) > len(question) + _LONGEST_REWRITE:
        return ""
    line = re.sub(
        r"^(?:the )?(?:standalone |rewritten |last )?question:\s*", "", lines[0], flags=re.I
    )
    told = [question]
    for turn in turns:
        told += [turn.question, turn.rewritten or "", turn.short or ""]
        told += [statement.text for statement in turn.statements]
    known = set(content_stems(" ".join(told)))
    words = content_stems(line)
    return line if words and all(word in known for word in words) else ""
