"""Sets of terms scored by information criteria of fits to all rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...fit.fitting import fit_prepared
from ...fit.record import FitResult
from ...glm.reading.parameter_checks import dof_resid
from ...glm.results import dispersion
from ...glm.weightings import under_weightings
from ...inference.fit_on_data import FitOnData
from ...inference.information.optimum import NO_OPTIMUM, Optimum
from ...inference.tables.criteria import criteria_of
from ...inference.tables.fit_facts import FitFacts
from ...regularizer.base import Penalty
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..set_problem import SetProblem
from .held_out import features_of


@dataclass(frozen=True, eq=False)
class CriterionScores:
    """Minus a criterion of sets of J terms, so that larger is better; p features, N neurons.

    Attributes
    ----------
    problem :
        The data, as a single fold that is all rows.
    terms, always :
        (p, J) the features of each term, and (p,) those that all sets have.
    criterion :
        ``"aic"`` or ``"bic"``.
    """

    problem: SetProblem
    terms: BoolArray
    always: BoolArray
    criterion: str

    __repr__ = showing.of_fields
    n_folds = 1

    def fit(self, sets: BoolArray, neurons: IntArray) -> tuple[FloatArray, Array]:
        """Return minus the criterion and words (1, P) of sets (P, J), each of the neuron (P,)."""
        masks = features_of(sets, self.terms, self.always)
        score = np.full((1, len(neurons)), np.nan)
        status = np.full(score.shape, "", dtype=object)
        for part in self.problem.shared.in_groups(len(neurons)):
            fit = self._fit(masks[:, part], neurons[part])
            facts = FitFacts.of(fit)
            found = criteria_of(fit, facts, facts.n_rows, "bins")
            words = np.array([str(word) for word in fit.status], dtype=object)
            has_fit = np.array([word not in NO_OPTIMUM for word in fit.status])
            score[0, part] = np.where(has_fit, -getattr(found, self.criterion), np.nan)
            status[0, part] = words
        return score, status

    def _fit(self, masks: BoolArray, neurons: IntArray) -> FitOnData:
        """Fit sets of features (p, P) to all rows, as so many neurons of one model."""
        shared, inputs = self.problem.shared, self.problem.inputs
        once = np.zeros(len(neurons), dtype=np.intp)
        columns = under_weightings(inputs.columns.take(neurons), shared.weightings, once)
        own = columns.mask
        columns = replace(columns, mask=masks if own is None else masks & own)
        penalty = shared.penalty.take(neurons)
        result = fit_prepared(shared.ready, columns, penalty=penalty, solver=shared.solver)
        return self._on_data(columns, penalty, result)

    def _on_data(self, columns: Columns, penalty: Penalty, result: FitResult) -> FitOnData:
        inputs, P = self.problem.inputs, columns.n_columns
        shapes = replace(inputs.shapes, n_neurons=P, neurons=None)
        used = dof_resid(shapes, result, self.problem.model._regularizer, columns.mask)
        of_columns = replace(inputs, columns=columns, shapes=shapes)
        weight = result.total_weight
        found = dispersion.estimate(
            of_columns, result, lambda: penalty, dof_resid=used, weight=weight
        )
        if columns.estimates_scale:
            columns = columns.at_scale(found.scale)
        optimum = Optimum(
            inputs.rows,
            columns,
            inputs.keep,
            result.coef,
            result.intercept,
            penalty=penalty,
            scale=found.scale,
            record=result,
        )
        return FitOnData(
            optimum,
            tuple(range(P)),
            tuple(inputs.rows.feature_names),
            (),
            is_single=False,
            dispersion_dof=np.full(P, np.inf),
            n_parameters=weight - used,
        )
