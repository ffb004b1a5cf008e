"""Libraries that are asked the same about fits give the same answers, at toy size."""

import importlib

import numpy as np
import pytest
from benchmarks.contestants import R, contestants
from benchmarks.inquiry import Inquiry
from benchmarks.processes import Runs
from benchmarks.recordings import Recording, navigating_cells, slow_population, with_smooths
from numpy.testing import assert_allclose

COUNTS = slow_population(800, 2)
BURSTS = slow_population(2000, 2, scale=0.5, seed=2)
needs_r = pytest.mark.skipif(contestants()[R].version is None, reason="needs R")
has_no = {name: c.version is None for name, c in contestants().items()}


def answer(library, recording, question, folder):
    ask = importlib.import_module(f"benchmarks.asked.{library}").ask
    return ask(recording.save(folder), question, 60.0)


def assert_alike(other, recording, question, folder, rtol=1e-5):
    ours, theirs = (answer(name, recording, question, folder) for name in ("spikeglm", other))
    assert ours.values.shape == theirs.values.shape and ours.values.shape[1] == 2
    assert_allclose(theirs.values, ours.values, rtol=rtol, atol=1e-9)
    assert ours.seconds > 0 and theirs.seconds > 0


@pytest.mark.skipif(has_no["statsmodels"], reason="needs statsmodels")
@pytest.mark.parametrize("question", ["model", "HC0", "cluster", "HAC", "summary", "wald", "lr"])
def test_statsmodels(question, tmp_path):
    assert_alike("statsmodels", COUNTS, question, tmp_path)


@pytest.mark.skipif(has_no["statsmodels"], reason="needs statsmodels")
def test_scales_of_statsmodels(tmp_path):
    assert_alike("statsmodels", BURSTS, "scales", tmp_path, rtol=5e-3)


@needs_r
@pytest.mark.parametrize("question", ["model", "HC3", "cluster", "HAC", "summary", "wald", "lr"])
def test_r(question, tmp_path):
    assert_alike("r", COUNTS, question, tmp_path, rtol=1e-6)


@needs_r
def test_scales_of_r(tmp_path):
    assert_alike("r", BURSTS, "scales", tmp_path, rtol=1e-6)


@needs_r
def test_mgcv_with_the_same_features_and_matrices(tmp_path):
    recording = with_smooths(navigating_cells(1500, 2))
    assert_alike("r", recording, "matrices", tmp_path, rtol=1e-4)


@needs_r
def test_r_tells_of_few_neurons_what_it_was_timed_on_with_many(tmp_path):
    found = answer("r", slow_population(300, 12), "model", tmp_path)
    assert found.values.shape == (25, 10) and found.n_asked == 12
    assert_allclose(found.of_all(24), 2 * found.seconds)


def test_features_of_smooths_leave_the_constant_to_the_intercept():
    recording = with_smooths(navigating_cells(500, 1))
    assert recording.X.shape == (500, 81) and recording.penalties.shape == (5, 81, 81)
    assert_allclose(recording.X.mean(axis=0), 0.0, atol=1e-12)
    assert np.linalg.matrix_rank(recording.X) == 81
    assert_allclose(np.linalg.matrix_rank(recording.penalties[2]), 11)


def test_recordings_come_back(tmp_path):
    recording = with_smooths(navigating_cells(300, 2)).take(1)
    again = Recording.load(recording.save(tmp_path))
    for name in ("X", "y", "trials", "penalties", "variables"):
        assert_allclose(getattr(again, name), getattr(recording, name))
    assert again.terms == recording.terms


def test_a_part_is_extrapolated_and_said_to_be_one():
    ours = Runs([{"seconds": [2.0], "n_asked": 4}], {"values": np.array([[1.0, 2.0, 4.0, 8.0]])})
    theirs = Runs([{"seconds": [9.0, 8.0], "n_asked": 2}], {"values": np.array([[1.0, 2.2]])})
    found = Inquiry(4, {"HC0": {"spikeglm": ours, "statsmodels": theirs, "R": Runs(failure="no")}})
    assert found.ratio("HC0", "statsmodels") == 4.0
    assert_allclose(found.difference("HC0", "statsmodels"), 0.1)
    first, second, third = found.table({"HC0": "errors"}).rows
    assert first[3] == "all" and second[3] == "2 of 4" and second[4] == "4×"
    assert third[2] == "FAILED: no"
