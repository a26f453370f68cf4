"""Bars and the reliability plot as inline markup; no script, no picture to load."""

from __future__ import annotations

from collections.abc import Sequence

from summit_qa.evaluation.figures import OVERALL
from summit_qa.evaluation.markup import dot, escaped
from summit_qa.evaluation.results import BinRow, Figure, Results
from summit_qa.evaluation.tables import KIND_NAMES, kinds_of

_LEFT, _TOP, _SIDE = 58, 12, 260


def kind_bars(report: Results, figure: str = "right") -> str:
    """For every kind of question a bar an engine, with the interval as a thin line."""
    groups = []
    for kind in (OVERALL, *kinds_of(report)):
        found = [engine.figures.get(kind, {}).get(figure) for engine in report.engines]
        count = max((each.count for each in found if each), default=0)
        name = "all questions" if kind == OVERALL else KIND_NAMES.get(kind, kind)
        bars = "".join(_bar(number, each) for number, each in enumerate(found))
        groups.append(
            f'<div class="kind"><h3>{escaped(name)} <small>{count:,}</small></h3>{bars}</div>'
        )
    legend = "".join(
        f"<span>{dot(number)}{escaped(engine.name)}</span>"
        for number, engine in enumerate(report.engines)
    )
    return f'<div class="legend">{legend}</div><div class="kinds">{"".join(groups)}</div>'


def reliability_plot(
    bins: Sequence[BinRow],
    of: str = "claims",
    predicted: str = "“entailed”",
    observed: str = "share that people call entailed",
) -> str:
    """Predicted probability against the share that was so; the diagonal is ideal."""
    right, bottom = _LEFT + _SIDE, _TOP + _SIDE
    largest = max((each.count for each in bins), default=1)
    ticks = "".join(
        f'<line x1="{_x(at)}" x2="{_x(at)}" y1="{_TOP}" y2="{bottom}" stroke="var(--line)"/>'
        f'<line x1="{_LEFT}" x2="{right}" y1="{_y(at)}" y2="{_y(at)}" stroke="var(--line)"/>'
        f'<text x="{_x(at)}" y="{bottom + 16}" text-anchor="middle">{at:g}</text>'
        f'<text x="{_LEFT - 7}" y="{_y(at) + 4:.1f}" text-anchor="end">{at:g}</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    )
    points = " ".join(f"{_x(each.predicted):.1f},{_y(each.observed):.1f}" for each in bins)
    dots = "".join(
        f'<circle cx="{_x(each.predicted):.1f}" cy="{_y(each.observed):.1f}" '
        f'r="{3 + 7 * (each.count / largest) ** 0.5:.1f}" fill="var(--e0)" fill-opacity="0.75">'
        f"<title>{each.count} {of}, predicted {each.predicted:.2f}, observed "
        f"{each.observed:.2f}</title></circle>"
        for each in bins
    )
    middle = _LEFT + _SIDE / 2
    return (
        f'<svg viewBox="0 0 {right + 12} {bottom + 38}" role="img" '
        f'aria-label="Reliability: predicted probability against observed share" '
        f'style="width:100%;max-width:380px">{ticks}'
        f'<line x1="{_LEFT}" y1="{bottom}" x2="{right}" y2="{_TOP}" stroke="var(--dim)" '
        f'stroke-dasharray="4 4"/>'
        f'<polyline points="{points}" fill="none" stroke="var(--e0)" stroke-width="1.5"/>{dots}'
        f'<text x="{middle}" y="{bottom + 34}" text-anchor="middle">predicted probability of '
        f"{predicted}</text>"
        f'<text x="12" y="{_TOP + _SIDE / 2}" text-anchor="middle" '
        f'transform="rotate(-90 12 {_TOP + _SIDE / 2})">{observed}</text>'
        "</svg>"
    )


def _bar(number: int, figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return '<div class="bar"><span class="track"></span><small>–</small></div>'
    whisker = ""
    if figure.low is not None and figure.high is not None:
        left, width = 100 * figure.low, 100 * (figure.high - figure.low)
        whisker = f'<u style="left:{left:.1f}%;width:{width:.1f}%"></u>'
    return (
        f'<div class="bar"><span class="track">'
        f'<i style="width:{100 * figure.value:.1f}%;background:var(--e{number % 5})"></i>{whisker}'
        f"</span><small>{escaped(str(figure))}</small></div>"
    )


def _x(value: float) -> float:
    return _LEFT + _SIDE * value


def _y(value: float) -> float:
    return _TOP + _SIDE * (1 - value)
