"""Folds, strengths and masks as columns of one fit: ``python -m benchmarks.scale.columns``.

Neurons x strengths x folds, and neurons x nested sets of features, each in one call of the engine,
in one call per strength and fold (or per set), and in one call per column. All three must give the
same coefficients; of the calls per column some are timed and the others estimated.

``selection.cross_validated`` asks for folds and ``selection.regularization_path`` for strengths (of
sparse penalties); nothing public asks for strengths x folds at once, so columns are made here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spikeglm.engine.columns import Columns, Source
from spikeglm.fit.fitting import SolverChoice, fit_columns
from spikeglm.fit.record import FitResult
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.regularizer import Ridge
from spikeglm.regularizer.base import Penalty
from spikeglm.rows import ArrayRows
from spikeglm.selection import interleaved_blocks
from spikeglm.solvers import LBFGS

from .measure import problem, show

LINE = (
    "columns are", "calls", "columns a call", "seconds", "CPU seconds", "passes", "times one call",
    "differs",
)  # fmt: skip
_AGREES = 1e-6  # of the largest coefficient
_STRONGEST, _WEAKEST = 1e-1, 1e-4
_SOLVER = SolverChoice("LBFGS", LBFGS())


@dataclass(frozen=True, eq=False)
class Request:
    """C column problems over an array X (T, p), and the penalty of each."""

    X: np.ndarray
    columns: Columns
    penalty: Penalty

    def fit(self, chosen: np.ndarray) -> FitResult:
        """Fit some of the columns in one call."""
        return fit_columns(
            ArrayRows(self.X),
            self.columns.take(chosen),
            penalty=self.penalty.take(chosen),
            keep=np.ones(len(self.X), dtype=bool),
            solver=_SOLVER,
        )

    def fit_set(self, chosen: np.ndarray) -> FitResult:
        """Fit columns of one and the same mask to those features alone, as one would by hand."""
        used = self.columns.mask[:, chosen[0]]
        columns = replace(self.columns, mask=None)
        penalty = Ridge().bind(_WEAKEST, (int(used.sum()), self.columns.n_columns))
        fewer = Request(np.ascontiguousarray(self.X[:, used]), columns, penalty).fit(chosen)
        coef = np.zeros((len(used), len(chosen)))
        coef[used] = fewer.coef
        return replace(fewer, coef=coef)


def poisson(y: np.ndarray, neuron: np.ndarray) -> Columns:
    """Return columns of which each explains one neuron's counts, y (T, N)."""
    likelihood = Likelihood(model_named("Poisson"), link_named("exp"))
    return Columns(likelihood, Source(y, neuron))


def strengths_and_folds(
    X: np.ndarray, y: np.ndarray, n_strengths: int, n_folds: int
) -> tuple[Request, list[np.ndarray]]:
    """Return one column per strength, fold and neuron, and which share strength and fold."""
    T, N, p = len(X), y.shape[1], X.shape[1]
    folds = interleaved_blocks(T, n_folds, block_rows=max(1, T // (10 * n_folds)))
    training = (folds[:, None] != np.arange(n_folds)).astype(np.uint8)
    strength, fold, neuron = np.meshgrid(
        np.geomspace(_STRONGEST, _WEAKEST, n_strengths), np.arange(n_folds), np.arange(N),
        indexing="ij",
    )  # fmt: skip
    columns = replace(poisson(y, neuron.ravel()), weights=Source(training, fold.ravel()))
    penalty = Ridge().bind(strength.reshape(1, -1), (p, strength.size))
    return Request(X, columns, penalty), list(np.arange(strength.size).reshape(-1, N))


def nested_sets(X: np.ndarray, y: np.ndarray, n_sets: int) -> tuple[Request, list[np.ndarray]]:
    """Return one column per set of features and neuron; each set holds the one before it."""
    N, p = y.shape[1], X.shape[1]
    size = np.repeat(np.linspace(p / n_sets, p, n_sets).astype(int), N)
    mask = np.arange(p)[:, None] < size
    columns = replace(poisson(y, np.tile(np.arange(N), n_sets)), mask=mask)
    return Request(X, columns, Ridge().bind(_WEAKEST, mask.shape)), list(
        np.arange(len(size)).reshape(n_sets, N)
    )


def measured(
    fit: Callable[[np.ndarray], FitResult], calls: Sequence[np.ndarray], n_timed: int | None = None
) -> dict[str, Any]:
    """Fit call by call; seconds and passes of all are estimated if only ``n_timed`` were run."""
    every = max(1, len(calls) // n_timed) if n_timed else 1
    timed = calls[::every]
    begin, begin_cpu = time.perf_counter(), time.process_time()
    results = [fit(chosen) for chosen in timed]
    share = len(calls) / len(timed)
    return {
        "calls": len(calls),
        "columns a call": len(calls[0]),
        "seconds": (time.perf_counter() - begin) * share,
        "CPU seconds": (time.process_time() - begin_cpu) * share,
        "passes": round(sum(result.n_passes for result in results) * share),
        "chosen": np.concatenate(timed),
        "coef": np.hstack([result.coef for result in results]),
    }


def compared(name: str, ways: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return table lines; the first way is one call for all columns.

    Raises
    ------
    AssertionError
        If two ways give other coefficients.
    """
    together, lines = ways[0], []
    for way in ways:
        expected = together["coef"][:, way["chosen"]]
        differs = np.abs(way["coef"] - expected).max() / np.abs(expected).max()
        assert differs <= _AGREES, f"{name}, {way['calls']} calls: coefficients differ by {differs}"
        ratio = way["seconds"] / together["seconds"]
        lines.append(way | {"columns are": name, "times one call": ratio, "differs": differs})
    return lines


def all_ways(
    name: str, request: Request, groups: list[np.ndarray], by_group: Any, n_singles: int
) -> list[dict[str, Any]]:
    """Fit all columns at once, group by group, and one by one."""
    everything = np.concatenate(groups)
    request.fit(groups[0])  # threads and imports are there before the clock starts
    return compared(name, [
        measured(request.fit, [everything]),
        measured(by_group, groups),
        measured(by_group, list(everything[:, None]), n_singles),
    ])  # fmt: skip


def main() -> None:
    """Make a problem of the given size, fit its columns in all ways, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--neurons", type=int, default=20)
    parser.add_argument("--strengths", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--sets", type=int, default=10)
    parser.add_argument("--singles", type=int, default=20, help="calls per column that are run")
    given = parser.parse_args()
    X, y = problem(given.rows, given.features, given.neurons)
    print(
        f"{given.rows} rows x {given.features} features, Poisson, Ridge; seconds on this machine\n"
    )
    request, groups = strengths_and_folds(X, y, given.strengths, given.folds)
    name = f"{given.neurons} neurons x {given.strengths} strengths x {given.folds} folds"
    lines = all_ways(name, request, groups, request.fit, given.singles)
    request, groups = nested_sets(X, y, given.sets)
    name = f"{given.neurons} neurons x {given.sets} nested sets"
    lines += all_ways(name, request, groups, request.fit_set, given.singles)
    print(show(lines, LINE))


if __name__ == "__main__":
    main()
