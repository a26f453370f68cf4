"""The report as one page that opens from disk: no script, nothing is loaded from anywhere."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from summit_qa.evaluation.charts import kind_bars, reliability_plot
from summit_qa.evaluation.compare import EngineChange, compare
from summit_qa.evaluation.figures import BY_NAME, DEFINITIONS, OVERALL, Definition
from summit_qa.evaluation.markup import dot, escaped, items, table
from summit_qa.evaluation.metrics import reliability
from summit_qa.evaluation.page_cases import flips, questions
from summit_qa.evaluation.results import BinRow, EngineReport, Figure, JudgeRow, Results
from summit_qa.evaluation.tables import cost_rows, judge_table

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = Path(__file__).with_name("page.css")


def render(report: Results, against: Results | None = None) -> str:
    """The page; ``against`` is an earlier run that it is compared with."""
    changes = compare(report, against) if against else []
    sections = [
        ("summary", "Summary", _summary(report)),
        ("changes", "Against the earlier run", _changes(changes, against) if against else ""),
        ("kinds", "By kind of question", _kinds(report)),
        ("confidence", "How sure, and how often right", _confidence(report)),
        ("judge", "The meter itself", _judge(report.judge) if report.judge else ""),
        ("reliance", "Answers put to the test", _reliance(report)),
        ("questions", "Every question", questions(report)),
    ]
    shown = [section for section in sections if section[2]]
    links = "".join(f'<a href="#{anchor}">{escaped(title)}</a>' for anchor, title, _ in shown)
    body = "".join(
        f'<section id="{anchor}"><h2>{escaped(title)}</h2>{content}</section>'
        for anchor, title, content in shown
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation: {escaped(report.title())}</title>"
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head><body>"
        f"<header><h1>Evaluation: {escaped(report.dataset)}</h1>{_provenance(report)}"
        f"<nav>{links}</nav></header>{body}</body></html>\n"
    )


def _provenance(report: Results) -> str:
    count = max((len(engine.cases) for engine in report.engines), default=0)
    models = "; ".join(f"{name}: {value}" for name, value in report.models.items())
    notes = items(list(report.notes))
    return (
        f"<p>{count:,} questions, asked {escaped(report.created[:16].replace('T', ' '))} UTC, "
        f"commit <code>{escaped(report.commit)}</code></p>"
        f'<p class="dim"><small>Questions <code>{report.dataset_sha256[:12]}</code>, index '
        f"<code>{escaped(report.generation)}</code>; {escaped(models)}</small></p>{notes}"
    )


def _summary(report: Results) -> str:
    rows = []
    section = ""
    for definition in DEFINITIONS:
        figures = [engine.figures[OVERALL].get(definition.name) for engine in report.engines]
        if not any(figure and figure.of for figure in figures):
            continue
        if definition.section != section:
            section = definition.section
            rows.append(_section_row(section, len(figures) + 1))
        rows.append(_figure_row(definition, figures))
    rows.append(_section_row("Cost", len(report.engines) + 1))
    rows += [
        f'<tr><td class="about">{escaped(label)}</td>'
        + "".join(f'<td class="n">{escaped(text)}</td>' for text in texts)
        + "</tr>"
        for label, texts in cost_rows(report)
    ]
    heads = "".join(
        f'<th class="n">{dot(number)}{escaped(engine.name)}</th>'
        for number, engine in enumerate(report.engines)
    )
    about = "".join(
        f"<li>{dot(number)}<b>{escaped(engine.name)}</b>: {escaped(engine.about)}</li>"
        for number, engine in enumerate(report.engines)
    )
    return (
        "<p class=dim>Percent; beneath it the interval that holds it in 95 % of bootstrap "
        "resamples of the questions, and how many statements, citations, lines or questions the "
        "share is of. The best of a row is green.</p>"
        f'<div class="scroll"><table class="engines"><thead><tr><th>Figure</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        f"<h3>The engines</h3><ul>{about}</ul>"
    )


def _section_row(name: str, columns: int) -> str:
    return f'<tr class="section"><th colspan="{columns}">{escaped(name)}</th></tr>'


def _figure_row(definition: Definition, figures: list[Figure | None]) -> str:
    values = [round(each.value, 3) for each in figures if each and each.value is not None]
    best = (max if definition.better == "higher" else min)(values)
    distinct = len(set(values)) > 1
    cells = "".join(_figure_cell(figure, best if distinct else None) for figure in figures)
    lower = " · lower is better" if definition.better == "lower" else ""
    return (
        f'<tr><td class="about">{escaped(definition.label)}'
        f"<small>{escaped(definition.about)}{lower}</small></td>{cells}</tr>"
    )


def _figure_cell(figure: Figure | None, best: float | None) -> str:
    if figure is None or figure.value is None:
        return '<td class="n">–</td>'
    text = f"{100 * figure.value:.1f}"
    if best is not None and round(figure.value, 3) == best:
        text = f'<b class="best">{text}</b>'
    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = f"<span>{100 * figure.low:.0f}–{100 * figure.high:.0f}</span><i>, </i>"
    return f'<td class="n">{text}<small>{interval}<span>of {figure.of:,.0f}</span></small></td>'


def _kinds(report: Results) -> str:
    return (
        "<p class=dim>Share answered correctly, with its 95 % interval as a thin line; the number "
        f"of questions stands beside each kind.</p>{kind_bars(report)}"
    )


def _judge(judge: JudgeRow) -> str:
    measured = judge_table(judge)
    return (
        f"<p class=dim>Faithfulness is measured with the bundled support model. Here it is held "
        f"against {judge.count:,} claims labelled by hand ({escaped(judge.data)}, "
        f"{judge.positives:,} entailed), at the threshold that was fixed beforehand.</p>"
        f'<div class="judge">{reliability_plot(judge.bins)}'
        f"{table(measured.headers, measured.rows)}</div>"
    )


def _confidence(report: Results) -> str:
    """How often what is shown cites a right line, by how sure the engine said it was."""
    parts = []
    for number, engine in enumerate(report.engines):
        shown = [
            (any(citation.gold for each in row.statements for citation in each.citations), sure)
            for row in engine.cases
            if (sure := row.confidence) is not None and not row.abstained
        ]
        if not shown:
            continue
        labels, sureness = zip(*shown, strict=True)
        bins = [BinRow(**asdict(each)) for each in reliability(labels, sureness)]
        plot = reliability_plot(bins, "answers", "“it answers”", "share that cites a right line")
        parts.append(f"<h3>{dot(number)}{escaped(engine.name)}</h3>{plot}")
    if not parts:
        return ""
    return (
        "<p class=dim>Answers that were shown, tentative ones too, by the confidence that stood "
        f"with them.</p>{''.join(parts)}"
    )


def _reliance(report: Results) -> str:
    """The alterations that an answer did not follow, and the answers that were not the same."""
    parts = []
    for number, engine in enumerate(report.engines):
        if not engine.reliance and not engine.differing:
            continue
        failed = [each for each in engine.reliance if not each.relies]
        lines = [f"{each.case}, {each.kind} ({each.what}): {each.after}" for each in failed]
        lines += [f"{identity}: another answer when asked again" for identity in engine.differing]
        parts.append(
            f"<h3>{dot(number)}{escaped(engine.name)}</h3>"
            f"<p>{_reliance_summary(engine)}</p>{items(lines)}"
        )
    if not parts:
        return ""
    return (
        "<p class=dim>The cited lines are blanked, or a number or name is changed in every file, "
        "and the question is asked again: an answer that stays as it was does not rest on what it "
        f"cites.</p>{''.join(parts)}"
    )


def _reliance_summary(engine: EngineReport) -> str:
    texts = []
    for name in ("relies_removed", "relies_changed", "deterministic"):
        figure = engine.figures[OVERALL].get(name)
        if figure and figure.value is not None:
            good = round(figure.value * figure.of)
            texts.append(f"{BY_NAME[name].label.lower()}: {good} of {figure.of:.0f}")
    return escaped("; ".join(texts)) or "Nothing was measured."


def _changes(changes: list[EngineChange], against: Results) -> str:
    parts = [f'<p class="dim">Earlier run: {escaped(against.title())}.</p>']
    if not changes:
        parts.append("<p>No engine took part in both.</p>")
    for change in changes:
        moved = [each for each in change.changes if round(each.after - each.before, 4)]
        rows = [
            [
                each.definition.label,
                f"{100 * each.before:.1f}",
                f"{100 * each.after:.1f}",
                f"{100 * (each.after - each.before):+.1f}",
                "–"
                if each.low is None
                else f"{100 * each.low:+.1f} to {100 * (each.high or 0):+.1f}",
                ("better" if each.better else "worse") if each.clear else "within chance",
            ]
            for each in moved
        ]
        headers = ["Figure", "before", "now", "change", "95 % interval", ""]
        parts.append(f"<h3>{escaped(change.name)}</h3>")
        parts.append(table(headers, rows) if rows else "<p>No figure moved.</p>")
        parts.append(flips(change))
    return "".join(parts)
