"""Time, disk and memory of an index by its size, embedded and with its vectors on a Chroma server.

    python benchmarks/scale.py 10000 100000 --folder /tmp/scale [--server]

Texts are generated words and vectors are generated points, 250 around a centre, since embedding
half a million passages takes hours; so these figures are without the encoder, which costs some
10 to 20 core-milliseconds a passage. With ``--server`` a `chroma run` is started on loopback.
Prints a line of JSON for each size, and meanwhile, on standard error, how far each stage is and
what it took so far: a run that is cut off still tells something.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.index.dense import ExactIndex
from summit_qa.index.generation import VECTORS
from summit_qa.index.sync import Index
from summit_qa.settings import Settings

_A_FILE = 50  # passages
_WORDS = 90  # of a passage
_NEAR, _WIDTH = 250, 384  # passages around a centre
_QUESTIONS = 60
_NEIGHBOURS = 50


class Generated:
    """Points around centres, by the text: what is asked about a text is near it."""

    fingerprint = "generated:1"

    def __init__(self, passages: int) -> None:
        shape = max(1, passages // _NEAR), _WIDTH
        self._centres = np.random.default_rng(0).standard_normal(shape, np.float32)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        noise = np.random.default_rng(seed).standard_normal(_WIDTH, np.float32)
        vector = self._centres[seed % len(self._centres)] + noise
        unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
        return unit


def write_corpus(folder: Path, passages: int) -> None:
    """Files of _A_FILE passages of words with the frequencies of a language."""
    if folder.exists():
        return
    rng = np.random.default_rng(7)
    words = np.array([_word(number) for number in range(30_000)])
    weights = 1 / np.arange(10, len(words) + 10)
    weights /= weights.sum()
    for number in range(-(-passages // _A_FILE)):
        below = folder / f"{number // 500:03}"
        below.mkdir(parents=True, exist_ok=True)
        chosen = rng.choice(words, (min(_A_FILE, passages - number * _A_FILE), _WORDS), p=weights)
        lines = [" ".join(it).capitalize() + "." for it in chosen]
        (below / f"{number:05}.txt").write_text("\n\n".join(lines) + "\n", encoding="utf-8")


def _word(number: int) -> str:
    syllables = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu")
    return "".join(syllables[int(digit)] for digit in f"{number:03}")


def size_of(folder: Path) -> int:
    """Bytes of all files below the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _cpu(pid: int | str = "self") -> float:
    """Core-seconds of a process and of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int | str, what: str = "VmHWM") -> float:
    """Megabytes that a process has taken at most, or another figure of its memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    return 0.0


class Stages:
    """Progress that says on standard error, ten times a stage, how far it is."""

    def __init__(self, server: int | None) -> None:
        self._server = server
        self._began = self._last = time.perf_counter()
        self._told = ("", -1)
        self.seconds: dict[str, float] = {}
        self.own_mb = 0.0  # at most, without pages of files that the system may take back
        threading.Thread(target=self._look, daemon=True).start()

    def __call__(self, done: int, total: int, what: str) -> None:
        now = time.perf_counter()
        self.seconds[what] = self.seconds.get(what, 0.0) + now - self._last
        self._last = now
        tenth = what, 10 * done // max(1, total)
        if tenth != self._told:
            self._told = tenth
            server = f", server {_cpu(self._server):.0f}" if self._server else ""
            print(
                f"{now - self._began:7.0f} s  {what} {done:,}/{total:,}  "
                f"core-seconds {_cpu():.0f}{server}, {_memory('self', 'RssAnon'):.0f} MB",
                file=sys.stderr,
                flush=True,
            )

    def _look(self) -> None:
        while True:
            self.own_mb = max(self.own_mb, _memory("self", "RssAnon"))
            time.sleep(0.1)


