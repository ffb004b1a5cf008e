"""Where columns go next: to the minimisers of their models of the loss, with the penalty."""

from __future__ import annotations

import numpy as np

from ...regularizer.nonsmooth import Kinks
from ...typing import BoolArray, IntArray
from ..contract import Objective
from ..curvature.local_curvature import LocalCurvature, in_batches
from .active_sets import by_active_sets, by_active_sets_together
from .group_sets import Norms, by_group_sets
from .proximal_subproblem import minimise_model
from .smooth_part import add_smooth_penalty
from .sparse_walk import Walk

_FEWEST_ALIKE = 4  # models of a size, that are minimised together
_LEFT = 1e-2  # of the violation, by the minimum of a model: that is not more exact


def set_goals(
    objective: Objective, walk: Walk, kinks: Kinks, curvature: LocalCurvature, columns: IntArray
) -> None:
    """Minimise the models of columns (A,); note goals, and by how much the objective should fall.

    Together where models are alike, then one by one, and by the method that surely ends last.
    """
    if not kinks.has_bounds:
        columns = _solve_alike(objective, walk, kinks, curvature, columns)
        columns = _solve_each(objective, walk, kinks, curvature, columns)
    for batch in curvature.in_batches(columns):
        _minimise_models(objective, walk, kinks.take(batch), curvature, batch)


def _solve_alike(
    objective: Objective, walk: Walk, kinks: Kinks, curvature: LocalCurvature, columns: IntArray
) -> IntArray:
    """Minimise models of one size together; return the columns of which that did not succeed."""
    if not kinks.is_piecewise_linear:
        return columns
    is_left = np.ones(len(columns), dtype=bool)
    size = np.array([len(used) for used in curvature.sets(columns)])
    for n in np.unique(size):
        alike = np.flatnonzero(size == n)
        for part in in_batches(size[alike].tolist()) if len(alike) >= _FEWEST_ALIKE else ():
            some = alike[part]
            is_left[some] = ~_solved_together(objective, walk, kinks, curvature, columns[some])
    return columns[is_left]


def _solved_together(
    objective: Objective, walk: Walk, kinks: Kinks, curvature: LocalCurvature, columns: IntArray
) -> BoolArray:
    """Minimise models of one size; tell of which columns that succeeded."""
    each, mine = np.arange(len(columns))[:, None], kinks.take(columns)
    places = np.stack([np.append(used, -1) for used in curvature.sets(columns)])
    H = curvature.alike(columns)
    z, slope = walk.theta[places, columns[:, None]], walk.gradient[places, columns[:, None]]
    ridge = objective.penalty_curvature(columns)
    np.einsum("aii->ai", H)[:, :-1] += ridge[places[:, :-1], each]
    own = np.ones((1, 1)) if mine.stretch.size == 1 else mine.stretch[each, places]
    if mine.stretch.size > 1:
        H, z, slope = H / own[:, :, None] / own[:, None, :], z * own, slope / own
    group, weight = mine.groups()
    weight = weight[each, group[each, places]]
    r = np.matmul(H, z[:, :, None])[:, :, 0] - slope
    new, is_found = by_active_sets_together(H, r, weight, mine.unit[each, places], z)
    fall = slope * (new - z) + weight * (np.abs(new) - np.abs(z))
    walk.gain[columns[is_found]] = fall[is_found].sum(axis=1)
    some = columns[is_found]
    walk.goal[places[is_found], some[:, None]] = (new / own)[is_found]
    return is_found


def _solve_each(
    objective: Objective, walk: Walk, kinks: Kinks, curvature: LocalCurvature, columns: IntArray
) -> IntArray:
    """Minimise models one by one; return the columns of which that did not succeed."""
    mine, left = kinks.take(columns), list[int]()
    ridge, units, stretch = objective.penalty_curvature(columns), mine.unit, mine.stretch
    (group, weight), is_each_alone = mine.groups(), kinks.is_piecewise_linear
    for a, (c, used) in enumerate(zip(columns, curvature.sets(columns), strict=True)):
        places = np.append(used, -1)
        H, z, slope = curvature.model(c), walk.theta[places, c], walk.gradient[places, c]
        np.einsum("ii->i", H)[:-1] += ridge[used, a]
        if stretch.size > 1:
            own = stretch[a, places]
            H, z, slope = H / own[:, None] / own, z * own, slope / own
        r, norms = H @ z - slope, Norms(group[a, places], weight[a])
        if is_each_alone:
            new = by_active_sets(H, r, norms.weight[norms.group], units[a, places], z)
        else:
            new = by_group_sets(H, r, norms, units[a, places], z, share=_LEFT)
        if new is None:
            left.append(c)
            continue
        walk.gain[c] = slope @ (new - z) + norms.value(new) - norms.value(z)
        walk.goal[places, c] = new if stretch.size == 1 else new / own
    return np.array(left, dtype=np.intp)


def _minimise_models(
    objective: Objective, walk: Walk, kinks: Kinks, curvature: LocalCurvature, columns: IntArray
) -> None:
    sets, H = curvature.sets(columns), curvature.padded(columns)
    size = H.shape[1]
    local = kinks.on(sets, size)
    here, slope = np.zeros((2, len(columns), size))
    for a, (c, used) in enumerate(zip(columns, sets, strict=True)):
        k = len(used)
        here[a, :k], here[a, -1] = walk.theta[used, c], walk.theta[-1, c]
        slope[a, :k], slope[a, -1] = walk.gradient[used, c], walk.gradient[-1, c]
    add_smooth_penalty(objective, H, columns, sets)
    stretch = local.stretch
    H /= stretch[:, :, None] * stretch[:, None, :]
    z, by_z = here * stretch, slope / stretch
    new = minimise_model(H, np.einsum("aij,aj->ai", H, z) - by_z, local, z)
    change = local.value(new) - local.value(z)
    walk.gain[columns] = np.einsum("aj,aj->a", by_z, new - z) + change
    new = new / stretch
    for a, (c, used) in enumerate(zip(columns, sets, strict=True)):
        walk.goal[used, c], walk.goal[-1, c] = new[a, : len(used)], new[a, -1]
