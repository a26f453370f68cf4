"""Which encoder a folder gets, and what the brief one is told of a passage."""

import pytest

from doubles import WordEncoder
from summit_qa.models import encoding
from summit_qa.models.encoding import Auto, Brief, as_encoder, sized


def test_a_large_folder_is_embedded_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "FULL_MOST", 3)
    auto = Auto(WordEncoder("minilm:1"))
    assert sized(auto, 3).fingerprint == "minilm:1"
    assert sized(auto, 4).fingerprint == "minilm:1:brief"
    monkeypatch.setattr(encoding, "BRIEF_MOST", 4)
    assert sized(auto, 4).fingerprint == "minilm:1:brief"
    assert sized(auto, 5).fingerprint == "minilm:1:brief24"
    plain = WordEncoder()
    assert sized(plain, 4) is plain


def test_the_brief_encoder_is_told_the_first_words_that_mean_something() -> None:
    inner = WordEncoder()
    brief = Brief(encoding._Bundled(inner))
    long = " ".join(f"the word{number} of" for number in range(99))
    brief.embed_texts(["The Leaders met at Camp David’s gate in 1,999.", "It is what it is.", long])
    first, second, third = inner.embedded[:3]
    assert first == "Leaders met Camp David’s gate 1,999"
    assert second == "It is what it is."
    assert third.split() == [f"word{number}" for number in range(48)]
    Brief(encoding._Bundled(inner), 24).embed_texts([long])
    assert inner.embedded[-1].split() == [f"word{number}" for number in range(24)]


def test_questions_are_embedded_whole() -> None:
    inner = WordEncoder()
    Brief(encoding._Bundled(inner)).embed_query("What is it of?")
    assert inner.embedded == ["What is it of?"]


@pytest.mark.parametrize(
    ("spec", "ends"),
    [("auto", ""), ("minilm", ""), ("brief", ":brief"), ("briefest", ":brief24")],
)
def test_the_bundled_encoders_share_one_model(spec: str, ends: str) -> None:
    fingerprint = as_encoder(spec).fingerprint
    assert fingerprint.startswith("minilm:")
    assert fingerprint.count(":") == 1 + bool(ends)
    assert fingerprint.endswith(ends)
