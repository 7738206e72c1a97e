"""The cooling laboratory: two networks, one of which knows a law, trained in the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from matinf.live.lab import Laboratory, rounded
from matinf.live.still import Axis, Mark, still_picture
from matinf.physics.optimise import LevenbergMarquardt, Optimiser

if TYPE_CHECKING:
    from matinf.physics.side_by_side import SideBySide

_DIGITS = 9  # of weights and errors: the page trains from the same place


@dataclass(frozen=True, kw_only=True, eq=False)
class CoolingLab(Laboratory):
    """Readings of a cooling body, and two networks that learn from them in the page.

    Attributes:
        study: What was measured and trained in Python, with which the page begins.
    """

    element: ClassVar[str] = "cooling-lab"
    module: ClassVar[str] = "cooling-lab.js"
    title: ClassVar[str] = "Cooling laboratory"

    study: SideBySide

    @property
    def alt(self) -> str:
        """What the still picture shows, in a sentence."""
        config, physics = self.study.config, self.study.physics
        end = np.array([config.window])
        truth = config.body.temperature(end)
        off = {
            "plain": abs(self.study.plain.temperature(end) - truth)[0],
            "physics": abs(physics.curve.temperature(end) - truth)[0],
        }
        return (
            f"Temperature against time: {config.n_readings} readings until "
            f"{config.last_reading:g} s and two networks that learned from them. At "
            f"{config.window:g} s the plain one is {off['plain']:.2g} K off the truth, the "
            f"physics-informed one {off['physics']:.2g} K; its rate is {physics.body.r:.3g} "
            f"instead of {config.body.r:g} per second."
        )

    @property
    def still(self) -> str:
        """Truth, readings and both curves."""
        config, readings = self.study.config, self.study.readings
        t = np.linspace(0, config.window, 121)
        truth = config.body.temperature(t)
        curves = {
            "truth": truth,
            "plain": self.study.plain.temperature(t),
            "physics": self.study.physics.curve.temperature(t),
        }
        low, high = sorted((config.body.T0, config.body.T_env))
        air = 0.1 * (high - low) + 3 * config.noise
        lines = [
            Mark(kind="line", x=t, y=y, role=role, dash=role == "truth")
            for role, y in curves.items()
        ]
        return still_picture(
            x=Axis(title="Time (s)", low=0, high=config.window),
            y=Axis(title="Temperature (°C)", low=round(low - air), high=round(high + air)),
            marks=[*lines, Mark(kind="points", x=readings.t, y=readings.T, role="data")],
        )

    @property
    def data(self) -> Mapping[str, Any]:
        """Settings of the experiment, errors of the readings, and both networks' recipes."""
        config, body = self.study.config, self.study.config.body
        plain, physics = config.plain, config.physics
        return {
            "body": {"r": body.r, "T0": body.T0, "T_env": body.T_env},
            "noise": config.noise,
            "readings": config.n_readings,
            "last": config.last_reading,
            "window": config.window,
            "errors": rounded(self.study.errors, _DIGITS),
            "networks": {
                "plain": {
                    "settings": {
                        "hiddenSizes": plain.shape.hidden_sizes,
                        "weightDecay": plain.weight_decay,
                    },
                    "start": rounded(self.study.starts["plain"], _DIGITS),
                    "how": _how(plain.optimiser),
                },
                "physics": {
                    "settings": {
                        "hiddenSizes": physics.pinn.shape.hidden_sizes,
                        "nCollocation": physics.pinn.n_collocation,
                        "slack": physics.slack,
                    },
                    "start": rounded(self.study.starts["physics"], _DIGITS),
                    "how": _how(physics.pinn.optimiser),
                },
            },
        }


def _how(optimiser: Optimiser) -> dict[str, float]:
    """Settings of damped Gauss-Newton steps, the only ones that the page takes.

    Raises:
        ValueError: for another optimiser.
    """
    if not isinstance(optimiser, LevenbergMarquardt):
        raise ValueError(f"the page trains by LevenbergMarquardt, not {type(optimiser).__name__}")
    return {
        "maxSteps": optimiser.max_steps,
        "tolerance": optimiser.tolerance,
        "patience": optimiser.patience,
        "leastGain": optimiser.least_gain,
        "damping": optimiser.damping,
    }
