"""Labels of classes: text or numbers outside, the numbers 0 to K - 1 inside, and -1 for a gap."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import errors
from ...io.interop.category_labels import to_labels
from ...label_encoder import places_among
from ...rows.group_labels import is_missing
from ...typing import Array, ArrayLike, BoolArray, IntArray
from ..reading.fit_inputs import check_given


def read_labels(y: ArrayLike) -> tuple[Array, BoolArray]:
    """Return labels as an array of text or of numbers, and where they are missing.

    NaN, inf and None are missing.

    Raises
    ------
    TypeError
        If they are neither text nor numbers, or both.
    """
    check_given(y, "labels")
    labels = to_labels(y, name="y")
    if labels.dtype.kind != "O":
        missing = ~np.isfinite(labels) if labels.dtype.kind == "f" else np.zeros(labels.shape, bool)
        return labels, missing
    missing = is_missing(labels)
    kinds = {_kind(label) for label in labels[~missing]}
    if kinds - {"text", "number"} or len(kinds) > 1:
        raise errors.type_error(
            "The labels in y are of several kinds.",
            given=" and ".join(sorted(kinds)),
            expected="text or numbers, not both",
            todo="convert them, e.g. with y.astype(str).",
        )
    known = np.asarray(labels[~missing].tolist())
    out = np.zeros(labels.shape, dtype=known.dtype)
    out[~missing] = known
    return out, missing


def read_classes(y: ArrayLike, n_classes: Any) -> Array:
    """Return the sorted distinct labels, (K,).

    Raises
    ------
    ValueError
        If there are not ``n_classes`` of them (None: at least two), or y looks continuous.
    """
    labels, missing = read_labels(y)
    found = np.unique(labels[~missing])
    wanted = read_n_classes(n_classes)
    if found.dtype.kind == "f" and (found != np.round(found)).any() and len(found) != wanted:
        raise errors.value_error(
            "Unknown label type: continuous.",
            given=f"{len(found)} distinct values such as {found[:3].tolist()}",
            expected="labels of classes",
            todo="use GLM for a response that is a number.",
        )
    if len(found) != wanted if wanted is not None else len(found) < 2:
        raise errors.value_error(
            f"y has {len(found)} distinct label(s); a classifier needs one per class.",
            given=f"{_listed(found)}, only one class"
            if len(found) == 1
            else f"labels {_listed(found)}",
            expected="at least 2 classes" if wanted is None else f"n_classes={wanted} labels",
            todo="set n_classes to the number of labels (None counts them), or pass data in which "
            "each class occurs.",
        )
    return found


def read_n_classes(n_classes: Any) -> int | None:
    """Return the number of classes as an int, None where the labels decide.

    Raises
    ------
    ValueError
        If it is no whole number of at least 2.
    """
    if n_classes is None:
        return None
    number = np.asarray(n_classes)
    is_number = number.dtype.kind in "iuf" and number.size == 1
    if not is_number or not (number >= 2 and float(number.item()).is_integer()):
        raise errors.value_error(
            "n_classes cannot be used.",
            given=repr(n_classes),
            expected="an integer >= 2, or None to count the labels",
        )
    return int(number.item())


def encode(y: ArrayLike, classes: Array) -> IntArray:
    """Return for each label its place in ``classes``, -1 where it is missing.

    Raises
    ------
    ValueError
        For a label that is no class.
    """
    labels, missing = read_labels(y)
    codes = np.full(labels.shape, -1, dtype=np.intp)
    codes[~missing], is_known = places_among(classes, labels[~missing])
    if not is_known.all():
        raise _unseen(labels[~missing][~is_known], classes)
    return codes


def decode(codes: IntArray, classes: Array) -> Array:
    """Return the labels of codes; a gap is NaN among numbers and None among text."""
    gap = codes < 0
    labels = classes[np.maximum(codes, 0)]
    if not gap.any():
        return labels
    labels = labels.astype(object if labels.dtype.kind in "US" else np.float64)
    labels[gap] = None if labels.dtype == object else np.nan
    return labels


def _unseen(labels: Array, classes: Array) -> ValueError:
    return errors.value_error(
        "y has labels that are no classes of this model.",
        given=_listed(np.unique(labels)),
        expected=f"labels among {_listed(classes)}",
        todo="fit the model (or call set_classes) with all labels.",
    )


def _listed(labels: Array) -> str:
    return errors.listed(map(repr, labels.tolist()))


def _kind(label: Any) -> str:
    if isinstance(label, str):
        return "text"
    return (
        "number" if np.ndim(label) == 0 and isinstance(label, (int, float, np.number)) else "object"
    )
