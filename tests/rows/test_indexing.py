"""A design is a table: indexed, iterated and given to NumPy and scikit-learn as its array is."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import spikeglm as nmo

B = nmo.basis
T = 2500  # more than are read together
RNG = np.random.default_rng(0)
BASIS = B.BSplineEval(5, label="x") + B.RaisedCosineLogConv(3, window_size=20, label="h")


@pytest.fixture(scope="module")
def design():
    return BASIS.design(np.linspace(0, 1, T), RNG.poisson(0.2, T))


@pytest.fixture(scope="module")
def X(design):
    return design.to_array()


MASK = np.arange(T) % 7 == 0
KEYS = [
    slice(None),
    slice(30, 60),
    slice(-40, None),
    slice(90, 30),
    slice(None, None, 7),
    slice(60, 30, -3),
    slice(None, None, -1),
    5,
    np.int64(2400),
    -1,
    Ellipsis,
    [3, 1, 2, 1, 2499],
    [],
    np.array([], dtype=int),
    np.array([[4, 2000], [-1, 4]]),
    MASK,
    list(MASK),
    np.zeros(T, dtype=bool),
    (5, 2),
    (slice(30, 60), 2),
    (slice(30, 60), slice(1, 5)),
    (slice(30, 60), [1, -1]),
    (slice(30, 60), np.arange(8) > 4),
    (..., 2),
    (slice(3, 5), ...),
    (5, slice(2, None)),
    (5, [2, 0]),
    (MASK, 1),
    (MASK, slice(1, 5)),
    ([30, 40], [1, 2]),
    np.ix_([30, 2000], [1, 2, 3]),
    (slice(30, 60), slice(None, None, -1)),
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_a_part_of_a_design_is_that_part_of_its_array(design, X, key):
    part = design[key]
    assert np.shape(part) == X[key].shape
    assert_array_equal(part, X[key])


def test_a_mask_of_entries(design, X):
    finite = np.isfinite(X)
    assert_array_equal(design[finite], X[finite])


@pytest.mark.parametrize(
    "key",
    [
        T,
        -T - 1,
        [0, T],
        (0, 8),
        (0, 0, 0),
        None,
        (slice(None), None),
        "x[0]",
        1.5,
        [0.5],
        (..., ...),
    ],
    ids=repr,
)
def test_a_part_that_is_not_there_is_an_index_error(design, X, key):
    if key is not None and not (isinstance(key, tuple) and None in key):
        with pytest.raises(IndexError):
            X[key]
    with pytest.raises(IndexError):
        design[key]


def test_numpy_reads_a_design(design, X):
    for dtype in (None, float, np.float32, int):
        with np.errstate(invalid="ignore"):
            wanted = X.astype(dtype or float)
            table = np.asarray(design, dtype=dtype)
        assert table.dtype == wanted.dtype and table.shape == design.shape == X.shape
        if dtype is not int:
            np.testing.assert_allclose(table, wanted, rtol=1e-5, atol=1e-6)
    assert_array_equal(np.array(design), X)
    assert_array_equal(np.isfinite(design), np.isfinite(X))
    assert_array_equal(np.nanmean(design, axis=0), np.nanmean(X, axis=0))
    assert design.size == X.size and design.ndim == 2 and len(design) == T
    table = np.asarray(design)
    table[:] = 0  # one's own
    assert_array_equal(design[100:110], X[100:110])
    with pytest.raises(ValueError, match="copy"):
        np.asarray(design, copy=False)


def test_a_design_is_iterated_row_by_row(design, X):
    rows = list(design)
    assert len(rows) == T
    assert_array_equal(np.stack(rows), X)


def test_what_exceeds_the_memory_budget_is_not_written_out_by_accident(design):
    with nmo.config_context(memory="64KiB"):
        for reading in (np.asarray, np.isfinite, lambda d: d[:], lambda d: d[MASK | True]):
            with pytest.raises(ValueError, match=r"memory budget.*fit\(design, y\)"):
                reading(design)
        assert design[:100].shape == (100, 8)
        assert design.to_array().shape == (T, 8)  # said in so many words


def test_scikit_learn_takes_a_design(design, X):
    from sklearn.dummy import DummyRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import KFold, cross_val_score, train_test_split
    from sklearn.utils import check_array

    assert_array_equal(check_array(design, ensure_all_finite=False), X)
    finite = B.BSplineEval(5).design(np.linspace(0, 1, T))
    y = RNG.poisson(0.5, T)
    written = finite.to_array()
    train, test, _, _ = train_test_split(finite, y, shuffle=False)
    assert_array_equal(np.vstack([train, test]), written)
    assert_array_equal(
        LinearRegression().fit(finite, y).predict(finite),
        LinearRegression().fit(written, y).predict(written),
    )
    for model in (DummyRegressor(), nmo.GLM(regularizer="Ridge", regularizer_strength=0.1)):
        lazy = cross_val_score(model, finite, y, cv=KFold(3))
        np.testing.assert_allclose(lazy, cross_val_score(model, written, y, cv=KFold(3)), rtol=1e-6)


def test_a_design_without_features_or_rows():
    nothing = B.Zero().design(np.zeros(5))
    assert nothing[1:3].shape == (2, 0) and np.asarray(nothing).shape == (5, 0)
    empty = B.HistoryConv(2).design(np.zeros(0))
    assert np.asarray(empty).shape == (0, 2) and list(empty) == []
