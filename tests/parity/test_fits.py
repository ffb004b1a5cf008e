"""Fits: models x links x regularizers x kinds of input, through the same constructor calls."""

import warnings

import jax.numpy as jnp
import nemos
import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose
from tests.parity.problems import PAIRS, P, T, features, responses

import spikeglm

# regularizer: (strength, solver arguments with which NeMoS comes close to its optimum)
FIRST_ORDER = {"tol": 1e-12, "maxiter": 20_000}
REGULARIZERS = {
    "UnRegularized": (None, {"tol": 1e-12, "maxiter": 2_000}),
    "Ridge": (0.1, {"tol": 1e-12, "maxiter": 2_000}),
    "Lasso": (0.05, FIRST_ORDER),
    "ElasticNet": ((0.05, 0.7), FIRST_ORDER),
    "GroupLasso": (0.05, FIRST_ORDER),
}
GROUPS = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
of_fits = pytest.mark.parametrize("pair", PAIRS, ids="-".join)
of_regularizers = pytest.mark.parametrize("regularizer", REGULARIZERS)


def model_of(library, kind, pair, regularizer, n_neurons=None, **changes):
    strength, kwargs = REGULARIZERS[regularizer]
    chosen = regularizer
    if regularizer == "GroupLasso":
        mask = GROUPS if n_neurons is None else _per_neuron(GROUPS, n_neurons)
        chosen = library.regularizer.GroupLasso(mask=mask)
    arguments = {
        "observation_model": pair[0],
        "inverse_link_function": pair[1],
        "regularizer": chosen,
    }
    if strength is not None:
        arguments["regularizer_strength"] = strength
    if library is nemos:
        arguments["solver_kwargs"] = kwargs
    return getattr(library.glm, kind)(**(arguments | changes))


def _per_neuron(groups, n_neurons):
    """One group per neuron and group of features, (G·N, p, N): NeMoS's masks know no other."""
    masks = np.zeros((len(groups) * n_neurons, groups.shape[1], n_neurons))
    for n in range(n_neurons):
        masks[n * len(groups) : (n + 1) * len(groups), :, n] = groups
    return masks


def fitted(library, kind, pair, regularizer, X, y, **changes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        n = y.shape[1] if y.ndim == 2 else None
        return model_of(library, kind, pair, regularizer, n, **changes).fit(X, y)


def same_estimates(ours, theirs):
    assert_allclose(ours.coef_, theirs.coef_, atol=2e-4)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=2e-4)


def same_model(ours, theirs, X, y):
    """Compare estimates, and what is computed from them at the same parameters."""
    same_estimates(ours, theirs)
    assert_allclose(ours.dof_resid_, np.broadcast_to(theirs.dof_resid_, ours.dof_resid_.shape))
    # The same residuals, over what is left of the rows: for NeMoS whatever the penalty leaves.
    left = len(y) - ours.edf_ if hasattr(ours, "edf_") else ours.dof_resid_
    residuals = ours.scale_ * left / ours.dof_resid_
    assert_allclose(residuals, np.broadcast_to(theirs.scale_, ours.scale_.shape), rtol=1e-3)
    ours.coef_, ours.intercept_ = np.array(theirs.coef_), np.array(theirs.intercept_)
    ours.scale_ = np.broadcast_to(theirs.scale_, ours.scale_.shape)
    params = ours.coef_, ours.intercept_
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)
    assert_allclose(ours.compute_loss(params, X, y), theirs.compute_loss(params, X, y), rtol=1e-9)
    for score in ("log-likelihood", "pseudo-r2-McFadden", "pseudo-r2-Cohen"):
        assert_allclose(
            ours.score(X, y, score_type=score), theirs.score(X, y, score_type=score),
            rtol=1e-7, atol=1e-10, err_msg=score,
        )  # fmt: skip


@of_fits
@of_regularizers
def test_one_neuron(pair, regularizer):
    X, y = features(), responses(pair[0])[:, 0]
    ours = fitted(spikeglm, "GLM", pair, regularizer, X, y)
    same_model(ours, fitted(nemos, "GLM", pair, regularizer, X, y), X, y)


@of_fits
@of_regularizers
def test_a_population(pair, regularizer):
    X, y = features(), responses(pair[0])
    ours = fitted(spikeglm, "PopulationGLM", pair, regularizer, X, y)
    theirs = fitted(nemos, "PopulationGLM", pair, regularizer, X, y)
    if regularizer == "GroupLasso":  # NeMoS's population cannot predict after this fit
        same_estimates(ours, theirs)
    else:
        same_model(ours, theirs, X, y)


@pytest.mark.parametrize("regularizer", ["UnRegularized", "Ridge"])
def test_a_population_with_a_mask(regularizer):
    X, y = features(), responses("Poisson")
    mask = np.array([[1, 0], [1, 1], [0, 1]])
    pair = ("Poisson", "exp")
    ours = fitted(spikeglm, "PopulationGLM", pair, regularizer, X, y, feature_mask=mask)
    theirs = fitted(nemos, "PopulationGLM", pair, regularizer, X, y, feature_mask=mask)
    assert_allclose(ours.coef_, theirs.coef_, atol=2e-4)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-3)


