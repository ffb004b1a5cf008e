"""Very many features: the matrices that stand for all correlations, and the rows they come from."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm.engine.coordinates.block_diagonal import BlockDiagonal
from spikeglm.engine.coordinates.correlation import Correlation
from spikeglm.engine.coordinates.feature_facts import spectrum
from spikeglm.engine.coordinates.whitening import Whitening
from spikeglm.engine.table import Table
from spikeglm.rows import ArrayRows, StoredRows

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
    null = spectrum(cut(R, 12), np.arange(P) != 5, tolerance=1e-11).suspects
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

    def test_a_sample_meets_every_moment_of_a_task_that_repeats(self, tmp_path):
        _, table = self.table(tmp_path, "array")
        rows = np.concatenate([block.rows for block in table.scattered(500, at_a_time=100).blocks])
        assert len(rows) == 500
        assert len(np.unique(rows % 10)) == 10

    def test_joined_blocks_hold_the_same_rows(self, tmp_path):
        X, table = self.table(tmp_path, "array")
        joined = table.in_blocks_of(1000)
        assert len(joined.blocks) < len(table.blocks) / 3
        assert_array_equal(np.vstack([joined.read(block) for block in joined.blocks]), X)
