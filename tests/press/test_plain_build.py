"""A plain `jupyter-book build` refuses what the press refuses, though warnings are no errors."""

import re
from pathlib import Path

import pytest

from press.building import build, copy_fixture

FIGURES = """
```{code-cell} python
go.Figure(go.Bar(y=[1]))
```

```{code-cell} python
from myst_nb import glue
glue("drawn", bars([1, 2, 3], "Three bars."), display=False)
```

```{glue:figure} drawn
:name: fig-drawn
Glued.
```
"""
LABORATORIES = """
```{code-cell} ipython3
from IPython.display import display
lab, mime = WaveLab(pitch=2).bundle(), 'application/vnd.matinf.lab+json'
display({mime: {**lab, 'alt': ''}}, raw=True)
display({mime: {**lab, 'module': 'lost.js'}}, raw=True)
explore(wave, pitch=[1, 2], shape=menu({'a': 'sine', 'b': 'sine'}))
```
"""
ADDED = {
    "figure": FIGURES,
    "laboratory": LABORATORIES,
    "formulas": "\nThis is no formula: $\\frac{1}$.\n",
}
TOLD = (
    r"pages/figure, line \d+: cell \d+: .*alt text",
    r"pages/figure, line \d+: .*glued.* is empty",
    r"pages/formulas, line \d+: KaTeX cannot read .*frac",
    r"pages/laboratory, line \d+: cell \d+: this laboratory .*no alt text",
    r"cell \d+: this laboratory .*the site has no module live/lost\.js",
    r"cell \d+: this explored figure .*control 'shape' changes nothing",
)


@pytest.mark.slow
def test_faults_of_pages_stop_every_build_and_name_page_and_cell(tmp_path: Path) -> None:
    book = copy_fixture(tmp_path / "book")
    for name, text in ADDED.items():
        with (book / "pages" / f"{name}.md").open("a") as page:
            page.write(text)
    # The second build reads no page again, and must not publish what the first refused.
    for _ in range(2):
        answer = build(book)  # without -W: these are errors all the same
        told = answer.stdout + answer.stderr
        assert answer.returncode != 0
        assert [pattern for pattern in TOLD if not re.search(pattern, told)] == [], told
        for name in ADDED:
            assert not (book / "_build" / "html" / "pages" / f"{name}.html").exists()
