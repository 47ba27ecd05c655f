"""A bar chart as SVG, drawn by hand."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["bars"]

_ROW, _LEFT, _WIDTH = 22, 270, 760
_COLOURS = ("#2563eb", "#9ca3af", "#059669", "#d97706")


def bars(title: str, lines: Sequence[tuple[str, float, str]]) -> str:
    """Return an SVG of horizontal bars; each line is a label, its value and the group that gives the colour."""
    groups = list(dict.fromkeys(group for _, _, group in lines))
    most = max((value for _, value, _ in lines), default=1.0)
    height = 40 + _ROW * len(lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="10" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    for nth, (label, value, group) in enumerate(lines):
        top = 34 + _ROW * nth
        wide = (_WIDTH - _LEFT - 60) * value / most
        colour = _COLOURS[groups.index(group) % len(_COLOURS)]
        parts += [
            f'<text x="{_LEFT - 8}" y="{top + 12}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{wide:.1f}" height="{_ROW - 6}" fill="{colour}"/>',
            f'<text x="{_LEFT + wide + 6:.1f}" y="{top + 12}">{value:.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
