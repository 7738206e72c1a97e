"""Figures of "When it hurts": what transfer gains, by source and by size of the target.

What foretells a gain is drawn in ``hurts_foretold``, ways of transfer in ``hurts_ways``.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from matinf.figures.hurts_foretold import KINDS, foretold, measures
from matinf.figures.hurts_marks import (
    GAIN,
    METHODS,
    ZERO,
    add_dots,
    add_gain_band,
    add_note,
    size_axis,
)
from matinf.figures.hurts_ways import spread, useless, ways
from matinf.figures.interval_rows import make_panels, name_rows
from matinf.figures.palette import COLOURS
from matinf.figures.template import new_figure
from matinf.intervals import Interval, decimal
from matinf.transfer.evaluation import LearningCurves

__all__ = [
    "KINDS",
    "METHODS",
    "foretold",
    "gain_curves",
    "gains",
    "measures",
    "spread",
    "useless",
    "ways",
]


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
        add_dots(fig, [by_source[name] for name in names], heights, method, names)
    fig.add_vline(x=0, line=ZERO, name="no transfer")
    for text, anchor, shift in (("◂ hurts", "right", -6), ("helps ▸", "left", 6)):
        add_note(fig, 0, -0.75, f"<b>{text}</b>", xanchor=anchor, xshift=shift)
    _group_lines(fig, [kinds[name] for name in names])
    name_rows(fig, [_broken(name) for name in names])
    fig.update_yaxes(range=[len(names) - 0.4, -1.1])
    return fig.update_xaxes(title_text=GAIN)


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
            add_gain_band(fig, sizes, gain, colour, source, place=(row, 1), legend=row == 1)
        fig.add_hline(y=0, line=ZERO, row=row, col=1)
    size_axis(fig, sizes, row=len(found), col=1)
    fig.update_xaxes(type="log", tickvals=sizes.tolist())
    fig.update_layout(margin={"t": 76}, legend={"y": 1.07, "yref": "paper"})
    return fig.update_yaxes(title_text="Gain (eV)")


_LINES = (
    COLOURS["transfer"],
    COLOURS["no_transfer"],
    COLOURS["exploit"],
    COLOURS["explore"],
)


def _broken(name: str) -> str:
    """A long name on two lines: a phone has little room beside the figure."""
    words = name.replace(", ", ",<br>")
    return words if "<br>" in words else name.replace(" of ", "<br>of ").replace(" in ", "<br>in ")
