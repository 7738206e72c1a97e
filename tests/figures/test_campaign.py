"""What the figures of "A campaign" say, read from their traces."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from matinf.active.evaluation import Aftermath
from matinf.background.molecules import molecule_layout
from matinf.figures import campaign as figures
from matinf.figures import campaign_outcomes as outcomes
from matinf.figures.template import check_traces
from matinf.intervals import Interval


def named(fig: go.Figure, name: str) -> list[go.Scatter]:
    found = [trace for trace in check_traces(fig).data if trace.name == name]
    assert found, f"no trace {name}"
    return found


def interval(estimate: float) -> Interval:
    return Interval(estimate=estimate, low=estimate - 0.1, high=estimate + 0.05)


def test_every_molecule_stands_in_the_histogram() -> None:
    rng = np.random.default_rng(0)
    homo, lumo = rng.normal(-6.5, 0.5, 500), rng.normal(0, 1, 500).clip(-4, 2.8)
    wanted = float(np.sort(lumo)[-20])
    fig = figures.frontier_energies(homo, lumo, wanted=wanted, highest=2.8)
    for name, energies in (("HOMO", homo), ("LUMO", lumo)):
        bars = named(fig, name)[0]
        assert sum(bars.y) == 500
        assert np.average(bars.x, weights=bars.y) == pytest.approx(energies.mean(), abs=0.05)
    assert fig.layout.shapes[0].x0 == wanted
    assert "The 20 molecules" in fig.layout.meta["alt"]
    assert fig.layout.xaxis.title.text == "Orbital energy (eV)"


def test_a_course_shows_every_measurement_and_only_rises() -> None:
    y = np.array([0.0, 1.0, -1.0, 2.0, 2.5, 1.5, 2.6])
    blind = np.linspace(0, 1, 7)
    fig = figures.course(y, n_initial=3, expected_random=blind, wanted=1.8, optimum=3.0)
    assert named(fig, "drawn at random")[0].y.tolist() == [0.0, 1.0, -1.0]
    assert named(fig, "chosen")[0].x.tolist() == [4, 5, 6, 7]
    best = named(fig, "best so far")[0]
    assert best.line.shape == "hv"
    assert (list(best.x), list(best.y)) == ([1, 2, 4, 5, 7], [0.0, 1.0, 2.0, 2.5, 2.6])
    assert named(fig, "the 100 best begin")[0].y == (1.8, 1.8)
    assert "75% of them above 1.80 eV" in fig.layout.meta["alt"]
    assert "2.60 eV of 3.00" in fig.layout.meta["alt"]


def test_structures_are_drawn_bond_by_bond_and_apart() -> None:
    layouts = [molecule_layout(s, centre=0) for s in ("CC#N", "C1CC1", "CO", "CCC", "N")]
    captions = [f"{i}<br>x" for i in range(5)]
    fig = check_traces(figures.structures(layouts, captions))
    assert len(fig.layout.shapes) == 1 + 3 + 3 + 1 + 2
    texts = [a.text for a in fig.layout.annotations]
    assert [t for t in texts if "<br>" in t] == captions
    assert {"N", "OH", "NH<sub>3</sub>"} <= set(texts)
    places = {a.text: (a.x, a.y) for a in fig.layout.annotations if "<br>" in a.text}
    assert places["0<br>x"][1] == places["3<br>x"][1] > places["4<br>x"][1]
    assert places["0<br>x"][0] == places["4<br>x"][0] < places["1<br>x"][0]
    assert "CC#N, 0, x" in fig.layout.meta["alt"]


def test_the_price_counts_every_molecule() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=300)
    after = {
        name: Aftermath(
            indices=np.arange(300), y=y, mean=y + error * rng.normal(size=300), std=np.ones(300)
        )
        for name, error in (("random", 0.1), ("log EI", 1.0))
    }
    fig = check_traces(figures.price(after))
    maps = [trace for trace in fig.data if trace.type == "heatmap"]
    assert [int(np.sum(trace.customdata)) for trace in maps] == [300, 300]
    assert [bool(trace.showscale) for trace in maps] == [False, True]
    words = [a.text for a in fig.layout.annotations]
    for name, found in after.items():
        assert f"<b>{name}</b>: R² {found.r2:.2f}".replace("-", "−") in words
    x = maps[0].x
    shown = np.array(maps[0].customdata)
    assert (shown @ np.array(x)).sum() / 300 == pytest.approx(y.mean(), abs=0.1)


STEPS = np.array([50, 60, 70])


def test_recall_has_a_panel_per_strategy_and_the_closed_form_in_each() -> None:
    bands = {
        name: np.stack([curve, curve - 0.01, curve + 0.02])
        for name, curve in (
            ("random", STEPS / 1000),
            ("log_ei", np.array([0.05, 0.5, 0.9])),
            ("switch", np.array([0.05, 0.1, 0.8])),
        )
    }
    fig = outcomes.recall(bands, n_measured=STEPS, random=STEPS / 1000, k=100)
    line = named(fig, "log EI")[0]
    assert list(line.y) == [0.05, 0.5, 0.9]
    np.testing.assert_allclose(line.customdata[:, 1], [0.07, 0.52, 0.92])
    assert len(named(fig, "random search, closed form")) == 3
    assert len({trace.yaxis for trace in fig.data}) == 3
    assert "log EI 90%" in fig.layout.meta["alt"]
    assert "closed form, 7.0%" in fig.layout.meta["alt"]


def test_effort_shows_every_campaign_and_those_that_never_got_there() -> None:
    needed = {"exploit": [200, 300, 300, 900], "pi": [400, np.inf, np.inf], "random": [np.inf] * 3}
    fig = check_traces(outcomes.effort(needed, budget=1000, random=8000, random_name="by chance"))
    dots = named(fig, "exploit")[0]
    assert sorted(dots.x) == [200, 300, 300, 900]
    assert len(set(zip(dots.x, dots.y, strict=True))) == 4, "no dot hides another"
    words = [a.text for a in fig.layout.annotations]
    assert "2 of 3<br>not in 1,000" in words
    assert "3 of 3<br>not in 1,000" in words
    medians = [s.x0 for s in fig.layout.shapes if s.name == "median"]
    assert medians == [300]
    assert "exploit 300" in fig.layout.meta["alt"]
    assert "random not in 1,000" in fig.layout.meta["alt"]
    assert fig.layout.xaxis.type == "log"


def test_batches_are_drawn_by_size_the_largest_with_its_band() -> None:
    curves = {}
    for size in (200, 1):
        n = 50 + size * np.arange(1000 // size + 1)
        share = (n - 50) / 1100
        curves[size] = (n, np.stack([share, share - 0.1, share + 0.05]))
    fig = check_traces(outcomes.batches(curves, k=100))
    assert [trace.name for trace in fig.data] == [
        "batches of 1",
        "batches of 200, interval",
        "batches of 200",
    ]
    line = named(fig, "batches of 200")[0]
    assert list(line.x) == [50, 250, 450, 650, 850, 1050]
    fine = named(fig, "batches of 1")[0]
    assert len(fine.x) == 101
    assert (fine.x[0], fine.x[-1]) == (50, 1050)
    assert "batches of 1: 36% after 450, 91% at the end" in fig.layout.meta["alt"]


def test_stopping_draws_a_named_point_per_setting() -> None:
    rules = {"little to gain": [("0.1 eV", 100, 0.2), ("0.01 eV", 500, 0.8)]}
    fig = outcomes.stopping(rules, budget=1050, k=10)
    line = named(fig, "little to gain")[0]
    assert (list(line.x), list(line.y)) == ([100, 500], [0.2, 0.8])
    assert list(line.text) == ["0.1 eV", "0.01 eV"]
    assert "0.01 eV, 500 and 80%" in fig.layout.meta["alt"]


def test_noise_is_drawn_with_bands_and_the_spread_of_the_property() -> None:
    found = {"exploit": {0.0: interval(0.9), 0.5: interval(0.7)}, "log_ei": {0.0: interval(0.8)}}
    fig = outcomes.noise(found, spread=1.3, k=100)
    assert list(named(fig, "exploit")[0].y) == [0.9, 0.7]
    assert fig.layout.shapes[0].x0 == 1.3
    assert "exploit: 90% at 0.00 eV, 70% at 0.50 eV." in fig.layout.meta["alt"]


def test_a_strategy_has_the_colour_it_has_everywhere() -> None:
    from matinf.figures.acquisition import STRATEGY_COLOURS

    for name, said in outcomes.NAMES.items():
        if name != "switch":
            assert outcomes.colour_of(name) == STRATEGY_COLOURS[said]
