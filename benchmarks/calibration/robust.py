"""Coverage of robust intervals where the gain of a neuron drifts and no feature knows it.

``python -m benchmarks.calibration.robust`` makes the tables of its own section of RESULTS.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import lfilter
from scipy.special import stdtrit

import spikeglm as nmo
from spikeglm.inference.covariances import uncertainties

from . import page

N_DESIGNS, N_EACH = 10, 100  # tables of features, and recordings of each
COEF, LEVEL = np.array([0.2, 0.2]), -1.2  # about .3 spikes a bin
NAMES = ("fast feature", "slow feature", "intercept")
HEADING = "## Robust intervals under a slow gain"

_TEXT = """{heading}

Poisson neurons, about .3 spikes a bin, with two features, white (fast) and slow, times a gain that
no feature knows: an autoregression of standard deviation .5 (log) and some memory in bins, as the
slow feature has; or a number per trial. 10 000 bins, where nothing else is said. Each line is
{n_designs} tables of features with {n_each} recordings each. The Monte Carlo error of a coverage
near .95 is .007, and of the slow feature more, since {n_designs} of them are few. **Coverage** is
that of 95 % intervals with the quantiles of each kind; then follow standard errors over the
deviations of the estimates.

What it says ([robust errors](../../docs/robust_errors.md)): the model's own intervals hold for
what is fast, and are far too short for what is as slow as the gain. HAC holds where its lags are
several times the memory *and* the recording is many times the lags; of a hundred memories .91 is
what it reaches. The default lags are no more than a start, and what Andrews and Newey and West
choose is far too short, since they look at the first lags, where the noise of single spikes hides
the gain. A gain with a tenth of the recording as its memory is beyond all of them. Groups hold
where what they share ends with them and there are some tens of them; of ten, CR3 makes up for most
of it. Where there is no gain, robust intervals lose a percent or none.

| recording | covariance | fast | slow | intercept | fast, size | slow, size | intercept, size |
|---|---|---|---|---|---|---|---|
{rows}
"""


@dataclass(frozen=True)
class Drift:
    """Recordings of Poisson neurons with log link, times a gain that no feature knows.

    Attributes
    ----------
    name :
        In words.
    n_rows :
        Bins.
    memory :
        Bins after which a gain, and the slow feature, have forgotten: autoregressions.
    sd :
        Of the log gain.
    trial :
        Bins of a trial, for groups.
    is_per_trial :
        Whether a gain is one number per trial, as the slow feature is then, and not a process.
    """

    name: str
    n_rows: int = 10_000
    memory: int = 100
    sd: float = 0.5
    trial: int = 500
    is_per_trial: bool = False

    @property
    def trials(self) -> np.ndarray:
        """(T,) the trial of each bin."""
        return np.arange(self.n_rows) // self.trial

    def slow(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Return n slow processes of variance one, (T, n)."""
        if self.is_per_trial:
            return rng.normal(size=(self.n_rows // self.trial, n))[self.trials]
        rho = np.exp(-1.0 / self.memory)
        noise = rng.normal(size=(self.n_rows, n)) * np.sqrt(1 - rho**2)
        noise[0] /= np.sqrt(1 - rho**2)
        return lfilter([1.0], [1.0, -rho], noise, axis=0)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return features (T, 2) and counts (T, N); the mean gain is one, so slopes stay."""
        X = np.column_stack([rng.normal(size=self.n_rows), self.slow(rng, 1)])
        log_gain = self.sd * self.slow(rng, N_EACH) - self.sd**2 / 2
        return X, rng.poisson(np.exp((X @ COEF + LEVEL)[:, None] + log_gain)).astype(np.int16)


CELLS = (
    Drift("no gain", sd=0.0),
    Drift("gain, memory 20 bins", memory=20),
    Drift("gain, memory 100 bins"),
    Drift("the same, four times as long", n_rows=40_000),
    Drift("the same, a fifth as long", n_rows=2000, trial=200),
    Drift("gain, memory 1000 bins", memory=1000, trial=500),
    Drift("a gain per trial, 50 trials", trial=200, is_per_trial=True),
    Drift("a gain per trial, 10 trials", trial=1000, is_per_trial=True),
)


def kinds(cell: Drift) -> dict[str, dict[str, Any]]:
    """Return the kinds of covariance that are looked at, by what a table calls them."""
    lags = {f"HAC, {L} lags": {"cov_type": "HAC", "lags": L} for L in (100, 500)}
    by_trial, n_trials = {"cov_type": "cluster", "groups": cell.trials}, cell.trials[-1] + 1
    fixed = {"cov_type": "HAC", "lags": 500, "small_sample": "n/(n-k)*exp(b)"}
    return {
        "model": {"cov_type": "model"},
        "HC1": {"cov_type": "HC1"},
        "HAC, lags of Andrews": {"cov_type": "HAC", "lags": "andrews"},
        "HAC, lags of Newey-West": {"cov_type": "HAC", "lags": "newey-west"},
        "HAC, default lags": {"cov_type": "HAC"},
        **lags,
        "HAC, 500 lags, exp(b)": fixed,
        f"cluster, {n_trials} trials": by_trial,
        f"cluster, {n_trials} trials, CR2": by_trial | {"small_sample": "CR2"},
        f"cluster, {n_trials} trials, CR3": by_trial | {"small_sample": "CR3"},
    }


def coverage(cell: Drift) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return, by kind, coverages (3, n) of 95 % intervals and standard errors over deviations."""
    truth = np.append(COEF, LEVEL)
    inside: dict[str, list[Any]] = {kind: [] for kind in kinds(cell)}
    sizes: dict[str, list[Any]] = {kind: [] for kind in kinds(cell)}
    off = []
    for seed in range(N_DESIGNS):
        X, y = cell.draw(np.random.default_rng(seed))
        fit = nmo.PopulationGLM().fit(X, y).on(X, y)
        off.append(fit.parameters - truth[:, None])
        for kind, how in kinds(cell).items():
            found = [(s.standard_errors, stdtrit(s.dof, 0.975)) for s in uncertainties(fit, **how)]
            errors = np.column_stack([error for error, _ in found])
            half = errors * np.array([quantile for _, quantile in found])
            inside[kind].append(np.abs(off[-1]) <= half)
            sizes[kind].append(errors)
    sd = np.sqrt(np.mean(np.hstack(off) ** 2, axis=1))
    return {
        kind: (np.hstack(inside[kind]), np.sqrt(np.mean(np.hstack(sizes[kind]) ** 2, axis=1)) / sd)
        for kind in inside
    }


def of_robust() -> Iterator[str]:
    """Yield the rows of the table."""
    for cell in CELLS:
        for kind, (inside, size) in coverage(cell).items():
            shares = " | ".join(f"{share:.3f}" for share in inside.mean(axis=1))
            sizes = " | ".join(f"{s:.2f}" for s in size)
            yield f"| {cell.name} | {kind} | {shares} | {sizes} |"


def section() -> str:
    """Return the section of RESULTS.md."""
    rows = "\n".join(of_robust())
    return _TEXT.format(heading=HEADING, n_designs=N_DESIGNS, n_each=N_EACH, rows=rows)


def main() -> None:
    """Make the tables, in the place of those that are there."""
    page.keep(section())


if __name__ == "__main__":
    main()
