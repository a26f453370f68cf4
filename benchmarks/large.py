"""Large folders, side by side: stock LlamaIndex, BM25 over whole files (bm25s), Summit QA.

`make bench-large`, or `python benchmarks/large.py [--sizes 1000 10000 70000] [--questions 200]`.
Each size is a share of ../shared/data/haystack.py with so many passages: its notes, as far as they
fit, and articles. Every engine runs in a process of its own, so that its memory is its own; the
questions are those whose note is in the folder. Prints a table and writes it to
benchmarks/results/<date>-large.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SUMMIT_QA_DATA", ROOT.parent / "shared" / "data"))
CHARACTERS = 640  # of a passage in this corpus
NOTES = 0.3  # share of a small folder that are notes, by size
ENGINES = ("stock LlamaIndex", "bm25s, whole files", "Summit QA")
Search = Callable[[str], list[str]]


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


def ours(corpus: Path, folder: Path) -> tuple[dict[str, float], Search]:
    """Seconds to the first answer and to the whole index, and the search."""
    from summit_qa import Assistant
    from summit_qa.settings import Settings

    settings = Settings(_env_file=None, corpus=corpus, index=folder, engine="reader")
    began = time.perf_counter()
    assistant = Assistant.open(settings=settings, sync="words")
    assistant.search("What is this about?")
    first = time.perf_counter() - began
    assistant.sync()
    whole = time.perf_counter() - began
    seconds = {"first": first, "whole": whole}
    seconds["again"], _ = _timed(assistant.sync)
    target = min(corpus.glob("*.txt"))
    kept = target.read_bytes()
    target.unlink()  # the file is a link to one that others read
    target.write_bytes(kept + b"One sentence more than before.\n")
    seconds["one changed"], _ = _timed(assistant.sync)
    return seconds, lambda query: [h.passage.path for h in assistant.search(query, k=50)]


def stock(corpus: Path, folder: Path) -> tuple[dict[str, float], Search]:
    """The same with LlamaIndex's own parts and the same embedder."""
    import chromadb
    from chromadb.config import Settings
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.vector_stores.chroma import ChromaVectorStore

    from summit_qa.models.embedding import MiniLMEmbedding

    embedding = MiniLMEmbedding()
    began = time.perf_counter()
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
    whole = time.perf_counter() - began
    return {"first": whole, "whole": whole}, lambda query: [
        found.node.metadata["file_name"] for found in retriever.retrieve(query)
    ]


def words(corpus: Path, folder: Path) -> tuple[dict[str, float], Search]:
    """BM25 over whole files, as the library's documentation puts it together."""
    import bm25s
    import Stemmer

    began = time.perf_counter()
    files = sorted(corpus.iterdir())
    stemmer = Stemmer.Stemmer("english")
    options = {"stopwords": "en", "stemmer": stemmer, "show_progress": False}
    bm25 = bm25s.BM25()
    bm25.index(bm25s.tokenize([f.read_text("utf-8") for f in files], **options))
    bm25.save(str(folder))
    whole = time.perf_counter() - began

    def search(query: str) -> list[str]:
        asked = bm25s.tokenize([query], **options)
        rows, _ = bm25.retrieve(asked, k=min(50, len(files)), show_progress=False)
        return [files[row].name for row in rows[0]]

    return {"first": whole, "whole": whole}, search


def measure(engine: str, corpus: Path, questions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Everything about one engine; run in a process of its own."""
    make = dict(zip(ENGINES, (stock, words, ours), strict=True))[engine]
    with tempfile.TemporaryDirectory() as folder:
        seconds, search = make(corpus, Path(folder) / "index")
        took, ranks = [], []
        for row in questions:
            spent, found = _timed(lambda row=row: search(row["question"]))
            took.append(spent)
            files = list(dict.fromkeys(found))
            ranks.append(files.index(row["gold"][0]) if row["gold"][0] in files else 999)
        size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
    text = sum(file.stat().st_size for file in corpus.iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        **{name: round(value, 1) for name, value in seconds.items()},
        "disk": round(size / text, 1),
        "peak": round(peak),
        "ms": round(1000 * statistics.median(took), 1),
        "hit@1": round(sum(rank < 1 for rank in ranks) / len(ranks), 3),
        "hit@10": round(sum(rank < 10 for rank in ranks) / len(ranks), 3),
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def rendered(results: Sequence[dict[str, Any]], load: float) -> str:
    """The table."""
    columns = ("first", "whole", "again", "one changed", "disk", "peak", "ms", "hit@1", "hit@10")
    heads = (
        *("passages", "questions", "engine", "first answer, s", "whole index, s"),
        *("nothing changed, s", "one file changed, s", "disk / text", "peak memory, MB"),
        *("ms a question", "file first", "among ten"),
    )
    lines = [
        f"# Large folders, {datetime.now(UTC):%Y-%m-%d}",
        "",
        f"{os.cpu_count()} cores, load average before {load:.1f}. Made by `make bench-large`.",
        "",
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
    ]
    for row in results:
        cells = [f"{row['size']:,}", row["questions"], row["engine"]]
        cells += [row.get(column, "") for column in columns]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure every engine at every size, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 70_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "CORPUS", "QUESTIONS"))
    options = parser.parse_args()
    if options.one:
        engine, corpus, asked = options.one
        print(json.dumps(measure(engine, Path(corpus), json.loads(Path(asked).read_text()))))
        return
    if not (DATA / "haystack.py").exists():
        raise SystemExit(f"The data is missing: {DATA / 'haystack.py'}")
    load = os.getloadavg()[0]
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        subprocess.run([sys.executable, str(DATA / "haystack.py"), str(work / "full")], check=True)
        for size in options.sizes:
            corpus, asked = work / str(size), work / f"{size}.json"
            questions = folder_of(size, work / "full", corpus)
            random.Random(0).shuffle(questions)
            asked.write_text(json.dumps(questions[: options.questions]))
            for engine in options.engines:
                print(f"{size:,} passages: {engine}", file=sys.stderr, flush=True)
                command = [sys.executable, __file__, "--one", engine, str(corpus), str(asked)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found = json.loads(done.stdout.splitlines()[-1])
                count = min(options.questions, len(questions))
                results.append({"size": size, "questions": count, "engine": engine, **found})
                print(results[-1], file=sys.stderr, flush=True)
    text = rendered(results, load)
    print(text)
    file = ROOT / "benchmarks" / "results" / f"{datetime.now(UTC):%Y-%m-%d}-large.md"
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
