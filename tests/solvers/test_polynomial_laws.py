"""What changes nothing in a polynomial approximation, what it costs, and where the rows may be."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.solvers.polynomial_problems import SOLVER, counts, fitted

import spikeglm as nmo
from spikeglm.settings import config_context

LINKS = ("exp", "softplus")
of_links = pytest.mark.parametrize("link", LINKS)


@of_links
def test_units_order_and_neighbours_change_nothing(link):
    X, y = counts()
    plain = fitted(X, y, link=link)
    units, order = np.array([1e-3, 1.0, 1e3]), np.array([2, 0, 1])
    moved = fitted((X * units + 5 * units)[:, order], y[:, ::-1], link=link)
    assert_allclose(moved.coef_[:, ::-1] * units[order, None], plain.coef_[order], rtol=1e-6)
    alone = nmo.GLM("Poisson", link, solver_name=SOLVER).fit(X, y[:, 1])
    assert_allclose(alone.coef_, plain.coef_[:, 1], rtol=1e-7)
    shuffled = np.random.default_rng(0).permutation(len(X))
    assert_allclose(fitted(X[shuffled], y[shuffled], link=link).coef_, plain.coef_, rtol=1e-7)


@of_links
@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_a_weight_is_how_often_a_row_counts(link, own):
    X, y = counts(n_rows=600)
    weight = np.random.default_rng(2).integers(0, 3, (600, 2) if own else 600)
    model = fitted(X, y, link=link, sample_weight=weight)
    for n in range(2):
        times = weight[:, n] if own else weight
        repeated = fitted(np.repeat(X, times, 0), np.repeat(y[:, n : n + 1], times, 0), link=link)
        assert_allclose(model.coef_[:, n], repeated.coef_[:, 0], rtol=1e-6)
        assert_allclose(model.intercept_[n], repeated.intercept_[0], rtol=1e-6)


@of_links
def test_missing_responses_are_left_out_for_their_neuron_alone(link):
    X, y = counts(n_rows=600)
    gaps = y.copy()
    gaps[::7, 0] = np.nan
    present = np.arange(600) % 7 != 0
    model = fitted(X, gaps, link=link)
    alone = fitted(X[present], y[present, :1], link=link)
    assert_allclose(model.coef_[:, 0], alone.coef_[:, 0], rtol=1e-6)
    assert_allclose(model.coef_[:, 1], fitted(X, y, link=link).coef_[:, 1], rtol=1e-6)


@of_links
@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_an_offset_that_features_can_express_moves_the_coefficients(link, own):
    X, y = counts()
    shift = np.array([[0.1, 0.3], [-0.2, 0.1], [0.0, 0.2]])
    shift = shift if own else shift[:, [0, 0]]
    offset = X @ shift + 0.5
    model = fitted(X, y, link=link, offset=offset if own else offset[:, 0])
    plain = fitted(X, y, link=link)
    assert_allclose(model.coef_ + shift, plain.coef_, rtol=1e-5)
    assert_allclose(model.intercept_ + 0.5, plain.intercept_, rtol=1e-5)


@of_links
def test_a_masked_feature_is_as_if_it_were_not_there(link):
    X, y = counts()
    mask = np.array([[1, 1], [0, 1], [1, 1]])
    model = fitted(X, y, link=link, mask=mask)
    assert model.coef_[1, 0] == 0
    assert_allclose(
        model.coef_[[0, 2], 0], fitted(X[:, [0, 2]], y, link=link).coef_[:, 0], rtol=1e-6
    )
    assert_allclose(model.coef_[:, 1], fitted(X, y, link=link).coef_[:, 1], rtol=1e-6)


@of_links
def test_strengths_per_neuron_and_feature(link):
    X, y = counts()
    strength = np.array([[0.0, 0.1], [0.2, 3.0], [0.5, 0.01]])
    model = fitted(X, y, link=link, ridge=strength)
    for n in range(2):
        alone = fitted(X, y[:, [n]], link=link, ridge=strength[:, [n]])
        assert_allclose(model.coef_[:, n], alone.coef_[:, 0], rtol=1e-6)


def test_features_that_are_copies_share_their_weight():
    X, y = counts()
    model = fitted(np.column_stack([X, X[:, 0]]), y)
    plain = fitted(X, y)
    assert_allclose(model.coef_[0], model.coef_[3], rtol=1e-6)
    assert_allclose(model.coef_[0] + model.coef_[3], plain.coef_[0], rtol=1e-6)


# --- what it costs, and where ---

# Survey of responses, of features; what rows of its own tell a column; statistics; certificate.
PASSES = {
    "canonical": (4, {}),
    "curved": (4, {"link": "softplus"}),
    "weights": (4, {"sample_weight": np.arange(3000) % 3}),
    "own weights": (6, {"sample_weight": np.arange(6000).reshape(3000, 2) % 3}),
    "offset": (5, {"offset": np.sin(np.arange(3000))}),
    "interval": (4, {"interval": (-1, 0)}),
}


@pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning")
@pytest.mark.parametrize("name", PASSES)
def test_passes_over_the_rows(name):
    expected, arguments = PASSES[name]
    X, y = counts(0.5)
    assert fitted(X, y, **arguments).fit_report_.n_passes == expected


@of_links
@pytest.mark.parametrize("kind", ["float32", "memmap", "jax", "threads"])
def test_wherever_the_rows_are(kind, link, tmp_path):
    X, y = counts()
    plain = fitted(X, y, link=link)
    runner, tolerance = None, 1e-7
    if kind == "float32":
        X, tolerance = X.astype(np.float32), 1e-4
    elif kind == "memmap":
        stored = np.memmap(tmp_path / "X.dat", np.float64, "w+", shape=X.shape)
        stored[:] = X
        X = stored
    else:
        runner = kind
    with config_context(runner=runner, n_threads=2):
        model = fitted(X, y, link=link)
    assert_allclose(model.coef_, plain.coef_, rtol=tolerance)


def test_a_design_is_never_written_out():
    _, y = counts()
    design = nmo.basis.RaisedCosineLogConv(3, window_size=12).design(y[:, 0])
    model = nmo.PopulationGLM(solver_name=SOLVER).fit(design, y)
    table = np.asarray(nmo.basis.RaisedCosineLogConv(3, window_size=12).compute_features(y[:, 0]))
    assert_allclose(model.coef_, fitted(table, y).coef_, rtol=1e-7)
