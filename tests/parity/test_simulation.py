"""Simulation: filters, and recurrently coupled neurons without noise between the libraries."""

import jax
import nemos
import numpy as np
from numpy.testing import assert_allclose

import spikeglm


def test_difference_of_gammas():
    assert_allclose(
        spikeglm.simulation.difference_of_gammas(20),
        nemos.simulation.difference_of_gammas(20),
        rtol=1e-6,
    )


def test_regress_filter():
    rng = np.random.default_rng(0)
    filters, basis = rng.normal(size=(10, 2, 3)), rng.normal(size=(10, 4))
    assert_allclose(
        spikeglm.simulation.regress_filter(filters, basis),
        nemos.simulation.regress_filter(filters, basis),
        rtol=1e-6,
    )


def test_simulate_recurrent_without_coupling():
    rng, key = np.random.default_rng(0), jax.random.PRNGKey(0)
    arguments = {
        "coupling_coef": np.zeros((2, 2, 3)),
        "feedforward_coef": rng.normal(size=(2, 4)),
        "intercepts": np.array([0.1, 0.2]),
        "random_key": key,
        "feedforward_input": rng.normal(size=(30, 2, 4)),
        "coupling_basis_matrix": rng.normal(size=(5, 3)),
        "init_y": np.zeros((5, 2)),
    }
    mine = spikeglm.simulation.simulate_recurrent(**arguments)
    theirs = nemos.simulation.simulate_recurrent(**arguments)
    assert mine[0].shape == theirs[0].shape
    assert_allclose(mine[1], theirs[1], rtol=1e-6)
