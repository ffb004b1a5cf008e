"""The models of a comparison, read: their data, and the rows that all of them can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...glm.base import BaseGLM
from ...glm.reading.fit_inputs import FitInputs
from ...glm.reading.known_labels import check_coefficients, check_rows
from ...rows.contract import Rows
from ...typing import ArrayLike, BoolArray
from ..folds import Folds, read_folds, rows_to_split
from ..leaks import longest_kernel


@dataclass(frozen=True, eq=False)
class Contender:
    """A model with its data.

    Attributes
    ----------
    name :
        What the user calls it.
    model :
        An estimator; it is left as it is.
    inputs :
        Its rows, and the responses of all.
    """

    name: str
    model: BaseGLM
    inputs: FitInputs

    __repr__ = showing.of_fields


def read_contenders(
    models: Mapping[str, Any],
    X: ArrayLike | None,
    y: ArrayLike,
    *,
    folds: Any,
    groups: ArrayLike | None,
    offset: ArrayLike | None,
) -> tuple[tuple[Contender, ...], Folds]:
    """Read models with their data, and the folds that all of them share.

    Raises
    ------
    ValueError, TypeError
        If there are fewer than two, one has no X, or tables have other rows.
    """
    pairs = _pairs(models, X)
    tables = {name: rows_to_split(own, y=y) for name, (_, own) in pairs.items()}
    _check_lengths(tables)
    read = []
    for name, (model, _) in pairs.items():
        rows = tables[name]
        check_rows(rows, y=y, folds=folds, groups=groups, offset=offset)
        inputs = model._read_to_fit(rows, y, offset=offset)
        check_coefficients(model, inputs)
        if inputs.lost is not None:
            inputs.lost.announce()
        read.append(Contender(name, model, inputs))
    longest = max(tables.values(), key=lambda rows: longest_kernel(rows)[0])
    return tuple(read), read_folds(folds, longest.n_rows, y, groups, rows=longest)


def common_rows(contenders: Sequence[Contender]) -> BoolArray:
    """Return the rows (T,) that all models can use.

    Raises
    ------
    ValueError
        If there are none.
    """
    keep = np.all([each.inputs.keep for each in contenders], axis=0)
    if not keep.any():
        told = ", ".join(f"{each.inputs.keep.sum()} of {each.name!r}" for each in contenders)
        raise errors.value_error(
            "The models share no rows.",
            given=f"complete rows: {told}",
            expected="some rows with finite features of all models",
        )
    return np.asarray(keep)


def _pairs(models: Mapping[str, Any], X: ArrayLike | None) -> dict[str, tuple[BaseGLM, Any]]:
    if not isinstance(models, Mapping) or len(models) < 2:
        raise errors.value_error(
            "Models to compare have names, and there are two at least.",
            given=f"{type(models).__name__} of {len(models)}"
            if hasattr(models, "__len__")
            else type(models).__name__,
            expected="a dict such as {'position': (model, X1), 'speed': (model, X2)}",
        )
    found = {}
    for name, given in models.items():
        model, own = given if isinstance(given, tuple) and len(given) == 2 else (given, X)
        if not hasattr(model, "_read_to_fit"):
            raise errors.type_error(
                f"{name!r} is no model.",
                given=type(model).__name__,
                expected="a GLM, or a pair (model, X)",
            )
        if own is None:
            raise errors.value_error(
                f"The model {name!r} has no features.",
                given="a model without X, and no X for all",
                expected="(model, X), or X as second argument",
            )
        found[str(name)] = model, own
    return found


def _check_lengths(tables: Mapping[str, Rows]) -> None:
    if len({rows.n_rows for rows in tables.values()}) > 1:
        told = ", ".join(f"{rows.n_rows} in {name!r}" for name, rows in tables.items())
        raise errors.value_error(
            "Models are compared on the same rows.",
            given=told,
            expected="one number of rows",
            todo="bring all features to the same time bins.",
        )
