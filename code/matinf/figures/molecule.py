"""A structural formula, with the surroundings of one atom lit up."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matinf.background.molecules import MoleculeLayout, Surroundings
from matinf.figures.palette import CATEGORICAL
from matinf.figures.template import new_figure

_APART = 0.11  # half the distance between the lines of a double bond, bonds being 1.5 long
_ROOM = 0.36  # how far from a lettered atom its bonds end
_WIDTHS = (30, 24, 18)  # pixels, from the largest surroundings to the smallest


def molecule(layout: MoleculeLayout, *, name: str, height: int = 400) -> go.Figure:
    """Draw a molecule; colour says which bit covers what around one atom.

    Args:
        layout: From :func:`matinf.background.molecules.molecule_layout`.
        name: What the molecule is called, for the alternative text.
        height: Height in pixels.
    """
    fig = new_figure(alt=_alt(layout, name), height=height)
    largest_first = sorted(layout.surroundings, key=lambda s: -s.radius)
    for surroundings, width in zip(largest_first, _WIDTHS[-len(largest_first) :], strict=False):
        fig.add_trace(_glow(layout, surroundings, width))
    for start, end in strokes(layout):
        fig.add_shape(
            type="line", x0=start[0], y0=start[1], x1=end[0], y1=end[1], line={"width": 2}
        )
    for label, (x, y) in zip(layout.labels, layout.positions.round(3), strict=True):
        if label:
            fig.add_annotation(x=x, y=y, text=label, font={"size": 17})
    fig.add_trace(_atoms(layout))
    return _bare(fig, layout)


def _glow(layout: MoleculeLayout, surroundings: Surroundings, width: int) -> go.Scatter:
    """One trace of thick lines and discs; opacity of the whole trace, so overlaps stay even."""
    colour = CATEGORICAL[surroundings.radius]
    points = [layout.positions[[atom]] for atom in surroundings.atoms]
    points += [layout.positions[layout.bonds[bond, :2]] for bond in surroundings.bonds]
    gap = np.full((1, 2), np.nan)
    path = np.vstack([part for points_ in points for part in (points_, gap)]).round(3)
    return go.Scatter(
        x=path[:, 0],
        y=path[:, 1],
        mode="lines+markers",
        line={"width": width, "color": colour},
        marker={"size": width, "color": colour},
        opacity=0.45 + 0.15 * (2 - min(surroundings.radius, 2)),
        hoverinfo="skip",
        name=f"radius {surroundings.radius} sets bit {surroundings.bit}",
    )


def strokes(layout: MoleculeLayout) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Lines that make the bonds: one to three each, ending short of a letter."""
    strokes = []
    middle = layout.positions.mean(axis=0)
    for first, second, order in layout.bonds:
        start, end = layout.positions[first], layout.positions[second]
        along = (end - start) / np.linalg.norm(end - start)
        across = np.array([-along[1], along[0]])
        short = [_ROOM if layout.labels[atom] else 0.0 for atom in (first, second)]
        start, end = start + short[0] * along, end - short[1] * along
        if across @ (middle - start) < 0:
            across = -across
        for offset in (np.arange(order) - (order - 1) / 2) * 2 * _APART:
            strokes.append(((start + offset * across).round(3), (end + offset * across).round(3)))
    return strokes


def _atoms(layout: MoleculeLayout) -> go.Scatter:
    """Invisible targets for the pointer, which tell the bits that each atom sets."""
    texts = [
        "<br>".join(
            f"radius {row.radius}: bit {row.bit}, {row.fragment}"
            for row in layout.fragments[layout.fragments["atom"] == atom].itertuples()
        )
        for atom in range(len(layout.positions))
    ]
    return go.Scatter(
        x=layout.positions[:, 0].round(3),
        y=layout.positions[:, 1].round(3),
        mode="markers",
        marker={"size": 26, "color": "rgba(0,0,0,0)"},
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        name="atoms",
    )


def _bare(fig: go.Figure, layout: MoleculeLayout) -> go.Figure:
    low, high = layout.positions.min(axis=0) - 0.7, layout.positions.max(axis=0) + 0.7
    fig.update_xaxes(visible=False, range=[low[0], high[0]])
    fig.update_yaxes(visible=False, range=[low[1], high[1]], scaleanchor="x", scaleratio=1)
    return fig.update_layout(
        showlegend=True,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"y": 0, "yanchor": "top", "itemsizing": "constant", "traceorder": "reversed"},
    )


def _alt(layout: MoleculeLayout, name: str) -> str:
    parts = [
        f"radius {s.radius} covers {len(s.atoms)} atoms and sets bit {s.bit}"
        for s in layout.surroundings
    ]
    return (
        f"Structural formula of {name}, {len(layout.positions)} atoms without hydrogen. "
        f"Around one atom three shades grow outwards: {'; '.join(parts)}."
    )
