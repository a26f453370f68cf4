"""A generation is checked before it is served, reads slices, and cannot vanish under a reader."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from doubles import CheckerInProcess, WordEncoder, settings, write
from summit_qa.errors import IndexDamagedError, IndexUnusableError
from summit_qa.index.folder import CURRENT
from summit_qa.index.generation import (
    MANIFEST,
    Generation,
    Manifest,
    damaged_files,
    lock,
    read_manifest,
)
from summit_qa.index.store import Store
from summit_qa.index.sync import Index

FILES = {
    "a.txt": "The leaders met at Camp David.\n\nThey agreed to consult. A hotline comes.\n",
    "b/c.txt": "The leaders met at Camp David.\r\n“Größe” counts, said 日本.\r\n",
    "empty.txt": "",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index folder of a small corpus."""
    folder = tmp_path_factory.mktemp("generation")
    corpus = write(folder / "corpus", FILES)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("summit_qa.index.build._Checker", CheckerInProcess)
        index = Index(folder / "index", embedder=WordEncoder(), settings=settings(passage_chars=50))
        index.sync(corpus)
    return folder / "index"


@pytest.fixture
def folder(published: Path) -> Path:
    return published / (published / CURRENT).read_text().split()[0]


@pytest.fixture
def manifest(published: Path, folder: Path) -> Manifest:
    return read_manifest(folder, (published / CURRENT).read_text().split()[1])


@pytest.fixture
def generation(folder: Path, manifest: Manifest) -> Iterator[Generation]:
    opened = Generation(folder, manifest)
    yield opened
    opened.close()


def test_documents_are_what_was_read(generation: Generation) -> None:
    assert list(generation.documents) == sorted(FILES)
    for path, document in generation.documents.items():
        assert document.path == path
        assert document.text == FILES[path]
    assert "nowhere.txt" not in generation.documents
    with pytest.raises(KeyError):
        generation.documents["nowhere.txt"]


def test_passages_are_slices_in_order_of_path_and_position(generation: Generation) -> None:
    passages = list(generation.passages.values())
    places = [(passage.path, passage.span.start) for passage in passages]
    assert places == sorted(places)
    for identity, passage in generation.passages.items():
        document = generation.documents[passage.path]
        assert passage.id == identity
        assert document.text[passage.span.start : passage.span.end] == passage.text
    assert generation.passages_of("a.txt") == [p for p in passages if p.path == "a.txt"]
    assert generation.passages_of("empty.txt") == []
    with pytest.raises(KeyError):
        generation.passages["nothing"]


def test_passages_are_counted_by_document(generation: Generation) -> None:
    counts = generation.passage_counts()
    assert counts == {path: len(generation.passages_of(path)) for path in FILES}
    assert counts["empty.txt"] == 0 < counts["a.txt"]


def test_equal_texts_in_two_files_are_two_passages_in_order(generation: Generation) -> None:
    vector = WordEncoder().embed_query("The leaders met at Camp David.")
    nearest = [generation.passages[identity] for identity, _ in generation.dense(vector, 2)]
    assert [passage.path for passage in nearest] == ["a.txt", "b/c.txt"]
    assert nearest[0].text == nearest[1].text
    by_words = [generation.passages[identity] for identity, _ in generation.bm25("leaders met", 2)]
    assert [passage.path for passage in by_words] == ["a.txt", "b/c.txt"]


def test_no_more_is_found_than_there_is(generation: Generation) -> None:
    vector = WordEncoder().embed_query("anything")
    assert len(generation.dense(vector, 1_000)) == len(generation.passages)
    assert generation.dense(vector, 0) == []
    assert generation.bm25("leaders", 0) == []


@pytest.mark.parametrize("broken", ["open_client", "DenseIndex.search"])
def test_where_chroma_fails_the_file_of_vectors_answers(
    generation: Generation,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    broken: str,
) -> None:
    vector = WordEncoder().embed_query("the leaders met")
    expected = dict(generation.dense(vector, 3))

    def fail(*_: object) -> None:
        raise IndexDamagedError("The disk is full.")

    monkeypatch.setattr(f"summit_qa.index.dense.{broken}", fail)
    if broken == "open_client":
        monkeypatch.setattr(generation, "_dense", None)
    found = dict(generation.dense(vector, 3))
    assert found == pytest.approx(expected, abs=1e-5)
    assert len(found) == 3
    generation.dense(vector, 3)
    assert [record.message for record in caplog.records if "instead" in record.message] == [
        "The disk is full. The vectors are read from vectors.npy instead."
        if broken == "DenseIndex.search"
        else "Chroma cannot be opened: The disk is full.. The vectors are read from vectors.npy "
        "instead."
    ]


