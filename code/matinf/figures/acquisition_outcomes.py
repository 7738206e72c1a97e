"""Figures of "Acquisition functions": what strategies reach, and how they fail, over many tasks."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.acquisition import PLACE, STRATEGY_COLOURS
from matinf.figures.marks import add_band
from matinf.figures.palette import CATEGORICAL, COLOURS
from matinf.figures.template import new_figure

Band = NDArray[np.float64]  # estimate, low, high: shape (3, n)


def regret(bands: Mapping[str, Band], *, random: ArrayLike, n_initial: int) -> go.Figure:
    """Mean regret over tasks of each strategy in a panel of its own, beside random search.

    Args:
        bands: Mean with its interval after the first measurements and after each choice, by
            strategy, shape ``(3, n_steps + 1)``.
        random: Expected regret of random search after 1, 2, ... measurements, closed form.
        n_initial: Measurements before the first choice.
    """
    names = list(bands)
    blind = np.asarray(random, dtype=float)
    last = {name: band[0, -1] for name, band in bands.items()}
    n = n_initial + np.arange(next(iter(bands.values())).shape[1])
    fig = new_figure(
        alt=f"Mean regret against the number of measurements in {len(names)} panels. After "
        f"{n[-1]} measurements: "
        + ", ".join(f"{name} {value:.3f}" for name, value in last.items())
        + f"; random search, in closed form, {blind[n[-1] - 1]:.3f}.",
        height=620,
        wide=True,
    )
    rows = -(-len(names) // 2)
    fig.set_subplots(
        rows, 2, shared_xaxes=True, shared_yaxes=True, vertical_spacing=0.04,
        horizontal_spacing=0.04,
    )  # fmt: skip
    for i, name in enumerate(names):
        place = (i // 2 + 1, i % 2 + 1)
        where = {"row": place[0], "col": place[1]}
        fig.add_scatter(
            x=n,
            y=blind[n - 1].round(4),
            mode="lines",
            line={"color": COLOURS["random"], "width": 2},
            name="random search",
            hovertemplate="random search, closed form<br>%{y:.2f}<extra></extra>",
            showlegend=False,
            **where,
        )
        estimate, low, high = bands[name].round(4)
        add_band(
            fig, n, estimate=estimate, low=low, high=high, colour=STRATEGY_COLOURS[name],
            name=name, place=place,
        )  # fmt: skip
        fig.add_annotation(
            text=f"<b>{name}</b>", x=1, xref="x domain", xanchor="right", y=1, yref="y domain",
            yanchor="top", **where,
        )  # fmt: skip
    fig.add_annotation(
        text="random search", x=n[len(n) // 3], y=blind[n[len(n) // 3] - 1], xanchor="left",
        yanchor="bottom", row=1, col=1,
    )  # fmt: skip
    fig.update_xaxes(title_text="Measurements", row=rows)
    if len(names) % 2:  # the panel above the empty place ends its column
        fig.update_xaxes(title_text="Measurements", showticklabels=True, row=rows - 1, col=2)
    fig.update_yaxes(range=[0, None], rangemode="tozero")
    return fig.update_yaxes(title_text="Mean regret", row=(rows + 1) // 2, col=1)


def trade_off(
    curves: Mapping[str, tuple[Sequence[str], ArrayLike, Band]], *, step: int
) -> go.Figure:
    """What was found against what was learnt, as the one number of each function is turned.

    Args:
        curves: By strategy: labels of the settings, mean error of the last model for each, and
            mean regret with its interval, shape ``(3, n_settings)``.
        step: Choices after which both were taken.
    """
    alt = " ".join(
        f"{name}: at {labels[0]} regret {band[0, 0]:.2f}, model error {np.asarray(error)[0]:.2f}; "
        f"least regret {band[0].min():.2f} at {labels[int(band[0].argmin())]}; at {labels[-1]} "
        f"regret {band[0, -1]:.2f}, model error {np.asarray(error)[-1]:.2f}."
        for name, (labels, error, band) in curves.items()
    )
    fig = new_figure(
        alt=f"Mean regret after {step} choices against the error of the model then. {alt}",
        height=470,
        wide=True,
    )
    for name, (labels, error, band) in curves.items():
        errors, colour = np.asarray(error, dtype=float), STRATEGY_COLOURS[name]
        fig.add_scatter(
            x=errors.round(4),
            y=band[0].round(4),
            error_y={
                "array": (band[2] - band[0]).round(4),
                "arrayminus": (band[0] - band[1]).round(4),
                "thickness": 1,
                "width": 0,
            },
            mode="lines+markers",
            line={"color": colour, "width": 1.5},
            marker={"color": colour, "size": 7},
            text=list(labels),
            hovertemplate=f"{name}, %{{text}}<br>regret %{{y:.3f}}<br>model error %{{x:.3f}}"
            "<extra></extra>",
            name=name,
        )
    _name_settings(fig, curves)
    fig.update_xaxes(title_text="Error of the model over all candidates (RMSE)", rangemode="tozero")
    return fig.update_yaxes(title_text=f"Mean regret after {step} choices", rangemode="tozero")


def _name_settings(
    fig: go.Figure, curves: Mapping[str, tuple[Sequence[str], ArrayLike, Band]]
) -> None:
    """Name the ends of each curve and its least regret, wherever no other name stands."""
    taken: list[tuple[float, float]] = []
    top = max(float(band[0].max()) for _, _, band in curves.values())
    for labels, error, band in curves.values():
        x, y = np.asarray(error, dtype=float), band[0]
        for i in (0, len(labels) - 1, int(y.argmin())):
            if any(abs(x[i] - a) < 0.08 and abs(y[i] - b) < 0.06 * top for a, b in taken):
                continue
            taken.append((x[i], y[i]))
            fig.add_annotation(
                x=x[i], y=y[i], text=labels[i], font={"size": 11}, xanchor="left", xshift=6,
                yanchor="bottom",
            )  # fmt: skip


def wrong_std(factors: ArrayLike, bands: Mapping[str, Band], *, step: int) -> go.Figure:
    """Mean regret when the model states a standard deviation that is wrong by a factor.

    Args:
        factors: Stated over true standard deviation, shape ``(n_factors,)``.
        bands: Mean regret with its interval by strategy, shape ``(3, n_factors)``.
        step: Choices after which it was taken.
    """
    stated = np.asarray(factors, dtype=float)
    right = int(np.argmin(np.abs(np.log(stated))))
    fig = new_figure(
        alt=f"Mean regret after {step} choices against the factor by which the stated standard "
        "deviation is wrong. "
        + " ".join(
            f"{name}: {band[0, 0]:.2f} at {stated[0]:g}, {band[0, right]:.2f} where it is right, "
            f"{band[0, -1]:.2f} at {stated[-1]:g}."
            for name, band in bands.items()
        ),
        height=460,
        wide=True,
    )
    aside = np.linspace(0.93, 1.07, len(bands))  # bars of different strategies stand side by side
    for shift, (name, band) in zip(aside, bands.items(), strict=True):
        estimate, low, high = band.round(4)
        fig.add_scatter(
            x=(stated * shift).round(5),
            y=estimate,
            error_y={
                "array": (high - estimate).round(4),
                "arrayminus": (estimate - low).round(4),
                "thickness": 1,
                "width": 0,
            },
            mode="lines+markers",
            line={
                "color": STRATEGY_COLOURS[name],
                "width": 2,
                "dash": "dot" if name == "EI" else "solid",
            },
            marker={"color": STRATEGY_COLOURS[name], "size": 6},
            name=name,
            hovertemplate=f"{name}<br>%{{y:.2f}}<extra></extra>",
        )
    fig.add_vline(x=1, line={"width": 1, "dash": "dash"})
    fig.add_annotation(x=0, y=1, yref="paper", text="stated truly", xanchor="left", xshift=5)
    fig.update_xaxes(
        title_text="Stated over true standard deviation",
        type="log",
        tickvals=stated,
    )
    return fig.update_yaxes(title_text=f"Mean regret after {step} choices", rangemode="tozero")


def vanishing(x: ArrayLike, ei: ArrayLike, log_ei: ArrayLike, *, available: ArrayLike) -> go.Figure:
    """EI as a computer holds it, and its logarithm computed directly, in powers of ten.

    Args:
        x: Place of every candidate, shape ``(n_pool,)``.
        ei: Expected improvement, same shape.
        log_ei: Its natural logarithm, same shape.
        available: Which candidates are not measured, same shape.
    """
    free = np.asarray(available, dtype=bool)
    places = np.asarray(x, dtype=float)[free]
    plain, logs = np.asarray(ei, dtype=float)[free], np.asarray(log_ei, dtype=float)[free]
    gone = plain == 0
    powers = logs / np.log(10)
    fig = new_figure(
        alt=f"Logarithm of expected improvement over {free.sum()} candidates, from "
        f"{powers.max():.0f} down to {powers.min():.0f} in powers of ten. For {gone.sum()} of them "
        "expected improvement itself is exactly zero in the computer.",
        height=360,
        wide=True,
    )
    for part, colour, name in (
        (~gone, COLOURS["accent"], "EI is a number"),
        (gone, COLOURS["exploit"], "EI is exactly 0"),
    ):
        fig.add_scatter(
            x=places[part] if part.any() else [None],
            y=powers[part].round(2) if part.any() else [None],
            mode="markers",
            marker={"color": colour, "size": 7},
            name=name,
            hovertemplate=f"{name}<br>10 to the power %{{y:.0f}}<extra></extra>",
            showlegend=True,
        )
    fig.update_xaxes(title_text=PLACE)
    return fig.update_yaxes(title_text="log<sub>10</sub> EI")


def dice(repeats: NDArray[np.float64], steady: ArrayLike, *, step: int) -> go.Figure:
    """Regret of repeated Thompson campaigns on the same tasks, beside that of EI.

    Args:
        repeats: Regret of each repeat, shape ``(n_tasks, n_repeats)``.
        steady: Regret of EI on each task, shape ``(n_tasks,)``.
        step: Choices after which it was taken.
    """
    fixed = np.asarray(steady, dtype=float)
    order = np.argsort(repeats.mean(axis=1))
    fig = new_figure(
        alt=f"Regret after {step} choices on {len(fixed)} tasks. On the same task, Thompson "
        f"sampling ends anywhere between {repeats[order[-1]].min():.2f} and "
        f"{repeats[order[-1]].max():.2f} on the worst; EI has one value per task.",
        height=360,
        wide=True,
    )
    tasks = np.repeat(np.arange(len(fixed)), repeats.shape[1])
    fig.add_scatter(
        x=tasks + np.tile(np.linspace(-0.3, 0.3, repeats.shape[1]), len(fixed)),
        y=repeats[order].ravel().round(4),
        mode="markers",
        marker={"color": STRATEGY_COLOURS["Thompson"], "size": 4, "opacity": 0.7},
        name="Thompson, one repeat",
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=np.arange(len(fixed)),
        y=fixed[order].round(4),
        mode="markers",
        marker={"color": STRATEGY_COLOURS["EI"], "symbol": "diamond", "size": 10},
        name="EI",
        hovertemplate="EI<br>%{y:.2f}<extra></extra>",
    )
    fig.update_xaxes(title_text="Task", showticklabels=False, showgrid=False)
    top = 1.05 * float(max(repeats.max(), fixed.max()))
    return fig.update_yaxes(title_text=f"Regret after {step} choices", range=[-0.06 * top, top])


def batch_regret(bands: Mapping[str, Band], *, n_initial: int, k: int) -> go.Figure:
    """Mean regret against measurements for each way to choose a batch, and one at a time.

    Args:
        bands: Mean with its interval, shape ``(3, n_steps + 1)``; the entry ``"one at a time"``
            has a step per measurement, the others one per batch.
        n_initial: Measurements before the first choice.
        k: Size of a batch.
    """
    colours = dict(
        zip(bands, (COLOURS["exploit"], COLOURS["explore"], CATEGORICAL[3], COLOURS["accent"]),
            strict=False)
    )  # fmt: skip
    fig = new_figure(
        alt=f"Mean regret against measurements, {k} at a time or one. At the end: "
        + ", ".join(f"{name} {band[0, -1]:.3f}" for name, band in bands.items())
        + ".",
        height=400,
        wide=True,
    )
    for name, band in bands.items():
        size = 1 if name == "one at a time" else k
        n = n_initial + size * np.arange(band.shape[1])
        estimate, low, high = band.round(4)
        add_band(
            fig, n, estimate=estimate, low=low, high=high, colour=colours[name], name=name,
            markers=size > 1,
        )  # fmt: skip
    fig.update_traces(showlegend=True, selector=lambda trace: trace.name in bands)
    fig.update_xaxes(title_text="Measurements")
    return fig.update_yaxes(title_text="Mean regret", rangemode="tozero")
