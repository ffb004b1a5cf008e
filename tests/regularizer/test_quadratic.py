"""The penalty with matrices: its derivatives against dense algebra, and what it refuses."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.regularizer import Quadratic
from spikeglm.regularizer.squares import squares_of

RNG = np.random.default_rng(0)
ROOTS = (RNG.normal(size=(2, 3)), RNG.normal(size=(4, 4)), RNG.normal(size=(1, 2)))
PLACES = (slice(0, 3), [5, 1, 2, 4], np.array([0, 5]))
ENTRIES = [(places, root.T @ root) for places, root in zip(PLACES, ROOTS, strict=True)]
STRENGTH = RNG.uniform(0.1, 2, (3, 2))
W = RNG.normal(size=(6, 2))
SMOOTH = np.array([[1.0, -1.0], [-1.0, 1.0]])


def dense(strength):
    """Lambda (6, 6), written out."""
    out = np.zeros((6, 6))
    for (places, S), factor in zip(ENTRIES, strength, strict=True):
        numbers = np.arange(6)[places]
        for i, row in zip(numbers, S, strict=True):
            for j, value in zip(numbers, row, strict=True):
                out[i, j] += factor * value
    return out


LAMBDA = np.array([dense(strength) for strength in STRENGTH.T])
BOUND = Quadratic(ENTRIES).bind(STRENGTH, W.shape)


def test_value_and_derivatives_are_those_of_the_matrix():
    assert_allclose(BOUND.value(W), [w @ S @ w / 2 for w, S in zip(W.T, LAMBDA, strict=True)])
    assert_allclose(BOUND.gradient(W), np.einsum("cij,jc->ic", LAMBDA, W))
    assert_allclose(BOUND.curvature(W.shape), np.diagonal(LAMBDA, axis1=1, axis2=2).T)
    H = np.zeros((2, 7, 7))
    squares_of(BOUND, 2).add_to(H)
    assert_allclose(H[:, :6, :6], LAMBDA)
    assert not H[:, 6].any() and not H[:, :, 6].any()


def test_in_other_units_and_as_a_function_of_combinations():
    unit, matrix = RNG.uniform(0.1, 10, 6), RNG.normal(size=(6, 4))
    squares = squares_of(BOUND, 2)
    z, u = W / unit[:, None], RNG.normal(size=(4, 2))
    assert_allclose(squares.in_units(unit).value(z), BOUND.value(W))
    assert_allclose(squares.of(matrix).value(u), BOUND.value(matrix @ u))
    assert_allclose(squares.of(matrix).gradient(u), matrix.T @ BOUND.gradient(matrix @ u))


def test_the_proximal_operator_minimises_its_definition():
    V = BOUND.prox(W, 0.3)
    assert_allclose(BOUND.gradient(V) + (V - W) / 0.3, 0, atol=1e-12)
    V = BOUND.prox(W, np.array([[0.3, 2.0]]))
    assert_allclose(BOUND.gradient(V) + (V - W) / [[0.3, 2.0]], 0, atol=1e-12)


def test_columns_are_taken_and_multiplied():
    second = BOUND.take(np.array([1]))
    assert_allclose(second.value(W[:, 1:]), BOUND.value(W)[1:])
    assert_allclose(BOUND.times(np.array([3.0, 0.0])).value(W), [3, 0] * BOUND.value(W))


def test_classes_have_the_penalty_each():
    wide = RNG.normal(size=(18, 2))  # row 3 j + k is feature j of class k
    bound = Quadratic(ENTRIES).bind_classes(STRENGTH, (18, 2), 3)
    each = [BOUND.value(wide[k::3]) for k in range(3)]
    assert_allclose(bound.value(wide), np.sum(each, axis=0))
    assert_allclose(bound.gradient(wide)[1::3], BOUND.gradient(wide[1::3]))
    assert_allclose(bound.curvature(wide.shape)[2::3], BOUND.curvature(W.shape))
    assert_allclose(bound.take(np.array([1])).value(wide[:, 1:]), bound.value(wide)[1:])


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        (2.0, [[2, 2], [2, 2], [2, 2]]),
        ([1, 2, 3], [[1, 1], [2, 2], [3, 3]]),
        ([[1, 2]], [[1, 2], [1, 2], [1, 2]]),
        ([[1], [2], [3]], [[1, 1], [2, 2], [3, 3]]),
        (STRENGTH, STRENGTH),
    ],
)
def test_strengths_are_of_all_entries_or_of_each_and_of_neurons(strength, expected):
    bound = Quadratic(ENTRIES).bind(strength, W.shape)
    assert_allclose(bound.value(W), Quadratic(ENTRIES).bind(expected, W.shape).value(W))
    assert_allclose(bound.value(W)[0], W[:, 0] @ dense(np.array(expected)[:, 0]) @ W[:, 0] / 2)


def test_units_of_very_different_size_lose_no_coefficient():
    d = np.array([1.0, 1e-9, 1e9])
    S = d[:, None] * (np.eye(3) + 0.5) * d
    assert_allclose(Quadratic([(slice(0, 3), S)]).bind(1, (3, 1)).value((1 / d)[:, None]), [3.75])


def test_no_entries_are_no_penalty():
    X, y = RNG.normal(size=(50, 2)), RNG.poisson(1.0, 50)
    assert_allclose(
        nmo.GLM(regularizer=Quadratic([])).fit(X, y).coef_, nmo.GLM().fit(X, y).coef_, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("entries", "kind", "words"),
    [
        (SMOOTH, TypeError, "are not a list"),
        ([SMOOTH], TypeError, "is not a pair"),
        ([(slice(0, 2), SMOOTH, 1.0)], TypeError, "is not a pair"),
        ([(slice(0, 2), "D")], TypeError, "must be numeric"),
        ([(slice(0, 2), np.diff(np.eye(2), axis=0))], ValueError, "give D.T @ D"),
        ([(slice(0, 2), [1.0, 2.0])], ValueError, "np.diag"),
        ([(slice(0, 2), [[1.0, 2.0], [0.0, 9.0]])], ValueError, r"give \(S \+ S.T\) / 2"),
        ([(slice(0, 2), [[1.0, 2.0], [2.0, 1.0]])], ValueError, "smallest eigenvalue of -1"),
        ([(slice(0, 2), [[0.0, 1.0], [1.0, 0.0]])], ValueError, "negative eigenvalues"),
        ([(slice(0, 2), [[-1.0, 0.0], [0.0, 1.0]])], ValueError, "negative eigenvalues"),
        ([(slice(0, 2), [[np.nan, 0.0], [0.0, 1.0]])], ValueError, "not finite"),
        ([([0, 0], SMOOTH)], ValueError, "come twice"),
        ([([0, -1], SMOOTH)], ValueError, "below zero"),
        ([([0, 1, 2], SMOOTH)], ValueError, "3 columns, and a matrix"),
        ([([0.0, 1.0], SMOOTH)], TypeError, "not whole numbers"),
        ([([True, False], SMOOTH)], TypeError, "np.flatnonzero"),
    ],
)
def test_entries_that_are_refused_when_they_are_given(entries, kind, words):
    with pytest.raises(kind, match=words):
        Quadratic(entries)


@pytest.mark.parametrize(
    ("entries", "strength", "words"),
    [
        ([([0, 9], SMOOTH)], 1.0, "below 6, the number of features"),
        ([(slice(5, 7), SMOOTH)], 1.0, "1 of 6 features"),
        ([(slice(0, 2), SMOOTH)], -1.0, "not negative"),
        ([(slice(0, 2), SMOOTH)], np.nan, "finite"),
        ([(slice(0, 2), SMOOTH)], [1.0, 2.0, 3.0], "does not fit the entries"),
        (ENTRIES, np.ones((6, 2)), r"\(3,\), \(1, 2\) or \(3, 2\)"),
    ],
)
def test_what_does_not_fit_the_data_is_refused(entries, strength, words):
    with pytest.raises(ValueError, match=words):
        Quadratic(entries).bind(strength, (6, 2))


def test_its_name_alone_says_what_to_type():
    with pytest.raises(ValueError, match=r"type Quadratic\(\[\(columns, S\), \.\.\.\]\)"):
        nmo.regularizer.regularizer_of("Quadratic")


def test_rounding_of_matrices_in_float32_is_no_asymmetry():
    D = RNG.normal(size=(3, 5)).astype(np.float32)
    S = np.float32(D.T @ D)
    S[0, 1] = np.nextafter(S[0, 1], np.float32(9))
    Quadratic([(slice(0, 5), S)])
