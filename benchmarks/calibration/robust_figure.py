"""The figure of docs/robust_errors.md: ``python -m benchmarks.calibration.robust_figure``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import stdtrit

import spikeglm as nmo
from spikeglm.inference.covariances import uncertainties
from spikeglm.plotting import TWO_COLUMNS_MM, paper_style, size_inches, style

from .robust import COEF, LEVEL, Drift

FIGURE = Path(__file__).parents[2] / "docs/figures/robust_errors.png"
CELL = Drift("gain, memory 100 bins")
SHOWN = 40  # recordings
LAGS = (0, 3, 10, 30, 100, 200, 400, 800)
COLOURS = {"model": style.VERMILLION, "HAC": style.BLUE, "cluster": style.GREEN}


def main() -> None:
    """Draw and write it in the style of the other figures."""
    with paper_style():
        drawn().savefig(FIGURE, dpi=130)


def drawn() -> Any:
    """Draw one recording, intervals of many, and errors as the lags grow."""
    rng = np.random.default_rng(3)
    X, y = CELL.draw(rng)
    fit = nmo.PopulationGLM().fit(X, y).on(X, y)
    asked: dict[str, dict[str, Any]] = {
        "model": {"cov_type": "model"},
        "HAC": {"cov_type": "HAC", "lags": 500},
        "cluster": {"cov_type": "cluster", "groups": CELL.trials},
    }
    size = size_inches(TWO_COLUMNS_MM, 62)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=size, width_ratios=(1.2, 1.2, 1))
    _recording(left, X, y[:, 0])
    for k, (kind, how) in enumerate(asked.items()):
        _intervals(middle, k, kind, list(uncertainties(fit, **how)), fit.parameters)
    middle.axvline(COEF[1], color="k", lw=0.8)
    middle.set(
        yticks=[], xlabel="Slow feature: estimate and 95 % interval", title=f"{SHOWN} recordings"
    )
    _lags(right, fit)
    return figure


def _recording(axes: Any, X: np.ndarray, counts: np.ndarray) -> None:
    """Draw the counts of a neuron, smoothed, and what a model of its features can say."""
    window = np.ones(100) / 100
    smoothed = [np.convolve(v, window, "same") for v in (counts, np.exp(X @ COEF + LEVEL + 0.125))]
    axes.plot(smoothed[0][:4000], color=style.GREY, lw=0.8, label="counts")
    axes.plot(smoothed[1][:4000], color=COLOURS["model"], lw=1.2, label="by the features")
    axes.set(
        xlabel="Time (bins)",
        ylabel="Spikes per bin, over 100 bins",
        title="A gain that no one models",
    )
    axes.legend()


def _intervals(axes: Any, k: int, kind: str, found: list[Any], parameters: np.ndarray) -> None:
    """Draw intervals of the slow feature, those that miss the truth darker."""
    half = np.array([s.standard_errors[1] * stdtrit(s.dof, 0.975) for s in found])
    estimate = parameters[1]
    misses = np.abs(estimate - COEF[1]) > half
    for n in range(SHOWN):
        at = -(k * (SHOWN + 8) + n)
        ends = estimate[n] - half[n], estimate[n] + half[n]
        axes.plot(ends, (at, at), color=COLOURS[kind], lw=1.6 if misses[n] else 0.7)
    told = f"{kind}:\n{100 * (1 - misses.mean()):.0f} % cover"
    axes.text(0.52, -(k * (SHOWN + 8)) - 3, told, color=COLOURS[kind])
    axes.set_xlim(-0.1, 0.85)


def _lags(axes: Any, fit: Any) -> None:
    """Draw standard errors by HAC as the lags grow, beside how much estimates really vary."""
    sd = np.sqrt(np.mean((fit.parameters[1] - COEF[1]) ** 2))
    mean = []
    for n_lags in LAGS:
        errors = [s.standard_errors[1] for s in uncertainties(fit, "HAC", lags=n_lags)]
        mean.append(np.sqrt(np.mean(np.square(errors))))
    axes.plot(np.array(LAGS) + 1, mean, "o-", ms=3, color=COLOURS["HAC"], label="HAC")
    own = np.mean([s.standard_errors[1] for s in uncertainties(fit)])
    axes.axhline(own, color=COLOURS["model"], lw=1, label="model")
    axes.axhline(sd, color="k", lw=1, ls="--", label="as estimates vary")
    axes.axvline(100, color=style.LIGHT_GREY, lw=1, zorder=0)
    axes.text(115, 0.025, "memory of\nthe gain", color=style.GREY)
    axes.set(xscale="log", xlabel="L + 1 (bins)", ylabel="Standard error", title="Slow feature")
    axes.set_ylim(0, None)
    axes.legend(loc="lower left")


if __name__ == "__main__":
    main()
