import json
from pathlib import Path

import pytest

from summit_qa.errors import ModelError
from summit_qa.models.support import SUPPORT_FEATURES
from summit_qa.models.thresholds import FILE, Coefficients, Logistic, Thresholds, sigmoid


def test_the_shipped_file_holds_every_strictness() -> None:
    lenient, balanced, strict = (
        Thresholds.load(strictness=name) for name in ("lenient", "balanced", "strict")
    )
    assert lenient.answerable <= balanced.answerable <= strict.answerable
    assert all(each.tentative <= each.answerable for each in (lenient, balanced, strict))
    assert lenient.tentative <= balanced.tentative <= strict.tentative
    assert lenient.supported <= balanced.supported <= strict.supported


def test_the_shipped_coefficients_can_be_read() -> None:
    made = Coefficients.load()
    assert len(made.question.weights) == len(made.question.biases) == 3
    assert {len(row) for row in made.question.weights} == {2}
    assert len(made.supported.weights) + len(made.against.weights) == SUPPORT_FEATURES
    assert len(made.relevance.weights) == len(made.relevance_without_cosine.weights) + 1


def test_a_logistic_is_the_sigmoid_of_a_weighted_sum() -> None:
    logistic = Logistic((2.0, -1.0), 0.5)
    assert logistic.logit((1.0, 3.0)) == pytest.approx(-0.5)
    assert logistic.probability((1.0, 3.0)) == pytest.approx(sigmoid(-0.5))


def test_the_sigmoid_survives_large_logits() -> None:
    assert sigmoid(1e9) == 1.0
    assert sigmoid(-1e9) == pytest.approx(0.0)


@pytest.mark.parametrize("damage", ["missing", "not json", "no thresholds", "one value gone"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "thresholds.json"
    content = json.loads(FILE.read_text())
    match damage:
        case "not json":
            path.write_text("{")
        case "no thresholds":
            path.write_text("{}")
        case "one value gone":
            del content["thresholds"]["yes"]["balanced"]
            del content["coefficients"]["yes_no"]
            path.write_text(json.dumps(content))
    with pytest.raises(ModelError):
        Thresholds.load(path)
    with pytest.raises(ModelError):
        Coefficients.load(path)
