"""The figure and numbers of docs/contributions.md: where each way to ask misleads.

python -m benchmarks.contributions_figure
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import spikeglm as nmo
from spikeglm import plotting
from spikeglm.plotting.style import size_inches
from spikeglm.selection import Contributions

FIGURE = Path(__file__).parents[1] / "docs/figures/contributions.png"
T, N, MEMORY = 8000, 40, 2000
HOW = ["unique", "alone", "zeroed", "shuffled", "shapley"]
FOLDS = nmo.selection.InterleavedBlocks(5, n_chunks=10)
Signals = tuple[dict[str, np.ndarray], np.ndarray]


def slow(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return signals (T, n) of variance one that forget in about MEMORY bins."""
    noise = rng.normal(size=(T + MEMORY, n))
    sums = np.cumsum(noise, axis=0)
    return (sums[MEMORY:] - sums[:-MEMORY]) / np.sqrt(MEMORY)


def passenger(rng: np.random.Generator) -> Signals:
    """Speed drives all neurons; the pupil goes along with it."""
    speed = rng.normal(size=T)
    pupil = 0.8 * speed + 0.6 * rng.normal(size=T)
    return {"speed": speed, "pupil": pupil}, 0.5 * speed[:, None]


def twins(rng: np.random.Generator) -> Signals:
    """Two whiskers tell the same, and neurons see both."""
    both = rng.normal(size=T)
    left, right = both[:, None].T + 0.15 * rng.normal(size=(2, T))
    return {"left": left, "right": right}, 0.25 * (left + right)[:, None]


def opposed(rng: np.random.Generator) -> Signals:
    """Two speeds go together, and neurons see their difference."""
    both = rng.normal(size=T)
    running, flow = both[:, None].T + 0.5 * rng.normal(size=(2, T))
    return {"running": running, "flow": flow}, 0.7 * (running - flow)[:, None]


def drifting(rng: np.random.Generator) -> Signals:
    """Speed drives all neurons; the weather is as slow as the drift of each, and means nothing."""
    speed, weather = rng.normal(size=T), slow(rng, 1)[:, 0]
    return {"speed": speed, "weather": weather}, 0.3 * speed[:, None] + 0.6 * slow(rng, N)


def asked(make: Callable[[np.random.Generator], Signals], seed: int = 3) -> Contributions:
    """Ask in all ways about N neurons of one truth."""
    rng = np.random.default_rng(seed)
    signals, eta = make(rng)
    counts = rng.poisson(np.exp(np.broadcast_to(eta, (T, N)) - 1))
    X = np.column_stack(list(signals.values()))
    terms = {name: [j] for j, name in enumerate(signals)}
    model = nmo.PopulationGLM()
    found = nmo.selection.contributions(model, X, counts, folds=FOLDS, terms=terms, how=HOW)
    print(make.__doc__)
    print(found)
    if make is drifting:
        null = nmo.inference.LinearShift(max_shift=T * 3 // 8)
        more = {"folds": FOLDS, "terms": terms, "null": null}
        tested = nmo.selection.contributions(model, X, counts, **more)
        for of, p in (("folds", found.p_value[0, 1]), ("shifts", tested.p_value[0, 1])):
            print(f"weather, p <= .05 by {of}: {np.mean(p <= 0.05):.0%} of the neurons")
    return found


def main() -> None:
    """Draw four truths, a panel each."""
    with plotting.paper_style():
        figure, axes = plt.subplots(2, 2, figsize=size_inches(plotting.TWO_COLUMNS_MM, 95))
        titles = ("Only speed drives", "Both tell the same", "Their difference drives", "Drift")
        makes = (passenger, twins, opposed, drifting)
        for ax, make, title in zip(axes.flat, makes, titles, strict=True):
            plotting.plot_contributions(asked(make), ax)
            ax.set_title(title)
            ax.set_ylabel("Bits per spike")
            if make is not passenger:
                ax.get_legend().remove()
        figure.savefig(FIGURE, dpi=150)
        plt.close(figure)


if __name__ == "__main__":
    main()
