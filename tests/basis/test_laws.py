"""Laws that every basis obeys, over the catalogue."""

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from tests.basis.catalogue import (
    ALL,
    CONVS,
    EVALS,
    LEAVES,
    has_a_line_as_grid,
    has_labels,
    ids,
    inputs,
    nodes,
)

from spikeglm import basis as nmo_basis

same = np.testing.assert_array_equal
every = pytest.mark.parametrize("row", ALL, ids=ids(ALL))
every_leaf = pytest.mark.parametrize("row", LEAVES, ids=ids(LEAVES))
every_eval = pytest.mark.parametrize("row", EVALS, ids=ids(EVALS))
every_conv = pytest.mark.parametrize("row", CONVS, ids=ids(CONVS))


def test_the_catalogue_is_complete():
    public = set(nmo_basis.__all__) - {"Basis", "TransformerBasis"}
    used = {type(node).__name__ for row in ALL for node in nodes(row.make())}
    assert used == public


@every
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
def test_features_have_the_promised_shape_and_type(row, shape):
    basis = row.make()
    X = basis.compute_features(*inputs(basis, shape=shape))
    assert type(X) is np.ndarray
    assert X.dtype == np.float64
    assert X.shape == (40, basis.n_output_features)
    assert basis.input_shape == [shape] * basis.n_inputs
    b, S = basis.n_basis_funcs, int(np.prod(shape))
    if not isinstance(basis, nmo_basis.AdditiveBasis) and row.name != "Custom2*a":
        assert basis.n_output_features == b * S


@every
def test_channels_are_computed_one_by_one(row):
    """Column ``channel * b + function``: the features of a channel are those of it alone."""
    basis = row.make()
    xs = inputs(basis, shape=(2, 2))
    X = basis.compute_features(*xs)
    parts = basis.split_by_feature(X)
    for i in range(2):
        for j in range(2):
            alone = row.make()
            Y = alone.compute_features(*[x[:, i, j] for x in xs])
            for label, piece in alone.split_by_feature(Y).items():
                np.testing.assert_allclose(parts[label][:, i, j], piece, atol=1e-12)


@every
def test_inputs_are_not_modified(row):
    basis = row.make()
    xs = inputs(basis)
    for x in xs:
        x[5] = np.nan
        x.flags.writeable = False
    before = [x.copy() for x in xs]
    basis.compute_features(*xs)
    basis.design(*xs).read(0, 40)
    for x, old in zip(xs, before, strict=True):
        same(x, old)


@every
@pytest.mark.parametrize(
    "convert",
    [
        list,
        jnp.asarray,
        pd.Series,
        lambda x: pd.Series(x, dtype="Float64"),
        lambda x: x.astype(np.float32),
        lambda x: np.asfortranarray(np.column_stack((x, x)))[:, 1],
        lambda x: nap.Tsd(t=np.arange(len(x)), d=x),
    ],
    ids=["list", "jax", "pandas", "nullable", "float32", "strided", "pynapple"],
)
def test_every_container_gives_the_same_features(row, convert):
    basis = row.make()
    exact = [x.astype(np.float32).astype(float) for x in inputs(basis)]
    got = basis.compute_features(*[convert(x) for x in exact])
    np.testing.assert_allclose(np.asarray(got), basis.compute_features(*exact), atol=1e-12)


@every
@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.uint64, np.int64])
def test_counts_of_every_dtype_are_numbers(row, dtype):
    basis = row.make()
    if dtype is bool and row.name == "OrthExponentialEval":
        pytest.skip("two values tell two decays apart, not three")
    counts = [(4 * x).astype(dtype) for x in inputs(basis)]
    got = basis.compute_features(*counts)
    same(got, basis.compute_features(*[x.astype(float) for x in counts]))


@every
def test_pynapple_in_pynapple_out(row):
    basis = row.make()
    xs = inputs(basis, shape=(2,))
    epochs = nap.IntervalSet([0, 25.5], [24.5, 40])
    series = [nap.TsdFrame(t=np.arange(40.0), d=x, time_support=epochs) for x in xs]
    X = basis.compute_features(*series)
    assert type(X) is nap.TsdFrame
    same(X.t, series[0].t)
    same(X.time_support.values, epochs.values)
    values = basis.evaluate(*(s[:, 0] for s in series))
    assert type(values) is nap.TsdFrame
    if not _has_history(basis):
        assert type(basis.evaluate(*series)) is nap.TsdTensor


def _has_history(basis):
    """The functions of HistoryConv are bins of a window: they take one channel."""
    return any(isinstance(node, nmo_basis.HistoryConv) for node in nodes(basis))


