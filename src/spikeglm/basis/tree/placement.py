"""What a basis remembers of the signals it was placed on: shapes, kernels, ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...io.interop.column_names import require_same_columns
from ...notices import warn
from ...rows.design import Signals
from ..terms.bounds import Range
from ..terms.formula import PlacedRows
from . import kept_basis
from .basis_parameters import put_in_formula
from .input_shapes import put_shapes
from .memory import Memory
from .node import Node
from .node_labels import label_of

_MOVED = 0.01  # of a range: features that shift by less are hardly others


def placed(node: Node, signals: Signals) -> PlacedRows:
    """Place a basis on signals; it remembers the shapes of samples and what its leaves learn."""
    known = [x.shape[1:] for x in signals.arrays]
    kept_basis.check_inputs(node, known, signals.columns)
    formula = node.formula
    formula.check_shapes(known)
    rows: PlacedRows = formula.place(signals)
    put_shapes(node, known)
    stop = 0
    for leaf, leaf_rows in zip(node.leaves(), rows.leaves(), strict=True):
        start, stop = stop, stop + leaf.formula.n_inputs
        if not leaf.memory.is_kept:
            _remember(leaf, leaf_rows, signals.columns[start:stop])
        elif getattr(leaf.basis, "kernel_", 0) is None:  # of a basis from a file
            vars(leaf.basis).update(leaf_rows.learned())
        doubt = leaf_rows.doubt()
        if doubt:
            warn(
                f"The units of {label_of(leaf)!r} are in doubt. Given: samples {doubt}. Expected: "
                "samples and bounds in one unit. What to do: convert the samples "
                "(numpy.deg2rad, numpy.rad2deg), or set bounds in their unit."
            )
    return rows


def placed_again(node: Node, signals: Signals) -> PlacedRows:
    """As :func:`placed`; warns where a range that is taken from the data has moved."""
    _check_columns(node, signals)
    before = [leaf.memory.ranges for leaf in node.leaves()]
    rows = placed(node, signals)
    moved = [
        f"{label_of(leaf)!r} from {_text(old)} to {_text(new)}"
        for leaf, olds in zip(node.leaves(), before, strict=True)
        for old, new in zip(olds, leaf.memory.ranges, strict=False)
        if _has_moved(old, new)
    ]
    if moved:
        warn(
            "The same basis was used with data of another range, so its features mean something "
            f"else than before. Given: no bounds, and the range of {', '.join(moved)}. Expected: "
            "one range for training and test data. What to do: set bounds=(low, high), or keep the "
            "range of the training data: basis.design(train).at(test), or basis.to_transformer()."
        )
    return rows


def _remember(leaf: Node, rows: PlacedRows, columns: tuple[Any, ...]) -> None:
    parameters = rows.learned_parameters().items()
    news = {name: value for name, value in parameters if leaf.formula.parameter(name) != value}
    if news:
        put_in_formula(leaf, news)
    for name, value in rows.learned().items():
        setattr(leaf.basis, name, value)
    leaf.memory = Memory(columns, rows.ranges_of_data(), rows.meaning())


def _check_columns(node: Node, signals: Signals) -> None:
    """Refuse inputs with the columns of the last ones in another order; other columns are fine."""
    known = [names for leaf in node.leaves() for names in leaf.memory.columns]
    for i, (given, before) in enumerate(zip(signals.columns, known, strict=False)):
        if given and before and sorted(map(str, given)) == sorted(map(str, before)):
            require_same_columns(
                given,
                before,
                table=f"Input {i}",
                what="those that this basis has seen before",
                todo="select them in that order.",
            )


def without_ranges(basis: Any) -> Any:
    """Make a basis forget the ranges and columns of data that it has seen, and return it."""
    for leaf in basis.node.leaves():
        if leaf.memory.is_kept:
            put_in_formula(leaf, {})
        leaf.memory = Memory()
    return basis


def _has_moved(old: Range, new: Range) -> bool:
    if old.low.shape != new.low.shape:
        return False
    shift = np.maximum(abs(new.low - old.low), abs(new.high - old.high))
    return bool((shift > _MOVED * old.span)[~(old.made_up | new.made_up)].any())


def _text(found: Range) -> str:
    return f"[{found.low.min():.4g}, {found.high.max():.4g}]"
