"""Degrees of freedom of coefficients that data do not determine: no more than one, nor below 0."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.inference import effective_degrees

T = 80


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("is_weighted", [True, False])
@pytest.mark.parametrize("seed", range(20))
def test_constants_that_share_a_penalty_with_a_feature(seed, is_weighted):
    """They were seen less a mean that rounding had moved; coefficients had degrees of 1e5."""
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-4, 6, 2)
    X = np.column_stack([np.ones((T, 2)) * rng.normal(size=2) * scale, rng.normal(size=T)])
    X = X.astype(np.float32) if seed % 3 == 0 else X
    rows = rng.normal(size=(1, 3)) * 10.0 ** rng.uniform(-4, 4)
    penalty = nmo.regularizer.Quadratic([([0, 1, 2], rows.T @ rows)])
    y, a = rng.poisson(1.5, size=(T, 2)), rng.random(T) if is_weighted else None
    model = nmo.PopulationGLM(regularizer=penalty, regularizer_strength=1.0)
    model.fit(X, y, sample_weight=a)
    found = effective_degrees(model, X, y, sample_weight=a).edf
    assert_allclose(found, np.array([[0.0, 0.0, 1.0, 1.0]]).T * np.ones(2), atol=1e-4)
    errors, _ = model.standard_errors(X, y, sample_weight=a)
    assert np.isnan(errors[:2]).all()
    alone = nmo.GLM().fit(X[:, 2:], y[:, 1], sample_weight=a)
    expected, _ = alone.standard_errors(X[:, 2:], y[:, 1], sample_weight=a)
    assert_allclose(errors[2, 1], expected[0], rtol=1e-4)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("place", [0.0, 1e3, 1e6])
def test_a_neuron_whose_rows_leave_out_what_tells_features_from_the_intercept(place):
    """Its features were seen less the means of all rows, and had degrees as far from zero."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(T, 3)).astype(float)
    y = rng.poisson(1.5, size=(T, 2)).astype(float)
    X[: T // 2, 2], X[: T // 2, 1] = 0.0, 1.0 - X[: T // 2, 0]  # the sum is one
    X += place
    y[T // 2 :, 0] = np.nan
    model = nmo.PopulationGLM().fit(X, y)
    found = effective_degrees(model, X, y)
    assert_allclose(found.total, [2.0, 4.0], rtol=1e-9)
    assert_allclose(found.edf, [[0.5, 1.0], [0.5, 1.0], [0.0, 1.0], [1.0, 1.0]], atol=1e-9)
    assert_allclose(found.edf1, found.edf, atol=1e-9)
    kept = slice(T // 2)
    alone = effective_degrees(nmo.GLM().fit(X[kept], y[kept, 0]), X[kept], y[kept, 0])
    assert_allclose(found.edf[:, :1], alone.edf, atol=1e-9)
    assert_array_equal(found.status, ["converged"] * 2)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_features_that_their_storage_leaves_constant_have_none():
    """A fit counts them for nothing: as many degrees as its criteria have parameters."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(T, 3))
    X[:, 1] = 1e7 + rng.integers(0, 2, T)  # float32 tells whole numbers there
    X, y = X.astype(np.float32), rng.poisson(1.5, size=(T, 2))
    model = nmo.PopulationGLM().fit(X, y)
    found = effective_degrees(model, X, y)
    assert_allclose(found.edf, np.array([[1.0, 0.0, 1.0, 1.0]]).T * np.ones(2), atol=1e-9)
    assert_allclose(found.total, nmo.inference.information_criteria(model, X, y).n_parameters)
    kind = {"regularizer": "Ridge", "regularizer_strength": np.array([[0.0], [0.0], [0.1]])}
    partly = nmo.PopulationGLM(**kind).fit(X, y)
    expected = nmo.inference.information_criteria(partly, X, y).n_parameters
    assert_allclose(effective_degrees(partly, X, y).total, expected, rtol=1e-6)
    same = np.column_stack([X[:, 0], X[:, 0], X[:, 2]])  # combinations are told together
    silent = effective_degrees(nmo.GLM("Gaussian").fit(same, np.arange(T)), same, np.arange(T))
    assert_allclose(silent.edf[:, 0], [0.5, 0.5, 1.0, 1.0], atol=1e-9)
