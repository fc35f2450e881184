"""Charts as SVG of our own: the same picture on pages of the console and in PDF. Pure.

No script, no style sheet, no address: every colour stands at its shape, and every figure beside it in letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from etpp.reports.model import Chart, Tone

FILLS: dict[Tone, str] = {
    "plain": "#35618f",
    "good": "#3f7d58",
    "late": "#d98c1f",
    "bad": "#b3372f",
    "away": "#6f7fa8",
    "off": "#c9ced6",
    "doubt": "#8c6bb1",
}
"""Told apart by lightness as well (from 0.2 to 0.6), so that a black-and-white print still shows the parts."""

WIDTH, LABELS, BAR, GAP = 760, 250, 20, 9
HEIGHT, PLOT_TOP, PLOT_HEIGHT = 236, 34, 150
FONT = "Liberation Sans, DejaVu Sans, sans-serif"
INK, FAINT = "#1d2530", "#c4cad3"


def svg(chart: Chart, figure: Callable[[Decimal], str]) -> str:
    """`figure`: a value as people read it. The picture's text alternative names the chart; its table has the rest."""
    draw = _bars if chart.kind == "bars" else _columns
    height, shapes = draw(chart, figure)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label={quoteattr(chart.title)} font-family={quoteattr(FONT)} font-size="12" fill="{INK}">'
        f"<title>{escape(chart.title)}</title>{''.join(shapes)}</svg>"
    )


def _bars(chart: Chart, figure: Callable[[Decimal], str]) -> tuple[int, list[str]]:
    (series,) = chart.series
    most = max((abs(value) for value in series.values), default=Decimal(0)) or Decimal(1)
    room = WIDTH - LABELS - 130
    shapes = []
    for n, (label, value) in enumerate(zip(chart.labels, series.values, strict=True)):
        y = 4 + n * (BAR + GAP)
        length = float(abs(value) / most) * room
        fill = FILLS["bad"] if value < 0 else FILLS[series.tone]
        shapes.append(_text(LABELS - 8, y + 15, _cut(label, 42), "end"))
        shapes.append(f'<rect x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{fill}"/>')
        shapes.append(_text(LABELS + length + 6, y + 15, figure(value)))
    height = 8 + len(chart.labels) * (BAR + GAP)
    shapes.append(f'<path d="M{LABELS} 0V{height - 4}" stroke="{FAINT}"/>')
    return height, shapes


def _columns(chart: Chart, figure: Callable[[Decimal], str]) -> tuple[int, list[str]]:
    sums = [sum(values, Decimal(0)) for values in zip(*(s.values for s in chart.series), strict=True)]
    most = max(sums, default=Decimal(0)) or Decimal(1)
    step = (WIDTH - 20) / max(len(chart.labels), 1)
    wide = min(step * 0.72, 70)
    base = PLOT_TOP + PLOT_HEIGHT
    shapes = list(_legend(chart))
    for n, label in enumerate(chart.labels):
        middle, top = 10 + step * (n + 0.5), float(base)
        for series in chart.series:
            tall = float(series.values[n] / most) * (PLOT_HEIGHT - 16)
            top -= tall
            if tall:
                shapes.append(
                    f'<rect x="{middle - wide / 2:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
                    f' fill="{FILLS[series.tone]}"/>'
                )
        if sums[n]:
            shapes.append(_text(middle, top - 4, figure(sums[n]), "middle"))
        for line, words in enumerate(label.split("\n")):
            shapes.append(_text(middle, base + 17 + line * 14, words, "middle"))
    shapes.append(f'<path d="M10 {base}H{WIDTH - 10}" stroke="{INK}"/>')
    return HEIGHT, shapes


def _legend(chart: Chart) -> Iterator[str]:
    x = 10.0
    for series in chart.series:
        yield f'<rect x="{x:.1f}" y="4" width="12" height="12" fill="{FILLS[series.tone]}"/>'
        yield _text(x + 17, 14, series.name)
        x += 40 + 7 * len(series.name)


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
