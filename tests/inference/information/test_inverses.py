"""Inverses of information matrices, as far as they have one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm.inference.information.inverses import (
    penalised_inverse,
    pseudo_inverse,
    void_directions,
)
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


def test_what_is_hardly_told_has_no_part_in_a_parameter_of_which_nothing_is():
    """Eigenvectors of zeros were mixed with those of 1e-11, and both were not determined."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        told = turn @ np.diag([1.0, 0.3, 1e-11]) @ turn.T
        information = np.zeros((6, 6))
        information[np.ix_([0, 2, 4], [0, 2, 4])] = (told + told.T) / 2
        inverse, unsure = pseudo_inverse(information)
        assert_array_equal(unsure, [False, True] * 3)
        assert not inverse[1::2].any()
        void = void_directions(np.ones(6, bool), information)
        assert_array_equal(np.abs(void).sum(axis=1), [0.0, 1.0] * 3)


@pytest.mark.parametrize("has_rows", [True, False])
def test_constants_that_share_a_penalty_with_a_feature_are_not_told_by_it(has_rows):
    """Of the axes that the penalty leaves alone, one is of the constants only, and 1e-17 of it."""
    rng = np.random.default_rng(1)
    for _ in range(100):
        rows = rng.normal(size=(1, 3)) * 10.0 ** rng.uniform(-6, 6)
        information, free = np.diag([0.0, 0.0, 140.0, 200.0]), np.ones(4, bool)
        information[2, 3] = information[3, 2] = 140.0 * rng.random()
        penalty, G = np.zeros((4, 4)), np.column_stack([rows, [0.0]])
        penalty[:3, :3] = rows.T @ rows
        asked = {"rows": lambda: G} if has_rows else {}  # noqa: B023 - asked at once
        inverse, unsure, void = penalised_inverse(
            free, information, penalty, keep_void=True, **asked
        )
        assert_array_equal(unsure, [True, True, False, False])
        assert_allclose(np.diag(inverse @ information), [0.0, 0.0, 1.0, 1.0], atol=1e-4)
        assert void.shape == (4, 1) and not void[2:].any()
