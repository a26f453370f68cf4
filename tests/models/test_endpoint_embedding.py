"""Vectors from an endpoint: in order, of unit length, and no key in what goes wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from doubles import FixedJudge, FixedRanker, settings, write
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.errors import ConfigurationError
from summit_qa.models import endpoint_embedding
from summit_qa.models.encoding import as_encoder
from summit_qa.testing import Reply, ScriptedServer

KEY = "sk-very-secret-0123456789"
NOTHING = [Reply.of(answerable=False)]


def test_vectors_come_in_the_order_of_the_texts_in_batches_and_of_unit_length() -> None:
    texts = ["x" * length for length in range(1, 151)]
    with ScriptedServer(NOTHING) as server:
        vectors = as_encoder("openai:small", server.url, KEY).embed_texts(texts)
    assert vectors.shape == (150, 3)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.all(np.diff(vectors[:, 0]) > 0)
    assert [len(request.body["input"]) for request in server.listed] == [64, 64, 22]
    assert server.listed[0].body["model"] == "small"
    assert server.listed[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_fingerprint_names_the_model_and_its_host() -> None:
    one = as_encoder("openai:small", "http://user:secret@host:1/v1", KEY).fingerprint
    assert one == "openai:small@host:1"
    assert as_encoder("openai:small", None, KEY).fingerprint == "openai:small@api.openai.com"
    with pytest.raises(ConfigurationError, match="OPENAI_BASE_URL"):
        as_encoder("openai:small")
    for wrong in ("http://[::1/v1", "localhost/v1"):
        with pytest.raises(ConfigurationError, match="no address"):
            as_encoder("openai:small", wrong)


def test_what_goes_wrong_is_one_line_without_the_key() -> None:
    with ScriptedServer(NOTHING) as server:
        url = server.url
        with pytest.raises(ConfigurationError, match=r"at 127\.0\.0\.1 cannot be used") as caught:
            as_encoder("openai:small", url.replace("/v1", "/v2"), KEY).embed_texts(["a"])
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="no connection came about"):
        as_encoder("openai:small", url, KEY).embed_query("a")


class RefusedError(Exception):
    """What the client raises where the endpoint answers with an error."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status_code = status


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, "input (602 tokens) is too large to process. increase the physical batch size"),
        (400, "This model's maximum context length is 8192 tokens"),
        (413, "Input validation error: `inputs` must have less than 512 tokens. Given: 700"),
    ],
)
def test_of_a_text_that_is_too_long_the_beginning_is_embedded(
    monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    asked: list[list[str]] = []

    def embedded(client: object, model: str, texts: list[str]) -> list[list[float]]:
        asked.append(texts)
        if any(len(text) > 100 for text in texts):
            raise RefusedError(status, said)
        return [[float(len(text)), 1.0] for text in texts]

    monkeypatch.setattr(endpoint_embedding, "_embedded", embedded)
    encoder = as_encoder("openai:small", "http://127.0.0.1:9/v1")
    vectors = encoder.embed_texts(["a" * 20, "b" * 300, "c" * 30, "d" * 101])
    assert vectors[:, 0] / vectors[:, 1] == pytest.approx([20, 75, 30, 50])
    assert "a" * 20 in asked[1]
    # Another refusal is none of its length, and nothing is tried again.
    del asked[:]
    monkeypatch.setattr(endpoint_embedding, "_TOO_LONG", re.compile("never"))
    with pytest.raises(ConfigurationError, match=f"status {status}"):
        encoder.embed_texts(["a", "b" * 300])
    assert len(asked) == 1


def test_what_is_refused_however_short_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def embedded(client: object, model: str, texts: list[str]) -> list[list[float]]:
        raise RefusedError(400, "too many tokens")

    monkeypatch.setattr(endpoint_embedding, "_embedded", embedded)
    with pytest.raises(ConfigurationError, match="status 400"):
        as_encoder("openai:small", "http://127.0.0.1:9/v1").embed_texts(["a" * 5000] * 3)


def test_an_index_is_built_and_searched_with_them(tmp_path: Path, checked_in_process: None) -> None:
    write(tmp_path / "corpus", {"oak.txt": "The oak was planted in 1723.\n"})
    with ScriptedServer(NOTHING) as server:
        chosen = settings(
            corpus=tmp_path / "corpus",
            index=tmp_path / "index",
            embedder="openai:small",
            openai_base_url=server.url,
            openai_api_key=KEY,
        )
        with Assistant.open(
            settings=chosen, own=OwnModels(None, FixedRanker(), FixedJudge())
        ) as qa:
            assert [hit.location for hit in qa.search("the oak")] == ["oak.txt:1"]
    assert {request.path for request in server.listed} == {"/v1/embeddings"}
    assert KEY.encode() not in b"".join(
        file.read_bytes() for file in (tmp_path / "index").rglob("*") if file.is_file()
    )
