"""q values against SciPy's procedure, and what NaN means."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import false_discovery_control

from spikeglm.inference.false_discovery import q_values

P = np.random.default_rng(0).uniform(size=(3, 40)) ** 2


def test_they_are_those_of_benjamini_and_hochberg():
    assert_allclose(q_values(P), false_discovery_control(P, axis=1), rtol=1e-12)


def test_nan_is_no_test():
    holes = P.copy()
    holes[:, ::3] = np.nan
    for found, p in zip(q_values(holes), holes, strict=True):
        there = ~np.isnan(p)
        assert np.isnan(found[~there]).all()
        assert_allclose(found[there], false_discovery_control(p[there]), rtol=1e-12)


def test_nothing_known_is_nothing_found():
    assert np.isnan(q_values(np.full((2, 3), np.nan))).all()
    assert q_values(np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("wrong", [1.5, -0.1, np.inf])
def test_numbers_that_are_no_p_values_are_refused(wrong):
    with pytest.raises(ValueError, match="no p values"):
        q_values([0.2, wrong, np.nan])
