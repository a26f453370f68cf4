"""Vectors on a server: what it loses, cuts, alters or delays costs the meaning, not the truth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from doubles import FixedJudge, FixedRanker, WordEncoder, settings, write
from summit_qa import deadline
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.errors import VectorServerError
from summit_qa.index import remote
from summit_qa.index.remote import MARKER, collection_name, distinct
from summit_qa.index.sync import Index
from summit_qa.testing import Reply, ScriptedServer, Stated
from summit_qa.types import Passage

FILES = {f"{n}.txt": f"Paragraph {n} is about thing{n}.\n" for n in range(6)}


class Held(dict[str, NDArray[np.float32]]):
    """A collection in memory, by ids of passages."""

    server: MemoryServer
    blind_to = 0  # the last so many of what a search should find, as a graph may be

    def add(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        self.server.ready()
        self.update({it.id: vector for it, vector in zip(passages, vectors, strict=True)})

    def count(self) -> int:
        self.server.ready()
        return len(self)

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        self.server.asked += 1
        self.server.ready()
        near = sorted(((float(it @ vector), name) for name, it in self.items()), reverse=True)
        return [
            (name, cosine) for cosine, name in near[: max(0, min(k, len(self)) - self.blind_to)]
        ]


class MemoryServer:
    """A vector server in memory, which fails as it is told."""

    address = "memory"
    patience = 5.0

    def __init__(self) -> None:
        self.held: dict[str, Held] = {}
        self.failure: Exception | None = None
        self.asked = 0

    def ready(self) -> None:
        if self.failure is not None:
            raise self.failure

    def create(self, name: str, total: int) -> Held:
        self.ready()
        assert name not in self.held
        self.held[name] = made = Held()
        made.server = self
        return made

    def open(self, name: str) -> Held:
        self.ready()
        if name not in self.held:
            raise VectorServerError(remote.LOST, lost=True)
        return self.held[name]

    def remove(self, name: str) -> None:
        self.ready()
        self.held.pop(name, None)


@pytest.fixture
def server(checked_in_process: None, monkeypatch: pytest.MonkeyPatch) -> MemoryServer:
    """A server that is asked again at once after it failed."""
    monkeypatch.setattr(remote, "_PAUSE", 0.0)
    return MemoryServer()


def index(folder: Path, server: MemoryServer | None, **values: object) -> Index:
    made = settings(index=folder, passage_chars=50, **values)
    return Index(folder, embedder=WordEncoder(), settings=made, server=server)


def synced(tmp_path: Path, server: MemoryServer | None) -> Index:
    served = index(tmp_path / "index", server)
    served.sync(write(tmp_path / "corpus", FILES))
    return served


def near(served: Index, text: str, k: int = 3) -> list[str]:
    generation = served.current()
    found = generation.dense(WordEncoder().embed_query(text), k)
    return [generation.passages[identity].text for identity, _ in found]


def test_a_generation_has_a_collection_and_no_chroma_of_its_own(
    tmp_path: Path, server: MemoryServer
) -> None:
    served = synced(tmp_path, server)
    generation = served.current()
    assert list(server.held) == [collection_name(generation.id)]
    assert not (tmp_path / "index" / generation.id / "chroma").exists()
    assert near(served, "thing4", 1) == ["Paragraph 4 is about thing4."]
    local = synced(tmp_path / "local", None).current()
    vector = WordEncoder().embed_query("thing2 and thing3")
    assert dict(generation.dense(vector, 6)) == pytest.approx(
        dict(local.dense(vector, 6)), abs=1e-4
    )


def test_the_next_generation_takes_its_vectors_along_and_the_old_collection_goes(
    tmp_path: Path, server: MemoryServer
) -> None:
    served = synced(tmp_path, server)
    write(tmp_path / "corpus", {"new.txt": "Something new is here.\n"})
    report = served.sync(tmp_path / "corpus")
    assert report.embedded == 1
    assert near(served, "something new", 1) == ["Something new is here."]
    served.close()
    served.sync(write(tmp_path / "corpus", {"new.txt": "Another thing is here.\n"}))
    assert list(server.held) == [collection_name(served.current().id)]
    assert len(list((tmp_path / "index").glob(f"{MARKER}*"))) == 1


def test_a_collection_that_is_read_stays(tmp_path: Path, server: MemoryServer) -> None:
    served, other = synced(tmp_path, server), index(tmp_path / "index", server)
    read = other.current()
    served.sync(write(tmp_path / "corpus", {"new.txt": "Something new is here.\n"}))
    assert read.dense(WordEncoder().embed_query("thing1"), 1)
    assert read.missed == 0
    read.close()
    other.close()
    served.sync(write(tmp_path / "corpus", {"new.txt": "Another thing is here.\n"}))
    assert list(server.held) == [collection_name(served.current().id)]


@pytest.mark.parametrize(
    "failure", [VectorServerError("does not answer"), ConnectionError("cut"), RuntimeError("\n x")]
)
def test_without_the_server_words_are_searched_and_counted_as_missed(
    tmp_path: Path, server: MemoryServer, failure: Exception
) -> None:
    served = synced(tmp_path, server)
    generation = served.current()
    server.failure = failure
    assert near(served, "thing4") == []
    assert generation.missed == 1
    assert generation.outage.startswith("The vector server ")
    assert len(generation.outage.splitlines()) == 1
    server.failure = None
    assert near(served, "thing4", 1) == ["Paragraph 4 is about thing4."]
    assert generation.missed == 1


def test_a_server_that_failed_is_left_alone_for_a_while(
    tmp_path: Path, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = synced(tmp_path, server)
    monkeypatch.setattr(remote, "_PAUSE", 3600.0)
    near(served, "thing1")
    server.failure, asked = TimeoutError(), server.asked
    for _ in range(5):
        assert near(served, "thing1") == []
    assert server.asked == asked + 1
    assert served.current().missed == 5


@pytest.mark.parametrize("each", [0.3, 2.0], ids=["every request is slow", "none is answered"])
def test_a_question_waits_for_a_slow_server_once_in_all(
    tmp_path: Path, server: MemoryServer, monkeypatch: pytest.MonkeyPatch, each: float
) -> None:
    """The look at whether the index is up to date, and then the search, as the commands do."""
    synced(tmp_path, server)
    monkeypatch.setattr(remote, "_PAUSE", 3600.0)
    monkeypatch.setattr(server, "patience", 0.5)
    monkeypatch.setattr(Held, "count", lambda held: time.sleep(each) or len(held))
    monkeypatch.setattr(Held, "search", lambda *_: time.sleep(each))
    served = index(tmp_path / "index", server)
    waiting = within_server(monkeypatch)
    with deadline.waiting(deadline.Waited()):
        report = served.sync(tmp_path / "corpus", vectors=False)
        assert near(served, "thing1") == []
    assert "takes too long to answer" in served.current().outage
    assert shared(waiting, 0.5)
    if each > 0.5:
        assert "takes too long to answer" in report.messages[0]


@pytest.mark.parametrize("each", [0.2, 2.0], ids=["every request is slow", "none is answered"])
def test_all_searches_of_a_writer_wait_for_a_slow_server_once(
    tmp_path: Path, server: MemoryServer, monkeypatch: pytest.MonkeyPatch, each: float
) -> None:
    corpus = write(tmp_path / "corpus", {"a.txt": "The fee is twelve euros.\n"})
    said = Stated("The fee is twelve euros.", "1.1")
    with ScriptedServer([Reply.calls("fee", "euros", "price"), Reply.of(said)] * 2) as model:
        chosen = settings(
            corpus=corpus, index=tmp_path / "index", engine="writer", searches=3, llm="scripted",
            openai_base_url=model.url, openai_api_key="k",
        )  # fmt: skip
        own = OwnModels(WordEncoder(), FixedRanker(), FixedJudge(), vectors=server)
        with Assistant.open(settings=chosen, own=own) as assistant:
            monkeypatch.setattr(server, "patience", 0.5)
            search = Held.search
            monkeypatch.setattr(Held, "search", lambda *a: time.sleep(each) or search(*a))
            for _ in range(2):  # a question begins anew
                waiting, asked = within_server(monkeypatch), server.asked
                answer = assistant.ask("How much is the fee?")
                assert len([it for it in answer.notes if it.startswith("Searched for")]) == 3
                assert any(it.startswith("Found by words alone") for it in answer.notes)
                assert shared(waiting, 0.5)
                assert server.asked > asked or each > 0.5


@pytest.mark.parametrize("left", [0.0, 0.1])
def test_a_question_that_has_used_up_its_time_keeps_no_other_from_the_server(
    tmp_path: Path, server: MemoryServer, monkeypatch: pytest.MonkeyPatch, left: float
) -> None:
    served = synced(tmp_path, server)
    monkeypatch.setattr(remote, "_PAUSE", 3600.0)
    monkeypatch.setattr(server, "patience", 60.0)
    search = Held.search
    monkeypatch.setattr(Held, "search", lambda *a: time.sleep(1) or search(*a))
    with deadline.waiting(deadline.Waited(60.0 - left)):
        assert near(served, "thing1") == []
    assert "takes too long to answer" in served.current().outage
    assert near(served, "thing1") != []


def test_what_a_sync_waited_is_not_taken_off_a_later_question(
    tmp_path: Path, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced(tmp_path, server)
    monkeypatch.setattr(server, "patience", 60.0)
    monkeypatch.setattr(Held, "count", lambda held: time.sleep(0.1) or len(held))
    served = index(tmp_path / "index", server)
    served.sync(tmp_path / "corpus", vectors=False)
    asked = within_server(monkeypatch)
    assert near(served, "thing1") != []
    assert [allowed for allowed, _ in asked] == [60.0]


def within_server(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """The seconds that a server is waited for at most, and that it took, as they are added."""
    waited: list[tuple[float, float]] = []

    def within(seconds: float, *arguments: Any) -> Any:
        began = time.monotonic()
        try:
            return deadline.within(seconds, *arguments)
        finally:
            waited.append((seconds, time.monotonic() - began))

    monkeypatch.setattr(remote, "within", within)
    return waited


def shared(waited: list[tuple[float, float]], patience: float) -> bool:
    """Whether each wait was allowed no more than those before had left, and all of it was used.

    How late a busy machine notices the end of the last one does not count.
    """
    spent = 0.0
    for allowed, took in waited:
        if allowed > patience - spent:
            return False
        spent += took
    return spent > 0.9 * patience


@pytest.mark.parametrize("what", ["emptied", "cut", "altered", "of another index"])
def test_what_the_server_lost_or_altered_is_found_out_and_sent_again(
    tmp_path: Path, server: MemoryServer, what: str
) -> None:
    served = synced(tmp_path, server)
    (held,) = server.held.values()
    match what:
        case "emptied":
            server.held.clear()
        case "cut":
            held.popitem()
        case "altered":
            for name in held:
                held[name] = WordEncoder().embed_query("thing4 is about")
        case "of another index":
            others = {f"{name:0>32}": vector for name, vector in enumerate(held.values())}
            held.clear()
            held.update(others)
    assert near(served, "thing4 is about") == []
    assert served.current().missed == 1
    if what in ("emptied", "cut"):  # the rest takes more than a count to see
        again = index(tmp_path / "index", server)
        report = again.sync(tmp_path / "corpus")
        assert report.embedded == 0
        assert "sent there again" in report.messages[0]
        assert near(again, "thing4", 1) == ["Paragraph 4 is about thing4."]


@pytest.mark.parametrize(("blind_to", "found"), [(1, 5), (3, 3), (4, 0), (6, 0)])
def test_a_graph_may_miss_a_few_of_what_the_server_holds(
    tmp_path: Path, server: MemoryServer, blind_to: int, found: int
) -> None:
    """They are counted: what was taken away is not taken for missed."""
    served = synced(tmp_path, server)
    (held,) = server.held.values()
    held.blind_to = blind_to
    assert len(near(served, "thing2", 6)) == found
    assert bool(served.current().outage) == (found == 0)
    held.blind_to = 0
    del held[next(iter(held))]
    assert near(served, "thing2", 6) == []
    assert "no longer holds" in served.current().outage


def test_other_vectors_are_told_from_fewer(tmp_path: Path, server: MemoryServer) -> None:
    served = synced(tmp_path, server)
    (held,) = server.held.values()
    held.update({name: -vector for name, vector in held.items()})
    held.blind_to = 5
    assert near(served, "thing2", 6) == []
    assert "other vectors" in served.current().outage


def test_equal_passages_are_sent_once_and_all_found(tmp_path: Path, server: MemoryServer) -> None:
    write(tmp_path / "corpus", {f"same{n:02}.txt": "The very same words.\n" for n in range(40)})
    served = synced(tmp_path, server)
    (held,) = server.held.values()
    assert len(held) == len(FILES) + 1
    assert near(served, "the very same words", 40) == ["The very same words."] * 40
    assert near(served, "thing4", 1) == ["Paragraph 4 is about thing4."]


def test_distinct_rows_and_their_equals() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 0], [2, 2], [0, 1], [1, 0]], dtype=np.float32)
    first, equal = distinct(vectors)
    assert first.tolist() == [0, 1, 3]
    assert equal.tolist() == [[0, 2], [0, 5], [1, 4]]
    assert distinct(vectors[:1])[1].shape == (0, 2)


def test_a_server_that_goes_while_it_is_written_leaves_what_was_served(
    tmp_path: Path, server: MemoryServer
) -> None:
    served = synced(tmp_path, server)
    before = served.current().id
    write(tmp_path / "corpus", {"new.txt": "Something new is here.\n"})
    create = server.create

    def dying(name: str, total: int) -> Held:
        made = create(name, total)
        server.failure = ConnectionError("gone")
        return made

    server.create = dying  # type: ignore[method-assign]
    with pytest.raises(VectorServerError, match=r"fails .*gone.*not sent"):
        served.sync(tmp_path / "corpus")
    assert served.current().id == before
    server.create, server.failure = create, None  # type: ignore[method-assign]
    assert near(served, "thing4", 1) == ["Paragraph 4 is about thing4."]
    served.close()
    assert served.sync(tmp_path / "corpus").embedded == 0  # its vector was kept
    assert list(server.held) == [collection_name(served.current().id)]


def test_an_unknown_server_costs_nothing_but_is_told(tmp_path: Path, server: MemoryServer) -> None:
    synced(tmp_path, server)
    server.failure = VectorServerError("does not answer")
    again = index(tmp_path / "index", server)
    report = again.sync(tmp_path / "corpus", vectors=False)
    assert report.messages == ("The vector server at memory does not answer.",)
    write(tmp_path / "corpus", {"new.txt": "Something new is here.\n"})
    report = again.sync(tmp_path / "corpus", vectors=False)
    assert "not brought up to date" in report.messages[0]
    assert len(again.current().documents) == len(FILES)
    with pytest.raises(VectorServerError, match="memory does not answer"):
        again.sync(tmp_path / "corpus")


def test_an_index_moves_to_a_server_and_back(tmp_path: Path, server: MemoryServer) -> None:
    synced(tmp_path, None)
    away = index(tmp_path / "index", server)
    report = away.sync(tmp_path / "corpus")
    assert (report.embedded, report.messages) == (
        0,
        ("The place of the vectors changed; the index was rebuilt.",),
    )
    assert near(away, "thing4", 1) == ["Paragraph 4 is about thing4."]
    back = index(tmp_path / "index", None)
    assert near(back, "thing4", 1) == ["Paragraph 4 is about thing4."]  # from vectors.npy
    assert back.sync(tmp_path / "corpus").embedded == 0
    assert (tmp_path / "index" / back.current().id / "chroma").exists()


def test_the_answer_says_that_the_vectors_were_out_of_reach(
    tmp_path: Path, server: MemoryServer
) -> None:
    corpus = write(tmp_path / "corpus", {"a.txt": "The fee is twelve euros.\n"})
    chosen = settings(corpus=corpus, index=tmp_path / "index", engine="reader")
    own = OwnModels(WordEncoder(), FixedRanker(), FixedJudge(), vectors=server)
    with Assistant.open(settings=chosen, own=own) as assistant:
        assert assistant.ask("How much is the fee?").notes == ()
        server.failure = ConnectionError()
        answer = assistant.ask("How much is the fee?")
        assert "twelve euros" in answer.text
        (note,) = answer.notes
        assert note.startswith("Found by words alone")
        assert "memory" not in note, "visitors need not know where the server is"
        server.failure = None
        assert assistant.ask("How much is the fee?").notes == ()
