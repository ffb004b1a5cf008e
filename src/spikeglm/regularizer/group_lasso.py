"""The penalty on norms of groups of coefficients, and its penalty object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .. import errors, notices, showing
from ..io.interop.trees import flatten, is_tree
from ..typing import Array, ArrayLike, FloatArray, IntArray
from .base import Regularizer, check_sizes, numbers_of
from .group_norms import GroupNorms

_BY_TERM = ("terms", "channels")


class Columns(Protocol):
    """What groups are made of: columns ``start:stop`` that belong together."""

    label: str
    start: int
    stop: int

    @property
    def n_channels(self) -> int:
        """How often the same functions stand side by side."""


@dataclass(frozen=True, eq=False)
class GroupLasso(Regularizer):
    """Group lasso: sum_g λ_g √p_g |w_g|, Euclidean norms of groups of p_g coefficients.

    A group is kept or dropped as a whole: all its coefficients are exactly zero, or none is. With
    the functions of a basis as a group, that selects variables and not bumps. Coefficients outside
    of all groups are not penalised.

    The norm is that of the coefficients in the user's units, as those of ``Ridge`` and ``Lasso``
    are: a speed in m/s has a coefficient a hundred times that in cm/s, pays a hundred times as
    much, and is dropped sooner. Functions of a basis are about as large as each other whatever
    their variable is measured in; other features should be divided by their standard deviation
    first, or get a strength of their own, ``{"speed": 0.1, "place": 1.0}``.

    ``regularizer_strength`` is a number, or one per group; for a population also (1, n_neurons) or
    (n_groups, n_neurons).

    Parameters
    ----------
    mask :
        (n_groups, n_features) of 0 and 1, rows being groups; for a population the same groups for
        every neuron. (n_groups, n_features, n_neurons) gives neurons groups of their own, each
        within one neuron. For a dict or list of tables as X, the same tree of masks with equal
        n_groups. ``"terms"`` makes each term of a design a group (selects variables) and
        ``"channels"`` each input channel of each term (selects connections); a strength may then be
        a dict by the labels of terms. None is one group of all features of a table, with a warning.

    Raises
    ------
    TypeError
        If the mask is not numeric.
    ValueError
        If it has fewer than two dimensions, other values than 0 and 1, no 1 at all, or a
        coefficient in two groups.

    References
    ----------
    Yuan & Lin (2006), J R Stat Soc B 68:49-67, eq. 2.1 with K_j = p_j 1.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 4))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] - 0.5 * X[:, 1] - 1))
    >>> groups = nmo.regularizer.GroupLasso([[1, 1, 0, 0], [0, 0, 1, 1]])
    >>> nmo.GLM(regularizer=groups, regularizer_strength=0.05).fit(X, y).coef_.round(2)
    array([ 0.43, -0.36,  0.  ,  0.  ])
    """

    mask: ArrayLike | str | None = None

    __repr__ = showing.of_fields
    default_strength = 1.0
    default_solver = "ProximalNewton"
    allowed_solvers = ("ProximalGradient", "ProxSVRG", "ProximalNewton")

    def __post_init__(self) -> None:
        if self.mask is None:
            return
        if isinstance(self.mask, str):
            if self.mask not in _BY_TERM:
                raise errors.unknown_name("choice of groups", self.mask, list(_BY_TERM))
            return
        leaves = flatten(self.mask, name="mask")[0] if is_tree(self.mask) else [self.mask]
        leaves = [_checked(leaf) for leaf in leaves]
        if any(leaf.shape[1] for leaf in leaves) and not any(leaf.any() for leaf in leaves):
            raise errors.value_error(
                "The mask of a group lasso is empty.",
                given="zeros only",
                expected="(n_groups, n_features) with a 1 where a feature belongs to a group",
            )

    def replaced(self, **changes: Any) -> GroupLasso:
        """Return a copy with some arguments changed.

        >>> GroupLasso([[1, 1, 0], [0, 0, 1]]).replaced(mask=[[1, 1, 1]])
        GroupLasso(mask=[[1, 1, 1]])
        """
        return type(self)(**({"mask": self.mask} | changes))

    @property
    def is_by_term(self) -> bool:
        """Whether groups are terms of a design, or channels of them."""
        return isinstance(self.mask, str)

    def on_terms(self, terms: Sequence[Columns]) -> tuple[GroupLasso, tuple[str, ...]]:
        """Return the same with a mask for these terms, and the label of the term of each group.

        >>> import spikeglm as nmo
        >>> basis = nmo.basis.HistoryConv(2, label="past") + nmo.basis.BSplineEval(4, label="x")
        >>> terms = basis.design([[0.0, 1.0], [2.0, 1.0]], [0.0, 1.0]).terms
        >>> groups, labels = GroupLasso("channels").on_terms(terms)
        >>> labels, groups.mask.astype(int)
        (('past', 'past', 'x'), array([[1, 1, 0, 0, 0, 0, 0, 0],
               [0, 0, 1, 1, 0, 0, 0, 0],
               [0, 0, 0, 0, 1, 1, 1, 1]]))
        """
        per_group = [
            (term.label, part)
            for term in terms
            for part in np.array_split(
                np.arange(term.start, term.stop), term.n_channels if self.mask == "channels" else 1
            )
        ]
        mask = np.zeros((len(per_group), max(term.stop for term in terms)))
        for g, (_, columns) in enumerate(per_group):
            mask[g, columns] = 1
        return GroupLasso(mask), tuple(label for label, _ in per_group)

    def on_leaves(self, sizes: Sequence[int], masks: Sequence[Array] | None) -> GroupLasso:
        """Return the same for the leaves of a tree side by side.

        Parameters
        ----------
        sizes :
            Number of features of each leaf.
        masks :
            (n_groups, size, ...) for each leaf, or None for one group per leaf, with a warning.

        Raises
        ------
        ValueError
            If leaves differ in their number of groups, or a mask does not fit its leaf.

        >>> import numpy as np
        >>> joint = GroupLasso().on_leaves([1, 2], [np.ones((1, 1)), np.ones((1, 2))])
        >>> joint.mask
        array([[1., 1., 1.]])
        """
        if masks is None:
            return GroupLasso(_one_group_each(sizes))
        masks = [_checked(mask) for mask in masks]
        shapes = [mask.shape for mask in masks]
        if len({len(mask) for mask in masks}) > 1 or [s[1] for s in shapes] != list(sizes):
            raise errors.value_error(
                "The masks of a group lasso do not fit the features.",
                given=f"masks of shapes {shapes}",
                expected=f"one number of groups, and {list(sizes)} features",
                todo="give every leaf all groups; a group that has none of its features is a row "
                "of zeros there.",
            )
        return GroupLasso(np.concatenate(masks, axis=1))

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> GroupLassoPenalty:
        """Return the penalty for coefficients (p, C).

        Raises
        ------
        TypeError
            If the strength is not numeric.
        ValueError
            If the mask or the strength does not fit, or a group spans several neurons.
        """
        p, n_columns = shape
        if self.is_by_term:
            raise errors.value_error(
                "The groups of a group lasso are not known yet.",
                given=f"GroupLasso({self.mask!r})",
                expected="terms",
                todo="fit a model with it to basis.design(...), which knows its terms.",
            )
        mask = _checked(_one_group_each([p]) if self.mask is None else self.mask)
        if mask.shape[1:] not in {(p,), (p, n_columns)}:
            raise errors.value_error(
                "The mask of a group lasso does not fit the coefficients.",
                given=f"shape {mask.shape}",
                expected=f"(n_groups, {p}) or (n_groups, {p}, {n_columns})",
            )
        if mask.ndim == 3:
            _within_neurons(mask)
        mask = np.broadcast_to(mask if mask.ndim == 3 else mask[:, :, None], (len(mask), *shape))
        sizes = mask.sum(axis=1)
        group = np.where(mask.any(axis=0), mask.argmax(axis=0), -1)
        weight = _strengths(strength, len(mask), n_columns) * np.sqrt(sizes)
        return GroupLassoPenalty(GroupNorms(group.T, weight.T, np.ones((n_columns, p))))

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return the number of coefficients that are not zero, as NeMoS does."""
        return np.count_nonzero(coef, axis=0).astype(float)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"mask": self.mask}


