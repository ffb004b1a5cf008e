"""Fits with links and observation models of one's own."""

import pickle
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from tests.catalogue import CANONICAL, MODELS, simulated
from tests.reference import numpy_glm

import spikeglm as nmo
from spikeglm.observation_models import Observations
from spikeglm.observation_models.named import link_named, model_named

FUNCTIONS = {
    "exp": lambda eta: 1.0 * jnp.exp(eta),
    "identity": lambda eta: eta + 0.0,
    "logistic": lambda eta: 1.0 / (1.0 + np.exp(-eta)),  # NumPy's
    "one_over_x": lambda eta: 1.0 / eta,
    "softplus": lambda eta, xp: xp.log1p(xp.exp(eta)),
}
SOLVERS = ("LBFGS", "Newton", None)


def function_of(link):
    return FUNCTIONS.get(link, numpy_glm.LINKS[link][0])  # NumPy's, too


class Twin(Observations):
    """What a user would write for a built-in model: nothing that the engine could shortcut."""

    def __init__(self, name="Poisson"):
        self.name = name

    @property
    def _model(self):
        return model_named(MODELS[self.name])

    @property
    def default_inverse_link_function(self):
        return function_of(dict(CANONICAL)[self.name])

    def _negative_log_likelihood(self, y, mean, aggregate_sample_scores=jnp.mean):
        return self._model._negative_log_likelihood(y, mean, aggregate_sample_scores)

    def log_likelihood(self, y, mean, scale=1.0, aggregate_sample_scores=jnp.mean):
        scale = self._model.scale if self.name == "NegativeBinomial" else scale
        return self._model.log_likelihood(y, mean, scale, aggregate_sample_scores)

    def deviance(self, y, mean, scale=1.0):
        return self._model.deviance(y, mean, None)

    def estimate_scale(self, y, mean, dof_resid):
        return self._model.estimate_scale(y, mean, dof_resid)

    def sample_generator(self, key, mean, scale=1.0):
        return jax.random.poisson(key, mean)


@dataclass(frozen=True)
class ZeroInflated(Observations):
    """Counts that are zero with probability p, else Poisson; the mean is that of the counts."""

    p: float = 0.4
    means = (0.0, np.inf)
    default_inverse_link_function = "exp"

    def _log_p(self, y, mean):
        rate = mean / (1 - self.p)
        off = jnp.log(self.p + (1 - self.p) * jnp.exp(-rate))
        on = jnp.log(1 - self.p) + jax.scipy.stats.poisson.logpmf(y, rate)
        return jnp.where(y == 0, off, on)

    def _negative_log_likelihood(self, y, mean, aggregate_sample_scores=jnp.mean):
        return -aggregate_sample_scores(self._log_p(y, mean))

    def log_likelihood(self, y, mean, scale=1.0, aggregate_sample_scores=jnp.mean):
        return aggregate_sample_scores(self._log_p(y, mean))

    def deviance(self, y, mean, scale=1.0):
        return -2.0 * self._log_p(y, mean)

    def sample_generator(self, key, mean, scale=1.0):
        first, second = jax.random.split(key)
        is_on = jax.random.bernoulli(first, 1 - self.p, mean.shape)
        return is_on * jax.random.poisson(second, mean / (1 - self.p))


def zero_inflated_counts(n_rows=3000, p=0.4):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n_rows, 2))
    mean = np.exp(X @ [0.4, -0.3] + 0.8)
    return X, (rng.random(n_rows) >= p) * rng.poisson(mean / (1 - p)).astype(float)


def hessian_of(model, X, y):
    """The second derivatives of the summed loss of (coef, intercept), by JAX alone."""
    with jax.enable_x64(True):
        Z = jnp.asarray(np.column_stack([X, np.ones(len(X))]))

        def loss(parameters):
            return -jnp.sum(ZeroInflated()._log_p(jnp.asarray(y), jnp.exp(Z @ parameters)))

        at = jnp.asarray(np.append(model.coef_, model.intercept_))
        both = jax.jit(lambda at: (jax.grad(loss)(at), jax.hessian(loss)(at)))
        return tuple(np.asarray(each) for each in both(at))


# --- links ---


