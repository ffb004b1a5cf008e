"""Which inputs of a design are the responses themselves: history and coupling.

A model that knows them can be simulated with feedback, and its filters belong to pairs of neurons.
Nobody has to say so: the samples are the same numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rows.contract import Rows
from ...rows.terms import Term, terms_of
from ...typing import Array

_LOOKED_AT = 512  # rows at first, of columns that may be the same
_AT_ONCE = 2**16  # rows of a whole comparison


def responses_among_inputs(rows: Rows, responses: Any) -> dict[str, tuple[int, ...]]:
    """Return, by label of a term, which response each channel of its input is; -1 for none.

    Only terms that see other bins than their own are looked at, and those without any are left out.
    Inputs that are stored elsewhere are not compared.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> counts = np.random.default_rng(0).poisson(0.5, (50, 2))
    >>> basis = nmo.basis.HistoryConv(3, label="past") + nmo.basis.IdentityEval(label="x")
    >>> responses_among_inputs(basis.design(counts, np.arange(50.0)), counts)
    {'past': (0, 1)}
    """
    if not isinstance(responses, np.ndarray):
        return {}
    found = {}
    for term, part in parts_of(rows):
        for signal in _samples(part) if term.reach != (0, 0) else ():
            places = _places(signal, responses)
            if max(places, default=-1) >= 0:
                found[term.label] = places
    return found


def parts_of(rows: Any) -> list[tuple[Term, Any]]:
    """Return the terms of a design with what computes the columns of each; [] of other tables.

    >>> import spikeglm as nmo
    >>> [(term, part)] = parts_of(nmo.basis.HistoryConv(3, label="past").design(np.zeros(9)))
    >>> term.label, part.starts
    ('past', array([0]))
    """
    components = getattr(getattr(rows, "source", None), "components", None)
    if components is None:
        return []
    terms, found = terms_of(rows), components()
    return list(zip(terms, found, strict=True)) if len(terms) == len(found) else []


def _samples(part: Any) -> tuple[Any, ...]:
    """Return the samples (T, ...) of the bins of rows themselves, of each signal of a term."""
    if hasattr(part, "samples_of_rows"):
        return tuple(part.samples_of_rows)
    return tuple(part.signals.arrays) if hasattr(part, "signals") else ()


def _places(signal: Any, responses: Array) -> tuple[int, ...]:
    """Return which response (T, N) each channel of a signal (T, ...) is, -1 for none."""
    is_numbers = isinstance(signal, np.ndarray) and signal.dtype.kind in "biuf"
    if not is_numbers or len(signal) != len(responses):
        return ()
    channels = signal.reshape(len(signal), -1)
    if _are_one(channels, responses):
        return tuple(range(channels.shape[1]))
    looked, words = _looked_at(channels), _looked_at(responses)
    if looked == words and any(len(set(w)) > 1 for w in words) and _are_equal(channels, responses):
        return tuple(range(len(words)))
    alike: dict[bytes, list[int]] = {}
    for n, seen in enumerate(words):
        alike.setdefault(seen, []).append(n)
    places = []
    for c, seen in enumerate(looked):
        those = alike.get(seen, [])
        by_place = sorted(those, key=lambda n: n != c)  # of silent neurons, that in the same place
        place = next((n for n in by_place if _are_equal(channels[:, c], responses[:, n])), -1)
        if place >= 0:
            those.remove(place)
        places.append(place)
    are_news = any(n >= 0 and np.ptp(responses[:, n]) != 0 for n in places)
    return tuple(places) if are_news else ()


def _looked_at(series: Array) -> list[bytes]:
    """Return some samples of each column of a (T, S) table, as one word each."""
    some = series[:: max(1, len(series) // _LOOKED_AT)].astype(float) + 0.0  # no negative zeros
    some[np.isnan(some)] = np.inf  # one word for all of them
    return [column.tobytes() for column in some.T]


def _are_one(a: Array, b: Array) -> bool:
    """Tell whether two arrays are one in memory, which needs no look at them."""
    first, other = a.__array_interface__, b.__array_interface__
    return all(first[key] == other[key] for key in ("data", "shape", "typestr", "strides"))


def _are_equal(a: Array, b: Array) -> bool:
    """Tell whether two series have the same samples (T, ...), missing ones in the same places."""
    parts = (slice(i, i + _AT_ONCE) for i in range(0, len(a), _AT_ONCE))
    return all(np.array_equal(a[part], b[part], equal_nan=a.dtype.kind == "f") for part in parts)
