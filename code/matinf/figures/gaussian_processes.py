"""Figures of "Gaussian processes": beliefs on a line, kernels, evidence, molecules, calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.active.curves import Belief, Landscape
from matinf.calibration import CalibrationCurve
from matinf.figures.marks import add_band, add_limit, label_line
from matinf.figures.palette import CATEGORICAL, COLOURS, with_alpha
from matinf.figures.template import new_figure, said
from matinf.intervals import Interval, decimal, mean_interval

KERNEL_NAMES: Mapping[str, str] = {"matern12": "Matérn-1/2", "tanimoto": "Tanimoto"}
_KERNEL_COLOURS = {"matern12": CATEGORICAL[1], "tanimoto": COLOURS["accent"]}
_HALF = 1.96  # standard deviations to each side of a 95 % interval
SHARE, GAP = "Share of phosphorus <i>x</i>", "Band gap (eV)"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A measurement that the model was not given.

    Attributes:
        x: Place.
        y: Value.
        name: What is written beside it.
    """

    x: float
    y: float
    name: str


def belief(
    found: Belief,
    *,
    curves: ArrayLike,
    measured: tuple[ArrayLike, ArrayLike] = ((), ()),
    withheld: Report | None = None,
    gaps: tuple[float, float],
) -> go.Figure:
    """A belief over gaps of an alloy: mean, band of 95 %, and some curves drawn from it.

    Args:
        found: The belief, eV.
        curves: Curves drawn from it, shape ``(n_curves, n)``, eV.
        measured: Places and gaps that it was given, eV.
        withheld: A report that it was not given.
        gaps: Range of the vertical axis, eV, the same for figures to be compared.
    """
    x, y = (np.asarray(part, dtype=float) for part in measured)
    drawn = np.asarray(curves, dtype=float)
    width = 2 * _HALF * found.std
    narrow, wide = width.min(), width.max()
    given = f"after {len(x)} measurements" if len(x) else "before any measurement"
    alt = (
        f"Mean, 95 % band and {len(drawn)} drawn curves of the gap of an alloy {given}. The band "
        f"is {narrow:.2f} eV wide where it is narrowest and {wide:.2f} eV at its widest."
    )
    if withheld is not None:
        alt += f" A report that was withheld, {withheld.y:.2f} eV at {withheld.x:g}, is marked."
    fig = new_figure(alt=alt, height=340, wide=True)
    _belief(fig, found, drawn)
    if x.size:
        _measured(fig, x, y)
    if withheld is not None:
        _withheld(fig, withheld)
    fig.update_xaxes(title_text=SHARE, range=[-0.01, 1.01])
    return fig.update_yaxes(title_text=GAP, range=list(gaps))


def _belief(
    fig: go.Figure,
    found: Belief,
    curves: NDArray[np.float64],
    *,
    row: int | None = None,
    name: str = "mean",
) -> None:
    low, high = found.mean - _HALF * found.std, found.mean + _HALF * found.std
    where: dict[str, Any] = {} if row is None else {"row": row, "col": 1}
    add_band(
        fig,
        found.x,
        estimate=found.mean.round(3),
        low=low.round(3),
        high=high.round(3),
        colour=COLOURS["accent"],
        name=name,
        unit="eV",
        place=None if row is None else (row, 1),
    )
    for number, curve in enumerate(curves, start=1):
        _curve(fig, found.x, curve, f"drawn curve {number}", where)


def _curve(
    fig: go.Figure,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    name: str,
    where: Mapping[str, int],
    **line: Any,
) -> None:
    """A line over evenly spaced places, which needs no list of them: pages stay light."""
    style = {"color": with_alpha(COLOURS["accent"], 0.55), "width": 1.2} | line
    fig.add_scatter(
        x0=float(x[0]),
        dx=float(np.ptp(x)) / (x.size - 1),
        y=y.round(3),
        mode="lines",
        line=style,
        name=name,
        hoverinfo="skip",
        showlegend=False,
        **where,
    )


def _measured(
    fig: go.Figure, x: NDArray[np.float64], y: NDArray[np.float64], *, row: int | None = None
) -> None:
    where: dict[str, Any] = {} if row is None else {"row": row, "col": 1}
    fig.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"color": COLOURS["data"], "size": 10},
        name="measured",
        hovertemplate="measured<br>x = %{x:.2f}: %{y:.2f} eV<extra></extra>",
        showlegend=False,
        **where,
    )


def _withheld(fig: go.Figure, report: Report) -> None:
    fig.add_scatter(
        x=[report.x],
        y=[report.y],
        text=[f"{report.name} "],
        mode="markers+text",
        textposition="middle left",
        marker={"color": COLOURS["truth"], "size": 12, "symbol": "diamond"},
        name=report.name,
        hovertemplate=f"{report.name}<br>x = %{{x:.2f}}: %{{y:.2f}} eV<extra></extra>",
        showlegend=False,
    )


