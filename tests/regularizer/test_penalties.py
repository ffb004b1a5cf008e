"""Laws of every penalty: derivatives, the proximal operator by its definition, shapes, numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from spikeglm.regularizer import Ridge, UnRegularized, regularizer_of
from spikeglm.solvers import SOLVERS

SHAPE = (3, 2)
STRENGTHS = [
    0.0,
    0.5,
    7,
    np.array([[0.5, 2.0]]),
    np.array([[1.0], [0.0], [3.0]]),
    np.ones(SHAPE) / 3,
]
PENALTIES = {
    "UnRegularized": UnRegularized().bind(None, SHAPE),
    **{f"Ridge{i}": Ridge().bind(strength, SHAPE) for i, strength in enumerate(STRENGTHS)},
}
of_penalties = pytest.mark.parametrize("name", PENALTIES)
W = np.random.default_rng(0).normal(size=SHAPE)


@of_penalties
def test_gradient_and_curvature_are_derivatives_of_the_value(name):
    penalty = PENALTIES[name]
    gradient, curvature = penalty.gradient(W), penalty.curvature(SHAPE)
    assert gradient.shape == curvature.shape == SHAPE
    for j in range(3):
        step = np.zeros(SHAPE)
        step[j] = 1e-5
        numeric = (penalty.value(W + step) - penalty.value(W - step)) / 2e-5
        assert_allclose(gradient[j], numeric, rtol=1e-7, atol=1e-9)
        bend = (penalty.gradient(W + step) - penalty.gradient(W - step))[j] / 2e-5
        assert_allclose(curvature[j], bend, rtol=1e-7, atol=1e-9)


@of_penalties
@pytest.mark.parametrize("step", [0.1, 2.0])
def test_the_proximal_operator_minimises_its_definition(name, step):
    penalty = PENALTIES[name]
    got = penalty.prox(W, step)

    def definition(v):
        V = v.reshape(SHAPE)
        return np.sum(penalty.value(V)) + np.sum((V - W) ** 2) / (2 * step)

    best = minimize(definition, W.ravel(), tol=1e-12)
    assert definition(got.ravel()) <= best.fun + 1e-10
    assert_allclose(got.ravel(), best.x, atol=1e-4)


@of_penalties
def test_taking_columns_takes_their_penalties(name):
    penalty, some = PENALTIES[name], np.array([1])
    taken = penalty.take(some)
    assert_allclose(taken.value(W[:, some]), penalty.value(W)[some])
    assert_allclose(taken.gradient(W[:, some]), penalty.gradient(W)[:, some])
    assert_allclose(taken.curvature((3, 1)), penalty.curvature(SHAPE)[:, some])
    assert_allclose(
        penalty.take(np.array([1, 0, 1])).value(W[:, [1, 0, 1]]), penalty.value(W)[[1, 0, 1]]
    )


@of_penalties
def test_zero_coefficients_cost_nothing_and_no_penalty_is_negative(name):
    penalty = PENALTIES[name]
    assert penalty.is_smooth
    assert (penalty.value(np.zeros(SHAPE)) == 0).all()
    assert (penalty.value(W) >= 0).all()


@given(
    hnp.arrays(float, SHAPE, elements=st.floats(-10, 10)), st.floats(0, 100), st.floats(0.01, 10)
)
def test_ridge_shrinks_and_never_changes_a_sign(coef, strength, step):
    shrunk = Ridge().bind(strength, SHAPE).prox(coef, step)
    assert (np.abs(shrunk) <= np.abs(coef)).all()
    assert (shrunk * coef >= 0).all()


def test_numbers_of_nemos():
    beta = np.array([[0.4], [-0.2], [0.7]])
    half, each = Ridge().bind(0.5, (3, 1)), Ridge().bind([1, 2, 3], (3, 1))
    assert_allclose(half.value(beta), 0.1725, atol=1e-6)
    assert_allclose(each.value(beta), 0.855, atol=1e-6)
    assert_allclose(half.prox(beta, 0.1)[:, 0], [0.380952, -0.190476, 0.666667], atol=1e-6)
    assert_allclose(each.prox(beta, 0.1)[:, 0], [0.363636, -0.166667, 0.538462], atol=1e-6)


def test_names():
    assert regularizer_of(None) == regularizer_of("UnRegularized") == UnRegularized()
    assert regularizer_of("Ridge") == regularizer_of("nemos.regularizer.Ridge") == Ridge()
    assert regularizer_of(Ridge()) == Ridge()
    with pytest.raises(ValueError, match="Did you mean 'Ridge'"):
        regularizer_of("ridge")
    for wrong in (Ridge, 3, np.ones(3), {}):
        with pytest.raises(TypeError, match="Given"):
            regularizer_of(wrong)


@pytest.mark.parametrize("regularizer", [UnRegularized(), Ridge()], ids=repr)
def test_regularizers_are_values(regularizer):
    assert type(regularizer)() == regularizer
    assert hash(type(regularizer)()) == hash(regularizer)
    assert regularizer.get_params() == {}
    assert set(regularizer.allowed_solvers) <= set(SOLVERS)
    with pytest.raises(AttributeError):
        regularizer.default_strength = 2.0


@pytest.mark.parametrize("shape", [(2,), (2, 3), (3, 3), (3, 2, 1), (0,)])
def test_strengths_of_the_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"\(1, 2\).*\(3, 1\)"):
        Ridge().bind(np.ones(shape), SHAPE)


def test_a_vector_of_strengths_is_one_neurons():
    assert Ridge().bind([1.0, 2.0, 3.0], (3, 1)).strength.shape == (3, 1)
    with pytest.raises(ValueError):
        Ridge().bind([1.0, 2.0], (3, 1))
