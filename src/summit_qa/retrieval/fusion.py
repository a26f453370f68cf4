"""Finds passages for a question by several views at once; then ranks their sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.called import dated
from summit_qa.documents.passages import sentences_of
from summit_qa.documents.rows import under_context
from summit_qa.documents.sentences import cached_sentence_spans
from summit_qa.index.bm25 import best
from summit_qa.index.generation import WordScores
from summit_qa.language.lexicon import content_stems
from summit_qa.language.questions import asks_latest
from summit_qa.language.terms import codes
from summit_qa.models.encoding import Encoder
from summit_qa.types import (
    Document,
    Hit,
    Passage,
    PassageReader,
    RelevanceRanker,
    ScoredSentence,
    Sentence,
)

RANKED_SENTENCES = 30  # read by the cross-encoder; the rest are sorted out by words

# Fitted by benchmarks/fit_fusion.py; docs/decisions.md has the figures.
PASSAGE_WORDS = 1.0  # BM25 of the passage, as a share of the best passage's
FILE_WORDS = 1.0  # BM25 of its whole file, as a share of the best file's
MEANING = 3.0  # cosine
READ = 0.07  # logit of the small reader that the passage answers
_OLD = 0.5  # taken from the oldest where the latest is asked for
_MOST_READ = 16  # passages
_WORTH_READING = 1.0  # how far below the best a passage may be found to be read
_LONGEST_READ = 500  # characters of a passage that are read
_CODE = 100  # for each code that the passage holds
_RARE = 50  # passages that hold a code: what more of them hold tells nothing apart


class Searchable(Protocol):
    """What is searched: a generation of the index, or one in memory."""

    def __len__(self) -> int:
        """How many passages there are."""
        ...

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by path."""
        ...

    def word_scores(self, query: str) -> WordScores:
        """BM25 of all passages, and of the whole file that each stands in."""
        ...

    def rows_with(self, term: str) -> NDArray[np.integer]:
        """The rows of the passages that hold a term, in order."""
        ...

    def dense(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Ids and cosines of the k nearest passages, best first."""
        ...

    def cosines(self, vector: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        """Cosines of the passages in these rows."""
        ...

    def rows_of(self, ids: Sequence[str]) -> list[int]:
        """The rows of passages."""
        ...

    def at_rows(self, rows: Sequence[int]) -> list[Passage]:
        """The passages in these rows."""
        ...


class HybridSearch:
    """Finds passages by their words, by those of their file, by meaning and by exact codes.

    The best of each view are candidates; each candidate has the score of every view, and they add
    up. A part number, a release or an error code that only few passages hold comes before
    everything else: what is nearest in meaning is another number.
    """

    def __init__(
        self,
        generation: Callable[[], Searchable],
        encoder: Encoder,
        *,
        candidates: int = 50,
        k: int = 8,
        reader: PassageReader | None = None,
    ) -> None:
        """``generation`` says what is served now; ``candidates`` are taken from each view.

        ``reader`` reads the first that were found, and has a say in their order.
        """
        self._generation = generation
        self._reader = reader
        self._encoder = encoder
        self._candidates = candidates
        self._k = k

    def search(
        self,
        query: str,
        k: int | None = None,
        *,
        generation: Searchable | None = None,
        question: bool = True,
    ) -> list[Hit]:
        """The k best passages, best first, of the generation given or else of the one served.

        Passages are read only for a ``question``: the reader knows nothing of claims.
        """
        served = self._generation() if generation is None else generation
        wanted = self._k if k is None else k
        if wanted < 1:
            return []
        found = views(
            query,
            served,
            self._encoder,
            depth=max(self._candidates, wanted),
            reader=self._reader if question else None,
        )
        scores = found.scores()
        # Passages whose scores tie at the edge must be ordered by place before the cut.
        order = _in_order(scores)[:wanted]
        passages = served.at_rows([found.rows[at] for at in order])
        return [
            Hit(
                passage,
                float(scores[at]),
                found.ranks.get(found.rows[at], {}),
                cosine=float(found.cosines[at]) if found.near else None,
            )
            for at, passage in zip(order, passages, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Views:
    """The candidates for a query, in order of rows, and what every view says of each, (n,)."""

    rows: list[int]
    passages: NDArray[np.float32]  # BM25, as a share of the best
    files: NDArray[np.float32]
    cosines: NDArray[np.float32]
    codes: NDArray[np.float32]  # how many of the query's codes it holds
    logits: NDArray[np.float32]  # of the reader; 0 without one
    ages: NDArray[np.float32]  # 1 for the oldest of the first, 0 for the newest and the undated
    ranks: dict[int, dict[str, int]]  # of a row, by "dense" and "bm25"
    near: bool  # whether there are vectors

    def found(self) -> NDArray[np.float32]:
        """What all views but the reader say together."""
        words = PASSAGE_WORDS * self.passages + FILE_WORDS * self.files
        found: NDArray[np.float32] = words + MEANING * self.cosines + _CODE * self.codes
        return found

    def scores(self) -> NDArray[np.float32]:
        """What all views say together."""
        scores: NDArray[np.float32] = self.found() + READ * self.logits - _OLD * self.ages
        return scores


def views(
    query: str,
    served: Searchable,
    encoder: Encoder,
    *,
    depth: int,
    reader: PassageReader | None = None,
) -> Views:
    """The candidates: the best ``depth`` of each view, and what holds a rare code."""
    vector = encoder.embed_query(query)
    near = served.rows_of([identity for identity, _ in served.dense(vector, depth)])
    words = served.word_scores(query)
    by_words = [row for row, _ in best(words.passages, depth)]
    exact = _exact(query, served)
    rows = sorted({*near, *by_words, *_of_best_files(words, depth), *exact})
    ranks: dict[int, dict[str, int]] = {}
    for name, listed in (("dense", near), ("bm25", by_words)):
        for rank, row in enumerate(listed, 1):
            ranks.setdefault(row, {})[name] = rank
    found = Views(
        rows,
        _share(words.passages, rows),
        _share(words.files, rows),
        served.cosines(vector, rows) if rows else np.zeros(0, dtype=np.float32),
        np.array([exact.get(row, 0) for row in rows], dtype=np.float32),
        np.zeros(len(rows), dtype=np.float32),
        np.zeros(len(rows), dtype=np.float32),
        ranks,
        bool(near),
    )
    if reader is not None and rows:
        found = replace(found, logits=_read(reader, query, served, rows, found.found()))
    if asks_latest(query):
        found = replace(found, ages=_ages(served, rows, found.scores()))
    return found


def _in_order(scores: NDArray[np.float32]) -> NDArray[np.integer]:
    """Candidates by their scores, best first; ties fall by row, which is by file and place."""
    return np.argsort(-np.round(scores, 6), kind="stable")


def _read(
    reader: PassageReader,
    question: str,
    served: Searchable,
    rows: Sequence[int],
    scores: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The reader's logits of the candidates, (rows,); what is not read counts as the lowest."""
    order = _in_order(scores)[:_MOST_READ]
    order = order[scores[order] >= scores[order[0]] - _WORTH_READING]
    passages = served.at_rows([rows[at] for at in order])
    logits = reader.logits(question, [_excerpt(question, passage) for passage in passages])
    found = np.full(len(rows), logits.min(), dtype=np.float32)
    found[order] = logits
    return found


def _ages(
    served: Searchable, rows: Sequence[int], scores: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How old each candidate is among the first, (rows,): by the order of their dates."""
    first = _in_order(scores)[:_MOST_READ]
    passages = served.at_rows([rows[at] for at in first])
    dates = [dated(served.documents[passage.path]) for passage in passages]
    steps = sorted({date for date in dates if date}, reverse=True)
    found = np.zeros(len(rows), dtype=np.float32)
    for at, date in zip(first, dates, strict=True):
        if date and len(steps) > 1:
            found[at] = steps.index(date) / (len(steps) - 1)
    return found


def _excerpt(question: str, passage: Passage) -> str:
    """The sentence that shares most with the question, with its neighbours and its context."""
    spans = cached_sentence_spans(passage.text)
    if len(spans) > 3:
        asked = set(content_stems(question))
        shared = [len(asked & set(content_stems(passage.text[a:b]))) for a, b in spans]
        at = shared.index(max(shared))
        spans = spans[max(0, at - 1) : at + 2]
    text = passage.text[spans[0][0] : spans[-1][1]] if spans else passage.text
    return f"{passage.context_text}\n{text[:_LONGEST_READ]}".strip()


def _share(scores: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
    """The scores in these rows, as shares of the highest of all."""
    highest = float(scores.max()) if len(scores) else 0.0
    return scores[list(rows)] / highest if highest > 0 else np.zeros(len(rows), dtype=np.float32)


def _of_best_files(words: WordScores, count: int) -> list[int]:
    """The best passage by words of each of the ``count`` files that are best as a whole."""
    begins = np.flatnonzero(np.diff(words.numbers, prepend=-1))  # a file's passages are in a row
    scores = words.files[begins]
    least = np.partition(scores, -count)[-count] if count < len(scores) else 0
    # Only the best files are put in order: in a large folder most share some word.
    kept = np.flatnonzero((words.files > 0) & (words.files >= least))
    order = kept[np.lexsort((kept, -words.passages[kept], -words.files[kept]))]
    _, first = np.unique(words.numbers[order], return_index=True)
    return [int(row) for row in order[np.sort(first)][:count]]


def _exact(query: str, served: Searchable) -> dict[int, int]:
    """The passages that hold rare codes of the question, and how many of them."""
    held: dict[int, int] = {}
    for code in codes(query):
        rows = served.rows_with(code)
        if len(rows) <= _RARE:
            for row in rows:
                held[int(row)] = held.get(int(row), 0) + 1
    return held


def rank_sentences(
    question: str,
    hits: Sequence[Hit],
    documents: Mapping[str, Document],
    ranker: RelevanceRanker,
    telling: Callable[[Sentence], bool] | None = None,
) -> list[ScoredSentence]:
    """Sentences of the hits with their relevance to the question, best first.

    At most RANKED_SENTENCES are read by the ranker, each below its context; where any are
    ``telling``, only such. Ties are broken by path and position.
    """
    found = [
        (sentence, hit)
        for hit in hits
        for sentence in sentences_of(hit.passage, documents[hit.passage.path])
    ]
    if telling is not None:
        found = [pair for pair in found if telling(pair[0])] or found
    chosen = _worth_reading(question, found)
    texts = [under_context(documents[hit.passage.path], sentence) for sentence, hit in chosen]
    scores = ranker.relevance(question, texts)
    scored = [
        ScoredSentence(sentence, float(score), hit)
        for (sentence, hit), score in zip(chosen, scores, strict=True)
    ]
    return sorted(
        scored,
        key=lambda it: (
            -round(it.relevance, 6),
            it.sentence.passage.path,
            it.sentence.span.start,
        ),
    )


def _worth_reading(
    question: str, found: Sequence[tuple[Sentence, Hit]]
) -> list[tuple[Sentence, Hit]]:
    """The sentences to read: those that share words with the question, and those found first.

    Two orders take turns: by shared words (the fewer of the sentences have a word, the more it
    counts), and by the rank of the passage, so that an answer in other words is read as well.
    """
    if len(found) <= RANKED_SENTENCES:
        return list(found)
    asked = set(content_stems(question))
    ranked = range(len(found))
    shared = [asked & set(content_stems(sentence.text)) for sentence, _ in found]
    having = Counter(stem for stems in shared for stem in stems)
    rarity = {stem: math.log1p(len(found) / count) for stem, count in having.items()}
    weight = [math.fsum(rarity[stem] for stem in stems) for stems in shared]
    by_words = sorted(ranked, key=lambda at: (-weight[at], at))
    turns = zip_longest(by_words, ranked)
    kept = list(dict.fromkeys(at for turn in turns for at in turn if at is not None))
    return [found[at] for at in sorted(kept[:RANKED_SENTENCES])]
