"""What each rule of English is worth: every one is switched off once.

    python benchmarks/rules_off.py [--only NAME ...]

Asks the questions of ``shared/data/strangers`` (folders of plain text) and of eval/questions.yaml,
prints one line a rule. One process, so that what the base model has read is read once. Indexes are
kept under build/rules. Rules are switched off in the modules that use them; see RULES.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from summit_qa import Assistant
from summit_qa.language.asked import Asked
from summit_qa.models import base_model, relevance
from summit_qa.settings import Settings

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("SUMMIT_QA_DATA", ROOT.parent / "shared" / "data")) / "strangers"
TEXT = ("", "home", "office", "policy/txt", "reference", "rfc/txt")  # folders with plain text
SHOWN = (
    *("cite_hit", "first_cite", "facts", "short_given", "short_right", "verdict_right"),
    *("verdict_wrong", "answered", "declined_right", "wrong_shown", "seconds_p50", "seconds_p95"),
)
READER, FINDING = "summit_qa.reader.reader", "summit_qa.retrieval.finding"


def _yes(*_: object) -> bool:
    return True


def _nothing(*_: object) -> None:
    return None


RULES: Mapping[str, Mapping[str, Any]] = {
    "all on": {},
    "names: one that is mentioned nowhere ends the search": {
        f"{READER}.missing_from": lambda *_: []
    },
    "answer types: a sentence has to hold a number, a date": {f"{READER}.holds": _yes},
    "answer types: passages that can answer come first": {f"{FINDING}.answer_type": _nothing},
    "asked: talk about the sources is taken off": {
        f"{READER}.asked": Asked,
        f"{FINDING}.asked": Asked,
    },
    "disagreement: values by words": {
        "summit_qa.reader.disagreement.differing_values": lambda *_: "",
    },
}


def strangers() -> Any:
    """The scorer of the shared folder; ends the program where it is missing."""
    path = SHARED / "score.py"
    if not path.is_file():
        raise SystemExit(f"No questions in {SHARED}; set SUMMIT_QA_DATA to the shared data.")
    spec = importlib.util.spec_from_file_location("strangers_score", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def without(rule: Mapping[str, Any]) -> Iterator[None]:
    """The rule is off inside."""
    with ExitStack() as stack:
        for target, stand_in in rule.items():
            stack.enter_context(patch(target, stand_in))
        yield


def of_articles(assistant: Assistant) -> str:
    """In words, what comes of the questions on the five articles that stand alone."""
    cases = yaml.safe_load((ROOT / "eval" / "questions.yaml").read_text(encoding="utf-8"))
    marks: dict[str, list[bool]] = {}

    def mark(name: str, value: bool) -> None:
        marks.setdefault(name, []).append(value)

    for case in cases["questions"]:
        if case["kind"] == "follow_up" or not isinstance(case["question"], str):
            continue
        answer = assistant.ask(case["question"])
        if case.get("verdict"):
            mark("verdict right", answer.verdict == case["verdict"])
            mark("wrong", answer.verdict not in (None, case["verdict"]))
        if case["kind"] == "unanswerable":
            mark("declined", answer.abstained)
        elif case["kind"] != "false_premise":
            gold = {(place["file"], place["line"]) for place in case["gold"]}
            mark("answered", not answer.abstained)
            mark(
                "gold line cited",
                any(
                    (citation.file, line) in gold
                    for citation in answer.citations
                    for line in range(citation.start_line, citation.end_line + 1)
                ),
            )
    return ", ".join(f"{name} {sum(v) / len(v):.2f}" for name, v in marks.items())


def main() -> None:
    """Print one line a rule."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="*", help="words that the name of a rule begins with")
    parser.add_argument("--show", type=Path, help="write every answer with all rules on here")
    options = parser.parse_args()
    base_model.REMEMBERED = 200_000
    relevance.REMEMBERED_QUESTIONS = 1_000
    scorer = strangers()
    lines = (SHARED / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [row for row in map(json.loads, lines) if row["folder"] in TEXT]

    def opened(corpus: Path, name: str) -> Assistant:
        index = ROOT / "build" / "rules" / name
        return Assistant.open(settings=Settings.load(corpus=corpus, index=index, engine="reader"))

    folders = {name: opened(SHARED / "docs" / name, name or "all") for name in TEXT}
    articles = opened(ROOT / "corpus", "articles")
    for name, rule in RULES.items():
        if options.only and not name.startswith(tuple(options.only)):
            continue
        with without(rule):
            outcomes = [scorer._ask(folders[q["folder"]], q, q["folder"]) for q in questions]
            figures = scorer.figures(outcomes)
            told = ", ".join(f"{key} {figures[key]:.2f}" for key in SHOWN if key in figures)
            print(f"{name}\n  strangers: {told}\n  articles: {of_articles(articles)}", flush=True)
        if options.show and not rule:
            options.show.write_text(
                "\n".join(
                    f"{o.question['id']} {o.question['kind']} {o.question['question']}\n"
                    f"  {o.shares()}\n  {o.answer.verdict} {o.answer.short!r} "
                    f"{[str(place) for place in o.cited]} gold {o.question['gold'][:4]}\n"
                    f"  {(o.answer.reason or o.answer.text)[:300]!r}"
                    for o in outcomes
                    if o.answer is not None
                ),
                encoding="utf-8",
            )


if __name__ == "__main__":
    main()
