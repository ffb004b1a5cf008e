"""Strengths without folds: leave-one-out, generalised cross-validation, marginal likelihood.

For Ridge with a Gaussian model they come from one decomposition of the features.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import errors, showing
from ..engine.features.survey import survey_locations
from ..engine.runners.plan import planned
from ..glm import GLM
from ..glm.reading.fit_inputs import FitInputs
from ..regularizer.base import Penalty
from ..typing import FloatArray
from .fold_fits import Scored
from .least_squares.criteria import GCV, Evidence
from .least_squares.leave_one_out import LOO_NAME
from .least_squares.ridge_scores import LEAVE_ONE_OUT, LeastSquares
from .paths import at_strength_one

SCORE_NAMES = {LEAVE_ONE_OUT: LOO_NAME, "gcv": GCV.name, "evidence": Evidence.name}
_SCALES = ("raw", "standardised")


@dataclass(frozen=True, eq=False)
class WithoutFolds:
    """Data whose strengths are scored without folds.

    Attributes
    ----------
    inputs :
        The data; N neurons.
    kind :
        A name in ``SCORE_NAMES``.
    """

    inputs: FitInputs
    kind: str

    __repr__ = showing.of_fields

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.inputs.columns.n_columns

    @property
    def score_name(self) -> str:
        """What scores are, in words."""
        return SCORE_NAMES[self.kind]

    @property
    def folds(self) -> None:
        """There are none."""
        return None

    def smooth(self, penalty: Penalty, strengths: FloatArray, *, refine: bool) -> Scored:
        """Score a penalty (of strength one) at strengths (S, N), and at the best between them.

        Raises
        ------
        ValueError
            If it is not Ridge with a Gaussian model, or strengths are not what can be scored.
        """
        exact = LeastSquares.of(self.inputs, penalty) if penalty.is_smooth else None
        if exact is None:
            raise errors.value_error(
                f"folds={self.kind!r} is for Ridge with a Gaussian model.",
                given="another model, a feature mask, strengths that differ between neurons or are "
                "zero, row weights, or more features than memory has room for",
                expected="GLM('Gaussian', regularizer='Ridge'), or PopulationGLM",
                todo="choose by folds; folds=5 takes every model.",
            )
        if self.kind == LEAVE_ONE_OUT and refine:  # a grid of our own: that of who has responses
            strengths = np.repeat(strengths[:, exact.some_output], self.n_neurons, axis=1)
        if self.kind == LEAVE_ONE_OUT and (strengths != strengths[:, :1]).any():
            raise errors.value_error(
                "Leave-one-out needs the same strengths for all neurons.",
                given=f"strengths of shape {strengths.shape} that differ",
                expected="strengths (S,)",
                todo="folds='gcv' and folds='evidence' take (S, N).",
            )
        found = exact.without_folds(self.kind, strengths, refine=refine)
        if found is None:
            raise errors.value_error(
                "The weakest strength is too weak to tell it from none.",
                given=f"strengths down to {strengths.min():.3g}, with features that are nearly "
                "combinations of others",
                expected="strengths that outweigh what rounding leaves of these",
                todo="leave out the weakest strengths, or coefficients='standardised' where units "
                "of features differ.",
            )
        return Scored(found.strengths, found.scores, found.status, exact=found)


def check_without_folds(folds: Any, rule: str, by: str, groups: Any) -> None:
    """Check what is asked of a choice without folds.

    Raises
    ------
    ValueError
        If it needs folds, or the name is unknown.
    """
    if not isinstance(folds, str):
        return
    if folds not in SCORE_NAMES:
        raise errors.unknown_name("choice without folds", folds, list(SCORE_NAMES))
    asked = {"rule='one_se'": rule == "one_se", "by='term'": by == "term"}
    asked["groups"] = groups is not None
    for what, is_asked in asked.items():
        if is_asked:
            raise errors.value_error(
                f"{what} needs folds.",
                given=f"folds={folds!r}",
                expected="folds such as 5, or InterleavedBlocks(5)",
            )


def standardised(model: GLM, inputs: FitInputs, coefficients: str) -> GLM:
    """Return the model with the variance of each feature as its strength, where that is asked for.

    A penalty on coefficients per deviation, Σ (s w)², is one with strengths s².

    Raises
    ------
    ValueError
        For a word that is unknown, or a penalty other than Ridge with one strength.
    """
    if coefficients not in _SCALES:
        raise errors.unknown_name("scale of coefficients", coefficients, list(_SCALES))
    if coefficients == "raw":
        return model
    one = at_strength_one(model)
    penalty = one.read_penalty(inputs.shapes)
    if not getattr(penalty, "is_diagonal", False) or np.ndim(one.regularizer_strength) != 0:
        raise errors.value_error(
            "coefficients='standardised' is for Ridge with one strength.",
            given=f"regularizer={model.regularizer!r}, strength {model.regularizer_strength!r}",
            expected="regularizer='Ridge'",
            todo="standardise the features for other penalties.",
        )
    columns = replace(inputs.columns, weights=None, mask=None, has_intercept=True)
    table, how = planned(inputs.rows, inputs.keep, columns.n_columns)
    scale = survey_locations(table, columns, how).features.scale
    variance = np.where(scale > 0, scale**2, 1.0)  # of constants nothing depends
    shape = (len(variance), *inputs.shapes.per_feature)
    by_feature = np.broadcast_to(variance[:, None], (len(variance), columns.n_columns))
    one.regularizer_strength = inputs.shapes.features.split(by_feature.reshape(shape))
    return one
