"""Questions that a text answers, made from its own sentences by rules of English word order.

Each rule turns a statement into the question it answers without changing a word's form, so that
what comes out is English. Whether the folder really answers them is tried elsewhere (folder.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from summit_qa.documents.passages import sentences_of
from summit_qa.types import Block, Document, Passage, Span, Verdict

_LONGEST = 90  # characters of a question
_MOST_PASSAGES = 40  # of a document that are looked at
_NAME = re.compile(
    r"(?<=[a-z,;] )(?:[A-Z][\w’'-]*[a-z]\w*|[A-Z]{2,}\w*)(?: (?:of (?=[A-Z]))?[A-Z][\w’'-]+)*"
)
# What a sentence may begin with and still be understood without the one before.
_SUBJECT = (
    r"(?!(?:He|She|It|They|We|You|I|This|That|These|Those|There|Here|What|Who|Which|When|Where|"
    r"How|Why|If|His|Her|Its|Their|Our|My|Your|Such|Both|Some|Another|Other|Also|Yet|And|But|Or|"
    r"So|No|Not|None|Nobody|Nothing|Everybody|Everyone|Anyone|Someone|As|In|On|At|For|With|By|To|From|After|Before|While|Since|Although|However|Then|Now)\b)"
    r"(?P<subject>[A-Z][\w’'-]*(?: [\w’'-]+){0,6}?"
    r"(?:(?:, [A-Z][\w’'-]*(?: [A-Z][\w’'-]*)?){0,3},? and [A-Z][\w’'-]*(?: [A-Z][\w’'-]*)?)?)"
)
_LEANING = re.compile(
    r"\b(?:he|she|it|they|we|i|his|her|its|their|them|him|our|my|this|that|these|those|such|also|"
    r"here|above|below|latter|former)\b",
    re.IGNORECASE,
)
_REST = r"(?P<rest>[^,;:()\"“”|?!]{8,75}?)"
_ALWAYS_SMALL = frozenset(("The", "A", "An", "All", "Every", "Each", "Most", "Many", "Several"))
# Heads of columns that are no nouns: "the before of the corner" is not asked.
_NO_NOUN = frozenset(("before", "after", "from", "to", "until", "since", "first", "last", "new"))
_DATE = (
    r"(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|December)(?: \d{1,2})?(?:,? \d{4})?|(?:1[5-9]|20)\d\d"
)
_DONE_BY = (
    "hosted|signed|founded|wrote|designed|opened|won|led|chaired|attended|announced|proposed|"
    "invented|discovered|painted|composed|built|appointed|visited|bought|sold|paid|booked|"
    "approved|presented|moved|seconded|directed|edited|taught|owns|leads|manages|chairs|runs|keeps"
)
# What a verb of saying or doing is after "did" or "does".
_BASE = {
    "said": "say", "announced": "announce", "decided": "decide", "proposed": "propose",
    "promised": "promise", "warned": "warn about", "agreed to": "agree to", "agreed on": "agree on",
    "agreed that": "agree on", "recommends": "recommend", "requires": "require",
    "aims to": "aim to do", "plans to": "plan to do", "wants to": "want to do",
    "hopes to": "hope to do", "intends to": "intend to do", "aim to": "aim to do",
    "plan to": "plan to do", "want to": "want to do", "hope to": "hope to do",
}  # fmt: skip
_PARTICIPLE = (
    r"(?:\w{3,}ed|built|held|made|born|sold|bought|written|found|founded|sent|given|taken|begun)"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, the shape it has, and where in which file its answer should stand."""

    question: str
    shape: str
    path: str
    span: Span
    verdict: Verdict | None = None


def _who(found: re.Match[str], subject: str) -> str:
    return f"Who {found['verb']} {found['rest']}?"


def _when(found: re.Match[str], subject: str) -> str:
    return f"When {found['aux']} {subject} {found['verb']}?"


def _where(found: re.Match[str], subject: str) -> str:
    return f"Where {found['aux']} {subject} {found['verb']}?"


def _why(found: re.Match[str], subject: str) -> str:
    return f"Why {found['aux']} {subject} {found['rest']}?"


def _whether(found: re.Match[str], subject: str) -> str:
    return f"{found['aux'].capitalize()} {subject} {found['rest']}?"


def _what(found: re.Match[str], subject: str) -> str:
    return f"What {found['aux']} {subject}?"


