"""Every string that NeMoS 0.2.9 takes for a link or an observation model means the same here."""

import pytest

import spikeglm as nmo
from spikeglm.observation_models.categorical import class_link_named
from spikeglm.observation_models.named import link_named, model_named

LINKS = {
    "exp": "exp", "expit": "logistic", "logistic": "logistic", "softplus": "softplus",
    "identity": "identity", "norm.cdf": "norm.cdf", "one_over_x": "one_over_x",
    "jax.numpy.exp": "exp", "jax.nn.softplus": "softplus", "jax.lax.logistic": "logistic",
    "jax.scipy.special.expit": "logistic", "jax.scipy.stats.norm.cdf": "norm.cdf",
    "jax._src.numpy.ufuncs.exp": "exp", "jax._src.nn.functions.softplus": "softplus",
    "jax._src.lax.lax.logistic": "logistic", "jax._src.scipy.special.expit": "logistic",
    "jax._src.scipy.stats.norm.cdf": "norm.cdf", "nemos.utils.one_over_x": "one_over_x",
    **{f"nemos.inverse_link_function_utils.{name}": link
       for name, link in {"exp": "exp", "expit": "logistic", "logistic": "logistic",
                          "norm_cdf": "norm.cdf", "one_over_x": "one_over_x",
                          "softplus": "softplus", "identity": "identity"}.items()},
    "norm_cdf": "norm.cdf",  # not known to NeMoS
}  # fmt: skip
CLASS_LINKS = (
    "log_softmax",
    "jax.nn.log_softmax",
    "jax._src.nn.functions.log_softmax",
    "nemos.inverse_link_function_utils.log_softmax",
)
MODELS = ("Poisson", "Gamma", "Gaussian", "Bernoulli", "NegativeBinomial")
FORMS = ("{}", "{}Observations", "nemos.observation_models.{}Observations")


@pytest.mark.parametrize("name", LINKS)
def test_link_names(name):
    assert link_named(name).name == LINKS[name]


@pytest.mark.parametrize("name", CLASS_LINKS)
def test_link_names_of_classifiers(name):
    assert class_link_named(name).name == "log_softmax"
    with pytest.raises(ValueError, match="inverse link function"):
        link_named(name)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("form", FORMS)
def test_model_names(model, form):
    assert model_named(form.format(model)).name == model


@pytest.mark.parametrize("form", FORMS)
def test_the_name_of_a_model_of_classifiers(form):
    for kind in (nmo.GLM, nmo.PopulationGLM):
        with pytest.raises(TypeError, match="ClassifierGLM or ClassifierPopulationGLM"):
            kind(form.format("Categorical")).fit([[1.0], [2.0]], [0, 1])
