"""Qdrant in the place of Chroma, by LlamaIndex's store, as docs/scale.md shows it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from doubles import WordEncoder, settings, write
from summit_qa.index import remote
from summit_qa.index.other_store import OtherStore
from summit_qa.index.sync import Index

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]
FILES = {f"{n}.txt": f"Paragraph {n} is about thing{n}.\n" for n in range(12)}


def test_qdrant_takes_chromas_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = os.environ.get("SUMMIT_QA_TEST_CLUSTER_MISSING")
    if missing and os.environ.get("CI") != "true":
        pytest.skip(missing)
    from llama_index.vector_stores.qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient

    monkeypatch.setattr(remote, "_PAUSE", 0.0)
    client = QdrantClient(path=str(tmp_path / "qdrant"))
    store = OtherStore(
        "qdrant",
        make=lambda name: QdrantVectorStore(name, client=client),
        has=client.collection_exists,
        count=lambda name: client.count(name).count,
        drop=client.delete_collection,
    )
    folder, encoder = tmp_path / "index", WordEncoder()
    served = Index(folder, embedder=encoder, settings=settings(passage_chars=50), server=store)
    served.sync(write(tmp_path / "corpus", FILES))
    local = Index(tmp_path / "local", embedder=encoder, settings=settings(passage_chars=50))
    local.sync(tmp_path / "corpus")
    for text in ("thing3", "paragraph about thing7"):
        vector = encoder.embed_query(text)
        found = served.current().dense(vector, 12)
        assert dict(found) == pytest.approx(dict(local.current().dense(vector, 12)), abs=1e-4)
    first = served.current().id
    served.close()
    served.sync(write(tmp_path / "corpus", {"new.txt": "Something new is here.\n"}))
    names = [it.name for it in client.get_collections().collections]
    assert names == [remote.collection_name(served.current().id)]
    assert served.current().id != first
    client.delete_collection(names[0])
    assert served.current().dense(encoder.embed_query("thing3"), 3) == []
    assert "no longer holds" in served.current().outage
    served.close()
    assert served.sync(tmp_path / "corpus").embedded == 0
    assert len(served.current().dense(encoder.embed_query("thing3"), 3)) == 3
    client.close()
