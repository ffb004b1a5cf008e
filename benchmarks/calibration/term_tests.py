"""How often tests of terms reject at 5 % what is not there: recordings are columns of one fit.

``python -m benchmarks.calibration.term_tests`` replaces the section in RESULTS.md; some minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo
from spikeglm.inference import term_tests
from spikeglm.observation_models import NegativeBinomialObservations

from . import page

N = 1000  # recordings of a table of features
N_TABLES, N_SMOOTH = 4, 10  # tables of a line
LEVEL = 0.05
HEADING = "## Tests of terms"

_TEXT = """{heading}

Share of recordings in which a term that does nothing has p < .05: it should be .05, and is bold
from .04 to .06. A line has {n_tables} tables of features, of smooth terms {n_smooth}, with {n_each}
recordings each, columns of a fit. *Events* is T times the mean response.
`python -m benchmarks.calibration.term_tests` wrote this section.

### Terms without a penalty

Three *features*, one of them with heavy tails, or a *spline* of seven functions, beside two
features that count. The *default* is Wald's test, and the score test where a neuron has fewer than
fifteen events per parameter; fifteen was chosen on other recordings.

{head}
{plain}

Where events are few, Wald's test believes estimates that are large by chance (of features with
heavy tails), or errors that are larger still (of splines, where one has no spikes). The score
test holds, and nearly so the likelihood ratio. Robust tests need far more events than those of the
model: Wald tests reject too often, score tests too seldom of features and too often of splines.

### Smooth terms

A spline of ten functions (*line and curve*: its penalty leaves a straight line free) and a cyclic
one of eight (*circle*: nothing is free) that do nothing, beside a place field. With strengths that
the data choose the tests hold, though they take these for known. With a fixed strength that is too
large for a term the first one is on the safe side: its statistic stands on the posterior, which is
wider than estimates vary.

