"""What all laboratories share: their twin, their modules as one script, their state as text."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matinf.figures.palette import COLOURS, GRID
from matinf.live.lab import BUILDING, LAB_MIME, Laboratory, checked_data, rounded
from matinf.live.modules import STATIC, ModuleError, files_of, joined, needed
from matinf.live.still import Axis, Mark, still_picture
from matinf_book.assets import node_binary

WAVE = Path(__file__).parents[1] / "fixture_book" / "assets" / "live"


@dataclass(frozen=True, kw_only=True)
class Wave(Laboratory):
    element, module, title = "wave-lab", "wave-lab.js", "Wave </script> laboratory"
    folders = (WAVE,)
    pitch: float = 2.0
    words: str = "A wave with two peaks in a second."
    picture: str = "<svg></svg>"

    @property
    def alt(self) -> str:
        return self.words

    @property
    def still(self) -> str:
        return self.picture

    @property
    def data(self) -> Mapping[str, Any]:
        return {"pitch": np.float64(self.pitch), "x": np.arange(3), "end": "</script><!--"}


class Nameless(Wave):
    element = "wave"


class Lost(Wave):
    module = "lost-lab.js"


def node(script: str) -> Any:
    command = [str(node_binary()), "--input-type=module"]
    command += ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"]
    done = subprocess.run(
        command, input=script, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_a_page_gets_the_parts_and_a_notebook_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BUILDING, "1")
    bundle = Wave()._repr_mimebundle_()
    assert "text/html" not in bundle
    assert bundle[LAB_MIME]["data"] == {"pitch": 2.0, "x": [0, 1, 2], "end": "</script><!--"}
    monkeypatch.delenv(BUILDING)
    frame = Wave()._repr_mimebundle_()["text/html"]
    page = html.unescape(re.search(r'srcdoc="([^"]*)"', frame)[1])  # type: ignore[index]
    assert page.count("</script>") == page.count("<script"), "no text may end a script"
    assert '<wave-lab id="wave-lab"' in page
    assert not re.search(r"^\s*(import|export) ", page, re.MULTILINE)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Nameless(), "no name of a custom element"),
        (Lost(), "no module lost-lab.js"),
        (Wave(words="A wave."), "say in a sentence"),
        (Wave(picture="<img>"), "inline SVG"),
        (Wave(pitch=np.nan), r"Wave\.data\.pitch: nan is no finite number"),
    ],
)
def test_a_laboratory_that_cannot_be_shown_says_why(wrong: Wave, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        wrong.bundle()


def test_data_are_plain_and_short() -> None:
    with pytest.raises(ValueError, match=r"d\.a\[1\]: a set cannot"):
        checked_data({"a": [1, {2}]}, where="d")
    assert rounded(np.array([[1 / 3, 2.0], [np.nan, 1e-9 / 3]]), digits=3) == [
        [0.333, 2], [None, 3.33e-10],
    ]  # fmt: skip


def test_every_module_can_be_joined_and_read() -> None:
    names = sorted(path.name for path in STATIC.glob("*.js") if path.name != "loader.js")
    scripts = {name: joined(name) for name in names}
    found = node(f"""
        const scripts = {json.dumps(scripts)};
        const wrong = [];
        for (const [name, text] of Object.entries(scripts)) {{
          try {{ new Function(text); }} catch (error) {{ wrong.push(`${{name}}: ${{error}}`); }}
        }}
        process.stdout.write(JSON.stringify(wrong));
    """)
    assert found == []


def test_no_module_names_a_host() -> None:
    for path in STATIC.glob("*.js"):
        hosts = re.findall(r"//[\w-]+\.[\w.]+", path.read_text(encoding="utf-8"))
        assert set(hosts) <= {"//www.w3.org"}, path.name


def test_joined_modules_do_what_the_modules_do(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        'import { b as other, C } from "./b.js";\nexport const answer = other() + C.value;\n'
    )
    (tmp_path / "b.js").write_text(
        "/* import { x } from './nowhere.js'; */\nexport function b() { return 40; }\n"
        "export class C { static value = 2; }\n"
    )
    script = joined("a.js", (tmp_path,))
    assert needed("a.js", (tmp_path,)) == ["b.js", "a.js"]
    found = node(f'{script.replace(chr(34) + "use strict" + chr(34) + ";", "")}\n'
                 'process.stdout.write(JSON.stringify(modules["a.js"].answer));')  # fmt: skip
    assert found == 42


def test_a_worker_is_joined_too(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        'const w = new Worker(new URL("./w.js", import.meta.url), { type: "module" });\n'
    )
    (tmp_path / "w.js").write_text('import { b } from "./b.js";\nb();\n')
    (tmp_path / "b.js").write_text("export const b = () => 1;\n")
    assert files_of("a.js", (tmp_path,)) == {"a.js", "w.js", "b.js"}
    script = joined("a.js", (tmp_path,))
    assert "import.meta" not in script
    assert "const b = () => 1" in script


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("export default 1;", "cannot be joined: export default 1"),
        ('import x from "./b.js";', "cannot be joined: import x"),
        ("const here = import.meta.url;", "cannot be joined: const here"),
        ('import { a } from "./lost.js";', "no module lost.js"),
        ('import { a } from "./a.js";', "imports itself"),
    ],
)
def test_a_form_that_cannot_be_joined_is_refused(source: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(source + "\n")
    (tmp_path / "b.js").write_text("export const b = 1;\n")
    with pytest.raises(ModuleError, match=reason):
        joined("a.js", (tmp_path,))


def test_a_state_comes_back_from_the_address_whatever_stands_there() -> None:
    module = json.dumps((STATIC / "state.js").as_uri())
    found = node(f"""
        import {{ decode, encode, find, replaced }} from {module};
        const defaults = {{ n: 0.5, s: "rbf", b: false, xs: [], unchanged: 3 }};
        const state = {{ n: -1e-7, s: "a;b:c&d=%é#", b: true, xs: [0.1, -2], unchanged: 3 }};
        const text = encode(state, defaults);
        const query = replaced("?q=1&my-lab=old&z=%20", "my-lab", text);
        const bad = ["n:x;s;b:2;xs:1,,y;nobody:1", "n:;xs:", "", ";;::", "n:Infinity", "s:%"];
        process.stdout.write(JSON.stringify({{
          text, query, back: decode(find(query, "my-lab"), defaults), state,
          nothing: encode(defaults, defaults), gone: replaced("?my-lab=1", "my-lab", ""),
          bad: bad.map((one) => decode(one, defaults)), defaults,
        }}));
    """)
    assert found["back"] == found["state"]
    assert "unchanged" not in found["text"]
    assert found["query"].startswith("?q=1&z=%20&my-lab=")
    assert (found["nothing"], found["gone"]) == ("", "")
    assert found["bad"] == [found["defaults"]] * len(found["bad"])


def test_ticks_are_round_and_inside() -> None:
    chart = json.dumps((STATIC / "chart.js").as_uri())
    found = node(f"""
        import {{ fitted, powers, ticks }} from {chart};
        process.stdout.write(JSON.stringify({{
          unit: ticks(0, 1, 5), odd: ticks(-0.07, 0.31, 6), large: ticks(900, 3100, 4),
          powers: powers(0.003, 2000, 9), flat: fitted([2, 2], false), none: fitted([NaN], false),
          log: fitted([0, -1, 1, 100], true),
        }}));
    """)
    assert found["unit"] == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert found["odd"] == [0, 0.1, 0.2, 0.3]
    assert found["large"] == [1000, 2000, 3000]
    assert found["powers"] == [0.01, 0.1, 1, 10, 100, 1000]
    assert found["flat"][0] < 2 < found["flat"][1]
    assert found["none"] == [0, 1]
    assert found["log"][0] <= 1
    assert found["log"][1] >= 100


def test_numbers_read_as_they_are_printed() -> None:
    controls = json.dumps((STATIC / "controls.js").as_uri())
    found = node(f"""
        import {{ number, withUnit }} from {controls};
        const values = [0, -0.5, 0.1 + 0.2, 1234.5, 1e-9, 2.5e8, NaN];
        const shown = values.map((one) => number(one));
        process.stdout.write(JSON.stringify([...shown, withUnit(number(3), "eV")]));
    """)
    assert found == ["0", "−0.5", "0.3", "1235", "1 × 10⁻⁹", "250000000", "–", "3\u00a0eV"]


def test_the_style_has_the_colours_of_the_palette() -> None:
    style = (STATIC / "live.css").read_text(encoding="utf-8")
    found = dict(re.findall(r"--series-(\w+): (#\w+);", style))
    assert {name: found.get(name) for name in COLOURS} == dict(COLOURS)
    assert re.findall(r"--chart-grid: (#\w+);", style) == [GRID["light"], GRID["dark"]]


def test_a_still_picture_draws_what_it_is_given_and_nothing_outside() -> None:
    axes = {"x": Axis(title="t < 1", low=0, high=1), "y": Axis(title="Height", low=-1, high=1)}
    marks = [
        Mark(kind="band", x=[0, 1], y=[-0.5, -0.5], high=[0.5, 0.5], role="limit"),
        Mark(kind="line", x=[0, 1], y=[-9, 9], role="truth", dash=True),
        Mark(kind="points", x=[0.5], y=[0]),
    ]
    picture = still_picture(**axes, marks=marks)
    assert "t &lt; 1" in picture
    assert "M58.0 274.0L706.0 12.0" in picture, "beyond the axis it stops at the edge"
    assert picture.count("var(--series-truth)") == 1
    assert picture.count("<circle") == 1
    with pytest.raises(ValueError, match="expected 'line'"):
        still_picture(**axes, marks=[Mark(kind="pie", x=[0], y=[0])])
