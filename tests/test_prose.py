"""What every page of the book keeps to in its writing.

A number in prose is computed by the page (``glue``); one that is typed goes stale without a sound.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reading import ROOT, Directive, cells, directives, pages, prose

# A number with a decimal point or an exponent, that is not part of a word, a version or a name.
DECIMAL = re.compile(r"(?<![\w.\-/])[-−]?\d[\d,]*(?:\.\d+(?:e[-+]?\d+)?|e[-+]?\d+)(?![\w]|\.\d)")
NAMES = re.compile(
    r"CC BY 4\.0|Python 3\.\d+(?: or 3\.\d+)?|\bversion \d+(?:\.\d+)+", flags=re.IGNORECASE
)
NO_CHAPTER = {"appendix", "book"}  # the folders of pages without exercises
LONGEST_CELL = 10  # lines that a reader sees at once; most have two to six
WORDS = re.compile(r"\b(simply|obviously|trivially|needless to say)\b", flags=re.IGNORECASE)
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")

CHAPTERS = [page for page in pages() if page.parent.name not in NO_CHAPTER]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def typed_decimals(text: str) -> list[str]:
    """Decimals that stand in the prose of a page, each with its line."""
    return [
        f"line {line}: {found[0]}"
        for line, words in prose(text)
        for found in DECIMAL.finditer(NAMES.sub("", words))
    ]


def long_cells(text: str) -> list[str]:
    """Cells that show a reader more lines than one takes in at once."""
    shown = ((cell, [s for s in cell.body.splitlines() if s.strip()]) for cell in cells(text))
    return [
        f"line {cell.line}: {len(lines)} lines"
        for cell, lines in shown
        if cell.is_shown and len(lines) > LONGEST_CELL
    ]


def _solution_code(found: list[Directive]) -> dict[str, int]:
    """For each exercise, how many code cells its folded solutions hold."""
    count: dict[str, int] = {}
    current = None
    for directive in found:
        if directive.name in {"solution", "solution-start"}:
            folded = "dropdown" in str(directive.options.get("class", ""))
            current = directive.argument if folded else None
            if current is not None:
                count.setdefault(current, 0)
        elif directive.name == "solution-end":
            current = None
        elif directive.name == "code-cell" and current is not None:
            count[current] += 1
    return count


def exercise_faults(text: str) -> list[str]:
    """What is missing of two exercises or more, each with a folded solution that executes."""
    found = list(directives(text))
    exercises = [d for d in found if d.name in {"exercise", "exercise-start"}]
    labels = [str(d.options.get("label", "")) for d in exercises]
    solved = _solution_code(found)
    faults = [f"{len(exercises)} exercises, not two or more"] if len(exercises) < 2 else []
    faults += [
        f"line {d.line}: an exercise without a label"
        for d in exercises
        if not d.options.get("label")
    ]
    faults += [f"{label}: no folded solution" for label in labels if label and label not in solved]
    faults += [f"{label}: a solution to no exercise" for label in solved if label not in labels]
    executing = sum(count > 0 for count in solved.values())
    return faults + ([f"{executing} solutions execute, not two or more"] if executing < 2 else [])


@pytest.mark.parametrize("page", pages(), ids=name)
def test_no_decimal_is_typed_into_prose(page: Path) -> None:
    assert typed_decimals(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", pages(), ids=name)
def test_cells_are_short(page: Path) -> None:
    assert long_cells(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", CHAPTERS, ids=name)
def test_chapter_has_exercises_with_solutions_that_execute(page: Path) -> None:
    assert exercise_faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", pages(), ids=name)
def test_tone(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    words = [f"line {n}: {m[0]}" for n, line in prose(text) for m in WORDS.finditer(line)]
    headings = [
        line for line in text.splitlines() if re.match(r"#+ .*", line) and EMOJI.search(line)
    ]
    assert words + headings == []


@pytest.mark.parametrize("page", pages(), ids=name)
def test_code_cells_say_their_kernel(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if cells(text):
        assert re.match(
            r"---\n(?=.*^file_format: mystnb$)(?=.*^  name: python3$).*?\n---\n", text, re.S | re.M
        )


@pytest.mark.parametrize(
    "text",
    [
        "The error is 0.33 eV.",
        "A gain of **12.5** per cent",
        "- between 2.4 and\n- more",
        "It is −0.4 on average.",
        "About 3e-5 of them",
        "About 1,234.5 of them",
        "```{exercise}\n:label: a\nWhy is it 0.5 eV?\n```",
        ":::{admonition} Above 0.5 eV\nText\n:::",
        "::::{grid}\n:::{card} Title\nA gap of 1.1 eV.\n:::\n::::",
        "| a | b |\n|---|---|\n| x | 0.25 |",
        "[the 0.3 eV floor](https://example.org)",
        "```{code-cell}\n---\nmystnb:\n  figure:\n    caption: It is 0.3 eV.\n---\nfig\n```",
        "# Below 0.1 eV",
        "A footnote.[^1]\n\n[^1]: It was 0.7 eV.",
        "```{glossary}\nterm\n  It is 0.5 eV.\n```",
    ],
)
def test_a_typed_decimal_is_found(text: str) -> None:
    assert len(typed_decimals(text)) >= 1


@pytest.mark.parametrize(
    "text",
    [
        "---\nversion: 0.13\n---\n\nWords",
        "```{code-cell} ipython3\n:tags: [remove-input]\nx = 0.33\n```",
        "```python\nx = 0.33\n```",
        "Code `0.33` and maths $x = 0.33$ and {math}`0.33`.",
        "$$\ny = 0.33 x\n$$ (eq-y)",
        "\\begin{align}\ny &= 0.33\n\\end{align}",
        "Computed: {glue:text}`error:.2f`.",
        "As {cite:t}`smith2001` says, [here](https://doi.org/10.1021/acs.8b00124).",
        '<https://example.org/1.5> and <span data-x="0.3">a span</span>',
        "Ga0.5In0.5As is a formula; jupyter-book 1.0.4 and version 1.5 are not numbers.",
        "The text is CC BY 4.0 and runs on Python 3.11.",
        "Section 2, 2,473 compositions, 95 % of 2018",
        "% a comment: 0.33",
        "```{literalinclude} ../code/x.py\n:lines: 1.5\n```",
        "```{figure} images/1.5.png\n:alt: words\nCaption\n```",
    ],
)
def test_what_is_no_prose_is_left_alone(text: str) -> None:
    assert typed_decimals(text) == []


def test_a_typed_decimal_is_found_at_its_line() -> None:
    text = "---\na: 1\n---\n\n# Head\n\nOne line\nand 0.5 on the next.\n\n:::{note}\nx\n0.7\n:::\n"
    assert typed_decimals(text) == ["line 8: 0.5", "line 12: 0.7"]


def test_a_long_cell_is_found_and_a_hidden_one_is_not() -> None:
    body = "\n".join(f"x{i} = {i}" for i in range(LONGEST_CELL + 1))
    shown = f"```{{code-cell}} ipython3\n---\nmystnb:\n  figure:\n    name: a\n---\n{body}\n```"
    assert long_cells(shown) == [f"line 1: {LONGEST_CELL + 1} lines"]
    assert long_cells(f"```{{code-cell}} ipython3\n:tags: [hide-input]\n{body}\n```") == []
    assert (
        long_cells(f"```{{code-cell}} ipython3\n---\ntags: [remove-cell]\n---\n{body}\n```") == []
    )
    assert long_cells(shown.replace("x0 = 0\n", "\n")) == []


CELL = "```{code-cell} ipython3\n1 + 1\n```\n\n"


def _exercise(label: str, *, inside: str = CELL, options: str = ":class: dropdown\n") -> str:
    head = f"```{{exercise}}\n:label: {label}\nWhy?\n```\n\n"
    return (
        f"{head}```{{solution-start}} {label}\n{options}```\n\n{inside}```{{solution-end}}\n```\n\n"
    )


def test_exercises_are_counted_with_their_solutions() -> None:
    assert exercise_faults(_exercise("a") + _exercise("b")) == []
    assert exercise_faults(_exercise("a")) == [
        "1 exercises, not two or more",
        "1 solutions execute, not two or more",
    ]
    unfolded = exercise_faults(_exercise("a") + _exercise("b", options=""))
    assert "b: no folded solution" in unfolded
    still = exercise_faults(_exercise("a") + _exercise("b", inside="Because.\n\n"))
    assert still == ["1 solutions execute, not two or more"]
    stray = _exercise("a") + _exercise("b") + _exercise("c").split("```\n\n", 1)[1]
    assert exercise_faults(stray) == ["c: a solution to no exercise"]
