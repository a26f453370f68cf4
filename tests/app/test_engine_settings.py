"""Where the language model is can be set in the chat; a key goes to its own address only."""

from __future__ import annotations

import pytest

from summit_qa.app.engine_settings import is_own, typed, where_to
from summit_qa.app.options import AppOptions
from summit_qa.app.sessions import Session, Slots
from summit_qa.assistant import Assistant
from summit_qa.errors import ConfigurationError
from summit_qa.testing import Reply, ScriptedServer, Stated
from writing import KEY


@pytest.fixture
def session(quick: Assistant) -> Session:
    """A visitor of a chat over one short file."""
    (quick.settings.corpus / "oak.txt").write_text("The oak was planted in 1723.\n")
    quick.sync()
    return Session(quick, Slots(1, 1), str, 5)


@pytest.mark.parametrize(
    "shared",
    [
        {"host": "0.0.0.0"},
        {"users": (("a", "b"),)},
        {"hosts": ("qa.example",)},
        {"root_path": "/qa"},
    ],
)
def test_only_the_person_at_this_machine_may_choose_an_address(shared: dict[str, object]) -> None:
    assert is_own(AppOptions())
    assert not is_own(AppOptions(**shared))  # type: ignore[arg-type]


def test_a_model_that_is_chosen_answers_and_its_key_goes_to_it(session: Session) -> None:
    stated = Stated("The oak was planted in 1723.", "1.1")
    with ScriptedServer([Reply.of(stated)]) as server:
        chosen = typed(session.assistant.settings, server.url, "scripted", KEY, named=True)
        session.connect(chosen.openai_base_url, chosen.llm, chosen.openai_api_key)
        list(session.ask("When was the oak planted?"))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert session.wanted["engine"] == "auto"


def test_a_key_is_not_sent_to_another_address(session: Session) -> None:
    session.connect("http://127.0.0.1:1/v1", "m", KEY)
    same = typed(session.assistant.settings, "http://127.0.0.1:1/v1", "m", "")
    other = typed(session.assistant.settings, "http://127.0.0.1:2/v1", "m", "")
    assert same.openai_api_key is not None
    assert same.openai_api_key.get_secret_value() == KEY
    assert other.openai_api_key is None


def test_other_settings_keep_the_chosen_model(session: Session) -> None:
    session.connect("http://127.0.0.1:1/v1", "m", KEY)
    session.configure("writer", 4, "strict")
    assert session.assistant.settings.llm == "m"
    assert session.assistant.settings.passages == 4


@pytest.mark.parametrize(
    ("url", "model", "said"),
    [
        ("", "m", "Type the address"),
        ("ftp://host/v1", "m", "http://"),
        ("http://127.0.0.1:1/v1", "", "Choose a model"),
    ],
)
def test_what_is_missing_is_said(session: Session, url: str, model: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        typed(session.assistant.settings, url, model, "", named=True)


def test_the_page_says_where_questions_go_and_never_a_key(quick: Assistant) -> None:
    assert "Nothing leaves this machine" in where_to(quick.settings)
    local = quick.settings.replaced(llm="m", openai_base_url="http://127.0.0.1:8080/v1")
    assert "on this machine" in where_to(local)
    far = quick.settings.replaced(llm="m", openai_api_key=KEY)
    assert "api.openai.com</strong>, on another machine" in where_to(far)
    assert KEY not in where_to(far)
