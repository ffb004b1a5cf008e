"""The same measures whatever holds the rows and wherever passes run; passes are counted."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

from ...counting_rows import CountingRows

RNG = np.random.default_rng(0)
SIGNAL = RNG.normal(size=3000)
BASIS = nmo.basis.RaisedCosineLogConv(4, window_size=20, label="past")
X = np.asarray(BASIS.compute_features(SIGNAL))
COUNTS = RNG.poisson(np.exp(0.2 * np.nan_to_num(X[:, [0, 1, 2]]) - 1)).astype(float)
PLAIN = nmo.PopulationGLM().fit(X, COUNTS)


def measured(model, rows, counts=COUNTS):
    return nmo.inference.goodness(model, rows, counts, smoothing=3).to_frame()


def agree(found):
    expected = measured(PLAIN, X)
    numbers = expected.select_dtypes("number").columns
    assert_allclose(found[numbers], expected[numbers], rtol=1e-6, atol=1e-8)


def test_a_design_is_never_written_out():
    design = BASIS.design(SIGNAL)
    agree(measured(nmo.PopulationGLM().fit(design, COUNTS), design))


def test_stored_rows_and_responses(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        stored, counts = file.create_dataset("X", data=X), file.create_dataset("y", data=COUNTS)
        agree(measured(PLAIN, stored, counts))


@pytest.mark.parametrize("runner", ["jax", "dask"])
def test_other_runners(runner):
    if runner == "dask":
        array = pytest.importorskip("dask.array").from_array(X, chunks=(700, 4))
        agree(measured(PLAIN, array))
        return
    pytest.importorskip("jax")
    with nmo.config_context(runner="jax"):
        agree(measured(PLAIN, X))


def test_residuals_of_a_design_are_those_of_its_features():
    design = BASIS.design(SIGNAL)
    model = nmo.PopulationGLM().fit(design, COUNTS)
    found = nmo.inference.residuals(model, design, COUNTS)
    assert_allclose(found, nmo.inference.residuals(PLAIN, X, COUNTS), rtol=1e-4, atol=1e-5)


def test_one_visit_of_the_rows():
    rows = CountingRows(X[20:])
    model = nmo.PopulationGLM().fit(rows, COUNTS[20:])
    rows.reads[:] = 0
    nmo.inference.goodness(model, rows, COUNTS[20:], n_bootstrap=0)
    assert (rows.reads == 1).all()


def test_models_of_classes_are_refused():
    model = nmo.ClassifierGLM(2).fit(X, COUNTS[:, 0] > 0)
    for ask in (nmo.inference.goodness, nmo.inference.residuals):
        with pytest.raises(TypeError, match="classifier"):
            ask(model, X, COUNTS[:, 0] > 0)


def test_names_come_back_and_others_are_refused():
    named = pd.DataFrame(COUNTS, columns=["a", "b", "c"])
    model = nmo.PopulationGLM().fit(X, named)
    assert measured(model, X, named).index.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="neurons"):
        measured(model, X, named[["b", "a", "c"]])
