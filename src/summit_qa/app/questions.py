"""Questions that a text answers, made of what it says by the rules of question_rules.py.

Whether the folder really answers them is tried elsewhere (folder.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from summit_qa.app import question_rules as rules
from summit_qa.documents.passages import sentences_of
from summit_qa.documents.rows import columns_of
from summit_qa.types import Block, Document, Passage, Span, Verdict

_LONGEST = 90  # characters of a question
_ENOUGH = 3  # questions that make what is said about something needless
_MOST_TOPICS = 12  # names that somebody is asked about
MOST_PASSAGES = 40  # of a document that are looked at
_MOST_CHARACTERS = 4_000_000  # of a document whose words are counted
_NAME = re.compile(
    r"(?<=[a-z,;] )(?:[A-Z][\w’'-]*[a-z]\w*|[A-Z]{2,}\w*)(?: (?:of (?=[A-Z]))?[A-Z][\w’'-]+)*"
)
_NO_NAME = re.compile(
    r"(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October|November|"
    r"December)(?: \d{1,2})?(?:,? \d{4})?|[A-Z][a-z]+day|I|Mr|Mrs|Ms|Dr"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, the shape it has, and where in which file its answer should stand.

    ``expected`` is the short answer that was given when it was tried, and ``sure`` how sure
    (0 to 1) that answer was.
    """

    question: str
    shape: str
    path: str
    span: Span
    verdict: Verdict | None = None
    expected: str = ""
    sure: float = 0.0


def candidates(document: Document, passages: Sequence[Passage]) -> list[Candidate]:
    """Questions that the document seems to answer, at most a few of each shape, in order."""
    kept: dict[str, list[Candidate]] = {}
    seen: set[str] = set()
    for found in _all(document, passages[:MOST_PASSAGES]):
        mine = kept.setdefault(found.shape, [])
        if len(mine) < 3 and len(found.question) <= _LONGEST and found.question not in seen:
            seen.add(found.question)
            mine.append(found)
    return [candidate for group in kept.values() for candidate in group]


def _all(document: Document, passages: Sequence[Passage]) -> Iterator[Candidate]:
    yield from _of_blocks(document)
    yield from _of_rows(document)
    text = document.text[:_MOST_CHARACTERS]
    small = Counter(re.findall(r"\b[a-z]+\b", text))
    inside = Counter(re.findall(r"(?<=[a-z,] )[A-Z]\w+", text))
    topics = names([passage.text for passage in passages])[:_MOST_TOPICS]
    for passage in passages:
        for sentence in sentences_of(passage, document):
            words = " ".join(sentence.text.split())
            found = [
                *rules.of_shortening(words),
                *rules.of_apposition(words),
                *rules.of_counting(words),
            ]
            found += rules.of_saying(words, topics)
            is_small = rules.begins_small(words, small, inside)
            if is_small is not None and (asked := rules.of_sentence(words, is_small)):
                found.append(asked)
            elif (rest := rules.proper(words)) is not None:
                is_small = rest not in words
                if asked := rules.of_sentence(rest, is_small):
                    found.append(asked)
            for shape, question in found:
                verdict: Verdict | None = "yes" if shape == "whether" else None
                yield Candidate(question, shape, document.path, sentence.span, verdict)
    yield from _about(document, passages)


def _of_blocks(document: Document) -> Iterator[Candidate]:
    """Questions that the document itself asks, headings that say how to, and labelled lines."""
    for block in document.blocks:
        if block.end - block.start > 200:
            continue
        words = " ".join(document.text[block.start : block.end].split()).strip("#* ")
        asked = rules.of_label(words) if block.kind in ("item", "paragraph") else None
        if block.kind in ("question", "heading") and (question := rules.asked_in(words)):
            asked = "asked", question
        elif block.kind == "heading" and re.match(r"How to [a-z]", words):
            asked = "how", f"How do I {words.removeprefix('How to ').rstrip('?.')}?"
        if asked is not None:
            yield Candidate(asked[1], asked[0], document.path, _span(document, block))


def _of_rows(document: Document) -> Iterator[Candidate]:
    for block in document.blocks:
        if block.kind != "row" or not block.under:
            continue
        named = [
            (head.strip('"* '), cell.strip('"* '))
            for head, cell in columns_of(document, block) or ()
        ]
        for head, cell in named[1:]:
            if asked := rules.of_cell(head, named[0][1], cell):
                yield Candidate(asked[1], asked[0], document.path, _span(document, block))


def _about(document: Document, passages: Sequence[Passage]) -> Iterator[Candidate]:
    if not passages:
        return
    everywhere = Span(0, len(document.text), 1, len(document.line_starts))
    for found in names([passage.text for passage in passages])[:3]:
        yield Candidate(f"What do the files say about {found}?", "about", document.path, everywhere)


def names(texts: Sequence[str]) -> list[str]:
    """Names in the texts that stand there twice or more, the most frequent first.

    None is part of another; one that mostly has an article, as "the United States", keeps it.
    """
    counts: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    for text in texts:
        for match in _NAME.finditer(text):
            found = re.sub(r"[’']s?$", "", match.group())
            article = text[: match.start()].lower().endswith("the ")
            if article and " " not in found and re.match(r" [a-z]{4}", text[match.end() :]):
                continue  # "the Biden administration" is not about "the Biden"
            if not _NO_NAME.fullmatch(found):
                counts[found] += 1
                articles[found] += article
    kept: list[str] = []
    for found, count in counts.most_common():
        if count > 1 and len(found) <= 40 and not any(found in it or it in found for it in kept):
            kept.append(found)
    return [f"the {found}" if 2 * articles[found] > counts[found] else found for found in kept]


def _span(document: Document, block: Block) -> Span:
    from summit_qa.documents.lines import span_of

    return span_of(document, block.start, block.end)


def alike(one: str, other: str) -> bool:
    """Whether two questions have most of their words in common."""
    first, second = (set(re.findall(r"\w+", it.lower())) for it in (one, other))
    return len(first & second) > 0.7 * len(first | second)


def varied(found: Sequence[Candidate], most: int) -> list[Candidate]:
    """At most ``most`` of them: each shape in turn, and of each shape another file in turn."""
    uses: Counter[str] = Counter()
    files: Counter[str] = Counter()
    # Yes or no is asked seldom, and what is said about something only where there is little else.
    weight: Mapping[str, int] = {"about": 99, "whether": 1, "what": 1, "label": 1}
    left = list({it.question: it for it in reversed(found)}.values())[::-1]
    if sum(it.shape != "about" for it in left) >= _ENOUGH:
        left = [it for it in left if it.shape != "about"]
    chosen: list[Candidate] = []
    while left and len(chosen) < most:
        best = min(
            left,
            key=lambda it: (
                3 * uses[it.shape] + weight.get(it.shape, 0) + files[it.path],
                found.index(it),
            ),
        )
        left.remove(best)
        if any(alike(best.question, it.question) for it in chosen):
            continue
        chosen.append(best)
        uses[best.shape] += 1
        files[best.path] += 1
    return chosen
