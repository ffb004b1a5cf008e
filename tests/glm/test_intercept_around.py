"""Models without an intercept in all that surrounds a fit: rows, runners, steps, paths, files."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.catalogue import Case
from tests.glm import dense
from tests.reference import numpy_softmax

import spikeglm as nmo
from spikeglm.engine.runners import plan as planning
from spikeglm.errors import ConvergenceWarning

POISSON = Case("Poisson", "exp")
RNG = np.random.default_rng(7)
X = RNG.uniform(-1, 1, (400, 3)) + np.array([0.8, 0.0, -0.4])
Y = RNG.poisson(np.exp(X @ [[0.5, 0.2], [-0.4, 0.3], [0.3, -0.6]] - 0.2)).astype(float)
LABELS = np.argmax(X @ RNG.normal(size=(3, 3)) + RNG.gumbel(size=(400, 3)), axis=1)


def expected(y=Y[:, 0], X=X, **more):
    return POISSON.oracle(X, y, intercept=False, **more)


@pytest.mark.parametrize("place", [0.0, 30.0, 1e3, -1e3])
@pytest.mark.parametrize("kind", ["float64", "float32", "long fit"])
def test_features_far_from_zero_are_not_moved(place, kind, monkeypatch):
    if kind == "long fit":  # which begins in float32
        monkeypatch.setattr(planning, "_SINGLE_PAYS_FROM", 0)
    far = X + place
    far = far.astype(np.float32) if kind == "float32" else far
    model = nmo.GLM(fit_intercept=False).fit(far, Y[:, 0])
    far = far.astype(np.float64)
    assert model.fit_report_.converged
    assert model.fit_report_.result.rank == 3
    assert dense.newton_decrement(model.coef_, far, Y[:, 0], POISSON) < 2e-8
    assert_allclose(model.predict(far), expected(X=far).mean, rtol=1e-6)


@pytest.mark.parametrize("runner", ["threads", "dask"])  # "jax": tests/engine/test_jax_fits.py
def test_runners_agree(runner):
    pytest.importorskip(runner if runner != "threads" else "numpy")
    with nmo.config_context(runner=runner, n_threads=2):
        model = nmo.PopulationGLM(fit_intercept=False).fit(X, Y)
        sparse = nmo.GLM(regularizer="Lasso", regularizer_strength=0.05, fit_intercept=False)
        sparse.fit(X, Y[:, 0])
        classes = nmo.ClassifierGLM(3, regularizer_strength=0.1, fit_intercept=False)
        classes.fit(X, LABELS)
    for n in range(2):
        assert_allclose(model.coef_[:, n], expected(Y[:, n]).coef, rtol=1e-6)
    slope = dense.gradient(sparse.coef_, X, Y[:, 0], POISSON)
    assert np.abs(slope).max() < 0.05 * (1 + 1e-6)
    oracle = numpy_softmax.fit(X, LABELS, 3, ridge=0.1, intercept=False)
    assert_allclose(classes.coef_, oracle.coef, atol=1e-6)


def test_weights_masks_gaps_and_an_offset_as_the_only_baseline():
    weights, baseline = RNG.integers(0, 3, 400), np.log(0.2) + 0.3 * np.sin(np.arange(400))
    y = RNG.poisson(np.exp(X @ [0.5, 0.0, 0.3] + baseline)).astype(float)
    mask = np.array([1, 0, 1])
    model = nmo.GLM(fit_intercept=False, feature_mask=mask)
    model.fit(X, y, sample_weight=weights, offset=baseline)
    oracle = expected(y, X[:, [0, 2]], weights=weights.astype(float), offset=baseline)
    assert_allclose(model.coef_, [oracle.coef[0], 0.0, oracle.coef[1]], rtol=1e-6)
    of_coef, of_intercept = model.standard_errors(X, y, sample_weight=weights, offset=baseline)
    assert_allclose(of_coef[[0, 2]], oracle.standard_errors, rtol=1e-5)
    assert (of_coef[1], of_intercept[0]) == (0.0, 0.0)
    assert model.dof_resid_[0] == weights.sum() - 2
    assert_allclose(model.predict(X, offset=baseline), oracle.mean, rtol=1e-6)
    gaps = np.where(weights[:, None] == 0, np.nan, X)
    other = nmo.GLM(fit_intercept=False, feature_mask=mask)
    with pytest.warns(UserWarning, match="took no part"):
        other.fit(gaps, y, sample_weight=np.maximum(weights, 1), offset=baseline)
    assert_allclose(other.coef_, model.coef_, rtol=1e-6)


@pytest.mark.parametrize("model", ["Gaussian", "Gamma", "Poisson"])
def test_statsmodels_without_a_constant_agrees(model):
    families = pytest.importorskip("statsmodels.api").families
    import statsmodels.api as sm

    y = Y[:, 0] + 0.5 if model == "Gamma" else Y[:, 0]
    link = "identity" if model == "Gaussian" else "exp"
    family = getattr(families, model)
    their_link = families.links.Identity() if model == "Gaussian" else families.links.Log()
    theirs = sm.GLM(y, X, family(their_link)).fit(tol=1e-13)
    ours = nmo.GLM(model, link, fit_intercept=False).fit(X, y)
    assert_allclose(ours.coef_, theirs.params, rtol=1e-6)
    assert_allclose(ours.standard_errors(X, y)[0], theirs.bse, rtol=1e-5)
    assert_allclose(ours.covariance(X, y), theirs.cov_params(), rtol=1e-4)
    assert ours.dof_resid_[0] == theirs.df_resid
    if model != "Poisson":
        assert_allclose(ours.scale_, theirs.scale, rtol=1e-6)


def test_designs_are_as_their_arrays():
    speed = np.abs(X[:, 0])
    basis = nmo.basis.BSplineEval(5, bounds=(0.0, 2.0), label="speed")
    design, array = basis.design(speed), basis.compute_features(speed)
    by_design = nmo.GLM(fit_intercept=False).fit(design, Y[:, 0])
    by_array = nmo.GLM(fit_intercept=False).fit(array, Y[:, 0])
    assert_allclose(by_design.coef_, by_array.coef_, rtol=1e-6)
    # Splines that sum to one need no intercept: none of them is redundant without it.
    assert by_design.fit_report_.aliased_features == ()
    with_one = nmo.GLM().fit(array, Y[:, 0])
    assert_allclose(by_array.predict(array), with_one.predict(array), rtol=1e-6)


def test_what_is_zero_everywhere_is_redundant_and_what_is_constant_is_not():
    features = np.column_stack([np.full(400, 3.0), np.zeros(400), X, X[:, 0] - X[:, 1]])
    model = nmo.GLM(fit_intercept=False).fit(features, Y[:, 0])
    assert model.fit_report_.result.rank == 4
    assert_array_equal(model.fit_report_.result.aliased, [1, 2, 3, 5])
    usual = nmo.GLM().fit(X, Y[:, 0])
    assert_allclose(3 * model.coef_[0], usual.intercept_[0], rtol=1e-6)
    assert_allclose(model.predict(features), usual.predict(X), rtol=1e-7)


def test_a_neuron_without_spikes_is_fitted_where_features_have_both_signs():
    y = np.column_stack([np.zeros(400), Y[:, 0], np.zeros(400)])
    features = X - X.mean(axis=0)
    model = nmo.PopulationGLM(fit_intercept=False).fit(features, y)
    assert model.fit_report_.converged
    assert_allclose(model.coef_[:, 0], 0.0, atol=1e-8)
    assert_allclose(model.coef_[:, 1], expected(X=features).coef, rtol=1e-6)
    with pytest.warns(ConvergenceWarning, match="separated"):
        nmo.GLM(fit_intercept=False).fit(np.abs(X), np.zeros(400))


LINKS = {("Poisson", "identity"): 1.0, ("Gamma", "one_over_x"): 1.0, ("Poisson", "one_over_x"): 1.0}


@pytest.mark.parametrize("pair", LINKS, ids="-".join)
@pytest.mark.parametrize("sign", [1, -1])
def test_links_of_half_a_line_find_a_start(pair, sign):
    features = np.abs(X) + 0.1  # whose span holds no constant
    eta = features @ [0.5, 0.3, 0.8]
    mean = eta if pair[1] == "identity" else 1 / eta
    y = RNG.gamma(3.0, mean / 3) if pair[0] == "Gamma" else RNG.poisson(mean).astype(float)
    model = nmo.GLM(*pair, fit_intercept=False).fit(sign * features, y)
    assert model.fit_report_.status == ("converged",)
    assert dense.newton_decrement(model.coef_, sign * features, y, Case(*pair)) < 1e-7


def test_where_there_is_no_start_the_status_says_so_and_a_given_one_is_taken():
    model = nmo.GLM(inverse_link_function="identity", fit_intercept=False)
    with pytest.warns(ConvergenceWarning, match="give init_params"):
        model.fit(X, Y[:, 0])
    assert model.fit_report_.status == ("outside the link's range",)
    with pytest.raises(ValueError, match="no first parameters"):
        model.initialize_params(X, Y[:, 0])
    features = np.column_stack([np.ones(400), X])
    mixed = features @ np.random.default_rng(1).normal(size=(4, 4))
    start = np.linalg.lstsq(mixed, np.full(400, 2.0), rcond=None)[0]
    model.fit(mixed, Y[:, 0] + 1, init_params=(start, [0.0]))
    assert model.fit_report_.converged


@pytest.mark.parametrize("regularizer", ["UnRegularized", "Ridge", "Lasso", "ElasticNet"])
def test_no_fit_converges_where_no_mean_is_possible(regularizer):
    """A sparse fit did: no coefficient was worth leaving zero, where the mean is 1 / 0."""
    X, y = np.array([[0.0], [1.0], [0.0]]), np.ones(3)
    strength = {"UnRegularized": None, "ElasticNet": (1e-4, 0.4)}.get(regularizer, 1e-4)
    model = nmo.GLM(
        inverse_link_function="one_over_x", fit_intercept=False,
        regularizer=regularizer, regularizer_strength=strength,
    )  # fmt: skip
    with pytest.warns(RuntimeWarning, match="outside the link's range"):
        model.fit(X, y, sample_weight=[8e3, 3e-3, 3e-4])
    assert model.fit_report_.status == ("outside the link's range",)


@pytest.mark.parametrize("kind", [nmo.GLM, nmo.PopulationGLM])
def test_steps_lead_to_the_optimum(kind):
    y = Y if kind is nmo.PopulationGLM else Y[:, 0]
    model = kind(fit_intercept=False)
    params = model.initialize_params(X, y)
    assert not np.any(params[1])
    state = model.initialize_optimizer_and_state(params, X, y)
    for _ in range(40):
        params, state = model.update(params, state, X, y)
    fitted = kind(fit_intercept=False).fit(X, y)
    assert_allclose(params[0], fitted.coef_, atol=0.02)
    assert_array_equal(params[1], fitted.intercept_)
    assert_array_equal(model.dof_resid_, fitted.dof_resid_)


def test_classes_can_be_stepped():
    model = nmo.ClassifierGLM(3, regularizer_strength=0.1, fit_intercept=False).set_classes(LABELS)
    params = model.initialize_params(X, LABELS)
    state = model.initialize_optimizer_and_state(params, X, LABELS)
    for _ in range(40):
        params, state = model.update(params, state, X, LABELS)
    oracle = numpy_softmax.fit(X, LABELS, 3, ridge=0.1, intercept=False)
    assert_allclose(params[0], oracle.coef, atol=0.01)
    assert_array_equal(params[1], np.zeros(3))


def test_a_solver_of_ones_own_sees_no_intercept():
    class Descent:
        def __init__(self, unregularized_loss, regularizer, regularizer_strength, has_aux,
                     init_params=None):  # fmt: skip
            self.loss = unregularized_loss

        def init_state(self, init_params, *args):
            return 0

        def update(self, params, state, *args):
            raise NotImplementedError

        def run(self, init_params, *args):
            from scipy.optimize import minimize

            def fun(flat):  # the intercept is moved, which must not change anything
                return float(self.loss(type(init_params)(flat[:-1], flat[-1:]), *args))

            start = np.append(init_params.coef, 1.0)
            found = minimize(fun, start, method="BFGS", options={"gtol": 1e-7}).x
            return type(init_params)(found[:-1], found[-1:]), None, None

        @classmethod
        def get_accepted_arguments(cls):
            return set()

    nmo.solvers.register("Descent without intercept", Descent, replace=True)
    nmo.regularizer.UnRegularized.allow_solver("Descent without intercept")
    model = nmo.GLM(solver_name="Descent without intercept", fit_intercept=False).fit(X, Y[:, 0])
    assert_allclose(model.coef_, expected().coef, atol=1e-4)
    assert_array_equal(model.intercept_, [0.0])


def test_every_strength_of_a_path_is_a_fit():
    model = nmo.PopulationGLM(regularizer="Lasso", fit_intercept=False)
    path = nmo.selection.regularization_path(model, X, Y, strengths=4)
    assert path.converged
    assert not path.intercept.any()
    assert not path.coef[0].any()
    for n in range(2):
        at_zero = dense.gradient(np.zeros(3), X, Y[:, n], POISSON)
        assert_allclose(path.strengths[0, n], np.abs(at_zero).max(), rtol=1e-6)
        alone = nmo.GLM("Poisson", None, "Lasso", path.strengths[2, n], fit_intercept=False)
        assert_allclose(path.coef[2, :, n], alone.fit(X, Y[:, n]).coef_, atol=1e-6)
    with pytest.raises(ValueError, match="no path"):
        nmo.selection.regularization_path(
            nmo.GLM(inverse_link_function="identity", regularizer="Lasso", fit_intercept=False),
            X, Y[:, 0],
        )  # fmt: skip


def test_folds_are_fits_to_the_others():
    folds = np.arange(400) // 100 % 2
    held_out = nmo.selection.cross_validated(nmo.GLM(fit_intercept=False), X, Y[:, 0], folds)
    for k in range(2):
        there, coef = folds == k, expected(Y[folds != k, 0], X[folds != k]).coef
        assert_allclose(held_out.prediction[there], np.exp(X[there] @ coef), rtol=1e-6)


def test_a_checkpoint_is_not_for_a_model_with_an_intercept(tmp_path, monkeypatch):
    from spikeglm.engine.objective import Objective

    visit, path = Objective.visit, tmp_path / "fit.npz"
    centred = X - X.mean(axis=0)
    centred[-1] -= centred.sum(axis=0)
    visits = []

    def interrupted(*args):
        visits.append(1)
        if len(visits) == 4:
            raise KeyboardInterrupt
        return visit(*args)

    for first in (True, False):
        visits.clear()
        with nmo.config_context(checkpoint=path, checkpoint_seconds=0):
            with monkeypatch.context() as patch:
                patch.setattr(Objective, "visit", interrupted)
                with pytest.raises(KeyboardInterrupt):
                    nmo.GLM(fit_intercept=first, solver_name="LBFGS").fit(centred, Y[:, 0])
            other = nmo.GLM(fit_intercept=not first, solver_name="LBFGS")
            with pytest.raises(ValueError, match="another problem"):
                other.fit(centred, Y[:, 0])
            same = nmo.GLM(fit_intercept=first, solver_name="LBFGS").fit(centred, Y[:, 0])
    assert_allclose(same.coef_, expected(X=centred).coef, atol=1e-6)


def test_separation_and_effective_degrees_of_freedom_are_those_of_a_column_of_ones():
    refractory = RNG.random(400) < 0.1
    features = np.column_stack([X, refractory])
    with_ones = np.column_stack([features, np.ones(400)])
    y = np.where(refractory, 0.0, Y[:, 0])
    usual, other = nmo.GLM(), nmo.GLM(fit_intercept=False)
    with pytest.warns(ConvergenceWarning, match="separated by x3"):
        usual.fit(features, y)
    with pytest.warns(ConvergenceWarning, match="separated by x3"):
        other.fit(with_ones, y)
    expected_errors = np.append(*usual.standard_errors(features, y))
    assert_allclose(other.standard_errors(with_ones, y)[0], expected_errors, rtol=1e-5)
    strength = np.append(np.full(4, 0.3), 0.0)
    usual = nmo.GLM("Gaussian", None, "Ridge", 0.3).fit(features, y)
    other = nmo.GLM("Gaussian", None, "Ridge", strength, fit_intercept=False).fit(with_ones, y)
    assert_allclose(other.edf_, usual.edf_, rtol=1e-7)
    assert_allclose(other.scale_, usual.scale_, rtol=1e-7)
