"""Figures on their way to the page: what is refused, what is written."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from bs4 import BeautifulSoup

from matinf_book.plotly_renderer import Figure, FigureError, figure_html, read_figure


def figure(**layout: Any) -> dict[str, Any]:
    made = go.Figure(go.Scatter(x=np.arange(5) / 3, y=np.arange(5) * 1e-3))
    made.update_layout(meta={"alt": "A rising line."}, **layout)
    content: dict[str, Any] = json.loads(made.to_json())
    return content


def payload(read: Figure) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(read.payload)
    return content


@pytest.mark.parametrize("meta", [None, {}, {"alt": ""}, {"alt": " \n "}, {"alt": None}, "words"])
def test_a_figure_that_does_not_say_what_it_shows_is_refused(meta: object) -> None:
    content = figure()
    content["layout"]["meta"] = meta
    with pytest.raises(FigureError, match="alt text"):
        read_figure(content)


def test_a_trace_that_the_bundle_cannot_draw_is_refused() -> None:
    content = figure()
    content["data"].append({"type": "scatter3d"})
    with pytest.raises(FigureError, match="cannot draw scatter3d"):
        read_figure(content)


def test_the_template_is_left_out_and_the_rest_is_kept() -> None:
    content = figure(title="A title", height=333)
    assert "template" in content["layout"]
    read = read_figure(content)
    assert "template" not in payload(read)["layout"]
    assert payload(read)["layout"]["title"] == {"text": "A title"}
    assert read.height == read.narrow_height == 333


def test_a_figure_may_be_lower_where_it_is_narrow() -> None:
    content = figure(height=400)
    content["layout"]["meta"] = {"alt": "Three maps side by side.", "narrow_height": 240}
    read = read_figure(content)
    assert (read.height, read.narrow_height) == (400, 240)
    assert "--plot-height:400px;--plot-height-narrow:240px" in figure_html(read, number=0)


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([3.6, 0.1 + 0.2, 2.0], [3.6, 0.3, 2]),
        ([1 / 3, 100 / 3], [0.33333, 33.3333]),
        ([1e-9 / 3, 1e9 / 3], [3.3333e-10, 333330000]),
        ([1000.01234567, 1000.01234987], [1000.01234567, 1000.01234987]),
        ([1e-300, 1e300], [1e-300, 1e300]),
        ([np.nan, np.inf, 1.5], [None, None, 1.5]),
        ([0.1], [0.1]),
    ],
)
def test_numbers_are_as_long_as_a_screen_can_tell(
    values: list[float], written: list[float | None]
) -> None:
    made = go.Figure(go.Scatter(y=np.array(values)))
    made.update_layout(meta={"alt": "Some points."})
    read = payload(read_figure(json.loads(made.to_json())))["data"][0]["y"]
    assert read == written
    finite = np.isfinite(values)
    error = np.abs(np.array(read, dtype=float) - values)[finite]
    assert np.all(error <= 1e-5 * np.ptp(np.array(values)[finite]))


def test_arrays_keep_their_shape_and_their_whole_numbers() -> None:
    table = np.arange(6, dtype=float).reshape(2, 3) / 8
    made = go.Figure(go.Heatmap(z=table, x=np.arange(3), y=np.array([5, 6], dtype=np.uint8)))
    made.update_layout(meta={"alt": "A table."})
    [trace] = payload(read_figure(json.loads(made.to_json())))["data"]
    assert trace["z"] == table.tolist()
    assert (trace["x"], trace["y"]) == ([0, 1, 2], [5, 6])


def test_only_traces_that_are_to_be_seen_count() -> None:
    content = figure()
    content["data"] += [{"visible": False}, {"visible": "legendonly"}, {"visible": True}]
    assert read_figure(content).traces == 3


def test_no_text_of_a_figure_can_end_its_script_element() -> None:
    content = figure(title="</script><script>alert(1)</script><!-- ")
    content["layout"]["meta"]["alt"] = 'Quotes " and <b>tags</b> & signs.'
    soup = BeautifulSoup(figure_html(read_figure(content), number=4), "html.parser")
    [script] = soup.find_all("script")
    title = json.loads(script.get_text())["layout"]["title"]["text"]
    assert title == "</script><script>alert(1)</script><!-- "
    canvas = soup.select_one("#plot-4 .plot-canvas[role=img]")
    assert canvas is not None
    assert canvas["aria-label"] == 'Quotes " and <b>tags</b> & signs.'
    noscript = soup.select_one("#plot-4 noscript")
    assert noscript is not None
    assert 'Quotes " and <b>tags</b>' in noscript.get_text()


def test_the_same_figure_gives_the_same_bytes() -> None:
    one, other = figure(), figure()
    other["layout"] = dict(reversed(other["layout"].items()))
    assert figure_html(read_figure(one), number=0) == figure_html(read_figure(other), number=0)


def test_figures_of_a_page_are_numbered_from_its_beginning(fixture_site: Path) -> None:
    page = (fixture_site / "pages" / "figure.html").read_text()
    assert re.findall(r'id="(plot-\d+)" ', page.replace('">', '" >')) == ["plot-0", "plot-1"]
    soup = BeautifulSoup(page, "html.parser")
    wide = soup.select_one("figure#fig-lines .plot.plot-wide")
    assert wide is not None
    assert wide["data-traces"] == "2"


LEGEND = go.Scatter(x=[None], y=[None], name="an entry of the legend")
NOTHING = [
    [],
    [go.Scatter(x=[], y=[])],
    [go.Scatter(x=[1.0, 2.0], y=[np.nan, np.nan])],
    [go.Scatter(x=np.full(3, np.nan), y=np.arange(3))],
    [go.Heatmap(z=np.full((2, 2), np.nan))],
    [go.Bar(x=["a"], y=[1], visible=False)],
    [go.Bar()],
    [LEGEND],
    [go.Bar(x=["a"], y=[1]), go.Scatter(x=[], y=[], name="lost")],
    [go.Bar(x=["a"], y=[1]), go.Scatter(x=[1, 2], y=[np.inf, np.nan], name="lost")],
]


@pytest.mark.parametrize("traces", NOTHING)
def test_traces_of_which_nothing_would_be_seen_are_refused(traces: list[Any]) -> None:
    content = json.loads(go.Figure(traces, layout={"meta": {"alt": "Nothing."}}).to_json())
    with pytest.raises(FigureError, match=r"nothing of .* would be drawn"):
        read_figure(content)


SOMETHING = [
    [go.Scatter(y=[1.0, np.nan])],
    [go.Scatter(x=[1], y=[2]), LEGEND],
    [go.Heatmap(z=[[np.nan, np.nan], [np.nan, 1.0]])],
    [go.Heatmap(z=[[1.0], [1.0, 2.0]])],
]


@pytest.mark.parametrize("traces", SOMETHING)
def test_traces_of_which_something_would_be_seen_are_kept(traces: list[Any]) -> None:
    content = json.loads(go.Figure(traces, layout={"meta": {"alt": "Some."}}).to_json())
    assert read_figure(content).traces == len(traces)
