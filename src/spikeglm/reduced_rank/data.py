"""What a reduced-rank regression sees of its data: moments of the rows that all outputs have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import errors, showing
from ..glm import PopulationGLM
from ..glm.reading.fit_inputs import FitInputs
from ..glm.reading.known_labels import check_rows
from ..notices import warn
from ..rows.contract import Rows
from ..selection.folds import Folds, read_folds
from ..selection.least_squares.moments import Moments, Reading
from ..selection.least_squares.row_sets import Atoms
from ..selection.least_squares.spectrum import Spectrum
from ..typing import ArrayLike, BoolArray, FloatArray, IntArray

SCALES = ("raw", "standardised")
_NAMED = 5  # outputs that a warning names
_MANY_LOST = 0.05  # of the rows


@dataclass(frozen=True, eq=False)
class Data:
    """Moments of sets of rows, of the outputs that have any.

    Attributes
    ----------
    inputs :
        What was read; N outputs.
    outputs :
        (n,) those with a response somewhere.
    reading :
        How rows are read.
    atoms, parts :
        Sets of rows that folds treat alike, and the moments of each.
    unit, y_unit :
        (p,) and (n,): what features and outputs are multiplied by.
    folds :
        What is trained and tested on, None where nothing is chosen.
    """

    inputs: FitInputs
    outputs: IntArray
    reading: Reading
    atoms: Atoms
    parts: list[Moments | None]
    unit: FloatArray
    y_unit: FloatArray
    folds: Folds | None

    __repr__ = showing.of_fields

    @property
    def whole(self) -> Spectrum:
        """The spectrum of all rows."""
        found = self._spectrum([(1.0, part) for part in self.parts])
        assert found is not None  # some rows take part: reading data makes sure of that
        return found

    def fold(self, k: int) -> tuple[Spectrum | None, Moments | None]:
        """Return the spectrum of the rows that fold k trains on, and moments of the tested ones."""
        training = self.atoms.training[:, k]
        tested = Moments.summed(list(zip(self.atoms.tested_by == k, self.parts, strict=True)))
        trained = self._spectrum(list(zip(training, self.parts, strict=True)))
        return trained, None if tested is None else _scaled(tested, self.y_unit)

    def _spectrum(self, parts: Sequence[tuple[float, Moments | None]]) -> Spectrum | None:
        moments = Moments.summed(parts)
        if moments is None:
            return None
        origin = self.reading.origin.of_outputs(self.outputs)
        origin = origin._replace(y=origin.y * self.y_unit)
        has_intercept = self.inputs.columns.has_intercept
        return Spectrum.of(_scaled(moments, self.y_unit), self.unit, origin, has_intercept)


def read_data(
    X: Rows,
    y: ArrayLike,
    *,
    folds: Any,
    groups: Any,
    fit_intercept: bool,
    features: str,
    outputs: str,
) -> Data:
    """Read rows and outputs, and sum up their moments.

    Rows where an output is missing are left out for all of them, but for outputs that are nowhere.

    Raises
    ------
    ValueError, TypeError
        If the data cannot be used.
    """
    check_rows(X, y=y, folds=folds, groups=groups)
    model = PopulationGLM("Gaussian", regularizer="Ridge", fit_intercept=fit_intercept)
    inputs = model._read_to_fit(X, y)
    some, keep = _common_rows(inputs)
    split = None if folds is None else read_folds(folds, X.n_rows, y, groups, rows=X)
    atoms = Atoms.single(X.n_rows) if split is None else Atoms.of(split.training, split.tested_by)
    reading = Reading.of(X, inputs.columns, keep)
    parts = _moments(reading, atoms, some)
    better = reading.centred_on(Moments.summed([(1.0, part) for part in parts]), some)
    if better is not None:
        reading, parts = better, _moments(better, atoms, some)
    data = Data(
        inputs, some, reading, atoms, parts, np.ones(X.n_features), np.ones(len(some)), split
    )
    return replace(data, unit=_unit(data, features), y_unit=_y_unit(data, outputs))


def _moments(reading: Reading, atoms: Atoms, outputs: IntArray) -> list[Moments | None]:
    return [reading.moments(atoms.of_row == a, outputs) for a in range(len(atoms))]


def _scaled(moments: Moments, unit: FloatArray) -> Moments:
    return replace(moments, y=unit * moments.y, yy=unit**2 * moments.yy, xy=moments.xy * unit)


def _unit(data: Data, features: str) -> FloatArray:
    """Return what features are multiplied by: one over their deviation, or one."""
    if features not in SCALES:
        raise errors.unknown_name("scale of features", features, list(SCALES))
    if features == "raw":
        return data.unit
    at = data.whole
    spread = np.sqrt(np.einsum("jk,k,jk->j", at.V, at.d, at.V) / at.n)
    return _inverse(np.where(at.unit > 0, spread, 0.0))


def _y_unit(data: Data, outputs: str) -> FloatArray:
    if outputs not in SCALES:
        raise errors.unknown_name("scale of outputs", outputs, list(SCALES))
    if outputs == "raw":
        return data.y_unit
    at = data.whole
    return _inverse(np.sqrt(at.total / at.n))


def _inverse(spread: FloatArray) -> FloatArray:
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)


def _common_rows(inputs: FitInputs) -> tuple[IntArray, BoolArray]:
    """Return the outputs that are somewhere, and the rows that have all of these."""
    columns, keep = inputs.columns, inputs.keep
    every = np.arange(columns.n_columns)
    if columns.weights is None:
        return every, keep
    present = columns.weights.values[:] > 0
    by_output = present[keep].sum(axis=0)[columns.weights.of]
    some = np.flatnonzero(by_output > 0)
    common = keep & present[:, np.unique(columns.weights.of[some])].all(axis=1)
    lost = int(keep.sum() - common.sum())
    worst = some[np.argsort(by_output[some], kind="stable")[:_NAMED]]
    names = inputs.neurons or tuple(every.tolist())
    told = ", ".join(f"{names[n]} ({int(keep.sum() - by_output[n])} missing)" for n in worst)
    if not common.any():
        raise errors.value_error(
            "No row has a response of all outputs.",
            given=f"{int(keep.sum())} rows; outputs with the fewest responses: {told}",
            expected="some rows without a missing output",
            todo="leave out outputs with gaps; PopulationGLM fits each to its own rows.",
        )
    if lost > _MANY_LOST * keep.sum():
        warn(
            f"{lost} of {int(keep.sum())} rows are left out: outputs share their rows, and some "
            f"are missing there ({told}). What to do: leave out outputs with many gaps; "
            "PopulationGLM fits each to its own rows."
        )
    return some, common
