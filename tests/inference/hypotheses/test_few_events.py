"""Which test is taken by default: Wald's where it can be trusted, else the score test."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.inference import term_tests

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))
Y = RNG.poisson([0.05, 1.0, 0.05], (400, 3)).astype(float)  # 20 and 400 spikes, 4 parameters
NUMBERS = ("statistic", "df", "p_value")


def all_three(model, features, y, **more):
    return [term_tests(model, features, y, test=t, **more) for t in ("auto", "wald", "score")]


def test_few_events_are_tested_by_the_score_and_many_by_wald():
    found, wald, score = all_three(nmo.PopulationGLM().fit(X, Y), X, Y)
    few = np.tile([True, False, True], (3, 1))
    for name in NUMBERS:
        numbers = [getattr(of, name) for of in (found, wald, score)]
        assert_allclose(numbers[0], np.where(few, numbers[2], numbers[1]), rtol=1e-7)
    assert_array_equal(found.by == "score", few)
    assert found.to_frame()["test"].tolist() == ["score"] * 3 + ["wald"] * 3 + ["score"] * 3
    assert str(found).startswith("Wald tests of 3 term(s), 3 neuron(s), 6 of them score tests;")
    assert wald.to_frame()["test"].eq("wald").all()
    default = term_tests(nmo.PopulationGLM().fit(X, Y), X, Y)
    assert_array_equal(default.p_value, found.p_value)


def test_events_of_choices_are_those_that_are_rarer():
    often = (RNG.uniform(size=400) < 0.95).astype(float)
    found = term_tests(nmo.GLM("Bernoulli").fit(X, often), X, often)
    assert (found.by == "score").all()
    half = (RNG.uniform(size=400) < 0.5).astype(float)
    assert (term_tests(nmo.GLM("Bernoulli").fit(X, half), X, half).by == "wald").all()


def test_a_term_that_separates_has_a_score_test_however_many_events():
    features = X.copy()
    features[:, 2] = features[:, 2] > 1
    y = RNG.poisson(1.0, 400).astype(float)
    y[features[:, 2] > 0] = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nmo.GLM().fit(features, y)
    found, wald, score = all_three(model, features, y)
    assert found.by[:, 0].tolist() == ["wald", "wald", "score"]
    assert_allclose(found.p_value[2, 0], score.p_value[2, 0], rtol=1e-7)
    assert found.p_value[2, 0] < 1e-6 and np.isnan(wald.p_value[2, 0])
    assert_array_equal(found.p_value[:2], wald.p_value[:2])


def test_penalties_robust_covariances_and_numbers_stay_with_wald():
    for how in ({"regularizer": "Ridge"}, {"regularizer": "Firth"}):
        model = nmo.PopulationGLM(**how).fit(X, Y)
        assert (term_tests(model, X, Y).by == "wald").all()
    robust = term_tests(nmo.PopulationGLM().fit(X, Y), X, Y, cov_type="HC1")
    assert (robust.by == "wald").all()
    few = X[:20, 0] + 1.0
    assert (term_tests(nmo.GLM("Gaussian").fit(X[:20], few**2), X[:20], few**2).by == "wald").all()


def test_a_summary_tells_of_terms_by_the_same_test():
    place = np.random.default_rng(1).uniform(size=400)
    design = nmo.basis.BSplineEval(5, label="place").design(place)
    model = nmo.GLM().fit(design, Y[:, 0])
    (row,) = model.summary(design, Y[:, 0]).whole_terms[1:]
    tests = term_tests(model, design, Y[:, 0])
    assert row[4] == f"{tests.p_value[0, 0]:.3g}" and row[5] == "score test"


@pytest.mark.parametrize("test", ["auto", "score"])
def test_the_fit_without_a_term_that_separates_does_not_start_far_out(test):
    """Of 30 neurons, whose splines have no spike somewhere: estimates are far out, tests not."""
    rng = np.random.default_rng(3)
    x = rng.uniform(size=2000)
    splines = nmo.basis.BSplineEval(7, bounds=(0, 1)).compute_features(x)
    features = np.hstack([rng.normal(size=(2000, 2)), splines])
    y = rng.poisson(0.02, (2000, 30)) * (x > 0.3)[:, None].astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nmo.errors.ConvergenceWarning)
        model = nmo.PopulationGLM().fit(features, y)
    status = model.fit_report_.to_frame()["status"]
    assert (status == "separated").sum() >= 10
    found = term_tests(model, features, y, test=test, terms={"x": slice(2, None)})
    assert np.isfinite(found.p_value).all() and (found.by == "score").all()
    small, many = features[:, :2], y[:, :5]
    without = nmo.PopulationGLM().fit(small, many)
    rate = without.predict(small)
    centred = splines - splines.mean(axis=0)
    slope = centred.T @ (many - rate)
    for n in range(5):
        F = np.einsum("ti,t,tj->ij", centred, rate[:, n], centred)
        G = np.column_stack([small, np.ones(2000)])
        across = centred.T @ (rate[:, [n]] * G)
        F = F - across @ np.linalg.solve(G.T @ (rate[:, [n]] * G), across.T)
        expected = slope[:, n] @ np.linalg.pinv(F, rcond=1e-9) @ slope[:, n]
        assert_allclose(found.statistic[0, n], expected, rtol=1e-6)


def test_more_tests_than_ten_of_a_neuron_stay_walds_and_say_so():
    """Each score test is a fit more: a hundred of them would take minutes where Wald's take one."""
    features = np.random.default_rng(2).normal(size=(400, 11))
    many = nmo.PopulationGLM().fit(features, Y)
    found = term_tests(many, features, Y)
    assert (found.by == "wald").all() and found.few_events.tolist() == [True, False, True]
    assert str(found).splitlines()[-1].startswith("2 neuron(s) with fewer than 15 events")
    assert found.to_frame()["few_events"].tolist() == [True] * 11 + [False] * 11 + [True] * 11
    some = term_tests(many, features, Y, terms=["x0", "x1"])
    assert (some.by[:, [0, 2]] == "score").all() and "fewer than" not in str(some)


def test_what_else_is_walds_says_that_events_are_few():
    said = "fewer than 15 events per parameter"
    few, many = (nmo.GLM().fit(X, Y[:, n]).summary(X, Y[:, n]) for n in (0, 1))
    assert said in str(few) and said in few._repr_html_() and said not in str(many)
    assert nmo.PopulationGLM().fit(X, Y).summary(X, Y).remark.startswith("2 of 3 neurons: ")
    penalised = nmo.GLM(regularizer="Ridge").fit(X, Y[:, 0])
    assert said not in str(penalised.summary(X, Y[:, 0]))
    counts = np.random.default_rng(4).poisson([0.02, 0.5], (3000, 2))
    history = nmo.basis.HistoryConv(2, label="coupling").design(counts)
    coupled = nmo.inference.coupling(nmo.PopulationGLM().fit(history, counts), history, counts)
    assert coupled.few_events.tolist() == [True, False] and said in str(coupled)
    assert coupled.sorted_by([1, 0]).few_events.tolist() == [False, True]
