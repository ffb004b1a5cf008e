"""Figures of compared models draw what the comparison holds."""

import numpy as np
import pytest

from spikeglm import PopulationGLM
from spikeglm.plotting import plot_model_differences, plot_model_scatter
from spikeglm.selection import compare


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = rng.poisson(np.exp(X @ rng.normal(0, 0.5, (3, 4)) - 1))
    models = {name: (PopulationGLM(), X[:, :j]) for j, name in enumerate(("one", "two", "all"), 1)}
    return compare(models, y=y, folds=6)


def test_differences_of_all_neurons_and_of_one(comparison):
    ax = plot_model_differences(comparison)
    drawn = np.sort(
        np.concatenate([line.get_ydata() for line in ax.lines if len(line.get_ydata())])
    )
    assert np.isin(comparison.difference.mean[1:].ravel(), drawn).all()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["two", "all"]
    one = plot_model_differences(comparison, neuron=2)
    folds = comparison.fold_score[1, :, 2] - comparison.fold_score[0, :, 2]
    drawn = np.concatenate([line.get_ydata() for line in one.lines])
    assert np.isin(folds, drawn).all()
    with pytest.raises(ValueError, match="neuron"):
        plot_model_differences(comparison, neuron="none")


def test_one_model_over_another(comparison):
    ax = plot_model_scatter(comparison, model="all")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), comparison.mean[2])
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), comparison.mean[0])
    assert ax.get_title("left").startswith("4 neurons, p = ")
    assert len(plot_model_scatter.data(comparison)) == 4
    with pytest.raises(ValueError, match="model"):
        plot_model_scatter(comparison, model="none")
