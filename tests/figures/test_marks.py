"""Lines with bands, labels, limits and parity plots, read by their traces and axis titles."""

import numpy as np
import plotly.graph_objects as go
import pytest

from matinf.figures.marks import add_band, add_intervals, add_limit, interval_bars, label_line
from matinf.figures.palette import COLOURS
from matinf.figures.parity import parity
from matinf.figures.template import check_traces, new_figure
from matinf.figures.ticks import linear_ticks, log_ticks, power_ticks, written
from matinf.intervals import Interval

ALT = "Error against training size with its interval."


def blank() -> go.Figure:
    return new_figure(alt=ALT)


def test_band_is_a_filled_outline_and_a_line() -> None:
    fig = add_band(
        blank(),
        [1, 2, 3],
        estimate=[5, 6, 7],
        low=[4, 5, 6],
        high=[6, 7, 8],
        colour=COLOURS["transfer"],
        name="transfer",
        unit="eV",
    )
    band, line = fig.data
    assert list(band.x) == [1, 2, 3, 3, 2, 1]
    assert list(band.y) == [4, 5, 6, 8, 7, 6]
    assert band.fill == "toself"
    assert band.fillcolor == "rgba(31, 143, 232, 0.2)"
    assert list(line.y) == [5, 6, 7]
    assert line.line.color == COLOURS["transfer"]
    assert "eV" in line.hovertemplate
    np.testing.assert_array_equal(line.customdata, [[4, 6], [5, 7], [6, 8]])


def test_band_refuses_to_broadcast() -> None:
    with pytest.raises(ValueError, match="one length"):
        add_band(blank(), [1, 2], estimate=[1, 2], low=[1], high=[2, 3], colour="#000000", name="x")


def test_label_carries_the_colour_beside_text_in_ink_and_makes_room() -> None:
    fig = label_line(blank(), x=1000, y=0.3, text="no transfer", colour=COLOURS["no_transfer"])
    (label,) = fig.data
    assert label.text[0].strip() == "no transfer"
    assert label.marker.color == COLOURS["no_transfer"]
    assert label.textfont.color is None  # the theme's ink
    assert label.cliponaxis is False
    assert fig.layout.margin.r > 7 * len("no transfer")
    assert (
        label_line(blank(), x=1, y=1, text="a", colour="#000000", side="above").layout.margin.r
        is None
    )


def test_limit_crosses_the_plot_with_its_name() -> None:
    shape = add_limit(blank(), 0.12, name="replicate error, 0.12 eV").layout.shapes[0]
    assert (shape.y0, shape.y1, shape.yref) == (0.12, 0.12, "y")
    assert (shape.x0, shape.x1, shape.xref) == (0, 1, "x domain")
    assert shape.label.text == "replicate error, 0.12 eV"
    assert shape.line.dash == "dash"
    assert shape.line.color == COLOURS["limit"]
    upright = add_limit(blank(), 3, name="today", axis="x").layout.shapes[0]
    assert (upright.x0, upright.xref, upright.yref) == (3, "x", "y domain")


def test_parity_has_equal_axes_a_diagonal_and_units() -> None:
    fig = check_traces(
        parity([0, 1, 2], [0.5, 1, 4], label="band gap", unit="eV", alt=ALT, text=["a", "b", "c"])
    )
    assert fig.layout.xaxis.title.text == "Measured band gap (eV)"
    assert fig.layout.yaxis.title.text == "Predicted band gap (eV)"
    assert fig.layout.xaxis.range == fig.layout.yaxis.range
    assert fig.layout.xaxis.range[0] < 0 < 4 < fig.layout.xaxis.range[1]
    assert fig.layout.yaxis.scaleanchor == "x"
    assert fig.layout.xaxis.tickvals == fig.layout.yaxis.tickvals
    (diagonal,) = fig.layout.shapes
    assert (diagonal.x0, diagonal.x1) == (diagonal.y0, diagonal.y1)
    assert list(fig.data[0].text) == ["a", "b", "c"]


