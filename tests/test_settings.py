"""Arguments win over the environment, that over ``.env``, that over defaults; errors are a line."""

import os
from pathlib import Path
from threading import Thread

import pytest
from pydantic import ValidationError

from summit_qa.errors import ConfigurationError
from summit_qa.settings import Settings, keep_settings


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("SUMMIT_QA_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SUMMIT_QA_SETTINGS", str(tmp_path / "own" / "settings.toml"))
    monkeypatch.chdir(tmp_path)


class TestSettingsFile:
    def test_it_comes_after_arguments_environment_and_dotenv(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep_settings({"llm": "kept", "base_url": "http://kept/v1"})
        assert (Settings.load().llm, Settings.load().openai_base_url) == ("kept", "http://kept/v1")
        (tmp_path / ".env").write_text("SUMMIT_QA_LLM=dotenv\n")
        assert Settings.load().llm == "dotenv"
        monkeypatch.setenv("SUMMIT_QA_LLM", "environment")
        monkeypatch.setenv("OPENAI_BASE_URL", "http://environment/v1")
        assert Settings.load().llm == "environment"
        assert Settings.load().openai_base_url == "http://environment/v1"
        assert Settings.load(llm="argument").llm == "argument"
        assert Settings.load().replaced(llm=None).llm is None

    def test_what_the_user_wrote_there_stays_and_a_choice_replaces_a_choice(self) -> None:
        path = keep_settings({"llm": "first", "base_url": "http://a/v1"})
        path.write_text(path.read_text() + '# mine\npassages = 5\nopenai_base_url = "http://b"\n')
        assert keep_settings({"llm": 'se"cond', "base_url": "http://c/v1"}) == path
        settings = Settings.load()
        assert (settings.llm, settings.passages) == ('se"cond', 5)
        assert settings.openai_base_url == "http://c/v1"
        assert "# mine" in path.read_text()
        assert path.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("= 1\n", "it is not TOML"),
            ("nothing = 1\n", "no setting 'nothing'"),
            ("passages = 0\n", "'passages'"),
        ],
    )
    def test_a_wrong_one_is_one_line(self, text: str, said: str) -> None:
        keep_settings({"llm": "m"}).write_text(text)
        with pytest.raises(ConfigurationError, match=said) as caught:
            Settings.load()
        assert "\n" not in str(caught.value)

    def test_what_others_write_at_the_same_time_stays(self, tmp_path: Path) -> None:
        def keep(name: str) -> None:
            for number in range(30):
                keep_settings({name: f"http://{number}"})

        threads = [Thread(target=keep, args=(name,)) for name in ("llm", "base_url")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        settings = Settings.load()
        assert (settings.llm, settings.openai_base_url) == ("http://29",) * 2

    def test_a_name_in_quotes_is_replaced_too(self) -> None:
        path = keep_settings({"llm": "m"})
        path.write_text('"llm" = "first"\n\'base_url\' = "http://é"\n', encoding="utf-8")
        keep_settings({"llm": "second"})
        assert path.read_text(encoding="utf-8") == 'llm = "second"\n\'base_url\' = "http://é"\n'
        assert Settings.load().openai_base_url == "http://é"

    def test_one_that_is_not_toml_is_not_overwritten(self) -> None:
        path = keep_settings({"llm": "m"})
        path.write_text("what is = this = here\n")
        with pytest.raises(ConfigurationError, match="cannot be written: it is not TOML"):
            keep_settings({"llm": "other"})
        assert path.read_text() == "what is = this = here\n"
        assert [file.name for file in path.parent.iterdir()] == ["settings.toml"]


def test_the_defaults_need_nothing() -> None:
    settings = Settings.load()
    assert (settings.corpus, settings.index) == (Path("corpus"), Path("index"))
    assert settings.embedder == "auto"
    assert settings.max_file_bytes == 32 * 1024 * 1024
    assert settings.passage_chars == 800
    assert not settings.writer_configured


def test_the_index_of_another_folder_lies_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: cache)
    places = {
        corpus: Settings.load(corpus=corpus).index
        for corpus in (Path("notes"), Path("elsewhere/notes"), Path("/"))
    }
    assert all(place.parent == cache / "index" for place in places.values())
    assert len(set(places.values())) == 3
    assert places[Path("notes")].name.startswith("notes-")
    assert Settings.load(corpus=tmp_path / "notes").index == places[Path("notes")]
    assert Settings.load(corpus="./corpus").index == Path("index")
    assert Settings.load(corpus=tmp_path / "corpus").index == Path("index")


