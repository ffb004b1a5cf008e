"""Fit near copies with every model, and compare with the reference."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

import spikeglm as nmo

from . import reference
from .reference import MODELS, NB_SCALE, Array

T = 2000
EXPONENTS = range(2, 10)
DTYPES = (np.float64, np.float32)
RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = """# Near copies of features

`python -m benchmarks.near_dependence`: {T} rows of x and x + d n, with x and n standard normal, in
float64 and rounded to float32; the response depends on n, that is on the difference of the two.
*Above* is by how much the mean loss of the fit's coefficients, in nats per row, exceeds that of an
independent fit of the stored numbers (iteratively reweighted least squares on a QR in extended
precision); below 0 means rounding. *Explained* is what the difference is worth: the loss without it
less the loss with it. What float32 does not hold, four roundings or less, a fit leaves out, and its
report says so (rank 1, *said*): "... are combinations of others as far as float32 tells".

"""


def responses(model: str, n: Array) -> Array:
    """Draw (T,) responses that depend on n."""
    rng = np.random.default_rng(1)
    eta = 0.5 * n - 0.5
    if model == "Gaussian":
        return n + 0.1 * rng.normal(size=len(n))
    if model == "Bernoulli":
        return (rng.random(len(n)) < 1 / (1 + np.exp(-2 * eta))).astype(float)
    if model == "Gamma":
        return rng.gamma(2.0, np.exp(eta) / 2.0)
    if model == "NegativeBinomial":
        return rng.negative_binomial(1 / NB_SCALE, 1 / (1 + NB_SCALE * np.exp(eta))).astype(float)
    return rng.poisson(np.exp(eta)).astype(float)


def estimator(model: str) -> Any:
    """Return the estimator of one model."""
    if model == "NegativeBinomial":
        kind: Any = nmo.observation_models.NegativeBinomialObservations(scale=NB_SCALE)
    else:
        kind = model
    return nmo.GLM(kind, MODELS[model].link)


def measured(model: str, exponent: int, dtype: Any) -> str:
    """Return a row of the table."""
    n, x = np.random.default_rng(0).normal(size=(2, T))
    X = np.column_stack([x, x + 10.0**-exponent * n]).astype(dtype)
    y, rule = responses(model, n), MODELS[model]
    best = rule.loss(reference.fit(X, y, rule), y.astype(np.longdouble)).mean()
    without = rule.loss(reference.fit(X[:, :1], y, rule), y.astype(np.longdouble)).mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = estimator(model).fit(X, y)
    eta = X.astype(np.longdouble) @ fit.coef_ + fit.intercept_
    above = rule.loss(eta, y).mean() - best
    report = fit.fit_report_
    said = "yes" if "as far as" in str(report) else ""
    return (
        f"| 1e-{exponent} | {report.status[0]} | {report.result.rank} | {said} | {above:.1e} | "
        f"{without - best:.3g} | {report.n_passes} |"
    )


def main() -> None:
    """Write the tables."""
    text = HEAD.format(T=T)
    for model in MODELS:
        for dtype in DTYPES:
            text += f"## {model}, {MODELS[model].link}, {np.dtype(dtype).name}\n\n"
            text += "| d | status | rank | said | above | explained | passes |\n"
            text += "|---|---|---|---|---|---|---|\n"
            rows = [measured(model, exponent, dtype) for exponent in EXPONENTS]
            text += "\n".join(rows) + "\n\n"
    RESULTS.write_text(text.rstrip() + "\n")
    print(text)


if __name__ == "__main__":
    main()
