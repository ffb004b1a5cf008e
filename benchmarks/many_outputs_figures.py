"""The figures of docs/many_outputs.md: ranks, and models below their noise ceiling.

python -m benchmarks.many_outputs_figures
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import spikeglm as nmo
from spikeglm import plotting

FIGURES = Path(__file__).parents[1] / "docs/figures"


def main() -> None:
    """Draw 300 outputs of 5 components, and 60 neurons of which a model explains a part."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 30))
    true = rng.normal(size=(30, 5)) * [1.0, 0.8, 0.6, 0.4, 0.3] @ rng.normal(size=(5, 300))
    y = X @ true + 8 * rng.normal(size=(1500, 300))
    reduced = nmo.ReducedRankRegression(max_rank=14).fit(X, y)
    signal = np.sin(np.arange(300)[:, None] / rng.uniform(5, 40, 60)) * rng.uniform(0, 1, 60)
    repeats = signal + rng.normal(size=(12, 300, 60))
    guess = signal + 0.5 * np.roll(signal, 17, axis=1)
    ceiling = nmo.inference.noise_ceiling(repeats, guess)
    with plotting.paper_style():
        for name, draw, result in (
            ("rank_choice", plotting.plot_rank_choice, reduced.rank_choice_),
            ("noise_ceiling", plotting.plot_noise_ceiling, ceiling),
        ):
            figure = draw(result).figure
            figure.savefig(FIGURES / f"{name}.png", dpi=200)
            plt.close(figure)


if __name__ == "__main__":
    main()
