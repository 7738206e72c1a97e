"""Figures of "When it hurts": gains by source, by target size, and how they were foretold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.checks import same_shape
from matinf.figures.interval_rows import make_panels, name_rows
from matinf.figures.marks import add_intervals, interval_bars
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.figures.ticks import linear_ticks
from matinf.intervals import Interval, decimal
from matinf.transfer.evaluation import LearningCurves

_LATENT, _TUNED = COLOURS["transfer"], COLOURS["explore"]
METHODS: Mapping[str, tuple[str, str]] = {
    "latent variable": (_LATENT, "circle"),
    "fine-tuning": (_TUNED, "diamond"),
    "latent variables alone": (_LATENT, "circle-open"),
    "two layers frozen": (_TUNED, "diamond-open"),
}
KINDS: Mapping[str, str] = {
    "computed": COLOURS["transfer"],
    "corrupted": COLOURS["exploit"],
    "made up": COLOURS["no_transfer"],
    "elsewhere": COLOURS["explore"],
}
_ZERO = {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}
_GAIN = "Gain: error without − with (eV)"


def gains(
    found: Mapping[str, Mapping[str, Interval]], *, kinds: Mapping[str, str], n_labelled: int
) -> go.Figure:
    """Gain of two methods with each source, eV, rows grouped by what is the matter with it.

    Args:
        found: For each method (of :data:`METHODS`) the gain by source.
        kinds: Kind of each source, in the order of the rows.
        n_labelled: Number of target samples.
    """
    names = list(kinds)
    fig = new_figure(
        alt=f"Gain by transfer with {n_labelled} target samples, for {len(names)} sources. "
        + " ".join(
            f"{method.capitalize()}: "
            + ", ".join(f"{name} {decimal(by[name].estimate, 3)} eV" for name in names)
            + "."
            for method, by in found.items()
        )
        + " Below zero transfer hurts.",
        height=150 + 36 * len(names),
        wide=True,
    )
    for number, (method, by_source) in enumerate(found.items()):
        lift = 0.16 * (2 * number - 1)
        heights = [row + lift for row in range(len(names))]
        _dots(fig, [by_source[name] for name in names], heights, method, names)
    fig.add_vline(x=0, line=_ZERO, name="no transfer")
    for text, anchor, shift in (("◂ hurts", "right", -6), ("helps ▸", "left", 6)):
        _note(fig, 0, -0.75, f"<b>{text}</b>", xanchor=anchor, xshift=shift)
    _group_lines(fig, [kinds[name] for name in names])
    name_rows(fig, [_broken(name) for name in names])
    fig.update_yaxes(range=[len(names) - 0.4, -1.1])
    return fig.update_xaxes(title_text=_GAIN)


def _dots(
    fig: go.Figure,
    found: Sequence[Interval],
    heights: Sequence[float],
    method: str,
    names: Sequence[str],
) -> None:
    colour, symbol = METHODS[method]
    fig.add_scatter(
        **interval_bars(found, colour=colour),
        y=list(heights),
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": symbol, "line": {"width": 2}},
        name=method,
        customdata=[
            f"{name}<br>{method}: {i.text('eV', digits=3)}"
            for name, i in zip(names, found, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _group_lines(fig: go.Figure, kinds: Sequence[str]) -> None:
    """A thin line between the rows of one kind and the next."""
    for row in range(1, len(kinds)):
        if kinds[row] != kinds[row - 1]:
            line = {"color": COLOURS["muted"], "width": 0.7}
            fig.add_hline(y=row - 0.5, line=line, name="kind")


def gain_curves(
    curves: LearningCurves, sources: Sequence[str], *, methods: Mapping[str, str]
) -> go.Figure:
    """Gain against the number of target samples, a panel per method, a line per source.

    Args:
        curves: Stored errors under ``"source, method"``, those without under ``"none, method"``.
        sources: The sources to draw, four at most.
        methods: Column of each method by its name.
    """
    sizes = curves.sizes
    found = {
        method: {
            source: [curves.difference(f"none, {key}", f"{source}, {key}", int(n)) for n in sizes]
            for source in sources
        }
        for method, key in methods.items()
    }
    fig = make_panels(
        len(found),
        1,
        [f"<b>{method.capitalize()}</b>" for method in found],
        alt="Gain by transfer against the number of target samples. "
        + " ".join(
            f"{method.capitalize()}: "
            + "; ".join(
                f"{source} {decimal(g[0].estimate, 2)} eV at {sizes[0]}, "
                f"{decimal(g[-1].estimate, 3)} eV at {sizes[-1]:,}"
                for source, g in by_source.items()
            )
            + "."
            for method, by_source in found.items()
        ),
        height=640,
    )
    for row, by_source in enumerate(found.values(), start=1):
        for (source, gain), colour in zip(by_source.items(), _LINES, strict=False):
            _band(fig, sizes, gain, colour, source, place=(row, 1), legend=row == 1)
        fig.add_hline(y=0, line=_ZERO, row=row, col=1)
    _size_axis(fig, sizes, row=len(found), col=1)
    fig.update_xaxes(type="log", tickvals=sizes.tolist())
    fig.update_layout(margin={"t": 76}, legend={"y": 1.07, "yref": "paper"})
    return fig.update_yaxes(title_text="Gain (eV)")


_LINES = (
    COLOURS["transfer"],
    COLOURS["no_transfer"],
    COLOURS["exploit"],
    COLOURS["explore"],
)


def _band(
    fig: go.Figure,
    sizes: ArrayLike,
    found: Sequence[Interval],
    colour: str,
    name: str,
    *,
    place: tuple[int, int] | None = None,
    legend: bool = True,
) -> None:
    add_intervals(
        fig,
        sizes,
        found,
        colour=colour,
        name=name,
        unit="eV",
        place=place,
    )
    fig.data[-1].update(showlegend=legend, legendgroup=name)


def foretold(
    pairs: pd.DataFrame,
    *,
    measures: Mapping[str, tuple[str, str]],
    kinds: Mapping[str, str],
    correlations: Mapping[str, Interval],
) -> go.Figure:
    """Gain over the measure of relatedness, a point for each pair of source and target.

    Args:
        pairs: A row per pair with ``source``, ``target``, measures and gains.
        measures: For each method the columns of its measure and of its gain.
        kinds: Kind of each source, of :data:`KINDS`.
        correlations: Rank correlation for each method.
    """
    titles = [
        f"<b>{method.capitalize()}</b>, correlation {decimal(found.estimate, 2)}"
        for method, found in correlations.items()
    ]
    fig = make_panels(
        len(measures),
        1,
        titles,
        alt=f"Gain against explained variance for {len(pairs)} pairs of a source and a target. "
        + " ".join(
            f"{method.capitalize()}: rank correlation within a family {found.text(digits=2)}."
            for method, found in correlations.items()
        ),
        height=700,
    )
    of_pair = pairs["source"].map(kinds)
    for row, (measure, gain) in enumerate(measures.values(), start=1):
        for kind, colour in KINDS.items():
            chosen = pairs[of_pair == kind]
            x, y = same_shape(chosen[measure], chosen[gain])
            fig.add_scatter(
                x=x.round(3),
                y=y.round(4),
                mode="markers",
                marker={"color": with_alpha(colour, 0.75), "size": 9, "symbol": _SYMBOLS[kind]},
                name=kind,
                legendgroup=kind,
                showlegend=row == 1,
                customdata=[f"{s}<br>for {t}" for s, t in zip(*_names(chosen), strict=True)],
                hovertemplate="%{customdata}<br>explained %{x:.2f}, gain %{y:.3f} eV"
                "<extra></extra>",
                row=row,
                col=1,
            )
        fig.add_hline(y=0, line=_ZERO, row=row, col=1)
    fig.update_xaxes(title_text="Share of the labels' variance explained", row=len(measures), col=1)
    fig.update_layout(margin={"t": 76}, legend={"y": 1.06, "yref": "paper"})
    return fig.update_yaxes(title_text="Gain (eV)")


_SYMBOLS = {"computed": "circle", "corrupted": "x", "made up": "square", "elsewhere": "diamond"}


def _names(pairs: pd.DataFrame) -> tuple[list[str], list[str]]:
    return pairs["source"].tolist(), pairs["target"].tolist()


def measures(found: Mapping[str, Mapping[str, Interval]]) -> go.Figure:
    """Rank correlation of each measure with the gain of each method.

    Args:
        found: For each method, the correlation by the measure's name.
    """
    names = list(dict.fromkeys(name for by_name in found.values() for name in by_name))
    fig = new_figure(
        alt="Rank correlation of measures with the gain. "
        + " ".join(
            f"{method.capitalize()}: "
            + ", ".join(f"{n.replace('<br>', ' ')} {i.text(digits=2)}" for n, i in by_name.items())
            + "."
            for method, by_name in found.items()
        ),
        height=380,
        wide=True,
    )
    for number, (method, by_name) in enumerate(found.items()):
        lift = 0.14 * (2 * number - 1)
        heights = [names.index(name) + lift for name in by_name]
        _dots(
            fig, list(by_name.values()), heights, method, [n.replace("<br>", " ") for n in by_name]
        )
    for trace in fig.data:
        trace.customdata = [text.replace(" eV", "") for text in trace.customdata]
    fig.add_vline(x=0, line=_ZERO, name="no better than chance")
    name_rows(fig, names)
    return fig.update_xaxes(title_text="Rank correlation within a family", range=[-1, 1.02])


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
        + f" A dashed line marks the replicate error, {floor:.2f} eV.",
        height=760,
    )
    for name, intervals in errors.items():
        _line(fig, sizes, intervals, name)
    for name, intervals in over.items():
        _band(fig, sizes, intervals, _WAYS[name]["color"], name, place=(2, 1), legend=False)
        _restyle(fig, name)
    fig.add_hline(y=0, line=_ZERO, row=2, col=1)
    fig.add_hline(
        y=floor,
        line=_ZERO,
        row=1,
        col=1,
        annotation={
            "text": f"replicate error, {floor:.2f} eV",
            "font": {"size": 12},
            "yanchor": "bottom",
            "xanchor": "right",
        },
    )
    _size_axis(fig, sizes, row=2, col=1)
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
    "latent variable": {"color": _LATENT, "dash": "solid", "symbol": "circle"},
    "fine-tuning": {"color": _TUNED, "dash": "dot", "symbol": "diamond"},
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
    _band(fig, numbers, found, _LATENT, "useless latent variables", legend=False)
    fig.add_hline(y=0, line=_ZERO, name="no transfer")
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
    fig.add_vline(x=whole, line=_ZERO, name="all labels")
    _note(fig, whole, len(drawn) - 0.5, "all labels", xanchor="left", xshift=6)
    name_rows(fig, [f"{n} labels" for n in drawn])
    lowest = max(-1.0, min(float(values.min()) for values in drawn.values()))
    span = {"range": [lowest - 0.05, 1], "tickvals": linear_ticks(-1, 1)}
    return fig.update_xaxes(title_text="Share of the labels' variance explained", **span)


def _size_axis(fig: go.Figure, sizes: ArrayLike, **where: int) -> None:
    values = np.asarray(sizes).tolist()
    fig.update_xaxes(
        type="log",
        tickvals=values,
        ticktext=[f"{n:,}" for n in values],
        title_text="Measured compositions to train on",
        **where,
    )


def _note(fig: go.Figure, x: float, y: float, text: str, **place: Any) -> None:
    fig.add_annotation(x=x, y=y, text=text, font={"size": 12}, **place)


def _broken(name: str) -> str:
    """A long name on two lines: a phone has little room beside the figure."""
    words = name.replace(", ", ",<br>")
    return words if "<br>" in words else name.replace(" of ", "<br>of ").replace(" in ", "<br>in ")
