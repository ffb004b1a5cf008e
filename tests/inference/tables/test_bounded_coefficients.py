"""Coefficients with bounds in a table: a fit without bounds, a simulation, and reasons."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.regularizer import Bounded

RNG = np.random.default_rng(8)
T = 400
MIX = np.linalg.cholesky(np.full((3, 3), 0.6) + 0.4 * np.eye(3))
X = RNG.normal(size=(T, 3)) @ MIX.T
TRUTH = np.array([0.0, 0.08, 0.4])


@pytest.fixture(scope="module")
def many():
    """300 recordings of the same neuron: on the bound, near it, far from it."""
    counts = RNG.poisson(np.exp(X @ TRUTH - 0.5)[:, None] * np.ones(300))
    model = nmo.PopulationGLM(regularizer=Bounded((0, None))).fit(X, counts)
    return model, counts, model.summary(X, counts)


def test_intervals_hold_the_truth_and_tests_their_level(many):
    model, _, found = many
    low, high = found.conf_low[1:], found.conf_high[1:]
    covers = ((low <= TRUTH[:, None]) & (TRUTH[:, None] <= high)).mean(axis=1)
    assert (np.abs(covers - 0.95) < 0.04).all()  # three Monte Carlo errors
    assert abs((found.p_value[1] < 0.05).mean() - 0.05) < 0.04
    is_zero = model.coef_[0] == 0
    assert 0.3 < is_zero.mean() < 0.8
    assert set(found.status[1, is_zero]) == {"on its lower bound"}
    assert set(found.status[1, ~is_zero]) <= {"converged", "outside of its interval: the bounds of "
                                              "other coefficients move it"}  # fmt: skip


def test_errors_are_those_of_the_fit_without_bounds(many):
    model, counts, found = many
    free = nmo.PopulationGLM().fit(X, counts[:, :5])
    expected = free.summary(X, counts[:, :5])
    assert_allclose(found.std_error[:, :5], expected.std_error, rtol=1e-5)
    assert_array_equal(found.estimate[1:], model.coef_)
    robust = model.summary(X, counts, cov_type="HC1").std_error[:, :5]
    assert_allclose(robust, free.summary(X, counts[:, :5], cov_type="HC1").std_error, rtol=1e-5)
    far = found.conf_low[3, :5] > 0.2  # no bound within reach: the usual interval
    assert far.any()
    assert_allclose(found.conf_low[3, :5][far], expected.conf_low[3][far], atol=1e-5)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::spikeglm.errors.ConvergenceWarning")
def test_every_number_that_is_missing_has_a_reason():
    last = (np.arange(T) == 7) * 1.0
    Z = np.column_stack([X, last, X[:, 0]])
    y = RNG.poisson(np.exp(Z[:, :3] @ TRUTH - 0.5))
    y[7] = 0
    Y = np.column_stack([y, np.zeros(T), y])
    low = np.array([[0.0, 0.0, 0.5, -3.0, 0.0]] * 3).T
    high = np.array([[np.inf, np.inf, 0.5, 3.0, np.inf]] * 3).T
    high[0, 2] = -0.0
    weights = RNG.integers(1, 3, T).astype(float)
    data = {"sample_weight": weights, "offset": np.full((T, 3), 0.1)}
    model = nmo.PopulationGLM(regularizer=Bounded((low, high)))
    table = model.fit(Z, Y, **data).summary(Z, Y, **data).to_frame()
    status = table.pivot(index="feature", columns="neuron", values="status")
    assert status.loc["x2", 0] == "fixed by its bounds"
    assert status.loc["x3", 0] == "without bounds: separated: no finite optimum"
    assert "combination" in status.loc["x4", 0]
    assert set(status[1]) == {"silent"}
    missing = table["std_error"].isna()
    assert not table.loc[missing, "status"].isin(["converged", "", "on its lower bound"]).any()
    assert table.loc[~missing, ["conf_low", "conf_high"]].notna().all(axis=None)
    assert (table["conf_low"] <= table["conf_high"])[~missing].all()


def test_a_bound_that_the_data_contradict_is_told():
    y = RNG.poisson(np.exp(-0.5 * X[:, 2] - 0.2))
    model = nmo.GLM(regularizer=Bounded((0, None))).fit(X, y)
    found = model.summary(X, y)
    assert "contradict" in found.status[3, 0] and found.p_value[3, 0] == 1.0
    assert "contradict" in str(found) and "bounds" in found.remark
    turned = X * [1, 1, -1]  # the best estimate for these is on no bound
    with pytest.raises(ValueError, match="not the data of the fit"):
        model.summary(turned, y)
