"""The optimum of one neuron's fit, found densely and in long double: who judges the library.

    minimise  sum_t a_t l(eta_t) / sum_t a_t
              +  sum l1 |w| + l2 w² / 2  +  sum_g weight_g |w_g|  +  |G w|² / 2

over coefficients W (p, K) and intercepts (K,), eta = X W + b + offset; K is 1, but for labels the
number of classes. Newton's method, damped, on the coefficients that are not zero, whose system is
solved through the singular values of its root and never through X'X; between its runs proximal
steps, one coefficient or group at a time, say which are zero. Shares no code with the library.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Long = np.longdouble
_ROUNDS = 60


@dataclass(frozen=True, eq=False)
class Penalty:
    """Strengths (p, K), groups: pairs of a boolean (p, K) and a weight, and G (R, p)."""

    l1: np.ndarray
    l2: np.ndarray
    groups: tuple = ()
    root: Any = 0.0

    def __post_init__(self):
        root = np.asarray(self.root, dtype=Long) * np.ones((1, len(self.l1)), dtype=Long)
        object.__setattr__(self, "root", root)

    def value(self, W):
        norms = sum(weight * _norm(W[g]) for g, weight in self.groups)
        norms = norms + np.sum((self.root @ W) ** 2) / 2
        return np.sum(self.l1 * np.abs(W) + self.l2 * W**2 / 2) + norms

    def rounding(self, W):
        """Return how far above its lowest point a square may be because W is stored in float64."""
        off = np.abs(W) * 2.0**-52
        return float(np.sum((np.abs(self.root) @ off) ** 2) / 2 + np.sum(self.l2 * off**2 / 2))

    @property
    def parts(self):
        """What is zero together: groups, and single coefficients with an absolute value."""
        singles = [(_one(self.l1.shape, at), self.l1[tuple(at)]) for at in np.argwhere(self.l1 > 0)]
        return [*self.groups, *singles]


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows that take part: Z (T, p + 1) features with their mean removed and ones, weights (T,)."""

    loss: Any
    X: np.ndarray
    weights: np.ndarray
    offset: np.ndarray
    penalty: Penalty
    free: np.ndarray  # (p, K) bool
    noise: float = 2.0**-46  # what counts as rounding of features, relative to their size
    has_intercept: bool = True
    Z: np.ndarray = field(init=False)
    centre: np.ndarray = field(init=False)

    def __post_init__(self):
        X, a = self.X.astype(Long), self.weights.astype(Long)
        centre = a @ X / a.sum() * self.has_intercept
        centred = X - centre
        centred[:, (X[:1] == X).all(axis=0) & self.has_intercept] = 0
        object.__setattr__(self, "centre", centre)
        object.__setattr__(self, "Z", np.column_stack([centred, np.ones(len(X), dtype=Long)]))
        object.__setattr__(self, "weights", a / a.sum())

    @property
    def movable(self):
        """Which parameters (p + 1, K) the oracle moves: none that only rounding tells from 1."""
        spread = np.sqrt(self.weights @ self.Z[:, :-1] ** 2)
        told = spread > self.noise * np.abs(self.X).max(axis=0, initial=0)
        moves = self.free & told[:, None]
        return np.vstack([moves, np.full((1, self.free.shape[1]), self.has_intercept)])

    @property
    def resolution(self):
        """Singular values, relative to the largest, that the rounding of features may have made."""
        used = np.sqrt(self.weights @ self.Z[:, :-1] ** 2)
        largest = np.abs(self.X).max(axis=0, initial=0)
        lost = self.noise * largest[used > 0] / used[used > 0]
        noise = max(np.max(lost, initial=0), self.noise) * np.sqrt(len(used) + 1)
        return min(float(noise) * (1 if self.has_intercept else 16), 1e-3)

    def at(self, coef, intercept):
        """Return coefficients (p, K) and intercepts (K,) of the features as they are, as V."""
        W = np.where(self.free, coef, 0).astype(Long)
        return np.vstack([W, intercept + self.centre @ W])

    def eta(self, V):
        return self.Z @ V + self.offset

    def value(self, V):
        with np.errstate(all="ignore"):
            losses = self.loss(self.eta(V))[0]
            value = self.weights @ losses + self.penalty.value(V[:-1])
        return value if np.isfinite(value) else Long(np.inf)

    def rounding(self, V):
        """Return by how much eta may be off because V was stored in float64."""
        size = np.abs(self.X).max(axis=0, initial=0) @ np.abs(V[:-1]) + np.abs(V[-1])
        return float(np.max(size, initial=0)) * 2.0**-52

    def within_rounding(self, V):
        """Return V, or where its storage alone put a row beyond a link's range, V on this side."""
        if np.isfinite(self.value(V)) or not self.has_intercept:
            return V
        for sign in (-1, 1):
            near = V.copy()
            near[-1] += sign * self.rounding(V)
            if np.isfinite(self.value(near)):
                return near
        return V

    def curvature(self, V):
        """Return the mean curvature of the loss by eta, zero where it is none."""
        with np.errstate(all="ignore"):
            roots = np.nan_to_num(self.loss(self.eta(V))[2], nan=0, posinf=0)
            return float(self.weights @ (roots**2).sum(axis=(1, 2)))


