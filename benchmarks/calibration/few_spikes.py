"""Intervals where spikes are few: maximum likelihood and Firth's penalty, errors and profiles.

``python -m benchmarks.calibration.few_spikes`` writes its section of RESULTS.md. Recordings are
the columns of one fit. Features are independent and standardised; coefficients alternate in sign
and have a length of 0.7 together, so that the linear predictor has a deviation of 0.7 whatever
their number.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import expit

import spikeglm as nmo

from . import page

TEXT = """## Few spikes

`python -m benchmarks.calibration.few_spikes`: 1000 recordings a line, of 400 bins (sixty features)
or 1000.

{head}
{rows}
"""
TITLES = (
    "model",
    "spikes",
    "features",
    "method",
    "no fit",
    "intercept: bias",
    "± 1.96 errors",
    "profile",
    "coefficients: factor",
    "± 1.96 errors",
)
N = 1000  # recordings
_LENGTH = 0.7
_CELLS = (  # model, spikes, features, bins
    ("Poisson", 100, 60, 400),
    ("Bernoulli", 100, 60, 400),
    ("Poisson", 100, 10, 1000),
    ("Poisson", 30, 5, 1000),
    ("Bernoulli", 30, 5, 1000),
)


def of_few_spikes() -> Iterator[str]:
    """Yield the lines of the table."""
    for seed, (name, n_spikes, p, n_bins) in enumerate(_CELLS):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n_bins, p))
        coef = _LENGTH / np.sqrt(p) * np.where(np.arange(p) % 2, -1.0, 1.0)
        intercept = _intercept(name, X @ coef, n_spikes)
        eta = np.repeat((X @ coef + intercept)[:, None], N, axis=1)
        y = rng.poisson(np.exp(eta)) if name == "Poisson" else rng.random(eta.shape) < expit(eta)
        for regularizer in (None, "Firth"):
            yield _line(name, n_spikes, X, y.astype(float), coef, intercept, regularizer)


def _line(
    name: str, n_spikes: int, X: Any, y: Any, coef: Any, intercept: float, regularizer: Any
) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of some recordings that are separated
        model = nmo.PopulationGLM(name, regularizer=regularizer).fit(X, y)
        has_fit = np.array(model.fit_report_.status) == "converged"
        error, intercept_error = model.standard_errors(X, y)
        profile = nmo.inference.profile_intervals(model, X, y)
    off = model.intercept_ - intercept
    numbers = [
        np.mean(off[has_fit]),
        np.mean(np.abs(off) <= 1.96 * intercept_error),
        np.mean((profile.conf_low <= intercept) & (intercept <= profile.conf_high)),
        np.mean(model.coef_[:, has_fit] @ np.ones(has_fit.sum()) @ coef) / has_fit.sum()
        / (coef @ coef),
        np.mean((np.abs(model.coef_ - coef[:, None]) <= 1.96 * error)[:, has_fit]),
    ]  # fmt: skip
    bias, wald, profiled, factor, coefs = numbers
    method = "Firth" if regularizer else "maximum likelihood"
    return (
        f"| {name} | {n_spikes} | {X.shape[1]} | {method} | {N - int(has_fit.sum())} | "
        f"{bias:+.3f} | {wald:.3f} | **{profiled:.3f}** | {factor:.3f} | {coefs:.3f} |"
    )


def _intercept(name: str, drive: Any, n_spikes: int) -> float:
    """Return the intercept with which so many spikes are expected."""
    low, high = -20.0, 5.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        mean = np.exp(drive + middle) if name == "Poisson" else expit(drive + middle)
        low, high = (middle, high) if mean.sum() < n_spikes else (low, middle)
    return middle


def main() -> None:
    """Make the table, in the place of that which is there."""
    page.keep(TEXT.format(head=page.head(*TITLES), rows="\n".join(of_few_spikes())))


if __name__ == "__main__":
    main()
