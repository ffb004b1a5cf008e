"""How often choices are right in each state, and priors that have names."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo


@pytest.fixture(scope="module")
def choices():
    """An animal that listens in one state and is biased in the other; no fit, the truth."""
    truth = nmo.GLMHMM(2)
    truth.coef_, truth.intercept_ = np.array([[6.0, 0.0]]), np.array([0.0, 2.0])
    truth.scale_, truth.initial_prob_ = np.ones(2), np.full(2, 0.5)
    truth.transition_prob_ = np.array([[0.98, 0.02], [0.02, 0.98]])
    x = np.random.default_rng(0).choice([-1.0, -0.5, 0.0, 0.5, 1.0], 3000)
    starts = np.arange(0, 3000, 300)
    y, _, states = truth.simulate(1, x[:, None], session_starts=starts)
    y = y.astype(float)
    y[40] = np.nan
    correct = np.where(x == 0, np.nan, (x > 0) == (y > 0))
    correct[40] = np.nan
    return truth, x[:, None], y, starts, states, correct


def test_accuracies_of_states_are_those_that_the_truth_has(choices):
    truth, X, y, starts, states, correct = choices
    found = nmo.glm_hmm.state_accuracy(truth, X, y, starts, correct=correct)
    known = np.isfinite(correct)
    expected = [correct[known & (states == k)].mean() for k in (0, 1)]
    assert_allclose(found.correct[:2], expected, atol=0.03)
    assert_allclose(found.correct[2], correct[known].mean())
    assert found.n_trials[2] == 2999 and found.n_judged[2] == known.sum()
    assert_allclose(found.n_trials[:2].sum(), 2999)


def test_what_a_model_expects_is_what_it_predicts(choices):
    truth, X, y, starts, _, _ = choices
    found = nmo.glm_hmm.state_accuracy(truth, X, y, starts)
    there, probability = np.isfinite(y), truth.predict(X, y, starts)
    assert_allclose(found.predicted[2], ((probability > 0.5) == (y > 0))[there].mean())
    states = truth.smooth_proba(X, y, starts)
    as_expected = ((probability > 0.5) == (y > 0))[there]
    assert_allclose(found.predicted[0], np.average(as_expected, weights=states[there, 0]))
    assert np.isnan(found.correct).all()
    table = found.to_frame()
    assert_allclose(table["predicted_error"].iloc[2] ** 2 * 2999,
                    found.predicted[2] * (1 - found.predicted[2]))  # fmt: skip


def test_only_trials_that_are_sure_may_count(choices):
    truth, X, y, starts, _, correct = choices
    found = nmo.glm_hmm.state_accuracy(truth, X, y, starts, correct=correct, at_least=0.9)
    states = truth.smooth_proba(X, y, starts)
    sure = (states[:, 0] >= 0.9) & np.isfinite(y)
    assert found.n_trials[0] == sure.sum() < found.n_trials[2] < 2999
    assert_allclose(found.correct[0], np.nanmean(correct[sure]))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"correct": [1.0]}, "correct cannot be used"), ({"at_least": 1.5}, "at_least")],
)
def test_arguments_that_cannot_be_used_are_told(choices, options, message):
    truth, X, y, starts, _, _ = choices
    with pytest.raises(ValueError, match=message):
        nmo.glm_hmm.state_accuracy(truth, X, y, starts, **options)
    counts = nmo.GLMHMM(2, "Poisson")
    vars(counts).update({name: value for name, value in vars(truth).items() if name[-1] == "_"})
    with pytest.raises(ValueError, match="Only choices"):
        nmo.glm_hmm.state_accuracy(counts, X, y, starts)


def test_a_sticky_prior_is_that_of_its_numbers(choices, tmp_path):
    truth, X, y, starts, _, _ = choices
    start = truth.coef_, truth.intercept_, truth.scale_, truth.initial_prob_, truth.transition_prob_
    few = slice(0, 600)
    given = [1 + 500 * np.eye(2), ("sticky", 500)]
    models = [nmo.GLMHMM(2, dirichlet_transition_proba=prior) for prior in given]
    stays = [model.fit(X[few], y[few], start, starts[:2]).transition_prob_ for model in models]
    assert_allclose(stays[0], stays[1])
    usual = nmo.GLMHMM(2, dirichlet_transition_proba="sticky").fit(
        X[few], y[few], start, starts[:2]
    )
    assert usual.transition_prob_[0, 0] < stays[0][0, 0]
    models[1].save_params(tmp_path / "sticky.npz")
    assert nmo.load_model(tmp_path / "sticky.npz").dirichlet_transition_proba == ("sticky", 500)
    for wrong, message in (("stick", "sticky"), (("sticky", -1), "This sticky prior")):
        with pytest.raises(ValueError, match=message):
            nmo.GLMHMM(2, dirichlet_transition_proba=wrong).fit(X[few], y[few])
