"""Law 4: generations are whole or not served; one writer, any readers, nothing embedded twice."""

import errno
import gc
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from doubles import WordEncoder, settings, write
from summit_qa.documents import corpus as reading
from summit_qa.errors import CorpusError, IndexDamagedError, IndexLockedError, IndexUnusableError
from summit_qa.index import build as building
from summit_qa.index.folder import BUILDING, CURRENT, LOCK, REMOVING, locked
from summit_qa.index.store import Store
from summit_qa.index.sync import Index
from summit_qa.types import Document, Passage, SyncReport

FILES = {
    "a.txt": "The leaders met at Camp David.\nThey agreed to consult.\n",
    "b.txt": "Shares of a maker of chocolate fell.\n",
    "sub/c.md": "A hotline will connect the three.\n",
}


@pytest.fixture(autouse=True)
def in_process(checked_in_process: None) -> None:
    """No process for each build."""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write(tmp_path / "corpus", FILES)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def index(tmp_path: Path, encoder: WordEncoder) -> Index:
    return Index(tmp_path / "index", embedder=encoder, settings=settings(passage_chars=50))


def again(index: Index, encoder: WordEncoder | None = None, **values: object) -> Index:
    """The same folder, opened anew."""
    return Index(
        index.folder,
        embedder=encoder or WordEncoder(),
        settings=settings(**{"passage_chars": 50, **values}),
    )


def generations(index: Index) -> list[str]:
    return sorted(entry.name for entry in index.folder.iterdir() if entry.name.startswith("g-"))


def leftovers(index: Index) -> list[str]:
    known = {CURRENT, LOCK, *generations(index)}
    return sorted(entry.name for entry in index.folder.iterdir() if entry.name not in known)


def texts_served(index: Index) -> dict[str, str]:
    return {path: document.text for path, document in index.current().documents.items()}


