"""What states are to explain: numbers as they are, or labels as one-hot columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..glm.classification.labels import encode
from ..glm.reading.fit_inputs import check_given, read_rows
from ..glm.reading.known_labels import check_rows
from ..io.interop.timeseries import TimeAxis, time_axis_of
from ..typing import Array, ArrayLike, FloatArray
from .label_likelihood import LabelLikelihood


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses, and what they are like.

    Attributes
    ----------
    values :
        As the user has them, or one-hot (T, C), NaN where a label is missing.
    likelihood :
        Of numbers; or of labels.
    classes :
        (C,) labels; None where responses are numbers.
    axis :
        Times of labels; those of numbers are with these.
    """

    values: ArrayLike
    likelihood: Any
    classes: Array | None = None
    axis: TimeAxis | None = None

    __repr__ = showing.of_fields

    @property
    def n_classes(self) -> int:
        """C, one for numbers."""
        return 1 if self.classes is None else len(self.classes)

    @property
    def names(self) -> tuple[Any, ...] | None:
        """What the outputs are called, if they are labels."""
        return None if self.classes is None else tuple(self.classes.tolist())


def labels_of(X: Any, y: ArrayLike, classes: Array) -> Responses:
    """Return labels (T,) as responses.

    Raises
    ------
    ValueError, TypeError
        For labels that are no classes, of another shape, or of rows that X calls otherwise.
    """
    check_given(y, "the labels")
    rows = read_rows(X, y)
    check_rows(rows, y=y)
    codes = encode(y, classes)
    if codes.shape != (rows.n_rows,):
        raise errors.value_error(
            "y must have one label per row of X.",
            given=f"shape {codes.shape} for {rows.n_rows} rows",
            expected=f"({rows.n_rows},)",
            todo="fit one model for each of several choices.",
        )
    one_hot: FloatArray = (codes[:, None] == np.arange(len(classes))).astype(np.float64)
    one_hot[codes < 0] = np.nan
    return Responses(one_hot, LabelLikelihood(), np.asarray(classes), time_axis_of(y))
