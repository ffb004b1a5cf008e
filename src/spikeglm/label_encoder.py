"""Class labels and their numbers: what a classifier is told, and what it computes with."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from . import errors
from .typing import Array, ArrayLike, BoolArray, IntArray


class LabelEncoder:
    """Numbers 0 to K - 1 for the K labels of a classifier, in sorted order.

    Shapes: labels (T,) or (T, N), of any NumPy type that can be sorted; numbers of the same shape.

    Parameters
    ----------
    n_classes :
        K, the number of labels that there must be.

    Attributes
    ----------
    classes_ :
        (K,) the labels, sorted; None before :meth:`set_classes`.

    Examples
    --------
    >>> import numpy as np
    >>> encoder = LabelEncoder(2).set_classes(np.array(["right", "left", "left"]))
    >>> encoder.encode(np.array(["left", "right"]))
    array([0, 1])
    >>> encoder.decode(np.array([1, 1]))
    array(['right', 'right'], dtype='<U5')
    """

    def __init__(self, n_classes: int) -> None:
        self._n_classes = n_classes
        self._classes: Array | None = None

    @property
    def n_classes(self) -> int:
        """K; setting it forgets the labels."""
        return self._n_classes

    @n_classes.setter
    def n_classes(self, value: int) -> None:
        self._n_classes = value
        self._classes = None

    @property
    def classes_(self) -> Array | None:
        """(K,) the labels, sorted; None before they are set. Setting None forgets them."""
        return self._classes

    @classes_.setter
    def classes_(self, labels: ArrayLike | None) -> None:
        self._classes = None
        if labels is not None:
            self.set_classes(labels)

    def set_classes(self, labels: ArrayLike) -> Self:
        """Find the labels in an array that has all of them.

        Raises
        ------
        ValueError
            If there are more or fewer than ``n_classes``.

        Examples
        --------
        >>> LabelEncoder(2).set_classes(["right", "left", "left"]).classes_
        array(['left', 'right'], dtype='<U5')
        """
        found = np.unique(np.asarray(labels))
        if len(found) != self._n_classes:
            raise errors.value_error(
                "The number of labels is not the number of classes.",
                given=f"{len(found)} different labels, n_classes={self._n_classes}",
                expected=f"exactly {self._n_classes} different labels",
                todo="pass an array with every label at least once, or change n_classes.",
            )
        self._classes = found
        return self

    def encode(self, labels: ArrayLike, safe: bool = True) -> Array:
        """Return the numbers of labels; labels that are 0 to K - 1 already are returned as given.

        Parameters
        ----------
        labels :
            (T,) or (T, N).
        safe :
            Whether to check them; unchecked, an unknown label gets any number.

        Raises
        ------
        RuntimeError
            Before :meth:`set_classes`.
        ValueError
            For a label that is none of ``classes_``.

        Examples
        --------
        >>> encoder = LabelEncoder(2).set_classes(["right", "left", "left"])
        >>> encoder.encode(["left", "right"])
        array([0, 1])
        """
        classes = self._known_classes("encode")
        values = np.asarray(labels)
        numbers, is_known = places_among(classes, values)
        if safe:
            self._refuse_unknown(values[~is_known])
        return labels if self._is_plain() else numbers

    def decode(self, numbers: IntArray) -> Array:
        """Return the labels of numbers 0 to K - 1.

        Raises
        ------
        RuntimeError
            Before :meth:`set_classes`.

        Examples
        --------
        >>> encoder = LabelEncoder(2).set_classes(["right", "left", "left"])
        >>> encoder.decode([1, 0])
        array(['right', 'left'], dtype='<U5')
        """
        return self._known_classes("decode")[np.asarray(numbers)]

    def reset(self) -> None:
        """Forget the labels.

        >>> encoder = LabelEncoder(2).set_classes(["right", "left"])
        >>> encoder.reset()
        >>> encoder.classes_ is None
        True
        """
        self._classes = None

    def check_classes_is_set(self, method_name: str) -> None:
        """Raise a RuntimeError that names the method if the labels are not known yet.

        >>> LabelEncoder(2).check_classes_is_set("decode")
        Traceback (most recent call last):
            ...
        RuntimeError: The labels are not known yet. Given: a call of decode. Expected: classes_. ...
        """
        self._known_classes(method_name)

    def __eq__(self, other: object) -> bool:
        """Whether the other has the same labels."""
        if not isinstance(other, LabelEncoder):
            return NotImplemented
        if self._classes is None or other._classes is None:
            same = self._classes is other._classes
        else:
            same = np.array_equal(self._classes, other._classes)
        return self._n_classes == other._n_classes and same

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"LabelEncoder(n_classes={self._n_classes}, classes_={self._classes})"

    def _is_plain(self) -> bool:
        classes = self._known_classes("encode")
        return classes.dtype.kind in "biuf" and np.array_equal(classes, np.arange(len(classes)))

    def _known_classes(self, method_name: str) -> Array:
        if self._classes is None:
            raise RuntimeError(
                f"The labels are not known yet. Given: a call of {method_name}. "
                "Expected: classes_. What to do: call set_classes(labels) first."
            )
        return self._classes

    def _refuse_unknown(self, unknown: Array) -> None:
        if unknown.size:
            first: list[Any] = np.unique(unknown)[:5].tolist()
            raise errors.value_error(
                "There are labels that are none of the classes.",
                given=", ".join(map(repr, first)),
                expected=f"one of {self._known_classes('encode')[:20].tolist()}",
                todo="call set_classes with all labels, or drop these samples.",
            )


def places_among(classes: Array, labels: Array) -> tuple[IntArray, BoolArray]:
    """Return the place of each label among sorted classes (K,), and whether it is one of them.

    Text is no number: it is never one of classes that are numbers, nor the other way round.

    >>> places_among(np.array(["a", "b"]), np.array(["b", "c"]))
    (array([1, 1]), array([ True, False]))
    """
    if (labels.dtype.kind in "US") != (classes.dtype.kind in "US"):
        return np.zeros(labels.shape, dtype=np.intp), np.zeros(labels.shape, dtype=bool)
    places = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    return places, classes[places] == labels
