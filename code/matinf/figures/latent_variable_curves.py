"""Figures of "Latent variable": errors, and what transfer changes, by number of gaps."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matinf.figures.interval_rows import (
    NO_TRANSFER,
    OTHER,
    SOURCE_NAMES,
    TRANSFER,
)
from matinf.figures.marks import add_intervals, add_limit
from matinf.figures.pointer import add_pointer
from matinf.figures.template import new_figure
from matinf.intervals import Interval, decimal
from matinf.transfer.evaluation import LearningCurves


def learning_curve(curves: LearningCurves, *, floor: float, method: str) -> go.Figure:
    """Error against target samples: no transfer, calculations of others, all calculations.

    Args:
        curves: Errors, eV, under the sources ``"none"``, ``"removed"`` and ``"all"``.
        floor: Replicate error over the task, eV.
        method: Name of the model.
    """
    sizes = curves.sizes
    found = {s: [curves.interval(s, int(n)) for n in sizes] for s in ("none", "removed", "all")}
    said = [
        f"{SOURCE_NAMES[s].replace('<br>', ' ')} {found[s][k].estimate:.2f} eV"
        for k in (3, -1)
        for s in found
    ]
    fig = new_figure(
        alt=f"Learning curves of the {method}. With {sizes[3]} gaps: {', '.join(said[:3])}; "
        f"with {sizes[-1]:,}: {', '.join(said[3:])}. "
        f"A dashed line marks the replicate error, at most {floor:.2f} eV.",
        height=480,
        wide=True,
    )
    for source, intervals in found.items():
        name = SOURCE_NAMES[source].replace("<br>", " ")
        colour = NO_TRANSFER if source == "none" else TRANSFER
        add_intervals(fig, sizes, intervals, colour=colour, name=name, unit="eV")
        if source == "all":
            fig.data[-1].line.dash = "dot"
            fig.data[-1].marker.symbol = "circle-open"
    return _finish_curve(fig, found, sizes, floor)


def _finish_curve(
    fig: go.Figure,
    found: Mapping[str, Sequence[Interval]],
    sizes: NDArray[np.intp],
    floor: float,
) -> go.Figure:
    places = {"none": (3, 330, 0.87), "removed": (4, 1100, 0.74), "all": (4, 200, 0.3)}
    for source, (at, x, y) in places.items():
        add_pointer(
            fig,
            f"<b>{SOURCE_NAMES[source]}</b>",
            at=(float(np.log10(sizes[at])), found[source][at].estimate),
            stands=(float(np.log10(x)), y),
            colour=NO_TRANSFER if source == "none" else TRANSFER,
        )
    add_limit(fig, floor, name=f"replicate error, at most {floor:.2f} eV", side="start")
    _size_axis(fig, sizes)
    return fig.update_yaxes(title_text="Mean absolute error (eV)", rangemode="tozero")


def gain(curves: Mapping[str, LearningCurves], *, source: str = "removed") -> go.Figure:
    """What transfer changes against the number of target samples, with its interval.

    Args:
        curves: Learning curves by name of the model, two of them.
        source: The source that is compared with none.
    """
    sizes = next(iter(curves.values())).sizes
    found = {
        name: [of_one.difference(source, "none", int(n)) for n in sizes]
        for name, of_one in curves.items()
    }
    fig = new_figure(
        alt="Change of the mean absolute error by transfer. "
        + " ".join(
            f"{name.capitalize()}: "
            + ", ".join(
                f"{decimal(i.estimate, 2)} eV with {n:,} gaps"
                for n, i in zip(sizes, intervals, strict=True)
            )
            + "."
            for name, intervals in found.items()
        )
        + " Below zero transfer helps.",
        height=400,
        wide=True,
    )
    for (name, intervals), colour in zip(found.items(), (TRANSFER, OTHER), strict=True):
        add_intervals(fig, sizes, intervals, colour=colour, name=name, unit="eV")
    for k, (name, side) in enumerate(zip(found, ("below", "above"), strict=True)):
        at = (3, 2)[k]
        fig.add_annotation(
            x=float(np.log10(sizes[at])),
            y=found[name][at].low if side == "below" else found[name][at].high,
            text=f"<b>{name}</b>",
            yshift=-16 if side == "below" else 16,
            font={"size": 12},
        )
    add_limit(fig, 0.0, name="no gain", side="start")
    _size_axis(fig, sizes)
    return fig.update_yaxes(title_text="Error with − without (eV)")


def _size_axis(fig: go.Figure, sizes: NDArray[np.intp]) -> None:
    fig.update_xaxes(
        title_text="Measured gaps to learn from",
        type="log",
        tickvals=_named(sizes),
        ticktext=[f"{n:,}" for n in _named(sizes)],
        tickangle=0,
        minor={"ticks": ""},
    )


def _named(sizes: NDArray[np.intp]) -> list[int]:
    """Sizes that leave each other room on a phone: the last, and down from it by factors of 3."""
    kept = [int(sizes[-1])]
    for size in sizes[::-1]:
        if 3 * size <= kept[-1]:
            kept.append(int(size))
    return kept[::-1]
