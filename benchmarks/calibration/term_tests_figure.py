"""The figure of docs/term_tests.md: ``python -m benchmarks.calibration.term_tests_figure``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import spikeglm as nmo
from spikeglm.inference import term_tests
from spikeglm.plotting import TWO_COLUMNS_MM, paper_style, size_inches, style

from . import term_tests as calibration
from .term_tests import Cell

FIGURE = Path(__file__).parents[2] / "docs/figures/term_tests.png"
FEW, MANY = Cell("Poisson", 2000, 0.02), Cell("Poisson", 2000, 0.1)
GAINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
COLOURS = {"wald": style.VERMILLION, "lr": style.BLUE, "score": style.GREEN}
NAMES = {"wald": "Wald", "lr": "likelihood ratio", "score": "score"}


def main() -> None:
    """Draw and write it in the style of the other figures."""
    with paper_style():
        drawn().savefig(FIGURE, dpi=130)


def drawn() -> Any:
    """Draw p values of what is not there, and how often what is there is found."""
    size = size_inches(TWO_COLUMNS_MM, 60)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=size)
    for test, p in _of_few_spikes().items():
        _shares(left, p, color=COLOURS[test], label=NAMES[test])
    left.set(title="A term that does nothing, 40 spikes", ylabel="Share of recordings below it")
    found = {gain: _of_place_fields(gain) for gain in GAINS}
    smooth, full = found[0.0]
    _shares(middle, smooth, color=COLOURS["lr"], label="penalised, chosen strength")
    _shares(middle, full, color=style.GREY, label="ten free functions")
    middle.set(title="A curve that does nothing, 200 spikes")
    for k, (color, label) in enumerate(((COLOURS["lr"], "penalised"), (style.GREY, "ten free"))):
        power = [np.mean(found[gain][k] < calibration.LEVEL) for gain in GAINS]
        right.plot(GAINS, power, "o-", ms=3, color=color, label=label)
    right.axhline(calibration.LEVEL, color="k", lw=0.6, ls=":")
    right.set(
        title="A place field, 200 spikes",
        xlabel="Its size (log rate at the peak)",
        ylabel="Share found at 5 %",
        ylim=(0, 1),
    )
    for axes in (left, middle, right):
        axes.legend(loc="upper left")
    return figure


def _of_few_spikes() -> dict[str, Any]:
    """Return the p values of the three tests of three features that do nothing."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(FEW.n_rows, 5))
    X[:, 4] = X[:, 3] * rng.normal(size=FEW.n_rows)
    y = FEW.draw(rng, np.exp(0.4 * X[:, 0] - 0.2 * X[:, 1]))
    model = nmo.PopulationGLM().fit(X, y)
    terms = {"nothing": [2, 3, 4]}
    return {t: term_tests(model, X, y, test=t, terms=terms).p_value[0] for t in COLOURS}


def _of_place_fields(gain: float) -> tuple[Any, Any]:
    """Return p values of a place field of some size: as a smooth term, and without a penalty."""
    rng = np.random.default_rng(2)
    place = rng.uniform(size=MANY.n_rows)
    basis = nmo.basis.BSplineEval(10, bounds=(0, 1), label="place")
    X = basis.design(place)
    y = MANY.draw(rng, np.exp(gain * np.cos(2 * np.pi * (place - 0.4))))
    smooth = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto").fit(X, y)
    full = nmo.PopulationGLM().fit(X, y)
    of_smooth, of_full = (term_tests(m, X, y).p_value[0] for m in (smooth, full))
    return of_smooth, of_full


def _shares(axes: Any, p_values: Any, **look: Any) -> None:
    """Draw the share of p values below each level, up to .2; on the diagonal it is right."""
    known = np.sort(p_values[~np.isnan(p_values)])
    level = np.linspace(0, 0.2, 81)
    axes.plot(level, np.searchsorted(known, level) / len(known), lw=1.2, **look)
    axes.plot([0, 0.2], [0, 0.2], color="k", lw=0.6, ls=":")
    axes.set(xlabel="p value", xlim=(0, 0.2), ylim=(0, 0.25))


if __name__ == "__main__":
    main()
