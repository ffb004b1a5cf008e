"""The user's own copy of the retina data: simulated files of both layouts, and others."""

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.io import savemat

from spikeglm.datasets import load_retina

RNG = np.random.default_rng(0)
STIM = RNG.choice([-0.48, 0.48], (1000, 1))
COUNTS = RNG.poisson(0.3, (1000, 4)).astype(float)


def older(path):
    savemat(path, {"Stim": STIM, "SpCounts": COUNTS, "dtStim": 0.00834, "SpTimes": 1.0})


def newer(path):
    with h5py.File(path, "w", userblock_size=512) as file:
        file["Stim"], file["SpCounts"], file["dtStim"] = STIM.T, COUNTS.T, [[0.00834]]


@pytest.mark.parametrize("write", [older, newer])
def test_both_versions_of_the_file(tmp_path, write):
    write(tmp_path / "RGCdata.mat")
    recording = load_retina(tmp_path / "RGCdata.mat")
    assert_array_equal(recording.stimulus, STIM[:, 0])
    assert_array_equal(recording.counts, COUNTS)
    assert recording.counts.dtype == np.uint8 and recording.bin_s == 0.00834
    assert recording.rates_hz[0] == pytest.approx(COUNTS[:, 0].sum() / 8.34)
    assert "Uzzell" in recording.citation


def test_files_that_are_something_else(tmp_path):
    with pytest.raises(FileNotFoundError, match="may not be passed on"):
        load_retina(tmp_path / "RGCdata.mat")
    savemat(tmp_path / "other.mat", {"spikes": COUNTS})
    with pytest.raises(ValueError, match=r"Given: spikes\. Expected: Stim, SpCounts and dtStim"):
        load_retina(tmp_path / "other.mat")
    savemat(tmp_path / "short.mat", {"Stim": STIM[:5], "SpCounts": COUNTS, "dtStim": 1.0})
    with pytest.raises(ValueError, match="a row per frame in both"):
        load_retina(tmp_path / "short.mat")
    (tmp_path / "bad.mat").write_bytes(b"MATLAB 5.0" + bytes(200))
    with pytest.raises(OSError, match="cannot be read"):
        load_retina(tmp_path / "bad.mat")