class TestWhatASyncFinds:
    def test_a_first_sync_adds_everything(
        self, index: Index, corpus: Path, encoder: WordEncoder
    ) -> None:
        report = index.sync(corpus)
        assert report.added == ("a.txt", "b.txt", "sub/c.md")
        assert report.changed == report.removed == report.unchanged == ()
        assert report.published
        assert report.embedded == report.passages == len(encoder.embedded) == 4
        assert report.generation == index.current().id
        assert texts_served(index) == FILES
        assert leftovers(index) == []

    def test_a_second_sync_writes_nothing_and_embeds_nothing(
        self, index: Index, corpus: Path, encoder: WordEncoder
    ) -> None:
        first = index.sync(corpus)
        before = {path: path.stat().st_mtime_ns for path in index.folder.rglob("*")}
        encoder.embedded.clear()
        for opened in (index, again(index, encoder)):
            report = opened.sync(corpus)
            assert report.unchanged == ("a.txt", "b.txt", "sub/c.md")
            assert not report.published
            assert (report.generation, report.passages) == (first.generation, 4)
        assert encoder.embedded == []
        assert {path: path.stat().st_mtime_ns for path in index.folder.rglob("*")} == before

    def test_only_what_changed_is_embedded(
        self, index: Index, corpus: Path, encoder: WordEncoder
    ) -> None:
        index.sync(corpus)
        encoder.embedded.clear()
        (corpus / "a.txt").write_text("The leaders met at Camp David.\nThey went home again.\n")
        (corpus / "b.txt").unlink()
        (corpus / "d.txt").write_text("Rain fell.\n")
        report = index.sync(corpus)
        assert (report.added, report.changed) == (("d.txt",), ("a.txt",))
        assert (report.removed, report.unchanged) == (("b.txt",), ("sub/c.md",))
        assert sorted(encoder.embedded) == ["Rain fell.", "They went home again."]
        assert report.embedded == 2
        assert list(index.current().documents) == ["a.txt", "d.txt", "sub/c.md"]

    def test_after_a_change_everything_is_as_if_made_anew(
        self, index: Index, corpus: Path, tmp_path: Path
    ) -> None:
        index.sync(corpus)
        write(corpus, {"aa.txt": "A chocolate hotline.\n", "b.txt": "Shares of the three fell.\n"})
        (corpus / "a.txt").unlink()
        assert index.sync(corpus).published
        anew = Index(tmp_path / "anew", embedder=WordEncoder(), settings=settings(passage_chars=50))
        anew.sync(corpus)
        one, other = index.current(), anew.current()
        assert dict(one.documents) == dict(other.documents)
        assert dict(one.passages) == dict(other.passages)
        for query in ("hotline three", "shares", "chocolate", "leaders"):
            assert one.word_scores(query).passages.tolist() == (
                other.word_scores(query).passages.tolist()
            )
            assert one.word_scores(query).files.tolist() == other.word_scores(query).files.tolist()
        assert one._store.digests().tolist() == other._store.digests().tolist()
        assert np.array_equal(one._exact._vectors, other._exact._vectors)

    def test_what_stays_is_taken_over_as_it_stands(
        self, index: Index, corpus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(building, "CHROMA_MOST", 0)  # Chroma is given the texts of everything
        index.sync(corpus)
        decoded: list[str] = []
        plain = Store.document
        monkeypatch.setattr(
            Store, "document", lambda store, path: decoded.append(path) or plain(store, path)
        )
        write(corpus, {"aa.txt": "A chocolate hotline.\n"})
        assert index.sync(corpus).added == ("aa.txt",)
        assert decoded == []
        assert texts_served(index) == {**FILES, "aa.txt": "A chocolate hotline.\n"}

    def test_files_that_did_not_change_are_not_read_again(
        self, index: Index, corpus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.sync(corpus)
        read: list[str] = []
        plain = reading.make_document

        def counted(path: str, data: bytes, **options: Any) -> Document:
            read.append(path)
            return plain(path, data, **options)

        monkeypatch.setattr(reading, "make_document", counted)
        assert not index.sync(corpus).published
        assert read == []
        write(corpus, {"b.txt": "Shares rose.\n"})
        assert index.sync(corpus).changed == ("b.txt",)
        assert read == ["b.txt"]

    def test_a_moved_file_is_not_embedded_again(
        self, index: Index, corpus: Path, encoder: WordEncoder
    ) -> None:
        index.sync(corpus)
        encoder.embedded.clear()
        (corpus / "a.txt").rename(corpus / "z.txt")
        report = index.sync(corpus)
        assert (report.added, report.removed, report.embedded) == (("z.txt",), ("a.txt",), 0)
        assert encoder.embedded == []
        assert all(p.path == "z.txt" for p in index.current().passages_of("z.txt"))

    def test_a_touched_file_is_unchanged(self, index: Index, corpus: Path) -> None:
        index.sync(corpus)
        os.utime(corpus / "a.txt", (1, 1))
        assert not index.sync(corpus).published

    def test_a_change_that_keeps_size_and_time_is_found(self, index: Index, corpus: Path) -> None:
        index.sync(corpus)
        status = (corpus / "b.txt").stat()
        (corpus / "b.txt").write_text(FILES["b.txt"].replace("fell", "rose"))
        os.utime(corpus / "b.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
        assert index.sync(corpus).changed == ("b.txt",)

    def test_what_is_not_read_is_reported_each_time(self, index: Index, corpus: Path) -> None:
        (corpus / "picture.png").write_bytes(b"\x89PNG\0\0\0")
        for _ in range(2):
            (skipped,) = index.sync(corpus).skipped
            assert (skipped.path, skipped.reason) == (
                "picture.png",
                "an image; its text, if any, is not read",
            )
        assert index.current().skipped == (skipped,)

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_asking_alters_nothing_however_few_the_passages(
        self, index: Index, tmp_path: Path, count: int
    ) -> None:
        few = write(tmp_path / "few", {f"{n}.txt": f"Thing {n} fell.\n" for n in range(count)})
        index.sync(few)
        index.current().dense(WordEncoder().embed_query("thing"), count)
        report = again(index).sync(few)
        assert (report.messages, report.passages, report.published) == ((), count, False)

    def test_progress_is_reported(self, index: Index, corpus: Path) -> None:
        seen = set()
        index.sync(corpus, progress=lambda done, total, what: seen.add((what, done == total)))
        assert {what for what, whole in seen if whole} == {
            "files read",
            "files cut into passages",
            "passages embedded",
        }

    def test_an_empty_corpus_can_be_indexed_and_filled(self, index: Index, tmp_path: Path) -> None:
        empty = tmp_path / "empty"
        empty.mkdir()
        assert index.sync(empty).passages == 0
        assert len(index.current().documents) == len(index.current().passages) == 0
        (empty / "a.txt").write_text("Words.")
        assert index.sync(empty).added == ("a.txt",)
        (empty / "a.txt").unlink()
        assert index.sync(empty).removed == ("a.txt",)
        assert len(index.current().passages) == 0


class TestAnotherRecipe:
    @pytest.mark.parametrize(
        ("fingerprint", "chars", "message"),
        [
            ("words:2", 50, "The embedder changed; the index was rebuilt."),
            ("words:1", 52, "The passage size changed from 50 to 52; the index was rebuilt."),
        ],
    )
    def test_makes_a_new_generation(
        self, index: Index, corpus: Path, fingerprint: str, chars: int, message: str
    ) -> None:
        first = index.sync(corpus)
        other = again(index, WordEncoder(fingerprint, dimensions=32), passage_chars=chars)
        report = other.sync(corpus)
        assert report.generation != first.generation
        assert report.messages == (message,)
        assert report.unchanged == first.added
        assert report.embedded == (4 if fingerprint == "words:2" else 0)
        assert other.current().embedder == fingerprint

    def test_vectors_of_another_embedder_are_never_mixed(self, index: Index, corpus: Path) -> None:
        index.sync(corpus)
        (corpus / "d.txt").write_text("Rain fell.\n")
        other = again(index, WordEncoder("words:2", dimensions=32))
        assert other.sync(corpus).embedded == 5
        vectors = np.load(other.folder / other.current().id / "vectors.npy")
        assert vectors.shape == (5, 32)


class Waiting(WordEncoder):
    """Embeds when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.begun.set()
        assert self.may_go_on.wait(60)
        return super().embed_texts(texts)


class TestWritersAndReaders:
    def test_a_second_writer_is_refused_at_once(self, index: Index, corpus: Path) -> None:
        slow = Waiting()
        first = Index(index.folder, embedder=slow, settings=settings(passage_chars=50))
        reports: list[SyncReport] = []
        thread = threading.Thread(target=lambda: reports.append(first.sync(corpus)))
        thread.start()
        try:
            assert slow.begun.wait(60)
            with pytest.raises(IndexLockedError, match="Another process is writing") as caught:
                index.sync(corpus)
            assert "\n" not in str(caught.value)
            with pytest.raises(IndexUnusableError, match="no index"):
                index.current()
        finally:
            slow.may_go_on.set()
            thread.join()
        assert reports[0].passages == 4
        assert texts_served(index) == FILES

    def test_readers_and_writers_with_nothing_to_do_need_no_lock(
        self, index: Index, corpus: Path
    ) -> None:
        index.sync(corpus)
        with FileLock(index.folder / LOCK):
            assert not again(index).sync(corpus).published
            assert texts_served(again(index)) == FILES

    def test_a_dead_writer_blocks_nobody_and_its_rest_is_removed(
        self, index: Index, corpus: Path
    ) -> None:
        index.sync(corpus)
        (index.folder / LOCK).write_text("left behind")
        aside = index.folder / ".building-g-20200101T000000-00000000"
        (aside / "chroma").mkdir(parents=True)
        (index.folder / ".removing-g-20200101T000000-00000000").mkdir()
        (index.folder / "g-20200101T000000-00000000").mkdir()
        (corpus / "d.txt").write_text("Rain fell.\n")
        index.sync(corpus)
        assert leftovers(index) == []
        assert generations(index) == [index.current().id]

    def test_a_reader_keeps_its_generation_and_moves_on_with_its_next_question(
        self, index: Index, corpus: Path
    ) -> None:
        index.sync(corpus)
        reader = again(index)
        held = reader.current()
        (corpus / "a.txt").write_text("Everything is different.\n")
        index.sync(corpus)
        assert held.documents["a.txt"].text == FILES["a.txt"]
        vector = WordEncoder().embed_query("The leaders met at Camp David.")
        nearest = held.passages[held.dense(vector, 1)[0][0]]
        assert nearest.text == "The leaders met at Camp David."
        assert held.bm25("Camp David", 1)[0][0] == nearest.id
        moved = reader.current()
        assert moved.id != held.id
        assert moved.documents["a.txt"].text == "Everything is different.\n"
        assert reader.current() is moved

    def test_an_old_generation_goes_when_nobody_reads_it(self, index: Index, corpus: Path) -> None:
        index.sync(corpus)
        reader = again(index)
        held = reader.current()
        names = []
        for number in range(3):
            (corpus / "a.txt").write_text(f"Version {number}.\n")
            names.append(index.sync(corpus).generation)
        assert generations(index) == sorted([held.id, names[-1]])
        del held
        reader.close()
        (corpus / "a.txt").write_text("The last version.\n")
        last = index.sync(corpus).generation
        assert generations(index) == [last]

    def test_the_old_generation_is_served_until_the_new_one_is_published(
        self, index: Index, corpus: Path
    ) -> None:
        index.sync(corpus)
        (corpus / "d.txt").write_text("Rain fell.\n")
        slow = Waiting()
        writer = Index(index.folder, embedder=slow, settings=settings(passage_chars=50))
        thread = threading.Thread(target=writer.sync, args=(corpus,))
        thread.start()
        try:
            assert slow.begun.wait(60)
            assert texts_served(again(index)) == FILES
        finally:
            slow.may_go_on.set()
            thread.join()
        assert "d.txt" in index.current().documents

    def test_a_writer_that_fails_leaves_what_was_served(
        self, index: Index, corpus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        served = index.sync(corpus).generation
        (corpus / "d.txt").write_text("Rain fell.\n")

        def damaged(*_: object) -> str:
            return "half of it is missing"

        monkeypatch.setattr("summit_qa.index.check.check", damaged)
        with pytest.raises(IndexDamagedError, match="half of it is missing"):
            index.sync(corpus)
        assert generations(index) == [served]
        assert leftovers(index) == []
        assert texts_served(again(index)) == FILES


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut": cut,
    "bit flipped": flip,
    "missing": remove,
    "empty": empty,
}
FILES_OF_A_GENERATION = [
    "manifest.json",
    "texts.sqlite3",
    "vectors.npy",
    "bm25/passages-rows.npy",
    "chroma/*/data_level0.bin",
    "chroma/*/header.bin",
]


class TestDamage:
    @pytest.mark.parametrize(
        ("name", "how"),
        [(name, "bit flipped") for name in FILES_OF_A_GENERATION]
        + [("chroma/*/header.bin", how) for how in DAMAGES if how != "bit flipped"]
        + [("manifest.json", "missing"), ("vectors.npy", "cut"), ("texts.sqlite3", "missing")],
    )
    def test_is_found_before_it_is_served_and_repaired_with_a_message(
        self, index: Index, corpus: Path, name: str, how: str
    ) -> None:
        first = index.sync(corpus)
        (path,) = (index.folder / first.generation).glob(name)
        DAMAGES[how](path)
        opened = again(index)
        with pytest.raises(IndexDamagedError, match="run `summit-qa index` to rebuild it"):
            opened.current()
        report = opened.sync(corpus)
        assert report.generation != first.generation
        (message,) = report.messages
        assert message.startswith("The index was damaged (")
        assert message.endswith("); it was rebuilt.")
        if name != "manifest.json":
            assert path.name in message
        assert texts_served(opened) == FILES
        assert generations(opened) == [report.generation]
        assert again(index).sync(corpus).messages == ()

    @pytest.mark.parametrize("how", ["missing", "empty", "no rows", "garbage"])
    def test_of_chromas_database_is_found(self, index: Index, corpus: Path, how: str) -> None:
        first = index.sync(corpus)
        path = index.folder / first.generation / "chroma" / "chroma.sqlite3"
        if how == "no rows":
            with closing(sqlite3.connect(path)) as database:
                database.execute("DELETE FROM embeddings")
                database.commit()
        elif how == "garbage":
            data = path.read_bytes()
            path.write_bytes(data[:4096] + bytes(range(256)) * ((len(data) - 4096) // 256))
        else:
            DAMAGES[how](path)
        opened = again(index)
        with pytest.raises(IndexDamagedError, match=r"chroma\.sqlite3"):
            opened.current()
        assert opened.sync(corpus).embedded == 0  # texts and vectors were whole
        assert texts_served(opened) == FILES

    def test_of_the_folder_is_found(self, index: Index, corpus: Path) -> None:
        first = index.sync(corpus)
        shutil.rmtree(index.folder / first.generation)
        opened = again(index)
        with pytest.raises(IndexDamagedError):
            opened.current()
        assert opened.sync(corpus).embedded == 4
        assert texts_served(opened) == FILES

    @pytest.mark.parametrize(
        "pointer", [b"\xff\xfe", b"nonsense", b"../../etc 00", b"g-20200101T000000-00000000 00\n"]
    )
    def test_of_the_pointer_is_found(self, index: Index, corpus: Path, pointer: bytes) -> None:
        index.sync(corpus)
        (index.folder / CURRENT).write_bytes(pointer)
        opened = again(index)
        with pytest.raises(IndexDamagedError):
            opened.current()
        assert opened.sync(corpus).messages != ()
        assert texts_served(opened) == FILES

    def test_of_a_folder_in_place_of_the_pointer_is_found(self, index: Index, corpus: Path) -> None:
        index.sync(corpus)
        (index.folder / CURRENT).unlink()
        (index.folder / CURRENT / "inside").mkdir(parents=True)
        with pytest.raises(IndexDamagedError, match="CURRENT cannot be read"):
            again(index).current()
        again(index).sync(corpus)
        assert texts_served(again(index)) == FILES
        again(index).sync(corpus)
        assert not list(index.folder.glob(".removing-*"))

    def test_what_a_killed_writer_left_goes_with_the_next_sync(
        self, index: Index, corpus: Path
    ) -> None:
        index.sync(corpus)
        left = [index.folder / f"{name}g-20200101T000000-00000000" for name in (BUILDING, REMOVING)]
        for folder in left:
            (folder / "inside").mkdir(parents=True)
        with locked(index.folder):  # by one who is at work
            assert again(index).sync(corpus).unchanged
        assert all(folder.exists() for folder in left)
        assert again(index).sync(corpus).unchanged
        assert not any(folder.exists() for folder in left)
        assert texts_served(again(index)) == FILES

    def test_a_missing_pointer_means_no_index(self, index: Index, corpus: Path) -> None:
        index.sync(corpus)
        (index.folder / CURRENT).unlink()
        with pytest.raises(IndexUnusableError, match="There is no index"):
            again(index).current()
        assert again(index).sync(corpus).added == tuple(FILES)


class TestTheFolder:
    def test_inside_the_corpus_is_not_indexed_itself(self, corpus: Path) -> None:
        index = Index(corpus / "sub" / "index", embedder=WordEncoder(), settings=settings())
        for _ in range(2):
            report = index.sync(corpus)
            assert set(report.added or report.unchanged) == set(FILES)
            assert report.skipped == ()

    def test_may_not_be_the_corpus(self, corpus: Path) -> None:
        for folder in (corpus, corpus / ".", corpus / "sub" / ".."):
            index = Index(folder, embedder=WordEncoder(), settings=settings())
            with pytest.raises(
                IndexUnusableError, match="cannot be kept in the folder of the files"
            ):
                index.sync(corpus)
        assert {p.name for p in corpus.iterdir()} == {"a.txt", "b.txt", "sub"}

    def test_with_files_of_somebody_else_is_left_alone(self, corpus: Path, tmp_path: Path) -> None:
        folder = write(tmp_path / "taxes", {"2023.txt": "Secret."})
        index = Index(folder, embedder=WordEncoder(), settings=settings())
        with pytest.raises(IndexUnusableError, match=r"holds other files \(2023\.txt\)"):
            index.sync(corpus)
        assert [p.name for p in folder.iterdir()] == ["2023.txt"]

    def test_with_a_readme_is_welcome(self, corpus: Path, tmp_path: Path) -> None:
        folder = write(tmp_path / "index", {"README.md": "What is here.", ".gitignore": "*"})
        Index(folder, embedder=WordEncoder(), settings=settings()).sync(corpus)
        assert (folder / "README.md").exists()

    def test_that_is_a_file_is_named_in_one_line(self, corpus: Path, tmp_path: Path) -> None:
        (tmp_path / "index").write_text("I am a file.")
        index = Index(tmp_path / "index", embedder=WordEncoder(), settings=settings())
        with pytest.raises(IndexUnusableError, match="it is not a folder"):
            index.sync(corpus)

    def test_may_be_reached_by_a_link(self, corpus: Path, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        Index(tmp_path / "link", embedder=WordEncoder(), settings=settings()).sync(corpus)
        assert (tmp_path / "real" / CURRENT).exists()

    def test_is_not_made_where_the_corpus_is_missing(self, index: Index, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match="There is no folder"):
            index.sync(tmp_path / "nowhere")
        assert not index.folder.exists()

    @pytest.mark.parametrize(
        ("number", "why"),
        [
            (errno.ENOSPC, "the disk is full"),
            (errno.EDQUOT, "the disk is full"),
            (errno.EROFS, "choose another folder with --index"),
            (errno.EACCES, "choose another folder with --index"),
            (errno.EIO, "Input/output error"),
        ],
    )
    @pytest.mark.parametrize("at", ["mkdir", "fsync", "rename"])
    def test_that_cannot_be_written_is_said_in_one_line(
        self,
        index: Index,
        corpus: Path,
        monkeypatch: pytest.MonkeyPatch,
        number: int,
        why: str,
        at: str,
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        match at:
            case "mkdir":
                monkeypatch.setattr(Path, "mkdir", fail)
            case "fsync":
                monkeypatch.setattr("summit_qa.index.build.os.fsync", fail)
            case _:
                monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(IndexUnusableError, match=why) as caught:
            index.sync(corpus)
        assert "\n" not in str(caught.value)
        monkeypatch.undo()
        if index.folder.exists():
            assert generations(index) == []
            assert leftovers(index) == []

    def test_a_disk_that_is_full_for_its_texts_is_said_in_one_line(
        self, index: Index, corpus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(file: Path, *_: object) -> None:
            with closing(sqlite3.connect(file)) as database:
                database.execute("PRAGMA max_page_count = 2")
                database.executescript("CREATE TABLE t (x); CREATE TABLE u (x);")

        monkeypatch.setattr("summit_qa.index.cut.StoreWriter", fail)
        with pytest.raises(IndexUnusableError, match=r"cannot be written: the disk is full; free"):
            index.sync(corpus)
        assert generations(index) == leftovers(index) == []

    def test_an_open_file_that_its_file_system_goes_on_showing_is_not_somebody_elses(
        self, index: Index, corpus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As NFS does with one that was removed while it is open."""
        made = tempfile.TemporaryFile

        def shown(*, dir: Path) -> IO[bytes]:
            (Path(dir) / ".nfs0001").touch()
            return made(dir=dir)

        monkeypatch.setattr("summit_qa.index.spool.tempfile", SimpleNamespace(TemporaryFile=shown))
        index.sync(corpus)
        assert texts_served(index) == FILES

    def test_the_same_folder_serves_many_threads(self, index: Index, corpus: Path) -> None:
        index.sync(corpus)
        opened = again(index)
        found: list[dict[str, str]] = []
        threads = [
            threading.Thread(target=lambda: found.append(texts_served(opened))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [FILES] * 8

    def test_a_folder_that_is_indexed_is_never_in_memory_as_a_whole(
        self, index: Index, corpus: Path
    ) -> None:
        write(corpus, {f"{n}.txt": f"Room {n} is open.\n\nIt has {n} seats.\n" for n in range(90)})
        most: dict[str, int] = {}

        def alive() -> int:
            return sum(type(it) in (Document, Passage) for it in gc.get_objects())

        def progress(done: int, total: int, what: str) -> None:
            if done % 10 == 0:  # to look through all objects takes a tenth of a second
                most[what] = max(alive() - before, most.get(what, 0))

        gc.collect()
        before = alive()
        assert len(index.sync(corpus, progress=progress).added) > 90
        assert most["files read"] < 20
        assert most["files cut into passages"] < 20
        assert leftovers(index) == []


class TestWhoseIndexItIs:
    @pytest.fixture
    def other(self, tmp_path: Path) -> Path:
        return write(tmp_path / "other", {"secret.txt": "The password is plum.\n"})

    def test_another_folder_is_refused_and_nothing_is_touched(
        self, index: Index, corpus: Path, other: Path
    ) -> None:
        index.sync(corpus)
        pointer = (index.folder / CURRENT).read_bytes()
        with pytest.raises(IndexUnusableError, match="belongs to the folder") as caught:
            again(index).sync(other)
        assert str(corpus.resolve()) in str(caught.value)
        assert "--index" in str(caught.value)
        assert (index.folder / CURRENT).read_bytes() == pointer
        assert not index.sync(corpus).published

    def test_another_folder_is_refused_before_it_is_read(
        self, index: Index, corpus: Path, other: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.sync(corpus)
        monkeypatch.setattr("summit_qa.documents.corpus.os.scandir", None)
        with pytest.raises(IndexUnusableError, match="belongs to the folder"):
            again(index).sync(other)

    def test_without_a_sync_another_folder_is_refused_too(
        self, index: Index, corpus: Path, other: Path
    ) -> None:
        index.sync(corpus)
        for folder, refused in ((corpus, False), (other, True)):
            opened = Index(index.folder, embedder=WordEncoder(), settings=settings(), corpus=folder)
            if refused:
                with pytest.raises(IndexUnusableError, match="of another folder"):
                    opened.current()
            else:
                assert opened.current().documents

    def test_the_folder_by_another_name_is_the_same(
        self, index: Index, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.sync(corpus)
        (tmp_path / "link").symlink_to(corpus)
        monkeypatch.chdir(tmp_path)
        for name in (Path("corpus"), tmp_path / "link", corpus / "sub" / ".."):
            assert not again(index).sync(name).published

    def test_the_index_follows_a_folder_that_has_moved(
        self, index: Index, corpus: Path, tmp_path: Path
    ) -> None:
        index.sync(corpus)
        moved = corpus.rename(tmp_path / "moved")
        encoder = WordEncoder()
        report = again(index, encoder).sync(moved)
        assert report.messages == ("The folder has moved; its index came along.",)
        assert encoder.embedded == []
        assert again(index).sync(moved).messages == ()
        with pytest.raises(IndexUnusableError, match="of another folder"):
            Index(
                index.folder, embedder=WordEncoder(), settings=settings(), corpus=corpus
            ).current()
