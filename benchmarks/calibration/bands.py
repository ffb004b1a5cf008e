"""Coverage of bands of curves: at each point, on average across the curve, and at all at once."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo
from spikeglm.inference import comparison, partial_effect, predicted_rates

from . import page
from .dispersions import with_error

N = 1000  # recordings per cell, the columns of a fit
N_POINTS, N_DRAWS = 60, 4000
B = nmo.basis
HEADING = "## Bands of curves"
_TEXT = """{heading}

Each line is {n} recordings of one neuron each, with the same positions (a uniform variable on a
circle for direction, on a track for place) and a true curve that the splines can have, so that all
that is seen is the band ([page](../../docs/effects.md)). **Across** is the share of points at which
the 95 % pointwise band holds the truth, averaged over {points} points and all recordings; **all at
once** the share of recordings in which the simultaneous band holds it at all of them, beside the
same for the pointwise band. c is how many standard errors the simultaneous band reaches, on
average. In lines *from the prior* each recording has a curve of its own, drawn from what the
smoothness penalty states; *one curve* has the same smooth one for all, which a penalty biases: a
weak one leaves bands a little too wide, ten times that (too much for this curve) cuts the peak off
and no band knows it.

| curve | model | rows | events | penalty | what | across | all at once | pointwise at once | c |
|---|---|---|---|---|---|---|---|---|---|
{bands}

Predicted means at {points} new places, and new responses there. An interval of counts is at least
as wide as it says: with few counts whole numbers leave no choice.

| curve | model | rows | level | mean | response |
|---|---|---|---|---|---|
{predictions}

The intervals of a comparison of the preferred with the opposite direction, which the data choose,
and the same if they did not know it (*naive*): share of recordings whose interval of the ratio
holds the true ratio of these two directions, and whose estimate is above it. Without tuning the
naive interval misses three times too often, and the estimate is always too high.

