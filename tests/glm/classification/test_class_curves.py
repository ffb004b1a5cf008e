"""Curves of classifiers: each class against all, by algebra on the whole covariance."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

RNG = np.random.default_rng(0)
T = 900
X_CM, SPEED = RNG.uniform(0, 10, T), RNG.uniform(0, 5, T)
BASIS = nmo.basis.BSplineEval(6, label="x") + nmo.basis.BSplineEval(4, label="speed")
DESIGN = BASIS.design(X_CM, SPEED)
ETA = np.stack([np.sin(X_CM), 0 * X_CM, np.cos(X_CM)], axis=1)
NAMES = np.array(["left", "right", "stay"])
Y = NAMES[np.argmax(ETA + RNG.gumbel(size=ETA.shape), axis=1)]
MODEL = nmo.ClassifierGLM(3, regularizer_strength=1e-3).fit(DESIGN, Y)
AT = np.linspace(0.5, 9.5, 7)


def combinations(scale):
    F = np.asarray(DESIGN)
    K = np.zeros((7, 11)) if scale == "effect" else np.tile(np.append(F.mean(axis=0), 1.0), (7, 1))
    K[:, :6] = np.asarray(DESIGN.at(AT, np.full(7, 2.0)))[:, :6]
    K[:, :6] -= F[:, :6].mean(axis=0) * (scale == "effect")
    return K


@pytest.mark.parametrize("scale", ["effect", "link"])
def test_each_class_by_hand(scale):
    found = MODEL.curve("x", DESIGN, Y, at=AT, scale=scale)
    assert found.value.shape == (7, 3) and found.classes == tuple(NAMES)
    K, V = combinations(scale), MODEL.covariance(DESIGN, Y)
    for k in range(3):
        beta = np.append(MODEL.coef_[:, k], MODEL.intercept_[k])
        error = np.sqrt(np.einsum("wi,ij,wj->w", K, V[k::3, k::3], K))
        assert_allclose(found.value[:, k], K @ beta, rtol=1e-9, atol=1e-12)
        assert_allclose(found.standard_error[:, k], error, rtol=1e-7)
    assert_allclose(found.value.sum(axis=1), 0, atol=1e-9)
    assert found.unit == "nats"
    alone = MODEL.curve("x", at=AT, scale=scale)
    assert_allclose(alone.value, found.value) and alone.low is None


def test_two_classes_are_half_of_the_log_odds():
    y = np.where(Y == "left", "left", "other")
    found = nmo.ClassifierGLM(2, regularizer_strength=1e-3).fit(DESIGN, y)
    curve = found.curve("x", DESIGN, y, at=AT, scale="link").of(class_name="other")
    K = combinations("link")[:, :-1]
    p = found.predict_proba(K)
    assert_allclose(2 * curve.value, np.log(p[:, 1] / p[:, 0]), rtol=1e-9)


def test_a_population_has_an_axis_of_neurons_before_that_of_classes():
    both = np.stack([Y, Y[::-1]], axis=1)
    model = nmo.ClassifierPopulationGLM(3, regularizer_strength=1e-3).fit(DESIGN, both)
    found = model.curve("x", DESIGN, both, at=AT, simultaneous=True)
    assert found.value.shape == (7, 2, 3) and found.critical_value.shape == (2, 3)
    one = MODEL.curve("x", DESIGN, Y, at=AT, simultaneous=True)
    assert_allclose(found.value[:, 0], one.value, atol=1e-5)
    assert_allclose(found.low[:, 0], one.low, atol=1e-3)
    cut = found.of(neuron=0, class_name="stay")
    assert cut.classes is None and cut.value.shape == (7,)
    frame = found.to_frame()
    assert frame.index.names == ["x", "neuron", "class"]
    assert frame.loc[(AT[2], 1, "right"), "value"] == found.value[2, 1, 1]


def test_without_a_penalty_splines_leave_the_band_open():
    model = nmo.ClassifierGLM(3, regularizer="UnRegularized").fit(DESIGN, Y)
    found = model.curve("x", DESIGN, Y, at=AT)
    assert np.isnan(found.low).all() and np.isfinite(found.value).all()


@pytest.mark.parametrize("scale", ["gain", "mean", "rate"])
def test_probabilities_are_no_curve_of_one_class(scale):
    with pytest.raises(ValueError, match=r"depends on all others.*predict_proba"):
        MODEL.curve("x", scale=scale)
    with pytest.raises(TypeError, match=r"model\.curve"):
        nmo.inference.partial_effect(MODEL, DESIGN, Y, "x")
    with pytest.raises(ValueError, match="class of 'x'"):
        MODEL.curve("x").of(class_name="up")
