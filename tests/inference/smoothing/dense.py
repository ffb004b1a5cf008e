"""The marginal likelihood of strengths, written out with dense matrices: an oracle.

Wood (2011), J R Stat Soc B 73, eq. 4, for models with a known dispersion of one.
"""

import numpy as np
import scipy.stats as st

NB_SCALE = 0.5
FAMILIES = {
    "Poisson": (
        np.exp,
        st.poisson.logpmf,
        lambda y, eta: np.exp(eta) - y,
        lambda y, eta: np.exp(eta),
    ),
    "NegativeBinomial": (
        np.exp,
        lambda y, mu: st.nbinom.logpmf(y, 1 / NB_SCALE, 1 / (1 + NB_SCALE * mu)),
        lambda y, eta: (np.exp(eta) - y) / (1 + NB_SCALE * np.exp(eta)),
        lambda y, eta: np.exp(eta) * (1 + NB_SCALE * y) / (1 + NB_SCALE * np.exp(eta)) ** 2,
    ),
    "Bernoulli": (
        lambda eta: 1 / (1 + np.exp(-eta)),
        st.bernoulli.logpmf,
        lambda y, eta: 1 / (1 + np.exp(-eta)) - y,
        lambda y, eta: 1 / (2 + np.exp(eta) + np.exp(-eta)),
    ),
}


def log_marginal_likelihood(family, X, y, matrices, strengths, *, weights=1.0, offset=0.0):
    """Return it, and the mode (p + 1,), for matrices (p, p) with a strength each.

    Directions that neither X nor S decide are left out: parameters are those orthogonal to them.
    """
    mean, density, slope, bend = FAMILIES[family]
    Z = np.column_stack([X, np.ones(len(y))])
    a = weights * np.ones(len(y))
    padded = [np.pad(S, (0, 1)) for S in matrices]
    sizes = [(j + 1) / max(np.trace(S), 1e-300) for j, S in enumerate(padded)]
    balanced = sum(s * S for s, S in zip(sizes, padded, strict=True))
    U = _range(Z.T @ (a[:, None] * Z) / a.sum() + balanced)
    values, turn = np.linalg.eigh(U.T @ balanced @ U)  # which keeps matrices apart
    U, inside = U @ turn, values > 1e-11 * values[-1]
    whole = sum(s * U.T @ S @ U for s, S in zip(strengths, padded, strict=True))
    Z = Z @ U
    beta = np.zeros(Z.shape[1])
    for _ in range(200):
        eta = Z @ beta + offset
        H = Z.T @ ((a * bend(y, eta))[:, None] * Z) + whole
        step = np.linalg.solve(H, Z.T @ (a * slope(y, eta)) + whole @ beta)
        beta = beta - step * min(1.0, 2.0 / np.abs(Z @ step).max())
        if np.abs(Z @ step).max() < 1e-13:
            break
    eta = Z @ beta + offset
    H = Z.T @ ((a * bend(y, eta))[:, None] * Z) + whole
    log_det = _log_det(whole[np.ix_(inside, inside)]) - _log_det(H)
    worth = (a * density(y, mean(eta))).sum() - 0.5 * beta @ whole @ beta
    worth += 0.5 * log_det
    return worth + 0.5 * (~inside).sum() * np.log(2 * np.pi), U @ beta


def slopes_by_log_strength(family, X, y, matrices, strengths, *, step=1e-2, **data):
    """Return derivatives (R,) by log strengths, by central differences."""
    found = []
    for j in range(len(strengths)):
        ends = []
        for sign in (1, -1):
            moved = np.array(strengths) * np.exp(sign * step * (np.arange(len(strengths)) == j))
            ends.append(log_marginal_likelihood(family, X, y, matrices, moved, **data)[0])
        found.append((ends[0] - ends[1]) / (2 * step))
    return np.array(found)


def _log_det(M):
    size = np.diag(M)
    return np.log(size).sum() + np.linalg.slogdet(M / np.sqrt(np.outer(size, size)))[1]


def _range(M):
    unit = 1 / np.sqrt(np.maximum(np.diag(M), 1e-300))
    values, vectors = np.linalg.eigh(M * np.outer(unit, unit))
    null = vectors[:, values < 1e-11] * unit[:, None]
    basis = np.linalg.svd(null, full_matrices=True)[0] if null.size else np.eye(len(M))
    return basis[:, null.shape[1] :]