def _what_did(found: re.Match[str], subject: str) -> str:
    verb = found["verb"]
    helper = "do" if verb in ("aim to", "plan to", "want to", "hope to") else "did"
    helper = "does" if re.match(r"\w+s\b", verb) else helper
    return f"What {helper} {subject} {_BASE[verb]}?"


def _by_whom(found: re.Match[str], subject: str) -> str:
    return f"Who {found['verb']} {subject}?"


def _how_many(found: re.Match[str], subject: str) -> str:
    verb = {"has": "have", "had": "have", "have": "have"}.get(found["verb"])
    helper = "did" if found["verb"] == "had" else "do" if found["verb"] == "have" else "does"
    return f"How many {found['what']} {helper} {subject} {verb or found['verb'].removesuffix('s')}?"


def _how_much(found: re.Match[str], subject: str) -> str:
    helper = "does" if found["verb"].endswith("s") else "do"
    return f"How much {helper} {subject} cost?"


_RULES = (
    ("why", re.compile(rf"{_SUBJECT} (?P<aux>is|are|was|were) {_REST},? because "), _why),
    (
        "when",
        re.compile(
            rf"{_SUBJECT} (?P<aux>was|were) (?P<verb>{_PARTICIPLE}) (?:\w+ ){{0,4}}?"
            rf"(?:in|on|since) (?:{_DATE})\b"
        ),
        _when,
    ),
    (
        "how many",
        re.compile(
            rf"{_SUBJECT} (?P<verb>has|have|had|contains|holds|employs|seats|includes) "
            r"(?:about |some |over |more than )?(?:\d[\d,.]*|two|three|four|five|six|seven|eight|"
            r"nine|ten|twelve) (?P<what>(?:[a-z]+ )?[a-z]+s)\b"
        ),
        _how_many,
    ),
    (
        "how much",
        re.compile(rf"{_SUBJECT} (?P<verb>costs?) (?:about )?(?:[€$£]\s?\d|\d[\d.,]* ?[A-Z€$£])"),
        _how_much,
    ),
    (
        "where",
        re.compile(
            rf"{_SUBJECT} (?P<aux>is|are|was|were) (?P<verb>located|held|based|kept|stored|born|"
            r"buried|stationed|parked) (?:in|at|on|under|behind) "
        ),
        _where,
    ),
    (
        "who",
        re.compile(
            rf"(?:[A-Z][\w’'-]+ ){{1,4}}(?P<verb>{_DONE_BY}) {_REST}"
            rf"(?: (?:in|on) (?:{_DATE}))?(?:\.$|, )"
        ),
        _who,
    ),
    (
        "by whom",
        re.compile(
            rf"{_SUBJECT},? (?:which )?(?:(?:is|was|were|are|has been|have been) )?"
            r"(?P<verb>\w{3,}ed) by (?:the |[A-Z])"
        ),
        _by_whom,
    ),
    (
        "what did",
        re.compile(rf"{_SUBJECT} (?P<verb>{'|'.join(map(re.escape, _BASE))})\b(?! to\b)"),
        _what_did,
    ),
    ("what", re.compile(rf"{_SUBJECT} (?P<aux>is|are) (?:an?|the) (?=[a-z])"), _what),
    (
        "whether",
        re.compile(
            rf"{_SUBJECT} (?P<aux>is|are|was|were|will|can|must|should) (?!not\b){_REST}(?:\.$|, )"
        ),
        _whether,
    ),
)  # fmt: skip


def candidates(document: Document, passages: Sequence[Passage]) -> list[Candidate]:
    """Questions that the document seems to answer, at most a few of each shape, in order."""
    kept: dict[str, list[Candidate]] = {}
    seen: set[str] = set()
    for found in _all(document, passages[:_MOST_PASSAGES]):
        mine = kept.setdefault(found.shape, [])
        if len(mine) < 3 and len(found.question) <= _LONGEST and found.question not in seen:
            seen.add(found.question)
            mine.append(found)
    return [candidate for group in kept.values() for candidate in group]


def _all(document: Document, passages: Sequence[Passage]) -> Iterator[Candidate]:
    yield from _asked_there(document)
    yield from _of_rows(document)
    small = frozenset(re.findall(r"\b[a-z]+\b", document.text))
    inside = frozenset(re.findall(r"(?<=[a-z,] )[A-Z]\w+", document.text))
    for passage in passages:
        for sentence in sentences_of(passage, document):
            words = " ".join(sentence.text.split())
            begins_small = _begins_small(words, small, inside)
            if begins_small is not None:
                yield from _of_sentence(document.path, sentence.span, words, begins_small)
    yield from _about(document, passages)


