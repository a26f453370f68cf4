"""BM25 finds by stems, leaves stop words out where it can, and orders ties by place."""

from pathlib import Path

import pytest

from summit_qa.errors import IndexDamagedError
from summit_qa.index.bm25 import BM25Index, write_bm25

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


def test_the_library_says_nothing_to_a_program_that_logs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        assert rows(index_of(tmp_path, TEXTS), "hotline") == [1]
    assert [record for record in caplog.records if record.name == "bm25s"] == []
