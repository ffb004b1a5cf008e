"""Observation models of one's own: the built-in ones, differentiated by JAX, are the oracle."""

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose
from tests.observation_models.catalogue import (
    LINKS,
    MODELS,
    RESPONSES,
    double_precision,
    grid,
    name_of,
)
from tests.observation_models.own_models import Changed, Duck, Laplace

from spikeglm.observation_models import (
    GaussianObservations,
    Likelihood,
    Observations,
    PoissonObservations,
)
from spikeglm.observation_models.custom import CustomObservations
from spikeglm.observation_models.links import Exp, Identity
from spikeglm.observation_models.named import model_named

every_model = pytest.mark.parametrize("model", MODELS, ids=name_of)


# --- derivatives ---


@every_model
@pytest.mark.parametrize("link", LINKS, ids=name_of)
def test_differentiating_a_built_in_model_gives_its_closed_forms(model, link):
    ours, known = Likelihood(CustomObservations(model), link), Likelihood(model, link)
    eta = grid(known, low=-3.0, high=3.0)
    for y in RESPONSES[model.name]:
        y = np.full_like(eta, y)
        for mine, theirs in zip(
            ours.value_and_slope(eta, y), known.value_and_slope(eta, y), strict=True
        ):
            assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)
        assert_allclose(ours.curvature(eta, y), known.curvature(eta, y), rtol=1e-8, atol=1e-8)


@every_model
def test_where_the_loss_is_linear_in_y_its_curvature_at_the_mean_is_the_expected_one(model):
    link = model.default_inverse_link_function
    ours, known = Likelihood(CustomObservations(model), link), Likelihood(model, link)
    eta = grid(known, low=-2.0, high=2.0)
    assert_allclose(ours.fisher(eta), known.fisher(eta), rtol=1e-8)


def test_a_stated_expectation_is_used():
    class WithExpectation(Laplace):
        def expected_curvature(self, predicted_rate):
            return 3.0 * predicted_rate**2

    eta = np.linspace(0.5, 2.0, 5)
    stated = Likelihood(model_named(WithExpectation()), Exp())
    assert_allclose(stated.fisher(eta), 3.0 * np.exp(2 * eta) * np.exp(2 * eta), rtol=1e-9)
    assert_allclose(stated.information(eta, eta), stated.fisher(eta))
    silent = Likelihood(model_named(Laplace()), Exp())
    y = np.linspace(-3, 3, 5)
    assert_allclose(silent.information(eta, y), silent.curvature(eta, y))


def test_the_slope_along_log_and_log_odds_is_that_along_the_mean():
    class Positive(Laplace):
        means = (0.0, np.inf)

    class Share(Laplace):
        means = (0.0, 1.0)

    eta, y = np.linspace(-2, -0.5, 7), np.linspace(-1, 1, 7)
    plain = Likelihood(model_named(Laplace()), Exp())
    for kind, natural in ((Positive, "log"), (Share, "logit")):
        other = Likelihood(model_named(kind()), Exp())
        assert other.model.natural == natural
        assert_allclose(other.value_and_slope(eta, y), plain.value_and_slope(eta, y), rtol=1e-9)
        assert_allclose(other.curvature(eta, y), plain.curvature(eta, y), rtol=1e-8)


def test_a_loss_that_is_not_a_number_is_impossible():
    pair = Likelihood(model_named(Duck()), Identity())
    value, slope = pair.value_and_slope(np.array([-1.0, 2.0]), np.ones(2))
    assert list(np.isposinf(value)) == [True, False]
    assert np.isfinite(slope).all()
    assert (pair.fisher(np.array([-1.0, 2.0])) > 0).all()


def test_inside_jax_the_numbers_are_the_same():
    pair = Likelihood(model_named(Laplace()), Exp())
    eta, y = np.linspace(-1, 1, 5), np.arange(5.0)
    with double_precision():
        theirs = jax.jit(lambda eta, y: pair.value_and_slope(eta, y, jnp))(eta, y)
        fisher = pair.fisher(jnp.asarray(eta), jnp)
    assert_allclose(theirs, pair.value_and_slope(eta, y), rtol=1e-12)
    assert_allclose(fisher, pair.fisher(eta), rtol=1e-12)


# --- what it says to people ---


