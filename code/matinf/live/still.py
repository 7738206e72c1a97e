"""Still pictures: what a laboratory shows where its script does not run.

Plain inline SVG in the colours of the page, so that it holds in both themes.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Place = Callable[[ArrayLike, ArrayLike], NDArray[np.float64]]

_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 12, 46  # px
_LINE_GAP = 18


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a still picture: its title with unit, and its range."""

    title: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What is drawn: a line, a band between ``y`` and ``high``, or points.

    Attributes:
        kind: ``"line"``, ``"band"`` or ``"points"``.
        x: Places on the x axis, shape (n,).
        y: Places on the y axis, shape (n,).
        high: For a band, its upper edge, shape (n,).
        role: A name of the book's palette.
        dash: For a line, whether it is broken.
    """

    kind: str
    x: ArrayLike
    y: ArrayLike
    high: ArrayLike | None = None
    role: str = "accent"
    dash: bool = False


def still_picture(
    *, x: Axis, y: Axis, marks: Sequence[Mark], width: int = 720, height: int = 320
) -> str:
    """Draw marks between two axes.

    Args:
        x: The horizontal axis.
        y: The vertical axis.
        marks: What to draw, the first at the back; points outside the axes are cut off.
        width: Of the drawing, in units that are pixels where it is shown as wide as this.
        height: The same.
    """
    right, bottom = width - _RIGHT, height - _BOTTOM

    def place(xs: ArrayLike, ys: ArrayLike) -> NDArray[np.float64]:
        across = _LEFT + (np.asarray(xs, float) - x.low) / (x.high - x.low) * (right - _LEFT)
        up = bottom - (np.asarray(ys, float) - y.low) / (y.high - y.low) * (bottom - _TOP)
        return np.column_stack([across, np.clip(up, _TOP, bottom)])

    drawn = "".join(_drawn(mark, place) for mark in marks)
    return (
        f'<svg viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" style="fill:none;stroke:var(--quiet)"/>'
        f"{_labels(x, y, right, bottom)}{drawn}</svg>"
    )


def _labels(x: Axis, y: Axis, right: int, bottom: int) -> str:
    middle, up = (_LEFT + right) / 2, (_TOP + bottom) / 2
    texts = [
        (_LEFT, bottom + _LINE_GAP, "start", "", f"{x.low:g}"),
        (right, bottom + _LINE_GAP, "end", "", f"{x.high:g}"),
        (_LEFT - 6, bottom, "end", "", f"{y.low:g}"),
        (_LEFT - 6, _TOP + 10, "end", "", f"{y.high:g}"),
        (middle, bottom + 2 * _LINE_GAP, "middle", "", x.title),
        (0, 0, "middle", f' transform="translate(16 {up:g}) rotate(-90)"', y.title),
    ]
    return "".join(
        f'<text x="{across:g}" y="{down:g}" text-anchor="{anchor}"{turned}>'
        f"{html.escape(text.replace('-', '−'))}</text>"
        for across, down, anchor, turned, text in texts
    )


def _drawn(mark: Mark, place: Place) -> str:
    colour = f"var(--series-{mark.role})"
    points = place(mark.x, mark.y)
    if mark.kind == "band" and mark.high is not None:
        edge = place(mark.x, mark.high)[::-1]
        path = _path(np.vstack([points, edge]))
        return f'<path d="{path}Z" style="fill:{colour};fill-opacity:.18"/>'
    if mark.kind == "points":
        circles = (f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4.5"/>' for a, b in points)
        return f'<g style="fill:{colour}">{"".join(circles)}</g>'
    if mark.kind != "line":
        raise ValueError(f"kind: expected 'line', 'band' or 'points', got {mark.kind!r}")
    broken = ";stroke-dasharray:6 5" if mark.dash else ""
    return f'<path d="{_path(points)}" style="fill:none;stroke:{colour};stroke-width:2{broken}"/>'


def _path(points: NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
