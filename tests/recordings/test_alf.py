"""ALF folders, as the International Brain Laboratory and Steinmetz et al. lay them out."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo


def save(folder, **arrays):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name.replace('__', '.')}.npy", array)


@pytest.fixture
def session(tmp_path):
    """One session with two probes, trials as a table, wheel, camera and licks."""
    alf = tmp_path / "alf"
    probe = alf / "probe00" / "pykilosort"
    save(probe, spikes__times=np.array([0.1, 0.2, 0.3, 7.0]), spikes__clusters=[2, 0, 2, 0])
    save(probe, clusters__depths=np.array([100.0, 200.0, 300.0]))
    pd.DataFrame({"label": [1.0, 0.0, 0.5]}).to_parquet(probe / "clusters.metrics.pqt")
    save(alf / "probe01", spikes__times=np.array([0.4]), spikes__clusters=np.array([0], np.uint32))
    save(alf / "probe01", clusters__depths=np.array([50.0]))
    trials = pd.DataFrame(
        {"intervals_0": [0.0, 4.0], "intervals_1": [3.0, 8.0], "choice": [-1, 1],
         "goCue_times": [0.5, 4.5]}
    )  # fmt: skip
    trials.to_parquet(alf / "_ibl_trials.table.pqt")
    save(alf, _ibl_trials__stimOnTrigger_times=[0.4, 4.4])
    save(alf, _ibl_wheel__position=np.arange(5.0), _ibl_wheel__timestamps=np.arange(5) / 10)
    pd.DataFrame({"paw_x": np.arange(3.0)}).to_parquet(alf / "_ibl_leftCamera.dlc.pqt")
    save(alf, _ibl_leftCamera__times=np.arange(3) / 60, licks__times=np.array([1.0, 2.0]))
    return tmp_path


def test_probes_trials_wheel_camera_and_licks(session):
    found = nmo.recordings.read(session)
    assert found.format == "ALF"
    assert found.units.names == ("probe00/0", "probe00/1", "probe00/2", "probe01/0")
    assert_array_equal(found.units["probe00/2"], [0.1, 0.3])
    assert_array_equal(found.units.n_spikes, [2, 0, 2, 1])
    assert found.units.metadata["depths"].tolist() == [100.0, 200.0, 300.0, 50.0]
    assert found.units.metadata["probe"].tolist() == ["probe00"] * 3 + ["probe01"]
    assert_array_equal(found.trials.spans, [[0, 3], [4, 8]])
    assert set(found.trials.columns) == {
        "start", "end", "choice", "goCue_times", "stimOnTrigger_times",
    }  # fmt: skip
    assert set(found.series) == {"wheel.position", "leftCamera.paw_x"}
    assert_array_equal(found.events["licks"].times, [1.0, 2.0])
    assert "units/probe00/2" in found


def test_one_probe_has_units_by_their_numbers(session):
    found = nmo.recordings.read(session / "alf" / "probe00")
    assert found.units.names == (0, 1, 2)
    assert found.units.metadata["label"].tolist() == [1.0, 0.0, 0.5]


def test_the_layout_of_steinmetz(tmp_path):
    save(
        tmp_path, spikes__times=np.array([[0.1], [0.2]]), spikes__clusters=np.array([[0], [3]]),
        trials__intervals=np.array([[0.0, 1.0], [2.0, 3.0]]),
        trials__visualStim_contrastLeft=np.array([[0.5], [1.0]]),
        wheel__position=np.arange(5.0), wheel__timestamps=np.array([[0, 10.0], [4, 12.0]]),
    )  # fmt: skip
    found = nmo.recordings.read(tmp_path)
    assert found.units.names == (0, 3)
    assert_allclose(found.series["wheel.position"].times, [10, 10.5, 11, 11.5, 12])
    assert_array_equal(found.trials["visualStim_contrastLeft_0"], [0.5, 1.0])


def test_the_last_revision_counts(session):
    save(session / "alf" / "#2023-01-01#", _ibl_wheel__position=10 + np.arange(5.0))
    assert nmo.recordings.read(session).series["wheel.position"].values[0] == 10


def test_what_does_not_go_together(session):
    save(session / "alf", _ibl_leftCamera__ROIMotionEnergy=np.arange(4.0))
    told = nmo.recordings.read(session).warnings
    assert any("leftCamera.ROIMotionEnergy" in text for text in told)
    save(session / "alf", _ibl_trials__feedback_times=[0.4])
    with pytest.raises(OSError, match=r"1 rows of trials.feedback_times, 2 of trials.intervals"):
        nmo.recordings.read(session)
    (session / "alf" / "_ibl_trials.feedback_times.npy").unlink()
    save(session / "alf" / "probe01", spikes__clusters=[0, 1])
    with pytest.raises(OSError, match=r"2 rows of spikes.clusters, 1 of spikes.times"):
        nmo.recordings.read(session)
