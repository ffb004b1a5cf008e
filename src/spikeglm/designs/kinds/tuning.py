"""Tuning: functions of the value of one or several signals."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import reduce
from numbers import Integral
from operator import mul
from typing import Any, ClassVar

import numpy as np

from ... import errors, showing
from ...basis.functions.bspline import BSplineEval
from ...basis.tree.basis import Basis
from ...io.interop.timed_data import Timed, read_timed
from ...io.interop.timeseries import to_pynapple
from ...rows.design import Design
from ..grid import Grid
from ..numbers_in_bins import RULES
from ..windows import CUBIC
from .contract import Find, PlacedTerm, TermFacts, checked_choice
from .values import numbers_in_bins


@dataclass(frozen=True, eq=False)
class Tuning:
    """Functions of signals; see :meth:`spikeglm.DesignBuilder.tuning`.

    A basis is a number of cubic B-splines, one number per signal for their tensor product, or any
    basis that is no sum.
    """

    label: str
    signals: tuple[str, ...]
    basis: Any = 8
    how: str = "interpolate"
    max_gap_s: float | None = None

    kind: ClassVar[str] = "tuning"
    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        names = (self.signals,) if isinstance(self.signals, str) else tuple(self.signals)
        object.__setattr__(self, "signals", names)
        if isinstance(self.basis, list):
            object.__setattr__(self, "basis", tuple(self.basis))
        checked_choice(self.how, "how", RULES)
        basis = basis_of(self.basis, len(names))
        if basis.n_inputs != len(names):
            raise errors.value_error(
                f"The basis of {self.label!r} takes another number of signals.",
                given=f"{len(names)} signals for a basis of {basis.n_inputs}",
                expected="one signal for each of its variables",
            )

    def place(self, grid: Grid, find: Find) -> PlacedTerm:
        """Return the functions on the rows of a grid."""
        basis = _own_copy(basis_of(self.basis, len(self.signals), names=self._variables()))
        basis.label = self.label
        variables = [leaf for leaf in basis.node.leaves() for _ in range(leaf.formula.n_inputs)]
        inputs = [
            self._input(grid, find(name), leaf)
            for name, leaf in zip(self.signals, variables, strict=True)
        ]
        design: Design = basis.design(*inputs)
        (term,) = design.terms
        rows: Any = design.source
        kept = replace(self, basis=design.basis)
        return PlacedTerm(rows, term, TermFacts(self.label, self.kind), kept)

    def _variables(self) -> tuple[str, ...]:
        """What the axes of a map are called: ends of paths, with the unit that the label has."""
        stem, bracket, unit = self.label.partition(" (")
        short = [name.rpartition("/")[2] for name in self.signals]
        if len(set(short)) < len(short) or any(name.startswith(self.label) for name in short):
            short = [f"{stem} {i + 1}" for i in range(len(short))]
        return tuple(f"{name}{bracket}{unit}" for name in short)

    def _input(self, grid: Grid, given: Any, leaf: Any) -> Any:
        """Return what a leaf of a basis is to see in each row."""
        family = getattr(leaf.formula, "family", None)
        is_category = family is not None and family.kind == "category"
        if is_category and getattr(given, "t", None) is None and not isinstance(given, tuple):
            _require_labels(given, grid, self.label)
            return given
        signal = read_timed(given, name=self.label)
        how = "nearest" if is_category and self.how != "previous" else self.how
        numbers, _ = numbers_in_bins(
            signal,
            grid.stretches(0, 0),
            self.label,
            how=how,
            max_gap_s=self.max_gap_s,
            circle=_circle(leaf, signal),
        )
        return to_pynapple(numbers, grid.axis, columns=signal.columns)


def basis_of(basis: Any, n_signals: int, *, names: tuple[str, ...] = ()) -> Basis:
    """Return the basis that is meant: B-splines, or their product, for numbers of them.

    ``names`` are those of the variables of such a product.

    Raises
    ------
    TypeError
        If it is neither numbers nor a basis.
    ValueError
        If it is a sum.

    Examples
    --------
    >>> basis_of((5, 6), 2).n_basis_funcs
    30
    """
    numbers = basis if isinstance(basis, tuple) else (basis,) * n_signals
    if all(isinstance(n, Integral) and not isinstance(n, bool) for n in numbers):
        splines = [BSplineEval(int(n), order=min(CUBIC, max(int(n), 1))) for n in numbers]
        for spline, name in zip(splines, names if len(splines) > 1 else (), strict=False):
            spline.label = name
        return reduce(mul, splines)
    if not isinstance(basis, Basis):
        raise errors.type_error(
            "These are no functions of signals.",
            given=f"basis={basis!r}",
            expected="a number of B-splines, one per signal, or a basis such as CyclicBSplineEval",
        )
    if basis.operation is not None and basis.operation.is_sum:
        raise errors.value_error(
            "A term is one basis.",
            given=f"a sum of bases, {basis.label}",
            expected="a basis, or a product of bases",
            todo="call tuning once for each part of the sum.",
        )
    return basis


def _own_copy(basis: Basis) -> Basis:
    """Return a copy that has seen no samples, unless it is to keep what it has seen."""
    if any(leaf.memory.is_kept for leaf in basis.node.leaves()):
        return copy.deepcopy(basis)
    return basis.__sklearn_clone__()


def _circle(leaf: Any, signal: Timed) -> tuple[float, float] | None:
    """Return one period of a variable on a circle: its bounds, or the range of its samples."""
    family = getattr(leaf.formula, "family", None)
    if family is None or not family.wraps:
        return None
    kept = getattr(leaf.formula, "kept", None)
    if kept is not None and kept[0] is not None:
        return float(np.min(kept[0].low)), float(np.max(kept[0].high))
    bounds = leaf.formula.bounds
    if bounds is not None:
        low, high = bounds[0] if isinstance(bounds[0], tuple) else bounds
        return float(low), float(high)
    finite = signal.values[np.isfinite(signal.values)]
    if not len(finite):
        return None
    return (float(finite.min()), float(finite.max())) if np.ptp(finite) > 0 else None


def _require_labels(labels: Any, grid: Grid, label: str) -> None:
    if len(labels) != grid.n_rows:
        raise errors.value_error(
            f"{label!r} needs a label for each row.",
            given=f"{len(labels)} labels for {grid.n_rows} rows",
            expected="one per row",
            todo="labels of trials are a boxcar: boxcar(trials, by='block').",
        )
