"""Recordings that come with spikeglm go from their description files through the whole analysis."""

import matplotlib as mpl
import numpy as np
import pytest
from benchmarks.real_recordings import choices, grasshopper, place_cell, stn
from benchmarks.real_recordings.study import HERE

from spikeglm.descriptions import Description
from spikeglm.descriptions.session import read_session

mpl.use("Agg")
# rows and spikes of each analysis: what the recordings hold of them
ROWS = {
    grasshopper.WORDS[1]: (20_000, 929),
    place_cell.BACKWARD: (35_552, 220),
    place_cell.RUNNING_FORWARD: (17_784, 212),
    stn.PLANNING: (50_000, 1948),
    stn.MOVING: (50_000, 2748),
    choices.WORDS: (20_000, 10_635),
}


@pytest.fixture(scope="module")
def receptor():
    return grasshopper.encoding(2)


def test_what_is_known_of_the_receptor_comes_out(receptor):
    claims = grasshopper.claims(receptor, 2)
    assert [claim for claim in claims if not claim.agrees] == []


def test_curves_over_lags_are_lines_in_the_figure_of_a_neuron(receptor):
    figure = receptor.plot(0)
    _, stimulus, history, *rest = figure.axes
    for ax in (stimulus, history):
        assert ax.get_xlabel() == "Lag (ms)"
        assert np.ptp(ax.lines[0].get_xdata()) > 15
    assert not any(ax.get_xlabel() for ax in rest)


@pytest.mark.parametrize("words", ROWS)
def test_each_analysis_has_the_rows_and_spikes_that_it_is_about(words):
    file, *settings = words.split(" ")
    session = read_session(Description.read(HERE / file, settings))
    y = np.asarray(session.y)
    assert (len(y), int(y.sum())) == ROWS[words]
    assert session.X.shape[0] == len(y)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.toml")), ids=lambda path: path.name)
def test_descriptions_read_back_as_they_are(path):
    description = Description.read(path)
    assert Description.read(description.to_toml()).words == description.words
