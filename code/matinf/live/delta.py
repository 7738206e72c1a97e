"""Many figures that differ little, as one figure and what changes from state to state.

A figure is JSON. Whatever is the same in all states is kept once; for each place that varies the
distinct values are listed, and each state says which of them it has::

    {"path": ["data", 0, "y"], "values": [[...], [...]], "at": [0, 1, 2, 1]}

``at`` counts from 1 in ``values``; 0 is the value of the base figure, which is that of one of the
states, and -1 says that the place is not there.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

ABSENT = object()
Path = list[str | int]


def compressed(figures: Sequence[Any], *, start: int) -> tuple[Any, list[dict[str, Any]]]:
    """The figure of one state, and what varies.

    Args:
        figures: JSON of the figure in each state.
        start: The state whose figure is the base.
    """
    varying: list[dict[str, Any]] = []
    _compare([], list(figures), start, varying)
    return figures[start], varying


def restored(base: Any, varying: Sequence[Mapping[str, Any]], state: int) -> Any:
    """The figure of a state, as `compressed` was given it."""
    figure = copy.deepcopy(base)
    for one in varying:
        at = one["at"][state]
        *way, last = one["path"]
        place = figure
        for step in way:
            place = place[step]
        if at > 0:
            place[last] = copy.deepcopy(one["values"][at - 1])
        elif at < 0:
            place.pop(last, None)
    return figure


def _compare(path: Path, found: list[Any], start: int, varying: list[dict[str, Any]]) -> None:
    """Note where the values at one place of all states differ."""
    if all(isinstance(value, Mapping) and "bdata" not in value for value in found):
        for key in sorted({key for value in found for key in value}):
            _compare([*path, key], [value.get(key, ABSENT) for value in found], start, varying)
    elif _are_lists_alike(found):
        for index in range(len(found[0])):
            _compare([*path, index], [value[index] for value in found], start, varying)
    else:
        _note(path, found, start, varying)


def _are_lists_alike(found: Sequence[Any]) -> bool:
    """Whether these are lists of one length that hold mappings: traces, annotations, shapes."""
    return all(
        isinstance(value, list)
        and len(value) == len(found[0])
        and all(isinstance(item, Mapping) for item in value)
        for value in found
    )


def _note(path: Path, found: list[Any], start: int, varying: list[dict[str, Any]]) -> None:
    texts = ["" if value is ABSENT else json.dumps(value, sort_keys=True) for value in found]
    if len(set(texts)) == 1:
        return
    numbers = {texts[start]: 0, "": -1} if texts[start] else {"": 0}
    values = []
    for text, value in zip(texts, found, strict=True):
        if text not in numbers:
            values.append(value)
            numbers[text] = len(values)
    varying.append({"path": path, "values": values, "at": [numbers[text] for text in texts]})
