"""Models can be pickled, copied and cloned, whatever their link is; or it is said why not."""

import copy
import io
import pickle
import subprocess
import sys

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.observation_models.links import Softplus

jax = pytest.importorskip("jax")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 2))
Y = RNG.poisson(1.0, 80)


def own(eta):
    return jax.numpy.exp(eta) + 0.1


class Callable:
    def __call__(self, eta):
        return jax.numpy.exp(eta) + 0.1


def through_joblib(model):
    joblib = pytest.importorskip("joblib")
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


def through_cloudpickle(model):
    return pickle.loads(pytest.importorskip("cloudpickle").dumps(model))


def cloned(model):
    return pytest.importorskip("sklearn.base").clone(model)


WAYS = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "an old protocol": lambda model: pickle.loads(pickle.dumps(model, protocol=2)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "joblib": through_joblib,
    "cloudpickle": through_cloudpickle,
    "clone": cloned,
}
NAMED = {
    "jax.nn.softplus": ("Poisson", jax.nn.softplus),
    "jax.numpy.exp": ("Poisson", jax.numpy.exp),
    "jax.nn.sigmoid": ("Bernoulli", jax.nn.sigmoid),
    "jax.lax.logistic": ("Bernoulli", jax.lax.logistic),
    "jax.scipy.special.expit": ("Bernoulli", jax.scipy.special.expit),
    "jax.scipy.stats.norm.cdf": ("Bernoulli", jax.scipy.stats.norm.cdf),
    "numpy.exp": ("Poisson", np.exp),
    "text": ("Poisson", "jax.nn.softplus"),
    "a link": ("Poisson", Softplus()),
    "none": ("Poisson", None),
    "a function of a module": ("Poisson", own),
}
OTHERS = {  # which come back as an equal function, not as the same one
    "a compiled function of JAX": jax.jit(jax.numpy.exp),
    "a compiled function of a module": jax.jit(own),
    "an object": Callable(),
}
NAMELESS = {
    "a lambda": lambda eta: jax.numpy.exp(eta) + 0.1,
    "a compiled lambda": jax.jit(lambda eta: jax.numpy.exp(eta) + 0.1),
}


def assert_same(model, other):
    assert type(other) is type(model)
    assert other.get_params().keys() == model.get_params().keys()
    if not hasattr(other, "coef_"):  # a clone
        other.fit(X, np.minimum(Y, 1))
    np.testing.assert_allclose(other.predict(X), model.predict(X), rtol=1e-6)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMED)
def test_a_link_with_a_name_is_the_same_afterwards(name, way):
    observations, link = NAMED[name]
    model = nmo.GLM(observations, inverse_link_function=link).fit(X, np.minimum(Y, 1))
    other = WAYS[way](model)
    assert model.inverse_link_function is link
    assert other.inverse_link_function is link or other.inverse_link_function == link
    assert_same(model, other)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", OTHERS)
def test_a_link_that_can_be_made_again_predicts_the_same(name, way):
    model = nmo.GLM(inverse_link_function=OTHERS[name]).fit(X, np.minimum(Y, 1))
    assert_same(model, WAYS[way](model))


@pytest.mark.parametrize("name", NAMELESS)
def test_a_link_without_a_name_is_an_error_that_says_so(name):
    model = nmo.PopulationGLM(inverse_link_function=NAMELESS[name])
    for dump in (pickle.dumps, through_joblib):
        with pytest.raises(pickle.PicklingError, match=r"inverse_link_function=.*What to do"):
            dump(model)


@pytest.mark.parametrize("way", ["deepcopy", "copy", "clone", "cloudpickle"])
def test_a_link_without_a_name_can_be_copied(way):
    model = nmo.GLM(inverse_link_function=NAMELESS["a lambda"]).fit(X, np.minimum(Y, 1))
    assert_same(model, WAYS[way](model))


def test_where_jax_is_missing_the_model_predicts_all_the_same(tmp_path):
    model = nmo.GLM(inverse_link_function=jax.nn.softplus).fit(X, Y)
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "X.npy", X)
    code = (
        "import sys, pickle, numpy as np\n"
        "sys.modules['jax'] = None\n"
        "model = pickle.load(open('model.pickle', 'rb'))\n"
        "np.save('rate.npy', model.predict(np.load('X.npy')))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "rate.npy"), model.predict(X), rtol=1e-12)
