"""Measures the writer: reader, writer, and writer with the reader behind it, in both forms.

    make eval-writer                       # with a model of 1.5 billion parameters, on CPU
    python benchmarks/writer.py --url http://127.0.0.1:8080/v1 --model NAME --articles 200
    python benchmarks/writer.py --scripted perfect      # or lying: no model at all
    python benchmarks/writer.py --url ... --model ... --engines writer --two-lookups --searches 3

Asks questions of eval/questions.yaml and of strangers' folders (../shared/data/strangers, left out
where they are missing), and writes a JSON file to eval/results/writer. A question that was asked
before is taken from its work folder, so that a run can be stopped and goes on.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from summit_qa import Answer, Assistant, Settings
from summit_qa.documents.lines import line_text
from summit_qa.errors import SummitQAError
from summit_qa.evaluation.cases import load_native
from summit_qa.evaluation.engines import AssistantEngine
from summit_qa.evaluation.scoring import cited_lines, is_right
from summit_qa.testing import Reply, Request, ScriptedServer, Stated

ROOT = Path(__file__).parents[1]
FOLDERS = ("office", "home", "reference")  # read in seconds; the others hold the same in PDF
TWO_LOOKUPS = ROOT / "benchmarks/two_lookups.jsonl"
RUNS = (
    ("reader", ""),
    ("writer", "sentences"),
    ("auto", "sentences"),
    ("writer", "quotes"),
    ("auto", "quotes"),
)
_SHOWN = re.compile(r"^\[(\d+\.\d+)\] (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, how it is put, and what of its answer is right."""

    id: str
    question: str
    gold: tuple[str, ...]  # the words of the lines that answer
    verdict: str | None
    put: Callable[[Assistant, str], Answer]
    mark: Callable[[Answer], dict[str, Any]]


def articles(limit: int, corpus: Assistant) -> list[Asked]:
    """Questions on the five articles, evenly spread over their kinds."""
    dataset = load_native(ROOT / "eval/questions.yaml", corpus.documents).limited(limit)

    def asked(case: Any) -> Asked:
        def mark(answer: Answer) -> dict[str, Any]:
            cited = cited_lines(answer)
            return {
                "kind": case.kind,
                "right": is_right(case, answer),
                "cited": len(cited),
                "gold_cited": len(cited & case.gold),
                "hit": bool(cited & case.gold) if case.gold else None,
            }

        def put(assistant: Assistant, engine: str) -> Answer:
            return AssistantEngine(assistant, engine).reply(case).answer  # type: ignore[arg-type]

        gold = tuple(line_text(corpus.documents[at.file], at.line).strip() for at in case.gold)
        return Asked(case.id, case.question, gold, case.verdict, put, mark)

    return [asked(case) for case in dataset.cases]


