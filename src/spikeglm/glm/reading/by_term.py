"""Masks and strengths by the labels of terms, and by the names of channels and neurons.

``{"coupling": "own"}`` becomes one number per coefficient here; behind this page nobody knows that
it was said in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ... import errors
from ...io.interop.timeseries import to_array
from ...regularizer.bounded import checked_pair, fitted
from ...rows.terms import Term
from ...typing import Array, BoolArray, FloatArray
from .feature_tree import Layout

Neurons: TypeAlias = tuple[Sequence[Any] | None, int] | None
_OWN, _OTHERS = "own", "others"
_CHOICES = "True, False, 'own', 'others', a list of channels, or an array of 0 and 1"


def is_by_term(values: Any, layout: Layout) -> bool:
    """Tell whether a mask or a strength is a dict with labels of terms as keys.

    A dict that is structured like a tree X, with numbers for every leaf, belongs to its leaves.
    """
    if not isinstance(values, Mapping):
        return False
    structure = layout.structure
    if structure is None:
        return True
    if set(values) == set(structure.keys) and not any(map(_is_said, values.values())):
        return False
    return set(values) <= {term.label for term in layout.terms}


def mask_by_term(
    choices: Mapping[str, Any],
    layout: Layout,
    shape: tuple[int, ...],
    neurons: Neurons,
) -> BoolArray:
    """Return a mask of the shape of ``coef_``; terms that are not mentioned are used.

    Parameters
    ----------
    choices :
        By label: True or False; the names of the channels that are used; ``"own"``, for each
        neuron the channel that is called as it is, or ``"others"``, all but that; or an array of 0
        and 1 of the shape of the term's coefficients.
    layout, shape :
        The terms, and the shape of ``coef_``.
    neurons :
        The names of the neurons of y, None where it has none, and their number; None for a single
        one.

    Raises
    ------
    ValueError, TypeError
        If a label, a channel or a word is unknown, or an array does not fit.
    """
    terms = _known(choices, layout, "feature_mask")
    mask = np.ones(shape, dtype=bool)
    for label, choice in choices.items():
        term = terms[label]
        rows = _chosen(choice, term, shape[1:], neurons)
        mask[term.columns] = rows
    return mask


def strength_by_term(
    strengths: Mapping[str, Any], layout: Layout, shape: tuple[int, ...]
) -> FloatArray:
    """Return a strength per coefficient, of the shape of ``coef_``.

    Raises
    ------
    ValueError, TypeError
        If a label is unknown or missing, or a strength does not fit its term.
    """
    terms = _complete(strengths, layout)
    out = np.empty(shape)
    for label, value in strengths.items():
        columns = terms[label].columns
        name = f"regularizer_strength[{label!r}]"
        out[columns] = _fitted(value, (columns.stop - columns.start, *shape[1:]), name)
    return out


def strength_by_group(
    strengths: Mapping[str, Any], layout: Layout, labels: Sequence[str]
) -> FloatArray:
    """Return a strength per group, (G,) or (G, N), given the label of the term of each.

    Raises
    ------
    ValueError, TypeError
        As :func:`strength_by_term`.
    """
    _complete(strengths, layout)
    values = {
        label: to_array(value, name=f"regularizer_strength[{label!r}]")
        for label, value in strengths.items()
    }
    return np.stack(np.broadcast_arrays(*(values[label] for label in labels)))


def bounds_of(bounds: Any, layout: Layout, shape: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper bounds (p, N) of coefficients: a pair for all, or pairs by label.

    Raises
    ------
    ValueError, TypeError
        If a label is unknown, or a bound does not fit its coefficients.
    """
    if not isinstance(bounds, Mapping):
        low, high = (fitted(bound, shape) for bound in checked_pair(bounds))
        return low, high
    terms = _known(bounds, layout, "bounds")
    low, high = np.full(shape, -np.inf), np.full(shape, np.inf)
    for label, pair in bounds.items():
        columns = terms[label].columns
        of_term = columns.stop - columns.start, shape[1]
        low[columns], high[columns] = (fitted(bound, of_term) for bound in checked_pair(pair))
    return low, high


def labelled(layout: Layout, name: str) -> dict[str, Term]:
    """Return the terms by their labels.

    Raises
    ------
    TypeError
        If there are no labels.
    """
    found = {term.label: term for term in layout.terms if term.label}
    if not found:
        raise errors.type_error(
            f"{name} is by term, and the columns of X have no terms.",
            given="a plain table",
            expected="columns that belong to labelled terms",
            todo="fit to basis.design(...), or say what the columns are: fit(X, y, terms=basis).",
        )
    return found


