"""Signal power and what follows: published formulas, unbiased in simulation, honest in trouble."""

import warnings

import numpy as np
import pytest

from spikeglm.inference import noise_ceiling
from spikeglm.inference.ceilings import powers
from spikeglm.plotting import plot_noise_ceiling

RNG = np.random.default_rng(11)
R, T, N = 7, 60, 4
SIGNAL = np.sin(np.arange(T) / 5)[:, None] * [1.0, 0.6, 0.3, 0.0] + [0.0, 5.0, 0.0, 1.0]
REPEATS = SIGNAL + RNG.normal(size=(R, T, N))
GUESS = SIGNAL + 0.3 * RNG.normal(size=(T, N))
FOUND = noise_ceiling(REPEATS, GUESS)
RATIOS = ("explainable", "cc_max", "cc_abs", "cc_norm", "explained", "r2_er")


def by_hand(repeats, guess):
    """Of one neuron: the papers' formulas, for trials of equal length."""
    n = len(repeats)
    power = repeats.var(axis=1).mean()
    mean = repeats.mean(axis=0)
    signal = (n * mean.var() - power) / (n - 1)  # Sahani & Linden, eq. 1
    covariance = np.mean((mean - mean.mean()) * (guess - guess.mean()))
    return {
        "signal_power": signal,
        "noise_power": power - signal,
        "explainable": signal / power,
        "cc_max": np.sqrt(signal / mean.var()),  # Schoppe et al., eqs. 8 and 9
        "cc_abs": np.corrcoef(mean, guess)[0, 1],
        "cc_norm": covariance / np.sqrt(guess.var() * signal),
        "explained": (mean.var() - (mean - guess).var()) / signal,  # Sahani & Linden, section 3
    }


@pytest.mark.parametrize("n", [0, 1, 2])
def test_numbers_are_those_of_the_formulas(n):
    for name, value in by_hand(REPEATS[:, :, n], GUESS[:, n]).items():
        np.testing.assert_allclose(getattr(FOUND, name)[n], value, rtol=1e-10, err_msg=name)


def test_a_square_without_bias_is_pospisil_and_bairs_where_noise_is_independent_over_time():
    """Theirs takes the noise's variance from all bins, ours that of covariances between trials."""
    many = SIGNAL[:, :1] + RNG.normal(size=(400, T, 1))
    found = noise_ceiling(many, GUESS[:, :1])
    mean, v = many[:, :, 0].mean(axis=0), GUESS[:, 0] - GUESS[:, 0].mean()
    noise = many[:, :, 0].var(axis=0, ddof=1).mean() / len(many)
    expected = ((v @ mean) ** 2 - noise * v @ v) / (
        v @ v * (np.sum((mean - mean.mean()) ** 2) - (T - 1) * noise)
    )
    np.testing.assert_allclose(found.r2_er[0], expected, rtol=1e-4)


def test_powers_and_squares_are_right_on_average():
    """Also where noise is slow, and where trials and bins are missing."""
    n_sets = 600
    signal = np.repeat(SIGNAL[:, :1], n_sets, axis=1)
    slow = np.cumsum(RNG.normal(size=(5, T, n_sets)), axis=1) / 5
    repeats = signal + slow + RNG.normal(size=(5, T, n_sets))
    repeats[0, :20] = repeats[3] = np.nan
    guess = np.repeat(GUESS[:, :1], n_sets, axis=1)
    found = noise_ceiling(repeats, guess)
    error = found.signal_power.std() / np.sqrt(n_sets)
    bins = SIGNAL[:, 0]
    expected = np.average([bins.var(), bins[20:].var()], weights=[T, 2 * (T - 20)])
    assert abs(found.signal_power.mean() - expected) < 4 * error
    plain = noise_ceiling(signal + RNG.normal(size=(5, T, n_sets)), guess)
    true = np.corrcoef(SIGNAL[:, 0], GUESS[:, 0])[0, 1] ** 2
    assert abs(plain.r2_er.mean() - true) < 4 * plain.r2_er.std() / np.sqrt(n_sets) + 0.01
    assert (plain.cc_abs**2).mean() < true - 0.02  # which noise has pulled down


def test_standard_errors_are_the_jackknife():
    for name in ("signal_power", "noise_power", *RATIOS[:2], "cc_norm", "explained", "r2_er"):
        each = []
        for k in range(R):
            left = powers.Powers.of(
                powers.TrialMoments.of(np.delete(REPEATS, k, axis=0), GUESS), np.full(N, 1 / R)
            )
            of_name = {"signal_power": left.signal, "noise_power": left.noise}
            each.append(of_name[name] if name in of_name else left.ratio(name))
        expected = np.sqrt((R - 1) * np.var(each, axis=0))
        found = getattr(FOUND, f"{name}_se")
        np.testing.assert_allclose(found[:2], expected[:2], rtol=1e-8, err_msg=name)
    low, high = FOUND.interval("signal_power")
    np.testing.assert_allclose((high - low) / FOUND.signal_power_se, 2 * 2.4469, rtol=1e-4)


