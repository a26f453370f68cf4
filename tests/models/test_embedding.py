"""The bundled encoder: unit vectors that are a text's own, and files that are what they claim."""

import json
import shutil
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding

from summit_qa.errors import ConfigurationError, ModelError
from summit_qa.models.cross_encoder import MODELS
from summit_qa.models.embedding import MiniLMEmbedding, fingerprint, resolve
from summit_qa.models.encoder import DIMENSION, MiniLMEncoder

TEXTS = [
    "The leaders of the United States, Japan and South Korea met at Camp David.",
    "A trilateral summit was held at the presidential retreat.",
    "Shares of the maker of chocolate fell by four percent.",
    "",
    "word " * 1000,
    "日本 🙂 café",
]


@pytest.fixture(scope="module")
def encoder() -> MiniLMEncoder:
    return MiniLMEncoder.load()


def test_vectors_have_unit_length(encoder: MiniLMEncoder) -> None:
    vectors = encoder.embed_texts(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSION)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_like_texts_are_nearer_than_unlike_ones(encoder: MiniLMEncoder) -> None:
    first, alike, unlike = encoder.embed_texts(TEXTS[:3])
    assert first @ alike > first @ unlike + 0.2


def test_the_vectors_are_those_of_the_official_float32_model(encoder: MiniLMEncoder) -> None:
    # Made with Hugging Face's BERT, the official weights and mean pooling.
    official = json.loads((Path(__file__).parents[1] / "data" / "minilm.json").read_text())
    vectors = encoder.embed_texts([each["text"] for each in official])
    for vector, each in zip(vectors, official, strict=True):
        exact = np.array(each["vector"], dtype=np.float32)
        assert vector @ exact > 0.985


def test_a_vector_does_not_depend_on_what_is_embedded_with_it(encoder: MiniLMEncoder) -> None:
    together = encoder.embed_texts(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.array_equal(encoder.embed_texts([text])[0], vector)
    backwards = encoder.embed_texts(TEXTS[::-1])
    assert np.array_equal(backwards[::-1], together)


def test_the_number_of_threads_changes_nothing(encoder: MiniLMEncoder) -> None:
    single = MiniLMEncoder.load(threads=1)
    assert np.array_equal(single.embed_texts(TEXTS), encoder.embed_texts(TEXTS))


def test_no_text_gives_no_vector(encoder: MiniLMEncoder) -> None:
    assert encoder.embed_texts([]).shape == (0, DIMENSION)


def test_only_the_first_256_tokens_count(encoder: MiniLMEncoder) -> None:
    first, second = encoder.embed_texts(["word " * 254 + "and more", "word " * 254 + "other end"])
    assert np.array_equal(first, second)


def test_progress_counts_the_texts(encoder: MiniLMEncoder) -> None:
    seen: list[tuple[int, int]] = []
    encoder.embed_texts(["a"] * 300, progress=lambda done, total, what: seen.append((done, total)))
    assert seen == [(256, 300), (300, 300)]


def test_a_text_that_comes_alone_again_has_the_same_vector_of_its_own(
    encoder: MiniLMEncoder,
) -> None:
    first = encoder.embed_texts(["Who hosted it?"])
    kept = first.copy()
    first[:] = 0
    again = encoder.embed_texts(["Who hosted it?"])
    among = encoder.embed_texts(["Who hosted it?", "Nobody."])
    assert (again == kept).all()
    assert (among[0] == kept[0]).all()


def test_one_text_is_progress_too(encoder: MiniLMEncoder) -> None:
    seen: list[tuple[int, int]] = []
    encoder.embed_texts(["a"], progress=lambda done, total, what: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_the_encoder_needs_no_llama_index() -> None:
    program = (
        "import sys; from summit_qa.models.encoder import MiniLMEncoder; "
        "slow = {'llama_index', 'onnxruntime', 'tokenizers', 'chromadb'} & set(sys.modules); "
        "assert not slow, slow; MiniLMEncoder.load().embed_texts(['a']); "
        "assert 'llama_index' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODELS / "minilm", tmp_path / "minilm"))


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_an_altered_file_is_refused(copied: Path, name: str) -> None:
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    with pytest.raises(ModelError, match=f"{name} was altered"):
        MiniLMEncoder.load(copied)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        MiniLMEncoder.load(copied)


def test_the_bundled_model_stays_under_its_size() -> None:
    assert (MODELS / "minilm" / "model.onnx").stat().st_size <= 25_000_000


def test_the_fingerprint_is_of_the_model_file(encoder: MiniLMEncoder) -> None:
    config = json.loads((MODELS / "minilm" / "config.json").read_text())
    assert encoder.fingerprint == f"minilm:{config['sha256']['model.onnx'][:16]}"
    assert fingerprint(MiniLMEmbedding(encoder)) == encoder.fingerprint


def test_llama_index_gets_the_same_vectors(encoder: MiniLMEncoder) -> None:
    embedding = resolve("minilm")
    assert isinstance(embedding, BaseEmbedding)
    expected = encoder.embed_texts(TEXTS[:2])
    assert np.allclose(embedding.get_text_embedding_batch(TEXTS[:2]), expected, atol=1e-6)
    assert np.allclose(embedding.get_query_embedding(TEXTS[0]), expected[0], atol=1e-6)
    assert np.allclose(embedding.get_text_embedding(TEXTS[1]), expected[1], atol=1e-6)


async def _asked(embedding: BaseEmbedding) -> list[float]:
    return await embedding.aget_query_embedding(TEXTS[0])


def test_llama_index_may_ask_without_waiting(encoder: MiniLMEncoder) -> None:
    import asyncio

    vector = asyncio.run(_asked(MiniLMEmbedding(encoder)))
    assert np.allclose(vector, encoder.embed_texts(TEXTS[:1])[0], atol=1e-6)


@pytest.mark.parametrize(
    ("spec", "extra", "module"),
    [
        ("fastembed:BAAI/bge-small-en-v1.5", "fastembed", "llama_index.embeddings.fastembed"),
    ],
)
def test_a_missing_extra_is_named(
    spec: str, extra: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError) as caught:
        resolve(spec)
    assert f"pip install 'summit-qa[{extra}]'" in str(caught.value)


class Remote(BaseEmbedding):
    """Stands for an integration."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return [1.0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return [1.0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return [1.0]


def test_an_installed_integration_gets_the_name_of_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = types.SimpleNamespace(
        FastEmbedEmbedding=lambda model_name: Remote(model_name=model_name),
    )
    monkeypatch.setitem(sys.modules, "llama_index.embeddings.fastembed", made)
    assert fingerprint(resolve("fastembed:BAAI/bge-small")) == "Remote:BAAI/bge-small"


@pytest.mark.parametrize("error", [ValueError("no such\nmodel"), RuntimeError("no key")])
def test_an_integration_that_refuses_is_a_setting_that_is_wrong(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(model_name: str) -> BaseEmbedding:
        raise error

    made = types.SimpleNamespace(FastEmbedEmbedding=refuse)
    monkeypatch.setitem(sys.modules, "llama_index.embeddings.fastembed", made)
    with pytest.raises(ConfigurationError, match="fastembed:x") as caught:
        resolve("fastembed:x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("spec", ["", "minilm:large", "openai", "openai:", "bert", "fastembed:"])
def test_an_unknown_embedder_is_refused_with_what_there_is(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="minilm, openai:<model> and fastembed:<model>"):
        resolve(spec)
