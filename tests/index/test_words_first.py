"""A large new folder can be searched by words at once; vectors follow, and none is made twice."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from doubles import WordEncoder, settings, write
from summit_qa.index import build as building
from summit_qa.index import sync as syncing
from summit_qa.index.partial import PARTIAL, Partial
from summit_qa.index.store import each_of
from summit_qa.index.sync import Index
from summit_qa.retrieval.fusion import HybridSearch

FILES = {f"{number}.txt": f"The leaders met in town{number}.\n" for number in range(6)}


class Counting(WordEncoder):
    """Fails after so many texts; says what was served meanwhile."""

    def __init__(self, index: Path, most: int = 1_000) -> None:
        super().__init__()
        self._folder = index
        self._most = most
        self.served: list[str] = []

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As words say, until it is enough."""
        if len(self.embedded) >= self._most:
            raise KeyboardInterrupt
        served = Index(self._folder, embedder=WordEncoder(), settings=settings()).current()
        self.served.append(served.embedder)
        return super().embed_texts(texts)


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch, checked_in_process: None) -> None:
    """Every folder counts as large, and every passage is a block."""
    monkeypatch.setattr(syncing, "_LARGE", 20)
    monkeypatch.setattr(building, "_BLOCK", 1)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write(tmp_path / "corpus", FILES)


def opened(folder: Path, encoder: WordEncoder) -> Index:
    return Index(folder, embedder=encoder, settings=settings())


def test_words_are_served_while_vectors_are_made(tmp_path: Path, corpus: Path) -> None:
    encoder = Counting(tmp_path / "index")
    index = opened(tmp_path / "index", encoder)
    report = index.sync(corpus)
    assert set(encoder.served) == {""}
    assert index.current().embedder == "words:1"
    assert report.embedded == len(report.added) == 6
    assert not index.sync(corpus).published


def test_vectors_may_wait_and_words_find_without_them(tmp_path: Path, corpus: Path) -> None:
    encoder = WordEncoder()
    index = opened(tmp_path / "index", encoder)
    assert len(index.sync(corpus, vectors=False).added) == 6
    assert encoder.embedded == []
    assert not index.current().has_vectors
    search = HybridSearch(index.current, encoder)
    assert search.search("Who met in town4?")[0].passage.path == "4.txt"
    assert not index.sync(corpus, vectors=False).published
    write(corpus, {"7.txt": "The leaders met in town7.\n"})
    assert index.sync(corpus, vectors=False).added == ("7.txt",)
    assert not index.current().has_vectors

    report = index.sync(corpus)
    assert report.messages == ()
    assert report.embedded == 7
    assert index.current().has_vectors
    assert not index.sync(corpus, vectors=False).published


def test_a_few_new_files_have_their_vectors_at_once(tmp_path: Path, corpus: Path) -> None:
    index = opened(tmp_path / "index", WordEncoder())
    index.sync(corpus)
    write(corpus, {"7.txt": "The leaders met in town7.\n"})
    assert index.sync(corpus, vectors=False).embedded == 1
    assert index.current().has_vectors


def test_what_was_embedded_before_a_stop_is_not_embedded_again(
    tmp_path: Path, corpus: Path
) -> None:
    stopped = Counting(tmp_path / "index", most=4)
    with pytest.raises(KeyboardInterrupt):
        opened(tmp_path / "index", stopped).sync(corpus)
    assert not opened(tmp_path / "index", WordEncoder()).current().has_vectors

    encoder = WordEncoder()
    index = opened(tmp_path / "index", encoder)
    assert index.sync(corpus).embedded == 2
    assert sorted(stopped.embedded + encoder.embedded) == sorted(
        passage.in_context for passage in index.current().passages.values()
    )
    assert list((tmp_path / "index").glob(f"{PARTIAL}*")) == []
    search = HybridSearch(index.current, encoder)
    assert search.search("Who met in town4?")[0].passage.path == "4.txt"


@pytest.mark.parametrize("cut", [1, 40, 100])
def test_of_a_torn_file_whole_blocks_are_read_and_the_rest_is_dropped(
    tmp_path: Path, cut: int
) -> None:
    partial = Partial(tmp_path, "words:1")
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    ends_in_zero = b"b" * 15 + b"\0"
    partial.add([b"a" * 16, ends_in_zero], vectors[:2])
    partial.add([b"c" * 16], vectors[2:])
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"\0" if cut == 100 else whole[:-cut])
    ((digests, held),) = partial.blocks()
    assert each_of(digests) == [b"a" * 16, ends_in_zero]
    assert held.tolist() == vectors[:2].tolist()
    partial.add([b"c" * 16], vectors[2:] + 1)
    _, (digests, held) = partial.blocks()
    assert digests == [b"c" * 16]
    assert held.tolist() == (vectors[2:] + 1).tolist()
    assert list(Partial(tmp_path, "words:2").blocks()) == []
