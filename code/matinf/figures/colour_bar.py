"""How numbers become colours: linear or logarithmic, rising or around a middle."""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.figures.ticks import linear_ticks, log_ticks, written

_LINE = 26  # characters


@dataclass(frozen=True, kw_only=True)
class ColourMap:
    """From numbers to what Plotly colours: :math:`z = f(x) - f(m)`, with f linear or log10.

    The scale itself comes from the theme, rising or, around a ``middle`` m, diverging.
    """

    low: float
    high: float
    log: bool = False
    middle: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits in the wrong order and the logarithm of what is not positive."""
        if self.low > self.high:
            raise ValueError(f"expected low <= high, got {self.low:g} and {self.high:g}")
        if self.log and min(self.low, 1.0 if self.middle is None else self.middle) <= 0:
            raise ValueError("expected positive numbers for a logarithm")

    def z(self, values: ArrayLike) -> NDArray[np.float64]:
        """Transform numbers of any shape; NaN stays NaN."""
        zero = 0.0 if self.middle is None else self._f(self.middle)
        return np.asarray(self._f(values) - zero, dtype=float)

    def depths(self, values: Mapping[str, float]) -> dict[str, float]:
        """How far each number's colour is from the paper's, 0 to 1, along the scale."""
        low, high = self._limits()
        z = self.z(list(values.values()))
        depth = (z - low) / (high - low) if self.middle is None else np.abs(z) / high
        return dict(zip(values, depth.tolist(), strict=True))

    def trace_settings(self, title: str, **bar: Any) -> dict[str, Any]:
        """Write the settings of a heatmap: limits, scale, and a colour bar in the numbers' unit."""
        ticks = self.ticks()
        settings: dict[str, Any] = {
            "colorbar": {
                "title": {"text": _in_lines(title), "side": "top"},
                "tickvals": self.z(ticks).round(5).tolist(),
                "ticktext": [written(tick) for tick in ticks],
                **bar,
            }
        }
        low, high = self._limits()
        settings.update(zmin=low, zmax=high)
        return settings if self.middle is None else {**settings, "autocolorscale": True}

    def _limits(self) -> tuple[float, float]:
        low, high = self.z([self.low, self.high]).tolist()
        if self.middle is None:
            return low, high if high > low else low + 1
        reach = max(-low, high) or 1.0
        return -reach, reach

    def ticks(self) -> list[float]:
        """Choose round numbers between the limits, three to seven of them."""
        low, high = self.low, self.high
        if self.middle is not None:
            low, high = (self._f(self.middle) + limit for limit in self._limits())
            low, high = (10**low, 10**high) if self.log else (low, high)
        return log_ticks(low, high) if self.log else linear_ticks(low, high)

    def _f(self, values: ArrayLike) -> Any:
        return np.log10(values) if self.log else np.asarray(values, dtype=float)


def _in_lines(title: str) -> str:
    """Break a title into lines of about equal length that fit above a bar on a phone."""
    n_lines = -(-len(title) // _LINE)
    return "<br>".join(wrap(title, len(title) // n_lines + 4)) if n_lines else ""