def test_parity_of_many_samples_counts_them_all() -> None:
    rng = np.random.default_rng(0)
    observed = rng.gamma(2, 1, 4600)
    predicted = observed + rng.normal(0, 0.3, 4600)
    fig = check_traces(parity(observed, predicted, label="band gap", unit="eV", alt=ALT))
    (density,) = fig.data
    assert density.type == "heatmap"
    counts = np.zeros((60, 60), dtype=int)
    for row, numbers in enumerate(density.customdata):  # each ends at its last sample
        counts[row, : len(numbers)] = numbers
        assert [number > 0 for number in numbers] == [z is not None for z in density.z[row]]
    assert counts.sum() == 4600
    # Rows are predictions: the densest row lies where the predictions are densest.
    rows = counts.sum(axis=1)
    assert density.y[rows.argmax()] == pytest.approx(1.0, abs=0.6)
    below, above = counts[:30].sum(), counts[30:].sum()
    assert below == (predicted < density.y[29:31].mean()).sum()
    assert above == 4600 - below
    fig.layout.template = None
    assert len(fig.to_json()) < 30_000


def test_parity_of_equal_numbers_and_of_lengths_that_differ() -> None:
    assert parity([1, 1], [1, 1], label="gap", unit="eV", alt=ALT).layout.xaxis.range[0] < 1
    with pytest.raises(ValueError, match="one length"):
        parity([1, 2], [1], label="gap", unit="eV", alt=ALT)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 4, [0, 1, 2, 3, 4]),
        (0.7, 3.9, [1, 2, 3]),
        (-0.5, 0.5, [-0.4, -0.2, 0, 0.2, 0.4]),
        (0, 0.9, [0, 0.2, 0.4, 0.6, 0.8]),
        (7, 7, [7]),
    ],
)
def test_linear_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert linear_ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1, 1000, [1, 10, 100, 1000]),
        (0.2, 40, [0.3, 1, 3, 10, 30]),
        (0.25, 4, [0.3, 1, 3]),
        (0.4, 2.5, [0.5, 1, 2]),
        (2, 3, [2, 2.2, 2.4, 2.6, 2.8, 3]),
    ],
)
def test_log_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert log_ticks(low, high) == pytest.approx(expected)


def test_ticks_are_few_whatever_the_range() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        low = float(10 ** rng.uniform(-6, 6))
        high = low * float(10 ** rng.uniform(0.01, 9))
        for ticks in (linear_ticks(low, high), log_ticks(low, high)):
            assert 2 <= len(ticks) <= 8
            assert 0.998 * low <= min(ticks)
            assert max(ticks) <= 1.002 * high


def test_ticks_are_written_plainly() -> None:
    assert [written(t) for t in (0.1, 20, 1000, 250000)] == ["0.1", "20", "1,000", "250,000"]


def test_intervals_along_x_are_a_line_of_estimates_in_their_band() -> None:
    found = [Interval(estimate=2.0, low=1.0, high=4.0), Interval(estimate=3.0, low=2.5, high=3.5)]
    fig = add_intervals(go.Figure(), [10, 20], found, colour=COLOURS["truth"], name="line")
    band, line = fig.data
    assert list(band.y) == [1.0, 2.5, 3.5, 4.0]
    assert list(line.x) == [10, 20]
    assert list(line.y) == [2.0, 3.0]
    assert line.mode == "lines+markers"


def test_bars_reach_from_the_estimate_to_both_ends() -> None:
    found = [Interval(estimate=2.0, low=1.0, high=4.0)]
    dots = go.Scatter(**interval_bars(found, colour=COLOURS["truth"]), y=[0])
    assert dots.x[0] - dots.error_x.arrayminus[0] == 1.0
    assert dots.x[0] + dots.error_x.array[0] == 4.0
    assert not dots.error_x.symmetric


def test_power_ticks_count_down_from_the_highest_and_write_small_powers_out() -> None:
    ticks = power_ticks(-7, 2, every=3)
    assert ticks["tickvals"] == pytest.approx([100, 0.1, 1e-4, 1e-7])
    assert ticks["ticktext"] == ["100", "0.1", "10<sup>−4</sup>", "10<sup>−7</sup>"]
