"""A generation made on a real Ray cluster of two workers is the one that this machine makes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from doubles import settings, write
from summit_qa.errors import ConfigurationError, IndexUnusableError
from summit_qa.index import sync
from summit_qa.index.cluster import made_on_cluster
from summit_qa.index.found import Known
from summit_qa.index.generation import Generation
from summit_qa.index.sync import Index

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400), pytest.mark.filterwarnings("default")]
ROOT = Path(__file__).parent.parent.parent
CI = os.environ.get("CI") == "true"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster with two workers of one processor each, on loopback."""
    missing = os.environ.get("SUMMIT_QA_TEST_CLUSTER_MISSING")
    if missing and not CI:
        pytest.skip(missing)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 2, "include_dashboard": False,
                        "object_store_memory": 200_000_000},
    )  # fmt: skip
    yield made.address
    made.shutdown()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that several tests index; nobody may write to them."""
    return corpus_of(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def local(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """What this machine makes of them."""
    return indexed(corpus, tmp_path_factory.mktemp("local") / "index")


def texts() -> dict[str, str]:
    """Files enough for several batches, with equal texts, an empty file and one that is no text."""
    made = {
        f"part{number % 3}/note{number:02}.md": (
            f"# Note {number}\n\nThe harbour of town {number} was opened in {1900 + number}.\n\n"
            f"Its crane lifts {number + 2} tons.\n\nThe same words stand in every note.\n"
        )
        for number in range(32)
    }
    return made | {"same.txt": "The same words stand in every note.\n", "empty.txt": ""}


def indexed(corpus: Path, folder: Path, ray: str | None = None) -> Generation:
    index = Index(folder, settings=settings(index=folder, ray=ray, passage_chars=60))
    report = index.sync(corpus)
    assert ray is None or report.embedded == 0, "everything was embedded on the cluster"
    return index.current()


def are_the_same(one: Generation, other: Generation) -> None:
    """Passage for passage, document for document, vector for vector."""
    assert list(one.passages) == list(other.passages)
    assert [it.in_context for it in one.passages.values()] == [
        it.in_context for it in other.passages.values()
    ]
    assert dict(one.documents) == dict(other.documents)
    assert one.skipped == other.skipped
    rows = list(range(len(one.passages)))
    assert one.embedder == other.embedder
    for row in (0, len(rows) // 2, len(rows) - 1):
        vector = np.load(one._folder / "vectors.npy")[row]
        assert np.allclose(one.cosines(vector, rows), other.cosines(vector, rows), atol=1e-5)


def corpus_of(tmp_path: Path) -> Path:
    """Texts, and files that take parsing: a page of HTML, a sheet, a mail, one that is broken."""
    corpus = write(tmp_path / "corpus", texts())
    write(
        corpus,
        {
            "page.html": "<html><title>Fees</title><p>The fee is ten crowns.</p></html>",
            "list.csv": "name,town\nAna,Norwick\nBo,Sandholm\n",
            "mail.eml": "From: a@x\nSubject: Lease\nContent-Type: text/plain\n\nIt ends in May.\n",
            "broken.pdf": "%PDF-1.7 nothing more",
        },
    )
    return corpus


def test_a_cluster_makes_the_same_generation_and_only_what_is_new(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = corpus_of(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(sync, "_LARGE", 20)
        words = Index(tmp_path / "ray", settings=settings(passage_chars=60))
        words.sync(corpus, vectors=False)
        assert not words.current().embedder
        words.close()
    indexed(corpus, tmp_path / "ray", cluster)
    write(
        corpus, {"part0/note00.md": "# Note 0\n\nA crane was added.\n", "new.txt": "New words.\n"}
    )
    (corpus / "part1" / "note01.md").unlink()
    are_the_same(indexed(corpus, tmp_path / "ray", cluster), indexed(corpus, tmp_path / "local"))
    assert not list((tmp_path / "ray").glob(".vectors-*"))


def workers(kind: str) -> list[int]:
    """The processes of the cluster that do this kind of work, by what they call themselves."""
    found = []
    for at in Path("/proc").glob("[0-9]*"):
        try:
            name = (at / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if name.startswith("ray::") and kind in name:
            found.append(int(at.name))
    return found


@pytest.mark.parametrize("kind", ["_Reader", "_Embedder"])
def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost_or_doubled(
    cluster: str, corpus: Path, local: Generation, tmp_path: Path, kind: str
) -> None:
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.is_set() and len(killed) < 2:
            for pid in workers(kind)[:1]:
                if pid not in killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    time.sleep(1.5)
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        made = indexed(corpus, tmp_path / "ray", cluster)
    finally:
        over.set()
        killer.join()
    assert killed, "nothing was killed, so nothing was tried"
    are_the_same(made, local)


def test_progress_is_told(cluster: str, corpus: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    chosen = settings(corpus=corpus, index=tmp_path, ray=cluster, passage_chars=60)
    with made_on_cluster(chosen, Known(), tmp_path, lambda *it: told.append(it)) as made:
        assert made("page.html", "0") is None
    assert [what for *_, what in told][-1] == "passages embedded on the cluster"
    assert told[-1][0] == told[-1][1] > 80
    assert any(what == "files read on the cluster" for *_, what in told)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "nowhere"])
def test_a_cluster_that_is_not_there_is_told_in_a_line(tmp_path: Path, address: str) -> None:
    corpus = write(tmp_path / "corpus", {"a.txt": "Some words.\n"})
    with pytest.raises((IndexUnusableError, ConfigurationError)) as raised:
        indexed(corpus, tmp_path / "index", address)
    assert len(str(raised.value).splitlines()) == 1
