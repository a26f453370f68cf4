"""The tiny models and what they compute are described in fixtures/make_tiny_models.py."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from summit_qa.errors import ModelError
from summit_qa.models.cross_encoder import MASKED, CrossEncoder

FIXTURES = Path(__file__).parents[1] / "fixtures"
TOKENS = 160  # the longest input of the tiny models


@pytest.fixture(scope="module")
def judge() -> CrossEncoder:
    return CrossEncoder.load(FIXTURES / "tiny_judge", threads=2)


def test_outputs_come_in_the_order_of_the_input(judge: CrossEncoder) -> None:
    pairs = [("claim", "bad"), ("a much longer claim than that", "good good word"), ("c", "x")]
    assert judge.run(pairs)["support"].tolist() == [[0, 2, 4], [8, 2, 0], [0, 2, 0]]


def test_a_pair_scores_the_same_alone_and_among_others(judge: CrossEncoder) -> None:
    pairs = [("claim", "word " * count + "good") for count in (20, 3, 11)]
    together = judge.run(pairs)["support"]
    alone = np.concatenate([judge.run([pair])["support"] for pair in pairs])
    assert np.array_equal(together, alone)


def test_words_of_the_first_text_do_not_count_as_evidence(judge: CrossEncoder) -> None:
    assert judge.run([("good", "word")])["support"].tolist() == [[0, 2, 0]]


def test_only_the_evidence_is_cut(judge: CrossEncoder) -> None:
    (encoding,) = judge.encode([("claim " * 10, "word " * 300)])
    assert len(encoding.ids) == TOKENS
    assert encoding.type_ids.count(1) == TOKENS - 12


def test_a_claim_that_alone_is_too_long_still_leaves_room_for_evidence(judge: CrossEncoder) -> None:
    pair = ("claim " * 500, "good")
    (encoding,) = judge.encode([pair])
    assert len(encoding.ids) <= TOKENS
    assert judge.run([pair])["support"].tolist() == [[4, 2, 0]]


def test_token_outputs_are_padded_with_closed_positions() -> None:
    reader = CrossEncoder.load(FIXTURES / "tiny_reader", threads=1)
    start = reader.run([("q", "alpha"), ("q", "x alpha x x")])["start"]
    assert start.shape == (2, 8)
    assert (start[0, 5:] == MASKED).all()
    assert start[1].argmax() == 4


def test_no_pairs_give_empty_outputs(judge: CrossEncoder) -> None:
    assert len(judge.run([])["support"]) == 0


def test_it_still_runs_after_close() -> None:
    judge = CrossEncoder.load(FIXTURES / "tiny_judge", threads=2)
    before = judge.run([("c", "good"), ("c", "bad")])["support"]
    judge.close()
    judge.close()
    assert np.array_equal(judge.run([("c", "good"), ("c", "bad")])["support"], before)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(FIXTURES / "tiny_judge", tmp_path / "judge")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        CrossEncoder.load(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_an_altered_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(FIXTURES / "tiny_judge", tmp_path / "judge")
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    with pytest.raises(ModelError, match=f"{name} was altered"):
        CrossEncoder.load(folder)


def test_a_file_that_is_no_model_is_refused_in_one_line(tmp_path: Path) -> None:
    import hashlib

    folder = shutil.copytree(FIXTURES / "tiny_judge", tmp_path / "judge")
    (folder / "model.onnx").write_bytes(b"not a model")
    config = json.loads((folder / "config.json").read_text())
    config["sha256"]["model.onnx"] = hashlib.sha256(b"not a model").hexdigest()
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError) as caught:
        CrossEncoder.load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", '{"sha256": 3}'])
def test_a_broken_config_is_refused(tmp_path: Path, text: str) -> None:
    folder = shutil.copytree(FIXTURES / "tiny_judge", tmp_path / "judge")
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelError, match=r"config\.json"):
        CrossEncoder.load(folder)