| model | T | mean | events | strength | rank | line and curve | circle | place field found |
|---|---|---|---|---|---|---|---|---|
{smooth}
"""
_TITLES = (
    *("model", "T", "mean", "events", "term", "default", "Wald", "LR", "score"),
    *("Wald, HC0", "Wald, HC3", "score, HC0"),
)
TESTS = (
    ("auto", "model"),
    ("wald", "model"),
    ("lr", "model"),
    ("score", "model"),
    ("wald", "HC0"),
    ("wald", "HC3"),
    ("score", "HC0"),
)


class Cell(NamedTuple):
    """A model, the rows of a recording, and the mean response per row."""

    model: str
    n_rows: int
    mean: float

    @property
    def made(self) -> Any:
        """What a user passes."""
        if self.model == "NegativeBinomial":
            return NegativeBinomialObservations(scale=0.5)
        return self.model

    def draw(self, rng: np.random.Generator, gain: Any) -> Any:
        """Draw N recordings (T, N) with means of this size times a gain (T,)."""
        mean = np.repeat((self.mean * gain / gain.mean())[:, None], N, axis=1)
        if self.model == "Poisson":
            return rng.poisson(mean)
        if self.model == "Bernoulli":
            return (rng.uniform(size=mean.shape) < mean).astype(float)
        if self.model == "Gamma":
            return np.maximum(rng.gamma(2.0, mean / 2.0), 1e-12)
        if self.model == "NegativeBinomial":
            return rng.negative_binomial(2.0, 2.0 / (2.0 + mean))
        return mean + rng.normal(size=mean.shape)

    @property
    def link(self) -> str | None:
        """The link: that of a gain, but for Gaussian noise."""
        return {"Gaussian": "identity", "Bernoulli": "logistic"}.get(self.model, "exp")

    @property
    def name(self) -> str:
        """The first columns of a table."""
        return f"| {self.model} | {self.n_rows} | {self.mean} | {self.mean * self.n_rows:.0f} |"


CELLS = (
    Cell("Poisson", 2000, 0.1),
    Cell("Poisson", 2000, 0.02),
    Cell("Bernoulli", 2000, 0.1),
    Cell("Bernoulli", 2000, 0.02),
    Cell("NegativeBinomial", 2000, 0.2),
    Cell("Gamma", 300, 1.0),
    Cell("Gaussian", 100, 1.0),
)
SPLINES = tuple(Cell("Poisson", 2000, mean) for mean in (0.02, 0.05, 0.1))


def rejected(p_values: Any) -> str:
    """Return the share below 5 % with its standard error; in bold if it is 4 to 6 %."""
    known = p_values[~np.isnan(p_values)]
    share = float((known < LEVEL).mean())
    error = np.sqrt(share * (1 - share) / len(known))
    text = f"{share:.3f} ± {error:.3f}"
    return f"**{text}**" if 0.04 <= share <= 0.06 else text


def of_plain_terms() -> Iterator[str]:
    """Yield the rows of the table of terms without a penalty that do nothing."""
    of = [("features", cell) for cell in CELLS] + [("spline", cell) for cell in SPLINES]
    for number, (term, cell) in enumerate(of):
        shares = np.hstack([_of_plain(term, cell, rng) for rng in tables(N_TABLES, number)])
        yield f"{cell.name} {term} | {' | '.join(map(rejected, shares))} |"


def tables(n: int, *line: int) -> list[np.random.Generator]:
    """Return a generator for each of n tables of features of a line."""
    return np.random.default_rng([2026, *line]).spawn(n)


def _of_plain(term: str, cell: Cell, rng: np.random.Generator) -> Any:
    """Return the p values of each test (tests, N)."""
    X = rng.normal(size=(cell.n_rows, 5))
    X[:, 4] = X[:, 3] * rng.normal(size=cell.n_rows)  # heavier tails, as of speeds
    if term == "spline":
        splines = nmo.basis.BSplineEval(7, bounds=(0, 1))
        X = np.hstack([X[:, :2], splines.compute_features(rng.uniform(size=cell.n_rows))])
    y = cell.draw(rng, np.exp(0.4 * X[:, 0] - 0.2 * X[:, 1]))
    model = nmo.PopulationGLM(cell.made, inverse_link_function=cell.link).fit(X, y)
    nothing = {"nothing": slice(2, None)}
    return np.array(
        [term_tests(model, X, y, test=t, cov_type=c, terms=nothing).p_value[0] for t, c in TESTS]
    )


SMOOTH = (
    Cell("Poisson", 2000, 0.1),
    Cell("Poisson", 2000, 0.02),
    Cell("Bernoulli", 2000, 0.1),
    Cell("NegativeBinomial", 2000, 0.2),
    Cell("Gamma", 2000, 1.0),
    Cell("Gamma", 300, 1.0),
    Cell("Gaussian", 1000, 1.0),
)


def of_smooth_terms() -> Iterator[str]:
    """Yield the rows of the table of smooth terms that do nothing, beside a place field."""
    for number, cell in enumerate(SMOOTH):
        for strength in ("auto", 1e-2) if number < 1 else ("auto",):
            found = [_of_smooth(cell, strength, rng) for rng in tables(N_SMOOTH, number, 1)]
            p_values = np.hstack([each.p_value for each in found])
            share = " | ".join(rejected(p) for p in p_values[1:])
            power = np.mean(p_values[0] < LEVEL)
            rank = np.nanmean([each.df[1] for each in found])
            yield f"{cell.name} {strength} | {rank:.1f} | {share} | {power:.2f} |"


def _of_smooth(cell: Cell, strength: Any, rng: np.random.Generator) -> Any:
    """Return the tests of three terms, of which the last two do nothing."""
    basis = (
        nmo.basis.BSplineEval(8, bounds=(0, 1), label="place")
        + nmo.basis.BSplineEval(10, bounds=(0, 1), label="nothing")
        + nmo.basis.CyclicBSplineEval(8, bounds=(0, 2 * np.pi), label="no direction")
    )
    place, other = rng.uniform(size=(2, cell.n_rows))
    X = basis.design(place, other, rng.uniform(0, 2 * np.pi, cell.n_rows))
    y = cell.draw(rng, np.exp(np.sin(2 * np.pi * place)))
    model = nmo.PopulationGLM(
        cell.made,
        inverse_link_function=cell.link,
        regularizer="Smoothness",
        regularizer_strength=strength,
    )
    return term_tests(model.fit(X, y), X, y)


def section() -> str:
    """Return the section of RESULTS.md."""
    return _TEXT.format(
        heading=HEADING,
        n_tables=N_TABLES,
        n_smooth=N_SMOOTH,
        n_each=N,
        head=page.head(*_TITLES),
        plain="\n".join(of_plain_terms()),
        smooth="\n".join(of_smooth_terms()),
    )


def main() -> None:
    """Make the tables, in the place of those that are there."""
    page.keep(section())


if __name__ == "__main__":
    main()
