"""One small frozen settings object.

What wins: arguments, then the environment (``SUMMIT_QA_*``), then ``.env``, then the user's own
settings file, then the defaults; ``SUMMIT_QA_BASE_URL`` and ``_API_KEY`` before OpenAI's own names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from summit_qa.errors import ConfigurationError

_CORPUS = Path("corpus")
_IN_FILE = {"base_url": "openai_base_url", "api_key": "openai_api_key"}  # short names there
_SHORTEST_SECRET = 12  # characters; real keys have more


def default_index(corpus: Path) -> Path:
    """Where the index of a corpus is kept if nobody says where.

    ``index`` for the folder ``corpus`` of the current directory; for any other a folder of its
    own in the user's cache directory, so that two corpora never share an index by default.
    """
    resolved = corpus.resolve()
    if resolved == _CORPUS.resolve():
        return Path("index")
    from platformdirs import user_cache_path

    digest = hashlib.sha256(str(resolved).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", resolved.name).strip("-")[:40]
    return user_cache_path("summit-qa", appauthor=False) / "index" / f"{name}-{digest}".lstrip("-")


def settings_file() -> Path:
    """The file of settings that the user owns; SUMMIT_QA_SETTINGS names another one."""
    if chosen := os.environ.get("SUMMIT_QA_SETTINGS"):
        return Path(chosen)
    from platformdirs import user_config_path

    return user_config_path("summit-qa", appauthor=False) / "settings.toml"


def keep_settings(values: Mapping[str, str]) -> Path:
    """Write the values into the user's settings file and give its path.

    Other lines of the file stay as they are, also those that another process writes now; whatever
    interrupts it leaves the file as it was. Raises ConfigurationError where it cannot be written.
    """
    path = settings_file()
    names = {*values, *(_IN_FILE[name] for name in values if name in _IN_FILE)}
    pattern = re.compile(rf"\s*(['\"]?)(?:{'|'.join(map(re.escape, sorted(names)))})\1\s*=")
    added = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    aside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone(path.parent):
            before = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
            lines = [line for line in before if not pattern.match(line)]
            text = "\n".join([*added, *lines]) + "\n"
            tomllib.loads(text)
            try:
                _write_private(aside, text)
                aside.replace(path)
            finally:
                with suppress(OSError):
                    aside.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not TOML"
        raise ConfigurationError(f"The settings file {path} cannot be written: {reason}.") from None
    return path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One writer at a time in the folder, where the system has such locks; they die with it."""
    try:
        import fcntl

        held = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):  # where there is no folder the writing says so
        yield
        return
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, and flush it to disk."""
    path.unlink(missing_ok=True)  # of a writer that was killed
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(made, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def _kept() -> dict[str, Any]:
    """What the user's settings file says, by field; ConfigurationError where it is amiss."""
    path = settings_file()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not TOML"
        raise ConfigurationError(f"The settings file {path} cannot be read: {reason}.") from None
    named = {_IN_FILE.get(name, name): value for name, value in values.items()}
    if unknown := sorted(set(named) - set(Settings.model_fields)):
        raise ConfigurationError(f"The settings file {path} has no setting {unknown[0]!r}.")
    return named


def _endpoint(sources: Iterable[PydanticBaseSettingsSource]) -> dict[str, Any]:
    """The address and the key of the language model, each of the first source that gives it.

    A key goes to the address that stands beside it. Where none does, SUMMIT_QA_API_KEY goes to any,
    and OPENAI_API_KEY to OpenAI or what another source calls OPENAI_BASE_URL.
    """
    url: Any = None
    keys: list[tuple[Any, Any, bool]] = []  # with the address beside it; whether it is OpenAI's
    own_url = url_given = key_given = False
    for source in sources:
        given = source.init_kwargs if isinstance(source, InitSettingsSource) else {}
        # Of the environment and .env, by names in small letters; what is empty is not set.
        named = getattr(source, "env_vars", {})
        beside = given.get("openai_base_url") or named.get("summit_qa_base_url")
        own = named.get("openai_base_url")
        if not url_given:
            url, own_url = beside or own, bool(own) and not beside
            url_given = bool(url) or "openai_base_url" in given
        if not key_given:
            key_given = "openai_api_key" in given  # also where it says that there is none
            key = given.get("openai_api_key") or named.get("summit_qa_api_key")
            keys += [(key, beside, False), (named.get("openai_api_key"), own, True)]
    may_have_own = own_url or not url or _is_openai(str(url))
    for key, beside, is_own in keys:
        if key and (beside == url if beside else may_have_own or not is_own):
            return {"openai_base_url": url, "openai_api_key": key}
    return {"openai_base_url": url, "openai_api_key": None}


def host_of(url: str) -> str:
    """The host that an http address names; empty where it names none."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            return parts.hostname or ""
    return ""


def _is_openai(url: str) -> bool:
    return f".{host_of(url)}".endswith(".openai.com")


def _at_home(path: Path) -> Path:
    """The path with a leading ``~`` filled in, which no shell does in ``.env``."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("there is no such home directory") from None


def _index_of(values: dict[str, Any]) -> Path:
    return default_index(values.get("corpus", _CORPUS))


Folder = Annotated[Path, AfterValidator(_at_home)]