@dataclass(frozen=True, eq=False)
class GroupLassoPenalty:
    """The weighted norms of groups, of coefficients in the user's scale."""

    norms: GroupNorms
    is_smooth = False

    def take(self, columns: IntArray) -> GroupLassoPenalty:
        """Keep only some columns."""
        return GroupLassoPenalty(self.norms.take(columns))

    def times(self, factor: FloatArray) -> GroupLassoPenalty:
        """Return the penalty with each column's strengths multiplied, (C,)."""
        return GroupLassoPenalty(self.norms.times(factor))

    def value(self, W: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,)."""
        return self.norms.value(W.T)

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return zeros: no part is smooth at zero."""
        return np.zeros_like(W)

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return zeros, (p, C)."""
        return np.zeros(shape)

    def kinks(self, unit: FloatArray, n_columns: int) -> GroupNorms:
        """Return the norms as a function of z with w = unit z; unit is (p,)."""
        return self.norms.in_units(unit)

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Shorten each group by step · weight, and stop at zero, (p, C); step is one or (1, C)."""
        return self.norms.prox(W.T, np.broadcast_to(step, (1, W.shape[1])).T).T


def _checked(mask: ArrayLike) -> Array:
    """Return a mask as an array of 0 and 1, no coefficient in two groups."""
    expected = "(n_groups, n_features) of 0 and 1"
    values = numbers_of(mask, name="The mask of a group lasso", expected=expected)
    if values.ndim < 2:
        raise errors.value_error(
            "The mask of a group lasso has too few dimensions.",
            given=f"shape {values.shape}",
            expected="(n_groups, n_features), or (n_groups, n_features, n_neurons)",
            todo="a single group is mask[None, :].",
        )
    if not np.isin(values, (0, 1)).all():
        raise errors.value_error(
            "The mask of a group lasso must contain only 0 and 1.",
            given=f"values such as {np.unique(values)[:4]}",
            expected="1 where a feature belongs to a group",
        )
    if (values.sum(axis=0) > 1).any():
        raise errors.value_error(
            "A coefficient is in more than one group.",
            given=f"feature {np.argwhere(values.sum(axis=0) > 1)[0, 0]} in several groups",
            expected="groups that do not overlap",
        )
    return values