@pytest.mark.parametrize("regularizer", ["UnRegularized", "Ridge", "Lasso"])
def test_a_dict_of_features(regularizer):
    X = {"a": features()[:, :1], "b": features()[:, 1:]}
    y = responses("Poisson")
    ours = fitted(spikeglm, "PopulationGLM", ("Poisson", "exp"), regularizer, X, y)
    theirs = fitted(nemos, "PopulationGLM", ("Poisson", "exp"), regularizer, X, y)
    for key in X:
        assert_allclose(ours.coef_[key], theirs.coef_[key], atol=2e-4)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-3)


INPUTS = {
    "pandas": lambda X, y: (pd.DataFrame(X, columns=["a", "b", "c"]), pd.DataFrame(y)),
    "jax": lambda X, y: (jnp.asarray(X), jnp.asarray(y)),
    "integer counts": lambda X, y: (X, y.astype(int)),
    "a list of tables": lambda X, y: ([X[:, :1], X[:, 1:]], y),
}


@pytest.mark.parametrize("regularizer", ["UnRegularized", "Ridge", "Lasso"])
@pytest.mark.parametrize("kind", INPUTS)
def test_kinds_of_input(kind, regularizer):
    X, y = INPUTS[kind](features(), responses("Poisson"))
    ours = fitted(spikeglm, "PopulationGLM", ("Poisson", "exp"), regularizer, X, y)
    theirs = fitted(nemos, "PopulationGLM", ("Poisson", "exp"), regularizer, X, y)
    as_list = ours.coef_ if isinstance(ours.coef_, list) else [ours.coef_]
    other = theirs.coef_ if isinstance(theirs.coef_, list) else [theirs.coef_]
    for mine, its in zip(as_list, other, strict=True):
        assert_allclose(mine, its, atol=2e-4)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-3)


def test_pynapple():
    times, X, y = np.arange(T) * 0.01, features(), responses("Poisson")
    epochs = nap.IntervalSet([0, 0.6], [0.5, 1.2])
    X_nap = nap.TsdFrame(times, X).restrict(epochs)
    y_nap = nap.TsdFrame(times, y, columns=["u", "v"]).restrict(epochs)
    ours = fitted(spikeglm, "PopulationGLM", ("Poisson", "exp"), "Ridge", X_nap, y_nap)
    theirs = fitted(nemos, "PopulationGLM", ("Poisson", "exp"), "Ridge", X_nap, y_nap)
    mine, other = ours.predict(X_nap), theirs.predict(X_nap)
    assert type(mine) is type(other)
    assert list(mine.columns) == list(other.columns)
    assert_allclose(mine.times(), other.times())
    assert_allclose(np.asarray(mine), np.asarray(other), rtol=1e-3)


def test_rows_with_nan():
    X, y = features().copy(), responses("Poisson")[:, 0].copy()
    X[5, 1], y[17] = np.nan, np.nan
    ours = fitted(spikeglm, "GLM", ("Poisson", "exp"), "UnRegularized", X, y)
    theirs = fitted(nemos, "GLM", ("Poisson", "exp"), "UnRegularized", X, y)
    assert_allclose(ours.coef_, theirs.coef_, atol=2e-4)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-3)
    assert_allclose(ours.score(X, y), theirs.score(X, y), rtol=1e-4)


@of_fits
def test_where_a_fit_starts(pair):
    X, y = features(), responses(pair[0])
    ours = model_of(spikeglm, "PopulationGLM", pair, "UnRegularized").initialize_params(X, y)
    theirs = model_of(nemos, "PopulationGLM", pair, "UnRegularized").initialize_params(X, y)
    assert_allclose(ours[0], theirs[0])
    assert_allclose(ours[1], theirs[1], rtol=1e-6, atol=1e-9)


@of_fits
def test_simulated_responses_have_the_same_shapes_and_types(pair):
    import jax

    X, y, key = features(), responses(pair[0]), jax.random.PRNGKey(0)
    ours = fitted(spikeglm, "PopulationGLM", pair, "UnRegularized", X, y).simulate(key, X)
    theirs = fitted(nemos, "PopulationGLM", pair, "UnRegularized", X, y).simulate(key, X)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == other.shape
        assert mine.dtype.kind == np.asarray(other).dtype.kind
    assert_allclose(ours[1], theirs[1], rtol=1e-3)


@pytest.mark.parametrize("strength", [0.3, np.linspace(0.1, 1.0, P)])
def test_strengths_per_coefficient(strength):
    X, y = features(), responses("Poisson")[:, 0]
    ours = fitted(spikeglm, "GLM", ("Poisson", "exp"), "Ridge", X, y, regularizer_strength=strength)
    theirs = fitted(nemos, "GLM", ("Poisson", "exp"), "Ridge", X, y, regularizer_strength=strength)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
