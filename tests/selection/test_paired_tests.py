"""Paired tests equal SciPy's, a count of all patterns of signs, and the paper's formula."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spikeglm.selection.paired_tests import (
    ALTERNATIVES,
    PairedDifferences,
    differences,
    signed_rank,
    smallest_p,
)


def by_counting(d, alternative):
    """Return the p value by writing down every pattern of signs of the ranks."""
    d = d[~np.isnan(d) & (d != 0)]
    ranks = stats.rankdata(np.abs(d))
    observed = ranks[d > 0].sum()
    sums = np.array([np.dot(signs, ranks) for signs in product([0, 1], repeat=len(d))])
    greater, less = np.mean(sums >= observed - 1e-9), np.mean(sums <= observed + 1e-9)
    return {"greater": greater, "less": less, "two-sided": min(1, 2 * min(greater, less))}[
        alternative
    ]


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("n", [1, 4, 10, 25])
def test_without_ties_p_values_are_those_of_scipy(alternative, n):
    d = np.random.default_rng(n).normal(0.3, 1.0, (n, 6))
    found = signed_rank(d, alternative)
    expected = [
        stats.wilcoxon(column, alternative=alternative, method="exact").pvalue for column in d.T
    ]
    np.testing.assert_allclose(found.p_value, expected, rtol=1e-10)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@given(values=st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, np.nan]), max_size=9))
def test_ties_and_zeros_are_exact_too(alternative, values):
    d = np.array(values)
    if not len(d) or np.isnan(d).all():
        return
    assert signed_rank(d, alternative).p_value[0] == pytest.approx(by_counting(d, alternative))


def test_what_so_many_folds_allow():
    for K in (4, 5, 10):
        assert signed_rank(np.arange(1.0, K + 1), "greater").p_value[0] == smallest_p(K) == 2.0**-K
    assert signed_rank(np.arange(1.0, 5), "greater").p_value[0] > 0.05
    assert signed_rank(np.arange(1.0, 6), "greater").p_value[0] < 0.05


def test_many_folds_stay_exact():
    d = np.random.default_rng(0).normal(0.1, 1.0, 300)
    normal = stats.wilcoxon(d, method="approx", correction=True).pvalue
    assert signed_rank(d).p_value[0] == pytest.approx(normal, rel=0.01)


def test_no_difference_is_no_evidence_and_no_fold_is_no_test():
    d = np.array([[0.0, np.nan, 1.0], [0.0, np.nan, -1.0]])
    found = signed_rank(d)
    np.testing.assert_array_equal(found.p_value, [1.0, np.nan, 1.0])
    np.testing.assert_array_equal(found.n, [0, 0, 2])
    np.testing.assert_array_equal(found.rank_biserial, [0.0, np.nan, 0.0])


def test_infinite_scores_have_the_largest_rank():
    d = np.array([-np.inf, 1.0, 2.0])
    assert signed_rank(d, "greater").p_value[0] == by_counting(np.array([-9.0, 1, 2]), "greater")


def test_the_corrected_t_is_the_formula_of_the_paper():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.5, 1.0, (10, 3)), rng.normal(size=(10, 3))
    found = PairedDifferences.of(a, b, ratio=1 / 9)
    d = a - b
    t = d.mean(axis=0) / np.sqrt((1 / 10 + 1 / 9) * d.var(axis=0, ddof=1))
    np.testing.assert_allclose(found.t, t)
    np.testing.assert_allclose(found.p_corrected_t, 2 * stats.t.sf(np.abs(t), 9))
    np.testing.assert_allclose(found.effect_size, d.mean(axis=0) / d.std(axis=0, ddof=1))
    np.testing.assert_allclose(found.low, d.mean(axis=0) - stats.t.ppf(0.975, 9) * found.se)
    plain = PairedDifferences.of(a, b, ratio=0.0)
    np.testing.assert_allclose(plain.p_corrected_t, stats.ttest_rel(a, b).pvalue)


def test_folds_that_one_model_lacks_do_not_count():
    a = np.array([[1.0], [2.0], [4.0], [np.nan]])
    found = PairedDifferences.of(a, np.zeros((4, 1)), ratio=0.5)
    whole = PairedDifferences.of(a[:3], np.zeros((3, 1)), ratio=0.5)
    assert found.n_folds == [3] and found.t == whole.t
    assert found.p_signed_rank == whole.p_signed_rank


def test_rounding_is_no_difference():
    scores = np.array([[-0.3], [-0.31]])
    assert (differences(scores * (1 + 1e-12), scores) == 0).all()
    assert (differences(scores * (1 + 1e-6), scores) != 0).all()


def test_unknown_alternatives_are_named():
    with pytest.raises(ValueError, match="alternative"):
        signed_rank([1.0], "bigger")
