"""Two points beside each other: dense algebra, statsmodels' way, and what choosing costs."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

import spikeglm as nmo
from spikeglm.inference import comparison

B = nmo.basis
RNG = np.random.default_rng(0)
T, BIN = 2000, 0.02
TIMES = BIN * np.arange(T)
HEADING = RNG.uniform(0, 2 * np.pi, T)
X_CM = RNG.uniform(0, 10, T)
RATE = 0.3 * np.exp(0.8 * np.cos(HEADING - 2.0))
COUNTS = nap.TsdFrame(TIMES, RNG.poisson(RATE[:, None] * [1, 0.5]), columns=["a", "b"])
BASIS = B.CyclicBSplineEval(6, bounds=(0, 2 * np.pi), label="heading") + B.BSplineEval(5, label="x")
DESIGN = BASIS.design(nap.Tsd(TIMES, HEADING), nap.Tsd(TIMES, X_CM))
RIDGE = {"regularizer": "Ridge", "regularizer_strength": 1e-4}
MODEL = nmo.PopulationGLM(**RIDGE).fit(DESIGN, COUNTS)
Z = norm.ppf(0.975)


def levels(*headings):
    """Return combinations (2, p + 1), all else at its mean."""
    F = np.asarray(DESIGN)
    K = np.tile(np.append(F.mean(axis=0), 1.0), (len(headings), 1))
    K[:, :6] = np.asarray(DESIGN.at(np.array(headings), np.full(len(headings), 5.0)))[:, :6]
    return K


@pytest.mark.parametrize("link", ["exp", "softplus"])
def test_two_given_points_by_hand(link):
    model = nmo.PopulationGLM(inverse_link_function=link, **RIDGE).fit(DESIGN, COUNTS)
    found = comparison(model, DESIGN, COUNTS, "heading", at=2.0, against=5.0)
    K = levels(2.0, 5.0)
    mean, slope = {
        "exp": (np.exp, np.exp),
        "softplus": (lambda e: np.log1p(np.exp(e)), lambda e: 1 / (1 + np.exp(-e))),
    }[link]
    for n, V in enumerate(model.covariance(DESIGN, COUNTS)):
        eta = K @ np.append(model.coef_[:, n], model.intercept_[n])
        g = slope(eta[0]) * K[0] - slope(eta[1]) * K[1]
        error = np.sqrt(g @ V @ g) / BIN
        difference = (mean(eta[0]) - mean(eta[1])) / BIN
        assert_allclose(found.difference[n], difference, rtol=1e-8)
        assert_allclose(found.difference_high[n], difference + Z * error, rtol=1e-6)
        g = slope(eta[0]) / mean(eta[0]) * K[0] - slope(eta[1]) / mean(eta[1]) * K[1]
        ratio = mean(eta[0]) / mean(eta[1])
        assert_allclose(found.ratio[n], ratio, rtol=1e-8)
        assert_allclose(found.ratio_low[n], ratio * np.exp(-Z * np.sqrt(g @ V @ g)), rtol=1e-6)
        level = np.sqrt(K[1] @ V @ K[1])
        assert_allclose(found.value_against_low[n], mean(eta[1] - Z * level) / BIN, rtol=1e-6)
    assert found.unit == "Hz" and not found.is_chosen and not found.is_simultaneous


def test_a_ratio_is_that_of_simulated_parameters():
    found = comparison(MODEL, DESIGN, COUNTS, "heading", at=2.0, against=5.0)
    V = MODEL.covariance(DESIGN, COUNTS)[0]
    beta = np.append(MODEL.coef_[:, 0], MODEL.intercept_[0])
    draws = np.random.default_rng(1).multivariate_normal(beta, V, 50_000) @ levels(2.0, 5.0).T
    ends = np.quantile(np.exp(draws[:, 0] - draws[:, 1]), [0.025, 0.975])
    assert_allclose([found.ratio_low[0], found.ratio_high[0]], ends, rtol=0.01)


def test_the_preferred_is_where_the_curve_is_highest_and_the_opposite_half_a_turn_away():
    found = comparison(MODEL, DESIGN, COUNTS, "heading", n_points=60)
    curve = MODEL.curve("heading", DESIGN, COUNTS, scale="rate", n_points=60)
    assert_allclose(found.at[0], curve.axis[curve.value.argmax(axis=0)])
    assert_allclose((found.at[0] - found.against[0]) % (2 * np.pi), np.pi)
    assert_allclose(found.value_at, curve.value.max(axis=0))
    assert found.at.shape == (1, 2) and found.names == ("heading",)
    fixed = comparison(MODEL, DESIGN, COUNTS, "heading", float(found.at[0, 0]), "opposite")
    assert_allclose(fixed.difference[0], found.difference[0])
    assert found.is_simultaneous and found.difference_low[0] < fixed.difference_low[0]
    with pytest.warns(UserWarning, match="do not know it"):
        naive = comparison(MODEL, DESIGN, COUNTS, "heading", n_points=60, simultaneous=False)
    assert_allclose(naive.difference_low[0], fixed.difference_low[0])


def test_chosen_intervals_reach_as_far_as_the_band_of_all_contrasts():
    found = comparison(MODEL, DESIGN, COUNTS, "heading", n_points=48)
    grid = np.linspace(0, 2 * np.pi, 48)
    contrasts = levels(*grid) - levels(*((grid + np.pi) % (2 * np.pi)))
    V = MODEL.covariance(DESIGN, COUNTS)[0]
    error = np.sqrt(np.diag(contrasts @ V @ contrasts.T))
    draws = np.random.default_rng(2).multivariate_normal(np.zeros(12), V, 40_000) @ contrasts.T
    reach = np.quantile(np.abs(draws / error).max(axis=1), 0.95)
    i = int(np.argmin(np.abs(grid - found.at[0, 0])))
    assert_allclose(np.log(found.ratio_high / found.ratio)[0], reach * error[i], rtol=0.01)


def test_the_least_is_chosen_among_all_pairs():
    found = comparison(MODEL, DESIGN, COUNTS, "x", "preferred", "least", n_points=30)
    curve = MODEL.curve("x", DESIGN, COUNTS, scale="rate", n_points=30)
    assert_allclose(found.difference, np.ptp(curve.value, axis=0))
    assert (found.difference_low < 0).all()  # x does nothing: some pair always differs


def test_several_channels_silent_neurons_and_tables():
    design = B.RaisedCosineLogConv(3, 10, label="coupling").design(COUNTS)
    y = np.column_stack([COUNTS.d, np.zeros(T)])
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
        model = nmo.PopulationGLM().fit(design, y)
    found = comparison(model, design, y, "coupling", at=0.02, against=0.2)
    assert found.difference.shape == (2, 3) and found.at.shape == (1, 2, 3)
    assert np.isfinite(found.difference_low[:, :2]).all()
    assert np.isnan(found.difference_low[:, 2]).all() and np.isnan(found.ratio_high[:, 2]).all()
    frame = found.to_frame()
    assert isinstance(frame, pd.DataFrame) and len(frame) == 6
    assert frame["status"].tolist() == ["converged", "converged", "silent"] * 2
    row = frame[(frame.channel == "b") & (frame.neuron == 1)].iloc[0]
    assert row["difference"] == found.difference[1, 1] and row["at coupling"] == 0.02


def test_categories_and_maps_are_compared_too():
    goal = np.where(X_CM < 5, "left", "right")
    y = COUNTS.d[:, 0]
    design = B.Category(["left", "right"], label="goal").design(goal)
    model = nmo.GLM().fit(design, y)
    found = comparison(model, design, y, "goal", "left", "right")
    assert_allclose(found.ratio, y[goal == "left"].mean() / y[goal == "right"].mean(), rtol=1e-6)
    spread = np.sqrt(1 / y[goal == "left"].sum() + 1 / y[goal == "right"].sum())
    assert_allclose(np.log(found.ratio_high / found.ratio), Z * spread, rtol=1e-6)
    assert found.unit == "per bin" and found.at[0] == "left"
    design = (B.BSplineEval(4, label="u") * B.BSplineEval(4, label="v")).design(X_CM, HEADING)
    model = nmo.GLM(**RIDGE).fit(design, y)
    two = comparison(model, design, y, "(u * v)", (2.0, 1.0), (8.0, 4.0))
    assert two.names == ("u", "v") and two.against.tolist() == [8.0, 4.0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"term": "x"}, "no opposite.*against='least'"),
        ({"term": "heading", "at": "opposite", "against": 1.0}, "no opposite"),
        ({"term": "x", "at": [1.0, 2.0], "against": 3.0}, "two points"),
        ({"term": "y"}, "Unknown term"),
        ({"term": "x", "at": "prefered"}, "mean 'preferred'"),
        ({"term": "x", "at": "preferred", "against": "least", "n_points": 300}, "too many pairs"),
        ({"term": "x", "at": 1.0, "against": 2.0, "level": 95}, "fraction"),
    ],
)
def test_what_cannot_be_compared(asked, message):
    with pytest.raises(ValueError, match=message):
        comparison(MODEL, DESIGN, COUNTS, **asked)
