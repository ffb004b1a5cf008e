"""The matrix of couplings, and the filters of its strongest pairs."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
from matplotlib import pyplot as plt

import spikeglm as nmo
from spikeglm.plotting import plot_coupling, plot_coupling_filters


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    y = rng.poisson(0.4, (2000, 4))
    y[1:, 1] += rng.poisson(0.5 * y[:-1, 0])
    X = nmo.basis.HistoryConv(2, label="past").design(y)
    return nmo.inference.coupling(nmo.PopulationGLM().fit(X, y), X, y)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_colours_are_centred_at_zero_and_the_diagonal_is_left_out(found):
    image = plot_coupling(found).images[0]
    low, high = image.get_clim()
    assert low == -high < 0
    cells = image.get_array()
    assert np.ma.getmaskarray(cells).diagonal().all()
    others = ~found.is_self
    assert np.allclose(cells[others], found.strength[others])
    with_self = plot_coupling(found, with_self=True, measure="extra_spikes").images[0].get_array()
    assert np.allclose(with_self, found.value["extra_spikes"])


def test_only_significant_pairs_keep_their_colour(found):
    cells = plot_coupling(found, significant=0.01).images[0].get_array()
    assert set(zip(*np.nonzero(cells.filled(0.0)), strict=True)) == {(1, 0)}


def test_groups_have_lines_and_names(found):
    ax = plot_coupling(found.sorted_by(["b", "a", "b", "a"]))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert [line.get_ydata()[0] for line in ax.lines if len(set(line.get_ydata())) == 1] == [1.5]
    plain = plot_coupling(found)
    assert [label.get_text() for label in plain.get_xticklabels()] == ["0", "1", "2", "3"]


def test_what_is_unknown_is_hatched():
    y = np.random.default_rng(0).poisson(0.4, (500, 3))
    y[:, 2] = 0
    X = nmo.basis.HistoryConv(1, label="past").design(y)
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
        model = nmo.PopulationGLM().fit(X, y)
    ax = plot_coupling(nmo.inference.coupling(model, X, y))
    assert len(ax.patches) == 5
    assert len(plot_coupling.data(nmo.inference.coupling(model, X, y))) == 9


def test_filters_of_the_strongest_pairs_come_first(found):
    axes = plot_coupling_filters(found, n=3)
    assert axes[0].get_title("left").startswith("0 → 1")
    assert axes[0].get_xlabel() == "Lag (bins)"
    _, own = plt.subplots(1, 2)
    assert len(plot_coupling_filters(found, own, n=2)) == 2
