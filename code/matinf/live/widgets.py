"""The controls of an explored figure as Jupyter widgets, which call its function again."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import ipywidgets
from IPython.display import display

if TYPE_CHECKING:
    from matinf.live.explore import Control, Explored


def widget_of(explored: Explored) -> ipywidgets.VBox:
    """Controls above, the figure and its sentence below."""
    fields = {name: field_of(control) for name, control in explored.controls.items()}
    sentence = ipywidgets.HTML()

    def show(**values: Any) -> None:
        figure = explored.function(**values)
        sentence.value = html.escape(str(dict(figure.layout.meta or {}).get("said", "")))
        display(figure)

    drawing = ipywidgets.interactive_output(show, fields)
    return ipywidgets.VBox([*fields.values(), drawing, sentence])


def field_of(control: Control) -> Any:
    """The widget of one control; its value is what the function is called with."""
    unit = f" {control.unit}" if control.unit else ""
    options = [
        (f"{text}{unit}", value) for text, value in zip(control.texts, control.values, strict=True)
    ]
    kind = ipywidgets.SelectionSlider if control.kind == "slider" else ipywidgets.Dropdown
    more = {"continuous_update": False} if control.kind == "slider" else {}
    return kind(
        options=options,
        index=control.start,
        description=control.label,
        style={"description_width": "initial"},
        layout={"width": "min(100%, 32rem)"},
        **more,
    )
