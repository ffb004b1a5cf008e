"""Predictions, of new rows and of held-out ones, are called as the data are."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest

import spikeglm as nmo

RNG = np.random.default_rng(0)
TIMES = np.concatenate([np.arange(100), np.arange(150, 250)]) * 0.1
EPOCHS = nap.IntervalSet([0, 14.9], [10, 25.1])
FEATURES, COUNTS = RNG.normal(size=(200, 2)), RNG.poisson(1.0, (200, 2))
NAMES = ["left", "right"]
LABELS = np.where(FEATURES[:, 0] + RNG.normal(size=200) > 0, "go", "stay")


def frame(values, **more):
    return nap.TsdFrame(TIMES, values, time_support=EPOCHS, **more)


def series(values):
    return nap.Tsd(TIMES, values, time_support=EPOCHS)


def same_time(found):
    np.testing.assert_allclose(found.t, TIMES)
    np.testing.assert_allclose(found.time_support.values, EPOCHS.values)


def held_out(model, X, y, **more):
    return nmo.selection.cross_validated(model, X, y, 4, **more)


PLAIN = held_out(nmo.PopulationGLM(), FEATURES, COUNTS)


@pytest.mark.parametrize("offset", [None, np.zeros(200)], ids=["mean", "fitted null"])
def test_held_out_predictions_are_on_the_times_and_epochs_of_the_data(offset):
    counts = frame(COUNTS, columns=NAMES, metadata={"area": ["V1", "V2"]})
    for X in (frame(FEATURES), FEATURES):  # times of X, or of y alone
        found = held_out(nmo.PopulationGLM(), X, counts, offset=offset)
        for each in (found.prediction, found.training_mean):
            same_time(each)
            assert list(each.columns) == NAMES and list(each["area"]) == ["V1", "V2"]
        np.testing.assert_allclose(found.prediction.d, PLAIN.prediction, atol=1e-8)
        np.testing.assert_allclose(found.training_mean.d, PLAIN.training_mean, atol=1e-8)


def test_held_out_predictions_of_one_neuron_are_a_series():
    found = held_out(nmo.GLM(), frame(FEATURES), series(COUNTS[:, 0]))
    same_time(found.prediction)
    np.testing.assert_allclose(found.prediction.d, PLAIN.prediction[:, 0], atol=1e-8)


def test_held_out_predictions_of_data_frames_are_data_frames():
    index = [f"bin {k}" for k in range(200)]
    X, y = (pd.DataFrame(v, index=index, columns=NAMES) for v in (FEATURES, COUNTS))
    found = held_out(nmo.PopulationGLM(), X, y).prediction
    assert list(found.index) == index and list(found.columns) == NAMES
    np.testing.assert_allclose(found.to_numpy(), PLAIN.prediction, atol=1e-8)
    single = held_out(nmo.GLM(), X, y["left"]).prediction
    assert isinstance(single, pd.Series) and list(single.index) == index


def test_held_out_probabilities_have_their_classes():
    model = nmo.ClassifierGLM()
    found = held_out(model, frame(FEATURES), LABELS)
    same_time(found.prediction)
    assert list(found.prediction.columns) == ["go", "stay"]
    np.testing.assert_allclose(found.prediction.d, held_out(model, FEATURES, LABELS).prediction)
    both = held_out(nmo.ClassifierPopulationGLM(), frame(FEATURES), np.column_stack([LABELS] * 2))
    assert both.prediction.shape == (200, 2, 2)
    same_time(both.prediction)


def test_scores_take_held_out_predictions_with_their_labels():
    counts = frame(COUNTS, columns=NAMES)
    found = held_out(nmo.PopulationGLM(), frame(FEATURES), counts)
    bits = nmo.inference.bits_per_spike(counts, found.prediction, null_mean=found.training_mean)
    expected = nmo.inference.bits_per_spike(COUNTS, PLAIN.prediction, null_mean=PLAIN.training_mean)
    np.testing.assert_allclose(bits, expected, atol=1e-8)
    nmo.inference.time_rescaling(counts["left"], found.prediction["left"])


def test_predictions_for_data_frames_name_their_neurons():
    index = pd.Index(np.arange(200) * 0.1, name="time")
    X, y = (pd.DataFrame(v, index=index, columns=NAMES) for v in (FEATURES, COUNTS))
    model = nmo.PopulationGLM().fit(X, y)
    found = model.predict(X)
    assert found.index.equals(index) and list(found.columns) == NAMES
    counts, rate = model.simulate(0, X)
    assert list(counts.columns) == NAMES and rate.equals(found)
    assert isinstance(model.predict(X.to_numpy()), np.ndarray)
    assert isinstance(nmo.GLM().fit(X, y["left"]).predict(X), np.ndarray)  # as scikit-learn's


def test_predictions_of_a_design_are_on_the_times_of_its_signals():
    basis = nmo.basis.RaisedCosineLogConv(3, 10, label="history")
    counts = frame(COUNTS, columns=NAMES)
    model = nmo.PopulationGLM(regularizer="Ridge").fit(basis.design(counts), counts)
    found = model.predict(basis.design(counts))
    same_time(found)
    assert list(found.columns) == NAMES
