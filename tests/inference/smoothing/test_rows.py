"""The same strengths from whatever holds the rows, wherever they are summed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo


def recording(T=1200):
    rng = np.random.default_rng(0)
    place, heading = rng.uniform(0, 100, T), rng.uniform(0, 360, T)
    rate = np.exp(-((place - 40) ** 2) / 300 + 0.6 * np.cos(np.radians(heading)) - 0.5)
    Y = rng.poisson(rate[:, None] * np.array([0.3, 1.0, 2.0]))
    basis = nmo.basis.BSplineEval(12, label="place")
    basis = basis + nmo.basis.CyclicBSplineEval(10, bounds=(0, 360), label="heading")
    return basis, (place, heading), Y


def smooth():
    return nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto")


def test_computed_and_written_out_rows_on_threads_devices_and_clusters():
    da = pytest.importorskip("dask.array")
    pytest.importorskip("jax")
    basis, signals, Y = recording()
    X = basis.design(*signals)
    known = smooth().fit(X, Y)
    table = np.array(X[:])
    fits = {"array": smooth().fit(table, Y, terms=basis)}
    with nmo.config_context(n_threads=2, memory="32MiB"):
        fits["less memory"] = smooth().fit(X, Y)
    with nmo.config_context(runner="jax"):
        fits["jax"] = smooth().fit(table, Y, terms=basis)
    parts = da.from_array(table, chunks=(500, -1))
    fits["dask"] = smooth().fit(parts, Y, terms=basis)
    for name, model in fits.items():
        value, strength = model.log_marginal_likelihood_, model.regularizer_strength_
        assert_allclose(value, known.log_marginal_likelihood_, rtol=1e-8, err_msg=name)
        assert_allclose(strength, known.regularizer_strength_, rtol=1e-3, err_msg=name)


def test_rows_in_single_precision():
    basis, signals, Y = recording()
    table = np.array(basis.design(*signals)[:])
    one, other = (smooth().fit(X, Y, terms=basis) for X in (table, table.astype(np.float32)))
    assert_allclose(one.log_marginal_likelihood_, other.log_marginal_likelihood_, rtol=1e-7)
    assert_allclose(one.predict(table), other.predict(table), rtol=1e-3)


def test_rounds_are_few():
    basis, signals, Y = recording()
    plain = smooth().set_params(regularizer_strength=1e-3).fit(basis.design(*signals), Y)
    model = smooth().fit(basis.design(*signals), Y)
    assert model.fit_report_.n_passes < 2 * plain.fit_report_.n_passes + 15


@pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning")
def test_bands_with_strengths_unknown_are_nan_for_silent_neurons_without_a_word():
    """NumPy warned of an invalid value, once for every entry."""
    x = np.random.default_rng(0).uniform(size=600)
    counts = np.random.default_rng(1).poisson(0.5 + np.sin(6 * x) ** 2)
    design = nmo.basis.BSplineEval(7, label="x").design(x)
    both = np.column_stack([counts, 0 * counts])
    how = {"regularizer": "Smoothness", "regularizer_strength": "auto"}
    curve = nmo.PopulationGLM(**how).fit(design, both).curve("x", design, both, at=[0.2, 0.7])
    alone = nmo.GLM(**how).fit(design, counts).curve("x", design, counts, at=[0.2, 0.7])
    assert_allclose(curve.low[:, 0], alone.low, rtol=1e-6)
    assert np.isnan(curve.low[:, 1]).all()
