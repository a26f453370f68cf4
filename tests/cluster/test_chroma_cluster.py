"""The laws of an index whose vectors are on a real Chroma server, which is killed at will."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from servers import RealChroma, TlsProxy

from doubles import WordEncoder, settings, write
from summit_qa.errors import IndexUnusableError, VectorServerError
from summit_qa.index import remote
from summit_qa.index.remote import collection_name
from summit_qa.index.sync import Index

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]
ARTICLES = Path(__file__).parent.parent.parent / "corpus"
QUESTION = "Was a collective defense pact agreed?"
FILES, PARAGRAPHS = 10, 6
SPAWN = multiprocessing.get_context("spawn")


def texts(version: int) -> dict[str, str]:
    """A corpus whose every passage names its version."""
    return {
        f"{file:02}.txt": "".join(
            f"Version {version} of paragraph {paragraph} in file {file}.\n"
            for paragraph in range(PARAGRAPHS)
        )
        for file in range(FILES)
    }


def opened(folder: Path, url: str) -> Index:
    chosen = settings(passage_chars=50, chroma=url, chroma_timeout=3.0)
    return Index(folder, embedder=WordEncoder(), settings=chosen)


def version_served(served: Index) -> tuple[int, int]:
    """The version, and how many searches by meaning were answered; all of them rightly."""
    generation = served.current()
    version = int(generation.documents["00.txt"].text.split()[1])
    assert {p: it.text for p, it in generation.documents.items()} == texts(version)
    answered = 0
    for passage in list(generation.passages.values())[::9]:
        missed = generation.missed
        near = generation.dense(WordEncoder().embed_query(passage.text), 200)
        if generation.missed == missed:
            answered += 1
            assert {name for name, _ in near} == set(generation.passages)
            assert near[0][1] == pytest.approx(1, abs=1e-4)
        else:
            assert near == []
        assert passage.id in {name for name, _ in generation.bm25(passage.text, 200)}
    return version, answered


def write_for_ever(corpus: Path, folder: Path, url: str, first: int) -> None:
    """Publish one version after another, whatever becomes of the server, until killed."""
    served, version = opened(folder, url), first
    while True:
        try:
            served.sync(write(corpus, texts(version)))
            served.close()
            version += 1
        except IndexUnusableError:
            time.sleep(0.05)


def read_for_ever(folder: Path, url: str, answers: Connection) -> None:
    """Look at what is served and send (version, answered) or what is wrong, until killed."""
    remote._PAUSE = 0.2
    served = opened(folder, url)
    while True:
        try:
            answers.send(version_served(served))
        except Exception as error:
            answers.send(f"{type(error).__name__}: {error}")


def command(
    url: str, *arguments: str | Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: it for name, it in os.environ.items() if not name.startswith("SUMMIT_QA_")}
    own = {"SUMMIT_QA_SETTINGS": os.devnull, "SUMMIT_QA_CHROMA": url}
    return subprocess.run(
        [sys.executable, "-m", "summit_qa.cli", *map(str, arguments)],
        env=kept | own | environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


def asked(url: str, index: Path, **environment: str) -> tuple[Mapping[str, object], str]:
    done = command(
        url, "ask", QUESTION, "--corpus", ARTICLES, "--index", index, "--json", **environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_a_user_asks_by_a_server_that_is_there_away_slow_and_emptied(
    chroma: RealChroma, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    done = command(chroma.url, "index", ARTICLES, "--index", index)
    assert done.returncode == 0, done.stderr
    assert len(chroma.collections()) == 1
    answer, _ = asked(chroma.url, index)
    local, _ = asked("", tmp_path / "local")
    assert answer["notes"] == local["notes"] == []
    assert [(it["location"], it["quote"]) for it in answer["citations"]] == [
        (it["location"], it["quote"]) for it in local["citations"]
    ]
    chroma.freeze()
    slow, said = asked(chroma.url, index, SUMMIT_QA_CHROMA_TIMEOUT="1")
    assert "takes too long" in slow["notes"][0]
    assert "takes too long" in said
    chroma.thaw()
    chroma.kill()
    away, said = asked(chroma.url, index)
    assert "by words alone" in away["notes"][0]
    assert "does not answer" in said
    refused = command(chroma.url, "index", ARTICLES, "--index", tmp_path / "other")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: The vector server")
    assert len(refused.stderr.splitlines()) == 1
    chroma.start()
    assert asked(chroma.url, index)[0]["notes"] == []  # a restart loses nothing
    chroma.empty()
    again, said = asked(chroma.url, index)
    assert "sent there again" in said
    assert again["notes"] == []
    assert len(chroma.collections()) == 1


def test_who_reads_while_the_server_comes_and_goes_is_never_told_wrong(
    chroma: RealChroma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_PAUSE", 0.0)
    served = opened(tmp_path / "index", chroma.url)
    served.sync(write(tmp_path / "corpus", texts(1)))
    assert version_served(served) == (1, 7)
    chroma.kill()
    assert version_served(served) == (1, 0)
    chroma.start()
    assert version_served(served) == (1, 7)
    chroma.empty()
    assert version_served(served) == (1, 0)
    assert "no longer holds" in served.current().outage
    served.close()
    assert served.sync(tmp_path / "corpus").embedded == 0
    assert version_served(served) == (1, 7)


def test_collections_that_others_altered_are_found_out(chroma: RealChroma, tmp_path: Path) -> None:
    served = opened(tmp_path / "index", chroma.url)
    served.sync(write(tmp_path / "corpus", texts(1)))
    with chroma.client() as client:
        held = client.get_collection(collection_name(served.current().id), embedding_function=None)
        held.delete(ids=held.get(limit=1, include=[])["ids"])
    assert version_served(served) == (1, 0)
    assert served.sync(tmp_path / "corpus", vectors=False).messages
    served.close()
    served = opened(tmp_path / "index", chroma.url)
    with chroma.client() as client:
        held = client.get_collection(collection_name(served.current().id), embedding_function=None)
        ids = held.get(include=[])["ids"]
        others = [WordEncoder().embed_query(f"another {it}").tolist() for it in ids]
        held.update(ids=ids, embeddings=others)
    assert version_served(served) == (1, 0)
    assert "other vectors" in served.current().outage


def test_kills_of_server_and_writer_leave_whole_generations_and_no_collections(
    chroma: RealChroma, tmp_path: Path
) -> None:
    """Readers look all the while; in the end one sync sets everything right."""
    corpus, folder, rng = tmp_path / "corpus", tmp_path / "index", random.Random(21)
    opened(folder, chroma.url).sync(write(corpus, texts(1)))
    told, tell = SPAWN.Pipe(duplex=False)
    reader = SPAWN.Process(target=read_for_ever, args=(folder, chroma.url, tell), daemon=True)
    reader.start()
    seen: list[tuple[int, int] | str] = []
    try:
        for turn in range(4):
            before = (folder / "CURRENT").read_bytes()
            writer = SPAWN.Process(
                target=write_for_ever, args=(corpus, folder, chroma.url, 2 + 100 * turn)
            )
            writer.start()
            deadline = time.monotonic() + 60
            while (folder / "CURRENT").read_bytes() == before and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(rng.random() * 2)
            if turn % 2:
                chroma.kill()
                time.sleep(rng.random())
                writer.kill()
                chroma.start()
            else:
                writer.kill()
            writer.join()
            while told.poll():
                seen.append(told.recv())
    finally:
        reader.kill()
        reader.join()
    wrong = [it for it in seen if isinstance(it, str)]
    assert not wrong, wrong[:3]
    versions = [it[0] for it in seen if isinstance(it, tuple)]
    assert versions == sorted(versions)
    assert len(set(versions)) > 3, "the reader moves on with what is published"
    assert any(it[1] for it in seen if isinstance(it, tuple))
    served = opened(folder, chroma.url)
    served.sync(write(corpus, texts(9_000)))
    assert version_served(served) == (9_000, 7)
    served.close()
    served.sync(write(corpus, texts(9_001)))
    assert chroma.collections() == [collection_name(served.current().id)]
    assert len(list(folder.glob("g-*"))) == 1


def test_a_server_that_dies_while_it_is_written_is_told_and_the_old_stays(
    chroma: RealChroma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = opened(tmp_path / "index", chroma.url)
    served.sync(write(tmp_path / "corpus", texts(1)))
    monkeypatch.setattr(remote, "_BLOCK", 10)
    monkeypatch.setattr(remote, "_PAUSE", 0.0)

    def progress(done: int, total: int, what: str) -> None:
        if what == "vectors sent" and done >= total // 2:
            chroma.kill()

    write(tmp_path / "corpus", texts(2))
    with pytest.raises(VectorServerError, match="does not answer; the index was not sent"):
        served.sync(tmp_path / "corpus", progress=progress)
    chroma.start()
    assert version_served(served)[0] == 1
    served.close()
    assert served.sync(tmp_path / "corpus").embedded == 0
    assert version_served(served) == (2, 7)
    assert chroma.collections() == [collection_name(served.current().id)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_of_an_own_authority_and_a_token_that_a_proxy_asks_for(
    chroma: RealChroma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("nginx") is None and os.environ.get("CI") != "true":
        pytest.skip("there is no nginx")
    proxy = TlsProxy(tmp_path / "proxy", chroma.url)
    write(tmp_path / "corpus", texts(1))
    trust = ("SSL_CERT_FILE", str(proxy.authority))

    def by(url: str, token: str) -> Index:
        chosen = settings(passage_chars=50, chroma=url, chroma_token=token, chroma_timeout=10.0)
        return Index(tmp_path / "index", embedder=WordEncoder(), settings=chosen)

    with proxy.running():
        refused = {
            "certificate that is not trusted": (by(proxy.url, proxy.TOKEN), False),
            "certificate has expired": (by(proxy.expired_url, proxy.TOKEN), True),
            r"does not let us in \(401\); see whether SUMMIT_QA_CHROMA_TOKEN": (
                by(proxy.url, "another-token"), True,
            ),
        }  # fmt: skip
        for said, (index, trusted) in refused.items():
            with monkeypatch.context() as patched:
                if trusted:
                    patched.setenv(*trust)
                with pytest.raises(VectorServerError, match=said) as raised:
                    index.sync(tmp_path / "corpus")
                assert len(str(raised.value).splitlines()) == 1
                assert "another-token" not in str(raised.value)
        monkeypatch.setenv(*trust)
        served = by(proxy.url, proxy.TOKEN)
        served.sync(tmp_path / "corpus")
        assert version_served(served) == (1, 7)
        assert chroma.collections() == [collection_name(served.current().id)]
        other = by(proxy.url, "another-token")
        assert version_served(other) == (1, 0)
        assert "does not let us in" in other.current().outage
        chroma.kill()
        away = by(proxy.url, proxy.TOKEN)
        assert version_served(away) == (1, 0)
        assert away.current().outage == "The vector server answers with an error (502)."
    gc.collect()  # here: Chroma's client leaves connections open where it cannot be made
