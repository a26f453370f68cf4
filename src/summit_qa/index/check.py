"""Opens a generation that was just built: `-m summit_qa.index.check FOLDER`, a process of its own.

Reads the number of passages from standard input, so that it can be started early, while the
generation is built; writes one JSON line with what it found. If the vectors are damaged, it is this
process that dies. If the builder dies, its end of the pipes is closed: then nobody else will remove
what it was building, so that is done here.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEAR = 1e-3  # between cosines that are the same


def check(folder: Path, passages: int) -> str | None:
    """What is wrong with the generation, or None."""
    import numpy as np

    from summit_qa.index.bm25 import BM25Index
    from summit_qa.index.generation import BM25, CHROMA, VECTORS

    words = BM25Index(folder / BM25)
    if words.texts != passages:
        return f"BM25 holds {words.texts:,} passages instead of {passages:,}"
    if not (folder / VECTORS).exists():  # it is to be searched by words alone
        return None
    vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
    if len(vectors) != passages:
        return f"{VECTORS} holds {len(vectors):,} vectors instead of {passages:,}"
    return _chroma(folder / CHROMA, vectors) if (folder / CHROMA).exists() else None


def _chroma(folder: Path, vectors: NDArray[np.float32]) -> str | None:
    """What is wrong with the Chroma folder, or None."""
    from summit_qa.index.dense import COLLECTION, open_client

    passages = len(vectors)
    client = open_client(folder)
    try:
        collection = client.get_collection(COLLECTION, embedding_function=None)
        count = collection.count()
        if count != passages:
            return f"Chroma holds {count:,} vectors instead of {passages:,}"
        for row in {0, passages // 2, passages - 1}:
            found = collection.query(
                query_embeddings=[vectors[row].tolist()], n_results=1, include=["distances"]
            )
            near = found["distances"][0]
            if (not near or abs(near[0]) > _NEAR) and not _holds(collection, vectors[row]):
                return f"Chroma does not find vector {row:,}"
    finally:
        client.close()
    return None


def _holds(collection: Any, vector: NDArray[np.float32]) -> bool:
    """Whether the vector is there: a graph may miss one among many that are nearly equal."""
    import numpy as np

    held = np.asarray(collection.get(include=["embeddings"])["embeddings"], dtype=np.float32)
    lengths = np.linalg.norm(held, axis=1) * np.linalg.norm(vector)
    return bool((held @ vector >= (1 - _NEAR) * lengths).any())


def main() -> int:
    """Check what standard input names; 0 whole, 1 damaged."""
    import chromadb  # noqa: F401 - while the folder is built

    folder = Path(sys.argv[1])
    line = sys.stdin.readline()
    if not line:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    try:
        damage = check(folder, int(line))
    except Exception as error:  # whatever Chroma raises is what is wrong
        damage = f"{type(error).__name__}: {error}"
    try:
        sys.stdout.write(json.dumps({"damage": damage}) + "\n")
        sys.stdout.flush()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if damage else 0


if __name__ == "__main__":
    raise SystemExit(main())
