"""Mini-batches by hand: where the steps lead, what each writes, and what cannot be stepped."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import MODELS, simulated

import spikeglm as nmo
from spikeglm import solvers
from spikeglm.regularizer import GroupLasso, Ridge
from spikeglm.solvers import registry

X, Y = simulated("Poisson", "exp", 400, 2)
GROUPS = GroupLasso([[1, 1, 0], [0, 0, 1]])
PENALTIES = {
    "UnRegularized": ("UnRegularized", None),
    "Ridge": ("Ridge", 0.1),
    "Lasso": ("Lasso", 0.05),
    "ElasticNet": ("ElasticNet", (0.05, 0.5)),
    "GroupLasso": (GROUPS, 0.04),
}
of_penalties = pytest.mark.parametrize("penalty", PENALTIES)


def model_of(penalty="UnRegularized", model="Poisson", **more):
    kind, strength = PENALTIES[penalty]
    return nmo.PopulationGLM(MODELS[model], regularizer=kind, regularizer_strength=strength, **more)


def stepped(model, X=X, y=Y, *, n_epochs=1, batch_rows=50, renew=False, start=None):
    """Loop over batches as scripts do; with ``renew`` every epoch begins by reading all data."""
    params = model.initialize_params(X, y) if start is None else start
    state = model.initialize_optimizer_and_state(params, X[:batch_rows], y[:batch_rows])
    for _ in range(n_epochs):
        if renew:
            state = model.initialize_optimizer_and_state(params, X, y)
        for k in range(0, len(X), batch_rows):
            rows = slice(k, k + batch_rows)
            params, state = model.update(params, state, X[rows], y[rows], n_samples=len(X))
    return params, state


@of_penalties
@pytest.mark.parametrize("model", ["Poisson", "Gaussian", "Bernoulli"])
def test_steps_over_batches_approach_the_fit(model, penalty):
    link = {"Poisson": "exp", "Gaussian": "identity", "Bernoulli": "logistic"}[model]
    X, y = simulated(model, link, 400, 2)
    best = model_of(penalty, model).fit(X, y)
    far = [
        np.abs(stepped(model_of(penalty, model), X, y, n_epochs=n)[0][0] - best.coef_).max()
        for n in (5, 50)
    ]
    assert far[1] < 0.01  # about a tenth of a standard error
    assert far[1] <= 0.3 * far[0]


@of_penalties
def test_svrg_with_an_anchor_per_epoch_reaches_the_fit(penalty):
    smooth = penalty in ("UnRegularized", "Ridge")
    model = model_of(penalty, solver_name="SVRG" if smooth else "ProxSVRG")
    params, _ = stepped(model, n_epochs=30, renew=True)
    best = model_of(penalty).fit(X, Y)
    assert_allclose(params[0], best.coef_, atol=1e-5)
    assert_allclose(params[1], best.intercept_, atol=1e-5)
    assert ((params[0] == 0) == (best.coef_ == 0)).all()


def test_squared_errors_seen_once_are_recursive_least_squares():
    """With later batches weighing more, by their number: the weighted least-squares solution."""
    X, y = simulated("Gaussian", "identity", 400, 2)
    pull = 1e-9  # the first batch pulls towards the start; tiny features hardly feel it
    model = nmo.PopulationGLM("Gaussian", solver_kwargs={})
    params = model.initialize_params(X, y)
    state = model.initialize_optimizer_and_state(params, X[:40], y[:40])
    state = state._replace(solver_state=_light(state.solver_state, pull))
    for k in range(10):
        rows = slice(40 * k, 40 * (k + 1))
        params, state = model.update(params, state, X[rows], y[rows])
    weight = np.repeat(np.arange(2.0, 12.0), 40)
    Z = np.column_stack([X, np.ones(400)])
    expected = np.linalg.solve(Z.T @ (Z * weight[:, None]), Z.T @ (y * weight[:, None]))
    assert_allclose(params[0], expected[:-1], atol=1e-6)
    assert_allclose(params[1], expected[-1], atol=1e-6)


def _light(stepper, mass):
    import dataclasses

    return dataclasses.replace(stepper, before=stepper.before.weighing(mass))


def test_a_given_step_is_a_plain_gradient_step():
    model = model_of("Ridge", solver_name="GradientDescent", solver_kwargs={"stepsize": 0.3})
    coef, intercept = np.full((3, 2), 0.1), np.full(2, -0.2)
    state = model.initialize_optimizer_and_state((coef, intercept), X, Y)
    params, state = model.update((coef, intercept), state, X[:100], Y[:100])
    residual = np.exp(X[:100] @ coef + intercept) - Y[:100]
    assert_allclose(params[0], coef - 0.3 * (X[:100].T @ residual / 100 + 0.1 * coef))
    assert_allclose(params[1], intercept - 0.3 * residual.mean(axis=0))
    assert state.stats.num_steps == 1


def test_a_given_step_ends_with_the_threshold():
    model = model_of("Lasso", solver_name="ProximalGradient", solver_kwargs={"stepsize": 0.3})
    start = np.zeros((3, 2)), np.zeros(2)
    state = model.initialize_optimizer_and_state(start, X, Y)
    params, _ = model.update(start, state, X, Y)
    step = -0.3 * X.T @ (1 - Y) / 400
    assert_allclose(params[0], np.sign(step) * np.maximum(np.abs(step) - 0.3 * 0.05, 0))


@pytest.mark.parametrize("solver", nmo.regularizer.Ridge.allowed_solvers)
def test_every_name_steps(solver):
    model = model_of("Ridge", solver_name=solver)
    params, state = stepped(model, n_epochs=10, renew="SVRG" in solver)
    best = model_of("Ridge").fit(X, Y)
    assert np.abs(params[0] - best.coef_).max() < 0.05 * np.abs(best.coef_).max()
    assert state.stats.num_steps == (8 if "SVRG" in solver else 80)


def test_what_a_step_writes():
    model = nmo.GLM("Gamma", "exp", regularizer="Lasso", regularizer_strength=0.01)
    X, y = simulated("Gamma", "exp", 400, 1)
    y = y[:, 0]
    params, state = stepped(model, X, y, n_epochs=40)
    best = nmo.GLM("Gamma", "exp", regularizer="Lasso", regularizer_strength=0.01).fit(X, y)
    assert model.coef_ is params[0]
    assert model.intercept_ is params[1]
    assert model.coef_.shape == (3,)
    assert model.intercept_.shape == model.scale_.shape == (1,)
    assert_allclose(model.dof_resid_, best.dof_resid_)
    assert model.solver_state_ is state
    assert_allclose(model.predict(X), best.predict(X), rtol=0.01)
    # The last batch of 50 stands for all 400 samples.
    rate = model.predict(X[-50:])
    pearson = np.mean((y[-50:] / rate - 1) ** 2)
    assert_allclose(model.scale_, 400 * pearson / model.dof_resid_)
    loss = model.compute_loss(params, X[-50:], y[-50:]) + 0.01 * np.abs(params[0]).sum()
    assert_allclose(state.stats.function_val, loss)


def test_without_a_number_of_samples_the_batch_counts():
    model = model_of()
    params = model.initialize_params(X, Y)
    state = model.initialize_optimizer_and_state(params, X, Y)
    model.update(params, state, X[:50], Y[:50])
    assert_allclose(model.dof_resid_, 50 - 3 - 1)
    model.update(params, state, X[:50], Y[:50], n_samples=np.int64(4000))
    assert_allclose(model.dof_resid_, 4000 - 3 - 1)


def test_states_and_parameters_are_values():
    """The same call gives the same, however often: nothing that was passed in changes."""
    model = model_of("Ridge")
    params = model.initialize_params(X, Y)
    state = model.initialize_optimizer_and_state(params, X[:50], Y[:50])
    first, after = model.update(params, state, X[:50], Y[:50])
    again, _ = model.update(params, state, X[:50], Y[:50])
    assert (first[0] == again[0]).all()
    assert (params[0] == 0).all()
    assert (state.stats.num_steps, after.stats.num_steps) == (0, 1)
    copied = pickle.loads(pickle.dumps(after))
    assert (
        model.update(first, copied, X[50:], Y[50:])[0][0]
        == model.update(first, copy.deepcopy(after), X[50:], Y[50:])[0][0]
    ).all()


def test_a_fit_follows_updates_and_updates_a_fit():
    model = model_of()
    stepped(model)
    assert not hasattr(model, "fit_report_")
    assert model.fit(X, Y).solver_state_.stats.converged
    stepped(model, start=(model.coef_, model.intercept_))
    assert not hasattr(model, "fit_report_")
    assert not model.solver_state_.stats.converged


def test_trees_masks_gaps_and_batches_without_a_neuron():
    tree = {"a": X[:, :1], "b": X[:, 1:]}
    y = Y.copy()
    y[:30, 0] = np.nan
    y[35] = np.nan
    mask = {"a": np.array([1, 0]), "b": np.ones((2, 2))}
    model = model_of("Ridge", feature_mask=mask)
    params = model.initialize_params(tree, y)
    state = model.initialize_optimizer_and_state(params, tree, y)
    for _ in range(60):
        for k in range(0, 400, 20):  # the first batch has no response of the first neuron
            part = {name: leaf[k : k + 20] for name, leaf in tree.items()}
            params, state = model.update(params, state, part, y[k : k + 20])
    best = model_of("Ridge", feature_mask=mask).fit(tree, y)
    assert set(params[0]) == {"a", "b"}
    for name in tree:
        assert_allclose(params[0][name], best.coef_[name], atol=0.01)
    assert params[0]["a"][0, 1] == 0


def test_batches_with_fewer_rows_than_features_and_a_far_start():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 20)) * np.logspace(-2, 2, 20)
    y = rng.poisson(np.exp(0.2 * rng.normal(size=(600, 1)) + X[:, :1] / 0.02 - 1))
    best = nmo.PopulationGLM().fit(X, y)
    far = np.full((20, 1), 0.05), np.full(1, 3.0)
    params, _ = stepped(nmo.PopulationGLM(), X, y, n_epochs=60, batch_rows=10, start=far)
    scale = X.std(axis=0)[:, None]
    assert np.isfinite(params[0]).all()
    assert np.abs((params[0] - best.coef_) * scale).max() < 0.05


def test_a_solver_of_ones_own_updates(monkeypatch):
    class Own:
        def __init__(
            self, unregularized_loss, regularizer, regularizer_strength, has_aux, init_params=None
        ):
            self.loss = regularizer.penalized_loss(
                unregularized_loss, init_params, regularizer_strength
            )

        def init_state(self, init_params, *args):
            return 0

        def update(self, params, state, *args):
            import jax

            slope = jax.grad(self.loss)(params, *args)
            new = type(params)(*(p - 0.3 * g for p, g in zip(params, slope, strict=True)))
            return new, state + 1, None

        def run(self, init_params, *args):
            return init_params, None, None

        @classmethod
        def get_accepted_arguments(cls):
            return set()

    monkeypatch.setattr(registry, "_REGISTRY", registry._built_in())
    monkeypatch.setattr(Ridge, "allowed_solvers", Ridge.allowed_solvers)
    solvers.register("Own", Own)
    Ridge.allow_solver("Own")
    params, state = stepped(model_of("Ridge", solver_name="Own"), n_epochs=3)
    given = {"stepsize": 0.3, "acceleration": False}
    plain = model_of("Ridge", solver_name="GradientDescent", solver_kwargs=given)
    assert_allclose(params[0], stepped(plain, n_epochs=3)[0][0], rtol=1e-9)
    assert (state.solver_state.state, state.stats.num_steps) == (24, 24)


@pytest.mark.parametrize("n_samples", [4.0, "all", True])
def test_the_number_of_samples_is_an_integer(n_samples):
    model = model_of()
    params = model.initialize_params(X, Y)
    state = model.initialize_optimizer_and_state(params, X, Y)
    with pytest.raises(TypeError, match=r"n_samples.*Given: .*Expected: "):
        model.update(params, state, X, Y, n_samples=n_samples)


@pytest.mark.parametrize("state", [None, 3, solvers.SolverAdapterState(None, None)])
def test_update_before_a_state(state):
    model = model_of()
    with pytest.raises(TypeError, match="initialize_optimizer_and_state"):
        model.update(model.initialize_params(X, Y), state, X, Y)


def test_parameters_that_do_not_fit():
    model = model_of()
    params = model.initialize_params(X, Y)
    state = model.initialize_optimizer_and_state(params, X, Y)
    with pytest.raises(ValueError, match="fit each other"):
        model.update(params, state, X[:, :2], Y)
    with pytest.raises(ValueError, match="fit each other"):
        model.initialize_optimizer_and_state((np.zeros((2, 2)), np.zeros(2)), X, Y)
    with pytest.raises(ValueError, match="NaN or an Inf"):
        model.update(params, state, np.full_like(X, np.nan), Y)


def test_curvature_that_does_not_fit_into_memory():
    model = model_of()
    params = model.initialize_params(X, Y)
    with (
        nmo.config_context(memory=1000),
        pytest.raises(ValueError, match=r"curvature matrix per neuron.*What to do"),
    ):
        model.initialize_optimizer_and_state(params, X, Y)
    frugal = model_of(solver_name="GradientDescent", solver_kwargs={"stepsize": 0.1})
    with nmo.config_context(memory=1000):
        state = frugal.initialize_optimizer_and_state(params, X, Y)
        frugal.update(params, state, X, Y)


def test_estimates_of_steps_can_be_saved(tmp_path):
    model = model_of("Ridge")
    stepped(model)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert (loaded.coef_ == model.coef_).all()
    assert (loaded.predict(X) == model.predict(X)).all()
