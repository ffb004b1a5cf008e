"""What is no response, and names that are one text."""

import numpy as np
import pytest

import spikeglm as nmo

RNG = np.random.default_rng(0)
PLACE = RNG.uniform(0.0, 1.0, 600)
SPEED = RNG.uniform(0.0, 1.0, 600)
COUNTS = RNG.poisson(np.exp(np.outer(np.sin(6 * PLACE), [1, 0]) - 1))
BASIS = nmo.basis.BSplineEval(5, label="place") + nmo.basis.BSplineEval(5, label="speed")
DESIGN = BASIS.design(PLACE, SPEED)
TIMES = np.sort(RNG.uniform(0.0, 60.0, 50))


@pytest.mark.parametrize("times", [[TIMES, TIMES[:9]], {"a": TIMES}, (TIMES,)])
def test_spike_times_need_a_design_that_knows_its_times(times):
    with pytest.raises(TypeError, match=r"Spike times are counted.*DesignBuilder.*histogram"):
        nmo.encode(times, DESIGN)


def test_a_model_is_no_response():
    with pytest.raises(TypeError, match=r"y=PopulationGLM, a model.*model="):
        nmo.encode(nmo.PopulationGLM(), DESIGN)


def test_the_name_of_a_term_is_no_list_of_letters():
    with pytest.raises(ValueError, match=r"Unknown term\. Given: 'plaice'"):
        nmo.encode(COUNTS, DESIGN, always="plaice")
    one, listed = (nmo.encode(COUNTS, DESIGN, always=given) for given in ("speed", ["speed"]))
    assert one.table().equals(listed.table())
    assert one.origin["settings"] == listed.origin["settings"]