| tuning | events | chosen, known | naive | estimate above the truth |
|---|---|---|---|---|
{comparisons}
"""


class Cell(NamedTuple):
    """A curve, how it is seen, and how much there is to see."""

    name: str
    model: str
    n_rows: int
    level: float  # mean events in a bin, or the standard deviation of a signal
    depth: float  # of the curve, in nats
    penalty: str = "none"
    strength: float = 0.0

    @property
    def basis(self) -> Any:
        """Splines on a circle for direction, on a line for place."""
        if self.name == "direction":
            return B.CyclicBSplineEval(8, bounds=(0, 1), label="x")
        return B.BSplineEval(10, bounds=(0, 1), label="x")

    def draw(self, rng: np.random.Generator) -> tuple[Any, Any, Any]:
        """Return a design (T, b), true coefficients (b, N) and responses (T, N)."""
        X = self.basis.design(rng.uniform(size=self.n_rows))
        F = np.asarray(X)
        coef = np.tile(self._one_curve(X)[:, None], (1, N))
        if self.penalty == "from the prior":
            coef = self._from_prior(X, rng)
        eta = F @ coef
        if self.model == "Gaussian":
            return X, coef, eta + self.level * rng.normal(size=eta.shape)
        mean = self.level * np.exp(eta - np.log(np.exp(eta).mean(axis=0)))
        if self.model == "Bernoulli":
            odds = self.level / (1 - self.level) * np.exp(eta - eta.mean(axis=0))
            return X, coef, (rng.random(eta.shape) < odds / (1 + odds)).astype(float)
        return X, coef, rng.poisson(mean).astype(float)

    def fit(self, X: Any, y: Any) -> nmo.PopulationGLM:
        """Fit all recordings."""
        smooth: dict[str, Any] = {}
        if self.penalty != "none":
            entries = [(slice(0, X.n_features), self._roughness(X))]
            smooth["regularizer"] = nmo.regularizer.Quadratic(entries)
            smooth["regularizer_strength"] = self.strength / self.n_rows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a silent place is separated, and has no band
            return nmo.PopulationGLM(self.model, **smooth).fit(X, y)

    def _one_curve(self, X: Any) -> Any:
        """Return coefficients (b,) of a bump: a field on a track, a preferred direction."""
        at = np.linspace(0, 1, 400)
        F, angle = X.terms[0].functions(at), 2 * np.pi * (at - 0.4)
        bump = np.cos(angle) if self.name == "direction" else 2 * np.exp(-((at - 0.4) ** 2) / 0.03)
        return np.linalg.lstsq(F, self.depth * bump, rcond=None)[0]

    def _roughness(self, X: Any) -> Any:
        S = X.terms[0].penalties()[0]
        return S / np.linalg.eigvalsh(S)[-1]

    def _from_prior(self, X: Any, rng: np.random.Generator) -> Any:
        """Return coefficients (b, N) with the variance that strength S says, unit phi / eigenvalue.

        What the penalty leaves alone (levels, slopes) is that of the one curve.
        """
        unit = 2 * self.level**2 if self.model == "Gaussian" else 1.0
        values, vectors = np.linalg.eigh(self.strength * self._roughness(X))
        free = values <= 1e-9 * values[-1]
        spread = np.where(free, 0.0, np.sqrt(unit / np.where(free, 1.0, values)))
        level = vectors[:, free] @ (vectors[:, free].T @ self._one_curve(X))
        return level[:, None] + vectors @ (spread[:, None] * rng.normal(size=(len(values), N)))


CELLS = (
    Cell("direction", "Poisson", 6000, 0.1, 0.8),
    Cell("direction", "Poisson", 6000, 0.02, 0.8),
    Cell("place", "Poisson", 6000, 0.1, 1.0),
    Cell("place", "Bernoulli", 3000, 0.2, 0.6),
    Cell("place", "Gaussian", 40, 1.0, 1.0),
    Cell("place", "Poisson", 6000, 0.05, 0.8, "from the prior", 20.0),
    Cell("place", "Gaussian", 100, 1.0, 1.0, "from the prior", 4.0),
    Cell("place", "Poisson", 6000, 0.05, 0.8, "one curve", 20.0),
    Cell("place", "Poisson", 6000, 0.05, 0.8, "one curve", 200.0),
)


def of_bands() -> Iterator[str]:
    """Yield the rows of the table of bands."""
    for cell in CELLS:
        X, coef, y = cell.draw(np.random.default_rng(7))
        model = cell.fit(X, y)
        events = "" if cell.model == "Gaussian" else f"{y.sum(axis=0).mean():.0f}"
        about = f"| {cell.name} | {cell.model} | {cell.n_rows} | {events} | {_penalty(cell)} "
        for what in ("effect", "mean", "slope"):
            asked: dict[str, Any] = {"derivative": 1} if what == "slope" else {"scale": what}
            asked |= {"simultaneous": True, "n_points": N_POINTS, "n_draws": N_DRAWS}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = partial_effect(model, X, y, "x", **asked)
            truth = _truth(cell, X, coef, found.axis, what)
            at_once = _inside(truth, found.low, found.high)
            pointwise = _inside(truth, found.pointwise_low, found.pointwise_high)
            yield (
                f"{about}| {what} | **{with_error(pointwise.mean(axis=0))}** "
                f"| **{with_error(at_once.all(axis=0))}** | {pointwise.all(axis=0).mean():.3f} "
                f"| {np.nanmean(found.critical_value):.2f} |"
            )


def of_predictions() -> Iterator[str]:
    """Yield the rows of the table of predicted rates."""
    for cell in (CELLS[0], CELLS[1], CELLS[3], CELLS[4]):
        rng = np.random.default_rng(9)
        X, coef, y = cell.draw(rng)
        at = rng.uniform(size=N_POINTS)
        new, truth = X.at(at), _truth(cell, X, coef, at, "mean")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = predicted_rates(cell.fit(X, y), X, y, new, responses=True, n_draws=1000)
        mean = _inside(truth, found.low, found.high).mean(axis=0)
        later = {
            "Poisson": rng.poisson(np.maximum(truth, 0)),
            "Bernoulli": rng.random(truth.shape) < truth,
            "Gaussian": truth + cell.level * rng.normal(size=truth.shape),
        }[cell.model]
        response = _inside(later, found.response_low, found.response_high).mean(axis=0)
        yield (
            f"| {cell.name} | {cell.model} | {cell.n_rows} | {cell.level} "
            f"| **{with_error(mean)}** | {with_error(response)} |"
        )


def of_comparisons() -> Iterator[str]:
    """Yield the rows of the table of comparisons."""
    for depth, level in ((0.8, 0.1), (0.8, 0.02), (0.0, 0.1)):
        cell = Cell("direction", "Poisson", 6000, level, depth)
        X, coef, y = cell.draw(np.random.default_rng(8))
        model = cell.fit(X, y)
        shares = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for knows in (True, False):
                found = comparison(
                    model, X, y, "x", n_points=N_POINTS, n_draws=N_DRAWS, simultaneous=knows
                )
                ends = (X.terms[0].functions(end[0]) for end in (found.at, found.against))
                first, second = ((F * coef.T).sum(axis=1) for F in ends)
                truth = np.exp(first - second)
                shares.append(_inside(truth, found.ratio_low, found.ratio_high))
        name = "none" if depth == 0 else f"{2 * depth:g} nats deep"
        yield (
            f"| {name} | {y.sum(axis=0).mean():.0f} | **{with_error(shares[0])}** "
            f"| {with_error(shares[1])} | {(found.ratio > truth).mean():.2f} |"
        )


def section(**tables: Iterable[str]) -> str:
    """Return the section of RESULTS.md from the rows of its tables."""
    rows = {name: "\n".join(lines) for name, lines in tables.items()}
    return _TEXT.format(heading=HEADING, n=N, points=N_POINTS, **rows)


def _section() -> str:
    return section(bands=of_bands(), predictions=of_predictions(), comparisons=of_comparisons())


def main() -> None:
    """Make the tables, in the place of those that are there."""
    page.keep(_section())


def _truth(cell: Cell, X: Any, coef: Any, at: Any, what: str) -> Any:
    """Return the true curve (W, N): beyond its mean, the mean with the true level, or slopes."""
    F, h = np.asarray(X), 1e-6
    if what == "slope":
        middle = np.clip(at, h, 1 - h)
        ends = (X.terms[0].functions(middle + step) for step in (h, -h))
        first, second = (part @ coef for part in ends)
        return (first - second) / (2 * h)
    eta, rows = X.terms[0].functions(at) @ coef, F @ coef
    if what == "effect":
        return eta - rows.mean(axis=0)
    if cell.model == "Gaussian":
        return eta
    if cell.model == "Bernoulli":
        odds = cell.level / (1 - cell.level) * np.exp(eta - rows.mean(axis=0))
        return odds / (1 + odds)
    return cell.level * np.exp(eta - np.log(np.exp(rows).mean(axis=0)))


def _inside(truth: Any, low: Any, high: Any) -> Any:
    return (low <= truth) & (truth <= high)


def _penalty(cell: Cell) -> str:
    return cell.penalty if cell.penalty == "none" else f"{cell.strength:g}, {cell.penalty}"


if __name__ == "__main__":
    main()