def minimum(problem, start):
    """Return the lowest point (p + 1, K) that is found from a start, and its value."""
    V, best = start.astype(Long), problem.value(start)
    if not np.isfinite(best):  # not where a loss is defined
        return V, best
    for _ in range(_ROUNDS):
        before = best
        V, best = _sweep(problem, V, best)
        V, best = _newton(problem, V, best)
        if not problem.penalty.parts or before - best <= 1e-14 * abs(best):
            break
    return V, best


def expected_fall(problem, V):
    """Return g' |H|⁻¹ g / 2, with the observed curvature H from differences of the gradient."""
    size = np.sqrt(problem.weights @ problem.Z**2)
    moving = np.argwhere(_moving(problem, V) & (size > 0)[:, None])
    gradient, _ = _gradient(problem, V)
    rows = []
    for at in moving:
        step = np.zeros_like(V)
        step[tuple(at)] = 1e-6 / size[at[0]]
        with np.errstate(all="ignore"):
            change = _gradient(problem, V + step)[0] - _gradient(problem, V - step)[0]
        rows.append(change[tuple(moving.T)] / 2e-6 / size[moving[:, 0]])
    slope = gradient[tuple(moving.T)] / size[moving[:, 0]]
    if not len(moving) or not np.isfinite(rows).all():
        return Long(0 if np.isfinite(slope).all() else np.inf)
    H = np.array(rows, dtype=float)
    values, vectors = np.linalg.eigh((H + H.T) / 2)
    kept = np.abs(values) > 1e-9 * np.abs(values).max()
    return np.sum((vectors.T @ slope)[kept] ** 2 / np.abs(values)[kept]) / 2


def start_of(problem, eta):
    """Return a start without features, at a linear predictor of the mean response (K,)."""
    V = np.zeros_like(problem.movable, dtype=Long)
    if problem.has_intercept:
        V[-1] = eta - problem.weights @ problem.offset
    return V


def _newton(problem, V, best):
    """Walk on the coefficients that are not zero, until no step is lower."""
    for _ in range(200):
        step, slope = _step(problem, V)
        if not np.isfinite(slope) or slope > -1e-22:
            break
        V_new, new = _line_search(problem, V, step, best, slope)
        if new >= best:
            break
        gained, V, best = best - new, V_new, new
        if gained < 1e-17 * abs(best):
            break
    return V, best


def _step(problem, V):
    """Return Newton's step on the coefficients that are not zero, and the slope along it."""
    moving = _moving(problem, V)
    gradient, root = _system(problem, V, moving)
    step = np.zeros_like(V)
    step[moving] = _solution(root, -gradient, problem.resolution)
    return step, gradient @ step[moving]


def _moving(problem, V):
    """Return which parameters are no zeros of a kink."""
    moving = problem.movable.copy()
    for part, _ in problem.penalty.parts:
        moving[:-1][part] &= bool(np.any(V[:-1][part] != 0))
    return moving


def _line_search(problem, V, step, best, slope):
    singles = np.vstack([problem.penalty.l1 > 0, np.zeros((1, V.shape[1]), dtype=bool)])
    t = Long(1)
    for _ in range(50):
        V_new = V + t * step
        crossed = singles & (V * V_new < 0)
        V_new[crossed] = 0
        new = problem.value(V_new)
        if new <= best + 1e-4 * t * slope or (crossed.any() and new < best):
            return V_new, new
        if crossed.any():  # as far as the first of them, and no further
            with np.errstate(all="ignore"):
                t = np.min((-V / step)[crossed])
                first = crossed & (-V / step <= t)
            V_new = np.where(first, 0, V + t * step)
            new = problem.value(V_new)
            if new < best:
                return V_new, new
        t = t / 4
    return V, best


