"""Which features a test is asked to leave out together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from ... import errors
from ...rows.terms import Term
from ...typing import IntArray


class Named(Protocol):
    """What has features with names, of which some belong to terms, such as a fit with its data."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """What the features mean, by term."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """(p,)."""
        ...

    @property
    def n_features(self) -> int:
        """p."""
        ...


class AskedTerm(NamedTuple):
    """A name, and the features (b,) that stand under it.

    >>> AskedTerm("speed", np.array([2])).label
    'speed'
    """

    label: Any
    features: IntArray


def asked_terms(fit: Named, terms: Any = None) -> tuple[AskedTerm, ...]:
    """Return the terms that a user asks about.

    Parameters
    ----------
    fit :
        Whose features have names and terms.
    terms :
        None for all terms of the fit, or all features where these have no terms. Labels of terms,
        or names of features. A dict of names of the user's own, each with what it stands for:
        labels, names or numbers of features, or a slice of these.

    Raises
    ------
    ValueError
        If there is no such term or feature, or one stands for nothing.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(100, 4))
    >>> y = np.random.default_rng(1).poisson(1.0, 100)
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> [term.label for term in asked_terms(fit)]
    ['x0', 'x1', 'x2', 'x3']
    >>> asked_terms(fit, {"last two": slice(2, 4)})[0].features
    array([2, 3])
    """
    if terms is None:
        labelled = [t for t in fit.terms if t.label]
        if labelled:
            return tuple(AskedTerm(t.label, np.arange(t.start, t.stop)) for t in labelled)
        return tuple(AskedTerm(name, np.array([j])) for j, name in enumerate(fit.feature_names))
    if isinstance(terms, Mapping):
        return tuple(AskedTerm(name, _features(fit, name, of)) for name, of in terms.items())
    if isinstance(terms, str):
        terms = [terms]
    return tuple(AskedTerm(label, _features(fit, label, [label])) for label in terms)


def _features(fit: Named, name: Any, given: Any) -> IntArray:
    """Return the numbers of the features that a user names, in order, each once."""
    if isinstance(given, slice):
        found = np.arange(fit.n_features)[given].tolist()
    elif isinstance(given, str) or not isinstance(given, Iterable):
        found = _one(fit, given)
    else:
        found = [j for each in given for j in _one(fit, each)]
    if not found:
        raise errors.value_error(
            f"The term {name!r} has no features.",
            given=repr(given),
            expected="labels of terms, or names or numbers of features",
        )
    return np.unique(np.array(found, dtype=np.intp))


def _one(fit: Named, given: Any) -> list[int]:
    by_label = {t.label: list(range(t.start, t.stop)) for t in fit.terms if t.label}
    by_name = {name: [j] for j, name in enumerate(fit.feature_names)}
    known = by_name | by_label
    if isinstance(given, str):
        if given not in known:
            raise errors.unknown_name("term", given, list(by_label) or list(by_name))
        return known[given]
    if isinstance(given, int | np.integer) and 0 <= given < fit.n_features:
        return [int(given)]
    raise errors.value_error(
        "This is no term and no feature.",
        given=repr(given),
        expected=f"a label, the name of a feature or its number, from 0 to {fit.n_features - 1}",
    )
