"""Newton's steps in place of fits: no turn lowers anything, and all lead where fits lead."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.glm_hmm.models import drawn

import spikeglm as nmo
from spikeglm.glm_hmm import newton_turns
from spikeglm.glm_hmm.parameters import Parameters
from spikeglm.glm_hmm.reading import read_data

EVERY = [
    ("Bernoulli", None, {}),
    ("Bernoulli", 5.0, {}),
    ("Poisson", None, {}),
    ("Poisson", 5.0, {"n_outputs": 3}),
    ("Bernoulli", None, {"n_outputs": 2, "n_states": 3}),
]
every = pytest.mark.parametrize(("kind", "strength", "options"), EVERY)


def model_of(kind, strength, options, **arguments):
    regularizer = None if strength is None else "Ridge"
    return nmo.GLMHMM(
        options.get("n_states", 2),
        kind,
        regularizer=regularizer,
        regularizer_strength=strength,
        **arguments,
    )


def hurried(kind, strength, options, n_runs=2, shift=0.0):
    """Emissions that take steps, some parameters and posteriors of some runs."""
    _, X, y, _, starts = drawn(kind, **options)
    model = model_of(kind, strength, options)
    emissions = read_data(model, 30.0 * X + shift, y, starts).problem.emissions.hurried()
    rng, K, N = np.random.default_rng(4), emissions.n_states, emissions.n_outputs
    coef = rng.normal(size=(X.shape[1], n_runs, K, N)) / 60
    parameters = Parameters(
        coef,
        rng.normal(size=(n_runs, K, N)) - shift * coef.sum(axis=0),
        np.ones((n_runs, K, N)),
        np.full((n_runs, K), 1 / K),
        np.full((n_runs, K, K), 1 / K),
    )
    T = len(emissions.sessions.trials)
    return emissions, parameters, rng.dirichlet(np.ones(K), (T, n_runs))


def expected(emissions, parameters, posterior):
    """What a turn makes larger, by the emissions that do not take steps."""
    plain = emissions.__class__(**{**vars_of(emissions), "takes_steps": False})
    log_p = plain.log_likelihoods(parameters)
    return (posterior * log_p).sum(axis=(0, 2)) + plain.log_prior(parameters)


def vars_of(emissions):
    return {name: getattr(emissions, name) for name in emissions.__dataclass_fields__}


@every
def test_what_responses_say_is_what_they_say_without_steps(kind, strength, options):
    emissions, parameters, _ = hurried(kind, strength, options)
    assert emissions._turns is not None
    plain = emissions.__class__(**{**vars_of(emissions), "takes_steps": False})
    assert_allclose(
        emissions.log_likelihoods(parameters), plain.log_likelihoods(parameters), atol=1e-10
    )


@every
@pytest.mark.parametrize("near", [1e-6, 0.2, 1.0])
def test_steps_lower_nothing_and_lead_to_the_best_coefficients(
    kind, strength, options, near, monkeypatch
):
    """To the end, or most of the way, or some of it: each is a step up."""
    monkeypatch.setattr(newton_turns, "_NEAR", near)
    emissions, now, posterior = hurried(kind, strength, options, shift=100.0)
    best = emissions.__class__(**{**vars_of(emissions), "takes_steps": False})
    best = best.maximised(now, posterior)
    value = expected(emissions, now, posterior)
    for _ in range(8):
        now = emissions.maximised(now, posterior)  # by a fit, if the way is long
        value, before = expected(emissions, now, posterior), value
        assert (value >= before - 1e-9 * np.abs(before)).all()
    assert emissions._turns.maximised(now, posterior) is not None
    assert_allclose(value, expected(emissions, best, posterior), rtol=1e-9)
    assert_allclose(now.coef, best.coef, atol=1e-4 * np.abs(best.coef).max())


def test_steps_that_overshoot_are_shortened():
    """Full steps of Newton's from far away would raise the loss of counts beyond all bounds."""
    emissions, now, posterior = hurried("Poisson", None, {})
    now = now.with_columns(now.columns[0], now.columns[1] - 3.0)
    value = expected(emissions, now, posterior)
    found = emissions._turns.maximised(now, posterior)
    assert found is None or (expected(emissions, found, posterior) > value).all()
    turned = emissions.maximised(now, posterior)  # by a fit, if the way was long
    assert (expected(emissions, turned, posterior) > value).all()


@every
def test_fits_by_steps_end_where_fits_by_fits_end(kind, strength, options, monkeypatch):
    _, X, y, _, starts = drawn(kind, **options)
    arguments = {"tol": 1e-12, "maxiter": 2000}
    first = model_of(kind, strength, options).initialize_params(X, y, session_starts=starts)
    found = []
    for features in (newton_turns._MOST_FEATURES, 0):
        monkeypatch.setattr(newton_turns, "_MOST_FEATURES", features)
        model = model_of(kind, strength, options, **arguments)
        found.append(model.fit(X, y, first, starts))
    ends = [model.fit_report_.history[-1] for model in found]  # with the prior
    assert_allclose(ends[0], ends[1], rtol=1e-9)
    assert_allclose(found[0].coef_, found[1].coef_, atol=1e-4)


def test_separation_is_never_overlooked():
    emissions, parameters, posterior = hurried("Bernoulli", None, {}, n_runs=1)
    for _ in range(12):
        parameters = emissions.maximised(parameters, posterior)
    assert not emissions._turns.are_apart(parameters, posterior).any()
    assert not emissions.separated(parameters, posterior).any()
    emissions.y[:] = (emissions.rows.read(0, len(emissions.y))[:, :1] > 0).astype(float)
    emissions = emissions.hurried()
    for _ in range(12):
        parameters = emissions.maximised(parameters, posterior)
    assert emissions._turns.are_apart(parameters, posterior).all()


def test_features_that_are_no_independent_ones_are_left_to_fits():
    _, X, y, _, starts = drawn("Bernoulli")
    for more in (np.ones(len(X)), X[:, 0] + X[:, 1]):
        wide = np.column_stack([X, more])
        emissions = read_data(nmo.GLMHMM(2), wide, y, starts).problem.emissions.hurried()
        assert emissions._turns is None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = nmo.GLMHMM(2).fit(wide, y, session_starts=starts)
        assert np.isfinite(model.coef_).all()
