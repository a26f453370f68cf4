"""Large folders, side by side: stock LlamaIndex, BM25 over whole files (bm25s), Summit QA.

`make bench-large`, or `python benchmarks/large.py [--sizes 1000 10000 70000] [--engines …]`.
Each size is a share of ../shared/data/haystack.py with so many passages: its notes, as far as they
fit, and articles. Every engine runs in a process of its own, so that its memory is its own; the
questions are those whose note is in the folder. Stock LlamaIndex stops at 10,000 passages unless
it is named.

What was measured is kept in build/large: a run goes on where the one before ended, and `--again`
measures what it names anew. Prints a table and writes it to benchmarks/results/<date>-large.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from summit_qa import Assistant

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SUMMIT_QA_DATA", ROOT.parent / "shared" / "data"))
CHARACTERS = 640  # of a passage in this corpus
NOTES = 0.3  # share of a small folder that are notes, by size
ENGINES = ("stock LlamaIndex", "bm25s, whole files", "Summit QA")
STOCK_MOST = 10_000  # passages: more take stock LlamaIndex and the whole encoder an hour
ANSWERS = 30  # questions that are answered, and not only searched for
Search = Callable[[str], list[str]]
Seconds = tuple[float, float]  # on the wall, and of all cores


def folder_of(size: int, full: Path, target: Path) -> list[dict[str, Any]]:
    """Link files of the haystack with about ``size`` passages; the questions about them."""
    notes = sorted((full / "docs").glob("note-*"))
    articles = sorted(set((full / "docs").iterdir()) - set(notes))
    random.Random(0).shuffle(articles)
    target.mkdir()
    left = size * CHARACTERS
    for kind, room in ((notes, NOTES * left), (articles, left)):
        for file in kind:
            if room <= 0:
                break
            (target / file.name).hardlink_to(file)
            room -= file.stat().st_size
            left -= file.stat().st_size
    rows = map(json.loads, (full / "questions.jsonl").read_text("utf-8").splitlines())
    return [row for row in rows if (target / row["gold"][0]).exists()]


def ours(corpus: Path, folder: Path) -> tuple[dict[str, Seconds], Search]:
    """What the first answer and the whole index took, and the search."""
    clock = Clock()
    assistant = _opened(corpus, folder, "words")
    assistant.search("What is this about?")
    seconds = {"first": clock.read()}
    assistant.sync()
    seconds["whole"] = clock.read()
    clock = Clock()
    assistant.sync()
    seconds["again"] = clock.read()
    target = min(corpus.glob("*.txt"))
    kept = target.read_bytes()
    target.unlink()  # the file is a link to one that others read
    target.write_bytes(kept + b"One sentence more than before.\n")
    clock = Clock()
    assistant.sync()
    seconds["one changed"] = clock.read()
    return seconds, lambda query: [h.passage.path for h in assistant.search(query, k=50)]


def _opened(corpus: Path, folder: Path, sync: Literal["words", False]) -> Assistant:
    from summit_qa import Assistant
    from summit_qa.settings import Settings

    settings = Settings(_env_file=None, corpus=corpus, index=folder, engine="reader")
    return Assistant.open(settings=settings, sync=sync)


def serve(corpus: Path, folder: Path, questions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Megabytes while questions are answered, and milliseconds an answer, in a fresh process."""
    assistant = _opened(corpus, folder, False)
    took = []
    for row in questions[: ANSWERS + 1]:
        clock = Clock()
        assistant.ask(row["question"])
        took.append(clock.read())
    wall, core = (1000 * statistics.median(each) for each in zip(*took[1:], strict=True))
    return {"answer": [wall, core], "serving": round(_peak())}


def stock(corpus: Path, folder: Path) -> tuple[dict[str, Seconds], Search]:
    """The same with LlamaIndex's own parts and the same embedder."""
    import chromadb
    from chromadb.config import Settings
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.vector_stores.chroma import ChromaVectorStore

    from summit_qa.models.embedding import MiniLMEmbedding

    embedding, clock = MiniLMEmbedding(), Clock()
    client = chromadb.PersistentClient(
        path=str(folder), settings=Settings(anonymized_telemetry=False)
    )
    store = ChromaVectorStore.from_collection(client.create_collection("stock"))
    index = VectorStoreIndex.from_documents(
        SimpleDirectoryReader(str(corpus)).load_data(),
        storage_context=StorageContext.from_defaults(vector_store=store),
        transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=0)],
        embed_model=embedding,
        insert_batch_size=4_096,
    )
    retriever = index.as_retriever(similarity_top_k=50)
    whole = clock.read()
    return {"first": whole, "whole": whole}, lambda query: [
        found.node.metadata["file_name"] for found in retriever.retrieve(query)
    ]


def words(corpus: Path, folder: Path) -> tuple[dict[str, Seconds], Search]:
    """BM25 over whole files, as the library's documentation puts it together."""
    import bm25s
    import Stemmer

    clock = Clock()
    files = sorted(corpus.iterdir())
    stemmer = Stemmer.Stemmer("english")
    options = {"stopwords": "en", "stemmer": stemmer, "show_progress": False}
    bm25 = bm25s.BM25()
    bm25.index(bm25s.tokenize([f.read_text("utf-8") for f in files], **options))
    bm25.save(str(folder))
    whole = clock.read()

    def search(query: str) -> list[str]:
        asked = bm25s.tokenize([query], **options)
        rows, _ = bm25.retrieve(asked, k=min(50, len(files)), show_progress=False)
        return [files[row].name for row in rows[0]]

    return {"first": whole, "whole": whole}, search


