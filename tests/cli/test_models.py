"""`summit-qa models`: lists, finds, and keeps a choice in the user's settings file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from summit_qa.cli.main import app
from summit_qa.errors import ConfigurationError
from summit_qa.settings import Settings
from summit_qa.testing import Reply, ScriptedServer
from summit_qa.writer import offered

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings, and with a key."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SUMMIT_QA_LLM", "SUMMIT_QA_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "settings.toml"
    monkeypatch.setenv("SUMMIT_QA_SETTINGS", str(file))
    monkeypatch.chdir(tmp_path)
    return file


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["models", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def follow(shown: str, model: str) -> str:
    """Type what a list of models says to type."""
    command = shown.partition("Choose one: summit-qa models ")[2].strip()
    return run(*command.replace("MODEL", model).split())


def server(*models: str) -> ScriptedServer:
    return ScriptedServer([Reply.of(answerable=False)], models=models)


def test_the_models_of_the_endpoint_are_listed_and_the_chosen_one_is_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUMMIT_QA_LLM", "large")
    with server("small", "large") as serving:
        shown = run("--url", serving.url)
        told = json.loads(run("--url", serving.url, "--json"))
    assert "    small" in shown
    assert "  * large" in shown
    assert told["chosen"] == "large"
    assert told["places"][0]["models"] == ["small", "large"]


def test_a_choice_is_kept_and_answers_from_then_on(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with server("small", "large") as serving:
        shown = follow(run("--url", serving.url), "large")
    assert str(own) in shown
    settings = Settings.load()
    assert (settings.llm, settings.openai_base_url) == ("large", serving.url)
    assert settings.writer_configured
    assert KEY not in own.read_text()


def test_a_choice_that_the_environment_overrules_is_said(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMIT_QA_LLM", "other")
    with server("small") as serving:
        shown = run("--url", serving.url, "--use", "small")
        told = json.loads(run("--url", serving.url, "--use", "small", "--json"))
    assert "answers from now on" not in shown
    assert f"the environment or .env comes first: other at {serving.url}." in shown
    assert told == {"chosen": "small", "url": serving.url, "file": str(own)}


def test_find_and_an_address_are_not_both_asked() -> None:
    result = CliRunner().invoke(app, ["models", "--find", "--url", "http://127.0.0.1:1/v1"])
    assert (result.exit_code, "not both" in result.output) == (2, True)


def test_find_looks_at_this_machine_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with server("here") as serving:
        port = int(serving.url.split(":")[2].split("/")[0])
        monkeypatch.setattr(offered, "USUAL", (("Ollama", port),))
        with pytest.raises(ConfigurationError, match="--find"):
            run()
        assert serving.listed == []
        shown = run("--find")
        assert "Ollama at" in shown
        follow(shown, "here")
    assert Settings.load().llm == "here"


def test_a_model_that_nobody_offers_is_not_kept(own: Path) -> None:
    with server("small") as serving, pytest.raises(ConfigurationError, match="'large'") as caught:
        run("--url", serving.url, "--use", "large")
    assert f"`summit-qa models --url {serving.url}` lists them" in str(caught.value)
    assert not own.exists()


def test_nothing_found_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered, "USUAL", ())
    assert "No model server answers" in run("--find")
    with pytest.raises(ConfigurationError, match="No model server answers"):
        run("--find", "--use", "here")
