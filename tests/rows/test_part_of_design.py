"""Some rows of a design are a design: a fit to them is the one to all rows with weights."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo

T = 600
RNG = np.random.default_rng(0)
SPEED = RNG.uniform(size=T)
Y = RNG.poisson(np.exp(SPEED - 1.0))
BASIS = nmo.basis.BSplineEval(5, label="speed") + nmo.basis.HistoryConv(4, label="past")
DESIGN = BASIS.design(SPEED, Y)


@pytest.mark.parametrize(
    "part", [(100, 200), (None, 50), (-40, None), (0, 10**6), (80, 20)], ids=str
)
def test_rows_are_those_of_the_whole_and_see_what_is_before(part):
    found, X = DESIGN.rows(*part), DESIGN.to_array()[slice(*part)]
    assert_array_equal(found.to_array(), X)
    assert_array_equal(found.valid_rows(), np.isfinite(X).all(axis=1))
    assert_array_equal(found.edges_of_windows(), DESIGN.edges_of_windows()[slice(*part)])
    assert [term.label for term in found.terms] == ["speed", "past"]
    assert_array_equal(found.rows(3, 7).to_array(), X[3:7])


def test_a_fit_to_a_part_is_that_of_rows_with_weights():
    part = nmo.GLM(regularizer="Ridge", regularizer_strength=0.01).fit(
        DESIGN.rows(100, 400), Y[100:400]
    )
    weight = (np.arange(T) >= 100) & (np.arange(T) < 400)
    whole = nmo.GLM(regularizer="Ridge", regularizer_strength=0.01).fit(
        DESIGN, Y, sample_weight=weight
    )
    assert_allclose(part.coef_, whole.coef_, atol=1e-7)
    assert_array_equal(part.predict(DESIGN.rows(400)), part.predict(DESIGN)[400:])
    assert part.basis_ is not None and part.terms_[1].label == "past"
    again = DESIGN.rows(100, 400).at(SPEED[:50], Y[:50])
    assert_array_equal(again.to_array(), DESIGN.at(SPEED[:50], Y[:50]).to_array())


def test_times_epochs_and_labels_go_along():
    epochs = nap.IntervalSet([0.0, 40.0], [29.95, 70.0])
    times = np.concatenate([np.arange(300) * 0.1, 40 + np.arange(300) * 0.1])
    speed = nap.Tsd(t=times, d=SPEED, time_support=epochs)
    counts = nap.Tsd(t=times, d=Y, time_support=epochs)
    part = BASIS.design(speed, counts).rows(250, 350)
    assert_array_equal(part.time_axis.times, times[250:350])
    assert_array_equal(part.time_axis.epoch_starts, [0, 50])
    model = nmo.GLM().fit(part, counts[250:350])
    assert_array_equal(model.predict(part).t, times[250:350])
    with pytest.raises(ValueError, match="time"):
        nmo.GLM().fit(part, counts[200:300])
    frame = pd.Series(SPEED, index=[f"bin{k}" for k in range(T)])
    named = nmo.basis.BSplineEval(5, label="speed").design(frame).rows(5, 25)
    assert list(named.row_labels.index) == [f"bin{k}" for k in range(5, 25)]


def test_a_built_design_keeps_its_terms():
    builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 30], [40, 70]])
    design = builder.events([3.0, 12.0, 44.0], window=(0, 1), basis=4, label="cue").design()
    part = design.rows(295, 345)
    assert_array_equal(part.to_array(), design.to_array()[295:345])
    held_out = nmo.selection.cross_validated(
        nmo.GLM(regularizer="Ridge", regularizer_strength=0.1), part, RNG.poisson(1.0, 50), 2
    )
    assert np.isfinite(np.asarray(held_out.prediction)).all()
