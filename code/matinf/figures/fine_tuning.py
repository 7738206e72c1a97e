"""Figures of "Fine-tuning": what is learned, what it is worth, and what is forgotten."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from matinf.figures.marks import add_intervals, add_limit, label_line
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import describe, new_figure, themes
from matinf.intervals import Interval, decimal
from matinf.transfer.fine_tuning_results import Comparison
from matinf.transfer.forgetting import Course
from matinf.transfer.hidden_layer import HiddenMap

NAMES: Mapping[str, str] = {
    "scratch": "from scratch",
    "frozen": "frozen body",
    "full": "full",
    "discriminative": "discriminative",
    "trees": "extra trees",
}
"""How a strategy is called where a reader sees it."""

_COLOURS = {
    "scratch": COLOURS["no_transfer"],
    "frozen": COLOURS["random"],
    "full": COLOURS["explore"],
    "discriminative": COLOURS["transfer"],
    "trees": COLOURS["muted"],
}
_BANDS = ("scratch", "discriminative", "trees")
_FORGOTTEN_AT = 1000  # samples: beyond, one strategy alone was measured
_TICKS = [25, 50, 100, 200, 400, 1000, 2000]


def course(found: Course, *, n_train: int) -> go.Figure:
    """Training loss above, error on unseen target rows below, against epochs.

    Args:
        found: Strategies by their short names, as in :data:`NAMES`.
        n_train: Number of target samples trained on.
    """
    last = {NAMES[name]: values[-1] for name, values in found.target.items()}
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    fig.update_layout(template=themes()["light"], height=520)
    describe(
        fig,
        alt=f"Two panels against epochs, {n_train} target samples. Above, the training loss of "
        "each strategy falls. Below, the error on unseen compositions ends at "
        + ", ".join(f"{value:.2f} eV {name}" for name, value in last.items())
        + ".",
    )
    for name, losses in found.loss.items():
        _line(fig, 1 + np.arange(losses.size), losses, name, unit="", row=1)
    for name, errors in found.target.items():
        _line(fig, found.epochs, errors, name, unit="eV", row=2)
    fig.update_yaxes(title_text="Training loss", type="log", dtick=1, row=1)
    later = np.array([errors[1:] for errors in found.target.values()])
    room = 0.1 * float(np.ptp(later))  # the first look, at random heads, would flatten the rest
    span = [float(later.min()) - room, float(later.max()) + room]
    fig.update_yaxes(title_text="Error, unseen (eV)", range=span, row=2)
    fig.update_xaxes(range=[0, found.epochs[-1]])
    return fig.update_xaxes(title_text="Epochs", row=2)


def forgetting(found: Course, *, median: float) -> go.Figure:
    """Error on held-out source rows on the way through fine-tuning, under the source's head.

    Args:
        found: Strategies by their short names; from scratch has no source and is not drawn.
        median: Error of saying each output's median, in standard deviations.
    """
    drawn = {name: values for name, values in found.source.items() if name != "scratch"}
    before = next(iter(drawn.values()))[0]
    fig = new_figure(
        alt=f"Lines against epochs: the error on held-out source rows starts at {before:.2f} "
        "standard deviations for every strategy and ends at "
        + ", ".join(f"{values[-1]:.2f} {NAMES[name]}" for name, values in drawn.items())
        + f". A dashed line marks {median:.2f}, the error of always saying the median.",
        height=400,
    )
    for name, values in drawn.items():
        _line(fig, found.epochs, values, name, unit="σ")
        fig.data[-1].showlegend = False
        middle = len(found.epochs) // 2
        label_line(
            fig, x=float(found.epochs[middle]), y=round(float(values[middle]), 4),
            text=NAMES[name], colour=_COLOURS[name], side="above",
        )  # fmt: skip
    add_limit(fig, median, name=f"always the median, {median:.2f} σ", side="end")
    fig.layout.shapes[-1].label.yanchor = "top"  # lines run along above it
    fig.update_xaxes(title_text="Epochs of fine-tuning", range=[0, found.epochs[-1]])
    return fig.update_yaxes(title_text="Error on the source (σ)", rangemode="tozero")


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
        + f" A dashed line marks the replicate error, {floor:.2f} eV.",
        height=480,
        wide=True,
    )
    for name, intervals in spans.items():
        if name in _BANDS:
            _band(fig, found.sizes(name), intervals, name)
        else:
            means = [i.estimate for i in intervals]
            _line(fig, found.sizes(name), means, name, unit="eV")
    add_limit(fig, floor, name=f"replicate error, {floor:.2f} eV", side="start")
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


def hidden_maps(found: HiddenMap, *, apart: tuple[float, float], n_train: int) -> go.Figure:
    """Materials as the last hidden layer sees them, before and after, coloured by gap.

    Args:
        found: Both maps, on the same two directions.
        apart: How well metals stand apart in the layer, before and after (``metals_apart``).
        n_train: Number of target samples that were trained on.
    """
    titles = [
        f"<b>{when}</b><br>{share:.0%} shown"
        for when, share in zip(("before", f"after {n_train}"), found.shown, strict=True)
    ]
    fig = make_subplots(rows=1, cols=2, subplot_titles=titles, horizontal_spacing=0.04)
    fig.update_layout(template=themes()["light"], height=460)
    describe(
        fig,
        wide=True,
        alt=f"Two maps of {found.gap.size} materials, none of them trained on, before and after "
        "fine-tuning, coloured by gap; metals are grey. A cut through the layer ranks a "
        f"non-metal above a metal in {apart[0]:.0%} of pairs before and {apart[1]:.0%} after.",
    )
    metal = found.gap == 0
    for col, points in enumerate((found.before, found.after), start=1):
        _cloud(fig, points[metal], COLOURS["data"], "metal", col=col)
        _cloud(fig, points[~metal], found.gap[~metal], "gap", col=col)
    fig.update_annotations(font_size=13)
    fig.update_layout(
        coloraxis={"cmin": 0, "cmax": 6, "colorbar": {"title": {"text": "Gap (eV)"}, "len": 0.8}},
        margin={"t": 56, "l": 8, "b": 16},
    )
    fig.update_xaxes(showticklabels=False)
    return fig.update_yaxes(showticklabels=False)


def _cloud(fig: go.Figure, points: Any, colour: Any, name: str, *, col: int) -> None:
    scaled = name == "gap"
    fig.add_scatter(
        x=points[:, 0].round(2),
        y=points[:, 1].round(2),
        mode="markers",
        marker={
            "color": np.round(colour, 2) if scaled else with_alpha(colour, 0.5),
            "size": 6 if scaled else 5,
            **({"coloraxis": "coloraxis", "opacity": 0.9} if scaled else {}),
        },
        name="non-metals" if scaled else "metals",
        showlegend=False,
        hovertemplate=(
            "gap %{marker.color:.1f} eV<extra></extra>" if scaled else "metal<extra></extra>"
        ),
        row=1,
        col=col,
    )


def _line(
    fig: go.Figure, x: ArrayLike, y: ArrayLike, name: str, *, unit: str, row: int | None = None
) -> None:
    fig.add_scatter(
        x=np.asarray(x),
        y=np.asarray(y, dtype=float).round(4),
        mode="lines",
        line={"color": _COLOURS[name], "width": 2},
        name=NAMES[name],
        showlegend=row != 2,
        hovertemplate=f"{NAMES[name]}: %{{y:.3f}} {unit}<extra></extra>",
        **({} if row is None else {"row": row, "col": 1}),
    )


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
        colour=_COLOURS[name],
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
            "color": with_alpha(_COLOURS[name], 0.5),
        },
        mode="markers",
        marker={"color": _COLOURS[name], "size": 11},
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
