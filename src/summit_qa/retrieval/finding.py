"""Which passages a question is answered from, and a claim held against."""

from __future__ import annotations

from collections.abc import Sequence

from summit_qa.documents.citations import verify
from summit_qa.index.generation import Generation
from summit_qa.language.answer_types import answer_type, can_answer
from summit_qa.language.asked import asked
from summit_qa.language.lexicon import overlap
from summit_qa.retrieval.fusion import HybridSearch, Searchable
from summit_qa.types import Citation, Hit, Passage

_DEEPER = 3  # times as many passages are looked at for a name, a place, a date or a number


def answering(
    search: HybridSearch,
    generation: Searchable,
    question: str,
    count: int,
    about: str = "",
) -> list[Hit]:
    """The passages to answer from: the best, and of the next those that can hold an answer.

    ``about`` is searched for with the question, though it is no part of it.
    """
    wanted = asked(question)
    words, kind = f"{wanted.topic or question} {about}".rstrip(), answer_type(wanted.text)
    if kind is None:
        return search.search(words, count, generation=generation)
    hits = search.search(words, _DEEPER * count, generation=generation)
    first, others = hits[: (count + 1) // 2], hits[(count + 1) // 2 :]
    others.sort(key=lambda hit: not can_answer(hit.passage.text, wanted.text, kind))
    return [*first, *others][:count]


def sharing_words(claim: str, files: Sequence[str], generation: Generation, most: int) -> list[Hit]:
    """The passages of the files that share most words with the claim, at most so many."""
    passages = [
        passage for file in dict.fromkeys(files) for passage in generation.passages_of(file)
    ]
    shared = overlap(claim, [passage.text for passage in passages])
    hits = [Hit(passage, float(score)) for passage, score in zip(passages, shared, strict=True)]
    return sorted(hits, key=lambda hit: -hit.score)[:most]


def cited_again(earlier: Sequence[Citation], generation: Generation) -> list[Hit]:
    """The passages that hold what was cited earlier, where the corpus still says so."""
    passages: dict[str, Passage] = {}
    for citation in earlier:
        document = generation.documents.get(citation.file)
        if document is None or not verify(citation, document):
            continue
        for passage in generation.passages_of(citation.file):
            if passage.span.start < citation.end_char and citation.start_char < passage.span.end:
                passages[passage.id] = passage
    return [Hit(passage, 0.0, {"earlier": n}) for n, passage in enumerate(passages.values(), 1)]


def naming(name: str, generation: Generation) -> list[str]:
    """Texts of passages anywhere in the corpus that a name finds by its words."""
    found = generation.bm25(name, 3)
    return [generation.passages[identity].text for identity, _ in found]
