"""The Gaussian process and the acquisition functions of the page are those of the package."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special

from matinf.active import acquisition
from matinf_book.assets import node_binary

Vector = NDArray[np.float64]

MODULES = Path(__file__).parents[2] / "code" / "matinf" / "live" / "static" / "live"
KERNELS = {
    "matern12": "Matern12",
    "matern32": "Matern32",
    "matern52": "Matern52",
    "rbf": "SquaredExponential",
}
PLAIN = """const plain = (key, value) => ArrayBuffer.isView(value) ? Array.from(value)
  : typeof value === "number" && !Number.isFinite(value) ? String(value) : value;"""
INFINITE = {"Infinity": np.inf, "-Infinity": -np.inf, "NaN": np.nan}


def node(script: str, given: Any) -> Any:
    """What a script returns for ``given``, with the page's modules at hand; infinities survive."""
    names = ("acquisition", "gp", "minimise", "normal", "random")
    imports = [
        f"import * as {name} from {json.dumps((MODULES / f'{name}.js').as_uri())};"
        for name in names
    ]
    whole = "\n".join(
        [
            'import { readFileSync } from "node:fs";',
            *imports,
            "const given = JSON.parse(readFileSync(0, 'utf8'));",
            f"const result = (() => {{ {script} }})();",
            PLAIN,
            "process.stdout.write(JSON.stringify(result, plain));",
        ]
    )
    command = [str(node_binary()), "--input-type=module", "--disable-warning=ExperimentalWarning"]
    command += ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "-"]
    done = subprocess.run(
        [*command[:-1], "--eval", whole],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    return json.loads(done.stdout)


def numbers(values: list[float | str]) -> Vector:
    return np.array([INFINITE[v] if isinstance(v, str) else v for v in values], dtype=float)


# -- the Gaussian process ------------------------------------------------------------------------


@cache
def cases() -> list[dict[str, Any]]:
    """Two hundred processes, from one measurement to thirty, some of them of one place twice."""
    rng = np.random.default_rng(2026)
    made = []
    for i in range(200):
        n = 1 + i % 30
        x = rng.uniform(0, 1, n)
        if n > 3:
            x[0] = x[1]
        theta = {
            "kernel": list(KERNELS)[i % 4],
            "variance": float(np.exp(rng.uniform(-3, 2))),
            "lengthscale": float(np.exp(rng.uniform(np.log(0.02), np.log(0.6)))),
            "noise": float(np.exp(rng.uniform(np.log(0.01), 0))),
        }
        made.append(
            {
                "x": x.tolist(),
                "y": rng.normal(0, 1.5, n).tolist(),
                "places": [*np.linspace(0, 1, 51), x[0]],
                "theta": theta,
            }
        )
    return made


@dataclass(frozen=True, kw_only=True)
class Peer:
    """GPflow's model with one kernel, whose data may be of any number."""

    model: Any
    ask: Callable[[Any], tuple[Any, Any, Any]]  # mean, variance and log marginal likelihood
    loss: Callable[[], Any]


@cache
def gpflow() -> Any:
    """The library; it takes seconds to load, and only some tests of this file ask it."""
    from matinf.active import tensorflow

    return tensorflow


@cache
def _peer(kernel: str) -> Peer:
    """One for each kernel, traced once: making a model takes longer than asking it."""
    tf, library = gpflow().tf, gpflow().gpflow
    data = tuple(tf.Variable(np.zeros((1, 1)), shape=(None, 1), trainable=False) for _ in "xy")
    model = library.models.GPR(data, getattr(library.kernels, KERNELS[kernel])())

    def ask(places: Any) -> tuple[Any, Any, Any]:
        mean, variance = model.predict_f(places)
        return mean[:, 0], variance[:, 0], model.log_marginal_likelihood()

    anywhere = tf.TensorSpec((None, 1), tf.float64)
    return Peer(
        model=model,
        ask=tf.function(ask, input_signature=[anywhere]),
        loss=tf.function(model.training_loss),
    )


def peer_of(case: dict[str, Any]) -> Peer:
    """GPflow with the data and the hyperparameters of a case."""
    theta = case["theta"]
    peer = _peer(theta["kernel"])
    for variable, name in zip(peer.model.data, ("x", "y"), strict=True):
        variable.assign(np.array(case[name])[:, None])
    peer.model.kernel.variance.assign(theta["variance"])
    peer.model.kernel.lengthscales.assign(theta["lengthscale"])
    peer.model.likelihood.variance.assign(theta["noise"] ** 2)
    return peer


def by_gpflow(case: dict[str, Any]) -> tuple[Vector, Vector, float]:
    """Mean and variance at the places of a case, and the log marginal likelihood."""
    mean, variance, log = peer_of(case).ask(np.array(case["places"])[:, None])
    return mean.numpy(), variance.numpy(), float(log.numpy())


@cache
def posteriors() -> list[dict[str, Any]]:
    script = """return given.map(({ x, y, theta, places }) => {
      const model = gp.condition(x, y, theta);
      const found = gp.logMarginalLikelihood(x, y, theta);
      return { ...gp.predict(model, places), log: model.logLikelihood, ...found };
    });"""
    return node(script, cases())


def test_posterior_and_marginal_likelihood_are_gpflows() -> None:
    for case, ours in zip(cases(), posteriors(), strict=True):
        mean, variance, log = by_gpflow(case)
        std = np.sqrt(np.maximum(variance, 0))
        np.testing.assert_allclose(ours["mean"], mean, rtol=0, atol=1e-6)
        np.testing.assert_allclose(ours["std"], std, rtol=0, atol=1e-6)
        assert ours["log"] == pytest.approx(log, rel=1e-9, abs=1e-6)
        assert ours["value"] == ours["log"]


def test_nearly_exact_measurements_are_no_trouble() -> None:
    case = cases()[41] | {"theta": cases()[41]["theta"] | {"noise": 1.1e-3, "kernel": "rbf"}}
    ours = node(
        "return gp.predict(gp.condition(given.x, given.y, given.theta), given.places);", case
    )
    mean, variance, _ = by_gpflow(case)
    np.testing.assert_allclose(ours["mean"], mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours["std"], np.sqrt(variance), rtol=0, atol=1e-6)


def test_gradient_is_the_slope_of_the_marginal_likelihood() -> None:
    script = """return given.map(({ x, y, theta }) =>
      ["variance", "lengthscale", "noise"].map((name) => {
        const at = (h) => gp.logMarginalLikelihood(
          x, y, { ...theta, [name]: theta[name] * Math.exp(h) }).value;
        const h = 1e-3; // Richardson: the error of the difference goes with h^4
        return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      }));"""
    slopes = node(script, cases())
    for ours, slope in zip(posteriors(), slopes, strict=True):
        scale = max(1.0, np.abs(slope).max())  # of the value, whose rounding the difference carries
        np.testing.assert_allclose(ours["gradient"], slope, rtol=1e-6, atol=1e-7 * scale)


def test_fit_is_no_worse_than_gpflows() -> None:
    chosen = [case for case in cases() if len(case["x"]) >= 8][::25]
    script = "return given.map(({ x, y, theta }) => gp.fit(x, y, theta));"
    for case, ours in zip(chosen, node(script, chosen), strict=True):
        peer = peer_of(case)
        gpflow().gpflow.optimizers.Scipy().minimize(
            peer.loss, peer.model.trainable_variables, options={"maxiter": 200}, compile=False
        )
        theirs = float(peer.model.log_marginal_likelihood().numpy())
        assert ours["logLikelihood"] > theirs - 1e-4
        _, _, log = by_gpflow(case | {"theta": ours["theta"]})
        assert ours["logLikelihood"] == pytest.approx(log, abs=1e-6)


def test_fit_keeps_to_its_bounds() -> None:
    bounds = {"variance": [0.1, 4], "lengthscale": [0.02, 0.5], "noise": [1e-3, 0.5]}
    script = """return given.cases.map(({ x, y, theta }) => gp.fit(x, y, theta, given.bounds));"""
    for fitted in node(script, {"cases": cases()[:30], "bounds": bounds}):
        for name, (low, high) in bounds.items():
            assert low <= fitted["theta"][name] <= high


def test_fit_finds_the_lengthscale_of_a_known_curve() -> None:
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(0, 1, 60))
    y = rng.multivariate_normal(
        np.zeros(60), np.exp(-0.5 * ((x[:, None] - x) / 0.1) ** 2) + 0.01 * np.eye(60)
    )
    start = {"kernel": "rbf", "variance": 1, "lengthscale": 0.4, "noise": 0.3}
    script = "return gp.fit(given.x, given.y, given.start);"
    found = node(script, {"x": x.tolist(), "y": y.tolist(), "start": start})["theta"]
    assert found["lengthscale"] == pytest.approx(0.1, rel=0.3)
    assert found["noise"] == pytest.approx(0.1, rel=0.3)