def test_another_corpus_takes_its_own_index_along_unless_one_was_chosen(tmp_path: Path) -> None:
    settings = Settings.load()
    other = settings.replaced(corpus=tmp_path / "notes")
    assert other.index == Settings.load(corpus=tmp_path / "notes").index != settings.index
    assert other.replaced(corpus=Path("corpus")).index == Path("index")
    chosen = Settings.load(index=tmp_path / "mine")
    assert chosen.replaced(corpus=tmp_path / "notes").index == tmp_path / "mine"
    assert settings.replaced(corpus=tmp_path / "notes", index="here").index == Path("here")


def test_a_folder_may_begin_with_the_home_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.load(corpus="~/notes").corpus == tmp_path / "notes"
    with pytest.raises(ConfigurationError, match="no such home"):
        Settings.load(index="~nobody-of-that-name/index")


def test_what_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "SUMMIT_QA_PASSAGES=2\nSUMMIT_QA_CANDIDATES=20\nSUMMIT_QA_PASSAGE_CHARS=200\nOTHER=1\n"
    )
    monkeypatch.setenv("SUMMIT_QA_PASSAGES", "3")
    monkeypatch.setenv("SUMMIT_QA_CANDIDATES", "30")
    settings = Settings.load(passages=4, candidates=None)
    assert (settings.passages, settings.candidates, settings.passage_chars) == (4, 30, 200)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMIT_QA_PASSAGES", "")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert Settings.load().passages == 8
    assert Settings.load().openai_api_key is None


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"passages": 0}, "passages"),
        ({"passages": "many"}, "passages"),
        ({"passage_chars": 3}, "passage_chars"),
        ({"strictness": "harsh"}, "strictness"),
        ({"engine": "oracle"}, "engine"),
        ({"llm_temperature": -1}, "llm_temperature"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(values: dict[str, object], name: str) -> None:
    for refuse in (Settings.load, Settings.load().replaced):
        with pytest.raises(ConfigurationError, match=name) as caught:
            refuse(**values)
        assert "\n" not in str(caught.value)


def test_a_wrong_variable_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMIT_QA_PASSAGES", "hush-hush")
    with pytest.raises(ConfigurationError, match="passages") as caught:
        Settings.load()
    assert "hush" not in str(caught.value)


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SUMMIT_QA_LLM=caf\xe9\n")
    with pytest.raises(ConfigurationError, match=r"\.env cannot be read"):
        Settings.load()


def test_settings_do_not_change_but_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-first")
    settings = Settings.load(passages=3)
    with pytest.raises(ValidationError):
        settings.passages = 4  # type: ignore[misc]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-second")
    monkeypatch.setenv("SUMMIT_QA_PASSAGES", "9")
    other = settings.replaced(candidates=7)
    assert (other.passages, other.candidates, settings.candidates) == (3, 7, 50)
    assert other.openai_api_key is not None
    assert other.openai_api_key.get_secret_value() == "sk-first"


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "SUMMIT_QA_API_KEY"])
def test_a_key_is_never_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "sk-hush")
    settings = Settings.load()
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-hush"
    assert "hush" not in f"{settings!r} {settings} {settings.model_dump()}"