def _known(values: Mapping[str, Any], layout: Layout, name: str) -> dict[str, Term]:
    terms = labelled(layout, name)
    for label in values:
        if label not in terms:
            raise errors.unknown_name(f"term in {name}", label, list(terms))
    return terms


def _complete(strengths: Mapping[str, Any], layout: Layout) -> dict[str, Term]:
    terms = _known(strengths, layout, "regularizer_strength")
    missing = [label for label in terms if label not in strengths]
    if missing:
        raise errors.value_error(
            "regularizer_strength lacks terms.",
            given=f"strengths for {', '.join(map(repr, strengths))}",
            expected=f"one for each of {', '.join(map(repr, terms))}",
            todo=f"add {', '.join(map(repr, missing))}; 0 leaves a term without a penalty.",
        )
    return terms


def _is_said(choice: Any) -> bool:
    """Tell words and names of channels from numbers."""
    if isinstance(choice, str):
        return True
    return isinstance(choice, (list, tuple)) and any(isinstance(each, str) for each in choice)


def _chosen(choice: Any, term: Term, per_feature: tuple[int, ...], neurons: Neurons) -> BoolArray:
    """Return which coefficients of a term are used, (columns, *per_feature) or one for all."""
    wanted = (term.stop - term.start, *per_feature)
    if isinstance(choice, (bool, np.bool_)):
        return np.full(wanted, bool(choice))
    if isinstance(choice, str):
        own = _own_channels(choice, term, neurons)
        used = own if choice == _OWN else ~own
    elif isinstance(choice, (list, tuple)):
        used = _named_channels(choice, term)[:, None]
    else:
        name = f"feature_mask[{term.label!r}]"
        values = _fitted(choice, wanted, name)
        if not np.isin(values, (0, 1)).all():
            raise errors.value_error(
                f"{name} must contain only 0 and 1.",
                given=f"values such as {np.unique(values)[:4]}",
                expected=_CHOICES,
            )
        return values.astype(bool)
    of_columns = np.repeat(used, term.n_functions, axis=0)  # (columns, N) or (columns, 1)
    shape = (len(of_columns), *of_columns.shape[1:], 1)[: len(wanted)]
    return np.broadcast_to(of_columns.reshape(shape), wanted)


def _own_channels(word: str, term: Term, neurons: Neurons) -> BoolArray:
    """Return (S, N) True where a channel is the neuron itself.

    By name, or by position where y has no names, or the channels have none that are neurons.
    """
    name, channels = f"feature_mask[{term.label!r}]", tuple(term.channels)
    if word not in (_OWN, _OTHERS):
        raise errors.value_error(
            f"{name} is no choice of channels.", given=repr(word), expected=_CHOICES
        )
    if neurons is None:
        raise errors.value_error(
            f"{name}={word!r} is for populations.",
            given="a model of one neuron, of which y does not say which it is",
            expected=f"names of channels: {_listed(channels)}",
            todo=f"name the channels: {{{term.label!r}: [{channels[0]!r}]}}.",
        )
    names, n_neurons = neurons
    if names is not None and set(names) <= set(channels):
        return np.array([[c == n for n in names] for c in channels], dtype=bool)
    is_unnamed = names is None or channels == tuple(range(len(channels)))
    if is_unnamed and len(channels) == n_neurons:
        return np.eye(n_neurons, dtype=bool)
    raise errors.value_error(
        f"{name}={word!r} needs a channel for each neuron.",
        given=f"channels {_listed(channels)} and "
        + (f"{n_neurons} neurons without names" if names is None else f"neurons {_listed(names)}"),
        expected="every neuron of y among the channels, or as many without names",
        todo="give design and y the same columns, or choose channels by their names.",
    )


def _named_channels(names: Sequence[Any], term: Term) -> BoolArray:
    """Return (S,) True for the channels that are named."""
    channels = list(term.channels)
    for name in names:
        if isinstance(name, (bool, np.bool_)) or name not in channels:
            raise errors.unknown_name(f"channel of {term.label!r}", name, list(channels))
    return np.array([channel in names for channel in channels], dtype=bool)


def _fitted(value: Any, wanted: tuple[int, ...], name: str) -> Array:
    """Return a number or an array spread over coefficients of a term."""
    array = to_array(value, name=name)
    column = (wanted[0], *(1 for _ in wanted[1:]))
    if array.ndim and array.shape not in {wanted, wanted[1:], column}:
        raise errors.value_error(
            f"{name} does not fit the coefficients of the term.",
            given=f"shape {array.shape}",
            expected=" or ".join(["a number", *map(str, dict.fromkeys((column, wanted)))]),
        )
    return np.broadcast_to(array, wanted)


def _listed(names: Sequence[Any]) -> str:
    return errors.listed(map(repr, names))
