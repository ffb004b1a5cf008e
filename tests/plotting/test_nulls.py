"""The figure of a null."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.inference import null_test
from spikeglm.plotting import plot_null

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 1))
Y = RNG.poisson(np.exp(X * [[0.5, 0.0]]))
TEST = null_test(nmo.PopulationGLM().fit(X, Y), X, Y, max_shift=60, n_shifts=60)


def test_all_draws_and_the_data_are_drawn():
    ax = plot_null(TEST, neuron=0)
    assert sum(bar.get_height() for bar in ax.patches) == TEST.n_draws
    assert ax.lines[0].get_xdata()[0] == TEST.statistic[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "60 draws",
        "data, p = 0.032",
    ]


def test_of_many_neurons_one_must_be_named():
    with pytest.raises(ValueError, match=r"One panel shows one neuron.*pass neuron="):
        plot_null(TEST)
