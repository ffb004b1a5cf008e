"""Features: every basis, evaluated, convolved, added, multiplied and sliced, on the same inputs."""

import nemos
import numpy as np
import pynapple as nap
import pytest
from numpy.testing import assert_allclose

import spikeglm

RNG = np.random.default_rng(6)
X1, X2 = RNG.uniform(0, 1, 60), RNG.uniform(0, 1, (60, 2))
COUNTS = RNG.poisson(0.5, (60, 2)).astype(float)
RATES = [1.0, 2.0, 4.0]
EVALS = {
    "BSplineEval": lambda b: b.BSplineEval(5),
    "BSplineEval order 2": lambda b: b.BSplineEval(5, order=2, bounds=(-0.2, 1.1)),
    "CyclicBSplineEval": lambda b: b.CyclicBSplineEval(5),
    "MSplineEval": lambda b: b.MSplineEval(5),
    "RaisedCosineLinearEval": lambda b: b.RaisedCosineLinearEval(4, width=1.5),
    "RaisedCosineLogEval": lambda b: b.RaisedCosineLogEval(4, time_scaling=10.0),
    "OrthExponentialEval": lambda b: b.OrthExponentialEval(3, RATES),
    "IdentityEval": lambda b: b.IdentityEval(),
    "FourierEval": lambda b: b.FourierEval(3),
    "Zero": lambda b: b.Zero(),
}
CONVS = {
    "BSplineConv": lambda b: b.BSplineConv(5, 8),
    "CyclicBSplineConv": lambda b: b.CyclicBSplineConv(5, 8),
    "MSplineConv": lambda b: b.MSplineConv(4, 7),
    "RaisedCosineLinearConv": lambda b: b.RaisedCosineLinearConv(3, 6),
    "RaisedCosineLogConv": lambda b: b.RaisedCosineLogConv(3, 6),
    "acausal": lambda b: b.BSplineConv(
        5, 9, conv_kwargs={"predictor_causality": "acausal", "shift": False}
    ),
    "anti-causal": lambda b: b.BSplineConv(
        5, 9, conv_kwargs={"predictor_causality": "anti-causal"}
    ),
    "OrthExponentialConv": lambda b: b.OrthExponentialConv(3, 8, RATES),
    "HistoryConv": lambda b: b.HistoryConv(4),
}
COMPOSED = {
    "added": lambda b: b.BSplineEval(5) + b.RaisedCosineLogConv(3, 6),
    "multiplied": lambda b: b.BSplineEval(5) * b.RaisedCosineLinearEval(4),
    "raised": lambda b: b.BSplineEval(5) ** 2,
}


def same_up_to_signs(mine, theirs, name):
    mine, theirs = np.asarray(mine), np.asarray(theirs)
    assert mine.shape == theirs.shape
    if "Orth" in name:  # an orthonormal basis is defined up to the sign of its functions
        signs = np.sign(np.nansum(mine * theirs, axis=0))
        mine = mine * signs
    assert_allclose(mine, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", EVALS)
@pytest.mark.parametrize("x", [X1, X2], ids=["1-D", "2-D"])
def test_evaluated(name, x):
    mine, theirs = EVALS[name](spikeglm.basis), EVALS[name](nemos.basis)
    same_up_to_signs(mine.compute_features(x), theirs.compute_features(x), name)
    assert mine.n_output_features == theirs.n_output_features


@pytest.mark.parametrize("name", CONVS)
@pytest.mark.parametrize("x", [COUNTS[:, 0], COUNTS], ids=["1-D", "2-D"])
def test_convolved(name, x):
    mine, theirs = CONVS[name](spikeglm.basis), CONVS[name](nemos.basis)
    same_up_to_signs(mine.compute_features(x), theirs.compute_features(x), name)


@pytest.mark.parametrize("name", ["BSplineConv", "HistoryConv", "RaisedCosineLogConv"])
def test_convolved_over_epochs(name):
    times = np.arange(60) * 0.1
    epochs = nap.IntervalSet([0, 2.95], [2.5, 6.0])
    series = nap.TsdFrame(times, COUNTS).restrict(epochs)
    mine = CONVS[name](spikeglm.basis).compute_features(series)
    theirs = CONVS[name](nemos.basis).compute_features(series)
    assert type(mine) is type(theirs)
    assert_allclose(np.asarray(mine), np.asarray(theirs), atol=1e-9)


@pytest.mark.parametrize("name", COMPOSED)
def test_composed(name):
    mine, theirs = COMPOSED[name](spikeglm.basis), COMPOSED[name](nemos.basis)
    assert_allclose(
        mine.compute_features(X1, X1), theirs.compute_features(X1, X1), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("name", [*EVALS, *CONVS])
def test_on_a_grid(name):
    make = (EVALS | CONVS)[name]
    mine, theirs = make(spikeglm.basis), make(nemos.basis)
    for a, b in zip(mine.evaluate_on_grid(20), theirs.evaluate_on_grid(20), strict=True):
        same_up_to_signs(a, b, name)


def test_split_by_feature():
    def parts(library):
        basis = library.basis.BSplineEval(5, label="a") + library.basis.HistoryConv(4, label="b")
        return basis.split_by_feature(basis.compute_features(X1, COUNTS), axis=1)

    mine, theirs = parts(spikeglm), parts(nemos)
    assert list(mine) == list(theirs)
    for key in mine:
        assert_allclose(mine[key], theirs[key], atol=1e-9)


@pytest.mark.parametrize("causality", ["causal", "acausal", "anti-causal"])
def test_create_convolutional_predictor(causality):
    kernel = RNG.normal(size=(5, 3))
    arguments = {"predictor_causality": causality}
    mine = spikeglm.convolve.create_convolutional_predictor(kernel, COUNTS, **arguments)
    theirs = nemos.convolve.create_convolutional_predictor(kernel, COUNTS, **arguments)
    assert_allclose(mine, theirs, atol=1e-9)


def test_identifiability_constraints():
    X = np.column_stack([X2, X2.sum(axis=1), np.ones(60)])
    function = "apply_identifiability_constraints"
    mine, mine_dropped = getattr(spikeglm.identifiability_constraints, function)(X)
    theirs, their_dropped = getattr(nemos.identifiability_constraints, function)(X)
    assert np.asarray(mine).shape == np.asarray(theirs).shape
    assert len(mine_dropped) == len(their_dropped)