def kernels(draws: Mapping[str, tuple[Belief, ArrayLike]]) -> go.Figure:
    """Curves drawn from several priors, one panel each, from the same random numbers.

    Args:
        draws: For each name the prior and curves drawn from it, all at the same places.
    """
    drawn = {name: np.asarray(curves, dtype=float) for name, (_, curves) in draws.items()}
    rough = {
        name: float(np.abs(np.diff(curves, n=2)).mean() / np.abs(np.diff(curves)).mean())
        for name, curves in drawn.items()
    }
    fig = new_figure(
        alt="Curves drawn from priors with different kernels and the same lengthscale. How much "
        "the slope changes from one point to the next, as a share of the slope: "
        + ", ".join(f"{name} {share:.0%}" for name, share in rough.items())
        + ".",
        height=160 + 130 * len(draws),
        wide=True,
    )
    fig.set_subplots(len(draws), 1, shared_xaxes=True, vertical_spacing=0.06)
    for row, (name, (prior, _)) in enumerate(draws.items(), start=1):
        for number, curve in enumerate(drawn[name], start=1):
            colour = CATEGORICAL[number - 1]
            where = {"row": row, "col": 1}
            title = f"{name}, curve {number}"
            _curve(fig, prior.x, curve, title, where, color=colour, width=1.8)
        _panel_title(fig, name, row)
    fig.update_yaxes(range=[-3.2, 3.8], tickvals=[-2, 0, 2])
    fig.update_yaxes(title_text="Property (standard deviations)", row=(len(draws) + 1) // 2, col=1)
    return fig.update_xaxes(title_text="Place, in lengthscales", row=len(draws), col=1)


def _panel_title(fig: go.Figure, text: str, row: int) -> None:
    fig.add_annotation(
        x=0.01,
        y=1,
        xref="x domain",
        yref="y domain",
        xanchor="left",
        yanchor="top",
        text=f"<b>{text}</b>",
        row=row,
        col=1,
    )


def fits(
    found: Mapping[str, Belief],
    *,
    measured: tuple[ArrayLike, ArrayLike],
    gaps: tuple[float, float],
) -> go.Figure:
    """The same measurements as several models see them, one panel each.

    Args:
        found: Belief of each model by name, eV.
        measured: Places and gaps, eV.
        gaps: Range of the vertical axes, eV.
    """
    x, y = (np.asarray(part, dtype=float) for part in measured)
    widest = {name: 2 * _HALF * b.std.max() for name, b in found.items()}
    fig = new_figure(
        alt="Mean and 95 % band of models that differ in lengthscale and noise. Widest point of "
        "the band: " + ", ".join(f"{name} {w:.2f} eV" for name, w in widest.items()) + ".",
        height=150 + 150 * len(found),
        wide=True,
    )
    fig.set_subplots(len(found), 1, shared_xaxes=True, vertical_spacing=0.06)
    for row, (name, one) in enumerate(found.items(), start=1):
        _belief(fig, one, np.empty((0, len(one.x))), row=row, name=name)
        _measured(fig, x, y, row=row)
        _panel_title(fig, name, row)
    fig.update_yaxes(range=list(gaps))
    fig.update_yaxes(title_text=GAP, row=(len(found) + 1) // 2, col=1)
    return fig.update_xaxes(title_text=SHARE, range=[-0.01, 1.01], row=len(found), col=1)


def fit(
    found: Belief,
    *,
    noise: float,
    evidence: float,
    measured: tuple[ArrayLike, ArrayLike],
    gaps: tuple[float, float],
) -> go.Figure:
    """One model of the measurements, and how probable it held them before they were made.

    Args:
        found: Belief in the curve, eV.
        noise: Standard deviation of a measurement's noise, eV.
        evidence: Log marginal likelihood.
        measured: Places and gaps, eV.
        gaps: Range of the vertical axis, eV.
    """
    x, y = (np.asarray(part, dtype=float) for part in measured)
    missed = float(np.abs(np.interp(x, found.x, found.mean) - y).max())
    told = f"Log evidence {decimal(evidence, 1)}."
    widest = 2 * _HALF * float(found.std.max())
    fig = new_figure(
        alt=f"Mean and 95 % band of a model of {len(x)} measured gaps. The mean misses them by up "
        f"to {missed:.2f} eV, the noise is {noise:.2g} eV, and the band is at most {widest:.2f} eV "
        f"wide. {told}",
        height=340,
        wide=True,
    )
    _belief(fig, found, np.empty((0, len(found.x))))
    _measured(fig, x, y)
    fig.update_yaxes(range=list(gaps), title_text=GAP)
    fig.update_xaxes(title_text=SHARE, range=[-0.01, 1.01])
    return said(fig, f"{told} The mean misses the measured gaps by up to {missed:.2f} eV.")


def evidence(
    found: Landscape,
    *,
    unit: float,
    marked: Mapping[str, tuple[float, float]],
    lowest: float = -20.0,
) -> go.Figure:
    """Log marginal likelihood over lengthscale and noise, with some models marked on it.

    Args:
        found: The landscape.
        unit: Standard deviation of the target, eV: noise is shown in eV.
        marked: Lengthscale and noise (in units of the target) of models by name.
        lowest: Values below are drawn as this one.
    """
    lengthscale, noise_std = found.best
    fig = new_figure(
        alt="Contours of the log marginal likelihood over lengthscale and noise. The highest value "
        f"of {decimal(float(found.values.max()), 1)} is at a lengthscale of {lengthscale:.2g} and "
        f"a noise of {unit * noise_std:.2g} eV; within 1 of it lie {_near_top(found):.0%} of the "
        "map.",
        height=430,
    )
    fig.add_contour(
        x=found.lengthscales.round(4),
        y=(unit * found.noise_stds).round(5),
        z=np.maximum(found.values, lowest).round(2),
        contours={"start": lowest, "end": found.values.max(), "size": 2},
        colorbar={"title": {"text": "log<br>evidence"}, "thickness": 10, "dtick": 4},
        line={"width": 0},
        name="log marginal likelihood",
        hovertemplate="lengthscale %{x:.2g}<br>noise %{y:.2g} eV<br>"
        "log marginal likelihood %{z:.1f}<extra></extra>",
    )
    for name, (place, height) in marked.items():
        _mark(fig, place, unit * height, name)
    fig.update_xaxes(title_text="Lengthscale (share of phosphorus)", type="log", **_log(_TENTHS))
    return fig.update_yaxes(title_text="Noise (eV)", type="log", **_log(_HUNDREDTHS))


def _near_top(found: Landscape) -> float:
    return float(np.mean(found.values > found.values.max() - 1))


_TENTHS, _HUNDREDTHS = (0.01, 0.1, 1.0, 10.0), (0.001, 0.01, 0.1, 1.0)


def _log(ticks: Sequence[float]) -> dict[str, Any]:
    return {"tickvals": list(ticks), "ticktext": [f"{tick:g}" for tick in ticks]}


def _mark(fig: go.Figure, x: float, y: float, name: str) -> None:
    """A ring with a letter, readable on every shade of a map."""
    fig.add_scatter(
        x=[x],
        y=[y],
        text=[f"<b>{name}</b>"],
        mode="markers+text",
        marker={"size": 22, "color": "#fbf9f4", "line": {"width": 1.5, "color": "#262420"}},
        textfont={"color": "#262420", "size": 12},
        name=f"model {name}",
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )


def learning_curve(study: pd.DataFrame, *, floor: float) -> go.Figure:
    """Error of both kernels against the number of molecules learned from, and the lead of one.

    Args:
        study: Rows of the stored study: ``part``, ``kernel``, ``n_train``, ``mae`` and
            ``mae_of_median`` (eV).
        floor: Error that twins with one fingerprint leave to any model of it, eV.
    """
    errors = study.pivot(index=["n_train", "part"], columns="kernel", values="mae")
    means = {kernel: _by_size(errors[kernel]) for kernel in KERNEL_NAMES}
    lead = _by_size(errors["matern12"] - errors["tanimoto"])
    median = float(study["mae_of_median"].mean())
    fig = new_figure(
        alt="Mean absolute error on other molecules against the number learned from. "
        + " ".join(
            f"{KERNEL_NAMES[kernel]}: "
            + ", ".join(f"{mean.estimate:.2f} eV from {n:,}" for n, mean in of.items())
            + "."
            for kernel, of in means.items()
        )
        + f" Always the median: {median:.2f} eV. Twins: {floor:.2f} eV. Below, the lead of "
        "Tanimoto: " + ", ".join(f"{mean.estimate:.3f} eV" for mean in lead.values()) + ".",
        height=540,
    )
    fig.set_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.09, row_heights=[2.4, 1])
    for kernel, of in means.items():
        _with_bars(fig, of, KERNEL_NAMES[kernel], _KERNEL_COLOURS[kernel], row=1)
    _with_bars(fig, lead, "lead of Tanimoto", COLOURS["accent"], row=2)
    _name(fig, 50, means["matern12"][50].estimate, "Matérn-1/2", "left", "bottom")
    _name(fig, 300, means["tanimoto"][300].estimate, "Tanimoto", "right", "top")
    add_limit(fig, floor, name=f"twins with one fingerprint, {floor:.2f} eV")
    add_limit(fig, median, name=f"always the median, {median:.2f} eV")
    fig.layout.shapes[1].line.color = COLOURS["muted"]
    sizes = list(lead)
    ticks = {"tickvals": sizes, "ticktext": [f"{n:,}" for n in sizes]}
    fig.update_xaxes(type="log", range=[1.6, 3.1], **ticks)
    fig.update_xaxes(title_text="Molecules learned from", row=2, col=1)
    fig.update_yaxes(title_text="Mean absolute error (eV)", range=[0, 1.2 * median], row=1, col=1)
    top = 1.15 * max(mean.high for mean in lead.values())
    return fig.update_yaxes(title_text="Lead (eV)", range=[0, top], row=2, col=1)


def _by_size(values: "pd.Series[float]") -> dict[int, Interval]:
    """Mean over the repeats at each size, with its interval."""
    sizes = values.index.get_level_values("n_train")
    return {int(n): mean_interval(values[sizes == n]) for n in sorted(set(sizes))}


def _name(fig: go.Figure, x: float, y: float, text: str, xanchor: str, yanchor: str) -> None:
    shift = 8 if yanchor == "bottom" else -8
    fig.add_annotation(
        x=np.log10(x), y=y, text=f"<b>{text}</b>", xanchor=xanchor, yanchor=yanchor, yshift=shift
    )


def _with_bars(
    fig: go.Figure, of: Mapping[int, Interval], name: str, colour: str, *, row: int
) -> None:
    fig.add_scatter(
        x=list(of),
        y=[round(mean.estimate, 4) for mean in of.values()],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [round(mean.high - mean.estimate, 4) for mean in of.values()],
            "arrayminus": [round(mean.estimate - mean.low, 4) for mean in of.values()],
            "width": 0,
            "thickness": 3,
            "color": with_alpha(colour, 0.6),
        },
        mode="lines+markers",
        line={"color": colour},
        marker={"color": colour, "size": 8},
        name=name,
        customdata=[mean.text("eV") for mean in of.values()],
        hovertemplate=f"{name}<br>%{{customdata}}<extra></extra>",
        showlegend=False,
        row=row,
        col=1,
    )


