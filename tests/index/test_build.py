"""Building embeds each text once, keeps what was embedded, and never publishes what fails."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from doubles import CheckerInProcess, WordEncoder, settings, write
from summit_qa.documents.corpus import make_document
from summit_qa.errors import ConfigurationError, IndexDamagedError, IndexUnusableError
from summit_qa.index import build as building
from summit_qa.index.build import Recipe, Reusable, build
from summit_qa.index.dense import MOST_EQUAL
from summit_qa.index.found import File
from summit_qa.index.generation import FileRecord, Manifest, Source, read_manifest
from summit_qa.index.sync import Index
from summit_qa.retrieval.within import Within
from summit_qa.types import Document

TEXTS = {"a.txt": "One is here.\nTwo is here.\n", "b.txt": "One is here.\nThree is here.\n"}


def documents(texts: dict[str, str] = TEXTS) -> list[Document]:
    return [make_document(path, text.encode()) for path, text in sorted(texts.items())]


def corpus_files(texts: dict[str, str] = TEXTS) -> list[File]:
    return [File.read(made, lambda *_, made=made: made) for made in documents(texts)]


def manifest_of(built: building.Built, recipe: Recipe, made: Sequence[Document]) -> Manifest:
    return Manifest(
        id="g",
        created="",
        corpus="/corpus",
        embedder=recipe.embedder,
        passage_chars=recipe.passage_chars,
        chunking=recipe.chunking,
        passages=built.passages,
        sources={d.path: Source(d.sha256, d.size, d.encoding) for d in made},
        skipped=(),
        files=built.files,
    )


@pytest.fixture(autouse=True)
def in_process(checked_in_process: None) -> None:
    """No process for each build."""


def test_equal_texts_are_embedded_once(tmp_path: Path) -> None:
    encoder = WordEncoder()
    built = build(tmp_path, corpus_files(), Recipe.of(encoder, 14), encoder)
    assert (built.passages, built.embedded) == (4, 3)
    assert sorted(encoder.embedded) == ["One is here.", "Three is here.", "Two is here."]


def test_the_record_names_every_file_and_its_digest(tmp_path: Path) -> None:
    encoder = WordEncoder()
    built = build(tmp_path, corpus_files(), Recipe.of(encoder, 14), encoder)
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert set(built.files) == files
    without = [name for name, record in built.files.items() if record.sha256 is None]
    assert without == ["chroma/chroma.sqlite3"]


def test_what_the_generation_before_embedded_is_kept(tmp_path: Path) -> None:
    encoder = WordEncoder()
    recipe = Recipe.of(encoder, 14)
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    built = build(first, corpus_files(), recipe, encoder)
    reusable = Reusable.from_generation(first, manifest_of(built, recipe, documents()))
    assert reusable is not None
    encoder.embedded.clear()
    changed = {"a.txt": "Four is here.\nTwo is here.\n", "c.txt": "Three is here.\n"}
    built = build(second, corpus_files(changed), recipe, encoder, reusable=reusable)
    assert encoder.embedded == ["Four is here."]
    assert (built.passages, built.embedded) == (3, 1)
    vectors = np.load(second / "vectors.npy")
    for text, vector in zip(
        ("Four is here.", "Two is here.", "Three is here."), vectors, strict=True
    ):
        assert np.array_equal(vector, WordEncoder().embed_query(text))


def test_another_embedder_keeps_passages_but_no_vector(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    recipe = Recipe.of(WordEncoder(), 14)
    built = build(first, corpus_files(), recipe, WordEncoder())
    reusable = Reusable.from_generation(first, manifest_of(built, recipe, documents()))
    other = WordEncoder("words:2", dimensions=32)
    built = build(second, corpus_files(), Recipe.of(other, 14), other, reusable=reusable)
    assert built.embedded == 3
    assert np.load(second / "vectors.npy").shape == (4, 32)


def test_another_model_under_the_same_name_is_told_and_nothing_is_mixed(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus", {"a.txt": "One is here.\n"})
    index = Index(tmp_path / "index", embedder=WordEncoder(), settings=settings())
    index.sync(corpus)
    served = index.current()
    assert served.dense(WordEncoder().embed_query("One"), 1)
    other = WordEncoder(dimensions=32)
    with pytest.raises(ConfigurationError, match="64 numbers, and its embedder now makes 32"):
        served.dense(other.embed_query("One"), 1)
    with pytest.raises(ConfigurationError, match="64 numbers, and its embedder now makes 32"):
        Within(served, ["a.txt"]).dense(other.embed_query("One"), 1)
    write(corpus, {"b.txt": "Two is here.\n"})
    with pytest.raises(ConfigurationError, match="another model under the same name"):
        Index(tmp_path / "index", embedder=other, settings=settings()).sync(corpus)
    assert list(index.current().documents) == ["a.txt"]


@pytest.mark.parametrize("name", ["vectors.npy", "texts.sqlite3"])
@pytest.mark.parametrize("how", ["gone", "cut", "altered"])
def test_nothing_is_kept_of_damaged_files(tmp_path: Path, name: str, how: str) -> None:
    encoder = WordEncoder()
    recipe = Recipe.of(encoder, 14)
    manifest = manifest_of(build(tmp_path, corpus_files(), recipe, encoder), recipe, documents())
    data = bytearray((tmp_path / name).read_bytes())
    (tmp_path / name).unlink()
    if how == "cut":
        (tmp_path / name).write_bytes(data[: len(data) // 2])
    elif how == "altered":
        data[len(data) // 2] ^= 1
        (tmp_path / name).write_bytes(data)
    assert Reusable.from_generation(tmp_path, manifest) is None


def test_a_corpus_of_nothing_has_no_vectors(tmp_path: Path) -> None:
    encoder = WordEncoder()
    for name, texts in (("none", {}), ("blank", {"a.txt": " \n\n"})):
        (tmp_path / name).mkdir()
        built = build(tmp_path / name, corpus_files(texts), Recipe.of(encoder, 14), encoder)
        assert (built.passages, built.embedded) == (0, 0)
        assert not (tmp_path / name / "chroma").exists()


def test_progress_counts_files_and_passages(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    encoder = WordEncoder()
    build(
        tmp_path,
        corpus_files(),
        Recipe.of(encoder, 14),
        encoder,
        progress=lambda *report: seen.append(report),
    )
    assert seen == [
        (1, 2, "files cut into passages"),
        (2, 2, "files cut into passages"),
        (0, 3, "passages embedded"),
        (3, 3, "passages embedded"),
    ]


class Failing(WordEncoder):
    """Fails at the second block."""

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.embedded:
            raise RuntimeError("out of memory")
        return super().embed_texts(texts)


def test_an_error_of_the_embedder_ends_the_build_and_its_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_BLOCK", 1)
    encoder = Failing()
    with pytest.raises(RuntimeError, match="out of memory"):
        build(tmp_path, corpus_files(), Recipe.of(encoder, 14), encoder)


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        (Recipe("words:2", 800, "2"), "The embedder changed"),
        (Recipe("words:1", 400, "2"), "The passage size changed from 800 to 400"),
        (Recipe("words:1", 800, "3"), "The way passages are cut changed"),
        (Recipe("words:1", 800, "2"), None),
    ],
)
def test_a_recipe_says_what_is_different(recipe: Recipe, why: str | None) -> None:
    words = {"bm25/passages-terms.npy": FileRecord(1, None)}
    manifest = Manifest("g", "", "/corpus", "words:1", 800, "2", 0, {}, (), words)
    assert recipe.difference(manifest) == why
    assert recipe.made(manifest) is (why is None)


def test_an_index_whose_words_are_listed_as_before_is_made_again_and_keeps_its_vectors(
    tmp_path: Path,
) -> None:
    encoder = WordEncoder()
    index = Index(tmp_path / "index", embedder=encoder, settings=settings())
    corpus = write(tmp_path / "corpus", {"a.txt": "Rain fell all day.\n"})
    index.sync(corpus)
    pointer = tmp_path / "index" / "CURRENT"
    folder = tmp_path / "index" / pointer.read_text().split()[0]
    before = read_manifest(folder, pointer.read_text().split()[1])
    words = folder / "bm25" / "passages-terms.npy"
    words.rename(words.with_name("terms.json"))
    files = {
        name.replace("passages-terms.npy", "terms.json"): it for name, it in before.files.items()
    }
    data = replace(before, files=files).to_bytes()
    (folder / "manifest.json").write_bytes(data)
    pointer.write_text(f"{before.id} {hashlib.sha256(data).hexdigest()}\n")
    report = Index(tmp_path / "index", embedder=encoder, settings=settings()).sync(corpus)
    assert report.messages == ("The way words are looked up changed; the index was rebuilt.",)
    assert report.embedded == 0
    assert index.current().bm25("rain", 1)


class TestTheProcessThatChecks:
    @pytest.fixture(autouse=True)
    def real(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()  # of in_process
        assert building._Checker is not CheckerInProcess

    def test_finds_a_new_generation_whole(self, tmp_path: Path) -> None:
        encoder = WordEncoder()
        built = build(tmp_path, corpus_files(), Recipe.of(encoder, 14), encoder)
        assert built.passages == 4

    @pytest.mark.parametrize(
        ("program", "why"),
        [
            ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "died"),
            ('print(\'{"damage": "half of it is gone"}\')', "half of it is gone"),
            ("print('nonsense')", "died"),
            ("import time; time.sleep(60)", "took more than 0.2 seconds"),
        ],
    )
    def test_that_does_not_say_it_is_whole_means_damage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, why: str
    ) -> None:
        start = subprocess.Popen
        monkeypatch.setattr(building, "_CHECK_SECONDS", 0.2 if "sleep" in program else 60)
        monkeypatch.setattr(
            building.subprocess,
            "Popen",
            lambda command, **options: start([sys.executable, "-c", program], **options),
        )
        checker = building._Checker(tmp_path)
        try:
            with pytest.raises(IndexDamagedError, match=why):
                checker.check(4)
        finally:
            checker.close()


def test_an_embedder_with_vectors_of_nothing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("dimension 0")

    monkeypatch.setattr("llama_index.vector_stores.chroma.ChromaVectorStore.add", refuse)
    encoder = WordEncoder()
    with pytest.raises(IndexUnusableError, match="dimension 0"):
        build(tmp_path, corpus_files(), Recipe.of(encoder, 14), encoder)


def test_chroma_is_left_out_where_many_vectors_are_equal(tmp_path: Path) -> None:
    """Its graph would lose the passages beside them; the file of vectors loses none."""
    texts = {f"{n}.txt": "The same notice stands everywhere.\n" for n in range(MOST_EQUAL + 1)}
    corpus = write(tmp_path / "corpus", texts | {"other.txt": "The lamp of Norwick is green.\n"})
    index = Index(tmp_path / "index", embedder=WordEncoder(), settings=settings())
    index.sync(corpus)
    assert list((tmp_path / "index").glob("g-*/chroma")) == []
    served = index.current()
    found = served.dense(WordEncoder().embed_query("lamp of Norwick"), 100)
    assert served.passages[found[0][0]].path == "other.txt"
    assert len(found) == MOST_EQUAL + 2
    (corpus / "0.txt").unlink()
    index.sync(corpus)
    assert len(list((tmp_path / "index").glob("g-*/chroma"))) == 1
