"""Figures of searches draw what the search found."""

import warnings
from itertools import pairwise

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm import PopulationGLM
from spikeglm.plotting import plot_encoded_terms, plot_encoding_matrix, plot_search_steps
from spikeglm.selection import search_terms


@pytest.fixture(scope="module")
def search():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 2))
    y = rng.poisson(np.exp(X @ [[0.8, 0.0, 0.0, 0.7], [0.0, 0.8, 0.0, 0.7]] - 1))
    y[:, 2] = 0
    with pytest.warns(UserWarning, match="without an answer"):
        return search_terms(PopulationGLM(), X, y)


def test_shares_are_of_neurons_with_an_answer(search):
    ax = plot_encoded_terms(search)
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], 100 * 2 / 3)
    assert ax.get_title("left") == "3 neurons"
    assert plot_encoded_terms.data(search)["share"].tolist() == [2 / 3, 2 / 3]


def test_the_matrix_has_a_row_per_neuron(search):
    (image,) = plot_encoding_matrix(search).images
    np.testing.assert_array_equal(image.get_array(), [[1, 1], [1, 0], [0, 1], [0.5, 0.5]])
    (image,) = plot_encoding_matrix(search, sort=False).images
    np.testing.assert_array_equal(image.get_array(), [[1, 0], [0, 1], [0.5, 0.5], [1, 1]])
    assert len(plot_encoding_matrix.data(search)) == 8


def test_steps_of_a_neuron_and_a_star_where_it_ended(search):
    ax = plot_search_steps(search, neuron=3)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["x0", "x1", "x0 + x1"]
    stars = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "*"]
    assert stars == [2]
    mine = plot_search_steps.data(search, neuron=3)
    drawn = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    assert np.isin(mine["score"], drawn).all()
    with pytest.raises(ValueError, match="neuron"):
        plot_search_steps(search, neuron="none")


def test_long_names_of_terms_leave_room_for_the_data():
    """Units in names made the longest set take the whole width; titles ran off the page."""
    rng = np.random.default_rng(0)
    signals = rng.normal(size=(3, 400))
    counts = rng.poisson(np.exp(0.5 * signals[0] + 0.5 * signals[1] - 1))
    names = ["position of the head (cm)", "direction of the head (rad)", "running speed (cm/s)"]
    basis = nmo.basis.IdentityEval(label=names[0]) + nmo.basis.IdentityEval(label=names[1])
    X = (basis + nmo.basis.IdentityEval(label=names[2])).design(*signals)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nmo.selection.search_terms(nmo.GLM(), X, counts, folds=10)
    ax = plot_search_steps(found)
    figure = ax.figure
    figure.canvas.draw()
    page, drawn = figure.bbox, figure.canvas.get_renderer()
    labels = [*ax.get_yticklabels(), ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label]
    boxes = [text.get_window_extent(drawn) for text in labels if text.get_text()]
    assert len(boxes) > 5
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes)
    assert all(page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)
    rows = [text.get_window_extent(drawn) for text in ax.get_yticklabels()]
    assert all(low.y1 <= high.y0 + 1 for high, low in pairwise(rows))
    assert ax.get_position().width > 0.4
