"""Strengths, errors and tests of pairs: algebra on coefficients and their covariance."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.simulation import networks
from tests.simulation.networks import recorded

import spikeglm as nmo
from spikeglm.inference import coupling, q_values, term_tests
from spikeglm.inference.couplings.measures import MEASURES

BIN_S = 0.02


def population(**arguments):
    """Four neurons in bins of 20 ms; 0 excites 1, 2 inhibits 3."""
    rng = np.random.default_rng(0)
    y = np.zeros((3000, 4), int)
    for t in range(1, len(y)):
        eta = np.full(4, -1.2)
        eta[1] += 0.9 * min(y[t - 1, 0], 2)
        eta[3] += 1.0 - 1.5 * min(y[t - 1, 2], 2)
        y[t] = rng.poisson(np.exp(eta))
    times = np.arange(len(y)) * BIN_S + BIN_S / 2
    frame = nap.TsdFrame(
        t=times,
        d=y,
        columns=list("abcd"),
        metadata={"area": ["y", "x", "y", "x"], "depth": [4.0, 1, 3, 2]},
    )
    basis = nmo.basis.RaisedCosineLogConv(3, window_size=8, label="coupling")
    X = basis.design(frame)
    return nmo.PopulationGLM(**arguments).fit(X, frame), X, frame


@pytest.fixture(scope="module")
def fitted():
    return population()


@pytest.fixture(scope="module")
def found(fitted):
    return coupling(*fitted)


def measures_of(b, K, mean):
    h = K @ b
    return {
        "integral": h.sum() * BIN_S,
        "gain": np.exp(h.mean()),
        "peak": h[np.abs(h).argmax()],
        "norm": np.sqrt((h**2).sum() * BIN_S),
        "extra_spikes": mean * (np.exp(h) - 1).sum(),
    }


def test_measures_and_delta_method_errors_by_numerical_derivatives(fitted, found):
    model, X, y = fitted
    K, b = X.basis.kernel_, 3
    covariance = model.covariance(X, y)
    inside = np.isfinite(np.asarray(X[:])).all(axis=1)
    for i in range(4):
        mean = y.values[inside, i].mean()
        for j in range(4):
            part = slice(j * b, (j + 1) * b)
            beta, V = model.coef_[part, i], covariance[i][part, part]
            step = 1e-6
            for name, value in measures_of(beta, K, mean).items():
                g = [
                    (measures_of(beta + step * e, K, mean)[name]
                     - measures_of(beta - step * e, K, mean)[name]) / (2 * step)
                    for e in np.eye(b)
                ]  # fmt: skip
                assert_allclose(found.value[name][i, j], value, rtol=1e-9)
                assert_allclose(found.error[name][i, j], np.sqrt(g @ V @ g), rtol=1e-5)


def test_tests_are_those_of_terms_and_q_values_of_pairs(fitted, found):
    terms = {j: list(range(3 * j, 3 * j + 3)) for j in range(4)}
    expected = term_tests(*fitted, terms=terms)
    assert_allclose(found.p_value, expected.p_value.T)
    assert_allclose(found.statistic, expected.statistic.T)
    assert_array_equal(found.is_self, np.eye(4, dtype=bool))
    others = ~found.is_self
    assert_allclose(found.q_value[others], q_values(found.p_value[others]))
    assert_allclose(found.q_value.diagonal(), q_values(found.p_value.diagonal()))


def test_it_finds_who_drives_whom_and_the_sign(found):
    is_found = (found.q_value < 0.01) & ~found.is_self
    assert set(zip(*np.nonzero(is_found), strict=True)) == {(1, 0), (3, 2)}
    assert found.strength[1, 0] > 0 > found.strength[3, 2]
    extra, error = found.measured("extra_spikes")
    assert extra[1, 0] > 3 * error[1, 0]
    text = str(found)
    assert "12 pairs tested, 2 with q < 0.05 (1 excite, 1 inhibit)" in text
    assert "a → b" in text and "Stability: stable" in text
    with pytest.raises(ValueError, match="measure"):
        found.measured("size")


def test_filters_are_those_of_curves(fitted, found):
    model, X, y = fitted
    curve = model.curve("coupling", X, y, channel="a", neuron="b")
    mine = found.filter("b", "a")
    for name in ("value", "low", "high", "standard_error"):
        assert_allclose(getattr(mine, name), getattr(curve, name))
    assert_allclose(mine.at[0], curve.at[0])
    assert mine.as_filter().lag_ms[0] == 20.0
    rate = found.filter("b", "a", scale="rate")
    inside = np.isfinite(np.asarray(X[:])).all(axis=1)
    assert_allclose(rate.value, y.values[inside, 1].mean() / BIN_S * np.exp(mine.value))
    assert rate.unit == "Hz"
    assert_allclose(found.filter("b", "a", scale="gain").low, np.exp(mine.low))
    for wrong in (("z", "a", "effect"), ("b", "a", "loudness")):
        with pytest.raises(ValueError, match="Unknown"):
            found.filter(*wrong[:2], scale=wrong[2])


def test_seconds_of_arrays_come_from_the_user(fitted, found):
    """All that depends on the length of a bin is as of data that know their times."""
    y = fitted[2].values
    design = nmo.basis.RaisedCosineLogConv(3, window_size=8, label="coupling").design(y)
    model = nmo.PopulationGLM().fit(design, y)
    plain = coupling(model, design, y, bin_s=BIN_S)
    for measure in MEASURES:
        assert_allclose(plain.value[measure], found.value[measure], rtol=1e-6)
    pairs = (plain.filter(1, 0, scale="rate"), found.filter("b", "a", scale="rate"))
    assert_allclose(*(curve.axis for curve in pairs))
    assert_allclose(*(curve.value for curve in pairs), rtol=1e-6)
    assert {(*curve.units, curve.unit) for curve in pairs} == {("s", "Hz")}
    assert_allclose(plain.stability.time_constant, found.stability.time_constant, rtol=1e-5)
    for wrong, message in ((2 * BIN_S, "not that of the fit"), (0.0, "cannot be used")):
        with pytest.raises(ValueError, match=message):
            coupling(*fitted, bin_s=wrong)


def test_sorting_changes_no_number(found):
    for by in ("area", "depth", ["y", "x", "y", "x"], "cluster",
               pd.Series([4.0, 1, 3, 2], index=list("abcd"))):  # fmt: skip
        other = found.sorted_by(by)
        frame, sorted_frame = (f.to_frame().set_index(["to", "from"]) for f in (found, other))
        pd.testing.assert_frame_equal(sorted_frame.sort_index(), frame.sort_index())
        assert_allclose(other.filter("d", "c").value, found.filter("d", "c").value)
    by_area = found.sorted_by("area")
    assert by_area.neurons == ("b", "d", "a", "c")
    assert (by_area.groups, by_area.boundaries) == (("x", "y"), (2, 4))
    assert found.sorted_by("depth").neurons == ("b", "d", "c", "a")
    for wrong, match in (("layer", "column of the metadata"), ([1, 2], "a value each"),
                         (pd.Series([1, 2, 3, 4], index=list("abdc")), "the neurons")):  # fmt: skip
        with pytest.raises(ValueError, match=match):
            found.sorted_by(wrong)


def test_neurons_in_trouble_have_a_status_and_the_rest_is_as_without_them():
    rng = np.random.default_rng(1)
    y = rng.poisson(0.3, (2000, 4))
    y[:, 3] = 0
    past = nmo.basis.HistoryConv(2, label="past")
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
        model = nmo.PopulationGLM().fit(past.design(y), y)
    found = coupling(model, past.design(y), y)
    alone = coupling(
        nmo.PopulationGLM().fit(past.design(y[:, :3]), y[:, :3]), past.design(y[:, :3]), y[:, :3]
    )
    assert_allclose(found.p_value[:3, :3], alone.p_value, rtol=1e-5)
    assert np.isnan(found.strength[3]).all() and np.isnan(found.strength[:3, 3]).all()
    assert set(map(str, found.status[3])) == {"silent"}
    assert all("determine nothing" in str(word) for word in found.status[:3, 3])
    assert_allclose(found.q_value[:3, :3], alone.q_value, rtol=1e-5)
    assert "without a test" in str(found)
    assert found.stability.is_stable


def test_a_pair_that_separates_has_no_strength():
    rng = np.random.default_rng(2)
    y = (rng.random((3000, 2)) < 0.2).astype(int)
    y[1:, 1] *= 1 - y[:-1, 0]  # never in the bin after the other one
    past = nmo.basis.HistoryConv(1, label="past")
    with pytest.warns(RuntimeWarning):
        model = nmo.PopulationGLM("Bernoulli").fit(past.design(y), y)
    found = coupling(model, past.design(y), y)
    assert "separated" in str(found.status[1, 0])
    assert np.isnan(found.strength[1, 0]) and np.isfinite(found.strength[0, 1])


def test_masked_pairs_and_selecting_penalties():
    rng = np.random.default_rng(3)
    y = rng.poisson(0.4, (1000, 3))
    past = nmo.basis.HistoryConv(2, label="past")
    mask = np.ones((6, 3))
    mask[2:4, 0] = 0
    model = nmo.PopulationGLM(feature_mask=mask).fit(past.design(y), y)
    found = coupling(model, past.design(y), y)
    assert "mask" in str(found.status[0, 1]) and np.isnan(found.strength[0, 1])
    assert np.isfinite(found.p_value).sum() == 8
    sparse = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=1e-3)
    found = coupling(sparse.fit(past.design(y), y), past.design(y), y)
    assert np.isfinite(found.strength).all() and np.isnan(found.p_value).all()
    assert np.isnan(found.error["integral"]).all()


def test_history_and_coupling_of_two_terms_are_one_filter():
    rng = np.random.default_rng(4)
    y = rng.poisson(0.4, (1500, 2))
    two = nmo.basis.HistoryConv(2, label="own") + nmo.basis.RaisedCosineLogConv(
        3, window_size=6, label="coupling"
    )
    mask = np.vstack([np.kron(np.eye(2), np.ones((2, 1))), np.ones((6, 2))])
    X = two.design(y, y)
    model = nmo.PopulationGLM(feature_mask=mask, regularizer="Ridge", regularizer_strength=1e-4)
    found = coupling(model.fit(X, y), X, y)
    own, across = model.coef_[:4].reshape(2, 2, 2), model.coef_[4:].reshape(2, 3, 2)
    K = X.basis["coupling"].kernel_
    h = K @ across[0, :, 0]
    h[:2] += own[0, :, 0]
    assert_allclose(found.strength[0, 0], h.sum())
    assert_allclose(found.strength[1, 0], (K @ across[0, :, 1]).sum())
    both = {"all of 0": [0, 1, 4, 5, 6], "across": [4, 5, 6]}
    tests = term_tests(model, X, y, terms=both)
    assert_allclose(found.p_value[:, 0], tests.p_value.diagonal())
    only = coupling(model, X, y, terms="coupling")
    assert_allclose(only.strength[0, 0], (K @ across[0, :, 0]).sum())
    with pytest.raises(ValueError, match="term over lags"):
        coupling(model, X, y, terms="speed")


def test_sources_that_are_others():
    rng = np.random.default_rng(5)
    there, y = rng.poisson(0.4, (1500, 3)), rng.poisson(0.4, (1500, 2))
    y[1:, 0] += rng.poisson(0.5 * there[:-1, 2])
    past = nmo.basis.HistoryConv(2, label="thalamus")
    model = nmo.PopulationGLM().fit(past.design(there), y)
    with pytest.raises(ValueError, match=r"not known which terms.*'thalamus'"):
        coupling(model, past.design(there), y)
    found = coupling(model, past.design(there), y, terms="thalamus")
    assert found.strength.shape == (2, 3)
    assert not found.is_self.any() and found.stability is None
    assert found.q_value.argmin() == 2
    assert found.sorted_by([1, 0]).strength.shape == (2, 3)


def test_an_array_with_terms_needs_the_word_of_the_user():
    rng = np.random.default_rng(6)
    y = rng.poisson(0.4, (800, 2))
    past = nmo.basis.HistoryConv(2, label="past")
    X = past.compute_features(y)
    model = nmo.PopulationGLM().fit(X, y, terms=past)
    said = coupling(model, X, y, feedback="past")
    known = coupling(nmo.PopulationGLM().fit(past.design(y), y), past.design(y), y)
    assert_allclose(said.p_value, known.p_value)
    assert said.stability.spike_radius == pytest.approx(known.stability.spike_radius)


@pytest.mark.parametrize("name", networks.PAIRS)
def test_every_model_of_responses_has_its_coupling(name):
    stimulus, y, model = recorded(name)
    found = coupling(model, networks.basis().design(y, stimulus), y)
    assert np.isfinite(found.p_value).all()
    for measure in MEASURES:
        value, error = found.measured(measure)
        assert np.isfinite(value).all() and (error > 0).all()
    assert found.stability.is_stable
    assert len(found.to_frame()) == 9


@pytest.mark.parametrize("cov_type", ["HC0", "HAC"])
def test_robust_errors(fitted, cov_type):
    model, X, y = fitted
    found = coupling(model, X, y, cov_type=cov_type)
    error, _ = model.standard_errors(X, y, cov_type=cov_type)
    assert np.isfinite(found.error["peak"]).all()
    K = X.basis.kernel_
    covariance = model.covariance(X, y, cov_type=cov_type)
    g = K.sum(axis=0) * BIN_S
    assert_allclose(found.error["integral"][1, 0], np.sqrt(g @ covariance[1][:3, :3] @ g))
    assert error.shape == model.coef_.shape
