"""Inverses of information matrices, as far as they have one."""

import numpy as np
from numpy.testing import assert_allclose

from spikeglm.inference.inverses import void_directions
from spikeglm.inference.remaining_step import squared_step


def test_rounding_below_zero_on_the_diagonal_is_no_information():
    """What one class leaves undecided is zero but for rounding, of either sign."""
    information = np.diag([2.0, -1e-18])
    assert_allclose(np.abs(void_directions(np.ones(2, bool), information)), [[0.0], [1.0]])
    slope, at = np.array([1e-3, 1e-9]), np.ones(2)
    assert np.isfinite(squared_step(slope, at, np.diag([0.5, 1e-9]), information))
