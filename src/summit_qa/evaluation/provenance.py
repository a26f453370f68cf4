"""What made a report: the commit, the time, and a fingerprint of code and models."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from summit_qa import __version__

_PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run is made with; taken when it begins, since files may change while it lasts."""

    created: str  # UTC, ISO 8601
    commit: str
    fingerprint: str

    @classmethod
    def here(cls) -> Origin:
        """Now, and the code and models as they are now."""
        return cls(now(), commit(), fingerprint())


def now() -> str:
    """The time, UTC, ISO 8601, to the second."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def commit() -> str:
    """The commit of the code, ``-dirty`` where it was altered; the version outside of git."""
    if not _git("ls-files", "--error-unmatch", "__init__.py"):
        return f"v{__version__}"
    altered = "-dirty" if _git("status", "--porcelain", "--", ".") else ""
    return _git("rev-parse", "--short=7", "HEAD") + altered


def fingerprint() -> str:
    """Sixteen hexadecimal digits that change with the package's code and models."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md":
            digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _git(*arguments: str) -> str:
    """What git says in the package's folder; empty where it fails or is not there."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", *arguments],  # noqa: S607
            cwd=_PACKAGE,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
