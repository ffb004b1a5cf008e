"""Whether a sparse fit is optimal, straight from the definition: dense, float64, in users' units.

Losses are means over rows, as in the library; penalties are sums of strength · sqrt(size) · norm
over groups of coefficients (a Lasso has groups of one) plus a ridge.
"""

import numpy as np


def logistic(eta):
    return 1 / (1 + np.exp(-eta))


SLOPES = {  # of a row's loss by the linear predictor
    ("Poisson", "exp"): lambda eta, y: np.exp(eta) - y,
    ("Poisson", "softplus"): lambda eta, y: logistic(eta) * (1 - y / np.logaddexp(0, eta)),
    ("Bernoulli", "logistic"): lambda eta, y: logistic(eta) - y,
    ("Gaussian", "identity"): lambda eta, y: 2 * (eta - y),
    ("Gamma", "exp"): lambda eta, y: 1 - y * np.exp(-eta),
    ("NegativeBinomial", "exp"): lambda eta, y: (1 + y) * logistic(eta) - y,
}


def violation(X, y, pair, coef, intercept, *, strength, groups=None, ridge=0.0):
    """Return the largest violation relative to its strength, and the slope by the intercept.

    For convex losses, the objective is then at most violation · strength · |coef - best|_1 above
    its minimum.
    """
    X, coef = np.asarray(X, dtype=float), np.asarray(coef, dtype=float)
    by_eta = SLOPES[pair](X @ coef + intercept, y) / len(y)
    slope = X.T @ by_eta + ridge * coef
    worst = 0.0
    for group in groups or [[j] for j in range(X.shape[1])]:
        limit, size = strength * np.sqrt(len(group)), np.linalg.norm(coef[group])
        if size == 0:
            excess = np.linalg.norm(slope[group]) - limit
        else:
            excess = np.linalg.norm(slope[group] + limit * coef[group] / size)
        worst = max(worst, excess / limit)
    return worst, abs(by_eta.sum())
