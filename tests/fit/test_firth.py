"""Firth's penalty: against brute force, closed forms, and data that have no other fit."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import clone

import spikeglm as nmo

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
ETA = X @ [0.8, -0.3, 0.0] - 1.5
COUNTS = np.column_stack([RNG.poisson(np.exp(ETA)), np.zeros(80), X[:, 0] > 1.2]).astype(float)
CHOICES = np.column_stack([RNG.random(80) < expit(ETA), X[:, 0] > 1, np.zeros(80)]).astype(float)
KINDS = {"Poisson": COUNTS, "Bernoulli": CHOICES}
WEIGHT = np.arange(80) % 3
OFFSET = RNG.normal(0, 0.3, 80)


def parts(eta, y, kind):
    """Log-likelihood and information of each row."""
    if kind == "Poisson":
        return y * eta - np.exp(eta), np.exp(eta)
    return y * eta - np.logaddexp(0, eta), expit(eta) * expit(-eta)


def brute_force(X, y, kind, *, weight=1.0, offset=0.0, intercept=True):
    """Maximise the penalised likelihood in SciPy's way; its loss as a function."""
    X1 = np.column_stack([X, np.ones(len(y))]) if intercept else X

    def loss(b):
        value, h = parts(X1 @ b + offset, y, kind)
        F = (X1 * (weight * h)[:, None]).T @ X1
        return -(weight * value).sum() - 0.5 * np.linalg.slogdet(F)[1]

    found = minimize(loss, np.zeros(X1.shape[1]), method="BFGS", options={"gtol": 1e-7})
    return found.x, loss