@every
@pytest.mark.filterwarnings("ignore:.*shorter than the window")
def test_epochs_are_convolved_one_by_one(row):
    basis = row.make()
    xs = inputs(basis)
    for x in xs:  # the ranges of bases without bounds are those of all epochs
        x[[0, 10, 25]], x[[1, 11, 26]] = 0.0, 1.0
    if any(isinstance(node, nmo_basis.OrthExponentialEval) for node in nodes(basis)):
        pytest.skip("orthogonal over all samples, not over those of an epoch")
    edges = [(0, 10), (10, 13), (13, 25), (25, 40)]
    if not any(hasattr(node, "kernel_") for node in nodes(basis)):
        edges = [(0, 10), (10, 25), (25, 40)]
    epochs = nap.IntervalSet([a - 0.25 for a, _ in edges], [z - 0.75 for _, z in edges])
    joint = basis.compute_features(
        *[nap.Tsd(t=np.arange(40.0), d=x, time_support=epochs) for x in xs]
    )
    ranged = _with_bounds(row.make())
    alone = [ranged.compute_features(*[x[a:z] for x in xs]) for a, z in edges]
    np.testing.assert_allclose(joint.values, np.concatenate(alone), atol=1e-12)


def _with_bounds(basis):
    for node in nodes(basis):
        if not node.node.children and "bounds" in node.get_params():
            node.bounds = (0.0, 1.0)
    return basis


@every
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings("error")
def test_a_sample_that_is_not_finite_marks_what_sees_it_and_nothing_else(row, bad):
    basis = _with_bounds(row.make())
    if has_labels(basis):
        pytest.skip("NaN is a label like others that are no category")
    if any(isinstance(node, nmo_basis.OrthExponentialEval) for node in nodes(basis)):
        basis = row.make()
        if row.name != "OrthExponentialEval" or np.isinf(bad):
            pytest.skip("orthogonal over the finite samples")
    xs = inputs(basis, shape=(2,))
    clean = basis.compute_features(*xs)
    xs[0][20, 1] = bad
    X = basis.compute_features(*xs)
    touched = ~np.isfinite(X) & np.isfinite(clean)
    if row.name != "OrthExponentialEval":
        np.testing.assert_allclose(X[~touched], clean[~touched], atol=1e-12)
    for part in basis.split_by_feature(touched).values():
        assert not part[:, 0].any()
    if basis.n_output_features:
        assert touched.any()
    rows = np.flatnonzero(touched.any(axis=1))
    assert rows.size == 0 or rows.max() - rows.min() < 9
    same(basis.design(*xs).valid_rows(), np.isfinite(X).all(axis=1))


@every
def test_empty_inputs_have_no_rows(row):
    basis = row.make()
    X = basis.compute_features(*[np.zeros((0, 2))] * basis.n_inputs)
    assert X.shape == (0, basis.n_output_features)
    assert basis.evaluate(*[np.zeros(0)] * basis.n_inputs).shape == (0, basis.n_basis_funcs)


@every_eval
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_features_are_the_functions_at_the_samples(row, shape):
    basis = row.make()
    (x,) = inputs(basis, shape=shape)
    values = basis.evaluate(x)
    assert values.shape == (40, *shape, basis.n_basis_funcs)
    np.testing.assert_allclose(basis.compute_features(x), values.reshape(40, -1), atol=1e-13)


@every_conv
def test_kernels_are_the_functions_on_the_window(row):
    basis = row.make()
    assert basis.kernel_ is None
    basis.setup_basis(np.zeros(20))
    W = basis.window_size
    same(basis.kernel_, basis.evaluate(np.linspace(0, 1, W)))
    same(basis.kernel_, basis.evaluate_on_grid(W)[1])
    basis.window_size = W + 1
    assert basis.kernel_ is None


@every
def test_a_grid_spans_bounds_or_zero_to_one(row):
    basis = row.make()
    if not has_a_line_as_grid(basis):
        pytest.skip("labels, or functions of a user")
    *grid, values = basis.evaluate_on_grid(*range(7, 7 + basis.n_inputs))
    n = tuple(range(7, 7 + basis.n_inputs))
    assert values.shape == (*n, basis.n_basis_funcs)
    for axis, points in enumerate(grid):
        assert points.shape == n
        line = np.linspace(0, 1, n[axis])
        expected = line.reshape([-1 if i == axis else 1 for i in range(len(n))])
        np.testing.assert_allclose(points, np.broadcast_to(expected, n))


SMOOTH = [
    row
    for row in ALL
    if not _has_history(row.make()) and "Orth" not in row.name  # these two depend on all points
    if "Custom" not in row.name  # has no grid
]


@pytest.mark.parametrize("row", SMOOTH, ids=ids(SMOOTH))
def test_a_grid_is_the_functions_at_its_points(row):
    basis = row.make()
    *grid, values = basis.evaluate_on_grid(*[5] * basis.n_inputs)
    points = basis.evaluate(*[points.ravel() for points in grid])
    np.testing.assert_allclose(values.reshape(points.shape), points, atol=1e-14)


@pytest.mark.parametrize("row", [r for r in LEAVES if r.sums_to], ids=lambda r: r.name)
def test_partition_of_unity(row):
    values = row.make().evaluate_on_grid(50)[1]
    np.testing.assert_allclose(values.sum(axis=1), row.sums_to, atol=1e-14)
