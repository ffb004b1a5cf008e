"""Sums and products: columns against a naive loop, parts, labels of copies, what cannot be."""

import numpy as np
import pytest
from tests.basis.catalogue import ALL, EVALS, ids, inputs

import spikeglm as nmo

B = nmo.basis


@pytest.mark.filterwarnings("error")
def test_zero_times_infinity_is_missing_without_a_warning():
    product = B.IdentityEval() * B.BSplineEval(2, order=2)
    X = product.compute_features(np.array([np.inf, 1.0, 2.0]), np.array([0.0, 1.0, 0.5]))
    np.testing.assert_array_equal(X, [[np.inf, np.nan], [0.0, 1.0], [1.0, 1.0]])


def one_row(basis, xs, t, channel):
    """Features of one time bin and channel, written as the definition of + and *."""
    if isinstance(basis, B.AdditiveBasis | B.MultiplicativeBasis):
        k = basis.basis1.n_inputs
        left = one_row(basis.basis1, xs[:k], t, channel)
        right = one_row(basis.basis2, xs[k:], t, channel)
        if isinstance(basis, B.AdditiveBasis):
            return [*left, *right]
        return [f * g for f in left for g in right]
    return list(basis.compute_features(*[x[:, channel] for x in xs])[t])


SMALL = [row for row in ALL if "Orth" not in row.name]


@pytest.mark.parametrize("row", SMALL, ids=ids(SMALL))
def test_columns_are_those_of_the_naive_loop(row):
    basis = row.make()
    xs = inputs(basis, n=12, shape=(3,))
    X = basis.compute_features(*xs)
    for t in (0, 5, 9):
        parts, start = [], 0
        for part in basis:
            mine = xs[start : start + part.n_inputs]
            start += part.n_inputs
            parts += [value for c in range(3) for value in one_row(part, mine, t, c)]
        np.testing.assert_allclose(X[t], parts, atol=1e-12)


def test_inputs_of_a_sum_may_differ_in_shape():
    basis = B.HistoryConv(2) + B.BSplineEval(3, order=2)
    X = basis.compute_features(np.ones((9, 2, 2)), np.arange(9.0))
    assert X.shape == (9, 2 * 2 * 2 + 3)
    assert basis.input_shape == [(2, 2), ()]


def test_inputs_of_a_product_may_not():
    basis = B.HistoryConv(2) * B.BSplineEval(3, order=2)
    for other in (np.ones((9, 2)), np.ones((9, 1))):
        with pytest.raises(ValueError, match="shape"):
            basis.compute_features(other, np.arange(9.0))
    with pytest.raises(ValueError, match="shape"):
        basis.set_input_shape(2, 3)
    with pytest.raises(ValueError, match="shape"):
        B.FourierEval(2, ndim=2).compute_features(np.ones(9), np.ones((9, 1)))


def test_parts_are_copies():
    original = B.BSplineEval(5)
    both = original + original
    original.n_basis_funcs = 9
    assert both.n_basis_funcs == 10
    both.basis1.n_basis_funcs = 4
    assert both.n_basis_funcs == 9
    assert original.label == both.basis1.label == "BSplineEval"
    assert both.basis2.label == "BSplineEval_1"


@pytest.mark.parametrize("k", [1, 2, 3, np.int64(2)])
def test_repetition(k):
    basis = B.BSplineEval(3, order=2)
    assert (basis * k).n_basis_funcs == (k * basis).n_basis_funcs == 3 * k
    assert (basis**k).n_basis_funcs == 3**k
    assert (basis * k).n_inputs == (basis**k).n_inputs == k
    xs = inputs(basis * k)
    expected = np.hstack([basis.compute_features(x) for x in xs])
    np.testing.assert_array_equal((k * basis).compute_features(*xs), expected)


def test_one_copy_is_a_copy_and_keeps_its_label():
    basis = B.BSplineEval(4, label="x")
    twin = basis * 1
    assert twin is not basis
    assert twin.label == (basis**1).label == "x"


@pytest.mark.parametrize("k", [0, -1])
def test_no_copies_are_no_basis(k):
    for repeat in (lambda b: b * k, lambda b: b**k):
        with pytest.raises(ValueError, match=">= 1"):
            repeat(B.BSplineEval(4))


def test_copies_of_a_labelled_basis_would_share_the_label():
    for basis in (B.BSplineEval(4, label="x"), B.BSplineEval(4) + B.HistoryConv(2, label="y")):
        for repeat in (lambda b: b * 2, lambda b: b**2):
            with pytest.raises(ValueError, match="label"):
                repeat(basis)


