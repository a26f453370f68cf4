"""JSON has the keys that docs/json.md documents, no more and no fewer, and survives as JSON."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from summit_qa.documents.citations import cite
from summit_qa.documents.corpus import make_document
from summit_qa.reader.check import ClaimCheck
from summit_qa.types import (
    Answer,
    Disagreement,
    Hit,
    Passage,
    Skipped,
    Span,
    Statement,
    SyncReport,
)

PAGE = (Path(__file__).parent.parent / "docs" / "json.md").read_text(encoding="utf-8")
DOCUMENT = make_document("a.txt", "Größe.\nThe “leaders” met.".encode())
CITATION = cite(DOCUMENT, 7, 25, number=1)
HIT = Hit(Passage("id", "a.txt", Span(7, 25, 2, 2), CITATION.quote), 1 / 61, {"dense": 1})
STATEMENT = Statement(CITATION.quote, (CITATION,), "supported", 2 / 3, ((0, 3),), (CITATION,))
ANSWER = Answer(
    question="Who met?",
    text=f"{CITATION.quote} [1]",
    verdict=None,
    statements=(STATEMENT,),
    citations=(CITATION,),
    status="answered",
    reason=None,
    disagreements=(Disagreement(CITATION, CITATION, 0.9, "the number"),),
    unverified=(STATEMENT,),
    nearest=(HIT,),
    generation="g",
)


def documented(section: str) -> set[str]:
    """The keys in the table of the section."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """The value as a program reads it."""
    read: dict[str, Any] = json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False))
    return read


def test_an_answer_has_the_documented_keys_all_the_way_down() -> None:
    answer = plain(ANSWER.to_dict())
    assert answer == plain(ANSWER.to_dict())
    assert set(answer) == documented("Answer")
    for statement in (*answer["statements"], *answer["unverified"]):
        assert set(statement) == documented("Statement")
        for citation in (*statement["citations"], *statement["further"]):
            assert set(citation) == documented("Citation")
    assert set(answer["citations"][0]) == documented("Citation")
    (disagreement,) = answer["disagreements"]
    assert set(disagreement) == documented("Disagreement")
    assert set(disagreement["first"]) == set(disagreement["second"]) == documented("Citation")
    assert set(answer["nearest"][0]) == documented("Hit")
    assert set(answer["timings"]) == documented("Timings")
    assert set(answer["usage"]) == documented("Usage")


def test_the_other_objects_have_theirs() -> None:
    assert set(HIT.to_dict()) == documented("Hit")
    check = ClaimCheck("They met.", "supported", 0.87654321, (CITATION,), ())
    assert set(check.to_dict()) == documented("Check")
    assert check.to_dict()["probability"] == 0.8765
    report = plain(SyncReport(added=("a.txt",), skipped=(Skipped("b", "why"),)).to_dict())
    assert set(report) == documented("Report")
    assert report["skipped"] == [{"path": "b", "reason": "why"}]


def test_a_citation_says_where_it_stands() -> None:
    citation = plain(ANSWER.to_dict())["citations"][0]
    assert citation["location"] == "a.txt:2"
    start, end = citation["start_char"], citation["end_char"]
    assert DOCUMENT.text[start:end] == citation["quote"] == "The “leaders” met."


def test_numbers_are_rounded_and_never_nan() -> None:
    answer = plain(ANSWER.to_dict())
    assert answer["statements"][0]["support"] == 0.6667
    assert answer["nearest"][0]["score"] == 0.016393


@pytest.mark.parametrize("section", ["Answer", "Statement", "Citation", "Hit", "Check", "Report"])
def test_every_object_is_named_in_the_page(section: str) -> None:
    assert len(documented(section)) >= 5
