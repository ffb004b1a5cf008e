"""Tuning on a rat's trajectory: how near automatic strengths come to what an oracle would take.

``python -m benchmarks.calibration.trajectories`` writes the section of RESULTS.md. The trajectory
is that of Sargolini et al. (2006), which the package ``ratinabox`` (MIT) ships; it is needed here
and nowhere else: ``pip install ratinabox``. Without it nothing is written.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo

from . import page

HEADING = "## Tuning on a rat's trajectory"
B = nmo.basis
BIN_S, SECONDS = 0.1, 590.0
N_CELLS = 16
GRID = np.geomspace(1e-6, 1.0, 13)  # of strengths, for the oracle
TEXT = """{heading}

`python -m benchmarks.calibration.trajectories` (needs `pip install ratinabox`): ten minutes of a
foraging rat (Sargolini et al. 2006) in bins of 100 ms. Each line is {n_cells} cells, of each of
which so many **recordings** are simulated; a recording is a column of one fit. Place and grid cells
have surfaces of 12 x 12 and 14 x 14 B-splines with a strength along each side, directions 16 cyclic
splines. Fields and bumps are flat far from where they are, as in real cells: no prior of smooth
curves is like that. Mean rates are spread from .5 to 5 Hz.

**Error** is the root mean square, over the rows, of what the map is off by: of log rates in nats,
of rates as a share of the deviation of the true rate. Ratios are of mean errors, automatic over: an
oracle's best strength **for all** cells of the line; that **for each cell**, best on average over
its recordings: what somebody who knows the truth, but not the noise, would take; and the one **for
each recording** that happens to fit its noise best, which nobody can know. The oracle tries
{n_grid} strengths, of surfaces the same along both sides. Last, the same for strengths **by
cross-validation** in place of the automatic ones, of one recording of each cell (five contiguous
folds, the best held-out likelihood of these {n_grid}): what else is there for those who do not know
the truth.

{head}
{rows}
"""
TITLES = (
    "tuning",
    "recordings",
    "events",
    "error",
    "automatic",
    "over for all",
    "over for each cell",
    "over for each recording",
    "cross-validation over for each cell",
)


class Track(NamedTuple):
    """Where the rat is and where it goes, in each of T bins; metres and radians."""

    x: Any
    y: Any
    direction: Any


class Tuning(NamedTuple):
    """Functions of a track, and what cells make of it."""

    name: str
    basis: Any
    inputs: tuple[Any, ...]
    truth: Any  # (T, cells) log rates, of any level
    n_recordings: int  # of each cell


def track() -> Track:
    """Return the trajectory that ratinabox ships, in bins."""
    from ratinabox.Agent import Agent
    from ratinabox.Environment import Environment

    rat = Agent(Environment(), {"dt": BIN_S})
    rat.import_trajectory(dataset="sargolini")
    for _ in range(int(SECONDS / BIN_S)):
        rat.update(dt=BIN_S)
    place, heading = (np.array(rat.history[name]) for name in ("pos", "head_direction"))
    return Track(*place.T, np.arctan2(heading[:, 1], heading[:, 0]) % (2 * np.pi))


def tunings(at: Track, rng: np.random.Generator) -> Iterator[Tuning]:
    """Yield direction cells, place cells and grid cells, all of different widths."""
    circle = B.CyclicBSplineEval(16, bounds=(0, 2 * np.pi), label="direction")
    angle = at.direction[:, None] - rng.uniform(0, 2 * np.pi, N_CELLS)
    sharp = rng.uniform(0.5, 4, N_CELLS)
    tuned = np.log(0.1 + np.exp(sharp * (np.cos(angle) - 1)))
    yield Tuning("direction", circle, (at.direction,), tuned, 50)
    centre, width = rng.uniform(0.1, 0.9, (2, N_CELLS)), rng.uniform(0.1, 0.25, N_CELLS)
    far = sum((u[:, None] - c) ** 2 for u, c in zip((at.x, at.y), centre, strict=True))
    fields = np.log(0.05 + np.exp(-far / (2 * width**2)))
    yield Tuning("place", _surface(12), (at.x, at.y), fields, 5)
    yield Tuning("grid", _surface(14), (at.x, at.y), _grid_cells(at, rng), 5)


def _surface(n: int) -> Any:
    return B.MultiplicativeBasis(
        B.BSplineEval(n, bounds=(0, 1), label="x"), B.BSplineEval(n, bounds=(0, 1), label="y"),
        label="place",
    )  # fmt: skip


def _grid_cells(at: Track, rng: np.random.Generator) -> Any:
    """Return log rates (T, cells): three waves at angles of sixty degrees."""
    wave, turn = rng.uniform(0.35, 0.6, N_CELLS), rng.uniform(0, np.pi / 3, N_CELLS)
    phase = rng.uniform(0, 1, (2, N_CELLS))
    x, y = (u[:, None] - wave * p for u, p in zip((at.x, at.y), phase, strict=True))
    total = 0.0
    for k in range(3):
        along = np.cos(turn + k * np.pi / 3) * x + np.sin(turn + k * np.pi / 3) * y
        total = total + np.cos(4 * np.pi / (np.sqrt(3) * wave) * along)
    return 0.8 * total


def _fitted(X: Any, y: Any, strength: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nmo.PopulationGLM(regularizer="Smoothness")
        return model.set_params(regularizer_strength=strength).fit(X, y)


def _errors(model: Any, F: Any, truth: Any, mean: Any) -> Any:
    """Return what log rates and rates of maps are off by, (2, cells, recordings).

    Of log rates ``truth`` (T, cells) beyond their means, and rates ``mean`` (T, cells).
    """
    each = model.coef_.shape[1] // N_CELLS
    effect = F @ model.coef_
    off = effect - effect.mean(axis=0) - np.repeat(truth, each, axis=1)
    off_rate = np.exp(effect + model.intercept_) - np.repeat(mean, each, axis=1)
    nats, rate = (np.sqrt((x**2).mean(axis=0)).reshape(N_CELLS, each) for x in (off, off_rate))
    return np.stack([nats, rate / mean.std(axis=0)[:, None]])


def _held_out(X: Any, y: Any) -> Any:
    """Return the model with each recording's best strength by cross-validation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folds = np.arange(len(y)) * 5 // len(y)
        model = nmo.PopulationGLM(regularizer="Smoothness")
        return nmo.selection.select_strength(model, X, y, folds=folds, strengths=GRID).model


