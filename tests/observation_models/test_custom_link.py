"""Links of one's own: the built-in ones, written by a user, are the oracle."""

import copy
import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.observation_models.catalogue import MODELS, RESPONSES, double_precision, name_of

from spikeglm.observation_models import CustomLink, Likelihood, PoissonObservations
from spikeglm.observation_models.links import Exp, Identity, Logistic, NormCdf, OneOverX, Softplus
from spikeglm.observation_models.named import link_named


def saturating(eta):
    return 5.0 / (1.0 + jnp.exp(-eta))


class Gain:
    """A link with a parameter that can be changed."""

    def __init__(self, gain):
        self.gain = gain

    def __call__(self, eta):
        return self.gain * jnp.exp(eta)


# The same function as a user may write it.
TWINS = {
    "JAX": (lambda eta: jnp.exp(1.0 * eta), Exp()),
    "jit": (jax.jit(lambda eta: 1.0 * jnp.exp(eta)), Exp()),
    "NumPy": (lambda eta: np.log1p(np.exp(eta)), Softplus()),
    "NumPy where": (
        lambda eta: np.where(eta < 30, np.log1p(np.exp(np.minimum(eta, 30))), eta),
        Softplus(),
    ),
    "SciPy": (lambda eta: sp.expit(0.0 + eta), Logistic()),
    "ndtr": (lambda eta: 1.0 - sp.ndtr(-eta), NormCdf()),
    "namespace": (lambda eta, xp: 1.0 / (1.0 + xp.exp(-eta)), Logistic()),
    "namespace default": (lambda eta, xp=np: xp.exp(eta), Exp()),
    "operators": (lambda eta: 1.0 / eta, OneOverX()),
    "nothing": (lambda eta: eta + 0.0, Identity()),
    "object": (Gain(1.0), Exp()),
}
every_twin = pytest.mark.parametrize("name", TWINS)
every_model = pytest.mark.parametrize("model", MODELS, ids=name_of)


@every_twin
@every_model
def test_a_function_gives_what_the_built_in_link_gives(name, model):
    function, link = TWINS[name]
    ours, known = Likelihood(model, link_named(function)), Likelihood(model, link)
    eta = np.linspace(-4.0, 4.0, 81) + 0.013
    for y in RESPONSES[model.name]:
        y = np.full_like(eta, y)
        inside = np.isfinite(known.value(eta, y))
        value, slope = ours.value_and_slope(eta, y)
        assert_allclose(value, known.value(eta, y), rtol=1e-9)
        assert_allclose(ours.value(eta, y), value, rtol=1e-15)
        assert np.isfinite(slope).all()
        assert_allclose(slope[inside], known.value_and_slope(eta, y)[1][inside], 1e-9, 1e-9)
        curvature = ours.curvature(eta, y)
        assert_allclose(curvature[inside], known.curvature(eta, y)[inside], 1e-8, 1e-8)
    assert_allclose(ours.fisher(eta)[inside], known.fisher(eta)[inside], rtol=1e-8)
    assert (ours.fisher(eta) >= 0).all()


@every_twin
def test_blocks_of_any_shape_and_precision(name):
    function, link = TWINS[name]
    ours = link_named(function)
    for shape in ((), (1,), (0, 3), (7, 5), (1024,), (1025,), (9000, 4)):
        eta = np.random.default_rng(0).uniform(0.5, 2.0, shape)
        assert_allclose(ours.mean(eta), link.mean(eta), rtol=1e-12)
        single = ours.curve("mean", np.asarray(eta, dtype=np.float32))
        assert all(part.dtype == np.float32 for part in single)
        assert single.mean.shape == shape


def test_inside_jax_the_numbers_are_the_same():
    pair = Likelihood(PoissonObservations(), link_named(saturating))
    eta, y = np.linspace(-3, 3, 9), np.arange(9.0)
    with double_precision():
        value, slope = jax.jit(lambda eta: pair.value_and_slope(eta, y, jnp))(eta)
        by_jax = jax.vmap(jax.grad(lambda eta, y: pair.value(eta, y, jnp)))(eta, y)
        assert isinstance(pair.link(jnp.asarray(eta)), jax.Array)
    assert_allclose(value, pair.value(eta, y), rtol=1e-12)
    assert_allclose(slope, pair.value_and_slope(eta, y)[1], rtol=1e-12)
    assert_allclose(by_jax, slope, rtol=1e-10)


# --- outside the range of the model ---


@pytest.mark.parametrize("eta", [-1e3, -1.0, 0.0, np.inf, -np.inf, np.nan])
def test_means_that_the_model_cannot_have_have_an_infinite_loss_and_a_finite_slope(eta):
    pair = Likelihood(PoissonObservations(), link_named(lambda eta: eta * 1.0))
    value, slope = pair.value_and_slope(np.array([eta]), np.array([2.0]))
    assert np.isposinf(value).all()
    assert np.isfinite(slope).all()
    assert np.isfinite(pair.curvature(np.array([eta]), np.array([2.0]))).all()


# --- the intercept of a model without features ---


