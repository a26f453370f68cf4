"""Chroma holds what it was given, exactly once, and errors of its own come out as ours."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.vector_stores.chroma import ChromaVectorStore

from doubles import WordEncoder
from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of
from summit_qa.errors import IndexDamagedError, IndexUnusableError
from summit_qa.index import check as index_check
from summit_qa.index.bm25 import write_bm25
from summit_qa.index.dense import (
    COLLECTION,
    DenseIndex,
    DenseWriter,
    ExactIndex,
    open_client,
    repeats,
)
from summit_qa.types import Passage

ENCODER = WordEncoder()


def passages(count: int) -> list[Passage]:
    text = "\n".join(f"Paragraph {number} is about thing{number}." for number in range(count))
    return passages_of(make_document("a.txt", text.encode()), 30)


def written(folder: Path, made: list[Passage], block: int) -> None:
    writer = DenseWriter(folder, len(made))
    for start in range(0, len(made), block):
        part = made[start : start + block]
        writer.add(part, ENCODER.embed_texts([passage.text for passage in part]))
    writer.finish()


def test_every_passage_is_found_by_its_own_vector(tmp_path: Path) -> None:
    made = passages(30)
    written(tmp_path / "chroma", made, block=7)
    index = DenseIndex(tmp_path / "chroma")
    try:
        for passage in made:
            vector = ENCODER.embed_query(passage.text)
            found = index.search(vector, 3)
            assert len(found) == 3
            assert max(cosine for _, cosine in found) == pytest.approx(1, abs=1e-4)
            assert passage.id in [identity for identity, _ in found]
        cosines = dict(index.search(ENCODER.embed_query(made[0].text), 30))
        assert set(cosines) == {passage.id for passage in made}
        exact = ENCODER.embed_query(made[0].text) @ ENCODER.embed_query(made[9].text)
        assert cosines[made[9].id] == pytest.approx(float(exact), abs=1e-4)
    finally:
        index.close()


def test_vectors_in_a_file_are_found_exactly_and_ties_fall_by_row(tmp_path: Path) -> None:
    texts = [f"thing{number % 5} of many" for number in range(20)]
    np.save(tmp_path / "vectors.npy", ENCODER.embed_texts(texts))
    index = ExactIndex(tmp_path / "vectors.npy")
    vector = ENCODER.embed_query("thing3 of many")
    found = index.search(vector, 3)
    assert [row for row, _ in found] == [3, 8, 13]
    assert found[0][1] == pytest.approx(1, abs=1e-5)
    assert [row for row, _ in index.search(vector, 20)][:4] == [3, 8, 13, 18]
    assert index.cosines(vector, [18, 0]).tolist() == pytest.approx(
        [1, float(ENCODER.embed_query(texts[0]) @ vector)], abs=1e-5
    )
    (tmp_path / "vectors.npy").write_bytes(b"cut")
    with pytest.raises(IndexDamagedError, match="vectors"):
        ExactIndex(tmp_path / "vectors.npy")


def test_what_could_not_be_opened_once_can_be_opened_later(tmp_path: Path) -> None:
    """Chroma remembers a client that it made halfway, and would give it out again."""
    made = passages(3)
    written(tmp_path / "chroma", made, block=3)
    database = tmp_path / "chroma" / "chroma.sqlite3"
    whole = database.read_bytes()
    database.write_bytes(b"not a database" * 500)
    with pytest.raises(IndexDamagedError, match="Chroma cannot be opened"):
        DenseIndex(tmp_path / "chroma")
    database.write_bytes(whole)
    index = DenseIndex(tmp_path / "chroma")
    assert len(index.search(ENCODER.embed_query(made[0].text), 3)) == 3
    index.close()


def test_repeats_are_counted() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 0], [1, 0]], dtype=np.float32)
    assert repeats(vectors) == 3
    assert repeats(vectors[:0]) == 0


def test_llama_index_programs_find_path_and_lines_in_the_collection(tmp_path: Path) -> None:
    (made,) = passages(1)
    written(tmp_path / "chroma", [made], block=1)
    client = open_client(tmp_path / "chroma")
    try:
        row = client.get_collection(COLLECTION, embedding_function=None).get()
    finally:
        client.close()
    assert row["ids"] == [made.id]
    assert row["documents"] == [made.text]
    metadata = row["metadatas"][0]
    assert (metadata["path"], metadata["start_line"], metadata["end_line"]) == ("a.txt", 1, 1)
    assert json.loads(metadata["_node_content"])["id_"] == made.id


def test_llama_indexs_store_finds_the_same_passages(tmp_path: Path) -> None:
    made = passages(20)
    written(tmp_path / "chroma", made, block=20)
    vector = ENCODER.embed_query("thing7 is about a paragraph")
    client = open_client(tmp_path / "chroma")
    try:
        collection = client.get_collection(COLLECTION, embedding_function=None)
        store = ChromaVectorStore.from_collection(collection)
        query = VectorStoreQuery(query_embedding=vector.tolist(), similarity_top_k=20)
        theirs = store.query(query)
    finally:
        client.close()
    index = DenseIndex(tmp_path / "chroma")
    ours = dict(index.search(vector, 20))
    index.close()
    assert set(ours) == set(theirs.ids or [])
    for identity, similarity in zip(theirs.ids or [], theirs.similarities or [], strict=True):
        assert ours[identity] == pytest.approx(1 + np.log(similarity), abs=1e-6)


def test_an_error_of_chroma_reaches_the_one_who_adds(tmp_path: Path) -> None:
    (tmp_path / "chroma").write_text("a file where the folder should be")
    with pytest.raises(IndexUnusableError, match="Chroma could not write"):
        written(tmp_path / "chroma", passages(2), block=1)


def test_a_writer_that_is_given_up_stops(tmp_path: Path) -> None:
    writer = DenseWriter(tmp_path / "chroma", 2)
    writer.abandon()
    assert not writer._thread.is_alive()


@pytest.mark.parametrize("what", ["missing", "no database"])
def test_a_folder_that_chroma_cannot_open_is_damaged(tmp_path: Path, what: str) -> None:
    if what == "no database":
        (tmp_path / "chroma").mkdir()
        (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(IndexDamagedError, match="Chroma cannot be opened"):
        DenseIndex(tmp_path / "chroma")


class TestTheCheckOfANewGeneration:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        made = passages(12)
        written(tmp_path / "chroma", made, block=12)
        texts = [passage.text for passage in made]
        np.save(tmp_path / "vectors.npy", ENCODER.embed_texts(texts))
        write_bm25(tmp_path / "bm25", texts)
        return tmp_path

    def test_finds_nothing_wrong_with_a_whole_one(self, folder: Path) -> None:
        assert index_check.check(folder, 12) is None

    def test_counts_what_each_part_holds(self, folder: Path) -> None:
        assert index_check.check(folder, 13) == "BM25 holds 12 passages instead of 13"
        shutil.rmtree(folder / "bm25")
        write_bm25(folder / "bm25", ["a"] * 13)
        assert index_check.check(folder, 13) == "vectors.npy holds 12 vectors instead of 13"
        np.save(folder / "vectors.npy", np.ones((13, 64), dtype=np.float32))
        assert index_check.check(folder, 13) == "Chroma holds 12 vectors instead of 13"

    def test_needs_no_chroma_where_there_is_none(self, folder: Path) -> None:
        shutil.rmtree(folder / "chroma")
        assert index_check.check(folder, 12) is None

    def test_looks_for_vectors(self, folder: Path) -> None:
        np.save(folder / "vectors.npy", np.full((12, 64), -1, dtype=np.float32))
        assert index_check.check(folder, 12) == "Chroma does not find vector 0"

    def test_what_a_graph_misses_is_looked_for_among_what_is_held(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from chromadb.api.models.Collection import Collection

        blind = {"ids": [[]], "distances": [[]]}
        monkeypatch.setattr(Collection, "query", lambda *_, **__: blind)
        assert index_check.check(folder, 12) is None
        self.test_looks_for_vectors(folder)

    def test_reports_what_chroma_raises(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with closing(sqlite3.connect(folder / "chroma" / "chroma.sqlite3")) as database:
            database.execute("DELETE FROM collections")
            database.commit()
        monkeypatch.setattr("sys.argv", ["check", str(folder)])
        monkeypatch.setattr("sys.stdin.readline", lambda: "12\n", raising=False)
        assert index_check.main() == 1
        assert "NotFoundError" in json.loads(capsys.readouterr().out)["damage"]

    def test_removes_what_a_builder_that_died_was_building(self, folder: Path) -> None:
        checking = [sys.executable, "-m", "summit_qa.index.check", str(folder)]
        assert subprocess.run(checking, stdin=subprocess.DEVNULL, check=False).returncode == 0
        assert not folder.exists()

    def test_removes_it_where_the_builder_died_during_the_check(self, folder: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "summit_qa.index.check", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as checking:
            assert checking.stdout is not None
            checking.stdout.close()
            checking.communicate(b"12\n", timeout=60)
        assert not folder.exists()
