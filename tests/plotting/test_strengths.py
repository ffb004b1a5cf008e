"""The figure of a choice of strengths draws what the choice holds."""

import numpy as np
import pytest

from spikeglm import PopulationGLM
from spikeglm.plotting import plot_strength_choice
from spikeglm.selection import select_strength

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


def test_scores_errors_and_both_strengths_are_drawn():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    y = rng.poisson(np.exp(X[:, :2] * 0.5 - 1))
    choice = select_strength(PopulationGLM(regularizer="Lasso"), X, y, strengths=10)
    ax = plot_strength_choice(choice, neuron=1)
    search = choice.searches[0]
    drawn = ax.lines[0]
    np.testing.assert_allclose(drawn.get_ydata(), search.mean[:, 1])
    lines = {
        line.get_label(): line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2
    }
    assert lines["chosen"] == choice.strength[1]
    assert lines["one SE"] == search.at_rule("one_se").chosen_strength[1]
    assert len(plot_strength_choice.data(choice, neuron=1)) == 10
    with pytest.raises(ValueError, match="neuron"):
        plot_strength_choice(choice, neuron="none")
    matplotlib.pyplot.close("all")
