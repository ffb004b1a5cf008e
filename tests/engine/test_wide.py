"""Very many features: what replaces the correlation matrix guides a fit to the same answer."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.engine.features import survey
from spikeglm.engine.runners import plan as planning
from spikeglm.engine.runners.plan import Look, plan
from spikeglm.rows import ArrayRows
from spikeglm.settings import Settings
from spikeglm.solvers.curvature import shared_curvature as shared

P = 24
DIFFERENCES = np.diff(np.eye(P), n=2, axis=0)
LOOKS = {
    "sample": Look(None, 700, 100),
    "blocks": Look(7, None, 100),
    "blocks of a sample": Look(7, 700, 50),
}
of_looks = pytest.mark.parametrize("look", LOOKS)


@pytest.fixture
def looking(monkeypatch):
    """A way to let all fits look at the correlations in some manner."""

    def look_as(name):
        monkeypatch.setattr(planning.Look, "at", lambda *_: LOOKS[name])

    return look_as


def recording(seed=0, T=3000):
    """Features that share factors, one constant, one a copy, one rarely not zero; counts."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(T, 3)) @ rng.normal(size=(3, P)) + rng.normal(size=(T, P))
    X[:, 4] = 7.0
    X[:, 5] = X[:, 6] * 2 - X[:, 3] + 1
    X[:, 11] = 0.0
    X[[17, 1201, 2801], 11] = 1.0
    y = rng.poisson(np.exp(X @ rng.normal(0, 0.1, (P, 4)) - 1.0))
    y[17] += 1  # else no rate is low enough for the rare feature
    return X, y


def held(X, kind, tmp_path):
    if kind == "stored":
        np.save(tmp_path / "wide.npy", X)
        return np.load(tmp_path / "wide.npy", mmap_mode="r")
    return X.astype(np.float32) if kind == "float32" else X


ESTIMATORS = {
    "plain": nmo.PopulationGLM(solver_name="LBFGS"),
    "ridge": nmo.PopulationGLM("Poisson", None, "Ridge", 0.01, solver_name="LBFGS"),
    "quadratic": nmo.PopulationGLM(
        regularizer=nmo.regularizer.Quadratic([(slice(0, P), DIFFERENCES.T @ DIFFERENCES)]),
        regularizer_strength=0.01,
        solver_name="LBFGS",
    ),
    "lasso": nmo.PopulationGLM("Poisson", None, "Lasso", 0.01),
    "no intercept": nmo.PopulationGLM(solver_name="LBFGS", fit_intercept=False),
    "svrg": nmo.PopulationGLM("Poisson", None, "Ridge", 0.1, solver_name="SVRG"),
}


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """A way to coefficients, intercepts and report of a fit that looks at all correlations."""

    @cache
    def fit(name, kind):
        X, y = recording()
        model = ESTIMATORS[name].fit(held(X, kind, tmp_path_factory.mktemp("wide")), y)
        return model.coef_, model.intercept_, model.fit_report_

    return fit