def rows() -> Iterator[str]:
    """Yield the lines of the table."""
    rng = np.random.default_rng(0)
    for tuning in tunings(track(), rng):
        X, each = tuning.basis.design(*tuning.inputs), tuning.n_recordings
        F, truth = np.asarray(X), tuning.truth - tuning.truth.mean(axis=0)
        mean = BIN_S * np.geomspace(0.5, 5.0, N_CELLS) / np.exp(truth).mean(axis=0) * np.exp(truth)
        y = rng.poisson(np.repeat(mean, each, axis=1)).astype(float)
        automatic = _errors(_fitted(X, y, "auto"), F, truth, mean)
        by_folds = _errors(_held_out(X, y[:, ::each]), F, truth, mean)
        tried = np.array([_errors(_fitted(X, y, s), F, truth, mean) for s in GRID])
        for kind, name in enumerate(("log rate", "rate")):
            of_grid, ours = tried[:, kind], automatic[kind].mean()
            best = of_grid.mean(axis=2).argmin(axis=0), np.arange(N_CELLS)
            oracles = (
                of_grid.mean(axis=(1, 2)).min(),
                of_grid[best].mean(),
                of_grid.min(axis=0).mean(),
            )
            over = " | ".join(f"{ours / oracle:.3f}" for oracle in oracles)
            folds = by_folds[kind].mean() / of_grid[best][:, 0].mean()
            first = (
                f"| {tuning.name} | {each} | {y.sum(axis=0).mean():.0f} " if not kind else "| | | "
            )
            yield f"{first}| {name} | {ours:.3f} | {over} | {folds:.3f} |"


def main() -> None:
    """Make the table, in the place of that which is there."""
    if importlib.util.find_spec("ratinabox") is None:
        print("Nothing was written: this needs ratinabox (pip install ratinabox).")
        return
    page.keep(
        TEXT.format(
            heading=HEADING,
            head=page.head(*TITLES),
            n_cells=N_CELLS,
            n_grid=len(GRID),
            rows="\n".join(rows()),
        )
    )


if __name__ == "__main__":
    main()