def _solution(root, target, resolution):
    """Solve root' root step = target, leaving alone what root maps to rounding."""
    size = np.sqrt((root.astype(float) ** 2).sum(axis=0))
    size = np.where(size > 0, size, 1.0)
    _, values, rows = np.linalg.svd(root.astype(float) / size, full_matrices=False)
    kept = values > max(resolution, 1e-15) * values.max(initial=0)
    rows, values = rows[kept].astype(Long), values[kept].astype(Long)
    return rows.T @ (rows @ (target / size) / values**2) / size


def _gradient(problem, V):
    """Return the gradient (p + 1, K), of absolute values and norms where they have one."""
    W, penalty = V[:-1], problem.penalty
    with np.errstate(all="ignore"):
        _, slope, roots = problem.loss(problem.eta(V))
    gradient = problem.Z.T @ (problem.weights[:, None] * slope)
    gradient[:-1] += penalty.l2 * W + penalty.l1 * np.sign(W)
    gradient[:-1] += penalty.root.T @ (penalty.root @ W)
    for group, weight in penalty.groups:
        norm = _norm(W[group])
        if norm > 0:
            gradient[:-1][group] += weight * W[group] / norm
    return gradient, np.nan_to_num(roots, posinf=0)


def _system(problem, V, moving):
    """Return the gradient by the moving parameters, and a root of the curvature."""
    gradient, roots = _gradient(problem, V)
    penalty, K = problem.penalty, V.shape[1]
    roots = np.sqrt(problem.weights)[:, None, None] * roots
    rows = [np.einsum("tik,tj->tijk", roots, problem.Z).reshape(-1, V.size)]
    rows.append(np.diag(np.append(np.sqrt(penalty.l2).ravel(), np.zeros(K))))
    bend = np.column_stack([penalty.root, np.zeros(len(penalty.root), dtype=Long)])
    if bend.any():
        rows.append(np.kron(bend, np.eye(K, dtype=Long)))
    for group, weight in penalty.groups:
        norm = _norm(V[:-1][group])
        if norm > 0:
            unit = np.zeros_like(V)
            unit[:-1][group] = V[:-1][group] / norm
            inside = np.vstack([group, np.zeros((1, K), dtype=bool)]).ravel()
            flat = np.diag(inside.astype(Long)) - np.outer(unit.ravel(), unit.ravel())
            rows.append(np.sqrt(weight / norm) * flat[inside])
    return gradient[moving], np.vstack(rows)[:, moving.ravel()]


def _sweep(problem, V, best):
    """Take a proximal step on every part that can be zero, where the step is lower."""
    parts = [(part & problem.movable[:-1], weight) for part, weight in problem.penalty.parts]
    if not parts:
        return V, best
    _, roots = _gradient(problem, V)
    by_class = problem.weights[:, None] * (roots**2).sum(axis=1)
    curvature = (problem.Z[:, :-1] ** 2).T @ by_class + problem.penalty.l2
    for part, weight in parts:
        here, steepest = V[:-1][part], curvature[part].sum()
        norm = _norm(here)
        smooth = _gradient(problem, V)[0][:-1][part] - (weight * here / norm if norm > 0 else 0)
        candidates = [np.zeros_like(here)] if norm > 0 else []
        for shorter in (1, 8) if steepest > 0 and (norm > 0 or _norm(smooth) > weight) else ():
            target = here - smooth / (shorter * steepest)
            length = _norm(target)
            scale = max(0, 1 - weight / (shorter * steepest) / length) if length else 0
            candidates.append(scale * target)
        for candidate in candidates:
            V_new = V.copy()
            V_new[:-1][part] = candidate
            new = problem.value(V_new)
            if new < best:
                V, best = V_new, new
    return V, best


def _norm(values):
    size = np.max(np.abs(values), initial=0)
    return size * np.sqrt(np.sum((values / size) ** 2)) if size > 0 else size


def _one(shape, at):
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(at)] = True
    return mask
