"""The chosen sentences as statements: whole, cited, with their retellings; the short answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from summit_qa.documents.citations import Numbering
from summit_qa.documents.outline import shown
from summit_qa.documents.rows import block_at
from summit_qa.language.answer_types import DATES, answer_type, holds
from summit_qa.language.asked import Asked
from summit_qa.language.lexicon import content_stems, numbers
from summit_qa.language.questions import is_yes_no
from summit_qa.language.short_answers import can_be_short
from summit_qa.models.thresholds import Thresholds
from summit_qa.reader.disagreement import shared_share
from summit_qa.reader.found import Found, place_of
from summit_qa.reader.wholes import Whole, dated_whole, whole_of
from summit_qa.types import Citation, Document, ScoredSentence, Statement, SupportJudge

_RETOLD = 20  # sentences among which retellings are looked for
_MOST_FURTHER = 4
_RIVAL = 0.6  # of how sure the short answer is: who says something else as surely forbids it
_MOST_MARKED = 0.8  # of a sentence: more than that is the sentence itself
_MEASURED = (
    r"(?:many|much|long|old|far|often|soon|fast|quickly|hot|warm|cold|high|low|deep|wide|tall|big"
    r"|large|heavy|thick|late|early|steep|strong)"
)
_SHORT_KINDS = re.compile(
    rf"\b(?:who|whom|whose|when|where|which|what|how {_MEASURED})\b", re.IGNORECASE
)
_NEVER_SHORT = re.compile(rf"\s*(?:why|how\b(?! {_MEASURED}\b))", re.IGNORECASE)
_MANY = re.compile(
    r"^\W*(?:list|name|which|what|who)\b(?: (?:are|were)\b| (?:the )?(?:\w+ )?\w+[^s]s\b(?! is\b))"
    r"|\b(?:list|name) (?:all|the|every)\b|\bsteps?\b|\bingredients\b|\beverything\b|^how do I\b"
    r"|^what (?:do|does|must|should|did|can|may)\b.*\b(?:need|bring|include|consist|contain|into"
    r"|pay|do|say)\b",
    re.IGNORECASE,
)


class Quoter:
    """Makes statements of sentences; all of them of one answer."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        judge: SupportJudge,
        thresholds: Thresholds,
        numbering: Numbering,
    ) -> None:
        self._documents = documents
        self._judge = judge
        self._thresholds = thresholds
        self._numbering = numbering

    def cite(self, item: ScoredSentence) -> Citation:
        """The citation of a sentence."""
        span = item.sentence.span
        document = self._documents[item.sentence.passage.path]
        return self._numbering.cite(document, span.start, span.end)

    def statements(
        self,
        wanted: Asked,
        chosen: Sequence[ScoredSentence],
        found: Found,
        apart: set[frozenset[tuple[str, int]]],
    ) -> tuple[Statement, ...]:
        """The sentences as statements, each whole and with the other places that retell it.

        ``apart`` are pairs of places that disagree: neither retells the other.
        """
        wide = _MANY.search(wanted.text) is not None
        kept: list[tuple[ScoredSentence, Whole]] = []
        for item in chosen:
            document = self._documents[item.sentence.passage.path]
            runs = found.read_with(item.sentence, self._thresholds.span)
            whole = whole_of(item.sentence, document, wide=wide, runs=runs)
            whole = self._dated(wanted, item, whole)
            if not any(_overlap(item, whole, *other) for other in kept):
                kept.append((item, whole))
        cited = [
            self._numbering.cite(
                self._documents[item.sentence.passage.path], whole.start, whole.end
            )
            for item, whole in kept
        ]
        further = self._further(kept, cited, found, apart)
        return tuple(
            Statement(
                text=whole.text,
                citations=(_sure(citation),),
                status="supported",
                support=1.0,
                highlight=self._highlight(wanted, item, whole, found),
                further=others,
                under=whole.under,
            )
            for (item, whole), citation, others in zip(kept, cited, further, strict=True)
        )

    def _dated(self, wanted: Asked, item: ScoredSentence, whole: Whole) -> Whole:
        """The whole with the heading that gives the date that is asked for, if it lacks one."""
        kind = answer_type(wanted.text)
        if kind not in DATES or holds(whole.text, kind):
            return whole
        document = self._documents[item.sentence.passage.path]
        at = block_at(document, item.sentence.span.start)
        above = document.blocks[at].under[-1:] if at is not None else ()
        for heading in (document.blocks[place] for place in above):
            words = document.text[heading.start : heading.end]
            if heading.kind == "heading" and holds(words, kind):
                return dated_whole(whole, heading, document)
        return whole

    def short(
        self, wanted: Asked, statement: Statement, item: ScoredSentence, found: Found
    ) -> str | None:
        """The answer in a few words, such as a date or a name, where it is sure."""
        question = wanted.text
        if not statement.highlight or is_yes_no(question) or not _SHORT_KINDS.search(question):
            return None
        if _NEVER_SHORT.match(question):
            return None
        read = found.answer_in(item.sentence)
        if read is None or read[0].answerable * read[0].confidence < self._thresholds.short:
            return None
        if found.rivals(item.sentence, _RIVAL):
            return None
        ((start, end),) = statement.highlight
        text = statement.text[start:end].strip(" ,;:.")
        return text if can_be_short(text, question, statement.text) else None

    def _further(
        self,
        kept: Sequence[tuple[ScoredSentence, Whole]],
        cited: Sequence[Citation],
        found: Found,
        apart: set[frozenset[tuple[str, int]]],
    ) -> list[tuple[Citation, ...]]:
        """For each of those kept, the places that say the same."""
        candidates: list[tuple[int, ScoredSentence]] = []
        for item in found.scored[:_RETOLD]:
            if any(_holds(other, whole, item) for other, whole in kept):
                continue
            for number, (other, _) in enumerate(kept):
                places = frozenset((place_of(item.sentence), place_of(other.sentence)))
                if places not in apart and retells(item.sentence.text, other.sentence.text):
                    candidates.append((number, item))
                    break
        scores = self._judge.score(
            [(item.sentence.text, kept[number][1].text) for number, item in candidates]
        )
        further: list[list[Citation]] = [[] for _ in kept]
        lines = {(citation.file, citation.start_line) for citation in cited}
        for (number, item), score in zip(candidates, scores, strict=True):
            if score[0] >= self._thresholds.supported and score[0] > score[2]:
                citation = self.cite(item)
                line = (citation.file, citation.start_line)
                if line not in lines and len(further[number]) < _MOST_FURTHER:
                    lines.add(line)
                    further[number].append(_sure(citation, float(score[0])))
        return [tuple(each) for each in further]

    def _highlight(
        self, wanted: Asked, item: ScoredSentence, whole: Whole, found: Found
    ) -> tuple[tuple[int, int], ...]:
        """The words that answer, where they are sure enough to be marked and stand there once.

        A topic has no such words: all that is said about it answers.
        """
        if wanted.topic or wanted.by_source or is_yes_no(wanted.text):
            return ()
        read = found.answer_in(item.sentence)
        if read is None or read[0].answerable < self._thresholds.answerable:
            return ()
        words = shown(read[1])
        if not 0 < len(words) < _MOST_MARKED * len(shown(item.sentence.text)):
            return ()
        at = whole.text.find(words, max(0, whole.text.find(shown(item.sentence.text))))
        return ((at, at + len(words)),) if at >= 0 else ()


def retells(one: str, two: str) -> bool:
    """Whether two sentences say nearly the same, by their words; numbers must not differ."""
    left, right = frozenset(content_stems(one)), frozenset(content_stems(two))
    if shared_share(left, right) < 0.55:
        return False
    figures = numbers(one), numbers(two)
    return not (figures[0] and figures[1] and not figures[0] & figures[1])


def _holds(other: ScoredSentence, whole: Whole, item: ScoredSentence) -> bool:
    span = item.sentence.span
    same = other.sentence.passage.path == item.sentence.passage.path
    return same and whole.start < span.end and span.start < whole.end


def _overlap(item: ScoredSentence, whole: Whole, other: ScoredSentence, other_whole: Whole) -> bool:
    same = item.sentence.passage.path == other.sentence.passage.path
    return same and whole.start < other_whole.end and other_whole.start < whole.end


def _sure(citation: Citation, support: float = 1.0) -> Citation:
    return replace(citation, support=support)
