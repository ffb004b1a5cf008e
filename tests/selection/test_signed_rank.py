"""Signed ranks are those of SciPy where these are exact."""

import numpy as np
import pytest
from scipy.stats import wilcoxon

from spikeglm.selection.signed_rank import signed_rank_p


@pytest.mark.parametrize("n_folds", [2, 5, 10])
def test_p_values_are_the_exact_ones(n_folds):
    differences = np.random.default_rng(0).normal(0.3, 1.0, (n_folds, 4, 3))
    found = signed_rank_p(differences)
    for j, n in np.ndindex(4, 3):
        exact = wilcoxon(differences[:, j, n], alternative="greater", method="exact")
        np.testing.assert_allclose(found[j, n], exact.pvalue)


def test_missing_folds_are_none_and_ties_never_help():
    some = np.array([0.3, np.nan, 0.1, 0.2, np.nan])
    assert signed_rank_p(some) == 1 / 8
    assert np.isnan(signed_rank_p(np.full(3, np.nan)))
    assert signed_rank_p(np.zeros(5)) == 1.0
    assert signed_rank_p(np.array([0.2, -0.2, 0.1])) >= 3 / 8  # the better order has 2 / 8
    random = np.random.default_rng(1).normal(size=(6, 4000))
    assert (signed_rank_p(random) <= 0.05).mean() <= 0.05
