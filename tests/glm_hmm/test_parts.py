"""Fits of many trials begin on part of them and mix their last steps; they end where others do."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.glm_hmm.models import KINDS, drawn

import spikeglm as nmo
from spikeglm.glm_hmm import climbing, mixing, screening
from spikeglm.glm_hmm.parameters import Parameters
from spikeglm.glm_hmm.reading import read_data


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of 300 trials, so that few trials are many."""
    monkeypatch.setattr(screening, "_LEAST_TRIALS", 300)
    monkeypatch.setattr(screening, "_PER_PARAMETER", 1)
    monkeypatch.setattr(screening, "_STRETCH", 30)


def all_at_once(monkeypatch):
    """Fits as they are of few trials."""
    monkeypatch.setattr(screening, "_MOST_SHARE", 0.0)


def looks(monkeypatch):
    """How many trials each look at states takes, as fits go on."""
    seen = []

    def counted(log_emission, chain, smoothed=climbing.smoothed):
        seen.append(len(log_emission))
        return smoothed(log_emission, chain)

    monkeypatch.setattr(climbing, "smoothed", counted)
    return seen


def free(kind="Bernoulli", n_states=2, **arguments):
    none = {"regularizer": None, "regularizer_strength": None}
    return nmo.GLMHMM(n_states, *KINDS[kind][:2], **none, **arguments)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_sessions", [1, 9])
def test_a_fit_by_parts_ends_in_the_same_optimum(kind, n_sessions, small_parts, monkeypatch):
    """With gaps, in ragged sessions or one, and from a given start."""
    T = 3000
    truth, X, y, _, starts = drawn(kind, T, n_sessions)
    first = free(kind, seed=3).initialize_params(X, y)
    first = (truth.coef_ + 0.2, truth.intercept_ - 0.1, *first[2:])
    model = free(kind, tol=1e-10).fit(X, y, first, starts)
    history = model.fit_report_.history
    assert model.fit_report_.is_well
    assert np.diff(history).min(initial=0.0) >= -1e-9 * abs(history[-1])
    all_at_once(monkeypatch)
    plain = free(kind, tol=1e-10).fit(X, y, first, starts)
    assert_allclose(model.log_likelihood_, plain.log_likelihood_, rtol=1e-8)
    assert_allclose(model.coef_, plain.coef_, atol=2e-3)
    assert_allclose(model.score(X, y, starts), history[-1], rtol=1e-10)


def test_few_looks_at_all_trials_are_needed(monkeypatch):
    _, X, y, _, starts = drawn("Bernoulli", 40_000, 80)
    first = free(seed=2).initialize_params(X, y)
    seen = looks(monkeypatch)
    model = free().fit(X, y, first, starts)
    n_of_all = sum(n > 30_000 for n in seen)
    assert len(model.fit_report_.history) == n_of_all
    assert model.fit_report_.n_iterations[0] > n_of_all  # the others were on the part
    again = free().fit(X, y, first, starts)
    assert (again.coef_ == model.coef_).all()
    all_at_once(monkeypatch)
    seen.clear()
    plain = free().fit(X, y, first, starts)
    assert n_of_all <= 0.7 * len(seen)
    assert abs(model.log_likelihood_ - plain.log_likelihood_) < 1e-8 * abs(plain.log_likelihood_)


def test_many_starts_end_as_one_does(small_parts):
    _, X, y, _, starts = drawn("Bernoulli", 3000, 9)
    one = free(n_restarts=1, tol=1e-10).fit(X, y, session_starts=starts)
    many = free(n_restarts=6, tol=1e-10).fit(X, y, session_starts=starts)
    assert many.fit_report_.is_well and many.fit_report_.n_screened < 3000
    assert_allclose(many.log_likelihood_, one.log_likelihood_, rtol=1e-8)


def test_few_trials_are_looked_at_all_at_once(monkeypatch):
    _, X, y, _, starts = drawn("Bernoulli", 20_000, 40)
    seen = looks(monkeypatch)
    free(n_restarts=1).fit(X, y, session_starts=starts)
    assert min(seen) > 19_900


@pytest.mark.parametrize("penalty", ["Ridge", "Lasso"])
def test_from_an_optimum_no_fit_ends_lower(penalty, small_parts):
    """What a part would make of it is looked at, and left where it is worse."""
    _, X, y, _, starts = drawn("Bernoulli", 3000, 9)
    arguments = {"regularizer": penalty, "regularizer_strength": 3.0, "tol": 1e-10}
    model = nmo.GLMHMM(2, **arguments).fit(X, y, session_starts=starts)
    at = (
        model.coef_, model.intercept_, model.scale_, model.initial_prob_, model.transition_prob_,
    )  # fmt: skip
    again = nmo.GLMHMM(2, **arguments).fit(X, y, at, starts)
    assert again.fit_report_.is_well
    assert_allclose(again.fit_report_.history[0], model.fit_report_.history[-1], rtol=1e-12)
    assert np.diff(again.fit_report_.history).min(initial=0.0) >= -1e-9
    assert_allclose(again.coef_, model.coef_, atol=1e-4)


@pytest.mark.parametrize("maxiter", [1, 2, 3, 7])
def test_turns_on_the_part_count(maxiter, small_parts):
    _, X, y, _, starts = drawn("Bernoulli", 3000, 9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = free(n_states=3, n_restarts=1, maxiter=maxiter).fit(X, y, session_starts=starts)
    report = model.fit_report_
    assert report.n_iterations[0] <= maxiter and report.status == "iteration limit"
    assert_allclose(model.score(X, y, starts), report.history[-1], rtol=1e-10)


def test_steps_that_are_mixed_solve_what_is_linear():
    """In as many turns as there are directions, and one."""
    rng = np.random.default_rng(0)
    d = 4
    shrinks, goal = np.diag([0.9, 0.7, 0.3, 0.0]), rng.normal(size=d)
    turns, x = [], np.zeros(d)
    for _ in range(d + 1):
        step = shrinks @ (x - goal) + goal - x
        mixed = mixing._mixed([*turns, mixing._Turn(x, step, step)])
        turns.append(mixing._Turn(x, step, mixed))
        x = x + mixed
    assert_allclose(x, goal, atol=1e-6)


@pytest.mark.parametrize("kind", ["Bernoulli", "Gaussian"])
def test_vectors_are_parameters_and_none_is_mixed_to_zero(kind):
    _, X, y, _, starts = drawn(kind)
    emissions = read_data(free(kind), X + 50.0, y, starts).problem.emissions
    mixer, rng = mixing.Mixer.of(emissions), np.random.default_rng(1)
    at = Parameters(
        rng.normal(size=(2, 3, 2, 1)),
        rng.normal(size=(3, 2, 1)),
        rng.uniform(0.5, 2.0, (3, 2, 1)) if emissions.has_scale else np.ones((3, 2, 1)),
        rng.dirichlet(np.ones(2), 3),
        rng.dirichlet(np.ones(2), (3, 2)),
    )
    back = mixer._parameters(mixer._flat(at), at)
    for name in ("coef", "intercept", "scale", "initial", "transition"):
        assert_allclose(getattr(back, name), getattr(at, name), rtol=1e-10, atol=1e-10)
    far = mixer._parameters(mixer._flat(at) - 5.0, at)
    assert (far.transition > 0).all() and (far.initial > 0).all()
    assert_allclose(far.transition.sum(axis=-1), 1.0)
