"""What all laboratories share: the Python twin of a custom element that runs in the page.

A twin supplies the data and the still picture of its element, and displays it: on a page of the
book the press renders ``LAB_MIME``; in a notebook the element runs in a frame of its own that
holds style, modules and data, so that no server has to serve them.
"""

from __future__ import annotations

import math
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from matinf.live.frame import frame_html
from matinf.live.modules import STATIC, find

LAB_MIME = "application/vnd.matinf.lab+json"
BUILDING = "MATINF_PRESS"  # set, and not empty, where a page of the book is being printed
_ELEMENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_ASSET = re.compile(r"[\w-]+\.json")
_SHORTEST_ALT = 20  # characters


class Laboratory(ABC):
    """A laboratory: what its element in the page needs.

    A subclass is a frozen dataclass of its parameters. It names ``element``, ``module``
    and ``title``, and makes :attr:`alt`, :attr:`still` and :attr:`data` out of its fields.

    Attributes:
        element: Name of the custom element, for example ``"gp-lab"``.
        module: File of ``static/live/`` that defines the element, for example ``"gp-lab.js"``.
        title: What the laboratory is called, read aloud as one enters it.
        folders: Where its modules are looked for, besides ``static/live/``.
    """

    element: ClassVar[str]
    module: ClassVar[str]
    title: ClassVar[str]
    folders: ClassVar[tuple[Path, ...]] = ()

    @property
    @abstractmethod
    def alt(self) -> str:
        """What the still picture shows: a sentence of 20 characters or more."""

    @property
    @abstractmethod
    def still(self) -> str:
        """The still picture, inline SVG; see ``matinf.live.still.still_picture``."""

    @property
    @abstractmethod
    def data(self) -> Mapping[str, Any]:
        """Data and parameters of the element: finite numbers, text, lists and mappings."""

    @property
    def assets(self) -> Mapping[str, str]:
        """JSON texts by file name, too large for the page: fetched when the element starts."""
        return {}

    def bundle(self) -> dict[str, Any]:
        """Everything that a page needs of this laboratory, as JSON can hold it.

        Raises:
            ValueError: if a part is missing or cannot be shown: says which and why.
        """
        name = type(self).__name__
        if not _ELEMENT.fullmatch(self.element):
            raise ValueError(f"{name}.element: {self.element!r} is no name of a custom element")
        find(self.module, (*self.folders, STATIC))
        alt = " ".join(self.alt.split())
        if len(alt) < _SHORTEST_ALT:
            raise ValueError(f"{name}.alt: say in a sentence what the picture shows, not {alt!r}")
        if not self.still.lstrip().startswith("<svg"):
            raise ValueError(f"{name}.still: expected inline SVG, got {self.still[:30]!r}")
        if wrong := [asset for asset in self.assets if not _ASSET.fullmatch(asset)]:
            raise ValueError(f"{name}.assets: expected names of JSON files, got {wrong}")
        return {
            "element": self.element,
            "module": self.module,
            "title": self.title,
            "alt": alt,
            "still": self.still,
            "data": checked_data(self.data, where=f"{name}.data"),
            "assets": dict(self.assets),
        }

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """For a page the parts; for a notebook a frame in which the laboratory runs."""
        bundle = self.bundle()
        if os.environ.get(BUILDING):
            return {LAB_MIME: bundle, "text/plain": self.title}
        frame = frame_html(bundle, folders=(*self.folders, STATIC))
        return {LAB_MIME: bundle, "text/html": frame, "text/plain": self.title}


def checked_data(value: Any, *, where: str) -> Any:
    """The value as JSON has it; what JSON has not is an error that says where it stands.

    Raises:
        ValueError: at a number that is not finite, or at something that is no plain data.
    """
    if isinstance(value, Mapping):
        return {str(key): checked_data(item, where=f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [checked_data(item, where=f"{where}[{i}]") for i, item in enumerate(value)]
    if hasattr(value, "tolist"):  # NumPy's arrays and scalars
        return checked_data(value.tolist(), where=where)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise ValueError(f"{where}: {value} is no finite number")
    raise ValueError(f"{where}: a {type(value).__name__} cannot be written as JSON")


def rounded(values: Any, digits: int = 5) -> Any:
    """Numbers with a few significant digits, for :attr:`Laboratory.data`; None for a gap.

    Args:
        values: An array of any shape, or nested lists of numbers.
        digits: Significant digits to keep.
    """
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list | tuple):
        return [rounded(value, digits) for value in values]
    if not math.isfinite(values):
        return None
    short = float(f"{values:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
