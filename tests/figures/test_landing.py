"""The first figure: every composition once, at its gap, in a colour that can be seen."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from colour_vision import contrast
from matinf.background.materials_data import combination_coverage, same_composition
from matinf.datasets import load_experimental_gaps
from matinf.figures.landing import KNOWN, SPECTRUM, VISIBLE, measured_gaps, share_visible
from matinf.figures.palette import PAPER

INDEX = Path(__file__).parents[2] / "book" / "index.md"
SMALL = pd.DataFrame(
    {
        "formula": ["AlP", "AlP", "AlP", "GaAs", "CdTe", "LiF"],
        "gap": [2.4, 2.5, 3.6, 1.42, 1.51, 11.7],
    }
)


def test_each_composition_is_one_cell_at_the_median_of_its_measurements() -> None:
    cells, ticks = measured_gaps(SMALL).data
    z = np.asarray(cells.z, dtype=float)
    rows, columns = np.nonzero(np.isfinite(z))
    found = {
        str(cells.text[row][column]): float(cells.x[column])
        for row, column in zip(rows, columns, strict=True)
    }
    assert found == {
        "GaAs, 1.42 eV": 1.4,
        "CdTe, 1.51 eV": 1.5,
        "AlP, 2.5 eV": 2.5,
        "LiF, 11.7 eV": 11.7,
    }
    np.testing.assert_allclose(ticks.x, [2.4, 2.5, 3.6])


def test_on_the_real_data_no_composition_is_lost_and_stacks_have_no_holes() -> None:
    measurements = load_experimental_gaps()
    measurements["formula"] = same_composition(measurements["formula"])
    figure = measured_gaps(measurements)
    filled = np.isfinite(np.asarray(figure.data[0].z, dtype=float))
    assert filled.sum() == measurements["formula"].nunique()
    assert not (np.diff(filled.astype(int), axis=0) > 0).any()
    assert len(figure.data[1].x) == (measurements["formula"] == "AlP").sum()
    assert figure.layout.xaxis.title.text == "Measured band gap (eV)"
    assert f"{measurements['formula'].nunique():,} compositions" in figure.layout.meta["alt"]
    assert figure.layout.meta["wide"] is True


def test_colours_of_the_spectrum_stand_out_from_both_papers_and_span_the_visible() -> None:
    energies = [energy for energy, _ in SPECTRUM]
    assert energies == sorted(energies)
    assert (energies[0], energies[-1]) == VISIBLE
    for _, colour in SPECTRUM:
        for paper in PAPER.values():
            assert contrast(colour, paper) >= 3


def test_only_cells_within_the_visible_light_are_coloured() -> None:
    cells = measured_gaps(SMALL).data[0]
    scale = [(position * cells.zmax, colour) for position, colour in cells.colorscale]
    outside = {colour for energy, colour in scale if not VISIBLE[0] <= energy <= VISIBLE[1]}
    assert len(outside) == 1
    assert outside.isdisjoint(colour for _, colour in SPECTRUM)


def test_the_page_counts_two_spellings_of_a_composition_once() -> None:
    assert 'same_composition(measurements["formula"])' in INDEX.read_text(encoding="utf-8")
    assert len(set(same_composition(["VO2", "V2O4", "ZnO"]))) == 2


def test_most_combinations_of_three_elements_are_left_out() -> None:
    assert combination_coverage(load_experimental_gaps()["formula"], order=3).share < 0.1


def test_share_visible_counts_compositions_not_measurements() -> None:
    assert share_visible(SMALL) == pytest.approx(1 / 4)


@pytest.mark.parametrize(
    ("rows", "message"), [(slice(0, 0), "at least one row"), (slice(3, None), "measured twice")]
)
def test_what_cannot_be_drawn_is_refused(rows: slice, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        measured_gaps(SMALL[rows])


def test_known_compounds_are_named_above_their_own_cells() -> None:
    measurements = load_experimental_gaps()
    measurements["formula"] = same_composition(measurements["formula"])
    figure = measured_gaps(measurements)
    medians = measurements.groupby("formula")["gap"].median()
    filled = np.isfinite(np.asarray(figure.data[0].z, dtype=float)).sum(axis=0)
    named = [note for note in figure.layout.annotations if note.showarrow]
    assert len(named) == len(KNOWN)
    for note, (formula, use) in zip(named, KNOWN.items(), strict=True):
        assert note.text == f"<b>{formula}</b><br>{use}"
        assert note.x == pytest.approx(medians[formula], abs=0.05)
        assert note.y == filled[list(figure.data[0].x).index(note.x)]
        assert medians[formula] > VISIBLE[1]
        assert f"{formula} ({medians[formula]:.1f} eV)" in figure.layout.meta["alt"]


def test_a_compound_that_nobody_measured_is_not_named() -> None:
    named = [note.text for note in measured_gaps(SMALL).layout.annotations if note.showarrow]
    assert named == ["<b>LiF</b><br>UV windows"]
