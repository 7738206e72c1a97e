"""One turn of the loop: closed forms, edges, and no look at hidden values."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from matinf.background.one_turn import (
    TurnResult,
    Window,
    chance_in_window,
    nearest_to_hits,
    one_turn,
    suggest,
)


def table(rng: np.random.Generator, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Values that each feature settles alone."""
    X = np.repeat(rng.random((n, 1)), 3, axis=1)
    return X, 10 * X[:, 0]


def test_window_is_closed_below_and_open_above() -> None:
    window = Window(low=2.0, high=3.0)
    assert window.holds(np.array([1.99, 2.0, 2.99, 3.0])).tolist() == [False, True, True, False]
    with pytest.raises(ValueError, match=r"low < high, got 3\.0 and 2\.0"):
        Window(low=3.0, high=2.0)


def test_chance_is_the_share_of_trees() -> None:
    rng = np.random.default_rng(0)
    X, y = table(rng)
    forest = RandomForestRegressor(n_estimators=20, random_state=0).fit(X[:200], y[:200])
    window = Window(low=2.0, high=3.0)
    expected = np.zeros(200)
    for tree in forest.estimators_:
        expected += [2.0 <= value < 3.0 for value in tree.predict(X[200:])]
    np.testing.assert_allclose(chance_in_window(forest, X[200:], window=window), expected / 20)


def test_suggestions_hit_where_the_features_tell_everything() -> None:
    rng = np.random.default_rng(1)
    X, y = table(rng, n=1000)
    result = one_turn(X, y, window=Window(low=2.0, high=3.0), sizes=(300,), n_repeats=4, rng=rng)
    assert result.hits.min() >= 9


def test_features_without_meaning_hit_like_a_blind_choice() -> None:
    rng = np.random.default_rng(2)
    X, y = rng.random((300, 3)), rng.random(300)
    result = one_turn(X, y, window=Window(low=0.0, high=0.2), sizes=(50,), n_repeats=60, rng=rng)
    interval = result.intervals()[0]
    assert interval.low < result.expected_blind < interval.high


def test_the_nearest_to_a_hit_are_named_and_without_a_hit_the_choice_is_blind() -> None:
    window, X_pool = Window(low=1, high=2), np.array([[0.0], [5.0], [9.0], [4.0]])
    X, y = np.array([[4.5], [9.5]]), np.array([1.5, 3.0])
    settings = {"window": window, "n_suggested": 2}
    chosen = nearest_to_hits(X, y, X_pool, **settings, rng=np.random.default_rng(0))
    assert set(chosen) == {1, 3}
    blind = [
        tuple(nearest_to_hits(X, y + 5, X_pool, **settings, rng=np.random.default_rng(s)))
        for s in range(20)
    ]
    assert len(set(blind)) > 5
    with pytest.raises(ValueError, match="expected 1 to 4, got 5"):
        nearest_to_hits(X, y, X_pool, window=window, n_suggested=5, rng=np.random.default_rng(0))


def test_the_blind_expectation_is_the_hypergeometric_mean() -> None:
    from scipy.stats import hypergeom

    y = np.array([0.0] * 90 + [2.5] * 10)
    result = TurnResult(
        sizes=np.array([1]),
        hits=np.array([[1, 2]]),
        nearest=np.zeros((2, 1), dtype=int),
        n_suggested=10,
        base_rate=float((y > 2).mean()),
    )
    assert result.expected_blind == pytest.approx(hypergeom(100, 10, 10).mean())
    assert result.enhancement() == pytest.approx([1.5])


def test_hidden_values_are_never_read_before_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    X, y = table(rng)
    seen: list[np.ndarray] = []
    from matinf.background import one_turn as module

    real = module.suggest

    def watched(X_measured, y_measured, X_pool, **settings):  # type: ignore[no-untyped-def]
        seen.append(y_measured)
        return real(X_measured, y_measured, X_pool, **settings)

    monkeypatch.setattr(module, "suggest", watched)
    module.one_turn(X, y, window=Window(low=2.0, high=3.0), sizes=(30,), n_repeats=3, rng=rng)
    assert [len(values) for values in seen] == [30, 30, 30]
    assert len({values.tobytes() for values in seen}) == 3, "each repeat measures other compounds"


def test_suggest_is_the_same_for_the_same_generator_and_names_no_row_twice() -> None:
    X, y = table(np.random.default_rng(4))
    window = Window(low=2.0, high=3.0)

    def call(n: int) -> list[int]:
        rng = np.random.default_rng(5)
        return suggest(X[:50], y[:50], X[50:], window=window, n_suggested=n, rng=rng).tolist()

    assert call(10) == call(10)
    assert len(set(call(350))) == 350
    for n in (0, 351):
        with pytest.raises(ValueError, match=f"expected 1 to 350, got {n}"):
            call(n)
