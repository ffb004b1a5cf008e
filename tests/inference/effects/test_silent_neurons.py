"""Tables of effects tell of neurons that have no fit: their numbers are none of the data."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import spikeglm as nmo
from spikeglm import inference

T = 400
RNG = np.random.default_rng(0)
PLACE = RNG.uniform(0, 10, T)
COUNTS = np.column_stack([RNG.poisson(np.exp(np.sin(PLACE) - 0.5)), np.zeros(T)])
DESIGN = nmo.basis.BSplineEval(5, label="place").design(PLACE)
ENDED = {0: "converged", 1: "silent"}
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::spikeglm.errors.NothingToFitWarning"),
]


@pytest.fixture(scope="module")
def model():
    return nmo.PopulationGLM().fit(DESIGN, COUNTS)


def of_curve(model):
    return inference.partial_effect(model, DESIGN, COUNTS, "place", [2.0, 5.0]).to_frame()


def of_comparison(model):
    return inference.comparison(model, DESIGN, COUNTS, "place", 2.0, 5.0).to_frame()


def of_rates(model):
    return inference.predicted_rates(model, DESIGN, COUNTS).to_frame()


def of_degrees(model):
    return inference.effective_degrees(model, DESIGN, COUNTS).to_frame()


@pytest.mark.parametrize("question", [of_curve, of_comparison, of_rates, of_degrees])
def test_every_row_says_how_the_fit_of_its_neuron_ended(model, question):
    table = question(model).reset_index()
    assert set(table["neuron"]) == {0, 1}
    assert_array_equal(table["status"], table["neuron"].map(ENDED))


def test_two_points_of_a_silent_neuron_have_no_rates(model):
    found = inference.comparison(model, DESIGN, COUNTS, "place", 2.0, 5.0)
    for values in (found.value_at, found.value_against, found.difference, found.ratio):
        assert_array_equal(np.isfinite(values), [True, False])


def test_one_neuron_and_several_channels_and_classes():
    single = nmo.GLM().fit(DESIGN, COUNTS[:, 0])
    assert set(single.curve("place", DESIGN, COUNTS[:, 0]).to_frame()["status"]) == {"converged"}
    assert "status" not in single.curve("place").to_frame()
    past = nmo.basis.HistoryConv(2, label="past").design(COUNTS)
    coupled = nmo.PopulationGLM().fit(past, COUNTS)
    table = coupled.curve("past", past, COUNTS).to_frame().reset_index()
    assert len(table) == 2 * 2 * 2
    assert_array_equal(table["status"], table["neuron"].map(ENDED))


def test_degrees_say_who_has_none(model):
    told = str(inference.effective_degrees(model, DESIGN, COUNTS))
    assert told.splitlines()[-1] == "none of 1 (silent)"
