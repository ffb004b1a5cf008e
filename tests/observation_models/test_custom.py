"""Observation models of one's own: the built-in ones, differentiated by JAX, are the oracle."""

import copy
import pickle
from dataclasses import dataclass

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

from spikeglm.observation_models import (
    GaussianObservations,
    Likelihood,
    Observations,
    PoissonObservations,
    check_observation_model,
)
from spikeglm.observation_models.custom import CustomObservations
from spikeglm.observation_models.links import Exp, Identity
from spikeglm.observation_models.named import model_named

every_model = pytest.mark.parametrize("model", MODELS, ids=name_of)


@dataclass(frozen=True)
class Laplace(Observations):
    """Responses with heavy tails: a loss that is not linear in y."""

    width: float = 0.5
    default_inverse_link_function = property(lambda self: lambda eta: eta)

    def _samples(self, y, mean):
        error = (y - mean) / self.width
        return jnp.sqrt(1.0 + error**2)

    def _negative_log_likelihood(self, y, predicted_rate, aggregate_sample_scores=jnp.mean):
        return aggregate_sample_scores(self._samples(y, predicted_rate))

    def log_likelihood(self, y, predicted_rate, scale=1.0, aggregate_sample_scores=jnp.mean):
        return -aggregate_sample_scores(self._samples(y, predicted_rate))

    def deviance(self, y, predicted_rate, scale=1.0):
        return 2.0 * (self._samples(y, predicted_rate) - 1.0)

    def sample_generator(self, key, predicted_rate, scale=1.0):
        return predicted_rate + self.width * jax.random.laplace(key, predicted_rate.shape)


class Duck:
    """No subclass of anything: the methods are enough."""

    def default_inverse_link_function(self, eta):
        return jnp.exp(eta)

    def _negative_log_likelihood(self, y, rate):
        return jnp.mean(rate - y * jnp.log(rate))

    def log_likelihood(self, y, rate, scale=1.0, aggregate_sample_scores=jnp.mean):
        return aggregate_sample_scores(jax.scipy.stats.poisson.logpmf(y, rate))

    def likelihood(self, y, rate, scale=1.0, aggregate_sample_scores=jnp.mean):
        return jnp.exp(self.log_likelihood(y, rate, scale, aggregate_sample_scores))

    def pseudo_r2(self, y, rate, score_type="", scale=1.0, aggregate_sample_scores=jnp.mean):
        return 1.0 - self.log_likelihood(y, rate) / self.log_likelihood(y, y.mean() + 0 * rate)

    def deviance(self, y, rate, scale=1.0):
        return rate - y

    def estimate_scale(self, y, rate, dof_resid):
        return jnp.ones(1)

    def sample_generator(self, key, rate, scale=1.0):
        return jax.random.poisson(key, rate)


class Changed(Duck):
    """A duck that differs in one member."""

    def __init__(self, **members):
        for name, member in members.items():
            setattr(self, name, member)


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


# --- the check ---


@pytest.mark.parametrize("model", [Duck(), Laplace(), *MODELS], ids=repr)
def test_models_that_pass(model):
    check_observation_model(model)
    check_observation_model(model, force_checks=True)


REQUIRED = [
    "_negative_log_likelihood", "pseudo_r2", "log_likelihood", "likelihood", "deviance",
    "estimate_scale", "sample_generator", "default_inverse_link_function",
]  # fmt: skip


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_method_is_an_attribute_error(name):
    members = {key: value for key, value in vars(Duck).items() if key in REQUIRED and key != name}
    with pytest.raises(AttributeError, match=rf"without {name}\b.*What to do"):
        check_observation_model(type("Lame", (), members)())


@pytest.mark.parametrize("name", REQUIRED)
def test_a_member_that_cannot_be_called_is_a_type_error(name):
    with pytest.raises(TypeError, match=f"{name} is not what.*a method"):
        check_observation_model(Changed(**{name: 3.0}))


SCORES = REQUIRED[:4]


@pytest.mark.parametrize("name", [*SCORES, "estimate_scale"])
@pytest.mark.parametrize("result", [1.0, "high", None, [1.0]])
def test_a_score_that_is_no_array_is_a_type_error(name, result):
    with pytest.raises(TypeError, match=f"{name} is not what.*an array"):
        check_observation_model(Changed(**{name: lambda *arguments: result}))


@pytest.mark.parametrize("name", SCORES)
def test_a_score_that_is_not_one_number_is_a_type_error(name):
    with pytest.raises(TypeError, match=rf"{name} is not what.*\(3,\).*one number"):
        check_observation_model(Changed(**{name: lambda y, rate: rate}))


@pytest.mark.parametrize("name", ["deviance", "sample_generator", "default_inverse_link_function"])
def test_a_change_of_shape_is_a_value_error(name):
    with pytest.raises(ValueError, match=rf"{name} changes the shape.*\(2,\)"):
        check_observation_model(Changed(**{name: lambda *arguments: jnp.ones(2)}))


def test_a_method_that_fails_says_how():
    with pytest.raises(TypeError, match=r"Changed.deviance fails.*ZeroDivisionError"):
        check_observation_model(Changed(deviance=lambda y, rate: 1 / 0))


def test_a_loss_that_cannot_be_differentiated_is_a_value_error():
    loss = lambda y, rate: jnp.asarray(np.asarray(rate).sum())  # noqa: E731
    with pytest.raises(ValueError, match="differentiated"):
        check_observation_model(Changed(_negative_log_likelihood=loss))


@pytest.mark.parametrize("given", [3, None, object(), [1.0], np.ones(3)])
def test_what_is_no_model_at_all(given):
    with pytest.raises(AttributeError, match=r"no observation model.*_negative_log_likelihood"):
        model_named(given)


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
