"""Round numbers for axes and colour bars."""

import numpy as np


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers from ``low`` to ``high`` (positive) for a logarithmic scale.

    Decades if three or more fit, else 1-3 or 1-2-5 series; at most eight numbers.
    """
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for within in ((1,), (1, 3), (1, 2, 5)):
        series = [float(f"{m}e{p}") for p in powers for m in within]
        kept = [tick for tick in series if 0.999 * low <= tick <= 1.001 * high]
        if len(kept) >= 3:
            return kept[:: -(-len(kept) // 8)]
    return linear_ticks(low, high)


def linear_ticks(low: float, high: float) -> list[float]:
    """Round numbers from ``low`` to ``high``, 1, 2 or 5 times a power of ten apart.

    Three to seven of them; the number itself where ``low`` equals ``high``.
    """
    if low == high:
        return [low]
    step = _step(high - low)
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in np.arange(first, last + 1)]


def _step(span: float) -> float:
    rough = span / 4
    power = 10.0 ** np.floor(np.log10(rough))
    return float(power * min((1, 2, 5, 10), key=lambda m: abs(np.log(m * power / rough))))


def power_ticks(low: int, high: int, *, every: int = 1) -> dict[str, list[float] | list[str]]:
    """Powers of ten of one size of type: ``tickvals`` and ``ticktext`` of a logarithmic axis.

    Plotly's own are set a quarter larger than all other ticks of a figure.

    Args:
        low: Lowest exponent.
        high: Highest exponent; ticks beyond the axis are not drawn.
        every: Decades from one tick to the next, counted from ``high`` down.
    """
    powers = range(high, low - 1, -every)
    names = [f"{10.0**p:g}" if -2 < p < 3 else f"10<sup>{p}</sup>" for p in powers]
    return {
        "tickvals": [10.0**p for p in powers],
        "ticktext": [name.replace("-", "−") for name in names],
    }


def written(tick: float) -> str:
    """Write a tick without an exponent where it fits: ``0.1``, ``20``, ``1,000``."""
    return f"{tick:,.0f}" if 1000 <= abs(tick) < 1e7 else f"{tick:g}"
