"""The figure of the first page, read by its traces."""

import numpy as np

from matinf.background.one_turn import TurnResult
from matinf.figures.template import check_traces
from matinf.figures.what_it_is import hits_by_table_size


def test_means_blind_choice_and_limit_are_drawn() -> None:
    hits = np.array([[1, 3], [5, 7]])
    result = TurnResult(sizes=np.array([25, 100]), hits=hits, n_suggested=10, base_rate=0.13)
    fig = check_traces(hits_by_table_size(result))
    lines = {trace.name: trace for trace in fig.data}
    np.testing.assert_allclose(lines["chosen by the forest"].y, [2, 6])
    np.testing.assert_allclose(lines["chosen blindly"].y, [1.3, 1.3])
    named = next(n for n in fig.layout.annotations if n.text == "chosen by the forest")
    assert named.y >= max(bound.high for bound in result.intervals())
    assert [shape.y0 for shape in fig.layout.shapes] == [10]
    assert fig.layout.xaxis.title.text == "Compounds measured before the turn"
    assert fig.layout.yaxis.title.text == "Hits among 10 suggestions"
    assert "6.0" in fig.layout.meta["alt"]
    assert "1.3" in fig.layout.meta["alt"]
