"""The figure of docs/comparing_models.md.

python -m benchmarks.selection_figures
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import spikeglm as nmo
from spikeglm import plotting

FIGURES = Path(__file__).parents[1] / "docs/figures"


def compared_models() -> None:
    """Draw 40 neurons that position drives, half of them speed too."""
    rng = np.random.default_rng(3)
    position, speed = rng.uniform(0, 1, (2, 8000))
    eta = np.sin(6 * position)[:, None] * rng.uniform(0, 1, 40) - 1
    eta[:, ::2] += 0.8 * (speed[:, None] - 0.5) * rng.uniform(0, 1, 20)
    counts = rng.poisson(np.exp(eta))
    place = nmo.basis.BSplineEval(6, label="position")
    both = place + nmo.basis.BSplineEval(4, label="speed")
    soft = nmo.PopulationGLM(inverse_link_function="softplus")
    models = {
        "position": (nmo.PopulationGLM(), place.design(position)),
        "position and speed": (nmo.PopulationGLM(), both.design(position, speed)),
        "position, softplus": (soft, place.design(position)),
    }
    found = nmo.selection.compare(models, y=counts, folds=10)
    with plotting.paper_style():
        size = plotting.size_inches(plotting.TWO_COLUMNS_MM, 70)
        figure, (left, right) = plt.subplots(1, 2, figsize=size)
        plotting.plot_model_differences(found, ax=left)
        left.set_ylabel("Difference in held-out nats per bin")
        plotting.plot_model_scatter(found, "position and speed", right)
        figure.savefig(FIGURES / "comparing_models.png", dpi=150)
        plt.close(figure)


def main() -> None:
    """Draw all."""
    compared_models()


if __name__ == "__main__":
    main()