@every_model
def test_scores_are_those_of_the_users_methods(model):
    ours = CustomObservations(model)
    mean = np.array([0.2, 0.5, 0.9, 0.4])
    y = np.resize(RESPONSES[model.name], 4)
    assert ours.name == model.name
    for scale in (None, 0.7):
        assert_allclose(ours.log_likelihood(y, mean, scale), model.log_likelihood(y, mean, scale))
        assert_allclose(ours.likelihood(y, mean, scale), model.likelihood(y, mean, scale))
        assert_allclose(ours.deviance(y, mean, scale), model.deviance(y, mean, scale), atol=1e-12)
    for kind in ("pseudo-r2-McFadden", "pseudo-r2-Cohen"):
        assert_allclose(ours.pseudo_r2(y, mean, kind), model.pseudo_r2(y, mean, kind))
    assert_allclose(ours.estimate_scale(y, mean, 2.0), model.estimate_scale(y, mean, 2.0))
    assert ours.has_dispersion == model.has_dispersion
    assert_allclose(ours._negative_log_likelihood(y, mean), model._negative_log_likelihood(y, mean))
    assert isinstance(ours.log_likelihood(y, mean), np.ndarray)


def test_what_a_subclass_inherits():
    model, y, mean = Laplace(), np.array([1.0, 2.0]), np.array([1.5, 1.5])
    assert_allclose(model.likelihood(y, mean), np.exp(model.log_likelihood(y, mean)))
    assert_allclose(model.pseudo_r2(y, mean), 0.0, atol=1e-7)
    assert_allclose(model.estimate_scale(y, mean, 1), [1.0])
    assert model.scale == 1.0
    assert model.get_params() == {"width": 0.5}
    assert model.replaced(width=2.0).width == 2.0
    with pytest.raises(ValueError, match="Did you mean 'width'"):
        model.replaced(wdth=2.0)
    with pytest.raises(NotImplementedError, match="McFadden"):
        model.pseudo_r2(y, mean, "r2")


def test_a_subclass_without_its_methods_cannot_be_made():
    class Half(Observations):
        pass

    with pytest.raises(TypeError, match="_negative_log_likelihood"):
        Half()


@pytest.mark.parametrize(
    "key", [3, np.random.default_rng(3), jax.random.key(3), jax.random.PRNGKey(3)]
)
def test_samples_from_any_key(key):
    mean = np.full(20_000, 2.0)
    mean[7] = np.nan
    y = model_named(Duck()).sample_generator(key, mean)
    assert list(np.flatnonzero(np.isnan(y))) == [7]
    y = np.delete(y, 7)
    expected = scipy.stats.poisson(2.0).pmf(np.arange(6))
    counts = np.bincount(y.astype(int), minlength=6)[:6]
    assert_allclose(counts / y.size, expected, atol=0.015)


# --- an object that travels ---


def test_a_custom_model_can_be_copied_compared_hashed_and_pickled():
    model = model_named(Laplace(0.3))
    pair = Likelihood(model, Exp())
    pair.value(np.zeros(1), np.ones(1))
    for twin in (copy.deepcopy(pair), pickle.loads(pickle.dumps(pair))):
        assert twin == pair
        assert hash(twin) == hash(pair)
        assert_allclose(twin.value(np.zeros(1), np.ones(1)), pair.value(np.zeros(1), np.ones(1)))


def test_a_model_is_checked_and_compiled_once_per_parameters():
    assert model_named(Laplace(0.3)) is model_named(Laplace(0.3))
    assert model_named(Laplace(0.3)) is not model_named(Laplace(0.4))
    changing = Changed(_negative_log_likelihood=lambda y, rate: jnp.mean(rate))
    before = model_named(changing).loss(np.ones(1), np.ones(1), None, np)
    changing._negative_log_likelihood = lambda y, rate: jnp.mean(2 * rate)
    assert_allclose(model_named(changing).loss(np.ones(1), np.ones(1), None, np), 2 * before)


def test_built_in_models_stay_themselves():
    for model in (PoissonObservations(), GaussianObservations()):
        assert model_named(model) is model


def test_a_subclass_may_set_its_scale():
    class Wide(Laplace):
        def __init__(self, scale):
            object.__setattr__(self, "scale", scale)
            object.__setattr__(self, "width", 0.5)

    assert model_named(Wide(2.0)).scale == 2.0
    assert Wide(2.0).get_params() == {"scale": 2.0}
