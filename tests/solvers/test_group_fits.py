"""Group lasso fits: against a plain oracle, other libraries, NeMoS's numbers; laws of groups."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.reference import numpy_fista

import spikeglm as nmo
from spikeglm.regularizer import GroupLasso

GROUPS = [[0, 1, 2], [3, 4], [5], [6, 7, 8, 9]]
FREE = 10  # a feature outside of all groups


def mask_of(groups=GROUPS, n_features=11):
    mask = np.zeros((len(groups), n_features))
    for g, members in enumerate(groups):
        mask[g, members] = 1
    return mask


def data(n_rows=800, n_neurons=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 11))
    X[:, 1:] += 0.5 * X[:, :-1]
    X *= np.exp(rng.uniform(-1, 1, 11))
    coef = np.zeros((11, n_neurons))
    coef[:3] = rng.normal(0, 0.3, (3, n_neurons))
    coef[FREE] = 0.2
    return X, rng.poisson(np.exp(X @ coef - 1.0)).astype(float)


def fitted(X, y, strength, mask=None, **more):
    kind = nmo.GLM if y.ndim == 1 else nmo.PopulationGLM
    regularizer = GroupLasso(mask_of() if mask is None else mask)
    model = kind(regularizer=regularizer, regularizer_strength=strength, **more).fit(X, y)
    assert model.fit_report_.converged
    return model


@pytest.mark.parametrize("strength", [0.3, 0.05, 0.005])
def test_the_oracle_agrees(strength):
    X, y = data()
    penalty = numpy_fista.group_lasso(strength, GROUPS)
    model = fitted(X, y[:, 0], strength)
    w, b, value = numpy_fista.fit(X, y[:, 0], penalty)
    assert_allclose(model.coef_, w, atol=1e-6)
    assert_allclose(model.intercept_, b, atol=1e-6)
    assert model.fit_report_.result.objective[0] <= value + 1e-12
    for members in GROUPS:
        assert len(set(model.coef_[members] == 0)) == 1  # a group is zero as a whole


def test_a_strength_per_group_is_the_oracles():
    X, y = data()
    strength = np.array([0.01, 0.0, 0.5, 0.1])
    w, _, _ = numpy_fista.fit(X, y[:, 0], numpy_fista.group_lasso(strength, GROUPS))
    assert_allclose(fitted(X, y[:, 0], strength).coef_, w, atol=1e-6)


def test_numbers_of_nemos():
    X = np.array([[0.5, -1], [1, 0.25], [-0.75, 0.5], [0, 1.5], [2, -0.5], [-1, -1]])
    y = np.array([1, 2, 0, 3, 4, 1])
    model = nmo.GLM(regularizer="GroupLasso", regularizer_strength=0.1)
    with pytest.warns(UserWarning, match="no mask"):
        model.fit(X, y)
    assert_allclose(model.coef_, [0.544974, 0.287535], atol=1e-6)
    assert_allclose(model.intercept_, 0.299207, atol=1e-6)
    assert_allclose(model.compute_loss((model.coef_, model.intercept_), X, y), 0.373989, atol=1e-6)
    assert_allclose(model.score(X, y), -1.317816, atol=1e-6)
    assert model.dof_resid_ == 3


def test_a_gaussian_fit_is_that_of_other_libraries():
    skglm = pytest.importorskip(
        "skglm", reason="skglm is not installed: one independent check of groups is missing"
    )
    X, y = data(n_neurons=1)
    y = y[:, 0]
    # theirs: |y - Xw - b|²/2n + alpha sum_g sqrt(p_g) |w_g|; ours has no 1/2
    from skglm.datafits import QuadraticGroup
    from skglm.penalties import WeightedGroupL2
    from skglm.solvers import GroupBCD
    from skglm.utils.data import grp_converter

    groups = [*GROUPS, [FREE]]
    weights = np.append(np.sqrt([len(g) for g in GROUPS]), 0.0)
    indices, pointers = grp_converter(groups, 11)
    theirs = skglm.GeneralizedLinearEstimator(
        QuadraticGroup(pointers, indices),
        WeightedGroupL2(0.1, weights, pointers, indices),
        GroupBCD(tol=1e-12, fit_intercept=True, max_iter=1000),
    ).fit(X, y)
    ours = fitted(X, y, 0.2, observation_model="Gaussian")
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)


def test_a_population_is_its_neurons():
    X, y = data()
    together = fitted(X, y, np.array([[0.3, 0.05, 0.005]]))
    for n, strength in enumerate([0.3, 0.05, 0.005]):
        alone = fitted(X, y[:, n], strength)
        assert_allclose(together.coef_[:, n], alone.coef_, atol=1e-6)
        assert_array_equal(together.coef_[:, n] == 0, alone.coef_ == 0)
    of_each = np.zeros((2, 11, 3))
    of_each[0, :3, 0] = of_each[1, 3:10, 2] = 1
    own = fitted(X, y, 0.05, of_each)
    first = fitted(X, y[:, 0], 0.05, mask_of([[0, 1, 2]]))
    assert_allclose(own.coef_[:, 0], first.coef_, atol=1e-6)
    assert_allclose(own.coef_[:, 1], nmo.GLM().fit(X, y[:, 1]).coef_, atol=1e-6)


def test_groups_of_one_are_a_lasso():
    X, y = data()
    lasso = nmo.GLM(regularizer="Lasso", regularizer_strength=0.05).fit(X, y[:, 0])
    groups = fitted(X, y[:, 0], 0.05, np.eye(11))
    assert_allclose(groups.coef_, lasso.coef_, atol=1e-6)
    assert_array_equal(groups.coef_ == 0, lasso.coef_ == 0)


@pytest.mark.parametrize("pair", [("Bernoulli", "logistic"), ("Gamma", "exp"), ("Gaussian", None)])
def test_other_models_meet_the_optimality_conditions(pair):
    X, y = data(n_neurons=1)
    y = {"Bernoulli": (y > 0).astype(float), "Gamma": y + 0.5, "Gaussian": y}[pair[0]][:, 0]
    model = fitted(X, y, 0.05, observation_model=pair[0], inverse_link_function=pair[1])
    w, b = model.coef_, model.intercept_
    loss = lambda w: model.compute_loss((w, b), X, y)  # noqa: E731
    slope = np.array([(loss(w + s) - loss(w - s)) / 2e-5 for s in 1e-5 * np.eye(11)])
    for members in GROUPS:
        size, limit = np.linalg.norm(w[members]), 0.05 * np.sqrt(len(members))
        if size == 0:
            assert np.linalg.norm(slope[members]) <= limit + 1e-7
        else:
            assert_allclose(slope[members], -limit * w[members] / size, atol=1e-7)
    assert abs(slope[FREE]) < 1e-7


def test_a_group_in_other_units_is_the_same_where_its_strength_is_too():
    X, y = data(n_neurons=1)
    units = np.ones(11)
    for members, unit in zip(GROUPS, [1e-3, 1e2, 7.0, 0.3], strict=True):
        units[members] = unit
    strengths = np.array([1e-3, 1e2, 7.0, 0.3])
    plain = fitted(X, y[:, 0], 0.05)
    scaled = fitted(X * units, y[:, 0], 0.05 * strengths)
    assert_allclose(scaled.coef_ * units, plain.coef_, atol=1e-6)


def test_above_the_largest_useful_strength_all_groups_are_zero():
    X, y = data(n_neurons=1)
    mask = mask_of([*GROUPS, [FREE]])
    slope = X.T @ (y[:, 0] - y[:, 0].mean()) / len(X)
    norms = [np.linalg.norm(slope[g]) / np.sqrt(len(g)) for g in [*GROUPS, [FREE]]]
    none = fitted(X, y[:, 0], 1.0001 * max(norms), mask)
    some = fitted(X, y[:, 0], 0.99 * max(norms), mask)
    assert (none.coef_ == 0).all()
    assert np.count_nonzero(some.coef_) == len([*GROUPS, [FREE]][int(np.argmax(norms))])


@pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")
def test_hopeless_features_and_neurons_harm_nobody():
    X, y = data()
    y[:, 1] = 0
    table = X.copy()
    table[:, 8] = 3.0  # constant
    table[:, 9] = table[:, 7]  # a copy
    model = nmo.PopulationGLM(
        regularizer=GroupLasso(mask_of()),
        regularizer_strength=0.01,
        feature_mask=np.where(np.arange(11)[:, None] == 0, [[0, 1, 1]], 1),
    ).fit(table, y)
    assert model.fit_report_.status == ("converged", "silent", "converged")
    assert (model.coef_[8] == 0).all()
    assert_allclose(model.coef_[7], model.coef_[9], atol=1e-6)  # the norm shares equally
    assert model.coef_[0, 0] == 0 and model.coef_[1, 0] != 0


def test_fitting_changes_no_regularizer():
    X, y = data()
    mask = mask_of()
    before, regularizer = mask.copy(), GroupLasso(mask)
    model = nmo.PopulationGLM(regularizer=regularizer, regularizer_strength=0.1).fit(X, y)
    assert model.regularizer is regularizer and regularizer.mask is mask
    assert_array_equal(mask, before)
    nmo.GLM(regularizer=regularizer, regularizer_strength=0.1).fit(X, y[:, 0])
    model.set_params(regularizer__mask=mask[:2])
    assert regularizer.mask is mask and len(model.regularizer.mask) == 2
