"""The figure of a regularization path shows its numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.plotting import plot_regularization_path


@pytest.fixture(scope="module")
def path():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 9))
    y = rng.poisson(np.exp(X[:, :3] * 0.4 - 1.0))
    model = nmo.PopulationGLM(regularizer="Lasso")
    return nmo.selection.regularization_path(model, X, y, strengths=6)


def test_every_coefficient_is_a_line_over_the_log_strength(path):
    ax = plot_regularization_path(path, neuron=1)
    lines = [line for line in ax.lines if len(line.get_xdata()) == 6]
    assert len(lines) == 9 and ax.get_xscale() == "log"
    drawn = np.sort([line.get_ydata()[-1] for line in lines])
    assert_allclose(drawn, np.sort(path.coef[-1, :, 1]))
    assert_allclose(lines[0].get_xdata(), path.strengths[:, 1])


def test_the_largest_coefficients_have_names(path):
    ax = plot_regularization_path(path)
    named = [line.get_label() for line in ax.lines if not line.get_label().startswith("_")]
    largest = path.feature_names[int(np.abs(path.coef[:, :, 0]).max(axis=0).argmax())]
    assert largest in named and len(named) <= 6


def test_an_unknown_neuron(path):
    with pytest.raises(ValueError, match="Unknown neuron"):
        plot_regularization_path(path, neuron="Bob")
