"""What users write for a model or a link."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
from tests.observation_models.catalogue import LINKS, MODELS, name_of

from spikeglm import observation_models
from spikeglm.observation_models import (
    CustomLink,
    NegativeBinomialObservations,
    PoissonObservations,
    links,
)
from spikeglm.observation_models.elementwise import ElementwiseObservations
from spikeglm.observation_models.links import Softplus
from spikeglm.observation_models.named import link_named, model_named


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_models_by_name_suffix_path_and_instance(model):
    kind = type(model)
    for name in (model.name, kind.__name__, f"nemos.observation_models.{kind.__name__}"):
        assert type(model_named(name)) is kind
    assert model_named(model) is model


def test_what_is_offered_has_a_name_and_a_row_in_the_catalogue():
    offered = {getattr(observation_models, name) for name in observation_models.__all__}
    kinds = [cls for cls in offered if issubclass_of(cls, ElementwiseObservations)]
    # a quasi-likelihood has no density, draw or sum to one for the laws to look at
    assert {cls.name for cls in kinds} == {model.name for model in MODELS} | {"QuasiPoisson"}
    ours = [cls for cls in vars(links).values() if issubclass_of(cls, links.Link)]
    assert {cls.name for cls in ours if cls is not links.Link} == {link.name for link in LINKS}


def issubclass_of(cls, parent):
    return isinstance(cls, type) and issubclass(cls, parent)


@pytest.mark.parametrize("link", LINKS, ids=name_of)
def test_links_by_name_and_instance(link):
    assert link_named(link.name) == link
    assert link_named(link) is link


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("expit", "logistic"),
        ("jax.numpy.exp", "exp"),
        ("jax._src.nn.functions.softplus", "softplus"),
        ("jax.lax.logistic", "logistic"),
        ("jax.scipy.special.expit", "logistic"),
        ("jax.scipy.stats.norm.cdf", "norm.cdf"),
        ("nemos.inverse_link_function_utils.norm_cdf", "norm.cdf"),
        ("nemos.inverse_link_function_utils.identity", "identity"),
        ("nemos.utils.one_over_x", "one_over_x"),
        (np.exp, "exp"),
        (jnp.exp, "exp"),
        (jax.lax.exp, "exp"),
        (jax.jit(jnp.exp), "exp"),
        (jax.nn.softplus, "softplus"),
        (jax.nn.sigmoid, "logistic"),
        (jax.lax.logistic, "logistic"),
        (jax.scipy.special.expit, "logistic"),
        (scipy.special.expit, "logistic"),
        (scipy.special.ndtr, "norm.cdf"),
        (jax.scipy.stats.norm.cdf, "norm.cdf"),
        (scipy.stats.norm.cdf, "norm.cdf"),
    ],
)
def test_paths_and_functions_of_the_libraries_are_recognised(given, name):
    assert link_named(given).name == name


def exp(x):
    return 2.0**x


class Gain:
    def __init__(self, gain):
        self.gain = gain

    def __call__(self, x):
        return self.gain * x


@pytest.mark.parametrize("function", [exp, lambda x: x, np.arctan, jnp.exp2, Gain(1.0)])
def test_a_function_that_is_no_built_in_link_is_a_link_of_ones_own(function):
    assert link_named(function) == CustomLink(function)


@pytest.mark.parametrize("function", [np.identity, jnp.identity, scipy.stats.gamma.cdf])
def test_a_function_that_cannot_be_a_link_is_refused_whatever_its_name(function):
    with pytest.raises(ValueError, match=r"differentiated.*What to do"):
        link_named(function)


@pytest.mark.parametrize("name", ["expp", "log_softmax", "mine.exp", ""])
def test_an_unknown_link_lists_the_known_ones(name):
    with pytest.raises(ValueError, match="one_over_x"):
        link_named(name)


def test_what_cannot_be_a_link_is_a_type_error():
    with pytest.raises(TypeError, match="softplus"):
        link_named(3)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ("Poison", ValueError, "Did you mean 'Poisson'"),
        ("Categorical", TypeError, "ClassifierGLM"),
        (PoissonObservations, TypeError, "instance, not the class"),
        (None, AttributeError, "no observation model"),
    ],
)
def test_what_is_no_model_says_what_would_be(given, error, says):
    with pytest.raises(error, match=says):
        model_named(given)


def test_names_keep_no_state():
    assert model_named("NegativeBinomial") == NegativeBinomialObservations(1.0)
    assert link_named("softplus") == Softplus()


def test_recognising_a_function_imports_no_jax():
    code = (
        "import sys, numpy as np; from spikeglm.observation_models.named import link_named;"
        "link_named(np.exp); assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
