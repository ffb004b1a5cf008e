"""How often paired tests over folds prefer one of two models that are equally good.

``python -m benchmarks.calibration.paired`` writes its table into RESULTS.md; it takes a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats

import spikeglm as nmo
from spikeglm.selection.paired_tests import differences, signed_rank

from . import nulls, page

N_TABLES, N_NEURONS = 40, 25  # data sets of a line: as many as their product
K, LEVEL = 10, 0.05
HEADING = "## Models that are equally good, compared over folds"


class Case(NamedTuple):
    """Two models that see p features each, of which the responses depend on all or on none."""

    title: str
    n_rows: int
    p: int
    effect: float  # standard deviation of the log rate that the features of a model make
    is_nested: bool = False  # whether the second has p features more, which do nothing
    tau: float = 0.0  # bins in which features, and a gain that no model knows, forget


CASES = (
    Case("1 feature each, as good", 1000, 1, 0.3),
    Case("10 features each, as good", 1000, 10, 0.3),
    Case("40 features each, as good", 1000, 40, 0.3),
    Case("40 features each, useless", 1000, 40, 0.0),
    Case("1 useless feature more", 1000, 1, 0.3, is_nested=True),
    Case("10 useless features more", 1000, 10, 0.3, is_nested=True),
    Case("1 feature each, as good, slow", 1000, 1, 0.3, tau=20.0),
    Case("1 useless feature more, slow", 1000, 1, 0.3, is_nested=True, tau=20.0),
)


class Compared(NamedTuple):
    """P values (N_TABLES, N_NEURONS) by test, and how differences of two folds correlate."""

    p_values: dict[str, np.ndarray]
    correlation: float


def compared(case: Case, seed: int = 0) -> Compared:
    """Compare the models of a case on all its data sets; of nested ones ask for the larger one."""
    found: dict[str, list[np.ndarray]] = {"t": [], "corrected t": [], "signed rank": []}
    side = "greater" if case.is_nested else "two-sided"
    of_folds = []
    for rng in np.random.default_rng(seed).spawn(N_TABLES):
        X, gain = rng.normal(size=(case.n_rows, 2 * case.p)), 0.0
        if case.tau:
            X = nulls.stationary(rng, 2 * case.p, n_rows=case.n_rows, tau=case.tau)
            gain = 0.5 * nulls.stationary(rng, N_NEURONS, n_rows=case.n_rows, tau=case.tau)
        size = case.effect / np.sqrt(case.p)
        one = rng.normal(size=(case.p, N_NEURONS)) * size
        truth = np.vstack([one, 0 * one if case.is_nested else one])
        y = rng.poisson(np.exp(X @ truth + gain - 0.5))
        first, second = X[:, : case.p], X if case.is_nested else X[:, case.p :]
        model = nmo.PopulationGLM()
        models = {"first": (model, first), "second": (model, second)}
        pair = nmo.selection.compare(models, y=y, folds=K)
        d = differences(pair.fold_score[1], pair.fold_score[0])
        of_folds.append(d)
        plain = stats.ttest_1samp(d, 0.0, alternative=side).pvalue
        t = pair.difference.t[1]
        corrected = stats.t.sf(t, K - 1) if case.is_nested else pair.difference.p_corrected_t[1]
        for test, p in zip(found, (plain, corrected, signed_rank(d, side).p_value), strict=True):
            found[test].append(p)
    p_values = {test: np.array(p) for test, p in found.items()}
    return Compared(p_values, _correlation(np.hstack(of_folds)))


def _correlation(d: np.ndarray) -> float:
    """Return how the differences (K, n) of two folds correlate over n data sets.

    With a correlation of rho their mean varies by var (1 + (K - 1) rho) / K, and they vary among
    themselves by var (1 - rho).
    """
    ratio = d.mean(axis=0).var(ddof=1) / (d.var(axis=0, ddof=1).mean() / K)
    return float((ratio - 1.0) / (ratio + K - 1.0))


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    tests = "t", "corrected t", "signed rank"
    yield page.head("models", "test is", *tests, "two folds correlate by")
    for case in CASES:
        cells, found = [], compared(case)
        for p in found.p_values.values():
            rejects = p <= LEVEL
            error = rejects.mean(axis=1).std(ddof=1) / np.sqrt(len(rejects))
            cells.append(f"{rejects.mean():.3f} ± {error:.3f}")
        side = "one-sided" if case.is_nested else "two-sided"
        cells.append(f"{found.correlation:.3f}")
        yield f"| {case.title} | {side} | " + " | ".join(cells) + " |"


_TEXT = """{heading}

`python -m benchmarks.calibration.paired`. Shares of data sets in which a test over {k} folds
prefers one of two models at 5 %: {n_tables} tables of 1000 rows with {n_neurons} neurons each in
every line, .6 spikes a bin, errors from one table to the next. Models of a line see as many
features, drawn alike, which matter as much; or the second has more features, which do nothing, and
the test asks whether it is better. In "slow" ones features, and a gain of the neuron that no model
knows, forget in 20 bins. The last column is the correlation over data sets of the differences of
two folds, of which the corrected t assumes 1 / {k}.

{table}

{said}
"""
SAID = """\
How to read it. Fits of ten folds share most of their rows, but what their scores differ by is
mostly the tested rows, which they do not share: differences of two folds hardly correlate, and the
plain t test and the signed ranks keep their level, also where signals are slow beside a bin (with
a correlation a little above zero) and fast beside a fold. Where features matter little (useless
ones, or one that is weak in many neurons) the correlation is below zero, and these tests reject
less: rows of a fold in which a useless feature happens to help make the fits of all other folds
believe in it, and these predict worse. For one useless feature, many rows and ten folds theory
says -.041 (scores of folds are g_k b_k - b_k^2 / 2 with normal g and b_k the mean of the other
nine). The correction of Nadeau & Bengio
allows for fits that vary with their training rows as much as scores vary with the tested ones; for
these models it is too careful, .01 or less. A useless feature makes predictions a little worse, so
that tests for whether it helps find it less often than their level."""


def section() -> str:
    """Return the section of RESULTS.md."""
    return _TEXT.format(
        heading=HEADING,
        k=K,
        n_tables=N_TABLES,
        n_neurons=N_NEURONS,
        table="\n".join(lines()),
        said=SAID,
    )


def main() -> None:
    """Make the table, in the place of the one that is there."""
    page.keep(section())


if __name__ == "__main__":
    main()
