"""Gradient and curvature of the penalised mean loss, written out densely: shares no code with us.

Parameters are (p + 1,) vectors, the intercept last, or (p,) without one; X is (T, p) and y (T,).
"""

import numpy as np
from tests.catalogue import NB_SCALE
from tests.reference.numpy_glm import LINKS, WITH_DISPERSION, variance


def gradient(parameters, X, y, case, *, weights=None, offset=0.0, ridge=None):
    """d/d(w, b) of factor * sum a D / 2 / sum a + ridge / 2 |w|^2; dD/dmu = -2 (y - mu) / V.

    The smooth part of the objective: kinks of the penalty are left out.
    """
    f, slope, _ = LINKS[case.link]
    Z = np.column_stack([X, np.ones(len(y))])[:, : len(parameters)]
    a = np.ones(len(y)) if weights is None else weights
    eta = Z @ parameters + offset
    mu = f(eta)
    factor = 2.0 if case.model == "Gaussian" else 1.0
    residual = factor * (mu - y) / variance(case.model, mu, NB_SCALE) * slope(eta)
    p = X.shape[1]
    S = case.penalty.matrix_of(p) if ridge is None else ridge * np.eye(p)
    slopes = Z.T @ (a * residual) / a.sum()
    slopes[: len(S)] += S @ parameters[: len(S)]
    return slopes


def smallest_subgradient(parameters, X, y, case, **more):
    """The shortest slope of the whole objective, kinks included: zero at the optimum alone."""
    slope = gradient(parameters, X, y, case, ridge=0.0, **more)
    return np.append(case.penalty.shortest_slope(parameters[:-1], slope[:-1]), slope[-1])


def hessian(parameters, X, y, case, **more):
    """Central differences of the gradient: right to about nine digits."""
    steps = 1e-5 * np.maximum(1.0, np.abs(parameters))
    rows = [
        (
            gradient(parameters + h, X, y, case, **more)
            - gradient(parameters - h, X, y, case, **more)
        )
        for h in np.diag(steps)
    ]
    H = np.array(rows) / (2 * steps[:, None])
    return (H + H.T) / 2


def newton_decrement(parameters, X, y, case, **more):
    """sqrt(g' H^-1 g): the distance to the optimum in the norm of the curvature."""
    g = gradient(parameters, X, y, case, **more)
    return np.sqrt(g @ np.linalg.solve(hessian(parameters, X, y, case, **more), g))


def parameters_of(model, neuron=0):
    """(p + 1,) of a fitted GLM, or of one neuron of a population."""
    coef = model.coef_ if model.coef_.ndim == 1 else model.coef_[:, neuron]
    return np.append(coef, model.intercept_[neuron])


def distance(parameters, others, X, y, case, **more):
    """sqrt(d' H d) with d the difference: what a Newton decrement estimates; H at the others."""
    difference = np.asarray(parameters) - others
    return np.sqrt(difference @ hessian(others, X, y, case, **more) @ difference)


def unit(case, y):
    """Root of the dispersion of a model without features, in which decrements are counted."""
    return (
        y.std() / np.sqrt(variance(case.model, y.mean())) if case.model in WITH_DISPERSION else 1.0
    )
