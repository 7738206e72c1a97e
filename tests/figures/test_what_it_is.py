"""The figure of the first page, read by its traces."""

import numpy as np

from matinf.background.one_turn import TurnResult
from matinf.figures.template import check_traces
from matinf.figures.what_it_is import hits_by_table_size


def test_means_blind_choice_and_limit_are_drawn() -> None:
    hits = np.array([[1, 3], [5, 7]])
    sizes, near = np.array([25, 100]), np.array([[0, 2], [8, 9]])
    result = TurnResult(sizes=sizes, hits=hits, nearest=near, n_suggested=10, base_rate=0.13)
    fig = check_traces(hits_by_table_size(result))
    lines = {trace.name: trace for trace in fig.data}
    np.testing.assert_allclose(lines["chosen by the forest"].y, [2, 6])
    np.testing.assert_allclose(lines["chosen blindly"].y, [1.3, 1.3])
    np.testing.assert_allclose(lines["nearest to a measured hit"].y, [1, 8.5])
    named = {note.text: note for note in fig.layout.annotations}
    assert named["nearest to a measured hit"].yanchor == "bottom", "it ends above"
    assert named["chosen by the forest"].yanchor == "top"
    assert [shape.y0 for shape in fig.layout.shapes] == [10]
    assert fig.layout.xaxis.title.text == "Compounds measured before the turn"
    assert fig.layout.yaxis.title.text == "Hits among 10 suggestions"
    assert "6.0" in fig.layout.meta["alt"]
    assert "1.3" in fig.layout.meta["alt"]
