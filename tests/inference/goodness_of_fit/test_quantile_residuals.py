"""Randomised quantile residuals: R's numbers, mpmath's where R has none, and normal ones."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import spikeglm as nmo
from spikeglm.inference.goodness_of_fit.quantile_residuals import quantile_residuals
from spikeglm.observation_models import (
    BernoulliObservations,
    GammaObservations,
    GaussianObservations,
    InverseGaussianObservations,
    NegativeBinomialObservations,
    PoissonObservations,
)

from ...models import ROWS

FILE = Path(__file__).parents[2] / "reference_data/quantile_residuals.json"
R = json.loads(FILE.read_text())
MU, V = np.array(R["mu"]), np.array(R["v"])
every_model = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


@pytest.mark.parametrize(
    "name, model, scale, mean",
    [
        ("poisson", PoissonObservations(), 1.0, MU),
        ("gamma", GammaObservations(), 0.6, np.array(R["mu_gamma"])),
        ("gaussian", GaussianObservations(), 0.7**2, MU),
    ],
)
def test_the_numbers_of_r(name, model, scale, mean):
    found = quantile_residuals(model, np.array(R["y"][name]), mean, scale, V)
    assert_allclose(found, R[name]["z"], rtol=1e-11, atol=1e-12)


def normal_score(lower, upper):
    """Phi^-1 of a probability to all digits, from the smaller tail."""
    tail, sign = (lower, -1) if lower < upper else (upper, 1)
    x = mpmath.findroot(
        lambda z: mpmath.log(mpmath.erfc(z / mpmath.sqrt(2)) / 2) - mpmath.log(tail),
        mpmath.sqrt(-2 * mpmath.log(2 * tail)) if tail < 0.4 else 0.3,
    )
    return float(sign * x)


def exact(probabilities, y, v):
    """Residual of a count from the probabilities of 0, 1, ... (an iterator)."""
    with mpmath.workdps(120):
        mass = [next(probabilities) for _ in range(y + 1)]
        before, here = mpmath.fsum(mass[:-1]), mass[-1]
        lower = before + mpmath.mpf(v) * here
        return normal_score(lower, 1 - lower)


def negative_binomial(mean, r):
    p = r / (r + mpmath.mpf(mean))
    for k in range(1000):
        yield mpmath.binomial(k + r - 1, k) * p**r * (1 - p) ** k


def test_overdispersed_counts_and_choices_to_all_digits():
    """R's file has responses for them, a count of 60 at a mean of .4 among these."""
    y = np.array(R["y"]["negbin"])
    found = quantile_residuals(NegativeBinomialObservations(0.5), y, MU, 0.5, V)
    expected = [exact(negative_binomial(m, 2), int(k), v) for m, k, v in zip(MU, y, V, strict=True)]
    assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    y, p = np.array(R["y"]["bernoulli"]), np.array(R["p"])
    found = quantile_residuals(BernoulliObservations(), y, p, 1.0, V)
    u = np.where(y == 0, V * (1 - p), 1 - p + V * p)
    assert_allclose(found, stats.norm.ppf(u), rtol=1e-9, atol=1e-9)


def test_tails_of_the_inverse_gaussian_to_all_digits():
    model, mean, scale = InverseGaussianObservations(), np.array([1.3]), 0.4
    for y in (0.01, 0.4, 1.3, 9.0, 60.0):
        with mpmath.workdps(120):
            shape = 1 / mpmath.mpf(scale)
            root, ratio = mpmath.sqrt(shape / mpmath.mpf(y)), mpmath.mpf(y) / mpmath.mpf(1.3)
            lower = mpmath.ncdf(root * (ratio - 1)) + mpmath.exp(
                2 * shape / mpmath.mpf(1.3)
            ) * mpmath.ncdf(-root * (ratio + 1))
            expected = normal_score(lower, 1 - lower)
        found = quantile_residuals(model, np.array([y]), mean, scale, np.zeros(1))
        assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@every_model
