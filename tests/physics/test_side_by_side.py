"""Two networks on one set of readings, and what it takes to train them again."""

import numpy as np
import pytest
import torch

from matinf.physics.scenario import early_readings
from matinf.physics.side_by_side import MOST_READINGS, SideBySideConfig, learn_side_by_side


def test_both_learn_from_the_readings_of_the_pages_and_only_one_knows_the_way_on() -> None:
    study = learn_side_by_side(rng=np.random.default_rng(2026))
    shared = early_readings(rng=np.random.default_rng(2026))
    np.testing.assert_allclose(study.readings.T, shared.T)
    body, later = study.config.body, np.linspace(300, study.config.window, 30)
    truth = body.temperature(later)
    plain = np.abs(study.plain.temperature(later) - truth).max()
    physics = np.abs(study.physics.curve.temperature(later) - truth).max()
    assert physics < 1 < plain / 5
    assert abs(study.physics.body.r - study.fit.body.r) < 0.02 * study.fit.std["r"]
    assert study.physics.std["r"] == pytest.approx(study.bound, rel=0.1)


def test_the_starts_are_those_from_which_training_began() -> None:
    study = learn_side_by_side(rng=np.random.default_rng(3))
    scale = study.plain.T_scale[1]
    s = torch.tensor((study.readings.t - study.plain.t_scale[0]) / study.plain.t_scale[1])
    output = study.plain.shape(torch.tensor(study.starts["plain"]), s[:, None]).numpy()
    errors = study.plain.T_scale[0] + scale * output - study.readings.T
    assert study.plain.history.parts[0]["data"] == pytest.approx(
        0.5 * np.mean((errors / scale) ** 2)
    )
    weights = np.concatenate([study.starts["physics"], np.zeros(2)])
    vector = study.physics.objective.vector(torch.tensor(weights))
    loss = float((vector @ vector).item()) / 2
    assert study.physics.curve.history.loss[0] == pytest.approx(loss, rel=1e-9)
    assert study.errors.shape == (MOST_READINGS,)


@pytest.mark.parametrize("n", [2, MOST_READINGS + 1])
def test_too_few_or_too_many_readings_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match="n_readings"):
        SideBySideConfig(n_readings=n)
