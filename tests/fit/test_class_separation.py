"""Classes that features tell apart perfectly take the standard errors of those features alone.

Oracles: the fit to the rows that are left, without the feature; the model of two classes; and dense
Newton steps on the limit of the likelihood, in which some classes are impossible in some rows.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.exceptions import ConvergenceWarning

RNG = np.random.default_rng(0)
T, K = 600, 3
FREE = RNG.normal(size=(T, 2))
PORT = RNG.random(T) < 0.1
X = np.column_stack([FREE, PORT])
ETA = FREE @ RNG.normal(0, 0.7, (2, K))
CHOICE = np.argmax(ETA + RNG.gumbel(size=(T, K)), axis=1)
ALWAYS = np.where(PORT, 1, CHOICE)
NEVER = np.where(PORT & (CHOICE == 2), 0, CHOICE)
PLAIN = {"regularizer": "UnRegularized"}

pytestmark = pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")


def fitted(X, y, n_classes=K, **arguments):
    data = {k: arguments.pop(k) for k in ("sample_weight", "offset") if k in arguments}
    model = nmo.ClassifierGLM(n_classes, **(PLAIN | arguments)).fit(X, y, **data)
    return model, model.standard_errors(X, y, **data)


def limit_of(X, y, possible):
    """Estimates (n, K) and covariance (n K, n K) where classes are possible (T, K); dense."""
    X1 = np.column_stack([X, np.ones(len(X))])
    theta = np.zeros((X1.shape[1], K))
    for _ in range(30):
        eta = np.where(possible, X1 @ theta, -np.inf)
        p = np.exp(eta - eta.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        each = np.einsum("tk,kl->tkl", p, np.eye(K)) - p[:, :, None] * p[:, None]
        information = np.einsum("ti,tj,tkl->ikjl", X1, X1, each).reshape(theta.size, -1)
        inverse = np.linalg.pinv(information, rcond=1e-10, hermitian=True)
        theta += (inverse @ (X1.T @ (np.eye(K)[y] - p)).ravel()).reshape(theta.shape)
    return theta, inverse


@pytest.mark.parametrize("solver", [None, "Newton"])
def test_rows_that_are_always_one_class_leave_the_fit_to_the_others(solver):
    model, (coef, intercept) = fitted(X, ALWAYS, solver_name=solver)
    assert model.fit_report_.status == ("separated",)
    rest, (expected, of_intercept) = fitted(FREE[~PORT], ALWAYS[~PORT])
    assert_allclose(model.coef_[:2], rest.coef_, rtol=1e-4, atol=1e-5)
    assert_allclose(coef, [*expected, [np.nan] * K], rtol=1e-4)
    assert_allclose(intercept, of_intercept, rtol=1e-4)


@pytest.mark.parametrize("solver", [None, "Newton"])
def test_a_class_that_never_comes_leaves_the_other_two(solver):
    model, (coef, intercept) = fitted(X, NEVER, solver_name=solver)
    possible = np.ones((T, K), dtype=bool)
    possible[PORT, 2] = False
    theta, inverse = limit_of(X, NEVER, possible)
    error = np.sqrt(np.diag(inverse)).reshape(-1, K)
    assert_allclose(model.coef_[:2], theta[:2], rtol=1e-4, atol=1e-5)
    assert_allclose(coef, [*error[:2], [np.nan] * K], rtol=1e-4)
    assert_allclose(intercept, error[-1], rtol=1e-4)
    # What the two classes that come differ by at the port is known, and its error too.
    contrast = np.zeros((4, K))
    contrast[2] = 1, -1, 0
    covariance = model.covariance(X, NEVER)
    found = contrast.ravel() @ covariance @ contrast.ravel()
    assert_allclose(found, contrast.ravel() @ inverse @ contrast.ravel(), rtol=1e-4)
    assert_allclose(model.coef_[2] @ contrast[2], theta[2] @ contrast[2], rtol=1e-4)


@pytest.mark.parametrize("intercept", [True, False])
def test_two_classes_are_a_choice(intercept):
    y = (ALWAYS == 1).astype(float)
    some = {"fit_intercept": intercept}
    _, found = fitted(X, y, 2, **some)
    choice = nmo.GLM("Bernoulli", **some).fit(X, y)
    for part, whole in zip(found, choice.standard_errors(X, y), strict=True):
        expected = np.repeat(whole[:, None], 2, axis=1) / 2  # of half a log-odds each
        assert_allclose(part, expected.reshape(part.shape), rtol=1e-4)


def test_weights_offsets_and_missing_labels_count_for_what_is_left():
    weight, offset = RNG.uniform(0.5, 2, T), RNG.normal(0, 0.3, (T, K))
    y = ALWAYS.astype(float)
    y[np.flatnonzero(PORT)[:2]] = np.nan
    y[np.flatnonzero(PORT)[2:4]] = 0
    weight[np.flatnonzero(PORT)[2:4]] = 0
    model, (coef, intercept) = fitted(X, y, sample_weight=weight, offset=offset)
    assert model.fit_report_.status == ("separated",)
    left = {"sample_weight": weight[~PORT], "offset": offset[~PORT]}
    _, (expected, of_intercept) = fitted(FREE[~PORT], y[~PORT], **left)
    assert_allclose(coef, [*expected, [np.nan] * K], rtol=1e-4)
    assert_allclose(intercept, of_intercept, rtol=1e-4)


def test_one_neuron_of_a_population_and_two_features_at_once():
    other = RNG.random(T) < 0.08
    features = np.column_stack([X, other])
    both = np.where(other, 0, ALWAYS)
    y = np.column_stack([CHOICE, ALWAYS, both])
    model = nmo.ClassifierPopulationGLM(K, **PLAIN).fit(features, y)
    assert model.fit_report_.status == ("converged", "separated", "separated")
    assert [len(model.fit_report_.separating_features(n)) for n in range(3)] == [0, 1, 2]
    coef, intercept = model.standard_errors(features, y)
    assert_array_equal(np.isnan(coef[..., 0]), [[0, 0, 0], [0, 0, 0], [0, 1, 1], [0, 0, 1]])
    assert_array_equal(np.isnan(coef), np.isnan(coef[..., :1]) & np.ones(K, bool))
    for n in range(3):
        _, alone = fitted(features, y[:, n])
        assert_allclose(coef[:, n], alone[0], rtol=1e-4)
        assert_allclose(intercept[n], alone[1], rtol=1e-4)
    with nmo.config_context(memory="1MiB"):  # neurons in turns
        in_turns = model.standard_errors(features, y)
    assert_allclose(in_turns[0], coef, rtol=1e-9)


def test_a_combination_of_features_separates():
    turned = np.column_stack([FREE, PORT + FREE[:, 0], RNG.normal(size=T)])
    _, (coef, intercept) = fitted(turned, ALWAYS)
    assert_array_equal(np.isnan(coef).all(axis=1), [True, False, True, False])
    _, (expected, _) = fitted(turned[~PORT][:, [1, 2, 3]], ALWAYS[~PORT])
    assert_allclose(coef[[1, 3]], expected[[0, 2]], rtol=1e-4)
    assert np.isfinite(intercept).all()


def test_classes_that_all_features_predict_leave_nothing():
    y = np.digitize(FREE[:, 0], [-0.5, 0.5])
    _, (coef, intercept) = fitted(FREE, y)
    assert np.isnan(coef).all()
    assert np.isnan(intercept).all()


def test_one_class_told_by_a_feature_the_others_by_nothing():
    y = np.where(FREE[:, 0] > 1, 2, (RNG.random(T) < 0.4).astype(int))
    model, (coef, intercept) = fitted(FREE, y)
    below = FREE[:, 0] <= 1
    two = nmo.ClassifierGLM(2, **PLAIN).fit(FREE[below], y[below])
    assert model.fit_report_.status == ("separated",)
    assert np.isnan(coef[0]).all()
    assert np.isnan(intercept).all()
    contrast = np.zeros((3, K))
    contrast[0] = -1, 1, 0
    found = contrast.ravel() @ model.covariance(FREE, y) @ contrast.ravel()
    expected = 2 * two.standard_errors(FREE[below], y[below])[0][0, 0]
    assert_allclose(np.sqrt(found), expected, rtol=1e-3)


def test_a_class_that_is_absent_beside():
    y = np.column_stack([CHOICE, np.where(PORT, 1, np.minimum(CHOICE, 1))])
    model = nmo.ClassifierPopulationGLM(K, **PLAIN).fit(X, y)
    assert model.fit_report_.status == ("converged", "separated")
    coef, _ = model.standard_errors(X, y)
    _, (expected, _) = fitted(X, y[:, 1], 2)
    assert_allclose(coef[:, 1, :2], expected, rtol=1e-4)


def test_a_mask_and_a_prior_hold_what_they_hold():
    mask = np.ones((3, K))
    mask[2, 2] = 0  # at the port class 2 is as ever
    model, (coef, _) = fitted(X, ALWAYS, feature_mask=mask)
    assert model.fit_report_.status == ("separated",)
    assert_array_equal(np.isnan(coef), [[0] * K, [0] * K, [1, 1, 0]])
    assert coef[2, 2] == 0
    strength = np.zeros((3, K))
    strength[2] = 0.01
    model, (coef, _) = fitted(X, ALWAYS, regularizer="Ridge", regularizer_strength=strength)
    assert model.fit_report_.status == ("converged",)
    assert np.isfinite(coef).all()
    strength[:] = [[0.01], [0.02], [0.0]]
    model, (coef, _) = fitted(X, ALWAYS, regularizer="Ridge", regularizer_strength=strength)
    assert model.fit_report_.status == ("separated",)
    share = (~PORT).mean()
    kept = {"regularizer": "Ridge", "regularizer_strength": strength[:2] / share}
    _, (expected, _) = fitted(FREE[~PORT], ALWAYS[~PORT], **kept)
    assert_allclose(coef, [*expected, [np.nan] * K], rtol=1e-4)


def test_a_feature_far_from_zero_a_constant_one_and_float32():
    features = np.column_stack([X + np.array([1e3, 0, 0]), np.ones(T)]).astype(np.float32)
    model, (coef, _) = fitted(features, ALWAYS)
    _, (expected, _) = fitted(X, ALWAYS)
    assert_array_equal(np.isnan(coef).all(axis=1), [False, False, True, True])
    assert_allclose(coef[:2], expected[:2], rtol=1e-3)
    assert model.fit_report_.separating_features() == ("x2",)


@pytest.mark.parametrize("strength", [0.0, 0.1])
def test_a_constant_feature_has_no_error_or_that_of_its_prior(strength):
    features, y = np.column_stack([FREE, np.full(T, 3.0)]), CHOICE > 0
    _, found = fitted(features, y, 2, regularizer="Ridge", regularizer_strength=strength)
    choice = nmo.GLM("Bernoulli", regularizer="Ridge", regularizer_strength=strength / 2)
    choice.fit(features, y.astype(float))
    for part, whole in zip(found, choice.standard_errors(features, y.astype(float)), strict=True):
        expected = np.repeat(whole[:, None], 2, axis=1) / 2
        assert_allclose(part, expected.reshape(part.shape), rtol=1e-6)


def test_the_report_names_what_separates_also_after_saving(tmp_path):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(X, columns=["speed", "heading", "port"])
    with pytest.warns(ConvergenceWarning, match=r"separated by port: 0"):
        model = nmo.ClassifierGLM(K, **PLAIN).fit(table, ALWAYS)
    assert model.fit_report_.separating_features() == ("port",)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert loaded.fit_report_.separating_features() == ("port",)
    for part, whole in zip(
        loaded.standard_errors(table, ALWAYS), model.standard_errors(table, ALWAYS), strict=True
    ):
        assert_array_equal(part, whole)


def test_a_loss_that_falls_ever_more_slowly_is_no_optimum():
    place = RNG.uniform(2, 12, 800)
    design = nmo.basis.BSplineEval(7, label="place").design(place)
    y = np.where(place > 9, 0, RNG.integers(0, 3, 800))
    assert nmo.ClassifierGLM(K, **PLAIN).fit(design, y).fit_report_.status == ("separated",)


def test_large_coefficients_alone_are_no_separation():
    y = np.where(RNG.random(T) < 0.02, RNG.integers(0, K, T), np.digitize(FREE[:, 0], [-0.5, 0.5]))
    model, (coef, _) = fitted(FREE, y)
    assert model.fit_report_.status == ("converged",)
    assert np.isfinite(coef).all()
