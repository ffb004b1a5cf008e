"""Regularization paths: every point is the fit on its own; grids; what cannot be done."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.reference import numpy_fista

import spikeglm as nmo
from spikeglm.regularizer import GroupLasso
from spikeglm.selection import regularization_path

GROUPS = np.kron(np.eye(4), np.ones((1, 5)))
KINDS = {
    "Lasso": ("Lasso", None),
    "ElasticNet": ("ElasticNet", (1.0, 0.7)),
    "GroupLasso": (GroupLasso(GROUPS), None),
}
of_kinds = pytest.mark.parametrize("kind", KINDS)


def data(n_rows=1500, n_neurons=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 20))
    X[:, 1:] += 0.6 * X[:, :-1]
    X *= np.exp(rng.uniform(-1, 1, 20))
    coef = rng.normal(0, 0.3, (20, n_neurons)) * (rng.random((20, n_neurons)) < 0.2)
    return X, rng.poisson(np.exp(X @ coef - 1.0)).astype(float)


def model_of(kind, strength=None, model=nmo.PopulationGLM, **more):
    regularizer, default = KINDS[kind]
    if strength is not None and isinstance(default, tuple):
        strength = (strength, default[1])
    return model(
        regularizer=regularizer,
        regularizer_strength=default if strength is None else strength,
        **more,
    )


@of_kinds
def test_every_point_is_a_fit_on_its_own(kind):
    X, y = data()
    path = regularization_path(model_of(kind), X, y, strengths=8)
    assert path.converged
    assert path.certificate.max() <= 1e-7
    assert path.strengths.shape == (8, 4) and path.coef.shape == (8, 20, 4)
    for k in range(8):
        fit = model_of(kind, path.strengths[k][None]).fit(X, y)
        assert_allclose(path.coef[k], fit.coef_, atol=2e-6)
        assert_allclose(path.intercept[k], fit.intercept_, atol=2e-6)
        assert_allclose(path.objective[k], fit.fit_report_.result.objective, rtol=1e-10)


@of_kinds
def test_the_grid_begins_where_the_last_coefficient_becomes_zero(kind):
    X, y = data()
    path = regularization_path(model_of(kind), X, y, strengths=5, smallest=0.1)
    assert (path.n_nonzero[0] == 0).all()
    assert (path.n_nonzero[-1] > 0).all()
    slope = X.T @ (y - y.mean(axis=0)) / len(X)
    if kind == "GroupLasso":
        largest = np.linalg.norm(slope.reshape(4, 5, 4), axis=1).max(axis=0) / np.sqrt(5)
    else:
        largest = np.abs(slope).max(axis=0) / (0.7 if kind == "ElasticNet" else 1.0)
    assert_allclose(path.strengths[0], largest)
    assert_allclose(path.strengths[-1], 0.1 * largest)
    just_below = regularization_path(model_of(kind), X, y, strengths=[0.999 * largest])
    assert (just_below.n_nonzero > 0).all()


def test_the_oracle_agrees():
    X, y = data(n_neurons=1)
    path = regularization_path(model_of("Lasso", model=nmo.GLM), X, y[:, 0], strengths=[0.01, 0.3])
    for k, strength in enumerate([0.3, 0.01]):
        w, b, _ = numpy_fista.fit(X, y[:, 0], numpy_fista.lasso(strength))
        assert path.strengths[k, 0] == strength
        assert_allclose(path.coef[k, :, 0], w, atol=1e-6)
        assert_allclose(path.intercept[k, 0], b, atol=1e-6)


def test_a_gaussian_path_is_scikit_learns():
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = data(n_neurons=1)
    model = nmo.GLM("Gaussian", regularizer="Lasso")
    path = regularization_path(model, X, y[:, 0], strengths=10)
    centred = X - X.mean(axis=0), y[:, 0] - y[:, 0].mean()
    _, coefs, _ = linear_model.lasso_path(*centred, alphas=path.strengths[:, 0] / 2, tol=1e-12)
    assert_allclose(path.coef[:, :, 0], coefs.T, atol=1e-6)


def test_strengths_of_a_tree_of_relative_weights():
    X, y = data()
    weights = np.ones((20, 1))
    weights[:3], weights[3:6] = 0.0, 5.0
    path = regularization_path(model_of("Lasso", weights), X, y, strengths=5)
    assert path.converged
    assert (path.coef[:, :3] != 0).all()  # not penalised
    assert (path.coef[0, 3:] == 0).all()
    fit = model_of("Lasso", weights * path.strengths[-1]).fit(X, y)
    assert_allclose(path.coef[-1], fit.coef_, atol=2e-6)


@pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")
def test_a_silent_neuron_harms_nobody():
    X, y = data()
    alone = regularization_path(model_of("Lasso"), X, y[:, [0, 2, 3]], strengths=4)
    y[:, 1] = 0
    path = regularization_path(model_of("Lasso"), X, y, strengths=4)
    assert {words[1] for words in path.status} == {"silent"}
    assert np.isnan(path.strengths[:, 1]).all()
    assert_allclose(path.coef[:, :, [0, 2, 3]], alone.coef, atol=1e-6)


def test_weights_and_offsets_count():
    X, y = data()
    rng = np.random.default_rng(1)
    times, offset = rng.integers(0, 3, len(X)), rng.normal(size=len(X))
    rows = np.repeat(np.arange(len(X)), times)
    weighted = regularization_path(
        model_of("Lasso"), X, y, strengths=3, sample_weight=times, offset=offset
    )
    repeated = regularization_path(
        model_of("Lasso"), X[rows], y[rows], strengths=3, offset=offset[rows]
    )
    assert_allclose(weighted.strengths, repeated.strengths, rtol=1e-6)
    assert_allclose(weighted.coef, repeated.coef, atol=1e-6)


def test_a_path_takes_few_passes_and_leaves_the_model_alone():
    X, y = data()
    model = model_of("Lasso")
    path = regularization_path(model, X, y, strengths=30)
    assert path.n_passes <= 30 * 9
    assert not hasattr(model, "coef_")
    assert model.regularizer_strength is None


def test_the_table():
    pytest.importorskip("pandas")
    X, y = data()
    path = regularization_path(model_of("Lasso"), X, y, strengths=3)
    table = path.to_frame()
    assert list(table.columns) == ["strength", "n_nonzero", "objective", "kkt_violation", "status"]
    assert_array_equal(table.loc[2, "strength"], path.strengths[:, 2])
    assert_array_equal(table.loc[1, "n_nonzero"], path.n_nonzero[:, 1])


def test_an_unfinished_path_says_so():
    X, y = data()
    model = model_of("Lasso", solver_kwargs={"maxiter": 2})
    with pytest.warns(nmo.exceptions.ConvergenceWarning, match="iteration limit"):
        path = regularization_path(model, X, y, strengths=3)
    assert not path.converged


@pytest.mark.parametrize(
    "arguments",
    [
        {"strengths": 0},
        {"smallest": 0.0},
        {"smallest": 2.0},
        {"strengths": [0.1, -0.2]},
        {"strengths": [0.1, np.nan]},
        {"strengths": []},
        {"strengths": np.ones((2, 3))},
    ],
)
def test_grids_that_cannot_be_used(arguments):
    X, y = data()
    with pytest.raises(ValueError, match="Expected"):
        regularization_path(model_of("Lasso"), X, y, **arguments)


def test_what_has_no_penalty_has_no_path():
    with pytest.raises(ValueError, match="no path"):
        regularization_path(nmo.PopulationGLM(regularizer="UnRegularized"), *data())


ROUGH = np.diff(np.eye(4), 2, axis=0)
SMOOTH = {
    "Ridge": "Ridge",
    "Quadratic": nmo.regularizer.Quadratic([(slice(0, 4), ROUGH.T @ ROUGH), ([4, 5], np.eye(2))]),
}


@pytest.mark.parametrize("regularizer", SMOOTH.values(), ids=SMOOTH)
def test_smooth_penalties_have_a_path_of_given_strengths(regularizer):
    X, y = data()
    y[:, 2] = 0  # a silent neuron
    model = nmo.PopulationGLM(regularizer=regularizer)
    with pytest.raises(ValueError, match=r"no largest useful strength.*geomspace"):
        regularization_path(model, X, y)
    strengths = np.array([1.0, 1e-2, 1e-4])
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="silent"):
        path = regularization_path(model, X, y, strengths=strengths)
    assert path.certified_by == "Newton decrement"
    assert "newton_decrement" in path.to_frame()
    assert [words[2] for words in path.status] == ["silent"] * 3
    for strength, coef, intercept in zip(strengths, path.coef, path.intercept, strict=True):
        with pytest.warns(nmo.exceptions.NothingToFitWarning):
            alone = model.set_params(regularizer_strength=strength).fit(X, y)
        assert_allclose(coef, alone.coef_, atol=1e-7)
        assert_allclose(intercept, alone.intercept_, atol=1e-7)


@of_kinds
@pytest.mark.parametrize("count", [1, 3, 5, 7])
def test_a_constant_response_has_strengths_of_its_size_and_costs_nothing(kind, count):
    X, _ = data(n_neurons=1)
    y = np.full(len(X), float(count))
    path = regularization_path(model_of(kind, model=nmo.GLM), X, y, strengths=20)
    assert path.converged
    assert path.n_passes <= 5
    assert (path.strengths > 1e-9).all() and (path.strengths < 1e-3).all()
    assert not path.coef.any()
    assert_allclose(path.intercept, np.log(count), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("model", ["Gaussian", "Gamma", "NegativeBinomial"])
def test_so_has_one_of_other_models(model):
    X, _ = data(n_neurons=1)
    for value in (0.0, 3.0) if model == "Gaussian" else (3.0,):
        y = np.full(len(X), value)
        path = regularization_path(nmo.GLM(model, regularizer="Lasso"), X, y, strengths=10)
        assert path.converged and not path.coef.any()
        assert path.n_passes <= 6
        assert (path.strengths > 1e-30).all()


def test_one_constant_neuron_costs_the_others_nothing():
    X, y = data()
    alone = regularization_path(model_of("Lasso"), X, y[:, [0, 2, 3]], strengths=6)
    y[:, 1] = 3
    path = regularization_path(model_of("Lasso"), X, y, strengths=6)
    assert path.converged
    assert not path.coef[:, :, 1].any()
    assert_allclose(path.coef[:, :, [0, 2, 3]], alone.coef, atol=1e-6)
    assert path.n_passes <= alone.n_passes + 2


@pytest.mark.parametrize("X", [np.ones((60, 3)), np.ones((60, 0))], ids=["constant", "none"])
def test_features_with_nothing_to_say_leave_the_mean(X):
    y = np.random.default_rng(0).poisson(2.0, len(X))
    path = regularization_path(nmo.GLM(regularizer="Lasso"), X, y, strengths=3)
    assert path.converged and not path.coef.any()
    assert_allclose(path.strengths[:, 0], [1.0, 0.1, 0.01])
    assert_allclose(path.intercept[:, 0], np.log(y.mean()))


def test_a_balanced_design_has_no_strength_from_rounding():
    feature, y = np.repeat([[0.0], [1.0]], 40, axis=0), np.tile([0.0, 1.0], 40)
    table = np.hstack([feature, 0.1 * feature + 7.3])
    path = regularization_path(nmo.GLM("Bernoulli", regularizer="Lasso"), table, y, strengths=8)
    assert path.converged and not path.coef.any()
    assert path.n_passes <= 6
    assert (path.strengths > 1e-9).all()


def test_a_path_begins_where_every_row_has_a_mean():
    """The best intercept beside the mean of an offset may leave a row a mean that is none."""
    rng = np.random.default_rng(0)
    X, offset = rng.normal(size=(80, 2)) / 10, rng.normal(3.0, 0.8, 80)
    y = rng.gamma(2.0, 1 / (2 * (X @ [1.0, 0.5] + offset - 0.5)))
    model = nmo.GLM("Gamma", "one_over_x", regularizer="Lasso", regularizer_strength=1e-3)
    path = regularization_path(model, X, y, strengths=[1e-2, 1e-3], offset=offset)
    assert path.status == (("converged",),) * 2
    alone = model.fit(X, y, offset=offset)
    assert_allclose(path.coef[1, :, 0], alone.coef_, rtol=1e-5, atol=1e-8)
