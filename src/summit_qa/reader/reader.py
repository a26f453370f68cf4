"""The offline answerer: picks, orders and quotes sentences; decides verdict and abstention.

Every statement is a sentence of the corpus, word for word, so its citation cannot be wrong.
What can be wrong is the choice: which sentences answer, whether any does, and what they say to
a yes/no question. The bundled models decide that, by thresholds that come from calibration data.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from summit_qa.documents.citations import Numbering, compose_text, unique
from summit_qa.documents.outline import SEPARATOR
from summit_qa.language.answer_types import DATES, AnswerType, answer_type, holds, missing_reason
from summit_qa.language.asked import Asked, asked
from summit_qa.language.foreign import not_english
from summit_qa.language.lexicon import words
from summit_qa.language.names import missing_from
from summit_qa.language.overviews import overview
from summit_qa.language.questions import is_yes_no
from summit_qa.language.terms import codes, terms
from summit_qa.models.encoding import Encoder
from summit_qa.models.thresholds import Coefficients, Strictness, Thresholds
from summit_qa.reader.dates import dates_told
from summit_qa.reader.disagreement import find_differences
from summit_qa.reader.found import Found, place_of
from summit_qa.reader.narrowing import cut_to, in_order
from summit_qa.reader.overview import answer_overview
from summit_qa.reader.quoting import Quoter, retells
from summit_qa.reader.standing_out import weighed
from summit_qa.reader.verdict import decide
from summit_qa.reader.windows import SentenceWindow, windows_of
from summit_qa.retrieval.fusion import rank_sentences
from summit_qa.types import (
    Answer,
    Disagreement,
    Document,
    Hit,
    Models,
    Outcome,
    ScoredSentence,
    Sentence,
    SpanPrediction,
    Timings,
    Verdict,
    Window,
    WindowReader,
)

MOST_STATEMENTS = 3
SHOWN_WINDOWS = 4  # to a language model; to a question that wants much, all
MOST_TENTATIVE = 3  # lines of which one may answer
MOST_SOURCES = 5  # whose statements are put side by side
_COMPARED = 10  # sentences among which retellings and disagreements are looked for
_ABOUT_IT = 0.65  # of the best relevance: what is less is about something else
_AT_ONCE = 2  # windows: as many as two cores read in one go
_ANSWERS = 0.6  # probability that a window answers, from which
_FAR = 0.5  # of the best relevance is too little to be read once one answers
_HARDLY = 0.05  # of the best relevance is not read at all
_UNNAMED = 0.5  # share of its relevance that what does not hold the question's codes keeps
_NEAREST = 3  # passages shown with an abstention
_WIDE = re.compile(
    r"^\s*(?:why|how\b(?! (?:many|much|long|old|far|often|big|large|tall))|describe|explain|"
    r"compare|list|summari[sz]e|tell me|what (?:are|were|is known|did .* say))\b"
    # Two things are asked about: each has a line of its own.
    r"|\b(?:each|both|respectively|compared|differences?)\b"
    r"|\b(in|at|for|on|of|by|from) \w+ and \1 \w+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was decided about a question before anything is quoted."""

    verdict: Verdict | None
    chosen: tuple[ScoredSentence, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Folder:
    """What a reader may ask of the folder beside the hits.

    ``mentions`` finds texts that hold a name, wherever in the corpus; without it a name is only
    looked for in the hits. ``encoder`` chooses the sentences of an overview; without it they are
    the first. ``passages`` is how many there are: among many, how well something was found counts
    in the confidence.
    """

    mentions: Callable[[str], Sequence[str]] | None = None
    encoder: Encoder | None = None
    passages: int = 0


class Reader:
    """Answers by quoting. Shapes and thresholds: see `Thresholds`.

    Of the ``models`` the ranker orders the sentences of the hits; ``windows`` reads the best of
    them again, with what stands around them, and decides. Without it the ranker reads them alone.
    """

    def __init__(
        self,
        documents: Mapping[str, Document],
        models: Models,
        strictness: Strictness = "balanced",
        numbering: Numbering | None = None,
        folder: Folder = Folder(),
    ) -> None:
        self._documents = documents
        self._ranker = models.ranker
        self._judge = models.judge
        self._thresholds = Thresholds.load(strictness=strictness)
        self._numbering = numbering
        self._folder = folder
        self._standing_out = Coefficients.load().standing_out
        self._windows = models.windows
        self._reading: WindowReader = models.windows or models.ranker

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Answer]:
        """Yield the answer; it is made in one go, so there is one snapshot."""
        began = time.perf_counter()
        numbering = self._numbering or Numbering()
        about = overview(question)
        if about is not None:
            whole = answer_overview(
                question, about, self._documents, self._folder.encoder, numbering
            )
            if whole is not None:
                now = time.perf_counter() - began
                yield replace(whole, timings=Timings(answering=now, first_statement=now))
                return
        wanted = asked(question)
        kind = answer_type(wanted.text)
        ranked = self._ranked(wanted.text, hits, kind)
        ranking = time.perf_counter() - began
        telling = [item for item in ranked if _may_hold(item.sentence, kind)]
        reason = self._reason_to_abstain(question, hits, ranked)
        if reason is None and kind is not None and not telling:
            reason = missing_reason(kind)
        found = self._reread(wanted.text, telling) if reason is None else Found()
        scored = found.scored
        confidence = self._answerability(wanted.text, found, hits) if reason is None else None
        reading = self._read(wanted, found) if reason is None else None
        outcome = self._outcome(reading, confidence)
        if reading is None or outcome == "declined":
            reason = (
                reason or "The files speak of related things, but nothing in them answers this."
            )
            timings = Timings(ranking=ranking, answering=time.perf_counter() - began)
            yield replace(abstention(question, reason, hits, timings), confidence=confidence)
            return
        comparable = self._comparable(scored)
        compared = [item.sentence for item in comparable]
        differences = find_differences(compared, self._judge, self._thresholds.disagreement)
        apart = {
            frozenset((place_of(compared[d.first]), place_of(compared[d.second])))
            for d in differences
        }
        # The statements are cited first, so that the numbers rise as the answer is read.
        quoter = Quoter(self._documents, self._judge, self._thresholds, numbering)
        chosen = reading.chosen
        if outcome == "tentative" and not wanted.by_source:
            read = scored[: len(found.windows)]
            chosen = self._without_retellings(_telling(wanted.text, read))[:MOST_TENTATIVE]
        statements = quoter.statements(wanted, chosen, found, apart)
        disagreements = tuple(
            Disagreement(
                quoter.cite(comparable[difference.first]),
                quoter.cite(comparable[difference.second]),
                difference.probability,
                difference.about,
            )
            for difference in differences[:2]
        )
        paths = [sentence.passage.path for sentence in compared]
        dates = dates_told(question, paths, disagreements, self._documents)
        short = None
        if outcome == "answered":
            short = quoter.short(wanted, statements[0], chosen[0], found)
        now = time.perf_counter() - began
        yield Answer(
            question=question,
            text=compose_text(statements),
            verdict=reading.verdict if outcome == "answered" else None,
            statements=statements,
            citations=unique(
                citation for statement in statements for citation in statement.pointers
            ),
            status=outcome,
            reason=None,
            confidence=confidence,
            short=short,
            disagreements=disagreements,
            notes=(*reading.notes, *dates),
            timings=Timings(ranking=ranking, answering=now, first_statement=now),
        )

    def narrowed(self, question: str, hits: Sequence[Hit]) -> tuple[list[Hit], float | None]:
        """What of the hits is worth reading, best first, and how likely it answers.

        They are the windows that would be read, as hits cut down to these; all hits as they are,
        and no probability, where that cannot be told, as of a question in another language.
        """
        if not hits or overview(question) is not None or not_english(question):
            return list(hits), None
        wanted = asked(question)
        kind = answer_type(wanted.text)
        ranked = self._ranked(wanted.text, hits, kind)
        scored = [item for item in ranked if _may_hold(item.sentence, kind)] or ranked
        found = self._reread(wanted.text, scored)
        windows = in_order(found)
        if self._windows is None:  # the sentences alone were read
            windows = windows_of(scored, self._documents, question=wanted.text)
        if not windows:
            return list(hits), None
        wide = bool(wanted.topic or _WIDE.search(wanted.text))
        shown = windows if wide else windows[:SHOWN_WINDOWS]
        cut = cut_to(shown, hits, self._documents, wide=wide)
        return cut, self._answerability(wanted.text, found, hits)

    def _ranked(
        self, question: str, hits: Sequence[Hit], kind: AnswerType | None
    ) -> Sequence[ScoredSentence]:
        return rank_sentences(
            question, hits, self._documents, self._ranker, lambda it: _may_hold(it, kind)
        )

    def _reason_to_abstain(
        self, question: str, hits: Sequence[Hit], scored: Sequence[ScoredSentence]
    ) -> str | None:
        """Why the corpus cannot answer, in words; None where it may."""
        if foreign := not_english(question):
            return foreign
        if not scored:
            return "Nothing in the files resembles the question."
        missing = missing_from(question, [hit.passage.text for hit in hits])
        if missing and self._folder.mentions:
            missing = [
                name
                for name in missing
                if missing_from(f"about {name}", self._folder.mentions(name))
            ]
        if missing:
            names = " and ".join(f"“{name}”" for name in missing)
            verb = "is" if len(missing) == 1 else "are"
            return f"{names} {verb} not mentioned in the files."
        return None

    def _reread(self, question: str, scored: Sequence[ScoredSentence]) -> Found:
        """Read the best windows; what answers in them comes first, then what was not read."""
        if self._windows is None:
            windows = windows_of(scored, self._documents, alone=True)
            spans = self._reading.spans(question, *_of(windows))
            ranked = tuple(made.around.relevance for made in windows)
            return Found(tuple(scored), tuple(windows), tuple(spans), ranked)
        windows, spans = self._read_on(
            question, windows_of(scored, self._documents, question=question)
        )
        read: list[ScoredSentence] = []
        shares = _shares_of_named(question, windows)
        for made, span, share in zip(windows, spans, shares, strict=True):
            held = made.sentence_at(span.start, span.end)
            read.append(replace(made.around, sentence=held, relevance=share * span.answerable))
        read.sort(key=lambda item: -round(item.relevance, 6))
        least = min((item.relevance for item in read), default=0.0)
        places = {place_of(item.sentence) for item in read}
        rest = [
            replace(item, relevance=min(item.relevance, least))
            for item in scored
            if place_of(item.sentence) not in places
        ]
        relevances = tuple(span.answerable for span in spans)
        return Found((*read, *rest), tuple(windows), tuple(spans), relevances)

    def _read_on(
        self, question: str, windows: Sequence[SentenceWindow]
    ) -> tuple[list[SentenceWindow], list[SpanPrediction]]:
        """The windows that were read, two at a time, and what was read in each.

        Nothing more is read once one answers, where the next is far less relevant to the ranker;
        what has hardly any relevance to it beside the first never is.
        """
        best = windows[0].around.relevance if windows else 0.0
        windows = [each for each in windows if each.around.relevance >= _HARDLY * best]
        read: list[SentenceWindow] = []
        spans: list[SpanPrediction] = []
        for at in range(0, len(windows), _AT_ONCE):
            further = windows[at : at + _AT_ONCE]
            answered = max((span.answerable for span in spans), default=0.0)
            far = further[0].around.relevance <= _FAR * best
            if answered >= _ANSWERS and far:
                break
            spans += self._reading.spans(question, *_of(further))
            read += further
        return read, spans

    def _answerability(self, question: str, found: Found, hits: Sequence[Hit]) -> float:
        """Probability that the windows that were read answer the question at all."""
        read = self._reading.answerability(question, *_of(found.windows))
        return weighed(read, found, hits, self._folder.passages, self._standing_out)

    def _outcome(self, reading: _Reading | None, confidence: float | None) -> Outcome:
        """Whether what was read answers, may answer, or does not.

        A verdict over what may answer is given: how plainly its line speaks was weighed already.
        """
        if reading is None or confidence is None or confidence < self._thresholds.tentative:
            return "declined"
        if confidence >= self._thresholds.answerable or reading.verdict is not None:
            return "answered"
        return "tentative"

    def _read(self, wanted: Asked, found: Found) -> _Reading:
        """Decide the verdict of a yes/no question, and which sentences to quote."""
        question, scored = wanted.text, found.scored
        if wanted.by_source:
            return _Reading(None, self._of_each_source(scored), ())
        if not is_yes_no(question):
            return _Reading(None, self._chosen(wanted, _telling(question, scored)), ())
        decided = decide(question, found, self._judge, self._thresholds)
        if decided.borne is None:
            return _Reading(None, self._chosen(wanted, scored), (decided.note,))
        return _Reading(decided.verdict, (decided.borne,), ())

    def _chosen(
        self, wanted: Asked, scored: Sequence[ScoredSentence]
    ) -> tuple[ScoredSentence, ...]:
        """The sentences to quote for an open question: the best, and others nearly as good."""
        best = scored[0]
        most = MOST_STATEMENTS if wanted.topic or _WIDE.search(wanted.text) else 2
        share = 0.5 if most == MOST_STATEMENTS else 0.8
        floor = max(self._thresholds.relevant, share * best.relevance)
        others = [item for item in scored[1:_COMPARED] if item.relevance >= floor]
        kept = self._without_retellings([best, *others])[:most]
        # The best sentence leads; what follows it in the same file follows it here.
        rest = sorted(
            kept[1:],
            key=lambda item: (
                item.sentence.passage.path != best.sentence.passage.path,
                item.sentence.passage.path,
                item.sentence.span.start,
            ),
        )
        return (kept[0], *rest)

    def _of_each_source(self, scored: Sequence[ScoredSentence]) -> tuple[ScoredSentence, ...]:
        """The best sentence of each file that speaks to the question, also where they agree."""
        floor = max(self._thresholds.relevant, 0.2 * scored[0].relevance)
        best: dict[str, ScoredSentence] = {}
        for item in scored:
            if item is scored[0] or item.relevance >= floor:
                best.setdefault(item.sentence.passage.path, item)
        return tuple(best.values())[:MOST_SOURCES]

    def _comparable(self, scored: Sequence[ScoredSentence]) -> list[ScoredSentence]:
        """The sentences that speak to the question well enough to be held against each other."""
        floor = max(self._thresholds.relevant, _ABOUT_IT * scored[0].relevance)
        return [item for item in scored[:_COMPARED] if item.relevance >= floor] or list(scored[:1])

    def _without_retellings(self, items: Sequence[ScoredSentence]) -> tuple[ScoredSentence, ...]:
        kept: list[ScoredSentence] = []
        for item in items:
            if not any(retells(item.sentence.text, other.sentence.text) for other in kept):
                kept.append(item)
        return tuple(kept)


