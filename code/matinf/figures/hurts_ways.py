"""Figures of "When it hurts": ways of transfer, and how much harm each can do."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.checks import same_shape
from matinf.figures.hurts_marks import LATENT, TUNED, ZERO, add_gain_band, add_note, size_axis
from matinf.figures.interval_rows import make_panels, name_rows
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.figures.ticks import linear_ticks
from matinf.intervals import Interval, decimal
from matinf.transfer.evaluation import LearningCurves


def ways(
    curves: LearningCurves, names: Mapping[str, str], *, reference: str, floor: float
) -> go.Figure:
    """Neither, either, both: errors above; below, what each gains over one of them.

    Args:
        curves: The stored errors, eV.
        names: Curve of each way, by what the page calls it.
        reference: The way that the gains of the lower panel are over.
        floor: Replicate error over the task, eV.
    """
    sizes = curves.sizes
    errors = {n: [curves.interval(c, int(k)) for k in sizes] for n, c in names.items()}
    over = {
        n: [curves.difference(names[reference], c, int(k)) for k in sizes]
        for n, c in names.items()
        if n != reference
    }
    fig = make_panels(
        2,
        1,
        ["<b>Error</b>", f"<b>Gain over {reference}</b>"],
        alt="Error, and below it the gain, against the number of target samples. "
        + " ".join(
            f"{name.capitalize()}: {i[0].estimate:.2f} eV at {sizes[0]}, "
            f"{i[-1].estimate:.2f} eV at {sizes[-1]:,}."
            for name, i in errors.items()
        )
        + f" A dashed line marks the replicate error, at most {floor:.2f} eV.",
        height=760,
    )
    for name, intervals in errors.items():
        _line(fig, sizes, intervals, name)
    for name, intervals in over.items():
        add_gain_band(fig, sizes, intervals, _WAYS[name]["color"], name, place=(2, 1), legend=False)
        _restyle(fig, name)
    fig.add_hline(y=0, line=ZERO, row=2, col=1)
    fig.add_hline(
        y=floor,
        line=ZERO,
        row=1,
        col=1,
        annotation={
            "text": f"replicate error, at most {floor:.2f} eV",
            "font": {"size": 12},
            "yanchor": "bottom",
            "xanchor": "right",
        },
    )
    size_axis(fig, sizes, row=2, col=1)
    fig.update_xaxes(type="log", tickvals=sizes.tolist())
    fig.update_yaxes(title_text="Mean absolute error (eV)", rangemode="tozero", row=1)
    fig.update_yaxes(title_text="Gain (eV)", row=2)
    return fig.update_layout(margin={"t": 76}, legend={"y": 1.06, "yref": "paper"})


def _line(fig: go.Figure, sizes: ArrayLike, found: Sequence[Interval], name: str) -> None:
    fig.add_scatter(
        x=np.asarray(sizes),
        y=[round(i.estimate, 4) for i in found],
        customdata=[i.text("eV", digits=2) for i in found],
        mode="lines+markers",
        line={"color": _WAYS[name]["color"]},
        marker={"color": _WAYS[name]["color"]},
        name=name,
        legendgroup=name,
        hovertemplate=f"{name}, %{{x:,}} compositions<br>%{{customdata}}<extra></extra>",
        row=1,
        col=1,
    )
    _restyle(fig, name)


def _restyle(fig: go.Figure, name: str) -> None:
    """Dash and symbol of a way on the line drawn last."""
    fig.data[-1].line.dash = _WAYS[name]["dash"]
    fig.data[-1].marker.symbol = _WAYS[name]["symbol"]


_WAYS: Mapping[str, dict[str, Any]] = {
    "trees alone": {"color": COLOURS["no_transfer"], "dash": "solid", "symbol": "circle"},
    "network alone": {"color": COLOURS["no_transfer"], "dash": "dot", "symbol": "diamond"},
    "latent variable": {"color": LATENT, "dash": "solid", "symbol": "circle"},
    "fine-tuning": {"color": TUNED, "dash": "dot", "symbol": "diamond"},
    "both, averaged": {"color": COLOURS["exploit"], "dash": "dot", "symbol": "square-open"},
    "both, stacked": {"color": COLOURS["exploit"], "dash": "solid", "symbol": "square"},
}


def useless(counts: ArrayLike, found: Sequence[Interval]) -> go.Figure:
    """Gain against the number of latent variables that say nothing, eV."""
    (numbers,) = same_shape(counts)
    fig = new_figure(
        alt="Gain against the number of useless latent variables: "
        + ", ".join(
            f"{decimal(i.estimate, 3)} eV with {n:,.0f}"
            for n, i in zip(numbers, found, strict=True)
        )
        + ".",
        height=340,
    )
    add_gain_band(fig, numbers, found, LATENT, "useless latent variables", legend=False)
    fig.add_hline(y=0, line=ZERO, name="no transfer")
    fig.update_xaxes(type="log", tickvals=numbers.tolist(), title_text="Useless latent variables")
    return fig.update_yaxes(title_text="Gain (eV)")


def spread(found: Mapping[int, ArrayLike], *, whole: float) -> go.Figure:
    """A measure from few labels, drawn often: each draw a dot.

    Args:
        found: For each number of labels, the measure in every draw.
        whole: The measure from all labels.
    """
    drawn = {n: np.asarray(values, dtype=float) for n, values in found.items()}
    ends = {n: np.quantile(values, [0.05, 0.95]) for n, values in drawn.items()}
    fig = new_figure(
        alt="Explained variance in repeated draws of labels: "
        + "; ".join(
            f"with {n:,} from {decimal(float(low), 2)} to {decimal(float(high), 2)} in nine draws "
            "of ten"
            for n, (low, high) in ends.items()
        )
        + f". With all labels it is {whole:.2f}.",
        height=320,
    )
    for row, (n, values) in enumerate(drawn.items()):
        fig.add_scatter(
            x=np.clip(values, -1, 1).round(3),
            y=[row] * values.size,
            mode="markers",
            marker={"color": with_alpha(COLOURS["accent"], 0.25), "size": 9},
            name=f"{n} labels",
            showlegend=False,
            hovertemplate=f"{n} labels: %{{x:.2f}}<extra></extra>",
        )
    fig.add_vline(x=whole, line=ZERO, name="all labels")
    add_note(fig, whole, len(drawn) - 0.5, "all labels", xanchor="left", xshift=6)
    name_rows(fig, [f"{n} labels" for n in drawn])
    lowest = max(-1.0, min(float(values.min()) for values in drawn.values()))
    span = {"range": [lowest - 0.05, 1], "tickvals": linear_ticks(-1, 1)}
    return fig.update_xaxes(title_text="Share of the labels' variance explained", **span)
