"""Very many features: what replaces the correlation matrix guides a fit to the same answer."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.engine import plan as planning
from spikeglm.engine.block_diagonal import BlockDiagonal
from spikeglm.engine.correlation import Correlation
from spikeglm.engine.features import null_space
from spikeglm.engine.plan import Look, plan
from spikeglm.engine.table import Table
from spikeglm.engine.whitening import Whitening
from spikeglm.rows import ArrayRows, StoredRows
from spikeglm.settings import Settings

P = 24
WIDTHS = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def blocks_of(widths, seed=0):
    rng = np.random.default_rng(seed)
    return BlockDiagonal(tuple(rng.normal(size=(n, n)) for n in widths))


def dense(matrix):
    out = np.zeros((len(matrix), len(matrix)))
    for block, where in zip(matrix.blocks, matrix.slices, strict=True):
        out[where, where] = block
    return out


@given(WIDTHS, st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_block_diagonal_matrices_compute_as_dense_ones(widths, seed):
    matrix = blocks_of(widths, seed)
    n, rng = len(matrix), np.random.default_rng(seed)
    V, M = rng.normal(size=(n, 3)), dense(matrix)
    assert_allclose(matrix.dense, M)
    assert_allclose(matrix @ V, M @ V)
    assert_allclose(matrix @ V[:, 0], M @ V[:, 0])
    assert_allclose(matrix.transposed_times(V), M.T @ V)
    assert_allclose(matrix.times_rows(V.T), V.T @ M.T)
    assert_allclose(matrix.diagonal, np.diag(M))
    rows, columns = rng.integers(0, n, 4), rng.integers(0, n, 2)
    assert_allclose(matrix.part(rows, columns), M[np.ix_(rows, columns)])
    assert_allclose(BlockDiagonal.identity(n).dense, np.eye(n))


def shared_factors(n_factors=3, p=P, seed=0):
    """A correlation matrix of features that share some factors."""
    rng = np.random.default_rng(seed)
    L = rng.normal(size=(p, n_factors))
    C = L @ L.T + np.diag(rng.uniform(0.2, 1, p))
    unit = 1 / np.sqrt(np.diag(C))
    return C * np.outer(unit, unit)


def cut(R, width):
    edges = range(0, len(R), width)
    return BlockDiagonal(tuple(R[a : a + width, a : a + width] for a in edges))


def approximated(R, width=6, n_directions=8):
    directions = np.linalg.qr(np.random.default_rng(1).normal(size=(len(R), n_directions)))[0]
    return Correlation.with_factors(cut(R, width), R @ directions, directions)


class TestCorrelation:
    """Blocks, and factors that all features share."""

    def test_blocks_are_exact_and_the_rest_comes_near(self):
        R = shared_factors()
        near = approximated(R)
        far = Correlation(cut(R, 6))
        for where in near.blocks.slices:
            assert_allclose(near.dense[where, where], R[where, where], atol=1e-12)
        assert np.linalg.norm(near.dense - R) < 0.35 * np.linalg.norm(far.dense - R)
        assert np.linalg.eigvalsh(near.dense).min() > -1e-12

    def test_directions_that_span_everything_give_everything(self):
        R = shared_factors()
        assert_allclose(approximated(R, n_directions=P).dense, R, atol=1e-10)

    def test_it_computes_as_the_dense_matrix(self):
        correlation = approximated(shared_factors())
        R, V = correlation.dense, np.random.default_rng(2).normal(size=(P, 2))
        assert_allclose(correlation @ V, R @ V)
        assert_allclose(correlation.diagonal, np.diag(R))
        rows, columns = np.array([0, 7, 20]), np.array([3, 8])
        assert_allclose(correlation.part(rows, columns), R[np.ix_(rows, columns)])

    def test_what_a_sample_has_not_seen_gets_a_variance_of_its_own(self):
        R = shared_factors()
        R[5] = R[:, 5] = 0.0
        R[:, 9], R[9] = R[:, 8], R[8]
        R[9, 9] = R[8, 8]
        own = 1e-3
        found = approximated(R).surely_definite(own).dense
        assert_allclose(np.diag(found), 1.0)
        assert np.linalg.eigvalsh(found).min() > 0.9 * own
        assert_array_equal(np.delete(found[5], 5), 0.0)


class TestWhitening:
    """Coordinates in which h R + Lambda is the identity."""

    @pytest.mark.parametrize("with_factors", [True, False])
    @pytest.mark.parametrize("with_ridge", [True, False])
    def test_it_whitens(self, with_factors, with_ridge):
        R = shared_factors()
        correlation = approximated(R) if with_factors else Correlation(cut(R, P))
        ridge = np.linspace(0, 2, P) * with_ridge
        frozen = np.zeros(P, bool)
        frozen[[2, 13]] = True
        B = Whitening.of(correlation, 0.3, ridge, frozen)
        F = 0.3 * correlation.dense + np.diag(ridge)
        free = ~frozen
        dense_B = B @ np.eye(P)
        expected = np.eye(P)[free][:, free]
        assert_allclose((dense_B @ F @ dense_B.T)[free][:, free], expected, atol=1e-10)
        assert_array_equal(dense_B[frozen], 0.0)
        assert_array_equal(dense_B[:, frozen], 0.0)
        assert B.excluded is None
        X = np.random.default_rng(0).normal(size=(5, P))
        assert_allclose(B.of_rows(X), X @ dense_B.T, atol=1e-12)
        assert_allclose(B.transposed_times(X.T), dense_B.T @ X.T, atol=1e-12)
        variances = np.diag(dense_B @ correlation.dense @ dense_B.T)
        assert_allclose(B.variances(correlation), variances, atol=1e-12)
        Lambda = np.abs(X.T)
        expected = np.stack([np.diag(dense_B @ np.diag(r) @ dense_B.T) for r in Lambda.T], axis=1)
        assert_allclose(B.ridges(Lambda), expected, atol=1e-12)

    @pytest.mark.parametrize("frozen", [[], [7], [3]])
    def test_constant_combinations_are_left_alone_unless_penalised(self, frozen):
        null = np.zeros((P, 2))
        null[[3, 4], 0] = 0.6, 0.8
        null[7, 1] = 1.0
        R = replace(approximated(shared_factors()), null_space=null)
        still = np.isin(np.arange(P), frozen)
        B = Whitening.of(R, 0.5, np.zeros(P), still)
        dense_B, steps = B @ np.eye(P), B.transposed_times(B @ np.eye(P))
        assert_allclose(dense_B @ null[:, ~null[still].any(axis=0)], 0.0, atol=1e-12)
        assert np.linalg.matrix_rank(steps, tol=1e-9) == P - 2
        assert_allclose(B.of_rows(np.eye(P)), dense_B.T, atol=1e-12)
        penalised = Whitening.of(R, 0.5, np.ones(P), still)
        assert penalised.excluded is None

    def test_many_features_take_another_way_to_the_same_factor(self):
        R = shared_factors(p=150)
        B = Whitening.of(Correlation(cut(R, 150)), 1.0, np.zeros(150), np.zeros(150, bool))
        assert_allclose(B.blocks.dense, np.linalg.inv(np.linalg.cholesky(R)), atol=1e-10)


def test_combinations_without_variance_are_found_within_blocks():
    R = shared_factors()
    R[:, 1], R[1] = R[:, 0], R[0]
    R[1, 1] = 1.0
    null = null_space(cut(R, 12), np.arange(P) != 5)
    assert_allclose(np.abs(null), np.abs(np.eye(P)[:, [0]] - np.eye(P)[:, [1]]) / 2**0.5, atol=1e-6)


class TestSamples:
    """Which rows are looked at."""

    T = 5000

    def table(self, tmp_path, kind, keep=None):
        X = np.arange(3.0 * self.T).reshape(self.T, 3)
        if kind == "stored":
            np.save(tmp_path / "X.npy", X)
            rows = StoredRows(np.load(tmp_path / "X.npy", mmap_mode="r"))
        else:
            rows = ArrayRows(X)
        keep = np.ones(self.T, bool) if keep is None else keep
        return X, Table.cut(rows, keep, 300)

    @pytest.mark.parametrize("kind", ["array", "stored"])
    def test_a_sample_comes_from_everywhere_and_reads_what_it_says(self, kind, tmp_path):
        keep = np.random.default_rng(0).random(self.T) < 0.9
        X, table = self.table(tmp_path, kind, keep)
        sample = table.scattered(600, at_a_time=100)
        rows = np.concatenate([block.rows for block in sample.blocks])
        assert len(np.unique(rows)) == len(rows)
        assert keep[rows].all()
        assert 400 <= len(rows) <= 1000
        assert np.histogram(rows, 5, (0, self.T))[0].min() > 50
        for block in sample.blocks:
            assert_array_equal(sample.read(block), X[block.rows])
            assert len(block.rows) <= 400

    def test_joined_blocks_hold_the_same_rows(self, tmp_path):
        X, table = self.table(tmp_path, "array")
        joined = table.in_blocks_of(1000)
        assert len(joined.blocks) < len(table.blocks) / 3
        assert_array_equal(np.vstack([joined.read(block) for block in joined.blocks]), X)


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
    "lasso": nmo.PopulationGLM("Poisson", None, "Lasso", 0.01),
    "svrg": nmo.PopulationGLM("Poisson", None, "Ridge", 0.1, solver_name="SVRG"),
}


@of_looks
@pytest.mark.parametrize("kind", ["array", "stored", "float32"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_answer_does_not_depend_on_what_was_looked_at(name, kind, look, looking, tmp_path):
    X, y = recording()
    rows = held(X, kind, tmp_path)
    model = ESTIMATORS[name]
    if name == "svrg" and kind != "array":
        pytest.skip("one kind of rows is enough for a slow solver")
    exact = model.fit(rows, y)
    coef, intercept, report = exact.coef_.copy(), exact.intercept_.copy(), exact.fit_report_
    looking(look)
    other = model.fit(rows, y)
    assert set(other.fit_report_.status) == {"converged"}
    if name == "lasso":  # of features that are copies of each other it may choose any
        assert_allclose(X @ other.coef_ + other.intercept_, X @ coef + intercept, atol=1e-5)
    else:
        assert_allclose(other.coef_, coef, atol=3e-5 if name == "svrg" else 3e-6)
    assert other.fit_report_.result.rank == report.result.rank
    assert_array_equal(other.fit_report_.result.aliased, report.result.aliased)


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


def test_a_sample_that_hides_too_much_is_not_used(looking):
    rng = np.random.default_rng(0)
    X = np.zeros((3000, P))
    X[np.sort(rng.choice(np.arange(1, 3000, 4), 5 * P, replace=False)), np.arange(5 * P) % P] = 1.0
    y = rng.poisson(1.0, 3000)
    model = nmo.GLM("Poisson", None, "Ridge", 0.01, "LBFGS")
    coef = model.fit(X, y).coef_.copy()
    LOOKS["few rows"] = Look(None, 750, 100)
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
            patch.setattr("spikeglm.solvers.descent._count_idle", _after(stop))
            with pytest.raises(Interrupted):
                nmo.PopulationGLM(solver_name="LBFGS").fit(X, y)
        assert path.exists()
        model = nmo.PopulationGLM(solver_name="LBFGS").fit(X, y)
    assert_allclose(model.coef_, coef, atol=1e-6)
    assert not path.exists()


def _after(stop):
    from spikeglm.solvers import descent

    original = descent._count_idle

    def wrapped(*arguments):
        original(*arguments)
        stop()

    return wrapped
