"""Runs public benchmarks: answers (SQuAD, RGB) and rankings (BEIR); long runs can be resumed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from summit_qa.assistant import Assistant
from summit_qa.errors import ConfigurationError, EvaluationError
from summit_qa.evaluation.cases import Case, Dataset
from summit_qa.evaluation.checkpoint import Kept
from summit_qa.evaluation.datasets import Ranking, document_of
from summit_qa.evaluation.faithfulness import Thresholded
from summit_qa.evaluation.figures import aggregate
from summit_qa.evaluation.lineup import EachItsOwn, Lineup
from summit_qa.evaluation.memory import Vectors, memory_assistant
from summit_qa.evaluation.metrics import (
    average_precision,
    distinct,
    ndcg_at,
    normalized,
    percentile,
    recall_at,
    reciprocal_rank,
)
from summit_qa.evaluation.provenance import Origin
from summit_qa.evaluation.report import Report
from summit_qa.evaluation.results import CaseRow, Cost, EngineReport
from summit_qa.evaluation.runner import (
    ask_all,
    assemble,
    engine_report,
    files_on_disk,
)
from summit_qa.evaluation.scoring import Scoring, failed_row
from summit_qa.models.thresholds import Thresholds
from summit_qa.settings import Settings
from summit_qa.types import Answer, Document, Progress, Window, WindowReader

ANSWERING = ("reader", "bm25-top-sentence")
RANKING = ("hybrid", "dense", "bm25")
_DEEPEST = 100  # documents of a ranking that are judged
_PASSAGES = 400  # searched for them; a document has several


def models_only(settings: Settings) -> Assistant:
    """An assistant with the bundled models and no documents, for cases that bring their own."""
    from summit_qa.models.encoding import as_encoder
    from summit_qa.models.loading import Loading

    encoder = as_encoder(settings.embedder)
    with Loading(settings.reader) as loading:
        models = loading.beside(encoder).result()
    return memory_assistant([], Vectors(encoder), settings, models)


def evaluate_answers(
    assistant: Assistant,
    dataset: Dataset,
    *,
    engines: Sequence[str] = ANSWERING,
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> Report:
    """Answer every case, from its own corpus or else from the assistant's."""
    origin = Origin.here()
    made = Lineup(assistant, engines)
    thresholds = Thresholds.load()
    meter = Thresholded.of(assistant.models.judge, thresholds.supported, thresholds.contradicted)
    reading = assistant.models.windows or assistant.models.ranker
    predict = _predictor(reading) if dataset.format == "squad" else None
    own = any(case.corpus for case in dataset.cases)
    if own:
        documents = {d.path: d for corpus in dataset.corpora.values() for d in corpus}
        files = {path: document.text.encode() for path, document in documents.items()}
    else:
        documents, files = dict(assistant.documents), files_on_disk(assistant)
    scoring = Scoring(meter, files, predict)
    parts = []
    for name in made.names:
        checkpoint = (kept or Kept()).of(*_key(dataset, name, assistant, origin))

        def over(docs: Sequence[Document], name: str = name) -> object:
            return made.over(name, docs)

        engine = EachItsOwn(name, dataset.corpora, over) if own else made.served(name)  # type: ignore[arg-type]
        with closing(engine):
            rows, _ = ask_all(
                engine, dataset.cases, scoring, checkpoint=checkpoint, progress=progress
            )
            parts.append(engine_report(engine, made.about(name), rows))
    return assemble(assistant, dataset, parts, thresholds, documents, origin)


