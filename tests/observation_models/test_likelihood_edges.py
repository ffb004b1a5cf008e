"""What a likelihood says before a fit: where it starts, and what y may be."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.observation_models.catalogue import PAIRS, RESPONSES, name_of

from spikeglm.observation_models import (
    BernoulliObservations,
    GammaObservations,
    GaussianObservations,
    Likelihood,
    NegativeBinomialObservations,
    PoissonObservations,
)
from spikeglm.observation_models.links import Exp, Identity, Logistic, NormCdf, OneOverX, Softplus

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=name_of)


@every_pair
def test_start_gives_the_mean_back(pair):
    means = np.array([0.05, 0.3, 0.6, 0.97])
    assert_allclose(pair.mean(pair.start(means)), means, rtol=1e-7)
    assert (pair.no_start(means) == "").all()


@every_pair
def test_start_is_finite_and_usable_whatever_the_mean(pair):
    start = pair.start([0.0, 1.0, -3.0, 5.0, 1e6, np.nan])
    y = np.full_like(start, RESPONSES[pair.model.name][-1])
    assert np.isfinite(start).all()
    assert np.isfinite(pair.value(start, y)).all()


@pytest.mark.parametrize(
    ("model", "link", "mean", "word"),
    [
        (PoissonObservations(), Exp(), 0.0, "silent"),
        (NegativeBinomialObservations(), Softplus(), 0.0, "silent"),
        (BernoulliObservations(), Logistic(), 0.0, "silent"),
        (BernoulliObservations(), NormCdf(), 1.0, "saturated"),
        (GammaObservations(), OneOverX(), 0.0, "silent"),
        (PoissonObservations(), Logistic(), 3.0, "outside the link's range"),
        (GaussianObservations(), Exp(), -1.0, "outside the link's range"),
        (GaussianObservations(), OneOverX(), 0.0, "outside the link's range"),
        (GaussianObservations(), Identity(), -1.0, ""),
        (PoissonObservations(), Exp(), np.nan, "no finite response"),
    ],
)
def test_a_mean_without_a_finite_intercept_gets_a_word(model, link, mean, word):
    assert Likelihood(model, link).no_start([mean])[0] == word


@pytest.mark.parametrize(
    ("model", "link", "mean", "start"),
    [
        (PoissonObservations(), Exp(), 1.933333, 0.659246),
        (NegativeBinomialObservations(), Exp(), 1.933333, 0.659246),
        (GaussianObservations(), Identity(), 1.933333, 1.933333),
        (GammaObservations(), OneOverX(), 1.933333, 0.517241),
        (BernoulliObservations(), Logistic(), 0.5, 0.0),
    ],
)
def test_start_agrees_with_nemos(model, link, mean, start):
    assert_allclose(Likelihood(model, link).start(mean), start, atol=1e-6)


# --- what y may be ---


@pytest.mark.parametrize(
    ("model", "bad"),
    [
        (PoissonObservations(), -1.0),
        (PoissonObservations(), 1.5),
        (NegativeBinomialObservations(), 0.5),
        (BernoulliObservations(), 2.0),
        (BernoulliObservations(), 0.5),
        (GammaObservations(), 0.0),
        (GammaObservations(), -2.0),
    ],
)
def test_impossible_responses_are_named(model, bad):
    y = np.ones((6, 2))
    y[4, 1] = bad
    likelihood = Likelihood(model, model.default_inverse_link_function)
    with pytest.raises(ValueError, match=rf"y\[4, 1\] = {bad}.*What to do"):
        likelihood.check_response(y)


@pytest.mark.parametrize("dtype", [float, np.float32, int, np.uint8, bool])
def test_possible_responses_of_any_dtype_pass(dtype):
    for model in (PoissonObservations(), BernoulliObservations(), GaussianObservations()):
        Likelihood(model, Identity()).check_response(np.array([0, 1, 1, 0], dtype=dtype))


def test_missing_responses_are_not_impossible_ones():
    y = np.array([0.0, np.nan, np.inf, 2.0])
    Likelihood(PoissonObservations(), Exp()).check_response(y)


def test_impossible_responses_are_counted_in_all_of_a_long_recording():
    y = np.zeros((700_000, 3), np.int8)
    y[[5, 400_000, 600_000, 699_999], [0, 2, 1, 2]] = -1
    message = r"y\[5, 0\] = -1, y\[400000, 2\] = -1, y\[600000, 1\] = -1 and 1 more"
    with pytest.raises(ValueError, match=message):
        Likelihood(PoissonObservations(), Exp()).check_response(y)


def test_a_check_of_counts_takes_less_memory_than_they_do():
    y = np.zeros((2_000_000, 10), np.int8)
    tracemalloc.start()
    Likelihood(PoissonObservations(), Exp()).check_response(y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < y.nbytes / 2
