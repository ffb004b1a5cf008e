"""The recording that comes with spikeglm goes from its description file through the whole call."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from benchmarks.real_recordings import choices, grasshopper, place_cell, stn
from benchmarks.real_recordings.study import HERE, NotThereError

from spikeglm.designs.plan import DesignPlan

mpl.use("Agg")


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
        assert ax.get_xlabel() == "lag (ms)"
        assert np.ptp(ax.lines[0].get_xdata()) > 15
    assert not any(ax.get_xlabel() for ax in rest)


def test_recordings_that_are_not_there_are_named():
    for module in (choices, place_cell, stn):
        with pytest.raises(NotThereError, match=module.FILE):
            module.study(Path("nowhere"))


@pytest.mark.parametrize("path", sorted(HERE.glob("*.toml")), ids=lambda path: path.name)
def test_descriptions_read_back_as_they_are(path):
    plan = DesignPlan.from_toml(path)
    assert DesignPlan.from_toml(plan.to_toml()).to_toml() == plan.to_toml()
