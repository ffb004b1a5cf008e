"""The figure of docs/choosing_strengths.md: held-out scores of a lasso over its strength.

python -m benchmarks.strengths_figure
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import spikeglm as nmo
from spikeglm import plotting

FIGURE = Path(__file__).parents[1] / "docs/figures/choosing_strengths.png"


def main() -> None:
    """Draw one neuron that 3 of 30 features drive, under both rules."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(4000, 30))
    counts = rng.poisson(np.exp(X[:, :3] @ [0.25, -0.2, 0.12] - 1))
    folds = nmo.selection.InterleavedBlocks(5, n_chunks=4)
    lasso = nmo.GLM(regularizer="Lasso")
    choice = nmo.selection.select_strength(lasso, X, counts, folds=folds, strengths=40)
    with plotting.paper_style():
        ax = plotting.plot_strength_choice(choice)
        ax.figure.savefig(FIGURE, dpi=200)
        plt.close(ax.figure)


if __name__ == "__main__":
    main()
