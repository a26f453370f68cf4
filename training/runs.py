"""Runs of the bundled models, kept on disk: a change of what is collected costs only new pairs."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.models.cross_encoder import CrossEncoder

FILE = Path(__file__).parents[1] / "build" / "collected" / "runs.sqlite"


class StoredEncoder(CrossEncoder):
    """A cross-encoder that runs a pair once and never again, in no process.

    A pair's scores are its own (`CrossEncoder`), so what was kept is exact. Runs are known by the
    sha256 of the weights and the tokens.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        FILE.parent.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(
            FILE, timeout=120, isolation_level=None, check_same_thread=False
        )
        self._store_lock = threading.Lock()
        self._store.execute("PRAGMA journal_mode = WAL")
        self._store.execute("PRAGMA synchronous = OFF")
        self._store.execute("CREATE TABLE IF NOT EXISTS run (key BLOB PRIMARY KEY, value BLOB)")

    def _run_one(self, encoding: Any) -> list[NDArray[np.float32]]:
        key = hashlib.blake2b(
            self.digest.encode() + np.array([encoding.ids, encoding.type_ids], np.int32).tobytes(),
            digest_size=16,
        ).digest()
        with self._store_lock:
            row = self._store.execute("SELECT value FROM run WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return self._unpacked(np.frombuffer(row[0], np.float32), len(encoding.ids))
        values = [np.asarray(value, np.float32) for value in super()._run_one(encoding)]
        packed = np.concatenate([value.ravel() for value in values]).tobytes()
        with self._store_lock:
            self._store.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (key, packed))
        return values

    def _unpacked(self, values: NDArray[np.float32], tokens: int) -> list[NDArray[np.float32]]:
        """The outputs by their names' lengths; those of one value a token have ``tokens``."""
        lengths = {"support": len(self.labels) or 3, "relevance": 1, "embedding": 384}
        found, begin = [], 0
        for name in self.outputs:
            length = lengths.get(name, tokens)
            part = values[begin : begin + length]
            found.append(part[0] if name == "relevance" else part)
            begin += length
        assert begin == len(values)
        return found
