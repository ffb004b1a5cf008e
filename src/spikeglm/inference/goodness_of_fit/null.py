"""What a fit is measured against: the model without features, as the rows of the fit have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, notices, showing
from ...io.interop.frames import index_of
from ...io.interop.timeseries import to_array
from ...typing import FloatArray
from ..fit_on_data import FitOnData
from ..null_model import null_intercept
from .predictions import Predictions

_UNKNOWN = (
    "The null model of the training rows is not known (NaN): {why}. What to do: pass null_mean=, "
    "the mean responses that a model without features predicts for these rows: a number, one per "
    "neuron, or one per row and neuron."
)


@dataclass(frozen=True, eq=False)
class Null:
    """Predictions without features.

    Attributes
    ----------
    fit :
        With the data that are looked at.
    is_of_fit :
        Whether these are the data of the fit.
    given :
        Means, to broadcast with (T, N); None for those of the training rows.
    """

    fit: FitOnData
    is_of_fit: bool
    given: FloatArray | None

    __repr__ = showing.of_fields

    @classmethod
    def read(cls, fit: FitOnData, is_of_fit: bool, null_mean: Any) -> Null:
        """Read what a user says: ``"training"``, or means; warn where they cannot be known.

        Raises
        ------
        ValueError
            For another word, or means of another shape, of other rows or neurons, or that the
            model cannot have.
        """
        if isinstance(null_mean, str):
            if null_mean != "training":
                raise errors.unknown_name("null_mean", null_mean, ["training"])
            null = cls(fit, is_of_fit, None)
            if null._unknown:
                notices.warn(_UNKNOWN.format(why=null._unknown))
            return null
        _check_labels(fit, null_mean)
        means = to_array(null_mean, name="null_mean").astype(float)
        shape = fit.optimum.rows.n_rows, fit.n_neurons
        if fit.is_single and means.shape == shape[:1]:
            means = means[:, None]
        if means.shape not in ((), (1,), shape[1:], shape):
            raise errors.value_error(
                "null_mean does not fit the response.",
                given=f"shape {means.shape}",
                expected=f"a number, one per neuron {shape[1:]}, or one per row and neuron {shape}",
            )
        low, high = fit.likelihood.model.means
        wrong = np.isfinite(means) & ~((means >= low) & (means <= high))
        if wrong.any():
            raise errors.value_error(
                "null_mean has means that are none of this model.",
                given=f"{means[wrong][0]}",
                expected=f"between {low} and {high}",
                todo="pass mean responses, not logarithms of them or rates per second.",
            )
        return cls(fit, is_of_fit, np.broadcast_to(means, shape))

    def mean(self, found: Predictions) -> FloatArray:
        """Return the means of some neurons, to broadcast with (T, G); NaN where not known."""
        if self.given is not None:
            return self.given[:, found.neurons]
        record = self.fit.optimum.record
        likelihood = self.fit.likelihood.take(found.neurons)
        if self._unknown or record is None:
            return np.full((1, 1), np.nan)
        if self._had_offset:
            y = np.where(found.takes_part, found.y, 1.0)
            intercept = null_intercept(likelihood, y, found.offset, found.weight)
        else:
            intercept = likelihood.start(record.mean_response[found.neurons])
        return likelihood.mean(intercept + found.offset)

    @property
    def _had_offset(self) -> bool:
        record = self.fit.optimum.record
        square = None if record is None else record.offset_square
        return square is None or bool(np.nan_to_num(square).any())

    @property
    def _unknown(self) -> str:
        """Why nobody knows, or nothing."""
        if self.fit.optimum.record is None:
            return "the estimates are of no fit"
        if self._had_offset and not self.is_of_fit:
            return "the fit had an offset, and these are other rows"
        return ""


def _check_labels(fit: FitOnData, null_mean: Any) -> None:
    """Check that means that have names call rows and neurons as the fit does."""
    if np.ndim(null_mean) == 1 and not fit.is_single:
        index = index_of(null_mean)
        fit.check_neurons(None if index is None else tuple(index.tolist()), "null_mean")
    elif np.ndim(null_mean):
        fit.check_rows_and_neurons(fit.optimum.rows, null_mean=null_mean)
