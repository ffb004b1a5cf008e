"""How often tests of goodness of fit reject right models, and wrong ones.

``python -m benchmarks.calibration.goodness`` replaces the section in RESULTS.md; some minutes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo

from . import page

N = 1000  # recordings of a line
N_BOOTSTRAP = 19  # draws of each, of which the largest is at the 5 % level
LEVEL = 0.05
HEADING = "## Goodness of fit"

_TEXT = """{heading}

Share of recordings whose p value is at most .05; a right model should be rejected in .05.
`python -m benchmarks.calibration.goodness` wrote this section.

### Time rescaling of single neurons

{n} recordings in each line, columns of one model. **Known** is the p value of `goodness` for the
true coefficients. Then the model is fitted: on the rows of the fit the p value of known rates is
too large (*theory, same*), and on as many other rows too small (*theory, other*); beside each is
the **bootstrap** (of {n_bootstrap} draws here) that `goodness` takes on the rows of the fit, and on
others if it gets `training=`. *Gain* is its power in 200 recordings, on the rows of the
fit, against a slow gain of the rate by up to e^.5 either way.

| model | T | p | spikes | known | theory, same | bootstrap | theory, other | bootstrap | gain |
|---|---|---|---|---|---|---|---|---|---|
{rescaling}

### Time rescaling of a population

{n} recordings in each line, rates known: 10 neurons, .1 spikes per bin and neuron that vary
between bins. *Gain*: a log-normal gain of this standard deviation that all neurons share, another
every 5 bins. *Other shares*: half of the neurons fire .85 times as much, half 1.15 times, with the
right total. *One neuron* is the share rejected of single neurons, tested one by one.

| bins hold | T | truth | ground process | marks | both | one neuron |
|---|---|---|---|---|---|---|
{population}

### Autocorrelation of residuals

Share of autocorrelations at lags 1 to 10 outside of their 95 % band, and of recordings whose p
value of all lags is at most .05, for {n} recordings of 1000 bins under a right model with a slowly
varying rate.

| residuals | spikes per bin | outside of the band | outside of 1.96 / sqrt(T) | all lags |
|---|---|---|---|---|
{residuals}
"""


class Cell(NamedTuple):
    """A model that is tested."""

    model: Any
    name: str
    n_rows: int
    n_features: int
    intercept: float

    def draw(self, rng: np.random.Generator, n: int, gain: float = 0.0) -> tuple[Any, Any, Any]:
        """Return features (T, p), coefficients (p,) and responses (T, n)."""
        X = rng.normal(size=(self.n_rows, self.n_features))
        coef = rng.normal(size=self.n_features)
        coef *= 0.7 / np.linalg.norm(coef)
        slow = gain * np.sin(np.arange(self.n_rows) * (8 * np.pi / self.n_rows))
        eta = (X @ coef + self.intercept + slow)[:, None] * np.ones(n)
        return X, coef, self._responses(rng, eta)

    def _responses(self, rng: np.random.Generator, eta: Any) -> Any:
        if self.name == "Bernoulli":
            return (rng.random(eta.shape) < 1 / (1 + np.exp(-eta))).astype(float)
        shape = 2.0 if "binomial" in self.name else np.inf
        gain = rng.gamma(shape, 1 / shape, eta.shape) if np.isfinite(shape) else 1.0
        return rng.poisson(gain * np.exp(eta)).astype(float)


_NEGATIVE_BINOMIAL = nmo.observation_models.NegativeBinomialObservations(0.5)
CELLS = (
    Cell("Poisson", "Poisson", 1000, 3, -1.5),
    Cell("Poisson", "Poisson", 250, 8, -0.7),
    Cell("Poisson", "Poisson", 200, 5, 1.0),
    Cell("Bernoulli", "Bernoulli", 1000, 5, -1.0),
    Cell(_NEGATIVE_BINOMIAL, "negative binomial", 400, 5, 0.0),
)


def of_rescaling() -> Iterator[str]:
    """Yield the rows of the table of single neurons."""
    for cell in CELLS:
        rng = np.random.default_rng(1)
        X, coef, Y = cell.draw(rng, N)
        known = nmo.PopulationGLM(cell.model)
        known.coef_ = np.repeat(coef[:, None], N, axis=1)
        known.intercept_, known.scale_ = np.full(N, cell.intercept), np.full(N, _scale(cell))
        of_known = _rejected(_p_values(known, X, Y))
        fitted = _fitted(cell, X, Y)
        estimates = nmo.PopulationGLM(cell.model)
        estimates.coef_, estimates.intercept_ = fitted.coef_, fitted.intercept_
        estimates.scale_ = fitted.scale_
        same = _rejected(_p_values(estimates, X, Y))
        bootstrap = _rejected(_p_values(fitted, X, Y, n_bootstrap=N_BOOTSTRAP))
        other_X, other_Y = _other(cell, coef, np.random.default_rng(2))
        other = _rejected(_p_values(fitted, other_X, other_Y))
        elsewhere = _of_other_rows(cell, fitted, (X, Y), (other_X, other_Y))
        wrong_X, _, wrong_Y = cell.draw(np.random.default_rng(3), 200, gain=0.5)
        wrong = _fitted(cell, wrong_X, wrong_Y)
        power = _rejected(_p_values(wrong, wrong_X, wrong_Y, n_bootstrap=N_BOOTSTRAP))
        yield (
            f"| {cell.name} | {cell.n_rows} | {cell.n_features} | {Y.sum() / N:.0f} "
            f"| **{of_known}** | {same} | **{bootstrap}** | {other} "
            f"| **{elsewhere}** | {power} |"
        )


def _other(cell: Cell, coef: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    X = rng.normal(size=(cell.n_rows, cell.n_features))
    eta = (X @ coef + cell.intercept)[:, None] * np.ones(N)
    return X, cell._responses(rng, eta)


def _of_other_rows(cell: Cell, fitted: Any, training: Any, other: Any) -> str:
    """Return the share rejected on other rows by the bootstrap."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nmo.inference.goodness(
            fitted, *other, training=training, n_bootstrap=N_BOOTSTRAP, n_lags=1
        )
    return _rejected(found.ks_p_value)


