"""A Chroma database that asks for foreign code is told apart from one as Chroma writes it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from summit_qa.index.dense import COLLECTION, open_client
from summit_qa.index.foreign import foreign_code

NAMED = {"type": "known", "name": "sentence_transformer", "config": {"trust_remote_code": True}}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    client = open_client(tmp_path)
    client.create_collection(COLLECTION, embedding_function=None)
    client.close()
    with closing(sqlite3.connect(tmp_path / "chroma.sqlite3")) as opened:
        yield opened


def test_a_collection_without_a_function_is_as_it_should_be(database: sqlite3.Connection) -> None:
    assert foreign_code(database) is None


@pytest.mark.parametrize("column", ["config_json_str", "schema_str"])
@pytest.mark.parametrize(
    "told",
    [
        {"embedding_function": NAMED},
        {"keys": [{"#embedding": {"config": {"embedding_function": NAMED}}}]},
        {"embedding_function": "default"},
    ],
)
def test_a_named_function_is_found_wherever_it_stands(
    database: sqlite3.Connection, column: str, told: object
) -> None:
    database.execute(f"UPDATE collections SET {column} = ?", (json.dumps(told),))
    assert foreign_code(database) == "it names an embedding function"


def test_what_cannot_be_read_is_not_trusted(database: sqlite3.Connection) -> None:
    database.execute("UPDATE collections SET config_json_str = '{'")
    assert foreign_code(database) == "its configuration cannot be read"


def test_a_segment_of_another_kind_is_found(database: sqlite3.Connection) -> None:
    database.execute("UPDATE segments SET type = 'urn:evil'")
    assert foreign_code(database) == "it names a segment of another kind"
