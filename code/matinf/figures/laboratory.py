"""Figures of "From simulation to the laboratory": campaigns as they go at a real bench."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.marks import add_band, add_limit_above, interval_bars, label_line
from matinf.figures.palette import COLOURS, QUIET_FILL, with_alpha
from matinf.figures.template import new_figure
from matinf.intervals import Interval, decimal, mean_interval

CHANCE, CLOSEST, PER_COST = COLOURS["accent"], COLOURS["exploit"], COLOURS["explore"]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Hits of several campaigns of one strategy.

    Attributes:
        name: What chose.
        colour: Its colour.
        hits: Hits of each campaign at each place, shape ``(n_campaigns, n_places)``.
    """

    name: str
    colour: str
    hits: ArrayLike

    def intervals(self) -> list[Interval]:
        """Mean and its 95 % interval at each place."""
        return [mean_interval(column) for column in np.asarray(self.hits, dtype=float).T]


def course(
    measured: ArrayLike, curves: Sequence[Curve], *, random_share: float, n_initial: int
) -> go.Figure:
    """Hits against experiments, random search in closed form, and what nothing can beat.

    Args:
        measured: Experiments made, shape ``(n_places,)``.
        curves: One per strategy.
        random_share: Share of the pool that is a hit: random search finds as many per experiment.
        n_initial: Experiments drawn at random to begin with.
    """
    x = np.asarray(measured, dtype=float)
    ends = [curve.intervals()[-1] for curve in curves]
    top = 1.35 * max(end.high for end in ends)
    fig = new_figure(
        alt=f"Hits found against experiments, up to {x[-1]:.0f}. At the end "
        + " and ".join(
            f"{curve.name} has found {end.estimate:.1f} (95 percent interval {end.low:.1f} to "
            f"{end.high:.1f})"
            for curve, end in zip(curves, ends, strict=True)
        )
        + f"; random search finds {random_share * x[-1]:.1f} on average. A steep dashed line marks "
        "a campaign whose every choice is a hit.",
        height=430,
        wide=True,
    )
    _bands(fig, x, curves)
    _line(fig, [0, x[-1]], [0, random_share * x[-1]], "random search", COLOURS["random"])
    label_line(
        fig,
        x=x[-1],
        y=random_share * x[-1],
        text="random",
        colour=COLOURS["random"],
    )
    first = n_initial * random_share
    _line(fig, [n_initial, n_initial + top - first], [first, top], "limit", COLOURS["limit"])
    fig.add_annotation(
        x=n_initial + 0.86 * (top - first),
        y=first + 0.86 * (top - first),
        text="every choice a hit:<br>nothing can do better",
        xanchor="left",
        xshift=10,
        align="left",
        font={"size": 12},
    )
    fig.update_xaxes(title_text="Experiments", rangemode="tozero", range=[0, x[-1] * 1.02])
    return fig.update_yaxes(title_text="Hits found", range=[0, top])


def costs(
    budgets: ArrayLike, curves: Sequence[Curve], *, random_rates: Mapping[str, float]
) -> go.Figure:
    """Hits against what was spent.

    Args:
        budgets: What may be spent, shape ``(n_places,)``.
        curves: One per strategy.
        random_rates: Hits per unit of cost of random searches, by name.
    """
    x = np.asarray(budgets, dtype=float)
    ends = [curve.intervals()[-1] for curve in curves]
    fig = new_figure(
        alt=f"Hits found against cost, up to {x[-1]:.0f} units. At the end "
        + "; ".join(
            f"{curve.name} {end.estimate:.1f}" for curve, end in zip(curves, ends, strict=True)
        )
        + "; on average "
        + "; ".join(f"{name} {rate * x[-1]:.1f}" for name, rate in random_rates.items())
        + ".",
        height=430,
        wide=True,
    )
    _bands(fig, x, curves)
    for name, rate in random_rates.items():
        _line(fig, [0, x[-1]], [0, rate * x[-1]], name, COLOURS["random"])
        label_line(fig, x=x[-1], y=rate * x[-1], text=name, colour=COLOURS["random"])
    fig.update_xaxes(title_text="Spent (cost of one candidate from the shelf)", range=[0, x[-1]])
    return fig.update_yaxes(title_text="Hits found", rangemode="tozero")


