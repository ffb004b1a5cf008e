"""Published models of two recordings, from trials, times and a description alone.

The recordings and numbers are those of Kramer & Eden (2016), Case Studies in Neural Data Analysis.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose
from scipy.interpolate import CubicSpline

import spikeglm as nmo

R = json.loads((Path(__file__).parents[1] / "reference_data/kramer_eden.json").read_text())
MOVEMENT = """
bin_s = 0.001
trials = "trials"

[[terms]]
kind = "boxcar"
label = "movement"
intervals = ["go", "end"]

[[terms]]
kind = "boxcar"
label = "direction"
intervals = "trials"
by = "direction"
channels = ["right"]
"""


def test_planning_movement_and_direction_of_the_stn():
    data = R["stn"]
    begin = 3.0 * np.arange(len(data["right"]))
    trials = pd.DataFrame({"start": begin, "go": begin + 1.0, "end": begin + 2.0})
    trials["direction"] = np.where(data["right"], "right", "left")
    spikes = [
        t0 + (np.array(ms) + 0.5) / 1000 for t0, ms in zip(begin, data["spikes"], strict=True)
    ]
    times = np.concatenate(spikes)

    design = nmo.DesignBuilder.from_toml(MOVEMENT, {"trials": trials}).design()
    y = design.counts([times]).values.ravel()
    model = nmo.GLM().fit(design, y)
    expected = R["published"]["stn"]["M2"]
    estimates = [model.intercept_.item(), *model.coef_]
    errors = model.standard_errors(design, y)
    assert_allclose(estimates, expected["params"], rtol=1e-6)
    assert_allclose([errors[1].item(), *errors[0]], expected["bse"], rtol=1e-6)
    assert design.report().status == ("ok", "25 of no channel")


def test_position_and_direction_of_the_place_cell():
    data, expected = R["place_cell"], R["published"]["place_cell_spikes-1"]["model4"]
    rows = np.arange(data["n_rows"])
    position = CubicSpline(data["knots"], data["position_cm"])(rows)
    rises = np.flatnonzero(np.diff(np.append(0, np.append(np.diff(position) > 0, False))))
    up = (rises[::2] / 1000, rises[1::2] / 1000)
    when = rows / 1000 + 0.0005
    design = (
        nmo.DesignBuilder(when)
        .signal((when, np.column_stack([position, position**2])), label="position")
        .boxcar(up, label="goes up")
    ).design()
    y = design.counts([np.array(data["spike_rows"]) / 1000 + 0.0005]).values.ravel()
    model = nmo.GLM().fit(design, y)
    assert_allclose([model.intercept_.item(), *model.coef_], expected["params"], rtol=1e-6)
