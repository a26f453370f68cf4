"""Public benchmarks in their own layout: SQuAD 2.0, BEIR and RGB."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from summit_qa.documents.corpus import make_document
from summit_qa.documents.lines import line_at
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import Case, Dataset, Place, read_bytes, spread
from summit_qa.types import Document

RGB_PASSAGES = 5  # given to a question, as in the benchmark's own code
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Ranking:
    """A BEIR folder: texts by document, queries, and what is relevant to each of them."""

    name: str
    split: str
    sha256: str
    texts: Mapping[str, str]
    queries: Mapping[str, str]  # those that have something relevant
    relevance: Mapping[str, Mapping[str, int]]

    def limited(self, limit: int | None) -> Ranking:
        """At most ``limit`` queries, at equal distances; all texts stay."""
        return replace(self, queries=dict(spread(list(self.queries.items()), limit)))


def load_squad(path: Path, *, open_domain: bool = False) -> Dataset:
    """SQuAD 1.1 or 2.0: a paragraph is a file. EvaluationError where the file is none.

    A question is asked of its own paragraph, as the official scores are. ``open_domain`` leaves
    out that paragraph's name, so that it has to be found among all; only then the line of the
    answer is gold, since there is little to find in one paragraph.
    """
    data = read_bytes(path)
    cases: list[Case] = []
    corpora: dict[str, tuple[Document, ...]] = {}
    try:
        for number, article in enumerate(json.loads(data)["data"]):
            folder = f"{number:04d}-{_slug(str(article.get('title', '')))}"
            for place, paragraph in enumerate(article["paragraphs"]):
                document = document_of(f"{folder}/{place:03d}.txt", paragraph["context"])
                corpora[document.path] = (document,)
                cases += [
                    _squad_case(question, document, "" if open_domain else document.path)
                    for question in paragraph["qas"]
                ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EvaluationError(f"{path} is not SQuAD JSON (data, paragraphs, qas).") from None
    if not cases:
        raise EvaluationError(f"{path} has no questions.")
    return Dataset(path.stem, "squad", hashlib.sha256(data).hexdigest(), tuple(cases), corpora)


def load_rgb(path: Path, *, noise: float = 0.4) -> Dataset:
    """RGB (Chen et al., AAAI 2024): JSON lines of ``id, query, answer, positive, negative``.

    Every row is asked twice: of five passages, the share ``noise`` of which do not hold the
    answer (noise robustness), and of five that do not hold it at all (negative rejection). An
    answer is right where it holds all that the row names, of alternatives one, as in the
    benchmark's own code.
    """
    data = read_bytes(path)
    cases: list[Case] = []
    corpora: dict[str, tuple[Document, ...]] = {}
    for number, row in _json_lines(data, path):
        try:
            identity, query = str(row["id"]), str(row["query"])
            positive, negative = _flat(row["positive"]), _flat(row["negative"])
            must = _rgb_facts(row["answer"])
        except (KeyError, TypeError):
            raise EvaluationError(
                f"{path}, line {number}: it needs id, query, answer, positive and negative."
            ) from None
        for kind, given in (
            ("noise_robustness", _mixed(positive, negative, noise)),
            ("unanswerable", negative[:RGB_PASSAGES]),
        ):
            if given:
                name = f"{identity}-{'reject' if kind == 'unanswerable' else 'noise'}"
                corpora[name] = tuple(_files(name, given))
                facts = must if kind == "noise_robustness" else ()
                cases.append(Case(id=name, question=query, kind=kind, must=facts, corpus=name))
    if not cases:
        raise EvaluationError(f"{path} has no rows.")
    digest = hashlib.sha256(data + f"noise {noise:g}".encode()).hexdigest()  # what is resumed
    return Dataset(path.stem, "rgb", digest, tuple(cases), corpora)


def load_beir(folder: Path, *, split: str | None = None) -> Ranking:
    """``corpus.jsonl``, ``queries.jsonl`` and ``qrels/<split>.tsv`` (test, or dev, or train)."""
    qrels = _qrels_file(folder, split)
    parts = [read_bytes(folder / name) for name in ("corpus.jsonl", "queries.jsonl")]
    parts.append(read_bytes(qrels))
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts))
    texts: dict[str, str] = {}
    for number, row in _json_lines(parts[0], folder / "corpus.jsonl"):
        identity = _field(row, "_id", folder / "corpus.jsonl", number)
        title, text = str(row.get("title") or ""), str(row.get("text") or "")
        texts[identity] = f"{title}\n\n{text}" if title.strip() else text
    queries = {
        _field(row, "_id", folder / "queries.jsonl", number): str(row.get("text") or "")
        for number, row in _json_lines(parts[1], folder / "queries.jsonl")
    }
    relevance = _read_qrels(parts[2], qrels)
    # A query that is a document itself is not a hit for itself, as in BEIR's own code.
    others = {
        query: {document: gain for document, gain in held.items() if document != query}
        for query, held in relevance.items()
        if query in queries
    }
    wanted = {query: held for query, held in others.items() if any(g > 0 for g in held.values())}
    if not texts or not wanted:
        raise EvaluationError(f"{folder} has no documents, or no query with a relevant one.")
    asked = {query: queries[query] for query in wanted}
    return Ranking(folder.name, qrels.stem, digest.hexdigest(), texts, asked, wanted)


def document_of(path: str, text: str) -> Document:
    """The text as a file of a corpus; control characters, which no text file holds, left out."""
    return make_document(path, _CONTROL.sub(" ", text).encode("utf-8", "replace"))


def _squad_case(question: Any, document: Document, corpus: str) -> Case:
    answers = [(str(each["text"]), int(each["answer_start"])) for each in question["answers"]]
    impossible = bool(question.get("is_impossible", False)) or not answers
    lines = {line_at(document, min(start, len(document.text))) for _, start in answers}
    return Case(
        id=str(question["id"]),
        question=str(question["question"]),
        kind="unanswerable" if impossible else "answerable",
        gold=frozenset(Place(document.path, n) for n in lines if not impossible and not corpus),
        answers=() if impossible else tuple(dict.fromkeys(text for text, _ in answers)),
        corpus=corpus,
    )


def _rgb_facts(answer: Any) -> tuple[tuple[str, ...], ...]:
    listed = answer if isinstance(answer, list) else [answer]
    return tuple(
        tuple(str(wording) for wording in fact) if isinstance(fact, list) else (str(fact),)
        for fact in listed
    )


def _mixed(positive: Sequence[str], negative: Sequence[str], noise: float) -> list[str]:
    """Passages with and without the answer in the shares of the benchmark's own code."""
    without = min(math.ceil(RGB_PASSAGES * noise), len(negative))
    holding = min(RGB_PASSAGES - without, len(positive))
    if not holding:
        return []
    return [*positive[:holding], *negative[: RGB_PASSAGES - holding]]


