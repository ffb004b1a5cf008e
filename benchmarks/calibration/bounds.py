"""Coefficients with bounds: how often intervals hold the truth on, near and far from a bound.

``python -m benchmarks.calibration.bounds`` writes its section of RESULTS.md.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

import spikeglm as nmo
from spikeglm.regularizer import Bounded

from .page import keep

N_RECORDINGS = 1000
N_ROWS = 600
TRUTH = (0.0, 0.0, 0.06, 0.06, 0.4)  # on the bound, on it, near it, near it, far from it
WHERE = ("on the bound", "near the bound", "far inside")
TOGETHER = ((0, 1), (2, 3), (4,))  # coefficients that stand for each line of the table
CORRELATIONS = (0.0, 0.7)
LEVEL = 0.95


def recordings(model: str, correlation: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features (T, 5), all pairs correlated alike, and responses (T, N)."""
    rng = np.random.default_rng(seed)
    p = len(TRUTH)
    root = np.linalg.cholesky(np.full((p, p), correlation) + (1 - correlation) * np.eye(p))
    X = rng.normal(size=(N_ROWS, p)) @ root.T
    eta = (X @ TRUTH)[:, None] * np.ones(N_RECORDINGS)
    if model == "Poisson":
        return X, rng.poisson(np.exp(eta - 0.7))
    if model == "Bernoulli":
        return X, (rng.random(eta.shape) < 1 / (1 + np.exp(0.5 - eta))).astype(float)
    return X, eta + rng.normal(size=eta.shape)


def lines() -> list[str]:
    """Return the lines of the table."""
    out = []
    for model in ("Poisson", "Bernoulli", "Gaussian"):
        for i, correlation in enumerate(CORRELATIONS):
            out += of_recordings(model, correlation, seed=i)
            print("\n".join(out[-3:]), flush=True)
    return out


def of_recordings(model: str, correlation: float, seed: int) -> list[str]:
    """Return the lines of one kind of recordings: intervals, tests, and two that do not hold."""
    X, Y = recordings(model, correlation, seed)
    fit = nmo.PopulationGLM(model, regularizer=Bounded((0, None))).fit(X, Y)
    found = fit.summary(X, Y, level=LEVEL)
    low, high, p_value = found.conf_low[1:], found.conf_high[1:], found.p_value[1:]
    truth = np.array(TRUTH)[:, None]
    covers = (low <= truth) & (truth <= high)
    # As if the coefficients that are on bounds had not been there, each set of them by itself.
    kept_low, kept_high, kept_p = _as_if_chosen_before(model, X, Y, fit.coef_)
    naive = (kept_low <= truth) & (truth <= kept_high)
    out = []
    for where, which in zip(WHERE, TOGETHER, strict=True):
        rows = list(which)
        kept = np.isfinite(kept_low[rows])
        cells = [
            f"{np.mean(fit.coef_[rows] == 0):.2f}",
            f"**{covers[rows].mean():.3f}**",
            f"{np.mean(p_value[rows] < 0.05):.3f}",
            f"{np.median((high - low)[rows]):.2f}",
            f"{naive[rows][kept].mean():.3f}",
            f"{np.mean((kept_p[rows] < 0.05)[kept]):.3f}",
        ]
        out.append(f"| {model} | {correlation} | {where} | " + " | ".join(cells) + " |")
    return out


def _as_if_chosen_before(
    model: str, X: np.ndarray, Y: np.ndarray, coef: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return estimates ± 1.96 errors and one-sided p values of fits to what is on no bound."""
    mask = coef > 0
    again = nmo.PopulationGLM(model, feature_mask=mask.astype(float)).fit(X, Y)
    error = again.standard_errors(X, Y)[0]
    error = np.where(mask, error, np.nan)
    half = 1.96 * error
    return again.coef_ - half, again.coef_ + half, ndtr(-again.coef_ / error)


TITLE = "## Coefficients with bounds"
_TEXT = f"""{TITLE}

`python -m benchmarks.calibration.bounds`: {N_RECORDINGS} recordings a line of {N_ROWS} rows, five
features, each pair of them correlated as the second column says; `Bounded((0, None))`. Of the true
coefficients two are zero, two are .06 (about a standard error), one is .4. *On bound*: share of
estimates that are zero. Then the intervals and tests of `model.summary`: how often they hold the
truth, how often p < .05 (where the truth is on the bound it should be .05), and how wide they are.
The last two columns are of those that are on no bound, by ± 1.96 errors and one-sided p values of a
fit to them alone, as if they had been chosen before.

| model | correlation | truth is | on bound | covers | p < .05 | width | chosen: covers | p < .05 |
|---|---|---|---|---|---|---|---|---|
{{table}}
"""


if __name__ == "__main__":
    keep(_TEXT.format(table="\n".join(lines())))
