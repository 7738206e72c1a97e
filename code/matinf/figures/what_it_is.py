"""Figures of the page "What materials informatics is"."""

import numpy as np
import plotly.graph_objects as go

from matinf.background.one_turn import TurnResult
from matinf.figures.marks import add_band, add_limit, label_line
from matinf.figures.template import COLOURS, new_figure


def hits_by_table_size(result: TurnResult) -> go.Figure:
    """Hits among the suggestions against the number of measured compounds.

    Drawn with a simpler rule, the mean of a blind choice, and the most that any method could hit.
    """
    bounds = result.intervals()
    means, near = result.hits.mean(axis=1), result.nearest.mean(axis=1)
    n = result.n_suggested
    blind = result.expected_blind
    fig = new_figure(
        alt=f"Of {n} suggestions, a forest that has seen {result.sizes[0]} measured compounds "
        f"hits {means[0]:.1f} on average, one that has seen {result.sizes[-1]} hits "
        f"{means[-1]:.1f}. The nearest to a measured hit: {near[0]:.1f} and {near[-1]:.1f}. A "
        f"blind choice hits {blind:.1f}; no method can hit more than {n}.",
        height=430,
        wide=True,
    )
    add_band(
        fig,
        result.sizes,
        estimate=means.round(3),
        low=np.round([max(b.low, 0) for b in bounds], 3),
        high=np.round([min(b.high, n) for b in bounds], 3),
        colour=COLOURS["exploit"],
        name="chosen by the forest",
        unit="hits",
        markers=True,
    )
    simple = result.nearest_intervals()
    add_band(
        fig,
        result.sizes,
        estimate=near.round(3),
        low=np.round([max(b.low, 0) for b in simple], 3),
        high=np.round([min(b.high, n) for b in simple], 3),
        colour=COLOURS["classical"],
        name="nearest to a measured hit",
        unit="hits",
        markers=True,
    )
    ends = np.array([result.sizes[0], result.sizes[-1]])
    fig.add_scatter(
        x=ends,
        y=[round(blind, 3)] * 2,
        mode="lines",
        line={"color": COLOURS["random"]},
        name="chosen blindly",
        hovertemplate="chosen blindly<br>%{y:.2f} hits on average<extra></extra>",
        showlegend=False,
    )
    middle, last = len(result.sizes) // 2, float(np.log10(result.sizes[-1]))
    both = [*bounds, *simple]  # names stand clear of both bands
    for text, colour, above in (
        ("chosen by the forest", COLOURS["exploit"], bool(means[-1] > near[-1])),
        ("nearest to a measured hit", COLOURS["classical"], bool(means[-1] <= near[-1])),
    ):
        fig.add_annotation(
            x=last,
            y=max(b.high for b in both) if above else min(b.low for b in both),
            text=text,
            font={"color": colour},
            xanchor="right",
            yanchor="bottom" if above else "top",
            yshift=4 if above else -4,
        )
    label_line(
        fig,
        x=float(result.sizes[middle]),
        y=blind,
        text="chosen blindly",
        colour=COLOURS["random"],
        side="above",
    )
    add_limit(fig, n, name="every suggestion a hit", side="start")
    fig.update_xaxes(
        title_text="Compounds measured before the turn",
        type="log",
        tickvals=result.sizes.tolist(),
    )
    return fig.update_yaxes(title_text=f"Hits among {n} suggestions", range=[0, n * 1.12])
