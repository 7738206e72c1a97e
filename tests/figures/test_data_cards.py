"""The histogram of a data card: every row is counted once, in its own unit."""

import numpy as np
import pytest

from matinf.figures.data_cards import distribution
from matinf.quantities import QUANTITIES


def test_every_finite_value_is_in_one_bar() -> None:
    values = np.array([0.0, 1.0, 1.0, 2.5, np.nan, np.inf])
    figure = distribution(values, quantity=QUANTITIES["gap"], n_bins=5)
    (bars,) = figure.data
    assert list(bars.y) == [1, 0, 2, 0, 1]
    np.testing.assert_allclose(bars.x, [0.25, 0.75, 1.25, 1.75, 2.25])
    np.testing.assert_allclose(bars.width, 0.5)


def test_axes_and_alternative_text_carry_the_unit() -> None:
    figure = distribution([1.0, 2.0, 3.0], quantity=QUANTITIES["gap"])
    assert figure.layout.xaxis.title.text == "Measured band gap (eV)"
    assert figure.layout.yaxis.title.text == "Rows"
    assert figure.layout.meta["alt"] == (
        "Histogram. Measured band gap of 3 rows runs from 1 to 3 eV; "
        "half of them lie between 1.5 and 2.5 eV, and the median is 2 eV."
    )


def test_a_column_without_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a finite gap"):
        distribution([np.nan], quantity=QUANTITIES["gap"])