@pytest.mark.parametrize(("model", "link"), [*CANONICAL, ("Poisson", "softplus")])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_link_of_ones_own_fits_like_the_built_in_one(model, link, solver):
    X, Y = simulated(model, link, 400, 2)
    arguments = {"observation_model": MODELS[model], "solver_name": solver}
    ours = nmo.PopulationGLM(inverse_link_function=function_of(link), **arguments).fit(X, Y)
    known = nmo.PopulationGLM(inverse_link_function=link, **arguments).fit(X, Y)
    assert set(ours.fit_report_.status) == {"converged"}
    assert_allclose(ours.coef_, known.coef_, rtol=1e-6, atol=1e-8)
    assert_allclose(ours.intercept_, known.intercept_, rtol=1e-6)
    assert_allclose(ours.scale_, known.scale_, rtol=1e-6)
    assert_allclose(ours.predict(X), known.predict(X), rtol=1e-6)
    assert_allclose(ours.score(X, Y), known.score(X, Y), rtol=1e-8)
    assert_allclose(ours.covariance(X, Y), known.covariance(X, Y), rtol=1e-5)


@pytest.mark.parametrize("regularizer", ["Ridge", "Lasso", "ElasticNet"])
def test_penalties_weights_and_offsets_work_alike(regularizer):
    X, Y = simulated("Poisson", "exp", 400, 2)
    more = {"sample_weight": np.arange(400) % 3, "offset": 0.1 * X[:, 0]}
    arguments = {"regularizer": regularizer, "regularizer_strength": 0.05}
    ours = nmo.PopulationGLM(inverse_link_function=FUNCTIONS["exp"], **arguments)
    known = nmo.PopulationGLM(**arguments).fit(X, Y, **more)
    assert_allclose(ours.fit(X, Y, **more).coef_, known.coef_, rtol=1e-5, atol=1e-7)


def test_float32_rows_end_as_exactly():
    X, Y = simulated("Poisson", "exp", 400, 2)
    ours = nmo.PopulationGLM(inverse_link_function=FUNCTIONS["exp"])
    assert_allclose(ours.fit(X.astype(np.float32), Y).coef_, ours.fit(X, Y).coef_, atol=1e-6)


def test_a_mean_outside_the_links_range_is_a_status_and_harms_no_other_neuron():
    X, Y = simulated("Poisson", "exp", 400, 2)
    Y = np.column_stack([Y, np.full(400, 9.0), np.zeros(400)])
    model = nmo.PopulationGLM(inverse_link_function=lambda eta: 5.0 / (1.0 + jnp.exp(-eta)))
    with pytest.warns(RuntimeWarning, match=r"outside the link's range \(2\).*init_params"):
        model.fit(X, Y)
    assert model.fit_report_.status == (
        "converged", "converged", "outside the link's range", "silent",
    )  # fmt: skip
    alone = nmo.PopulationGLM(inverse_link_function=model.inverse_link_function)
    assert_allclose(model.coef_[:, :2], alone.fit(X, Y[:, :2]).coef_, rtol=1e-6)


def test_where_no_start_is_found_the_users_start_is_taken():
    rng = np.random.default_rng(0)
    X = rng.uniform(2e4, 4e4, (500, 1))
    y = rng.poisson(np.exp(X[:, 0] * 1e-4 - 1.0)).astype(float)

    def far(eta):  # every mean lies beyond the etas that are searched
        return jnp.exp((eta - 1e6) / 1e3)

    model = nmo.GLM(inverse_link_function=far)
    with pytest.raises(ValueError, match="init_params"):
        model.initialize_params(X, y)
    with pytest.warns(RuntimeWarning, match="init_params"):
        model.fit(X, y)
    model.fit(X, y, init_params=(np.zeros(1), np.array([1e6])))
    assert model.fit_report_.status == ("converged",)
    known = nmo.GLM().fit(X, y)
    assert_allclose(model.predict(X), known.predict(X), rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "error"),
    [(np.identity, ValueError), (lambda eta: 3.0, ValueError), (lambda eta: eta.mean(), ValueError),
     (3, TypeError), ("expo", ValueError)],
)  # fmt: skip
def test_what_cannot_be_a_link_is_refused_by_fit(function, error):
    with pytest.raises(error, match="Given"):
        nmo.GLM(inverse_link_function=function).fit(np.ones((5, 1)), np.ones(5))


# --- models ---


@pytest.mark.parametrize(("model", "link"), CANONICAL)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_model_of_ones_own_fits_like_the_built_in_one(model, link, solver):
    X, Y = simulated(model, link, 400, 2)
    ours = nmo.PopulationGLM(Twin(model), solver_name=solver).fit(X, Y)
    known = nmo.PopulationGLM(MODELS[model], solver_name=solver).fit(X, Y)
    assert set(ours.fit_report_.status) == {"converged"}
    assert_allclose(ours.coef_, known.coef_, rtol=1e-5, atol=1e-7)
    assert_allclose(ours.scale_, known.scale_, rtol=1e-6)
    for score_type in ("log-likelihood", "pseudo-r2-McFadden", "pseudo-r2-Cohen"):
        assert_allclose(ours.score(X, Y, score_type), known.score(X, Y, score_type), rtol=1e-6)
    loss = ours.compute_loss((known.coef_, known.intercept_), X, Y)
    assert_allclose(loss, known.compute_loss((known.coef_, known.intercept_), X, Y))