def _telling(question: str, scored: Sequence[ScoredSentence]) -> Sequence[ScoredSentence]:
    """What can answer by itself: of an open question no bare yes or no, where there is more."""
    if is_yes_no(question):
        return scored
    return [it for it in scored if words(it.sentence.text) not in (["yes"], ["no"])] or scored


def _may_hold(sentence: Sentence, kind: AnswerType | None) -> bool:
    """Whether the sentence holds the type that is asked for, or the heading that it is under.

    A diary, an itinerary and a list of releases give the date once, above what happened.
    """
    if holds(sentence.text, kind):
        return True
    return kind in DATES and holds(sentence.context_text.rsplit(SEPARATOR, 1)[-1], kind)


def _shares_of_named(question: str, windows: Sequence[SentenceWindow]) -> list[float]:
    """1 for each window that holds the codes of the question, or where none holds more; else less.

    A release, a part or an error code is answered by what is said of it, not of its neighbour.
    """
    named = set(codes(question))
    held = [len(named & set(terms(made.window.whole))) if named else 0 for made in windows]
    most = max(held, default=0)
    return [1.0 if count == most else _UNNAMED for count in held]


def _of(made: Sequence[SentenceWindow]) -> tuple[list[Window], list[float]]:
    """The windows, and how relevant the sentence is that each is around."""
    return [each.window for each in made], [each.around.relevance for each in made]


def abstention(question: str, reason: str, hits: Sequence[Hit], timings: Timings) -> Answer:
    """An answer that says why there is none, with the nearest passages."""
    return Answer(
        question=question,
        text="",
        verdict=None,
        statements=(),
        citations=(),
        status="declined",
        reason=reason,
        nearest=tuple(sorted(hits, key=lambda hit: -hit.score)[:_NEAREST]),
        timings=timings,
    )
