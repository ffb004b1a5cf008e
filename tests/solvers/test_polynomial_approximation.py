"""Quadratics in place of the loss: their minimum by hand, how near it is, and what it costs."""

import warnings

import numpy as np
import pytest
import scipy.optimize
from numpy.polynomial import Chebyshev, Polynomial
from numpy.testing import assert_allclose
from tests.catalogue import PAIRS, Case, simulated
from tests.solvers.polynomial_problems import SOLVER, counts, fitted

import spikeglm as nmo
from spikeglm.errors import ConvergenceWarning
from spikeglm.inference.bits_per_spike import bits_per_spike
from spikeglm.settings import config_context


def excess(model, best, X, y):
    """Return how much larger the mean Poisson loss is than that of the best model, (N,)."""

    def loss(m):
        eta = X @ m.coef_ + m.intercept_
        return (np.exp(eta) - y * eta).mean(axis=0)

    return loss(model) - loss(best)


# --- the minimum, by hand ---


@pytest.mark.parametrize("ridge", [None, 0.1])
def test_poisson_exp_has_a_closed_form(ridge):
    """Under normal features the mean of exp(eta) is exp(m + v/2): two lines of algebra."""
    X, y = counts()
    model = fitted(X, y, ridge=ridge)
    S = np.cov(X.T, bias=True)
    for n in range(2):
        xy = (X - X.mean(axis=0)).T @ y[:, n] / len(X)
        w = np.linalg.solve(y[:, n].mean() * S + (ridge or 0.0) * np.eye(3), xy)
        assert_allclose(model.coef_[:, n], w, rtol=1e-7)
        intercept = np.log(y[:, n].mean()) - X.mean(axis=0) @ w - 0.5 * w @ S @ w
        assert_allclose(model.intercept_[n], intercept, rtol=1e-7)


def test_gamma_exp_weighs_rows_by_their_response():
    """The loss is eta + y exp(-eta): rows enter by their mean, events as if they were normal."""
    X, y = simulated("Gamma", "exp", 400, 2)
    model = fitted(X, y, "Gamma", "exp")
    for n in range(2):
        share = y[:, n] / y[:, n].sum()
        centre = share @ X
        S = (X - centre).T @ ((X - centre) * share[:, None])

        def loss(theta, centre=centre, S=S, n=n):
            w, b = theta[:3], theta[3]
            of_events = np.exp(-(centre @ w + b) + 0.5 * w @ S @ w)
            return X.mean(axis=0) @ w + b + y[:, n].mean() * of_events

        best = scipy.optimize.minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-9})
        assert_allclose(np.append(model.coef_[:, n], model.intercept_[n]), best.x, atol=1e-6)


def quadratic_of(function, low, high):
    """Return c0, c1, c2 of the Chebyshev expansion of degree two, by NumPy."""
    series = Chebyshev.interpolate(function, 40, domain=[low, high])
    return series.truncate(3).convert(kind=Polynomial).coef


LOG_LINKS = {
    "exp": (np.exp, lambda eta: eta),
    "softplus": (lambda eta: np.logaddexp(0, eta), lambda eta: np.log(np.logaddexp(0, eta))),
}


@pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning")  # it need not be good
@pytest.mark.parametrize("link", LOG_LINKS)
@pytest.mark.parametrize("ridge", [0.0, 0.2])
def test_an_interval_means_the_quadratics_of_chebyshev(link, ridge):
    """The paper's estimate: normal equations in X'X, X'y and X'diag(y)X."""
    X, y = counts()
    low, high = -3.0, 1.5
    mean, log_mean = LOG_LINKS[link]
    a, b = quadratic_of(mean, low, high), quadratic_of(log_mean, low, high)
    model = fitted(X, y, link=link, ridge=ridge, interval=(low, high))
    X1 = np.column_stack([X, np.ones(len(X))])
    for n in range(2):
        # minimise the mean of  a0 + a1 eta + a2 eta² - y (b0 + b1 eta + b2 eta²)  + ridge/2 |w|²
        H = X1.T @ (X1 * (2 * a[2] - 2 * b[2] * y[:, n, None])) / len(X)
        H[np.arange(3), np.arange(3)] += ridge
        theta = np.linalg.solve(H, X1.T @ (b[1] * y[:, n] - a[1]) / len(X))
        assert_allclose(model.coef_[:, n], theta[:3], rtol=1e-6)
        assert_allclose(model.intercept_[n], theta[3], rtol=1e-6)


