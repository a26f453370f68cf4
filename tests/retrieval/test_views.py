"""What each view brings to the search: codes, whole files, meaning, and the reader's say."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from doubles import WordEncoder, settings, write
from summit_qa.index import build as building
from summit_qa.index.generation import Generation
from summit_qa.index.sync import Index
from summit_qa.retrieval.fusion import HybridSearch

Indexed = Callable[[Mapping[str, str]], Generation]


class Blind(WordEncoder):
    """An encoder to which all texts are alike, except for one word that draws everything."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The same for all that say "near", the same for all that do not."""
        vector = np.zeros(4, dtype=np.float32)
        vector[0 if "near" in text else 1] = 1
        return vector


class Reads:
    """A reader that likes texts which hold a word, and keeps what it was given."""

    def __init__(self, liked: str) -> None:
        self._liked = liked
        self.read: list[str] = []

    def logits(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """High for what is liked."""
        self.read += texts
        return np.array([8.0 if self._liked in text else -8.0 for text in texts], np.float32)


@pytest.fixture
def indexed(tmp_path: Path, checked_in_process: None) -> Indexed:
    """Indexes texts by path, with the blind encoder."""

    def make(files: Mapping[str, str]) -> Generation:
        (tmp_path / "corpus").mkdir()
        index = Index(tmp_path / "index", embedder=Blind(), settings=settings(passage_chars=60))
        index.sync(write(tmp_path / "corpus", files))
        return index.current()

    return make


def paths(generation: Generation, query: str, **options: object) -> list[str]:
    search = HybridSearch(lambda: generation, Blind(), **options)  # type: ignore[arg-type]
    return list(dict.fromkeys(hit.passage.path for hit in search.search(query)))


def test_an_exact_code_comes_before_what_is_nearer_in_words_and_meaning(indexed: Indexed) -> None:
    generation = indexed(
        {
            "a.txt": "The near price of part AB-1235, the price of a part.\n",
            "b.txt": "AB1234 costs nine.\n",
            "c.txt": "The near price of a part, any part, is a price.\n",
        }
    )
    assert paths(generation, "What is the near price of part AB-1234?")[0] == "b.txt"


def test_a_code_that_every_passage_holds_tells_nothing_apart(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summit_qa.retrieval.fusion._RARE", 2)
    files = {f"{number}.txt": f"AB-1234 has item{number}.\n" for number in range(4)}
    generation = indexed({**files, "z.txt": "It has item2 and item2.\n"})
    found = paths(generation, "AB-1234 item2 item2")
    assert found.index("2.txt") < found.index("0.txt")


def test_what_the_whole_file_is_about_decides_among_like_passages(indexed: Indexed) -> None:
    generation = indexed(
        {
            "a.txt": "The summit ended late on Friday evening in the old hall.\n\nIt rained.\n",
            "b.txt": "The summit ended late on Friday evening in the old hall.\n\n"
            "Camels crossed the dunes. Camels drank.\n",
        }
    )
    assert paths(generation, "When did the summit of the camels end, late on Friday?")[0] == "b.txt"


def test_what_shares_no_word_is_found_by_meaning(indexed: Indexed) -> None:
    generation = indexed({"a.txt": "Some words.\n", "b.txt": "It is near.\n"})
    assert paths(generation, "nearby camels")[0] == "b.txt"


def test_where_the_latest_is_asked_for_a_newer_document_comes_before_an_older(
    indexed: Indexed,
) -> None:
    generation = indexed(
        {
            "minutes-2021-03-02.txt": "The fee for a mooring is nine.\n",
            "minutes-2023-03-07.txt": "The fee for a mooring is ten now.\n",
            "minutes-2024-03-05.txt": "The fee for one mooring is twelve, it was said.\n",
            "notes.txt": "A mooring.\n",
        }
    )
    assert paths(generation, "What is the fee for a mooring?")[0] == "minutes-2021-03-02.txt"
    asked = paths(generation, "What is the current fee for a mooring?")
    assert asked[:2] == ["minutes-2024-03-05.txt", "minutes-2023-03-07.txt"]


def test_the_reader_has_a_say_in_the_order_of_questions_only(indexed: Indexed) -> None:
    files = {f"{n}.txt": f"The leaders met in town{n}.\n" for n in range(5)}
    generation = indexed(files)
    reader = Reads("town3")
    assert paths(generation, "Where did leaders meet?")[0] == "0.txt"
    assert paths(generation, "Where did leaders meet?", reader=reader)[0] == "3.txt"
    assert len(reader.read) == 5
    search = HybridSearch(lambda: generation, Blind(), reader=reader)
    claim = search.search("Leaders met.", question=False)
    assert claim[0].passage.path == "0.txt"
    assert len(reader.read) == 5


def test_only_the_first_that_were_found_are_read_and_the_rest_stay_behind(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summit_qa.retrieval.fusion._MOST_READ", 2)
    generation = indexed({f"{n}.txt": f"The leaders met in town{n}.\n" for n in range(5)})
    reader = Reads("town")
    assert paths(generation, "Where did leaders meet?", reader=reader)[:2] == ["0.txt", "1.txt"]
    assert len(reader.read) == 2


def test_what_is_read_of_a_long_passage_is_the_part_that_shares_words(indexed: Indexed) -> None:
    text = "One is here. Two is here. Camels drank at Nine Wells. Four is here. Five is here."
    generation = indexed({"a.txt": text + "\n"})
    search = HybridSearch(lambda: generation, Blind(), reader=(reader := Reads("x")))
    search.search("Where did camels drink?")
    assert any("Camels drank at Nine Wells." in read for read in reader.read)
    assert all(len(read) <= len(text) for read in reader.read)


def test_a_large_folder_is_searched_without_chroma_and_finds_the_same(
    tmp_path: Path, checked_in_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write(
        tmp_path / "corpus", {f"{n}.txt": f"Leaders met in town{n}.\n" for n in range(9)}
    )
    found = []
    for most in (100, 3):
        monkeypatch.setattr(building, "CHROMA_MOST", most)
        index = Index(tmp_path / f"index{most}", embedder=WordEncoder(), settings=settings())
        index.sync(corpus)
        generation = index.current()
        assert (tmp_path / f"index{most}" / generation.id / "chroma").exists() is (most == 100)
        search = HybridSearch(index.current, WordEncoder())
        found.append([hit.passage.path for hit in search.search("Who met in town4?")])
        assert not index.sync(corpus).published
    assert found[0] == found[1]
    assert found[0][0] == "4.txt"