def measured(
    passages: int, folder: Path, server: tuple[str, int, Path] | None
) -> dict[str, object]:
    """Build an index of so many passages and ask it."""
    corpus = folder / f"corpus-{passages}"
    write_corpus(corpus, passages)
    place = folder / f"index-{passages}{'-server' if server else ''}"
    shutil.rmtree(place, ignore_errors=True)
    settings = Settings(
        _env_file=None, corpus=corpus, index=place, chroma=server[0] if server else None,
        chroma_timeout=60.0,
    )  # type: ignore[call-arg]  # fmt: skip
    index = Index(place, embedder=Generated(passages), settings=settings)
    progress = Stages(server[1] if server else None)
    began, cpu = time.perf_counter(), _cpu()
    cpu_server = _cpu(server[1]) if server else 0.0
    report = index.sync(corpus, progress=progress)
    built: dict[str, object] = {
        "passages": report.passages,
        "server": bool(server),
        "text_mb": round(size_of(corpus) / 1e6, 1),
        "build_s": round(time.perf_counter() - began, 1),
        "build_core_s": round(_cpu() - cpu, 1),
        "steps_s": {name: round(seconds, 1) for name, seconds in progress.seconds.items()},
        "index_mb": round(size_of(place) / 1e6, 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "own_memory_mb": round(progress.own_mb),
    }
    print(json.dumps(built), file=sys.stderr, flush=True)
    began, cpu = time.perf_counter(), _cpu()
    index.sync(corpus)
    built |= {"resync_s": round(time.perf_counter() - began, 1)}
    if server:
        built |= {
            "server_core_s": round(_cpu(server[1]) - cpu_server, 1),
            "server_mb": round(size_of(server[2]) / 1e6, 1),
            "server_memory_mb": round(_memory(server[1])),
        }
    return built | asked(index, place, Generated(passages))


def asked(index: Index, place: Path, encoder: Generated) -> dict[str, object]:
    """Milliseconds of the searches that a question makes, and what the graph finds of the exact."""
    generation = index.current()
    rows = np.random.default_rng(3).choice(generation._store.count, _QUESTIONS, replace=False)
    texts = [passage.text for passage in generation.at_rows(rows.tolist())]
    questions = [" ".join(text.split()[10:18]) for text in texts]
    exact = ExactIndex(place / generation.id / VECTORS)
    generation.dense(encoder.embed_query("warm up"), _NEIGHBOURS)
    generation.word_scores("warm up")
    times: dict[str, list[float]] = {"dense_ms": [], "words_ms": []}
    found = 0
    for question in questions:
        vector = encoder.embed_query(question)
        began = time.perf_counter()
        near = generation.dense(vector, _NEIGHBOURS)
        times["dense_ms"].append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        generation.word_scores(question)
        times["words_ms"].append(1000 * (time.perf_counter() - began))
        right = {row for row, _ in exact.search(vector, _NEIGHBOURS)}
        found += len(right & set(generation.rows_of([name for name, _ in near])))
    told: dict[str, object] = {
        name: [round(statistics.median(it), 1), round(sorted(it)[int(0.95 * len(it))], 1)]
        for name, it in times.items()
    }
    return told | {"recall_50": round(found / _QUESTIONS / _NEIGHBOURS, 3),
                   "missed": generation.missed}  # fmt: skip


def started(folder: Path, port: int) -> tuple[subprocess.Popen[bytes], tuple[str, int, Path]]:
    """A Chroma server on loopback: its process, and its address, id and folder."""
    shutil.rmtree(folder, ignore_errors=True)
    run = "import sys; from chromadb.cli.cli import app; sys.argv[0] = 'chroma'; app()"
    process = subprocess.Popen(
        [sys.executable, "-c", run, "run", "--path", str(folder), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=2).close()
            break
        except OSError:
            time.sleep(0.2)
    return process, (url, process.pid, folder)


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=int, nargs="+")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--port", type=int, default=8345)
    given = parser.parse_args()
    for passages in given.passages:
        if not given.server:
            print(json.dumps(measured(passages, given.folder, None)), flush=True)
            continue
        process, server = started(given.folder / f"chroma-{passages}", given.port)
        try:
            print(json.dumps(measured(passages, given.folder, server)), flush=True)
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