def test_a_right_model_has_normal_residuals(row):
    rng = np.random.default_rng(7)
    scale = row.scales[-1]
    mean = rng.uniform(0.2, 0.8, 4000)
    y = row.distribution(mean, scale).rvs(random_state=rng)
    z = quantile_residuals(row.model, y, mean, scale, rng.random(4000))
    assert stats.kstest(z, "norm").pvalue > 0.01
    wrong = quantile_residuals(row.model, y, 1.15 * mean, scale, rng.random(4000))
    assert stats.kstest(wrong, "norm").pvalue < 1e-3


@every_model
def test_tails_and_variance_are_those_of_the_distribution(row):
    mean = np.array([0.2, 0.5, 0.9])
    for scale in row.scales:
        distribution = row.distribution(mean, scale)
        for y in [*row.responses, -1.0]:
            lower, upper = row.model.log_tails(np.full(3, y), mean, scale)
            if y < 0 and row.kind == "positive":
                continue
            with np.errstate(divide="ignore"):
                assert_allclose(lower, distribution.logcdf(y), rtol=1e-8, atol=1e-14)
                assert_allclose(upper, distribution.logsf(y), rtol=1e-8, atol=1e-14)
        dispersion = scale if row.model.has_dispersion else 1.0
        assert_allclose(row.model.variance(mean, scale) * dispersion, distribution.var(), rtol=1e-9)


def test_beyond_the_smallest_number_there_is_the_deviance_residual_takes_over():
    model = PoissonObservations()
    z = quantile_residuals(model, np.array([600, 0]), np.array([0.1, 5000.0]), 1.0, np.full(2, 0.5))
    signed = np.sqrt(model.deviance(np.array([600, 0]), np.array([0.1, 5000.0]))) * [1, -1]
    assert_allclose(z, signed)
    assert abs(z).min() > 37


@pytest.mark.parametrize("kind", ["response", "pearson", "deviance", "quantile"])
def test_residuals_keep_labels_and_gaps(kind):
    import pandas as pd

    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 2)), index=np.arange(300) * 0.1)
    y = pd.DataFrame(rng.poisson(1.0, (300, 2)).astype(float), index=X.index, columns=["a", "b"])
    y.iloc[5, 1] = np.nan
    X.iloc[9, 0] = np.nan
    model = nmo.PopulationGLM().fit(X, y)
    found = nmo.inference.residuals(model, X, y, kind=kind)
    assert list(found.columns) == ["a", "b"] and found.index.equals(X.index)
    assert np.argwhere(found.isna().to_numpy()).tolist() == [[5, 1], [9, 0], [9, 1]]
    alone = nmo.GLM().fit(X, y["a"])
    again = nmo.inference.residuals(alone, X, y["a"], kind=kind)
    assert_allclose(again, found["a"], rtol=1e-5, atol=1e-6)


def test_residuals_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 2))
    counts, numbers = rng.poisson(np.exp(0.3 * X[:, 0])), rng.gamma(2.0, np.exp(0.3 * X[:, 0]))
    families = {
        "Poisson": sm.families.Poisson(),
        "Gamma": sm.families.Gamma(sm.families.links.Log()),
    }
    for (name, family), y in zip(families.items(), (counts, numbers), strict=True):
        ours = nmo.GLM(name, inverse_link_function="exp").fit(X, y)
        theirs = sm.GLM(y, sm.add_constant(X), family=family).fit(tol=1e-14)
        for kind, expected in (
            ("response", theirs.resid_response),
            ("pearson", theirs.resid_pearson),
            ("deviance", theirs.resid_deviance),
        ):
            found = nmo.inference.residuals(ours, X, y, kind=kind)
            assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_what_cannot_be_asked_is_explained():
    X, y = np.random.default_rng(0).normal(size=(50, 1)), np.arange(50) % 3
    model = nmo.GLM().fit(X, y)
    with pytest.raises(ValueError, match="Did you mean 'pearson'"):
        nmo.inference.residuals(model, X, y, kind="Pearsons")
