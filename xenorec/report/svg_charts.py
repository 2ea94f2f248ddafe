"""Small figures as inline SVG: no script, no outside file, readable in the dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH = 640


def bars(rows: Sequence[tuple[str, float]], *, unit: str = "", label: str = "") -> str:
    """Return horizontal bars, one per (name, value), as plain HTML that wraps on a phone."""
    most = max((value for _, value in rows), default=0) or 1
    body = "".join(
        f'<div class="row"><span class="name">{escape(name)}</span><span class="track">'
        f'<span class="fill" style="width:{max(0.4, 100 * value / most):.1f}%"></span></span>'
        f'<span class="value">{_number(value)}{escape(unit)}</span></div>'
        for name, value in rows
    )
    return f'<div class="bars" role="img" aria-label="{escape(label)}">{body}</div>'


def columns(values: Sequence[float], names: Sequence[str], *, label: str = "") -> str:
    """Return upright columns, one per value, with a name under each that has one."""
    most = max(values, default=0) or 1
    n = max(len(values), 1)
    width, tall = WIDTH / n, 150
    body = []
    for place, (value, name) in enumerate(zip(values, names, strict=True)):
        height = tall * value / most
        x = place * width
        shown = f"{_number(value)}" if value and width > 18 else ""
        body.append(
            f'<rect x="{x + 1:.1f}" y="{tall + 16 - height:.1f}" width="{width - 2:.1f}" '
            f'height="{height:.1f}" rx="2" class="bar"><title>{escape(name)}: '
            f"{_number(value)}</title></rect>"
            f'<text x="{x + width / 2:.1f}" y="{tall + 11 - height:.1f}" text-anchor="middle" '
            f'class="small">{shown}</text>'
            f'<text x="{x + width / 2:.1f}" y="{tall + 32}" text-anchor="middle" '
            f'class="small">{escape(name)}</text>'
        )
    return _svg("".join(body), height=tall + 40, label=label)


def interval(estimate: float, low: float, high: float, *, unit: str, label: str = "") -> str:
    """Return an estimate with its interval on a line, and where zero lies."""
    reach = max(abs(low), abs(high), abs(estimate), 1e-9) * 1.25
    middle, scale = WIDTH / 2, WIDTH / 2 / reach

    def at(value: float) -> float:
        return middle + value * scale

    body = (
        f'<line x1="{middle}" x2="{middle}" y1="8" y2="62" class="zero"/>'
        f'<text x="{middle}" y="78" text-anchor="middle" class="small">0</text>'
        f'<line x1="{at(low):.1f}" x2="{at(high):.1f}" y1="36" y2="36" class="range"/>'
        f'<circle cx="{at(estimate):.1f}" cy="36" r="7" class="dot"/>'
        f'<text x="{at(low):.1f}" y="22" text-anchor="middle" class="small">{low:+.1f}{unit}</text>'
        f'<text x="{at(high):.1f}" y="22" text-anchor="middle" class="small">'
        f"{high:+.1f}{unit}</text>"
    )
    return _svg(body, height=84, label=label)


def _svg(body: str, *, height: float, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(label)}" '
        f'width="100%" xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
