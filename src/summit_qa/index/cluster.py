"""Reads, cuts and embeds on a Ray cluster what a sync would otherwise do on this machine.

The workers read the files by their paths, so the folder has to be mounted at the same place on
every node, where this package is installed in the same version. What they find comes back as it is
done: vectors go into the file of vectors that a stopped build leaves (`Partial`), by the digests of
their texts; documents that take parsing into a temporary file. The sync that follows finds both as
made already, so the generation is the one that this machine alone would have built: a worker that
dies costs its batch, which Ray gives to another, and what is made twice counts once.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from summit_qa.documents.corpus import files_of, make_document, opened_below
from summit_qa.documents.formats.isolated import Isolated
from summit_qa.documents.formats.reading import Limits
from summit_qa.documents.passages import passages_of
from summit_qa.errors import ConfigurationError, CorpusError, IndexUnusableError, SummitQAError
from summit_qa.index.folder import inside
from summit_qa.index.found import Known, MadeBefore
from summit_qa.index.partial import Partial
from summit_qa.index.spool import Spool
from summit_qa.index.store import each_of
from summit_qa.models.encoding import as_encoder, sized
from summit_qa.settings import Settings
from summit_qa.types import Document, Progress

_FILES = 16  # that a worker reads at once
_TEXTS = 64  # that a worker embeds at once
_BACK = 512  # vectors that are kept together
_POLL = 0.5  # seconds between looks at how far the reading is


@dataclass(frozen=True, slots=True)
class _Order:
    """What a worker is to do, as plain values."""

    corpus: str
    passage_chars: int
    max_file_bytes: int
    embedder: str
    url: str | None
    key: str | None


@contextmanager
def made_on_cluster(
    settings: Settings, known: Known, folder: Path, progress: Progress | None
) -> Iterator[MadeBefore]:
    """While the block runs, documents that the cluster has parsed; its vectors are in ``folder``.

    ``known`` is not read again. The caller holds the index's lock. Raises ConfigurationError where
    Ray is missing, IndexUnusableError where the cluster cannot be reached or gives up.
    """
    order = _Order(
        str(settings.corpus.resolve()),
        settings.passage_chars,
        settings.max_file_bytes,
        settings.embedder,
        settings.openai_base_url,
        settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
    )
    spool = Spool(folder)
    try:
        with _joined(settings.ray or "local") as ray:
            try:
                _Work(ray, order, known, folder, spool, progress).do()
            except Exception as error:
                if type(error).__module__ == SummitQAError.__module__:
                    raise
                raise IndexUnusableError(f"The Ray cluster failed: {_in_a_line(error)}.") from error

        def made(path: str, sha256: str) -> Document | None:
            return known.document(path, sha256) or spool.document(path, sha256)

        yield made
    finally:
        spool.close()


@contextmanager
def _joined(address: str) -> Iterator[Any]:
    """Ray, joined to the cluster at the address; "local" starts one on this machine."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it warns of what is meant so
    try:
        import ray
        import ray.data
        import ray.data.expressions
    except ImportError:
        raise ConfigurationError(
            "Indexing on Ray needs the extra: pip install 'summit-qa[ray]'."
        ) from None
    if address not in ("local", "auto"):
        _reached(address)
    local = address == "local"
    with_dashboard: dict[str, Any] = {"include_dashboard": False} if local else {}
    try:
        ray.init(
            address=address,
            logging_level=logging.ERROR,
            log_to_driver=False,
            **({"_node_ip_address": "127.0.0.1"} if local else {}),
            **with_dashboard,
        )
    except Exception as error:
        raise IndexUnusableError(
            f"There is no Ray cluster at {address}: {_in_a_line(error)}."
        ) from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    ray.data.DataContext.get_current().print_on_execution_start = False
    try:
        yield ray
    finally:
        ray.shutdown()


