"""Curves of several methods in panels side by side, as a small SVG that a page can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TypeAlias

Curve: TypeAlias = Sequence[float]
"""A value for 1, 2, 3, ... of what is counted."""
COLOURS = ("#7f7f7f", "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e")
WIDTH, HEIGHT, LEFT, TOP, GAP = 300, 220, 52, 30, 60


def plot(panels: Mapping[str, Mapping[str, Curve]], *, across: str, up: str) -> str:
    """The SVG: a panel for each title, in it a line for each name; the values are percent, shown as given."""
    width = LEFT + len(panels) * (WIDTH + GAP)
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    colour = dict(zip(names, COLOURS, strict=False))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {TOP + HEIGHT + 70}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{TOP + HEIGHT + 70}" fill="white"/>',
    ]
    for number, (title, curves) in enumerate(panels.items()):
        parts += _panel(LEFT + number * (WIDTH + GAP), title, curves, colour, across)
    parts.append(f'<text x="14" y="{TOP + HEIGHT / 2}" transform="rotate(-90 14 {TOP + HEIGHT / 2})" '
                 f'text-anchor="middle">{escape(up)}</text>')  # fmt: skip
    for number, name in enumerate(names):
        x, y = LEFT + number * 110, TOP + HEIGHT + 58
        parts.append(f'<path d="M{x} {y - 4}h20" stroke="{colour[name]}" stroke-width="2"/>')
        parts.append(f'<text x="{x + 25}" y="{y}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(left: int, title: str, curves: Mapping[str, Curve], colour: Mapping[str, str], across: str) -> list[str]:
    count = max(len(curve) for curve in curves.values())
    skipped = min(9, count - 1)
    shown = [value for curve in curves.values() for value in curve[skipped:]]
    low, high = min(shown), max(shown)
    spread = (high - low) or 1.0

    def point(index: int, value: float) -> str:
        x = left + WIDTH * (index - skipped) / max(1, count - 1 - skipped)
        return f"{x:.1f} {TOP + HEIGHT * (high - value) / spread:.1f}"

    parts = [f'<text x="{left}" y="{TOP - 10}" font-weight="bold">{escape(title)}</text>']
    parts.append(f'<path d="M{left} {TOP}v{HEIGHT}h{WIDTH}" stroke="black" fill="none"/>')
    for tick in range(5):
        value = low + spread * tick / 4
        y = TOP + HEIGHT * (high - value) / spread
        parts.append(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#dddddd"/>')
        parts.append(f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end" font-size="10">{value:.2f}</text>')
    for tick in (skipped + 1, (count + skipped + 1) // 2, count):
        x = left + WIDTH * (tick - 1 - skipped) / max(1, count - 1 - skipped)
        parts.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 15}" text-anchor="middle" font-size="10">{tick}</text>')
    parts.append(f'<text x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 32}" text-anchor="middle">{escape(across)}</text>')
    for name, curve in curves.items():
        steps = range(skipped, len(curve), max(1, len(curve) // 60))
        line = "L".join(point(index, curve[index]) for index in (*steps, len(curve) - 1))
        parts.append(f'<path d="M{line}" stroke="{colour[name]}" stroke-width="1.8" fill="none"/>')
    return parts
