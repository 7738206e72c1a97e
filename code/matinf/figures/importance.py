"""Figures of importances: what copies do to them, and how three kinds of them disagree."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from matinf.background.importance import RANDOM_COLUMN, CopiesResult, ImportanceResult
from matinf.features import magpie_quantities
from matinf.figures.marks import add_band
from matinf.figures.palette import COLOURS
from matinf.figures.template import describe, new_figure
from matinf.intervals import mean_interval


def importance_of_copies(
    every_column: CopiesResult, some_columns: CopiesResult, *, some: str
) -> go.Figure:
    """What a feature seems worth when copies of it stand beside it, in two kinds of forest.

    Args:
        every_column: From a forest whose every split may use every column.
        some_columns: From a forest whose splits see a random part of the columns.
        some: That part in words: ``"A third"``.
    """
    titles = ["<b>All columns per split</b>", f"<b>{some} per split</b>"]
    fig = make_subplots(
        2, 2, shared_yaxes=True, shared_xaxes=True, subplot_titles=[*titles, "", ""],
        vertical_spacing=0.09, horizontal_spacing=0.06,
    )  # fmt: skip
    frame = new_figure(alt=_copies_alt(every_column, some_columns), height=600)
    fig.update_layout(template=frame.layout.template, height=600, meta=frame.layout.meta)
    for column, result in enumerate((every_column, some_columns), start=1):
        x = 1 + np.array(result.counts)
        for row, kind in enumerate(("impurity", "permutation"), start=1):
            scale = 100 if kind == "impurity" else 1
            for part, colour in (("together", "explore"), ("original", "no_transfer")):
                values = scale * getattr(result, f"{kind}_{part}")
                _add_repeats(fig, x, values, part, COLOURS[colour], (row, column))
        fig.add_scatter(
            x=x,
            y=100 * result.split_evenly,
            mode="lines",
            line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
            hovertemplate="shared evenly: %{y:.1f} %<extra></extra>",
            showlegend=False,
            name="shared evenly",
            row=1,
            col=column,
        )
    return _finish_copies(fig, every_column, some_columns)


def _finish_copies(fig: go.Figure, every: CopiesResult, some: CopiesResult) -> go.Figure:
    counts = 1 + np.array(every.counts)
    fig.update_xaxes(type="log", tickvals=counts, ticktext=[str(c) for c in counts])
    fig.update_xaxes(title_text="Equal columns", row=2)
    fig.update_yaxes(rangemode="tozero")
    fig.update_yaxes(title_text="Impurity importance (%)", row=1, col=1)
    fig.update_yaxes(title_text="Permutation importance (eV)", row=2, col=1)
    fig.update_annotations(font={"size": 13})
    labels = (  # in the panel with room for them
        ("all together", "explore", some.impurity_together[-1], 0, "left", 0),
        ("the original", "no_transfer", some.impurity_original[-2], -2, "center", 18),
    )
    for text, colour, values, place, anchor, shift in labels:
        fig.add_annotation(
            x=np.log10(counts[place]),
            y=100 * values.mean(),
            xanchor=anchor,
            yshift=shift,
            text=f'<span style="color:{COLOURS[colour]}">●</span> {text}',
            row=1,
            col=2,
        )
    fig.add_annotation(
        x=np.log10(counts[-1]),
        y=100 * every.split_evenly[-1],
        text="shared evenly",
        xanchor="right",
        yshift=-13,
        font={"size": 12},
        row=1,
        col=1,
    )
    return fig


def _add_repeats(
    fig: go.Figure,
    x: NDArray[np.int64],
    values: NDArray[np.float64],
    name: str,
    colour: str,
    place: tuple[int, int],
) -> None:
    """Mean over repeats as a line, its interval as a band."""
    intervals = [mean_interval(row) for row in values]
    mean, low, high = (
        np.array([getattr(i, end) for i in intervals]).round(4)
        for end in ("estimate", "low", "high")
    )
    add_band(
        fig,
        x,
        estimate=mean,
        low=low,
        high=high,
        colour=colour,
        name=name,
        markers=True,
        place=place,
    )


def _copies_alt(every: CopiesResult, some: CopiesResult) -> str:
    def change(result: CopiesResult, name: str, scale: float = 100, unit: str = "percent") -> str:
        first, *_, last = scale * getattr(result, name).mean(axis=1)
        return f"from {first:.2g} to {last:.2g} {unit}"

    return (
        f"Importance of one feature as equal columns grow from 1 to {1 + every.counts[-1]}. Where "
        f"a split sees all columns, the original's impurity importance goes "
        f"{change(every, 'impurity_original')} and that of all together "
        f"{change(every, 'impurity_together')}; where it sees some of them, "
        f"{change(some, 'impurity_original')} and {change(some, 'impurity_together')}. "
        f"The original's permutation importance goes "
        f"{change(every, 'permutation_original', 1, 'eV')} and "
        f"{change(some, 'permutation_original', 1, 'eV')}."
    )


def importance_three_ways(result: ImportanceResult, *, n_groups: int = 8) -> go.Figure:
    """Groups of related features: share of impurity, worth of the best column, worth of all.

    Args:
        result: From :func:`matinf.background.importance.importances`.
        n_groups: How many groups, those worth most when shuffled together; the column of random
            numbers is added below.
    """
    worth = result.together.mean().drop(RANDOM_COLUMN).sort_values(ascending=False, kind="stable")
    keys = [*worth.index[:n_groups], RANDOM_COLUMN]
    best = {key: str(result.permutation[list(result.groups[key])].mean().idxmax()) for key in keys}
    fig = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.07)
    frame = new_figure(alt=_three_ways_alt(result, keys, best), height=110 + 52 * len(keys))
    fig.update_layout(template=frame.layout.template, height=frame.layout.height)
    describe(fig, alt=frame.layout.meta["alt"])
    rows = np.arange(len(keys))[::-1]
    columns = [best[key] for key in keys]
    _add_dots(fig, rows, 100 * result.impurity[columns], "best column", "muted", 1)
    _add_dots(fig, rows, result.permutation[columns], "best column alone", "no_transfer", 2)
    _add_dots(fig, rows, result.together[keys], "whole group", "explore", 2)
    for row, key in zip(rows, keys, strict=True):
        fig.add_annotation(
            text=_group_label(best[key], len(result.groups[key])),
            x=0,
            xref="paper",
            xanchor="left",
            y=row + 0.42,
            yref="y",
            font={"size": 12},
        )
    chance = 100 * result.impurity[RANDOM_COLUMN].mean()
    for row in rows:  # a dashed line, interrupted where the names stand
        for x, column, name in ((chance, 1, "random numbers"), (0, 2, "of no use")):
            fig.add_shape(
                type="line",
                x0=x,
                x1=x,
                y0=row - 0.35,
                y1=row + 0.22,
                layer="below",
                line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
                name=name,
                row=1,
                col=column,
            )
    fig.update_yaxes(visible=False, range=[-0.5, len(keys) - 0.35])
    fig.update_xaxes(title_text="Impurity (%)", rangemode="tozero", row=1, col=1)
    fig.update_xaxes(title_text="Permutation (eV)", row=1, col=2)
    return fig.update_layout(legend={"y": 1.0}, margin={"l": 12})


def _add_dots(
    fig: go.Figure, rows: NDArray[np.int64], values: pd.DataFrame, name: str, role: str, col: int
) -> None:
    mean, std = values.mean().to_numpy(), values.std().to_numpy()
    fig.add_scatter(
        x=mean.round(4),
        y=rows,
        error_x={"array": std.round(4), "thickness": 1.5, "width": 0},
        mode="markers",
        marker={"color": COLOURS[role], "size": 9},
        hovertemplate=f"{name}: %{{x:.3~g}} ± %{{error_x.array:.2~g}}<extra></extra>",
        showlegend=col == 2,
        name=name,
        row=1,
        col=col,
    )


def _group_label(column: str, size: int) -> str:
    if column == RANDOM_COLUMN:
        return "A column of random numbers"
    more = f" <i>+ {size - 1}</i>" if size > 1 else ""
    return f"{magpie_quantities()[column].label}{more}"


def _three_ways_alt(result: ImportanceResult, keys: list[str], best: dict[str, str]) -> str:
    top = keys[0]
    alone, together = result.permutation[best[top]].mean(), result.together[top].mean()
    return (
        f"Importance of {len(keys) - 1} groups of related features and of a column of random "
        f"numbers. Shuffled as one, the first group of {len(result.groups[top])} columns adds "
        f"{together:.2f} eV to the error; its best column alone adds {alone:.2f} eV. Bars are one "
        f"standard deviation over {len(result.errors)} repeats."
    )
