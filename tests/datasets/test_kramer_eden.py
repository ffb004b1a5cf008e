"""The place cell and the STN trials give the published numbers again, from the shipped files."""

from importlib import util
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.datasets import load_place_cell, load_stn
from spikeglm.datasets.pack_recordings import pack_place_cell, pack_stn

DATA = Path(util.find_spec("spikeglm.datasets").origin).parent / "data"

# Kramer & Eden (2016), by statsmodels: models 2, 3 and 4 of the place cell (position; its square;
# direction), and M2 of the neuron of the STN (movement and direction).
PLACE_2 = [-7.438887, 0.012943]
PLACE_3 = [-26.279057, 0.690114, -0.005463]
PLACE_4 = [-28.870275, 0.688905, -0.005452, 3.275282]
PLACE_4_ERRORS = [1.869133, 0.056110, 0.000423, 0.360163]
DEVIANCES = {2: 2900.790863, 3: 2262.776362, 4: 2026.906915}
STN_2, STN_2_ERRORS = [-3.022758, 0.344070, -0.509009], [0.025325, 0.029618, 0.030136]


@pytest.fixture(scope="module")
def cell():
    return load_place_cell(bin_s=0.001)


def fitted(X, y):
    return nmo.GLM().fit(X, y)


def errors(model, X, y):
    return nmo.inference.summary(model, X, y).to_frame()["std_error"].to_numpy()


def parameters(model):
    return np.append(model.intercept_, model.coef_)


def place_features(cell, n):
    x = cell.position_cm
    return np.column_stack([x, x**2, cell.is_running_up])[:, : n - 1]


def test_the_place_cell_has_the_published_facts(cell):
    assert cell.counts.shape == (177_761,)
    assert cell.counts.sum() == cell.spike_times_s.size == 220 and cell.counts.max() == 1
    assert_allclose(cell.times_s[[0, -1]], [0.001, 177.761])
    assert "MIT Press" in cell.citation


@pytest.mark.parametrize(("n", "published"), [(2, PLACE_2), (3, PLACE_3), (4, PLACE_4)])
def test_models_of_the_place_cell(cell, n, published):
    X = place_features(cell, n)
    model = fitted(X, cell.counts)
    assert_allclose(parameters(model), published, rtol=2e-4)
    deviance = -2 * (np.log(model.predict(X))[cell.counts > 0].sum() + 220 - model.predict(X).sum())
    assert deviance == pytest.approx(DEVIANCES[n], abs=1e-3)


def test_the_place_field_is_where_it_was_found(cell):
    linear, square = fitted(place_features(cell, 3), cell.counts).coef_
    assert -linear / (2 * square) == pytest.approx(63.16296, abs=1e-4)
    assert (-2 * square) ** -0.5 == pytest.approx(9.56689, abs=1e-4)


def test_direction_matters_as_much_as_it_was_found_to(cell):
    X = place_features(cell, 4)
    model = fitted(X, cell.counts)
    assert model.coef_[2] == pytest.approx(3.27528, abs=1e-4)
    assert_allclose(errors(model, X, cell.counts), PLACE_4_ERRORS, rtol=2e-3)


def test_bins_of_20_ms_hold_the_same_and_say_the_same(cell):
    wide = load_place_cell()
    assert wide.counts.shape == (8888,) and wide.counts.sum() == 220
    edges = np.append(wide.times_s - 0.01, wide.times_s[-1] + 0.01)
    assert_array_equal(wide.counts, np.histogram(wide.spike_times_s, edges)[0])
    assert_allclose(wide.position_cm[0], cell.position_cm[:20].mean())
    model = fitted(place_features(wide, 4), wide.counts)
    linear, square, direction = model.coef_
    assert -linear / (2 * square) == pytest.approx(63.2, abs=0.05)
    assert (-2 * square) ** -0.5 == pytest.approx(9.57, abs=0.01)
    assert direction == pytest.approx(3.275, abs=0.01)


def test_runs_upwards_are_the_bins_in_which_position_rises(cell):
    inside = np.zeros(len(cell.times_s), dtype=bool)
    for start, end in cell.runs_up_s:
        inside |= (cell.times_s >= start) & (cell.times_s < end)
    assert_array_equal(inside, cell.is_running_up)
    rises = np.diff(cell.position_cm) > 0
    assert (rises != cell.is_running_up[:-1]).sum() <= 2  # where it stands still


