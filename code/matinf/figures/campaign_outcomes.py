"""Figures of "A campaign", over many of them: recall, speed, batches, stopping, noise."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.acquisition import STRATEGY_COLOURS
from matinf.figures.marks import add_band
from matinf.figures.palette import CATEGORICAL, COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.intervals import Interval

Band = NDArray[np.float64]  # median, low, high: shape (3, n)

NAMES: Mapping[str, str] = {
    "random": "random",
    "explore": "explore",
    "exploit": "exploit",
    "switch": "explore, then exploit",
    "pi": "PI",
    "log_ei": "log EI",
    "ucb": "UCB",
    "thompson": "Thompson",
}
"""What the page calls each strategy of the study."""


def colour_of(strategy: str) -> str:
    """Colour of a strategy of the study."""
    return STRATEGY_COLOURS.get(NAMES[strategy], COLOURS["exploit"])


def _broken(strategy: str) -> str:
    return NAMES[strategy].replace(", ", ",<br>")


def recall(
    bands: Mapping[str, Band], *, n_measured: ArrayLike, random: ArrayLike, k: int
) -> go.Figure:
    """Share of the best candidates held, strategy by strategy in panels, beside random search.

    Args:
        bands: Median over the seeds with its interval, by strategy, shape ``(3, n_steps + 1)``.
        n_measured: Measurements after each step, shape ``(n_steps + 1,)``.
        random: Expected recall of random search then, closed form, same shape.
        k: How many count as the best.
    """
    n, blind = np.asarray(n_measured), np.asarray(random, dtype=float)
    fig = new_figure(
        alt=f"Share of the {k} best molecules held against measurements in {len(bands)} panels. "
        f"After {n[-1]:,}: "
        + ", ".join(f"{NAMES[name]} {band[0, -1]:.0%}" for name, band in bands.items())
        + f"; random search, in closed form, {blind[-1]:.1%}.",
        height=170 * -(-len(bands) // 2) + 60,
        wide=True,
    )
    rows = -(-len(bands) // 2)
    fig.set_subplots(
        rows, 2, shared_xaxes=True, shared_yaxes=True, vertical_spacing=0.03,
        horizontal_spacing=0.04,
    )  # fmt: skip
    for number, (name, band) in enumerate(bands.items()):
        place = (number // 2 + 1, number % 2 + 1)
        where = {"row": place[0], "col": place[1]}
        fig.add_scatter(
            x=n[[0, -1]],
            y=blind[[0, -1]].round(4),
            mode="lines",
            line={"color": COLOURS["random"], "width": 1.5, "dash": "dash"},
            name="random search, closed form",
            hoverinfo="skip",
            showlegend=False,
            **where,
        )
        median, low, high = band.round(3)
        add_band(
            fig, n, estimate=median, low=low, high=high, colour=colour_of(name),
            name=NAMES[name], place=place,
        )  # fmt: skip
        fig.add_annotation(
            text=f"<b>{_broken(name)}</b>", align="left", x=0.02, xref="x domain",
            xanchor="left", y=1, yref="y domain", yanchor="top", **where,
        )  # fmt: skip
    fig.update_xaxes(title_text="Measurements", row=rows)
    fig.update_yaxes(range=[0, 1.02], tickvals=[0, 0.5, 1], tickformat=".0%")
    return fig.update_yaxes(title_text=f"Share of the {k} best", row=(rows + 1) // 2, col=1)


def effort(
    needed: Mapping[str, ArrayLike], *, budget: int, random: float, random_name: str
) -> go.Figure:
    """Measurements until most of the best are held: a dot per campaign, and random search.

    Args:
        needed: Measurements of each campaign by strategy, infinite if it never got there.
        budget: Measurements at which campaigns ended.
        random: What random search needs.
        random_name: What is written at that line.
    """
    medians = {name: float(np.median(np.asarray(v, dtype=float))) for name, v in needed.items()}
    fig = new_figure(
        alt="Measurements that each campaign needed, on a logarithmic axis. Medians: "
        + ", ".join(
            f"{NAMES[name]} {m:,.0f}" if np.isfinite(m) else f"{NAMES[name]} not in {budget:,}"
            for name, m in medians.items()
        )
        + f". A dashed line marks {random_name.replace('<br>', ' ')}, {random:,.0f}.",
        height=60 + 46 * len(needed),
        wide=True,
    )
    for row, (name, values) in enumerate(needed.items()):
        counts = np.asarray(values, dtype=float)
        if np.isfinite(counts).any():
            _campaign_dots(fig, np.sort(counts[np.isfinite(counts)]), row, name)
        missed = int(np.sum(~np.isfinite(counts)))
        if missed:
            text = f"{missed} of {counts.size}<br>not in {budget:,}"
            fig.add_annotation(
                x=np.log10(budget * 1.12), y=row, xanchor="left", text=text, align="left",
                font={"size": 11},
            )  # fmt: skip
        if np.isfinite(medians[name]):
            _median_mark(fig, medians[name], row)
    fig.add_vline(x=random, line={"color": COLOURS["random"], "width": 1.5, "dash": "dash"})
    fig.add_annotation(
        x=np.log10(random), xanchor="right", xshift=16, y=1, yref="paper", yanchor="bottom",
        text=random_name, font={"size": 12},
    )  # fmt: skip
    fig.update_layout(margin={"t": 36})
    fig.update_yaxes(
        tickvals=list(range(len(needed))),
        ticktext=[_broken(name) for name in needed],
        range=[len(needed) - 0.5, -0.6],
        showgrid=False,
    )
    ticks = [100, 300, 1000, 3000, 10000]
    return fig.update_xaxes(
        type="log", title_text="Measurements", tickvals=ticks,
        ticktext=[f"{t:,}" for t in ticks], range=[np.log10(80), np.log10(11000)],
    )  # fmt: skip


def _campaign_dots(fig: go.Figure, counts: NDArray[np.float64], row: int, name: str) -> None:
    """One dot per campaign; those that coincide are stacked."""
    stack = np.array([np.sum(counts[:i] == c) for i, c in enumerate(counts)])
    fig.add_scatter(
        x=counts,
        y=(row - 0.1 * stack).round(2),
        mode="markers",
        marker={"color": with_alpha(colour_of(name), 0.6), "size": 7},
        name=NAMES[name],
        showlegend=False,
        hovertemplate=f"{NAMES[name]}: %{{x}} measurements<extra></extra>",
    )


def _median_mark(fig: go.Figure, x: float, row: int) -> None:
    fig.add_shape(
        type="line", x0=x, x1=x, y0=row - 0.32, y1=row + 0.32, line={"width": 3}, name="median"
    )


def batches(curves: Mapping[int, tuple[ArrayLike, Band]], *, k: int) -> go.Figure:
    """Share of the best held against measurements, for batches of several sizes.

    Args:
        curves: By size: measurements after each step, and median with interval, ``(3, n)``.
        k: How many count as the best.
    """
    ends = {size: (np.asarray(n), band) for size, (n, band) in sorted(curves.items())}
    middle = {size: float(np.interp(450, n, band[0])) for size, (n, band) in ends.items()}
    fig = new_figure(
        alt=f"Share of the {k} best held against measurements, by size of the batch. "
        + "; ".join(
            f"batches of {size}: {middle[size]:.0%} after 450, {band[0, -1]:.0%} at the end"
            for size, (_, band) in ends.items()
        )
        + ".",
        height=420,
        wide=True,
    )
    largest = max(ends)
    for (size, (n, band)), colour in zip(ends.items(), CATEGORICAL, strict=False):
        kept = _thinned(n)
        median, low, high = band[:, kept].round(3)
        add_band(
            fig, n[kept], estimate=median, low=low, high=high, colour=colour,
            name=f"batches of {size}", markers=size >= 50,
        )  # fmt: skip
        fig.data[-1].showlegend = True
        if size != largest:
            fig.data = [trace for trace in fig.data if trace is not fig.data[-2]]
    fig.update_xaxes(title_text="Measurements")
    return fig.update_yaxes(title_text=f"Share of the {k} best", tickformat=".0%", range=[0, 1.02])


def _thinned(n: NDArray[np.int64]) -> NDArray[np.intp]:
    """At most about a hundred steps, the first and the last among them."""
    return np.unique(np.linspace(0, len(n) - 1, min(len(n), 101)).astype(np.intp))


def stopping(
    rules: Mapping[str, Sequence[tuple[str, float, float]]], *, budget: int, k: int
) -> go.Figure:
    """What each setting of a stopping rule costs and what is held then: a curve per rule.

    Args:
        rules: By rule: setting, median measurements at the stop, mean share of the best held.
        budget: Measurements if nothing stops the campaign.
        k: How many count as the best.
    """
    colours = (COLOURS["accent"], COLOURS["no_transfer"])
    fig = new_figure(
        alt=f"Mean share of the {k} best held when a rule stops the campaign, against median "
        "measurements until then. "
        + " ".join(
            f"{rule}: " + ", ".join(f"{s}, {n:.0f} and {held:.0%}" for s, n, held in settings) + "."
            for rule, settings in rules.items()
        ),
        height=420,
        wide=True,
    )
    for (rule, settings), colour in zip(rules.items(), colours, strict=False):
        words, n, held = zip(*settings, strict=True)
        side = "top left" if colour == colours[0] else "bottom right"
        fig.add_scatter(
            x=list(n),
            y=np.round(held, 3),
            mode="lines+markers+text",
            text=list(words),
            textposition=side,
            cliponaxis=False,
            line={"color": colour, "width": 1.5},
            marker={"color": colour, "size": 8},
            name=rule,
            hovertemplate=f"{rule}, %{{text}}<br>%{{x}} measurements, %{{y:.0%}} of the {k} best"
            "<extra></extra>",
        )
    fig.update_xaxes(title_text="Median measurements at the stop", range=[-60, budget + 60])
    return fig.update_yaxes(
        title_text=f"Mean share of the {k} best", tickformat=".0%", range=[0, 1.02]
    )


def noise(found: Mapping[str, Mapping[float, Interval]], *, spread: float, k: int) -> go.Figure:
    """Share of the best held at the end against the noise of a measurement, eV.

    Args:
        found: Median with interval by noise, by strategy.
        spread: Standard deviation of the property over the pool, eV.
        k: How many count as the best.
    """
    fig = new_figure(
        alt=f"Share of the {k} best held at the end against the noise of a measurement. "
        + " ".join(
            f"{NAMES[name]}: "
            + ", ".join(f"{of.estimate:.0%} at {level:.2f} eV" for level, of in levels.items())
            + "."
            for name, levels in found.items()
        ),
        height=380,
    )
    for name, levels in found.items():
        x = np.array(list(levels))
        mid, low, high = (
            np.array([getattr(of, part) for of in levels.values()])
            for part in ("estimate", "low", "high")
        )
        add_band(
            fig, x.round(3), estimate=mid, low=low, high=high, colour=colour_of(name),
            name=NAMES[name], markers=True,
        )  # fmt: skip
        fig.data[-1].showlegend = True
    fig.add_vline(x=spread, line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"})
    fig.add_annotation(
        x=spread, y=0.02, yref="paper", xanchor="right", xshift=-4, yanchor="bottom",
        text="spread of<br>the property", align="right", font={"size": 12},
    )  # fmt: skip
    fig.update_xaxes(title_text="Noise, standard deviation (eV)")
    return fig.update_yaxes(title_text=f"Share of the {k} best", tickformat=".0%", range=[0, 1.02])
