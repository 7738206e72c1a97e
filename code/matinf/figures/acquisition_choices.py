"""Figures of "Acquisition functions": what is chosen on a square, and in batches."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.acquisition_marks import PLACE, add_posterior
from matinf.figures.palette import COLOURS
from matinf.figures.template import new_figure


def maps(
    truth: ArrayLike,
    campaigns: Mapping[str, ArrayLike],
    *,
    n_initial: int,
    errors: Mapping[str, float],
) -> go.Figure:
    """Where strategies measured on a square of candidates, over the truth.

    Args:
        truth: Value of every candidate, shape ``(n, n)``.
        campaigns: Candidates in the order of measurement, by strategy.
        n_initial: How many of them came first, the same for all.
        errors: Root mean squared error of the last model, by strategy.
    """
    field = np.asarray(truth, dtype=float)
    n, names = len(field), list(campaigns)
    found = {name: field.ravel()[np.asarray(order)].max() for name, order in campaigns.items()}
    fig = new_figure(
        alt=f"Three maps of one property with a maximum of {field.max():.2f}, and where three "
        "strategies measured. "
        + " ".join(
            f"{name.capitalize()} found {found[name]:.2f}; its model errs by {errors[name]:.2f}."
            for name in names
        ),
        height=400,
        wide=True,
    )
    fig.layout.meta = {**fig.layout.meta, "narrow_height": 240}
    fig.set_subplots(1, len(names), horizontal_spacing=0.03)
    grid = np.linspace(0, 1, n).round(3)
    for col, name in enumerate(names, start=1):
        order = np.asarray(campaigns[name], dtype=np.intp)
        fig.add_heatmap(
            x=grid,
            y=grid,
            z=field.round(2),
            autocolorscale=False,  # more is stronger, below zero too
            showscale=col == len(names),
            colorbar={"orientation": "h", "title": {"text": "truth"}, "y": -0.12, "yanchor": "top"},
            hoverinfo="skip",
            name="truth",
            row=1,
            col=col,
        )
        for part, symbol, what in (
            (order[:n_initial], "circle-open", "measured first"),
            (order[n_initial:], "circle", "chosen"),
        ):
            fig.add_scatter(
                x=grid[part % n],
                y=grid[part // n],
                mode="markers",
                marker={
                    "color": "#ffffff",
                    "symbol": symbol,
                    "size": 6,
                    "line": {"color": "#141414", "width": 1},
                },
                hovertemplate=f"{name}, {what}<extra></extra>",
                name=f"{name}, {what}",
                showlegend=False,
                row=1,
                col=col,
            )
        fig.add_annotation(
            text=f"<b>{name}</b>",
            x=0.5, xref="x domain", y=1.0, yref="y domain", yanchor="bottom", yshift=4, row=1,
            col=col,
        )  # fmt: skip
    fig.update_xaxes(showticklabels=False, showgrid=False, range=[-0.02, 1.02], constrain="domain")
    for col in range(1, len(names) + 1):
        anchor = "x" if col == 1 else f"x{col}"
        fig.update_yaxes(
            showticklabels=False, showgrid=False, range=[-0.02, 1.02], scaleanchor=anchor,
            constrain="domain", row=1, col=col,
        )  # fmt: skip
    return fig.update_layout(margin={"l": 16, "t": 34, "b": 90})


def batch_choices(
    x: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike,
    *,
    measured: ArrayLike,
    picks: Mapping[str, ArrayLike],
) -> go.Figure:
    """The same posterior once for each way to choose a batch, with the candidates chosen.

    Args:
        x: Place of every candidate, shape ``(n_pool,)``.
        mean: Predictive mean, same shape.
        std: Predictive standard deviation, same shape.
        measured: Candidates that were measured.
        picks: Candidates chosen, in the order of choice, by way of choosing.
    """
    places, centre = np.asarray(x, dtype=float), np.asarray(mean, dtype=float)
    seen = np.asarray(measured, dtype=np.intp)
    width = {name: np.ptp(places[np.asarray(chosen)]) for name, chosen in picks.items()}
    fig = new_figure(
        alt="The same posterior three times with four candidates chosen at once. They span "
        + ", ".join(f"{value:.2f} with {name}" for name, value in width.items())
        + " of a line of length 1.",
        height=190 * len(picks) + 60,
        wide=True,
    )
    fig.set_subplots(len(picks), 1, shared_xaxes=True, vertical_spacing=0.05)
    for row, (name, chosen) in enumerate(picks.items(), start=1):
        add_posterior(fig, places, centre, std, seen, None, place=(row, 1), small=True)
        index = np.asarray(chosen, dtype=np.intp)
        fig.add_scatter(
            x=places[index],
            y=centre[index].round(3),
            mode="markers+text",
            marker={"color": COLOURS["exploit"], "symbol": "diamond", "size": 9},
            text=[str(i) for i in range(1, index.size + 1)],
            textposition="top center",
            name=f"{name}, chosen",
            hovertemplate=f"{name}, choice %{{text}}<extra></extra>",
            showlegend=False,
            row=row,
            col=1,
        )
        fig.add_annotation(
            text=f"<b>{name}</b>", x=0, xref="x domain", xanchor="left", y=1, yref="y domain",
            yanchor="bottom", row=row, col=1,
        )  # fmt: skip
    fig.update_yaxes(title_text="Property", title_standoff=4)
    return fig.update_xaxes(title_text=PLACE, row=len(picks), col=1)
