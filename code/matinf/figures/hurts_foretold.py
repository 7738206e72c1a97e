"""Figures of "When it hurts": what foretells a gain, and how well."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from matinf.figures.checks import same_shape
from matinf.figures.hurts_marks import ZERO, add_dots
from matinf.figures.interval_rows import make_panels, name_rows
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.intervals import Interval, decimal

KINDS: Mapping[str, str] = {
    "computed": COLOURS["transfer"],
    "corrupted": COLOURS["exploit"],
    "made up": COLOURS["no_transfer"],
    "elsewhere": COLOURS["explore"],
}


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
        fig.add_hline(y=0, line=ZERO, row=row, col=1)
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
        add_dots(
            fig, list(by_name.values()), heights, method, [n.replace("<br>", " ") for n in by_name]
        )
    for trace in fig.data:
        trace.customdata = [text.replace(" eV", "") for text in trace.customdata]
    fig.add_vline(x=0, line=ZERO, name="no better than chance")
    name_rows(fig, names)
    return fig.update_xaxes(title_text="Rank correlation within a family", range=[-1, 1.02])
