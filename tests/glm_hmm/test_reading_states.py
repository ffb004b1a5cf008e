"""How many states, how long they last, how sure they are, and figures of all that."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.glm_hmm.models import drawn, in_double, likelihood_of_paths

import spikeglm as nmo
from spikeglm import plotting


@pytest.fixture(scope="module")
def study():
    """Two states that last for fifty trials on average, ten sessions."""
    truth = nmo.GLMHMM(2, "Poisson")
    truth.coef_, truth.intercept_ = np.array([[0.3, 0.3]]), np.array([0.0, 1.5])
    truth.scale_, truth.initial_prob_ = np.ones(2), np.full(2, 0.5)
    truth.transition_prob_ = np.array([[0.98, 0.02], [0.02, 0.98]])
    X, starts = np.random.default_rng(0).normal(size=(2000, 1)), np.arange(0, 2000, 200)
    y, _, states = truth.simulate(3, X, session_starts=starts)
    y = y.astype(float)
    model = nmo.GLMHMM(2, "Poisson", n_restarts=3).fit(X, y, session_starts=starts)
    return model, X, y, starts, states


@pytest.fixture(scope="module")
def choice(study):
    _, X, y, starts, _ = study
    return nmo.glm_hmm.select_states(
        X, y, starts, n_states=[1, 2], n_restarts=2, folds=3, observation_model="Poisson",
        tol=1e-5,
    )  # fmt: skip


def test_the_number_of_states_is_found(choice):
    assert choice.bits_per_trial.shape == (2, 3)
    assert choice.best.n_states == 2, choice.to_frame()
    assert (choice.mean[1] - choice.mean[0]) > 5 * choice.error_of_difference[0]
    assert choice.bic.argmin() == 1


def test_one_state_held_out_is_the_glm_held_out(study, choice):
    """The score of a fold, by a GLM and scikit-learn's way of holding out."""
    _, X, y, starts, _ = study
    session = np.cumsum(np.isin(np.arange(2000), starts)) - 1
    train, test = session % 3 != 0, session % 3 == 0
    glm = nmo.GLM("Poisson", None, "Ridge", 1.0 / train.sum()).fit(X[train], y[train])
    model, mean = nmo.observation_models.PoissonObservations(), y[train].mean()
    null = model.log_likelihood(y[test], np.full(test.sum(), mean))
    bits = (glm.score(X[test], y[test]) - null) / np.log(2)
    assert_allclose(choice.bits_per_trial[0, 0], bits, rtol=1e-4)


def test_too_few_sessions_to_hold_out(study):
    _, X, y, _, _ = study
    with pytest.raises(ValueError, match="too few sessions"):
        nmo.glm_hmm.select_states(X, y, observation_model="Poisson")


def test_visits_are_as_long_as_they_are(study):
    model, X, y, starts, states = study
    visits = nmo.glm_hmm.state_visits(model, X, y, starts)
    assert visits.length.sum() == 2000 and len(np.unique(visits.session)) == 10
    n_true = 10 + sum((np.diff(states[a : a + 200]) != 0).sum() for a in starts)
    assert abs(len(visits.state) - n_true) <= 0.2 * n_true
    assert_allclose(visits.switch_rate, 0.02, atol=0.01)
    assert_allclose(visits.occupancy.sum(), 1.0)
    table = visits.to_frame()
    assert (table["n_ended"] < table["n_visits"]).all()
    assert_allclose(table["mean_dwell_chain"], 1 / (1 - np.diag(model.transition_prob_)))


def test_visits_that_sessions_cut_off_do_not_make_dwell_times_short():
    """A geometric chain, of mean 50, in sessions that are not much longer than its visits."""
    rng, stay, n_sessions, length = np.random.default_rng(3), 0.98, 400, 100
    switches = rng.random((n_sessions, length)) > stay
    switches[:, 0] = False
    path = (rng.integers(2, size=(n_sessions, 1)) + np.cumsum(switches, axis=1)) % 2
    begins = np.flatnonzero(
        np.append(True, (np.diff(path.ravel()) != 0)) | (np.arange(path.size) % length == 0)
    )
    lengths = np.diff(np.append(begins, path.size))
    is_cut = (begins % length == 0) | ((begins + lengths) % length == 0)
    visits = nmo.glm_hmm.StateVisits(
        path.ravel()[begins],
        lengths,
        is_cut,
        begins // length,
        np.ones(2) / 2,
        np.full(2, stay),
        path.size,
    )
    assert_allclose(visits.to_frame()["mean_dwell"], 50, rtol=0.15)
    assert_allclose(visits.to_frame()["median_dwell"], np.log(0.5) / np.log(stay), rtol=0.2)
    assert visits.dwell_times(0).mean() < 40  # what is left of them without
    for k in range(2):
        at, longer = visits.survival(k)
        assert_allclose(longer, stay ** at.astype(float), atol=0.06)


