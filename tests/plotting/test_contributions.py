"""Figures of contributions draw what the table holds."""

import numpy as np
import pytest

from spikeglm import GLM, PopulationGLM
from spikeglm.plotting import plot_contribution_map, plot_contributions, plot_contributions_over
from spikeglm.selection import contributions

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
Y = RNG.poisson(np.exp(X @ [[0.5, 0.0, 0.3], [0.0, 0.5, 0.0], [0.0, 0.0, 0.1]] - 1))


@pytest.fixture(scope="module")
def found():
    more = {"how": ["unique", "alone"], "over": np.arange(300) % 10, "bins": 3}
    return contributions(PopulationGLM(), X, Y, folds=3, **more)


def heights(ax):
    return np.array([[bar.get_height() for bar in bars] for bars in ax.containers[::2]])


def test_bars_are_the_contributions_of_a_neuron_or_the_median(found):
    ax = plot_contributions(found, neuron=1, measure="deviance_explained")
    for h, how in enumerate(found.how):
        value = found.value(how, "deviance_explained")
        np.testing.assert_allclose(heights(ax)[h], value[:, 1])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["x0", "x1", "x2"]
    np.testing.assert_allclose(
        heights(plot_contributions(found))[0], np.median(found.value(), axis=1)
    )
    single = contributions(GLM(), X, Y[:, 0], folds=3)
    np.testing.assert_allclose(heights(plot_contributions(single))[0], single.value()[:, 0])
    with pytest.raises(ValueError, match="neuron"):
        plot_contributions(found, neuron="none")
    with pytest.raises(ValueError, match="measure"):
        plot_contributions(found, measure="watts")
    assert len(plot_contributions.data(found)) == 6


def test_the_map_sorts_neurons_by_their_largest_term(found):
    ax = plot_contribution_map(found)
    value = found.value()
    drawn = np.asarray(ax.images[0].get_array())
    largest = drawn.argmax(axis=1)
    assert (np.diff(largest) >= 0).all()
    assert {tuple(row) for row in drawn.tolist()} == {tuple(row) for row in value.T.tolist()}


def test_lines_are_those_of_the_bins(found):
    ax = plot_contributions_over(found, neuron=2, how="alone", xlabel="phase")
    value, se = found.by_bin("alone")
    for j in range(3):
        np.testing.assert_allclose(ax.lines[j].get_xdata(), [1.5, 4.5, 7.5])
        np.testing.assert_allclose(ax.lines[j].get_ydata(), value[j, :, 2])
    top = ax.collections[0].get_paths()[0].vertices[:, 1].max()
    np.testing.assert_allclose(top, (value + se)[0, :, 2].max())
    np.testing.assert_allclose(
        plot_contributions_over(found).lines[1].get_ydata(),
        np.median(found.by_bin("unique")[0][1], axis=1),
    )
