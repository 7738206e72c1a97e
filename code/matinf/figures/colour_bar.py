"""How numbers become colours: linear or logarithmic, rising or around a middle, with ticks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
        """Refuse the logarithm of what is not positive."""
        if self.log and min(self.low, 1.0 if self.middle is None else self.middle) <= 0:
            raise ValueError("expected positive numbers for a logarithm")

    def z(self, values: ArrayLike) -> NDArray[np.float64]:
        """Transform numbers of any shape; NaN stays NaN."""
        zero = 0.0 if self.middle is None else self._f(self.middle)
        return np.asarray(self._f(values) - zero, dtype=float)

    def trace_settings(self, title: str, **bar: Any) -> dict[str, Any]:
        """Write the settings of a heatmap: limits, scale, and a colour bar in the numbers' unit."""
        ticks = self.ticks()
        settings: dict[str, Any] = {
            "colorbar": {
                "title": {"text": title, "side": "top"},
                "tickvals": self.z(ticks).round(5).tolist(),
                "ticktext": [_written(tick) for tick in ticks],
                **bar,
            }
        }
        low, high = self.z([self.low, self.high]).tolist()
        if self.middle is None:
            return {**settings, "zmin": low, "zmax": high if high > low else low + 1}
        reach = max(-low, high) or 1.0
        return {**settings, "zmin": -reach, "zmax": reach, "autocolorscale": True}

    def ticks(self) -> list[float]:
        """Choose round numbers between the limits, three to seven of them."""
        low, high = self.low, self.high
        if self.middle is not None:
            reach = np.abs(self.z([low, high])).max()
            centre = self._f(self.middle)
            low, high = centre - reach, centre + reach
            low, high = (10**low, 10**high) if self.log else (low, high)
        if low == high:
            return [low]
        return _log_ticks(low, high) if self.log else _linear_ticks(low, high)

    def _f(self, values: ArrayLike) -> Any:
        return np.log10(values) if self.log else np.asarray(values, dtype=float)


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for within in ((1,), (1, 3), (1, 2, 5)):
        ticks = [float(f"{m}e{p}") for p in powers for m in within]
        kept = [tick for tick in ticks if 0.999 * low <= tick <= 1.001 * high]
        if len(kept) >= 3:
            return kept[:: 1 + len(kept) // 8]
    return _linear_ticks(low, high)


def _linear_ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 4
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda m: abs(np.log(m * power / rough)))
    first = np.ceil(low / step - 1e-9)
    count = int(np.floor(high / step + 1e-9) - first) + 1
    return [float(f"{(first + i) * step:.12g}") for i in range(count)]


def _written(tick: float) -> str:
    return f"{tick:,.0f}" if abs(tick) >= 1000 else f"{tick:g}"
