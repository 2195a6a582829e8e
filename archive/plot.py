"""Draw counts over time: bars for a terminal, and an SVG that stands by itself."""

from collections.abc import Sequence
from html import escape

Values = Sequence[tuple[str, float]]

BAR_WIDTH = 60
_EIGHTHS = " ▏▎▍▌▋▊▉"
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 900, 320, 60, 60, 40
MOST_LABELS = 24


def bars(values: Values, *, as_share: bool = False) -> str:
    """Return one line for each value: its name, the value, and a bar as long as it is large.

    >>> print(bars([("2026", 4.0), ("2027", 2.0)]).replace("█", "#")[:20])
    2026  4  ###########
    """
    most = max((value for _, value in values), default=0.0)
    names = max((len(name) for name, _ in values), default=0)
    written = [_written(value, as_share=as_share) for _, value in values]
    room = max(map(len, written), default=0)
    return "\n".join(
        f"{name:<{names}}  {text:>{room}}  {_bar(value / most if most else 0.0)}".rstrip()
        for (name, value), text in zip(values, written, strict=True)
    )


def svg(title: str, values: Values) -> str:
    """Return a bar chart as SVG: it loads nothing, and says in words what it shows to those who cannot see it."""
    most = max((value for _, value in values), default=0.0) or 1.0
    step = (WIDTH - LEFT - 20) / max(1, len(values))
    every = -(-len(values) // MOST_LABELS) or 1
    marks, labels = [], []
    for n, (name, value) in enumerate(values):
        tall = (HEIGHT - BOTTOM - TOP) * value / most
        x, y = LEFT + n * step, HEIGHT - BOTTOM - tall
        marks.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.5, step * 0.8):.1f}" height="{tall:.1f}">'
            f"<title>{escape(name)}: {value:g}</title></rect>"
        )
        if n % every == 0:
            middle, low = x + step * 0.4, HEIGHT - BOTTOM + 14
            turn = f"rotate(-45 {middle:.1f} {low})"
            labels.append(
                f'<text x="{middle:.1f}" y="{low}" text-anchor="end" transform="{turn}">{escape(name)}</text>'
            )
    told = f"{len(values)} spans; the largest is {most:g}."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" '
        f'font-size="11">\n<title>{escape(title)}</title>\n<desc>{escape(told)}</desc>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fffdf8"/>\n'
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>\n'
        f'<text x="{LEFT - 6}" y="{TOP + 4}" text-anchor="end">{most:g}</text>\n'
        f'<text x="{LEFT - 6}" y="{HEIGHT - BOTTOM}" text-anchor="end">0</text>\n'
        f'<g fill="#a8321f">\n' + "\n".join(marks) + "\n</g>\n" + "\n".join(labels) + "\n</svg>\n"
    )


def _bar(part: float) -> str:
    eighths = round(part * BAR_WIDTH * 8)
    if part and not eighths:
        eighths = 1
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _written(value: float, *, as_share: bool) -> str:
    return f"{value:.2%}" if as_share else f"{value:,.0f}"
