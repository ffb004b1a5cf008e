"""Every link, on its own: the mean, its inverse and its coordinates."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special as sp
from numpy.testing import assert_allclose
from tests.observation_models.catalogue import LINKS, name_of
from tests.reference import numpy_glm

every_link = pytest.mark.parametrize("link", LINKS, ids=name_of)
DEFINITIONS = {name: mean for name, (mean, _, _) in numpy_glm.LINKS.items()}
ETA = np.linspace(-9, 9, 40)


@every_link
def test_calling_a_link_gives_its_mean(link):
    assert_allclose(link(ETA), DEFINITIONS[link.name](ETA), rtol=1e-12)
    assert_allclose(link(ETA.astype(int)[:3]), DEFINITIONS[link.name](ETA.astype(int)[:3]))


@every_link
def test_a_jax_array_stays_one(link):
    assert isinstance(link(jnp.ones(3)), jnp.ndarray)


@every_link
def test_predictor_inverts_the_mean(link):
    means = np.array([1e-6, 0.2, 0.5, 0.9, 30.0])
    means = means[(means > link.range[0]) & (means < link.range[1])]
    assert_allclose(link.mean(link.predictor(means)), means, rtol=1e-10)


@every_link
def test_means_stay_in_their_range_and_move_one_way(link):
    eta = np.linspace(0.1, 8, 40) if link.pole is not None else np.linspace(-8, 8, 40)
    mean = link(eta)
    assert ((mean > link.range[0]) & (mean < link.range[1])).all()
    assert len({*np.sign(np.diff(mean))}) == 1


@every_link
@pytest.mark.parametrize("coordinate", ["mean", "log", "logit"])
def test_coordinates_are_functions_of_the_mean_with_their_derivatives(link, coordinate):
    eta = np.linspace(-4, -0.1, 30) if link.pole is None else np.linspace(1.1, 9, 30)
    eta = np.linspace(0.05, 0.95, 30) if link.name == "identity" else eta
    f = {"mean": lambda mu: mu, "log": np.log, "logit": sp.logit}[coordinate]
    h = 1e-4
    mean, theta, slope = link.curve(coordinate, eta)
    below, above = (f(DEFINITIONS[link.name](eta + step)) for step in (-h, h))
    assert_allclose(mean, DEFINITIONS[link.name](eta), rtol=1e-12)
    assert_allclose(theta, f(mean), rtol=1e-10, atol=1e-12)
    assert_allclose(slope, (above - below) / (2 * h), rtol=2e-5)
    steps = [link.curve(coordinate, eta + step).slope for step in (-h, h)]
    assert_allclose(link.bend(coordinate, eta), (steps[1] - steps[0]) / (2 * h), 1e-4, 1e-7)


@every_link
def test_the_coordinate_a_link_is_linear_in_is_eta(link):
    if link.linear_in is not None:
        curve = link.curve(link.linear_in, ETA)
        assert_allclose(curve.theta, ETA)
        assert_allclose(curve.slope, 1.0)
        assert_allclose(link.bend(link.linear_in, ETA), 0.0)


@every_link
def test_a_link_has_the_name_of_a_function(link):
    assert link.__name__.isidentifier()
