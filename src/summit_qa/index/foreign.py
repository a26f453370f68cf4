"""What a Chroma database may not ask for: code that makes vectors, or other kinds of segments.

Chroma keeps with a collection the name of an embedding function and its arguments, and some of its
calls make one of them: a library that is imported, a model that is downloaded. Ours makes its
vectors itself, so a database that names a function was tampered with. It is the one file of a
generation that has no sha256, since Chroma writes to it whenever it opens it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

_NONE = ("legacy", "unknown")  # how Chroma says that there is no embedding function
_SEGMENTS = {
    ("urn:chroma:segment/vector/hnsw-local-persisted", "VECTOR"),
    ("urn:chroma:segment/metadata/sqlite", "METADATA"),
}


def foreign_code(database: sqlite3.Connection) -> str | None:
    """In words, what the database would make Chroma load; None where it is nothing."""
    texts = [
        text
        for row in database.execute("SELECT config_json_str, schema_str FROM collections")
        for text in row
    ]
    for text in filter(None, texts):
        try:
            told = json.loads(text)
        except ValueError:
            return "its configuration cannot be read"
        if any(function.get("type") not in _NONE for function in _functions(told)):
            return "it names an embedding function"
    kept = database.execute("SELECT key FROM collection_metadata").fetchall()
    if any("embedding_function" in str(key) for (key,) in kept):
        return "it names an embedding function"
    if not set(database.execute("SELECT type, scope FROM segments")) <= _SEGMENTS:
        return "it names a segment of another kind"
    return None


def _functions(told: Any) -> Iterator[dict[str, Any]]:
    """Every embedding function in the configuration, at any depth."""
    waiting = [told]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key == "embedding_function" and inner is not None:
                    yield inner if isinstance(inner, dict) else {}
                waiting.append(inner)
