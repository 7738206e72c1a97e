"""Entries of the API reference: what the press makes of docstrings and signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from docutils.utils import new_document
from numpy.typing import NDArray
from sphinx.domains.python import ObjectEntry

from matinf.intervals import Interval
from matinf_book.api import _google, _link_captions, _skip, _spell_out
from matinf_book.launch import Launch
from matinf_book.signatures import as_written, field_notes

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search has found."""

    values: Vector  # (n_values,), sorted by |value|
    names: list[str] = field(default_factory=list)
    level: float = 0.95  # of the interval, and of
    # all that follows from it


def search(y: Vector, /, *others: Interval, within: Interval | None = None) -> tuple[Found, Vector]:
    """Find something."""
    raise NotImplementedError


def signature(what: str, obj: object) -> tuple[str, str | None] | None:
    return as_written(None, what, "", obj, None, "()", None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page(fixture_site: Path) -> BeautifulSoup:
    text = (fixture_site / "pages" / "reference.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def entry(page: BeautifulSoup, name: str) -> Tag:
    found = page.find("dt", id=name)
    assert isinstance(found, Tag), name
    assert found.parent is not None
    return found.parent


def words(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text().split())


def test_types_are_those_of_the_source() -> None:
    arguments, returned = signature("function", search) or ("", "")
    assert arguments == (
        "(y: NDArray, /, *others: ~matinf.intervals.Interval, "
        "within: ~matinf.intervals.Interval | None = None)"
    )
    assert returned == "tuple[Found, NDArray]"


def test_a_default_that_is_made_anew_shows_how() -> None:
    text = "(*, values: NDArray, names: list[str] = list(), level: float = 0.95)"
    assert signature("class", Found) == (text, None)


def test_an_exception_keeps_what_sphinx_says_of_it() -> None:
    assert signature("exception", ValueError) is None


def test_comments_beside_fields_become_their_description() -> None:
    assert field_notes(Found) == {
        "values": "Shape (n_values,), sorted by |value|.",
        "level": "Of the interval, and of all that follows from it.",
    }
    lines = ["What a search has found.", ""]
    _google(None, "class", "Found", Found, None, lines)  # type: ignore[arg-type]
    assert r"sorted by \|value\|" in "\n".join(lines)


def test_a_class_is_described_by_its_base_where_it_says_nothing() -> None:
    class Base:
        """A base.

        Attributes:
            name: What it is called.
        """

    class Child(Base):
        """A child."""

    Base.__module__ = "matinf.somewhere"
    lines = ["A child.", ""]
    _google(None, "class", "Child", Child, None, lines)  # type: ignore[arg-type]
    assert ":ivar name: What it is called." in lines


def test_a_colon_in_a_property_begins_no_type() -> None:
    lines = ["One row per step: the fields of each."]
    _google(None, "property", "log", None, None, lines)  # type: ignore[arg-type]
    assert lines[0] == "One row per step: the fields of each."
    assert not any(":type:" in line for line in lines)


def test_what_a_library_puts_into_our_classes_is_left_out() -> None:
    def told(obj: object) -> bool | None:
        return _skip(None, "class", "", obj, False, None)  # type: ignore[arg-type]

    assert told(np.mean)
    assert told(Vector)
    assert told(Interval) is None
    assert told((1, 2)) is None


def test_an_entry_has_signature_description_and_place(page: BeautifulSoup) -> None:
    goal = entry(page, "matinf.active.goal.Goal")
    assert "Literal['maximise', 'minimise', 'target'] = 'maximise'" in words(goal.find("dt"))
    assert words(goal.select_one(".source-path")) == "code/matinf/active/goal.py"
    labels = [words(label) for label in goal.select("dl.field-list > dt")]
    assert labels[0] == "Attributes:"
    assert 'kind – "maximise"' in words(goal).replace("“", '"').replace("”", '"')
    merit = entry(page, "matinf.active.goal.Goal.merit")
    assert words(merit.find("dt")).startswith("merit(values: ArrayLike) → NDArray[float64]")


def test_a_function_lists_parameters_returns_and_errors(page: BeautifulSoup) -> None:
    best = entry(page, "matinf.active.random_search.random_expected_best")
    labels = [words(label) for label in best.select("dl.field-list > dt")]
    assert labels == ["Parameters:", "Returns:", "Raises:"]
    assert best.select_one(".katex") is not None
    assert "y_pool – Value of every candidate, shape (n_pool,)." in words(best)


def test_what_was_not_asked_for_is_not_listed(page: BeautifulSoup) -> None:
    assert page.find(id="matinf.active.random_search.random_mean_draws") is None


def test_a_role_in_prose_leads_to_the_entry(page: BeautifulSoup) -> None:
    link = page.select_one("p > a[href='#matinf.active.goal.Goal']")
    assert words(link) == "Goal"


def test_the_list_of_parameters_is_no_broken_list(page: BeautifulSoup) -> None:
    assert page.select("dt.sig .sig-line")
    assert not page.select("dt.sig dl, dt.sig dd")
    context = {"body": "<dl><dd>kept</dd></dl>"}
    _spell_out(None, "", "", context, None)  # type: ignore[arg-type]
    assert context["body"] == "<dl><dd>kept</dd></dl>"


def test_signatures_carry_no_marks_that_nothing_styles(page: BeautifulSoup) -> None:
    assert not page.select("dt.sig .pre, dt.sig .w")
    assert page.select("dt.sig .sig-param .default_value")


def captioned(caption: str, code: str) -> tuple[nodes.document, SimpleNamespace]:
    """A listing as Sphinx has it, and an application that knows three entries."""
    listing = nodes.container("", nodes.caption("", caption), nodes.literal_block(code, code))
    document = new_document("page")
    document += listing
    names = ("matinf.a.Model.fit", "matinf.a.Model.reason", "matinf.a.Rule.reason")
    known = {name: ObjectEntry("api", name, "function", False) for name in names}
    builder = SimpleNamespace(get_relative_uri=lambda here, there: f"{there}.html")
    env = SimpleNamespace(domaindata={"py": {"objects": known}})
    return document, SimpleNamespace(env=env, builder=builder)


@pytest.mark.parametrize(
    ("caption", "code", "target"),
    [
        ("matinf/a.py", "    def fit(self, X):\n        ...", "api.html#matinf.a.Model.fit"),
        ("matinf/a.py", "def reason():\n    ...", None),  # two have this name
        ("matinf/a.py", "x = 1", None),
        ("matinf/b.py", "def fit():\n    ...", None),
        ("Listing of a.py", "def fit():\n    ...", None),
    ],
)
def test_a_caption_leads_to_the_entry_of_what_is_shown(
    caption: str, code: str, target: str | None
) -> None:
    document, app = captioned(caption, code)
    _link_captions(app, document, "page")  # type: ignore[arg-type]
    links = [link["refuri"] for link in document.findall(nodes.reference)]
    assert links == ([target] if target else [])
    assert next(iter(document.findall(nodes.caption))).astext() == caption


def test_the_style_of_entries_is_loaded_where_there_are_entries(fixture_site: Path) -> None:
    for name, there in (("reference", True), ("plain", False)):
        text = (fixture_site / "pages" / f"{name}.html").read_text(encoding="utf-8")
        assert ("api.css" in text) is there


def test_a_page_under_a_page_stands_below_it_in_the_contents(page: BeautifulSoup) -> None:
    fold = page.select_one(".book-contents li.has-children > details[open]")
    assert fold is not None
    assert words(fold.find("summary")) == "Pages under this one"
    assert words(fold.select_one("a.current")) == "A reference"
    assert "random_expected_recall()" in words(fold.select_one(".book-sections"))


def test_lines_of_a_file_have_an_address_at_their_commit() -> None:
    launch = Launch(repository="owner/name", commit="0" * 40)
    address = launch.source("code/matinf/a.py", 3, 9)
    assert address == f"https://github.com/owner/name/blob/{'0' * 40}/code/matinf/a.py#L3-L9"
