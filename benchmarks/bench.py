"""Speed beside the stock LlamaIndex pipeline, in one run: `make bench`, or with `--quick`.

Writes benchmarks/results/<date>.json and docs/performance.md. Both sides use the same embedder,
on the same machine, one after the other in the same process; imports are done before the clock
starts, except where the table says cold.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from articles import write_articles

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "corpus"
QUESTIONS = (
    "Was a collective defense pact agreed?",
    "Who hosted the gathering?",
    "When did the summit take place?",
    "What will the three-way hotline be used for?",
    "How did China react to the meeting?",
    "Which countries took part?",
    "What was said about North Korea's missiles?",
    "Where did the leaders meet?",
)
STOCK_CHUNK_TOKENS = 256  # what the embedder reads at most


def say(text: str) -> None:
    """Tell the person who waits."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that the work took, and what it gave."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def milliseconds(values: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile of seconds, in milliseconds."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return {"p50": round(1000 * statistics.median(ordered), 1), "p95": round(1000 * p95, 1)}


def each(questions: Sequence[str], ask: Callable[[str], Any], repeats: int) -> dict[str, float]:
    """How long a warm question takes; every question is asked once before the clock starts."""
    for question in questions:
        ask(question)
    return milliseconds([timed(lambda q=q: ask(q))[0] for _ in range(repeats) for q in questions])


def raw_throughput(encoder: Any, texts: Sequence[str]) -> float:
    """Passages a second of the embedder alone."""
    seconds, _ = timed(lambda: encoder.embed_texts(texts))
    return len(texts) / seconds


def ours(corpus: Path, folder: Path, questions: Sequence[str], repeats: int) -> dict[str, Any]:
    """Index, re-sync, change one file, and ask, with Summit QA."""
    from summit_qa.index import Index
    from summit_qa.retrieval import HybridSearch
    from summit_qa.settings import Settings

    index = Index(folder, settings=Settings(_env_file=None))
    passages = _texts(corpus)
    sample = passages[:: max(1, len(passages) // 400)]
    index.encoder.embed_texts(sample[:20])
    before = raw_throughput(index.encoder, sample)
    seconds, report = timed(lambda: index.sync(corpus))
    after = raw_throughput(index.encoder, sample)
    unchanged, _ = timed(lambda: index.sync(corpus))
    target = sorted(corpus.rglob("*.txt"))[0]
    kept = target.read_bytes()
    target.write_bytes(kept + b"One sentence more than before.\n")
    one_changed, _ = timed(lambda: index.sync(corpus))
    target.write_bytes(kept)
    index.sync(corpus)
    search = HybridSearch(index.current, index.encoder)
    result = {
        "index_seconds": round(seconds, 2),
        "passages": report.passages,
        "passages_per_second": round(report.passages / seconds, 1),
        "raw_passages_per_second": [round(before, 1), round(after, 1)],
        "share_of_raw": round(report.passages / seconds / ((before + after) / 2), 3),
        "resync_seconds": round(unchanged, 3),
        "one_file_changed_seconds": round(one_changed, 2),
        "retrieve_ms": each(questions, search.search, repeats),
        "megabytes": _megabytes(folder),
    }
    index.close()
    return result


def stock(corpus: Path, folder: Path, questions: Sequence[str], repeats: int) -> dict[str, Any]:
    """The same with LlamaIndex's own parts, as its documentation puts them together."""
    import chromadb
    from chromadb.config import Settings
    from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
    from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.storage.docstore import SimpleDocumentStore
    from llama_index.vector_stores.chroma import ChromaVectorStore

    from summit_qa.embedding import MiniLMEmbedding

    embedding = MiniLMEmbedding()
    client = chromadb.PersistentClient(
        path=str(folder / "chroma"), settings=Settings(anonymized_telemetry=False)
    )
    collection = client.create_collection("stock", embedding_function=None)
    store = ChromaVectorStore.from_collection(collection)
    docstore = str(folder / "docstore.json")

    def sync() -> int:
        reader = SimpleDirectoryReader(str(corpus), recursive=True, filename_as_id=True)
        held = Path(docstore).exists()
        pipeline = IngestionPipeline(
            transformations=[
                SentenceSplitter(chunk_size=STOCK_CHUNK_TOKENS, chunk_overlap=0),
                embedding,
            ],
            docstore=SimpleDocumentStore.from_persist_path(docstore)
            if held
            else SimpleDocumentStore(),
            vector_store=store,
            docstore_strategy=DocstoreStrategy.UPSERTS,
            disable_cache=True,
        )
        nodes = pipeline.run(documents=reader.load_data())
        pipeline.docstore.persist(docstore)
        return len(nodes)

    seconds, nodes = timed(sync)
    unchanged, again = timed(sync)
    index = VectorStoreIndex.from_vector_store(store, embed_model=embedding)
    retriever = index.as_retriever(similarity_top_k=8)
    result = {
        "index_seconds": round(seconds, 2),
        "passages": nodes,
        "passages_per_second": round(nodes / seconds, 1),
        "resync_seconds": round(unchanged, 3),
        "embedded_again": again,
        "retrieve_ms": each(questions, retriever.retrieve, repeats),
        "megabytes": _megabytes(folder),
    }
    client.close()
    return result


def whole_answers(repeats: int) -> dict[str, Any]:
    """A whole answer (retrieve, rank, quote) over the five articles, and its parts."""
    from summit_qa import Assistant
    from summit_qa.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, corpus=CORPUS, index=Path(folder), engine="reader")
        with Assistant.open(settings=settings) as assistant:
            for question in QUESTIONS:
                assistant.ask(question)
            answers = [assistant.ask(question) for _ in range(repeats) for question in QUESTIONS]
    return {
        "total_ms": milliseconds([answer.timings.total for answer in answers]),
        "retrieval_ms": milliseconds([answer.timings.retrieval for answer in answers]),
        "answering_ms": milliseconds([answer.timings.answering for answer in answers]),
        "questions": len(answers),
    }


def cold(runs: int) -> dict[str, Any]:
    """A first answer in a new process, and the bare imports of its two libraries, in turns."""
    command = [str(Path(sys.executable).with_name("summit-qa")), "ask", QUESTIONS[0]]
    imports = [sys.executable, "-c", "import chromadb, llama_index.core"]
    environment = {name: value for name, value in os.environ.items() if "SUMMIT_QA" not in name}
    with tempfile.TemporaryDirectory() as folder:
        command += ["--corpus", str(CORPUS), "--index", folder, "--engine", "reader"]
        times: dict[str, list[float]] = {"ask": [], "imports": []}
        for number in range(runs + 1):
            for name, line in (("imports", imports), ("ask", command)):
                seconds, done = timed(
                    lambda line=line: subprocess.run(line, capture_output=True, env=environment)
                )
                if done.returncode not in (0, 3):
                    raise SystemExit(f"{line[0]} failed: {done.stderr.decode()[-300:]}")
                if number:  # the first one makes the index and warms the disk
                    times[name].append(seconds)
    ratios = [ask / bare for ask, bare in zip(times["ask"], times["imports"], strict=True)]
    return {
        "ask_seconds": round(statistics.median(times["ask"]), 2),
        "imports_seconds": round(statistics.median(times["imports"]), 2),
        "ratio": round(statistics.median(ratios), 2),
        "runs": runs,
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    packages = ("chromadb", "llama-index-core", "onnxruntime", "bm25s", "numpy")
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        **{name: version(name) for name in packages},
    }


def _texts(corpus: Path) -> list[str]:
    from summit_qa.chunking import passages_of
    from summit_qa.corpus import read_corpus

    documents = read_corpus(corpus).documents
    return [passage.text for document in documents for passage in passages_of(document)]


def _megabytes(folder: Path) -> float:
    return round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6, 1)


def measure(quick: bool) -> dict[str, Any]:
    """Everything, in one run."""
    from summit_qa.dense import preload

    files, repeats, runs = (200, 3, 2) if quick else (2_000, 12, 5)
    result: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "quick": quick,
        "machine": machine(),
    }
    say("cold start")
    result["cold"] = cold(runs)
    preload()
    import llama_index.core  # noqa: F401 - stock needs the whole of it

    say("whole answers")
    result["answers"] = whole_answers(repeats)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        news = work / "news"
        asked = write_articles(news, files)
        small = work / "articles"
        shutil.copytree(CORPUS, small)
        sets = (
            ("five articles", small, QUESTIONS),
            (f"{files:,} files", news, asked[:: files // 16][:16]),
        )
        for name, corpus, questions in sets:
            bytes_read = sum(path.stat().st_size for path in corpus.rglob("*.txt"))
            result[name] = {"kilobytes": round(bytes_read / 1000)}
            for side, run in (("ours", ours), ("stock", stock)):
                say(f"{name}: {side}")
                folder = work / f"{side} {name}"
                folder.mkdir()
                result[name][side] = run(corpus, folder, questions, repeats)
    return result


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 files, few runs, nothing written")
    quick = parser.parse_args().quick
    seconds, result = timed(lambda: measure(quick))
    result["seconds"] = round(seconds)
    print(json.dumps(result, indent=2))
    if not quick:
        from table import write_table

        results = ROOT / "benchmarks" / "results"
        results.mkdir(exist_ok=True)
        file = results / f"{result['date']}.json"
        file.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        write_table(result, ROOT / "docs" / "performance.md")
        say(f"wrote {file.relative_to(ROOT)} and docs/performance.md in {seconds:.0f} s")


if __name__ == "__main__":
    main()
