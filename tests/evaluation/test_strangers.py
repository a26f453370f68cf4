"""The strangers' folders in eval/ can be read, and their questions and claims hold together."""

import json
from pathlib import Path

from summit_qa.documents.citations import cite
from summit_qa.documents.corpus import read_corpus
from summit_qa.evaluation.cases import load_native
from summit_qa.evaluation.faithfulness import pointer_valid
from summit_qa.evaluation.runner import files_on_disk
from summit_qa.settings import Settings

EVAL = Path(__file__).parents[2] / "eval"


def test_every_gold_line_and_fact_stands_in_the_folders() -> None:
    reading = read_corpus(EVAL / "strangers" / "docs", max_file_bytes=1 << 25)
    assert not reading.skipped
    documents = {document.path: document for document in reading.documents}
    dataset = load_native(EVAL / "strangers" / "questions.yaml", documents)
    assert len(dataset.cases) > 100
    assert any(case.history for case in dataset.cases)


def test_every_gold_line_and_fact_stands_in_the_folders_to_develop_on() -> None:
    reading = read_corpus(EVAL / "dev" / "docs")
    assert not reading.skipped
    documents = {document.path: document for document in reading.documents}
    assert len(load_native(EVAL / "dev" / "questions.yaml", documents).cases) == 85


def test_pointers_into_other_formats_are_held_against_the_text_as_read() -> None:
    reading = read_corpus(EVAL / "strangers" / "docs", max_file_bytes=1 << 25)
    documents = {document.path: document for document in reading.documents}

    class Opened:
        """As much of an assistant as is looked at."""

        settings = Settings(_env_file=None, corpus=EVAL / "strangers" / "docs")  # type: ignore[call-arg]

    opened = Opened()
    opened.documents = documents  # type: ignore[attr-defined]
    files = files_on_disk(opened)  # type: ignore[arg-type]
    assert set(files) == set(documents)
    for path in ("office/weir-street-gazette.pdf", "home/plum-dumplings.txt"):
        document = documents[path]
        at = document.text.index(document.text.split()[3])
        assert pointer_valid(cite(document, at, at + 12, number=1), files)


def test_two_claims_are_false_for_each_that_is_true() -> None:
    rows = [json.loads(line) for line in (EVAL / "claims.jsonl").read_text("utf-8").splitlines()]
    true = [row for row in rows if row["true"]]
    assert 2 * len(true) == len(rows) - len(true)
    for row in rows:
        assert (EVAL / "strangers" / "docs" / row["folder"] / row["file"]).is_file()
