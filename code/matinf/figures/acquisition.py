"""Figures of "Acquisition functions": one posterior and its scores.

Maps of campaigns and batches are drawn in ``acquisition_choices``.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from matinf.figures.acquisition_choices import batch_choices, maps
from matinf.figures.acquisition_marks import (
    HALF,
    PLACE,
    PROPERTY,
    STRATEGY_COLOURS,
    add_curve,
    add_posterior,
)
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.intervals import decimal

__all__ = [
    "PLACE",
    "PROPERTY",
    "STRATEGY_COLOURS",
    "batch_choices",
    "improvement",
    "maps",
    "posterior",
    "profile",
]


def posterior(
    x: ArrayLike, mean: ArrayLike, std: ArrayLike, *, measured: ArrayLike, truth: ArrayLike
) -> go.Figure:
    """What a model believes of all candidates, and what is measured.

    Args:
        x: Place of every candidate, shape ``(n_pool,)``.
        mean: Predictive mean, same shape.
        std: Predictive standard deviation, same shape.
        measured: Candidates that were measured.
        truth: Value of every candidate.
    """
    seen = np.asarray(measured, dtype=np.intp)
    spread = np.asarray(std, dtype=float)
    fig = new_figure(
        alt=f"A Gaussian process after {seen.size} measurements on a line: its mean, a 95 % band "
        f"that closes at the measurements and opens to {2 * HALF * spread.max():.1f} prior "
        "standard deviations between them, and the true values, which the band mostly holds.",
        height=400,
        wide=True,
    )
    add_posterior(fig, x, mean, std, seen, truth)
    return fig.update_xaxes(title_text=PLACE).update_yaxes(title_text=PROPERTY)


def profile(
    x: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike,
    *,
    measured: ArrayLike,
    truth: ArrayLike,
    best: float,
    scores: Mapping[str, ArrayLike],
) -> go.Figure:
    """One posterior, and under it what each rule makes of it.

    Args:
        x: Place of every candidate, shape ``(n_pool,)``.
        mean: Predictive mean, same shape.
        std: Predictive standard deviation, same shape.
        measured: Candidates that were measured; none of them is chosen.
        truth: Value of every candidate.
        best: Best value so far, drawn across the posterior.
        scores: Scores of every candidate by strategy, each drawn from its least to its most.
    """
    places, seen = np.asarray(x, dtype=float), np.asarray(measured, dtype=np.intp)
    chosen = {name: _best(values, seen) for name, values in scores.items()}
    n = len(scores)
    fig = new_figure(
        alt="One posterior on a line and under it the scores of "
        f"{n} rules. The best value so far is {decimal(best, 2)}. What each would measure next: "
        + ", ".join(f"{name} at {places[j]:.2f}" for name, j in chosen.items())
        + ".",
        height=300 + 76 * n,
        wide=True,
    )
    fig.set_subplots(
        n + 1, 1, shared_xaxes=True, vertical_spacing=0.012, row_heights=[3.6] + [1.0] * n
    )
    add_posterior(fig, places, mean, std, seen, truth, place=(1, 1))
    _best_so_far(fig, places, best)
    for row, (name, values) in enumerate(scores.items(), start=2):
        _strip(fig, places, values, chosen[name], name, place=(row, 1), label=True)
    _lines_down(fig, places, chosen)
    fig.update_yaxes(title_text=PROPERTY, row=1, col=1)
    return fig.update_xaxes(title_text=PLACE, row=n + 1, col=1)


def _best_so_far(fig: go.Figure, x: NDArray[np.float64], best: float) -> None:
    """A dashed line at the value to be beaten, its name at the right end."""
    fig.add_scatter(
        x=[x[0], x[-1]],
        y=[round(best, 2)] * 2,
        text=["", "<i>y</i>*, the best so far"],
        mode="lines+text",
        textposition="top left",
        line={"color": COLOURS["muted"], "width": 1.5, "dash": "dash"},
        name="best so far",
        hovertemplate="best so far %{y:.2f}<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
    )


def _lines_down(fig: go.Figure, x: NDArray[np.float64], chosen: Mapping[str, int]) -> None:
    """Mark on the posterior where each strategy would measure."""
    top = fig.data[0].y.max()
    for name, j in chosen.items():
        fig.add_scatter(
            x=[x[j]],
            y=[top],
            mode="markers",
            marker={"color": STRATEGY_COLOURS[name], "symbol": "triangle-down", "size": 11},
            name=f"{name}, choice",
            hovertemplate=f"{name} measures here<extra></extra>",
            showlegend=False,
            row=1,
            col=1,
        )


def _best(scores: ArrayLike, seen: NDArray[np.intp]) -> int:
    values = np.array(scores, dtype=float)
    values[seen] = -np.inf
    return int(np.argmax(values))


def _strip(
    fig: go.Figure,
    x: NDArray[np.float64],
    scores: ArrayLike,
    chosen: int,
    name: str,
    *,
    place: tuple[int, int],
    label: bool = False,
) -> None:
    """A score over all candidates, from its least to its most, its choice marked."""
    values, colour = np.asarray(scores, dtype=float), STRATEGY_COLOURS[name]
    low, high = values.min(), values.max()
    height = (values - low) / (high - low or 1.0)
    row, col = place
    where, band = {"row": row, "col": col}, {"fillcolor": with_alpha(colour, 0.25)}
    add_curve(fig, x, height, name, where, fill="tozeroy", color=colour, width=1.5, **band)
    fig.add_scatter(
        x=[x[chosen].round(3)] * 2,
        y=[0, 1.1],
        mode="lines",
        line={"color": colour, "width": 2},
        name=f"{name}, chosen",
        hoverinfo="skip",
        showlegend=False,
        **where,
    )
    top = 1.6 if label else 1.15  # a name stands above the curve
    fig.update_yaxes(range=[0, top], showticklabels=False, showgrid=False, row=row, col=col)
    if label:
        side = "left" if x[chosen] > 0.5 * x.max() else "right"
        edge = 0.0 if side == "left" else 1.0
        fig.add_annotation(
            text=f"<b>{name}</b>",
            x=edge,
            xref="x domain",
            xanchor=side,
            y=top,
            yanchor="top",
            row=row,
            col=col,
        )


def improvement(*, mean: Sequence[float], std: Sequence[float], best: float) -> go.Figure:
    """Two candidates: the chance to beat the best is an area, the expected gain a weighted one.

    Args:
        mean: Predictive means of the two.
        std: Their standard deviations.
        best: Best value so far.
    """
    from_, to = min(mean) - 3.2 * max(std), max(mean) + 3.2 * max(std)
    y = np.linspace(from_, to, 141)
    names, colours = ("the safe one", "the doubtful one"), (COLOURS["exploit"], COLOURS["explore"])
    z = (np.asarray(mean) - best) / np.asarray(std)
    chance = norm.cdf(z)
    gain = np.asarray(std) * (norm.pdf(z) + z * chance)
    fig = new_figure(
        alt="Predictive densities of two candidates with the part above the best value shaded. "
        f"The narrow one exceeds it with probability {chance[0]:.2f} and gains {gain[0]:.2f} on "
        f"average, the wide one with probability {chance[1]:.2f} and gains {gain[1]:.2f}.",
        height=360,
    )
    for m, s, colour, name in zip(mean, std, colours, names, strict=True):
        density = norm.pdf(y, m, s)
        above = y >= best
        fig.add_scatter(
            x=np.concatenate([[best], y[above]]).round(3),
            y=np.concatenate([[norm.pdf(best, m, s)], density[above]]).round(4),
            mode="lines",
            line={"width": 0},
            fill="tozeroy",
            fillcolor=with_alpha(colour, 0.35),
            hoverinfo="skip",
            showlegend=False,
            name=f"{name}, better",
        )
        fig.add_scatter(
            x=y.round(3),
            y=density.round(4),
            mode="lines",
            line={"color": colour},
            name=name,
            hovertemplate=f"{name}<br>%{{x:.2f}}<extra></extra>",
            showlegend=False,
        )
    peak = norm.pdf(0) / std[0]
    words = [
        f"<b>{name}</b><br>PI {p:.2f}, EI {g:.2f}"
        for name, p, g in zip(names, chance, gain, strict=True)
    ]
    fig.add_annotation(x=mean[0] - 1.2 * std[0], y=0.9 * peak, text=words[0], xanchor="right")
    fig.add_annotation(
        x=mean[1] + 1.3 * std[1], y=0.55 * norm.pdf(0) / std[1], text=words[1], xanchor="left",
        yanchor="bottom",
    )  # fmt: skip
    fig.add_vline(x=best, line={"width": 1.5, "dash": "dash"})
    fig.add_annotation(x=best, y=1.08 * peak, text="best so far", xanchor="left", xshift=5)
    fig.update_xaxes(title_text=PROPERTY)
    return fig.update_yaxes(title_text="Density", rangemode="tozero", showticklabels=False)
