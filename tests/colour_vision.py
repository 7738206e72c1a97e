"""Colour science for the tests: contrast, OKLab distance, and how colour-blind readers see.

The simulation of dichromats is that of Machado, Oliveira and Fernandes, IEEE Trans. Vis. Comput.
Graph. 15, 1291 (2009), at full severity; the distance is 100 times that of OKLab, in which a
difference of about 2 can just be seen side by side.
"""

import numpy as np
from numpy.typing import NDArray

VISION = {
    "normal": np.eye(3),
    "protanope": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanope": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(colour: str) -> NDArray[np.float64]:
    """Linear sRGB, shape (3,), of ``#rrggbb``."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG contrast ratio of two colours, 1 to 21."""
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b))
    return (light + 0.05) / (dark + 0.05)


def oklab(colour: str, vision: str = "normal") -> NDArray[np.float64]:
    """Lightness and two opponent axes, shape (3,), as seen with a kind of vision."""
    seen = np.clip(VISION[vision] @ linear(colour), 0, 1)
    return _TO_LAB @ np.cbrt(_TO_CONES @ seen)


def distance(a: str, b: str, vision: str = "normal") -> float:
    """Perceived difference of two colours: 100 times their distance in OKLab."""
    return float(100 * np.linalg.norm(oklab(a, vision) - oklab(b, vision)))