def test_missing_responses_leave_out_their_neuron_alone():
    X, Y = simulated("Gaussian", "identity", 400, 2)
    Y = Y.copy()
    Y[:100, 1] = np.nan
    ours, known = nmo.PopulationGLM(Twin("Gaussian")).fit(X, Y), nmo.PopulationGLM("Gaussian")
    known.fit(X, Y)
    assert_allclose(ours.coef_, known.coef_, rtol=1e-6)
    assert_allclose(ours.scale_, known.scale_, rtol=1e-6)


def test_the_optimum_has_no_gradient_and_standard_errors_are_the_observed_information():
    X, y = zero_inflated_counts()
    model = nmo.GLM(ZeroInflated()).fit(X, y)
    gradient, hessian = hessian_of(model, X, y)
    assert_allclose(gradient, 0.0, atol=1e-4)
    assert_allclose(model.covariance(X, y), np.linalg.inv(hessian), rtol=1e-6)
    coef_error, intercept_error = model.standard_errors(X, y)
    assert (np.abs(model.coef_ - [0.4, -0.3]) < 4 * coef_error).all()
    assert (np.abs(model.intercept_ - 0.8) < 4 * intercept_error).all()


def test_simulate_then_fit_recovers():
    X, _ = zero_inflated_counts(20_000)
    truth = nmo.GLM(ZeroInflated())
    truth.coef_, truth.intercept_ = np.array([0.4, -0.3]), np.array([0.8])
    y, mean = truth.simulate(1, X)
    assert (y == truth.simulate(1, X)[0]).all()
    assert_allclose(y.mean(), mean.mean(), rtol=0.05)
    fitted = nmo.GLM(ZeroInflated()).fit(X, y)
    coef_error, _ = fitted.standard_errors(X, y)
    assert (np.abs(fitted.coef_ - truth.coef_) < 4 * coef_error).all()


def test_its_parameters_can_be_searched():
    X, y = zero_inflated_counts()
    search = GridSearchCV(
        nmo.GLM(ZeroInflated(0.0)), {"observation_model__p": [0.4, 0.8]}, cv=2
    ).fit(X, y)
    assert search.best_params_ == {"observation_model__p": 0.4}
    assert search.best_estimator_.observation_model == ZeroInflated(0.4)
    assert nmo.GLM(ZeroInflated(0.2)).get_params()["observation_model__p"] == 0.2


# --- estimators that travel ---


def squared(eta):
    return eta**2 + 0.1


def estimators():
    return [
        nmo.GLM(inverse_link_function=squared),
        nmo.GLM(ZeroInflated(0.3)),
        nmo.GLM(Twin(), inverse_link_function=squared),
    ]


@pytest.mark.parametrize("model", estimators(), ids=["link", "model", "both"])
def test_clone_and_pickle(model):
    X, y = zero_inflated_counts(500)
    model.fit(X, y)
    twins = [pickle.loads(pickle.dumps(model)), clone(model).fit(X, y)]
    for twin in twins:
        assert_allclose(twin.coef_, model.coef_)
        assert_allclose(twin.predict(X), model.predict(X))
        assert_allclose(twin.score(X, y), model.score(X, y))
    assert clone(model).get_params()["inverse_link_function"] is model.inverse_link_function


def test_how_they_are_printed():
    shown = [repr(model) for model in estimators()]
    assert shown[0] == "GLM(inverse_link_function=<function squared>)"
    assert shown[1] == "GLM(observation_model=ZeroInflated(p=0.3))"
    assert repr(link_named(squared)).startswith("CustomLink(function=")


def test_a_second_fit_compiles_nothing():
    n_calls = []

    def counted(eta):
        n_calls.append(1)
        return jnp.exp(eta)

    X, Y = simulated("Poisson", "exp", 400, 2)
    for n_rows in (400, 399, 150, 37):
        before = len(n_calls)
        nmo.PopulationGLM(inverse_link_function=counted, solver_name="LBFGS").fit(
            X[:n_rows], Y[:n_rows]
        )
        n_new = len(n_calls) - before
        assert n_new == 0 or n_rows == 400


def test_flags_of_jax_stay_as_they_are():
    X, y = zero_inflated_counts(200)
    nmo.GLM(ZeroInflated(), inverse_link_function=squared).fit(X, y)
    assert not jax.config.jax_enable_x64