@pytest.mark.parametrize(
    ("function", "means"),
    [
        (lambda eta: 2.0 * jnp.exp(eta), [1e-3, 0.5, 1.0, 30.0, 1e6]),
        (saturating, [0.1, 2.5, 4.999]),
        (lambda eta: eta**2, [1e-8, 4.0, 1e6]),
        (lambda eta: 1.0 / (eta - 0.3), [2.0, -3.0, 0.01]),  # a pole between sign changes
        (lambda eta: jnp.tanh(eta) + eta**3, [100.0, -1e5, 0.0]),
        (lambda eta: jnp.where(eta > 0, eta + 0.1, 0.1 * jnp.exp(10 * eta)), [0.01, 0.1, 7.0]),
    ],
)
def test_the_start_has_the_mean_that_was_asked_for(function, means):
    link = link_named(function)
    assert_allclose(link(link.predictor(np.array(means))), means, rtol=1e-8)


@settings(max_examples=25)
@given(
    gain=st.floats(0.1, 10),
    bend=st.floats(-2, 2),
    share=st.floats(0.01, 0.99),
    low=st.floats(-5, 5),
)
def test_starts_of_random_sigmoids(gain, bend, share, low):
    class Sigmoid:
        def __init__(self):
            self.gain, self.bend, self.low = gain, bend, low

        def __call__(self, eta):
            return self.low + 2.0 * jax.nn.sigmoid(self.gain * eta + self.bend)

    link = CustomLink(Sigmoid())
    mean = np.array([low + 2.0 * share])
    assert_allclose(link(link.predictor(mean)), mean, rtol=1e-6, atol=1e-7)


def test_of_several_starts_the_one_near_zero():
    assert_allclose(np.abs(link_named(jnp.cos).predictor(np.array([0.5]))), np.pi / 3)


def test_a_mean_that_the_link_cannot_give_has_no_start():
    link = link_named(saturating)
    assert np.isnan(link.predictor(np.array([5.5, -1.0, np.nan]))).all()
    pair = Likelihood(PoissonObservations(), link)
    words = pair.no_start([1.0, 5.5, 0.0, np.nan])
    assert list(words) == ["", "outside the link's range", "silent", "no finite response"]
    assert np.isfinite(pair.start([1.0, 5.5, 0.0, np.nan])).all()


# --- what is refused ---


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (math.exp, "jax.numpy"),
        (lambda eta: eta if eta > 0 else -eta, r"where\(\)"),
        (lambda eta: np.asarray(eta) * 2, "jax.numpy"),
        (float, "jax.numpy"),
        (lambda eta: np.sort(np.linalg.inv(eta)), "differentiated"),
        (lambda eta: "rate", "differentiated"),
        (lambda eta: 3.0, "differentiated"),
        (lambda: 3.0, "differentiated"),
        (lambda eta: 1 / 0, "ZeroDivisionError"),
        (lambda eta: eta / eta.sum(), "element by element"),
        (jnp.mean, r"shape \(\)"),
        (lambda eta: eta[:, None] * eta, r"shape \(3, 3\)"),
        (jax.nn.softmax, "element by element"),
        (np.identity, "differentiated"),
    ],
)
def test_what_cannot_be_a_link_says_what_to_do(function, says):
    with pytest.raises(ValueError, match=says) as caught:
        link_named(function)
    assert "Given: " in str(caught.value)
    assert "Expected: " in str(caught.value)


def test_an_assignment_to_parts_of_an_array_is_refused():
    def rectified(eta):
        rate = np.zeros_like(eta)
        rate[eta > 0] = 1.0
        return rate

    with pytest.raises(ValueError, match="differentiated"):
        link_named(rectified)


# --- an object that travels, compiled once ---


def test_a_link_can_be_copied_compared_hashed_and_pickled():
    link = link_named(saturating)
    link(np.ones(3))
    for twin in (copy.deepcopy(link), pickle.loads(pickle.dumps(link)), link_named(saturating)):
        assert twin == link
        assert hash(twin) == hash(link)
        assert_allclose(twin(np.ones(3)), link(np.ones(3)))
    assert link != link_named(lambda eta: 5.0 / (1.0 + jnp.exp(-eta)))
    assert link.__name__ == "saturating"
    assert link.name.endswith(".saturating")


def test_a_function_is_traced_for_two_lengths_and_never_again():
    traced = []

    def counted(eta):
        traced.append(eta)
        return jnp.exp(eta)

    link_named(counted).curve("log", np.ones(10))
    link_named(counted).curve("log", np.ones(3000))
    n = len(traced)
    for size in (1, 2, 33, 1024, 1025, 40_000, 16_384):
        link_named(counted).curve("log", np.ones(size))
        link_named(counted).bend("log", np.ones((size, 2), dtype=np.float32))
    assert len(traced) == n


def test_an_object_that_changed_is_another_link():
    gain = Gain(2.0)
    assert_allclose(link_named(gain)(np.zeros(1)), [2.0])
    gain.gain = 3.0
    assert_allclose(link_named(gain)(np.zeros(1)), [3.0])
    assert_allclose(link_named(Gain(2.0))(np.zeros(1)), [2.0])


def test_flags_of_jax_stay_as_they_are():
    link_named(saturating)(np.ones(3))
    assert not jax.config.jax_enable_x64
    assert jnp.ones(3).dtype == jnp.float32
