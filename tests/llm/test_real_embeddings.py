"""Vectors from a real server: llama.cpp's own, with the published weights of all-MiniLM-L6-v2.

The bundled encoder has the same weights in int8, so what the server sends can be held against it.
`make test-llm` makes the model's file and says where it is.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from at_hand import ARTICLES, served

from doubles import FixedJudge, FixedRanker, settings, write
from serving import free_port
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.errors import ConfigurationError
from summit_qa.evaluation.cases import QUESTIONS, load_native
from summit_qa.index.sync import Index
from summit_qa.models.encoding import Encoder, as_encoder

pytestmark = [pytest.mark.llm, pytest.mark.timeout(180)]

NAME = "openai:all-minilm-l6-v2"
SERVER = Path(__file__).parents[2] / "scripts/model_server.py"


@contextmanager
def serving(port: int = 0) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server of vectors: its address, and its process."""
    options = ["--alias", "all-minilm-l6-v2", "--embedding", "--context", "512", "--threads", "1"]
    model = served("SUMMIT_QA_TEST_EMBEDDINGS_MODEL")
    process = subprocess.Popen(
        [served("SUMMIT_QA_TEST_LLM_PYTHON"), SERVER, model, *options, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "The model server did not start."
        yield url, process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server that stays."""
    with serving() as (address, _):
        yield address


@pytest.fixture(scope="module")
def there(url: str) -> Encoder:
    return as_encoder(NAME, url)


@pytest.fixture(scope="module")
def ours() -> Encoder:
    return as_encoder("minilm")


def opened(corpus: Path, index: Path, embedder: str, url: str) -> Assistant:
    """The assistant without the models that read: what is found rests on vectors and words."""
    chosen = settings(corpus=corpus, index=index, embedder=embedder, openai_base_url=url)
    return Assistant.open(settings=chosen, own=OwnModels(None, FixedRanker(), FixedJudge()))


def test_they_agree_with_those_of_the_bundled_encoder(there: Encoder, ours: Encoder) -> None:
    files = sorted(ARTICLES.glob("*.txt"))
    texts = [line for file in files for line in file.read_text("utf-8").split("\n") if line.strip()]
    texts += ["naïve café – “quotes”, ½ € and AT&T’s R&D", "日本の首相", "İstanbul", "", "x@y.z"]
    cosines = (there.embed_texts(texts) * ours.embed_texts(texts)).sum(axis=1)
    assert len(texts) > 50
    assert cosines.min() > 0.98, texts[int(cosines.argmin())]


def test_every_text_of_many_batches_has_its_own(there: Encoder, ours: Encoder) -> None:
    texts = [f"Room {number} of the {number % 7}th floor" for number in range(150)]
    vectors = there.embed_texts(texts)
    assert vectors.shape == (150, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors * ours.embed_texts(texts)).sum(axis=1).min() > 0.98
    for at in (0, 63, 64, 149):
        assert there.embed_query(texts[at]) @ vectors[at] > 0.9999


def test_passages_are_found_as_well_with_them(
    tmp_path: Path, article_index: Path, url: str
) -> None:
    """By vectors alone, without words and readers: a line that answers is in one of five."""
    found = {}
    for embedder, index in (("auto", article_index), (NAME, tmp_path / "index")):
        with opened(ARTICLES, index, embedder, url) as qa:
            cases = [case for case in load_native(QUESTIONS, qa.documents).cases if case.gold]
            vectors = qa.encoder.embed_texts([case.question for case in cases])
            hits = 0
            for case, vector in zip(cases, vectors, strict=True):
                near = qa.generation.dense(vector, 5)
                passages = [qa.generation.passages[identity] for identity, _ in near]
                hits += any(
                    it.path == at.file and it.span.start_line <= at.line <= it.span.end_line
                    for it in passages
                    for at in case.gold
                )
            assert len(cases) > 100
            found[embedder] = hits / len(cases)
    assert found["auto"] > 0.7
    assert abs(found[NAME] - found["auto"]) <= 0.02, found


def test_of_a_text_that_is_too_long_for_the_model_its_beginning_counts(
    tmp_path: Path, there: Encoder, url: str
) -> None:
    """A token of Chinese is a character: a passage of usual length is over the model's 512."""
    verse = "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"
    long, half = there.embed_texts([verse * 40, verse * 20])
    assert long @ half > 0.9999
    corpus = write(tmp_path / "corpus", {"tang.txt": verse * 60, "hut.txt": "A hut.\n"})
    with opened(corpus, tmp_path / "index", NAME, url) as qa:
        assert qa.search("花落知多少")[0].passage.path == "tang.txt"


def test_a_server_that_goes_away_in_the_middle_costs_what_was_under_way(tmp_path: Path) -> None:
    files = {
        f"{number}.txt": f"Lamp {number} stands in street {number}.\n" for number in range(150)
    }
    corpus = write(tmp_path / "corpus", files)
    port = free_port()
    index = Index(
        tmp_path / "index",
        embedder=as_encoder(NAME, f"http://127.0.0.1:{port}/v1"),
        settings=settings(),
    )
    with serving(port) as (_, process):

        def kill(done: int, _: int, doing: str) -> None:
            if doing == "passages embedded" and done:
                process.kill()

        with pytest.raises(ConfigurationError, match="no connection came about"):
            index.sync(corpus, progress=kill)
    assert not (tmp_path / "index/CURRENT").exists()
    left: set[int] = set()

    def note(_: int, all_of_them: int, doing: str) -> None:
        if doing == "passages embedded":
            left.add(all_of_them)

    with serving(port):
        index.sync(corpus, progress=note)
    assert left == {150 - 64}
    assert len(index.current().passages) == 150
    with pytest.raises(ConfigurationError, match="no connection came about"):
        index.encoder.embed_query("Which lamp?")


def test_a_wrong_name(there: Encoder, url: str) -> None:
    """This server has one model, whatever it is asked for; its vectors are kept apart by name."""
    other = as_encoder("openai:other", url)
    assert other.embed_query("a hut") @ there.embed_query("a hut") > 0.9999
    assert other.fingerprint != there.fingerprint


def test_a_server_of_another_kind_is_told_in_words() -> None:
    with pytest.raises(ConfigurationError, match="it serves no embeddings"):
        as_encoder(NAME, served("SUMMIT_QA_TEST_LLM_URL")).embed_query("a hut")
