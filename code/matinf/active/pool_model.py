"""The model of a campaign: fitted now and then, and told of each batch in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from matinf.active import merit
from matinf.active.hyperparameters import SMALLEST_NOISE, Hyperparameters
from matinf.active.pairs import Pool
from matinf.active.posterior import PoolPosterior
from matinf.active.surrogate import Surrogate

Indices = NDArray[np.intp]
Values = NDArray[np.float64]


class ModelState(Protocol):
    """A model conditioned on what has been measured."""

    @property
    def posterior(self) -> merit.Posterior:
        """Belief over the pool."""
        ...

    @property
    def parameters(self) -> Mapping[str, float]:
        """Hyperparameters: enough, with the data, to make this state again to the last bit."""
        ...

    @property
    def log_marginal_likelihood(self) -> float:
        """Logarithm of the evidence for the standardised data."""
        ...

    def add(self, indices: Indices, y: Values) -> Self:
        """The state after further measurements, with the same hyperparameters."""
        ...

    def leave_one_out(self) -> Values:
        """Prediction of each measured value from all the others, shape ``(n_labelled,)``."""
        ...


class Model(Protocol):
    """Settings of a model; a frozen dataclass, so that a checkpoint can tell one from another."""

    def start(
        self,
        pool: Pool,
        indices: Indices,
        y: Values,
        *,
        parameters: Mapping[str, float] | None,
        optimise: bool,
    ) -> ModelState:
        """Condition on measurements afresh.

        Args:
            pool: The candidates.
            indices: Which of them were measured, shape ``(n_labelled,)``.
            y: Their values, same shape.
            parameters: Hyperparameters to use, or to begin with; by default the model's own.
            optimise: Whether to optimise them.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class GaussianProcess:
    """GPflow's process over the pool, kept up to date between fits.

    Attributes:
        surrogate: Its settings: kernel, noise, how long to optimise.
    """

    surrogate: Surrogate = field(default_factory=Surrogate)

    def start(
        self,
        pool: Pool,
        indices: Indices,
        y: Values,
        *,
        parameters: Mapping[str, float] | None,
        optimise: bool,
    ) -> GaussianProcessState:
        """Condition on measurements afresh; see :class:`Model`."""
        kernel = self.surrogate.kernel
        known = None if parameters is None else Hyperparameters(kernel=kernel, **parameters)
        if optimise:
            pairs = pool.pairs(indices, indices, kernel=kernel)
            known = _rounded(self.surrogate.optimised(pairs, y, start=known))
        posterior = PoolPosterior.start(
            self.surrogate, pool, indices, y, optimise=False, hyperparameters=known
        )
        return GaussianProcessState(posterior=posterior)


def _rounded(found: Hyperparameters) -> Hyperparameters:
    """Three digits of each: all that matters, and where an optimiser ends up on any processor.

    The digits after those differ with the rounding of a processor's arithmetic, and a campaign
    turns the smallest difference into another course.
    """

    def three(value: float) -> float:
        return float(f"{value:.2e}")

    return Hyperparameters(
        kernel=found.kernel,
        variance=three(found.variance),
        lengthscale=three(found.lengthscale),
        noise_std=max(three(found.noise_std), SMALLEST_NOISE),
    )


@dataclass(frozen=True, kw_only=True)
class GaussianProcessState:
    """A Gaussian process conditioned on what has been measured; see :class:`ModelState`."""

    posterior: PoolPosterior

    @property
    def parameters(self) -> Mapping[str, float]:
        """Prior variance, lengthscale and noise, in units of the standardised target."""
        used = self.posterior.hyperparameters
        return {name: getattr(used, name) for name in ("variance", "lengthscale", "noise_std")}

    @property
    def log_marginal_likelihood(self) -> float:
        """Of the standardised measurements."""
        return self.posterior.log_marginal_likelihood

    def add(self, indices: Indices, y: Values) -> GaussianProcessState:
        """The state after further measurements; see :class:`ModelState`."""
        return GaussianProcessState(posterior=self.posterior.add(indices, y))

    def leave_one_out(self) -> Values:
        """Prediction of each measured value from all the others, with these hyperparameters."""
        return self.posterior.leave_one_out().mean
