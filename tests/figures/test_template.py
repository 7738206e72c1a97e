"""Colours can be told apart by everyone, on both papers; every figure says what it shows."""

import json
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import plotly
import plotly.graph_objects as go
import pytest

from colour_vision import VISION, contrast, distance, oklab
from matinf.figures import palette, template
from matinf.figures.palette import (
    CATEGORICAL,
    COLOURS,
    DIVERGING,
    DIVERGING_DARK,
    GRID,
    INK,
    PAPER,
    QUIET_INK,
    SEQUENTIAL,
)
from matinf.figures.template import SITE_TRACES, check_traces, describe, new_figure, themes

ROOT = Path(__file__).parents[2]
ALT = "Error against training size, falling for both models."

# What stands side by side in a figure, and so must be told apart.
TOGETHER = [
    ("no_transfer", "transfer", "limit", "data"),
    ("random", "explore", "exploit", "limit"),
    ("truth", "data", "accent", "limit"),
    ("truth", "explore", "accent"),
    ("truth", "random"),
    ("truth", "no_transfer"),
    ("plain", "physics", "classical", "data", "truth", "limit"),
]


def test_vision_reproduces_published_simulations() -> None:
    """Red and green of equal lightness collapse for deuteranopes; greys never change."""
    assert distance("#c8553d", "#6f8f2f", "deuteranope") < distance("#c8553d", "#6f8f2f") / 2
    for vision in VISION:
        assert distance("#808080", "#808080", vision) == 0
        np.testing.assert_allclose(oklab("#808080", vision), oklab("#808080"), atol=1e-3)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    np.testing.assert_allclose(oklab("#ffffff"), [1, 0, 0], atol=1e-4)


@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize("role", COLOURS)
def test_every_colour_stands_out_from_both_papers(role: str, paper: str) -> None:
    assert contrast(COLOURS[role], PAPER[paper]) >= 3


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("roles", TOGETHER, ids=" ".join)
def test_colours_that_meet_are_told_apart(roles: tuple[str, ...], vision: str) -> None:
    for a, b in combinations(roles, 2):
        assert distance(COLOURS[a], COLOURS[b], vision) >= 7.5, (a, b)


@pytest.mark.parametrize("vision", VISION)
def test_categories_are_told_apart(vision: str) -> None:
    assert len(set(CATEGORICAL)) == len(CATEGORICAL)
    for a, b in combinations(CATEGORICAL, 2):
        assert distance(a, b, vision) >= 6, (a, b)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme: str) -> None:
    assert contrast(INK[theme], PAPER[theme]) >= 12
    assert contrast(QUIET_INK[theme], PAPER[theme]) >= 4.5
    assert 1.1 <= contrast(GRID[theme], PAPER[theme]) <= 1.6  # there, but quiet


@pytest.mark.parametrize(
    "scale",
    [SEQUENTIAL, DIVERGING, DIVERGING_DARK],
    ids=["sequential", "diverging", "diverging, dark"],
)
def test_scales_are_perceptually_even(scale: tuple[str, ...]) -> None:
    steps = [distance(a, b) for a, b in pairwise(scale)]
    assert max(steps) / min(steps) < 1.25


@pytest.mark.parametrize("vision", VISION)
def test_lightness_alone_orders_the_scales(vision: str) -> None:
    def lightness(colours: tuple[str, ...]) -> np.ndarray:
        return np.array([oklab(colour, vision)[0] for colour in colours])

    assert (np.diff(lightness(SEQUENTIAL)) < -0.03).all()
    for scale, sign in ((DIVERGING, 1), (DIVERGING_DARK, -1)):
        rise = sign * np.diff(lightness(scale))
        assert (rise[:5] > 0).all()
        assert (rise[5:] < 0).all()
        assert distance(scale[0], scale[-1], vision) > 12  # below is not mistaken for above


def test_the_ends_of_a_diverging_scale_are_equally_strong() -> None:
    for scale in (DIVERGING, DIVERGING_DARK):
        assert abs(oklab(scale[0])[0] - oklab(scale[-1])[0]) < 0.03


