"""The tiny base model, whose runs are kept."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from summit_qa.models.cross_encoder import CrossEncoder

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))

from runs import StoredEncoder

TINY = Path(__file__).parents[1] / "fixtures" / "tiny_base"
PAIRS = [("where?", "the good answer: alpha omega"), ("who?", "bad")]


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoredEncoder:
    monkeypatch.setattr("runs.FILE", tmp_path / "runs.sqlite")
    return StoredEncoder.load(TINY)


def test_a_kept_run_is_the_run_itself(stored: StoredEncoder) -> None:
    plain = CrossEncoder.load(TINY).run(PAIRS)
    for _ in range(2):
        found = stored.run(PAIRS)
        assert all(np.array_equal(found[name], plain[name]) for name in plain)


def test_a_pair_is_run_once(stored: StoredEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = stored.run(PAIRS)
    monkeypatch.setattr(stored, "_session", None)
    assert np.array_equal(stored.run(PAIRS)["support"], first["support"])
    with pytest.raises(AttributeError):
        stored.run([("where?", "another text")])
