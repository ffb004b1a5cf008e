"""A GLM with lapses: what states are compared with."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import expit

import spikeglm as nmo
from spikeglm.glm_hmm import fit_lapses
from spikeglm.glm_hmm.lapse_climbing import Lapsing

RATES = {"none": (0.0, 0.0), "both": (0.08, 0.15), "one": (0.2, 0.0), "many": (0.3, 0.3)}
WEAK = {"regularizer_strength": 0.5}


def drawn(rates, T=4000, seed=0, gain=1.5):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(T, 2)) * [1.0, 20.0]
    s = 1 / (1 + np.exp(-(gain * (2 * X[:, 0] - 0.05 * X[:, 1]) + 0.5)))
    one = rates[0] + (1 - sum(rates)) * s
    y = (rng.random(T) < one).astype(float)
    y[5], X[9, 0] = np.nan, np.nan
    return X, y


def loss(theta, X, y, strength):
    """The textbook formula."""
    there = np.isfinite(y) & np.isfinite(X).all(axis=1)
    w, b, to_one, to_zero = theta[:2], theta[2], theta[3], theta[4]
    s = expit(X[there] @ w + b)
    p = to_one + (1 - to_one - to_zero) * s
    p = np.where(y[there] > 0, p, 1 - p)
    return -np.log(np.maximum(p, 1e-300)).sum() + 0.5 * strength * (w**2).sum()


def values(found):
    return np.array([*found.coef, found.intercept, found.lapse_to_one, found.lapse_to_zero])


@pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_other_optimiser_finds_a_better_one(rates, seed):
    """SciPy's L-BFGS-B, from the truth and from random starts, with numbers for derivatives."""
    X, y = drawn(rates, seed=seed)
    found = fit_lapses(X, y, **WEAK)
    assert found.status == "converged" and found.n_agreeing >= 2
    least = loss(values(found), X, y, 0.5)
    assert_allclose(least, -found.log_likelihood + 0.25 * (found.coef**2).sum(), rtol=1e-10)
    rng, bounds = np.random.default_rng(seed), [(None, None)] * 3 + [(0, 0.49)] * 2
    starts = [np.array([3.0, -0.075, 0.5, *rates])]
    starts += [np.append(rng.normal(size=3) * [2, 0.1, 1], rng.uniform(0, 0.4, 2)) for _ in "abc"]
    others = [
        minimize(loss, at, (X, y, 0.5), bounds=bounds, options={"ftol": 1e-14, "maxiter": 2000})
        for at in starts
    ]
    best = min(others, key=lambda other: other.fun)
    assert least <= best.fun + 1e-6
    assert_allclose(values(found), best.x, atol=2e-2)


@pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
def test_an_optimum_has_no_slope_but_on_bounds(rates):
    """By differences of the textbook formula, per standard error."""
    X, y = drawn(rates)
    found = fit_lapses(X, y, **WEAK)
    at, step = values(found), 1e-4 * np.array([1, 0.05, 1, 0.1, 0.1])
    for k, h in enumerate(np.diag(step)):
        above, here = loss(at + h, X, y, 0.5), loss(at, X, y, 0.5)
        if k >= 3 and at[k] == 0:
            assert above > here and np.isnan(found.errors[k])
        else:
            slope = (above - loss(at - h, X, y, 0.5)) / (2 * step[k])
            assert abs(slope * found.errors[k]) < 1e-3


def test_errors_are_those_of_the_curvature_and_hold_the_truth():
    inside, n = np.zeros(5), 60
    truth = np.array([3.0, -0.075, 0.5, 0.08, 0.15])
    for seed in range(n):
        X, y = drawn(RATES["both"], seed=seed)
        found = fit_lapses(X, y, regularizer=None, regularizer_strength=None)
        inside += np.abs(values(found) - truth) < 1.96 * found.errors
    assert (inside / n > 0.85).all() and 0.92 < inside.sum() / (5 * n) < 0.98
    table = found.to_frame().set_index("parameter")
    assert_allclose(table["estimate"], values(found))


def test_derivatives_are_those_of_automatic_differentiation():
    import jax
    import jax.numpy as jnp
    from tests.glm_hmm.models import in_double

    rng = np.random.default_rng(0)
    X, y, offset = rng.normal(size=(50, 3)), rng.random(50) < 0.4, rng.normal(size=50)
    strength, at = np.array([0.3, 0.0, 2.0]), np.array([0.5, -1.0, 2.0, 0.1, 0.25])
    found = Lapsing(X, y, offset, strength).look(at)
    with in_double():

        def value(theta, outcome):
            s = jax.nn.sigmoid(X @ theta[:3] + offset)
            p = theta[3] + (1 - theta[3] - theta[4]) * s
            return -jnp.log(jnp.where(outcome, p, 1 - p)), p

        def total(theta):
            return value(theta, y)[0].sum() + 0.5 * (strength * theta[:3] ** 2).sum()

        assert_allclose(found.value, total(at), rtol=1e-12)
        assert_allclose(found.slope, jax.grad(total)(at), rtol=1e-9)
        assert_allclose(found.observed, jax.hessian(total)(at), rtol=1e-9)
        p = np.asarray(value(at, y)[1])
        slopes = [jax.jacobian(lambda t, o=o: value(t, np.full(50, o))[0])(at) for o in (1, 0)]
        expected = sum(
            np.asarray(J).T @ (w[:, None] * np.asarray(J))
            for J, w in zip(slopes, (p, 1 - p), strict=True)
        )
        expected[range(3), range(3)] += strength
        assert_allclose(found.expected, expected, rtol=1e-9)


