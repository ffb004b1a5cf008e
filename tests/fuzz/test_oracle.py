"""Who judges the judge: the oracle finds known optima, and wrong answers are caught."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import CANONICAL, LINKS, MODELS, NB_SCALE, simulated
from tests.fuzz import checks, losses, oracle, problems, responses, tables
from tests.reference import numpy_fista, numpy_glm, numpy_softmax

import spikeglm as nmo

PAIRS = sorted({*losses.CONVEX, ("Gaussian", "exp"), ("NegativeBinomial", "softplus")})
NOTHING = np.zeros((3, 1))


def problem_of(loss, X, penalty, K=1):
    T, p = X.shape
    free = np.ones((p, K), dtype=bool)
    return oracle.Problem(loss, X, np.ones(T), np.zeros((T, K)), penalty, free)


def minimum(problem, eta):
    V, value = oracle.minimum(problem, oracle.start_of(problem, np.atleast_1d(eta)))
    intercept = V[-1] - problem.centre @ V[:-1]
    return V[:-1], intercept, value


@pytest.mark.parametrize("ridge", [0.0, 0.05])
@pytest.mark.parametrize(("model", "link"), PAIRS)
def test_the_plainest_method_finds_the_same(model, link, ridge):
    X, y = simulated(model, link, 200, 1)
    known = numpy_glm.fit(X, y[:, 0], model, link, ridge=ridge, nb_scale=NB_SCALE)
    loss = losses.of_response(model, link, y[:, 0], NB_SCALE)
    problem = problem_of(loss, X, oracle.Penalty(NOTHING, NOTHING + ridge))
    W, b, _ = minimum(problem, numpy_glm.LINKS[link][2](y.mean()))
    assert_allclose(W[:, 0], known.coef, rtol=1e-6, atol=1e-8)
    assert_allclose(b, known.intercept, rtol=1e-6)


@pytest.mark.parametrize(
    ("penalty", "ours"),
    [
        (numpy_fista.lasso(0.05), oracle.Penalty(NOTHING + 0.05, NOTHING)),
        (numpy_fista.elastic_net(0.1, 0.4), oracle.Penalty(NOTHING + 0.04, NOTHING + 0.06)),
        (
            numpy_fista.group_lasso(0.05, [[0, 2], [1]]),
            oracle.Penalty(
                NOTHING,
                NOTHING,
                (
                    (np.array([[True], [False], [True]]), 0.05 * np.sqrt(2)),
                    (np.array([[False], [True], [False]]), 0.05),
                ),
            ),
        ),
    ],
    ids=["lasso", "elastic net", "group lasso"],
)
def test_sparse_optima(penalty, ours):
    X, y = simulated("Poisson", "exp", 200, 1)
    w, b, value = numpy_fista.fit(X, y[:, 0], penalty)
    problem = problem_of(losses.of_response("Poisson", "exp", y[:, 0]), X, ours)
    W, intercept, lowest = minimum(problem, 0.0)
    assert_allclose(W[:, 0], w, atol=1e-7)
    assert_allclose(intercept, b, atol=1e-7)
    assert_allclose(float(lowest), value, rtol=1e-12)


def test_labels():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    codes = rng.integers(0, 3, 100)
    ridge = np.full((2, 3), 0.02)
    known = numpy_softmax.fit(X, codes, 3, ridge=0.02)
    problem = problem_of(losses.of_labels(codes, 3), X, oracle.Penalty(0 * ridge, ridge), K=3)
    W, _, value = minimum(problem, np.zeros(3))
    assert_allclose(W, known.coef, atol=1e-5)
    assert value <= known.objective + 1e-14


@pytest.mark.parametrize("distance", [1e-6, 1e-9])
def test_nearly_equal_features_are_told_apart(distance):
    rng = np.random.default_rng(0)
    x, n = rng.normal(size=(2, 300))
    X = np.column_stack([x, x + distance * n])
    y = n + 0.1 * rng.normal(size=300)
    problem = problem_of(
        losses.of_response("Gaussian", "identity", y), X, oracle.Penalty(NOTHING[:2], NOTHING[:2])
    )
    _, _, value = minimum(problem, y.mean())
    # exactly: y on 1, x and n, of which X are combinations
    _, residual, *_ = np.linalg.lstsq(np.column_stack([x, n, np.ones(300)]), y, rcond=None)
    assert_allclose(float(value), residual[0] / 300, rtol=1e-6)


@pytest.mark.parametrize("model", ["Poisson", "NegativeBinomial", "Bernoulli"])
def test_a_mean_that_underflows_costs_nothing_where_nothing_happened(model):
    eta = np.full((1, 1), -1e5, dtype=np.longdouble)  # as a probit, less than any long double
    with np.errstate(all="ignore"):
        value, slope, _ = losses.of_response(model, "norm.cdf", [0.0])(eta)
        assert losses.of_response(model, "norm.cdf", [1.0])(eta)[0] == np.inf
    assert value == 0
    assert slope == 0


def case_of(model, link, regularizer="UnRegularized"):
    """Return a plain case of one neuron, and its fit."""
    X, y = simulated(model, link, 400, 1)
    more = {} if regularizer == "UnRegularized" else {"regularizer_strength": 0.01}
    named = {"observation_model": MODELS[model], "inverse_link_function": link}
    strengths = {"Ridge": (0.0, 0.01), "Lasso": (0.01, 0.0)}.get(regularizer, (0.0, 0.0))
    case = problems.Case(
        seed=-1,
        model=model,
        link=link,
        arguments=named | {"regularizer": regularizer} | more,
        table=tables.Table(X, X, ("uniform",) * 3),
        response=responses.Response(y, ("drawn",)),
        penalties=(oracle.Penalty(*(NOTHING + strength for strength in strengths)),),
        weights=np.ones((400, 1)),
        offset=np.zeros((400, 1, 1)),
        X=X.copy(),
        y=y.copy(),
        more={},
    )
    return case, checks.fitted(case)


@pytest.mark.parametrize(("model", "link"), CANONICAL)
@pytest.mark.parametrize("regularizer", ["UnRegularized", "Ridge", "Lasso"])
def test_an_answer_a_hundredth_of_a_standard_error_away_is_caught(model, link, regularizer):
    case, fit = case_of(model, link, regularizer)
    coef, intercept = checks.parameters(fit, 0)
    assert checks.judged(case, 0, "converged", coef, intercept) == []
    X, y = case.table.values, case.response.values[:, 0]
    known = numpy_glm.fit(X, y, model, link, nb_scale=NB_SCALE)
    wrong = intercept + 0.01 * known.standard_errors[-1]
    assert "beaten" in checks.judged(case, 0, "converged", coef, wrong)[0]
    assert checks.judged(case, 0, "stalled", coef, wrong) == []  # who claims nothing is not judged


@pytest.mark.parametrize(
    ("harm", "finding"),
    [
        (lambda self, X, y, **more: (_ for _ in ()).throw(KeyError("lost")), "raised KeyError"),
        (lambda self, X, y, **more: np.float64(1) / np.float64(0), "raised RuntimeWarning"),
        (lambda self, X, y, **more: X.__setitem__((0, 0), 7.0), "an input changed"),
    ],
    ids=["another error", "a stray warning", "a changed input"],
)
def test_other_harm_is_caught(monkeypatch, harm, finding):
    case, _ = case_of("Poisson", "exp")
    fit = type(case.estimator()).fit

    def harmful(self, X, y, **more):
        harm(self, X, y, **more)
        return fit(self, X, y, **more)

    monkeypatch.setattr(nmo.GLM, "fit", harmful)
    monkeypatch.setattr(nmo.PopulationGLM, "fit", harmful)
    assert any(finding in found for found in checks.examine(case).findings)


def test_a_neuron_that_minds_its_neighbours_is_caught(monkeypatch):
    cases = map(problems.draw, range(500))
    case = next(c for c in cases if c.n_neurons > 1 and (c.model, c.link) == ("Poisson", "exp"))
    fit = nmo.PopulationGLM.fit

    def shy(self, X, y, **more):
        fit(self, X, y, **more)
        if np.shape(y)[1] > 1:
            self.coef_ = self.coef_ + 1.0
        return self

    monkeypatch.setattr(nmo.PopulationGLM, "fit", shy)
    assert any("neighbours" in found for found in checks.examine(case).findings)


def test_a_case_prints_itself():
    text = str(problems.draw(7))
    assert "problems.draw(7)" in text
    assert ".fit(case.X, case.y" in text


def test_all_models_and_links_are_drawn():
    cases = [problems.draw(seed) for seed in range(300)]
    assert {case.model for case in cases} == {*MODELS, "labels"}
    assert {case.link for case in cases} == {*LINKS, "log_softmax"}
