"""Fine-tuning: a network learns a large source task first, then a small target task.

The body that the source taught is a better start than random weights where both tasks ask the
same of a composition :cite:`yosinski2014`, and a worse one where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    MultiOutputMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from matinf.transfer import storage
from matinf.transfer.network import (
    Activation,
    Matrix,
    NetworkShape,
    TrainedNetwork,
    TrainingHistory,
)
from matinf.transfer.pretraining import (
    Task,
    checked_groups,
    fine_tune,
    pretrain,
    train_afresh,
    with_head_of,
)
from matinf.transfer.training import Loss, TrainingConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class Histories:
    """Losses per epoch of both stages; there is no first stage without a source."""

    pretraining: TrainingHistory | None
    fine_tuning: TrainingHistory


class FineTunedRegressor(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    RegressorMixin,
    MultiOutputMixin,
    BaseEstimator,
):
    """A fully connected network, pre-trained on a source task and fine-tuned in ``fit``.

    With neither ``source`` nor ``pretrained`` it is trained from scratch: the network to compare
    with. Features and targets are standardised inside. With the same ``random_state`` two
    settings hold back the same samples for validation. To judge on compositions that the source
    does not know, give a source without them (``source.without(groups)``).

    Args:
        source: Task to pre-train on, anew in every ``fit``, with the target's features.
        pretrained: What :func:`~matinf.transfer.pretraining.pretrain` returned, shared by many
            fits; not together with ``source``.
        hidden_sizes: Width of each hidden layer, inputs first; (128, 128, 128) or, where there
            is one, that of ``pretrained``.
        activation: ``"relu"``, ``"silu"`` or ``"tanh"``; ``"relu"`` or that of ``pretrained``.
        n_frozen: Layers, counted from the inputs, that fine-tuning leaves as they are.
        layer_decay: Factor by which each layer learns slower than the one after it.
        reinitialise_head: Whether the last layer is drawn anew. Keep it where the source is the
            target's quantity in the target's unit.
        loss: ``"absolute"``, ``"huber"`` or ``"squared"``.
        learning_rate: Rate of the head at the start of fine-tuning.
        weight_decay: Share of the weights taken off per step, times the rate.
        batch_size: Samples per step.
        max_epochs: Passes over the training set at most.
        n_restarts: Warm restarts: how often the falling rate jumps back to its start on the way.
        early_stopping: Whether to hold samples back, stop when they are predicted no better and
            keep the weights that predicted them best. Off by default: of a few hundred samples
            none can be spared, and the falling rate ends the training as well.
        validation_fraction: Share of the samples, or of the groups, held back.
        patience: Epochs without improvement before stopping.
        pretraining: Settings of the first stage; those of
            :class:`~matinf.transfer.training.TrainingConfig`, with this ``loss``, by default.
        warm_start: Whether a second ``fit`` goes on from the first one's network.
        progress: Whether to draw bars of progress on standard error.
        random_state: Seed, ``RandomState`` or ``Generator`` of weights, splits and order.

    Attributes:
        network_: The network as it predicts.
        pretrained_: The network before fine-tuning, or none.
        history_: Losses of both stages.
        n_features_in_: Number of features.
    """

    def __init__(
        self,
        source: Task | None = None,
        *,
        pretrained: TrainedNetwork | None = None,
        hidden_sizes: Sequence[int] | None = None,
        activation: Activation | None = None,
        n_frozen: int = 0,
        layer_decay: float = 1.0,
        reinitialise_head: bool = True,
        loss: Loss = "absolute",
        learning_rate: float = 1e-2,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        max_epochs: int = 200,
        n_restarts: int = 0,
        early_stopping: bool = False,
        validation_fraction: float = 0.2,
        patience: int = 40,
        pretraining: TrainingConfig | None = None,
        warm_start: bool = False,
        progress: bool = False,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ) -> None:
        self.source = source
        self.pretrained = pretrained
        self.hidden_sizes = hidden_sizes
        self.activation = activation
        self.n_frozen = n_frozen
        self.layer_decay = layer_decay
        self.reinitialise_head = reinitialise_head
        self.loss = loss
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.n_restarts = n_restarts
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.pretraining = pretraining
        self.warm_start = warm_start
        self.progress = progress
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, *, groups: ArrayLike | None = None) -> Self:
        """Pre-train where a source is given, then train on the target.

        Args:
            X: Features, shape ``(n_samples, n_features)``, finite.
            y: Targets, shape ``(n_samples,)`` or ``(n_samples, n_outputs)``, finite.
            groups: Group of each sample, shape ``(n_samples,)``: the validation split keeps
                groups whole.

        Raises:
            ValueError: if shapes or settings do not fit, or a number is not finite.
        """
        again = self.warm_start and hasattr(self, "network_")
        features, targets = self._checked_pair(X, y, again=again)
        labels = None if groups is None else checked_groups(groups, len(features), name="target")
        pretraining_rng, rng = _generator(self.random_state).spawn(2)
        if not again:
            self._check_settings()
            self.pretrained_ = self._pretrained(features.shape[1], rng=pretraining_rng)
        self.network_ = self._trained(features, targets, labels, again=again, rng=rng)
        before = self.pretrained_.history if self.pretrained_ else None
        self.history_ = Histories(pretraining=before, fine_tuning=self.network_.history)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict, in the targets' units; shape ``(n_samples,)`` where ``y`` had one axis."""
        checked = self._checked(X)
        outputs = self.network_.predict(checked)
        return outputs[:, 0] if self._y_ndim == 1 else outputs

    def transform(self, X: ArrayLike) -> Matrix:
        """What the last hidden layer makes of ``X``, shape ``(n_samples, hidden_sizes[-1])``."""
        checked = self._checked(X)
        return self.network_.hidden(checked)

    def predict_source(self, X: ArrayLike) -> Matrix:
        """Predict the source's outputs again, with the body as fine-tuning left it.

        Shape ``(n_samples, n_outputs)``, in the source's units. Compared with
        ``pretrained_.predict(X)`` it shows what was forgotten.

        Raises:
            ValueError: if there was no source.
        """
        checked = self._checked(X)
        if self.pretrained_ is None:
            raise ValueError("there was no source: fit with source= or pretrained= first")
        return with_head_of(self.network_, self.pretrained_).predict(checked)

    def save(self, path: str | Path) -> None:
        """Store the fitted estimator in one file, which :meth:`load` reads.

        The source task is not stored; the network that it pre-trained is, and comes back as
        ``pretrained``. A ``random_state`` that is not a number comes back as None.
        """
        check_is_fitted(self)
        settings = self.get_params(deep=False)
        for name in ("source", "pretrained"):
            del settings[name]
        if not isinstance(self.random_state, int | np.integer):
            settings["random_state"] = None
        if isinstance(self.pretraining, TrainingConfig):
            settings["pretraining"] = asdict(self.pretraining)
        about = {
            "estimator": type(self).__name__,
            "settings": {name: _plain(value) for name, value in settings.items()},
            "y_ndim": self._y_ndim,
            "feature_names": [str(name) for name in getattr(self, "feature_names_in_", [])],
        }
        before = {"pretrained": self.pretrained_} if self.pretrained_ else {}
        storage.write(path, {"network": self.network_, **before}, about=about)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a stored estimator; it predicts as the stored one did, bit by bit.

        Raises:
            FileNotFoundError: if there is no such file.
            StoredNetworkError: if the file is no such estimator, of another version, or its
                parts do not fit together.
        """
        networks, about = storage.read(path)
        try:
            return cls._revived(networks, about)
        except (KeyError, TypeError) as error:
            raise storage.StoredNetworkError(
                f"{path}: expected a stored {cls.__name__}, found another kind of network"
            ) from error

    @property
    def _n_features_out(self) -> int:
        return self.network_.shape.hidden_sizes[-1]

    @classmethod
    def _revived(cls, networks: dict[str, TrainedNetwork], about: dict[str, Any]) -> Self:
        settings = dict(about["settings"])
        if about["estimator"] != cls.__name__:
            raise KeyError(about["estimator"])
        if settings["pretraining"] is not None:
            settings["pretraining"] = TrainingConfig(**settings["pretraining"])
        before = networks.get("pretrained")
        model = cls(pretrained=before, **settings)
        model.network_, model.pretrained_ = networks["network"], before
        model._y_ndim = about["y_ndim"]
        model.n_features_in_ = model.network_.shape.n_inputs
        if about["feature_names"]:
            model.feature_names_in_ = np.array(about["feature_names"], dtype=object)
        model.history_ = Histories(
            pretraining=before.history if before else None, fine_tuning=model.network_.history
        )
        return model

    def _trained(
        self,
        X: Matrix,
        y: Matrix,
        groups: NDArray[Any] | None,
        *,
        again: bool,
        rng: np.random.Generator,
    ) -> TrainedNetwork:
        """Go on from the last fit, start from the source's network, or start from nothing."""
        start = self.network_ if again else self.pretrained_
        stage = "fine-tuning" if start else "training"
        common: dict[str, Any] = {
            "rng": rng,
            "config": self._config(),
            "layer_decay": self.layer_decay,
            "progress": stage if self.progress else None,
        }
        if start is None:
            return train_afresh(X, y, groups, shape=self._shape(X, y), **common)
        new_head = self.reinitialise_head and not again
        return fine_tune(
            start, X, y, groups, n_frozen=self.n_frozen, reinitialise_head=new_head, **common
        )

    def _pretrained(self, n_features: int, *, rng: np.random.Generator) -> TrainedNetwork | None:
        """The network to start from, or none; the source must have the target's features."""
        if self.source is None:
            return self.pretrained
        if np.ndim(self.source.X) == 2 and np.shape(self.source.X)[1] != n_features:
            raise ValueError(
                f"the source has {np.shape(self.source.X)[1]} features and the target "
                f"{n_features}: featurise both in the same way"
            )
        return pretrain(
            self.source,
            rng=rng,
            **self._body(),
            config=self.pretraining or TrainingConfig(loss=self.loss),
            progress=self.progress,
        )

    def _check_settings(self) -> None:
        """Raise ``ValueError`` for settings that contradict each other."""
        if self.source is not None and self.pretrained is not None:
            raise ValueError("source and pretrained: expected one of them, got both")
        if self.source is None and self.pretrained is None and self.n_frozen:
            raise ValueError(f"n_frozen is {self.n_frozen}, but there is no source to learn from")
        if self.pretrained is None:
            return
        for name in ("hidden_sizes", "activation"):
            asked, found = getattr(self, name), getattr(self.pretrained.shape, name)
            asked = tuple(asked) if isinstance(asked, list) else asked
            if asked is not None and asked != found:
                raise ValueError(f"{name}: asked for {asked}, but pretrained has {found}")

    def _shape(self, X: Matrix, y: Matrix) -> NetworkShape:
        return NetworkShape(n_inputs=X.shape[1], n_outputs=y.shape[1], **self._body())

    def _body(self) -> dict[str, Any]:
        """Settings of the hidden layers; those not given are left to the defaults."""
        sizes = None if self.hidden_sizes is None else tuple(self.hidden_sizes)
        given = {"hidden_sizes": sizes, "activation": self.activation}
        return {name: value for name, value in given.items() if value is not None}

    def _config(self) -> TrainingConfig:
        """Settings of the second stage, checked."""
        names = {field.name for field in fields(TrainingConfig)} - {"validation_fraction"}
        return TrainingConfig(
            **{name: getattr(self, name) for name in names},
            validation_fraction=self.validation_fraction if self.early_stopping else 0.0,
        )

    def _checked_pair(self, X: ArrayLike, y: ArrayLike, *, again: bool) -> tuple[Matrix, Matrix]:
        """Features and targets as matrices; a second fit must have the first one's features."""
        features, targets = validate_data(
            self,
            X,
            y,
            dtype=np.float64,
            multi_output=True,
            y_numeric=True,
            ensure_min_samples=2,
            reset=not again,
        )
        self._y_ndim = targets.ndim
        return features, targets.astype(np.float64).reshape(len(features), -1)

    def _checked(self, X: ArrayLike) -> Matrix:
        check_is_fitted(self)
        checked: Matrix = validate_data(self, X, dtype=np.float64, reset=False)
        return checked


def _generator(
    random_state: int | np.random.RandomState | np.random.Generator | None,
) -> np.random.Generator:
    """A generator of its own, seeded by one draw from ``random_state``."""
    if isinstance(random_state, np.random.Generator):
        return np.random.default_rng(int(random_state.integers(2**32)))
    state = check_random_state(random_state)
    return np.random.default_rng(int(state.randint(2**32, dtype=np.uint64)))


def _plain(value: Any) -> Any:
    """The same setting as JSON can hold it."""
    if isinstance(value, np.generic):
        return value.item()
    return list(value) if isinstance(value, tuple | np.ndarray) else value