@pytest.mark.parametrize("ridge", [None, 0.3])
def test_squared_errors_are_quadratic_already(ridge):
    X, y = simulated("Gaussian", "identity", 400, 2)
    rng = np.random.default_rng(1)
    more = {"sample_weight": rng.uniform(0, 2, y.shape), "offset": rng.normal(size=y.shape)}
    mask = np.array([[1, 1], [0, 1], [1, 1]])
    model = fitted(X, y, "Gaussian", ridge=ridge, mask=mask, **more)
    best = fitted(X, y, "Gaussian", ridge=ridge, mask=mask, solver="Newton", **more)
    assert model.fit_report_.converged
    assert_allclose(model.coef_, best.coef_, atol=1e-10)
    assert_allclose(model.intercept_, best.intercept_, atol=1e-10)


# --- how near ---


def test_the_error_falls_with_the_fourth_power_of_the_modulation():
    excesses = []
    for spread in (1.0, 0.5, 0.25):
        X, y = counts(spread, n_rows=20_000)
        excesses.append(excess(fitted(X, y), fitted(X, y, solver=None), X, y))
    assert (np.array(excesses[0]) > 0).all()
    assert (excesses[0] / excesses[1] > 8).all()
    assert (excesses[1] / excesses[2] > 6).all()


@pytest.mark.parametrize(
    ("model", "link"),
    [("Poisson", "exp"), ("Poisson", "softplus"), ("Bernoulli", "logistic"), ("Gamma", "exp"),
     ("NegativeBinomial", "exp"), ("Bernoulli", "norm.cdf")],
)  # fmt: skip
def test_with_normal_features_the_error_is_small_at_any_modulation(model, link):
    """It is that of moments taken from a sample: it falls like the variance of an estimate."""
    case = Case(model, link)
    rng = np.random.default_rng(3)
    X = rng.normal(size=(40_000, 4))
    coef = np.array([0.5, -0.4, 0.3, 0.2])
    mean = case.glm()._likelihood.mean(X @ coef - 0.4)
    y = case.glm()._likelihood.model.sample_generator(rng, mean, 0.4)
    fits = [case.glm(solver_name=solver).fit(X, y) for solver in (SOLVER, None)]
    losses = [fit.compute_loss((fit.coef_, fit.intercept_), X, y) for fit in fits]
    null = fits[1].compute_loss((np.zeros(4), fits[1]._likelihood.start(y.mean()[None])), X, y)
    assert fits[0].fit_report_.status == ("approximate",)
    assert 0 <= losses[0] - losses[1] < 2e-3 * (null - losses[1])


@pytest.mark.parametrize("pair", [p for p in PAIRS if p[0] != "Gaussian"], ids="-".join)
def test_every_model_and_link(pair):
    """Little is missed, and the certificate knows how much."""
    case = Case(*pair, n_rows=2000)
    X, y = case.data()
    fits = [case.population(solver_name=solver).fit(X, y) for solver in (SOLVER, None)]
    parameters = [(fit.coef_, fit.intercept_) for fit in fits]
    null = np.zeros((3, 2)), fits[1]._likelihood.start(y.mean(axis=0))
    ours, best, nothing = (fits[1].compute_loss(p, X, y) for p in (*parameters, null))
    assert -1e-14 <= ours - best < 0.1 * (nothing - best)  # of a quadratic loss nothing is missed
    estimate = 0.5 * (fits[0].fit_report_.result.decrement ** 2).sum()
    assert_allclose(estimate, ours - best, rtol=0.05, atol=1e-13)


@pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning")
def test_where_predictors_are_normal_no_interval_is_as_good():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(20_000, 30))
    y = rng.poisson(np.exp(X @ rng.normal(0, 0.15, (30, 1)) - 1.0))
    best = fitted(X, y, solver=None)
    ours = excess(fitted(X, y), best, X, y)
    for interval in ((-3, 1), (-2, 0), (-4, 2), (-3, 3)):
        assert ours < 0.2 * excess(fitted(X, y, interval=interval), best, X, y)


def test_the_certificate_tells_the_excess_in_bits_per_spike():
    X, y = counts(0.7)
    model, best = fitted(X, y), fitted(X, y, solver=None)
    bits = [bits_per_spike(y, fit.predict(X), null_mean=y.mean(axis=0)) for fit in (best, model)]
    assert_allclose(model.fit_report_.excess_bits_per_spike, bits[0] - bits[1], rtol=0.2)
    assert "bits per spike" in str(model.fit_report_)
    assert (best.fit_report_.excess_bits_per_spike < 1e-12).all()


def test_an_infinite_penalty_leaves_the_mean_rate():
    X, y = counts()
    model = fitted(X, y, ridge=1e9)
    assert_allclose(model.coef_, 0, atol=1e-8)
    assert_allclose(np.exp(model.intercept_), y.mean(axis=0), rtol=1e-7)


