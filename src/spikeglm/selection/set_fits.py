"""Rows that are prepared once, on which any masks, row weightings and neurons are fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .. import errors, notices, showing
from ..engine.columns import Columns
from ..fit.by_moments import numbers_by_moments
from ..fit.fitting import SolverChoice, fit_prepared
from ..fit.nearby import Nearby, numbers_nearby
from ..fit.prepared import Prepared, prepare
from ..fit.problems import Numbers
from ..fit.record import FitResult
from ..glm import GLM
from ..glm.reading.fit_inputs import FitInputs
from ..glm.reading.read_arguments import solver_of
from ..glm.results import automatic
from ..glm.results.prediction import estimate_scale
from ..glm.weightings import under_weightings
from ..inference.smoothing.automatic import AutomaticFit
from ..numerics import quiet
from ..regularizer import UnRegularized
from ..regularizer.base import Penalty
from ..rows import ArrayRows
from ..settings import get_config
from ..solvers import WELL
from ..typing import Array, BoolArray, FloatArray, IntArray
from .near_fits import Begun, at_once, begin, pays

_VECTORS = 30  # of the size of the coefficients that are in memory at once
_WELL = tuple(str(word) for word in WELL)


@dataclass(frozen=True, eq=False)
class SetFits:
    """Fits of J pairs of a mask and a neuron under V row weightings; p features.

    Attributes
    ----------
    coef, intercept :
        (V, p, J) and (V, J).
    scale :
        (V, J) dispersions, from the rows of each fit, or scales that were estimated with it; None
        where the observation model has neither.
    status :
        (V, J) how fits ended.
    """

    coef: FloatArray
    intercept: FloatArray
    scale: FloatArray | None
    status: Array

    __repr__ = showing.of_fields

    def take(self, pairs: IntArray) -> SetFits:
        """Keep only some pairs."""
        scale = None if self.scale is None else self.scale[:, pairs]
        return SetFits(
            self.coef[..., pairs], self.intercept[:, pairs], scale, self.status[:, pairs]
        )

    @classmethod
    def joined(cls, parts: Sequence[tuple[IntArray, SetFits]]) -> SetFits:
        """Return the fits of all pairs from those of some (their numbers, fits)."""
        order = np.argsort(np.concatenate([pairs for pairs, _ in parts]))
        fits = [fit for _, fit in parts]

        def together(name: str) -> Array:
            return np.concatenate([getattr(fit, name) for fit in fits], axis=-1)[..., order]

        scale = together("scale") if all(fit.scale is not None for fit in fits) else None
        return cls(together("coef"), together("intercept"), scale, together("status"))


@dataclass(frozen=True, eq=False)
class SharedProblem:
    """What all fits share: rows that were looked at once, weightings, strengths, a solver.

    Attributes
    ----------
    inputs :
        The data; N neurons.
    weightings :
        (T, V) how often rows count in each fit.
    penalty :
        Of V N columns: neuron n under weighting v is column v N + n.
    solver :
        How to solve.
    ready :
        The rows.
    """

    inputs: FitInputs
    weightings: Array
    penalty: Penalty
    solver: SolverChoice
    ready: Prepared

    __repr__ = showing.of_fields

    @classmethod
    def of_model(cls, model: GLM, inputs: FitInputs, weightings: Array) -> SharedProblem:
        """Prepare the rows of a model, with its strengths.

        Strengths that data choose (``"auto"``) are chosen for each neuron under each weighting with
        all features: those of a fold by its training rows.
        """
        solver = solver_of(model)
        columns = _under(inputs.columns, weightings)
        chosen = automatic.choose(model, replace(inputs, columns=columns), solver)
        if chosen is None:
            neurons = np.tile(np.arange(inputs.columns.n_columns), weightings.shape[1])
            penalty = model.read_penalty(inputs.shapes).take(neurons)
        else:
            _warn_of_unknown_strengths(chosen, inputs)
            adjustable = inputs.shapes.read_adjustable(model._regularizer)
            penalty = adjustable.with_strengths(np.nan_to_num(chosen.strength))
        return cls._prepared(inputs, weightings, penalty, solver)

    @classmethod
    def of_constant(cls, inputs: FitInputs, weightings: Array) -> SharedProblem:
        """Prepare the model of no features: an intercept, beside an offset if there is one."""
        rows = ArrayRows(np.empty((inputs.rows.n_rows, 0)))
        columns = replace(inputs.columns, mask=None, has_intercept=True)
        N = columns.n_columns * weightings.shape[1]
        penalty = UnRegularized().bind(None, (0, N))
        alone = replace(inputs, rows=rows, columns=columns)
        return cls._prepared(alone, weightings, penalty, SolverChoice())

    @classmethod
    def _prepared(
        cls, inputs: FitInputs, weightings: Array, penalty: Penalty, solver: SolverChoice
    ) -> SharedProblem:
        ready = prepare(
            inputs.rows,
            _under(inputs.columns, weightings),
            keep=inputs.keep,
            looks_at_all=solver.reads_correlations,
        )
        return cls(inputs, weightings, penalty, solver, ready)

    def on(self, inputs: FitInputs) -> SharedProblem:
        """Prepare other rows with as many features, for the same strengths and solver."""
        return self._prepared(inputs, self.weightings, self.penalty, self.solver)

    @property
    def n_weightings(self) -> int:
        """V."""
        return int(self.weightings.shape[1])

    def in_groups(self, n_pairs: int) -> Iterator[slice]:
        """Yield runs of pairs whose fits are in memory together."""
        each = 8 * _VECTORS * (self.inputs.rows.n_features + 1) * self.n_weightings
        at_once = max(1, get_config().memory_bytes // each)
        yield from (slice(k, k + at_once) for k in range(0, n_pairs, at_once))

    def fit(self, masks: BoolArray, neurons: IntArray) -> SetFits:
        """Fit masks (p, J), each to the neuron ``neurons[j]``, under all weightings at once.

        Where they are many, fits to all rows come first, and those of weightings begin there.
        """
        columns, penalty = self.inputs.columns.take(neurons), self.penalty.take(neurons)
        is_free = self.solver.name is None
        if not (is_free and pays(self.ready, columns, penalty, masks, self.n_weightings)):
            return self._solved(masks, neurons)
        everyone, parts = np.unique(neurons), list[tuple[IntArray, SetFits]]()
        each = at_once(self.inputs.rows.n_features, self.n_weightings)
        for first in range(0, len(everyone), each):
            some = np.flatnonzero(np.isin(neurons, everyone[first : first + each]))
            parts.append((some, self._near(masks[:, some], neurons[some])))
        return SetFits.joined(parts)

    def _near(self, masks: BoolArray, neurons: IntArray) -> SetFits:
        """Fit as :meth:`fit` does, from fits to all rows; pairs without one by themselves."""
        columns, penalty = self.inputs.columns.take(neurons), self.penalty.take(neurons)
        begun = begin(self.ready, columns, penalty, masks, self.weightings, self._last.get("seen"))
        if begun is None:
            return self._solved(masks, neurons)
        self._last["seen"] = begun.nearby
        some, parts = np.flatnonzero(begun.is_well), list[tuple[IntArray, SetFits]]()
        if len(some):
            near = self._solved(masks[:, some], neurons[some], begun.take(some))
            well = np.flatnonzero(np.isin(near.status.astype(str), _WELL).all(axis=0))
            some = some[well]
            parts.append((some, near.take(well)))
        rest = np.setdiff1d(np.arange(len(neurons)), some)
        if len(rest):
            parts.append((rest, self._solved(masks[:, rest], neurons[rest])))
        return SetFits.joined(parts)

    @cached_property
    def _last(self) -> dict[str, Nearby]:
        """The curvature that was seen last."""
        return {}

    def _solved(self, masks: BoolArray, neurons: IntArray, begun: Begun | None = None) -> SetFits:
        """Fit as :meth:`fit` does, all at once, perhaps from where all rows lead."""
        N, V, J = self.inputs.columns.n_columns, self.n_weightings, len(neurons)
        each, under = np.repeat(neurons, V), np.tile(np.arange(V), J)  # alike side by side
        columns = under_weightings(self.inputs.columns.take(each), self.weightings, under)
        if not masks.all():
            wide = np.repeat(masks, V, axis=1)
            columns = replace(columns, mask=wide if columns.mask is None else columns.mask & wide)
        penalty = self.penalty.take(under * N + each)
        kind = numbers_by_moments(self.ready) if self.solver.name is None else Numbers
        start = None
        if begun is not None:
            kind = numbers_nearby(self.ready, begun.nearby)
            start = np.repeat(begun.coef, V, axis=1), np.repeat(begun.intercept, V)
        result = fit_prepared(
            self.ready, columns, penalty=penalty, solver=self.solver, start=start, kind=kind
        )
        scale = self._scale(columns, result)
        words = np.array([str(word) for word in result.status], dtype=object)
        return SetFits(
            result.coef.reshape(-1, J, V).transpose(2, 0, 1),
            result.intercept.reshape(J, V).T,
            None if scale is None else scale.reshape(J, V).T,
            words.reshape(J, V).T,
        )

    def _scale(self, columns: Columns, result: FitResult) -> FloatArray | None:
        """Return dispersions or scales (C,), if there are some to estimate."""
        model = columns.likelihood.model
        if result.scale is not None:
            return result.scale
        if not (model.has_dispersion and model.has_likelihood):
            return None
        n_used = np.minimum(np.count_nonzero(result.coef, axis=0), result.rank)
        dof = result.total_weight - n_used - result.has_intercept
        with quiet():
            return estimate_scale(
                self.inputs.rows,
                columns,
                result,
                np.where(dof > 0, dof, np.nan),
                keep=self.inputs.keep,
            )


def _warn_of_unknown_strengths(chosen: AutomaticFit, inputs: FitInputs) -> None:
    """Name the neurons that have folds whose strengths are not the best ones for their rows."""
    is_open = ~chosen.is_known & ~np.isnan(chosen.strength).all(axis=0)
    neurons = inputs.neurons or tuple(range(inputs.columns.n_columns))
    who = np.flatnonzero(is_open.reshape(-1, len(neurons)).any(axis=0))
    if len(who):
        named = errors.listed(neurons[n] for n in who)
        notices.warn(
            f"{len(who)} neuron(s) have folds whose strengths are not the best ones ({named})"
            ": the search for them ended early. Their scores are held out all the same, of "
            "strengths that may be too large or too small. What to do: give strengths as numbers; "
            "look for features that hardly vary in training rows."
        )


def _under(columns: Columns, weightings: Array) -> Columns:
    """Return V N columns: neuron n under weighting v is column v N + n."""
    N, V = columns.n_columns, weightings.shape[1]
    each, under = np.tile(np.arange(N), V), np.repeat(np.arange(V), N)
    return under_weightings(columns.take(each), weightings, under)
