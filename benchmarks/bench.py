"""Speed beside the stock LlamaIndex pipeline, in one run: `make bench`, or with `--quick`.

Prints a table and writes it to benchmarks/results/<date>.md. Both sides use the same embedder, on
the same machine, one after the other in the same process; imports are done before the clock
starts, except where the table says cold.
"""

from __future__ import annotations

import argparse
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

import yaml

from articles import write_articles
from table import rendered

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "corpus"
ASKED = ROOT / "eval" / "questions.yaml"
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
    from summit_qa.index.sync import Index
    from summit_qa.retrieval.fusion import HybridSearch
    from summit_qa.settings import Settings

    index = Index(folder, settings=Settings(_env_file=None))
    passages = _texts(corpus)
    sample = passages[:: max(1, len(passages) // 1200)]  # fewer vary by a quarter from run to run
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

    from summit_qa.models.embedding import MiniLMEmbedding

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


def whole_answers(corpus: Path, folder: Path, questions: Sequence[str]) -> dict[str, Any]:
    """Whole answers (retrieve, rank, quote) by the reader; no question is asked twice."""
    from summit_qa import Assistant
    from summit_qa.settings import Settings

    settings = Settings(_env_file=None, corpus=corpus, index=folder, engine="reader")
    with Assistant.open(settings=settings) as assistant:
        for question in QUESTIONS:
            assistant.ask(question)
        answers = [assistant.ask(question) for question in questions if question not in QUESTIONS]
    return {
        "total_ms": milliseconds([answer.timings.total for answer in answers]),
        "retrieval_ms": milliseconds([answer.timings.retrieval for answer in answers]),
        "ranking_ms": milliseconds([answer.timings.ranking for answer in answers]),
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
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        **{name: version(name) for name in packages},
    }


def _texts(corpus: Path) -> list[str]:
    from summit_qa.documents.corpus import read_corpus
    from summit_qa.documents.passages import passages_of

    documents = read_corpus(corpus).documents
    return [passage.text for document in documents for passage in passages_of(document)]


def _megabytes(folder: Path) -> float:
    return round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6, 1)


def measure(files: int, repeats: int, runs: int) -> dict[str, Any]:
    """Everything, in one run."""
    from summit_qa.index.dense import preload

    result: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
    }
    say("cold start")
    result["cold"] = cold(runs)
    preload()
    import llama_index.core  # noqa: F401 - stock needs the whole of it

    known = [each["question"] for each in yaml.safe_load(ASKED.read_text())["questions"]]
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        news = work / "news"
        asked = write_articles(news, files)
        small = work / "articles"
        shutil.copytree(CORPUS, small)
        few = asked[:: max(1, files // 100)][:100]
        sets = (
            ("five articles", small, QUESTIONS, known),
            (f"{files:,} files", news, few[:16], few),
        )
        for name, corpus, searched, answered in sets:
            bytes_read = sum(path.stat().st_size for path in corpus.rglob("*.txt"))
            result[name] = {"kilobytes": round(bytes_read / 1000)}
            for side, run in (("ours", ours), ("stock", stock)):
                say(f"{name}: {side}")
                folder = work / f"{side} {name}"
                folder.mkdir()
                result[name][side] = run(corpus, folder, searched, repeats)
            say(f"{name}: answers")
            result[name]["answers"] = whole_answers(corpus, work / f"ours {name}", answered)
    result["machine"]["load_after"] = round(os.getloadavg()[0], 2)
    return result


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few files and runs, nothing written")
    quick = parser.parse_args().quick
    seconds, result = timed(lambda: measure(*((60, 2, 1) if quick else (2_000, 12, 7))))
    result["seconds"] = round(seconds)
    text = rendered(result)
    print(text)
    if not quick:
        file = ROOT / "benchmarks" / "results" / f"{result['date']}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        say(f"wrote {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
