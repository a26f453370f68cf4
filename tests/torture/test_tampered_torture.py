"""An index tampered with so that Chroma would load foreign code: nothing is loaded."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from chromadb.utils.embedding_functions import known_embedding_functions
from form import Tally

from doubles import FixedJudge, FixedRanker, WordEncoder, settings, write
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.errors import IndexDamagedError

pytestmark = [pytest.mark.torture, pytest.mark.timeout(600)]
OAK = "When was the oak planted?"
FUNCTIONS = {
    "sentence_transformer": {"model_name": "evil/x", "kwargs": {"trust_remote_code": True}},
    "huggingface": {"api_key_env_var": "HOME", "model_name": "evil/x"},
    "default": {},
    "onnx_mini_lm_l6_v2": {"preferred_providers": None},
    "ollama": {"url": "http://127.0.0.1:9/", "model_name": "x", "timeout": 1},
    "summit_evil": {"module": "evil"},
}


def _config(database: sqlite3.Connection, function: dict[str, Any]) -> None:
    database.execute(
        "UPDATE collections SET config_json_str = ?",
        (json.dumps({"embedding_function": function}),),
    )


def _schema(database: sqlite3.Connection, function: dict[str, Any]) -> None:
    (text,) = database.execute("SELECT schema_str FROM collections").fetchone()
    schema = json.loads(text)
    index = schema["keys"]["#embedding"]["float_list"]["vector_index"]["config"]
    index["embedding_function"] = function
    database.execute("UPDATE collections SET schema_str = ?", (json.dumps(schema),))


def _default(database: sqlite3.Connection, function: dict[str, Any]) -> None:
    (text,) = database.execute("SELECT schema_str FROM collections").fetchone()
    schema = json.loads(text)
    sparse = schema["defaults"]["sparse_vector"]["sparse_vector_index"]
    sparse["config"]["embedding_function"] = function
    sparse["enabled"] = True
    database.execute("UPDATE collections SET schema_str = ?", (json.dumps(schema),))


def _metadata(database: sqlite3.Connection, function: dict[str, Any]) -> None:
    (identity,) = database.execute("SELECT id FROM collections").fetchone()
    database.execute(
        "INSERT OR REPLACE INTO collection_metadata (collection_id, key, str_value)"
        " VALUES (?, ?, ?)",
        (identity, "embedding_function", json.dumps(function)),
    )


def _segment(database: sqlite3.Connection, function: dict[str, Any]) -> None:
    database.execute("UPDATE segments SET type = ?", (f"urn:{function['name']}",))


WAYS = [_config, _schema, _default, _metadata, _segment]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the embedding functions that were made; each known one is replaced."""
    made: list[str] = []

    def trap(name: str) -> Any:
        class Trap:
            @staticmethod
            def build_from_config(config: Any) -> Any:
                made.append(name)
                raise RuntimeError(name)

            def __init__(self, *arguments: Any, **more: Any) -> None:
                made.append(name)

        return Trap

    for name in {*known_embedding_functions, *FUNCTIONS}:
        monkeypatch.setitem(known_embedding_functions, name, trap(name))
    return made


@pytest.mark.usefixtures("checked_in_process")
def test_an_index_that_names_an_embedding_function(
    tmp_path: Path, built: list[str], monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/evil.py").write_text("raise SystemExit('loaded')\n")
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    corpus = write(tmp_path / "corpus", {"a.txt": "The oak was planted in 1723.\nIt is tall.\n"})
    index = tmp_path / "index"

    def opened(sync: bool) -> Assistant:
        return Assistant.open(
            settings=settings(corpus=corpus, index=index, engine="reader"),
            own=OwnModels(WordEncoder(), FixedRanker(), FixedJudge()),
            sync=sync,
        )

    cases = refused = 0
    for way in WAYS:
        for name, config in FUNCTIONS.items():
            with opened(sync=True) as assistant:
                expected = assistant.ask(OAK).text
            (file,) = index.glob("g-*/chroma/chroma.sqlite3")
            with closing(sqlite3.connect(file)) as database, database:
                way(database, {"type": "known", "name": name, "config": config})
            cases += 1
            try:
                with opened(sync=False) as assistant:
                    assert assistant.ask(OAK).text == expected
            except IndexDamagedError:
                refused += 1
            with opened(sync=True) as assistant:  # which rebuilds what is damaged
                assert assistant.ask(OAK).text == expected
            assert built == []
            assert "evil" not in sys.modules
    # An embedding function is said so before Chroma sees the file.
    assert refused >= 3 * len(FUNCTIONS)
    tally(
        "an index that makes Chroma load foreign code",
        cases,
        f"0 functions made, 0 modules loaded; {refused} refused",
    )
