"""A lazy Design as X is the written-out array as X, in everything an estimator does."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.catalogue import SOLVERS

import spikeglm as nmo

both = pytest.mark.parametrize("solver", [*SOLVERS, None])
T = 900


def signals():
    rng = np.random.default_rng(0)
    return rng.poisson(0.3, T).astype(float), rng.normal(size=(T, 2))


def basis():
    return nmo.basis.RaisedCosineLogConv(4, window_size=25, label="history") + (
        nmo.basis.BSplineConv(5, window_size=30, label="stimulus")
    )


def responses(n=2):
    return np.random.default_rng(1).poisson(0.5, (T, n)).astype(float)


def design_and_array():
    return basis().design(*signals()), np.asarray(basis().compute_features(*signals()))


@both
@pytest.mark.parametrize("memory", ["200KiB", "2GiB"])
def test_fits_and_predictions_are_the_same(solver, memory):
    design, array = design_and_array()
    y = responses()
    with nmo.config_context(memory=memory):
        lazy = nmo.PopulationGLM(solver_name=solver).fit(design, y)
        written = nmo.PopulationGLM(solver_name=solver).fit(array, y)
        assert_allclose(lazy.coef_, written.coef_, rtol=1e-6, atol=1e-7)
        assert_allclose(lazy.predict(design), written.predict(array), rtol=1e-6)
    assert np.isnan(lazy.predict(design)[:30]).all()
    assert_allclose(lazy.score(design, y), written.score(array, y), rtol=1e-8)
    assert_array_equal(lazy.simulate(0, design)[0].shape, y.shape)
    assert list(lazy.fit_report_.to_frame()["n_rows"]) == [np.isfinite(array).all(axis=1).sum()] * 2


def test_losses_errors_and_starts_are_the_same():
    design, array = design_and_array()
    y = responses()[:, 0]
    model = nmo.GLM(regularizer="Ridge", regularizer_strength=0.1).fit(design, y)
    params = model.coef_, model.intercept_
    assert_allclose(
        model.compute_loss(params, design, y), model.compute_loss(params, array, y), rtol=1e-10
    )
    assert_allclose(model.covariance(design, y), model.covariance(array, y), rtol=1e-6, atol=1e-12)
    for got, expected in zip(
        model.initialize_params(design, y), model.initialize_params(array, y), strict=True
    ):
        assert_allclose(got, expected)


def test_weights_offsets_and_masks_go_with_a_design():
    design, array = design_and_array()
    y, rng = responses(), np.random.default_rng(2)
    mask = rng.integers(0, 2, (array.shape[1], 2))
    rows = {"sample_weight": rng.integers(0, 3, T), "offset": rng.normal(0, 0.1, T)}
    lazy = nmo.PopulationGLM(feature_mask=mask).fit(design, y, **rows)
    written = nmo.PopulationGLM(feature_mask=mask).fit(array, y, **rows)
    assert_allclose(lazy.coef_, written.coef_, rtol=1e-6, atol=1e-7)


def test_names_of_features_reach_the_report():
    history, stimulus = signals()
    design = basis().design(history, 0 * stimulus)
    report = nmo.GLM().fit(design, responses()[:, 0]).fit_report_
    assert report.aliased_features
    assert all(name.startswith("stimulus") for name in report.aliased_features)


def test_a_design_of_too_few_rows_says_so():
    design = basis().design(*(signal[:20] for signal in signals()))
    with pytest.raises(ValueError, match=r"NaN.*window"):
        nmo.GLM().fit(design, responses()[:20, 0])


def test_a_design_and_a_response_of_different_length():
    with pytest.raises(ValueError, match="same number of samples"):
        nmo.GLM().fit(basis().design(*signals()), responses()[:-1, 0])


class TestPynapple:
    """Epochs: no window reaches across an edge, and time comes back out."""

    nap = pytest.importorskip("pynapple")

    def recording(self):
        times = np.concatenate([np.arange(500), np.arange(700, 1100)]) / 100
        epochs = self.nap.IntervalSet([0.0, 7.0], [4.99, 10.99])
        history, stimulus = signals()
        counts = self.nap.Tsd(t=times, d=history, time_support=epochs)
        return counts, self.nap.TsdFrame(t=times, d=stimulus, time_support=epochs)

    def test_the_design_is_the_array_within_each_epoch(self):
        counts, stimulus = self.recording()
        design, array = basis().design(counts, stimulus), basis().compute_features(counts, stimulus)
        y = self.nap.Tsd(t=counts.t, d=responses()[:, 0], time_support=counts.time_support)
        lazy, written = nmo.GLM().fit(design, y), nmo.GLM().fit(array, y)
        assert_allclose(lazy.coef_, written.coef_, rtol=1e-6, atol=1e-7)
        rate = lazy.predict(design)
        assert isinstance(rate, self.nap.Tsd)
        assert_array_equal(rate.time_support.values, counts.time_support.values)
        assert_array_equal(np.flatnonzero(np.isnan(rate.values)), [*range(30), *range(500, 530)])
        assert_allclose(rate.values, written.predict(array).values, rtol=1e-6)

    def test_a_response_at_other_times_is_refused(self):
        counts, stimulus = self.recording()
        other = self.nap.Tsd(t=counts.t + 0.5, d=responses()[:, 0])
        with pytest.raises(ValueError, match="time"):
            nmo.GLM().fit(basis().design(counts, stimulus), other)

    def test_an_epoch_shorter_than_the_window_takes_no_part(self):
        counts, stimulus = self.recording()
        epochs = self.nap.IntervalSet([0.0, 5.5, 7.0], [4.99, 5.7, 10.99])  # the second is empty
        counts = self.nap.Tsd(t=counts.t, d=counts.values, time_support=epochs)
        stimulus = self.nap.TsdFrame(t=stimulus.t, d=stimulus.values, time_support=epochs)
        y = responses()[:, 0]
        model = nmo.GLM().fit(basis().design(counts, stimulus), y)
        expected = nmo.GLM().fit(basis().design(*self.recording()), y)
        assert_allclose(model.coef_, expected.coef_, rtol=1e-8, atol=1e-9)
