"""What was asked of ``score``, and the answer of models whose response is a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ... import showing
from ...typing import Array, ArrayLike
from ..reading.fit_inputs import read_response, read_rows
from ..reading.known_labels import check_neurons, check_null_mean, check_rows
from . import fitted, scoring
from .dispersion import at_scale
from .score_weights import ScoreWeights

if TYPE_CHECKING:
    from ..hooks import Hooks


@dataclass(frozen=True, eq=False)
class ScoreRequest:
    """The arguments of :meth:`GLM.score` beside the data, as the user gave them."""

    score_type: str
    aggregate: Callable[..., Any]
    sample_weight: ArrayLike | None = None
    offset: ArrayLike | None = None
    null_mean: ArrayLike | None = None

    __repr__ = showing.of_fields

    def of_numbers(self, model: Hooks, X: ArrayLike, y: ArrayLike) -> Any:
        """Score a model on data; what is raised, :meth:`GLM.score` says."""
        rows = read_rows(X, y)
        check_rows(rows, y=y, sample_weight=self.sample_weight, offset=self.offset)
        rate = fitted.mean_response(model, rows, self.offset)
        check_neurons(model, y=y, sample_weight=self.sample_weight)
        check_null_mean(model, rows, y, self.null_mean)
        response, _ = read_response(y, rows, ndim=model._response_ndim)
        values: Array = response[:][:, 0] if model._response_ndim == 1 else response[:]
        scoring.check_request(self.score_type, values.shape, rate.shape)
        return scoring.score(
            at_scale(model),
            values,
            rate,
            getattr(model, "scale_", None),
            rows=rows,
            score_type=self.score_type,
            aggregate=self.aggregate,
            null=fitted.null_of(model, rows, self.offset, self.null_mean),
            weights=ScoreWeights.read(self.sample_weight, y, rows, values.shape),
        )
