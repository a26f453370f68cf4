"""Answers as plain JSON-ready dicts: what `--json` prints and what is saved (docs/json.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from summit_qa.types import Answer, Citation, Hit, Statement, SyncReport

if TYPE_CHECKING:
    from summit_qa.check import ClaimCheck


def citation_to_dict(citation: Citation) -> dict[str, Any]:
    """Number, place, quote and support of one citation."""
    return {
        "number": citation.number,
        "location": citation.location,
        "file": citation.file,
        "start_line": citation.start_line,
        "end_line": citation.end_line,
        "start_char": citation.start_char,
        "end_char": citation.end_char,
        "quote": citation.quote,
        "line_text": citation.line_text,
        "support": _rounded(citation.support),
    }


def statement_to_dict(statement: Statement) -> dict[str, Any]:
    """Text, status and citations of one statement."""
    return {
        "text": statement.text,
        "status": statement.status,
        "support": _rounded(statement.support),
        "highlight": [list(pair) for pair in statement.highlight],
        "citations": [citation_to_dict(citation) for citation in statement.citations],
        "further": [citation_to_dict(citation) for citation in statement.further],
    }


def hit_to_dict(hit: Hit) -> dict[str, Any]:
    """Place, text and scores of one passage that retrieval found."""
    passage = hit.passage
    return {
        "location": passage.location,
        "file": passage.path,
        "start_line": passage.span.start_line,
        "end_line": passage.span.end_line,
        "start_char": passage.span.start,
        "end_char": passage.span.end,
        "text": passage.text,
        "score": _rounded(hit.score, 6),
        "ranks": dict(hit.ranks),
    }


def answer_to_dict(answer: Answer) -> dict[str, Any]:
    """The whole answer; keys are stable, numbers rounded to four places."""
    return {
        "question": answer.question,
        "rewritten": answer.rewritten,
        "text": answer.text,
        "verdict": answer.verdict,
        "short": answer.short,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "statements": [statement_to_dict(statement) for statement in answer.statements],
        "citations": [citation_to_dict(citation) for citation in answer.citations],
        "disagreements": [
            {
                "about": disagreement.about,
                "probability": _rounded(disagreement.probability),
                "first": citation_to_dict(disagreement.first),
                "second": citation_to_dict(disagreement.second),
            }
            for disagreement in answer.disagreements
        ],
        "unverified": [statement_to_dict(statement) for statement in answer.unverified],
        "nearest": [hit_to_dict(hit) for hit in answer.nearest],
        "notes": list(answer.notes),
        "engine": answer.engine,
        "model": answer.model,
        "generation": answer.generation,
        "timings": {name: _rounded(value) for name, value in asdict(answer.timings).items()},
        "usage": asdict(answer.usage),
    }


def report_to_dict(report: SyncReport) -> dict[str, Any]:
    """What a sync did, file by file."""
    return asdict(report)


def _rounded(value: float | None, places: int = 4) -> float | None:
    return None if value is None else round(float(value), places)


def check_to_dict(check: ClaimCheck) -> dict[str, Any]:
    """Verdict on a claim, and the lines for and against with their probability."""
    return {
        "claim": check.claim,
        "verdict": check.verdict,
        "probability": _rounded(check.probability),
        "supporting": [citation_to_dict(citation) for citation in check.supporting],
        "contradicting": [citation_to_dict(citation) for citation in check.contradicting],
    }
