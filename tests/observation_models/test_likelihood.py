"""Laws of every model with every link, in the linear predictor."""

import copy
import pickle
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.models import MODELS as ROWS
from tests.observation_models.catalogue import (
    LINKS,
    PAIRS,
    RESPONSES,
    double_precision,
    grid,
    log_density,
    name_of,
)
from tests.reference_data.r_and_stata import load

from spikeglm.observation_models import (
    BernoulliObservations,
    GammaObservations,
    Likelihood,
    NegativeBinomialObservations,
    PoissonObservations,
)
from spikeglm.observation_models.links import Exp, Logistic, NormCdf, Softplus

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=name_of)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@every_pair
def test_value_is_minus_the_log_density_up_to_a_constant_in_y(pair):
    eta = grid(pair)
    factor = pair.model.loss_unit
    scale = pair.model.scale
    for y in RESPONSES[pair.model.name]:
        ours = pair.value(eta, np.full_like(eta, y))
        theirs = -factor * log_density(pair.model, y, pair.link(eta), scale)
        at = np.argmin(np.abs(theirs))
        constant = theirs[at] - ours[at]
        assert_allclose(ours + constant, theirs, rtol=1e-8, atol=1e-8)


@every_pair
def test_value_alone_is_the_value_beside_the_slope(pair):
    eta = np.linspace(-30, 30, 101)
    for y in RESPONSES[pair.model.name]:
        y = np.full_like(eta, y)
        assert_allclose(pair.value(eta, y), pair.value_and_slope(eta, y)[0], rtol=1e-14)


@every_pair
def test_slope_and_curvature_match_central_differences(pair):
    h = 1e-5
    eta = grid(pair)
    eta = eta[np.abs(eta) > 0.05]  # away from the pole of 1/x
    for y in RESPONSES[pair.model.name]:
        y = np.full_like(eta, y)
        value = pair.value(eta, y)
        inside = np.isfinite(pair.value(eta - h, y) + pair.value(eta + h, y))
        by_value = (pair.value(eta + h, y) - pair.value(eta - h, y)) / (2 * h)
        slopes = [pair.value_and_slope(eta + step, y)[1] for step in (-h, 0.0, h)]
        by_slope = (slopes[2] - slopes[0]) / (2 * h)
        size = 1 + np.abs(value)
        assert_allclose((slopes[1] / size)[inside], (by_value / size)[inside], rtol=2e-6, atol=1e-8)
        curvature = pair.curvature(eta, y)
        assert_allclose(curvature[inside], by_slope[inside], rtol=2e-5, atol=1e-8)


@every_pair
def test_slope_and_curvature_match_jax_autodiff(pair):
    eta, y = (each.ravel() for each in np.meshgrid(grid(pair), RESPONSES[pair.model.name]))
    with double_precision():
        loss = lambda e, y: pair.value(e, y, jnp)  # noqa: E731
        both = jax.vmap(jax.value_and_grad(jax.grad(loss)))
        slope, curvature = jax.jit(both)(eta, y)
        assert_allclose(pair.value_and_slope(eta, y)[1], slope, rtol=1e-10, atol=1e-12)
        assert_allclose(pair.curvature(eta, y), curvature, rtol=1e-9, atol=1e-12)


@every_pair
def test_jax_gives_the_same_numbers_as_numpy(pair):
    grids = np.meshgrid(np.linspace(-8, 8, 41) + 0.01, RESPONSES[pair.model.name])
    eta, y = (each.ravel() for each in grids)

    def everything(eta, y, xp=np):
        return *pair.value_and_slope(eta, y, xp), pair.curvature(eta, y, xp), pair.fisher(eta, xp)

    with double_precision():
        theirs = jax.jit(lambda eta, y: everything(eta, y, jnp))(eta, y)
        for mine, other in zip(everything(eta, y), theirs, strict=True):
            assert_allclose(mine, other, rtol=1e-9, atol=1e-13)


@every_pair
def test_fisher_is_the_expected_curvature(pair):
    eta = grid(pair, n=15, low=-3.0, high=3.0)
    for e in eta:
        mean = float(pair.link(e))
        y, width = ROWS[pair.model.name].grid(mean, pair.model.scale)
        probability = width * np.exp(log_density(pair.model, y, mean, pair.model.scale))
        expected = np.sum(probability * pair.curvature(np.full_like(y, e), y))
        assert_allclose(pair.fisher(np.array([e]))[0], expected, rtol=1e-7)


@every_pair
def test_float32_stays_float32(pair):
    eta = np.linspace(-3, 3, 7, dtype=np.float32)
    y = np.full_like(eta, RESPONSES[pair.model.name][1])
    for result in (*pair.value_and_slope(eta, y), pair.curvature(eta, y), pair.fisher(eta)):
        assert result.dtype == np.float32


# --- the ends of the line ---


