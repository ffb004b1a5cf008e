"""Sessions that are exchanged, covariates that are drawn anew, p values of several sessions."""

from itertools import permutations

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import combine_pvalues

import spikeglm as nmo
from spikeglm.inference import combine_p_values, null_test
from spikeglm.inference.nulls.moved import Exchanged, MovedRows, Rolled

RNG = np.random.default_rng(0)
LENGTHS = (60, 50, 70, 55)
SESSIONS = np.repeat(np.arange(4), LENGTHS)
STARTS = np.cumsum((0, *LENGTHS))[:4]
T = len(SESSIONS)
X = RNG.normal(size=(T, 2))
Y = RNG.poisson(np.exp(0.3 * X[:, :1] + [[0.0, -0.5]]))


def deviance(y, term, rest=None):
    rest = np.ones((len(y), 1)) if rest is None else sm.add_constant(rest)
    how = {"family": sm.families.Poisson()}
    without = sm.GLM(y, rest, **how).fit(tol=1e-12)
    return 2 * (sm.GLM(y, np.column_stack([rest, term]), **how).fit(tol=1e-12).llf - without.llf)


@pytest.mark.parametrize("moves", ["term", "response"])
def test_every_order_of_four_sessions_is_compared_once(moves):
    model = nmo.PopulationGLM().fit(X, Y)
    test = null_test(
        model, X, Y, null="session_permutation", sessions=SESSIONS, moves=moves,
        statistic="deviance",
    )  # fmt: skip
    assert (test.n_draws, test.n_rows, test.smallest_p) == (23, 4 * 50, 1 / 24)
    rows = np.add.outer(STARTS, np.arange(50))
    here = rows.ravel()
    by_hand = []
    for order in list(permutations(range(4)))[1:]:
        there = rows[list(order)].ravel()
        of_x, of_y = (there, here) if moves == "term" else (here, there)
        by_hand.append([deviance(Y[of_y, n], X[of_x]) for n in range(2)])
    assert_allclose(test.null_statistics, by_hand, rtol=1e-6, atol=1e-9)
    rank = 1 + (np.array(by_hand) >= test.statistic).sum(axis=0)
    assert_allclose(test.p_value, rank / 24)


def test_epochs_are_sessions_and_few_of_them_warn():
    import pynapple as nap

    epochs = nap.IntervalSet([0, 100], [59.5, 150])
    times = np.r_[0:60, 100:150].astype(float)
    speed = nap.Tsd(t=times, d=X[:110, 0], time_support=epochs)
    design = nmo.basis.IdentityEval(label="speed").design(speed)
    model = nmo.GLM().fit(design, Y[:110, 0])
    with pytest.warns(UserWarning, match="2 sessions have 2 orders"):
        test = null_test(model, design, Y[:110, 0], null="session_permutation")
    assert (test.n_draws, test.n_rows) == (1, 100)


def test_many_sessions_are_exchanged_at_random_and_seeds_repeat():
    model = nmo.GLM().fit(X, Y[:, 0])
    options = {"null": "session_permutation", "sessions": np.arange(T) // 20, "n_permutations": 30}
    first = null_test(model, X, Y[:, 0], seed=1, **options)
    again = null_test(model, X, Y[:, 0], seed=1, **options)
    other = null_test(model, X, Y[:, 0], seed=2, **options)
    assert_array_equal(first.null_statistics, again.null_statistics)
    assert (first.null_statistics != other.null_statistics).any()


DRAWS = RNG.normal(size=(25, T, 1))


@pytest.mark.parametrize(
    "covariates",
    [
        DRAWS,
        [np.column_stack([draw, np.zeros(T)]) for draw in DRAWS],
        [nmo.basis.IdentityEval(label="x0").design(draw[:, 0]) for draw in DRAWS],
    ],
    ids=["of the term", "of the whole table", "designs"],
)
def test_pseudosessions_take_the_place_of_the_term(covariates):
    model = nmo.PopulationGLM().fit(X, Y)
    test = null_test(
        model, X, Y, term="x0", null="pseudosession", covariates=covariates, statistic="deviance"
    )
    assert test.n_draws == 25 and test.n_rows == T
    for d in (0, 24):
        by_hand = [deviance(Y[:, n], DRAWS[d], X[:, 1:]) for n in range(2)]
        assert_allclose(test.null_statistics[d], by_hand, rtol=1e-6, atol=1e-9)


def test_a_function_draws_covariates_each_with_its_own_chance():
    model = nmo.GLM().fit(X, Y[:, 0])

    def drawn(rng):
        return np.column_stack([rng.normal(size=T), X[:, 1]])

    options = {"null": "pseudosession", "covariates": drawn, "n_draws": 19}
    test = null_test(model, X, Y[:, 0], term="x0", **options)
    assert len(np.unique(test.null_statistics.round(9))) == 19
    again = null_test(model, X, Y[:, 0], term="x0", **options)
    assert_array_equal(test.null_statistics, again.null_statistics)


@pytest.mark.parametrize(
    "covariates, message",
    [
        (np.zeros((3, T + 1, 1)), "does not fit the features in question"),
        (np.full((3, T, 1), np.nan), "not finite in rows in which the data are"),
    ],
)
def test_draws_that_do_not_fit_are_refused(covariates, message):
    model = nmo.GLM().fit(X, Y[:, 0])
    with pytest.raises(ValueError, match=message):
        null_test(model, X, Y[:, 0], term="x0", null="pseudosession", covariates=covariates)


PLACE = np.arange(T) - STARTS[SESSIONS]
EXCHANGED = Exchanged(np.where(PLACE < 50, SESSIONS, -1), PLACE, STARTS, np.array([1, 0, 3, 2]))


@pytest.mark.parametrize("move", [Rolled(-7, T), EXCHANGED], ids=["rolled", "exchanged"])
def test_moved_rows_of_a_design_are_computed_where_they_come_from(move):
    """Windows see the signal as it is, and not as it is moved."""
    basis = nmo.basis.HistoryConv(4, label="past") + nmo.basis.IdentityEval(label="x")
    design = basis.design(Y[:, 0].astype(float), X[:, 0])
    written = design.to_array()
    wanted = written.copy()
    wanted[:, :4] = written[move.of(np.arange(T)), :4]
    rows = MovedRows(design, move, np.array([True] * 4 + [False]))
    assert_array_equal(rows.read(50, 190), wanted[50:190])
    is_finite = np.isfinite(written).all(axis=1)
    assert_array_equal(rows.valid_rows(), is_finite & is_finite[move.of(np.arange(T))])


def test_p_values_of_sessions_are_combined():
    p = RNG.random((4, 3))
    for n in range(3):
        assert_allclose(combine_p_values(p)[n], combine_pvalues(p[:, n]).pvalue)
    assert_allclose(combine_p_values(p, method="average"), np.minimum(1, 2 * p.mean(axis=0)))
    gaps = np.vstack([p, np.full((1, 3), np.nan)])
    assert_allclose(combine_p_values(gaps), combine_p_values(p))
    assert np.isnan(combine_p_values([np.nan]))
    with pytest.raises(ValueError, match="no p values"):
        combine_p_values([0.0, 0.5])
    with pytest.raises(ValueError, match="Unknown way"):
        combine_p_values(p, method="stouffer")
