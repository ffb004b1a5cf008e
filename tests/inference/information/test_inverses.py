"""Inverses of information matrices, as far as they have one."""

import numpy as np
from numpy.testing import assert_allclose

from spikeglm.inference.information.inverses import void_directions
from spikeglm.inference.information.remaining_step import squared_step


def test_rounding_below_zero_on_the_diagonal_is_no_information():
    """What one class leaves undecided is zero but for rounding, of either sign."""
    information = np.diag([2.0, -1e-18])
    assert_allclose(np.abs(void_directions(np.ones(2, bool), information)), [[0.0], [1.0]])
    slope, at = np.array([1e-3, 1e-9]), np.ones(2)
    assert np.isfinite(squared_step(slope, at, np.diag([0.5, 1e-9]), information))


def test_a_direction_hardly_told_has_no_part_in_one_that_is_not_told():
    """Rounding turned nothing into a share of 1e-10, and the curves of such parameters into NaN."""
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    hardly = turn @ np.diag([1.0, 0.3, 1e-9]) @ turn.T
    void = np.array([[1.0, 1.0], [1.0, 1.0]])  # only the sum is told
    information = np.block([[void, np.zeros((2, 3))], [np.zeros((3, 2)), hardly]])
    information += 1e-16 * np.random.default_rng(1).normal(size=(5, 5))
    found = void_directions(np.ones(5, bool), (information + information.T) / 2)
    assert found.shape == (5, 1)
    assert_allclose(np.abs(found[:2, 0]), np.sqrt(0.5))
    assert not found[2:].any()