def _begins_small(words: str, small: frozenset[str], inside: frozenset[str]) -> bool | None:
    """Whether the first word is no name, and has a capital only here; None where one cannot know.

    A word that has its capital inside sentences too is a name; one that the text also writes
    small is none.
    """
    first, _, others = words.partition(" ")
    if first in _ALWAYS_SMALL:
        return True
    if first in inside or others[:1].isupper():
        return False
    return True if first.lower() in small else None


def _of_sentence(path: str, span: Span, words: str, begins_small: bool) -> Iterator[Candidate]:
    if not 25 <= len(words) <= 260:
        return
    for shape, rule, make in _RULES:
        found = rule.match(words)
        if found is None:
            continue
        subject = found.groupdict().get("subject") or ""
        question = make(found, subject[:1].lower() + subject[1:] if begins_small else subject)
        if _LEANING.search(question) or question.count(" ") < 2:
            continue
        yield Candidate(question, shape, path, span, "yes" if shape == "whether" else None)
        return


def _asked_there(document: Document) -> Iterator[Candidate]:
    """Questions that the document itself asks and answers, and headings that say how to."""
    for block in document.blocks:
        words = " ".join(document.text[block.start : block.end].split()).strip("#* ")
        if block.kind == "question" and words.endswith("?") and 3 <= words.count(" ") <= 15:
            yield Candidate(words, "asked", document.path, _span(document, block))
        elif block.kind == "heading" and re.match(r"How to \w", words):
            asked = f"How do I {words.removeprefix('How to ').rstrip('?.')}?"
            yield Candidate(asked, "how", document.path, _span(document, block))


def _of_rows(document: Document) -> Iterator[Candidate]:
    """A cell of a table, asked for by its column and the first cell of its row."""
    for block in document.blocks:
        if block.kind != "row" or not block.under:
            continue
        over = document.blocks[block.under[-1]]
        if over.kind != "header":
            continue
        heads, cells = _cells(document, over), _cells(document, block)
        if len(heads) != len(cells) or len(cells) < 2 or not re.match(r"[A-Za-z]", cells[0]):
            continue
        if not 2 <= len(cells[0]) <= 40 or cells[0].count(" ") > 5:
            continue
        for head, cell in zip(heads[1:], cells[1:], strict=True):
            if cell and len(cell) <= 40 and _is_noun(head):
                asked = f"What is the {head.lower().replace('_', ' ')} of {cells[0]}?"
                yield Candidate(asked, "cell", document.path, _span(document, block))


def _is_noun(head: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][\w -]{2,24}", head)) and head.lower() not in _NO_NOUN


def _cells(document: Document, block: Block) -> list[str]:
    row = document.text[block.start : block.end].strip().strip("|")
    mark = next((mark for mark in ("|", "\t", ";", ",") if mark in row), None)
    return [cell.strip(' "*') for cell in row.split(mark)] if mark else []


def _about(document: Document, passages: Sequence[Passage]) -> Iterator[Candidate]:
    if not passages:
        return
    everywhere = Span(0, len(document.text), 1, len(document.line_starts))
    for found in names([passage.text for passage in passages])[:3]:
        yield Candidate(f"What is said about {found}?", "about", document.path, everywhere)


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
            if not re.fullmatch(_DATE + r"|[A-Z][a-z]+day|I|Mr|Mrs|Ms|Dr", found):
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


def _alike(one: str, other: str) -> bool:
    """Whether two questions have most of their words in common."""
    first, second = set(one.lower().split()), set(other.lower().split())
    return len(first & second) > 0.7 * len(first | second)


def varied(found: Sequence[Candidate], most: int) -> list[Candidate]:
    """At most ``most`` of them: each shape in turn, and of each shape another file in turn."""
    uses: Counter[str] = Counter()
    files: Counter[str] = Counter()
    # Yes or no, and what is said about something, are asked last.
    weight: Mapping[str, int] = {"about": 9, "whether": 1, "what": 1}
    left = list({it.question: it for it in reversed(found)}.values())[::-1]
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
        if any(_alike(best.question, it.question) for it in chosen):
            continue
        chosen.append(best)
        uses[best.shape] += 1
        files[best.path] += 1
    return chosen
