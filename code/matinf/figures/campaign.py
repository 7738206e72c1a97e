"""Figures of "A campaign", while it runs: the energies, the course, the molecules, the price."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.active.evaluation import Aftermath
from matinf.background.molecules import MoleculeLayout
from matinf.figures.colour_bar import ColourMap
from matinf.figures.molecule import strokes
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.figures.ticks import linear_ticks
from matinf.intervals import decimal

LUMO = "LUMO energy (eV)"


def frontier_energies(
    homo: ArrayLike, lumo: ArrayLike, *, wanted: float, highest: float
) -> go.Figure:
    """How HOMO and LUMO energies are distributed, and where the wanted ones begin, eV.

    Args:
        homo: Energies of the molecules, shape ``(n_molecules,)``.
        lumo: Likewise.
        wanted: LUMO energy from which a molecule is among those sought.
        highest: The largest there is.
    """
    levels = {"HOMO": np.asarray(homo, dtype=float), "LUMO": np.asarray(lumo, dtype=float)}
    above = int(np.sum(levels["LUMO"] >= wanted))
    fig = new_figure(
        alt="Histograms of "
        + " and ".join(
            f"{name} energies, median {decimal(float(np.median(e)), 1)} eV, from "
            f"{decimal(float(e.min()), 1)} to {decimal(float(e.max()), 1)} eV"
            for name, e in levels.items()
        )
        + f". The {above} molecules above {wanted:.2f} eV stand at the far right end.",
        height=360,
        wide=True,
    )
    for (name, energies), colour in zip(
        levels.items(), (COLOURS["muted"], COLOURS["accent"]), strict=True
    ):
        edges = np.arange(-10, 3.01, 0.1)
        counts, _ = np.histogram(energies, bins=edges)
        kept = np.flatnonzero(counts)
        fig.add_bar(
            x=(edges[kept] + 0.05).round(2),
            y=counts[kept],
            width=0.1,
            marker={"color": with_alpha(colour, 0.75)},
            name=name,
            showlegend=False,
            hovertemplate=f"{name} %{{x:.2f}} ± 0.05 eV: %{{y}} molecules<extra></extra>",
        )
        place = {"x": float(np.median(energies)), "y": float(counts.max())}
        fig.add_annotation(**place, text=f"<b>{name}</b>", yanchor="bottom")
    fig.add_vrect(
        x0=wanted, x1=highest + 0.1, line_width=0, fillcolor=with_alpha(COLOURS["truth"], 0.3)
    )
    fig.add_annotation(
        x=wanted, y=0.55, yref="paper", xanchor="right", xshift=-4, align="right",
        text=f"the {above}<br>sought",
    )  # fmt: skip
    fig.update_xaxes(title_text="Orbital energy (eV)")
    return fig.update_yaxes(title_text="Molecules per 0.1 eV", rangemode="tozero")


def course(
    values: ArrayLike,
    *,
    n_initial: int,
    expected_random: ArrayLike,
    wanted: float,
    optimum: float,
) -> go.Figure:
    """A campaign as it went: every measurement, and the best so far, eV.

    Args:
        values: Measured values in order, shape ``(n_measured,)``.
        n_initial: How many of them were drawn at random before the first choice.
        expected_random: Expected best of as many random draws, same shape.
        wanted: Value from which a candidate is among those sought.
        optimum: Largest value of the pool.
    """
    y, blind = np.asarray(values, dtype=float), np.asarray(expected_random, dtype=float)
    n, best = np.arange(1, y.size + 1), np.maximum.accumulate(y)
    share = np.mean(y[n_initial:] >= wanted)
    fig = new_figure(
        alt=f"LUMO energies in the order of measurement. The first {n_initial}, at random, scatter "
        f"from {decimal(float(y[:n_initial].min()), 1)} to {y[:n_initial].max():.1f} eV; those "
        f"chosen crowd near the top, {share:.0%} of them above {wanted:.2f} eV. The best so far "
        f"ends at {best[-1]:.2f} eV of {optimum:.2f}, the expectation of random search at "
        f"{blind[-1]:.2f} eV.",
        height=430,
        wide=True,
    )
    for rows, colour, name in (
        (slice(0, n_initial), COLOURS["random"], "drawn at random"),
        (slice(n_initial, None), COLOURS["accent"], "chosen"),
    ):
        fig.add_scatter(
            x=n[rows],
            y=y[rows].round(3),
            mode="markers",
            marker={"color": with_alpha(colour, 0.6), "size": 4},
            name=name,
            showlegend=False,
            hovertemplate="measurement %{x}: %{y:.2f} eV<extra></extra>",
        )
    _steps(fig, n, best, COLOURS["truth"], "best so far")
    _steps(fig, n, blind, COLOURS["random"], "random search, expected best")
    fig.add_scatter(
        x=[0, y.size],
        y=[round(wanted, 3)] * 2,
        mode="lines",
        line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
        name="the 100 best begin",
        hoverinfo="skip",
    )
    fig.update_xaxes(title_text="Measurements", range=[-8, y.size + 8])
    return fig.update_yaxes(title_text=LUMO)


def _steps(
    fig: go.Figure, n: NDArray[np.int64], y: NDArray[np.float64], colour: str, name: str
) -> None:
    """A line that only rises, kept where it rises."""
    rises = np.flatnonzero(np.diff(y.round(3), prepend=-np.inf, append=np.inf)[:-1])
    kept = np.union1d(rises, [y.size - 1])
    fig.add_scatter(
        x=n[kept],
        y=y[kept].round(3),
        mode="lines",
        line={"color": colour, "width": 2.5, "shape": "hv"},
        name=name,
        hovertemplate=f"{name} %{{y:.2f}} eV<extra></extra>",
    )


def structures(layouts: Sequence[MoleculeLayout], captions: Sequence[str]) -> go.Figure:
    """Structural formulas side by side, drawn to one scale.

    Args:
        layouts: The molecules, from ``matinf.background.molecules.molecule_layout``.
        captions: What stands under each; ``<br>`` breaks a line.
    """
    columns = 4
    said = zip(layouts, captions, strict=True)
    alt = "Structural formulas: " + "; ".join(
        f"{layout.smiles}, {caption.replace('<br>', ', ')}" for layout, caption in said
    )
    fig = new_figure(alt=alt, height=165 * -(-len(layouts) // columns), wide=True)
    fig.layout.meta = {**fig.layout.meta, "narrow_height": 96 * -(-len(layouts) // columns)}
    lying = [_lying(layout) for layout in layouts]
    reach = np.max([np.abs(layout.positions).max(axis=0) for layout in lying], axis=0)
    width, height = 2 * reach + [1.2, 2.4]
    for number, (layout, caption) in enumerate(zip(lying, captions, strict=True)):
        row, column = divmod(number, columns)
        corner = np.array([column * width, -row * height])
        _structure(fig, layout, corner)
        fig.add_annotation(
            x=corner[0], y=corner[1] - reach[1] - 0.3, yanchor="top", text=caption,
            font={"size": 12},
        )  # fmt: skip
    rows = (len(layouts) - 1) // columns
    fig.update_xaxes(visible=False, range=[-width / 2, (columns - 0.5) * width])
    fig.update_yaxes(
        visible=False, range=[-rows * height - reach[1] - 1.9, reach[1] + 0.4], scaleanchor="x"
    )
    fig.add_scatter(x=[0], y=[0], mode="markers", marker={"opacity": 0}, hoverinfo="skip",
                    showlegend=False)  # fmt: skip
    return fig.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})


def _lying(layout: MoleculeLayout) -> MoleculeLayout:
    """The molecule turned so that it is longest from left to right, around the origin."""
    away = layout.positions - layout.positions.mean(axis=0)
    along = np.linalg.svd(away, full_matrices=False)[2][0]
    turned = away @ np.array([[along[0], -along[1]], [along[1], along[0]]])
    middle = (turned.min(axis=0) + turned.max(axis=0)) / 2
    return replace(layout, positions=turned - middle)


def _structure(fig: go.Figure, layout: MoleculeLayout, corner: NDArray[np.float64]) -> None:
    for start, end in strokes(layout):
        (x0, y0), (x1, y1) = (start + corner).round(2), (end + corner).round(2)
        fig.add_shape(type="line", x0=x0, y0=y0, x1=x1, y1=y1, line={"width": 1.5})
    for label, (x, y) in zip(layout.labels, (layout.positions + corner).round(2), strict=True):
        if label:
            fig.add_annotation(x=x, y=y, text=label, font={"size": 12})


def price(aftermaths: Mapping[str, Aftermath]) -> go.Figure:
    """Predicted against true LUMO energies of what each campaign never measured, eV.

    Args:
        aftermaths: Two of them, by the name of what chose the training data.
    """
    said = [
        f"after {name} R squared is {decimal(after.r2, 2)}, mean absolute error "
        f"{after.mean_absolute_error:.2f} eV"
        for name, after in aftermaths.items()
    ]
    fig = new_figure(
        alt="Density of predicted against true energies of the molecules that were never measured, "
        "in two panels: " + "; ".join(said) + ".",
        height=400,
        wide=True,
    )
    titles = [f"<b>{name}</b>: R² {decimal(a.r2, 2)}" for name, a in aftermaths.items()]
    fig.set_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.05, subplot_titles=titles)
    every = np.concatenate([np.r_[after.y, after.mean] for after in aftermaths.values()])
    span = (float(every.min()) - 0.1, float(every.max()) + 0.1)
    edges = np.linspace(*span, 46)
    counts = [np.histogramdd((a.mean, a.y), bins=(edges, edges))[0] for a in aftermaths.values()]
    colours = ColourMap(low=1, high=float(max(c.max() for c in counts)), log=True)
    for column, count in enumerate(counts, start=1):
        fig.add_trace(_density(count, edges, colours, last=column == 2), row=1, col=column)
        fig.add_shape(
            type="line", x0=span[0], y0=span[0], x1=span[1], y1=span[1], name="parity",
            row=1, col=column,
        )  # fmt: skip
    ticks = {"tickvals": linear_ticks(*span), "range": span}
    fig.update_xaxes(title_text="True LUMO (eV)", **ticks)
    fig.update_yaxes(**ticks)
    fig.update_yaxes(title_text="Predicted (eV)", col=1)
    return fig.update_annotations(font={"size": 13}).update_layout(margin={"t": 40})


def _density(
    counts: NDArray[np.float64], edges: NDArray[np.float64], colours: ColourMap, *, last: bool
) -> go.Heatmap:
    centres = ((edges[:-1] + edges[1:]) / 2).round(2)
    shades = colours.z(np.where(counts > 0, counts, np.nan)).round(2)
    bar = {"orientation": "h", "x": 1, "xanchor": "right", "y": 0.04, "yanchor": "bottom"}
    settings = colours.trace_settings("Molecules", len=0.3, **bar)
    return go.Heatmap(
        x=centres,
        y=centres,
        z=[[None if np.isnan(v) else v for v in row] for row in shades.tolist()],
        customdata=counts.astype(int).tolist(),
        **{**settings, "showscale": last},
        hovertemplate="true %{x:.1f} eV<br>predicted %{y:.1f} eV<br>molecules: %{customdata}"
        "<extra></extra>",
        hoverongaps=False,
    )
