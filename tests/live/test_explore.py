"""Explored figures: their states, what varies of them, the script that puts them together."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from matinf.figures.template import new_figure, said
from matinf.live import explore as exploring
from matinf.live.delta import compressed, restored
from matinf.live.explore import EXPLORE_MIME, GridTooLarge, explore, menu, steps
from matinf.live.lab import BUILDING
from matinf.live.modules import STATIC
from matinf_book.assets import node_binary

X = np.linspace(0, 1, 11)


def line(slope: float, shape: str = "plain", extra: bool = False) -> go.Figure:
    """A line; its shape changes the colour, and it may have a companion."""
    fig = new_figure(alt=f"A {shape} line with a slope of {slope:g}.", height=200)
    fig.add_scatter(x=X, y=slope * X, line={"color": "red" if shape == "plain" else "blue"})
    if extra:
        fig.add_scatter(x=X, y=-X)
    return said(fig, f"It rises by {slope:g}.")


def json_of(figure: go.Figure) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(figure.to_json())
    found["layout"].pop("template")
    return found


def test_numbers_make_a_slider_and_names_a_menu() -> None:
    made = explore(line, slope=[-1, 0.5, 2000], shape=["plain", "fancy"])
    slope, shape = made.controls["slope"], made.controls["shape"]
    assert (slope.kind, slope.label, slope.texts) == ("slider", "Slope", ("−1", "0.5", "2,000"))
    assert (shape.kind, shape.values, shape.start) == ("menu", ("plain", "fancy"), 0)
    named = menu({"with": True, "without": False}, label="Companion", start="without")
    assert (named.values, named.texts, named.start) == ((True, False), ("with", "without"), 1)


def test_the_last_control_changes_fastest_and_start_is_its_number() -> None:
    made = explore(line, slope=steps([1, 2, 3], start=3), shape=menu(["plain", "fancy"]))
    states = list(made.states())
    assert states[1] == {"slope": 1, "shape": "fancy"}
    assert states[made.start] == {"slope": 3, "shape": "plain"}


@pytest.mark.parametrize(
    ("control", "reason"),
    [
        (lambda: steps([1]), "two values or more"),
        (lambda: steps([1, 2], start=1.5), "1.5 is not among"),
        (lambda: steps([1, 1.0000001]), "read alike"),
        (lambda: menu(["a", "b"], start="c"), "not among a, b"),
        (lambda: explore(line), "at least one control"),
    ],
)
def test_a_control_that_makes_no_sense_is_refused(control: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        control()


def test_a_grid_that_is_too_large_says_what_to_take_fewer_of() -> None:
    with pytest.raises(GridTooLarge, match=r"100 of slope × 3 of other are 300 figures.*of slope"):
        explore(line, slope=range(100), other=[1, 2, 3])
    assert exploring.MOST_STATES < 300


def test_every_state_comes_back_and_what_is_shared_is_kept_once() -> None:
    made = explore(
        line, slope=steps([1, 2, 3]), shape=["plain", "fancy"], extra=menu([False, True])
    )
    printed = made.printed()
    for number, state in enumerate(made.states()):
        found = restored(printed["figure"], printed["varying"], number)
        assert found == json_of(line(**state)), state
    made = explore(line, slope=steps([1, 2, 3]), shape=["plain", "fancy"])
    printed = made.printed()
    paths = {tuple(one["path"]): one for one in printed["varying"]}
    assert set(paths) == {
        ("data", 0, "y"), ("data", 0, "line", "color"), ("layout", "meta", "alt"),
        ("layout", "meta", "said"),
    }  # fmt: skip
    assert len(paths["data", 0, "y"]["values"]) == 2, "one of three slopes is in the figure itself"
    assert len(paths["data", 0, "line", "color"]["values"]) == 1


def test_a_place_that_some_states_lack_comes_and_goes() -> None:
    figures = [{"a": 1}, {"a": 1, "b": {"c": [1, 2]}}, {"a": 2}, {"a": 2, "b": {"c": [1, 3]}}]
    for start in range(4):
        base, varying = compressed(figures, start=start)
        assert [restored(base, varying, i) for i in range(4)] == figures


def test_while_printing_all_states_are_computed_and_in_a_kernel_widgets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[float] = []

    def counted(slope: float) -> go.Figure:
        called.append(slope)
        return line(slope)

    made = explore(counted, slope=steps([1, 2, 3], unit="m"))
    monkeypatch.setenv(BUILDING, "1")
    assert EXPLORE_MIME in made._repr_mimebundle_()
    assert called == [1, 2, 3]
    monkeypatch.delenv(BUILDING)
    called.clear()
    bundle = made._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert EXPLORE_MIME not in bundle


def test_a_widget_calls_the_function_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from matinf.live import widgets

    shown: list[go.Figure] = []
    monkeypatch.setattr(widgets, "display", shown.append)
    box = explore(line, slope=steps([1, 2, 3], unit="m", start=2), shape=["plain", "a<b"]).widget()
    slope, shape, _, sentence = box.children
    assert slope.description == "Slope"
    assert [text for text, _ in slope.options] == ["1 m", "2 m", "3 m"]
    assert shown[-1].layout.meta["alt"] == "A plain line with a slope of 2."
    slope.value = 3
    assert shown[-1].layout.meta["alt"] == "A plain line with a slope of 3."
    shape.value = "a<b"
    assert len(shown) == 3
    assert sentence.value == "It rises by 3."


def node(script: str, given: Any) -> Any:
    command = [str(node_binary()), "--input-type=module"]
    command += ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--eval", script]
    done = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_the_script_puts_together_the_same_figures_as_python() -> None:
    made = explore(
        line, slope=steps([1, 2, 3]), shape=["plain", "fancy"], extra=menu([False, True])
    )
    printed = made.printed()
    counts = [len(control.values) for control in made.controls.values()]
    script = f"""
        import {{ figureOf, stateOf }} from {json.dumps((STATIC / "explore.js").as_uri())};
        import {{ readFileSync }} from "node:fs";
        const {{ figure, varying, counts }} = JSON.parse(readFileSync(0));
        const before = JSON.stringify(figure);
        const total = counts.reduce((a, b) => a * b, 1);
        const figures = Array.from({{ length: total }}, (_, i) => figureOf(figure, varying, i));
        const same = JSON.stringify(figure) === before;
        process.stdout.write(JSON.stringify({{ figures, same, last: stateOf([2, 1, 0], counts) }}));
    """
    answer = node(script, {**printed, "counts": counts})
    assert answer["figures"] == [json_of(line(**state)) for state in made.states()]
    assert answer["same"], "the figure of the page itself must not change"
    assert list(made.states())[answer["last"]] == {"slope": 3, "shape": "fancy", "extra": False}


def test_an_address_names_every_state_by_its_values_and_no_other() -> None:
    """Through the address and back; the page keeps what `Address` of `address.js` reads."""
    made = explore(
        line, slope=steps([-1, 0.5, 2000, 1e9], start=0.5), shape=["plain", "a;b:c&d=%é#<"]
    )
    script = f"""
        import {{ Address }} from {json.dumps((STATIC / "address.js").as_uri())};
        import {{ positionsAt, stateAt }} from {json.dumps((STATIC / "explore.js").as_uri())};
        import {{ readFileSync }} from "node:fs";
        const {{ specs, states, odd }} = JSON.parse(readFileSync(0));
        const at = new URL("http://127.0.0.1/a/page.html?other=1#top");
        globalThis.location = at;
        const address = (name) => new Address(name, stateAt(specs, specs.map((s) => s.start)));
        const open = (url, name) => {{
          globalThis.location = new URL(url);
          return positionsAt(specs, address(name).read());
        }};
        const links = states.map((one) => address("fig-a").link(stateAt(specs, one)));
        const back = links.map((link) => open(link, "fig-a"));
        const other = links.map((link) => open(link, "fig-b"));
        const strange = odd.map((text) => open(`http://a/b?fig-a=${{text}}&%=1`, "fig-a"));
        globalThis.location = new URL("file:///a/page.html?fig-a=slope:2000");
        const file = [address("fig-a").shared, address("fig-a").read().slope];
        process.stdout.write(JSON.stringify({{ links, back, other, strange, file }}));
    """
    states = [[i, j] for i in range(4) for j in range(2)]
    odd = ["slope:0.50;shape:plain", "slope:5e-1", "slope:1000", "slope:2,000", "slope:0x7d0"]
    odd += ["shape:fancy", "shape:0", "slope:;shape", "__proto__:1", "slope:NaN", "%25"]
    odd += ["slope:-1;x"]
    found = node(script, {"specs": made.printed()["controls"], "states": states, "odd": odd})
    assert found["back"] == states
    assert found["links"][0].startswith("http://127.0.0.1/a/page.html?fig-a=slope:-1")
    assert found["links"][2] == "http://127.0.0.1/a/page.html#fig-a", "as printed: nothing to say"
    assert found["other"] == [[1, 0]] * 8, "another figure's view is not its own"
    slopes = [first for first, _ in found["strange"]]
    assert slopes == [1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 0]
    assert {second for _, second in found["strange"]} == {0}
    assert found["file"] == [False, 0.5]


CELLS = (
    """
import plotly.io
from matinf.figures.template import new_figure, said
from matinf.live.explore import explore, steps

plotly.io.renderers.default = "plotly_mimetype"

def points(n):
    figure = new_figure(alt="A line of a few points, each higher than the last.")
    figure.add_scatter(y=list(range(n)))
    return said(figure, f"{n} points.")

explored = explore(points, n=steps([2, 3, 4], start=3))
box = explored.widget()
box
""",
    "box.children[0].value = 4",
)


@pytest.mark.slow
def test_in_a_real_kernel_a_moved_slider_draws_anew() -> None:
    import nbformat  # late: reading its grammar takes seconds, and this test alone needs it
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert "application/vnd.jupyter.widget-view+json" in notebook.cells[0].outputs[0].data
    widgets = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    [shown] = [w["state"] for w in widgets.values() if w["model_name"] == "OutputModel"]
    [drawn] = [output["data"]["application/vnd.plotly.v1+json"] for output in shown["outputs"]]
    assert drawn["data"][0]["y"] == [0, 1, 2, 3]
    [said] = [w["state"] for w in widgets.values() if w["model_name"] == "HTMLModel"]
    assert said["value"] == "4 points."