def test_draws_have_the_posterior_mean_and_covariance() -> None:
    """And before any measurement those of the prior."""
    theta = {"kernel": "matern52", "variance": 2.0, "lengthscale": 0.2, "noise": 0.3}
    places, indices, y = np.linspace(0, 1, 21), [3, 4, 15, 15], [1.0, -0.5, 0.3, 0.6]
    script = """const draws = new gp.Draws(given.places, 4000, 7);
      const model = gp.condition(given.indices.map((i) => given.places[i]), given.y, given.theta);
      return { prior: draws.prior(given.theta),
               posterior: draws.posterior(model, given.indices, given.y) };"""
    given = {"theta": theta, "places": places.tolist(), "indices": indices, "y": y}
    found = node(script, given)
    kernel = gpflow().gpflow.kernels.Matern52(variance=2.0, lengthscales=0.2)
    data = (places[indices][:, None], np.array(y)[:, None])
    model = gpflow().gpflow.models.GPR(data, kernel, noise_variance=0.09)
    mean, covariance = (v.numpy() for v in model.predict_f(places[:, None], full_cov=True))
    for curves, centre, spread in (
        (found["prior"], np.zeros(21), kernel(places[:, None]).numpy()),
        (found["posterior"], mean[:, 0], covariance[0]),
    ):
        std = np.sqrt(np.diag(spread))
        error = np.abs(np.mean(curves, axis=0) - centre) / std * np.sqrt(4000)
        assert error.max() < 4.5  # standard errors
        # The error of a covariance over n draws is about sqrt(2 / n) of the variances at most.
        off = np.abs(np.cov(np.array(curves).T) - spread) / np.outer(std, std)
        assert off.max() < 4.5 * np.sqrt(2 / 4000)


