"""Coverage where a feature separates, of the coefficients that it leaves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo

from .dispersions import Z

N = 1000  # recordings per cell
COEF = np.array([0.5, -0.3, 0.0])
OF_CLASSES = np.outer(COEF, [1.0, 0.0, -1.0])  # (3, K)


class Separated(NamedTuple):
    """Responses that are silent (or all one) wherever an indicator is one, in every recording."""

    name: str
    model: str
    link: str | None
    n_rows: int
    intercept: float
    always: float

    def draw(self, rng: np.random.Generator) -> tuple[Any, Any]:
        """Return features (T, 4), of which the last is the indicator, and responses (T, N)."""
        just_fired = rng.random(self.n_rows) < 0.1
        X = np.column_stack([rng.normal(size=(self.n_rows, 3)), just_fired])
        eta = (X[:, :3] @ COEF + self.intercept)[:, None] * np.ones(N)
        if self.model == "Bernoulli":
            y = (rng.random(eta.shape) < 1 / (1 + np.exp(-eta))).astype(float)
        else:
            mean = np.exp(eta) if self.link is None else np.logaddexp(0, eta)
            y = rng.poisson(mean).astype(float)
        y[just_fired] = self.always
        return X, y


CELLS = (
    Separated("a bin without spikes", "Poisson", None, 1000, -2.0, 0.0),
    Separated("a bin without spikes", "Poisson", "softplus", 1000, -1.5, 0.0),
    Separated("never a choice", "Bernoulli", None, 600, -0.5, 0.0),
    Separated("always a choice", "Bernoulli", None, 600, -0.5, 1.0),
)


def of_separated() -> Iterator[str]:
    """Yield the rows of the table of separated fits."""
    for cell in CELLS:
        X, y = cell.draw(np.random.default_rng(1))
        model = nmo.PopulationGLM(cell.model, inverse_link_function=cell.link)
        errors, of_intercept = _fitted(model, X, y).standard_errors(X, y)
        inside = np.abs(model.coef_[:3] - COEF[:, None]) < Z * errors[:3]
        level = np.abs(model.intercept_ - cell.intercept) < Z * of_intercept
        title = f"| {cell.name} | {cell.model}, {cell.link or 'default link'} | {cell.n_rows} "
        yield title + _told(model, errors, inside, level)
    for name, excluded in (("never the third class", (2,)), ("always the first class", (1, 2))):
        X, y = _labels(np.random.default_rng(1), excluded)
        model = nmo.ClassifierPopulationGLM(3, regularizer="UnRegularized")
        errors, of_intercept = _fitted(model, X, y).standard_errors(X, y)
        inside = np.abs(model.coef_[:3] - OF_CLASSES[:, None]) < Z * errors[:3]
        level = np.abs(model.intercept_) < Z * of_intercept
        yield f"| {name} | three classes | {len(X)} " + _told(model, errors, inside, level)


def _labels(rng: np.random.Generator, excluded: tuple[int, ...]) -> tuple[Any, Any]:
    """Return features (T, 4) and labels (T, N), some of which never come with the indicator."""
    at_port = rng.random(600) < 0.1
    X = np.column_stack([rng.normal(size=(600, 3)), at_port])
    eta = (X[:, :3] @ OF_CLASSES)[:, None, :] * np.ones((1, N, 1))
    eta[np.ix_(at_port, np.arange(N), excluded)] = -np.inf
    return X, np.argmax(eta + rng.gumbel(size=eta.shape), axis=-1)


def _fitted(model: Any, X: Any, y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that they are separated
        return model.fit(X, y)


def _told(model: Any, errors: Any, inside: Any, level: Any) -> str:
    n_separated = model.fit_report_.status.count("separated")
    shares = inside.reshape(3, -1).mean(axis=1)
    return (
        f"| {n_separated} of {N} | {np.isnan(errors[3]).mean():.3f} "
        f"| {np.isfinite(errors[:3]).mean():.3f} "
        f"| **{', '.join(f'{share:.3f}' for share in shares)}** | **{level.mean():.3f}** |"
    )
