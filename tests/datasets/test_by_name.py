"""Recordings that come along, by their names: the same numbers as from their loaders."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import spikeglm as nmo
from spikeglm.datasets import load_grasshopper, load_rat_choices, load_recording
from spikeglm.descriptions.opening import open_recording


@pytest.mark.parametrize("number", [1, 2])
def test_the_grasshopper(number):
    found, loaded = load_recording(f"grasshopper/{number}"), load_grasshopper(number)
    builder = nmo.DesignBuilder(bin_s=loaded.bin_s, epochs="epochs/session").signal("series/sound")
    X = builder.design(found.data(builder))
    assert_array_equal(np.asarray(X.counts(found.units)).ravel(), loaded.counts)
    sound = X[:][:, 0]
    np.testing.assert_allclose(sound, loaded.stimulus_db - loaded.stimulus_db.mean(), atol=1e-9)
    assert found.series["sound"].unit == "dB"


def test_the_choices_are_a_table_of_trials():
    found, loaded = load_recording("rat_choices"), load_rat_choices()
    assert_array_equal(found["trials/choice"], loaded.choice)
    assert_array_equal(found["trials/s1"], loaded.inputs["s1"][:, 0])
    assert_array_equal(found["trials/trial"], np.arange(20_000))


def test_an_address_opens_them_and_a_wrong_one_is_told():
    assert open_recording("datasets://stn").units.n_spikes.tolist() == [4696]
    with pytest.raises(ValueError, match="Did you mean 'stn'"):
        open_recording("datasets://snt")