def test_draws_are_the_same_for_a_seed_and_bend_through_what_is_measured() -> None:
    script = """const theta = { kernel: "rbf", variance: 1, lengthscale: 0.1, noise: 1e-3 };
      const places = Array.from({ length: 101 }, (_, i) => i / 100);
      const curves = (seed) => {
        const draws = new gp.Draws(places, 3, seed);
        return draws.posterior(gp.condition([0.2, 0.7], [1, -1], theta), [20, 70], [1, -1]);
      };
      return [curves(1), curves(1), curves(2)];"""
    first, again, other = np.array(node(script, None))
    assert (first == again).all()
    assert np.abs(first - other).max() > 0.5
    np.testing.assert_allclose(first[:, [20, 70]], [[1, -1]] * 3, atol=0.02)


def test_what_cannot_be_factorised_is_said() -> None:
    script = """try { gp.cholesky([[1, 2], [2, 1]].map((r) => Float64Array.from(r))); }
      catch (error) { return [error.name, error.message]; }"""
    name, message = node(script, None)
    assert name == "RangeError"
    assert "not positive definite" in message


# -- the normal distribution and the generator ---------------------------------------------------


def test_normal_distribution_is_scipys() -> None:
    z = np.concatenate([np.linspace(-38, 38, 3001), [-37.5, -0.46875, 0, 0.46875, 1e-9, 45, -45]])
    script = """return { cdf: given.map(normal.cdf), density: given.map(normal.density),
      erfcx: given.map((z) => normal.erfcx(Math.abs(z))) };"""
    ours = node(script, z.tolist())
    np.testing.assert_allclose(ours["cdf"], special.ndtr(z), rtol=1e-12, atol=1e-307)
    np.testing.assert_allclose(ours["erfcx"], special.erfcx(np.abs(z)), rtol=1e-14)
    pdf = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(ours["density"], pdf, rtol=1e-12, atol=1e-300)