def troubles(outcomes: Mapping[str, ArrayLike], *, random_hits: float) -> go.Figure:
    """True hits at the end under each trouble of a bench: every campaign, mean and interval.

    Args:
        outcomes: Hits of each campaign by name of the trouble, drawn from the top.
        random_hits: What random search finds on a bench without trouble.
    """
    means = {name: mean_interval(hits) for name, hits in outcomes.items()}
    fig = new_figure(
        alt="True hits at the end of a campaign, mean over seeds: "
        + "; ".join(f"{_plain(name)} {mean.estimate:.1f}" for name, mean in means.items())
        + f". A dashed line marks random search, {random_hits:.1f}.",
        height=90 + 62 * len(means),
        wide=True,
    )
    for row, (name, mean) in enumerate(means.items()):
        hits = np.asarray(outcomes[name], dtype=float)
        colour = CHANCE if row == 0 else CLOSEST if "," not in name else PER_COST
        _dots(fig, hits, row, colour, _plain(name))
        _mean(fig, mean, row, colour, _plain(name))
        fig.add_annotation(
            x=mean.estimate, y=row, text=f"<b>{mean.estimate:.1f}</b>", yshift=20, font={"size": 12}
        )
    add_limit_above(
        fig, random_hits, "random search, no trouble", colour=COLOURS["random"], room=40
    )
    fig.update_yaxes(
        tickvals=list(range(len(means))),
        ticktext=list(means),
        range=[len(means) - 0.4, -0.7],
        showgrid=False,
    )
    return fig.update_xaxes(title_text="True hits", rangemode="tozero")


def control_chart(readings: ArrayLike, *, noise_std: float, unit: str = "eV") -> go.Figure:
    """Readings of one control sample, batch by batch, against what noise alone would do.

    Args:
        readings: Reading with each batch less the first, shape ``(n_batches,)``.
        noise_std: Standard deviation of a reading, same unit; the band is twice that of a
            difference of two.
        unit: Unit of both.
    """
    y = np.asarray(readings, dtype=float)
    limit = 2 * np.sqrt(2) * noise_std
    outside = np.flatnonzero(np.abs(y) > limit)
    first = f"first in batch {outside[0] + 1}" if outside.size else "never"
    fig = new_figure(
        alt=f"Reading of a control sample less its first reading, for {y.size} batches. It climbs "
        f"to {decimal(y[-1], 2)} {unit}; a band of plus or minus {limit:.2f} {unit} is what noise "
        f"alone would fill. {outside.size} readings lie outside, {first}.",
        height=320,
    )
    fig.add_hrect(y0=-limit, y1=limit, fillcolor=QUIET_FILL, line_width=0, layer="below")
    x = np.arange(1, y.size + 1)
    alarmed = np.abs(y) > limit
    fig.add_scatter(
        x=x,
        y=y.round(4),
        mode="lines+markers",
        line={"color": with_alpha(CHANCE, 0.5), "width": 1.5},
        marker={
            "size": 9,
            "color": [CLOSEST if bad else CHANCE for bad in alarmed],
            "symbol": ["diamond" if bad else "circle" for bad in alarmed],
        },
        hovertemplate=f"batch %{{x}}: %{{y:.3f}} {unit}<extra></extra>",
        showlegend=False,
        name="control",
    )
    fig.add_annotation(
        x=x[-1],
        y=-limit,
        text="what noise alone would do, 95 %",
        xanchor="right",
        yanchor="bottom",
        font={"size": 12},
    )
    fig.update_xaxes(title_text="Batch")
    return fig.update_yaxes(title_text=f"Change of the control ({unit})")


def _bands(fig: go.Figure, x: ArrayLike, curves: Sequence[Curve]) -> None:
    for curve in curves:
        found = curve.intervals()
        estimate, low, high = (
            np.round([getattr(one, name) for one in found], 2)
            for name in ("estimate", "low", "high")
        )
        add_band(
            fig, x, estimate=estimate, low=low, high=high, colour=curve.colour, name=curve.name
        )
        end = float(np.asarray(x, dtype=float)[-1])
        label_line(fig, x=end, y=float(estimate[-1]), text=curve.name, colour=curve.colour)


def _line(fig: go.Figure, x: Sequence[float], y: Sequence[float], name: str, colour: str) -> None:
    fig.add_scatter(
        x=np.round(x, 3),
        y=np.round(y, 3),
        mode="lines",
        line={"color": colour, "width": 1.5, "dash": "dash"},
        hovertemplate=f"{name}<br>%{{y:.1f}} hits<extra></extra>",
        showlegend=False,
        name=name,
    )


def _dots(fig: go.Figure, values: ArrayLike, row: int, colour: str, name: str) -> None:
    points = np.asarray(values, dtype=float)
    fig.add_scatter(
        x=points,
        y=[row] * points.size,
        mode="markers",
        marker={"color": with_alpha(colour, 0.3), "size": 7},
        hovertemplate=f"{name}, one campaign: %{{x}}<extra></extra>",
        showlegend=False,
        name=f"{name}, campaigns",
    )


def _mean(fig: go.Figure, mean: Interval, row: int, colour: str, name: str) -> None:
    fig.add_scatter(
        **interval_bars([mean], colour=with_alpha(colour, 0.6), thickness=3),
        y=[row],
        mode="markers",
        marker={"color": colour, "size": 12},
        hovertemplate=f"{name}<br>{mean.text(digits=1)}<extra></extra>",
        showlegend=False,
        name=name,
    )


def _plain(name: str) -> str:
    return name.replace("<br>", " ")
