"""Dense vectors in Chroma, written by LlamaIndex's store; both libraries load when used.

Any LlamaIndex program can open the collection. Reading asks Chroma itself, for the same ids: to
import LlamaIndex takes longer than an answer does, and would be paid at every start.

Chroma takes 9 KB and a core-millisecond a passage, so it is written for folders of up to
CHROMA_MOST passages. Of more, ``vectors.npy`` is read as it is: to compare a question with all of
100,000 vectors takes some 20 ms, is exact, and needs no graph.

Its graph of neighbours loses passages where many have the same vector (boilerplate, repeated
lines): of 1,000 others beside 1,000 equal ones, 18 % were not found, beside 4,000 none was. Where
one vector stands more often than MOST_EQUAL times, ``vectors.npy`` is read as well; and so it is
wherever Chroma cannot be opened, since it writes when it opens: on a disk that is full, say.

Opening a Chroma folder writes a row into its ``chroma.sqlite3`` but leaves the vectors' files as
they are, as long as everything added was flushed; ``sync_threshold`` is set so that it was.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.passages import passage_to_node
from summit_qa.errors import ConfigurationError, IndexDamagedError, IndexUnusableError
from summit_qa.types import Passage

COLLECTION = "passages"
CHROMA_MOST = 10_000  # passages
MOST_EQUAL = 16  # as many neighbours as Chroma keeps of a vector
_LARGEST_ADD = 5_000  # Chroma refuses more than 5,461 at once
_WORTH_ADDING = 256  # an add costs by itself: 5,000 passages in blocks of 128 took twice as long


def open_client(folder: Path) -> Any:
    """A Chroma client over the folder, without telemetry."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(
            path=str(folder), settings=Settings(anonymized_telemetry=False)
        )
    except BaseException:
        # Chroma remembers what it began to open, and would give it out half made the next time.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        raise


def preload() -> None:
    """Import what a dense query needs; on a thread, this runs beside other work."""
    import chromadb  # noqa: F401


class DenseWriter:
    """Adds passages to a new Chroma collection on a thread of its own, beside the embedder."""

    def __init__(self, folder: Path, total: int) -> None:
        self._folder = folder
        self._total = total
        self._waiting: queue.Queue[tuple[list[Passage], NDArray[np.float32]] | None] = queue.Queue()
        self._stopped = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="chroma-writer", daemon=True)
        self._thread.start()

    def add(self, passages: list[Passage], vectors: NDArray[np.float32]) -> None:
        """Queue passages and their vectors (n, dimensions); raises what an earlier add met."""
        self._raise()
        self._waiting.put((passages, vectors))

    def finish(self) -> None:
        """Wait until everything is in Chroma and its files are closed."""
        self._waiting.put(None)
        self._thread.join()
        self._raise()

    def abandon(self) -> None:
        """Stop as soon as possible; what was written is of no use."""
        self._stopped.set()
        self._waiting.put(None)
        self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            raise IndexUnusableError(
                f"Chroma could not write the index: {self._error}."
            ) from self._error

    def _run(self) -> None:
        try:
            self._write()
        except BaseException as error:  # handed to the thread that waits
            self._error = error

    def _write(self) -> None:
        from llama_index.vector_stores.chroma import ChromaVectorStore

        client = open_client(self._folder)
        try:
            collection = client.create_collection(
                COLLECTION,
                embedding_function=None,
                configuration={
                    "hnsw": {
                        "space": "cosine",
                        "sync_threshold": max(2, self._total),
                        "batch_size": max(2, self._total),
                    }
                },
            )
            store = ChromaVectorStore.from_collection(collection)
            gathered: list[Any] = []
            left = self._total
            while (item := self._waiting.get()) is not None and not self._stopped.is_set():
                gathered += nodes_of(*item)
                # Half of what is left at a time: few adds, and a small one when all is embedded.
                if len(gathered) >= min(
                    _LARGEST_ADD - _WORTH_ADDING, max(_WORTH_ADDING, left // 2)
                ):
                    _add(store, gathered)
                    left -= len(gathered)
                    gathered = []
            if not self._stopped.is_set():
                _add(store, gathered)
                if self._total == 1:
                    # One write is below the least threshold that Chroma takes, so the vector would
                    # be flushed only by the first reader, to whom it would then look altered.
                    _add(store, gathered)
        finally:
            client.close()


def _add(store: Any, nodes: list[Any]) -> None:
    for start in range(0, len(nodes), _LARGEST_ADD):
        store.add(nodes[start : start + _LARGEST_ADD])


def nodes_of(passages: Sequence[Passage], vectors: NDArray[np.float32]) -> list[Any]:
    """The passages as LlamaIndex nodes with their vectors (n, dimensions)."""
    nodes = [passage_to_node(passage) for passage in passages]
    for node, vector in zip(nodes, vectors, strict=True):
        node.embedding = vector.tolist()
    return nodes


def hold_to(dimensions: int, vectors: NDArray[np.float32]) -> None:
    """ConfigurationError where vectors (…, dimensions) are no match for those of the index."""
    if vectors.shape[-1] != dimensions:
        raise ConfigurationError(
            f"The index has vectors of {dimensions} numbers, and its embedder now makes "
            f"{vectors.shape[-1]}: it is another model under the same name. Remove the index, or "
            "give it another folder with --index."
        )


class ExactIndex:
    """Reads vectors from one file, row by row; safe to use from many threads."""

    def __init__(self, file: Path) -> None:
        try:
            self._vectors = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise IndexDamagedError(f"{file.name} cannot be read: {error}.") from None

    def hold(self, vector: NDArray[np.float32]) -> None:
        """ConfigurationError where the vector (dimensions,) is no match for these."""
        hold_to(self._vectors.shape[1], vector)

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """Rows and cosine similarities of the k nearest passages, best first; ties by row."""
        cosines = np.round(self._vectors @ vector, 6)
        nearest = list(range(len(cosines)))
        if k < len(cosines):
            edge = np.partition(cosines, len(cosines) - k)[len(cosines) - k]
            nearest = np.flatnonzero(cosines >= edge).tolist()
        order = sorted(nearest, key=lambda row: (-cosines[row], row))[:k]
        return [(row, float(cosines[row])) for row in order]

    def cosines(self, vector: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        """Cosine similarities (rows,) of the passages in these rows."""
        found: NDArray[np.float32] = self._vectors[list(rows)] @ vector
        return found


class DenseIndex:
    """Reads a collection; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        # Chroma reports on its client's life at a level that a program may show.
        logging.getLogger("chromadb.telemetry").setLevel(logging.CRITICAL)
        with _chromas_errors("opened"):
            self._client = open_client(folder)
            try:
                self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
            except BaseException:
                self._client.close()
                raise

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Ids and cosine similarities of the k nearest passages."""
        with _chromas_errors("read"):
            found = self._collection.query(
                query_embeddings=[vector.tolist()], n_results=k, include=["distances"]
            )
        cosines = (1.0 - float(distance) for distance in found["distances"][0])
        return list(zip(found["ids"][0], cosines, strict=True))

    def close(self) -> None:
        """Let go of Chroma's files."""
        self._client.close()


@contextmanager
def _chromas_errors(done: str) -> Iterator[None]:
    """Turn whatever Chroma raises, panics of its native code included, into IndexDamagedError."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise IndexDamagedError(f"Chroma cannot be {done}: {error}.") from None


def repeats(vectors: NDArray[np.float32]) -> int:
    """How often the vector stands among them that stands there most often."""
    return max(Counter(row.tobytes() for row in vectors).values(), default=0)
