"""Answers about the folder or a file as a whole: an extract, and what the index can count.

An extract is made of sentences of the files themselves: of each file those whose vectors are
nearest to the mean of all its sentences, early ones before late ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from summit_qa.documents.called import called
from summit_qa.documents.citations import Numbering, compose_text, unique
from summit_qa.documents.outline import blocks_within, shown
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.language.lexicon import STOPWORDS, stem, words
from summit_qa.language.overviews import Overview
from summit_qa.models.encoding import Encoder
from summit_qa.types import Answer, Block, Document, Outcome, Sentence, Statement

_MOST_FILES = 12
_OF_ONE_FILE = 6  # sentences
_LOOKED_AT = 24  # of a file, the first sentences that are long enough
_LENGTHS = range(30, 401)  # characters of a sentence that can stand for a file
_LATER = 0.01  # what a sentence loses in cosine for each one before it
_EXTRACT = "An extract: sentences as they stand in the files, not a summary in new words."
_SAY_NOTHING = STOPWORDS | {"file", "document"}
_PLURAL = re.compile(r"(?<=[^s])s$")


def answer_overview(
    question: str,
    asked: Overview,
    documents: Mapping[str, Document],
    encoder: Encoder | None,
    numbering: Numbering,
) -> Answer | None:
    """The answer; None where the question names no file, so that it asks for something else."""
    match asked.kind:
        case "extract":
            chosen = _named(asked.of, documents) if asked.of else list(documents.values())
            chosen = [document for document in chosen if document.text.strip()]
            if not chosen:
                return None
            return _extract(question, chosen, encoder, numbering)
        case "mention":
            found = list(_mentioning(asked.of, documents))
            about = f"mention{'' if len(found) > 1 else 's'} “{asked.of}”"
        case "dated":
            found = [
                (document, sentence)
                for document in documents.values()
                if _is_of(asked.date, document) and (sentence := _first(document)) is not None
            ]
            about = f"{'are' if len(found) > 1 else 'is'} of that date by its own words or its name"
    return _counted(question, found, len(documents), about, numbering)


def _named(name: str, documents: Mapping[str, Document]) -> list[Document]:
    """The documents that are called so: by path, title, first heading or date in words."""
    wanted = {_singular(word) for word in set(words(name)) - _SAY_NOTHING}
    return [
        document
        for document in documents.values()
        if wanted
        and wanted
        <= {_singular(word) for word in words(f"{called(document)} {_title(document)[0]}")}
    ]


def _singular(word: str) -> str:
    return stem(_PLURAL.sub("", word))


def _extract(
    question: str,
    chosen: Sequence[Document],
    encoder: Encoder | None,
    numbering: Numbering,
) -> Answer:
    """Sentences that stand for the documents, grouped by document under its title."""
    count = _OF_ONE_FILE if len(chosen) == 1 else 2 if len(chosen) <= 4 else 1
    statements = []
    titles = Counter(_title(document)[0] for document in chosen)
    for document in chosen[:_MOST_FILES]:
        title, opening = _title(document)
        if titles[title] > 1:
            title = f"{title} ({document.path})"
        for sentence in _standing_for(document, count, encoder, opening):
            places = [(sentence.span.start, sentence.span.end)]
            if opening is not None:  # the title's own line, once
                places.insert(0, (opening.start, opening.end))
                opening = None
            cited = [
                replace(numbering.cite(document, start, end), support=1.0) for start, end in places
            ]
            text = shown(sentence.text)
            statements.append(Statement(text, tuple(cited), "supported", 1.0, under=title))
    notes = [_EXTRACT]
    if len(chosen) > _MOST_FILES:
        notes.append(f"Of {len(chosen):,} files, the first {_MOST_FILES} by name are shown.")
    return _answer(question, statements, notes)


def _title(document: Document) -> tuple[str, Block | None]:
    """What to call the document, and the title or first heading in its text, if there is one."""
    for block in document.blocks[:3]:
        if block.kind in ("title", "heading"):
            words = document.text[block.start : block.end]
            return document.title or shown(words.lstrip("#")), block
    return document.title or document.path, None


def _standing_for(
    document: Document, count: int, encoder: Encoder | None, title: Block | None
) -> list[Sentence]:
    """The sentences that stand for the document, in order."""
    worthy = [
        sentence
        for sentence in _sentences(document)
        if (title is None or sentence.span.start != title.start) and _can_stand(sentence, document)
    ]
    looked_at = worthy[:_LOOKED_AT]
    if not looked_at:
        first = _first(document)
        return [] if first is None else [first]
    order = list(range(len(looked_at)))
    if encoder is not None:
        vectors = encoder.embed_texts([sentence.text for sentence in looked_at])
        worth = vectors @ vectors.mean(axis=0) - _LATER * np.arange(len(looked_at))
        order = np.argsort(-worth, kind="stable").tolist()
    # One of each passage before two of any: the parts of a file have each their say.
    firsts = {looked_at[at].passage.id: at for at in reversed(order)}
    rest = [at for at in order if at not in firsts.values()]
    best = [at for at in order if at in firsts.values()] + rest
    return [looked_at[at] for at in sorted(best[:count])]


def _can_stand(sentence: Sentence, document: Document) -> bool:
    """Whether the sentence is prose of a fair length, no question, and introduces nothing."""
    text = sentence.text.rstrip()
    if len(text) not in _LENGTHS or text.endswith(("?", ":")):
        return False
    (block, *_) = blocks_within(document, sentence.span.start, sentence.span.end)
    said = document.text[block.start : block.end].rstrip()
    return block.kind in ("paragraph", "answer", "item", "turn") and not said.endswith("?")


def _sentences(document: Document) -> Iterator[Sentence]:
    for passage in passages_of(document):
        yield from sentences_of(passage, document)


def _first(document: Document) -> Sentence | None:
    return next(_sentences(document), None)


def _mentioning(
    name: str, documents: Mapping[str, Document]
) -> Iterator[tuple[Document, Sentence]]:
    """Each document that holds the words side by side, and the first sentence that does."""
    spaced = r"\s+".join(re.escape(part) for part in name.split())
    pattern = re.compile(rf"(?<!\w){spaced}(?:['’]?s)?(?!\w)", re.IGNORECASE)
    for document in documents.values():
        if pattern.search(document.text):
            held = (it for it in _sentences(document) if pattern.search(it.text))
            sentence = next(held, None)
            if sentence is not None:
                yield document, sentence


def _is_of(date: str, document: Document) -> bool:
    """Whether the document is of the date, by its own words or else by its name."""
    stated = document.date or "".join(
        re.findall(r"(?<!\d)(?:19|20)\d\d-\d\d(?:-\d\d)?(?!\d)", document.path)[:1]
    )
    wanted = date.replace("????", stated[:4])
    return bool(stated) and (stated.startswith(wanted) or stated == wanted)


def _counted(
    question: str,
    found: Sequence[tuple[Document, Sentence]],
    of: int,
    about: str,
    numbering: Numbering,
) -> Answer:
    """How many files there are, each with a line; a refusal where there are none."""
    files = "1 file" if of == 1 else f"{of:,} files"
    if not found:
        return _answer(question, [], [], f"None of the {files} {about}.")
    statements = [
        Statement(
            shown(sentence.text),
            (
                replace(
                    numbering.cite(document, sentence.span.start, sentence.span.end), support=1.0
                ),
            ),
            "supported",
            1.0,
            under=document.path,
        )
        for document, sentence in found[:_MOST_FILES]
    ]
    notes = [f"Counted in the index: {len(found):,} of {files} {about}."]
    if len(found) > _MOST_FILES:
        notes.append(f"The first {_MOST_FILES} by name are shown.")
    return replace(_answer(question, statements, notes), short=f"{len(found):,} of {files}")


def _answer(
    question: str,
    statements: Sequence[Statement],
    notes: Sequence[str],
    reason: str = "Nothing in the files can be quoted.",
) -> Answer:
    outcome: Outcome = "answered" if statements else "declined"
    return Answer(
        question=question,
        text=compose_text(statements),
        verdict=None,
        statements=tuple(statements),
        citations=unique(citation for statement in statements for citation in statement.citations),
        status=outcome,
        reason=None if statements else reason,
        notes=tuple(notes),
    )
