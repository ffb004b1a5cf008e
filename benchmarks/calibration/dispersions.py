"""Coverage where coefficients are drawn from the prior that a Ridge penalty states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo
from spikeglm.inference.curve_bands import quantile

from .posterior import gamma_posterior

N_DESIGNS, N_EACH = 4, 250  # recordings are the columns of one fit per design
Z = 1.959963984540054


class Cell(NamedTuple):
    """A model, its sizes, its dispersion and the deviation of its coefficients."""

    model: str
    n_rows: int
    n_features: int
    dispersion: float
    prior_sd: float

    @property
    def loss_unit(self) -> float:
        """The loss in units of the negative log-likelihood: two for squared errors."""
        return 2.0 if self.model == "Gaussian" else 1.0

    @property
    def strength(self) -> float:
        """Of the penalty that states this prior: sd² = unit phi / (strength T)."""
        return self.loss_unit * self.dispersion / (self.prior_sd**2 * self.n_rows)

    @property
    def name(self) -> str:
        """The first columns of a table."""
        return f"| {self.model} | {self.dispersion} | {self.n_rows} | {self.n_features} |"

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Any, Any, Any]:
        """Return features (T, p), coefficients (p, n) and responses (T, n)."""
        X = rng.normal(size=(self.n_rows, self.n_features))
        coef = rng.normal(0, self.prior_sd, (self.n_features, n))
        eta = X @ coef
        if self.model == "Gaussian":
            return X, coef, eta + np.sqrt(self.dispersion) * rng.normal(size=eta.shape)
        return X, coef, rng.gamma(1 / self.dispersion, self.dispersion * np.exp(eta))

    def squared(self, X: Any) -> float:
        """Return tr H² of the map H from responses to fitted values, intercept included."""
        among = X - X.mean(axis=0)
        values = np.maximum(np.linalg.eigvalsh(among @ among.T), 0.0)
        shares = values / (values + self.strength * self.n_rows / self.loss_unit)
        return float((shares**2).sum()) + 1.0

    def fit(self, X: Any, y: Any, regularizer: str = "Ridge") -> nmo.PopulationGLM:
        """Fit all recordings."""
        return nmo.PopulationGLM(
            self.model,
            inverse_link_function="exp" if self.model == "Gamma" else None,
            regularizer=regularizer,
            regularizer_strength=self.strength if regularizer == "Ridge" else None,
        ).fit(X, y)


CELLS = tuple(
    Cell(model, 200, p, phi, sd)
    for model, phi, sd in (("Gaussian", 1.0, 0.1), ("Gamma", 0.1, 0.05), ("Gamma", 0.3, 0.05))
    for p in (20, 180, 400)
)


def with_error(by_recording: Any) -> str:
    """Return a mean over recordings and its standard error."""
    values = np.asarray(by_recording)
    return f"{values.mean():.4f} ± {values.std() / np.sqrt(len(values)):.4f}"


def of_penalties() -> Iterator[str]:
    """Yield the rows of the table of penalised fits."""
    for cell in CELLS:
        found: dict[str, list[Any]] = {}
        for design in range(N_DESIGNS):
            X, coef, y = cell.draw(np.random.default_rng(design), N_EACH)
            model = cell.fit(X, y)
            errors, _ = model.standard_errors(X, y)
            off, phi, left = np.abs(model.coef_ - coef), model.scale_, cell.n_rows - model.edf_
            nu = left**2 / (left - model.edf_ + cell.squared(X))
            counted = np.sqrt(left / np.maximum(model.dof_resid_, 1))  # of errors by T - p - 1
            known = np.sqrt(cell.dispersion / phi)
            for name, width in {
                "t": quantile(0.95, nu),
                "normal": Z,
                "known": Z * known,
                "counted": Z * counted,
            }.items():
                found.setdefault(name, []).append((off < width * errors).mean(axis=0))
            found.setdefault("phi", []).append(phi / cell.dispersion)
            found.setdefault("edf", []).append(model.edf_)
            found.setdefault("nu", []).append(nu)
        of = {name: np.concatenate(parts) for name, parts in found.items()}
        yield (
            f"{cell.name} {of['edf'].mean():.1f} | {of['nu'].mean():.0f} | {with_error(of['phi'])} "
            f"| **{with_error(of['t'])}** | {of['normal'].mean():.4f} | {of['known'].mean():.4f} "
            f"| {of['counted'].mean():.3f} |"
        )


def of_posteriors() -> Iterator[str]:
    """Yield the rows of the table that tells Laplace's approximation from the exact posterior."""
    for n_features, dispersion, n in ((20, 0.3, 600), (180, 0.3, 400), (180, 0.1, 200)):
        cell = Cell("Gamma", 200, n_features, dispersion, 0.05)
        rng = np.random.default_rng(10)
        X, coef, y = cell.draw(rng, n)
        model = cell.fit(X, y)
        off = np.abs(model.coef_ - coef)
        expected = model.standard_errors(X, y)[0] * np.sqrt(dispersion / model.scale_)
        observed = _observed_errors(cell, X, y / model.predict(X))
        exact = gamma_posterior(
            X,
            y,
            start=np.vstack([model.coef_, model.intercept_]),
            dispersion=dispersion,
            strength=cell.strength,
            rng=rng,
        )
        inside = ((coef > exact.low) & (coef < exact.high)).mean(axis=0)
        by_expected = (off < Z * expected).mean(axis=0)
        by_observed = (off < Z * observed).mean(axis=0)
        yield (
            f"{cell.name} {n} | {with_error(inside)} | {with_error(by_expected - inside)} "
            f"| {with_error(by_observed - inside)} | {(exact.deviation / expected).mean():.4f} "
            f"| {(exact.deviation / observed).mean():.4f} |"
        )


def _observed_errors(cell: Cell, X: Any, ratio: Any) -> Any:
    """Return standard errors (p, N) from the observed information, X'diag(y / mu) X / phi."""
    X1 = np.column_stack([X, np.ones(len(X))])
    prior = np.diag(np.append(np.full(X.shape[1], cell.strength * len(X)), 0.0))
    out = []
    for weight in ratio.T:
        covariance = cell.dispersion * np.linalg.inv((X1.T * weight) @ X1 + prior)
        out.append(np.sqrt(np.diag(covariance)[:-1]))
    return np.array(out).T


def of_no_penalty() -> Iterator[str]:
    """Yield the rows of the table of Pearson's dispersion without any penalty."""
    cells = [(200, 20, 0.3, 600), (200, 87, 0.3, 600), (200, 87, 0.1, 600), (2000, 870, 0.3, 40)]
    for n_rows, n_features, dispersion, n in cells:
        cell = Cell("Gamma", n_rows, n_features, dispersion, 0.05)
        X, _, y = cell.draw(np.random.default_rng(20), n)
        model = cell.fit(X, y, "UnRegularized")
        ratio = y / model.predict(X)
        deviance = 2 * (ratio - 1 - np.log(ratio)).sum(axis=0) / (n_rows - model.edf_)
        yield (
            f"{cell.name} {n} | {with_error(model.scale_ / dispersion)} "
            f"| {with_error(deviance / dispersion)} |"
        )
