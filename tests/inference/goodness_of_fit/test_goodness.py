"""The table of measures against statsmodels, formulas and simulations; what is missing says why."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import spikeglm as nmo
from spikeglm.inference.goodness_of_fit import table
from spikeglm.inference.goodness_of_fit.smoothing import correlation, smoothed

from ...models import ROWS

goodness = nmo.inference.goodness
RNG = np.random.default_rng(0)
T = 1200
X = RNG.normal(size=(T, 2))
RATE = np.exp(X @ [0.6, -0.3] - 0.8)
Y = RNG.poisson(RATE[:, None] * [1.0, 0.4]).astype(float)


def fitted(population=True, rows=slice(None), **arguments):
    if population:
        return nmo.PopulationGLM(**arguments).fit(X[rows], Y[rows])
    return nmo.GLM(**arguments).fit(X[rows], Y[rows, 0])


def test_the_numbers_of_statsmodels():
    import statsmodels.api as sm

    found = goodness(fitted(), X, Y)
    for n in range(2):
        theirs = sm.GLM(Y[:, n], sm.add_constant(X), family=sm.families.Poisson()).fit(tol=1e-14)
        expected = {
            "log_likelihood": theirs.llf,
            "log_likelihood_null": theirs.llnull,
            "deviance": theirs.deviance,
            "deviance_explained": 1 - theirs.deviance / theirs.null_deviance,
            "mcfadden": theirs.pseudo_rsquared("mcf"),
            "cox_snell": theirs.pseudo_rsquared("cs"),
            "dispersion": theirs.pearson_chi2 / theirs.df_resid,
            "edf": 3,
            "n_rows": T,
            "n_spikes": Y[:, n].sum(),
        }
        for name, value in expected.items():
            assert_allclose(getattr(found, name)[n], value, rtol=1e-9, err_msg=name)
        bits = (theirs.llf - theirs.llnull) / np.log(2) / Y[:, n].sum()
        assert_allclose(found.bits_per_spike[n], bits, rtol=1e-9)
        r = np.corrcoef(theirs.fittedvalues, Y[:, n])[0, 1]
        assert_allclose(found.pearson_r[n], r, rtol=1e-9)
        saturated = stats.poisson.logpmf(Y[:, n], Y[:, n]).sum()
        assert_allclose(found.log_likelihood_saturated[n], saturated, rtol=1e-9)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_every_model_on_other_rows_against_scipys_densities(row):
    rng = np.random.default_rng(3)
    features = rng.uniform(-1, 1, (900, 1))
    y = row.possible(row.draw(rng, np.exp(0.5 * features[:, 0] - 1.5)).astype(float))
    link = None if row.kind == "choice" else "exp"
    first, rest = slice(0, 600), slice(600, None)
    model = nmo.GLM(row.model, inverse_link_function=link).fit(features[first], y[first])
    found = goodness(model, features[rest], y[rest])
    mean, null = model.predict(features[rest]), y[first].mean()
    scale = float(np.ravel(model.scale_)[0])
    of_model, of_null = (row.log_density(y[rest], m, scale).sum() for m in (mean, null))
    assert not found.is_of_fit
    assert_allclose(found.log_likelihood, of_model, rtol=1e-9)
    assert_allclose(found.log_likelihood_null, of_null, rtol=1e-9)
    variance = row.distribution(mean, scale).var() / (scale if row.is_continuous else 1.0)
    assert_allclose(found.dispersion, ((y[rest] - mean) ** 2 / variance).mean(), rtol=1e-9)
    gained = (found.log_likelihood - of_null) / (found.log_likelihood_saturated - of_null)
    assert_allclose(found.deviance_explained, gained, rtol=1e-9)
    of_counts = [found.mcfadden, found.bits_per_spike, found.cox_snell, found.n_spikes]
    assert np.isnan(of_counts).all() == row.is_continuous
    assert np.isnan(found.ks_distance[0]) == row.is_continuous
    assert found.ks_p_from == (("known rates",) if row.name in ("Poisson", "Bernoulli") else ("",))


def test_one_neuron_and_a_population_agree_whatever_the_memory():
    model, alone = fitted(), fitted(population=False)
    whole = goodness(model, X, Y, n_bootstrap=0).to_frame()
    with nmo.config_context(memory="200kB"):
        in_groups = goodness(model, X, Y, n_bootstrap=0).to_frame()
    pd.testing.assert_frame_equal(whole, in_groups)
    one = goodness(alone, X, Y[:, 0], n_bootstrap=0).to_frame()
    numbers = whole.select_dtypes("number").columns
    assert_allclose(
        one.loc[0, numbers].astype(float), whole.loc[0, numbers].astype(float), rtol=1e-5
    )


def test_weights_count_rows():
    weights = RNG.integers(0, 4, T)
    model = nmo.PopulationGLM().fit(X, Y, sample_weight=weights)
    found = goodness(model, X, Y, sample_weight=weights)
    twice = np.repeat(np.arange(T), weights)
    again = goodness(nmo.PopulationGLM().fit(X[twice], Y[twice]), X[twice], Y[twice])
    assert found.is_of_fit and again.is_of_fit
    for name in ("log_likelihood", "deviance_explained", "dispersion", "pearson_r", "n_spikes"):
        assert_allclose(getattr(found, name), getattr(again, name), rtol=1e-6, err_msg=name)


def test_silent_neurons_gaps_and_few_spikes_have_nan_and_a_reason():
    y = np.column_stack([Y[:, 0], np.zeros(T), np.zeros(T), Y[:, 1]])
    y[::400, 2] = 1
    y[50:60, 3] = np.nan
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="silent"):
        model = nmo.PopulationGLM().fit(X, y)
    found = goodness(model, X, y, n_bootstrap=19)
    table = found.to_frame()
    assert table.n_rows.tolist() == [T, T, T, T - 10]
    assert table.reason.tolist() == ["", "no fit (silent)", "fewer than 5 spikes", ""]
    assert table.loc[1].drop(["n_rows", "n_spikes", "log_likelihood_null"]).isna().sum() >= 15
    assert np.isfinite(table.loc[[0, 3], ["bits_per_spike", "ks_p_value"]]).all().all()
    assert np.isfinite(table.loc[2, "deviance_explained"])
    assert "no fit (silent): 1" in str(found)
    assert "the rows of the fit" in str(found) and "bootstrap" in str(found)
    quiet = goodness(model, X[:9], np.zeros((9, 4)))
    assert "other rows" in str(quiet)
    assert quiet.reason[0] == "no spikes" and np.isnan(quiet.bits_per_spike[0])
    assert np.isfinite(quiet.log_likelihood[0])


def test_the_rows_of_the_fit_are_told_from_others():
    """Another half of the same number of rows and spikes is not the data of the fit."""
    model = fitted(population=False, rows=slice(0, 600))
    other = Y[600:, 0].copy()
    more = int(Y[:600, 0].sum() - other.sum())
    for _ in range(abs(more)):
        other[np.flatnonzero(other > (more < 0))[0]] += np.sign(more)
    assert other.sum() == Y[:600, 0].sum()
    assert goodness(model, X[:600], Y[:600, 0]).is_of_fit
    found = goodness(model, X[600:], other)
    assert not found.is_of_fit and found.ks_p_from == ("known rates",)


def test_estimates_that_were_set_by_hand_are_known_rates():
    model = nmo.GLM()
    model.coef_, model.intercept_ = np.array([0.6, -0.3]), np.array([-0.8])
    with pytest.warns(UserWarning, match="of no fit"):
        found = goodness(model, X, Y[:, 0])
    assert found.ks_p_from == ("known rates",) and found.ks_p_value[0] > 0.01
    assert "of no fit" in str(found) and np.isnan([found.edf, found.deviance_explained]).all()
    again = goodness(model, X, Y[:, 0], null_mean=Y[:, 0].mean())
    assert_allclose(found.log_likelihood, again.log_likelihood)
    assert again.bits_per_spike[0] > 0.1


def test_null_models():
    offset = RNG.normal(0, 0.3, T)
    with_offset = nmo.PopulationGLM().fit(X, Y, offset=offset)
    found = goodness(with_offset, X, Y, offset=offset)
    nothing = nmo.PopulationGLM().fit(X[:, :0], Y, offset=offset)
    expected = goodness(nothing, X[:, :0], Y, offset=offset)
    assert_allclose(found.log_likelihood_null, expected.log_likelihood, rtol=1e-9)
    assert_allclose(expected.deviance_explained, 0, atol=1e-9)
    with pytest.warns(UserWarning, match="had an offset"):
        unknown = goodness(with_offset, X[:500], Y[:500], offset=offset[:500])
    assert np.isnan(unknown.deviance_explained).all() and np.isfinite(unknown.log_likelihood).all()
    means = nothing.predict(X[:500, :0], offset=offset[:500])
    given = goodness(with_offset, X[:500], Y[:500], offset=offset[:500], null_mean=means)
    assert np.isfinite(given.bits_per_spike).all()
    for wrong, says in (
        (-1.0, "none of this model"),
        (np.ones(3), "does not fit"),
        ("mean", "null"),
    ):
        with pytest.raises(ValueError, match=says):
            goodness(with_offset, X, Y, offset=offset, null_mean=wrong)


def test_smoothing_stops_at_gaps():
    values, counts = RNG.normal(size=(60, 2)), RNG.random((60, 2)) < 0.8
    found = smoothed(values, counts, 2.5, np.array([0, 25]))
    expected = np.full((60, 2), np.nan)
    for t, n in np.argwhere(counts):
        block = np.arange(60) < 25
        near = np.flatnonzero(
            counts[:, n] & (block == block[t]) & (np.abs(np.arange(60) - t) <= 10)
        )
        kernel = stats.norm.pdf(near, t, 2.5)
        expected[t, n] = kernel @ values[near, n] / kernel.sum()
    assert_allclose(found, expected, atol=1e-12)
    weight = counts * 1.0
    r = correlation(values, found, weight)
    for n in range(2):
        both = counts[:, n]
        assert_allclose(r[n], np.corrcoef(values[both, n], found[both, n])[0, 1])


def test_seconds_come_from_the_data():
    import pynapple as nap

    times = np.concatenate([np.arange(600), 5000 + np.arange(600)]) * 0.02
    epochs = nap.IntervalSet([0, 99.99], [12.1, 200])
    features = nap.TsdFrame(t=times, d=X, time_support=epochs)
    counts = nap.TsdFrame(t=times, d=Y, time_support=epochs, columns=["a", "b"])
    model = nmo.PopulationGLM().fit(features, counts)
    found = goodness(model, features, counts, smoothing="100 ms")
    assert found.smoothing == 5.0 and found.neurons == ("a", "b")
    assert_allclose(found.rate_hz, Y.mean(axis=0) / 0.02)
    mean = model.predict(features).values
    smooth = [smoothed(v, np.ones_like(Y, bool), 5.0, np.array([0, 600])) for v in (Y, mean)]
    assert_allclose(found.pearson_r, correlation(*smooth, np.ones_like(Y)))
    plain = goodness(fitted(), X, Y, bin_s=0.02)
    assert_allclose(plain.rate_hz, found.rate_hz)
    with pytest.raises(ValueError, match="how long bins are"):
        goodness(fitted(), X, Y, smoothing="100 ms")
    with pytest.raises(ValueError, match="what the times of the data say"):
        goodness(model, features, counts, bin_s=0.01)


def test_a_bootstrap_of_the_rows_of_the_fit():
    model = fitted(population=False)
    found = goodness(model, X, Y[:, 0])
    assert found.ks_p_from == ("bootstrap",)
    assert 0.05 < found.ks_p_value[0] <= 1
    assert found.ks_distance[0] < found.ks_band_95[0]
    slow = 1.5 * np.sin(np.arange(T) / 40)
    y = RNG.poisson(RATE * np.exp(slow))
    missing = goodness(nmo.GLM().fit(X, y), X, y)
    assert missing.ks_p_value[0] == 1 / 200
    assert missing.interval_autocorrelation[0, 0] > 2 * missing.autocorrelation_band_95[0]
    with pytest.raises(ValueError, match="too few simulated"):
        goodness(model, X, Y[:, 0], n_bootstrap=5)


def test_a_population_has_p_values_if_they_take_seconds(monkeypatch):
    alone = goodness(fitted(population=False), X, Y[:, 0]).ks_p_value[0]
    found = goodness(fitted(), X, Y)
    assert found.ks_p_value[0] == alone and set(found.ks_p_from) == {"bootstrap"}
    monkeypatch.setattr(table, "_WORK", 1e4)
    long = goodness(fitted(), X, Y)
    assert np.isnan(long.ks_p_value).all()
    assert "pass n_bootstrap=199" in long.reason[0] and long.reason[0] in str(long)


def test_other_rows_are_tested_with_those_of_the_fit():
    """Many parameters make rates uncertain: known ones would reject, the bootstrap does not."""
    rng = np.random.default_rng(8)
    features = rng.normal(size=(400, 25))
    y = rng.poisson(np.exp(0.4 * features[:, :2].sum(axis=1) + 1)[:, None], (400, 20))
    first, rest = slice(0, 100), slice(100, None)
    weights = np.ones(100)
    model = nmo.PopulationGLM().fit(features[first], y[first], sample_weight=weights)
    known = goodness(model, features[rest], y[rest])
    training = {"X": features[first], "y": y[first], "sample_weight": weights}
    found = goodness(model, features[rest], y[rest], training=training, n_bootstrap=39)
    assert set(found.ks_p_from) == {"bootstrap"} and not found.is_of_fit
    assert_allclose(found.ks_distance, known.ks_distance)
    assert (known.ks_p_value < 0.05).sum() >= 6 and (found.ks_p_value < 0.05).sum() <= 3
    with pytest.raises(ValueError, match="not the data of the fit"):
        goodness(model, features[rest], y[rest], training=(features[rest], y[rest]))


def test_overdispersed_counts_are_tested_by_the_bootstrap():
    y = RNG.negative_binomial(2.0, 1 / (1 + 0.5 * RATE))
    model = nmo.GLM(nmo.observation_models.NegativeBinomialObservations(0.5)).fit(X, y)
    found = goodness(model, X, y, n_bootstrap=99)
    assert found.ks_p_value[0] > 0.05
    assert goodness(nmo.GLM().fit(X, y), X, y, n_bootstrap=99).ks_p_value[0] < 0.05


def test_scales_that_were_estimated_and_models_that_are_no_distribution():
    y = np.column_stack([RNG.negative_binomial(2.0, 1 / (1 + 0.5 * RATE)), RNG.poisson(RATE)])
    estimate = nmo.observation_models.NegativeBinomialObservations("estimate")
    model = nmo.PopulationGLM(estimate).fit(X, y)
    with nmo.config_context(memory="200kB"):  # neuron by neuron, each with its scale
        found = goodness(model, X, y)
    z = nmo.inference.residuals(model, X, y)
    for n in range(2):
        alone = nmo.GLM(estimate).fit(X, y[:, n])
        other = goodness(alone, X, y[:, n], n_bootstrap=0)
        for name in ("log_likelihood", "deviance_explained", "dispersion", "ks_distance"):
            values = getattr(found, name)[n], getattr(other, name)[0]
            if name != "ks_distance" or n == 0:  # positions are drawn for each neuron
                assert_allclose(*values, rtol=1e-4, err_msg=name)
        assert stats.kstest(z[:, n], "norm").pvalue > 0.01
    quasi, poisson = (nmo.PopulationGLM(name).fit(X, y) for name in ("QuasiPoisson", "Poisson"))
    found, other = goodness(quasi, X, y), goodness(poisson, X, y)
    assert np.isnan([found.log_likelihood, found.bits_per_spike, found.ks_distance]).all()
    assert_allclose(found.dispersion, quasi.scale_)
    for name in ("deviance_explained", "dispersion", "n_spikes", "pearson_r"):
        assert_allclose(getattr(found, name), getattr(other, name), rtol=1e-6)
    assert "no distribution" in found.reason[0]
    assert np.isfinite(nmo.inference.residuals(quasi, X, y, kind="pearson")).all()
