"""Neurons in trouble beside healthy ones that must not notice: a status, advice, finite numbers."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import SOLVERS

import spikeglm as nmo
from spikeglm.errors import ConvergenceWarning, NothingToFitWarning
from spikeglm.solvers import EMPTY

T = 300
both = pytest.mark.parametrize("solver", [*SOLVERS, None])


def kind_of(status):
    """Return which warning tells of a status."""
    return NothingToFitWarning if status in EMPTY else ConvergenceWarning


def features(p=3, seed=0):
    return np.random.default_rng(seed).normal(size=(T, p))


def counts(X, seed=1, intercept=-0.5):
    coef = np.linspace(-0.5, 0.5, X.shape[1])
    return np.random.default_rng(seed).poisson(np.exp(X @ coef + intercept)).astype(float)


def fit_sick(model, X, y, *, status, **more):
    """Fit, expecting one warning that names the status and says what to do."""
    with pytest.warns(kind_of(status), match=status) as caught:
        model.fit(X, y, **more)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert len(message) > 60
    assert model.fit_report_.problems() == message
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.intercept_).all()
    return model


def assert_others_do_not_notice(sick_y, *, model="Poisson", status, solver, healthy_y, X, **more):
    """Fit [healthy, sick, healthy] together and the healthy neurons alone."""
    y = np.column_stack([healthy_y[:, 0], sick_y, healthy_y[:, 1]])
    together = nmo.PopulationGLM(model, solver_name=solver, **more)
    fit_sick(together, X, y, status=status)
    assert together.fit_report_.status == ("converged", status, "converged")
    alone = nmo.PopulationGLM(model, solver_name=solver, **more).fit(X, healthy_y)
    assert_allclose(together.coef_[:, [0, 2]], alone.coef_, rtol=1e-10, atol=1e-10)
    assert_allclose(together.intercept_[[0, 2]], alone.intercept_, rtol=1e-10, atol=1e-10)
    assert_allclose(together.scale_[[0, 2]], alone.scale_, rtol=1e-10)
    frame = together.fit_report_.to_frame()
    assert list(frame["what_to_do"].str.len() > 20) == [False, True, False]
    return together


def healthy_counts(X):
    return np.column_stack([counts(X, 1), counts(X, 2)])


def healthy_binary(X):
    return (healthy_counts(X) > 0).astype(float)


@both
@pytest.mark.parametrize("model", ["Poisson", "NegativeBinomial"])
def test_a_silent_unit(model, solver):
    X = features()
    fit = assert_others_do_not_notice(
        np.zeros(T), model=model, status="silent", solver=solver, healthy_y=healthy_counts(X), X=X
    )
    assert (fit.coef_[:, 1] == 0).all()
    assert_allclose(fit.predict(X)[:, 1], 0.5 / T)  # half an event in the recording
    with pytest.warns(NothingToFitWarning, match="silent"):
        assert nmo.GLM(model).fit(X, np.zeros(T)).fit_report_.status == ("silent",)


@both
@pytest.mark.parametrize(("value", "status"), [(0.0, "silent"), (1.0, "saturated")])
@pytest.mark.parametrize("link", ["logistic", "norm.cdf"])
def test_a_binary_unit_that_never_changes(link, value, status, solver):
    X = features()
    fit = assert_others_do_not_notice(
        np.full(T, value), model="Bernoulli", inverse_link_function=link, status=status,
        solver=solver, healthy_y=healthy_binary(X), X=X,
    )  # fmt: skip
    assert_allclose(fit.predict(X)[:, 1], abs(value - 0.5 / T))


@both
def test_a_unit_that_is_silent_where_its_weights_are(solver):
    X = features()
    y = counts(X)
    weights = (y == 0).astype(float)
    fit = fit_sick(nmo.GLM(solver_name=solver), X, y, status="silent", sample_weight=weights)
    assert_allclose(fit.predict(X), 0.5 / weights.sum())


@both
def test_binary_responses_that_a_feature_separates(solver):
    X = features()
    fit = assert_others_do_not_notice(
        (X[:, 0] > 0).astype(float), model="Bernoulli", status="separated", solver=solver,
        healthy_y=healthy_binary(X), X=X,
    )  # fmt: skip
    right = (fit.predict(X)[:, 1] > 0.5) == (X[:, 0] > 0)
    assert right.all()


@both
def test_counts_that_are_zero_wherever_a_feature_is_on(solver):
    X = features()
    X[:, 1] = X[:, 1] > 0.5
    healthy = healthy_counts(X)
    fit = assert_others_do_not_notice(
        np.where(X[:, 1] > 0, 0.0, counts(X, 5)), status="separated", solver=solver,
        healthy_y=healthy, X=X,
    )  # fmt: skip
    assert fit.predict(X)[X[:, 1] > 0, 1].max() < 0.01


@both
def test_a_small_ridge_cures_separation(solver):
    X = features()
    y = np.column_stack([X[:, 0] > 0, X[:, 1] + X[:, 2] > 0])
    model = nmo.PopulationGLM(
        "Bernoulli", regularizer="Ridge", regularizer_strength=1e-4, solver_name=solver
    )
    assert model.fit(X, y).fit_report_.converged


@both
def test_a_missing_response_of_one_neuron_costs_the_others_nothing(solver):
    X = features()
    y = np.column_stack([counts(X, 1), counts(X, 2), counts(X, 3)])
    gappy = y.copy()
    gappy[10:20, 1], gappy[3, 1], gappy[4, 1] = np.nan, np.inf, -np.inf
    fit = nmo.PopulationGLM(solver_name=solver).fit(X, gappy)
    complete = nmo.PopulationGLM(solver_name=solver).fit(X, y)
    assert_allclose(fit.coef_[:, [0, 2]], complete.coef_[:, [0, 2]], atol=3e-8)
    kept = np.isfinite(gappy[:, 1])
    alone = nmo.GLM(solver_name=solver).fit(X[kept], y[kept, 1])
    assert_allclose(fit.coef_[:, 1], alone.coef_, rtol=1e-7, atol=1e-8)
    assert list(fit.fit_report_.to_frame()["n_rows"]) == [T, T - 12, T]
    assert list(fit.dof_resid_) == [T - 4, T - 16, T - 4]


@both
def test_a_neuron_without_any_response(solver):
    X = features()
    assert_others_do_not_notice(
        np.full(T, np.nan), status="no valid rows", solver=solver, healthy_y=healthy_counts(X), X=X
    )


@both
def test_rows_of_features_that_are_not_finite_are_left_out(solver):
    X = features()
    y = healthy_counts(X)
    spoilt = X.copy()
    spoilt[[0, 7, 299], [0, 1, 2]] = np.nan, np.inf, -np.inf
    keep = np.isfinite(spoilt).all(axis=1)
    fit = nmo.PopulationGLM(solver_name=solver).fit(spoilt, y)
    expected = nmo.PopulationGLM(solver_name=solver).fit(X[keep], y[keep])
    assert_allclose(fit.coef_, expected.coef_, rtol=1e-8, atol=1e-9)
    rate = fit.predict(spoilt)
    assert np.isnan(rate[~keep]).all()
    assert_allclose(rate[keep], fit.predict(X[keep]), rtol=1e-12)
    assert_allclose(fit.score(spoilt, y), fit.score(X[keep], y[keep]), rtol=1e-12)


@both
def test_three_rows(solver):
    X, y = features()[:3, :1], np.array([1.0, 3.0, 2.0])
    fit = nmo.GLM("Gaussian", solver_name=solver).fit(X, y)
    slope, intercept = np.polyfit(X[:, 0], y, 1)
    assert_allclose([fit.coef_[0], fit.intercept_[0]], [slope, intercept], rtol=1e-7)


@both
def test_fewer_rows_than_features_interpolate_with_the_smallest_coefficients(solver):
    X, y = features(8)[:5], np.array([1.0, 3.0, 2.0, 0.0, 1.5])
    with pytest.warns(UserWarning, match="without a dispersion"):
        fit = nmo.GLM("Gaussian", solver_name=solver).fit(X, y)
    assert fit.fit_report_.converged
    assert_allclose(fit.predict(X), y, atol=1e-6)
    assert (fit.dof_resid_ >= 0).all()


@both
@pytest.mark.parametrize("y", [2.0, 7.0])
def test_one_row(y, solver):
    fit = nmo.GLM(solver_name=solver).fit(features()[:1], np.array([y]))
    assert_allclose(fit.predict(features()[:1]), y)
    assert (fit.coef_ == 0).all()


@both
def test_no_features_leave_the_mean(solver):
    X = features()
    y = healthy_counts(X)
    fit = nmo.PopulationGLM(solver_name=solver).fit(X[:, :0], y)
    assert fit.coef_.shape == (0, 2)
    assert_allclose(fit.predict(X[:, :0]), np.broadcast_to(y.mean(axis=0), y.shape))


@both
def test_poisson_with_the_identity_and_an_optimum_inside(solver):
    X = np.random.default_rng(0).uniform(0, 1, (T, 2))
    y = np.random.default_rng(1).poisson(X @ [1.0, 2.0] + 0.5)
    fit = nmo.GLM(inverse_link_function="identity", solver_name=solver).fit(X, y)
    assert fit.fit_report_.converged
    assert fit.predict(X).mean() == pytest.approx(y.mean(), rel=0.01)


@both
def test_poisson_with_the_identity_and_an_optimum_at_the_edge_says_so(solver):
    X = np.repeat([[0.0], [1.0], [2.0]], 20, axis=0)
    y = np.repeat([10.0, 0.0, 0.0], 20)  # a line through 10, 0, 0 would be negative
    fit = fit_sick(
        nmo.GLM(inverse_link_function="identity", solver_name=solver), X, y, status="stalled"
    )
    assert (fit.predict(X) > 0).all()


@both
def test_a_start_outside_the_links_domain(solver):
    X = np.random.default_rng(0).uniform(0, 1, (T, 2))
    y = np.random.default_rng(1).poisson(X @ [1.0, 2.0] + 0.5)
    model = nmo.GLM(inverse_link_function="identity", solver_name=solver)
    fit_sick(model, X, y, status="stalled", init_params=([-1.0, -1.0], [0.0]))


@both
def test_a_mean_that_the_link_cannot_give(solver):
    X = features()
    fit = fit_sick(
        nmo.GLM("Gaussian", inverse_link_function="exp", solver_name=solver),
        X, X[:, 0] - 5.0, status="outside the link's range",
    )  # fmt: skip
    assert (fit.coef_ == 0).all()


@both
def test_too_few_passes_are_reported_with_the_distance_left(solver):
    X = features()
    y = healthy_counts(X)
    model = nmo.PopulationGLM(solver_name=solver, solver_kwargs={"maxiter": 2})
    fit = fit_sick(model, X, y, status="iteration limit")
    assert (fit.fit_report_.to_frame()["newton_decrement"] > 1e-8).all()
    assert "maxiter" in fit.fit_report_.problems()


def test_many_sick_neurons_give_one_warning_and_short_lists():
    X = features()
    y = np.zeros((T, 40))
    y[:, :3] = healthy_counts(X)[:, [0, 1, 0]]
    with pytest.warns(nmo.exceptions.NothingToFitWarning) as caught:
        model = nmo.PopulationGLM().fit(X, y)
    assert len(caught) == 1
    assert "37 neuron(s) silent (3, 4, 5," in str(caught[0].message)
    assert len(str(caught[0].message)) < 400
    assert "37 silent, 3 converged" in str(model.fit_report_)
    assert caught[0].filename == __file__


def test_all_units_silent():
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="silent"):
        model = nmo.PopulationGLM().fit(features(), np.zeros((T, 2)))
    assert model.fit_report_.n_passes <= 2
    assert not model.fit_report_.converged


@both
@pytest.mark.parametrize("far", [5.0, 50.0, 1e4, 1e300])
def test_a_start_far_from_the_optimum(far, solver):
    X = features()
    y = counts(X)
    expected = nmo.GLM().fit(X, y)
    model = nmo.GLM(solver_name=solver)
    start = np.full(3, far), np.array([far])
    with warnings.catch_warnings():  # it may fail to get back, but it must say so and nothing else
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y, init_params=start)
    if model.fit_report_.converged:
        assert_allclose(model.coef_, expected.coef_, rtol=1e-6, atol=1e-7)
    else:
        assert far > 5


def test_silent_units_do_not_stop_whoever_takes_runtime_warnings_for_errors():
    X = features()
    y = np.column_stack([healthy_counts(X)[:, 0], np.zeros(T)])
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", NothingToFitWarning)
        warnings.simplefilter("error", UserWarning)  # there is nothing else
        warnings.simplefilter("ignore", NothingToFitWarning)
        model = nmo.PopulationGLM().fit(X, y)
    assert model.fit_report_.status == ("converged", "silent")
    assert "silent" in model.fit_report_.problems()


def test_a_silent_unit_and_a_separated_one_are_two_warnings():
    X = np.column_stack([features(), np.arange(T) % 5 == 0])
    y = np.column_stack([np.zeros(T), np.where(X[:, -1], 0, 1 + np.arange(T) % 3)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nmo.PopulationGLM().fit(X, y)
    kinds = {w.category: str(w.message) for w in caught}
    assert set(kinds) == {NothingToFitWarning, ConvergenceWarning}
    assert "separated" not in kinds[NothingToFitWarning]
    assert "silent" not in kinds[ConvergenceWarning]
