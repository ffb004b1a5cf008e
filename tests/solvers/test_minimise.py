"""Solvers on objectives without rows: functions of a few numbers whose optimum is known."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.engine.coordinates.block_diagonal import BlockDiagonal
from spikeglm.engine.coordinates.correlation import Correlation
from spikeglm.engine.coordinates.feature_facts import Features
from spikeglm.engine.coordinates.whitening import whitening
from spikeglm.engine.objective import Evaluation, Moments
from spikeglm.engine.runners.plan import Look
from spikeglm.solvers import Status, default_choice, minimise, task
from spikeglm.solvers.curvature import shared_curvature
from spikeglm.solvers.curvature.shared_curvature import SharedCurvature
from spikeglm.solvers.smooth.lbfgs import LBFGSDirections
from spikeglm.solvers.smooth.newton import NewtonDirections

C = 3
both = pytest.mark.parametrize("solver", ["LBFGS", "Newton"])


@dataclass
class Toy:
    """theta' H theta / 2 - r' theta + cosh * (sum of the cosh of theta), per column."""

    H: np.ndarray  # (C, n, n)
    r: np.ndarray  # (n, C)
    cosh: float = 0.0
    n_passes: int = 0
    is_single: bool = False
    wall: float = np.inf  # beyond it the value is inf
    evaluated: list = field(default_factory=list)

    @property
    def n_parameters(self):
        return self.H.shape[1]

    @property
    def n_columns(self):
        return len(self.H)

    @property
    def features(self):
        p = self.n_parameters - 1
        return Features.as_they_come(p)

    def use_double(self):
        self.is_single = False

    def evaluate(self, theta, active):
        self.n_passes += 1
        self.evaluated.append(active.copy())
        H, r = self.H[active], self.r[:, active]
        Ht = np.einsum("cij,jc->ic", H, theta)
        with np.errstate(over="ignore", invalid="ignore"):
            value = np.sum(theta * Ht / 2 - r * theta + self.cosh * np.cosh(theta), axis=0)
            gradient = Ht - r + self.cosh * np.sinh(theta)
        value = np.where(np.abs(theta).max(axis=0) < self.wall, value, np.inf)
        return Evaluation(value, gradient)

    def evaluate_with_moments(self, theta, active, bases, basis_of):
        p = self.n_parameters - 1
        h = np.diagonal(self.H[active], axis1=1, axis2=2).mean(axis=1)
        ones = np.ones((p, len(active)))
        return self.evaluate(theta, active), Moments(h, 0 * ones, ones)

    def evaluate_with_hessian(self, theta, active):
        H = self.H[active].copy()
        n = np.arange(self.n_parameters)
        with np.errstate(over="ignore"):
            H[:, n, n] += self.cosh * np.cosh(theta).T
        return self.evaluate(theta, active), H

    def squares(self, active):
        return None

    def penalty_curvature(self, active):
        return np.zeros((self.n_parameters - 1, len(active)))

    def frozen(self, active):
        return np.zeros((self.n_parameters, len(active)), bool)

    def spread(self, step):
        return np.sum(step**2, axis=0)


def toy(n=5, **more):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(C, n, n))
    return Toy(A @ A.transpose(0, 2, 1) + np.eye(n), rng.normal(size=(n, C)), **more)


def solve(goal, solver, *, tolerance=1e-10, max_passes=500, report=None, start=None):
    h = np.ones(goal.n_columns)
    direction = (
        LBFGSDirections(goal, SharedCurvature.of(goal, h))
        if solver == "LBFGS"
        else NewtonDirections(goal)
    )
    start = np.zeros((goal.n_parameters, goal.n_columns)) if start is None else start
    more = {} if report is None else {"report": report}
    return minimise(
        goal, direction, start, tolerance=tolerance, unit=np.ones(goal.n_columns),
        max_passes=max_passes, h=h, **more,
    )  # fmt: skip


@both
def test_a_quadratic_has_its_known_optimum(solver):
    goal = toy()
    outcome = solve(goal, solver)
    assert set(outcome.status) == {Status.CONVERGED}
    expected = np.linalg.solve(goal.H, goal.r.T[:, :, None])[:, :, 0].T
    assert_allclose(outcome.theta, expected, rtol=1e-8, atol=1e-9)
    assert outcome.n_passes == goal.n_passes
    if solver == "Newton":
        assert outcome.n_passes == 2
        assert outcome.is_exact


@both
def test_a_convex_function_has_a_zero_gradient_at_the_end(solver):
    goal = toy(cosh=3.0)
    outcome = solve(goal, solver)
    assert set(outcome.status) == {Status.CONVERGED}
    assert np.abs(goal.evaluate(outcome.theta, np.arange(C)).gradient).max() < 1e-8


@both
def test_each_column_walks_by_itself(solver):
    rng = np.random.default_rng(1)
    goal = toy(cosh=1.0)
    far = rng.normal(size=(5, C)) * [0.0, 1.0, 8.0]
    together = solve(goal, solver, start=far)
    for c in range(C):
        one = Toy(goal.H[c : c + 1], goal.r[:, c : c + 1], cosh=1.0)
        alone = solve(one, solver, start=far[:, c : c + 1])
        assert_allclose(together.theta[:, c], alone.theta[:, 0], rtol=1e-7, atol=1e-8)


@both
def test_finished_columns_are_not_visited_again(solver):
    goal = toy(cosh=1.0)
    optimum = solve(toy(cosh=1.0), solver).theta
    start = optimum.copy()
    start[:, 2] += 3.0
    solve(goal, solver, start=start, tolerance=1e-8)
    assert list(goal.evaluated[0]) == [0, 1, 2]
    assert all(list(visit) == [2] for visit in goal.evaluated[1:])


@both
def test_a_start_at_the_optimum_takes_one_visit(solver):
    optimum = solve(toy(cosh=1.0), solver).theta
    goal = toy(cosh=1.0)
    outcome = solve(goal, solver, start=optimum, tolerance=1e-8)
    assert outcome.n_passes == 1
    assert (outcome.n_iterations == 0).all()
    assert_allclose(outcome.theta, optimum)


@both
def test_the_limit_on_passes_is_kept_and_reported(solver):
    goal = toy(cosh=5.0)
    outcome = solve(goal, solver, max_passes=2, start=np.full((5, C), 6.0))
    assert outcome.n_passes == 2
    assert set(outcome.status) == {Status.LIMIT}
    assert (outcome.decrement > 1e-3).all()


@both
def test_the_objective_never_rises(solver):
    values = []
    goal = toy(cosh=2.0)
    start = np.random.default_rng(0).normal(size=(5, C)) * 6

    def watch(passes, left, worst):
        values.append((passes, left, worst))

    outcome = solve(goal, solver, start=start, report=watch)
    first = toy(cosh=2.0).evaluate(start, np.arange(C)).value
    assert (outcome.value <= first).all()
    assert [passes for passes, _, _ in values] == sorted({passes for passes, _, _ in values})
    assert values[-1][2] <= values[0][2]


@both
def test_an_optimum_behind_a_wall_is_called_stalled(solver):
    goal = toy(wall=0.05)
    outcome = solve(goal, solver)
    assert Status.STALLED in outcome.status
    assert np.isfinite(outcome.theta).all()
    assert np.abs(outcome.theta).max() < 0.05
    stalled = np.array(outcome.status) == Status.STALLED
    assert (outcome.decrement[stalled] > 1e-6).all()


@both
def test_a_start_without_a_value_is_called_stalled(solver):
    outcome = solve(toy(wall=1.0), solver, start=np.full((5, C), 2.0))
    assert set(outcome.status) == {Status.STALLED}


def test_single_precision_gives_way_to_double_before_the_end():
    goal = toy(cosh=1.0, is_single=True)
    outcome = solve(goal, "LBFGS")
    assert not goal.is_single
    assert set(outcome.status) == {Status.CONVERGED}


def test_newton_goes_downhill_where_the_hessian_is_indefinite():
    goal = toy()
    goal.H[0] = np.diag([1.0, -1.0, 2.0, 1.0, 1.0])
    direction = NewtonDirections(goal)
    evaluation = direction.evaluate(np.full((5, C), 0.5), np.arange(C))
    D = direction.propose(evaluation.gradient, np.arange(C))
    assert (np.einsum("pc,pc->c", D, evaluation.gradient) < 0).all()


def test_newton_counts_a_slope_without_curvature():
    goal = Toy(np.array([np.diag([1.0, 0.0])]), np.array([[0.0], [1.0]]))
    direction = NewtonDirections(goal)
    evaluation = direction.evaluate(np.zeros((2, 1)), np.arange(1))
    D = direction.propose(evaluation.gradient, np.arange(1))
    assert -np.einsum("pc,pc->c", D, evaluation.gradient)[0] > 0.1


def whole(R):
    return Correlation(BlockDiagonal((R,)))


class TestSharedCurvature:
    """The preconditioner against the matrix that it stands for."""

    def parts(self, p=4, n=5, *, ridge=0.0):
        rng = np.random.default_rng(0)
        R = np.corrcoef(rng.normal(size=(p, 50)))
        ridge = np.full((p, n), ridge) if np.ndim(ridge) == 0 else ridge
        return R, rng.uniform(0.1, 4, n), ridge, np.zeros((p + 1, n), bool), rng

    @pytest.mark.parametrize("ridge", [0.0, 0.7])
    def test_solve_is_the_inverse_of_the_model_in_its_docstring(self, ridge):
        R, h, Lambda, frozen, rng = self.parts(ridge=ridge)
        p, n = Lambda.shape
        mean, variance = rng.normal(size=(p, n)), rng.uniform(0.5, 2, (p, n))
        initial = SharedCurvature.initial(whole(R), h, Lambda, frozen)
        for curvature in (initial, initial.adapted(np.arange(n), h, mean, variance)):
            gradient = rng.normal(size=(p + 1, n))
            got = curvature.solve(gradient, np.arange(n))
            for c in range(n):
                B = curvature.bases[curvature.group[c]].blocks.dense
                v = variance[:, c] if curvature is not initial else np.diag(B @ R @ B.T)
                V = np.diag(h[c] * v + np.diag(B @ np.diag(Lambda[:, c]) @ B.T))
                back = np.linalg.inv(B)
                m = back @ (mean[:, c] if curvature is not initial else np.zeros(p))
                H = np.block([
                    [back @ V @ back.T + h[c] * np.outer(m, m), h[c] * m[:, None]],
                    [h[c] * m[None], np.full((1, 1), h[c])],
                ])  # fmt: skip
                assert_allclose(H @ got[:, c], gradient[:, c], rtol=1e-9, atol=1e-9)

    def test_without_penalty_all_columns_share_one_factor(self):
        R, h, Lambda, frozen, _ = self.parts()
        assert len(SharedCurvature.initial(whole(R), h, Lambda, frozen).bases) == 1

    def test_however_many_penalties_and_masks_every_free_parameter_gets_its_part(self):
        rng = np.random.default_rng(0)
        n, p = 200, 6
        R = np.corrcoef(rng.normal(size=(p, 50)))
        ridge = 10.0 ** rng.uniform(-8, 8, (p, n)) * rng.integers(0, 2, (p, n))
        frozen = np.vstack([rng.integers(0, 2, (p, n)) == 1, np.zeros((1, n), bool)])
        curvature = SharedCurvature.initial(whole(R), np.ones(n), ridge, frozen)
        assert len(curvature.bases) <= 64
        gradient = np.where(frozen, 0.0, rng.normal(size=(p + 1, n)))
        got = curvature.solve(gradient, np.arange(n))
        assert (got[frozen] == 0).all()
        assert (np.einsum("pc,pc->c", got, gradient) > 0).all()
        # The diagonal is right whatever the sharing: alone, a parameter gets its own curvature.
        for j in range(p):
            alone = np.zeros_like(gradient)
            alone[j] = ~frozen[j]
            step = curvature.solve(alone, np.arange(n))[j]
            own = 1.0 / (1.0 + ridge[j])
            used = ~frozen[j]
            assert (step[used] > 0.2 * own[used]).all()

    @pytest.mark.parametrize("largest", [1.0, 1e16])
    def test_a_matrix_with_one_huge_entry(self, largest):
        R, *_ = self.parts()
        F = R + np.diag([0.0, largest, 0.0, 0.0])
        B = whitening(F, np.zeros(4, bool))
        expected = np.linalg.inv(R[np.ix_([0, 2, 3], [0, 2, 3])])
        if largest > 1:
            assert_allclose((B.T @ B)[np.ix_([0, 2, 3], [0, 2, 3])], expected, rtol=1e-6)
        else:
            assert_allclose(B @ F @ B.T, np.eye(4), atol=1e-10)

    def test_dependent_features_get_the_pseudo_inverse(self):
        X = np.random.default_rng(0).normal(size=(50, 3))
        R = np.corrcoef(np.column_stack([X, X[:, 0]]).T)
        B = whitening(R, np.zeros(4, bool))
        assert_allclose(B.T @ B, np.linalg.pinv(R), atol=1e-9)

    def test_frozen_features_have_no_part(self):
        R, *_ = self.parts()
        frozen = np.array([False, True, False, True])
        B = whitening(R, frozen)
        assert (B[frozen] == 0).all()
        assert (B[:, frozen] == 0).all()
        assert_allclose((B.T @ B)[::2, ::2], np.linalg.inv(R[::2, ::2]))
        assert not whitening(R, np.ones(4, bool)).any()


@pytest.mark.parametrize("far", [5.0, 20.0, 100.0])
def test_a_start_far_off_leads_to_the_same_optimum(far):
    rng = np.random.default_rng(0)
    X = rng.standard_t(2, (2000, 8))
    y = rng.poisson(np.exp(np.minimum(0.3 * X[:, :2] - 1, 4)))
    near = nmo.PopulationGLM(solver_name="LBFGS").fit(X, y)
    start = np.zeros((8, 2)), np.array([far, -1.0])
    model = nmo.PopulationGLM(solver_name="LBFGS").fit(X, y, init_params=start)
    assert model.fit_report_.status == ("converged", "converged")
    assert_allclose(model.coef_, near.coef_, atol=1e-6)


def test_a_visit_tries_shorter_steps_of_columns_that_were_often_rejected():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    y = rng.poisson(np.exp(X[:, :1] - 1)).astype(float)
    start = np.full((3, 1), 3.0), np.array([40.0])
    model = nmo.PopulationGLM(solver_name="LBFGS").fit(X, y, init_params=start)
    assert model.fit_report_.status == ("converged",)
    assert model.fit_report_.n_passes < 120


def test_a_slow_walk_ends_at_its_certificate_not_where_the_objective_stands_still(monkeypatch):
    monkeypatch.setattr("spikeglm.engine.runners.plan.Look.at", lambda *_: Look(15, None, 15))
    rng = np.random.default_rng(1)
    rare = np.eye(60)[rng.integers(0, 60, 2000)] * 10.0 ** rng.uniform(-1, 1, 60)
    X = np.column_stack([rare, np.cumsum(rare, axis=1) + 0.01 * rng.normal(size=(2000, 60))])
    y = rng.poisson(0.2, (2000, 3))
    model = nmo.PopulationGLM("Poisson", None, "Ridge", 1e-7, "LBFGS", {"tol": 1e-11})
    assert set(model.fit(X, y).fit_report_.status) == {"converged"}


def test_columns_that_stand_for_no_other_are_finished_with_their_own_curvature(monkeypatch):
    """Also where the factor that columns share fits hardly any of them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 8)) @ rng.normal(size=(8, 8))
    y = rng.poisson(np.exp(np.clip(X @ rng.normal(scale=0.1, size=(8, 30)) - 1, None, 3)))
    strength = 10.0 ** rng.uniform(-8, 8, (8, 30))
    ridge = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=strength)
    alone = ridge.set_params(solver_name="Newton").fit(X, y)
    ridge = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=strength)
    monkeypatch.setattr(shared_curvature, "_MOST_FACTORS", 1)
    monkeypatch.setattr(default_choice, "_PATIENCE", 5)
    monkeypatch.setattr(task, "CHEAP_HESSIANS", 0)
    ridge.fit(X, y)
    assert set(ridge.fit_report_.status) == {"converged"}
    assert_allclose(ridge.coef_, alone.coef_, atol=1e-6)


@pytest.mark.parametrize("n_neurons", [40, 400])
def test_many_columns_of_very_different_strengths_take_no_more_visits_than_few(n_neurons):
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(2000, 3))
    X = latent @ rng.normal(size=(3, 30)) + 0.3 * rng.normal(size=(2000, 30))
    y = rng.poisson(np.exp(np.clip(0.2 * latent @ rng.normal(size=(3, n_neurons)) - 1, None, 3)))
    by_term = 2.0 ** rng.uniform(-15, 15, (3, n_neurons))
    model = nmo.PopulationGLM(
        regularizer="Ridge",
        regularizer_strength=np.repeat(by_term, 10, axis=0),
        solver_name="LBFGS",
    ).fit(X, y)
    assert set(model.fit_report_.status) == {"converged"}
    assert model.fit_report_.n_passes < 60
