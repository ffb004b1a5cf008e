"""The band of a filter is what sampling its coefficients gives."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.inference.filters import filter_band


@pytest.fixture
def pieces():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    return {
        "kernel": rng.uniform(size=(9, 4)),
        "coef": rng.normal(size=4),
        "covariance": root @ root.T / 10,
    }


def test_band_is_the_spread_of_sampled_filters(pieces):
    found = filter_band(
        pieces["kernel"], pieces["coef"], covariance=pieces["covariance"], bin_s=0.001
    )
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal(pieces["coef"], pieces["covariance"], size=200_000)
    filters = draws @ pieces["kernel"].T
    np.testing.assert_allclose(found.log_gain, filters.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(found.standard_error, filters.std(axis=0), rtol=0.01)
    low, high = np.quantile(filters, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(found.low, low, atol=0.02)
    np.testing.assert_allclose(found.high, high, atol=0.02)
    rates = np.quantile(np.exp(filters), [0.025, 0.5, 0.975], axis=0)
    np.testing.assert_allclose(
        [found.rate_gain_low, found.rate_gain, found.rate_gain_high], rates, rtol=0.02
    )


def test_lags_are_milliseconds_before_the_predicted_bin(pieces):
    arguments = {"covariance": pieces["covariance"], "bin_s": 0.0005}
    causal = filter_band(pieces["kernel"], pieces["coef"], **arguments)
    np.testing.assert_allclose(causal.lag_ms, np.arange(1, 10) * 0.5)
    same_bin = filter_band(pieces["kernel"], pieces["coef"], **arguments, first_lag=0)
    np.testing.assert_allclose(same_bin.lag_ms, np.arange(9) * 0.5)


def test_written_out_lags_have_the_coefficients_own_errors(pieces):
    found = filter_band(
        np.eye(4), pieces["coef"], covariance=pieces["covariance"], bin_s=1.0, level=0.6827
    )
    np.testing.assert_array_equal(found.log_gain, pieces["coef"])
    np.testing.assert_allclose(found.standard_error, np.sqrt(np.diag(pieces["covariance"])))
    np.testing.assert_allclose(found.high - found.log_gain, found.standard_error, rtol=1e-3)


def test_another_basis_of_the_same_space_gives_the_same_filter(pieces):
    """New coordinates c = A⁻¹·w leave the filter and its band where they were."""
    change = np.random.default_rng(2).normal(size=(4, 4))
    inverse = np.linalg.inv(change)
    found = filter_band(
        pieces["kernel"], pieces["coef"], covariance=pieces["covariance"], bin_s=0.001
    )
    same = filter_band(
        pieces["kernel"] @ change,
        inverse @ pieces["coef"],
        covariance=inverse @ pieces["covariance"] @ inverse.T,
        bin_s=0.001,
    )
    np.testing.assert_allclose(same.log_gain, found.log_gain, atol=1e-10)
    np.testing.assert_allclose(same.standard_error, found.standard_error, rtol=1e-8)


def test_a_variance_of_zero_up_to_rounding_is_zero():
    singular = np.array([[1.0, -1.0], [-1.0, 1.0 - 1e-15]])
    found = filter_band([[1.0, 1.0]], [1.0, 2.0], covariance=singular, bin_s=1.0)
    assert found.standard_error == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"coef": np.ones(3)}, "do not fit"),
        ({"covariance": np.ones((3, 3))}, "do not fit"),
        ({"kernel": np.ones(4)}, "do not fit"),
        ({"covariance": -np.eye(4)}, "negative variance"),
        ({"level": 95}, "level"),
    ],
)
def test_pieces_that_do_not_fit_are_explained(pieces, change, says):
    arguments = {**pieces, "bin_s": 0.001, **change}
    with pytest.raises(ValueError, match=says):
        filter_band(arguments.pop("kernel"), arguments.pop("coef"), **arguments)


WINDOWS = [
    {},
    {"shift": False},
    {"shift": 3},
    {"predictor_causality": "anti-causal"},
    {"predictor_causality": "anti-causal", "shift": False},
    {"predictor_causality": "acausal"},
]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_a_basis_says_at_which_lags_its_filter_lies(window):
    basis = nmo.basis.HistoryConv(5, conv_kwargs=window)
    assert basis.lags_ is None
    impulse = np.zeros(40)
    impulse[20] = 1.0
    row, function = np.nonzero(np.nan_to_num(basis.compute_features(impulse)))
    lag = np.empty(5, dtype=int)
    lag[function] = row - 20  # which rows see the impulse, through which function
    np.testing.assert_array_equal(basis.lags_, lag)
    known = {"covariance": np.eye(5), "bin_s": 0.002}
    found = filter_band(basis, np.arange(5.0), **known)
    np.testing.assert_allclose(found.lag_ms, 2.0 * lag)
    np.testing.assert_array_equal(found.log_gain, np.arange(5.0))
    assert filter_band(basis, np.zeros(5), **known, first_lag=lag[0]).lag_ms[0] == 2 * lag[0]
    with pytest.raises(ValueError, match="first_lag is not that of the basis"):
        filter_band(basis, np.zeros(5), **known, first_lag=lag[0] + 1)


def test_a_basis_that_saw_nothing_or_was_changed_since_has_no_lags():
    basis = nmo.basis.HistoryConv(5).setup_basis(np.zeros(9))
    basis.set_params(window_size=4)
    with pytest.raises(ValueError, match="call compute_features"):
        filter_band(basis, np.zeros(4), covariance=np.eye(4), bin_s=1.0)
    transformer = nmo.basis.HistoryConv(3).to_transformer().fit(np.zeros((9, 1)))
    assert list(transformer.basis.setup_basis(np.zeros(9)).lags_) == [1, 2, 3]


def test_a_band_with_an_estimated_dispersion_covers_as_often_as_it_says():
    """Of Gaussian responses with few rows, exactly; the normal quantile covers 89 %."""
    rng, kernel = np.random.default_rng(0), np.ones((1, 1))
    x, y = np.ones(6), rng.normal(size=(20_000, 6))
    scale = y.var(axis=1, ddof=1)
    inside = np.zeros(2)
    for dof, which in ((5, 0), (None, 1)):
        half = filter_band(kernel, [0.0], covariance=[[1 / len(x)]], bin_s=1.0, dof=dof).high
        inside[which] = (np.abs(y.mean(axis=1)) < half * np.sqrt(scale)).mean()
    np.testing.assert_allclose(inside, [0.95, 0.893], atol=0.006)
    with pytest.raises(ValueError, match="dof must be positive"):
        filter_band(kernel, [0.0], covariance=[[1.0]], bin_s=1.0, dof=0)
