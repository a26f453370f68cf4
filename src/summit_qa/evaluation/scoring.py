"""One reply against what its case asks for: a row with its figures and what was missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from summit_qa.documents.decoding import decode
from summit_qa.evaluation.cases import Case, Place, contains
from summit_qa.evaluation.engines import RETRIEVED, Reply
from summit_qa.evaluation.faithfulness import (
    Judged,
    Thresholded,
    judge_answer,
    pointer_valid,
)
from summit_qa.evaluation.metrics import (
    exact_match,
    hit_at,
    ndcg_at,
    reciprocal_rank,
    token_f1,
)
from summit_qa.evaluation.results import CaseRow, CitationRow, StatementRow
from summit_qa.types import Answer, Citation

_LONGEST_QUOTE = 1_000  # characters kept of a quote
Part = tuple[float, float]  # numerator and denominator of one question


@dataclass(frozen=True, slots=True)
class Scoring:
    """What every reply of a run is scored with.

    ``files`` are the corpus as it stands on disk. ``predict`` makes the short answer that is
    compared where cases list whole answers (SQuAD).
    """

    meter: Thresholded
    files: Mapping[str, bytes]
    predict: Callable[[Case, Answer], str] | None = None

    def row(self, case: Case, reply: Reply) -> CaseRow:
        """The row of a case that was answered."""
        prediction = self.predict(case, reply.answer) if self.predict else None
        return score(case, reply, self.meter, self.files, prediction)


def failed_row(case: Case, error: BaseException) -> CaseRow:
    """The row of a case that ended in an error."""
    message = str(error).strip().splitlines() or [""]
    figures: dict[str, Part] = {"failed": (1, 1), "right": (0, 1)}
    if case.answerable:
        figures["answered"] = (0, 1)
    elif case.answerable is False:
        figures |= _abstention(case, abstained=False)
    return _asked(case).model_copy(
        update={
            "error": f"{type(error).__name__}: {message[0]}".rstrip(": "),
            "right": False,
            "missed": ("it failed",),
            "badness": 10.0,
            "figures": figures,
        }
    )


def score(
    case: Case,
    reply: Reply,
    judge: Thresholded,
    files: Mapping[str, bytes],
    prediction: str | None = None,
) -> CaseRow:
    """The row of a case that was answered.

    ``files`` are the corpus as it stands on disk. ``prediction`` is the short answer that is
    compared where the case lists whole answers (SQuAD).
    """
    answer = reply.answer
    judged = judge_answer(answer, judge, files)
    right = is_right(case, answer, prediction)
    missed = tuple(_missed(case, reply, judged, files, prediction))
    return _asked(case).model_copy(
        update={
            "verdict": answer.verdict,
            "short": prediction or answer.short,
            "abstained": answer.abstained,
            "tentative": answer.status == "tentative",
            "confidence": answer.confidence,
            "reason": answer.reason,
            "statements": tuple(
                _statement(statement_pointers, one, case, files)
                for statement_pointers, one in zip(
                    (it.pointers for it in answer.statements), judged, strict=True
                )
            ),
            "disagreements": tuple(
                f"{each.first.location} and {each.second.location}: {each.about}"
                for each in answer.disagreements
            ),
            "found": tuple(str(place) for place in reply.ranked[:RETRIEVED]),
            "right": right,
            "missed": missed,
            "badness": _badness(case, answer, judged, right, files),
            "figures": {
                name: (float(top), float(bottom))
                for name, (top, bottom) in _figures(
                    case, reply, judged, files, right, prediction
                ).items()
            },
            "seconds": reply.seconds,
            "input_tokens": answer.usage.input_tokens,
            "output_tokens": answer.usage.output_tokens,
        }
    )


def is_right(case: Case, answer: Answer, prediction: str | None = None) -> bool:
    """Whether the answer is what the case asks for.

    Unanswerable: it abstains. Yes/no: the verdict. Conflict: a line of each side is shown. Whole
    answers (SQuAD): an exact match. All others: every fact is present, and a gold line is cited
    where the case names any. A false premise may be declined as well.
    """
    if case.kind == "unanswerable":
        return answer.abstained
    if case.kind == "false_premise" and answer.abstained:
        return True
    if answer.abstained:
        return False
    if case.answers:
        return exact_match(prediction or "", case.answers) == 1
    if case.verdict is not None:
        return answer.verdict == case.verdict
    if case.sides:
        return not _sides_missing(case, answer)
    on_gold = not case.gold or bool(cited_lines(answer) & case.gold)
    return on_gold and not _facts_missing(case, answer)


def cited_lines(answer: Answer) -> set[Place]:
    """Every line that the statements point to."""
    pointers = (c for statement in answer.statements for c in statement.pointers)
    return {place for citation in pointers for place in _places(citation)}


def shown_text(answer: Answer) -> str:
    """All that the answer says: verdict, short answer, statements and lines that disagree."""
    parts = [{"yes": "Yes.", "no": "No."}.get(answer.verdict or "", ""), answer.short or ""]
    parts += [statement.text for statement in answer.statements]
    parts += [c.quote for each in answer.disagreements for c in (each.first, each.second)]
    return "\n".join(parts)


def _asked(case: Case) -> CaseRow:
    """What the case asks, with nothing answered yet."""
    wanted = [f"verdict: {case.verdict}"] if case.verdict else []
    wanted += [" / ".join(wordings) for wordings in case.must]
    wanted += [f"answer: {' / '.join(dict.fromkeys(case.answers))}"] if case.answers else []
    wanted += [f"a line of: {_list(side)}" for side in case.sides]
    wanted += ["it abstains"] if case.kind == "unanswerable" else []
    return CaseRow(
        id=case.id,
        kind=case.kind,
        question=case.question,
        history=case.history,
        wanted=tuple(wanted),
        gold=tuple(str(place) for place in sorted(case.gold)),
        why=case.why,
    )


def _figures(
    case: Case,
    reply: Reply,
    judged: Sequence[Judged],
    files: Mapping[str, bytes],
    right: bool,
    prediction: str | None,
) -> dict[str, Part]:
    answer = reply.answer
    figures: dict[str, Part] = {"failed": (0, 1), "right": (right, 1)}
    figures |= _abstention(case, answer.abstained)
    if case.gold:
        relevance = dict.fromkeys(case.gold, 1)
        for k in (1, 3, 5, 10):
            figures[f"hit_at_{k}"] = (hit_at(reply.ranked, relevance, k), 1)
        figures["mrr_at_10"] = (reciprocal_rank(reply.ranked, relevance, 10), 1)
        figures["ndcg_at_10"] = (ndcg_at(reply.ranked, relevance, 10), 1)
    if case.must:
        missing = 0 if answer.abstained else len(_facts_missing(case, answer))
        held = 0 if answer.abstained else len(case.must) - missing
        if case.answerable:
            figures["facts"] = (held, len(case.must))
    if case.verdict:
        figures["verdict_right"] = (answer.verdict == case.verdict, 1)
        figures["verdict_wrong"] = (answer.verdict not in (None, case.verdict), 1)
        figures["verdict_withheld"] = (answer.verdict is None, 1)
    if case.sides:
        figures["disagreement_found"] = (not _sides_missing(case, answer), 1)
    if prediction is not None:
        figures["exact_match"] = (exact_match(prediction, case.answers), 1)
        figures["token_f1"] = (token_f1(prediction, case.answers), 1)
    return figures | _citations(case, answer, judged, files)


def _citations(
    case: Case, answer: Answer, judged: Sequence[Judged], files: Mapping[str, bytes]
) -> dict[str, Part]:
    """What can be said of the citations; little where nothing was stated."""
    figures: dict[str, Part] = {}
    cited = cited_lines(answer)
    if case.gold:
        figures["gold_recall"] = (len(cited & case.gold), len(case.gold))
    if answer.engine == "writer":
        left_out = len(answer.unverified)
        figures["left_out"] = (left_out, left_out + len(answer.statements))
    if not judged:
        return figures
    if case.gold and cited:
        figures["gold_precision"] = (len(cited & case.gold), len(cited))
    pointers = [c for statement in answer.statements for c in statement.pointers]
    if pointers:
        figures["pointers_valid"] = (sum(pointer_valid(c, files) for c in pointers), len(pointers))
        figures["citation_precision"] = (sum(j.precise_pointers for j in judged), len(pointers))
    count = len(judged)
    figures["coverage"] = (sum(j.pointers > 0 for j in judged), count)
    figures["citation_recall"] = (sum(j.entailed for j in judged), count)
    figures["faithful"] = (sum(j.supported for j in judged), count)
    figures["contradicted"] = (sum(j.contradicted for j in judged), count)
    figures["unheld"] = (sum(bool(j.unheld) for j in judged), count)
    return figures


def _abstention(case: Case, abstained: bool) -> dict[str, Part]:
    """Precision, recall and F1 as ratios of sums: F1 is 2 TP / (2 TP + FP + FN)."""
    if case.answerable is None:
        return {}
    if case.answerable:
        figures: dict[str, Part] = {"answered": (not abstained, 1)}
        if abstained:
            figures |= {"abstention_precision": (0, 1), "abstention_f1": (0, 1)}
        return figures
    if not abstained:
        return {"abstention_recall": (0, 1), "abstention_f1": (0, 1)}
    return {
        "abstention_precision": (1, 1),
        "abstention_recall": (1, 1),
        "abstention_f1": (2, 2),
    }


def _missed(
    case: Case,
    reply: Reply,
    judged: Sequence[Judged],
    files: Mapping[str, bytes],
    prediction: str | None,
) -> list[str]:
    """In words: what is wrong with the reply, and where it went wrong."""
    answer = reply.answer
    missed = [
        f"the pointer {citation.location} does not hold its quote"
        for statement in answer.statements
        for citation in statement.pointers
        if not pointer_valid(citation, files)
    ]
    for number, one in enumerate(judged, 1):
        if not one.pointers:
            missed.append(f"statement {number} has no citation")
        elif one.contradicted:
            missed.append(f"statement {number} is contradicted by its cited lines")
        elif not one.supported:
            missed.append(f"statement {number} is not entailed by its cited lines")
        if one.unheld:
            missed.append(f"statement {number} names what no cited line holds: {_join(one.unheld)}")
    if case.kind == "unanswerable":
        return missed if answer.abstained else [*missed, "it answers what no line answers"]
    if answer.abstained:
        if case.kind == "false_premise":
            return missed
        return [*missed, "it abstains", *_retrieval(case, reply)]
    if case.verdict and answer.verdict != case.verdict:
        said = f"says {answer.verdict}" if answer.verdict else "withholds the verdict"
        missed.append(f"it {said}; the verdict is {case.verdict}")
    missed += [
        f"fact missing: {_join(wordings, ' / ')}" for wordings in _facts_missing(case, answer)
    ]
    missed += [f"side not shown: {_list(side)}" for side in _sides_missing(case, answer)]
    if case.answers and exact_match(prediction or "", case.answers) < 1:
        missed.append(f"the short answer “{prediction}” is none of those wanted")
    if case.gold and not cited_lines(answer) & case.gold:
        missed += ["no gold line is cited", *_retrieval(case, reply)]
    return missed


def _retrieval(case: Case, reply: Reply) -> list[str]:
    """Whether retrieval is to blame."""
    if not case.gold:
        return []
    for rank, place in enumerate(reply.ranked, 1):
        if place in case.gold:
            return [f"a gold line was found: {place}, line {rank} of the retrieved"]
    return ["no gold line was found by retrieval"]


def _badness(
    case: Case, answer: Answer, judged: Sequence[Judged], right: bool, files: Mapping[str, bytes]
) -> float:
    """How bad it is, so that the worst come first: wrong outweighs silent, silent incomplete."""
    pointers = [c for statement in answer.statements for c in statement.pointers]
    if not all(pointer_valid(citation, files) for citation in pointers):
        return 9.0
    worst = 0.0
    if any(one.contradicted for one in judged):
        worst = 7.0
    elif any(not one.supported for one in judged):
        worst = 5.0
    elif any(one.unheld for one in judged):
        worst = 1.0
    if not right:
        if case.verdict and answer.verdict not in (None, case.verdict):
            worst = max(worst, 8.0)
        elif not answer.abstained and case.kind in ("unanswerable", "false_premise"):
            worst = max(worst, 6.0)
        elif answer.abstained:
            worst = max(worst, 3.0)
        elif case.gold and not cited_lines(answer) & case.gold:
            worst = max(worst, 4.0)
        else:
            worst = max(worst, 2.0)
    return worst


def _facts_missing(case: Case, answer: Answer) -> list[tuple[str, ...]]:
    text = shown_text(answer)
    return [wordings for wordings in case.must if not contains(text, wordings)]


def _sides_missing(case: Case, answer: Answer) -> list[frozenset[Place]]:
    shown = cited_lines(answer)
    for each in answer.disagreements:
        shown.update(_places(each.first), _places(each.second))
    return [side for side in case.sides if not shown & side]


def _statement(
    pointers: Sequence[Citation], judged: Judged, case: Case, files: Mapping[str, bytes]
) -> StatementRow:
    return StatementRow(
        text=judged.text,
        citations=tuple(_citation(citation, case, files) for citation in pointers),
        entailed=judged.supported,
        contradicted=judged.contradicted,
        probability=judged.probability,
        unheld=judged.unheld,
    )


def _citation(citation: Citation, case: Case, files: Mapping[str, bytes]) -> CitationRow:
    valid = pointer_valid(citation, files)
    first, last = 0, 0
    if valid:
        text, _ = decode(files[citation.file])
        first = citation.start_char - _line_start(text, citation.start_char)
        last = citation.end_char - _line_start(text, citation.end_char - 1)
    return CitationRow(
        number=citation.number,
        file=citation.file,
        first_line=citation.start_line,
        last_line=citation.end_line,
        quote=_shortened(citation.quote),
        valid=valid,
        gold=bool(case.gold.intersection(_places(citation))),
        first_char=first,
        last_char=last,
    )


def _line_start(text: str, char: int) -> int:
    return 1 + max(text.rfind("\n", 0, char), text.rfind("\r", 0, char))


def _shortened(quote: str) -> str:
    """A quote that spans a whole source would be told once a question: its beginning will do."""
    return quote if len(quote) <= _LONGEST_QUOTE else quote[:_LONGEST_QUOTE] + "…"


def _places(citation: Citation) -> list[Place]:
    span = range(citation.start_line, citation.end_line + 1)
    return [Place(citation.file, line) for line in span]


def _list(places: Sequence[Place] | frozenset[Place]) -> str:
    return ", ".join(str(place) for place in sorted(places))


def _join(texts: Sequence[str], separator: str = ", ") -> str:
    return separator.join(texts)