class Settings(BaseSettings):
    """Everything that can be set. Frozen; build another one to change a value."""

    model_config = SettingsConfigDict(
        env_prefix="SUMMIT_QA_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    corpus: Folder = _CORPUS
    index: Folder = Field(default_factory=_index_of)

    max_file_bytes: int = Field(32 * 1024 * 1024, gt=0)
    passage_chars: int = Field(800, ge=50, le=20_000)
    embedder: str = "auto"

    chroma: str | None = Field(None, description="a Chroma server for vectors: http(s)://host:port")
    chroma_token: SecretStr | None = None
    chroma_tenant: str = "default_tenant"
    chroma_database: str = "default_database"
    chroma_timeout: float = Field(5.0, gt=0, description="seconds that a question waits for it")
    chroma_public: bool = Field(False, description="it may be outside of private networks")
    history: SecretStr | None = Field(
        None, description="a database for conversations, as SQLAlchemy names it"
    )
    ray: str | None = Field(None, description="a Ray cluster that indexes: an address, or local")

    passages: int = Field(8, ge=1, le=50, description="passages an answer is made from")
    candidates: int = Field(50, ge=1, le=1000, description="taken from each list before fusion")
    strictness: Literal["lenient", "balanced", "strict"] = "balanced"
    max_question_chars: int = Field(4_000, ge=1)

    reader: Literal["base", "small"] = Field(
        "base", description="who reads the best windows: the base model, or the small one alone"
    )
    engine: Literal["auto", "reader", "writer"] = "auto"
    llm: str | None = None
    openai_api_key: SecretStr | None = Field(None, description="SUMMIT_QA_API_KEY: see _endpoint")
    openai_base_url: str | None = Field(None, description="SUMMIT_QA_BASE_URL: see _endpoint")
    cite: Literal["sentences", "quotes"] = Field(
        "sentences", description="how a language model says what a statement rests on"
    )
    shown: Literal["auto", "windows", "passages"] = Field(
        "auto", description="what a language model sees; auto: windows on this machine, else all"
    )
    searches: int = Field(0, ge=0, le=3, description="that a model may ask for before it answers")
    llm_timeout: float = Field(60.0, gt=0, description="seconds, all requests of one answer")
    llm_temperature: float = Field(0.0, ge=0, le=2)
    llm_seed: int | None = 7
    llm_max_tokens: int = Field(1_200, ge=16)
    llm_cache: Folder | None = None
    llm_price_input: float | None = Field(None, ge=0, description="per million tokens")
    llm_price_output: float | None = Field(None, ge=0, description="per million tokens")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The user's settings file comes last, before the defaults."""
        kept = InitSettingsSource(settings_cls, init_kwargs=_kept())
        sources = (init_settings, env_settings, dotenv_settings, kept)
        endpoint = InitSettingsSource(settings_cls, init_kwargs=_endpoint(sources))
        return endpoint, *sources

    @classmethod
    def load(cls, **arguments: object) -> Settings:
        """Settings from arguments (None means not given), environment, ``.env``, defaults.

        Raises ConfigurationError with one line naming the setting that is wrong.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        cls._refuse_unknown(given)
        try:
            return cls(**given)  # type: ignore[arg-type]
        except ValidationError as error:
            raise _first(error) from None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ConfigurationError(f"The file .env cannot be read: {reason}.") from None

    def replaced(self, **changes: object) -> Settings:
        """These settings with some changed, whatever the environment says.

        Another corpus takes its own default index along, unless an index was chosen. Raises
        ConfigurationError as ``load`` does.
        """
        self._refuse_unknown(changes)
        values = {name: getattr(self, name) for name in type(self).model_fields}
        if "corpus" in changes and self.index == default_index(self.corpus):
            try:
                values["index"] = default_index(Path(str(changes["corpus"])).expanduser())
            except (ValueError, RuntimeError, OSError):
                raise ConfigurationError("Setting 'corpus': no folder has such a name.") from None
        try:
            return type(self)(_env_file=None, **(values | changes))  # type: ignore[call-arg]
        except ValidationError as error:
            raise _first(error) from None

    @classmethod
    def _refuse_unknown(cls, names: Iterable[str]) -> None:
        if unknown := sorted(set(names) - set(cls.model_fields)):
            raise ConfigurationError(f"Unknown setting {unknown[0]!r}.")

    @property
    def secret(self) -> str:
        """The key, if it can be a secret; else empty.

        Local servers take any word for a key: "k" or "ollama" must not be cut out of answers.
        """
        key = self.openai_api_key.get_secret_value() if self.openai_api_key else ""
        return key if len(key) >= _SHORTEST_SECRET else ""

    @property
    def writer_missing(self) -> str | None:
        """In words, what a language model that is named lacks; None where nothing is missing."""
        if not self.llm or self.writer_configured:
            return None
        return (
            f"the model {self.llm!r} is named, but neither OPENAI_API_KEY nor OPENAI_BASE_URL is "
            "set"
        )

    @property
    def writer_configured(self) -> bool:
        """Whether a language model is named, and a key or an endpoint for it."""
        return bool(self.llm and (self.openai_api_key or self.openai_base_url))


def _first(error: ValidationError) -> ConfigurationError:
    """The first thing that is wrong, in one line, without the value that was given."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return ConfigurationError(f"Setting {name!r}: {said}.")