def evaluate_rankings(
    assistant: Assistant,
    ranking: Ranking,
    identities: Mapping[str, str],
    *,
    engines: Sequence[str] = RANKING,
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> Report:
    """Rank the documents for every query: as answers are made from, by vectors or words alone.

    ``identities`` are the benchmark's names of the files (``lay_out``).
    """
    unknown = [name for name in engines if name not in RANKING]
    if unknown:
        raise ConfigurationError(f"No ranking {unknown[0]!r}; there are {', '.join(RANKING)}.")
    origin = Origin.here()
    dataset = _as_dataset(ranking)
    parts = []
    for name in dict.fromkeys(engines):
        checkpoint = (kept or Kept()).of(*_key(dataset, name, assistant, origin))
        known = checkpoint.known()
        rows = []
        for done, case in enumerate(dataset.cases, 1):
            row = known.get(case.id)
            if row is None:
                row = _ranked_row(assistant, name, case, ranking.relevance[case.id], identities)
                checkpoint.keep(row)
            rows.append(row)
            if progress:
                progress(done, len(dataset.cases), f"queries to {name}")
        parts.append(_ranking_report(name, rows, assistant))
    return assemble(assistant, dataset, parts, Thresholds.load(), {}, origin)


def lay_out(texts: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Write every text as a file of a corpus, once; the texts' names by path of the file."""
    listing = folder / "names.json"
    names = {f"{n // 1000:04d}/{n:07d}.txt": name for n, name in enumerate(texts)}
    try:
        if listing.is_file() and json.loads(listing.read_text(encoding="utf-8")) == names:
            return names
        for path, name in names.items():
            target = folder / "corpus" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(document_of(path, texts[name]).text.encode())
        # Written last: where it stands, all files do.
        listing.write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{folder} cannot be written: {error.strerror}.") from None
    return names


def lay_out_open(dataset: Dataset, folder: Path) -> None:
    """Write the paragraphs of an open-domain data set as files, under their own paths."""
    for documents in dataset.corpora.values():
        for document in documents:
            target = folder / "corpus" / document.path
            if target.is_file() and target.stat().st_size == document.size:
                continue
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(document.text.encode())
            except OSError as error:
                raise EvaluationError(f"{target} cannot be written: {error.strerror}.") from None


def _predictor(reader: WindowReader) -> Callable[[Case, Answer], str]:
    """The short answer, or the words marked in the first statement, or its likeliest span."""

    def predict(case: Case, answer: Answer) -> str:
        if answer.abstained or not answer.statements:
            return ""
        if answer.short:
            return answer.short
        first = answer.statements[0]
        if first.highlight:
            start, end = first.highlight[0]
        else:
            span = reader.spans(case.question, [Window(first.text)], [0.5])[0]
            start, end = span.start, span.end
        words = first.text[start:end]
        # Words that the comparison drops would read as "no answer", which was not said.
        return words if normalized(words) else first.text

    return predict


def _ranked_row(
    assistant: Assistant,
    name: str,
    case: Case,
    relevance: Mapping[str, int],
    identities: Mapping[str, str],
) -> CaseRow:
    began = time.perf_counter()
    try:
        paths = _RANKINGS[name](assistant, case.question)
    except Exception as error:  # a finding about this query
        return failed_row(case, error)
    seconds = time.perf_counter() - began
    # A query that is a document itself is not a hit for itself (as BEIR's own code does).
    found = [d for d in distinct(identities[path] for path in paths) if d != case.id][:_DEEPEST]
    ndcg = ndcg_at(found, relevance, 10)
    rank = next((at for at, d in enumerate(found, 1) if relevance.get(d, 0) > 0), None)
    where = f"the first relevant is number {rank}" if rank else f"none in the first {_DEEPEST}"
    return CaseRow(
        id=case.id,
        kind=case.kind,
        question=case.question,
        wanted=tuple(sorted(d for d, gain in relevance.items() if gain > 0)[:10]),
        found=tuple(found[:10]),
        missed=() if rank == 1 else (where,),
        badness=1 - ndcg,
        figures={
            "failed": (0, 1),
            "ndcg_at_10": (ndcg, 1),
            "mrr_at_10": (reciprocal_rank(found, relevance, 10), 1),
            "recall_at_100": (recall_at(found, relevance, _DEEPEST), 1),
            "average_precision": (average_precision(found, relevance), 1),
        },
        seconds=seconds,
    )


def _hybrid(assistant: Assistant, query: str) -> list[str]:
    return [hit.passage.path for hit in assistant.search(query, _PASSAGES)]


def _dense(assistant: Assistant, query: str) -> list[str]:
    generation = assistant.generation
    found = generation.dense(assistant.encoder.embed_query(query), _PASSAGES)
    return [generation.passages[identity].path for identity, _ in found]


def _bm25(assistant: Assistant, query: str) -> list[str]:
    generation = assistant.generation
    return [generation.passages[identity].path for identity, _ in generation.bm25(query, _PASSAGES)]


_RANKINGS: Mapping[str, Callable[[Assistant, str], list[str]]] = {
    "hybrid": _hybrid,
    "dense": _dense,
    "bm25": _bm25,
}
_ABOUT = {
    "hybrid": "words, whole files, meaning and the small reader: what answers are made from",
    "dense": "vectors alone",
    "bm25": "words alone",
}


def _ranking_report(name: str, rows: Sequence[CaseRow], assistant: Assistant) -> EngineReport:
    seconds = [row.seconds for row in rows if row.error is None]
    return EngineReport(
        name=name,
        about=_ABOUT[name],
        cases=tuple(rows),
        figures=aggregate(rows),
        cost=Cost(
            seconds_p50=percentile(seconds, 0.5),
            seconds_p95=percentile(seconds, 0.95),
            index_bytes=assistant.generation.size_bytes,
        ),
    )


def _as_dataset(ranking: Ranking) -> Dataset:
    cases = tuple(Case(id=it, question=text, kind="query") for it, text in ranking.queries.items())
    return Dataset(f"{ranking.name}-{ranking.split}", "beir", ranking.sha256, cases)


def _key(dataset: Dataset, engine: str, assistant: Assistant, origin: Origin) -> list[str]:
    """All that a row of the engine depends on."""
    settings = assistant.settings
    key = [dataset.sha256, dataset.format, engine, assistant.generation.id, origin.fingerprint]
    key += [settings.strictness]
    key += [str(settings.passages), str(settings.passage_chars), assistant.encoder.fingerprint]
    key += [settings.llm or ""] if engine in ("writer", "stock-llamaindex") else []
    return key