def test_missing_trials_are_as_if_they_had_never_been():
    repeats = REPEATS.copy()
    repeats[[1, 4], :, 0] = np.nan
    found = noise_ceiling(repeats, GUESS)
    alone = noise_ceiling(np.delete(REPEATS, [1, 4], axis=0)[:, :, :1], GUESS[:, :1])
    for name in ("n_trials", "signal_power", "noise_power_se", *RATIOS):
        np.testing.assert_allclose(
            getattr(found, name)[0], getattr(alone, name)[0], rtol=1e-10, err_msg=name
        )
        np.testing.assert_allclose(getattr(found, name)[1], getattr(FOUND, name)[1], rtol=1e-10)


def test_rows_with_the_labels_of_trials_are_repeats():
    rows = REPEATS.reshape(-1, N)
    trials = np.repeat(np.arange(R), T).astype(float)
    order = RNG.permutation(R)  # trials come in any order, bins in theirs
    shuffled = REPEATS[order].reshape(-1, N)
    found = noise_ceiling(shuffled, GUESS, trials=np.repeat(order, T))
    np.testing.assert_allclose(found.signal_power, FOUND.signal_power)
    trials[-10:] = np.nan
    cut = REPEATS.copy()
    cut[-1, -10:] = np.nan
    np.testing.assert_allclose(
        noise_ceiling(rows, trials=trials).signal_power, noise_ceiling(cut).signal_power
    )


def test_poisson_noise_needs_one_repeat_and_is_right_on_average():
    n_sets = 800
    rate = np.exp(SIGNAL[:, :1])
    counts = RNG.poisson(np.repeat(rate, n_sets, axis=1), (3, T, n_sets))
    for repeats in (counts, counts[:1]):
        found = noise_ceiling(repeats, noise="poisson")
        error = found.signal_power.std() / np.sqrt(n_sets)
        assert abs(found.signal_power.mean() - rate.var()) < 4 * error
    both = noise_ceiling(counts), noise_ceiling(counts, noise="poisson")
    assert both[1].signal_power.std() < both[0].signal_power.std()  # it assumes more
    assert abs(both[0].fano.mean() - 1) < 0.02
    single = noise_ceiling(counts[:1], np.repeat(rate, n_sets, axis=1), noise="poisson")
    assert np.isnan(single.signal_power_se).all()
    np.testing.assert_array_equal(np.isfinite(single.cc_norm), single.signal_power > 0)


def test_what_cannot_be_told_is_nan_with_a_reason():
    repeats = np.full((R, T, 6), np.nan)
    repeats[:, :, 0] = REPEATS[:, :, 0]
    repeats[0, :, 1] = REPEATS[0, :, 0]  # one trial
    repeats[:, :, 2] = 3.0
    alternating = np.where(np.arange(R) % 2, 1.0, -1.0)[:6, None] * SIGNAL[:, 0]
    repeats[:6, :, 3] = alternating  # what trials share is negative
    repeats[:2, :, 4] = REPEATS[:2, :, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = noise_ceiling(repeats, np.repeat(GUESS[:, :1], 6, axis=1))
    assert found.status == (
        "",
        "one trial: signal and noise cannot be told apart",
        "the response does not vary",
        "no signal power above zero",
        "",
        "no trial of two bins",
    )
    assert found.signal_power[3] < 0 and np.isnan(found.cc_norm[3])
    assert np.isfinite(found.cc_norm[4]) and np.isnan(found.cc_norm_se[4])
    assert np.isnan(found.signal_power[[1, 5]]).all() and found.n_trials[5] == 0
    np.testing.assert_allclose(found.signal_power[0], FOUND.signal_power[0])
    assert "cc_norm" in str(found) and "no signal power" in str(found)
    assert found.to_frame().loc[5, "status"] == "no trial of two bins"


def test_a_signal_that_is_hardly_there_is_called_unsure():
    weak = 0.1 * SIGNAL[:, :1] + np.random.default_rng(4).normal(size=(R, T, 1))
    found = noise_ceiling(weak)
    assert 0 < found.signal_power[0] < 2 * found.signal_power_se[0]
    assert found.status == ("signal power within two standard errors of zero",)


def test_a_figure_shows_ceilings_and_models():
    ax = plot_noise_ceiling(FOUND)
    assert ax.get_xlabel().startswith("Neuron")
    assert set(plot_noise_ceiling.data(FOUND).columns) >= {"neuron", "cc_max", "cc_abs"}


@pytest.mark.parametrize(
    ("arguments", "more", "match"),
    [
        ((REPEATS[0, :, 0],), {}, "no such shape"),
        ((REPEATS, GUESS[:, :2]), {}, "prediction does not fit"),
        ((REPEATS,), {"noise": "gauss"}, "noise"),
        ((REPEATS,), {"noise": "poisson"}, "counts"),
        ((REPEATS[0],), {"trials": np.arange(3)}, "trials do not fit"),
    ],
)
def test_what_cannot_be_used_is_refused(arguments, more, match):
    with pytest.raises(ValueError, match=match):
        noise_ceiling(*arguments, **more)
    with pytest.raises(ValueError, match="level"):
        FOUND.interval("cc_max", level=1.5)
    with pytest.raises(ValueError, match="standard error"):
        FOUND.interval("fano")
