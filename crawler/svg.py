"""Small plots as inline SVG: no script, no other file, every text escaped."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

COLOURS = ("#2f5d8a", "#c8793a", "#5f8f4e", "#9a4d76", "#8a7a3c", "#4f8f95", "#777777")
BAR, GAP = 9, 2


class Series(NamedTuple):
    """One colour of a plot: a name and a value for each column."""

    name: str
    values: Sequence[float]


def bars(columns: Sequence[str], series: Sequence[Series], *, height: int = 120) -> str:
    """Return columns of stacked bars, each with its figures as a tooltip, and a legend."""
    most = max((sum(values) for values in zip(*(s.values for s in series), strict=True)), default=0) or 1
    width = len(columns) * (BAR + GAP)
    shapes = "".join(_column(n, label, series, height / most, height) for n, label in enumerate(columns))
    ends = (
        f'<text x="0" y="{height + 14}">{escape(columns[0])}</text>'
        f'<text x="{width}" y="{height + 14}" text-anchor="end">{escape(columns[-1])}</text>'
        if columns
        else ""
    )
    scale = f'<text x="{width + 4}" y="9">{most:g}</text>'
    return _svg(width + 60, height + 18, shapes + ends + scale) + _legend(series)


def sparkline(columns: Sequence[str], values: Sequence[float], *, height: int = 22) -> str:
    """Return one row of bars without words, for a table cell; tooltips tell the figures."""
    most = max(values, default=0) or 1
    series = (Series("", values),)
    shapes = "".join(_column(n, label, series, height / most, height) for n, label in enumerate(columns))
    return _svg(len(columns) * (BAR + GAP), height, shapes)


def range_bar(half: float, most: float, *, width: int = 300) -> str:
    """Return a thick bar as long as `half` inside a thin one as long as `most`, both shares of the width.

    >>> range_bar(0.5, 1.0, width=10).count("<rect")
    2
    """
    thin = f'<rect y="5" width="{width * min(most, 1.0):.0f}" height="4" fill="#bbc8d5"/>'
    return _svg(width, 14, thin + f'<rect y="2" width="{width * min(half, 1.0):.0f}" height="10" fill="{COLOURS[0]}"/>')


def _column(number: int, label: str, series: Sequence[Series], scale: float, height: int) -> str:
    top = float(height)
    shapes = []
    for index, (name, values) in enumerate(series):
        size = values[number] * scale
        if size:
            top -= size
            said = f"{label}: {values[number]:g}" + (f" {name}" if name else "")
            shapes.append(
                f'<rect x="{number * (BAR + GAP)}" y="{top:.1f}" width="{BAR}" height="{size:.1f}"'
                f' fill="{COLOURS[index % len(COLOURS)]}"><title>{escape(said)}</title></rect>'
            )
    return "".join(shapes)


def _legend(series: Sequence[Series]) -> str:
    items = (
        f'<li><span style="background:{COLOURS[n % len(COLOURS)]}"></span>{escape(s.name)} ({sum(s.values):g})</li>'
        for n, s in enumerate(series)
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _svg(width: float, height: float, shapes: str) -> str:
    return f'<svg width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="img">{shapes}</svg>'
