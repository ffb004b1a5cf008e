"""Property tests: no input is ever written to, shapes and dtypes are kept, results are finite."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import spikeglm as nmo

pytestmark = pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning")

dtypes = st.sampled_from(["f4", "f8", "i1", "i4", "u2", "?", ">f8"])
orders = st.sampled_from("CF")


@st.composite
def problems(draw):
    """Any X (T, p) and y (T, N), with weights and offsets: all write-protected."""
    T, p, N = draw(st.integers(1, 25)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    whole = st.integers(0, 1) if (dtype := draw(dtypes)) == "?" else st.integers(0, 6)
    X = draw(hnp.arrays(dtype, (T, p), elements=whole))
    y = draw(hnp.arrays(draw(st.sampled_from(["f8", "i2", "f4"])), (T, N), elements=whole))
    weights = draw(st.none() | hnp.arrays("f8", T, elements=st.sampled_from([0.0, 0.5, 1.0, 3.0])))
    offset = draw(st.none() | hnp.arrays("f8", T, elements=st.sampled_from([-1.0, 0.0, 0.5])))
    return tuple(_frozen(a, draw(orders)) for a in (X, y, weights, offset))


def _frozen(array, order):
    if array is not None:
        array = np.array(array, order=order)
        array.flags.writeable = False
    return array


@given(problems(), st.sampled_from([None, "LBFGS", "Newton"]), st.sampled_from([None, "Ridge"]))
@settings(max_examples=150)
def test_any_small_table_fits_and_nothing_is_written_to(problem, solver, regularizer):
    X, y, weights, offset = problem
    copies = [None if a is None else a.copy() for a in problem]
    model = nmo.PopulationGLM(solver_name=solver, regularizer=regularizer)
    if weights is not None and not weights.any():
        with pytest.raises(ValueError):
            model.fit(X, y, sample_weight=weights, offset=offset)
        return
    model.fit(X, y, sample_weight=weights, offset=offset)
    assert model.coef_.shape == (X.shape[1], y.shape[1])
    assert model.intercept_.shape == model.scale_.shape == (y.shape[1],)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.intercept_).all()
    rate = model.predict(X)
    assert rate.shape == y.shape
    assert (rate >= 0).all()
    model.score(X, y)
    model.simulate(0, X)
    for given_array, copy in zip(problem, copies, strict=True):
        if copy is not None:
            np.testing.assert_array_equal(given_array, copy)


@given(problems())
@settings(max_examples=60)
def test_a_ridge_fit_never_loses_to_no_features_at_all(problem):
    X, y, weights, offset = problem
    if weights is not None and not weights.any():
        return
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=0.5)
    model.fit(X, y, sample_weight=weights, offset=offset)
    frame = model.fit_report_.to_frame()
    assert set(frame["status"]) <= {"converged", "silent", "no valid rows"}
    blind = nmo.PopulationGLM(feature_mask=np.zeros((X.shape[1], y.shape[1])))
    blind.fit(X, y, sample_weight=weights, offset=offset)
    without = blind.fit_report_.to_frame()["objective"]
    ok = frame["status"] == "converged"
    assert (frame["objective"][ok] <= without[ok] + 1e-9).all()


@given(st.lists(st.integers(0, 5), min_size=2, max_size=40))
def test_without_features_that_matter_the_rate_is_the_mean(counts):
    y = np.array(counts)
    model = nmo.GLM().fit(np.ones((len(y), 1)), y)
    if y.any():
        np.testing.assert_allclose(model.predict(np.ones((3, 1))), y.mean(), rtol=1e-6)
        assert model.fit_report_.converged
    else:
        assert model.fit_report_.status == ("silent",)


def test_arguments_of_the_constructor_are_kept_as_given():
    mask, kwargs = np.ones((2, 1)), {"tol": 1e-6}
    strength = np.array([[1.0], [2.0]])
    for array in (mask, strength):
        array.flags.writeable = False
    model = nmo.PopulationGLM(
        regularizer="Ridge", regularizer_strength=strength, solver_kwargs=kwargs, feature_mask=mask
    )
    model.fit(np.random.default_rng(0).normal(size=(50, 2)), np.ones((50, 1)))
    assert model.regularizer == "Ridge"
    assert model.regularizer_strength is strength
    assert model.solver_kwargs is kwargs
    assert kwargs == {"tol": 1e-6}
    assert model.feature_mask is mask


@pytest.mark.parametrize("start", ["coef", "intercept"])
def test_start_parameters_are_not_written_to(start):
    X = np.random.default_rng(0).normal(size=(50, 2))
    y = np.random.default_rng(1).poisson(1.0, 50)
    params = np.zeros(2), np.zeros(1)
    for array in params:
        array.flags.writeable = False
    nmo.GLM().fit(X, y, init_params=params)
    assert not params[start == "intercept"].any()
