"""Ends of profile likelihoods: against refits in SciPy, and where there are none."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq, minimize
from scipy.special import expit
from scipy.stats import chi2

import spikeglm as nmo

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 2))
X1 = np.column_stack([X, np.ones(80)])
ETA = X @ [0.8, -0.3] - 1.2
Y = {
    "Poisson": RNG.poisson(np.exp(ETA)).astype(float),
    "Bernoulli": (RNG.random(80) < expit(ETA)).astype(float),
}
TIGHT = {"solver_kwargs": {"tol": 1e-10}}


def loss_of(kind, y, penalty):
    def loss(b):
        eta = np.clip(X1 @ b, -30, 30)
        if kind == "Poisson":
            value, h = y * eta - np.exp(eta), np.exp(eta)
        else:
            value, h = y * eta - np.logaddexp(0, eta), expit(eta) * expit(-eta)
        out = -value.sum()
        if penalty == "Firth":
            out -= 0.5 * np.linalg.slogdet((X1 * h[:, None]).T @ X1)[1]
        if penalty == "Ridge":
            out += 0.5 * 0.05 * 80 * (b[:2] ** 2).sum()
        return out

    return loss


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("penalty", [None, "Ridge", "Firth"])
@pytest.mark.parametrize("kind", Y)
def test_ends_are_where_refits_have_fallen_by_half_a_quantile(kind, penalty, place):
    y, loss = Y[kind], loss_of(kind, Y[kind], penalty)
    strength = 0.05 if penalty == "Ridge" else None
    model = nmo.GLM(kind, None, penalty, strength, **TIGHT).fit(X, y)
    at = np.append(model.coef_, model.intercept_)
    others = [k for k in range(3) if k != place]

    def fallen(value):
        def without(rest):
            b = np.empty(3)
            b[place], b[others] = value, rest
            return loss(b)

        refit = minimize(without, at[others], method="BFGS", options={"gtol": 1e-7})
        return 2 * (refit.fun - loss(at)) - chi2.ppf(0.9, 1)

    low = brentq(fallen, at[place] - 2.5, at[place])
    high = brentq(fallen, at[place], at[place] + 2.0)
    name = "intercept" if place == 2 else f"x{place}"
    found = nmo.inference.profile_intervals(model, X, y, parameter=name, level=0.9)
    assert found.status == ("converged",)
    assert_allclose([found.conf_low[0], found.conf_high[0]], [low, high], atol=2e-6)
    assert found.estimate[0] == at[place]


def test_an_intercept_alone_has_the_interval_of_a_poisson_count():
    y = (np.arange(50) < 4).astype(float)
    fit = nmo.GLM(**TIGHT).fit(np.zeros((50, 0)), y)
    found = nmo.inference.profile_intervals(fit, np.zeros((50, 0)), y)
    half = chi2.ppf(0.95, 1) / 2

    def fallen(mean):  # of the mean count of all bins, 4 being the estimate
        return (mean - 4 * np.log(mean)) - (4 - 4 * np.log(4)) - half

    ends = [brentq(fallen, 0.1, 4), brentq(fallen, 4, 20)]
    total = 50 * np.exp([found.conf_low[0], found.conf_high[0]])
    assert_allclose(total, ends, rtol=1e-6)


def test_a_population_is_its_neurons_and_says_why_some_have_none():
    y = np.column_stack([Y["Bernoulli"], 0 * Y["Bernoulli"], X[:, 0] > 1.0])
    with pytest.warns(nmo.exceptions.ConvergenceWarning):
        model = nmo.PopulationGLM("Bernoulli").fit(X, y)
    found = nmo.inference.profile_intervals(model, X, y, parameter="x0")
    one = nmo.GLM("Bernoulli").fit(X, y[:, 0])
    alone = nmo.inference.profile_intervals(one, X, y[:, 0], parameter="x0")
    assert_allclose(found.conf_low[0], alone.conf_low[0], rtol=1e-6)
    assert_allclose(found.conf_high[0], alone.conf_high[0], rtol=1e-6)
    assert found.status == ("converged", "silent", "the data do not determine it")
    assert np.isnan([found.estimate[1:], found.conf_low[1:], found.conf_high[1:]]).all()
    firth = nmo.PopulationGLM("Bernoulli", regularizer="Firth").fit(X, y)
    assert nmo.inference.profile_intervals(firth, X, y).status == ("converged",) * 3


def test_masks_copies_and_what_has_no_profile():
    y = np.column_stack([Y["Poisson"]] * 2)
    wide = np.column_stack([X, X[:, 0]])
    mask = np.array([[1, 1], [1, 0], [0, 1]])
    model = nmo.PopulationGLM(feature_mask=mask).fit(wide, y)
    found = nmo.inference.profile_intervals(model, wide, y, parameter="x1")
    assert found.status == ("converged", "left out by the feature mask")
    plain = nmo.inference.profile_intervals(nmo.GLM().fit(X, y[:, 0]), X, y[:, 0], parameter="x1")
    assert_allclose(found.conf_low[0], plain.conf_low[0], rtol=1e-5)
    model = nmo.GLM().fit(wide, y[:, 0])
    found = nmo.inference.profile_intervals(model, wide, y[:, 0], parameter="x0")
    assert found.status == ("the data do not determine it",)
    with pytest.raises(ValueError, match="dispersion is estimated apart"):
        nmo.inference.profile_intervals(nmo.GLM("Gaussian").fit(X, y[:, 0]), X, y[:, 0])
    with pytest.raises(ValueError, match="parameter"):
        nmo.inference.profile_intervals(nmo.GLM().fit(X, y[:, 0]), X, y[:, 0], parameter="x7")
    no_intercept = nmo.GLM(fit_intercept=False).fit(X, y[:, 0])
    with pytest.raises(ValueError, match="parameter"):
        nmo.inference.profile_intervals(no_intercept, X, y[:, 0])
    with pytest.raises(ValueError, match="not the data of the fit"):
        nmo.inference.profile_intervals(nmo.GLM().fit(X, y[:, 0]), X, y[:, 0] + 1)