def test_without_lapses_it_is_the_glm():
    X, y = drawn(RATES["none"], seed=3)
    found = fit_lapses(X, y, **WEAK)
    there = np.isfinite(y + X.sum(axis=1))
    glm = nmo.GLM("Bernoulli", None, "Ridge", 0.5 / there.sum()).fit(X[there], y[there])
    assert found.lapse_to_one + found.lapse_to_zero < 0.02
    if found.lapse_to_one == found.lapse_to_zero == 0.0:
        assert_allclose(found.coef, glm.coef_, rtol=1e-4)
    assert found.log_likelihood >= glm.score(X[there], y[there]) * there.sum() - 1e-3
    assert found.n_parameters == 5 and found.n_seen == 3998
    assert_allclose(found.bic, -2 * found.log_likelihood + 5 * np.log(3998))


def test_masks_and_given_weights():
    X, y = drawn(RATES["both"])
    masked = fit_lapses(X, y, feature_mask=[1, 0], **WEAK)
    alone = fit_lapses(X[:, :1], np.where(np.isfinite(X[:, 1]), y, np.nan), **WEAK)
    assert masked.coef[1] == 0 and np.isnan(masked.errors[1]) and masked.n_parameters == 4
    assert_allclose(masked.coef[0], alone.coef[0], rtol=1e-6)
    found = fit_lapses(X, y, regularizer=None, regularizer_strength=None)
    frozen = {"x1": found.coef[1], "intercept": found.intercept}
    given = fit_lapses(X, y, regularizer=None, regularizer_strength=None, frozen_weights=frozen)
    assert given.intercept == found.intercept and given.n_parameters == 3
    assert_allclose(values(given), values(found), rtol=1e-5)
    assert np.isnan(given.errors[1:3]).all() and (given.errors[[0, 3]] < found.errors[[0, 3]]).all()


def test_it_is_compared_on_the_same_folds():
    X, y = drawn(RATES["both"], T=3000)
    starts = np.arange(0, 3000, 100)
    session = np.arange(3000) // 100
    chosen = nmo.glm_hmm.select_states(
        X, y, starts, n_states=[1, 2], n_restarts=2, folds=3, tol=1e-5, **WEAK
    )
    there, lapses = np.isfinite(y + X.sum(axis=1)), chosen.lapses
    for fold in range(3):
        train, test = there & (session % 3 != fold), there & (session % 3 == fold)
        one = fit_lapses(X[train], y[train], **WEAK).predict(X[test])
        log_p = np.log2(np.where(y[test] > 0, one, 1 - one))
        rate = y[train].mean()
        null = np.log2(np.where(y[test] > 0, rate, 1 - rate))
        assert_allclose(lapses.bits_per_trial[fold], (log_p - null).mean(), rtol=1e-6)
    assert lapses.statuses == ("converged",) * 3
    table = chosen.to_frame()
    difference = chosen.bits_per_trial - lapses.bits_per_trial
    assert_allclose(table["above_lapses"], difference.mean(axis=1))
    assert_allclose(table["error_above_lapses"], difference.std(axis=1, ddof=1) / np.sqrt(3))
    assert table["above_lapses"][1] < -5 * table["error_above_lapses"][1]  # the plain GLM
    assert_allclose(lapses.fit.coef, fit_lapses(X, y, **WEAK).coef)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"observation_model": "Poisson"}, "Poisson"),
        ({"inverse_link_function": "norm_cdf"}, "norm.cdf"),
        ({"regularizer": "Lasso"}, "Ridge"),
    ],
)
def test_what_has_no_lapse_model_is_told_and_compared_without(arguments, message):
    X, y = drawn(RATES["both"], T=300)
    with pytest.raises(ValueError, match=message):
        fit_lapses(X, y, **arguments)
    chosen = nmo.glm_hmm.select_states(
        X, y, np.arange(0, 300, 50), n_states=[1], n_restarts=1, folds=2, **arguments
    )
    assert chosen.lapses is None and "above_lapses" not in chosen.to_frame()


def test_trouble_has_a_word():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=200)] * 2)
    y = rng.random(200) < 1 / (1 + np.exp(-3 * X[:, 0]))
    none = {"regularizer": None, "regularizer_strength": None}
    twice = fit_lapses(X, y, **none)
    assert twice.status == "some parameters cannot be told apart" and twice.is_well
    assert np.isnan(twice.errors).all() and twice.n_parameters == 4
    once = fit_lapses(X[:, :1], y, **none)
    assert_allclose(twice.log_likelihood, once.log_likelihood, rtol=1e-8)
    apart = X[:, :1] > 0
    with pytest.warns(nmo.errors.ConvergenceWarning, match="lapse model"):
        found = fit_lapses(X[:, :1], apart[:, 0], **none)
    assert found.status == "separated" and not found.is_well
    assert fit_lapses(X[:, :1], apart[:, 0]).status == "converged"  # a prior bounds weights
    with pytest.warns(nmo.errors.ConvergenceWarning) as told:
        chosen = nmo.glm_hmm.select_states(
            X[:, :1], apart[:, 0], np.arange(0, 200, 20), n_states=[1], folds=2, **none
        )
    assert any("lapse model was found (separated)" in str(w.message) for w in told)
    assert chosen.lapses.statuses == ("separated",) * 2
    with pytest.raises(ValueError, match="other features"):
        once.predict(X)
