"""Figures of "Fine-tuning": what one network learns, and what it forgets.

Strategies are compared in ``fine_tuning_comparison``.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from matinf.figures.fine_tuning_comparison import forgotten, gains, learning_curves
from matinf.figures.fine_tuning_marks import NAMES, STRATEGY_COLOURS, add_line
from matinf.figures.marks import add_limit, label_line
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import describe, new_figure, themes
from matinf.transfer.forgetting import Course
from matinf.transfer.hidden_layer import HiddenMap

__all__ = ["NAMES", "course", "forgetting", "forgotten", "gains", "hidden_maps", "learning_curves"]


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
        + ", ".join(f"{value:.1f} eV {name}" for name, value in last.items())
        + ".",
    )
    for name, losses in found.loss.items():
        add_line(fig, 1 + np.arange(losses.size), losses, name, unit="", row=1)
    for name, errors in found.target.items():
        add_line(fig, found.epochs, errors, name, unit="eV", row=2)
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
        + ", ".join(f"{values[-1]:.1f} {NAMES[name]}" for name, values in drawn.items())
        + f". A dashed line marks {median:.2f}, the error of always saying the median.",
        height=400,
    )
    for name, values in drawn.items():
        add_line(fig, found.epochs, values, name, unit="σ")
        fig.data[-1].showlegend = False
        middle = len(found.epochs) // 2
        label_line(
            fig, x=float(found.epochs[middle]), y=round(float(values[middle]), 4),
            text=NAMES[name], colour=STRATEGY_COLOURS[name], side="above",
        )  # fmt: skip
    add_limit(fig, median, name=f"always the median, {median:.2f} σ", side="end")
    fig.layout.shapes[-1].label.yanchor = "top"  # lines run along above it
    fig.update_xaxes(title_text="Epochs of fine-tuning", range=[0, found.epochs[-1]])
    return fig.update_yaxes(title_text="Error on the source (σ)", rangemode="tozero")


def hidden_maps(found: HiddenMap, *, apart: tuple[float, float], n_train: int) -> go.Figure:
    """Materials as the last hidden layer sees them, before and after, coloured by gap.

    Args:
        found: Both maps, on the same two directions.
        apart: How well metals stand apart in the layer, before and after (``metals_apart``).
        n_train: Number of target samples that were trained on.
    """
    titles = [
        f"<b>{when}</b><br>about {round(share, 1):.0%} shown"
        for when, share in zip(("before", f"after {n_train}"), found.shown, strict=True)
    ]
    fig = make_subplots(rows=1, cols=2, subplot_titles=titles, horizontal_spacing=0.04)
    fig.update_layout(template=themes()["light"], height=460)
    describe(
        fig,
        wide=True,
        alt=f"Two maps of {found.gap.size} materials, none of them trained on, before and after "
        "fine-tuning, coloured by gap; metals are grey. A cut through the layer ranks a "
        f"non-metal above a metal in about {round(apart[0], 1):.0%} of pairs before and "
        f"{round(apart[1], 1):.0%} after.",
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
