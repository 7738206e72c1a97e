"""The book's colours: one for each thing, the same on every page and in both themes.

Each colour stands out from the light and the dark paper (contrast 3:1 or more, as WCAG 2.2 asks
of graphics), and those that meet in a figure stay apart for colour-blind readers. The ramps are
evenly spaced in OKLab :cite:`ottosson2020`. The tests hold all of this.
"""

from collections.abc import Mapping
from types import MappingProxyType

PAPER: Mapping[str, str] = MappingProxyType({"light": "#fbf9f4", "dark": "#15171a"})
INK: Mapping[str, str] = MappingProxyType({"light": "#262420", "dark": "#e9e6df"})
QUIET_INK: Mapping[str, str] = MappingProxyType({"light": "#5f5a52", "dark": "#a8a49b"})
GRID: Mapping[str, str] = MappingProxyType({"light": "#e6e1d6", "dark": "#2c2f34"})

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "no_transfer": "#ad5206",
        "transfer": "#1f8fe8",
        "random": "#9a8e78",
        "explore": "#1c7570",
        "exploit": "#c62c58",
        "truth": "#ee5840",
        "limit": "#8f46be",
        "data": "#82909c",
        "plain": "#ad5206",  # a network that knows the data alone
        "physics": "#1f8fe8",  # a network that knows the law as well
        "classical": "#1c7570",  # least squares of the law, or a numerical solver
        "accent": "#1f8fe8",  # what a figure is about, where nothing above applies
        "muted": "#8a857c",  # what is there for comparison only
    }
)

CATEGORICAL: tuple[str, ...] = (
    COLOURS["accent"],
    COLOURS["no_transfer"],
    COLOURS["explore"],
    COLOURS["limit"],
    COLOURS["random"],
    COLOURS["exploit"],
)

BLACK = "#141414"  # text on the middle of a scale, in both themes
QUIET_FILL = "rgba(138, 133, 124, 0.12)"  # a place without data; visible on both papers

# From little to much. Much is what differs from the paper: the dark theme runs it backwards.
SEQUENTIAL: tuple[str, ...] = (
    "#f1e2a1",
    "#cbd790",
    "#a1cb8e",
    "#77be95",
    "#52ad9d",
    "#359a9f",
    "#1a859e",
    "#176f97",
    "#23598a",
    "#294378",
    "#292f63",
)

# From below (blue) to above (rust) a middle that recedes into the paper.
DIVERGING: tuple[str, ...] = (
    "#1b589e",
    "#3877b6",
    "#5b95ca",
    "#83b3db",
    "#b2cfe7",
    "#e8e7e6",
    "#e9c6a5",
    "#dba272",
    "#c27f4f",
    "#a85e31",
    "#8a3f17",
)

DIVERGING_DARK: tuple[str, ...] = (
    "#80c7f8",
    "#68a4d9",
    "#4f84b9",
    "#376695",
    "#324c66",
    "#333231",
    "#62412f",
    "#8e522e",
    "#b46b40",
    "#d38b59",
    "#efaf6f",
)


def colour_scale(colours: tuple[str, ...]) -> list[list[float | str]]:
    """Spread colours evenly over [0, 1], as Plotly's ``colorscale`` wants them."""
    last = len(colours) - 1
    return [[round(i / last, 4), colour] for i, colour in enumerate(colours)]


def with_alpha(colour: str, alpha: float) -> str:
    """Make ``#rrggbb`` translucent: ``rgba(r, g, b, alpha)``, for bands.

    Args:
        colour: As ``#rrggbb``.
        alpha: From 0, nothing to be seen, to 1.
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha:g})"
