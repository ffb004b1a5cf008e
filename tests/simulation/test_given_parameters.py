"""Simulated responses: the right law, the right filters, found again by a fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats as st
from numpy.testing import assert_allclose
from tests.reference.numpy_glm import fit

from spikeglm import observation_models
from spikeglm.simulation import (
    difference_of_gammas,
    regress_filter,
    simulate_recurrent,
    simulate_responses,
)

# --- simulate_responses ---


@pytest.mark.parametrize(
    ("model", "link", "scale"),
    [
        ("Poisson", "exp", None),
        ("Poisson", "softplus", None),
        ("Bernoulli", "logistic", None),
        ("Gaussian", "identity", 0.5),
        ("Gamma", "exp", 0.2),
        ("NegativeBinomial", "exp", 1.0),
    ],
)
def test_a_fit_finds_what_was_simulated(model, link, scale):
    rng = np.random.default_rng(0)
    X, coef = rng.normal(size=(20_000, 2)), np.array([0.5, -0.3])
    y, _ = simulate_responses(
        X, coef, intercept=0.2, observation_model=model, inverse_link_function=link,
        scale=scale, random_key=1,
    )  # fmt: skip
    fitted = fit(X, y.astype(float), model, link)
    distance = (
        np.append(fitted.coef, fitted.intercept) - [0.5, -0.3, 0.2]
    ) / fitted.standard_errors
    assert np.abs(distance).max() < 4


def test_a_population_has_a_column_per_neuron_and_the_offset_counts():
    X, offset = np.zeros((5, 2)), np.log(np.arange(1.0, 6.0))[:, None]
    y, rate = simulate_responses(
        X, np.zeros((2, 3)), intercept=[0.0, 1.0, 2.0], offset=offset, random_key=0
    )
    assert y.shape == (5, 3)
    assert np.issubdtype(y.dtype, np.integer)
    assert_allclose(rate, np.arange(1.0, 6.0)[:, None] * np.exp([0.0, 1.0, 2.0]))


def test_the_key_decides_the_draw():
    draw = lambda key: simulate_responses(np.zeros((100, 1)), [0.0], random_key=key).y  # noqa: E731
    assert (draw(3) == draw(np.random.default_rng(3))).all()
    assert (draw(jax.random.key(3)) == draw(jax.random.PRNGKey(3))).all()
    assert (draw(3) != draw(4)).any()


@pytest.mark.parametrize(("eta", "link"), [(-1.0, "identity"), (np.nan, "exp"), (1e3, "exp")])
def test_impossible_means_are_named(eta, link):
    with pytest.raises(ValueError, match=r"Poisson.*What to do"):
        simulate_responses([[eta]], [1.0], inverse_link_function=link, random_key=0)


# --- simulate_recurrent ---


def network(n=2, basis=3, window=4, features=2, bins=50, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "coupling_coef": 0.2 * rng.normal(size=(n, n, basis)),
        "feedforward_coef": rng.normal(size=(n, features)),
        "intercepts": rng.normal(size=n),
        "random_key": 3,
        "feedforward_input": rng.normal(size=(bins, n, features)),
        "coupling_basis_matrix": rng.random(size=(window, basis)),
        "init_y": rng.poisson(1.0, size=(window, n)),
    }


def test_rates_follow_the_definition_bin_by_bin():
    args = network()
    counts, rates = simulate_recurrent(**args)
    basis, window = args["coupling_basis_matrix"], len(args["coupling_basis_matrix"])
    history = np.vstack([args["init_y"], counts])
    for t in range(len(counts)):
        # conv[sender, b] = sum_w y[t - W + w, sender] basis[W - 1 - w, b]
        conv = history[t : t + window].T @ basis[::-1]
        coupling = np.tensordot(args["coupling_coef"], conv, axes=2)
        forward = np.sum(args["feedforward_coef"] * args["feedforward_input"][t], axis=1)
        eta = coupling + forward + args["intercepts"]
        assert_allclose(rates[t], np.logaddexp(0, eta), rtol=1e-10)


def test_without_coupling_rates_are_those_of_nemos():
    args = network() | {
        "coupling_coef": np.zeros((2, 2, 3)),
        "feedforward_coef": np.ones((2, 2)),
        "feedforward_input": np.ones((5, 2, 2)),
        "intercepts": [0.1, 0.2],
    }
    counts, rates = simulate_recurrent(**args)
    assert_allclose(rates, np.tile([2.215519, 2.305083], (5, 1)), atol=1e-6)
    assert counts.shape == (5, 2)
    assert np.issubdtype(counts.dtype, np.integer)


def test_a_silencing_filter_silences():
    args = network(n=1, basis=1, window=5, bins=400) | {
        "coupling_coef": np.full((1, 1, 1), -1e3),
        "coupling_basis_matrix": np.ones((5, 1)),
        "feedforward_coef": np.zeros((1, 2)),
        "intercepts": [1.0],
    }
    counts, _ = simulate_recurrent(**args)
    assert np.diff(np.flatnonzero(counts)).min() == 6


def test_links_and_keys_of_jax_are_understood():
    args = network() | {"random_key": jax.random.key(0), "inverse_link_function": jnp.exp}
    args["coupling_coef"] = np.zeros((2, 2, 3))
    _, rates = simulate_recurrent(**args)
    forward = np.sum(args["feedforward_coef"] * args["feedforward_input"], axis=2)
    assert_allclose(rates, np.exp(forward + args["intercepts"]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("coupling_coef", np.zeros((2, 3, 3))),
        ("feedforward_coef", np.zeros((2, 3))),
        ("intercepts", np.zeros(3)),
        ("init_y", np.zeros((3, 2))),
        ("coupling_basis_matrix", np.zeros((4, 2))),
        ("feedforward_input", np.full((50, 2, 2), np.nan)),
        ("init_y", np.full((4, 2), np.inf)),
    ],
)
def test_a_network_that_does_not_fit_together_is_refused(name, value):
    with pytest.raises(ValueError, match="Expected"):
        simulate_recurrent(**(network() | {name: value}))


def test_runaway_activity_is_reported():
    args = network() | {"coupling_coef": np.full((2, 2, 3), 5.0), "inverse_link_function": "exp"}
    with pytest.raises(ValueError, match="runs away"):
        simulate_recurrent(**args)


def test_arguments_are_left_alone():
    args = network()
    copies = {name: np.array(value) for name, value in args.items()}
    simulate_recurrent(**args)
    for name, value in copies.items():
        assert_allclose(args[name], value)


# --- filters ---


def test_difference_of_gammas_is_that_of_nemos():
    expected = [-0.982516, 0.182541, 0.026128, -0.018761, -0.015544, -0.008015]
    assert_allclose(difference_of_gammas(6), expected, atol=1e-6)


def test_difference_of_gammas_is_the_difference_of_densities():
    end = max(st.gamma.ppf(0.9, 3.0, scale=1 / 0.5), st.gamma.ppf(0.9, 4.0, scale=1 / 2.0))
    t = np.linspace(0, end, 30)
    difference = st.gamma.pdf(t, 4.0, scale=1 / 2.0) - st.gamma.pdf(t, 3.0, scale=1 / 0.5)
    ours = difference_of_gammas(30, 0.9, inhib_a=3.0, excit_a=4.0, inhib_b=0.5, excit_b=2.0)
    assert_allclose(ours, difference / np.linalg.norm(difference), atol=1e-12)


@pytest.mark.parametrize(
    "changes",
    [{"inhib_a": 0.0}, {"excit_a": -1.0}, {"inhib_b": 0.0}, {"excit_b": np.nan},
     {"upper_percentile": 1.0}, {"upper_percentile": -0.1}],
)  # fmt: skip
def test_impossible_gammas_are_refused(changes):
    with pytest.raises(ValueError, match="out of range"):
        difference_of_gammas(10, **changes)


def test_equal_gammas_have_no_difference():
    with pytest.raises(ValueError, match="the same"):
        difference_of_gammas(10, inhib_a=2.0, inhib_b=2.0)


def test_filters_of_nemos_sizes():
    assert difference_of_gammas(0).shape == (0,)
    assert_allclose(difference_of_gammas(1), [-1.0])


@pytest.mark.parametrize(
    ("model", "scale", "variance"),
    [
        (observation_models.GammaObservations(), 0.5, 2.0),  # scale mu², as its likelihood has it
        (observation_models.NegativeBinomialObservations(0.5), None, 4.0),  # mu + scale mu²
        (observation_models.GaussianObservations(), 0.5, 0.5),
        (observation_models.PoissonObservations(), None, 2.0),
    ],
)
def test_moments_of_samplers(model, scale, variance):
    n = 200_000
    y = model.sample_generator(0, np.full(n, 2.0), scale).astype(float)
    assert abs(y.mean() - 2.0) < 4 * np.sqrt(variance / n)
    spread = np.sqrt(np.mean((y - y.mean()) ** 4) / n)
    assert abs(y.var() - variance) < 4 * spread


def test_regress_filter_finds_the_weights():
    rng = np.random.default_rng(0)
    basis, weights = rng.normal(size=(20, 4)), rng.normal(size=(2, 3, 4))
    filters = np.einsum("wb,ijb->wij", basis, weights)
    assert_allclose(regress_filter(filters, basis), weights)


@pytest.mark.parametrize(("filters", "basis"), [((5, 2), (5, 3)), ((5, 2, 2), (4, 3))])
def test_filters_and_basis_must_share_their_lags(filters, basis):
    with pytest.raises(ValueError, match="W"):
        regress_filter(np.zeros(filters), np.zeros(basis))
