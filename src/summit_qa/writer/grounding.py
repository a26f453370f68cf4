"""Holds what a language model says against the files: code finds each quote, or it is thrown away.

A statement stands on sentences that were shown under the numbers it names, or on quotes that stand
in the passages, letter for letter. Its text is then judged against the cited sentences and lines.
Nothing the model says about places counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from summit_qa.documents.citations import Numbering, locate
from summit_qa.documents.lines import span_of
from summit_qa.documents.outline import shown
from summit_qa.documents.passages import sentences_of
from summit_qa.documents.sentences import sentence_spans
from summit_qa.language.lexicon import content_stems, numbers
from summit_qa.models.thresholds import Thresholds
from summit_qa.types import (
    Citation,
    Document,
    Hit,
    Passage,
    Sentence,
    Statement,
    Status,
    SupportJudge,
)
from summit_qa.writer.reply import Draft, DraftQuote

LONGEST_STATEMENT = 600  # characters; more is no statement
MOST_QUOTES = 8  # of one statement
_PARTLY = 0.25  # share of the threshold of support that bears a statement out in part
_PART_WORDS = 2  # words that each part of a quote with an ellipsis must have
_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:…|\.\s?\.\s?\.)\s*\]|…|\.\s?\.\s?\.(?:\s?\.)?)\s*")
_MARKERS = re.compile(
    r"\s*(?:\[\^?\s*(?:(?:source|passage|s|p)\.?\s*)?#?\d{1,3}(?:\s*[,;–-]\s*#?\d{1,3})*\s*\]"
    r"|【[^】]{0,40}】"
    r"|\((?:see\s+)?(?:source|passage)s?\s*#?\d{1,3}(?:(?:\s*,\s*|\s+and\s+)#?\d{1,3})*\s*\))",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\s*[(\[]?(?:see\s+)?[\w./-]+\.(?:txt|md|rst|html?|pdf|csv|json|log):\d+(?:-\d+)?[)\]]?",
    re.IGNORECASE,
)
_NO_FIGURE = r"(?!\d+(?:[.,]\d+)*[.,;:!?)%]*(?:\s|$))"  # "Total:12.50" is no address
_ADDRESS = re.compile(
    rf"(?:\b[a-z][a-z0-9+.-]{{1,20}}:{_NO_FIGURE}/{{0,2}}[^\s/]+\.[^\s]{{2,}}"
    r"|\b[a-z][a-z0-9+.-]{1,20}://\S+"
    rf"|\bwww\.[^\s]+|\b(?:mailto|javascript|data):{_NO_FIGURE}\S+|\b[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|example|test|ru|cn|info|biz|xyz|co)\b(?:/\S*)?"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?(?:/\S*)?|//[\w-]+\.[\w./-]+)",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:it|its|he|his|she|her|they|their|this|that|these|those|there|then|both|but|and|or|so)\b",
    re.IGNORECASE,
)
REMOVED_ADDRESS = "(address removed)"
REMOVED_KEY = "(key removed)"


@dataclass(slots=True)
class Counts:
    """What was wrong with what the statements rest on."""

    rejected: int = 0  # quotes that stand in no passage, numbers that no sentence has
    misattributed: int = 0  # quotes and sentences that stand elsewhere than the model said
    unsupported: int = 0  # statements whose quotes are real but do not bear them out


@dataclass(frozen=True, slots=True)
class _Judged:
    """A text, what the places that it cites say to it together, and the support of each."""

    text: str
    status: Status
    support: float
    found: Sequence[tuple[Passage, int, int]]
    each: Sequence[float]


class Grounding:
    """Checks the statements of one reply against the hits that the model was shown."""

    def __init__(
        self,
        hits: Sequence[Hit],
        documents: Mapping[str, Document],
        judge: SupportJudge,
        thresholds: Thresholds,
        numbering: Numbering,
        key: str = "",
    ) -> None:
        """``key`` is a secret that no text may hold, whoever put it there."""
        self._passages = [hit.passage for hit in hits]
        self._documents = documents
        self._judge = judge
        self._thresholds = thresholds
        self._numbering = numbering
        self._key = key
        self.counts = Counts()
        self.sentences: dict[str, Sentence] = {
            f"{number}.{at}": sentence
            for number, passage in enumerate(self._passages, 1)
            if passage.path in documents
            for at, sentence in enumerate(sentences_of(passage, documents[passage.path]), 1)
        }

    def check(self, draft: Draft) -> list[Statement]:
        """The draft as a statement; one without a quote that was found is unverified.

        Models join what they say: a draft that is not borne out as a whole becomes a statement
        for each of its sentences, where one of these is.
        """
        found: list[tuple[Passage, int, int]] = []
        self.counts.rejected += len(draft.quotes[MOST_QUOTES:]) + len(draft.cites[MOST_QUOTES:])
        for quote in draft.quotes[:MOST_QUOTES]:
            found += self._find(quote)
        for number in draft.cites[:MOST_QUOTES]:
            found += self._numbered(number)
        text, clean = self._cleaned(draft.text, [p.text[a:b] for p, a, b in found])
        if not found or not clean or not text:
            return [Statement(text, (), "unverified")]
        judged = [self._judged(text, self._place(text, draft, found))]
        parts = [] if judged[0].status == "supported" else _parts(text)
        if len(parts) > 1:
            apart = [self._judged(part, self._place(part, draft, found)) for part in parts]
            if any(part.status == "supported" for part in apart):
                judged = [self._of_its_own(part) for part in apart]
        return [self._stated(one) for one in judged]

    def _place(
        self, text: str, draft: Draft, found: Sequence[tuple[Passage, int, int]]
    ) -> Sequence[tuple[Passage, int, int]]:
        """What the text stands on: what was named, or the one sentence of which it is a copy.

        Small models copy a sentence rightly and give the number of its neighbour.
        """
        said = _plain(text)
        for number, sentence in () if draft.quotes else self.sentences.items():
            if said == _plain(sentence.text) and _says_something(sentence.text):
                own = self._numbered(number)
                self.counts.misattributed += own[0] not in found
                return own
        return found

    def _of_its_own(self, part: _Judged) -> _Judged:
        """A part with the citations that bear it out; with all, where none does alone."""
        bar = _PARTLY * self._thresholds.supported
        kept = [at for at, support in enumerate(part.each) if support >= bar]
        if not kept:
            return part
        return replace(
            part, found=[part.found[at] for at in kept], each=[part.each[at] for at in kept]
        )

    def _stated(self, judged: _Judged) -> Statement:
        if judged.status == "unverified":
            self.counts.unsupported += 1
            return Statement(judged.text, (), "unverified", judged.support)
        # Numbers are given to what is shown only, so that they run without gaps.
        citations = tuple(
            replace(
                self._numbering.cite(
                    self._documents[passage.path],
                    passage.span.start + start,
                    passage.span.start + end,
                ),
                support=of_it,
            )
            for (passage, start, end), of_it in zip(judged.found, judged.each, strict=True)
        )
        return Statement(judged.text, _distinct(citations), judged.status, judged.support)

    def evidence(self, statements: Sequence[Statement]) -> list[str]:
        """The sentences that the statements cite, each once."""
        texts = [
            self._sentences(passage, citation.start_char, citation.end_char)
            for statement in statements
            for citation in statement.citations
            for passage in self._passages
            if passage.path == citation.file
            and passage.span.start <= citation.start_char
            and citation.end_char <= passage.span.end
        ]
        return list(dict.fromkeys(texts))

    def _find(self, quote: DraftQuote) -> list[tuple[Passage, int, int]]:
        """Where the quote stands: in the passage that it names, else in the first that has it."""
        longest = max(len(passage.text) for passage in self._passages)
        if len(quote.quote) <= 2 * longest and _says_something(quote.quote):
            named = self._passages[quote.source - 1 : quote.source] if quote.source > 0 else []
            for passage in [*named, *self._passages]:
                places = _places(quote.quote, passage.text)
                if places:
                    self.counts.misattributed += passage not in named
                    return [(passage, start, end) for start, end in places]
        self.counts.rejected += 1
        return []

    def _numbered(self, number: str) -> list[tuple[Passage, int, int]]:
        """The sentence that was shown under the number; empty where none was."""
        sentence = self.sentences.get(number)
        if sentence is None or not _says_something(sentence.text):
            self.counts.rejected += 1
            return []
        passage = sentence.passage
        start, end = (
            sentence.span.start - passage.span.start,
            sentence.span.end - passage.span.start,
        )
        return [(passage, start, end)]

    def _cleaned(self, text: str, quotes: Sequence[str]) -> tuple[str, bool]:
        """The text on one line without false marks; False where it may not be shown as true."""
        visible = "".join(
            " " if character.isspace() or unicodedata.category(character) == "Cc" else character
            for character in text
            if unicodedata.category(character) not in ("Cf", "Cs", "Co")
        )
        visible = " ".join(visible.split())
        clean = len(visible) <= 2 * LONGEST_STATEMENT
        visible = visible[: 2 * LONGEST_STATEMENT]
        # Only code gives citations: what looks like one was made up, or copied from a passage.
        visible = " ".join(_PLACE.sub("", _MARKERS.sub("", visible)).split())
        clean = clean and len(visible) <= LONGEST_STATEMENT
        if self._key and self._key in visible:
            visible, clean = visible.replace(self._key, REMOVED_KEY), False
        quoted = " ".join(quotes)
        for address in _ADDRESS.findall(visible):
            if address.rstrip(".,;:)") not in quoted:
                visible, clean = visible.replace(address, REMOVED_ADDRESS), False
        return visible[:LONGEST_STATEMENT], clean

    def _judged(self, text: str, found: Sequence[tuple[Passage, int, int]]) -> _Judged:
        """What the cited sentences, and where they are silent their lines, say to the text."""
        sentences = [
            self._sentences(passage, passage.span.start + start, passage.span.start + end)
            for passage, start, end in found
        ]
        joined = " ".join(dict.fromkeys(sentences))
        scores = self._judge.score([(evidence, text) for evidence in [*sentences, joined]])
        each = [float(row[0]) for row in scores[:-1]]
        support, against = float(scores[:, 0].max()), float(scores[:, 2].max())
        if support < self._thresholds.supported and against < self._thresholds.contradicted:
            lines = [self._lines(passage, start, end) for passage, start, end in found]
            wider = self._judge.score([(line, text) for line in dict.fromkeys(lines)])
            support = max(support, float(wider[:, 0].max()))
        status: Status = "unverified"
        if support >= self._thresholds.supported and support >= against:
            status = "supported"
        elif against >= self._thresholds.contradicted:
            status = "contradicted"
        elif support >= _PARTLY * self._thresholds.supported or _repeats(text, joined):
            status = "partly"
        return _Judged(text, status, support, found, each)

    def _sentences(self, passage: Passage, start: int, end: int) -> str:
        """The whole sentences of the passage that the characters of its document touch."""
        document = self._documents[passage.path]
        touched = [
            sentence.span
            for sentence in sentences_of(passage, document)
            if sentence.span.start < end and start < sentence.span.end
        ]
        if not touched:
            return document.text[start:end]
        return " ".join(document.text[touched[0].start : touched[-1].end].split())

    def _lines(self, passage: Passage, start: int, end: int) -> str:
        """The cited lines, as far as they are of the passage: others are not shown."""
        document, span = self._documents[passage.path], passage.span
        cited = span_of(document, span.start + start, span.start + end)
        first = document.line_starts[cited.start_line - 1]
        after = (*document.line_starts, len(document.text))[cited.end_line]
        return " ".join(document.text[max(first, span.start) : min(after, span.end)].split())


def _places(quote: str, text: str) -> list[tuple[int, int]]:
    """Where a quote stands; of one with ellipses, the place of each part, in order.

    The parts are found one by one and cited one by one: nothing is filled in.
    """
    whole = locate(quote, text)
    if whole:
        return whole[:1]
    parts = [part for part in _ELLIPSIS.split(" ".join(quote.split())) if part]
    if len(parts) < 2 and not _ELLIPSIS.search(quote):
        return []
    found: list[tuple[int, int]] = []
    after = 0
    for part in parts:
        if len(part.split()) < _PART_WORDS:
            return []
        place = next((place for place in locate(part, text) if place[0] >= after), None)
        if place is None:
            return []
        found.append(place)
        after = place[1]
    return found


def _plain(text: str) -> str:
    """A sentence on one line, without the marks of emphasis around it and its last stop."""
    return shown(text).strip(" .*_").casefold()


def _says_something(quote: str) -> bool:
    """Whether a quote holds a word or number that carries meaning."""
    return bool(content_stems(quote))


def _parts(text: str) -> list[str]:
    """The sentences of a statement; one that leans on the one before stays with it."""
    parts: list[str] = []
    for start, end in sentence_spans(text):
        if parts and _LEANS.match(text, start):
            parts[-1] = f"{parts[-1]} {text[start:end]}"
        else:
            parts.append(text[start:end])
    return parts


def _repeats(text: str, evidence: str) -> bool:
    """Whether the text says what it says in the words and numbers of the evidence."""
    said = set(content_stems(text))
    held = set(content_stems(evidence))
    return bool(said) and len(said & held) >= 0.8 * len(said) and numbers(text) <= numbers(evidence)


def _distinct(citations: Sequence[Citation]) -> tuple[Citation, ...]:
    def each() -> Iterator[Citation]:
        seen = set()
        for citation in citations:
            place = (citation.file, citation.span)
            if place not in seen:
                seen.add(place)
                yield citation

    return tuple(each())
