"""The band-gap laboratory: type a formula, read its gap without and with transfer."""

from __future__ import annotations

import base64
import html
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from matinf.datasets import load_elements
from matinf.features import PROPERTIES
from matinf.intervals import Interval
from matinf.live.lab import Laboratory, rounded

if TYPE_CHECKING:
    from matinf.transfer.binned_forest import CompactTrees
    from matinf.transfer.gap_forest import GapForest
    from matinf.transfer.small_model import SmallModels
    from matinf.transfer.small_model_results import SmallModelScores

ASSET = "band-gap-models.json"
EXAMPLES = ("InP", "GaN", "AlN", "CsPbI3", "Cu2ZnSnS4", "CuSO4·5H2O", "PuO2")
_LEAF = 255  # what stands in place of a feature's number where a tree ends
_WAYS = {"none": "no_transfer", "removed": "transfer"}
_NAMES = {"none": "Without transfer", "removed": "With transfer"}


@dataclass(frozen=True, kw_only=True, eq=False)
class BandGapLab(Laboratory):
    """A formula field, two predictions with intervals, and the nearest measured compounds.

    Attributes:
        models: The small models, fitted.
        scores: How good they are, from the stored study.
        floor: Mean absolute error of a repeated measurement, eV.
        examples: Formulas offered as buttons; the first is what the laboratory begins with.
    """

    element: ClassVar[str] = "band-gap-lab"
    module: ClassVar[str] = "band-gap-lab.js"
    title: ClassVar[str] = "Band-gap laboratory"

    models: SmallModels
    scores: SmallModelScores
    floor: float
    examples: tuple[str, ...] = EXAMPLES

    @property
    def size(self) -> int:
        """How many gaps the models have learned from with which the laboratory begins."""
        return max(self.models.models)

    @cached_property
    def _first(self) -> dict[str, float]:
        """What the models say of the first example."""
        answer = self.models.answers(self.examples[:1], size=self.size)
        return {str(name): float(value) for name, value in answer.iloc[0].items()}

    @property
    def alt(self) -> str:
        """What the still picture shows."""
        said = {
            way: f"{self._first[f'{way} median']:.2f} eV, between {self._first[f'{way} low']:.2f} "
            f"and {self._first[f'{way} high']:.2f} eV"
            for way in _WAYS
        }
        return (
            f"The band gap of {self.examples[0]} as two small models predict it: without transfer "
            f"{said['none']}; with transfer {said['removed']}. With scripts any formula can be "
            "typed."
        )

    @property
    def still(self) -> str:
        """Both intervals of the first example on an axis of energy."""
        end = int(np.ceil(max(self._first["none high"], self._first["removed high"]) + 0.5))
        rows = "".join(_row(way, self._first, 64 + 64 * i, end) for i, way in enumerate(_WAYS))
        ticks = "".join(
            f'<text x="{_place(value, end):.1f}" y="188" text-anchor="middle">{value}</text>'
            for value in range(end + 1)
        )
        return (
            '<svg viewBox="0 0 720 220" aria-hidden="true">'
            f'<text x="20" y="22">{html.escape(self.examples[0])}</text>{rows}'
            f'<path d="M20 168H700" style="stroke:var(--quiet)"/>{ticks}'
            '<text x="360" y="212" text-anchor="middle">Band gap (eV)</text></svg>'
        )

    @property
    def data(self) -> Mapping[str, Any]:
        """Examples, and how far the models are to be trusted."""
        sizes = sorted(self.models.models, reverse=True)
        return {
            "asset": ASSET,
            "examples": self.examples,
            "sizes": sizes,
            "floor": rounded(self.floor, 2),
            "unmet": self._unmet(),
            "scores": {str(size): self._scores(0 if size == sizes[0] else size) for size in sizes},
        }

    def _unmet(self) -> dict[str, Any]:
        """Where intervals did worst on non-metals of an element that was left out of learning."""
        left_out = self.scores.left_out
        worst = left_out.loc[left_out["held_gapped"].idxmin()]
        return {"element": str(worst["element"]), "held": rounded(float(worst["held_gapped"]), 3)}

    def _scores(self, size: int) -> dict[str, Any]:
        """Errors and coverage of the models that learned from ``size`` gaps, 0 for all."""
        return {
            "error": {way: _short(self.scores.interval(way=way, size=size)) for way in _WAYS},
            "large": {way: _short(self.scores.large_error(way=way, size=size)) for way in _WAYS},
            "held": {
                way: _short(self.scores.interval("held_gapped", way=way, size=size))
                for way in _WAYS
            },
        }

    @property
    def assets(self) -> Mapping[str, str]:
        """The models and the measured compounds."""
        return {ASSET: json.dumps(packed_models(self.models), separators=(",", ":"))}


