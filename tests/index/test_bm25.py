"""BM25 finds by stems, leaves stop words out where it can, and orders ties by place."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of
from summit_qa.errors import IndexDamagedError
from summit_qa.index import bm25
from summit_qa.index.bm25 import BM25Index, Earlier, Words, WordsWriter, write_bm25
from summit_qa.types import Passage

TEXTS = [
    "The leaders agreed to consult each other.",
    "A hotline will connect the three leaders.",
    "Shares of a maker of chocolate fell.",
    "It is what it is.",
    "",
    "!?",
]


def index_of(folder: Path, texts: list[str]) -> BM25Index:
    write_bm25(folder / "bm25", texts)
    return BM25Index(folder / "bm25")


def write_words(
    folder: Path, new: list[Words], passages: int, files: int, earlier: Earlier | None = None
) -> None:
    with closing(WordsWriter(folder)) as writer:
        for file in new:
            writer.add(file)
        writer.write(passages, files, earlier)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def rows(index: BM25Index, query: str, k: int = 10) -> list[int]:
    return [row for row, _ in index.search(query, k)]


def test_the_text_with_the_rarest_words_leads(tmp_path: Path) -> None:
    index = index_of(tmp_path, TEXTS)
    assert rows(index, "hotline leaders") == [1, 0]
    assert rows(index, "Who was CONSULTED by leader?") == [0, 1]
    scores = [score for _, score in index.search("hotline leaders", 10)]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_only_texts_that_share_a_word_are_found(tmp_path: Path) -> None:
    index = index_of(tmp_path, TEXTS)
    assert rows(index, "volcano") == []
    assert rows(index, "") == []
    assert rows(index, "?!") == []


def test_stop_words_count_only_where_there_is_nothing_else(tmp_path: Path) -> None:
    index = index_of(tmp_path, TEXTS)
    assert rows(index, "is the chocolate") == [2]
    assert rows(index, "is it") == [3]


def test_no_more_than_k_are_found(tmp_path: Path) -> None:
    index = index_of(tmp_path, TEXTS)
    assert len(rows(index, "leaders chocolate it", 2)) == 2
    assert rows(index, "leaders", 0) == []


def test_equal_texts_are_ordered_by_place_also_at_the_cut(tmp_path: Path) -> None:
    index = index_of(tmp_path, ["Same words here."] * 40)
    assert rows(index, "same words", 7) == list(range(7))


@pytest.mark.parametrize("texts", [[], [""], ["…", "?"]])
def test_texts_without_a_word_hold_nothing_to_find(tmp_path: Path, texts: list[str]) -> None:
    assert rows(index_of(tmp_path, texts), "anything") == []


def test_one_text_of_one_word_is_found(tmp_path: Path) -> None:
    assert rows(index_of(tmp_path, ["Hotline"]), "hotlines") == [0]


@pytest.mark.parametrize("merged", [1_000_000, 2])
def test_what_stays_is_taken_over_and_scores_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, merged: int
) -> None:
    monkeypatch.setattr(bm25, "_MERGED", merged)

    def words(folder: str, files: dict[str, str], earlier: Earlier | None, only: set[str]) -> Path:
        made = {path: cut(path, text) for path, text in files.items()}
        begins = np.cumsum([0, *map(len, made.values())]).tolist()
        new = [
            Words(number, f"called {path}", made[path], begins[number])
            for number, path in enumerate(made)
            if path in only
        ]
        write_words(tmp_path / folder, new, begins[-1], len(made), earlier)
        return tmp_path / folder

    def cut(path: str, text: str) -> list[Passage]:
        return passages_of(make_document(path, text.encode()), 30)

    before = {"a": "Rain fell all day. Snow came later.\n", "b": "Shares fell.\n", "c": "Rain.\n"}
    after = {"a": before["a"], "aa": "New rain, new words.\n", "c": before["c"]}
    first = words("first", before, None, set(before))
    rows = [len(cut(path, text)) for path, text in before.items()]
    assert rows == [2, 1, 1]
    places = np.array([0, 1, -1, 3]), np.array([0, -1, 2])
    second = words("second", after, Earlier(first, *places), {"aa"})
    fresh = words("fresh", after, None, set(after))
    for query in ("rain", "new snow", "shares", "called", "words later fell"):
        one, other = BM25Index(second), BM25Index(fresh)
        assert one.scores(query).tolist() == other.scores(query).tolist()
        assert one.file_scores(query).tolist() == other.file_scores(query).tolist()
    assert BM25Index(second).search("shares", 5) == []
    assert bytes_of(second) == bytes_of(fresh)


def test_texts_that_are_indexed_in_many_runs_score_as_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "a": "Rain fell. Rain fell again. Snow came.\n",
        "b": "Rain.\n",
        "c": "No rain fell.\n",
    }
    made = [passages_of(make_document(path, text.encode()), 12) for path, text in texts.items()]
    begins = np.cumsum([0, *map(len, made)]).tolist()

    def index(folder: str) -> BM25Index:
        new = [Words(n, f"called {path}", made[n], begins[n]) for n, path in enumerate(texts)]
        write_words(tmp_path / folder, new, begins[-1], len(made))
        return BM25Index(tmp_path / folder)

    one = index("one")
    monkeypatch.setattr(bm25, "_MOST_TOKENS", 3)
    monkeypatch.setattr(bm25, "_MERGED", 4)
    many = index("many")
    assert bytes_of(tmp_path / "many") == bytes_of(tmp_path / "one")
    assert one.file_scores("snow")[0] > 0
    for query in ("rain", "snow fell", "called", "again no rain"):
        assert many.scores(query).tolist() == one.scores(query).tolist()
        assert many.file_scores(query).tolist() == one.file_scores(query).tolist()


def test_damaged_files_are_named_as_such(tmp_path: Path) -> None:
    write_bm25(tmp_path / "bm25", TEXTS)
    for file in (tmp_path / "bm25").iterdir():
        file.write_bytes(b"\0")
    with pytest.raises(IndexDamagedError, match="bm25"):
        BM25Index(tmp_path / "bm25")


def test_nothing_is_pickled(tmp_path: Path) -> None:
    write_bm25(tmp_path / "bm25", TEXTS)
    assert {file.suffix for file in (tmp_path / "bm25").iterdir()} <= {".npy", ".json"}
    for file in (tmp_path / "bm25").glob("*.npy"):
        assert b"'descr': '|O'" not in file.read_bytes()[:128]
