"""Rows of intervals: what each source changes, what each latent variable, where results stand."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from matinf.figures.marks import interval_bars
from matinf.figures.palette import COLOURS
from matinf.figures.panels import panels
from matinf.figures.template import new_figure
from matinf.intervals import decimal
from matinf.transfer.latent_variable_results import Row
from matinf.transfer.latent_variable_study import BEST, FOREST
from matinf.transfer.published import PublishedResult

NO_TRANSFER, TRANSFER, OTHER = COLOURS["no_transfer"], COLOURS["transfer"], COLOURS["explore"]
SOURCE_NAMES: Mapping[str, str] = {
    "none": "no transfer",
    "removed": "calculations of<br>other compounds",
    "test removed": "all but those of the<br>compounds to predict",
    "cross-fitted": "the same,<br>cross-fitted",
    "all": "all calculations",
}
_MARKS = {  # colour and symbol of each kind
    "published": (COLOURS["muted"], "circle"),
    "none": (NO_TRANSFER, "circle"),
    "removed": (TRANSFER, "circle"),
    "all": (TRANSFER, "circle-open"),  # as its curve is dotted
    FOREST: (TRANSFER, "circle"),
    BEST: (OTHER, "diamond"),
}


def sources(changes: Mapping[str, Sequence[Row]]) -> go.Figure:
    """Change of the error under each source, in panels by number of target samples.

    Args:
        changes: Rows by title of the panel, change of the mean absolute error in eV; a row is
            named by its source, its kind is the model.
    """
    said = {
        title: "; ".join(f"{_words(row)} {decimal(row.interval.estimate, 3)} eV" for row in rows)
        for title, rows in changes.items()
    }
    fig = make_panels(
        len(changes),
        1,
        [f"<b>{title}</b>" for title in changes],
        alt="Change of the error by transfer. "
        + " ".join(f"{title}: {words}." for title, words in said.items()),
        height=600,
    )
    for number, rows in enumerate(changes.values(), start=1):
        _interval_rows(fig, rows, place=(number, 1), legend=number == 1)
        line = {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}
        fig.add_vline(x=0, line=line, row=number, col=1)
    fig.update_xaxes(title_text="Error with − without transfer (eV)", row=len(changes), col=1)
    fig.update_layout(margin={"t": 76}, legend={"y": 1.08, "yref": "paper"})
    return fig


def outputs(rows: Sequence[Row], *, floor: float) -> go.Figure:
    """Error with one pair of latent variables or another, eV, for two sources.

    Args:
        rows: Errors; a row is named by what is fed to the target model, its kind is the source.
        floor: Replicate error over the task, eV.
    """
    fig = new_figure(
        alt="Error by what is fed to the target model. "
        + "; ".join(f"{_words(row)} {row.interval.estimate:.2f} eV" for row in rows)
        + f". A dashed line marks the replicate error, at most {floor:.2f} eV.",
        height=460,
        wide=True,
    )
    _interval_rows(fig, rows)
    _floor(fig, floor)
    return fig.update_xaxes(title_text="Mean absolute error (eV)", rangemode="tozero")


def standing(
    published: Sequence[PublishedResult], ours: Sequence[Row], *, floor: float
) -> go.Figure:
    """Reported errors and ours, each with its 95 % interval, eV."""
    listed = [
        Row(name=entry.name, kind="published", interval=entry.interval) for entry in published
    ]
    rows = sorted([*listed, *ours], key=lambda row: row.interval.estimate)
    fig = new_figure(
        alt="Errors on the benchmark task from the least: "
        + ", ".join(f"{row.name} {row.interval.estimate:.3f} eV" for row in rows)
        + f". A dashed line marks the replicate error, at most {floor:.2f} eV.",
        height=460,
        wide=True,
    )
    _interval_rows(fig, rows, legend=False, apart=False)
    _floor(fig, floor)
    return fig.update_xaxes(title_text="Mean absolute error (eV)", rangemode="tozero")


def _words(row: Row) -> str:
    name = SOURCE_NAMES.get(row.name, row.name).replace("<br>", " ")
    return f"{name}, {SOURCE_NAMES.get(row.kind, row.kind).replace('<br>', ' ')}"


def _interval_rows(
    fig: go.Figure,
    rows: Sequence[Row],
    *,
    place: tuple[int, int] | None = None,
    legend: bool = True,
    apart: bool = True,
) -> None:
    """Dots with interval bars, one line per name; kinds stand apart on it, one above the other."""
    names = list(dict.fromkeys(row.name for row in rows))
    kinds = list(dict.fromkeys(row.kind for row in rows))
    where = {} if place is None else {"row": place[0], "col": place[1]}
    for number, kind in enumerate(kinds):
        of_kind = [row for row in rows if row.kind == kind]
        lift = 0.3 * (number - (len(kinds) - 1) / 2) if apart else 0.0
        heights = [names.index(row.name) + lift for row in of_kind]
        fig.add_trace(_dots(of_kind, heights, legend=legend), **where)
    name_rows(fig, [SOURCE_NAMES.get(name, name) for name in names], **where)


def _dots(rows: Sequence[Row], heights: Sequence[float], *, legend: bool) -> go.Scatter:
    """The rows of one kind."""
    kind = rows[0].kind
    colour, symbol = _MARKS[kind]
    found = [row.interval for row in rows]
    outline = {"color": colour, "width": 2}
    return go.Scatter(
        **interval_bars(found, colour=colour),
        y=list(heights),
        mode="markers",
        marker={"color": colour, "size": 10, "symbol": symbol, "line": outline},
        name=SOURCE_NAMES.get(kind, kind).replace("<br>", " "),
        showlegend=legend,
        legendgroup=kind,
        customdata=[
            f"{row.name}: {row.interval.estimate:.3f} eV"
            if kind == "published"
            else f"{_words(row)}<br>{row.interval.text('eV', digits=3)}"
            for row in rows
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _floor(fig: go.Figure, floor: float) -> None:
    line = {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}
    name = f"replicate error, at most {floor:.2f} eV"
    fig.add_shape(
        type="line", x0=floor, x1=floor, y0=0, y1=1, yref="y domain", line=line, name=name
    )
    fig.add_annotation(
        x=floor,
        y=0,
        yref="y domain",
        yanchor="bottom",
        xanchor="left",
        xshift=4,
        text=name.replace(", ", ",<br>"),
        align="left",
        font={"size": 12},
    )


def make_panels(
    rows: int, columns: int, titles: Sequence[str], *, alt: str, height: int
) -> go.Figure:
    """Begin a wide figure of several panels in the book's style."""
    fig = panels(
        rows,
        columns,
        height=height,
        alt=alt,
        wide=True,
        subplot_titles=list(titles),
        shared_xaxes=rows > 1,
        horizontal_spacing=0.05,
        vertical_spacing=0.12,
    )
    return fig.update_annotations(font={"size": 13})


def name_rows(fig: go.Figure, names: Sequence[str], **where: int) -> None:
    """Name the lines of a figure of rows, from the top down."""
    fig.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        range=[len(names) - 0.4, -0.6],
        showgrid=False,
        **where,
    )