def packed_models(models: SmallModels) -> dict[str, Any]:
    """Models and measured compounds as ``static/live/band-gap.js`` reads them.

    Args:
        models: The fitted models.
    """
    elements = load_elements()[list(PROPERTIES)]
    measured, bins, base = models.measured, models.base.bins, models.base
    rest = slice(measured.n_task, None)
    disputed = zip(
        measured.low[rest].tolist(),
        measured.high[rest].tolist(),
        measured.n_reports[rest].tolist(),
        strict=True,
    )
    return {
        "elements": {
            str(symbol): [None if np.isnan(value) else _number(value) for value in row]
            for symbol, row in zip(elements.index, elements.to_numpy(), strict=True)
        },
        "low": [_number(value) for value in bins.low],
        "high": [_number(value) for value in bins.high],
        "formulas": " ".join(measured.formulas),
        "gaps": [_number(value) for value in measured.low[: measured.n_task]],
        "disputed": [list(report) for report in disputed],
        "base": {**_trees(base.trees_), "levels": _packed(base.values_.tobytes())},
        "models": [_pair(models, size) for size in sorted(models.models, reverse=True)],
    }


def _pair(models: SmallModels, size: int) -> dict[str, Any]:
    rows = models.rows[size]
    forests = {way: models.forest(size, way) for way in _WAYS}
    return {
        "size": size,
        "rows": None if rows.size == models.measured.n_task else rows.tolist(),
        "far": models.far[size],
        **{way: _forest(forest) for way, forest in forests.items()},
    }


def _forest(forest: GapForest) -> dict[str, Any]:
    return {**_trees(forest.trees_), "tail": forest.tail_}


def _trees(trees: CompactTrees) -> dict[str, str]:
    """A feature for every node, then a threshold for every split."""
    split = trees.feature != _LEAF
    return {
        "features": _packed(trees.feature.tobytes()),
        "thresholds": _packed(trees.threshold[split].tobytes()),
    }


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")


def _number(value: float) -> float | int:
    """As short as JSON can write it without losing a bit."""
    value = float(value)
    return int(value) if value.is_integer() else value


def _short(interval: Interval) -> list[float]:
    return [round(value, 3) for value in (interval.estimate, interval.low, interval.high)]


def _place(energy: float, end: float) -> float:
    return 24 + energy / end * 672


def _row(way: str, answer: Mapping[str, float], y: float, end: float) -> str:
    """A title, a bar for the interval and a dot for the median."""
    low, median, high = (_place(answer[f"{way} {part}"], end) for part in ("low", "median", "high"))
    colour = f"var(--series-{_WAYS[way]})"
    return (
        f'<text x="20" y="{y:g}">{_NAMES[way]}</text>'
        f'<path d="M{low:.1f} {y + 20:g}H{high:.1f}" style="stroke:{colour};stroke-width:6;'
        'stroke-opacity:.4;stroke-linecap:round"/>'
        f'<circle cx="{median:.1f}" cy="{y + 20:g}" r="6" style="fill:{colour}"/>'
    )