def test_much_differs_from_the_paper_and_little_does_not() -> None:
    for name, theme in themes().items():
        for key in ("sequential", "diverging"):
            scale = [colour for _, colour in theme["layout"]["colorscale"][key]]
            weak = scale[0] if key == "sequential" else scale[len(scale) // 2]
            assert contrast(scale[-1], PAPER[name]) > 2.5 * contrast(weak, PAPER[name]), key


@pytest.mark.parametrize("name", ["light", "dark"])
def test_themes_are_json_that_plotly_accepts(name: str) -> None:
    theme = themes()[name]
    assert json.loads(json.dumps(theme)) == theme
    fig = go.Figure(layout={"template": theme})  # raises on an attribute Plotly does not know
    assert fig.layout.template.layout.font.family == template.FONT_FAMILY
    assert fig.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert fig.layout.template.layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_paper_ink_and_font_are_those_of_the_site() -> None:
    style = (ROOT / "code/matinf_book/theme/static/book.css").read_text(encoding="utf-8")
    assert f"--sans: {template.FONT_FAMILY};" in style
    for theme in ("light", "dark"):
        assert f"--paper: {PAPER[theme]};" in style
        assert f"--ink: {INK[theme]};" in style


def test_themes_differ_in_colours_alone() -> None:
    light, dark = (json.dumps(themes()[name]) for name in ("light", "dark"))
    values = [
        *zip(INK.values(), QUIET_INK.values(), GRID.values(), strict=True),
        *zip(template._RAISED.values(), strict=True),
    ]
    for old, new in zip(values[0], values[1], strict=True):
        assert old in light
        assert old not in dark
        assert new in dark
    keys = [set(themes()[name]["layout"]) for name in ("light", "dark")]
    assert keys[0] == keys[1]


def test_new_figure_has_the_template_and_says_what_it_shows() -> None:
    fig = new_figure(alt=f"  {ALT}\n", height=300, wide=True)
    assert fig.layout.meta == {"alt": ALT, "wide": True}
    assert fig.layout.height == 300
    assert fig.layout.width is None
    assert fig.layout.template.layout.xaxis.gridcolor == GRID["light"]
    assert new_figure(alt=ALT).layout.meta["wide"] is False


@pytest.mark.parametrize("alt", ["", "   ", "A plot.", " x" * 9])
def test_a_figure_without_description_is_refused(alt: str) -> None:
    with pytest.raises(ValueError, match="20 characters"):
        new_figure(alt=alt)
    with pytest.raises(ValueError, match="20 characters"):
        describe(go.Figure(), alt=alt)


def test_describe_keeps_what_else_the_figure_says() -> None:
    fig = go.Figure(layout={"meta": {"seed": 7, "wide": True}})
    assert describe(fig, alt=ALT) is fig
    assert fig.layout.meta == {"seed": 7, "wide": True, "alt": ALT}
    assert describe(fig, alt=ALT, wide=False).layout.meta["wide"] is False


def test_traces_of_the_site_pass_and_others_are_named() -> None:
    fig = go.Figure([go.Scatter(x=[1]), go.Heatmap(z=[[1]])])
    assert check_traces(fig) is fig
    with pytest.raises(ValueError, match="scatter3d, scattergl"):
        check_traces(go.Figure([go.Scattergl(x=[1]), go.Scatter3d(x=[1])]))


def test_site_traces_exist_in_plotly() -> None:
    for name in SITE_TRACES:
        assert go.Figure([{"type": name}]).data[0].type == name


def test_colours_of_figures_come_from_the_palette() -> None:
    """A role's colour is written once, in the palette; no figure writes its own."""
    folder = Path(palette.__file__).parent
    for module in folder.glob("*.py"):
        text = module.read_text(encoding="utf-8")
        found = [c for c in {*COLOURS.values(), *SEQUENTIAL, *DIVERGING} if c in text]
        assert module.name == "palette.py" or not found, (module.name, found)


def test_plotly_writes_arrays_compactly() -> None:
    assert plotly.__version__.startswith("7.")
    fig = new_figure(alt=ALT).add_scatter(x=np.arange(100.0), y=np.zeros(100))
    assert set(fig.to_plotly_json()["data"][0]["x"]) == {"dtype", "bdata"}