@pytest.mark.parametrize("kind", KINDS)
def test_estimates_maximise_the_penalised_likelihood(kind):
    """Also of a neuron that is silent, and of one that a feature separates."""
    model = nmo.PopulationGLM(kind, regularizer="Firth").fit(X, KINDS[kind])
    assert model.fit_report_.status == ("converged",) * 3
    for n, y in enumerate(KINDS[kind].T):
        best, loss = brute_force(X, y, kind)
        ours = np.append(model.coef_[:, n], model.intercept_[n])
        assert loss(ours) <= loss(best) + 1e-10
        assert_allclose(ours, best, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_with_weights_and_an_offset(kind):
    y = KINDS[kind][:, 0]
    model = nmo.GLM(kind, regularizer="Firth").fit(X, y, sample_weight=WEIGHT, offset=OFFSET)
    best, _ = brute_force(X, y, kind, weight=WEIGHT, offset=OFFSET)
    assert_allclose(np.append(model.coef_, model.intercept_), best, atol=1e-6)
    rows = np.repeat(np.arange(80), WEIGHT)
    repeated = nmo.GLM(kind, regularizer="Firth").fit(X[rows], y[rows], offset=OFFSET[rows])
    assert_allclose(model.coef_, repeated.coef_, rtol=1e-6)
    assert_allclose(
        model.standard_errors(X, y, sample_weight=WEIGHT, offset=OFFSET)[0],
        repeated.standard_errors(X[rows], y[rows], offset=OFFSET[rows])[0],
        rtol=1e-6,
    )


@pytest.mark.parametrize("n_events", [0, 1, 7, 50])
def test_an_intercept_alone_has_a_closed_form(n_events):
    y, nothing = (np.arange(50) < n_events).astype(float), np.zeros((50, 0))
    choices = nmo.GLM("Bernoulli", regularizer="Firth").fit(nothing, y)
    assert_allclose(expit(choices.intercept_), (n_events + 0.5) / 51, rtol=1e-7)
    counts = nmo.GLM("Poisson", regularizer="Firth").fit(nothing, y)
    assert_allclose(np.exp(counts.intercept_), (n_events + 0.5) / 50, rtol=1e-7)
    error = counts.standard_errors(nothing, y)[1]
    assert_allclose(error, (n_events + 0.5) ** -0.5, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_units_and_equivalent_features_do_not_matter(kind):
    y = KINDS[kind]
    model = nmo.PopulationGLM(kind, regularizer="Firth").fit(X, y)
    change = np.array([[2e3, 0.5, 0.0], [0.0, 1.0, 1e-3], [300.0, 0.0, 1e-3]])
    moved = nmo.PopulationGLM(kind, regularizer="Firth").fit(X @ change + 5.0, y)
    assert_allclose(moved.predict(X @ change + 5.0), model.predict(X), rtol=1e-5)


def test_features_that_predict_nothing_more_take_no_part():
    """A copy, a constant and a masked feature: the determinant is that of the rest."""
    wide = np.column_stack([X, X[:, 0] + X[:, 1], np.ones(80), RNG.normal(size=80)])
    mask = np.array([[1, 1, 1, 1, 1, 0]] * 3).T
    mask[1, 2] = 0  # of one neuron also a feature of which there are no copies
    model = nmo.PopulationGLM(regularizer="Firth", feature_mask=mask).fit(wide, COUNTS)
    plain = nmo.PopulationGLM(regularizer="Firth").fit(X, COUNTS)
    assert model.fit_report_.converged
    assert_allclose(model.predict(wide), plain.predict(X), rtol=1e-5)
    few = np.array([[1, 1, 1, 0, 1, 0], [1, 0, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]]).T
    masked = nmo.PopulationGLM(regularizer="Firth", feature_mask=few).fit(wide, COUNTS)
    alone = nmo.GLM(regularizer="Firth").fit(X[:, [0, 2]], COUNTS[:, 1])
    assert_allclose(masked.predict(wide)[:, 1], alone.predict(X[:, [0, 2]]), rtol=1e-5)


def test_without_an_intercept():
    model = nmo.GLM(regularizer="Firth", fit_intercept=False).fit(X, COUNTS[:, 0], offset=OFFSET)
    best, _ = brute_force(X, COUNTS[:, 0], "Poisson", offset=OFFSET, intercept=False)
    assert_allclose(model.coef_, best, atol=1e-6)


def test_errors_are_those_of_the_information_and_ask_for_the_data_of_the_fit():
    model = nmo.PopulationGLM(regularizer="Firth").fit(X, COUNTS)
    errors, of_intercept = model.standard_errors(X, COUNTS)
    X1 = np.column_stack([X, np.ones(80)])
    for n in range(3):
        F = (X1 * model.predict(X)[:, [n]]).T @ X1
        theirs = np.sqrt(np.diag(np.linalg.inv(F)))
        assert_allclose(np.append(errors[:, n], of_intercept[n]), theirs, rtol=1e-8)
    with pytest.raises(ValueError, match="not the data of the fit"):
        model.standard_errors(1.5 * X, COUNTS)


def test_bias_is_less_than_that_of_maximum_likelihood():
    """A thousand recordings with some fifteen spikes, as columns."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 2))
    y = rng.poisson(np.exp(x @ [0.6, -0.6] - 2.2)[:, None] * np.ones(1000)).astype(float)
    y = y[:, y.sum(axis=0) > 2]
    with_prior = nmo.PopulationGLM(regularizer="Firth").fit(x, y)
    plain = nmo.PopulationGLM().fit(x, y)
    truth = np.array([-2.2])
    assert abs(np.median(plain.intercept_) - truth) > 0.05
    assert abs(np.mean(with_prior.intercept_) - truth) < 0.03
    assert np.abs(with_prior.coef_.mean(axis=1) - [0.6, -0.6]).max() < 0.03


def test_other_links_models_classes_batches_and_solvers_are_refused():
    y = COUNTS[:, 0]
    for arguments in (("Poisson", "softplus"), ("Gaussian",), ("NegativeBinomial", "exp")):
        with pytest.raises(ValueError, match="canonical links only"):
            nmo.GLM(*arguments, regularizer="Firth").fit(X, y)
    with pytest.raises(ValueError, match="not there for classifiers"):
        nmo.ClassifierGLM(2, regularizer="Firth").fit(X, y > 0)
    with pytest.raises(ValueError, match="cannot handle this regularizer"):
        nmo.GLM(regularizer="Firth", solver_name="LBFGS").fit(X, y)
    with pytest.raises(ValueError, match="solver of its own"):
        nmo.regularizer.Firth.allow_solver("LBFGS")
    model, start = nmo.GLM(regularizer="Firth"), (np.zeros(3), np.zeros(1))
    with pytest.raises(ValueError, match="function of all rows"):
        model.initialize_optimizer_and_state(start, X, y)


def test_folds_files_clones_and_runners(tmp_path):
    model = nmo.GLM(regularizer="Firth").fit(X, COUNTS[:, 0])
    assert repr(clone(model)) == "GLM(regularizer='Firth')"
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert_allclose(
        loaded.standard_errors(X, COUNTS[:, 0])[0], model.standard_errors(X, COUNTS[:, 0])[0]
    )
    held_out = nmo.selection.cross_validated(nmo.GLM(regularizer="Firth"), X, COUNTS[:, 0], 2)
    first = nmo.GLM(regularizer="Firth").fit(X[40:], COUNTS[40:, 0])
    assert_allclose(held_out.prediction[:40], first.predict(X[:40]), rtol=1e-6)
    single = nmo.GLM(regularizer="Firth").fit(X.astype(np.float32), COUNTS[:, 0])
    assert_allclose(single.coef_, model.coef_, rtol=1e-5)
    pytest.importorskip("jax")
    with nmo.config_context(runner="jax"):
        there = nmo.GLM(regularizer="Firth").fit(X, COUNTS[:, 0])
    assert_allclose(there.coef_, model.coef_, rtol=1e-6)


def test_tests_that_refit_are_left_to_likelihoods():
    model = nmo.GLM(regularizer="Firth").fit(X, COUNTS[:, 0])
    found = nmo.inference.term_tests(model, X, COUNTS[:, 0], test="lr")
    assert np.isnan(found.statistic).all()
    wald = nmo.inference.term_tests(model, X, COUNTS[:, 0], test="wald")
    assert np.isfinite(wald.statistic).all()


def test_bounds_and_chosen_strengths_are_not_for_it():
    bounded = nmo.regularizer.Bounded((0, 1), regularizer="Firth")
    with pytest.raises(ValueError, match="smooth penalties only"):
        nmo.GLM(regularizer=bounded).fit(X, COUNTS[:, 0])
    chosen = nmo.GLM(regularizer="Firth", regularizer_strength="auto")
    with (
        pytest.warns(UserWarning, match="has no effect"),
        pytest.raises(ValueError, match="cannot be chosen automatically"),
    ):
        chosen.fit(X, COUNTS[:, 0])


def test_where_rows_lie_does_not_matter():
    here = nmo.PopulationGLM(regularizer="Firth").fit(X, COUNTS)
    array = pytest.importorskip("dask.array").from_array(X, chunks=(30, -1))
    with nmo.config_context(runner="dask"):
        there = nmo.PopulationGLM(regularizer="Firth").fit(array, COUNTS)
    assert_allclose(there.coef_, here.coef_, rtol=1e-5)
    assert_allclose(there.standard_errors(array, COUNTS)[0], here.standard_errors(X, COUNTS)[0])