def _within_neurons(mask: Array) -> None:
    """Check that no group of a mask (n_groups, p, N) spans several neurons."""
    spans = np.flatnonzero(mask.any(axis=1).sum(axis=1) > 1)
    if len(spans):
        raise errors.value_error(
            "A group of coefficients spans several neurons.",
            given=f"group {spans[0]} with features of {mask[spans[0]].any(axis=0).sum()} neurons",
            expected="groups within one neuron: neurons are fitted side by side",
            todo="pass a mask (n_groups, n_features) to give every neuron these groups.",
        )


def _strengths(strength: ArrayLike, n_groups: int, n_columns: int) -> FloatArray:
    """Return a strength per group and column, (n_groups, C)."""
    expected = f"a number, or {n_groups} numbers, one per group"
    values = numbers_of(strength, name="regularizer_strength", expected=expected)
    check_sizes(values, strength)
    if values.ndim == 1:
        values = values[:, None] if len(values) == n_groups else values[None, :, None]
    if values.ndim > 2 or not set(values.shape) <= {1, n_groups, n_columns}:
        raise _unfit(strength, n_groups, n_columns)
    try:
        return np.broadcast_to(values, (n_groups, n_columns))
    except ValueError as error:
        raise _unfit(strength, n_groups, n_columns) from error


def _unfit(strength: ArrayLike, n_groups: int, n_columns: int) -> ValueError:
    return errors.value_error(
        "regularizer_strength does not fit the groups.",
        given=f"an array of shape {np.shape(strength)}",
        expected=f"a number, ({n_groups},), (1, {n_columns}) or ({n_groups}, {n_columns})",
    )


def _one_group_each(sizes: Sequence[int]) -> Array:
    """Return a mask (n_leaves, p) with one group per leaf, and say so."""
    notices.warn(
        "GroupLasso has no mask: all coefficients of a neuron"
        + (" in a leaf of X" if len(sizes) > 1 else "")
        + " are one group. What to do: pass GroupLasso(mask) with a row per group."
    )
    edges = np.append(0, np.cumsum(sizes))
    place = np.arange(edges[-1])
    return ((place >= edges[:-1, None]) & (place < edges[1:, None])).astype(float)
