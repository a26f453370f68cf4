"""Finds passages for a question: vectors and words, fused by rank; then ranks their sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

from summit_qa.documents.passages import sentences_of
from summit_qa.index.generation import Generation
from summit_qa.language.lexicon import content_stems
from summit_qa.models.encoding import Encoder
from summit_qa.types import Document, Hit, RelevanceRanker, ScoredSentence, Sentence

RANKED_SENTENCES = 30  # read by the cross-encoder; the rest are sorted out by words
_FUSION_CONSTANT = 60


def reciprocal_rank_fusion(
    rankings: Mapping[str, Sequence[str]], *, constant: int = _FUSION_CONSTANT
) -> list[tuple[str, float, dict[str, int]]]:
    """Ids with their fused scores and their ranks (from 1) in each list, best first.

    A list adds 1 / (constant + rank) (Cormack, Clarke and Büttcher, SIGIR 2009). Equal scores
    are ordered by the best rank, then by id.
    """
    ranks: dict[str, dict[str, int]] = {}
    for name, ids in rankings.items():
        for rank, identity in enumerate(ids, 1):
            ranks.setdefault(identity, {}).setdefault(name, rank)
    fused = [
        (identity, sum(1 / (constant + rank) for rank in held.values()), held)
        for identity, held in ranks.items()
    ]
    return sorted(fused, key=lambda item: (-round(item[1], 12), min(item[2].values()), item[0]))


class HybridSearch:
    """Dense and BM25 lists of a generation, fused by reciprocal rank."""

    def __init__(
        self,
        generation: Callable[[], Generation],
        encoder: Encoder,
        *,
        candidates: int = 50,
        k: int = 8,
    ) -> None:
        """``generation`` says what is served now; ``candidates`` are taken from each list."""
        self._generation = generation
        self._encoder = encoder
        self._candidates = candidates
        self._k = k

    def search(
        self, query: str, k: int | None = None, *, generation: Generation | None = None
    ) -> list[Hit]:
        """The k best passages, best first, of the generation given or else of the one served."""
        served = generation or self._generation()
        wanted = self._k if k is None else k
        depth = max(self._candidates, wanted)
        words = served.bm25(query, depth)
        vectors = served.dense(self._encoder.embed_query(query), depth)
        fused = reciprocal_rank_fusion(
            {
                "dense": [identity for identity, _ in vectors],
                "bm25": [identity for identity, _ in words],
            }
        )
        # Passages whose scores tie at the edge must be ordered by place before the cut.
        edge = fused[wanted - 1][1] if len(fused) >= wanted > 0 else 0.0
        hits = [
            Hit(served.passages[identity], score, ranks)
            for identity, score, ranks in fused
            if score >= edge - 1e-12
        ]
        hits.sort(key=_by_score_and_place)
        return hits[: max(0, wanted)]


def rank_sentences(
    question: str,
    hits: Sequence[Hit],
    documents: Mapping[str, Document],
    ranker: RelevanceRanker,
    telling: Callable[[str], bool] | None = None,
) -> list[ScoredSentence]:
    """Sentences of the hits with their relevance to the question, best first.

    At most RANKED_SENTENCES are read by the ranker; where any are ``telling``, only such. Ties
    are broken by path and position.
    """
    found = [
        (sentence, hit)
        for hit in hits
        for sentence in sentences_of(hit.passage, documents[hit.passage.path])
    ]
    if telling is not None:
        found = [pair for pair in found if telling(pair[0].text)] or found
    chosen = _worth_reading(question, found)
    scores = ranker.relevance(question, [sentence.text for sentence, _ in chosen])
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

    Two orders take turns: by shared words (weighted down the further the passage was found),
    and by the rank of the passage, so that an answer in other words is read as well.
    """
    if len(found) <= RANKED_SENTENCES:
        return list(found)
    asked = set(content_stems(question))
    ranked = range(len(found))
    shared = [len(asked & set(content_stems(sentence.text))) for sentence, _ in found]
    by_words = sorted(ranked, key=lambda at: (-shared[at], at))
    turns = zip_longest(by_words, ranked)
    kept = list(dict.fromkeys(at for turn in turns for at in turn if at is not None))
    return [found[at] for at in sorted(kept[:RANKED_SENTENCES])]


def _by_score_and_place(hit: Hit) -> tuple[float, str, int]:
    return -round(hit.score, 12), hit.passage.path, hit.passage.span.start
