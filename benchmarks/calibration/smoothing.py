"""Smooth terms with automatic strengths: coverage of their bands, and how near their curves come.

``python -m benchmarks.calibration.smoothing`` writes the section of RESULTS.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo

from . import page
from .dispersions import with_error

HEADING = "## Smooth terms with automatic strengths"
B = nmo.basis
GRID = np.geomspace(1e-5, 1.0, 11)  # of strengths, for the oracle
TEXT = """{heading}

Each line is {n} recordings (maps: {n_maps}) along one trajectory, a neuron with a curve of its own
each: preferred directions of all widths; fields on a track; fields in a box (a surface with a
strength along each side); curves drawn from the prior that a known strength states. Mean counts per
bin are spread over a decade. Strengths maximise the marginal likelihood
([page](../../docs/smoothness.md)).

**Across** is the share of points at which the 95 % pointwise band holds the true effect, averaged
over the function and all recordings: with the chosen strengths taken for known, of all recordings
and of the third with the **most events**; with **strengths unknown** (`cov_type="unconditional"`);
and with the strengths that an oracle takes. **Error** is the root mean square, over the rows, of
what is estimated less what is true, in nats. The oracle knows the truth and has {n_grid} strengths
(maps: 5 x 5 pairs): **one for all** recordings of the line, or for **each** recording the one that
comes nearest to its truth, noise included. Ratios are of mean errors: automatic over oracle.

| what | model | rows | events | across | most | unknown | oracle's | error | one for all | each |
|---|---|---|---|---|---|---|---|---|---|---|
{rows}

Bands of smooth curves cover on average over the function, not at each point. For fields on a track,
strengths taken for known:

| coverage where the true curve is | share |
|---|---|
{places}
"""


class Scene(NamedTuple):
    """What is recorded."""

    name: str
    model: str
    n_rows: int
    n_neurons: int

    def draw(self, rng: np.random.Generator) -> tuple[Any, Any, Any]:
        """Return a design, the true effects (T, N) and responses (T, N)."""
        X, truth = _SCENES[self.name](self.n_rows, self.n_neurons, rng)
        truth = truth - truth.mean(axis=0)
        level = np.geomspace(0.03, 0.3, self.n_neurons)
        if self.model == "Gaussian":
            return X, truth, truth + np.geomspace(0.5, 5, len(level)) * rng.normal(size=truth.shape)
        if self.model == "Bernoulli":
            odds = level * np.exp(truth)
            return X, truth, (rng.random(truth.shape) < odds / (1 + odds)).astype(float)
        mean = level * np.exp(truth - np.log(np.exp(truth).mean(axis=0)))
        return X, truth, rng.poisson(mean).astype(float)


def _walk(n_rows: int, rng: np.random.Generator) -> Any:
    """Return a smooth walk (T,) that is reflected at 0 and 1."""
    speed = np.convolve(rng.normal(size=n_rows + 49), np.ones(50) / 50, mode="valid")
    place = np.cumsum(0.03 * speed / speed.std()) % 2
    return np.minimum(place, 2 - place)


def _direction(n_rows: int, n: int, rng: np.random.Generator) -> tuple[Any, Any]:
    x = rng.uniform(0, 2 * np.pi, n_rows)
    sharp, depth = rng.uniform(0.3, 3, n), rng.uniform(0.3, 2, n)
    angle = x[:, None] - rng.uniform(0, 2 * np.pi, n)
    basis = B.CyclicBSplineEval(16, bounds=(0, 2 * np.pi), label="x")
    return basis.design(x), depth * np.exp(sharp * (np.cos(angle) - 1))


def _track(n_rows: int, n: int, rng: np.random.Generator) -> tuple[Any, Any]:
    x = _walk(n_rows, rng)
    width, depth = rng.uniform(0.06, 0.25, n), rng.uniform(0.3, 2.5, n)
    centre = rng.uniform(size=n)
    field = depth * np.exp(-((x[:, None] - centre) ** 2) / (2 * width**2))
    return B.BSplineEval(20, bounds=(0, 1), label="x").design(x), field


def _box(n_rows: int, n: int, rng: np.random.Generator) -> tuple[Any, Any]:
    x, y = _walk(n_rows, rng), _walk(n_rows, rng)
    width, depth = rng.uniform(0.12, 0.3, n), rng.uniform(0.5, 2.5, n)
    far = sum((u[:, None] - rng.uniform(size=n)) ** 2 for u in (x, y))
    basis = B.MultiplicativeBasis(
        B.BSplineEval(9, bounds=(0, 1), label="u"), B.BSplineEval(9, bounds=(0, 1), label="v"),
        label="x",
    )  # fmt: skip
    return basis.design(x, y), depth * np.exp(-far / (2 * width**2))


def _prior(n_rows: int, n: int, rng: np.random.Generator) -> tuple[Any, Any]:
    X = B.BSplineEval(20, bounds=(0, 1), label="x").design(rng.uniform(size=n_rows))
    rough = nmo.regularizer.Smoothness().on_terms(X.terms)[0].parts[0].rows
    values, vectors = np.linalg.eigh(3.0 * rough.T @ rough)
    free = values > 1e-9 * values[-1]
    coef = (vectors[:, free] / np.sqrt(values[free])) @ rng.normal(size=(free.sum(), n))
    return X, np.asarray(X) @ coef


_SCENES = {"direction": _direction, "track": _track, "box": _box, "prior": _prior}
SCENES = (
    Scene("direction", "Poisson", 6000, 1000),
    Scene("track", "Poisson", 6000, 1000),
    Scene("track", "Bernoulli", 6000, 1000),
    Scene("track", "Gaussian", 600, 1000),
    Scene("prior", "Poisson", 6000, 1000),
    Scene("box", "Poisson", 6000, 100),
)


def fitted(scene: Scene, X: Any, y: Any, strength: Any) -> nmo.PopulationGLM:
    """Fit all recordings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nmo.PopulationGLM(scene.model, regularizer="Smoothness")
        return model.set_params(regularizer_strength=strength).fit(X, y)


