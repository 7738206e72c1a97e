"""Figures of "Evaluating models": splits, leaks and metrics.

Calibration is drawn in ``evaluating_coverage``.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.background.evaluating_models import SplitErrors
from matinf.background.leakage import Leak
from matinf.figures.evaluating_coverage import reliability, shifted_coverage
from matinf.figures.evaluating_marks import add_mean, add_repeats, add_value
from matinf.figures.interval_rows import name_rows
from matinf.figures.marks import add_limit_above
from matinf.figures.marks import parity as shared_parity
from matinf.figures.palette import COLOURS
from matinf.figures.template import new_figure
from matinf.intervals import Interval, decimal

__all__ = ["leaks", "metrics", "parity", "reliability", "shifted_coverage", "split_errors"]


_LEAKED, _HONEST = COLOURS["truth"], COLOURS["accent"]


def split_errors(result: SplitErrors, *, floor: float, median: float) -> go.Figure:
    """Error of one model under each way of holding back: all repeats, mean and interval.

    Args:
        result: The errors, eV.
        floor: Replicate error, eV.
        median: Error of always predicting the median, eV.
    """
    ways = result.ways
    means = [result.interval(way) for way in ways]
    fig = new_figure(
        alt="Error of one model when different things are held back, mean over repeats: "
        + ", ".join(f"{way} {mean.estimate:.2f} eV" for way, mean in zip(ways, means, strict=True))
        + f". A dashed line marks the replicate error, at most {floor:.2f} eV, and another the "
        f"error of always predicting the median, {median:.2f} eV.",
        height=400,
        wide=True,
    )
    for row, way in enumerate(ways):
        repeats = result.errors[way].to_numpy()
        add_repeats(fig, repeats, row, COLOURS["accent"], f"{way}, one repeat", "eV")
        add_mean(fig, means[row], row, COLOURS["accent"], way, "eV")
        add_value(fig, means[row].estimate, row, f"{means[row].estimate:.2f} eV", yshift=18)
    add_limit_above(fig, floor, f"replicate error,<br>at most {floor:.2f} eV", anchor="center")
    add_limit_above(
        fig,
        median,
        f"always the median,<br>{median:.2f} eV",
        colour=COLOURS["muted"],
        anchor="center",
    )
    name_rows(fig, ways)
    return fig.update_xaxes(title_text="Mean absolute error (eV)", rangemode="tozero")


def leaks(found: Sequence[Leak]) -> go.Figure:
    """R² with each leak and without it, every repeat a dot, means with their intervals."""
    fig = new_figure(
        alt="R squared of three evaluations with a leak and without. "
        + " ".join(
            f"{leak.name.capitalize()}: {leak.leaked.mean():.2f} with the leak, "
            f"{leak.honest.mean():.2f} without."
            for leak in found
        ),
        height=380,
        wide=True,
    )
    for row, leak in enumerate(found):
        for values, lift, colour, kind in (
            (leak.leaked, -0.14, _LEAKED, "with the leak"),
            (leak.honest, 0.14, _HONEST, "without"),
        ):
            add_repeats(fig, values, row + lift, colour, f"{leak.name}<br>{kind}, one repeat")
            mean = leak.interval(values)
            add_mean(fig, mean, row + lift, colour, f"{leak.name}<br>{kind}")
            end = max(float(values.max()), mean.high)
            text = decimal(mean.estimate, 2)
            add_value(fig, end, row + lift, text, xanchor="left", xshift=8)
            if row == 0:
                shift = 20 if lift < 0 else -20
                place = {"yshift": shift, "xanchor": "right", "xshift": 24}
                add_value(fig, mean.estimate, row + lift, f"<b>{kind}</b>", **place)
    add_limit_above(fig, 0.0, "no better than<br>the mean", anchor="center")
    name_rows(fig, [leak.name.replace(" ", "<br>", 1) for leak in found])
    lowest = min(float(leak.honest.min()) for leak in found)
    ticks = {"tickvals": [-1, -0.5, 0, 0.5, 1], "range": [min(-1.05, lowest - 0.15), 1.4]}
    return fig.update_xaxes(title_text="R²", **ticks)


def parity(measured: ArrayLike, predicted: ArrayLike) -> go.Figure:
    """Predicted against measured gaps, eV, as counts in small squares."""
    observed, guessed = np.asarray(measured, dtype=float), np.asarray(predicted, dtype=float)
    zero, wide = observed == 0, observed > _WIDE
    fig = shared_parity(
        observed,
        guessed,
        label="band gap",
        unit="eV",
        alt=f"Density of predicted against measured gaps of {observed.size:,} compositions around "
        f"the diagonal. A column of {zero.sum():,} compositions at zero is predicted up to "
        f"{guessed[zero].max():.1f} eV; gaps above {_WIDE:g} eV are predicted "
        f"{(observed - guessed)[wide].mean():.1f} eV too small on average.",
    )
    top = float(guessed[zero].max())
    add_value(fig, 0.2, top + 0.9, "metals, taken for<br>semiconductors", xanchor="left")
    add_value(fig, 9.7, 5.4, "wide gaps,<br>predicted too small")
    fig.update_traces(colorbar_y=0.16, selector={"type": "heatmap"})
    return fig.update_layout(height=480)


_WIDE = 4.0  # eV; gaps beyond are few, and pulled towards the rest


def metrics(
    scores: Mapping[str, Mapping[str, Interval]], *, floors: Mapping[str, float]
) -> go.Figure:
    """MAE and RMSE of each predictor, eV, with intervals and floors; its R² under its name.

    Args:
        scores: For each predictor its intervals by name of the metric.
        floors: Replicate error by name of the metric.
    """
    styles = {"MAE": (COLOURS["accent"], "circle"), "RMSE": (COLOURS["no_transfer"], "diamond")}
    fig = new_figure(
        alt="MAE and RMSE of five predictors: "
        + "; ".join(
            f"{name} {by['MAE'].estimate:.2f} and {by['RMSE'].estimate:.2f} eV, R squared "
            f"{decimal(by['R²'].estimate, 2)}"
            for name, by in scores.items()
        )
        + f". Dashed lines mark the floors, {floors['MAE']:.2f} and {floors['RMSE']:.2f} eV.",
        height=400,
        wide=True,
    )
    for row, (name, by_metric) in enumerate(scores.items()):
        for metric, (colour, symbol) in styles.items():
            add_mean(fig, by_metric[metric], row, colour, f"{name}, {metric}", "eV", symbol=symbol)
            if row == 0:
                add_value(fig, by_metric[metric].estimate, row, metric, yshift=20)
    add_limit_above(fig, floors["MAE"], "floor,<br>MAE", anchor="right")
    add_limit_above(fig, floors["RMSE"], "floor,<br>RMSE", anchor="left")
    name_rows(fig, [f"{name}<br>R² {decimal(by['R²'].estimate, 2)}" for name, by in scores.items()])
    return fig.update_xaxes(title_text="Error (eV)", rangemode="tozero")