def _reached(address: str) -> None:
    """Raise where nobody listens at ``host:port``, of which Ray itself would try to make sure for
    minutes."""
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit()) or "/" in address:
        raise ConfigurationError(
            f"{address} is no Ray cluster: name its head as host:port, or say local or auto."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError:
        raise IndexUnusableError(f"There is no Ray cluster at {address}.") from None


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done on a cluster that was joined."""

    ray: Any
    order: _Order
    known: Known
    folder: Path
    spool: Spool
    progress: Progress | None

    def do(self) -> None:
        """Read and cut, then embed; what comes back is kept at once."""
        corpus = Path(self.order.corpus)
        below = inside(self.folder, corpus)
        files = [path for path in files_of(corpus) if not path.startswith(below)]
        if not files:
            return
        encoder = as_encoder(self.order.embedder, self.order.url, self.order.key)
        before = self.known.embedder  # whose vectors there are already
        held = self.known.store.count if self.known.store is not None and before else 0
        again = bool(held) and self.known.current and sized(encoder, held).fingerprint == before
        texts, total = self._cut(files, again)
        fingerprint = sized(encoder, total).fingerprint
        if again and fingerprint != before:  # a folder of this size has another encoder
            again = False
            texts, total = self._cut(files, again)
        self._embed(texts, total, fingerprint, again)

    def _cut(self, files: Sequence[str], again: bool) -> tuple[Any, int]:
        """The passages as rows on the cluster, and how many the whole folder has.

        With ``again`` files that are as they were give none, since they have their vectors.
        """
        ray, known = self.ray, self.known
        held = known.store.passage_counts() if again and known.store is not None else {}
        before = {path: (it.sha256, it.reader) for path, it in known.sources.items()}
        counter = ray.remote(num_cpus=0)(_Counter).remote()
        rows = ray.data.from_items(
            [{"path": path} for path in files],
            override_num_blocks=max(1, min(len(files) // _FILES + 1, 8 * self._workers)),
        ).map_batches(
            _Reader,
            fn_constructor_args=(self.order, ray.put(before if again else {}), counter),
            batch_size=_FILES,
            compute=self._pool,
        )
        cut = _watched(ray, rows, counter, len(files), self.progress)
        path_of = ray.data.expressions.col("path")
        unchanged = 0
        of_files = cut.filter(expr=path_of != "")
        for batch in of_files.iter_batches(batch_format="numpy", batch_size=_FILES):
            for path, sha256, document in zip(
                batch["path"], batch["sha256"], batch["document"], strict=True
            ):
                if document:
                    self.spool.keep_packed(str(path), str(sha256), bytes(document))
                if not sha256:  # it is as it was
                    unchanged += held[str(path)][2]
        texts = cut.filter(expr=path_of == "")
        return texts, unchanged + texts.count()

    def _embed(self, texts: Any, total: int, fingerprint: str, again: bool) -> None:
        """Vectors of the texts that have none, into the file of vectors."""
        partial = Partial(self.folder, fingerprint)
        known = {digest for digests, _ in partial.blocks() for digest in each_of(digests)}
        if again and self.known.store is not None:
            known |= set(each_of(self.known.store.digests()))
        made = texts.map_batches(
            _Embedder,
            fn_constructor_args=(self.order, total, fingerprint, self.ray.put(known)),
            batch_size=_TEXTS,
            compute=self._pool,
        )
        done, wanted = 0, texts.count()
        for batch in made.iter_batches(batch_format="numpy", batch_size=_BACK):
            rows_of = {bytes(it): at for at, it in enumerate(batch["digest"]) if len(it)}
            done += int(batch["texts"].sum())
            if rows_of:
                vectors = np.stack(
                    [np.frombuffer(batch["vector"][at], dtype="<f4") for at in rows_of.values()]
                )
                partial.add(list(rows_of), vectors)
            if self.progress:
                self.progress(min(done, wanted), wanted, "passages embedded on the cluster")

    @property
    def _workers(self) -> int:
        return max(1, int(self.ray.cluster_resources().get("CPU", 1)))

    @property
    def _pool(self) -> Any:
        return self.ray.data.ActorPoolStrategy(min_size=1, max_size=self._workers)


def _watched(ray: Any, rows: Any, counter: Any, total: int, progress: Progress | None) -> Any:
    """The rows, made; meanwhile it is shown how many files were read."""
    made: list[Any] = []

    def make() -> None:
        try:
            made.append(rows.materialize())
        except BaseException as error:
            made.append(error)

    thread = threading.Thread(target=make, name="ray-read", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_POLL)
        if progress:
            with suppress(Exception):  # the counter only tells how far it is
                done = ray.get(counter.count.remote(), timeout=5)
                progress(min(done, total), total, "files read on the cluster")
    if isinstance(made[0], BaseException):
        raise made[0]
    return made[0]


class _Counter:
    """How many files were read; files of a batch that is done again are counted again."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, count: int) -> None:
        self._count += count

    def count(self) -> int:
        return self._count


class _Reader:
    """Reads and cuts files: a row for each file, with its document where it took parsing, and one
    for each passage; a file that cannot be read gives none, since the sync says why."""

    def __init__(self, order: _Order, before: Any, counter: Any) -> None:
        import ray

        self._order = order
        self._before: Mapping[str, tuple[str, str]] = ray.get(before)
        self._counter = counter
        self._parser = Isolated(Limits(bytes=order.max_file_bytes))

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = {
            name: [] for name in ("path", "sha256", "document", "digest", "text")
        }

        def add(path: str, sha256: str, document: bytes, digest: bytes, text: str) -> None:
            for name, value in zip(rows, (path, sha256, document, digest, text), strict=True):
                rows[name].append(value)

        for path in map(str, batch["path"]):
            with suppress(CorpusError):
                document = self._read(path)
                if self._before.get(path) == (document.sha256, document.reader):
                    add(path, "", b"", b"", "")
                    continue
                parsed = document.reader != "text"
                packed = pickle.dumps(document) if parsed else b""
                add(path, document.sha256, packed, b"", "")
                for passage in passages_of(document, self._order.passage_chars):
                    text = passage.in_context
                    add("", "", b"", hashlib.sha256(text.encode()).digest()[:16], text)
        self._counter.add.remote(len(batch["path"]))
        return rows

    def _read(self, path: str) -> Document:
        limit = self._order.max_file_bytes
        with opened_below(Path(self._order.corpus), path) as (file, size):
            data = file.read(limit + 1)
        if max(size, len(data)) > limit:
            raise CorpusError("too large")
        return make_document(path, data, parser=self._parser)


class _Embedder:
    """Embeds what has no vector yet; each text once a batch."""

    def __init__(self, order: _Order, total: int, fingerprint: str, known: Any) -> None:
        import ray

        self._encoder = sized(as_encoder(order.embedder, order.url, order.key), total)
        if self._encoder.fingerprint != fingerprint:
            raise IndexUnusableError("a worker has other models; install the same version there")
        self._known: set[bytes] = ray.get(known)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        texts = {
            bytes(digest): str(text)
            for digest, text in zip(batch["digest"], batch["text"], strict=True)
            if bytes(digest) not in self._known
        }
        vectors = self._encoder.embed_texts(list(texts.values())) if texts else ()
        made: dict[str, list[Any]] = {
            "digest": list(texts),
            "vector": [np.asarray(it, dtype="<f4").tobytes() for it in vectors],
            "texts": [1] * len(texts),
        }
        # Arrow wants a row; it also tells how many texts needed no work.
        made["digest"].append(b"")
        made["vector"].append(b"")
        made["texts"].append(len(batch["digest"]) - len(texts))
        return made


def _in_a_line(error: BaseException) -> str:
    """What happened, in a line: Ray's errors hold whole tracebacks, whose end says it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:300].rstrip(".")
