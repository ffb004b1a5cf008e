"""A solver of the user's own, in NumPy, SciPy or JAX: what it is handed, and what is made of it."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from tests.catalogue import MODELS, simulated

import spikeglm as nmo
from spikeglm import solvers
from spikeglm.errors import ConvergenceWarning
from spikeglm.regularizer import ElasticNet, GroupLasso, Lasso, Ridge, UnRegularized
from spikeglm.solvers import registry

X, Y = simulated("Poisson", "exp", 400, 2)
KINDS = (UnRegularized, Ridge, Lasso, ElasticNet, GroupLasso)


class Base:
    """Keeps what it was given."""

    def __init__(
        self,
        unregularized_loss,
        regularizer,
        regularizer_strength,
        has_aux,
        init_params=None,
        n_steps=2000,
        pace=0.2,
    ):
        assert has_aux is False
        self.smooth = unregularized_loss
        self.loss = regularizer.penalized_loss(
            unregularized_loss, init_params, regularizer_strength
        )
        self.prox = regularizer.get_proximal_operator(init_params, regularizer_strength)
        self.strength, self.n_steps, self.pace = regularizer_strength, n_steps, pace

    def init_state(self, init_params, *args):
        return 0

    def run(self, init_params, *args):
        params, state = init_params, self.init_state(init_params, *args)
        for _ in range(self.n_steps):
            params, state, aux = self.update(params, state, *args)
        return params, state, aux

    @classmethod
    def get_accepted_arguments(cls):
        return {"n_steps", "pace"}


class WithSciPy(Base):
    """Nelder-Mead of SciPy: only values are asked for."""

    def update(self, params, state, *args):
        raise NotImplementedError

    def run(self, init_params, *args):
        p = init_params.coef.size

        def params_of(flat):
            kind = type(init_params)
            return kind(flat[:p].reshape(init_params.coef.shape), flat[p:])

        flat = np.concatenate([part.ravel() for part in init_params])
        found = minimize(
            lambda flat: self.loss(params_of(flat), *args),
            flat,
            method="Nelder-Mead",
            options={"xatol": 1e-8, "fatol": 1e-14, "maxfev": 10_000, "adaptive": True},
        )
        return params_of(found.x), None, None


class WithJax(Base):
    """Gradient steps by automatic differentiation."""

    def update(self, params, state, *args):
        import jax

        slope = jax.grad(self.loss)(params, *args)
        new = jax.tree_util.tree_map(lambda p, g: p - self.pace * g, params, slope)
        return new, state + 1, None

    def run(self, init_params, *args):
        import jax

        step = jax.jit(lambda k, params: self.update(params, k, *args)[0])
        start = jax.tree_util.tree_map(jax.numpy.asarray, init_params)
        return jax.lax.fori_loop(0, self.n_steps, step, start), None, None


class ProximalWithJax(WithJax):
    """The same, with the proximal operator for the penalty."""

    def update(self, params, state, *args):
        import jax

        slope = jax.grad(self.smooth)(params, *args)
        new = jax.tree_util.tree_map(lambda p, g: p - self.pace * g, params, slope)
        return self.prox(new, self.strength, self.pace), state + 1, None


class ProximalWithNumPy(Base):
    """Proximal gradient with a slope by central differences."""

    def update(self, params, state, *args):
        coef, slopes = params.coef, []
        for part in range(2):
            slope = np.zeros_like(params[part])
            for place in np.ndindex(slope.shape):
                d = np.zeros_like(slope)
                d[place] = 1e-6
                up, down = (
                    params._replace(**{params._fields[part]: params[part] + sign * d})
                    for sign in (1, -1)
                )
                slope[place] = (self.smooth(up, *args) - self.smooth(down, *args)) / 2e-6
            slopes.append(slope)
        new = params._replace(
            coef=coef - self.pace * slopes[0], intercept=params.intercept - self.pace * slopes[1]
        )
        return self.prox(new, self.strength, self.pace), state + 1, None


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(registry, "_REGISTRY", registry._built_in())
    for kind in KINDS:
        monkeypatch.setattr(kind, "allowed_solvers", kind.allowed_solvers)
    for solver in (WithSciPy, WithJax, ProximalWithJax, ProximalWithNumPy):
        solvers.register(solver.__name__, solver)
        for kind in KINDS:
            kind.allow_solver(solver.__name__)


def fitted(kind, strength, solver, y=Y, model="Poisson", data=X, **kwargs):
    estimator = nmo.GLM if y.ndim == 1 else nmo.PopulationGLM
    arguments = {"regularizer": kind, "regularizer_strength": strength}
    return estimator(
        MODELS[model], **arguments, solver_name=solver, solver_kwargs=kwargs or None
    ).fit(data, y)


@pytest.mark.parametrize("solver", ["WithSciPy", "WithJax"])
@pytest.mark.parametrize(("kind", "strength"), [("Ridge", 0.1), ("UnRegularized", None)])
@pytest.mark.parametrize("y", [Y[:, 0], Y[:, :1]], ids=["GLM", "PopulationGLM"])
def test_smooth_fits(solver, kind, strength, y):
    model, best = fitted(kind, strength, solver, y), fitted(kind, strength, None, y)
    assert model.fit_report_.converged
    assert_allclose(model.coef_, best.coef_, atol=1e-6)
    assert_allclose(model.intercept_, best.intercept_, atol=1e-6)


@pytest.mark.parametrize("model", [name for name in MODELS if name != "Gamma"])
def test_losses_of_all_models_can_be_differentiated(model):
    link = {"Bernoulli": "logistic", "Gaussian": "identity"}.get(model, "exp")
    _, y = simulated(model, link, 400, 2)
    solver = fitted("Ridge", 0.1, "WithJax", y, model)
    assert_allclose(solver.coef_, fitted("Ridge", 0.1, None, y, model).coef_, atol=1e-7)


@pytest.mark.parametrize("solver", ["ProximalWithJax", "ProximalWithNumPy"])
@pytest.mark.parametrize(("kind", "strength"), [("Lasso", 0.05), ("ElasticNet", (0.1, 0.5))])
def test_sparse_fits(solver, kind, strength):
    steps = {"n_steps": 300} if solver == "ProximalWithNumPy" else {}
    model, best = fitted(kind, strength, solver, **steps), fitted(kind, strength, None)
    assert model.fit_report_.converged
    assert_allclose(model.coef_, best.coef_, atol=1e-4)
    assert ((model.coef_ == 0) == (best.coef_ == 0)).all()


def test_groups_in_numpy():
    groups = GroupLasso([[1, 1, 0], [0, 0, 1]])
    model = fitted(groups, 0.05, "ProximalWithNumPy", n_steps=300)
    assert_allclose(model.coef_, fitted(groups, 0.05, None).coef_, atol=1e-4)


def test_float64_although_jax_defaults_to_float32():
    import jax

    assert not jax.config.read("jax_enable_x64")
    model = fitted("Ridge", 0.1, "WithJax", n_steps=3000)
    assert (model.fit_report_.result.decrement < 1e-10).all()
    assert not jax.config.read("jax_enable_x64")


def test_float64_also_where_the_solver_is_the_first_to_import_jax():
    code = """