def _scale(cell: Cell) -> float:
    return 0.5 if "binomial" in cell.name else 1.0


def _fitted(cell: Cell, X: Any, Y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nmo.PopulationGLM(cell.model).fit(X, Y)


def _p_values(model: Any, X: Any, Y: Any, n_bootstrap: int = 0) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of no null model, and of few spikes
        return nmo.inference.goodness(model, X, Y, n_bootstrap=n_bootstrap, n_lags=1).ks_p_value


def _rejected(p_values: Any) -> str:
    """Return the share of p values of at most 5 %, with its Monte Carlo error."""
    known = np.asarray(p_values)[np.isfinite(p_values)]
    if known.size == 0:
        return "-"
    share = np.mean(known <= LEVEL + 1e-12)
    return f"{share:.3f} ± {np.sqrt(share * (1 - share) / known.size):.3f}"


def of_population() -> Iterator[str]:
    """Yield the rows of the table of populations."""
    for kind in ("Poisson counts", "0 and 1"):
        for n_rows, truth, sd, share in (
            (200, "the model", 0.0, 1.0),
            (2000, "the model", 0.0, 1.0),
            (2000, "gain .2", 0.2, 1.0),
            (2000, "gain .4", 0.4, 1.0),
            (2000, "other shares", 0.0, 0.85),
        ):
            p = np.array([_of_one(kind, n_rows, sd, share, seed) for seed in range(N)])
            ground, marks, both, one = (_rejected(column) for column in p.T)
            yield f"| {kind} | {n_rows} | {truth} | {ground} | {marks} | {both} | {one} |"


def _of_one(kind: str, n_rows: int, sd: float, share: float, seed: int) -> list[float]:
    """Return the p values of one population: ground process, marks, both, one of its neurons."""
    rng = np.random.default_rng([7, seed])
    means = 0.1 * rng.uniform(0.2, 1.8, (n_rows, 10))
    gain = np.repeat(np.exp(sd * rng.normal(size=n_rows // 5) - sd**2 / 2), 5)[:, None]
    shares = np.repeat([share, 2.0 - share], 5)
    rates = gain * means * shares
    rates *= (gain * means).sum(axis=1, keepdims=True) / rates.sum(axis=1, keepdims=True)
    inference = nmo.inference
    if kind == "Poisson counts":
        counts = rng.poisson(rates)
        found = inference.time_rescaling_population(counts, means, seed=seed)
        alone = inference.time_rescaling(counts[:, 0], means[:, 0], seed=seed)
    else:
        p = -np.expm1(-means)
        spikes = rng.random(rates.shape) < -np.expm1(-rates)
        found = inference.time_rescaling_population_bernoulli(spikes, p, seed=seed)
        alone = inference.time_rescaling_bernoulli(spikes[:, 0], p[:, 0], seed=seed)
    return [found.ground.p_value, found.marks.p_value, found.p_value, alone.p_value]


def of_residuals() -> Iterator[str]:
    """Yield the rows of the table of residuals."""
    slow = 1.2 * np.sin(np.arange(1000) / 60)[:, None]
    for level in (0.02, 0.2, 2.0):
        rng = np.random.default_rng(5)
        y = rng.poisson(level * np.exp(slow - 0.4), (1000, N)).astype(float)
        model = _fitted(Cell("Poisson", "Poisson", 1000, 1, 0.0), slow, y)
        for kind in ("response", "pearson", "deviance", "quantile"):
            z = nmo.inference.residuals(model, slow, y, kind=kind)
            found = nmo.inference.residual_autocorrelation(z, n_lags=10)
            known = np.isfinite(found.autocorrelation) & np.isfinite(found.band_95)
            r = np.abs(found.autocorrelation[known])
            outside, plain = np.mean(r > found.band_95[known]), np.mean(r > 1.96 / np.sqrt(1000))
            of_all = _rejected(found.p_value)
            yield f"| {kind} | {y.mean():.2f} | {outside:.3f} | {plain:.3f} | {of_all} |"


def section() -> str:
    """Return the section of RESULTS.md."""
    return _TEXT.format(
        heading=HEADING,
        n=N,
        n_bootstrap=N_BOOTSTRAP,
        rescaling="\n".join(of_rescaling()),
        population="\n".join(of_population()),
        residuals="\n".join(of_residuals()),
    )


def main() -> None:
    """Make the tables, in the place of those that are there."""
    page.keep(section())


if __name__ == "__main__":
    main()
