"""Laws of penalties with kinks, in the user's scale and in a solver's; NeMoS's numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

import spikeglm as nmo
from spikeglm.regularizer import ElasticNet, GroupLasso, Lasso, regularizer_of
from spikeglm.solvers import SOLVERS

SHAPE = (5, 2)
GROUPS = np.array([[1, 1, 0, 0, 0], [0, 0, 0, 1, 1]])
OF_EACH = np.zeros((3, *SHAPE))
OF_EACH[0, :3, 0] = OF_EACH[1, 3:, 0] = OF_EACH[2, [0, 4], 1] = 1
PENALTIES = {
    "Lasso": Lasso().bind(0.5, SHAPE),
    "Lasso per neuron": Lasso().bind([[0.5, 2.0]], SHAPE),
    "Lasso per feature": Lasso().bind([[1.0], [0.0], [3.0], [0.1], [0.2]], SHAPE),
    "ElasticNet": ElasticNet().bind((0.5, 0.3), SHAPE),
    "ElasticNet per coefficient": ElasticNet().bind((np.arange(10).reshape(SHAPE) / 5, 0.6), SHAPE),
    "GroupLasso": GroupLasso(GROUPS).bind(0.5, SHAPE),
    "GroupLasso per group": GroupLasso(GROUPS).bind([0.5, 0.0], SHAPE),
    "GroupLasso per neuron": GroupLasso(GROUPS).bind([[0.5, 1.0]], SHAPE),
    "GroupLasso, groups of each neuron": GroupLasso(OF_EACH).bind([0.5, 1.0, 0.2], SHAPE),
}
of_penalties = pytest.mark.parametrize("name", PENALTIES)
W = np.random.default_rng(0).normal(size=SHAPE)


@of_penalties
@pytest.mark.parametrize("step", [0.1, 1.0])
def test_the_proximal_operator_minimises_its_definition(name, step):
    penalty = PENALTIES[name]
    got = penalty.prox(W, step)

    def definition(v):
        V = v.reshape(SHAPE)
        return np.sum(penalty.value(V)) + np.sum((V - W) ** 2) / (2 * step)

    best = min(
        minimize(definition, start, method="Powell", tol=1e-12).fun
        for start in (W.ravel(), np.zeros(W.size))
    )
    assert definition(got.ravel()) <= best + 1e-9


@of_penalties
def test_columns_are_independent_and_strengths_multiply(name):
    penalty = PENALTIES[name]
    some, factor = np.array([1, 0, 1]), np.array([2.0, 0.5])
    assert_allclose(penalty.take(some).value(W[:, some]), penalty.value(W)[some])
    assert_allclose(penalty.times(factor).value(W), factor * penalty.value(W))
    assert_allclose(penalty.times(factor).prox(W, 0.3), penalty.prox(W, 0.3 * factor[None]))
    assert (penalty.value(np.zeros(SHAPE)) == 0).all()
    assert not penalty.is_smooth


def kinks_of(name, unit=None):
    unit = np.ones(SHAPE[0]) if unit is None else unit
    return PENALTIES[name].kinks(unit, SHAPE[1])


def smooth_part(penalty, V):
    return 0.5 * np.sum(penalty.curvature(SHAPE) * V**2, axis=0)


@of_penalties
def test_in_other_units_the_penalty_is_the_same(name):
    penalty, unit = PENALTIES[name], np.array([0.1, 2.0, 30.0, 1.0, 0.5])
    kinks = penalty.kinks(unit, SHAPE[1])
    theta = np.vstack([W / unit[:, None], [[3.0, -4.0]]])  # the intercept costs nothing
    expected = penalty.value(W) - smooth_part(penalty, W)
    assert_allclose(kinks.value(theta.T * kinks.stretch), expected)


@of_penalties
def test_slope_and_bend_are_derivatives(name):
    kinks = kinks_of(name)
    z = np.random.default_rng(1).normal(size=(2, 6))
    for j in range(6):
        step = np.zeros((2, 6))
        step[:, j] = 1e-6
        numeric = (kinks.value(z + step) - kinks.value(z - step)) / 2e-6
        assert_allclose(kinks.slope(z)[:, j], numeric, atol=1e-8)
        bend = (kinks.slope(z + step) - kinks.slope(z - step)) / 2e-6
        assert_allclose(kinks.bend(z)[:, :, j], bend, atol=1e-8)


@of_penalties
@given(st.integers(0, 1000), st.floats(0.01, 3.0))
def test_where_the_prox_ends_nothing_is_violated(name, seed, step):
    """v = prox(z) is optimal for penalty(v) + |v - z|²/2s, whose smooth slope is (v - z)/s."""
    kinks = kinks_of(name)
    z = np.random.default_rng(seed).normal(size=(2, 6))
    v = kinks.prox(z, np.full((2, 1), step))
    assert kinks.violation(v, (v - z) / step).max() < 1e-12
    assert kinks.violation(v + 0.1, (v + 0.1 - z) / step).max() > 1e-3


@of_penalties
def test_the_dual_norm_is_the_strength_from_which_all_is_zero(name):
    kinks = kinks_of(name)
    slope = np.random.default_rng(2).normal(size=(2, 6))
    slope[kinks.moves(np.zeros((2, 6)))] = 0.0  # coordinates without a penalty are fitted
    largest = kinks.dual_norm(slope)
    zero = np.zeros((2, 6))
    assert kinks.times(largest * (1 + 1e-12)).violation(zero, slope).max() < 1e-11
    assert (kinks.times(largest * 0.99).violation(zero, slope).max(axis=1) > 0).all()


@of_penalties
def test_some_coordinates_side_by_side(name):
    kinks = kinks_of(name)
    sets = [np.array([0, 1, 3, 4]), np.array([3, 4])]
    local = kinks.on(sets, 6)
    z, wide = np.zeros((2, 6)), np.zeros((2, 6))
    rng = np.random.default_rng(0)
    for c, chosen in enumerate(sets):
        z[c, : len(chosen)] = wide[c, chosen] = rng.normal(size=len(chosen))
        z[c, -1] = wide[c, -1] = rng.normal()
    assert_allclose(local.value(z), kinks.value(wide))
    assert_allclose(local.take(np.array([1])).value(z[1:]), kinks.value(wide)[1:])


def test_groups_are_chosen_as_a_whole():
    kinks = kinks_of("GroupLasso")
    chosen = np.zeros((2, 6), dtype=bool)
    chosen[0, 1] = chosen[1, 2] = True
    assert_array_equal(kinks.together(chosen)[0], [1, 1, 0, 0, 0, 0])
    assert_array_equal(kinks.together(chosen)[1], [0, 0, 1, 0, 0, 0])


BETA = np.array([[0.4], [-0.2], [0.7]])


@pytest.mark.parametrize(
    ("regularizer", "strength", "value", "prox"),
    [
        (Lasso(), 0.5, 0.65, [0.35, -0.15, 0.65]),
        (ElasticNet(), (0.5, 0.3), 0.31575, [0.371981, -0.178744, 0.661836]),
        (ElasticNet(), 0.5, 0.41125, [0.365854, -0.170732, 0.658537]),
        (GroupLasso([[1, 1, 0], [0, 0, 1]]), 0.5, 0.666228, [0.336754, -0.168377, 0.65]),
        (GroupLasso([[1, 1, 0]]), 0.5, 0.316228, [0.336754, -0.168377, 0.7]),
        (GroupLasso([[1, 1, 1]]), 0.5, 0.719375, [0.358297, -0.179149, 0.627020]),
    ],
)
def test_numbers_of_nemos(regularizer, strength, value, prox):
    penalty = regularizer.bind(strength, (3, 1))
    assert_allclose(penalty.value(BETA), value, atol=1e-6)
    assert_allclose(penalty.prox(BETA, 0.1)[:, 0], prox, atol=1e-6)


def test_numbers_of_nemos_for_a_group_over_two_leaves():
    masks = [np.ones((1, 2)), np.ones((1, 2))]
    penalty = GroupLasso().on_leaves([2, 2], masks).bind(1.0, (4, 1))
    w = np.array([[1.0], [2.0], [2.0], [4.0]])
    assert_allclose(penalty.value(w), 10.0)
    assert_allclose(penalty.prox(w, 0.5)[:, 0], [0.8, 1.6, 1.6, 3.2])


@pytest.mark.parametrize(
    ("mask", "error", "match"),
    [
        (np.zeros((2, 3)), ValueError, "empty"),
        (np.zeros((0, 3)), ValueError, "empty"),
        (np.ones(3), ValueError, "too few dimensions"),
        ([[1, 1, 0], [1, 0, 0]], ValueError, "more than one group"),
        ([[2, 1, 0], [0, 0, 1]], ValueError, "only 0 and 1"),
        ([[np.nan, 1, 0]], ValueError, "only 0 and 1"),
        ("a", ValueError, "one of 'terms', 'channels'"),
        ([[1, 0], [1]], TypeError, "numeric"),
        ({"a": np.zeros((1, 2)), "b": np.zeros((1, 1))}, ValueError, "empty"),
        ({"a": np.ones(2)}, ValueError, "too few dimensions"),
    ],
)
def test_masks_that_are_refused(mask, error, match):
    with pytest.raises(error, match=match) as caught:
        GroupLasso(mask)
    assert "Given" in str(caught.value) and "Expected" in str(caught.value)


@pytest.mark.parametrize("mask", [np.ones((1, 3)), np.ones((1, 2, 3)), np.ones((1, 2, 1, 1))])
def test_masks_that_do_not_fit(mask):
    with pytest.raises(ValueError, match="does not fit the coefficients"):
        GroupLasso(mask).bind(1.0, (2, 1))


def test_a_group_over_several_neurons_is_refused():
    with pytest.raises(ValueError, match="spans several neurons"):
        GroupLasso(np.ones((1, 2, 3))).bind(1.0, (2, 3))


@pytest.mark.parametrize("strength", [[1, 2, 3], np.ones((3, 1)), np.ones((1, 1, 1)), [-1.0, 1.0]])
def test_strengths_that_do_not_fit_the_groups(strength):
    with pytest.raises(ValueError, match="Expected"):
        GroupLasso(GROUPS).bind(strength, (5, 1))
    with pytest.raises(TypeError, match="numeric"):
        GroupLasso(GROUPS).bind("much", (5, 1))


@pytest.mark.parametrize("masks", [[np.ones((1, 2)), np.ones((2, 2))], [np.ones((1, 2))] * 3])
def test_leaves_that_do_not_fit(masks):
    with pytest.raises(ValueError):
        GroupLasso().on_leaves([2, 2], masks)


def test_without_a_mask_each_leaf_is_a_group_and_a_warning_says_so():
    with pytest.warns(UserWarning, match="no mask"):
        penalty = GroupLasso().bind(1.0, (3, 2))
    one = GroupLasso(np.ones((1, 3))).bind(1.0, (3, 2))
    assert_allclose(penalty.value(W[:3]), one.value(W[:3]))
    with pytest.warns(UserWarning, match="leaf"):
        assert_array_equal(GroupLasso().on_leaves([1, 2], None).mask, [[1, 0, 0], [0, 1, 1]])


@pytest.mark.parametrize("regularizer", [Lasso(), ElasticNet(), GroupLasso(GROUPS)], ids=repr)
def test_regularizers_are_values_that_nothing_changes(regularizer):
    name = type(regularizer).__name__
    assert type(regularizer_of(name)) is type(regularizer)
    copy = type(regularizer)(**regularizer.get_params())
    assert copy.get_params().keys() == regularizer.get_params().keys()
    assert set(regularizer.allowed_solvers) <= set(SOLVERS)
    with pytest.raises(AttributeError):
        regularizer.default_strength = 2.0


def test_a_mask_can_be_replaced_and_is_kept_as_given():
    mask = [[1, 0], [0, 1]]
    regularizer = GroupLasso(mask)
    assert regularizer.mask is mask
    assert regularizer.replaced(mask=[[1, 1]]).mask == [[1, 1]]
    assert regularizer.mask is mask


def test_a_term_pays_in_the_units_of_its_features():
    """A speed in mm/s has a thousandth of the coefficient of that in m/s: so much it pays."""
    rng = np.random.default_rng(0)
    place, speed = rng.uniform(size=400), rng.normal(size=400)
    y = rng.poisson(np.exp(place + 0.3 * speed))
    basis = nmo.basis.BSplineEval(4, label="place") + nmo.basis.IdentityEval(label="speed")

    def coef(unit, strength):
        strengths = {"place": 0.01, "speed": strength}
        model = nmo.GLM(regularizer=GroupLasso("terms"), regularizer_strength=strengths)
        return model.fit(basis.design(place, unit * speed), y).coef_

    in_m = coef(1.0, 0.05)
    assert_allclose(coef(1000.0, 50.0)[:-1], in_m[:-1], rtol=1e-4)
    assert_allclose(1000 * coef(1000.0, 50.0)[-1], in_m[-1], rtol=1e-4)
    assert abs(in_m[-1]) > 0.1 and coef(0.01, 0.05)[-1] == 0.0
