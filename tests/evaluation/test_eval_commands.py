"""`summit-qa eval` and `eval-judge` as a user types them, with the bundled models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from doubles import write
from summit_qa.cli.main import app
from summit_qa.errors import ConfigurationError, EvaluationError
from summit_qa.evaluation.report import load_latest

FILES = {
    "a.txt": "The bridge opened in 1932.\n\nIt cost six million pounds.\n",
    "b.txt": "Ann Lee built the bridge.\n",
}
QUESTIONS = """
questions:
  - {id: who, question: "Who built the bridge?", kind: fact, gold: [{file: b.txt, line: 1}],
     must: [[Ann Lee]]}
  - {id: ross, question: "Did Bob Ross paint the bridge?", kind: unanswerable}
"""
RUNNER = CliRunner(env={"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "SUMMIT_QA_LLM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "corpus", FILES)
    write(tmp_path, {"eval/questions.yaml": QUESTIONS})
    return tmp_path


def run(*arguments: str) -> Result:
    return RUNNER.invoke(app, ["eval", *arguments])


def test_an_evaluation_prints_a_table_and_leaves_files_and_a_page(
    folder: Path, checked_in_process: None
) -> None:
    write(folder, {"gate.toml": "[reader.at_least]\npointers_valid = 1\nright = 0.5\n"})
    done = run("--gate", "gate.toml", "--reliance", "1")
    assert done.exit_code == 0, done.output
    assert "Answered correctly" in done.stdout
    assert "Gate passed: 2 figures" in done.stdout
    report = load_latest(folder / "eval" / "results")
    assert report is not None
    assert [each.name for each in report.engines] == [
        "reader",
        "stock-llamaindex",
        "bm25-top-sentence",
        "first-lines",
    ]
    pages = list((folder / "eval" / "results").glob("*.html"))
    assert [page.stem for page in pages] == [report.stem]

    write(
        folder, {"gate.toml": "[reader.at_least]\ngold_recall = 1\n[reader.at_most]\nright = 0.1\n"}
    )
    again = run(
        *("--gate", "gate.toml", "--engine", "reader", "--reliance", "0"),
        *("--against", "eval/results", "--report", "other.html", "--results", "new"),
    )
    assert again.exit_code == 4
    assert "Below the gate: reader, Answered correctly" in again.stdout
    assert "reader: 0 now right, 0 now wrong" in again.stdout
    assert "Against the earlier run" in (folder / "other.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("--gate", "none.toml"), EvaluationError, "none.toml cannot be read"),
        (("--against", "none.json"), EvaluationError, "none.json cannot be read"),
        (("--judge", "parrot"), ConfigurationError, "write openai:<model>"),
        (("--judge", "openai:m"), ConfigurationError, "OPENAI_API_KEY"),
        (("--dataset", "none.json", "--format", "squad"), EvaluationError, "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_command_is_said_before_anything_is_asked(
    folder: Path, arguments: tuple[str, ...], error: type[Exception], says: str
) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, error)
    assert says in str(done.exception)
    assert not (folder / "index").exists()


def test_squad_and_beir_run_from_their_files(folder: Path, checked_in_process: None) -> None:
    answers = [{"text": "1932", "answer_start": 21}]
    paragraph = {
        "context": "The bridge opened in 1932.",
        "qas": [{"id": "q", "question": "When did the bridge open?", "answers": answers}],
    }
    squad = {"data": [{"title": "Bridge", "paragraphs": [paragraph]}]}
    write(folder, {"dev.json": json.dumps(squad)})
    done = run("--dataset", "dev.json", "--format", "squad", "--engine", "reader")
    assert done.exit_code == 0, done.output
    assert "Exact match" in done.stdout
    rows = {
        "tiny/corpus.jsonl": '{"_id": "d", "title": "", "text": "Ann Lee built the bridge."}\n',
        "tiny/queries.jsonl": '{"_id": "q", "text": "Who built the bridge?"}\n',
        "tiny/qrels/test.tsv": "query-id\tcorpus-id\tscore\nq\td\t1\n",
    }
    write(folder, rows)
    done = run("--dataset", "tiny", "--format", "beir")
    assert done.exit_code == 0, done.output
    assert "Recall@100" in done.stdout
    assert sorted(path.parent.name for path in folder.glob("eval/.cache/beir-*/index"))


def test_the_judge_is_measured_on_labels_from_a_file(folder: Path) -> None:
    rows = [
        {"evidence": "The bridge opened in 1932.", "claim": claim, "label": label}
        for claim, label in (
            ("The bridge opened in 1932.", "entailed"),
            ("The bridge did not open in 1932.", "contradicted"),
            ("Ann Lee likes the bridge.", "neutral"),
        )
    ]
    write(folder, {"labels.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    done = RUNNER.invoke(app, ["eval-judge", "labels.jsonl"])
    assert done.exit_code == 0, done.output
    assert "AUROC" in done.stdout
    assert "Probability" in done.stdout
    printed = json.loads(RUNNER.invoke(app, ["eval-judge", "labels.jsonl", "--json"]).stdout)
    assert (printed["count"], printed["positives"]) == (3, 1)
    assert printed["auroc"]["value"] == 1
