"""Figures of residuals and rescaled intervals show, and give, the numbers of their results."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from spikeglm import inference, plotting

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(500, 2))


def test_quantiles_lie_beside_those_of_a_normal_sample():
    table = plotting.plot_residual_quantiles.data(Z[:, 0])
    assert_allclose(table.residual, np.sort(Z[:, 0]))
    assert_allclose(table.normal, stats.norm.ppf((np.arange(500) + 0.5) / 500))
    k = 37  # the 38th smallest of 500
    expected = stats.norm.ppf(stats.beta(k + 1, 500 - k).ppf([0.025, 0.975]))
    assert_allclose(table.loc[k, ["low", "high"]].astype(float), expected)
    points = plotting.plot_residual_quantiles(Z[:, 0]).get_lines()[-1]
    assert_allclose(points.get_ydata(), table.residual)
    long = plotting.plot_residual_quantiles.data(RNG.normal(size=50_000))
    assert len(long) == 2000 and long.residual.is_monotonic_increasing
    assert len(plotting.plot_residual_quantiles.data(np.full(3, np.nan))) == 0
    with pytest.raises(ValueError, match="of one neuron"):
        plotting.plot_residual_quantiles(Z)


@pytest.mark.parametrize(
    "plot, found",
    [
        (plotting.plot_residual_autocorrelation, inference.residual_autocorrelation(Z, n_lags=9)),
        (plotting.plot_binned_residuals, inference.binned_residuals(Z, Z[:, 0], n_bins=9)),
    ],
    ids=["autocorrelation", "binned"],
)
def test_one_of_several_neurons_is_named(plot, found):
    ax = plot(found, neuron=1)
    name = "autocorrelation" if hasattr(found, "lags") else "mean"
    drawn = [line.get_ydata() for line in ax.get_lines()]
    mine = plot.data(found, neuron=1)[name]
    assert any(len(y) == 9 and np.allclose(y, mine) for y in drawn)
    for neuron in (None, "x"):
        with pytest.raises(ValueError, match="neuron"):
            plot(found, neuron=neuron)


def test_rescaled_intervals_give_their_numbers(rescaling):
    table = plotting.plot_time_rescaling.data({"a": rescaling, "b": rescaling})
    assert table.result.value_counts().tolist() == [rescaling.n_spikes] * 2
    assert_allclose(table.query("result == 'b'").observed_quantile, rescaling.uniforms)
    by_lag = plotting.plot_interval_autocorrelation.data(rescaling)
    assert_allclose(by_lag.autocorrelation, rescaling.autocorrelation)
    assert by_lag.lag.tolist() == list(range(1, 21))
