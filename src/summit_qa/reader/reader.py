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
from summit_qa.language.answer_types import answer_type, holds, missing_reason
from summit_qa.language.asked import Asked, asked
from summit_qa.language.foreign import not_english
from summit_qa.language.lexicon import content_stems, numbers
from summit_qa.language.names import missing_from
from summit_qa.language.questions import is_yes_no
from summit_qa.models.support import yes_no
from summit_qa.models.thresholds import Coefficients, Strictness, Thresholds
from summit_qa.reader.disagreement import find_differences, shared_share
from summit_qa.reader.windows import SentenceWindow, windows_of
from summit_qa.retrieval.fusion import rank_sentences
from summit_qa.types import (
    Answer,
    Citation,
    Disagreement,
    Document,
    Hit,
    Outcome,
    ReadingRanker,
    ScoredSentence,
    Sentence,
    SpanPrediction,
    Statement,
    SupportJudge,
    Timings,
    Verdict,
    Window,
    WindowReader,
)

MOST_STATEMENTS = 3
MOST_SOURCES = 5  # whose statements are put side by side
_COMPARED = 10  # sentences among which retellings and disagreements are looked for
_NEAREST = 3  # passages shown with an abstention
_WIDE = re.compile(
    r"^\s*(?:why|how\b(?! (?:many|much|long|old|far|often|big|large|tall))|describe|explain|"
    r"compare|list|summari[sz]e|tell me|what (?:are|were|is known|did .* say))\b",
    re.IGNORECASE,
)
_SHORT_KINDS = re.compile(
    r"\b(?:who|whom|whose|when|where|which|what|how (?:many|much|long|old|far|often))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was decided about a question before anything is quoted."""

    verdict: Verdict | None
    chosen: tuple[ScoredSentence, ...]
    notes: tuple[str, ...]
    sure: bool = False  # whether a sentence speaks for the verdict as plainly as for a claim


@dataclass(frozen=True, slots=True)
class _Found:
    """The sentences in order, the windows that were read, and what was read in each.

    ``relevances`` are probabilities that each window answers.
    """

    scored: tuple[ScoredSentence, ...] = ()
    windows: tuple[SentenceWindow, ...] = ()
    spans: tuple[SpanPrediction, ...] = ()
    relevances: tuple[float, ...] = ()

    def span_in(self, sentence: Sentence) -> SpanPrediction | None:
        """The answer that was read in the sentence, in its own characters; None without any."""
        for made, span in zip(self.windows, self.spans, strict=True):
            if sentence in made.sentences:
                offset = made.offset_of(sentence)
                start, end = span.start - offset, span.end - offset
                if 0 <= start < end <= len(sentence.text):
                    return replace(span, start=start, end=end)
        return None


class Reader:
    """Answers by quoting. Shapes and thresholds: see `Thresholds`.

    ``ranker`` orders the sentences of the hits; ``windows`` reads the best of them again, with
    what stands around them, and decides. Without it a ranker that can read (`WindowReader`) reads
    them alone. ``mentions`` finds texts that hold a name, wherever in the corpus; without it a
    name is only looked for in the hits.
    """

    def __init__(
        self,
        documents: Mapping[str, Document],
        ranker: ReadingRanker,
        judge: SupportJudge,
        strictness: Strictness = "balanced",
        numbering: Numbering | None = None,
        *,
        mentions: Callable[[str], Sequence[str]] | None = None,
        windows: WindowReader | None = None,
    ) -> None:
        self._documents = documents
        self._ranker = ranker
        self._judge = judge
        self._thresholds = Thresholds.load(strictness=strictness)
        self._coefficients = Coefficients.load()
        self._numbering = numbering
        self._mentions = mentions
        self._windows = windows
        self._reading: WindowReader = windows or ranker

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Answer]:
        """Yield the answer; it is made in one go, so there is one snapshot."""
        began = time.perf_counter()
        numbering = self._numbering or Numbering()
        wanted = asked(question)
        kind = answer_type(wanted.text)
        ranked = rank_sentences(
            wanted.text, hits, self._documents, self._ranker, lambda text: holds(text, kind)
        )
        ranking = time.perf_counter() - began
        telling = [item for item in ranked if holds(item.sentence.text, kind)]
        reason = self._reason_to_abstain(question, hits, ranked)
        if reason is None and kind is not None and not telling:
            reason = missing_reason(kind)
        found = self._reread(wanted.text, telling) if reason is None else _Found()
        scored = found.scored
        confidence = self._answerability(wanted.text, found) if reason is None else None
        reading = self._read(wanted, found) if reason is None else None
        outcome = self._outcome(reading, confidence)
        if reading is None or outcome == "declined":
            reason = (
                reason or "The corpus speaks of related things, but nothing in it answers this."
            )
            timings = Timings(ranking=ranking, answering=time.perf_counter() - began)
            yield replace(abstention(question, reason, hits, timings), confidence=confidence)
            return
        comparable = [item.sentence for item in self._comparable(scored)]
        differences = find_differences(comparable, self._judge, self._thresholds.disagreement)
        apart = {
            frozenset((_place(comparable[d.first]), _place(comparable[d.second])))
            for d in differences
        }
        # The statements are cited first, so that the numbers rise as the answer is read.
        statements = self._statements(wanted, reading, found, numbering, apart)
        disagreements = tuple(
            Disagreement(
                self._cite(comparable[difference.first], numbering),
                self._cite(comparable[difference.second], numbering),
                difference.probability,
                difference.about,
            )
            for difference in differences[:2]
        )
        short = None
        if outcome == "answered":
            short = self._short(wanted, statements[0], reading.chosen[0], found)
        now = time.perf_counter() - began
        yield Answer(
            question=question,
            text=compose_text(statements),
            verdict=reading.verdict,
            statements=statements,
            citations=unique(
                citation
                for statement in statements
                for citation in (*statement.citations, *statement.further)
            ),
            status=outcome,
            reason=None,
            confidence=confidence,
            short=short,
            disagreements=disagreements,
            notes=reading.notes,
            timings=Timings(ranking=ranking, answering=now, first_statement=now),
        )

    def _reason_to_abstain(
        self, question: str, hits: Sequence[Hit], scored: Sequence[ScoredSentence]
    ) -> str | None:
        """Why the corpus cannot answer, in words; None where it may."""
        if foreign := not_english(question):
            return foreign
        if not scored:
            return "Nothing in the corpus resembles the question."
        missing = missing_from(question, [hit.passage.text for hit in hits])
        if missing and self._mentions:
            missing = [
                name for name in missing if missing_from(f"about {name}", self._mentions(name))
            ]
        if missing:
            names = " and ".join(f"“{name}”" for name in missing)
            verb = "is" if len(missing) == 1 else "are"
            return f"{names} {verb} not mentioned in the corpus."
        return None

    def _reread(self, question: str, scored: Sequence[ScoredSentence]) -> _Found:
        """Read the best windows; what answers in them comes first, then what was not read."""
        if self._windows is None:
            windows = windows_of(scored, self._documents, alone=True)
            spans = self._reading.spans(question, *_of(windows))
            ranked = tuple(made.around.relevance for made in windows)
            return _Found(tuple(scored), tuple(windows), tuple(spans), ranked)
        windows = windows_of(scored, self._documents)
        spans = self._windows.spans(question, *_of(windows))
        read: list[ScoredSentence] = []
        for made, span in zip(windows, spans, strict=True):
            held = made.around.sentence
            if span.confidence >= self._thresholds.span:
                held = made.sentence_at(span.start, span.end)
            read.append(replace(made.around, sentence=held, relevance=span.answerable))
        read.sort(key=lambda item: -round(item.relevance, 6))
        least = min((item.relevance for item in read), default=0.0)
        places = {_place(item.sentence) for item in read}
        rest = [
            replace(item, relevance=min(item.relevance, least))
            for item in scored
            if _place(item.sentence) not in places
        ]
        relevances = tuple(span.answerable for span in spans)
        return _Found((*read, *rest), tuple(windows), tuple(spans), relevances)

    def _answerability(self, question: str, found: _Found) -> float:
        """Probability that the windows that were read answer the question at all."""
        return self._reading.answerability(question, *_of(found.windows))

    def _outcome(self, reading: _Reading | None, confidence: float | None) -> Outcome:
        """Whether what was read answers, may answer, or does not."""
        if reading is None or confidence is None:
            return "declined"
        if reading.sure or confidence >= self._thresholds.answerable:
            return "answered"
        return "tentative" if confidence >= self._thresholds.tentative else "declined"

    def _read(self, wanted: Asked, found: _Found) -> _Reading:
        """Decide the verdict of a yes/no question, and which sentences to quote."""
        question, scored = wanted.text, found.scored
        if wanted.by_source:
            return _Reading(None, self._of_each_source(scored), ())
        if not is_yes_no(question):
            return _Reading(None, self._chosen(wanted, scored), ())
        result = yes_no(
            self._judge,
            question,
            [made.window.whole for made in found.windows],
            found.relevances,
            coefficients=self._coefficients,
            thresholds=self._thresholds,
        )
        for_it = result.for_yes if result.verdict == "yes" else result.for_no
        borne = None
        if result.verdict is not None and for_it is not None:
            borne = self._bearing(question, found.windows[for_it], result.verdict)
        if borne is None:
            note = "The sources do not settle this with a plain yes or no."
            return _Reading(None, self._chosen(wanted, scored), (note,))
        column = 0 if result.verdict == "yes" else 2
        sure = float(result.scores[:, column].max()) >= self._thresholds.supported
        return _Reading(result.verdict, (borne,), (), sure)

    def _bearing(
        self, question: str, window: SentenceWindow, verdict: Verdict
    ) -> ScoredSentence | None:
        """The sentence of the window that speaks most for the verdict; None where none does."""
        scores = self._judge.score(
            [(Window(it.text, it.context_text).whole, question) for it in window.sentences]
        )
        column, other = (0, 2) if verdict == "yes" else (2, 0)
        best = int(scores[:, column].argmax())
        if scores[best, column] <= scores[best, other]:
            return None
        return replace(window.around, sentence=window.sentences[best])

    def _chosen(
        self, wanted: Asked, scored: Sequence[ScoredSentence]
    ) -> tuple[ScoredSentence, ...]:
        """The sentences to quote for an open question: the best, and others nearly as good."""
        best = scored[0]
        most = MOST_STATEMENTS if wanted.topic or _WIDE.match(wanted.text) else 2
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
        floor = 0.5 * self._thresholds.relevant
        return [item for item in scored[:_COMPARED] if item.relevance >= floor] or list(scored[:1])

    def _without_retellings(self, items: Sequence[ScoredSentence]) -> tuple[ScoredSentence, ...]:
        kept: list[ScoredSentence] = []
        for item in items:
            if not any(_retells(item.sentence.text, other.sentence.text) for other in kept):
                kept.append(item)
        return tuple(kept)

    def _statements(
        self,
        wanted: Asked,
        reading: _Reading,
        found: _Found,
        numbering: Numbering,
        apart: set[frozenset[tuple[str, int]]],
    ) -> tuple[Statement, ...]:
        """The chosen sentences as statements, each with the other places that retell it."""
        texts = [_plain(item.sentence.text) for item in reading.chosen]
        candidates: list[tuple[int, ScoredSentence]] = []
        taken = {item.sentence.span for item in reading.chosen}
        for item in found.scored[: 2 * _COMPARED]:
            for number, chosen in enumerate(reading.chosen):
                if (
                    (item.sentence.span not in taken or item.sentence.passage.path
                     != chosen.sentence.passage.path)
                    and item is not chosen
                    and frozenset((_place(item.sentence), _place(chosen.sentence))) not in apart
                    and _retells(item.sentence.text, chosen.sentence.text)
                ):  # fmt: skip
                    candidates.append((number, item))
                    break
        scores = self._judge.score(
            [(item.sentence.text, texts[number]) for number, item in candidates]
        )
        further: list[list[Citation]] = [[] for _ in texts]
        cited = [self._cite(item.sentence, numbering) for item in reading.chosen]
        lines = {(citation.file, citation.start_line) for citation in cited}
        for (number, item), score in zip(candidates, scores, strict=True):
            if score[0] >= self._thresholds.supported and score[0] > score[2]:
                citation = self._cite(item.sentence, numbering)
                if (citation.file, citation.start_line) not in lines and len(further[number]) < 4:
                    lines.add((citation.file, citation.start_line))
                    further[number].append(replace(citation, support=float(score[0])))
        return tuple(
            Statement(
                text=text,
                citations=(replace(citation, support=1.0),),
                status="supported",
                support=1.0,
                highlight=self._highlight(wanted, item.sentence, found),
                further=tuple(others),
            )
            for text, citation, item, others in zip(
                texts, cited, reading.chosen, further, strict=True
            )
        )

    def _highlight(
        self, wanted: Asked, sentence: Sentence, found: _Found
    ) -> tuple[tuple[int, int], ...]:
        """The words of the sentence that answer, where they are sure enough to be marked.

        A topic has no such words: all that is said about it answers.
        """
        if wanted.topic or wanted.by_source or is_yes_no(wanted.text):
            return ()
        span = found.span_in(sentence)
        if span is None or span.answerable < self._thresholds.answerable:
            return ()
        # White space is collapsed in what is shown; a span begins and ends with a letter.
        start, end = (len(_plain(sentence.text[:at])) for at in (span.start, span.end))
        share = (span.end - span.start) / max(1, len(sentence.text))
        return ((start, end),) if 0 < share < 0.8 else ()

    def _short(
        self, wanted: Asked, statement: Statement, item: ScoredSentence, found: _Found
    ) -> str | None:
        """The answer in a few words, such as a date or a name, where it is sure."""
        question = wanted.text
        if not statement.highlight or is_yes_no(question) or not _SHORT_KINDS.search(question):
            return None
        if re.match(r"\s*(?:why|how\b(?! (?:many|much|long|old|far|often)))", question, re.I):
            return None
        span = found.span_in(item.sentence)
        ((start, end),) = statement.highlight
        text = statement.text[start:end].strip(" ,;:.")
        sure = span is not None and span.confidence >= self._thresholds.span
        return text if sure and len(text.split()) <= 8 else None

    def _cite(self, sentence: Sentence, numbering: Numbering) -> Citation:
        document = self._documents[sentence.passage.path]
        return numbering.cite(document, sentence.span.start, sentence.span.end)


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


def _place(sentence: Sentence) -> tuple[str, int]:
    """What tells a sentence from one that stands at the same characters of another file."""
    return sentence.passage.path, sentence.span.start


def _retells(one: str, two: str) -> bool:
    """Whether two sentences say nearly the same, by their words; numbers must not differ."""
    left, right = frozenset(content_stems(one)), frozenset(content_stems(two))
    if shared_share(left, right) < 0.55:
        return False
    figures = numbers(one), numbers(two)
    return not (figures[0] and figures[1] and not figures[0] & figures[1])


def _plain(text: str) -> str:
    """The sentence with each run of white space, line ends included, as one space."""
    return re.sub(r"\s+", " ", text)
