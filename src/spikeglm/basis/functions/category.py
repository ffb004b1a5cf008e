"""One function per category: which of some labels a sample has."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ... import errors, notices, showing
from ...io.interop.category_labels import to_labels
from ...typing import Array, ArrayLike, FloatArray, IntArray
from ..terms.eval_term import Eval
from ..terms.family import Family
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter

_MOST = 10**7  # categories: the features of one row would fill 80 MB
_OTHER = -1  # the sample of a label that is none of the categories


@dataclass(frozen=True, eq=False)
class Indicators(Family):
    """Function j is one where the label is category j, and zero elsewhere.

    Labels become samples when they are read: j for category j, -1 for any other label.
    """

    categories: Any
    out_of_category: bool = True
    scales: ClassVar[bool] = False
    kind: ClassVar[str] = "category"

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        object.__setattr__(self, "categories", checked_categories(self.categories))
        if not isinstance(self.out_of_category, bool | np.bool_):
            raise errors.type_error(
                "out_of_category says whether other labels are allowed.",
                given=f"out_of_category={self.out_of_category!r}",
                expected="True or False",
            )

    @property
    def n_basis_funcs(self) -> int:
        """b, the number of categories."""
        return len(self.categories)

    def read(self, x: ArrayLike, *, name: str) -> Array:
        """Return the samples (T, ...) of labels (T, ...).

        Raises
        ------
        TypeError
            The input is neither text nor numbers.
        ValueError
            A label is none of the categories, and other labels are not allowed.
        """
        labels = to_labels(x, name=name)
        self._warn_of_kind(labels, name)
        samples = _positions(labels, self.categories)
        unknown = samples == _OTHER
        if not self.out_of_category and unknown.any():
            first = list(dict.fromkeys(np.atleast_1d(labels[unknown]).tolist()))[:5]
            raise errors.value_error(
                f"{name} has labels that are none of the categories.",
                given=f"{', '.join(map(repr, first))} ({unknown.sum()} samples)",
                expected=f"one of {', '.join(map(repr, self.categories.tolist()))}",
                todo="Add them to the categories, or let out_of_category=True give them zeros.",
            )
        return samples

    def _warn_of_kind(self, labels: Array, name: str) -> None:
        """Tell of text where categories are numbers, or the reverse: "1" is never 1."""
        kinds = [each.dtype.kind == "U" for each in (labels, self.categories)]
        is_known = labels.dtype == object or kinds[0] == kinds[1]
        if is_known or not (labels.size and self.categories.size):
            return
        given, expected = ("text" if is_text else "numbers" for is_text in kinds)
        notices.warn(
            f"{name} has no label that is a category. Given: {given}, such as "
            f"{labels.ravel()[:1].tolist()[0]!r}. Expected: {expected}, such as "
            f"{self.categories.tolist()[0]!r}. What to do: convert them, with "
            f".astype({'str' if kinds[1] else 'float'})."
        )

    def grid(self, low: float, high: float, n: int) -> tuple[Array, Array]:
        """Return all categories, and their samples; ValueError for another number of points."""
        if n != self.n_basis_funcs:
            raise errors.value_error(
                "The grid of a categorical variable is its categories.",
                given=f"{n} points",
                expected=f"{self.n_basis_funcs} points",
            )
        return self.categories, np.arange(n)

    def grid_size(self, n: int) -> int:
        """Return the number of categories, however many are wanted."""
        return self.n_basis_funcs

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b)."""
        return (u[0][..., None] == np.arange(self.n_basis_funcs)).astype(np.float64)


def checked_categories(categories: Any) -> Array:
    """Return the labels, sorted: those of an array or list, or 0 .. m-1 for an int m.

    Raises
    ------
    TypeError
        Neither a whole number nor a list of text or numbers.
    ValueError
        A negative number, or labels that repeat, are NaN or not in one row.
    """
    if not isinstance(categories, list | tuple) and np.ndim(categories) == 0:
        return np.arange(_checked_number(categories))
    labels = to_labels(categories, name="categories")
    if labels.dtype == object:
        labels = to_labels(labels.tolist(), name="categories")
    if labels.dtype == object:
        raise errors.type_error(
            "Categories are labels.", given=repr(categories), expected="strings or numbers"
        )
    found = np.unique(labels)
    if labels.ndim != 1 or len(found) < len(labels) or (found != found).any():
        raise errors.value_error(
            "Each category is named once.",
            given=f"categories={categories!r}",
            expected="different labels in one list, or their number",
        )
    return found


def _checked_number(categories: Any) -> int:
    try:
        number = operator.index(categories)
    except TypeError:
        raise errors.type_error(
            "These are no categories.",
            given=f"categories={categories!r}",
            expected="a list of labels, or a whole number m for the labels 0 .. m-1",
        ) from None
    if not 0 <= number <= _MOST:
        raise errors.value_error(
            "There cannot be so many categories, or fewer than none.",
            given=number,
            expected=f"a number from 0 to {_MOST}",
        )
    return number


def _positions(labels: Array, categories: Array) -> IntArray:
    """Where each label stands in the sorted categories; -1 for labels that are not there."""
    if labels.dtype == object:
        return _positions_of_objects(labels, categories)
    if (labels.dtype.kind == "U") != (categories.dtype.kind == "U") or not len(categories):
        return np.full(labels.shape, _OTHER)
    nearest = np.searchsorted(categories, labels).clip(max=len(categories) - 1)
    return np.where(categories[nearest] == labels, nearest, _OTHER)


def _positions_of_objects(labels: Array, categories: Array) -> IntArray:
    """One by one: text beside numbers and gaps, as pandas keeps it."""
    known = {label: position for position, label in enumerate(categories.tolist())}
    as_text = categories.dtype.kind == "U"
    found = [known.get(str(x) if as_text else x, _OTHER) for x in labels.ravel().tolist()]
    return np.array(found, dtype=np.intp).reshape(labels.shape)


class Category(Basis):
    """Which of some categories a sample belongs to: one feature of zeros and ones per category.

    Parameters
    ----------
    categories : int or list of labels
        The labels, strings or numbers; m stands for 0 .. m-1. They are kept sorted.
    out_of_category :
        Whether other labels (and NaN) are allowed: True gives them zeros, False refuses them.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S labels per time bin gives features (T, S * b), b categories in
    sorted order. The features of known labels sum to one, as the intercept does:
    :mod:`spikeglm.identifiability_constraints` leaves one of them out. Agresti, Foundations of
    Linear and Generalized Linear Models (2015), section 1.1.

    Raises
    ------
    TypeError
        Categories that are no labels; ``out_of_category`` that is not a bool.
    ValueError
        Categories that repeat, or a negative number of them.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> nmo.basis.Category(["right", "left"]).compute_features(["left", "right", "up"])
    array([[1., 0.],
           [0., 1.],
           [0., 0.]])
    """

    categories = Parameter()
    out_of_category = Parameter()

    def __init__(
        self, categories: Any, out_of_category: bool = True, label: str | None = None
    ) -> None:
        self._begin(Eval(Indicators(categories, out_of_category)), label)

    @property
    def bounds(self) -> Any:
        """Labels have no bounds: AttributeError."""
        raise AttributeError("Category has no bounds: its categories say which labels it takes.")