def reliability(curves: Mapping[str, CalibrationCurve]) -> go.Figure:
    """How far coverage is from the stated level: 0 is honest, above is too cautious.

    Args:
        curves: Coverage of the same molecules by name of the intervals; up to three.
    """
    first = next(iter(curves.values()))
    worst = {n: float(np.abs(c.coverage - c.levels).max()) for n, c in curves.items()}
    fig = new_figure(
        alt="Coverage less the stated level, against the level, with the band that chance leaves "
        "to honest intervals. Largest distance from honest: "
        + ", ".join(f"{name} {distance:.0%}" for name, distance in worst.items())
        + ".",
        height=420,
    )
    low, high = 100 * (first.low - first.levels), 100 * (first.high - first.levels)
    fig.add_scatter(
        x=np.concatenate([first.levels, first.levels[::-1]]).round(3),
        y=np.concatenate([low, high[::-1]]).round(3),
        fill="toself",
        fillcolor=with_alpha(COLOURS["limit"], 0.15),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        name="chance",
    )
    add_limit(fig, 0.0, name="honest")
    fig.layout.shapes[-1].label.yanchor = "top"  # the curves come in from above
    styles = zip(curves.items(), _RELIABILITY_COLOURS, strict=False)
    for (name, curve), colour in styles:
        _departure(fig, name, curve, colour)
        top = int(np.argmax(curve.coverage - curve.levels))
        label_line(
            fig, x=round(float(curve.levels[top]), 3), y=round(float(fig.data[-1].y[top]), 2),
            text=name, colour=colour, side="above",
        )  # fmt: skip
    fig.update_xaxes(title_text="Stated level", tickformat=".0%", range=[0, 1.01], **_QUARTERS)
    return fig.update_yaxes(title_text="Coverage less level (percentage points)")


_QUARTERS = {"tickvals": [0, 0.25, 0.5, 0.75, 1]}
_RELIABILITY_COLOURS = (COLOURS["no_transfer"], COLOURS["accent"], COLOURS["explore"])


def _departure(fig: go.Figure, name: str, curve: CalibrationCurve, colour: str) -> None:
    fig.add_scatter(
        x=curve.levels.round(3),
        y=(100 * (curve.coverage - curve.levels)).round(2),
        customdata=(100 * curve.coverage).round(1),
        mode="lines",
        line={"color": colour},
        name=name,
        showlegend=False,
        hovertemplate=f"{name}<br>level %{{x:.0%}}, coverage %{{customdata:.1f}} %<extra></extra>",
    )