def test_the_manifest_survives_as_json(manifest: Manifest, generation: Generation) -> None:
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert generation.id == manifest.id
    assert generation.embedder == "words:1"
    assert generation.size_bytes > 1000
    assert generation.skipped == ()
    assert generation.created.startswith("20")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"{}", b'{"schema": 0}', b'{"schema": 2}', b"\xff\xfe"],
)
def test_a_manifest_of_another_kind_is_damaged(data: bytes) -> None:
    with pytest.raises(IndexDamagedError):
        Manifest.from_bytes(data)


def test_a_manifest_with_other_fields_is_damaged(manifest: Manifest) -> None:
    data = manifest.to_bytes().replace(b'"passages"', b'"sentences"', 1)
    with pytest.raises(IndexDamagedError, match="cannot be read"):
        Manifest.from_bytes(data)
    with pytest.raises(IndexDamagedError, match="another version"):
        Manifest.from_bytes(replace(manifest, schema=1).to_bytes())


def test_another_manifest_than_the_published_one_is_refused(folder: Path) -> None:
    with pytest.raises(IndexDamagedError, match="was altered"):
        read_manifest(folder, "0" * 64)
    with pytest.raises(IndexDamagedError, match="cannot be read"):
        read_manifest(folder / "nowhere", "0" * 64)


def test_a_whole_generation_has_no_damage(
    folder: Path, manifest: Manifest, generation: Generation
) -> None:
    generation.dense(WordEncoder().embed_query("leaders"), 1)  # opening Chroma writes a row
    assert damaged_files(folder, manifest) == []


def test_vectors_are_kept_for_every_passage(folder: Path, generation: Generation) -> None:
    vectors = np.load(folder / "vectors.npy")
    assert vectors.shape == (len(generation.passages), 64)
    for row, passage in zip(vectors, generation.passages.values(), strict=True):
        assert np.array_equal(row, WordEncoder().embed_query(passage.text))


def test_a_reader_holds_its_generation_until_it_closes(folder: Path, manifest: Manifest) -> None:
    descriptor = os.open(folder / MANIFEST, os.O_RDONLY)
    try:
        opened = Generation(folder, manifest)
        assert not lock(descriptor, shared=False)
        opened.close()
        assert lock(descriptor, shared=False)
        with pytest.raises(IndexDamagedError, match="just removed"):
            Generation(folder, manifest)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)
    with pytest.raises(IndexUnusableError, match="closed"):
        opened.documents["a.txt"]


def test_a_generation_that_nobody_refers_to_lets_go(folder: Path, manifest: Manifest) -> None:
    opened = Generation(folder, manifest)
    opened.bm25("leaders", 1)
    del opened
    descriptor = os.open(folder / MANIFEST, os.O_RDONLY)
    try:
        assert lock(descriptor, shared=False)
    finally:
        os.close(descriptor)


def test_documents_can_be_read_as_long_as_somebody_holds_them(
    folder: Path, manifest: Manifest
) -> None:
    opened = Generation(folder, manifest)
    documents, passages = opened.documents, opened.passages
    del opened
    assert documents["a.txt"].text == FILES["a.txt"]
    assert len(list(passages.values())) == len(passages)


def test_texts_that_are_no_database_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "texts.sqlite3").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(IndexDamagedError, match="cannot be read"):
        Store(tmp_path / "texts.sqlite3")
    with closing(sqlite3.connect(tmp_path / "empty.sqlite3")) as database:
        database.execute("CREATE TABLE other (x)")
    with pytest.raises(IndexDamagedError, match="cannot be read"):
        Store(tmp_path / "empty.sqlite3")


def test_only_so_much_text_is_kept_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summit_qa.index.store._CACHED_CHARACTERS", 60)
    store = Store(folder / "texts.sqlite3")
    try:
        for _ in range(2):
            assert {path: store.document(path).text for path in FILES} == FILES
            assert len(store._cache) < len(FILES)
    finally:
        store.close()
