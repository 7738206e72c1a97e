"""The figure of planned readings draws the bound that it is given, and says it in words."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from matinf.figures import check_traces
from matinf.figures.diffusion_plan import plan
from matinf.physics.diffusion import CARBON_IN_AUSTENITE
from matinf.physics.diffusion_plan import DepthPlan, plan_readings
from matinf.physics.diffusion_results import temperature_of

DEPTHS = (0.2, 0.8, 2.0)  # mm


def drawn(
    n: int = 6, deepest: float = 0.8, unknown: tuple[str, ...] = ("D",)
) -> tuple[dict[float, DepthPlan], go.Figure]:
    plans = {mm: plan_readings(n, 1e-3 * mm, unknown) for mm in DEPTHS}
    return plans, check_traces(plan(plans, deepest=deepest, claimed=925))


def test_readings_lie_on_the_hump_within_its_interval() -> None:
    plans, fig = drawn()
    band, line, points, *_ = fig.data
    x, y = np.array(line.x), np.array(line.y)
    steel, t = plans[0.8].steel, plans[0.8].t
    cooler = type(steel)(D=CARBON_IN_AUSTENITE.at(925), c0=0.2, cs=1.1, thickness=2e-3)
    more = steel.concentration(x * 1e-3, t) - cooler.concentration(x * 1e-3, t)
    np.testing.assert_allclose(y, more, atol=6e-5)
    assert 0.5 < x[y.argmax()] < 0.9, "the hump is where the case is steep"
    np.testing.assert_allclose(points.x, np.linspace(0.1, 0.8, 6), atol=1e-3)
    np.testing.assert_allclose(points.y, np.interp(points.x, x, y), atol=5e-4)
    assert points.error_y.value == 0.02
    low, high = np.array(band.y)[:41], np.array(band.y)[:40:-1]
    np.testing.assert_allclose((high - low) / 2, 1.96 * plans[0.8].profile_std(x / 1e3), atol=1e-4)
    assert fig.layout.yaxis.range[0] < low.min()
    assert fig.layout.yaxis.range[1] > high.max()


def test_the_bar_is_the_interval_of_the_chosen_plan_and_stands_in_the_band() -> None:
    plans, fig = drawn(deepest=2.0)
    *_, band, bar = fig.data
    interval = plans[2.0].interval()
    ends = [temperature_of(interval.low), temperature_of(interval.high)]
    np.testing.assert_allclose(bar.y, ends, atol=0.06)
    assert list(bar.x) == [2.0, 2.0]
    np.testing.assert_allclose(band.x, [*DEPTHS, *DEPTHS[::-1]])
    np.testing.assert_allclose(np.array(band.y)[[2, 3]], bar.y)
    assert fig.layout.yaxis2.title.text == "Temperature (°C)"


def test_words_say_what_is_drawn() -> None:
    def words(n: int, deepest: float, unknown: tuple[str, ...] = ("D",)) -> list[str]:
        meta = drawn(n, deepest, unknown)[1].layout.meta
        return [meta[name].replace("\u00a0", " ") for name in ("alt", "said")]

    alt, said = words(2, 0.2, ("D", "cs"))
    assert "the surface is learned as well" in alt
    assert "860 to 1032 °C for this plan, narrowest at 0.8 mm" in alt
    assert "2 readings give D to 52.8 % at best" in said
    assert said.endswith("rule out the thermometer's 925 °C in 6 % of cases.")
    assert "the surface is known" in words(20, 0.8)[0]
    assert "in over 99 % of cases" in words(20, 0.8)[1]
