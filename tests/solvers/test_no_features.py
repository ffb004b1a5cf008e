"""Tables without features, or with none that varies or counts: every solver fits the intercept."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

PENALTIES = {
    "UnRegularized": None,
    "Ridge": 0.1,
    "Lasso": 0.1,
    "ElasticNet": (0.1, 0.5),
    "GroupLasso": 0.1,
}
SOLVERS = [
    (penalty, solver)
    for penalty in PENALTIES
    for solver in (None, *getattr(nmo.regularizer, penalty).allowed_solvers)
]
TABLES = {"none": np.ones((300, 0)), "constant": np.ones((300, 2))}
of_tables = pytest.mark.parametrize("table", TABLES)
no_mask = pytest.mark.filterwarnings("ignore:GroupLasso has no mask:UserWarning")
of_no_use = pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")


def model_of(penalty, solver, model=nmo.PopulationGLM, **more):
    strength = PENALTIES[penalty]
    return model(regularizer=penalty, regularizer_strength=strength, solver_name=solver, **more)


@no_mask
@of_no_use
@of_tables
@pytest.mark.parametrize(("penalty", "solver"), SOLVERS)
def test_fits_are_those_of_the_intercept(penalty, solver, table):
    rng = np.random.default_rng(0)
    offset = rng.normal(size=300)
    y = rng.poisson(np.exp(offset[:, None] + [0.3, -1.0]))
    if solver == "PolynomialApproximation":
        offset = np.zeros(300)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        model = model_of(penalty, solver).fit(TABLES[table], y, offset=offset)
    if solver != "PolynomialApproximation":
        assert model.fit_report_.converged
        expected = np.log(y.sum(axis=0) / np.exp(offset).sum())
        assert_allclose(model.intercept_, expected, atol=1e-6)
    assert model.coef_.shape == (TABLES[table].shape[1], 2)
    assert not model.coef_.any()
    assert_allclose(model.predict(TABLES[table])[0], np.exp(model.intercept_))


@no_mask
@of_tables
@pytest.mark.parametrize(("penalty", "solver"), SOLVERS)
def test_updates_lead_to_it_too(penalty, solver, table):
    y = np.random.default_rng(0).poisson([2.0, 0.5], (300, 2))
    model = model_of(penalty, solver)
    X = TABLES[table]
    params = np.zeros((X.shape[1], 2)), np.zeros(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        state = model.initialize_optimizer_and_state(params, X, y)
        for _ in range(15):
            params, state = model.update(params, state, X, y)
    level = params[1] + params[0].sum(axis=0)  # a constant feature says what the intercept does
    assert_allclose(level, np.log(y.mean(axis=0)), atol=1e-3)


@pytest.mark.parametrize("penalty", ["Ridge", "Lasso", "ElasticNet", "GroupLasso"])
@no_mask
def test_classes_without_features(penalty):
    y = np.random.default_rng(0).integers(0, 3, 200)
    model = model_of(penalty, None, nmo.ClassifierGLM, n_classes=3).fit(np.ones((200, 0)), y)
    assert model.fit_report_.converged
    log_p = np.log(np.bincount(y) / 200)
    assert_allclose(model.intercept_, log_p - log_p.mean(), atol=1e-7)
