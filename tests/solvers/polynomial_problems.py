"""Problems and fits that the tests of polynomial approximations share."""

import numpy as np

import spikeglm as nmo

SOLVER = "PolynomialApproximation"


def fitted(X, y, model="Poisson", link=None, *, solver=SOLVER, mask=None, ridge=None, **more):
    """Return a population fitted by quadratics, or by another solver; ``interval`` is a setting."""
    interval = more.pop("interval", None)
    return nmo.PopulationGLM(
        model,
        link,
        regularizer=None if ridge is None else "Ridge",
        regularizer_strength=ridge,
        solver_name=solver,
        solver_kwargs=None if interval is None else {"interval": interval},
        feature_mask=mask,
    ).fit(X, y, **more)


def counts(spread=1.0, n_rows=3000, n_neurons=2, seed=0):
    """Return skewed features (T, 3) and Poisson counts whose log rate varies with ``spread``."""
    rng = np.random.default_rng(seed)
    X = rng.exponential(size=(n_rows, 3)) @ np.array([[1.0, 0.5, 0], [0, 1.0, 0], [0, 0, 1.0]])
    coef = 0.15 * spread * rng.choice([-1, 1], (3, n_neurons))
    return X, rng.poisson(np.exp((X - X.mean(axis=0)) @ coef - 0.5)).astype(float)
