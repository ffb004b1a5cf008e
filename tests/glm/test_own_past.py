"""Which inputs are the responses is found out by the fit, and only where it is so."""

import numpy as np
import pynapple as nap
import pytest

import spikeglm as nmo
from spikeglm.glm.reading.own_past import responses_among_inputs

T = 3000


def counts(n=3, seed=0):
    return np.random.default_rng(seed).poisson(0.3, (T, n))


def past(**more):
    return nmo.basis.HistoryConv(2, label="past", **more)


@pytest.mark.parametrize(
    ("as_input", "as_response"),
    [
        (lambda y: y, lambda y: y),
        (lambda y: y.astype(float), lambda y: y),
        (lambda y: y.astype(np.int8), np.asfortranarray),
        (lambda y: nap.TsdFrame(t=np.arange(T) * 0.01, d=y), lambda y: y),
    ],
    ids=["one array", "another type", "another order", "pynapple"],
)
def test_the_same_numbers_are_found(as_input, as_response):
    y = counts()
    assert responses_among_inputs(past().design(as_input(y)), as_response(y)) == {"past": (0, 1, 2)}


def test_missing_numbers_are_the_same_in_the_same_places():
    y = counts().astype(float)
    y[5:9, 1] = np.nan
    assert responses_among_inputs(past().design(y.copy()), y) == {"past": (0, 1, 2)}


def test_others_are_not():
    y, other = counts(), counts(seed=1)
    late = other.copy()
    assert responses_among_inputs(past().design(other), y) == {}
    late[:, 0] = y[:, 0]
    late[-1, 0] += 1  # different in the last bin alone
    assert responses_among_inputs(past().design(late), y) == {}
    assert responses_among_inputs(nmo.basis.IdentityEval(label="x").design(y[:, 0]), y) == {}


def test_some_channels_in_any_order_and_silent_neurons():
    y = counts(4)
    y[:, 1] = y[:, 3] = 0
    assert responses_among_inputs(past().design(y), y.copy()) == {"past": (0, 1, 2, 3)}
    assert responses_among_inputs(past().design(y[:, [2, 0]]), y) == {"past": (2, 0)}
    assert responses_among_inputs(past().design(np.zeros((T, 2))), y) == {}


def test_the_terms_of_a_sum_are_told_apart():
    y, x = counts(), np.random.default_rng(2).normal(size=T)
    basis = nmo.basis.IdentityEval(label="x") + past() + nmo.basis.HistoryConv(3, label="x past")
    model = nmo.PopulationGLM().fit(basis.design(x, y, x), y)
    assert model.feedback_ == {"past": (0, 1, 2)}


def test_a_new_fit_forgets():
    y = counts()
    model = nmo.PopulationGLM().fit(past().design(y), y)
    assert model.feedback_
    model.fit(np.random.default_rng(0).normal(size=(T, 2)), y)
    assert not hasattr(model, "feedback_")


def test_a_file_with_feedback_that_is_none_is_refused(tmp_path):
    y = counts()
    model = nmo.PopulationGLM().fit(past().design(y), y)
    model.feedback_ = {"past": (0.5, 1, 2)}
    model.save_params(tmp_path / "model.npz")
    with pytest.raises(ValueError, match="feedback_"):
        nmo.load_model(tmp_path / "model.npz")
