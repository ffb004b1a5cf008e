"""Sparse fits of one neuron by the plainest method: accelerated proximal gradient, dense, slow.

An oracle for penalties with kinks: means over rows, plus any penalty that is given by its value and
its proximal operator.

Source: Beck & Teboulle (2009), SIAM J Imaging Sci 2:183-202, with a backtracked step, and started
anew where the objective rises (O'Donoghue & Candès 2015, Found Comput Math 15:715-32).
"""

import numpy as np
from tests.reference import numpy_glm


def lasso(strength):
    """Value and prox of strength |w|_1."""
    return (
        lambda w: np.sum(strength * np.abs(w)),
        lambda w, step: np.sign(w) * np.maximum(np.abs(w) - step * strength, 0.0),
    )


def elastic_net(strength, ratio):
    """Value and prox of strength (ratio |w|_1 + (1 - ratio) |w|²/2)."""
    l1, l2 = strength * ratio, strength * (1 - ratio)
    return (
        lambda w: np.sum(l1 * np.abs(w) + l2 * w**2 / 2),
        lambda w, step: np.sign(w) * np.maximum(np.abs(w) - step * l1, 0.0) / (1 + step * l2),
    )


def group_lasso(strength, groups):
    """Value and prox of sum_g strength_g sqrt(p_g) |w_g|; groups are lists of indices."""
    strength = np.broadcast_to(strength, len(groups))

    def value(w):
        return np.dot(strength, [np.sqrt(len(g)) * np.linalg.norm(w[g]) for g in groups])

    def prox(w, step):
        out = w.copy()
        for s, g in zip(strength, groups, strict=True):
            size = np.linalg.norm(w[g])
            out[g] = w[g] * max(0.0, 1 - step * s * np.sqrt(len(g)) / size) if size else 0.0
        return out

    return value, prox


def fit(X, y, penalty, model="Poisson", n_steps=20_000):
    """Return coefficients (p,), intercept and objective for a penalty ``(value, prox)``."""

    def loss(w, b):
        eta = X @ w + b
        return np.mean(np.exp(eta) - y * eta if model == "Poisson" else (y - eta) ** 2)

    def slope(w, b):
        eta = X @ w + b
        by_eta = (np.exp(eta) - y if model == "Poisson" else 2 * (eta - y)) / len(y)
        return X.T @ by_eta, by_eta.sum()

    b = np.log(y.mean()) if model == "Poisson" else y.mean()
    return minimised(loss, slope, penalty, np.zeros(X.shape[1]), b, n_steps)


def glm(X, y, penalty, model, link, *, weights=None, offset=0.0, ridge=0.0, nb_scale=1.0):
    """Fit any model: as :func:`numpy_glm.fit`, with a penalty ``(value, prox)`` added."""
    f, by_eta, eta_of_mean = numpy_glm.LINKS[link]
    a = np.ones(len(y)) if weights is None else weights
    a = a / a.sum() * (2.0 if model == "Gaussian" else 1.0)

    def loss(w, b):
        with np.errstate(all="ignore"):
            mu = f(X @ w + b + offset)
            value = np.sum(a * numpy_glm.deviance(model, y, mu, nb_scale)) / 2
            possible = np.all(numpy_glm.variance(model, mu, nb_scale) > 0) and np.isfinite(value)
        return value + ridge / 2 * w @ w if possible else np.inf

    def slope(w, b):
        eta = X @ w + b + offset
        mu = f(eta)
        residual = a * (mu - y) / numpy_glm.variance(model, mu, nb_scale) * by_eta(eta)
        return X.T @ residual + ridge * w, residual.sum()

    b = eta_of_mean(np.average(y, weights=weights)) - np.average(
        np.broadcast_to(offset, len(y)), weights=weights
    )
    w, b, objective = minimised(loss, slope, penalty, np.zeros(X.shape[1]), b)
    mean = f(X @ w + b + offset)
    return numpy_glm.Fit(w, b, mean, np.nan, objective, np.nan, np.full(len(w) + 1, np.nan))


def minimised(loss, slope, penalty, w, b, n_steps=20_000):
    """Return w, b and the objective at the minimum of ``loss(w, b) + value(w)``."""
    value_of, prox = penalty
    v, c, t, step = w, b, 1.0, 1.0
    best = loss(w, b) + value_of(w)
    for _ in range(n_steps):
        g, g_b = slope(v, c)
        here = loss(v, c)
        while True:
            w_new, b_new = prox(v - step * g, step), c - step * g_b
            d, d_b = w_new - v, b_new - c
            bound = here + g @ d + g_b * d_b + (d @ d + d_b**2) / (2 * step)
            if loss(w_new, b_new) <= bound + 1e-15 * abs(bound):
                break
            step /= 2
        new = loss(w_new, b_new) + value_of(w_new)
        t_new = 1.0 if new > best else (1 + np.sqrt(1 + 4 * t**2)) / 2
        ahead = 0.0 if new > best else (t - 1) / t_new
        moved = max(np.abs(w_new - w).max(), abs(b_new - b))
        v, c = w_new + ahead * (w_new - w), b_new + ahead * (b_new - b)
        w, b, t, best = w_new, b_new, t_new, min(best, new)
        if moved == 0.0:
            break
    return w, b, loss(w, b) + value_of(w)
