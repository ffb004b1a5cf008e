"""The figures of docs/comparing_models.md and docs/which_variables.md.

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
        plotting.plot_model_scatter(found, right, model="position and speed")
        figure.savefig(FIGURES / "comparing_models.png", dpi=150)
        plt.close(figure)


def searched_terms() -> None:
    """Draw 40 neurons that encode position, direction, both or nothing."""
    rng = np.random.default_rng(5)
    position, direction, speed = rng.uniform(0, 1, (3, 6000))
    place, head = np.sin(6 * position), np.cos(2 * np.pi * direction)
    strength = rng.uniform(0.2, 0.9, (2, 40)) * rng.integers(0, 2, (2, 40))
    counts = rng.poisson(np.exp(np.outer(place, strength[0]) + np.outer(head, strength[1]) - 1))
    basis = (
        nmo.basis.BSplineEval(6, label="position")
        + nmo.basis.CyclicBSplineEval(6, label="direction", bounds=(0, 1))
        + nmo.basis.BSplineEval(6, label="speed")
    )
    X = basis.design(position, direction, speed)
    model = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength=1e-3)
    folds = nmo.selection.InterleavedBlocks(10, n_chunks=5)
    found = nmo.selection.search_terms(model, X, counts, folds=folds)
    with plotting.paper_style():
        size = plotting.size_inches(plotting.TWO_COLUMNS_MM, 62)
        figure, axes = plt.subplots(1, 3, figsize=size, width_ratios=(2, 2, 2.4))
        plotting.plot_encoded_terms(found, axes[0])
        plotting.plot_encoding_matrix(found, axes[1])
        both = int(np.argmax(found.selected[:2].all(axis=0)))
        plotting.plot_search_steps(found, axes[2], neuron=both)
        figure.savefig(FIGURES / "which_variables.png", dpi=150)
        plt.close(figure)


def main() -> None:
    """Draw all."""
    compared_models()
    searched_terms()


if __name__ == "__main__":
    main()
