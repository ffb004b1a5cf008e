"""Intervals of predicted rates and of responses, against dense algebra and simulation."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from tests.catalogue import CANONICAL, Case

import spikeglm as nmo
from spikeglm.inference import predicted_rates

RNG = np.random.default_rng(0)
T = 500
X = RNG.normal(size=(T, 3))
OFFSET = RNG.normal(size=T) * 0.2
Y = RNG.poisson(np.exp(X @ np.array([[0.5, 0.1], [-0.3, 0.2], [0.0, 0.3]]) - [0.5, 1.0]))
NEW = RNG.normal(size=(40, 3))


@pytest.mark.parametrize("link", ["exp", "softplus"])
def test_the_mean_has_the_interval_of_its_predictor(link):
    model = nmo.PopulationGLM(inverse_link_function=link).fit(X, Y, offset=OFFSET)
    more = np.linspace(0, 1, 40)
    found = predicted_rates(model, X, Y, NEW, offset=OFFSET, new_offset=more)
    K = np.column_stack([NEW, np.ones(40)])
    mean = {"exp": np.exp, "softplus": lambda eta: np.log1p(np.exp(eta))}[link]
    assert_allclose(found.mean, model.predict(NEW, offset=more), rtol=1e-12)
    for n, V in enumerate(model.covariance(X, Y, offset=OFFSET)):
        eta = K @ np.append(model.coef_[:, n], model.intercept_[n]) + more
        error = np.sqrt(np.diag(K @ V @ K.T))
        assert_allclose(found.standard_error[:, n], error, rtol=1e-9)
        assert_allclose(found.high[:, n], mean(eta + 1.959963984540054 * error), rtol=1e-9)


def test_the_interval_is_that_of_least_squares():
    sm = pytest.importorskip("statsmodels.api")
    y = X @ [1.0, 2.0, 0.0] + RNG.normal(size=T)
    found = predicted_rates(nmo.GLM("Gaussian").fit(X[:20], y[:20]), X[:20], y[:20], NEW)
    fit = sm.OLS(y[:20], sm.add_constant(X[:20])).fit()
    expected = fit.get_prediction(sm.add_constant(NEW, has_constant="add")).conf_int(alpha=0.05)
    assert_allclose(np.column_stack([found.low, found.high]), expected, rtol=1e-7)
    assert found.unit == "units of y"


@pytest.mark.parametrize(("model", "link"), CANONICAL)
@pytest.mark.parametrize("penalty", ["UnRegularized", "Ridge"])
def test_every_model_has_intervals_of_its_own_covariance(model, link, penalty):
    case = Case(model, link, penalty)
    X, y = case.data()
    fit = case.population().fit(X, y)
    found = predicted_rates(fit, X, y, X[:30])
    K = np.column_stack([X[:30], np.ones(30)])
    for n, V in enumerate(fit.covariance(X, y)):
        error = np.sqrt(((K @ V) * K).sum(axis=1))
        assert_allclose(found.standard_error[:, n], error, rtol=1e-7)
    assert_allclose(found.mean, fit.predict(X[:30]), rtol=1e-10)
    assert (found.low < found.mean).all() and (found.mean < found.high).all()


def test_an_interval_over_the_pole_of_a_link_has_no_end():
    """It was between the values on both sides, of which one is no mean at all."""
    rng = np.random.default_rng(2)
    x = rng.uniform(0.1, 1, 12)
    y = rng.gamma(1.0, 1 / x)
    fit = nmo.GLM("Gamma", "one_over_x").fit(x[:, None], y)
    found = predicted_rates(fit, x[:, None], y, np.array([[0.02], [1.0]]))
    eta = np.array([0.02, 1.0]) * fit.coef_[0] + fit.intercept_[0]
    half = stats.t.ppf(0.975, 10) * found.standard_error
    assert eta[0] > 0 > eta[0] - half[0] and found.high[0] == np.inf
    assert_allclose(found.low[0], 1 / (eta[0] + half[0]), rtol=1e-6)
    assert 0 < found.low[1] < found.mean[1] < found.high[1]


def test_rows_of_the_fit_are_those_without_new_ones_and_times_are_kept():
    times = 0.02 * np.arange(T)
    features, counts = nap.TsdFrame(times, X), nap.TsdFrame(times, Y, columns=["a", "b"])
    model = nmo.PopulationGLM().fit(features, counts)
    found = predicted_rates(model, features, counts)
    assert_allclose(found.mean, model.predict(features).d / 0.02)
    assert found.unit == "Hz" and found.neurons == ("a", "b")
    frame = found.to_frame()
    assert isinstance(frame, pd.DataFrame) and len(frame) == 2 * T
    assert frame["time (s)"].iloc[3] == times[1] and frame["neuron"].iloc[3] == "b"
    assert frame["low"].iloc[3] == found.low[1, 1]


def test_new_rows_stay_as_they_are():
    """Rows that are not finite were overwritten, in the array of the user."""
    new = NEW.copy()
    new[3, 1] = np.inf
    before = new.copy()
    found = predicted_rates(nmo.GLM().fit(X, Y[:, 0]), X, Y[:, 0], new)
    np.testing.assert_array_equal(new, before)
    assert np.isnan(found.mean[3]) and np.isfinite(found.low[4])


def test_gaps_and_what_nobody_saw_have_no_interval():
    design = nmo.basis.BSplineEval(6, bounds=(0, 20), label="x").design(RNG.uniform(0, 10, T))
    model = nmo.GLM().fit(design, Y[:, 0])
    new = np.array([3.0, np.nan, 19.0])
    found = predicted_rates(model, design, Y[:, 0], design.at(new), responses=True)
    assert np.isnan(found.mean).tolist() == [False, True, False]
    for part in (found.low, found.high, found.response_low):
        assert np.isnan(part).tolist() == [False, True, True]


@pytest.mark.parametrize("kind", ["Poisson", "NegativeBinomial"])
def test_new_responses_lie_where_they_should(kind):
    """The interval of a well-known mean is that of the distribution itself."""
    many = np.tile(X, (20, 1))
    rng = np.random.default_rng(3)
    mean = np.exp(many @ [0.5, -0.3, 0.0] + 1.0)
    scale = 0.4
    if kind == "Poisson":
        model, y = nmo.GLM(), rng.poisson(mean)
    else:
        observed = nmo.observation_models.NegativeBinomialObservations(scale=scale)
        model, y = nmo.GLM(observed), rng.poisson(mean * rng.gamma(1 / scale, scale, mean.shape))
    model.fit(many, y)
    found = predicted_rates(model, many, y, NEW, responses=True, n_draws=20_000)
    mu = found.mean
    exact = (
        stats.poisson(mu) if kind == "Poisson" else stats.nbinom(1 / scale, 1 / (1 + scale * mu))
    )
    for end, tail in ((found.response_low, 0.025), (found.response_high, 0.975)):
        assert (end == np.round(end)).all()
        near = exact.cdf(end + 1) >= tail - 0.02
        assert near.all() and (exact.cdf(end - 2) <= tail + 0.02).all()
    again = predicted_rates(model, many, y, NEW, responses=True, n_draws=20_000)
    np.testing.assert_array_equal(found.response_high, again.response_high)


def test_an_uncertain_mean_widens_the_responses():
    few = nmo.GLM("Gaussian").fit(X[:8], X[:8] @ [1.0, 0, 0] + RNG.normal(size=8))
    y = X[:8] @ [1.0, 0, 0] + np.random.default_rng(5).normal(size=8)
    few.fit(X[:8], y)
    found = predicted_rates(few, X[:8], y, NEW, responses=True, n_draws=40_000)
    spread = np.sqrt(few.scale_ + found.standard_error**2)  # of least squares, exactly Student's
    expected = found.mean + stats.t.ppf(0.975, 4) * spread
    assert_allclose(found.response_high, expected, atol=0.05 * spread.max())


@pytest.mark.parametrize("wrong", [{"new_offset": np.ones(3)}, {"level": 2.0}])
def test_what_does_not_fit_is_explained(wrong):
    model = nmo.GLM().fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="Given"):
        predicted_rates(model, X, Y[:, 0], NEW, **wrong)
    with pytest.raises(ValueError, match="3 features"):
        predicted_rates(model, X, Y[:, 0], NEW[:, :2])


@pytest.mark.parametrize("cov_type", ["model", "HC1"])
@pytest.mark.parametrize("place", [1e5, 1e7, 1e8])
def test_features_far_from_zero_have_the_intervals_of_the_same_about_zero(place, cov_type):
    """Times in seconds since 1970, say: of intervals at their origin no digit is left."""
    far = np.round(X * 2**20) / 2**20 + place * np.array([1.0, 0.0, -1.0])
    near = far - place * np.array([1.0, 0.0, -1.0])
    ask = {"cov_type": cov_type}
    found = predicted_rates(nmo.PopulationGLM().fit(far, Y), far, Y, **ask)
    expected = predicted_rates(nmo.PopulationGLM().fit(near, Y), near, Y, **ask)
    assert_allclose(found.standard_error, expected.standard_error, rtol=1e-5)
    assert_allclose(found.low, expected.low, rtol=1e-5)