def _files(name: str, texts: Sequence[str]) -> Iterator[Document]:
    """The passages as files whose order tells nothing."""
    shuffled = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())
    for number, text in enumerate(shuffled, 1):
        yield document_of(f"{_slug(name)}/{number}.txt", text)


def _flat(passages: Any) -> list[str]:
    """Texts; where they are grouped by sub-question, one of each group in turn."""
    if not all(isinstance(item, list) for item in passages):
        return [str(item) for item in passages]
    longest = max(map(len, passages), default=0)
    return [str(group[at]) for at in range(longest) for group in passages if at < len(group)]


def _qrels_file(folder: Path, split: str | None) -> Path:
    wanted = [split] if split else ["test", "dev", "train"]
    for name in wanted:
        if (folder / "qrels" / f"{name}.tsv").is_file():
            return folder / "qrels" / f"{name}.tsv"
    raise EvaluationError(f"{folder} has no qrels/{' or '.join(wanted)}.tsv.")


def _read_qrels(data: bytes, path: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        fields = line.split("\t")
        if number == 1 and not fields[-1].strip().lstrip("-").isdigit():
            continue  # the header
        if not line.strip():
            continue
        try:
            query, document, gain = fields
            found.setdefault(query, {})[document] = int(gain)
        except ValueError:
            raise EvaluationError(
                f"{path}, line {number}: it needs query-id, corpus-id and score."
            ) from None
    return found


def _json_lines(data: bytes, path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise EvaluationError(f"{path}, line {number}: it is not JSON.") from None
        if not isinstance(row, dict):
            raise EvaluationError(f"{path}, line {number}: it is not an object.")
        yield number, row


def _field(row: Any, name: str, path: Path, number: int) -> str:
    if name not in row:
        raise EvaluationError(f"{path}, line {number}: it has no {name}.")
    return str(row[name])


def _slug(text: str) -> str:
    """The text as a short file name."""
    return re.sub(r"[^A-Za-z0-9-]+", "_", text).strip("_")[:60] or "untitled"
