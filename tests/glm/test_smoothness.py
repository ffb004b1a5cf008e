"""Smooth terms in fits: every model, solver and runner, against dense algebra and R's mgcv."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

import spikeglm as nmo
from spikeglm.inference.curve_bands import error_of
from spikeglm.inference.information.optimum import Uncertainty
from spikeglm.regularizer import Quadratic, Smoothness
from spikeglm.rows.terms import Term

MGCV = json.loads((Path(__file__).parents[1] / "reference_data/mgcv_fixed.json").read_text())
SOLVERS = (None, "LBFGS", "Newton", "BFGS", "NonlinearCG", "SVRG", "ProxSVRG")
ONE_CYCLE = (2 * np.pi) ** 4
B = nmo.basis
RNG = np.random.default_rng(0)
T = 600
SPEED, ANGLE, PLACE = RNG.uniform(0, 40, T), RNG.uniform(0, 360, T), RNG.uniform(0, 1, (2, T))
RATE = np.exp(0.02 * SPEED + np.cos(np.radians(ANGLE)) - PLACE[0] * PLACE[1] - 1)
COUNTS = RNG.poisson(RATE[:, None] * [1.0, 2.0])
LABELS = np.array(["a", "b", "c"])[np.minimum(COUNTS[:, 0], 2)]
BASIS = (
    B.BSplineEval(7, label="speed")
    + B.CyclicBSplineEval(6, bounds=(0, 360), label="direction")
    + B.MultiplicativeBasis(B.BSplineEval(4, label="x"), B.BSplineEval(5, label="y"), label="place")
    + B.HistoryConv(6, label="past")
)
X = BASIS.design(SPEED, ANGLE, *PLACE, COUNTS[:, 0])
TERMS_OF = {term.label: term.penalties()[0] for term in X.terms}
STRENGTHS = {"speed": 1e-2, "direction": 1e-3, "place": (1e-2, 1e-3), "past": [1e-2, 1e-1]}
OF_ONE = STRENGTHS | {"past": 1e-2}


def population(**arguments):
    return nmo.PopulationGLM(
        **({"regularizer": "Smoothness", "regularizer_strength": STRENGTHS} | arguments)
    )


def matrix(strengths, neuron=0):
    """Lambda (p, p), written out from what terms say of themselves."""
    out = np.zeros((X.n_features, X.n_features))
    for term in X.terms:
        given = strengths[term.label]
        given = given if isinstance(given, tuple) else (given,) * len(term.penalties())
        for S, strength in zip(term.penalties_of_columns(), given, strict=True):
            strength = np.broadcast_to(strength, 2)[neuron]
            out[term.columns, term.columns] += strength * S / ONE_CYCLE
    return out


def slope(model, y, strengths, neuron=0, features=X):
    """Derivative (p + 1,) of the penalised mean loss of a Poisson model."""
    dense = np.asarray(features)
    rows = np.isfinite(dense).all(axis=1)
    Z = np.column_stack([dense[rows], np.ones(rows.sum())])
    coef, intercept = np.reshape(model.coef_, (len(Z[0]) - 1, -1)), np.ravel(model.intercept_)
    w = np.append(coef[:, neuron], intercept[neuron])
    mean_slope = Z.T @ (np.exp(Z @ w) - y[rows]) / len(Z)
    mean_slope[:-1] += matrix(strengths, neuron) @ coef[:, neuron]
    return mean_slope


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_finds_the_optimum(solver):
    model = population(solver_name=solver, solver_kwargs={"maxiter": 3000}).fit(X, COUNTS)
    assert model.fit_report_.converged
    for n in range(2):
        assert np.abs(slope(model, COUNTS[:, n], STRENGTHS, n)).max() < 2e-6


def test_one_neuron_is_fitted_as_in_a_population():
    one = nmo.GLM(regularizer="Smoothness", regularizer_strength=OF_ONE).fit(X, COUNTS[:, 0])
    assert_allclose(one.predict(X), population().fit(X, COUNTS).predict(X)[:, 0], rtol=1e-6)
    assert np.abs(slope(one, COUNTS[:, 0], OF_ONE)).max() < 1e-7


def test_curves_have_bands_though_single_coefficients_have_none():
    model = population().fit(X, COUNTS)
    curve = model.curve("direction", X, COUNTS)
    assert (curve.low < curve.value).all() and (curve.value < curve.high).all()
    peak = np.exp(curve.value).argmax(axis=0)
    assert (np.cos(np.radians(curve.at[0][peak])) > 0.9).all()
    place = model.curve("place", X, COUNTS, n_points=10)
    assert place.value.shape == (10, 10, 2) and np.isfinite(place.low).all()


def test_classes_share_the_penalty():
    model = nmo.ClassifierGLM(3, regularizer="Smoothness", regularizer_strength=OF_ONE)
    model.fit(X, LABELS)
    assert model.fit_report_.converged
    dense = np.asarray(X)
    rows = np.isfinite(dense).all(axis=1)
    given = LABELS[rows, None] == model.classes_
    gap = np.exp(model.predict_log_proba(X)[rows]) - given
    slopes = dense[rows].T @ gap / rows.sum() + matrix(OF_ONE) @ model.coef_
    assert np.abs(slopes).max() < 1e-7
    both = nmo.ClassifierPopulationGLM(3, regularizer="Smoothness", regularizer_strength=STRENGTHS)
    both.fit(X, np.column_stack([LABELS, LABELS[::-1]]))
    assert both.fit_report_.converged
    assert_allclose(both.predict_proba(X)[6:, 0], model.predict_proba(X)[6:], atol=1e-6)


def test_weights_masks_and_gaussian_responses():
    """In a mean of squares the minimum is a linear system."""
    rng = np.random.default_rng(1)
    weights, z = rng.uniform(0.5, 2, T), np.log(RATE) + rng.normal(size=T)
    mask = {"past": False}
    model = nmo.GLM(
        "Gaussian", regularizer="Smoothness", regularizer_strength=OF_ONE, feature_mask=mask
    ).fit(X, z, sample_weight=weights)
    dense = np.asarray(X)
    used = np.arange(X.n_features) < X.terms[-1].start
    rows = np.isfinite(dense).all(axis=1)
    Z = np.column_stack([dense[np.ix_(rows, used)], np.ones(rows.sum())])
    a = weights[rows] / weights[rows].sum()
    H = 2 * Z.T @ (a[:, None] * Z)
    H[:-1, :-1] += matrix(OF_ONE)[np.ix_(used, used)]
    w = np.linalg.lstsq(H, 2 * Z.T @ (a * z[rows]), rcond=1e-12)[0]
    assert_allclose(model.predict(X)[rows], Z @ w, rtol=1e-6, atol=1e-7)


def test_tables_of_numbers_and_trees_know_their_terms():
    expected = population().fit(X, COUNTS)
    rows = slice(6, None)
    plain = population().fit(np.asarray(X)[rows], COUNTS[rows], terms=BASIS)
    assert_allclose(plain.coef_, expected.coef_, rtol=1e-5, atol=1e-6)
    assert_allclose(
        plain.covariance(np.asarray(X)[rows], COUNTS[rows]),
        expected.covariance(X, COUNTS), rtol=1e-4, atol=1e-7, equal_nan=True,
    )  # fmt: skip
    tree = {"run": X, "light": RNG.normal(size=(T, 1))}
    strengths = {f"run.{label}": value for label, value in STRENGTHS.items()}
    model = population(regularizer_strength=strengths).fit(tree, COUNTS)
    assert model.fit_report_.converged and model.coef_["light"].all()


def test_held_out_predictions_and_paths_are_those_of_matrices():
    entries, strengths = {}, {}
    for term in X.terms:
        given = STRENGTHS[term.label]
        for j, S in enumerate(term.penalties_of_columns()):
            entries[f"{term.label}{j}"] = (term.columns, S / ONE_CYCLE)
            strengths[f"{term.label}{j}"] = given[j] if isinstance(given, tuple) else given
    same = population(regularizer=Quadratic(entries), regularizer_strength=strengths)
    found, expected = (
        nmo.selection.cross_validated(model, X, COUNTS, 3).prediction
        for model in (population(), same)
    )
    assert_allclose(found, expected, rtol=1e-6)
    paths = [
        nmo.selection.regularization_path(clone(model), X, COUNTS, strengths=[0.1, 10.0])
        for model in (
            population(regularizer_strength=None),
            same.set_params(regularizer_strength=None),
        )
    ]
    assert_allclose(paths[0].coef, paths[1].coef, rtol=1e-4, atol=1e-5)


def test_saved_models_know_their_smoothness(tmp_path):
    regularizer = Smoothness(null_space=["speed"], by_channel=True)
    model = population(regularizer=regularizer, regularizer_strength=1e-3).fit(X, COUNTS)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert loaded.regularizer == regularizer
    assert_allclose(loaded.covariance(X, COUNTS), model.covariance(X, COUNTS))
    assert_allclose(loaded.fit(X, COUNTS).coef_, model.coef_, rtol=1e-6, atol=1e-8)
    named = Quadratic({"speed": (slice(0, 7), TERMS_OF["speed"])})
    model = nmo.GLM(regularizer=named, regularizer_strength={"speed": 0.1}).fit(X, COUNTS[:, 0])
    model.save_params(tmp_path / "named.npz")
    again = nmo.load_model(tmp_path / "named.npz")
    assert again.regularizer.labels == ("speed",) and again.regularizer_strength == {"speed": 0.1}
    assert_allclose(again.fit(X, COUNTS[:, 0]).coef_, model.coef_)


def test_choices_are_parameters_of_a_search():
    model = population(regularizer=Smoothness(null_space=["speed"]))
    assert clone(model).set_params(regularizer__null_space=True).regularizer.null_space is True


def test_a_polynomial_approximation_of_squares_is_exact():
    arguments = {"observation_model": "Gaussian", "solver_kwargs": {}}
    z = np.log(RATE)[:, None] + RNG.normal(size=(T, 2))
    exact = population(**arguments).fit(X, z)
    near = population(**arguments, solver_name="PolynomialApproximation").fit(X, z)
    assert_allclose(near.predict(X), exact.predict(X), rtol=1e-6, atol=1e-7)
    rough = population(**arguments, regularizer_strength=0.0).fit(X, z)
    assert np.abs(rough.predict(X)[6:] - exact.predict(X)[6:]).max() > 0.1


def test_sums_on_a_cluster_are_those_of_threads():
    da = pytest.importorskip("dask.array")
    dense = np.asarray(X)[6:]
    lazy = da.from_array(dense, chunks=(200, -1))
    kwargs = {"solver_name": "LBFGS", "solver_kwargs": {"tol": 1e-10}}
    here = population(**kwargs).fit(dense, COUNTS[6:], terms=BASIS)
    there = population(**kwargs).fit(lazy, COUNTS[6:], terms=BASIS)
    assert_allclose(there.predict(dense), here.predict(dense), rtol=1e-7)
    assert "dask" in str(there.fit_report_) and "dask" not in str(here.fit_report_)


@dataclass(frozen=True, eq=False)
class Given:
    """Functions of which only a penalty is known."""

    S: np.ndarray
    kind = "value"
    units = ("",)

    @property
    def n_functions(self):
        return len(self.S)

    def penalties(self, channel):
        return (self.S,)


def test_labelled_terms_of_mgcv_have_its_coefficients_and_covariance():
    X, y, offset = (np.array(MGCV[name], dtype=float) for name in ("X", "y", "offset"))
    terms = [
        Term(name, first - 2, last - 1, meaning=Given(np.array(S) * ONE_CYCLE))
        for name, (first, last), S in zip("xz", MGCV["first_last"], MGCV["S"], strict=True)
    ]
    strengths = dict(zip("xz", np.array(MGCV["sp"]) / len(y), strict=True))
    model = nmo.GLM(regularizer="Smoothness", regularizer_strength=strengths)
    model.fit(X, y, offset=offset, terms=terms)
    expected = np.array(MGCV["coef"])
    assert_allclose(np.append(model.intercept_, model.coef_), expected, rtol=1e-6, atol=1e-7)
    covariance = model.covariance(X, y, offset=offset)
    order = np.append(np.arange(1, len(covariance)), 0)
    assert_allclose(covariance, np.array(MGCV["Vp"])[np.ix_(order, order)], rtol=1e-6, atol=1e-9)


def test_bands_do_not_depend_on_how_constants_are_shared_out():
    """Three terms and the intercept have constants in common: three directions are open."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        strengths = {label: 10.0 ** rng.uniform(-4, 0) for label in STRENGTHS}
        model = population(regularizer_strength=strengths).fit(X, COUNTS)
        for label in ("speed", "direction", "past"):
            assert np.isfinite(model.curve(label, X, COUNTS).low).all()


def test_an_open_direction_with_nothing_but_rounding_of_a_curve_opens_no_band():
    sure = Uncertainty(np.eye(3), np.zeros(3, bool), np.array([[1, 1e-17], [1, -1e-17], [0, 1]]))
    assert_allclose(error_of(np.array([[1.0, -1.0, 0.0], [1.0, 0.0, 0.0]]), sure), [2**0.5, np.nan])
