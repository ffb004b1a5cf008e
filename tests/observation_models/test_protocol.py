"""What an object must offer to be an observation model; what it lacks has NeMoS's exception."""

import warnings

import jax.numpy as jnp
import numpy as np
import pytest
from tests.observation_models.catalogue import MODELS
from tests.observation_models.own_models import Changed, Duck, Laplace

import spikeglm as nmo
from spikeglm.observation_models import check_observation_model
from spikeglm.observation_models.named import model_named


class Densities(Laplace):
    gives_probabilities = False


@pytest.mark.parametrize("model", [Duck(), Laplace(), *MODELS], ids=lambda m: type(m).__name__)
def test_models_that_pass(model):
    check_observation_model(model)
    check_observation_model(model, force_checks=True)


def test_a_check_does_not_warn_of_scores_that_nobody_asked_for():
    """A model of densities was told that McFadden's score is no share, at its first fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_observation_model(Densities())
        nmo.GLM(Densities()).fit(np.eye(3), [1.0, 2.0, 3.0])


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
