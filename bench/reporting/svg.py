"""Two kinds of charts as SVG text, readable on light and dark pages, by people who see no colours, and by those
who have the figures read to them."""

import math
from dataclasses import dataclass
from html import escape

WIDTH = 760
LABELS = 150
VALUES = 120

STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.group { font-weight: 600 } .quiet, .axis text { fill: #57606a }
.page { fill: #ffffff } .bar { fill: #8c959f } .ours { fill: #0969da } .limit { fill: #bf8700 }
.whisker, .grid { stroke: #57606a; fill: none } .grid { opacity: .25 }
.line { fill: none; stroke: #57606a; stroke-width: 2 } .mark { fill: #57606a }
.a { stroke: #0969da } .b { stroke: #bf8700 } .c { stroke: #1a7f37 } .d { stroke: #8250df }
.mark.a { fill: #0969da } .mark.b { fill: #bf8700 } .mark.c { fill: #1a7f37 } .mark.d { fill: #8250df }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .quiet, .axis text { fill: #9198a1 } .page { fill: #0d1117 } .bar { fill: #6e7681 }
.ours { fill: #58a6ff } .limit { fill: #d29922 } .whisker, .grid { stroke: #9198a1 }
.a { stroke: #58a6ff } .b { stroke: #d29922 } .c { stroke: #3fb950 } .d { stroke: #a371f7 }
.mark.a { fill: #58a6ff } .mark.b { fill: #d29922 } .mark.c { fill: #3fb950 } .mark.d { fill: #a371f7 }
}
</style>"""


@dataclass(frozen=True)
class Bar:
    """One value with its spread, and the text after it."""

    label: str
    low: float
    value: float
    high: float
    text: str
    kind: str = "bar"


def _document(title: str, description: str, height: float, parts: list) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" role="img" aria-labelledby="title description">'
    )
    texts = f'<title id="title">{escape(title)}</title><desc id="description">{escape(description)}</desc>'
    page = f'<rect class="page" width="{WIDTH}" height="{height:.0f}" rx="6"/>'
    heading = f'<text class="group" x="12" y="24">{escape(title)}</text>'
    return "\n".join([head, texts, STYLE, page, heading, *parts, "</svg>"]) + "\n"


def bars(title: str, groups: list) -> str:
    """Horizontal bars in groups, `[(name, [Bar, …]), …]`; the whisker reaches from the smallest to the largest round."""
    most = max(bar.high for _, members in groups for bar in members)
    room = WIDTH - LABELS - VALUES - 24

    def place(value: float) -> float:
        return room * value / most

    parts, y, spoken = [], 44.0, []
    for name, members in groups:
        parts.append(f'<text class="group" x="12" y="{y + 12:.0f}">{escape(name)}</text>')
        y += 20
        for bar in members:
            end, middle = LABELS + place(bar.value), y + 8
            parts.append(f'<text x="{LABELS - 8}" y="{y + 12:.0f}" text-anchor="end">{escape(bar.label)}</text>')
            parts.append(
                f'<rect class="{bar.kind}" x="{LABELS}" y="{y:.0f}" width="{max(place(bar.value), 1):.1f}" height="15"/>'
            )
            low, high = LABELS + place(bar.low), LABELS + place(bar.high)
            parts.append(f'<path class="whisker" d="M{low:.1f} {middle:.1f}H{high:.1f}"/>')
            parts.append(f'<text class="quiet" x="{max(end, high) + 6:.1f}" y="{y + 12:.0f}">{escape(bar.text)}</text>')
            spoken.append(f"{name}, {bar.label}: {bar.text}")
            y += 19
        y += 8
    return _document(title, "; ".join(spoken) + ".", y + 4, parts)


@dataclass(frozen=True)
class Line:
    """Points of one series; `kind` picks colour and mark."""

    label: str
    points: list
    kind: str


def _mark(kind: str, x: float, y: float) -> str:
    shape = {
        "a": f'<circle class="mark a" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
        "b": f'<rect class="mark b" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>',
        "c": f'<path class="mark c" d="M{x:.1f} {y - 5:.1f}l5 9h-10z"/>',
        "d": f'<path class="mark d" d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z"/>',
    }
    return shape[kind]


def lines(title: str, series: list, unit: str) -> str:
    """Lines over a logarithmic axis of rows, from zero upwards; each is named at its end."""
    left, right, top, bottom = 64, WIDTH - 150, 44, 260
    points = [point for line in series for point in line.points]
    first, last = math.log10(min(x for x, _ in points)), math.log10(max(x for x, _ in points))
    step = _step(max(y for _, y in points))
    most = step * math.ceil(max(y for _, y in points) / step)

    def at(x: float, y: float) -> tuple:
        across = (math.log10(x) - first) / ((last - first) or 1)
        return left + (right - left) * across, bottom - (bottom - top) * y / most

    parts = ['<g class="axis">']
    for tick in range(round(most / step) + 1):
        y = at(10**first, tick * step)[1]
        parts.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{tick * step:g}</text>')
    for x in sorted({x for x, _ in points}):
        parts.append(f'<text x="{at(x, 0)[0]:.1f}" y="{bottom + 20}" text-anchor="middle">{x:,}</text>')
    parts.append(f'<text x="{(left + right) / 2:.0f}" y="{bottom + 40}" text-anchor="middle">rows in the table</text></g>')
    spoken, ends = [], []
    for line in sorted(series, key=lambda line: line.points[-1][1]):
        places = [at(x, y) for x, y in line.points]
        parts.append(f'<path class="line {line.kind}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>')
        parts += [_mark(line.kind, x, y) for x, y in places]
        # Names that would lie on each other move apart.
        y = min(places[-1][1] + 4, ends[-1] - 15) if ends else places[-1][1] + 4
        ends.append(y)
        parts.append(f'<text x="{right + 10}" y="{y:.1f}">{escape(line.label)}</text>')
        spoken.append(f"{line.label}: " + ", ".join(f"{y:.3g} {unit} at {x:,} rows" for x, y in line.points))
    return _document(title, "; ".join(spoken) + ".", bottom + 56, parts)


def _step(most: float) -> float:
    power = 10 ** math.floor(math.log10(most))
    return next(part * power for part in (0.2, 0.5, 1, 2) if most / (part * power) <= 6)
