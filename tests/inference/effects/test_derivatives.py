"""Slopes of curves: against the exact derivatives of splines, sines and filters."""

import numpy as np
import pynapple as nap
import pytest
from numpy.testing import assert_allclose
from scipy.interpolate import BSpline

import spikeglm as nmo
from spikeglm.inference import partial_effect
from spikeglm.inference.effects.derivatives import differences

RNG = np.random.default_rng(0)
T = 1200
PLACE, SPEED = RNG.uniform(0, 100, T), RNG.uniform(0, 30, T)
Y = RNG.poisson(0.5 * np.exp(np.sin(PLACE / 15)))
B = nmo.basis
RIDGE = {"regularizer": "Ridge", "regularizer_strength": 1e-4}


@pytest.mark.parametrize("b", [6, 40, 120])
def test_splines_have_the_slopes_of_de_boor(b):
    basis = B.BSplineEval(b, bounds=(0, 100), label="place")
    term = basis.design(PLACE).terms[0]
    at = np.concatenate([RNG.uniform(0, 100, 200), np.linspace(0, 100, b - 2)])  # and all knots
    knots = np.concatenate([np.zeros(3), np.linspace(0, 100, b - 2), np.full(3, 100.0)])
    exact = BSpline(knots, np.eye(b), 3).derivative()(np.clip(at, 0, 100 - 1e-12))
    found = differences(term.functions, at, 100.0)
    assert_allclose(found, exact, atol=1e-6 * np.abs(exact).max())


def test_an_effect_has_its_slope_and_the_slope_its_error():
    design = B.BSplineEval(9, label="place").design(PLACE)
    model = nmo.GLM(**RIDGE).fit(design, Y)
    at = np.linspace(2, 98, 30)
    slope = partial_effect(model, design, Y, "place", at, derivative=1)
    h = 1e-3
    up, down = (np.asarray(design.at(at + k * h)) for k in (1, -1))
    K = (up - down) / (2 * h)
    V = model.covariance(design, Y)[:-1, :-1]
    assert_allclose(slope.value, K @ model.coef_, atol=1e-6)
    assert_allclose(slope.standard_error, np.sqrt(np.diag(K @ V @ K.T)), rtol=1e-4)
    assert slope.unit == "nats per unit of place" and slope.derivative == "place"
    link = partial_effect(model, design, Y, "place", at, derivative=1, scale="link")
    assert_allclose(link.low, slope.low)


def test_the_band_of_a_slope_says_where_tuning_changes():
    design = B.BSplineEval(9, label="place").design(PLACE)
    model = nmo.GLM().fit(design, Y)
    slope = partial_effect(model, design, Y, "place", [5.0, 15 * np.pi / 2, 47.0], derivative=1)
    assert slope.low[0] > 0 and slope.high[2] < 0  # sin(x / 15) rises, has its peak, falls
    assert slope.low[1] < 0 < slope.high[1]


def test_a_map_has_a_slope_along_each_variable():
    design = (B.BSplineEval(5, label="x") * B.BSplineEval(4, label="v")).design(PLACE, SPEED)
    model = nmo.GLM(**RIDGE).fit(design, Y)
    at = np.array([20.0, 50.0]), np.array([5.0, 10.0, 20.0])
    asked = {"at": at, "scale": "link"}
    h = 1e-3
    for name, moved in (("x", (h, 0)), ("v", (0, h))):
        found = model.curve("(x * v)", design, Y, **asked, derivative=name)
        up, down = (
            model.curve(
                "(x * v)", at=tuple(a + s * m for a, m in zip(at, moved, strict=True)), scale="link"
            ).value
            for s in (1, -1)
        )
        assert_allclose(found.value, (up - down) / (2 * h), atol=1e-6)
        assert found.names == ("x", "v") and found.derivative == name
    with pytest.raises(ValueError, match="'x' or 'v'"):
        model.curve("(x * v)", design, Y, derivative=1)
    with pytest.raises(ValueError, match="variable of"):
        model.curve("(x * v)", design, Y, derivative="y")


def test_filters_have_slopes_per_second():
    spikes = nap.Tsd(0.01 * np.arange(T), Y)
    design = B.RaisedCosineLogConv(4, 20, label="past").design(spikes)
    model = nmo.GLM().fit(design, spikes)
    found = model.curve("past", design, spikes, at=[0.055, 0.105], derivative=1)
    up, down = (model.curve("past", at=[0.055 + k, 0.105 + k]).value for k in (1e-6, -1e-6))
    assert found.unit == "nats per s"
    assert_allclose(found.value, (up - down) / 2e-6, rtol=1e-4)


def test_the_ends_of_a_range_have_slopes_too():
    design = B.BSplineEval(6, label="place").design(PLACE)
    model = nmo.GLM().fit(design, Y)
    slope = model.curve("place", design, Y, derivative=1)
    assert np.isfinite(slope.value).all() and np.isfinite(slope.low).all()


def test_a_jump_has_no_slope():
    steps = differences(lambda x: np.floor(x)[:, None], np.array([0.5, 2.5]), 5.0)
    assert_allclose(steps, 0)
    steep = differences(lambda x: (np.sign(x) * np.sqrt(np.abs(x)))[:, None], np.zeros(1), 5.0)
    assert np.isnan(steep).all()


@pytest.mark.parametrize(
    "basis", [B.BSplineEval(5, order=1, label="place"), B.Category(["a", "b"], label="place")]
)
def test_steps_and_categories_are_refused(basis):
    x = PLACE if isinstance(basis, B.BSplineEval) else np.where(PLACE < 50, "a", "b")
    design = basis.design(x)
    model = nmo.GLM(**RIDGE).fit(design, Y)
    for at in (None, x[:1]):
        with pytest.raises(ValueError, match="no derivative"):
            model.curve("place", design, Y, at=at, derivative=1)


def test_where_functions_are_not_known_slopes_are_not_either():
    design = B.BSplineEval(6, bounds=(0, 100), label="place").design(PLACE)
    slope = nmo.GLM().fit(design, Y).curve("place", design, Y, at=[np.nan, 120.0], derivative=1)
    assert np.isnan(slope.value).all() and np.isnan(slope.low).all()


@pytest.mark.parametrize("derivative", [2, -1, 0.5])
def test_other_orders_are_refused(derivative):
    design = B.BSplineEval(6, label="place").design(PLACE)
    model = nmo.GLM().fit(design, Y)
    with pytest.raises(ValueError, match="derivative is not there"):
        model.curve("place", derivative=derivative)
    with pytest.raises(ValueError, match="slope is one of the linear predictor"):
        model.curve("place", derivative=1, scale="mean")
    with pytest.raises(ValueError, match="no filter"):
        model.curve("place", design, Y, derivative=1).as_filter()
