"""Linear and circular shifts, draw by draw against statsmodels on rows that were cut by hand."""

import numpy as np
import pynapple as nap
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.inference import LinearShift, null_test

T, N, K = 300, 3, 40
RNG = np.random.default_rng(0)
Z, R = RNG.normal(size=(2, T, 2))
Y = RNG.poisson(np.exp(0.3 * R[:, :1] + 0.3 * Z[:, :1] * np.array([1.0, 0.0, 0.5]) - 0.5))
X = np.column_stack([Z, R])
OFFSET = RNG.normal(0, 0.3, (T, 1))
WEIGHT = RNG.integers(1, 3, T).astype(float)
CENTRE = np.arange(K, T - K)
EPOCHS = nap.IntervalSet([0, 10], [5, 15])
SHIFT = {"max_shift": K, "n_shifts": 40}


@pytest.fixture(scope="module")
def model():
    return nmo.PopulationGLM().fit(X, Y)


def gains(y, rest, term, offset=None, weight=None):
    """Return score statistic and deviance, by statsmodels."""
    how = {"family": sm.families.Poisson(), "offset": offset, "freq_weights": weight}
    without = sm.GLM(y, sm.add_constant(rest, has_constant="add"), **how)
    fitted = without.fit(tol=1e-12)
    everything = np.column_stack([without.exog, term])
    more = sm.GLM(y, everything, **how).fit(tol=1e-12)
    mu = fitted.fittedvalues * (1.0 if weight is None else weight)
    slope = term.T @ ((y - fitted.fittedvalues) * (1.0 if weight is None else weight))
    full = everything.T @ (mu[:, None] * everything)
    r = without.exog.shape[1]
    left = full[r:, r:] - full[r:, :r] @ np.linalg.solve(full[:r, :r], full[:r, r:])
    return {
        "score": slope @ np.linalg.solve(left, slope),
        "deviance": 2 * (more.llf - fitted.llf),
    }


@pytest.mark.parametrize("moves", ["term", "response"])
@pytest.mark.parametrize("statistic", ["score", "deviance"])
def test_a_term_beside_others_draw_by_draw(model, statistic, moves):
    test = null_test(model, X, Y, term=["x0", "x1"], statistic=statistic, moves=moves, **SHIFT)
    assert (test.moving, test.n_rows, test.n_draws) == (moves, T - 2 * K, 40)

    def by_hand(k, n):
        stays, moved = CENTRE, CENTRE + k
        if moves == "term":
            return gains(Y[stays, n], R[stays], Z[moved])[statistic]
        return gains(Y[moved, n], R[moved], Z[stays])[statistic]

    assert_allclose(test.statistic, [by_hand(0, n) for n in range(N)], rtol=1e-7)
    for d in (0, 19, 39):
        of_draw = [by_hand(test.lags[d], n) for n in range(N)]
        assert_allclose(test.null_statistics[d], of_draw, rtol=1e-7)


@pytest.mark.parametrize("moves", ["term", "response"])
def test_row_weights_and_offset_stay_with_the_response(moves):
    more = {"sample_weight": WEIGHT, "offset": OFFSET[:, 0]}
    one = nmo.GLM().fit(X, Y[:, 0], **more)
    test = null_test(one, X, Y[:, 0], moves=moves, **SHIFT, **more)
    k = int(test.lags[7])
    of_x, of_y = (CENTRE + k, CENTRE) if moves == "term" else (CENTRE, CENTRE + k)
    none = np.empty((len(CENTRE), 0))
    by_hand = gains(Y[of_y, 0], none, X[of_x], OFFSET[of_y, 0], WEIGHT[of_y])
    assert_allclose(test.null_statistics[7], by_hand["score"], rtol=1e-7)


@pytest.mark.parametrize("statistic", ["score", "deviance", "bits_per_spike"])
def test_draws_of_the_response_are_those_of_one_neuron_at_a_time(model, statistic):
    together = null_test(model, X, Y, statistic=statistic, **SHIFT)
    for n in range(N):
        one = nmo.GLM().fit(X, Y[:, n])
        alone = null_test(one, X, Y[:, n], statistic=statistic, **SHIFT)
        assert_allclose(alone.null_statistics[:, 0], together.null_statistics[:, n], rtol=1e-8)
        assert_allclose(alone.p_value[0], together.p_value[n])