@pytest.mark.parametrize(
    ("values", "configured"),
    [
        ({}, False),
        ({"llm": "small"}, False),
        ({"openai_api_key": "sk"}, False),
        ({"llm": "small", "openai_api_key": "sk"}, True),
        ({"llm": "small", "openai_base_url": "http://127.0.0.1:1"}, True),
    ],
)
def test_a_writer_needs_a_model_and_a_key_or_an_endpoint(
    values: dict[str, object], configured: bool
) -> None:
    assert Settings.load(**values).writer_configured is configured


OWN, FAR = "http://own.example/v1", "http://far.example/v1"


@pytest.mark.parametrize(
    ("given", "url", "key"),
    [
        ({"OPENAI_API_KEY": "sk-o"}, None, "sk-o"),
        ({"OPENAI_API_KEY": "sk-o", "OPENAI_BASE_URL": OWN}, OWN, "sk-o"),
        ({"OPENAI_API_KEY": "sk-o", "SUMMIT_QA_BASE_URL": FAR}, FAR, None),
        ({"OPENAI_API_KEY": "sk-o", "SUMMIT_QA_BASE_URL": "https://api.openai.com/v1"},
         "https://api.openai.com/v1", "sk-o"),
        ({"OPENAI_API_KEY": "sk-o", "SUMMIT_QA_BASE_URL": "https://api.openai.com.far.example/"},
         "https://api.openai.com.far.example/", None),
        ({"OPENAI_API_KEY": "sk-o", "OPENAI_BASE_URL": OWN, "SUMMIT_QA_API_KEY": "s",
          "SUMMIT_QA_BASE_URL": FAR}, FAR, "s"),
        ({"OPENAI_API_KEY": "sk-o", "SUMMIT_QA_BASE_URL": "http://[::1/"}, "http://[::1/", None),
        ({"SUMMIT_QA_API_KEY": "s", "OPENAI_BASE_URL": OWN}, OWN, "s"),
        ({"OPENAI_API_KEY": "sk-o", "OPENAI_BASE_URL": OWN, "SUMMIT_QA_BASE_URL": FAR}, FAR, None),
        ({"OPENAI_API_KEY": "sk-o", "OPENAI_BASE_URL": OWN,
          "SUMMIT_QA_BASE_URL": "https://api.openai.com/v1"}, "https://api.openai.com/v1", None),
        ({"OPENAI_API_KEY": "sk-o", "OPENAI_BASE_URL": "", "SUMMIT_QA_BASE_URL": ""}, None, "sk-o"),
    ],
)  # fmt: skip
def test_openais_key_goes_to_openai_or_to_the_address_of_the_same_name(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], url: str | None, key: str | None
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert endpoint(Settings.load()) == (url, key)


def test_an_address_of_an_argument_or_of_the_settings_file_gets_no_key_of_openai(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMIT_QA_SETTINGS", str(tmp_path / "kept.toml"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-o")
    assert endpoint(Settings.load(openai_base_url=FAR)) == (FAR, None)
    assert endpoint(Settings.load(openai_base_url=FAR, openai_api_key="mine")) == (FAR, "mine")
    (tmp_path / "kept.toml").write_text(f'base_url = "{FAR}"\n')
    assert endpoint(Settings.load()) == (FAR, None)
    (tmp_path / "kept.toml").write_text(f'base_url = "{FAR}"\napi_key = "kept"\n')
    assert endpoint(Settings.load()) == (FAR, "kept")
    monkeypatch.setenv("OPENAI_BASE_URL", OWN)
    assert endpoint(Settings.load()) == (OWN, "sk-o")
    assert endpoint(Settings.load().replaced(openai_base_url=FAR, openai_api_key=None)) == (
        FAR, None,
    )  # fmt: skip
    (tmp_path / ".env").write_text("SUMMIT_QA_BASE_URL=http://dot.example\n")
    assert endpoint(Settings.load()) == (OWN, "sk-o")
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert endpoint(Settings.load()) == ("http://dot.example", None)  # "kept" is another's


def endpoint(settings: Settings) -> tuple[str | None, str | None]:
    key = settings.openai_api_key
    return settings.openai_base_url, key.get_secret_value() if key else None
