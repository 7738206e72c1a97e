"""The API reference lists what readers import, and docstrings say what its entries promise."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from api_reference import entries, is_code, listed
from matinf.active.laboratory.arguments import parser
from matinf_book.contents import pages_of
from reading import ROOT, code, pages

# What serves one page alone: its study, its stored results, its scene, its figures.
OF_ONE_PAGE = re.compile(
    r"matinf\.(figures(\.(?!template|marks|palette|periodic_table|element_pairs).*)?"
    r"|.*_(study|results|views|plan)|.*\.(studies|published|scenario|toy|curves|game|cages|molecules"
    r"|representations|hidden_layer|negative_transfer|small_model|landscape|learning_course"
    r"|side_by_side|study|simulation|quality|knowledge|opening|state)|data_cards)"
)
REFERENCE = ROOT / "book" / "appendix"


def chapter_imports() -> Iterator[tuple[str, str, str]]:
    """Page, module and name of everything that a cell imports from the package."""
    for page in pages():
        for node in ast.walk(ast.parse(code(page.read_text(encoding="utf-8")))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("matinf."):
                for alias in node.names:
                    yield page.stem, str(node.module), alias.name


def own_functions() -> Iterator[tuple[str, Any, bool]]:
    """Every function with an entry and every method of a class with one; whether it is a method."""
    for name, value in entries().items():
        if inspect.isfunction(value):
            yield name, value, False
            continue
        for member, found in vars(value).items():
            function = getattr(found, "__func__", found)
            if not member.startswith("_") and inspect.isfunction(function):
                yield f"{name}.{member}", function, True


def sections(doc: str) -> dict[str, str]:
    """The parts of a docstring in Google's style."""
    parts = re.split(r"^(Args|Attributes|Returns|Raises):\n", inspect.cleandoc(doc), flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def faults_of(function: Any, *, is_method: bool) -> Iterator[str]:
    """What a docstring owes to whoever reads it on the page."""
    doc = sections(function.__doc__ or "")
    names = [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]
    if "Args" in doc or (len(names) > 1 and not is_method):
        told = re.findall(r"^ {4}\*{0,2}(\w+):", doc.get("Args", ""), re.M)
        absent = [name for name in names if name not in told and not name.startswith("_")]
        yield from (f"Args: nothing on {name}" for name in absent)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            error = ast.unparse(node.exc.func)
            if error.isidentifier() and error not in (function.__doc__ or ""):
                yield f"Raises: nothing on {error}"


FUNCTIONS = {name: (function, is_method) for name, function, is_method in own_functions()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_says_what_goes_in_and_what_is_raised(name: str) -> None:
    function, is_method = FUNCTIONS[name]
    assert list(faults_of(function, is_method=is_method)) == []


def test_a_poor_docstring_is_found() -> None:
    def poor(x: int, y: int) -> int:
        """Add two numbers."""
        if y:
            raise KeyError("y")
        return x

    assert list(faults_of(poor, is_method=False)) == [
        "Args: nothing on x",
        "Args: nothing on y",
        "Raises: nothing on KeyError",
    ]


def test_every_name_of_a_public_list_has_an_entry() -> None:
    known = {id(value) for value in entries().values()}
    absent = [
        f"{part.module.__name__}.{name}"
        for part in listed()
        for name in getattr(part.module, "__all__", part.names)
        if is_code(getattr(part.module, name)) and id(getattr(part.module, name)) not in known
    ]
    assert absent == []


def test_nothing_has_two_entries() -> None:
    objects = [id(value) for value in entries().values()]
    twice = [name for name, value in entries().items() if objects.count(id(value)) > 1]
    assert twice == []


def test_what_chapters_import_has_an_entry_or_serves_one_page() -> None:
    modules = {part.module.__name__: part.module for part in listed()}
    known = {id(value) for value in entries().values()}
    for page, module, name in chapter_imports():
        if OF_ONE_PAGE.fullmatch(module) or OF_ONE_PAGE.fullmatch(f"{module}.{name}"):
            continue
        where = f"{page} imports {name} from {module}"
        value = getattr(modules.get(module) or __import__(module, fromlist=[name]), name)
        assert not is_code(value) or id(value) in known, f"{where}: add it to a page of the API"


def test_the_contents_have_every_page_of_the_reference() -> None:
    shown = [page.name for page in pages_of(ROOT) if page.name.startswith("api")]
    assert shown[0] == "api.md"
    assert sorted(shown[1:]) == sorted(path.name for path in REFERENCE.glob("api-*.md"))
    hub = (REFERENCE / "api.md").read_text(encoding="utf-8")
    assert [name for name in shown[1:] if f"]({name})" not in hub] == []


def test_the_lines_of_the_first_page_run_as_they_stand() -> None:
    hub = (REFERENCE / "api.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```python\n(.*?)^```$", hub, flags=re.M | re.S)
    lines = "\n\n".join(shown)
    test = doctest.DocTestParser().get_doctest(lines, {}, "api.md", "api.md", 0)
    told: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert result.attempted > 20
    assert result.failed == 0, "".join(told)


def _options(word: str) -> set[str]:
    """Options of one word of the command, ``--help`` aside."""
    words = next(a for a in parser()._actions if a.dest == "word").choices
    assert isinstance(words, dict)
    actions = words[word]._actions
    return {o for a in actions for o in a.option_strings if o.startswith("--")} - {"--help"}


@pytest.mark.parametrize("word", ["start", "suggest", "record", "status", "amend"])
def test_the_command_is_listed_with_all_its_options(word: str) -> None:
    text = (REFERENCE / "api-campaign.md").read_text(encoding="utf-8")
    part = text.split(f"\n### {word}: ")[1].split("\n### ")[0]
    shown = set(re.findall(r"^\| `(--[a-z-]+)", part, flags=re.M))
    shared = _options("amend") - {"--candidates"} if word == "start" else set()
    assert shown == _options(word) - shared


def test_no_entry_waits_for_tensorflow() -> None:
    from matinf_book.dependencies import imported_names, module_file

    slow = [
        part.module.__name__
        for part in listed()
        if (file := module_file(ROOT / "code", part.module.__name__))
        and {"tensorflow", "gpflow", "matinf.active.kernels"} & imported_names(file.read_text())
        and part.module.__name__ != "matinf.active.surrogate"
    ]
    assert slow == []