def test_generator_is_even_normal_and_repeatable() -> None:
    script = """const draw = (seed) => {
        const r = new random.Random(seed);
        return { u: Array.from({ length: 20000 }, () => r.uniform()), z: r.normals(20000),
                 order: r.permutation(50) };
      };
      return [draw(5), draw(5), draw(6)];"""
    first, again, other = node(script, None)
    assert first == again
    assert first["u"][:5] != other["u"][:5]
    u, z = np.array(first["u"]), np.array(first["z"])
    counts = np.histogram(u, bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi squared with 19 degrees of freedom
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.03
    assert abs(z.mean()) < 0.03
    assert abs(z.std() - 1) < 0.02
    assert (np.abs(z) > 1.96).mean() == pytest.approx(0.05, abs=0.006)
    assert sorted(first["order"]) == list(range(50))
    assert first["order"] != sorted(first["order"])


# -- acquisition functions -----------------------------------------------------------------------

BEST, XI = 0.7, 0.05


@cache
def predictions() -> tuple[Vector, Vector]:
    """Means and deviations, from the far tail to certainty on both sides of the best value."""
    rng = np.random.default_rng(8)
    mean = np.concatenate([rng.normal(0, 1, 200), [0.7, 0.7, 0.75, 0.8, 0.6, 0.75]])
    std = np.concatenate([np.exp(rng.uniform(-6, 1, 200)), [0, 0.1, 0, 0, 0, 1e-300]])
    z = -np.concatenate([[1, 1 + 1e-12, 1 - 1e-12], np.geomspace(2, 1e9, 60)])  # gain in std
    tail_std = np.tile([1e-3, 1.0, 30.0], 21)
    tail = BEST + XI + z * tail_std
    return np.concatenate([mean, tail]), np.concatenate([std, tail_std])


FUNCTIONS = {
    "maximumMean": ("acquisition.maximumMean(m)", lambda m, s: acquisition.maximum_mean(m)),
    "closestToTarget": (
        "acquisition.closestToTarget(m, { target: 0.4 })",
        lambda m, s: acquisition.closest_to_target(m, target=0.4),
    ),
    "maximumStd": ("acquisition.maximumStd(s)", lambda m, s: acquisition.maximum_std(s)),
    "probabilityOfImprovement": (
        "acquisition.probabilityOfImprovement(m, s, { best: 0.7, xi: 0.05 })",
        lambda m, s: acquisition.probability_of_improvement(m, s, best=BEST, xi=XI),
    ),
    "expectedImprovement": (
        "acquisition.expectedImprovement(m, s, { best: 0.7, xi: 0.05 })",
        lambda m, s: acquisition.expected_improvement(m, s, best=BEST, xi=XI),
    ),
    "expectedImprovement without a margin": (
        "acquisition.expectedImprovement(m, s, { best: 0.7 })",
        lambda m, s: acquisition.expected_improvement(m, s, best=BEST),
    ),
    "logExpectedImprovement": (
        "acquisition.logExpectedImprovement(m, s, { best: 0.7, xi: 0.05 })",
        lambda m, s: acquisition.log_expected_improvement(m, s, best=BEST, xi=XI),
    ),
    "upperConfidenceBound": (
        "acquisition.upperConfidenceBound(m, s, { beta: 2 })",
        lambda m, s: acquisition.upper_confidence_bound(m, s, beta=2),
    ),
    "thompson": ("acquisition.thompson(m)", lambda m, s: acquisition.thompson(m)),
}


@cache
def scores() -> dict[str, list[float | str]]:
    mean, std = predictions()
    calls = ", ".join(f"{json.dumps(name)}: {call}" for name, (call, _) in FUNCTIONS.items())
    return node(f"const {{ m, s }} = given; return {{ {calls} }};", {"m": [*mean], "s": [*std]})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_scores_are_those_of_the_package(name: str) -> None:
    ours, theirs = numbers(scores()[name]), FUNCTIONS[name][1](*predictions())
    infinite = np.isinf(theirs)
    assert (ours[infinite] == theirs[infinite]).all()
    np.testing.assert_allclose(ours[~infinite], theirs[~infinite], rtol=1e-9, atol=1e-9)


def test_log_expected_improvement_tells_better_from_worse_where_doubles_end() -> None:
    mean, std = [-50.0, -60.0, -1e6, -1e170], [1.0] * 4
    script = """return [acquisition.expectedImprovement(given[0], given[1], { best: 0 }),
      acquisition.logExpectedImprovement(given[0], given[1], { best: 0 })];"""
    flat, steep = node(script, [mean, std])
    assert flat == [0, 0, 0, 0]
    ours = numbers(steep)
    assert (np.diff(ours) < 0).all()
    theirs = acquisition.log_expected_improvement(mean, std, best=0.0)
    assert ours[3] == theirs[3] == -np.inf
    np.testing.assert_allclose(ours[:3], theirs[:3], rtol=1e-12)


def test_random_scores_are_an_order_of_the_pool() -> None:
    script = """const r = new random.Random(1);
      return [acquisition.randomScores(20, r), acquisition.randomScores(0, r)];"""
    order, empty = node(script, None)
    assert sorted(order) == list(range(20))
    assert empty == []


def test_the_highest_is_the_first_of_equals_among_the_available() -> None:
    script = """return [acquisition.highest([1, 3, 3]),
      acquisition.highest([5, 1, 1], (i) => i > 0),
      acquisition.highest([-Infinity, -Infinity]), acquisition.highest([1], () => false)];"""
    assert node(script, None) == [1, 1, 0, -1]


REFUSED = {
    "acquisition.expectedImprovement([0], [-1], { best: 0 })": "std",
    "acquisition.expectedImprovement([0, 1], [1], { best: 0 })": "one length",
    "acquisition.expectedImprovement([NaN], [1], { best: 0 })": "mean",
    "acquisition.probabilityOfImprovement([0], [1], { best: 0, xi: -1 })": "xi",
    "acquisition.logExpectedImprovement([0], [1], { best: Infinity })": "best",
    "acquisition.upperConfidenceBound([0], [1], { beta: -1 })": "beta",
    "acquisition.closestToTarget([0], { target: NaN })": "target",
    "acquisition.maximumStd([-0.1])": "std",
    "acquisition.thompson([Infinity])": "sample",
    "acquisition.randomScores(-1)": "n",
}


def test_what_is_no_prediction_is_refused() -> None:
    calls = ", ".join(f"() => {call}" for call in REFUSED)
    script = f"""return [{calls}].map((call) => {{
      try {{ return ["nothing", String(call())]; }}
      catch (error) {{ return [error.name, error.message]; }} }});"""
    for (name, message), word in zip(node(script, None), REFUSED.values(), strict=True):
        assert name == "RangeError"
        assert word in message