def strangers(limit: int, place: Path) -> dict[str, list[Asked]]:
    """Questions on folders as people have them, by folder; none where they are missing."""
    if not limit or not (place / "score.py").is_file():
        return {}
    spec = importlib.util.spec_from_file_location("strangers_score", place / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    rows = [json.loads(line) for line in (place / "questions.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["folder"] in FOLDERS and isinstance(row["question"], str)]
    count = min(limit, len(rows))
    rows = [rows[at * len(rows) // count] for at in range(count)]

    def asked(row: dict[str, Any]) -> Asked:
        def mark(answer: Answer) -> dict[str, Any]:
            cited = [module.Place.of_citation(c, row["folder"]) for c in answer.citations]
            shares = module.Outcome(row, answer, cited).shares()
            wanted = [shares[name] for name in ("facts", "verdict_right") if name in shares]
            found = shares.get("cite_hit", False) and all(wanted)
            right = found if row["answerable"] else answer.abstained
            return {
                "kind": row["kind"],
                "right": right,
                "cited": len(cited),
                "gold_cited": sum(place.covers_gold(row) for place in cited),
                "hit": shares.get("cite_hit"),
            }

        def put(assistant: Assistant, engine: str) -> Answer:
            return assistant.ask(row["question"], engine=engine)  # type: ignore[arg-type]

        lines = [(at.rpartition(":")[0], int(at.rpartition(":")[2])) for at in row["gold"]]
        texts = {file: (place / "docs" / file).read_text().splitlines() for file, _ in lines}
        gold = [texts[file][line - 1].strip() for file, line in lines]
        gold += [each["quote"] for each in row["gold_quotes"]]
        return Asked(row["id"], row["question"], tuple(gold), row["verdict"], put, mark)

    return {
        folder: [asked(row) for row in rows if row["folder"] == folder]
        for folder in FOLDERS
        if any(row["folder"] == folder for row in rows)
    }


def two_lookups(place: Path) -> dict[str, list[Asked]]:
    """Questions of which each half stands elsewhere, by folder; "" are the five articles.

    Right is an answer that says both, each with a line where it stands.
    """
    rows = map(json.loads, TWO_LOOKUPS.read_text().splitlines())

    def asked(row: dict[str, Any]) -> Asked:
        def mark(answer: Answer) -> dict[str, Any]:
            folder = row["folder"]
            cited = {f"{folder}/{at.file}:{at.line}".lstrip("/") for at in cited_lines(answer)}
            halves = [bool(cited & set(half)) for half in row["halves"]]
            said = [any(fact in answer.text for fact in facts) for facts in row["facts"]]
            return {
                "kind": "two lookups",
                "right": all(halves) and all(said),
                "halves": halves,
                "said": said,
                "cited": len(cited),
                "gold_cited": len(cited & {at for half in row["halves"] for at in half}),
                "hit": any(halves),
            }

        def put(assistant: Assistant, engine: str) -> Answer:
            return assistant.ask(row["question"], engine=engine)  # type: ignore[arg-type]

        docs = place / "docs" if row["folder"] else ROOT / "corpus"
        lines = [at.rpartition(":") for half in row["halves"] for at in half]
        gold = [(docs / file).read_text().splitlines()[int(line) - 1] for file, _, line in lines]
        return Asked(row["id"], row["question"], tuple(map(str.strip, gold)), None, put, mark)

    found: dict[str, list[Asked]] = {}
    for row in rows:
        if (place / "docs").is_dir() or not row["folder"]:
            found.setdefault(row["folder"], []).append(asked(row))
    return found


def row_of(asked: Asked, answer: Answer, seconds: float) -> dict[str, Any]:
    """What is kept of one answer."""
    usage = answer.usage
    statuses = [statement.status for statement in answer.statements]
    return {
        "id": asked.id,
        **asked.mark(answer),
        "answered_by": answer.engine,
        "declined": answer.abstained,
        **{status: statuses.count(status) for status in ("supported", "partly", "contradicted")},
        "left_out": len(answer.unverified),
        "rejected": usage.rejected_quotes,
        "moved": usage.misattributed_quotes,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached": usage.cached,
        "first_statement": answer.timings.first_statement,
        "seconds": seconds,
        "reason": answer.reason,
        "notes": list(answer.notes),
        "text": answer.text[:200],
    }


def ask_all(
    options: argparse.Namespace, settings: Settings, questions_by_text: dict[str, Asked]
) -> Iterator[dict[str, Any]]:
    """A row for every question, engine and form; those of an earlier run are not asked again."""
    kept = options.work / f"rows-{options.name}.jsonl"
    known = {}
    if kept.is_file():
        rows = [json.loads(line) for line in kept.read_text().splitlines()]
        known = {(row["id"], row["engine"], row["form"]): row for row in rows}
    forms = {"", *options.forms}
    runs = [run for run in RUNS if run[0] in options.engines and run[1] in forms]
    with ExitStack() as stack, kept.open("a") as out:
        places: list[tuple[Assistant, list[Asked]]] = []
        opened = stack.enter_context(Assistant.open(settings=settings))
        if options.two_lookups:
            elsewhere = two_lookups(options.shared)
            places.append((opened, elsewhere.pop("", [])))
        else:
            places.append((opened, articles(options.articles, opened) if options.articles else []))
            elsewhere = strangers(options.strangers, options.shared)
        for folder, asked in elsewhere.items():
            at = settings.replaced(
                corpus=options.shared / "docs" / folder, index=options.work / f"index-{folder}"
            )
            places.append((stack.enter_context(Assistant.open(settings=at)), asked))
        questions_by_text.update((it.question, it) for _, asked in places for it in asked)
        # A question in all its ways, then the next, of the articles and the folders in turn: what
        # is there when it is stopped compares, and is of all of them.
        corpus, folders = places[0], places[1:]
        others = [(assistant, it) for assistant, found in folders for it in found]
        turns = zip_longest([(corpus[0], it) for it in corpus[1]], others)
        for assistant, asked in (turn for pair in turns for turn in pair if turn is not None):
            for engine, form in runs:
                row = known.get((asked.id, engine, form))
                if row is None and options.kept:
                    continue
                if row is None:
                    chosen = assistant.with_settings(cite=form) if form else assistant
                    row = {"engine": engine, "form": form, **_one(asked, chosen, engine)}
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
                    out.flush()
                yield row


def _one(asked: Asked, assistant: Assistant, engine: str) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        answer = asked.put(assistant, engine)
    except SummitQAError as error:
        return {"id": asked.id, "right": False, "error": f"{type(error).__name__}: {error}"}
    return row_of(asked, answer, time.perf_counter() - began)


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of one engine in one form."""
    fine = [row for row in rows if "error" not in row]
    hits = [row["hit"] for row in fine if row["hit"] is not None]
    fresh = [row for row in fine if not row["cached"]]
    first = [row["first_statement"] for row in fresh if row["first_statement"] is not None]
    cited = sum(row["cited"] for row in fine)

    def total(name: str) -> int:
        return sum(row[name] for row in fine)

    def mean(name: str) -> float | None:
        return round(statistics.mean(row[name] for row in fresh), 1) if fresh else None

    return {
        "questions": len(rows),
        "failed": len(rows) - len(fine),
        "right": sum(row["right"] for row in rows),
        "declined": total("declined"),
        "citation_precision": round(total("gold_cited") / cited, 3) if cited else None,
        "citation_hit": round(sum(hits) / len(hits), 3) if hits else None,
        "by_the_model": sum(row["answered_by"] == "writer" and not row["declined"] for row in fine),
        **{name: total(name) for name in ("supported", "partly", "contradicted")},
        **{name: total(name) for name in ("left_out", "rejected", "moved")},
        "first_statement_p50": round(statistics.median(first), 1) if first else None,
        "input_tokens": mean("input_tokens"),
        "output_tokens": mean("output_tokens"),
    }


def scripted(kind: str, known: Mapping[str, Asked]) -> Callable[[Request], Reply]:
    """A model that states the shown sentences that answer, or one that lies about what is shown.

    The liar invents numbers, cites what has nothing to do with it, denies, and changes figures.
    """
    drawn = random.Random(7)

    def reply(request: Request) -> Reply:
        question = request.prompt.rpartition("Question: ")[2].partition("\n")[0]
        asked = known.get(question)
        shown = _SHOWN.findall(request.prompt)
        gold = [_folded(text) for text in asked.gold] if asked else []
        right = [
            (number, text)
            for number, text in shown
            if any(_folded(text) in line or line in _folded(text) for line in gold if line)
        ]
        if kind == "perfect":
            if asked is None or not right:
                return Reply.of(answerable=False)
            return Reply.of(*(Stated(text, number) for number, text in right[:3]),
                            verdict=asked.verdict)  # fmt: skip
        if not shown:
            return Reply.of(answerable=False)
        number, text = (right or shown)[0]
        changed = re.sub(r"\d", lambda digit: str((int(digit[0]) + 3) % 10), text)
        lies = [
            Stated(text, "99.1"),
            Stated(text, drawn.choice([one for one in shown if one != (number, text)] or shown)[0]),
            Stated(f"It is not the case that {text[0].lower()}{text[1:]}", number),
        ]
        if changed != text:
            lies.append(Stated(changed, number))
        return Reply.of(*lies)

    return reply


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def main() -> None:
    """Measure, print a table and keep the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--model", default="scripted")
    parser.add_argument("--scripted", choices=("perfect", "lying"))
    parser.add_argument("--forms", nargs="+", default=["sentences", "quotes"])
    parser.add_argument("--engines", nargs="+", default=["reader", "writer", "auto"])
    parser.add_argument("--articles", type=int, default=20)
    parser.add_argument("--strangers", type=int, default=20)
    parser.add_argument(
        "--shared", type=Path, default=ROOT.parent / "shared/data/strangers", help="their folder"
    )
    parser.add_argument("--kept", action="store_true", help="sum up what was asked, ask nothing")
    parser.add_argument("--two-lookups", action="store_true", help="only those questions")
    parser.add_argument("--searches", type=int, default=0, help="that it may ask for first")
    parser.add_argument("--passages", type=int, default=8)
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds an answer may take")
    parser.add_argument("--work", type=Path, default=ROOT / "build/eval-writer")
    parser.add_argument("--results", type=Path, default=ROOT / "eval/results/writer")
    options = parser.parse_args()
    options.name = options.scripted or options.model
    if options.two_lookups:
        options.name += f"-two-lookups-{options.searches}"
    for folder in (options.work, options.results):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        url = options.url
        known: dict[str, Asked] = {}
        if options.scripted:
            options.forms = ["sentences"]
            url = stack.enter_context(ScriptedServer(scripted(options.scripted, known))).url
        settings = Settings.load(
            corpus=ROOT / "corpus",
            index=options.work / "index-articles",
            llm=options.model,
            openai_base_url=url,
            openai_api_key="local",
            llm_timeout=options.timeout,
            llm_max_tokens=240,
            llm_cache=None if options.scripted else options.work / "replies",
            passages=options.passages,
            searches=options.searches,
        )
        rows = list(ask_all(options, settings, known))
    found = {
        f"{engine} {form}".strip(): summary(
            [row for row in rows if (row["engine"], row["form"]) == (engine, form)]
        )
        for engine, form in dict.fromkeys((row["engine"], row["form"]) for row in rows)
    }
    about = {
        "model": options.name,
        "passages": options.passages,
        "load": os.getloadavg()[1],
        "figures": found,
    }
    path = options.results / f"{re.sub(r'[^a-z0-9.]+', '-', options.name.lower())}.json"
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(f'{json.dumps(about, indent=1)[:-2]},\n "rows": [\n{lines}\n]\n}}\n')
    sys.stdout.write(json.dumps(about, indent=1) + f"\n{path}\n")


if __name__ == "__main__":
    main()
