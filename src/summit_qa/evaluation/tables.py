"""Reports as tables of plain text."""

from __future__ import annotations

from summit_qa.evaluation.figures import DEFINITIONS, OVERALL
from summit_qa.evaluation.results import Cost, JudgeRow, Results, Table

KIND_NAMES = {
    "yes_no": "yes/no",
    "false_premise": "false premise",
    "follow_up": "follow-up",
    "noise_robustness": "noise robustness",
}


def summary(report: Results) -> Table:
    """A figure a row, an engine a column: percent (95 % interval), then the cost."""
    headers = ["Figure", *(engine.name for engine in report.engines), "of"]
    rows = []
    for definition in DEFINITIONS:
        figures = [e.figures[OVERALL].get(definition.name) for e in report.engines]
        if not any(figure and figure.of for figure in figures):
            continue
        count = max((figure.count for figure in figures if figure), default=0)
        texts = [str(figure) if figure else "–" for figure in figures]
        rows.append([definition.label, *texts, f"{count:,}"])
    rows += [[label, *texts, ""] for label, texts in cost_rows(report)]
    return Table(headers, rows)


def cost_rows(report: Results) -> list[tuple[str, list[str]]]:
    """Time, tokens and index size of each engine, those that were measured."""
    rows = [(label, [cell(engine.cost) for engine in report.engines]) for label, cell in _COST]
    return [(label, texts) for label, texts in rows if any(text != "–" for text in texts)]


def by_kind(report: Results, figure: str = "right") -> Table:
    """A kind of question a row, one figure of each engine a column."""
    headers = ["Kind", *(engine.name for engine in report.engines), "of"]
    rows = []
    for kind in kinds_of(report):
        found = [engine.figures.get(kind, {}).get(figure) for engine in report.engines]
        if any(found):
            count = max((each.count for each in found if each), default=0)
            texts = [str(each) if each else "–" for each in found]
            rows.append([KIND_NAMES.get(kind, kind), *texts, f"{count:,}"])
    return Table(headers, rows)


def judge_table(judge: JudgeRow) -> Table:
    """The support model against labels: figure, value, and what is behind it."""
    rows = [
        ["AUROC", str(judge.auroc), f"{judge.count:,}"],
        [
            f"Balanced accuracy at {judge.threshold:g}",
            str(judge.balanced_accuracy),
            f"{judge.count:,}",
        ],
        ["Expected calibration error", str(judge.calibration_error), f"{judge.count:,}"],
    ]
    if judge.pairs_right is not None:
        rows.insert(0, ["Pairs right", str(judge.pairs_right), f"{judge.pairs_right.count:,}"])
    what = "Balanced accuracy" if judge.pairs_right is None else "Pairs right"
    rows += [
        [f"{what}: {kind}", str(figure), f"{figure.count:,}"]
        for kind, figure in judge.kinds.items()
    ]
    return Table(["Figure", "Percent (95 % interval)", "of"], rows)


def kinds_of(report: Results) -> list[str]:
    """The kinds of question, in the order in which they are asked."""
    kinds = (row.kind for engine in report.engines for row in engine.cases)
    return list(dict.fromkeys(kinds))


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f} s" if value >= 0.1 else f"{1000 * value:.1f} ms"


def _index(cost: Cost) -> str:
    return "–" if cost.index_bytes is None else f"{cost.index_bytes / 1e6:.2f} MB"


def _tokens(cost: Cost) -> str:
    if not cost.input_tokens and not cost.output_tokens:
        return "–"
    return f"{cost.input_tokens:,} + {cost.output_tokens:,}"


_COST = (
    ("Time p50", lambda cost: _seconds(cost.seconds_p50)),
    ("Time p95", lambda cost: _seconds(cost.seconds_p95)),
    ("Tokens in + out", _tokens),
    ("Index", _index),
)