def errors(model: nmo.PopulationGLM, F: Any, truth: Any) -> Any:
    """Return the root mean square of what the effects of all recordings are off by, (N,)."""
    effect = F @ model.coef_
    return np.sqrt(((effect - effect.mean(axis=0) - truth) ** 2).mean(axis=0))


def inside(
    model: nmo.PopulationGLM, X: Any, y: Any, truth: Any, cov_type: str = "model"
) -> tuple[Any, Any]:
    """Return whether bands hold the truth at rows from all over, and the truth there, (W, N)."""
    F = np.asarray(X)
    some = np.linspace(0, len(F) - 1, 60).astype(int)
    mean = F.mean(axis=0)
    D = F[some] - mean
    ok = np.empty((len(some), y.shape[1]), dtype=bool)
    covariance = model.covariance(X, y, cov_type=cov_type)[:, :-1, :-1]
    effect = D @ model.coef_
    error = np.sqrt(np.einsum("wi,nij,wj->wn", D, covariance, D, optimize=True))
    ok = np.abs(effect - truth[some]) <= 1.959964 * error
    return ok, truth[some]


def rows() -> Iterator[tuple[str, Any, Any]]:
    """Yield each line, and what was inside of bands at which truth."""
    for number, scene in enumerate(SCENES):
        X, truth, y = scene.draw(np.random.default_rng(number))
        F = np.asarray(X)
        model = fitted(scene, X, y, "auto")
        known = np.isfinite(model.log_marginal_likelihood_)
        ok, there = inside(model, X, y, truth)
        unknown, _ = inside(model, X, y, truth, "unconditional")
        error, grid = errors(model, F, truth), _grid(scene)
        tried = np.array([errors(fitted(scene, X, y, s), F, truth) for s in grid])
        of_each = np.array([grid[k] for k in tried.argmin(axis=0)]).reshape(len(error), -1).T
        at_best, _ = inside(fitted(scene, X, y, of_each), X, y, truth)
        for_all = tried[:, known].mean(axis=1).min()
        for_each, mean = tried[:, known].min(axis=0).mean(), error[known].mean()
        many = known & (np.arange(len(error)) >= 2 * len(error) // 3)
        if scene.model == "Gaussian":  # there the first have the least noise
            many = many[::-1] & known
        events = "" if scene.model == "Gaussian" else f"{y.sum(axis=0).mean():.0f}"
        yield (
            f"| {scene.name} | {scene.model} | {scene.n_rows} | {events} "
            f"| {with_error(ok[:, known].mean(axis=0))} | {ok[:, many].mean():.3f} "
            f"| **{with_error(unknown[:, known].mean(axis=0))}** "
            f"| {at_best.mean():.3f} | {mean:.3f} | {mean / for_all:.3f} "
            f"| {mean / for_each:.3f} |",
            ok[:, known],
            there[:, known],
        )


def _grid(scene: Scene) -> list[Any]:
    if scene.name != "box":
        return list(GRID)
    few = GRID[1:10:2]
    return [np.array([a, b]) for a in few for b in few]


def text() -> str:
    """Return the section of the page."""
    lines = list(rows())
    ok, there = lines[1][1:]
    share = (there - there.min(axis=0)) / np.ptp(there, axis=0)
    parts = [(share <= 0.1, "within a tenth of its lowest"), (share >= 0.9, "of its peak")]
    return TEXT.format(
        heading=HEADING,
        n=SCENES[0].n_neurons,
        n_maps=SCENES[-1].n_neurons,
        n_grid=len(GRID),
        rows="\n".join(line for line, _, _ in lines),
        places="\n".join(f"| {name} | {ok[part].mean():.3f} |" for part, name in parts),
    )


def main() -> None:
    """Make the tables, in the place of those that are there."""
    page.keep(text())


if __name__ == "__main__":
    main()
