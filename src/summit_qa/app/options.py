"""How the app is served: address, who may come in, what is offered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from summit_qa.errors import ConfigurationError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class AppOptions:
    """Everything about serving that can be chosen; the defaults are for one person, locally.

    ``users`` are (name, password) pairs; where there are any, every request needs one.
    ``hosts`` are further names under which the server may be addressed (`Host` header).
    ``frame_ancestors`` is the value of that directive of the Content-Security-Policy.
    Sizes are in bytes. ``running`` questions are answered at once, ``waiting`` more may wait.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    users: tuple[tuple[str, str], ...] = ()
    root_path: str = ""
    mcp: bool = False
    openai: bool = False  # serve /v1/models and /v1/chat/completions as well
    uploads: bool = True
    frame_ancestors: str = "'none'"
    hosts: tuple[str, ...] = ()
    upload_bytes: int = 8_000_000
    corpus_bytes: int = 512_000_000
    upload_types: tuple[str, ...] = (
        ".txt", ".md", ".text", ".rst", ".log", ".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml",
        ".xml", ".srt", ".vtt", ".ics", ".pdf", ".docx", ".pptx", ".xlsx", ".odt", ".ods", ".odp",
        ".html", ".htm", ".epub", ".eml", ".rtf", ".ipynb", ".tex", ".org", ".adoc", ".toml",
        ".ini", ".gz",
    )  # fmt: skip
    running: int = 2
    waiting: int = 24
    conversations: int = 200
    turns: int = 50
    evaluation: Path = Path("eval")
    history: Path | SecretStr | None = None  # the file, or the database's URL; None keeps nothing
    examples: tuple[str, ...] = ()
    metrics: bool = False  # serve /metrics as well
    json_logs: bool = False
    log_questions: bool = False  # with their words
    learns: bool = True  # looks for questions to offer; one of several processes does

    @property
    def served_hosts(self) -> frozenset[str]:
        """Every name that a `Host` header may carry, without port, in lower case."""
        own = () if self.host in ("", "0.0.0.0", "::") else (self.host,)  # noqa: S104
        return frozenset(name.lower() for name in (*LOOPBACK, *own, *self.hosts))


def read_users(value: str | None) -> tuple[tuple[str, str], ...]:
    """(name, password) pairs from ``user:password`` or from a file with one such line a user.

    Raises ConfigurationError, which never repeats a password.
    """
    if not value:
        return ()
    file = Path(value)
    if file.is_file():
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise ConfigurationError(f"The file of users {file.name!r} cannot be read.") from None
        lines = [line for line in lines if line.strip() and not line.startswith("#")]
        where = f"line {{}} of {file.name!r}"
    else:
        lines, where = [value], "--auth"
    users = []
    for number, line in enumerate(lines, 1):
        name, colon, password = line.partition(":")
        if not (name and colon and password):
            place = where.format(number)
            raise ConfigurationError(f"{place} is not of the form user:password.")
        users.append((name, password))
    if not users:
        raise ConfigurationError(f"The file of users {file.name!r} names nobody.")
    return tuple(users)
