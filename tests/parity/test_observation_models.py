"""Observation models: every function of y and the mean."""

import nemos
import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.parity.problems import LINKS, responses

import spikeglm

of_models = pytest.mark.parametrize("model", LINKS)
MEANS = np.random.default_rng(5).uniform(0.1, 0.9, responses("Poisson").shape)


def both(model):
    name = f"{model}Observations"
    return (
        getattr(spikeglm.observation_models, name)(),
        getattr(nemos.observation_models, name)(),
    )


@of_models
@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize("function", ["log_likelihood", "deviance", "likelihood"])
def test_functions_with_a_scale(model, function, scale):
    if model == "NegativeBinomial" and scale != 1.0:
        pytest.skip("NeMoS mixes the given scale with its own")
    ours, theirs = both(model)
    y = responses(model)
    if function == "likelihood" and model in {"Gaussian", "Gamma", "NegativeBinomial"}:
        y = y[:3]
    mine = getattr(ours, function)(y, MEANS[: len(y)], scale)
    assert_allclose(mine, getattr(theirs, function)(y, MEANS[: len(y)], scale), rtol=1e-9)


@of_models
@pytest.mark.parametrize("kind", ["pseudo-r2-McFadden", "pseudo-r2-Cohen"])
def test_pseudo_r2(model, kind):
    ours, theirs = both(model)
    y = responses(model)
    assert_allclose(
        ours.pseudo_r2(y, MEANS, score_type=kind), theirs.pseudo_r2(y, MEANS, score_type=kind),
        rtol=1e-8,
    )  # fmt: skip


@of_models
def test_estimated_scale(model):
    ours, theirs = both(model)
    y, dof = responses(model), np.array([100.0, 100.0])
    assert_allclose(
        np.broadcast_to(ours.estimate_scale(y, MEANS, dof), (2,)),
        np.broadcast_to(theirs.estimate_scale(y, MEANS, dof), (2,)),
        rtol=1e-9,
    )
