"""Any of LlamaIndex's vector stores in the place of Chroma (docs/scale.md has an example)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import VectorServerError
from summit_qa.index.dense import nodes_of
from summit_qa.index.remote import LOST
from summit_qa.types import Passage


@dataclass(frozen=True, slots=True)
class OtherStore:
    """A store as what `OwnModels.vectors` takes.

    LlamaIndex's interface adds, finds and clears, but does not say whether there is a collection
    and how much it holds, nor removes it; so the store's own client has to.
    The store has to compare by cosine, and to take ids of 32 hexadecimal digits (as UUIDs, too).
    """

    address: str  # where it is, in words
    make: Callable[[str], Any]  # LlamaIndex's store for the collection of that name
    has: Callable[[str], bool]  # whether there is a collection of that name
    count: Callable[[str], int]  # how many vectors it holds
    drop: Callable[[str], object]  # removes it
    patience: float = 5.0  # seconds that a question waits for it

    def ready(self) -> None:
        """Raise what the client raises where it cannot be reached."""
        self.has("summit-qa")

    def create(self, name: str, total: int) -> _Open:
        """The collection, which the store makes when the first vectors are added."""
        return _Open(self, name, self.make(name))

    def open(self, name: str) -> _Open:
        """The collection; VectorServerError with ``lost`` where there is none."""
        if not self.has(name):
            raise VectorServerError(LOST, lost=True)
        return _Open(self, name, self.make(name))

    def remove(self, name: str) -> None:
        """Remove the collection, if there is one."""
        if self.has(name):
            self.drop(name)


@dataclass(frozen=True, slots=True)
class _Open:
    """A collection that is written or read."""

    server: OtherStore
    name: str
    store: Any

    def add(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        self.store.add(nodes_of(passages, vectors))

    def count(self) -> int:
        return self.server.count(self.name)

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        from llama_index.core.vector_stores.types import VectorStoreQuery

        found = self.store.query(
            VectorStoreQuery(query_embedding=vector.tolist(), similarity_top_k=k)
        )
        ids = (str(identity).replace("-", "") for identity in found.ids or ())
        return list(zip(ids, map(float, found.similarities or ()), strict=True))