@pytest.mark.parametrize("other", [1, 1.0, "x", None, np.ones(3), [1]])
def test_only_bases_can_be_added(other):
    with pytest.raises(TypeError):
        B.BSplineEval(4) + other
    with pytest.raises(TypeError):
        other + B.BSplineEval(4)


@pytest.mark.parametrize("other", [1.0, "x", None, True, np.ones(3)])
def test_only_bases_and_whole_numbers_multiply(other):
    for combine in (lambda b: b * other, lambda b: other * b, lambda b: b**other):
        with pytest.raises(TypeError):
            combine(B.BSplineEval(4))


def test_composing_by_name_wants_bases():
    for cls in (B.AdditiveBasis, B.MultiplicativeBasis):
        with pytest.raises(TypeError, match="basis"):
            cls(B.BSplineEval(4), 3)
        assert cls(B.BSplineEval(4), B.Zero(), label="both").label == "both"


def test_two_fourier_bases_add_but_do_not_multiply():
    fourier = B.FourierEval(3)
    assert (fourier + fourier).n_basis_funcs == 8
    assert (fourier + B.BSplineEval(4)).is_complex
    for other in (fourier, fourier + B.BSplineEval(4), B.BSplineEval(4) * fourier):
        with pytest.raises(ValueError, match="Fourier"):
            fourier * other
    assert (fourier * B.BSplineEval(4)).n_basis_funcs == 16


def test_input_shapes_are_inherited():
    left, right = B.BSplineEval(4).set_input_shape(2), B.HistoryConv(3).set_input_shape(2)
    assert (left + right).input_shape == [(2,), (2,)]
    assert (left * right).n_output_features == 24
    assert (left + B.HistoryConv(3)).n_output_features is None


def test_a_product_of_factors_used_with_different_shapes_starts_afresh():
    left, right = B.BSplineEval(4).set_input_shape(2), B.HistoryConv(3).set_input_shape(1)
    with pytest.warns(UserWarning, match="different input shapes"):
        product = left * right
    assert product.input_shape == [None, None]


def test_zero_switches_a_part_off():
    a = B.BSplineEval(4, label="a")
    x, y = np.random.default_rng(0).uniform(size=(2, 9))
    both = B.Zero() + a
    np.testing.assert_array_equal(both.compute_features(x, y), a.compute_features(y))
    pieces = both.split_by_feature(both.compute_features(x, y))
    assert {name: piece.shape for name, piece in pieces.items()} == {"Zero": (9, 0), "a": (9, 4)}
    assert (B.Zero() * a).compute_features(x, y).shape == (9, 0)


def test_iteration_yields_additive_components():
    basis = B.BSplineEval(4) + B.HistoryConv(2) * B.IdentityEval() + B.Zero()
    assert [part.label for part in basis] == [
        "BSplineEval",
        "(HistoryConv * IdentityEval)",
        "Zero",
    ]
    assert len(basis) == 3
    assert len(B.BSplineEval(4)) == len(B.BSplineEval(4) ** 3) == 1


def test_a_grid_of_a_sum_and_a_product():
    f, g = B.BSplineEval(3, order=2, bounds=(0, 2)), B.RaisedCosineLinearEval(2)
    (x, fx), (y, gy) = f.evaluate_on_grid(4), g.evaluate_on_grid(3)
    X, Y, values = (f + g).evaluate_on_grid(4, 3)
    np.testing.assert_array_equal(X, np.broadcast_to(x[:, None], (4, 3)))
    np.testing.assert_array_equal(Y, np.broadcast_to(y, (4, 3)))
    for i in range(4):
        for j in range(3):
            np.testing.assert_array_equal(values[i, j], [*fx[i], *gy[j]])
    product = (f * g).evaluate_on_grid(4, 3)[2]
    np.testing.assert_allclose(product, np.einsum("ia,jb->ijab", fx, gy).reshape(4, 3, 6))


@pytest.mark.parametrize("row", EVALS, ids=ids(EVALS))
def test_evaluate_of_a_sum_wants_points_of_one_shape(row):
    basis = row.make() + B.BSplineEval(4)
    x = np.linspace(0, 1, 8)
    assert basis.evaluate(*[x] * basis.n_inputs).shape == (8, basis.n_basis_funcs)
    with pytest.raises(ValueError, match="shape"):
        basis.evaluate(*[x] * (basis.n_inputs - 1), x[:, None])


def test_bounds_of_the_leaves():
    basis = B.BSplineEval(4, bounds=(0, 1)) + B.HistoryConv(2) * B.IdentityEval() + B.Zero()
    assert basis.bounds == [(0.0, 1.0), None, None, None]
    with pytest.raises(AttributeError):
        basis.bounds = [(0, 2)]
