"""Figures of "Gaussian processes": evidence, errors of two kernels, reliability."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from matinf.active.curves import Landscape
from matinf.calibration import CalibrationCurve
from matinf.figures.marks import add_chance_band, add_limit, label_line
from matinf.figures.palette import CATEGORICAL, COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.intervals import Interval, decimal, mean_interval

KERNEL_NAMES: Mapping[str, str] = {"matern12": "Matérn-1/2", "tanimoto": "Tanimoto"}
_KERNEL_COLOURS = {"matern12": CATEGORICAL[1], "tanimoto": COLOURS["accent"]}
_TENTHS, _HUNDREDTHS = (0.01, 0.1, 1.0, 10.0), (0.001, 0.01, 0.1, 1.0)


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
    add_chance_band(fig, first.levels.round(3), low.round(3), high.round(3))
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
