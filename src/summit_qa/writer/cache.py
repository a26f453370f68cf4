"""An optional cache of replies on disk, keyed by everything that shapes them."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_VERSION = 1


class ReplyCache:
    """One file a reply. A file that cannot be read counts as absent; no key is ever in one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, shaped_by: Mapping[str, Any]) -> str | None:
        """The reply to the same request, or None."""
        try:
            held = json.loads(self._path(shaped_by).read_text(encoding="utf-8"))
            reply = held["reply"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return reply if isinstance(reply, str) else None

    def put(self, shaped_by: Mapping[str, Any], reply: str) -> None:
        """Keep a whole reply; a disk that does not take it is no reason to lose the answer."""
        path = self._path(shaped_by)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with suppress(OSError, UnicodeError):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Replies quote the corpus: only their owner may read them.
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                json.dump({"version": _VERSION, "reply": reply}, out)
            aside.replace(path)
        with suppress(OSError):
            aside.unlink(missing_ok=True)

    def _path(self, shaped_by: Mapping[str, Any]) -> Path:
        told = json.dumps([_VERSION, shaped_by], sort_keys=True, ensure_ascii=True)
        return self._folder / f"{hashlib.sha256(told.encode()).hexdigest()}.json"