def test_predictions_do_not_see_the_response(study):
    """Another response changes what is predicted after it, not of it."""
    model, X, y, starts, _ = study
    other = y.copy()
    other[300] = 50.0
    a, b = model.predict(X, y, starts), model.predict(X, other, starts)
    assert (a[:301] == b[:301]).all() and a[301] != b[301]
    assert np.corrcoef(a, y)[0, 1] > 0.7


def test_errors_equal_those_of_the_glm_where_states_are_known(study):
    """States far apart are as good as known: two GLMs with the posterior as weights."""
    model, X, y, starts, _ = study
    posterior = model.smooth_proba(X, y, starts)
    for k in range(2):
        w = posterior[:, k]
        glm = nmo.GLM("Poisson", None, "Ridge", 1.0 / w.sum()).fit(X, y, sample_weight=w)
        coef, intercept = glm.standard_errors(X, y, sample_weight=w)
        errors = model.standard_errors(X, y, starts)
        assert_allclose(errors.coef[0, k], coef[0], rtol=0.1)
        assert errors.intercept[k] > 0.97 * intercept[0]


def test_errors_are_the_inverse_of_the_second_derivative():
    """That of another implementation of the likelihood, by automatic differentiation."""
    import jax

    _, X, y, _, starts = drawn("Bernoulli", T=200)
    model = nmo.GLMHMM(2, n_restarts=4, tol=1e-13).fit(X, y, session_starts=starts)
    errors = model.standard_errors(X, y, starts)
    free = errors.covariance.shape[0]
    p = model.transition_prob_
    odds = np.log([p[0, 1] / p[0, 0], p[1, 0] / p[1, 1]])
    at = np.concatenate([model.coef_.ravel(), model.intercept_, odds])

    def objective(v):
        q = jax.nn.sigmoid(v[6:])
        move = jax.numpy.array([[1 - q[0], q[0]], [q[1], 1 - q[1]]])
        coef = v[:4].reshape(2, 2)
        log_p = likelihood_of_paths(X, y, starts, coef, v[4:6], model.initial_prob_, move)
        return log_p - 0.5 * (coef**2).sum()

    with in_double():
        slope, step = jax.jit(jax.grad(objective)), 1e-4 * np.eye(len(at))
        information = -np.array([(slope(at + h) - slope(at - h)) / 2e-4 for h in step])
    # Where first states are at their edge they are no parameters; else they are left out here.
    keep = np.r_[:6, free - 2 : free]
    ours = np.linalg.inv(errors.covariance)[np.ix_(keep, keep)]
    assert_allclose(ours, information, rtol=1e-3, atol=1e-2)


def test_figures_draw_what_their_data_say(study, choice):
    model, X, y, starts, _ = study
    errors = model.standard_errors(X, y, starts)
    visits = nmo.glm_hmm.state_visits(model, X, y, starts)
    weights = plotting.plot_state_weights.data(model, uncertainty=errors)
    assert_allclose(
        weights["high"] - weights["low"], 2 * 1.96 * errors.to_frame()["error"], rtol=1e-4
    )
    table = plotting.plot_psychometric.data(model, X, y, session_starts=starts)
    assert_allclose(
        table["response"], table["model"], atol=5 * (table["high"] - table["response"]).max()
    )
    assert_allclose(plotting.plot_states_choice.data(choice)["bits_per_trial"], choice.mean)
    dwell = plotting.plot_dwell_times.data(visits).query("state == 1 and what == 'observed'")
    lengths, longer = visits.survival(1)
    assert_allclose(dwell["trials"], lengths)
    assert_allclose(dwell["share_longer"], longer)
    with pytest.raises(ValueError, match="Unknown feature"):
        plotting.plot_psychometric(model, X, y, session_starts=starts, feature="speed")
    with pytest.raises(ValueError, match=r"Unknown neuron.*'Bob'"):
        plotting.plot_state_weights(model, neuron="Bob")


def test_states_in_another_order_are_the_same_model(study):
    model, X, y, starts, _ = study
    other = nmo.glm_hmm.order_states(model, [1, 0])
    assert_allclose(other.score(X, y, starts), model.score(X, y, starts), rtol=1e-12)
    posterior = model.smooth_proba(X, y, starts)
    assert_allclose(other.smooth_proba(X, y, starts), posterior[:, ::-1], atol=1e-12)
    back = nmo.glm_hmm.order_states(other, model)
    assert (back.coef_ == model.coef_).all() and (
        back.transition_prob_ == model.transition_prob_
    ).all()
    assert (back.fit_report_.occupancy == model.fit_report_.occupancy).all()
    for wrong in ([0, 0], "speed", [0, 1, 2]):
        with pytest.raises(ValueError, match=r"Unknown feature|no order"):
            nmo.glm_hmm.order_states(model, wrong)