@pytest.mark.parametrize("bin_s", [0.0005, 0.0015, 0.0, -0.02])
def test_bins_are_whole_milliseconds(bin_s):
    with pytest.raises(ValueError, match="whole number of milliseconds"):
        load_place_cell(bin_s)


def test_the_place_cell_goes_by_its_names_into_a_description():
    recording = load_place_cell().recording()
    builder = (
        nmo.DesignBuilder(bin_s=0.02, epochs="epochs/session")
        .tuning("series/position", basis=6, label="position")
        .boxcar("epochs/runs_up", label="direction")
    )
    X = builder.design(recording.data(builder))
    assert X.shape == (8888, 7) and X.counts(recording.units).sum() == 220
    is_on = X[:][:, -1] == 1  # at the centre of a bin, and not during most of it
    assert (is_on != load_place_cell().is_running_up).sum() < 20


def test_trials_of_the_stn_neuron():
    neuron = load_stn()
    assert neuron.counts.shape == (50, 2000) and neuron.counts.sum() == 4696
    rates = neuron.counts.mean(axis=0) / neuron.bin_s
    assert rates[~neuron.is_moving].mean() == pytest.approx(38.96)
    assert rates[neuron.is_moving].mean() == pytest.approx(54.96)
    by_side = {
        side: neuron.counts[neuron.direction == side].mean() * 1000 for side in ("left", "right")
    }
    assert by_side == pytest.approx({"left": 58.66, "right": 35.26})


def test_the_model_of_movement_and_direction():
    neuron = load_stn()
    moving = np.tile(neuron.is_moving, 50)
    right = np.repeat(neuron.direction == "right", 2000)
    X, y = np.column_stack([moving, right]).astype(float), neuron.counts.ravel()
    model = fitted(X, y)
    assert_allclose(parameters(model), STN_2, atol=1e-5)
    assert_allclose(errors(model, X, y), STN_2_ERRORS, rtol=1e-3)


def test_trials_on_a_clock_hold_the_same_spikes():
    neuron, recording = load_stn(), load_stn().recording()
    builder = nmo.DesignBuilder(bin_s=0.001, trials="trials").boxcar(("go", "end"), label="moving")
    X = builder.design(recording.data(builder))
    assert_array_equal(np.asarray(X.counts(recording.units)).reshape(50, 2000), neuron.counts)
    assert_array_equal(X[:][:, 0].reshape(50, 2000)[3], neuron.is_moving)


def test_files_are_small_and_licensed():
    for name in ("place_cell.npz", "stn.npz"):
        assert (DATA / name).stat().st_size < 150_000
    assert "Mark Kramer" in (DATA / "KRAMER-EDEN-LICENSE.txt").read_text()
    assert "Kramer" in (DATA / "ATTRIBUTION.md").read_text()


def test_packing_loses_nothing_but_what_a_spline_finds_again(tmp_path, monkeypatch):
    from scipy.io import savemat

    from spikeglm.datasets import place_cell, stn

    t = np.arange(1, 1001) / 1000
    x = 50 + 40 * np.sin(2 * np.pi * t / 1.7)
    savemat(tmp_path / "p.mat", {"t": t, "X": x, "spiketimes": t[[4, 500, 999]]})
    train = np.random.default_rng(0).random((3, 2000)) < 0.1
    savemat(tmp_path / "s.mat", {"train": train, "direction": [[0], [1], [1]], "t": t})
    pack_place_cell(tmp_path / "p.mat", tmp_path)
    pack_stn(tmp_path / "s.mat", tmp_path)

    def from_there(name):
        with np.load(tmp_path / name) as file:
            return dict(file)

    for module in (place_cell, stn):
        monkeypatch.setattr(module, "stored", from_there)
    cell, neuron = load_place_cell(0.001), load_stn()
    assert_allclose(cell.position_cm, x, atol=1e-3)
    assert_array_equal(cell.is_running_up, np.append(np.diff(x) > 0, False))
    assert_array_equal(np.flatnonzero(cell.counts), [4, 500, 999])
    assert_array_equal(neuron.counts, train)
    assert neuron.direction.tolist() == ["left", "right", "right"]
