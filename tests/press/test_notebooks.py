"""Each page as a notebook: plain Markdown, every cell, valid, the same from everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from sphinx.errors import ConfigError

from matinf_book.launch import Launch
from matinf_book.notebooks import notebook
from matinf_book.plain_markdown import Cell, PlainMarkdown

ROOT = Path(__file__).parents[2]


def plain(source: str, writer: PlainMarkdown | None = None) -> str:
    """What becomes of reStructuredText, which docutils reads without help."""
    pieces = (writer or PlainMarkdown()).pieces(publish_doctree(source))
    return "\n\n".join(str(piece) for piece in pieces)


def read(site: Path, name: str) -> nbformat.NotebookNode:
    whole = nbformat.read(site / "pages" / name, as_version=4)
    nbformat.validate(whole)
    return whole


def words(whole: nbformat.NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in whole.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "Some *soft* and **loud** words\nof ``code``.",
            "Some *soft* and **loud** words of `code`.",
        ),
        (":math:`x_1`", "$x_1$"),
        ("A 5 * 3 _ and <b> $", r"A 5 \* 3 \_ and \<b> \$"),
        ("- one\n- two\n\n  more", "- one\n- two\n\n  more"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("term\n  what it means", "- **term**: what it means"),
        ("::\n\n  a = 1", "```\na = 1\n```"),
        (".. note::\n\n  Mind\n\n  this.", "> **Note**\n>\n> Mind\n>\n> this."),
        (".. admonition:: A guess\n\n  How many?", "> **A guess**\n>\n> How many?"),
        ("H\\ :sub:`2`\\ O", "H<sub>2</sub>O"),
        ("`here <https://example.org/a>`__", "[here](https://example.org/a)"),
        (".. comment\n\nText", "Text"),
    ],
)
def test_what_a_page_may_hold_is_written_in_plain_markdown(source: str, expected: str) -> None:
    assert plain(source) == expected


def test_headings_keep_their_depth() -> None:
    source = "Page\n====\n\nA\n-\n\nText\n\nB\n-\n\nC\n~\n\nEnd"
    # docutils takes the only title of a document for its own, which Sphinx does not.
    tree = publish_doctree(source, settings_overrides={"doctitle_xform": False})
    pieces = PlainMarkdown().pieces(tree)
    assert pieces == ["# Page", "## A", "Text", "## B", "### C", "End"]


def test_a_table_keeps_its_cells_and_its_head() -> None:
    source = "==== ====\n a    b\n==== ====\n 1   *2*\n==== ===="
    assert plain(source) == "| a | b |\n| --- | --- |\n| 1 | *2* |"


def test_a_listing_says_its_language() -> None:
    block = nodes.literal_block("", "a = 1\n", language="ipython3")
    assert PlainMarkdown().pieces(nodes.section("", block)) == ["```python\na = 1\n```"]


def test_a_formula_keeps_its_number() -> None:
    block = nodes.math_block("", r"y = x", number="4")
    assert PlainMarkdown().pieces(nodes.section("", block)) == ["$$\ny = x \\tag{4}\n$$"]


def test_links_inside_the_site_need_its_address() -> None:
    paragraph = nodes.paragraph("", "", nodes.reference("", "that page", refuri="other.html"))
    tree = nodes.section("", paragraph)
    assert PlainMarkdown().pieces(tree) == ["that page"]
    known = PlainMarkdown(link=lambda address: f"https://example.org/{address}")
    assert known.pieces(tree) == ["[that page](https://example.org/other.html)"]


def test_a_statement_that_holds_a_cell_is_not_quoted() -> None:
    cell = nodes.container("", nb_element="cell_code", cell_index=3)
    statement = nodes.admonition("", nodes.title("", "Solution"), nodes.paragraph("", "So:"), cell)
    pieces = PlainMarkdown().pieces(nodes.section("", statement))
    assert pieces == ["**Solution**", "So:", Cell(3)]


def test_cells_that_the_page_hides_stand_where_they_were() -> None:
    cells = [new_code_cell(f"a{k} = {k}") for k in range(5)]
    cells[0].metadata["tags"] = ["remove-cell"]
    whole = notebook(["# Page", Cell(1), "Text", Cell(3)], cells, outputs=False)
    found = [cell.source for cell in whole.cells]
    assert found == ["# Page", "a0 = 0", "a1 = 1", "Text", "a2 = 2", "a3 = 3", "a4 = 4"]
    assert [cell.id for cell in whole.cells] == [f"cell-{k}" for k in range(7)]
    assert whole.cells[1].metadata["jupyter"] == {"source_hidden": True}


def test_text_is_cut_at_headings_and_cells_alone() -> None:
    cells = [new_code_cell("1")]
    whole = notebook(["# A", "one", "two", "## B", "three", Cell(0)], cells, outputs=False)
    assert [cell.source for cell in whole.cells] == ["# A\n\none\n\ntwo", "## B\n\nthree", "1"]


def test_the_site_offers_each_executed_page_and_no_other(fixture_site: Path) -> None:
    offered = {path.name for path in (fixture_site / "pages").glob("*.ipynb")}
    assert {"figure.ipynb", "figure.outputs.ipynb"} <= offered
    assert not {name for name in offered if name.startswith(("plain", "index"))}
    source = ROOT / "tests" / "fixture_book" / "pages" / "figure.md"
    assert (fixture_site / "pages" / "figure.md").read_text() == source.read_text()


def test_numbers_are_filled_in_and_nothing_of_myst_is_left(fixture_site: Path) -> None:
    text = words(read(fixture_site, "figure.ipynb"))
    assert "The bars stand 6 m high together." in text
    assert "Two lines that cross at $x = 1$." in text
    for mark in ("{glue", "{numref", "```{", ":::", ")="):
        assert mark not in text


def test_only_one_of_the_two_holds_outputs(fixture_site: Path) -> None:
    clean, shown = (read(fixture_site, f"figure{end}") for end in (".ipynb", ".outputs.ipynb"))
    assert [cell.source for cell in clean.cells] == [cell.source for cell in shown.cells]
    assert not any(cell.get("outputs") for cell in clean.cells)
    kinds = {kind for c in shown.cells for o in c.get("outputs", []) for kind in o.get("data", {})}
    assert "application/vnd.plotly.v1+json" in kinds
    assert not any("papermill" in kind for kind in kinds)


def test_a_notebook_runs_from_any_folder(
    fixture_book: Path, fixture_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(fixture_book / "code"))  # as an install would do
    whole = read(fixture_site, "figure.ipynb")
    NotebookClient(whole, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    bars = [o for c in whole.cells for o in c.get("outputs", []) if "data" in o]
    assert "application/vnd.plotly.v1+json" in bars[0].data


def test_without_a_repository_nothing_leads_to_another_host(fixture_site: Path) -> None:
    page = (fixture_site / "pages" / "figure.html").read_text()
    assert 'download="" href="figure.ipynb"' in page
    assert "mybinder.org" not in page
    assert "colab" not in page
    assert "colab" not in json.dumps(read(fixture_site, "figure.ipynb"))


def test_with_a_repository_a_page_opens_at_its_commit() -> None:
    launch = Launch(repository="owner/name", commit="0" * 40)
    assert launch.binder("book/a") == (
        f"https://mybinder.org/v2/gh/owner/name/{'0' * 40}?urlpath=lab/tree/book/a.md"
    )
    assert launch.colab("book/a") == (
        "https://colab.research.google.com/github/owner/name/blob/notebooks/book/a.ipynb"
    )
    cell = launch.colab_cell()
    assert "0" * 40 in cell
    whole = notebook(["Text"], [], outputs=False, first=cell)
    assert whole.cells[0].source == cell


def test_the_cell_for_colab_does_nothing_elsewhere(tmp_path: Path) -> None:
    cell = Launch(repository="owner/name", commit="0" * 40).colab_cell()
    whole = notebook(["Text"], [new_code_cell("print('on')")], outputs=False, first=cell)
    NotebookClient(whole, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    assert whole.cells[0].outputs == []
    assert whole.cells[-1].outputs[0].text == "on\n"
    assert list(tmp_path.iterdir()) == []


class Settings:
    """As much of Sphinx's configuration as is read."""

    def __init__(self, repository: str, confdir: Path = ROOT) -> None:
        self.matinf_repository, self.confdir = repository, confdir


@pytest.mark.parametrize("repository", ["owner", "https://example.org/owner/name", "a b/c"])
def test_a_repository_that_is_none_is_refused(
    repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MATINF_REPOSITORY", raising=False)
    monkeypatch.setenv("MATINF_COMMIT", "0" * 40)
    with pytest.raises(ConfigError, match="should be owner/name"):
        Launch.of(Settings(repository))  # type: ignore[arg-type]


def test_a_repository_without_a_commit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATINF_REPOSITORY", "owner/name")
    monkeypatch.delenv("MATINF_COMMIT", raising=False)
    with pytest.raises(ConfigError, match="set MATINF_COMMIT"):
        Launch.of(Settings("", tmp_path))  # type: ignore[arg-type]