def test_where_it_starts_makes_no_difference():
    X, y = counts()
    model = nmo.PopulationGLM(solver_name=SOLVER).fit(X, y, (np.full((3, 2), 0.3), np.ones(2)))
    assert_allclose(model.coef_, fitted(X, y).coef_, rtol=1e-7)
    assert model.fit_report_.status == fitted(X, y).fit_report_.status


def test_it_is_a_start_for_the_exact_fit():
    X, y = counts()
    model = fitted(X, y)
    best = nmo.PopulationGLM().fit(X, y, init_params=(model.coef_, model.intercept_))
    assert best.fit_report_.converged
    assert_allclose(best.coef_, fitted(X, y, solver=None).coef_, atol=1e-7)


# --- what a report says ---


def test_who_asks_for_an_approximation_is_not_warned_of_one():
    X, y = counts()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fitted(X, y)
    report = model.fit_report_
    assert set(report.status) == {"approximate"}
    assert (report.is_well, report.converged) == (True, False)
    assert not model.solver_state_.stats.converged
    assert "leave solver_name=None" in report.to_frame()["what_to_do"][0]


def test_a_poor_approximation_says_so():
    X, y = counts()
    with pytest.warns(ConvergenceWarning, match="rough approximation"):
        model = fitted(X, y, interval=(3.0, 6.0))
    assert set(model.fit_report_.status) == {"rough approximation"}


def test_trouble_has_its_status_and_harms_no_other():
    X, y = simulated("Bernoulli", "logistic", 400, 2)
    y = np.column_stack([y, X[:, 0] > 0.1, np.zeros(400), np.ones(400)])
    with pytest.warns(ConvergenceWarning):
        model = fitted(X, y, "Bernoulli")
    status = model.fit_report_.status
    assert status[:2] == ("approximate", "approximate")
    assert status[2] in ("separated", "rough approximation")
    assert status[3:] == ("silent", "saturated")
    assert np.abs(model.coef_).max() < 10
    assert_allclose(model.coef_[:, :2], fitted(X, y[:, :2], "Bernoulli").coef_, rtol=1e-7)


# --- what it cannot do ---


def test_a_loss_that_is_not_affine_in_the_response_is_refused():
    import jax.numpy as jnp

    class Laplacian(nmo.observation_models.Observations):
        """Smoothed absolute errors."""

        default_inverse_link_function = "identity"

        def _negative_log_likelihood(self, y, predicted_rate, aggregate_sample_scores=jnp.mean):
            return aggregate_sample_scores(jnp.sqrt(1.0 + (y - predicted_rate) ** 2))

        def log_likelihood(self, y, predicted_rate, scale=1.0, aggregate_sample_scores=jnp.mean):
            return -self._negative_log_likelihood(y, predicted_rate, aggregate_sample_scores)

        def deviance(self, y, predicted_rate, scale=1.0):
            return (y - predicted_rate) ** 2

        def estimate_scale(self, y, predicted_rate, dof_resid):
            return jnp.ones(())

        def sample_generator(self, key, predicted_rate, scale=1.0):
            return predicted_rate

    X, y = simulated("Gaussian", "identity", 400, 2)
    with pytest.raises(ValueError, match="affine in the response"):
        fitted(X, y, Laplacian())


@pytest.mark.parametrize(
    ("interval", "error"),
    [(3.0, TypeError), ("ab", TypeError), ((1, 0), ValueError), ((0, np.inf), ValueError)],
)
def test_intervals_that_cannot_be_used(interval, error):
    X, y = counts()
    with pytest.raises(error, match=r"interval.*Given: .*Expected: "):
        fitted(X, y, interval=interval)


def test_intervals_outside_the_domain_of_the_link():
    X, y = simulated("Gamma", "one_over_x", 400, 2)
    with pytest.raises(ValueError, match="interval holds linear predictors"):
        fitted(X, y, "Gamma", "one_over_x", interval=(-1, 1))


def test_a_bent_link_needs_responses_that_can_weigh():
    X, y = simulated("Gaussian", "exp", 400, 2)
    with pytest.raises(ValueError, match="canonical link"):
        fitted(X, y, "Gaussian", "exp")


def test_second_moments_that_are_too_large():
    X, y = counts(n_rows=400)
    X = np.random.default_rng(0).normal(size=(400, 80))
    with config_context(memory="128KiB"), pytest.raises(ValueError, match="canonical link"):
        fitted(X, y, link="softplus")


def test_other_estimators_and_penalties():
    X, y = counts()
    with pytest.raises(ValueError, match="Lasso"):
        nmo.GLM(regularizer="Lasso", solver_name=SOLVER).fit(X, y[:, 0])
    with pytest.raises(ValueError, match="GLM"):
        nmo.ClassifierGLM(2, solver_name=SOLVER).fit(X, y[:, 0] > 0)
