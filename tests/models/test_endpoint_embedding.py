"""Vectors from an endpoint: in order, of unit length, and no key in what goes wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from doubles import FixedJudge, FixedRanker, settings, write
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.errors import ConfigurationError
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


def test_what_goes_wrong_is_one_line_without_the_key() -> None:
    with ScriptedServer(NOTHING) as server:
        url = server.url
        with pytest.raises(ConfigurationError, match=r"at 127\.0\.0\.1 cannot be used") as caught:
            as_encoder("openai:small", url.replace("/v1", "/v2"), KEY).embed_texts(["a"])
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="APIConnectionError"):
        as_encoder("openai:small", url, KEY).embed_query("a")


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
