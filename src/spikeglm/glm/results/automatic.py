"""``regularizer_strength="auto"``: strengths that the data choose, kept by the model.

What is fitted to other data by a model (folds, bootstraps) chooses anew: a strength is part of the
fit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ... import errors, notices
from ...fit.fitting import SolverChoice
from ...fit.problems import Parameters
from ...fit.record import FitResult
from ...inference import smoothing
from ...regularizer.base import Penalty
from ...typing import FloatArray, IntArray
from ..reading.fit_inputs import FitInputs
from ..reading.read_arguments import is_automatic
from ..reading.shapes import Shapes

if TYPE_CHECKING:
    from ...inference.smoothing.automatic import AutomaticFit
    from ..hooks import Hooks

ESTIMATES = ("regularizer_strength_", "regularizer_entries_", "log_marginal_likelihood_")
"""What a fit writes to the model, beside all others' estimates."""

_EXACT = 1e-3  # nats


def fit(
    model: Hooks, inputs: FitInputs, solver: SolverChoice, start: Parameters | None = None
) -> FitResult:
    """Fit all columns with strengths of their own, which are written to the model.

    Raises
    ------
    TypeError, ValueError
        If the strengths of such a model cannot be chosen.
    """
    chosen = _chosen(model, inputs, solver, start)
    result, shapes = _remarked(chosen, inputs), inputs.shapes
    model.regularizer_strength_ = shapes.user(chosen.strength)
    model.regularizer_entries_ = chosen.labels
    model.log_marginal_likelihood_ = np.atleast_1d(
        shapes.user(chosen.log_marginal_likelihood[None])[0]
    )
    return result


def choose(
    model: Hooks, inputs: FitInputs, solver: SolverChoice, start: Parameters | None = None
) -> AutomaticFit | None:
    """Fit all columns with strengths of their own, None for a model that has its strengths.

    Raises
    ------
    TypeError, ValueError
        If the strengths of such a model cannot be chosen.
    """
    is_wanted = is_automatic(model.regularizer_strength)
    return _chosen(model, inputs, solver, start) if is_wanted else None


def _chosen(
    model: Hooks, inputs: FitInputs, solver: SolverChoice, start: Parameters | None
) -> AutomaticFit:
    if inputs.classes is not None:
        raise errors.type_error(
            "Strengths are not chosen automatically for classes yet.",
            given="regularizer_strength='auto' for a classifier",
            expected="a number, or a GLM",
            todo="of one class against the others, GLM('Bernoulli') has them.",
        )
    if is_automatic(getattr(solver.method, "strength", None)):
        raise errors.type_error(
            "A solver of your own cannot choose strengths.",
            given=f"regularizer_strength='auto' with solver_name={solver.name!r}",
            expected="a strength, or one of the built-in solvers",
            todo="leave solver_name=None.",
        )
    found: AutomaticFit = smoothing.fit_automatically(
        inputs.rows,
        inputs.columns,
        penalty=inputs.shapes.read_adjustable(model._regularizer),
        keep=inputs.keep,
        solver=solver,
        start=start,
    )
    return found


class Refit(NamedTuple):
    """A fit of other columns, and the penalty (p, C) that it had."""

    result: FitResult
    penalty: Penalty


def fit_again(
    model: Hooks,
    inputs: FitInputs,
    neurons: IntArray,
    solver: SolverChoice,
    factors: FloatArray | float = 1.0,
) -> Refit:
    """Fit other columns than those of the model, column c for neuron ``neurons[c]``.

    Strengths are the model's times ``factors`` (C,), or chosen for each column.
    """
    chosen = choose(model, inputs, solver)
    if chosen is not None:
        if np.any(np.asarray(factors) != 1.0):
            raise errors.value_error(
                "There is nothing to multiply.",
                given="factors of strengths, and regularizer_strength='auto'",
                expected="strengths",
                todo="give the model a strength.",
            )
        penalty: Penalty = inputs.shapes.read_adjustable(model._regularizer).with_strengths(
            np.nan_to_num(chosen.strength)
        )
        return Refit(chosen.result, penalty)
    penalty = model.read_penalty(inputs.shapes).take(neurons).times(np.asarray(factors))
    return Refit(model._minimise(inputs, penalty, solver), penalty)


def penalty_of(model: Hooks, shapes: Shapes) -> Penalty:
    """Return the penalty with the strengths that a fit chose.

    Raises
    ------
    ValueError
        If no fit has chosen any.
    """
    strength = getattr(model, "regularizer_strength_", None)
    if strength is None:
        raise errors.value_error(
            "Nobody has chosen the strengths yet.",
            given="regularizer_strength='auto', and no fit",
            expected="a fit, or strengths as numbers",
            todo="call fit(X, y).",
        )
    penalty = shapes.read_adjustable(model._regularizer)
    strength = np.asarray(strength, dtype=np.float64)
    wanted = len(penalty.strength), shapes.n_neurons or 1
    if strength.size != wanted[0] * wanted[1]:
        raise errors.value_error(
            "regularizer_strength_ does not fit the penalty and the data.",
            given=f"shape {strength.shape}",
            expected=f"{wanted}, entries and neurons",
            todo="call fit again.",
        )
    return penalty.with_strengths(np.nan_to_num(strength).reshape(wanted))


def _remarked(chosen: AutomaticFit, inputs: FitInputs) -> FitResult:
    """Return the record of a fit with what there is to say of the choice; warn where it failed."""
    neurons = inputs.neurons or tuple(range(len(chosen.scale)))
    n_entries, n_neurons = chosen.strength.shape
    lines = [
        f"strengths of {n_entries} entr{'y' if n_entries == 1 else 'ies'} x {n_neurons} neuron(s) "
        "maximise the marginal likelihood"
    ]
    for bound, what in (
        (1, "what it penalises is gone (of a curve, its bends)"),
        (-1, "it penalises nothing"),
    ):
        for j, label in enumerate(chosen.labels):
            who = np.flatnonzero((chosen.at_bound[j] == bound) & chosen.is_known)
            if len(who):
                lines.append(f"  {label}: {what} in {errors.listed([neurons[n] for n in who])}")
    nearly = np.flatnonzero((chosen.short > _EXACT) & chosen.is_known)
    if len(nearly):
        lines.append(f"  to within .01 nats only in {errors.listed([neurons[n] for n in nearly])}")
    is_open = ~chosen.is_known & ~np.isnan(chosen.strength).all(axis=0)
    open_ = [neurons[n] for n in np.flatnonzero(is_open)]
    if open_:
        notices.warn(
            f"{len(open_)} neuron(s) whose strengths are not the best ones "
            f"({errors.listed(open_)}): the marginal likelihood has no maximum "
            "that was found. log_marginal_likelihood_ is NaN. What to do: give these neurons "
            "strengths as numbers; look for features that hardly vary, or separate."
        )
    return replace(chosen.result, remarks=(*lines, *chosen.result.remarks))
