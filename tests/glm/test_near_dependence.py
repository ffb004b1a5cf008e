"""Features that are nearly the same: what the rows tell apart is fitted as a QR would fit it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import CANONICAL, PAIRS, Case

import spikeglm as nmo
from spikeglm import settings

T = 2000
SMALLER = [1e-4, 3e-6, 1e-6, 1e-7, 1e-9]
solvers = pytest.mark.parametrize("solver", [None, "LBFGS", "Newton"])


def near_copies(difference, seed=0):
    """Return a feature and one that differs from it a little, (T, 2), and how, in units of one."""
    rng = np.random.default_rng(seed)
    n, x = rng.normal(size=(2, T))
    X = np.column_stack([x, x + difference * n])
    return X, standardised(X[:, 1] - X[:, 0])


def standardised(x):
    return (x - x.mean()) / x.std()


def least_squares(X, y):
    """Return the mean squared residual of y on features (T, p) that are far from dependent."""
    Z = np.column_stack([X, np.ones(len(X))])
    return ((y - Z @ np.linalg.lstsq(Z, y)[0]) ** 2).mean()


def left_by(model, X, y):
    return ((y - model.predict(X)) ** 2).mean()


@solvers
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("difference", SMALLER)
def test_a_difference_of_near_copies_explains_what_it_explains(difference, seed, solver):
    X, n = near_copies(difference, seed)
    y = n + 0.1 * np.random.default_rng(9).normal(size=T)
    model = nmo.GLM("Gaussian", solver_name=solver).fit(X, y)
    assert model.fit_report_.converged
    assert model.fit_report_.result.rank == 2
    assert_allclose(left_by(model, X, y), least_squares(np.c_[X[:, 0], n], y), rtol=1e-5)


def test_differences_of_differences_are_told_apart_too():
    rng = np.random.default_rng(0)
    x, n, m = rng.normal(size=(3, T))
    X = np.column_stack([x, x + 1e-6 * n, x + 1e-10 * m, x, 2 * x + 1])
    y = n + m + 0.1 * rng.normal(size=T)
    model = nmo.GLM("Gaussian").fit(X, y)
    told_apart = np.column_stack([x, X[:, 1] - x, X[:, 2] - x]) * [1, 1e6, 1e10]
    assert model.fit_report_.converged
    assert model.fit_report_.result.rank == 3
    assert_allclose(left_by(model, X, y), least_squares(told_apart, y), rtol=1e-4)


@pytest.mark.parametrize(
    "place", [[0.0, 0.0, 0.0], [1e3, 0.0, 0.0], [1e6, -1e6, 0.0], [0.0, 0.0, 1e8]], ids=str
)
@pytest.mark.parametrize("unit", [[1.0, 1.0, 1.0], [1e9, 1e-9, 1e30]], ids=str)
def test_neither_places_nor_units_hide_a_difference(place, unit):
    X, n = near_copies(1e-5)
    other = np.random.default_rng(1).normal(size=T)
    X = (np.column_stack([X, other]) + place) * unit
    really = standardised(X[:, 1] / unit[1] - X[:, 0] / unit[0])
    y = n - other + 0.1 * np.random.default_rng(9).normal(size=T)
    model = nmo.GLM("Gaussian").fit(X, y)
    assert model.fit_report_.converged
    expected = least_squares(np.column_stack([X[:, 0] / unit[0] - place[0], really, other]), y)
    assert_allclose(left_by(model, X, y), expected, rtol=1e-4)


@pytest.mark.parametrize("mean", [1.0, 1e3])
@pytest.mark.parametrize("spread", [1e-5, 1e-9, 1e-12])
def test_a_feature_that_varies_little_beside_its_mean_varies(spread, mean):
    n = np.random.default_rng(0).normal(size=T)
    x = mean * (1 + spread * n)
    y = np.random.default_rng(1).poisson(np.exp(0.5 * n - 1))
    model = nmo.GLM().fit(x[:, None], y)
    assert model.fit_report_.converged
    plain = nmo.GLM().fit(standardised(x)[:, None], y)
    objectives = [m.fit_report_.result.objective for m in (model, plain)]
    assert_allclose(*objectives, atol=1e-12)
    assert_allclose(model.predict(x[:, None]), plain.predict(standardised(x)[:, None]), rtol=1e-3)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("difference", [1e-4, 1e-7])
def test_all_models_tell_near_copies_apart(difference, pair):
    case = Case(*pair)
    X, y = case.data()
    near = X.copy()
    near[:, 1] = X[:, 0] + difference * X[:, 1]
    told_apart = X.copy()
    told_apart[:, 1] = (near[:, 1] - X[:, 0]) / difference
    model = case.population().fit(near, y)
    assert model.fit_report_.converged
    expected = case.population().fit(told_apart, y)
    objectives = [m.fit_report_.result.objective for m in (model, expected)]
    assert_allclose(*objectives, rtol=0, atol=1e-16 / difference)
    assert_allclose(model.predict(near), expected.predict(told_apart), rtol=1e-4)


@pytest.mark.parametrize("pair", CANONICAL, ids="-".join)
@pytest.mark.parametrize("difference", [1e-3, 1e-4, 1e-5, 1e-6])
def test_float32_tells_apart_what_it_holds(difference, pair):
    case = Case(*pair)
    X, y = case.data()
    near = X.copy()
    near[:, 1] = X[:, 0] + difference * X[:, 1]
    single = near.astype(np.float32)
    model, double = case.glm().fit(single, y[:, 0]), case.glm().fit(single.astype(float), y[:, 0])
    assert model.fit_report_.converged
    objectives = [m.fit_report_.result.objective for m in (model, double)]
    assert_allclose(*objectives, rtol=0, atol=1e-11)
    assert model.fit_report_.result.rank == 3


def test_what_float32_does_not_hold_is_no_feature():
    bumps = np.random.default_rng(0).dirichlet(np.ones(6), T).astype(np.float32)  # add up to one
    y = np.random.default_rng(1).poisson(1.0, T)
    for solver in (None, "LBFGS", "Newton"):
        model = nmo.GLM(solver_name=solver).fit(bumps, y)
        assert model.fit_report_.converged
        assert model.fit_report_.result.rank == 5
        assert np.abs(model.coef_).max() < 10


@pytest.mark.parametrize("strength", [1e-16, 1e-13, 1e-11, 1e-9, 1e-6])
def test_a_ridge_decides_between_near_copies_as_least_squares_does(strength):
    X, n = near_copies(1e-6)
    y = n + 0.1 * np.random.default_rng(9).normal(size=T)
    model = nmo.GLM("Gaussian", regularizer="Ridge", regularizer_strength=strength).fit(X, y)
    assert model.fit_report_.converged

    def objective(w):
        return ((y - X @ w[:2] - w[2]) ** 2).mean() + strength / 2 * (w[:2] ** 2).sum()

    rows = np.vstack([np.c_[X, np.ones(T)] * (2 / T) ** 0.5, strength**0.5 * np.eye(3)[:2]])
    best = np.linalg.lstsq(rows, np.r_[y * (2 / T) ** 0.5, 0, 0], rcond=1e-18)[0]
    assert_allclose(objective(np.r_[model.coef_, model.intercept_]), objective(best), rtol=1e-9)


def test_each_neuron_of_a_population_has_its_own_mask_and_strengths():
    X, n = near_copies(1e-7)
    X = np.column_stack([X, np.random.default_rng(1).normal(size=T)])
    y = np.random.default_rng(2).poisson(np.exp(0.5 * np.column_stack([n] * 4) - 1))
    mask = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [1, 1, 1, 0]])
    strength = np.array([[0, 0, 0.1, 1e-3]])
    model = nmo.PopulationGLM(
        regularizer="Ridge", regularizer_strength=strength, feature_mask=mask
    ).fit(X, y)
    assert model.fit_report_.converged
    for c in range(4):
        used = mask[:, c] > 0
        alone = nmo.GLM(regularizer="Ridge", regularizer_strength=strength[0, c])
        alone.fit(X[:, used], y[:, c])
        assert_allclose(model.predict(X)[:, c], alone.predict(X[:, used]), rtol=1e-6)


@pytest.mark.parametrize("population", [False, True])
def test_classes_differ_by_a_difference(population):
    X, n = near_copies(1e-7)
    y = np.digitize(n + np.random.default_rng(7).normal(size=T), [-1, 1])
    kind = nmo.ClassifierPopulationGLM if population else nmo.ClassifierGLM
    labels = np.column_stack([y, y[::-1]]) if population else y
    model = kind(3, regularizer="UnRegularized").fit(X, labels)
    expected = kind(3, regularizer="UnRegularized").fit(np.column_stack([X[:, 0], n]), labels)
    assert model.fit_report_.converged
    objectives = [m.fit_report_.result.objective for m in (model, expected)]
    assert_allclose(*objectives, rtol=0, atol=1e-10)


@pytest.mark.parametrize("runner", ["threads", "jax", "dask"])
def test_every_runner_sees_the_difference(runner):
    X, n = near_copies(1e-7)
    y = np.random.default_rng(2).poisson(np.exp(0.5 * n - 1))
    expected = nmo.GLM().fit(X, y).fit_report_.result.objective
    with settings.config_context(runner=runner):
        model = nmo.GLM(solver_name="LBFGS").fit(X, y)
    assert model.fit_report_.converged
    assert_allclose(model.fit_report_.result.objective, expected, rtol=0, atol=1e-10)


def test_a_start_is_taken_where_the_user_put_it():
    X, n = near_copies(1e-7)
    X = np.column_stack([X, 2 * X[:, 0] - 3])  # and one that is redundant
    y = np.random.default_rng(2).poisson(np.exp(0.5 * n - 1))
    model = nmo.GLM().fit(X, y)
    again = nmo.GLM(solver_kwargs={"maxiter": 1}).fit(X, y, (model.coef_, model.intercept_))
    assert again.fit_report_.converged


def test_the_report_says_what_is_lost_in_float32():
    X, _ = near_copies(1e-8)
    y = np.random.default_rng(2).poisson(1.0, T)
    report = nmo.GLM().fit(X.astype(np.float32), y).fit_report_
    assert "as far as float32 tells (x0, x1)" in str(report)
    assert "as far as" not in str(nmo.GLM().fit(X, y).fit_report_)
    assert "as far as" not in str(nmo.GLM().fit(X[:, [0, 0]], y).fit_report_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_that_round_because_large_weights_cancel_stall_no_fit(dtype):
    rng = np.random.default_rng(0)
    n, x = rng.normal(size=(2, 5000))
    X = np.column_stack([x, x + 1e-5 * n]).astype(np.float32)
    really = np.clip(standardised(np.subtract(X[:, 1], X[:, 0], dtype=float)), -4, 4)
    y = really + 0.1 * rng.normal(size=5000)
    assert nmo.GLM("Gaussian").fit(X.astype(dtype), y).fit_report_.converged


@pytest.mark.parametrize("difference", [1e-4, 1e-5, 1e-6, 1e-8])
@pytest.mark.parametrize("model", ["Poisson", "Gaussian"])
def test_standard_errors_are_those_of_the_difference(model, difference):
    X, n = near_copies(difference)
    told_apart = np.column_stack([X[:, 0], (X[:, 1] - X[:, 0]) / difference])
    y = np.random.default_rng(2).poisson(np.exp(0.5 * n - 1))
    fit = nmo.GLM(model).fit(X, y)
    expected = nmo.GLM(model).fit(told_apart, y)
    coef, intercept = fit.standard_errors(X, y)
    of_n, of_intercept = expected.standard_errors(told_apart, y)
    assert_allclose(coef[1] * difference, of_n[1], rtol=1e-6)
    assert_allclose(intercept, of_intercept, rtol=1e-6)
    # A prediction at x, x + difference: what the two together are known to.
    at = np.array([1.0, 1.0 + difference, 1.0])
    covariance = fit.covariance(X, y)
    assert np.isfinite(covariance).all()
    assert np.isfinite(np.sqrt(at @ covariance @ at))


def test_each_neuron_has_the_standard_errors_of_what_it_sees():
    X, n = near_copies(1e-7)
    X = np.column_stack([X, np.random.default_rng(1).normal(size=T)])
    y = np.random.default_rng(2).poisson(np.exp(0.5 * np.column_stack([n] * 3) - 1))
    mask = np.array([[1, 1, 0], [1, 0, 1], [1, 1, 1]])
    model = nmo.PopulationGLM(feature_mask=mask).fit(X, y)
    found, _ = model.standard_errors(X, y)
    for c in range(3):
        used = mask[:, c] > 0
        alone, _ = nmo.GLM().fit(X[:, used], y[:, c]).standard_errors(X[:, used], y[:, c])
        assert_allclose(found[used, c], alone, rtol=1e-5)
        assert (found[~used, c] == 0).all()


def test_a_neuron_without_rows_leaves_the_errors_of_the_others_alone():
    """Beside copies of features it ended standard_errors with an error of linear algebra."""
    X, y = Case("Poisson", "exp").data()
    table = np.column_stack([X, X[:, 0], X[:, 0] + 1e-3 * X[:, 1]]) + 1e6
    one = nmo.GLM(fit_intercept=False).fit(table, y[:, 0])
    expected, _ = one.standard_errors(table, y[:, 0])
    both = np.column_stack([np.full(len(y), np.nan), y[:, 0]])
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="no valid rows"):
        model = nmo.PopulationGLM(fit_intercept=False).fit(table, both)
    errors, _ = model.standard_errors(table, both)
    assert np.isnan(errors[:, 0]).all()
    assert_allclose(errors[:, 1], expected, rtol=1e-6)
