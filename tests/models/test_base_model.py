"""The tiny base finds "good" entailed, "answer" relevant, and spans from "alpha" to "omega"."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from summit_qa.models.base_model import BaseModel, BaseReader
from summit_qa.types import Window

FIXTURES = Path(__file__).parents[1] / "fixtures"
STANDS = Window("it runs from alpha to omega there")


@pytest.fixture
def model() -> BaseModel:
    return BaseModel.load(FIXTURES / "tiny_base")


def test_one_run_gives_support_relevance_and_the_span(model: BaseModel) -> None:
    (reading,) = model.read([("where?", Window("the good answer: alpha omega"))])
    assert reading.support.argmax() == 0
    assert reading.relevance == pytest.approx(2.0)
    assert (reading.span.start, reading.span.end) == (17, 28)
    assert reading.span.margin == pytest.approx(10.0)


def test_an_answer_is_never_looked_for_in_the_context(model: BaseModel) -> None:
    window = Window("nothing is told here", context="Alpha and omega")
    (reading,) = model.read([("where?", window)])
    assert window.whole == "Alpha and omega | nothing is told here"
    assert 0 <= reading.span.start < reading.span.end <= len(window.text)
    assert reading.span.margin < 0


def test_an_answer_in_the_context_counts_for_whether_there_is_one(model: BaseModel) -> None:
    silent, dated = Window("nothing is told here"), Window("nothing is told here", "Alpha omega")
    without, below = model.read([("where?", silent), ("where?", dated)])
    assert without.margin == without.span.margin < 0
    assert below.span.margin < 0 < below.margin


def test_offsets_count_from_the_text_and_not_from_its_context(model: BaseModel) -> None:
    bare, under = STANDS, Window(STANDS.text, context="A  headline\nof two lines")
    one, other = model.read([("where?", bare), ("where?", under)])
    assert (one.span.start, one.span.end) == (other.span.start, other.span.end)
    assert bare.text[one.span.start : one.span.end] == "alpha to omega"


def test_of_a_long_context_what_is_nearest_to_the_text_is_read() -> None:
    title, section, asked = "The title of a long report " * 4, "Part " * 20, "Who came first?"
    above = Window("Ada.", f"{title.strip()} › {section.strip()} › {asked}").above
    assert above.endswith(f" › {asked}")
    assert above.startswith("The title of a long report")
    assert len(above) <= 120
    assert Window("Ada.", "Report › Ferries").above == "Report › Ferries"
    assert len(Window("Ada.", "word " * 80).above) <= 120


def test_a_pair_is_run_once_whoever_asks(model: BaseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []
    run = model._encoder.run_encoded

    def counted(encodings: Sequence[object]) -> object:
        ran.append(len(encodings))
        return run(encodings)

    monkeypatch.setattr(model._encoder, "run_encoded", counted)
    window = Window("good alpha", context="Title")
    (reading,) = model.read([("where?", window)])
    logits = model.support([("where?", window.whole), ("where?", "bad")])
    assert ran == [1, 1]
    assert np.array_equal(logits[0], reading.support)


def test_a_pair_scores_the_same_alone_and_among_others() -> None:
    alone = BaseModel.load(FIXTURES / "tiny_base").read([("where?", STANDS)])
    among = BaseModel.load(FIXTURES / "tiny_base").read(
        [("where?", Window("a much longer text than the other one is")), ("where?", STANDS)]
    )
    assert alone[0].span == among[1].span
    assert np.array_equal(alone[0].support, among[1].support)


def test_an_empty_window_has_an_unsure_empty_span(model: BaseModel) -> None:
    (span,) = BaseReader.of(model).spans("where?", [Window("")], [0.5])
    assert (span.start, span.end) == (0, 0)
    assert span.confidence < 0.1


def test_no_windows_answer_nothing(model: BaseModel) -> None:
    reader = BaseReader.of(model)
    assert reader.spans("where?", [], []) == []
    assert reader.answerability("where?", [], []) == 0.0


def test_windows_are_as_good_as_the_best_of_them(model: BaseModel) -> None:
    reader = BaseReader.of(model)
    silent, telling = Window("nothing"), Window("the answer: alpha to omega")
    both = reader.answerability("where?", [silent, telling], [0.1, 0.8])
    assert both == reader.answerability("where?", [telling, silent], [0.8, 0.1])
    assert both > reader.answerability("where?", [silent], [0.1])
