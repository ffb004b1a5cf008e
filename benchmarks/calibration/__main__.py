"""Coverage of 95 % intervals, written to RESULTS.md: ``python -m benchmarks.calibration``.

Every cell is one fit: the recordings are its columns, a neuron each. It takes some minutes of one
core. The standard error of a coverage from n recordings is at most sqrt(.05 .95 / n).
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo

RESULTS = Path(__file__).with_name("RESULTS.md")
N = 1000  # recordings per cell
_Z = 1.959963984540054


class Dispersion(NamedTuple):
    """A model whose coefficients are drawn from the prior that its Ridge penalty states."""

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

    def draw(self, rng: np.random.Generator) -> tuple[Any, Any, Any]:
        """Return features (T, p), coefficients (p, N) and responses (T, N)."""
        X = rng.normal(size=(self.n_rows, self.n_features))
        coef = rng.normal(0, self.prior_sd, (self.n_features, N))
        eta = X @ coef
        if self.model == "Gaussian":
            return X, coef, eta + np.sqrt(self.dispersion) * rng.normal(size=eta.shape)
        return X, coef, rng.gamma(1 / self.dispersion, self.dispersion * np.exp(eta))


DISPERSIONS = (
    Dispersion("Gaussian", 200, 20, 1.0, 0.1),
    Dispersion("Gaussian", 200, 180, 1.0, 0.1),
    Dispersion("Gaussian", 200, 400, 1.0, 0.1),
    Dispersion("Gamma", 200, 20, 0.1, 0.05),
    Dispersion("Gamma", 200, 180, 0.1, 0.05),
    Dispersion("Gamma", 200, 400, 0.1, 0.05),
    Dispersion("Gamma", 200, 20, 0.3, 0.05),
    Dispersion("Gamma", 200, 180, 0.3, 0.05),
    Dispersion("Gamma", 200, 400, 0.3, 0.05),
)


def of_dispersions() -> Iterator[str]:
    """Yield the rows of the table of penalised fits."""
    for cell in DISPERSIONS:
        X, coef, y = cell.draw(np.random.default_rng(0))
        link = "exp" if cell.model == "Gamma" else None
        model = nmo.PopulationGLM(
            cell.model,
            inverse_link_function=link,
            regularizer="Ridge",
            regularizer_strength=cell.strength,
        ).fit(X, y)
        errors, _ = model.standard_errors(X, y)
        off = np.abs(model.coef_ - coef)
        left = cell.n_rows - model.edf_
        counted = np.sqrt(left / np.maximum(model.dof_resid_, 1))  # of errors by T - p - 1
        yield (
            f"| {cell.model} | {cell.dispersion} | {cell.n_rows} | {cell.n_features} "
            f"| {model.edf_.mean():.1f} "
            f"| {model.scale_.mean() / cell.dispersion:.3f} "
            f"| **{(off < _Z * errors).mean():.3f}** "
            f"| {(model.scale_ * counted**2).mean() / cell.dispersion:.2f} "
            f"| {(off < _Z * counted * errors).mean():.3f} |"
        )


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


COEF = np.array([0.5, -0.3, 0.0])
SEPARATED = (
    Separated("a bin without spikes", "Poisson", None, 1000, -2.0, 0.0),
    Separated("a bin without spikes", "Poisson", "softplus", 1000, -1.5, 0.0),
    Separated("never a choice", "Bernoulli", None, 600, -0.5, 0.0),
    Separated("always a choice", "Bernoulli", None, 600, -0.5, 1.0),
)


def of_separated() -> Iterator[str]:
    """Yield the rows of the table of separated fits."""
    for cell in SEPARATED:
        X, y = cell.draw(np.random.default_rng(1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that they are separated
            model = nmo.PopulationGLM(cell.model, inverse_link_function=cell.link).fit(X, y)
        errors, of_intercept = model.standard_errors(X, y)
        n_separated = model.fit_report_.status.count("separated")
        inside = np.abs(model.coef_[:3] - COEF[:, None]) < _Z * errors[:3]
        level = np.abs(model.intercept_ - cell.intercept) < _Z * of_intercept
        yield (
            f"| {cell.name} | {cell.model}, {cell.link or 'default link'} | {cell.n_rows} "
            f"| {n_separated} of {N} | {np.isnan(errors[3]).mean():.3f} "
            f"| {np.isfinite(errors[:3]).mean():.3f} "
            f"| **{', '.join(f'{share:.3f}' for share in inside.mean(axis=1))}** "
            f"| **{level.mean():.3f}** |"
        )


_TEXT = """# Coverage of 95 % intervals

`python -m benchmarks.calibration` wrote this page with spikeglm {version}, NumPy {numpy}, Python
{python}. Each line is {n} simulated recordings, which are the columns of one fit.

## Coefficients from the prior that a Ridge penalty states

The dispersion stands on effective degrees of freedom
([decision 0017](../../docs/decisions/0017-dispersion.md)). The last two columns are what the
divisor T - p - 1 (at least 1) would give. For Gamma the posterior is approximate (Laplace), and its
Pearson residuals are skewed: with a dispersion of .3 and edf near T / 2 it is a little too narrow.

| model | phi | rows T | features p | edf | dispersion / true | coverage | by T - p - 1 | coverage |
|---|---|---|---|---|---|---|---|---|
{dispersions}

## A feature that separates

The other coefficients are the truth (.5, -.3, 0) plus an intercept
([decision 0018](../../docs/decisions/0018-separation.md)). Without the limit of the likelihood all
standard errors of these recordings were NaN.

| what | model | rows | separated | NaN for the feature | finite for others | coverage | intercept |
|---|---|---|---|---|---|---|---|
{separated}
"""


def main() -> None:
    """Make both tables."""
    text = _TEXT.format(
        version=nmo.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        n=N,
        dispersions="\n".join(of_dispersions()),
        separated="\n".join(of_separated()),
    )
    RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