def test_bits_per_spike_are_the_gain_per_spike(model):
    bits = null_test(model, X, Y, statistic="bits_per_spike", **SHIFT)
    gain = null_test(model, X, Y, statistic="deviance", **SHIFT)
    n_spikes = Y[CENTRE].sum(axis=0)
    assert_allclose(bits.statistic, gain.statistic / (2 * np.log(2) * n_spikes))
    n_spikes = Y[CENTRE + gain.lags[3]].sum(axis=0)
    assert_allclose(bits.null_statistics[3], gain.null_statistics[3] / (2 * np.log(2) * n_spikes))


def test_p_is_the_rank_among_shifts_and_never_too_small(model):
    test = null_test(model, X, Y, **SHIFT)
    rank = 1 + (test.null_statistics >= test.statistic).sum(axis=0)
    assert_allclose(test.p_value, np.minimum(1, rank / 21))
    assert test.smallest_p == 1 / 21
    right_on_average = null_test(model, X, Y, conservative=False, **SHIFT)
    assert_allclose(right_on_average.p_value, rank / 41)


def test_a_function_of_ones_own_sees_responses_and_both_means(model):
    def correlation(y, mean, null_mean):
        assert y.shape == mean.shape == null_mean.shape == (T - 2 * K, y.shape[1])
        return (y * np.log(mean / null_mean) - mean + null_mean).sum(axis=0)

    own = null_test(model, X, Y, statistic=correlation, **SHIFT)
    known = null_test(model, X, Y, statistic="deviance", **SHIFT)
    assert own.statistic_name == "correlation"
    assert_allclose(own.null_statistics, known.null_statistics / 2, rtol=1e-6, atol=1e-9)
    assert np.isnan(own.independent_p_value).all()


def test_blocks_of_the_rows_do_not_matter(model):
    plain = null_test(model, X, Y, term="x0", **SHIFT)
    with nmo.config_context(memory="100KiB", n_threads=2):
        blocked = null_test(model, X, Y, term="x0", **SHIFT)
    assert_allclose(plain.null_statistics, blocked.null_statistics, rtol=1e-9)
    with nmo.config_context(memory="4KiB", n_threads=1):  # one neuron at a time
        little = null_test(model, X, Y, term="x0", **SHIFT)
    assert_allclose(plain.null_statistics, little.null_statistics, rtol=1e-9)


def test_few_rows_that_are_left_are_announced():
    """Nobody said so, were they three of two hundred."""
    y = Y[:, 0].astype(float)
    y[[80, 190]] = np.nan
    model = nmo.GLM().fit(X, y)
    with pytest.warns(UserWarning, match=r"Of 220 rows only 58 are compared"):
        null_test(model, X, y, max_shift=K, n_shifts=2 * K)


def test_a_row_that_is_lost_somewhere_is_compared_nowhere():
    gaps = X.copy()
    gaps[100] = np.nan
    one = nmo.GLM().fit(gaps, Y[:, 0])
    test = null_test(one, gaps, Y[:, 0], moves="term", max_shift=K, n_shifts=2 * K)
    assert test.n_rows == T - 2 * K - (2 * K + 1)
    # a row without a response is lost there alone: the response stays
    y = Y[:, 0].astype(float)
    y[100] = np.nan
    test = null_test(nmo.GLM().fit(X, y), X, y, moves="term", max_shift=K, n_shifts=2 * K)
    assert test.n_rows == T - 2 * K - 1


def test_nothing_is_shifted_over_the_end_of_a_session(model):
    sessions = np.repeat(["first", "second"], [120, 180])
    test = null_test(model, X, Y, max_shift=40, n_shifts=80, sessions=sessions)
    inside = np.r_[40:80, 160:260]
    assert test.n_rows == len(inside)
    k = int(test.lags[-1])
    none = np.empty((len(inside), 0))
    by_hand = gains(Y[inside + k, 0], none, X[inside])
    assert_allclose(test.null_statistics[-1, 0], by_hand["score"], rtol=1e-7)


def test_a_silent_neuron_has_no_p_and_harms_no_other(model):
    y = np.column_stack([Y, np.zeros(T)])
    y[:, 0] *= np.arange(T) > 270  # silent in the rows that are compared, but not everywhere
    with pytest.warns(nmo.errors.NothingToFitWarning, match="silent"):
        fitted = nmo.PopulationGLM().fit(X, y)
    test = null_test(fitted, X, y, statistic="deviance", **SHIFT)
    assert np.isnan(test.p_value).tolist() == [True, False, False, True]
    assert test.status[3] == "silent" and "3: silent" in str(test)
    others = null_test(model, X, Y, statistic="deviance", **SHIFT)
    assert_allclose(test.p_value[1:3], others.p_value[1:3])
    assert np.isnan(test.q_value[[0, 3]]).all()


