"""Figures of "Fine-tuning": strategies compared by the number of measurements."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.fine_tuning_marks import NAMES, STRATEGY_COLOURS, add_line
from matinf.figures.marks import add_intervals, add_limit
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.intervals import Interval, decimal
from matinf.transfer.fine_tuning_results import Comparison

_BANDS = ("scratch", "discriminative", "trees")
_FORGOTTEN_AT = 1000  # samples: beyond, one strategy alone was measured
_TICKS = [25, 50, 100, 200, 400, 1000, 2000]


def learning_curves(found: Comparison, *, floor: float) -> go.Figure:
    """Error on unseen target rows against target samples, each strategy and the trees.

    Args:
        found: The stored comparison.
        floor: Replicate error over the whole task, eV.
    """
    spans = {name: _spans(found, name) for name in NAMES}
    fig = new_figure(
        alt="Error against the number of target samples, lines with bands. "
        + " ".join(
            f"{NAMES[name].capitalize()}: {s[0].estimate:.2f} eV at {found.sizes(name)[0]}, "
            f"{s[-1].estimate:.2f} eV at {found.sizes(name)[-1]:,}."
            for name, s in spans.items()
        )
        + f" A dashed line marks the replicate error, at most {floor:.2f} eV.",
        height=480,
        wide=True,
    )
    for name, intervals in spans.items():
        if name in _BANDS:
            _band(fig, found.sizes(name), intervals, name)
        else:
            means = [i.estimate for i in intervals]
            add_line(fig, found.sizes(name), means, name, unit="eV")
    add_limit(fig, floor, name=f"replicate error, at most {floor:.2f} eV", side="start")
    _sizes(fig)
    return fig.update_yaxes(title_text="Mean absolute error (eV)", rangemode="tozero")


def gains(found: Comparison) -> go.Figure:
    """What each strategy is better by than training from scratch, with intervals."""
    names = ("frozen", "full", "discriminative")
    fig = new_figure(
        alt="Gain over training from scratch against target samples, with 95 percent intervals. "
        + " ".join(
            f"{NAMES[name].capitalize()}: "
            + ", ".join(
                f"{decimal(found.gain(name, size).estimate, 3)} eV at {size:,}"
                for size in found.sizes(name)
            )
            + "."
            for name in names
        ),
        height=460,
        wide=True,
    )
    for lift, name in zip((0.94, 1.0, 1.064), names, strict=True):
        sizes = found.sizes(name)
        intervals = [found.gain(name, size) for size in sizes]
        _points(fig, np.array(sizes) * lift, intervals, name)
    fig.add_hline(y=0, line={"color": COLOURS["no_transfer"], "width": 2}, name="from scratch")
    fig.update_layout(legend={"itemsizing": "constant"})
    _sizes(fig)
    return fig.update_yaxes(title_text="Gain over scratch (eV)")


def forgotten(found: Comparison) -> go.Figure:
    """Error on held-out source rows after fine-tuning, against target samples.

    Solid lines read the body by the source's own head, dotted ones by a head fitted anew.
    """
    names = ("full", "discriminative")
    table = found.table
    before, median = (float(table[column].mean()) for column in ("before", "median"))
    fig = new_figure(
        alt=f"Error on held-out source rows, in standard deviations, against target samples; "
        f"before fine-tuning {before:.2f}. "
        + " ".join(
            f"{NAMES[name].capitalize()} fine-tuning leaves "
            + " and ".join(
                f"{found.interval(name, size, column='source').estimate:.2f} at {size:,}"
                for size in (found.sizes(name)[0], _FORGOTTEN_AT)
            )
            + " under the old head, "
            f"{found.interval(name, _FORGOTTEN_AT, column='source_reread').estimate:.2f} "
            "under a new one."
            for name in names
        )
        + f" Always saying the median errs by {median:.2f}.",
        height=460,
        wide=True,
    )
    for name in names:
        sizes = [size for size in found.sizes(name) if size <= _FORGOTTEN_AT]
        for column, dash, head in (("source", "solid", "old"), ("source_reread", "dot", "new")):
            spans = [found.interval(name, size, column=column) for size in sizes]
            _band(fig, sizes, spans, name, unit="σ", dash=dash, said=f", {head} head")
    add_limit(fig, median, name=f"always the median, {median:.2f} σ", side="start")
    add_limit(fig, before, name=f"before, and frozen body: {before:.2f} σ", side="start")
    _sizes(fig, last=_FORGOTTEN_AT)
    return fig.update_yaxes(title_text="Error on the source (σ)", rangemode="tozero")


def _spans(found: Comparison, name: str) -> list[Interval]:
    return [found.interval(name, size) for size in found.sizes(name)]


def _band(
    fig: go.Figure,
    sizes: list[int],
    intervals: list[Interval],
    name: str,
    *,
    unit: str = "eV",
    dash: str = "solid",
    said: str = "",
) -> None:
    add_intervals(
        fig,
        sizes,
        intervals,
        colour=STRATEGY_COLOURS[name],
        name=NAMES[name] + said,
        unit=unit,
    )
    fig.data[-1].update(line_dash="dot" if name == "trees" else dash, showlegend=True)


def _points(fig: go.Figure, x: ArrayLike, intervals: list[Interval], name: str) -> None:
    middle = np.array([i.estimate for i in intervals])
    fig.add_scatter(
        x=np.asarray(x).round(2),
        y=middle.round(4),
        error_y={
            "type": "data",
            "symmetric": False,
            "array": np.round([i.high for i in intervals] - middle, 4),
            "arrayminus": np.round(middle - [i.low for i in intervals], 4),
            "width": 0,
            "thickness": 3,
            "color": with_alpha(STRATEGY_COLOURS[name], 0.5),
        },
        mode="markers",
        marker={"color": STRATEGY_COLOURS[name], "size": 11},
        name=NAMES[name],
        text=[i.text("eV") for i in intervals],
        hovertemplate=f"{NAMES[name]}<br>%{{text}}<extra></extra>",
    )


def _sizes(fig: go.Figure, *, last: int = _TICKS[-1]) -> None:
    ticks = [size for size in _TICKS if size <= last]
    fig.update_xaxes(
        title_text="Target samples",
        type="log",
        range=[np.log10(_TICKS[0] / 1.15), np.log10(last * 1.12)],
        tickvals=ticks,
        ticktext=[f"{size:,}" for size in ticks],
    )
