"""What can be asked of an effect: names, tables, kinds of covariance, models and inputs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import spikeglm as nmo
from spikeglm.inference import Curve, partial_effect, predicted_rates

B = nmo.basis
RNG = np.random.default_rng(0)
T = 900
X_CM, Y_CM = RNG.uniform(0, 10, T), RNG.uniform(0, 10, T)
COUNTS = RNG.poisson(0.5 * np.exp(0.5 * np.sin(X_CM))[:, None] * [1.0, 0.5])
SPLINES = B.BSplineEval
RIDGE = {"regularizer": "Ridge", "regularizer_strength": 1e-3}
DESIGN = (SPLINES(6, label="x") + SPLINES(4, label="y")).design(X_CM, Y_CM)
MODEL = nmo.PopulationGLM(**RIDGE).fit(DESIGN, COUNTS)


@pytest.mark.parametrize(
    ("kind", "groups"), [("HC0", None), ("HC3", None), ("HAC", None), ("cluster", "trials")]
)
def test_a_band_stands_on_the_covariance_that_is_asked_for(kind, groups):
    more = {} if groups is None else {"groups": np.arange(T) // 30}
    more |= {"lags": 4} if kind == "HAC" else {}
    found = MODEL.curve("x", DESIGN, COUNTS, cov_type=kind, **more)
    K = np.asarray(DESIGN.at(found.axis, np.full(100, 5.0)))[:, :6]
    K = K - np.asarray(DESIGN)[:, :6].mean(axis=0)
    for n, V in enumerate(MODEL.covariance(DESIGN, COUNTS, cov_type=kind, **more)):
        error = np.sqrt(np.diag(K @ V[:6, :6] @ K.T))
        assert_allclose(found.standard_error[:, n], error, rtol=1e-7)
    assert_allclose(found.critical_value, stats.t.ppf(0.975, found.dof), rtol=1e-9)
    assert kind != "cluster" or (found.dof == 29).all()
    same = partial_effect(MODEL, DESIGN, COUNTS, "x", cov_type=kind, **more)
    assert_allclose(same.low, found.low)
    rates = predicted_rates(MODEL, DESIGN, COUNTS, cov_type=kind, **more)
    Z = np.column_stack([np.asarray(DESIGN), np.ones(T)])
    V = MODEL.covariance(DESIGN, COUNTS, cov_type=kind, **more)[1]
    assert_allclose(rates.standard_error[:, 1], np.sqrt(((Z @ V) * Z).sum(axis=1)), rtol=1e-7)


def test_where_there_is_no_such_covariance_a_warning_says_why():
    one_group = np.zeros(T)
    with pytest.warns(UserWarning, match="fewer than two groups"):
        found = MODEL.curve("x", DESIGN, COUNTS, cov_type="cluster", groups=one_group)
    assert np.isnan(found.low).all() and np.isfinite(found.value).all()


def test_the_axes_of_a_map_are_called_by_their_inputs():
    design = (SPLINES(4, label="x") * SPLINES(4, label="y")).design(X_CM, Y_CM)
    model = nmo.GLM(**RIDGE).fit(design, COUNTS[:, 0])
    found = partial_effect(model, design, COUNTS[:, 0], "(x * y)", n_points=3)
    assert found.names == ("x", "y") and found.to_frame().index.names == ["x", "y"]
    named = B.MultiplicativeBasis(SPLINES(4), SPLINES(4), label="place").design(X_CM, Y_CM)
    model = nmo.GLM(**RIDGE).fit(named, COUNTS[:, 0])
    assert model.curve("place").names == ("BSplineEval", "BSplineEval_1")


def test_filters_that_depend_on_a_value_have_both_names():
    spikes = nap.Tsd(0.01 * np.arange(T), COUNTS[:, 0])
    gated = B.RaisedCosineLogConv(3, 8, label="past") * SPLINES(4, label="speed")
    design = gated.design(spikes, nap.Tsd(spikes.t, X_CM))
    found = nmo.GLM(**RIDGE).fit(design, spikes).curve("(past * speed)", design, spikes, n_points=5)
    assert found.to_frame().index.names == ["lag (s)", "speed"]
    assert found.value.shape == (8, 5)


def test_an_axis_is_there_for_one_variable():
    curve = MODEL.curve("x")
    assert curve.axis is curve.at[0]
    two = Curve("m", (np.zeros(2), np.zeros(2)), ("", ""), np.zeros((2, 2)), "nats")
    with pytest.raises(ValueError, match=r"curve\.at"):
        _ = two.axis


def test_the_predictor_is_the_effect_and_the_level():
    link = MODEL.curve("x", DESIGN, COUNTS, scale="link")
    mean = MODEL.curve("x", DESIGN, COUNTS, scale="mean")
    assert_allclose(np.exp(link.high), mean.high, rtol=1e-12)
    assert link.unit == "nats" and "standard_error" in link.to_frame()


def test_a_table_has_both_bands():
    frame = MODEL.curve("x", DESIGN, COUNTS, simultaneous=True).to_frame()
    assert (frame["low"] <= frame["pointwise_low"]).all()
    assert list(frame.columns[:2]) == ["value", "low"] and len(frame) == 200


def test_a_filter_of_an_estimated_dispersion_keeps_students_band():
    spikes = nap.Tsd(0.01 * np.arange(60), RNG.gamma(2.0, size=60))
    design = B.RaisedCosineLogConv(3, 6, label="past").design(spikes)
    model = nmo.GLM("Gamma", "exp").fit(design, spikes)
    curve = model.curve("past", design, spikes)
    assert_allclose(curve.as_filter().high, curve.high, rtol=1e-9)
    wide = model.curve("past", design, spikes, simultaneous=True)
    with pytest.raises(ValueError, match="simultaneous band"):
        wide.as_filter()


def test_streamed_rows_have_the_same_bands():
    with nmo.config_context(memory="32MiB", n_threads=1):
        found = partial_effect(MODEL, DESIGN, COUNTS, "y", simultaneous=True)
    whole = partial_effect(MODEL, DESIGN, COUNTS, "y", simultaneous=True)
    assert_allclose(found.low, whole.low, rtol=1e-6)


def test_masked_channels_have_no_spread():
    design = B.RaisedCosineLogConv(3, 8, label="coupling").design(COUNTS.astype(float))
    model = nmo.PopulationGLM(feature_mask={"coupling": "own"}, **RIDGE).fit(design, COUNTS)
    found = model.curve("coupling", design, COUNTS, simultaneous=True)
    assert (found.high[:, 0, 1] == 0).all() and (
        found.high[:-1, 0, 0] > found.value[:-1, 0, 0]
    ).all()
    assert np.isfinite(found.critical_value[0, 0])


def curve_of_everything(label):
    """A curve of which all columns that tables can have are known."""
    shape = (3, 2, 2, 2)
    value, *others = np.arange(7 * 24.0).reshape(7, *shape)
    names = "low", "high", "standard_error", "pointwise_low", "pointwise_high"
    arrays = dict(zip(names, others, strict=False))
    axes = {"channels": ("p", "q"), "neurons": (0, 1), "classes": ("l", "r"), "status": ("", "")}
    return Curve(label, (np.arange(3.0),), ("",), value, "nats", **arrays, **axes)


def tables_of(label, tuning):
    curve = replace(tuning.curve, label=label, names=(label,))
    tables = replace(tuning, curve=curve).to_frame(), nmo.plotting.plot_curve.data(curve, neuron=0)
    return curve_of_everything(label).to_frame().reset_index(), *tables


def test_a_term_that_is_called_as_a_column_of_our_tables_is_told_apart_from_it():
    tuning = nmo.inference.tuning(MODEL, DESIGN, COUNTS, "x", n_bins=3, n_points=3)
    expected = tables_of("x", tuning)
    names = {name for table in expected for name in table} - {"x"}
    names |= set(replace(curve_of_everything("x"), scale="mean").to_frame())
    assert {"value", "neuron", "what", "predictor_standard_error", "x_drawn"} < names
    for name in sorted(names):
        for table, known in zip(tables_of(name, tuning), expected, strict=True):
            as_known = table.rename(columns={f"{name} (input)": "x"})
            pd.testing.assert_frame_equal(as_known, known)