def test_circular_shifts_wrap_and_warn(model):
    with pytest.warns(UserWarning, match="no null for slow signals"):
        test = null_test(model, X, Y, null="circular_shift", n_shifts=25, seed=3)
    assert test.n_rows == T and len(np.unique(test.lags)) == 25
    k, none = int(test.lags[4]), np.empty((T, 0))
    by_hand = gains(np.roll(Y[:, 1], -k), none, X)
    assert_allclose(test.null_statistics[4, 1], by_hand["score"], rtol=1e-7)
    rank = 1 + (test.null_statistics >= test.statistic).sum(axis=0)
    assert_allclose(test.p_value, rank / 26)


def test_seconds_need_bins_that_are_known():
    counts = nap.Tsd(t=np.arange(T) * 0.1, d=Y[:, 0])
    speed = nap.Tsd(t=np.arange(T) * 0.1, d=Z[:, 0])
    design = nmo.basis.IdentityEval(label="speed").design(speed)
    model = nmo.GLM().fit(design, counts)
    test = null_test(model, design, counts, term="speed", max_shift="4 s", n_shifts=40)
    assert test.lags[-1] == 40 and test.bin_s == 0.1
    in_seconds = null_test(model, design, counts, term="speed", max_shift=4.0, n_shifts=40)
    assert_array_equal(test.null_statistics, in_seconds.null_statistics)
    plain = nmo.basis.IdentityEval(label="speed").design(Z[:, 0])
    alone, asked = nmo.GLM().fit(plain, Y[:, 0]), {"max_shift": "4 s", "n_shifts": 40}
    told = null_test(alone, plain, Y[:, 0], term="speed", bin_s=0.1, **asked)
    assert_array_equal(test.lags, told.lags)
    in_bins = null_test(model, design, counts, term="speed", max_shift=40, n_shifts=40)
    assert_array_equal(test.null_statistics, in_bins.null_statistics)


def test_epochs_and_gaps_in_time_end_sessions():
    times = np.r_[0:120, 130:310] * 0.1
    counts = nap.Tsd(t=times, d=Y[:, 0])
    model = nmo.GLM().fit(X, counts)
    test = null_test(model, X, counts, max_shift=20, n_shifts=40)
    assert test.n_rows == T - 2 * 2 * 20
    epochs = nap.IntervalSet([0, 20], [11.95, 30.95])  # rows 120 to 189 are of none
    test = null_test(model, X, counts, max_shift=20, n_shifts=40, sessions=epochs)
    assert test.n_rows == 120 + 110 - 2 * 2 * 20


ERRORS = {
    "no such term": ({"term": "x9"}, ValueError, "Unknown term"),
    "no such null": ({"null": "shuffle"}, ValueError, "Unknown null"),
    "no such statistic": ({"statistic": "r2"}, ValueError, "Unknown statistic"),
    "a statistic that is a number": ({"statistic": 3}, TypeError, "neither a name nor a function"),
    "no such option": ({"lags": 3}, TypeError, "no such option"),
    "too far": ({"max_shift": 150}, ValueError, "nothing to be compared with"),
    "seconds without bins": ({"max_shift": "5 s"}, ValueError, "how long their bins are"),
    "no duration": ({"max_shift": [2]}, TypeError, "neither a number of bins"),
    "epochs without times": ({"sessions": EPOCHS}, ValueError, "Epochs need rows"),
    "moves what": ({"moves": "spikes"}, ValueError, "what moves"),
    "an object with options": ({"null": LinearShift(), "max_shift": 3}, TypeError, "options twice"),
    "one session": ({"null": "session_permutation"}, ValueError, "One session"),
    "labels of other rows": ({"sessions": [1, 2]}, ValueError, "one label per row"),
}


@pytest.mark.parametrize("what", ERRORS)
def test_what_cannot_be_is_said(model, what):
    options, kind, message = ERRORS[what]
    with pytest.raises(kind, match=message):
        null_test(model, X, Y, **options)


def test_other_data_than_those_of_the_fit_are_refused(model):
    with pytest.raises(ValueError, match="not the data of the fit"):
        null_test(model, X, Y + 1, **SHIFT)


def test_few_shifts_warn_that_p_has_a_floor(model):
    with pytest.warns(UserWarning, match="less than 1 / 11"):
        null_test(model, X, Y, max_shift=K, n_shifts=20)
