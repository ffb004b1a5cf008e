"""A generalized linear model, fitted in 100 lines of NumPy. Start reading here.

A neuron's response y_t (a spike count, say) has a mean that depends on p features x_t:

    mean of y_t = mu_t = f(x_t . w + b + offset_t)          f: the inverse link, e.g. exp

and scatters around it with variance phi V(mu_t): V(mu) = mu for Poisson counts, mu (1 - mu) for 0/1
responses, and so on. Fitting means to minimise, over the coefficients w and the intercept b,

    factor * sum_t a_t D(y_t, mu_t) / 2 / sum_t a_t  +  ridge / 2 * |w|^2

D is the deviance, twice the log-likelihood ratio to the perfect prediction mu_t = y_t, and a_t the
weight of row t. (factor is 1, but 2 for Gaussian responses, whose loss is (y - mu)^2 here.)

To first order, a step d of the parameters moves mu_t by f'(eta_t) z_t . d, where z_t is x_t with
a 1 appended. The deviance then changes as the sum of squares of the Pearson residuals
(y_t - mu_t) / sqrt(V) does, and the best step is an ordinary least-squares fit of these residuals
on the rows f'(eta_t) / sqrt(V) z_t. Repeating this is iteratively reweighted least squares
(McCullagh & Nelder 1989, section 2.5): Newton's method with the expected curvature.

The library does the same for many neurons at once, without building z, and shares no code with this
page, which therefore serves the tests as an oracle.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri, xlogy

# name: (mean f(eta), slope f'(eta), eta of a mean)
LINKS = {
    "exp": (np.exp, np.exp, np.log),
    "softplus": (lambda e: np.logaddexp(0, e), expit, lambda mu: np.log(np.expm1(mu))),
    "identity": (lambda e: e, np.ones_like, lambda mu: mu),
    "one_over_x": (lambda e: 1 / e, lambda e: -1 / e**2, lambda mu: 1 / mu),
    "one_over_sqrt_x": (
        lambda e: np.copysign(np.abs(e) ** -0.5, e),
        lambda e: -0.5 * np.abs(e) ** -1.5,
        lambda mu: np.copysign(mu**-2.0, mu),
    ),
    "logistic": (expit, lambda e: expit(e) * expit(-e), logit),
    "norm.cdf": (ndtr, lambda e: np.exp(-(e**2) / 2) / np.sqrt(2 * np.pi), ndtri),
}


def variance(model, mu, nb_scale=1.0):
    """V(mu), the variance of y at dispersion phi = 1."""
    if model == "NegativeBinomial":
        return mu + nb_scale * mu**2
    by_model = {"Poisson": mu, "Bernoulli": mu * (1 - mu), "Gamma": mu**2, "InverseGaussian": mu**3}
    return by_model[model] if model != "Gaussian" else np.ones_like(mu)


WITH_DISPERSION = ("Gaussian", "Gamma", "InverseGaussian")  # phi is 1 for the others


def deviance(model, y, mu, nb_scale=1.0):
    """D(y, mu) per row: 2 (log p(y | mean y) - log p(y | mean mu))."""
    if model == "Gaussian":
        return (y - mu) ** 2
    if model == "Gamma":
        return 2 * ((y - mu) / mu - np.log(y / mu))
    if model == "InverseGaussian":
        return (y - mu) ** 2 / (mu**2 * y)
    if model == "Bernoulli":
        return 2 * (xlogy(y, y / mu) + xlogy(1 - y, (1 - y) / (1 - mu)))
    if model == "Poisson":
        return 2 * (xlogy(y, y / mu) - (y - mu))
    ratio = (1 + nb_scale * mu) / (1 + nb_scale * y)
    return 2 * (xlogy(y, y / mu * ratio) + np.log(ratio) / nb_scale)


class Fit(NamedTuple):
    """What a fit returns. All sums over rows carry the row weights."""

    coef: np.ndarray  # (p,)
    intercept: float
    mean: np.ndarray  # (T,)
    deviance: float
    objective: float
    scale: float  # dispersion phi: Pearson's estimate, or 1 for a model without one
    standard_errors: np.ndarray  # (p + 1,), any intercept last; of the fit without ridge


def fit(
    X, y, model="Poisson", link="exp", *,
    weights=None, offset=0.0, ridge=0.0, nb_scale=1.0, intercept=True,
):  # fmt: skip
    """Fit one neuron: X (T, p), y (T,), weights (T,), offset (T,), ridge a number or (p,), or a
    matrix S (p, p) for a penalty w'S w / 2.

    Without an intercept b is zero, and parameters and standard errors lack it.
    """
    f, slope, eta_of_mean = LINKS[link]
    a = np.ones(len(y)) if weights is None else weights
    factor = 2.0 if model == "Gaussian" else 1.0
    p = X.shape[1]
    Z = np.column_stack([X, np.ones(len(y))])[:, : p + intercept]
    S = ridge if np.ndim(ridge) == 2 else np.diag(np.broadcast_to(ridge, p).astype(float))
    values, vectors = np.linalg.eigh(S)
    root_ridge = np.zeros((p, p + intercept))  # root'root = S, without a part for the intercept
    root_ridge[:, :p] = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    per_row = np.sqrt(factor * a / a.sum())

    def objective(parameters):
        with np.errstate(all="ignore"):
            mu = f(Z @ parameters + offset)
            loss = factor * np.sum(a * deviance(model, y, mu, nb_scale)) / 2 / a.sum()
        impossible = not np.isfinite(loss) or np.any(variance(model, mu, nb_scale) <= 0)
        return np.inf if impossible else loss + np.sum((root_ridge @ parameters) ** 2) / 2

    # Where the predictor is as nearly as can be that of the mean response.
    wanted = eta_of_mean(np.average(y, weights=a)) - np.broadcast_to(offset, len(y))
    parameters = np.linalg.lstsq(Z, wanted, rcond=None)[0]
    for _ in range(1000):
        eta = Z @ parameters + offset
        root_variance = np.sqrt(variance(model, f(eta), nb_scale))
        rows = (per_row * slope(eta) / root_variance)[:, None] * Z
        residuals = per_row * (y - f(eta)) / root_variance
        # The ridge is one more row per coefficient, which asks it to be zero.
        A = np.vstack([rows, root_ridge])
        size = np.linalg.norm(A, axis=0)
        target = np.append(residuals, -root_ridge @ parameters)
        step = np.linalg.lstsq(A / size, target, rcond=None)[0] / size
        now = objective(parameters)
        while objective(parameters + step) > now + 1e-14 * abs(now):
            step = step / 2
        parameters = parameters + step
        if np.linalg.norm(A @ step) < 1e-13 * (1 + np.linalg.norm(target)):
            break

    eta = Z @ parameters + offset
    mu = f(eta)
    rows = (np.sqrt(a / variance(model, mu, nb_scale)) * slope(eta))[:, None] * Z
    size = np.linalg.norm(rows, axis=0)
    root_covariance = np.linalg.pinv(rows / size) / size[:, None]
    pearson = np.sum(a * (y - mu) ** 2 / variance(model, mu, nb_scale))
    scale = pearson / (a.sum() - Z.shape[1]) if model in WITH_DISPERSION else 1.0
    return Fit(
        coef=parameters[:p],
        intercept=parameters[p] if intercept else 0.0,
        mean=mu,
        deviance=np.sum(a * deviance(model, y, mu, nb_scale)),
        objective=objective(parameters),
        scale=scale,
        standard_errors=np.sqrt(scale) * np.linalg.norm(root_covariance, axis=1),
    )