import sys
import numpy as np
import spikeglm as nmo
from tests.solvers import test_own_solvers as own

assert "jax" not in sys.modules
own.solvers.register("WithJax", own.WithJax)
nmo.regularizer.Ridge.allow_solver("WithJax")
model = own.fitted("Ridge", 0.1, "WithJax", n_steps=3000)
assert "jax" in sys.modules
assert (model.fit_report_.result.decrement < 1e-10).all(), model.fit_report_.result.decrement
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_missing_responses_and_masks():
    y = Y.copy()
    y[3, 0] = np.nan
    y[7] = np.nan
    mask = np.array([[1, 0], [1, 1], [0, 1]])
    arguments = {"regularizer": "Ridge", "regularizer_strength": 0.1, "feature_mask": mask}
    model = nmo.PopulationGLM(**arguments, solver_name="WithJax").fit(X, y)
    assert_allclose(model.coef_, nmo.PopulationGLM(**arguments).fit(X, y).coef_, atol=1e-7)
    assert (model.coef_[mask == 0] == 0).all()


def test_a_silent_neuron_is_kept_from_it():
    y = np.column_stack([Y[:, 0], np.zeros(400)])
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="silent"):
        model = fitted("Ridge", 0.1, "WithJax", y)
    assert model.fit_report_.status == ("converged", "silent")


def test_a_solver_that_stops_early_is_found_out():
    with pytest.warns(ConvergenceWarning, match="stopped early"):
        model = fitted("Ridge", 0.1, "WithJax", n_steps=2)
    report = model.fit_report_
    assert report.status == ("stopped early",) * 2
    assert (report.result.decrement > 1e-3).all()
    assert not model.solver_state_.stats.converged


def test_numbers_that_are_none_are_found_out():
    class Broken(WithSciPy):
        def run(self, init_params, *args):
            return init_params._replace(coef=np.nan * init_params.coef), None, None

    solvers.register("Broken", Broken)
    Ridge.allow_solver("Broken")
    with pytest.warns(ConvergenceWarning, match="stalled"):
        assert fitted("Ridge", 0.1, "Broken").fit_report_.status == ("stalled",) * 2


def test_arguments_are_checked_against_those_of_the_class():
    with pytest.raises(NameError, match=r"'tol'.*n_steps, pace"):
        fitted("Ridge", 0.1, "WithJax", tol=1e-3)


@pytest.mark.parametrize("argument", ["offset", "sample_weight"])
def test_what_its_loss_cannot_see_is_refused(argument):
    model = nmo.GLM(regularizer="Ridge", solver_name="WithJax")
    with pytest.raises(ValueError, match=f"{argument}.*What to do: leave solver_name=None"):
        model.fit(X, Y[:, 0], **{argument: np.full(400, 0.5)})


def test_it_must_be_allowed():
    solvers.register("Other", WithJax)
    with pytest.raises(ValueError, match="cannot handle"):
        fitted("Ridge", 0.1, "Other")


SCRIPT = """
import sys
import numpy as np
import spikeglm as nmo
X = np.random.default_rng(0).normal(size=(200, 2))
y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
for name in nmo.regularizer.Ridge.allowed_solvers:
    nmo.GLM(regularizer="Ridge", solver_name=name).fit(X, y)
for name in nmo.regularizer.Lasso.allowed_solvers:
    nmo.GLM(regularizer="Lasso", regularizer_strength=0.1, solver_name=name).fit(X, y)
model = nmo.GLM()
params = model.initialize_params(X, y)
state = model.initialize_optimizer_and_state(params, X, y)
model.update(params, state, X, y)
print(" ".join(m for m in ("jax", "pandas", "pynapple", "matplotlib") if m in sys.modules))
"""


def test_nothing_heavy_is_imported_for_users_of_numpy():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
