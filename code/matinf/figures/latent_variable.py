"""Figures of "Latent variable": base model, gaps against latent variables, parity.

Learning curves are drawn in ``latent_variable_curves``, rows of intervals in ``interval_rows``.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.checks import same_shape
from matinf.figures.interval_rows import (
    NO_TRANSFER,
    TRANSFER,
    make_panels,
    name_rows,
    outputs,
    sources,
    standing,
)
from matinf.figures.latent_variable_curves import gain, learning_curve
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.pointer import add_pointer
from matinf.figures.template import new_figure
from matinf.figures.ticks import linear_ticks
from matinf.quantities import Quantity

__all__ = [
    "base_model",
    "gain",
    "gap_against_latent",
    "learning_curve",
    "outputs",
    "parity_pair",
    "sources",
    "standing",
]


def base_model(quantities: Sequence[Quantity], r2: ArrayLike) -> go.Figure:
    """R² of the base model on source compositions that it never saw, p beside n.

    Args:
        quantities: The outputs, a p and an n of each property side by side.
        r2: R² of each, shape ``(n_outputs,)``.
    """
    found = np.asarray(r2, dtype=float).reshape(-1, 2)
    names = [_property(q.name) for q in quantities[::2]]
    order = np.argsort(-found.mean(axis=1))
    fig = new_figure(
        alt="R squared of the base model on held-out source compositions, holes and electrons: "
        + ", ".join(f"{names[k]} {found[k, 0]:.1f} and {found[k, 1]:.1f}" for k in order)
        + ".",
        height=340,
    )
    for column, (carrier, symbol) in enumerate((("holes", "circle"), ("electrons", "diamond"))):
        fig.add_scatter(
            x=found[order, column].round(4),
            y=np.arange(len(order)),
            mode="markers",
            marker={"color": TRANSFER, "size": 11, "symbol": symbol},
            name=carrier,
            hovertemplate=f"%{{customdata}}, {carrier}<br>R² %{{x:.2f}}<extra></extra>",
            customdata=[names[k] for k in order],
        )
    name_rows(fig, [names[k] for k in order])
    return fig.update_xaxes(title_text="R² on compositions held out", range=[0, 1])


def _property(name: str) -> str:
    """``thermal_conductivity_p`` in words that a phone has room for."""
    words = name.rpartition("_")[0].replace("_", " ")
    return words.replace("seebeck", "Seebeck coefficient")


def gap_against_latent(
    latent: ArrayLike, gaps: ArrayLike, formulas: Sequence[str], *, quantity: Quantity
) -> go.Figure:
    """Measured gaps over one latent variable, a point for each compound.

    Args:
        latent: Latent values, shape ``(n_samples,)``, in the unit of ``quantity``.
        gaps: Measured gaps, eV, same shape.
        formulas: Names of the compounds.
        quantity: What the latent variable predicts.
    """
    x, y = same_shape(latent, gaps)
    metal = y == 0
    # Rounded outwards: to the digits that another processor gives as well.
    low, high = 10 * np.ceil(np.median(x[metal]) / 10), 100 * np.floor(np.median(x[~metal]) / 100)
    fig = new_figure(
        alt=f"Measured gap of {x.size:,} compounds against the predicted "
        f"{quantity.label}. Half of the metals, spread out under zero, lie below "
        f"{low:.0f} {quantity.unit}; of the others half lie above {high:.0f} "
        f"{quantity.unit}, and the higher, the wider the gap.",
        height=420,
    )
    height = np.where(metal, -0.2 - 0.6 * (np.arange(x.size) * _GOLDEN % 1), y)
    for name, rows, colour in (
        ("metals", metal, COLOURS["muted"]),
        ("with a gap", ~metal, COLOURS["data"]),
    ):
        fig.add_scatter(
            x=x[rows].round(0),
            y=height[rows].round(2),
            text=np.asarray(formulas)[rows],
            customdata=y[rows].round(2),
            mode="markers",
            marker={"color": with_alpha(colour, 0.45), "size": 5},
            name=name,
            showlegend=False,
            hovertemplate=f"<b>%{{text}}</b><br>predicted %{{x:.0f}} {quantity.unit}<br>"
            "measured gap %{customdata:.2f} eV<extra></extra>",
        )
    edges = np.quantile(x, np.linspace(0, 1, 13))
    inside = [(x >= a) & (x <= b) for a, b in pairwise(edges)]
    fig.add_scatter(
        x=[round(float(np.median(x[rows])), 1) for rows in inside],
        y=[round(float(np.mean(y[rows])), 3) for rows in inside],
        mode="lines",
        line={"color": TRANSFER, "width": 3},
        name="mean gap",
        showlegend=False,
        hovertemplate="mean gap %{y:.2f} eV<extra></extra>",
    )
    at = inside[len(inside) // 2]
    add_pointer(
        fig,
        "<b>mean gap</b> by twelfths",
        at=(float(np.median(x[at])), float(np.mean(y[at]))),
        stands=(float(np.quantile(x, 0.15)), 4.6),
        colour=TRANSFER,
        anchor="left",
    )
    label = f"Latent variable: {quantity.label} ({quantity.unit})"
    fig.update_xaxes(title_text=label.replace(": ", ":<br>"))
    ticks = list(range(0, 11, 2))
    return fig.update_yaxes(
        title_text="Measured band gap (eV)",
        range=[-0.9, 9],
        tickvals=[-0.5, *ticks],
        ticktext=["metals", *map(str, ticks)],
    )


_GOLDEN = (5**0.5 - 1) / 2  # multiples of it fill an interval evenly


def parity_pair(
    observed: ArrayLike, predicted: Mapping[str, ArrayLike], *, notes: Mapping[str, str]
) -> go.Figure:
    """Predicted against measured gaps, eV, without and with transfer side by side.

    Args:
        observed: Measured gaps, shape ``(n_samples,)``.
        predicted: Two predictions by name, without transfer first.
        notes: What to write under the name of each, such as its error.
    """
    first, second = predicted
    fig = make_panels(
        1,
        2,
        [f"<b>{name}</b><br>{notes[name]}" for name in predicted],
        alt="Predicted against measured gaps in two panels. "
        + " ".join(f"{name}: {notes[name].replace('<br>', ', ')}." for name in (first, second)),
        height=430,
    )
    top = max(float(np.max(values)) for values in (observed, *predicted.values())) * 1.04
    for column, (name, values) in enumerate(predicted.items(), start=1):
        x, y = same_shape(observed, values)
        fig.add_scatter(
            x=x.round(2),
            y=y.round(2),
            mode="markers",
            marker={"color": with_alpha((NO_TRANSFER, TRANSFER)[column - 1], 0.4), "size": 5},
            name=name,
            showlegend=False,
            hovertemplate="measured %{x:.2f} eV<br>predicted %{y:.2f} eV<extra></extra>",
            row=1,
            col=column,
        )
        line = {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}
        fig.add_shape(
            type="line", x0=0, y0=0, x1=top, y1=top, line=line, name="parity", row=1, col=column
        )
    span = {"range": [-0.03 * top, top], "tickvals": linear_ticks(0, top)}
    fig.update_xaxes(title_text="Measured (eV)", **span)
    fig.update_yaxes(title_text="Predicted (eV)", col=1, **span)
    fig.update_yaxes(col=2, showticklabels=False, **span)
    return fig.update_layout(margin_t=64)
