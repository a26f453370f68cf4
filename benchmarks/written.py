"""Holds the judge against what language models write: pairs of a good and a bad statement.

    python benchmarks/written.py

Each pair cites the same lines of a stranger's folder (eval/strangers/writer-statements.tsv). The
good statement paraphrases, compresses, joins sentences or resolves a pronoun; the bad one says
something else. Wanted: of the good at most 15 % are less than supported, of the bad at most 5 %
are shown as supported. The pairs are a test: nothing is fitted on them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from summit_qa.documents.citations import Numbering
from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of
from summit_qa.models.support import SupportModel
from summit_qa.models.thresholds import Thresholds
from summit_qa.types import Document, Hit, Status
from summit_qa.writer.grounding import Grounding
from summit_qa.writer.reply import Draft

ROOT = Path(__file__).parents[1]
PAIRS = ROOT / "eval/strangers/writer-statements.tsv"
PLACES = (ROOT / "eval/strangers/docs", ROOT.parent / "shared/data/strangers/docs")


def pairs() -> Iterator[tuple[Document, range, str, str]]:
    """A document, the cited lines, a good and a bad statement, where the file is there."""
    documents: dict[str, Document] = {}
    for row in PAIRS.read_text(encoding="utf-8").splitlines()[1:]:
        file, lines, good, bad = row.split("\t")
        at = next((place / file for place in PLACES if (place / file).is_file()), None)
        if at is None:
            continue
        if file not in documents:
            documents[file] = make_document(file, at.read_bytes())
        first, _, last = lines.partition("-")
        yield documents[file], range(int(first), int(last or first) + 1), good, bad


def judged(grounding: Grounding, lines: range, text: str) -> Status:
    """The status of a statement that cites the sentences on the lines."""
    cites = tuple(
        number
        for number, sentence in grounding.sentences.items()
        if sentence.span.start_line < lines.stop and lines.start <= sentence.span.end_line
    )
    return grounding.check(Draft(text, cites=cites[:8]))[0].status


def main() -> None:
    """Judge all statements and print how many of each kind got which status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--results", type=Path, default=ROOT / "eval/results/writer/statements.json"
    )
    options = parser.parse_args()
    judge, thresholds = SupportModel.load(), Thresholds.load()
    found: dict[str, Counter[str]] = {"good": Counter(), "bad": Counter()}
    for document, lines, good, bad in pairs():
        hits = [Hit(passage, 1.0) for passage in passages_of(document)]
        grounding = Grounding(hits, {document.path: document}, judge, thresholds, Numbering())
        for kind, text in (("good", good), ("bad", bad)):
            found[kind][judged(grounding, lines, text)] += 1
    count = found["good"].total()
    told = {
        "pairs": count,
        **{kind: dict(sorted(of.items())) for kind, of in found.items()},
        "good_less_than_supported": round(1 - found["good"]["supported"] / count, 3),
        "good_contradicted": round(found["good"]["contradicted"] / count, 3),
        "bad_supported": round(found["bad"]["supported"] / count, 3),
    }
    options.results.write_text(json.dumps(told, indent=1) + "\n")
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
