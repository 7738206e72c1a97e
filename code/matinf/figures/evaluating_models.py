"""Figures of "Evaluating models": splits, leaks, metrics, calibration."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.background.evaluating_models import SplitErrors
from matinf.background.forest_spread import ShiftedCoverage
from matinf.background.leakage import Leak
from matinf.calibration import CalibrationCurve
from matinf.figures.marks import interval_bars
from matinf.figures.marks import parity as shared_parity
from matinf.figures.palette import COLOURS, QUIET_FILL, with_alpha
from matinf.figures.template import new_figure
from matinf.intervals import Interval, decimal

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
        + f". A dashed line marks the replicate error, {floor:.2f} eV, and another the error of "
        f"always predicting the median, {median:.2f} eV.",
        height=400,
        wide=True,
    )
    for row, way in enumerate(ways):
        repeats = result.errors[way].to_numpy()
        _repeats(fig, repeats, row, COLOURS["accent"], f"{way}, one repeat", "eV")
        _mean(fig, means[row], row, COLOURS["accent"], way, "eV")
        _value(fig, means[row].estimate, row, f"{means[row].estimate:.2f} eV", yshift=18)
    _limit(fig, floor, f"replicate error,<br>{floor:.2f} eV")
    _limit(fig, median, f"always the median,<br>{median:.2f} eV", colour=COLOURS["muted"])
    _rows(fig, ways)
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
            _repeats(fig, values, row + lift, colour, f"{leak.name}<br>{kind}, one repeat")
            mean = leak.interval(values)
            _mean(fig, mean, row + lift, colour, f"{leak.name}<br>{kind}")
            end = max(float(values.max()), mean.high)
            text = decimal(mean.estimate, 2)
            _value(fig, end, row + lift, text, xanchor="left", xshift=8)
            if row == 0:
                shift = 20 if lift < 0 else -20
                place = {"yshift": shift, "xanchor": "right", "xshift": 24}
                _value(fig, mean.estimate, row + lift, f"<b>{kind}</b>", **place)
    _limit(fig, 0.0, "no better than<br>the mean")
    _rows(fig, [leak.name.replace(" ", "<br>", 1) for leak in found])
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
    _value(fig, 0.2, top + 0.9, "metals, taken for<br>semiconductors", xanchor="left")
    _value(fig, 9.7, 5.4, "wide gaps,<br>predicted too small")
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
            _mean(fig, by_metric[metric], row, colour, f"{name}, {metric}", "eV", symbol=symbol)
            if row == 0:
                _value(fig, by_metric[metric].estimate, row, metric, yshift=20)
    _limit(fig, floors["MAE"], "floor,<br>MAE", anchor="right")
    _limit(fig, floors["RMSE"], "floor,<br>RMSE", anchor="left")
    _rows(fig, [f"{name}<br>R² {decimal(by['R²'].estimate, 2)}" for name, by in scores.items()])
    return fig.update_xaxes(title_text="Error (eV)", rangemode="tozero")


def reliability(curves: Mapping[str, CalibrationCurve]) -> go.Figure:
    """Coverage against stated level; the band is what chance leaves to an honest model.

    Args:
        curves: By name, of the same samples; drawn in this order.
    """
    first = next(iter(curves.values()))
    fig = new_figure(
        alt="Coverage against stated level, with the diagonal of honest uncertainties. At the "
        "level of 90 percent: "
        + ", ".join(f"{name} covers {_at(curve, 0.9):.0%}" for name, curve in curves.items())
        + ".",
        height=470,
    )
    fig.add_scatter(
        x=np.concatenate([first.levels, first.levels[::-1]]),
        y=np.concatenate([first.low, first.high[::-1]]).round(4),
        fill="toself",
        fillcolor=with_alpha(COLOURS["limit"], 0.15),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        name="chance",
    )
    for (name, curve), colour, place in zip(
        curves.items(), _CURVE_COLOURS, _CURVE_NAMES, strict=False
    ):
        fig.add_scatter(
            x=curve.levels,
            y=curve.coverage.round(4),
            mode="lines",
            line={"color": colour},
            name=name,
            showlegend=False,
            hovertemplate=f"{name}<br>level %{{x:.0%}}, coverage %{{y:.1%}}<extra></extra>",
        )
        level, x, y = place
        fig.add_annotation(
            x=level,
            y=_at(curve, level),
            text=f"<b>{name}</b>",
            ax=x,
            ay=y,
            axref="x",
            ayref="y",
            showarrow=True,
            arrowhead=0,
            arrowwidth=1.5,
            arrowcolor=colour,
            font={"size": 12},
        )
    fig.add_shape(
        type="line",
        x0=0,
        y0=0,
        x1=1,
        y1=1,
        name="honest",
        line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
    )
    fig.update_xaxes(title_text="Stated level", tickformat=".0%", range=[0, 1.01], tickvals=_FIFTHS)
    return fig.update_yaxes(
        title_text="Coverage",
        tickformat=".0%",
        range=[0, 1.02],
        tickvals=_FIFTHS,
    )


_FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1]
_CURVE_COLOURS = (COLOURS["no_transfer"], COLOURS["truth"], COLOURS["random"], COLOURS["accent"])
# At which level the name's line touches the curve, and where the name stands (level, coverage).
_CURVE_NAMES = ((0.45, 0.3, 0.7), (0.75, 0.8, 0.42), (0.3, 0.36, 0.9), (0.55, 0.66, 0.22))


def shifted_coverage(result: ShiftedCoverage) -> go.Figure:
    """Coverage for each kind of compound: among known kinds, and held back whole."""
    order = np.argsort(-result.n_samples)
    low, high = result.chance()
    fig = new_figure(
        alt=f"Coverage of {result.level:.0%} intervals for {len(order)} families, when others of "
        "the family were in training and when none was: "
        + ", ".join(
            f"{result.names[k]} {result.known[k]:.0%} and {result.new[k]:.0%}" for k in order
        )
        + ".",
        height=400,
        wide=True,
    )
    for row, k in enumerate(order):
        fig.add_shape(
            type="rect",
            x0=low[k],
            x1=high[k],
            y0=row - 0.3,
            y1=row + 0.3,
            fillcolor=QUIET_FILL,
            line={"width": 0},
            layer="below",
            name="chance",
        )
        fig.add_scatter(
            x=[result.known[k], result.new[k]],
            y=[row, row],
            mode="lines+markers",
            line={"color": with_alpha(COLOURS["exploit"], 0.5), "width": 2},
            marker={"size": 12, "color": [COLOURS["accent"], COLOURS["exploit"]]},
            customdata=["others of its family in training", "no other of its family in training"],
            hovertemplate=f"{result.names[k]}, {result.n_samples[k]:,} compositions<br>"
            "%{customdata}: %{x:.0%}<extra></extra>",
            showlegend=False,
            name=result.names[k],
        )
    worst = int(np.argmin(result.new[order]))
    new, known = float(result.new[order][worst]), float(result.known[order][worst])
    _value(fig, new, worst, "family held back", yshift=-20, xanchor="left", xshift=-8)
    _value(fig, known, worst, "family known", yshift=20)
    _limit(fig, result.level, f"promised: {result.level:.0%}")
    _rows(fig, [f"{result.names[k]} ({result.n_samples[k]:,})" for k in order])
    return fig.update_xaxes(title_text="Share of gaps inside", tickformat=".0%")


def _repeats(
    fig: go.Figure, values: ArrayLike, row: float, colour: str, name: str, unit: str = ""
) -> None:
    points = np.asarray(values, dtype=float).round(4)
    fig.add_scatter(
        x=points,
        y=[row] * points.size,
        mode="markers",
        marker={"color": with_alpha(colour, 0.35), "size": 7},
        showlegend=False,
        name=name,
        hovertemplate=f"{name}: %{{x:.2f}} {unit}<extra></extra>",
    )


def _mean(
    fig: go.Figure,
    mean: Interval,
    row: float,
    colour: str,
    name: str,
    unit: str = "",
    symbol: str = "circle",
) -> None:
    fig.add_scatter(
        **interval_bars([mean], colour=with_alpha(colour, 0.6), thickness=3),
        y=[row],
        mode="markers",
        marker={"color": colour, "size": 12, "symbol": symbol},
        showlegend=False,
        name=name,
        hovertemplate=f"{name}<br>{mean.text(unit)}<extra></extra>",
    )


def _value(fig: go.Figure, x: float, y: float, text: str, **place: Any) -> None:
    """Write a short text at a point, in data coordinates, moved by pixels."""
    fig.add_annotation(x=x, y=y, text=text, font={"size": 12}, **place)


def _limit(
    fig: go.Figure,
    value: float,
    name: str,
    *,
    colour: str = COLOURS["limit"],
    anchor: Literal["left", "center", "right"] = "center",
) -> None:
    """Draw a dashed vertical line whose name lies flat above it."""
    line = {"color": colour, "width": 1.5, "dash": "dash"}
    plain = name.replace("<br>", " ")
    fig.add_shape(
        type="line", x0=value, x1=value, y0=0, y1=1, yref="y domain", line=line, name=plain
    )
    fig.add_annotation(
        x=value,
        y=1,
        yref="y domain",
        yanchor="bottom",
        xanchor=anchor,
        text=name,
        font={"size": 12},
    )
    fig.layout.margin.t = max(fig.layout.margin.t or 0, 44)


def _rows(fig: go.Figure, names: Sequence[str]) -> None:
    fig.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        range=[len(names) - 0.4, -0.6],
        showgrid=False,
    )


def _at(curve: CalibrationCurve, level: float) -> float:
    return float(np.interp(level, curve.levels, curve.coverage))
