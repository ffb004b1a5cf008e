"""Coordinates in which a correlation and a penalty with matrices are the identity together."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from spikeglm.engine.coordinates.block_diagonal import BlockDiagonal
from spikeglm.engine.coordinates.correlation import Correlation
from spikeglm.engine.coordinates.whitening import Whitening
from spikeglm.regularizer.squares import Part, Squares

P = 7
RNG = np.random.default_rng(0)
SQUARES = Squares(
    (
        Part(np.array([0, 1, 2]), RNG.normal(size=(2, 3))),
        Part(np.array([6, 2, 3, 4]), RNG.normal(size=(3, 4))),  # in two blocks of features
        Part(np.array([5, 4]), RNG.normal(size=(1, 2))),
    ),
    RNG.uniform(0.1, 3, (6, 2)),
    P,
)


def correlation(kind):
    A = RNG.normal(size=(30, P))
    R = A.T @ A / 30
    blocks = BlockDiagonal((R[:3, :3], R[3:, 3:]))
    if kind == "one block":
        return Correlation(BlockDiagonal((R,)))
    return Correlation(blocks, RNG.normal(size=(P, 2)) if kind == "factors" else None)


@pytest.mark.parametrize("kind", ["one block", "blocks", "factors"])
def test_the_sum_is_the_identity(kind):
    R, strength = correlation(kind), SQUARES.strength[:, 0]
    B = Whitening.of(R, 0.7, strength, np.zeros(P, dtype=bool), SQUARES)
    F = 0.7 * R.dense + SQUARES.matrix(strength)
    assert_allclose(B @ (B @ F).T, np.eye(P), atol=1e-10)
    dense = B @ np.eye(P)
    expected = [np.diag(dense @ SQUARES.matrix(s) @ dense.T) for s in SQUARES.strength.T]
    assert_allclose(B.penalties(SQUARES, SQUARES.strength).T, expected, atol=1e-12)


def test_frozen_features_take_no_part():
    frozen = np.array([False, True, False, False, True, False, False])
    R, strength = correlation("one block"), SQUARES.strength[:, 1]
    B = Whitening.of(R, 1.0, strength, frozen, SQUARES) @ np.eye(P)
    F = (R.dense + SQUARES.matrix(strength))[np.ix_(~frozen, ~frozen)]
    some = B[np.ix_(~frozen, ~frozen)]
    assert_allclose(some @ F @ some.T, np.eye(5), atol=1e-10)
    assert not B[frozen].any() and not B[:, frozen].any()
