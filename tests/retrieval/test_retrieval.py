"""Hybrid search finds by words and by vectors, keeps equal texts apart, and orders by place."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from doubles import FixedRanker, WordEncoder, settings, write
from summit_qa.index.generation import Generation
from summit_qa.index.sync import Index
from summit_qa.retrieval.fusion import (
    RANKED_SENTENCES,
    HybridSearch,
    rank_sentences,
)
from summit_qa.types import Hit

Indexed = Callable[[Mapping[str, str]], Generation]


@pytest.fixture
def indexed(tmp_path: Path, checked_in_process: None) -> Indexed:
    """Indexes texts by path."""

    def make(files: Mapping[str, str]) -> Generation:
        (tmp_path / "corpus").mkdir()
        index = Index(
            tmp_path / "index", embedder=WordEncoder(), settings=settings(passage_chars=50)
        )
        index.sync(write(tmp_path / "corpus", files))
        return index.current()

    return make


def search(generation: Generation, query: str, k: int = 8) -> list[Hit]:
    return HybridSearch(lambda: generation, WordEncoder()).search(query, k)


def test_identical_text_in_two_files_stays_two_hits(indexed: Indexed) -> None:
    text = "A hotline will connect the three.\n"
    generation = indexed({"b.txt": text, "a.txt": text, "c.txt": "Shares fell.\n"})
    hits = search(generation, "Who gets a hotline?")
    assert [hit.passage.path for hit in hits[:2]] == ["a.txt", "b.txt"]
    assert hits[0].passage.text == hits[1].passage.text
    assert hits[0].passage.id != hits[1].passage.id


def test_of_many_equal_passages_the_first_files_are_kept(indexed: Indexed) -> None:
    generation = indexed({f"{number:02}.txt": "The same words.\n" for number in range(20)})
    hits = search(generation, "same words", 5)
    assert [hit.passage.path for hit in hits] == [f"{number:02}.txt" for number in range(5)]


def test_hits_know_their_ranks_and_are_slices(indexed: Indexed) -> None:
    files = {"a.txt": "A hotline comes.\n", "b.txt": "Rain fell.\n", "c.txt": "Shares fell.\n"}
    generation = indexed(files)
    hits = search(generation, "hotline")
    assert len(hits) == 3
    assert hits[0].passage.text == "A hotline comes."
    assert hits[0].ranks == {"dense": 1, "bm25": 1}
    assert "bm25" not in hits[1].ranks
    for hit in hits:
        span = hit.passage.span
        document = generation.documents[hit.passage.path]
        assert document.text[span.start : span.end] == hit.passage.text


@pytest.mark.parametrize(
    ("files", "query", "found"),
    [
        ({"a.txt": "Hotline"}, "hotline", ["Hotline"]),
        ({"a.txt": "Hotline"}, "volcano", ["Hotline"]),
        ({"a.txt": "It is what it is."}, "is it", ["It is what it is."]),
        ({"a.txt": "It is what it is."}, "hotline", ["It is what it is."]),
        ({"a.txt": "?!"}, "hotline", ["?!"]),
        ({"a.txt": "One. Two."}, "?", ["One. Two."]),
        ({"a.txt": ""}, "hotline", []),
        ({}, "hotline", []),
    ],
)
def test_the_smallest_corpora_can_be_searched(
    indexed: Indexed, files: dict[str, str], query: str, found: list[str]
) -> None:
    generation = indexed(files)
    assert [hit.passage.text for hit in search(generation, query)] == found


@pytest.mark.parametrize(("k", "count"), [(0, 0), (-1, 0), (1, 1), (2, 2), (500, 3)])
def test_no_more_than_k_and_no_more_than_there_is(indexed: Indexed, k: int, count: int) -> None:
    generation = indexed({"a.txt": "Rain fell.", "b.txt": "Snow fell.", "c.txt": "Shares fell."})
    assert len(search(generation, "fell", k)) == count


class TestRankedSentences:
    def test_are_slices_best_first(self, indexed: Indexed) -> None:
        generation = indexed({"a.txt": "Rain fell. A hotline comes. Shares rose.\n"})
        ranker = FixedRanker({"Rain fell.": 0.2, "A hotline comes.": 0.9, "Shares rose.": 0.4})
        hits = search(generation, "hotline")
        scored = rank_sentences("Who?", hits, generation.documents, ranker)
        assert [item.sentence.text for item in scored] == [
            "A hotline comes.",
            "Shares rose.",
            "Rain fell.",
        ]
        for item in scored:
            text = generation.documents["a.txt"].text
            assert text[item.sentence.span.start : item.sentence.span.end] == item.sentence.text
            assert item.hit in hits

    def test_of_equal_relevance_are_in_order_of_place(self, indexed: Indexed) -> None:
        generation = indexed({"b.txt": "One. Two.\n", "a.txt": "Three. Four.\n"})
        ranker = FixedRanker(dict.fromkeys(("One.", "Two.", "Three.", "Four."), 0.5))
        hits = search(generation, "one two three four")
        scored = rank_sentences("Who?", hits, generation.documents, ranker)
        assert [item.sentence.text for item in scored] == ["Three.", "Four.", "One.", "Two."]

    def test_are_none_without_hits(self, indexed: Indexed) -> None:
        generation = indexed({"a.txt": "Rain."})
        assert rank_sentences("Who?", [], generation.documents, FixedRanker()) == []

    def test_of_many_those_with_shared_words_and_those_found_first_are_read(
        self, indexed: Indexed
    ) -> None:
        filler = "\n".join(f"Item {number} is here." for number in range(60))
        generation = indexed({"a.txt": filler + "\nAt last a volcano.\n"})
        passages = list(generation.passages.values())
        hits = [Hit(passage, 1.0) for passage in passages]
        ranker = FixedRanker()
        rank_sentences("Which volcano?", hits, generation.documents, ranker)
        (read,) = ranker.asked
        assert len(read) == RANKED_SENTENCES
        assert read[0] == "Item 0 is here."
        assert "At last a volcano." in read

    def test_a_word_that_few_sentences_have_counts_more_than_many_that_all_have(
        self, indexed: Indexed
    ) -> None:
        filler = "\n".join(f"The board meeting took {number} hours." for number in range(80))
        generation = indexed({"a.txt": filler + "\nNobody mentioned Vesuvius.\n"})
        hits = [Hit(passage, 1.0) for passage in generation.passages.values()]
        ranker = FixedRanker()
        asked = "What did the board meeting say of Vesuvius?"
        rank_sentences(asked, hits, generation.documents, ranker)
        assert "Nobody mentioned Vesuvius." in ranker.asked[0]

    def test_are_read_below_their_context(self, indexed: Indexed) -> None:
        generation = indexed({"a.md": "# Ferries\n\n## Captain\n\nIn May 1988.\n"})
        ranker = FixedRanker()
        hits = search(generation, "captain")
        scored = rank_sentences("When?", hits, generation.documents, ranker)
        assert "Ferries › Captain\nIn May 1988." in ranker.asked[0]
        assert "In May 1988." in [item.sentence.text for item in scored]