@every_pair
def test_nothing_is_nan_for_huge_linear_predictors(pair):
    eta = np.array([-1e3, -750.0, -710.0, -50.0, -38.0, 0.0, 38.0, 50.0, 710.0, 750.0, 1e3])
    for y in RESPONSES[pair.model.name]:
        y = np.full_like(eta, y)
        value, slope = pair.value_and_slope(eta, y)
        for result in (value, slope, pair.curvature(eta, y), pair.fisher(eta)):
            assert not np.isnan(result).any()
        assert (pair.fisher(eta) >= 0).all()


@every_pair
@given(eta=st.floats(-1e3, 1e3, allow_subnormal=False), which=st.integers(0, 1))
def test_value_and_slope_are_never_nan_and_the_mean_loses_to_the_perfect_fit(pair, eta, which):
    y = np.array([RESPONSES[pair.model.name][which]])
    eta = np.array([eta])
    value, slope = pair.value_and_slope(eta, y)
    assert not np.isnan(value).any()
    assert not np.isnan(slope).any()
    if not pair.no_start(y)[0]:
        best = pair.value(pair.start(y), y)
        assert value[0] >= best[0] - 1e-9 * (1 + np.abs(best[0]))


@every_pair
def test_outside_its_domain_the_value_is_infinite_and_the_slope_finite(pair):
    eta = np.linspace(-4, 4, 81)
    low, high = pair.model.means
    with np.errstate(divide="ignore"):
        mean = pair.link.mean(eta)
    outside = (mean <= low) | (mean >= high) | ~np.isfinite(mean)
    for y in RESPONSES[pair.model.name]:
        value, slope = pair.value_and_slope(eta, np.full_like(eta, y))
        assert (np.isinf(value) == outside).all()
        assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    ("model", "link", "eta", "y", "value"),
    [
        # log(1 + e^-745) is 0 in floating point, but its log is -745.
        (PoissonObservations(), Softplus(), -800.0, 1.0, 800.0),
        (PoissonObservations(), Logistic(), -800.0, 2.0, 1600.0),
        (BernoulliObservations(), Logistic(), -800.0, 1.0, 800.0),
        (BernoulliObservations(), Logistic(), 800.0, 1.0, 0.0),
        # log Phi(x) ~ -x^2/2 - log(-x sqrt(2 pi)) - 1/x^2
        (BernoulliObservations(), NormCdf(), -100.0, 1.0, 5e3 + np.log(100 * np.sqrt(2 * np.pi))),
        (GammaObservations(), Exp(), 700.0, 1.0, 700.0),
        # (y + 1/s) log(1 + s mu) - y log(s mu) -> log(s mu) / s
        (NegativeBinomialObservations(0.5), Exp(), 1e3, 3.0, 2e3 + 2 * np.log(0.5)),
    ],
)
def test_far_out_values_follow_their_asymptotes(model, link, eta, y, value):
    ours = Likelihood(model, link).value(np.array([eta]), np.array([y]))
    assert_allclose(ours, [value], rtol=1e-5)


def test_negative_binomial_with_hardly_any_overdispersion_is_poisson():
    eta, y = np.linspace(-5, 3, 9), np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8])
    poisson = Likelihood(PoissonObservations(), Exp())
    nearly = Likelihood(NegativeBinomialObservations(1e-9), Exp())
    for ours, limit in (
        (nearly.value_and_slope(eta, y)[1], poisson.value_and_slope(eta, y)[1]),
        (nearly.curvature(eta, y), poisson.curvature(eta, y)),
        (nearly.fisher(eta), poisson.fisher(eta)),
    ):
        assert_allclose(ours, limit, rtol=1e-6)


# --- an object that travels ---


@every_pair
def test_a_likelihood_can_be_copied_compared_hashed_and_pickled(pair):
    pair.value(np.zeros(1), np.ones(1))
    for twin in (copy.deepcopy(pair), pickle.loads(pickle.dumps(pair))):
        assert twin == pair
        assert hash(twin) == hash(pair)
    assert len({Likelihood(pair.model, link) for link in LINKS}) == len(LINKS)


@pytest.mark.parametrize("name", ["spector_probit", "spector_logit", "scotvote", "committee"])
def test_curvature_gives_the_published_standard_errors(name):
    published = load(name)
    models = {
        "Bernoulli": BernoulliObservations(),
        "Gamma": GammaObservations(),
        "NegativeBinomial": NegativeBinomialObservations(published.nb_scale),
    }
    link = next(link for link in LINKS if link.name == published.link)
    pair = Likelihood(models[published.model], link)
    Z = np.column_stack([published.X, np.ones(len(published.y))])
    eta = Z @ published.coef
    observed = published.information == "observed"
    h = pair.curvature(eta, published.y) if observed else pair.fisher(eta)
    size = np.linalg.norm(Z, axis=0)
    covariance = np.linalg.inv((Z / size).T @ (h[:, None] * (Z / size)))
    errors = np.sqrt((published.scale or 1.0) * np.diag(covariance)) / size
    assert_allclose(errors, published.standard_errors, rtol=max(published.se_rtol, 1e-5))
