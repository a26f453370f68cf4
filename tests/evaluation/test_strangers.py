"""The strangers' folders in eval/ can be read, and their questions and claims hold together."""

import json
from pathlib import Path

from summit_qa.documents.corpus import read_corpus
from summit_qa.evaluation.cases import load_native

EVAL = Path(__file__).parents[2] / "eval"


def test_every_gold_line_and_fact_stands_in_the_folders() -> None:
    reading = read_corpus(EVAL / "strangers" / "docs", max_file_bytes=1 << 25)
    assert not reading.skipped
    documents = {document.path: document for document in reading.documents}
    dataset = load_native(EVAL / "strangers" / "questions.yaml", documents)
    assert len(dataset.cases) > 100
    assert any(case.history for case in dataset.cases)


def test_two_claims_are_false_for_each_that_is_true() -> None:
    rows = [json.loads(line) for line in (EVAL / "claims.jsonl").read_text("utf-8").splitlines()]
    true = [row for row in rows if row["true"]]
    assert 2 * len(true) == len(rows) - len(true)
    for row in rows:
        assert (EVAL / "strangers" / "docs" / row["folder"] / row["file"]).is_file()
