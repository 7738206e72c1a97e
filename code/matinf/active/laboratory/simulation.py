"""A simulated laboratory: measured band gaps stand for experiments not yet made.

The pool is real, and so are its values. What a bench adds to them is simulated: prices, noise,
an instrument that drifts, syntheses that fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf import datasets
from matinf.active.campaign import CampaignConfig, run_campaign
from matinf.active.goal import Goal
from matinf.active.laboratory.improvement import chance_within
from matinf.active.pairs import Pool
from matinf.active.pool_model import GaussianProcess
from matinf.active.surrogate import Surrogate
from matinf.active.view import Indices, Strategy, View
from matinf.features import element_fractions, magpie_features

Values = NDArray[np.float64]
TARGET, WITHIN = 1.34, 0.1  # eV: the best gap for one junction in sunlight, and near enough
N_INITIAL, BATCH_SIZE = 10, 5
SHELF, ORDERED = 1.0, 5.0  # cost of a candidate made from what is on the shelf, or not
N_ON_SHELF = 20  # elements


@dataclass(frozen=True, kw_only=True, eq=False)
class GapPool:
    """Compositions whose gap is known to us, and unknown to the campaign.

    Attributes:
        formulas: The compositions.
        pool: Magpie's features, standardised.
        gap: Measured gap, eV, shape ``(n_pool,)``.
        hit: Whether it lies within ``WITHIN`` of ``TARGET``.
        cost: ``SHELF`` where the commonest elements of the pool suffice, else ``ORDERED``.
        volatile: Whether it holds phosphorus, arsenic, cadmium or mercury, which leave a hot oven.
    """

    formulas: tuple[str, ...]
    pool: Pool
    gap: Values
    hit: NDArray[np.bool_]
    cost: Values
    volatile: NDArray[np.bool_]

    @property
    def by_name(self) -> dict[str, float]:
        """The gap of each composition, eV."""
        return dict(zip(self.formulas, self.gap.tolist(), strict=True))


def gap_pool() -> GapPool:
    """All non-metals of the gap task, one value per composition."""
    table = datasets.load_gap_task()
    table = table[table["gap"] > 0]
    X = magpie_features(table["formula"]).to_numpy()
    spread = X.std(axis=0)
    X = (X - X.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    holds = element_fractions(table["formula"]) > 0
    shelf = holds.sum().nlargest(N_ON_SHELF).index
    ordered = holds.drop(columns=shelf).any(axis=1).to_numpy()
    gap = table["gap"].to_numpy()
    return GapPool(
        formulas=tuple(table["formula"]),
        pool=Pool(X),
        gap=gap,
        hit=near(gap),
        cost=np.where(ordered, ORDERED, SHELF),
        volatile=holds[["P", "As", "Cd", "Hg"]].any(axis=1).to_numpy(),
    )


def near(gap: Values) -> NDArray[np.bool_]:
    """Whether gaps lie within ``WITHIN`` of ``TARGET``, both ends included."""
    return np.abs(gap - TARGET) <= WITHIN + 1e-9


@dataclass(kw_only=True)
class Bench:
    """Measures a batch at a time: the truth, with noise, a drift, and failures.

    Attributes:
        truth: What an ideal instrument would read, shape ``(n_pool,)``.
        rng: Source of the noise.
        noise_std: Standard deviation of one reading.
        drift: By how much the instrument's zero moves from one batch to the next.
        controlled: Measure a control with each batch, and subtract by how much it has moved.
        fails: Which candidates give no value.
    """

    truth: Values
    rng: np.random.Generator
    noise_std: float = 0.0
    drift: float = 0.0
    controlled: bool = False
    fails: NDArray[np.bool_] | None = None
    controls: list[float] = field(default_factory=list)

    def __call__(self, indices: Indices, /) -> Values:
        """Read a batch; NaN where an experiment fails."""
        zero = self.drift * len(self.controls)
        self.controls.append(zero + self.noise_std * self.rng.standard_normal())
        values = (
            self.truth[indices] + zero + self.noise_std * self.rng.standard_normal(len(indices))
        )
        if self.controlled:
            values -= self.controls[-1] - self.controls[0]
        return values if self.fails is None else np.where(self.fails[indices], np.nan, values)


@dataclass(frozen=True, kw_only=True, eq=False)
class Excluding:
    """A strategy that is told, after some steps, which candidates are not worth asking for.

    Attributes:
        strategy: What chooses among the others.
        excluded: Those candidates, shape ``(n_pool,)``.
        after: Step from which they are left out.
    """

    strategy: Strategy
    excluded: NDArray[np.bool_]
    after: int
    needs_model: bool = field(default=True, init=False)

    def phase(self, view: View, /) -> str:
        """The phase of the strategy."""
        return self.strategy.phase(view)

    def choose(self, view: View, k: int, *, rng: np.random.Generator) -> Indices:
        """Choose among those that are left; see :class:`Strategy`."""
        if len(view.steps) < self.after:
            return self.strategy.choose(view, k, rng=rng)
        fewer = {name: getattr(view, name) for name in view.__dataclass_fields__}
        fewer["available"] = view.available & ~self.excluded
        return self.strategy.choose(View(**fewer), k, rng=rng)


def course(
    gaps: GapPool,
    strategy: Strategy,
    bench: Bench,
    *,
    n_batches: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One simulated campaign, batch by batch.

    Args:
        gaps: The pool.
        strategy: How batches are chosen after the first one, which is random.
        bench: Where they are measured.
        n_batches: Batches after the first one.
        rng: Source of the campaign's draws.

    Returns:
        After each batch ``batch`` (from 0), ``measured`` (experiments so far), ``hits`` (true
        ones, failures not counted), ``promised`` (sum of their predicted chances), ``spent``
        and ``failed``.
    """
    config = CampaignConfig(
        strategy=strategy,
        goal=Goal(kind="target", target=TARGET),
        n_initial=N_INITIAL,
        batch_size=BATCH_SIZE,
        n_steps=n_batches,
        refit_every=2,
        model=GaussianProcess(surrogate=Surrogate(kernel="matern12")),
        ask_together=True,
    )
    result = run_campaign(gaps.pool, bench, config, rng=rng, progress=False)
    history = result.history
    index, modelled = history["index"].to_numpy(), history["std"].notna().to_numpy()
    worked = history["failure"].to_numpy() == ""
    chance = np.zeros(len(history))
    chance[modelled] = chance_within(
        history["mean"][modelled], history["std"][modelled], target=TARGET, distance=WITHIN
    )
    columns: Mapping[str, NDArray[np.generic]] = {
        "measured": np.ones(len(history)),
        "hits": gaps.hit[index] & worked,
        "promised": chance,
        "spent": gaps.cost[index],
        "failed": ~worked,
    }
    table = pd.DataFrame(columns).groupby(history["step"].to_numpy()).sum().cumsum()
    return table.rename_axis("batch").reset_index()
