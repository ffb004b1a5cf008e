"""The shipped recordings hold the published facts, and the loaders agree with each other."""

from importlib import util
from pathlib import Path

import numpy as np
import pytest

from spikeglm.datasets import load_grasshopper, load_grasshopper_full
from spikeglm.datasets.bin_grasshopper import bin_recording

FACTS = {  # recording: spikes, shortest interval (s), cut-off (Hz)
    1: (929, 3.2e-3, 200),
    2: (868, 3.7e-3, 800),
}
DATA = Path(util.find_spec("spikeglm.datasets").origin).parent / "data"


@pytest.fixture
def text_files(tmp_path):
    """A folder in nitime's layout: 40 samples of 50 µs and three spikes, the last on a bin edge."""
    times = np.arange(40) * 50
    voltage = 2e-5 * 10 ** (np.arange(40) / 20)  # sample k is k dB
    np.savetxt(tmp_path / "grasshopper_stimulus1.txt", np.c_[times, voltage], fmt=("%d", "%.12g"))
    (tmp_path / "grasshopper_spike_times1.txt").write_text("# a header\n100\n900\n1500\n")
    return tmp_path


@pytest.mark.parametrize("number", [1, 2])
def test_shipped_recording_has_the_published_facts(number):
    n_spikes, shortest_s, cutoff_hz = FACTS[number]
    recording = load_grasshopper(number)
    assert recording.counts.shape == recording.stimulus_db.shape == (20_000,)
    assert recording.bin_s == 5e-4
    assert recording.duration_s == 10.0
    assert recording.counts.sum() == recording.spike_times_s.size == n_spikes
    assert recording.counts.max() == 1
    assert recording.rate_hz == pytest.approx(n_spikes / 10)
    assert np.diff(recording.spike_times_s).min() == pytest.approx(shortest_s)
    assert recording.cutoff_hz == cutoff_hz
    assert recording.stimulus_db.std() == pytest.approx(6, abs=0.6)  # the header says 6 dB
    assert "Rokem" in recording.citation


@pytest.mark.parametrize("number", [1, 2])
def test_stimulus_has_no_power_above_its_cutoff(number):
    recording = load_grasshopper(number)
    # A taper keeps the difference between the two ends of the record from leaking into all bands.
    stimulus = (recording.stimulus_db - recording.stimulus_db.mean()) * np.hanning(20_000)
    power = np.abs(np.fft.rfft(stimulus)) ** 2
    frequency_hz = np.fft.rfftfreq(20_000, recording.bin_s)
    assert power[frequency_hz > 1.25 * recording.cutoff_hz].sum() < 0.01 * power.sum()


@pytest.mark.parametrize("number", [1, 2])
def test_counts_are_the_spike_times_binned(number):
    recording = load_grasshopper(number)
    edges = np.arange(20_001) * 5  # in units of 100 µs: whole numbers, so no edge is rounded
    ticks = np.round(recording.spike_times_s * 1e4)
    expected = np.diff(np.searchsorted(ticks, edges))
    np.testing.assert_array_equal(recording.counts, expected)


def test_shipped_files_are_small_and_licensed():
    for number in (1, 2):
        assert (DATA / f"grasshopper{number}.npz").stat().st_size < 200_000
    assert "Redistributions in binary form" in (DATA / "NITIME-LICENSE.txt").read_text()
    assert "nitime" in (DATA / "ATTRIBUTION.md").read_text()


def test_changing_a_loaded_recording_does_not_change_the_next():
    load_grasshopper(1).counts[:] = 9
    assert load_grasshopper(1).counts.max() == 1


@pytest.mark.parametrize("load", [load_grasshopper, lambda n: load_grasshopper_full(".", n)])
@pytest.mark.parametrize("number", [0, 3, "1"])
def test_unknown_recording_says_which_exist(load, number):
    with pytest.raises(ValueError, match=r"1 .* or 2"):
        load(number)


def test_full_loader_reads_text_files(text_files):
    full = load_grasshopper_full(text_files, 1)
    assert full.bin_s == 5e-5
    np.testing.assert_allclose(full.stimulus_db, np.arange(40), atol=1e-9)
    np.testing.assert_array_equal(np.flatnonzero(full.counts), [2, 18, 30])
    np.testing.assert_allclose(full.spike_times_s, [1e-4, 9e-4, 1.5e-3])


def test_full_loader_says_where_to_get_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="pip install nitime"):
        load_grasshopper_full(tmp_path, 1)


def test_binning_averages_ten_samples_and_keeps_spikes(text_files, tmp_path):
    with np.load(bin_recording(text_files, 1, target=tmp_path), allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["spike_100us"], [1, 9, 15])
        np.testing.assert_allclose(stored["stimulus_db"], [4.5, 14.5, 24.5, 34.5], rtol=1e-6)


@pytest.mark.skipif(util.find_spec("nitime") is None, reason="nitime's text files are not here")
@pytest.mark.parametrize("number", [1, 2])
def test_shipped_file_is_what_the_script_makes_from_nitime(number, tmp_path):
    source = Path(util.find_spec("nitime").origin).parent / "data"
    made = bin_recording(source, number, target=tmp_path)
    with np.load(made) as ours, np.load(DATA / f"grasshopper{number}.npz") as shipped:
        assert sorted(ours.files) == sorted(shipped.files)
        for name in ours.files:
            np.testing.assert_allclose(ours[name], shipped[name], rtol=1e-6)
