"""What a response costs, given its linear predictor: every model x link, in long double.

Shares no code with the library. A loss takes the linear predictors eta (T, K) and returns per row
its value, its slope (T, K), and roots (T, K, K): root' root is the curvature, or where that is not
positive a stand-in, the expected one. K is 1, but for labels the number of classes.

With the mean mu(eta) and the loss l(mu): slope l' mu', curvature l'' mu'^2 + l' mu'', and the
expected curvature factor mu'^2 / V(mu). Long double has digits to spare: an expression that loses
three of them here still has more than the float64 numbers that are judged.
"""

import numpy as np
from scipy.special import log_ndtr

Long = np.longdouble


def _softplus(eta):
    return np.maximum(eta, 0) + np.log1p(np.exp(-np.abs(eta)))


def _expit(eta):
    return 1 / (1 + np.exp(-eta))


def _exp(eta):
    mu = np.exp(eta)
    return mu, -np.expm1(eta), mu, mu


def _soft(eta):
    mu, p, q = _softplus(eta), _expit(eta), _expit(-eta)
    return mu, 1 - mu, p, p * q


def _logistic(eta):
    p, q = _expit(eta), _expit(-eta)
    return p, q, p * q, p * q * (q - p)


def _identity(eta):
    return eta, 1 - eta, np.ones_like(eta), np.zeros_like(eta)


def _reciprocal(eta):
    return 1 / eta, 1 - 1 / eta, -1 / eta**2, 2 / eta**3


def _reciprocal_root(eta):
    mu = np.copysign(1 / np.sqrt(np.abs(eta)), eta)
    return mu, 1 - mu, -mu / eta / 2, 3 * mu / eta**2 / 4


def _probit(eta):
    double = eta.astype(float)  # SciPy has it in double; its logarithm does not underflow
    density = np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
    mu, rest = np.exp(log_ndtr(double).astype(Long)), np.exp(log_ndtr(-double).astype(Long))
    return mu, rest, density, -eta * density


# name: eta to (mean, 1 - mean, mean', mean'')
LINKS = {
    "exp": _exp,
    "softplus": _soft,
    "logistic": _logistic,
    "identity": _identity,
    "one_over_x": _reciprocal,
    "one_over_sqrt_x": _reciprocal_root,
    "norm.cdf": _probit,
}


def of_mean(model, y, mu, rest, nb_scale):
    """Return loss, its two derivatives by the mean, and 1 / V(mu) times the factor of the loss."""
    if model == "Poisson":
        return mu - _xlog(y, mu), 1 - _ratio(y, mu), _ratio(y, mu**2), 1 / mu
    if model == "Gaussian":
        return (y - mu) ** 2, 2 * (mu - y), 2 + 0 * mu, 2 + 0 * mu
    if model == "Gamma":
        return y / mu + np.log(mu), (1 - y / mu) / mu, (2 * y / mu - 1) / mu**2, 1 / mu**2
    if model == "InverseGaussian":
        return y / mu**2 / 2 - 1 / mu, (1 - y / mu) / mu**2, (3 * y / mu - 2) / mu**3, 1 / mu**3
    if model == "Bernoulli":
        value = -_xlog(y, mu) - _xlog(1 - y, rest)
        bend = _ratio(y, mu**2) + _ratio(1 - y, rest**2)
        return value, _ratio(1 - y, rest) - _ratio(y, mu), bend, 1 / (mu * rest)
    size, spread = 1 / Long(nb_scale), 1 + nb_scale * mu
    value = (y + size) * np.log1p(nb_scale * mu) - _xlog(y, nb_scale * mu)
    second = _ratio(y, mu**2) - (1 + nb_scale * y) * nb_scale / spread**2
    return value, (1 - _ratio(y, mu)) / spread, second, 1 / (mu * spread)


def _xlog(y, mu):
    return np.where(y == 0, 0, y * np.log(mu))


def _ratio(y, mu):
    return np.where(y == 0, 0, y / np.where(y == 0, 1, mu))


def is_possible(model, y, mu, rest):
    if model == "Gaussian":
        return np.isfinite(mu)
    is_rare = (mu > 0) | ((mu == 0) & (y == 0))  # a mean that underflows is as good as any
    if model in ("Poisson", "NegativeBinomial"):
        return is_rare & np.isfinite(mu)
    if model == "Bernoulli":
        return is_rare & ((rest > 0) | ((rest == 0) & (y == 1)))
    return (mu > 0) & np.isfinite(mu)


def of_response(model, link, y, nb_scale=1.0):
    """Return the loss of responses y (T,); K = 1."""
    y = np.asarray(y, dtype=Long)

    def loss(eta):
        mu, rest, first, second = LINKS[link](eta[:, 0])
        value, by_mu, bend, expected = of_mean(model, y, mu, rest, nb_scale)
        value = np.where(is_possible(model, y, mu, rest), value, np.inf)
        fisher = expected * first**2
        observed = bend * first**2 + by_mu * second
        curvature = np.where(observed > fisher / 100, observed, fisher)
        return value, (by_mu * first)[:, None], np.sqrt(curvature)[:, None, None]

    return loss


def of_labels(codes, n_classes):
    """Return the loss of labels (T,) of 0 to K - 1: -log of their probability."""
    hot = np.eye(n_classes, dtype=Long)[codes]

    def loss(eta):
        shifted = eta - eta.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        p = np.exp(log_p)
        # diag(p) - p p' = root' root with root = diag(sqrt p) (1 - 1 p')
        root = np.sqrt(p)[:, :, None] * (np.eye(n_classes) - p[:, None, :])
        return -(hot * log_p).sum(axis=1), p - hot, root

    return loss


CONVEX = {
    ("Poisson", "exp"), ("Poisson", "softplus"), ("Poisson", "identity"),
    ("Gaussian", "identity"), ("Gamma", "exp"), ("Gamma", "one_over_x"),
    ("InverseGaussian", "one_over_sqrt_x"),
    ("Bernoulli", "exp"), ("Bernoulli", "softplus"), ("Bernoulli", "identity"),
    ("Bernoulli", "logistic"), ("Bernoulli", "norm.cdf"), ("NegativeBinomial", "exp"),
}  # fmt: skip
