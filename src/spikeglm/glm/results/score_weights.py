"""How often each row counts in a score: a weight of two is a row twice, one of zero no row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, Self

import numpy as np

from ... import errors, showing
from ...io.interop.frames import column_labels
from ...rows.arrays import finite_rows
from ...rows.contract import Rows
from ...typing import Array, ArrayLike, BoolArray, FloatArray
from ..reading.fit_inputs import read_weights
from ..reading.known_labels import check_beside_response
from ..reading.lost_rows import LostRows

_ANY_RESPONSE = 1.0  # that every model can have, in place of one that does not count


@dataclass(frozen=True, eq=False)
class ScoreWeights:
    """How often each response counts: ``weight`` has the shape of y, (T,) or (T, N).

    >>> counts = ScoreWeights(np.array([2.0, 0.0, 1.0]))
    >>> float(counts.weighted(np.mean)(np.array([1.0, np.nan, 4.0])))
    2.0
    """

    weight: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def read(
        cls, sample_weight: ArrayLike | None, y: ArrayLike, rows: Rows, shape: tuple[int, ...]
    ) -> Self | None:
        """Return the weights of responses y of a shape, (T,) or (T, N); None where all are one.

        Raises
        ------
        ValueError
            If they are negative, of another shape, name neurons otherwise than y, or leave nothing
            of a neuron.
        """
        if sample_weight is None:
            return None
        check_beside_response(column_labels(y), sample_weight=sample_weight)
        weight = read_weights(sample_weight, rows, shape[1] if len(shape) > 1 else 1)
        nothing = ~(weight > 0).any(axis=0)
        if nothing.any():
            raise errors.value_error(
                "sample_weight leaves nothing to score.",
                given="zero for all rows"
                + (f" of neuron {int(np.argmax(nothing))}" if weight.shape[1] > 1 else ""),
                expected="a positive weight somewhere",
                todo="score the neurons that have one, y[:, some], with a model of those.",
            )
        weight = weight.astype(np.float64, copy=False)
        return cls(np.broadcast_to(weight if len(shape) > 1 else weight[:, 0], shape))

    def take(self, rows: BoolArray) -> ScoreWeights:
        """Return the weights of some rows."""
        return ScoreWeights(self.weight[rows])

    def with_any(self, y: Array) -> Array:
        """Return responses like y, with some number in place of those that do not count."""
        counts = self.weight > 0
        return y if counts.all() else np.where(counts, y, _ANY_RESPONSE)

    def lost(self, rows: Rows, known: BoolArray, predicted: BoolArray) -> LostRows:
        """Tell which rows can be scored.

        Parameters
        ----------
        rows :
            X.
        known, predicted :
            Where there is a response, shaped like the weights, and (T,) a prediction.
        """
        weight = self.weight.reshape(len(self.weight), -1)
        has_weight = finite_rows(weight)
        counts = weight > 0
        wanted = np.asarray(counts.any(axis=1) | ~has_weight)
        answered = np.asarray((known.reshape(counts.shape) | ~counts).all(axis=1))
        others = {"y": ~answered, "sample_weight": ~has_weight}
        return LostRows(rows, answered & predicted & wanted & has_weight, wanted, others)

    def weighted(self, aggregate: Callable[..., Any]) -> Callable[[Array], Any]:
        """Return what turns scores, shaped like the weights, into what the user wants of them.

        Raises
        ------
        TypeError
            If the user's function takes no weights.
        """
        of: Callable[..., Any] = np.average if aggregate is np.mean else aggregate
        check_takes_weights(of)
        weight = self.weight
        return lambda scores: of(np.where(weight > 0, np.asarray(scores), 0.0), weights=weight)


def check_takes_weights(aggregate: Callable[..., Any]) -> None:
    """Raise a TypeError for a function that cannot be called with ``weights=``.

    >>> check_takes_weights(np.average)
    """
    try:
        signature(aggregate).bind(None, weights=None)
    except ValueError:  # nobody knows what it takes
        return
    except TypeError:
        raise errors.type_error(
            "With sample_weight, aggregate_sample_scores must take weights too.",
            given=getattr(aggregate, "__name__", repr(aggregate)),
            expected="a function of (scores, weights=...), both shaped like y",
            todo="pass functools.partial(np.average, axis=0) for one mean per neuron; for a sum "
            "lambda scores, weights: (scores * weights).sum().",
        ) from None
