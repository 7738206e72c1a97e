"""A figure with sliders and menus, on the page and in a kernel, from one call.

:func:`explore` calls a function that returns a figure. In a live kernel its controls call the
function again. While a page is printed it is called for every combination of the controls'
values, and the page gets controls that switch between what was computed.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from matinf.live.delta import compressed
from matinf.live.lab import BUILDING

EXPLORE_MIME = "application/vnd.matinf.explore+json"
MOST_STATES = 240


class GridTooLarge(ValueError):
    """More states than a page should hold: says how many there are and what to take fewer of."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """One thing that the reader may change.

    Attributes:
        kind: ``"slider"`` for values that have an order, ``"menu"`` for a choice.
        values: What the function is called with.
        texts: How each value is read, without the unit.
        label: What is changed, in words.
        unit: Of the values, as printed.
        start: Number of the value to begin with.
    """

    kind: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]
    label: str = ""
    unit: str = ""
    start: int = 0


def steps(
    values: Sequence[float], *, label: str = "", unit: str = "", start: float | None = None
) -> Control:
    """A slider over numbers.

    Args:
        values: The numbers, in rising or falling order, two or more.
        label: What is changed; by default the argument's name.
        unit: As printed behind the value.
        start: The value to begin with; by default the one in the middle.

    Raises:
        ValueError: if there are fewer than two values, or ``start`` is not among them.
    """
    numbers = tuple(np.asarray(values).tolist())
    begin = len(numbers) // 2 if start is None else _nearest(numbers, start)
    texts = tuple(f"{number:,.6g}".replace("-", "−") for number in numbers)
    return _checked("slider", numbers, texts, label, unit, begin)


def menu(
    options: Sequence[Any] | Mapping[str, Any], *, label: str = "", start: str | None = None
) -> Control:
    """A menu of named choices.

    Args:
        options: What the function is called with, by the name that is read; or names alone.
        label: What is chosen; by default the argument's name.
        start: Name of the choice to begin with; by default the first.

    Raises:
        ValueError: if there are fewer than two choices, or ``start`` is not among them.
    """
    named = options if isinstance(options, Mapping) else {str(option): option for option in options}
    texts = tuple(named)
    if start is not None and start not in texts:
        raise ValueError(f"start: {start!r} is not among {', '.join(texts)}")
    begin = 0 if start is None else texts.index(start)
    return _checked("menu", tuple(named.values()), texts, label, "", begin)


def _nearest(numbers: Sequence[float], start: float) -> int:
    for index, number in enumerate(numbers):
        if math.isclose(number, start, rel_tol=1e-9, abs_tol=1e-12):
            return index
    raise ValueError(f"start: {start} is not among {', '.join(f'{n:g}' for n in numbers)}")


def _checked(
    kind: str, values: tuple[Any, ...], texts: tuple[str, ...], label: str, unit: str, start: int
) -> Control:
    if len(values) < 2:
        raise ValueError(f"{label or kind}: expected two values or more, got {len(values)}")
    if len(set(texts)) < len(texts):
        raise ValueError(f"{label or kind}: two values read alike: {', '.join(texts)}")
    return Control(kind=kind, values=values, texts=texts, label=label, unit=unit, start=start)


def _as_control(name: str, given: Any) -> Control:
    """What an author may write for a control: a control, numbers, names, or a mapping."""
    if not isinstance(given, Control):
        numeric = not isinstance(given, Mapping) and all(
            isinstance(value, int | float | np.number) and not isinstance(value, bool)
            for value in given
        )
        given = steps(given) if numeric else menu(given)
    label = given.label or name.replace("_", " ").capitalize()
    return Control(**{**vars(given), "label": label})


@dataclass(frozen=True, kw_only=True)
class Explored:
    """A figure function and its controls, ready to be displayed."""

    function: Callable[..., go.Figure]
    controls: Mapping[str, Control]

    def states(self) -> Iterator[dict[str, Any]]:
        """The arguments of every state; the last control changes fastest."""
        for values in itertools.product(*(control.values for control in self.controls.values())):
            yield dict(zip(self.controls, values, strict=True))

    @property
    def start(self) -> int:
        """Number of the state to begin with."""
        number = 0
        for control in self.controls.values():
            number = number * len(control.values) + control.start
        return number

    def printed(self) -> dict[str, Any]:
        """All states, as a page holds them: controls, the first figure, and what varies."""
        figures = [json.loads(self.function(**state).to_json()) for state in self.states()]
        for figure in figures:
            figure["layout"].pop("template", None)  # each page has its own
        base, varying = compressed(figures, start=self.start)
        controls = [
            {
                "name": name,
                "kind": control.kind,
                "label": control.label,
                "unit": control.unit,
                "texts": list(control.texts),
                "start": control.start,
            }
            for name, control in self.controls.items()
        ]
        return {"controls": controls, "figure": base, "varying": varying}

    def widget(self) -> Any:
        """Widgets whose change calls the function again."""
        from matinf.live.widgets import widget_of  # late: only where there is a kernel

        return widget_of(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """On a page every state, in a kernel the widgets."""
        if os.environ.get(BUILDING):
            return {EXPLORE_MIME: self.printed(), "text/plain": "A figure with controls."}
        bundle: dict[str, Any] = self.widget()._repr_mimebundle_()
        return bundle


def explore(function: Callable[..., go.Figure], **controls: Any) -> Explored:
    """Let the reader change what a figure is made with.

    Args:
        function: Returns the figure for one value of each control, called with keywords. Every
            figure says what it shows (``template.describe``), so that each state is told in words;
            fixed axis ranges keep the states comparable.
        **controls: For each argument of the function :func:`steps`, :func:`menu`, or, in short,
            a sequence of numbers, a sequence of names, or a mapping from names to values.

    Raises:
        GridTooLarge: if the controls have more than ``MOST_STATES`` combinations.
        ValueError: if there is no control, or a control has fewer than two values.
    """
    if not controls:
        raise ValueError("explore: give at least one control, for example noise=[0.1, 0.2, 0.5]")
    known = {name: _as_control(name, given) for name, given in controls.items()}
    counts = {name: len(control.values) for name, control in known.items()}
    if (total := math.prod(counts.values())) > MOST_STATES:
        product = " × ".join(f"{count} of {name}" for name, count in counts.items())
        widest = max(counts, key=lambda name: counts[name])
        raise GridTooLarge(
            f"explore: {product} are {total:,} figures, and a page holds at most {MOST_STATES}; "
            f"take fewer values of {widest}, or split the figure in two"
        )
    return Explored(function=function, controls=known)
