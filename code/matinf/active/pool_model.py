"""The model of a campaign: fitted now and then, and told of each batch in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from matinf.active import merit
from matinf.active.hyperparameters import SMALLEST_NOISE, Hyperparameters
from matinf.active.pairs import Pool
from matinf.active.posterior import PoolPosterior
from matinf.active.surrogate import Surrogate

Indices = NDArray[np.intp]
Values = NDArray[np.float64]

_DELICATE = 0.01  # standardised noise below which the short form of leave-one-out loses digits


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
        p, noise = self.posterior, self.posterior.hyperparameters.noise_std
        if noise >= _DELICATE:
            return leave_one_out(p.y, p.mean[p.indices], p.std[p.indices], noise_std=p.noise_std)
        pairs = p.pool.pairs(p.indices, p.indices, kernel=p.hyperparameters.kernel)
        C = p.hyperparameters.covariance(pairs) + noise**2 * np.eye(p.y.size)
        factor = linalg.cholesky(C, lower=True, overwrite_a=True)
        pulls = linalg.cho_solve((factor, True), p.y - p.target_mean)
        inverse, _ = linalg.lapack.dpotri(factor, lower=True)
        return p.y - pulls / np.diag(inverse)


def leave_one_out(y: Values, mean: Values, std: Values, *, noise_std: float) -> Values:
    r"""Leave-one-out predictions of a Gaussian process from its own fit, without refitting.

    :math:`y_i - \hat y_{-i} = (y_i - \mu_i) / (1 - \sigma_i^2 / \sigma_\mathrm{n}^2)`: the
    residual, blown up by how much a measurement drew the prediction to itself. It is
    :math:`[C^{-1} y]_i / [C^{-1}]_{ii}` :cite:`rasmussen2006` with :math:`C = K +
    \sigma_\mathrm{n}^2 I`, since the posterior at the measurements has the residuals
    :math:`\sigma_\mathrm{n}^2 C^{-1} y` and the covariance :math:`\sigma_\mathrm{n}^2 I -
    \sigma_\mathrm{n}^4 C^{-1}`.

    Args:
        y: What was measured, shape ``(n_labelled,)``.
        mean: Predictive mean there, same shape and unit.
        std: Predictive standard deviation there, without noise, same shape and unit.
        noise_std: Standard deviation of the noise, same unit, well above 0.
    """
    return y - (y - mean) / (1 - (std / noise_std) ** 2)
