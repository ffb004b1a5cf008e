"""Where filters come from: each source with all columns that see its past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...rows.terms import Term
from ...simulation.network import columns_of, read_feedback
from ...typing import FloatArray, IntArray
from ..fit_on_data import FitOnData


@dataclass(frozen=True, eq=False)
class Sources:
    """M sources whose past the neurons see.

    Attributes
    ----------
    names :
        (M,) names.
    neurons :
        (M,) which neuron of the model each is; -1 for none.
    columns :
        M arrays of columns of the table.
    kernels :
        M arrays (W, b): what these columns say at each lag; sources of one kind share them.
    lags :
        (W,) bins.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> counts = np.random.default_rng(0).poisson(0.5, (200, 2))
    >>> X = nmo.basis.HistoryConv(3, label="past").design(counts)
    >>> fit = nmo.PopulationGLM().fit(X, counts).on(X, counts)
    >>> found = Sources.of(fit, None, None)
    >>> found.names, found.columns[1], found.lags
    ((0, 1), array([3, 4, 5]), array([1, 2, 3]))
    """

    names: tuple[Any, ...]
    neurons: IntArray
    columns: tuple[IntArray, ...]
    kernels: tuple[FloatArray, ...]
    lags: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, fit: FitOnData, terms: Any, feedback: Any) -> Sources:
        """Return the sources of some terms; of None, of all that see the responses.

        Raises
        ------
        ValueError
            If there is no such term, or one is no filter over lags.
        """
        fed = fit.feedback if feedback is None else read_feedback(feedback, fit.terms, fit.neurons)
        those = _asked(fit.terms, terms, fed)
        lags = np.unique(np.concatenate([_lags(term) for term in those]))
        parts: dict[tuple[int, Any], list[tuple[Term, int]]] = {}
        for term in those:
            of_channels = fed.get(term.label, (-1,) * term.n_channels)
            for c, neuron in enumerate(of_channels):
                name = fit.neurons[neuron] if neuron >= 0 else term.channels[c]
                parts.setdefault((neuron, name), []).append((term, c))
        keys = sorted(parts, key=lambda key: (key[0] < 0, key[0]))  # neurons in their order, first
        kernels = _kernels([parts[key] for key in keys], lags)
        columns = (
            np.concatenate([np.r_[columns_of(term, c)] for term, c in parts[key]]) for key in keys
        )
        numbers = np.array([key[0] for key in keys], dtype=np.intp)
        return cls(tuple(key[1] for key in keys), numbers, tuple(columns), kernels, lags)

    def groups(self) -> list[IntArray]:
        """Return the numbers of sources that share a kernel, kind by kind."""
        by_kernel: dict[int, list[int]] = {}
        for m, kernel in enumerate(self.kernels):
            by_kernel.setdefault(id(kernel), []).append(m)
        return [np.array(members) for members in by_kernel.values()]


def _asked(terms: Sequence[Term], given: Any, fed: Mapping[str, Any]) -> list[Term]:
    by_label = {term.label: term for term in terms if term.label}
    over_lags = [label for label, term in by_label.items() if term.lags is not None]
    if given is None:
        labels = [label for label in over_lags if label in fed]
        if labels:
            return [by_label[label] for label in labels]
        raise errors.value_error(
            "It is not known which terms see the past of the neurons.",
            given="a fit whose X is no design of the very y",
            expected="terms over lags",
            todo=f"say which, of {', '.join(map(repr, over_lags)) or 'terms of a basis'}: feedback="
            "'label' where its channels are the neurons of y in their order, terms='label' where "
            "they are others.",
        )
    labels = [given] if isinstance(given, str) else list(given)
    for label in labels:
        if label not in over_lags:
            raise errors.unknown_name("term over lags", label, over_lags)
    return [by_label[label] for label in labels]


def _lags(term: Term) -> IntArray:
    assert term.lags is not None
    return term.lags


def _kernels(parts: Sequence[Sequence[tuple[Term, int]]], lags: IntArray) -> tuple[FloatArray, ...]:
    """Return for each source what its columns say at all lags, (W, b)."""
    known: dict[tuple[str, ...], FloatArray] = {}
    found = []
    for those in parts:
        kind = tuple(term.label for term, _ in those)
        if kind not in known:
            blocks = []
            for term, c in those:
                block = np.zeros((len(lags), term.n_functions))
                block[np.searchsorted(lags, _lags(term))] = term.functions(*term.axes(), channel=c)
                blocks.append(block)
            known[kind] = np.hstack(blocks)
        found.append(known[kind])
    return tuple(found)