def measure(engine: str, corpus: Path, questions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Everything about one engine; run in a process of its own."""
    make = dict(zip(ENGINES, (stock, words, ours), strict=True))[engine]
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        seconds, search = make(corpus, index)
        took, ranks = [], []
        for row in questions:
            clock = Clock()
            files = list(dict.fromkeys(search(row["question"])))
            took.append(clock.read())
            ranks.append(files.index(row["gold"][0]) if row["gold"][0] in files else 999)
        size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
        served = {}
        if engine == ENGINES[-1]:
            asked = Path(folder) / "asked.json"
            asked.write_text(json.dumps(questions[: ANSWERS + 1]))
            served = _process("--serve", str(corpus), str(index), str(asked))
    text = sum(file.stat().st_size for file in corpus.iterdir())
    wall, core = (1000 * statistics.median(each) for each in zip(*took, strict=True))
    return {
        **seconds,
        **served,
        "disk": round(size / text, 1),
        "peak": round(_peak()),
        "search": [wall, core],
        "hit@1": round(sum(rank < 1 for rank in ranks) / len(ranks), 3),
        "hit@10": round(sum(rank < 10 for rank in ranks) / len(ranks), 3),
    }


class Clock:
    """Seconds since it was made, on the wall and of all cores (child processes that ended too)."""

    def __init__(self) -> None:
        self._began = self._now()

    def _now(self) -> Seconds:
        spent = os.times()
        return time.perf_counter(), sum(spent[:4])

    def read(self) -> Seconds:
        """Both."""
        now = self._now()
        return now[0] - self._began[0], now[1] - self._began[1]


def _peak() -> float:
    """The most memory that this process had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # what resource says a child had begins with what its parent had
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _process(*arguments: str) -> dict[str, Any]:
    """What this script prints as JSON in a process of its own."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def rendered(results: Sequence[dict[str, Any]]) -> str:
    """The table."""
    columns = {
        "first": "first answer, s",
        "whole": "whole index, s",
        "again": "nothing changed, s",
        "one changed": "one file changed, s",
        "disk": "disk / text",
        "peak": "building and searching, MB",
        "serving": "serving, MB",
        "search": "a search, ms",
        "answer": "an answer, ms",
        "hit@1": "file first",
        "hit@10": "among ten",
    }
    lines = [
        f"# Large folders, {datetime.now(UTC):%Y-%m-%d}",
        "",
        f"{os.cpu_count()} cores. Times are on the wall and, in brackets, of cores: other work ran",
        "beside it. A search is for 50 passages. Made by `make bench-large`.",
        "",
        "| passages | questions | engine | " + " | ".join(columns.values()) + " |",
        "|" + "---|" * (len(columns) + 3),
    ]
    for row in sorted(results, key=lambda row: (row["size"], ENGINES.index(row["engine"]))):
        cells = [f"{row['size']:,}", str(row["questions"]), row["engine"]]
        cells += [_cell(row.get(column, "")) for column in columns]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        wall, core = value
        return f"{wall:.1f} ({core:.1f})" if wall < 100 else f"{wall:.0f} ({core:.0f})"
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    """Measure every engine at every size that is not measured yet, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 70_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--engines", nargs="*", choices=ENGINES)
    parser.add_argument("--again", action="store_true", help="measure anew what is named")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "large")
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "CORPUS", "QUESTIONS"))
    parser.add_argument("--serve", nargs=3, metavar=("CORPUS", "INDEX", "QUESTIONS"))
    options = parser.parse_args()
    if options.one:
        engine, corpus, asked = options.one
        print(json.dumps(measure(engine, Path(corpus), json.loads(Path(asked).read_text()))))
        return
    if options.serve:
        corpus, index, asked = options.serve
        print(json.dumps(serve(Path(corpus), Path(index), json.loads(Path(asked).read_text()))))
        return
    if not (DATA / "haystack.py").exists():
        raise SystemExit(f"The data is missing: {DATA / 'haystack.py'}")
    work: Path = options.work
    work.mkdir(parents=True, exist_ok=True)
    kept = work / "rows.json"
    results = json.loads(kept.read_text()) if kept.exists() else []
    for size in options.sizes:
        some = [name for name in ENGINES if size <= STOCK_MOST or name != ENGINES[0]]
        for engine in options.engines or some:
            known = [row for row in results if (row["size"], row["engine"]) == (size, engine)]
            if known and not options.again:
                continue
            corpus, questions = prepared(size, work, options.questions)
            print(f"{size:,} passages: {engine}", file=sys.stderr, flush=True)
            found = _process("--one", engine, str(corpus), str(questions))
            count = len(json.loads(questions.read_text()))
            results = [row for row in results if row not in known]
            results.append({"size": size, "questions": count, "engine": engine, **found})
            kept.write_text(json.dumps(results))
    text = rendered(results)
    print(text)
    file = ROOT / "benchmarks" / "results" / f"{datetime.now(UTC):%Y-%m-%d}-large.md"
    file.write_text(text, encoding="utf-8")


def prepared(size: int, work: Path, most: int) -> tuple[Path, Path]:
    """The folder of a size, and the file with questions about it; made once."""
    if not (work / "full" / "questions.jsonl").exists():
        subprocess.run([sys.executable, str(DATA / "haystack.py"), str(work / "full")], check=True)
    corpus, asked = work / str(size), work / f"{size}.json"
    if not asked.exists():
        shutil.rmtree(corpus, ignore_errors=True)
        questions = folder_of(size, work / "full", corpus)
        random.Random(0).shuffle(questions)
        asked.write_text(json.dumps(questions[:most]))
    return corpus, asked


if __name__ == "__main__":
    main()
