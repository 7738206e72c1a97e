"""Figures of "Acquisition functions": one posterior, its scores, and what they lead to."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from matinf.figures.marks import add_band
from matinf.figures.palette import CATEGORICAL, COLOURS, with_alpha
from matinf.figures.template import new_figure

STRATEGY_COLOURS: Mapping[str, str] = {
    "exploit": COLOURS["exploit"],
    "explore": COLOURS["explore"],
    "PI": CATEGORICAL[1],
    "EI": COLOURS["accent"],
    "log EI": COLOURS["accent"],
    "UCB": CATEGORICAL[3],
    "Thompson": COLOURS["data"],
    "random": COLOURS["random"],
}
PROPERTY = "Property (prior standard deviations)"
PLACE = "Composition <i>x</i>"
_HALF = 1.96  # standard deviations to each side of a 95 % interval


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
        f"that closes at the measurements and opens to {2 * _HALF * spread.max():.1f} prior "
        "standard deviations between them, and the true values, which the band mostly holds.",
        height=400,
        wide=True,
    )
    _belief(fig, x, mean, std, seen, truth)
    return fig.update_xaxes(title_text=PLACE).update_yaxes(title_text=PROPERTY)


def _belief(
    fig: go.Figure,
    x: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike,
    seen: NDArray[np.intp],
    truth: ArrayLike | None,
    *,
    place: tuple[int, int] | None = None,
    small: bool = False,
) -> None:
    """Mean, 95 % band, truth and measurements; small ones say nothing when pointed at."""
    centre, spread, places = (np.asarray(a, dtype=float) for a in (mean, std, x))
    where = {} if place is None else {"row": place[0], "col": place[1]}
    low, high = centre - _HALF * spread, centre + _HALF * spread
    if small:
        for edge, fill in ((low, "none"), (high, "tonexty")):
            band = {"fill": fill, "fillcolor": with_alpha(COLOURS["accent"], 0.2)}
            _curve(fig, places, edge, "model, interval", where, width=0, **band)
        _curve(fig, places, centre, "model", where, color=COLOURS["accent"], width=1.5)
    else:
        add_band(
            fig, places, estimate=centre.round(2), low=low.round(2), high=high.round(2),
            colour=COLOURS["accent"], name="model", place=place,
        )  # fmt: skip
    values = centre if truth is None else np.asarray(truth, dtype=float)
    if truth is not None:
        _curve(fig, places, values, "truth", where, color=COLOURS["truth"], width=1.5, dash="dot")
    fig.add_scatter(
        x=places[seen].round(3),
        y=values[seen].round(2),
        mode="markers",
        marker={"color": COLOURS["data"], "size": 6 if small else 9},
        name="measured",
        hovertemplate="measured<br>%{x:.2f}: %{y:.2f}<extra></extra>",
        showlegend=False,
        **where,
    )


def _curve(
    fig: go.Figure,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    name: str,
    where: Mapping[str, int],
    *,
    fill: str = "none",
    fillcolor: str | None = None,
    **line: Any,
) -> None:
    """A line over evenly spaced candidates, which needs no list of places: pages stay light."""
    fig.add_scatter(
        x0=float(x[0]),
        dx=float(np.ptp(x)) / (x.size - 1),
        y=y.round(2),
        mode="lines",
        fill=fill,
        fillcolor=fillcolor,
        line=line,
        name=name,
        hoverinfo="skip",
        showlegend=False,
        **where,
    )


def profile(
    x: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike,
    *,
    measured: ArrayLike,
    truth: ArrayLike,
    scores: Mapping[str, ArrayLike],
) -> go.Figure:
    """One posterior, and under it what each acquisition function makes of it.

    Args:
        x: Place of every candidate, shape ``(n_pool,)``.
        mean: Predictive mean, same shape.
        std: Predictive standard deviation, same shape.
        measured: Candidates that were measured; none of them is chosen.
        truth: Value of every candidate.
        scores: Scores of every candidate by strategy, each drawn from its least to its most.
    """
    places, seen = np.asarray(x, dtype=float), np.asarray(measured, dtype=np.intp)
    chosen = {name: _best(values, seen) for name, values in scores.items()}
    n = len(scores)
    fig = new_figure(
        alt="One posterior on a line and under it the scores of "
        f"{n} acquisition functions. They choose different places: "
        + ", ".join(f"{name} at {places[j]:.2f}" for name, j in chosen.items())
        + ".",
        height=300 + 76 * n,
        wide=True,
    )
    fig.set_subplots(
        n + 1, 1, shared_xaxes=True, vertical_spacing=0.012, row_heights=[3.6] + [1.0] * n
    )
    _belief(fig, places, mean, std, seen, truth, place=(1, 1))
    for row, (name, values) in enumerate(scores.items(), start=2):
        _strip(fig, places, values, chosen[name], name, place=(row, 1), label=True)
    _lines_down(fig, places, chosen)
    fig.update_yaxes(title_text=PROPERTY, row=1, col=1)
    return fig.update_xaxes(title_text=PLACE, row=n + 1, col=1)


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
    _curve(fig, x, height, name, where, fill="tozeroy", color=colour, width=1.5, **band)
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
        _belief(fig, places, centre, std, seen, None, place=(row, 1), small=True)
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
