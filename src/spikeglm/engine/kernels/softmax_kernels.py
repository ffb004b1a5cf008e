"""What K classes of each neuron contribute on a block of rows.

Classes are columns: column k·A + a is class k of neuron a (A neurons), so that the products of
:mod:`~spikeglm.engine.kernels.loss_kernels` serve them as they serve neurons. What couples them is
here: with p_k = e^eta_k / sum_j e^eta_j and one-hot y,

    l = -sum_k y_k log p_k      dl/deta_k = p_k - y_k      d²l/deta_k deta_j = p_k (1[k=j] - p_j)

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 4.3.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, NamedTuple

import numpy as np

from ...typing import Array, FloatArray, IntArray, Namespace
from ..columns import ColumnBlock
from . import loss_kernels
from .loss_kernels import InformationSums


@dataclass(frozen=True)
class Softmax:
    """The loss of K class columns per neuron; arrays are (B, K·A), results too.

    A column's value is its share of the loss: that of a neuron is the sum over its classes.

    >>> import numpy as np
    >>> value, slope = Softmax(2).value_and_slope(np.zeros((1, 2)), np.array([[1.0, 0.0]]))
    >>> value.round(3), slope
    (array([[0.693, 0.   ]]), array([[-0.5,  0.5]]))
    """

    n_classes: int

    by_column: ClassVar[None] = None  # no class has a scale
    estimates_scale: ClassVar[bool] = False

    @property
    def family(self) -> Softmax:
        """Itself: columns share everything."""
        return self

    def take(self, columns: IntArray) -> Softmax:
        """Return itself, for whole classes of some neurons."""
        return self

    def value(self, eta: Array, y: Array, xp: Namespace = np) -> Array:
        """Return -y_k log p_k."""
        shifted, _, total = self._shifted(eta, xp)
        return self._value(shifted, total, y, xp)

    def value_and_slope(self, eta: Array, y: Array, xp: Namespace = np) -> tuple[Array, Array]:
        """Return -y_k log p_k, and the derivative of the neuron's loss, p_k - y_k."""
        shifted, powers, total = self._shifted(eta, xp)
        p = xp.concatenate([power / total for power in powers], axis=1)
        return self._value(shifted, total, y, xp), p - y

    def fisher(self, eta: Array, xp: Namespace = np) -> Array:
        """Return p_k (1 - p_k), the curvature along one class."""
        p = xp.concatenate(self.probabilities(eta, xp), axis=1)
        return p * (1.0 - p)

    def probabilities(self, eta: Array, xp: Namespace = np) -> list[Array]:
        """Return p_k, (B, A) for each of the K classes."""
        _, powers, total = self._shifted(eta, xp)
        return [power / total for power in powers]

    @property
    def takes_counts(self) -> bool:
        """No: labels are not counted."""
        return False

    def check_response(self, y: Array) -> None:
        """Do nothing: labels are checked where they are read."""

    def classes(self, columns: Array) -> list[Array]:
        """Return the columns (B, A) of each of the K classes."""
        width = columns.shape[1] // self.n_classes
        return [columns[:, k * width : (k + 1) * width] for k in range(self.n_classes)]

    def _shifted(self, eta: Array, xp: Namespace) -> tuple[list[Array], list[Array], Array]:
        """Return eta - max eta and its exponential per class, and their sum over the classes."""
        # One class after the other: NumPy is slow along an axis of three.
        parts = self.classes(eta)
        top = reduce(xp.maximum, parts)
        shifted = [part - top for part in parts]
        powers = [xp.exp(part) for part in shifted]
        return shifted, powers, reduce(xp.add, powers)

    def _value(self, shifted: list[Array], total: Array, y: Array, xp: Namespace) -> Array:
        log_total = xp.log(total)
        pairs = zip(self.classes(y), shifted, strict=True)
        return xp.concatenate([of_y * (log_total - part) for of_y, part in pairs], axis=1)


class Entries(NamedTuple):
    """Some parameters of one neuron: (k,) features and classes; feature p is the intercept."""

    features: IntArray
    classes: IntArray


def curvature_on(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    entries: Sequence[Entries],
    centre: FloatArray,
    unit: FloatArray,
) -> InformationSums:
    """Sum the second derivatives by some parameters of each neuron, (A, k, k).

    Features are standardised, z = (x - centre) * unit, and smaller sets padded in front of their
    last entry. With q_i = z_i p_c(i) the sum is that of 1[c(i) = c(j)] z_i q_j - q_i q_j.
    """
    likelihood: Softmax = block.likelihood  # type: ignore[assignment]
    p = likelihood.probabilities(loss_kernels.linear_predictor(X, block, W, b, xp), xp)
    ones = xp.ones((X.shape[0], 1), dtype=X.dtype)
    z = xp.concatenate([(X - centre) * unit, ones], axis=1)
    size = max(len(entry.features) for entry in entries)
    parts = []
    for a, entry in enumerate(entries):
        z_a = z[:, entry.features]
        q = z_a * xp.stack([p[k][:, a] for k in entry.classes], axis=1)
        weighted = q if block.weights is None else q * _row_weight(block.weights, a)
        same = entry.classes[:, None] == entry.classes
        parts.append(_padded(xp.where(same, z_a.T @ weighted, 0.0) - q.T @ weighted, size, xp))
    return InformationSums(xp.stack(parts))


def _row_weight(weights: FloatArray, neuron: int) -> FloatArray:
    return weights if weights.shape[1] == 1 else weights[:, neuron, None]


def _padded(H: FloatArray, size: int, xp: Namespace) -> FloatArray:
    """Return (size, size) with zeros in front of the last row and column."""
    k, gap = len(H) - 1, size - len(H)
    rows = xp.concatenate([H[:k], xp.zeros((gap, k + 1)), H[k:]], axis=0)
    return xp.concatenate([rows[:, :k], xp.zeros((size, gap)), rows[:, k:]], axis=1)