@of_looks
@pytest.mark.parametrize("kind", ["array", "stored", "float32"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_answer_does_not_depend_on_what_was_looked_at(
    name, kind, look, exact, looking, tmp_path
):
    X, y = recording()
    rows = held(X, kind, tmp_path)
    model = ESTIMATORS[name]
    if name == "svrg" and (kind, look) != ("array", "blocks of a sample"):
        pytest.skip("one kind of rows, and one way to look, are enough for a slow solver")
    coef, intercept, report = exact(name, kind)
    looking(look)
    other = model.fit(rows, y)
    assert set(other.fit_report_.status) == {"converged"}
    if name == "lasso":  # of features that are copies of each other it may choose any
        assert_allclose(X @ other.coef_ + other.intercept_, X @ coef + intercept, atol=1e-5)
    else:
        assert_allclose(other.coef_, coef, atol=3e-5 if name == "svrg" else 3e-6)
    assert other.fit_report_.result.rank == report.result.rank
    assert_array_equal(other.fit_report_.result.aliased, report.result.aliased)


ODD = {
    "no features": lambda X: X[:, :0],
    "one feature": lambda X: X[:, :1],
    "constant": lambda X: np.full_like(X, 3.0),
    "whole numbers": lambda X: X.round().astype(np.int8),
    "away from zero": lambda X: X + 20 * X.std(axis=0),
    "far from zero": lambda X: (X + 1e3).astype(np.float32),
    "of all sizes": lambda X: X * 10.0 ** np.linspace(-9, 9, P),
}


@of_looks
@pytest.mark.parametrize("oddity", ODD)
def test_odd_features_are_fitted_as_ever(oddity, look, looking):
    X, y = recording()
    X = ODD[oddity](X)
    model = nmo.PopulationGLM(solver_name="LBFGS")
    predicted, report = model.fit(X, y).predict(X), model.fit_report_
    looking(look)
    assert_allclose(model.fit(X, y).predict(X), predicted, rtol=1e-5)
    assert set(model.fit_report_.status) == {"converged"}
    assert model.fit_report_.result.rank == report.result.rank
    assert_array_equal(model.fit_report_.result.aliased, report.result.aliased)


@of_looks
@pytest.mark.parametrize("penalty", ["UnRegularized", "Ridge"])
def test_copies_in_other_blocks_spoil_no_fit(penalty, look, looking):
    X, y = recording()
    X[:, 20], X[:, 23] = X[:, 0], X[:, 8] + X[:, 1]
    strength = 0.01 if penalty == "Ridge" else None
    model = nmo.PopulationGLM("Poisson", None, penalty, strength, "LBFGS")
    predicted, rank = model.fit(X, y).predict(X), model.fit_report_.result.rank
    looking(look)
    assert_allclose(model.fit(X, y).predict(X), predicted, rtol=1e-5)
    assert set(model.fit_report_.status) == {"converged"}
    assert rank <= model.fit_report_.result.rank <= rank + 2
    if LOOKS[look].width is not None:
        assert "only known among those neighbours" in str(model.fit_report_)


@of_looks
@pytest.mark.parametrize("difference", [1e-4, 1e-6, 1e-7])
def test_near_copies_in_other_blocks_are_told_apart(difference, look, looking):
    X, _ = recording()
    n = np.random.default_rng(9).normal(size=len(X))
    X[:, 20] = -3 * (X[:, 0] + difference * n)
    y = np.random.default_rng(8).poisson(np.exp(0.4 * n - 1))
    told_apart = np.column_stack([X[:, 20] / -3 - X[:, 0], np.delete(X, 20, axis=1)])
    best = nmo.GLM().fit(told_apart / told_apart.std(axis=0).clip(1e-12), y).fit_report_.result
    looking(look)
    model = nmo.GLM(solver_name="LBFGS").fit(X, y)
    assert model.fit_report_.converged
    assert model.fit_report_.result.rank == best.rank
    assert_allclose(model.fit_report_.result.objective, best.objective, rtol=0, atol=1e-8)


def test_correlations_are_looked_at_once_features_are_in_their_place(looking, monkeypatch):
    X, y = recording()
    looked, sketched = [], survey._sketched
    monkeypatch.setattr(survey, "_sketched", lambda *a: looked.append(1) or sketched(*a))
    looking("blocks")
    nmo.PopulationGLM(solver_name="LBFGS").fit((X + 1e3).astype(np.float32), y)
    assert len(looked) == 1


@pytest.mark.filterwarnings("ignore:.*rough approximation")
def test_what_needs_all_correlations_gets_them_and_says_so(looking):
    X, y = recording()
    model = nmo.PopulationGLM("Poisson", None, "Ridge", 0.01, "PolynomialApproximation")
    coef = model.fit(X, y).coef_.copy()
    looking("blocks of a sample")
    assert_allclose(model.fit(X, y).coef_, coef, rtol=1e-10)
    assert "correlations" not in str(model.fit_report_)


def test_strengths_far_apart_do_with_few_factors(monkeypatch):
    X, y = recording()
    X = np.delete(X, [4, 5, 11], axis=1)
    model = nmo.PopulationGLM("Poisson", None, "Ridge", 10.0 ** np.arange(-6, 4)[None], "LBFGS")
    y = np.tile(y[:, :1], 10)
    coef, passes = model.fit(X, y).coef_.copy(), model.fit_report_.n_passes
    monkeypatch.setattr(shared, "_MOST_FACTORS", 4)
    assert_allclose(model.fit(X, y).coef_, coef, atol=1e-6)
    assert model.fit_report_.n_passes < 2 * passes


@of_looks
def test_folds_masks_and_classes(look, looking):
    X, y = recording()
    weights = np.random.default_rng(0).integers(0, 2, y.shape).astype(float)
    masked = nmo.PopulationGLM(
        "Poisson", None, "Ridge", 0.01, "LBFGS",
        feature_mask=np.random.default_rng(1).integers(0, 2, (P, 4)),
    )  # fmt: skip
    classes = nmo.ClassifierGLM(3, regularizer="Ridge", regularizer_strength=0.1)
    labels = np.minimum(y[:, 0], 2)
    coef = masked.fit(X, y, sample_weight=weights).coef_.copy()
    of_classes = classes.fit(X, labels).coef_.copy()
    looking(look)
    assert_allclose(masked.fit(X, y, sample_weight=weights).coef_, coef, atol=3e-6)
    assert_allclose(classes.fit(X, labels).coef_, of_classes, atol=3e-6)


@of_looks
def test_the_certificate_is_that_of_newton_up_to_a_factor_of_ten(look, looking):
    X, y = recording()
    looking(look)
    for tol in (1e-3, 1e-5, 1e-7):
        kwargs = {"tol": tol, "maxiter": 200}
        fit = nmo.PopulationGLM("Poisson", None, "Ridge", 0.01, "LBFGS", kwargs).fit(X, y)
        said = fit.fit_report_.result.decrement
        for c in range(y.shape[1]):
            mean = np.exp(X @ fit.coef_[:, c] + fit.intercept_[c])
            Z = np.column_stack([X, np.ones(len(X))])
            gradient = Z.T @ (mean - y[:, c]) / len(X) + 0.01 * np.append(fit.coef_[:, c], 0)
            H = Z.T @ (mean[:, None] * Z) / len(X) + 0.01 * np.diag(np.append(np.ones(P), 0))
            exact = np.sqrt(gradient @ np.linalg.solve(H, gradient))
            assert exact < 10 * max(said[c], 1e-12)


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("width", [None, 10])
def test_a_sample_that_hides_too_much_is_not_used(width, dtype, looking, monkeypatch):
    rng = np.random.default_rng(0)
    X = np.zeros((3000, P), dtype)
    X[np.sort(rng.choice(3000, 2 * P, replace=False)), np.arange(2 * P) % P] = 1.0
    y = rng.poisson(1.0, 3000)
    model = nmo.GLM("Poisson", None, "Ridge", 0.01, "LBFGS")
    coef = model.fit(X, y).coef_.copy()
    monkeypatch.setitem(LOOKS, "few rows", Look(width, 300, 100))
    looking("few rows")
    assert_allclose(model.fit(X, y).coef_, coef, atol=1e-6)


class TestPlan:
    """When what is looked at."""

    def look(self, n_rows, n_features, n_columns, memory="2GiB"):
        rows = ArrayRows(np.broadcast_to(np.zeros(1), (n_rows, n_features)))
        return plan(rows, n_columns, settings=Settings(memory=memory, n_threads=2), iterative=True)

    def test_few_features_are_looked_at_in_full(self):
        how = self.look(1_000_000, 400, 1)
        assert how.look.is_complete
        assert "correlations" not in how.explain()

    def test_one_neuron_with_many_features_looks_at_some_rows(self):
        how = self.look(1_000_000, 2000, 1)
        assert how.look.width is None
        assert how.look.n_rows == 64_000
        assert "correlations from 64000 rows" in how.explain()

    def test_a_device_looks_at_all_that_the_host_can_hold(self):
        pytest.importorskip("jax")
        rows = ArrayRows(np.broadcast_to(np.zeros(1), (2_460_000, 4155)))
        for runner, is_complete in (("threads", False), ("jax", True)):
            settings = Settings(memory="2GiB", n_threads=2, runner=runner)
            assert (
                plan(rows, 831, settings=settings, iterative=True).look.is_complete == is_complete
            )

    def test_many_neurons_pay_for_all_rows(self):
        assert self.look(1_000_000, 2000, 500).look.is_complete

    def test_what_does_not_fit_into_memory_is_looked_at_in_blocks(self):
        how = self.look(1_000_000, 20_000, 1000)
        width = how.look.width
        assert width is not None
        assert 8 * 20_000 * width * 8 <= 2**30
        assert f"among {width} neighbours" in how.explain()

    def test_passes_that_are_no_fit_look_at_nothing(self):
        rows = ArrayRows(np.broadcast_to(np.zeros(1), (1_000_000, 20_000)))
        assert plan(rows, 1, settings=Settings()).look.is_complete


@pytest.mark.filterwarnings("ignore:.*silent")
def test_columns_are_solved_in_turns_where_memory_is_short():
    X, y = recording()
    X = np.delete(X, 11, axis=1)  # which not all of these neurons could do with
    y = np.hstack([y, y[::-1], 0 * y[:, :1], y[::3].repeat(3, axis=0)])
    model = nmo.PopulationGLM(solver_name="LBFGS")
    coef, passes = model.fit(X, y).coef_.copy(), model.fit_report_.n_passes
    with nmo.config_context(memory="128KiB"):
        model.fit(X, y)
    assert_allclose(model.coef_, coef, atol=1e-6)
    assert model.fit_report_.status[8] == "silent"
    assert set(model.fit_report_.status) == {"converged", "silent"}
    assert model.fit_report_.n_passes > passes + 20  # a walk for each of several turns


def test_turns_share_a_checkpoint(tmp_path):
    X, y = recording()
    coef = nmo.PopulationGLM(solver_name="LBFGS").fit(X, y).coef_
    path = tmp_path / "fit.npz"
    calls = []

    class Interrupted(Exception):
        pass

    def stop(*_):
        calls.append(1)
        if len(calls) == 40:
            raise Interrupted

    with nmo.config_context(memory="100KiB", checkpoint=path, checkpoint_seconds=0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("spikeglm.solvers.smooth.descent._count_idle", _after(stop))
            with pytest.raises(Interrupted):
                nmo.PopulationGLM(solver_name="LBFGS").fit(X, y)
        assert path.exists()
        model = nmo.PopulationGLM(solver_name="LBFGS").fit(X, y)
    assert_allclose(model.coef_, coef, atol=1e-6)
    assert not path.exists()


def _after(stop):
    from spikeglm.solvers.smooth import descent

    original = descent._count_idle

    def wrapped(*arguments):
        original(*arguments)
        stop()

    return wrapped
