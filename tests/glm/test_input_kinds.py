"""Whatever the numbers come in, the fit is that of the same numbers in float64."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.catalogue import INPUT_KINDS, SOLVERS, Case
from tests.glm import dense

import spikeglm as nmo

kinds = pytest.mark.parametrize("kind", INPUT_KINDS)
solvers = pytest.mark.parametrize("solver", SOLVERS)
WHOLE = {"Poisson": (0, 9), "Bernoulli": (0, 2), "Gaussian": (0, 9)}


def whole_numbers(model):
    """X (60, 3) and y (60, 2) of small whole numbers, which every container holds exactly."""
    rng = np.random.default_rng(3)
    X = rng.integers(0, 5, (60, 3)).astype(float)
    return X, rng.integers(*WHOLE[model], (60, 2)).astype(float)


def fits(model, solver, X, y):
    population = nmo.PopulationGLM(model, solver_name=solver).fit(X, y)
    return population.coef_, population.intercept_, np.asarray(population.predict(X))


@kinds
@solvers
@pytest.mark.parametrize("model", WHOLE)
def test_a_population_in_every_container(model, solver, kind):
    X, y = whole_numbers(model)
    expected = fits(model, solver, X, y)
    convert = INPUT_KINDS[kind]
    for got, value in zip(fits(model, solver, convert(X), convert(y)), expected, strict=True):
        assert got.dtype == np.float64
        assert_allclose(got, value, rtol=1e-6, atol=1e-7)


@kinds
def test_a_glm_in_every_container(kind):
    X, y = whole_numbers("Poisson")
    convert = INPUT_KINDS[kind]
    weights = np.arange(60.0) % 4
    arguments = {"sample_weight": convert(weights), "offset": convert(weights)}
    model = nmo.GLM().fit(convert(X), convert(y[:, 0]), **arguments)
    expected = nmo.GLM().fit(X, y[:, 0], sample_weight=weights, offset=weights)
    assert_allclose(model.coef_, expected.coef_, rtol=1e-6, atol=1e-7)
    score = model.score(convert(X), convert(y[:, 0]), offset=convert(weights))
    assert_allclose(score, expected.score(X, y[:, 0], offset=weights), rtol=1e-9)


@kinds
def test_masks_strengths_and_starts_in_every_container(kind):
    X, y = whole_numbers("Poisson")
    convert = INPUT_KINDS[kind]
    mask, strength = np.array([[1.0, 0], [1, 1], [0, 1]]), np.array([[0.0, 1], [2, 3], [1, 0]])
    start = np.zeros((3, 2)), np.zeros(2)

    def fit(change):
        model = nmo.PopulationGLM(
            regularizer="Ridge", regularizer_strength=change(strength), feature_mask=change(mask)
        )
        return model.fit(X, y, init_params=(change(start[0]), change(start[1]))).coef_

    assert_allclose(fit(convert), fit(np.asarray), rtol=1e-6, atol=1e-7)


def test_booleans_are_zeros_and_ones():
    X, y = whole_numbers("Bernoulli")
    expected = nmo.GLM("Bernoulli").fit((X > 2).astype(float), y[:, 0])
    model = nmo.GLM("Bernoulli").fit(X > 2, y[:, 0] > 0)
    assert_allclose(model.coef_, expected.coef_, rtol=1e-9)
    assert_allclose(model.predict(X > 2), expected.predict((X > 2).astype(float)))


@pytest.mark.parametrize("model", ["Poisson", "Gaussian", "Bernoulli", "Gamma"])
@solvers
def test_float32_features_are_fitted_as_exactly_as_float64(model, solver):
    case = Case(model, {"Bernoulli": "logistic", "Gaussian": "identity"}.get(model, "exp"))
    X, y = case.data()
    stored = X.astype(np.float32)
    fit = case.population(solver_name=solver).fit(stored, y)
    assert fit.fit_report_.converged
    for n in range(2):
        parameters, rows = dense.parameters_of(fit, n), stored.astype(float)
        assert dense.newton_decrement(parameters, rows, y[:, n], case) < 1e-8


@pytest.mark.parametrize("y_kind", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("x_kind", [np.float32, np.float64, np.int16])
def test_mixed_dtypes_of_features_and_responses(x_kind, y_kind):
    X, y = whole_numbers("Poisson")
    model = nmo.GLM().fit(X.astype(x_kind), y[:, 0].astype(y_kind))
    assert_allclose(model.coef_, nmo.GLM().fit(X, y[:, 0]).coef_, rtol=1e-6)


def test_small_integers_do_not_overflow():
    X = np.full((80, 1), 120, np.int8)
    X[::2] = -120
    y = np.where(X[:, 0] > 0, 200, 100).astype(np.uint8)
    model = nmo.GLM().fit(X, y)
    assert_allclose(model.predict(X), y, rtol=1e-7)
    assert_allclose(model.coef_ * 240, np.log(2), rtol=1e-7)


class TestPynapple:
    """Time series in, time series out."""

    nap = pytest.importorskip("pynapple")

    def series(self):
        X, y = whole_numbers("Poisson")
        epochs = self.nap.IntervalSet([0.0, 40.0], [20.0, 100.0])
        times = np.concatenate([np.linspace(0, 20, 20), np.linspace(40, 100, 40)])
        frame = self.nap.TsdFrame(t=times, d=X, time_support=epochs, columns=["a", "b", "c"])
        return frame, self.nap.TsdFrame(
            t=times, d=y, time_support=epochs, columns=["left", "right"],
            metadata={"area": ["V1", "V2"]},
        )  # fmt: skip

    def test_predictions_of_one_neuron_are_a_tsd_on_the_same_epochs(self):
        X, y = self.series()
        rate = nmo.GLM().fit(X, y[:, 0]).predict(X)
        assert isinstance(rate, self.nap.Tsd)
        assert_array_equal(rate.t, X.t)
        assert_array_equal(rate.time_support.values, X.time_support.values)

    @pytest.mark.parametrize("y_is", ["pynapple", "numpy"])
    def test_predictions_of_a_population_carry_the_columns_of_y(self, y_is):
        X, y = self.series()
        model = nmo.PopulationGLM().fit(X, y if y_is == "pynapple" else y.values)
        rate = model.predict(X)
        assert isinstance(rate, self.nap.TsdFrame)
        named = y_is == "pynapple"
        assert list(rate.columns) == (["left", "right"] if named else [0, 1])
        if named:
            assert list(rate.metadata["area"]) == ["V1", "V2"]
            assert list(model.fit_report_.to_frame().index) == ["left", "right"]
        samples, mean = model.simulate(0, X)
        assert isinstance(samples, self.nap.TsdFrame)
        assert isinstance(mean, self.nap.TsdFrame)

    def test_numpy_in_is_numpy_out_even_after_a_pynapple_fit(self):
        X, y = self.series()
        assert type(nmo.PopulationGLM().fit(X, y).predict(X.values)) is np.ndarray

    def test_as_many_features_as_neurons_do_not_lend_their_names_to_the_neurons(self):
        X, y = self.series()
        model = nmo.PopulationGLM().fit(X[:, :2], y.values)
        assert list(model.predict(X[:, :2]).columns) == [0, 1]

    def test_names_of_feature_columns_reach_the_report(self):
        X, y = self.series()
        X = self.nap.TsdFrame(t=X.t, d=np.column_stack([X.values, 0 * X.t]), columns=list("abcd"))
        report = nmo.GLM().fit(X, y[:, 0].values).fit_report_
        assert report.aliased_features == ("d",)

    def test_other_time_stamps_are_refused(self):
        X, y = self.series()
        shifted = self.nap.Tsd(t=y.t + 1.0, d=y.values[:, 0])
        with pytest.raises(ValueError, match=r"time.*Given.*Expected.*What to do"):
            nmo.GLM().fit(X, shifted)
        model = nmo.GLM().fit(X, y.values[:, 0])
        with pytest.raises(ValueError, match=r"time.*Given.*Expected.*What to do"):
            model.score(X, shifted)

    def test_scores_and_coefficients_are_numpy(self):
        X, y = self.series()
        model = nmo.PopulationGLM().fit(X, y)
        assert type(model.coef_) is np.ndarray
        assert np.ndim(model.score(X, y)) == 0
        per_sample = model.score(X, y, aggregate_sample_scores=lambda s: s)
        assert per_sample.shape == y.shape

    def test_a_gap_of_nan_stays_in_the_prediction(self):
        X, y = self.series()
        values = X.values.copy()
        values[5] = np.nan
        gappy = self.nap.TsdFrame(t=X.t, d=values, time_support=X.time_support)
        rate = nmo.GLM().fit(gappy, y[:, 0]).predict(gappy)
        assert np.isnan(rate.values[5])
        assert np.isfinite(np.delete(rate.values, 5)).all()
