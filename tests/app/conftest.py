"""The app as it is served: one server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from doubles import write
from serving import Served, chat

FILES = {
    "bridge.txt": (
        "The harbour bridge of Norwick opened on 3 May 1931 after six years of work.\n\n"
        "It carries trams, cars and people on foot. The mayor of Norwick cut the ribbon.\n"
    ),
    "market.md": "# Market\n\nThe market hall of Norwick sells fish on Fridays only.\n",
}


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`summit-qa chat --mcp` over two small files, with the bundled models."""
    folder = tmp_path_factory.mktemp("served")
    corpus = folder / "files"
    corpus.mkdir()
    write(corpus, FILES)
    with chat(corpus, folder, "--mcp") as address:
        yield Served(address, corpus, folder)
