"""Neurons that see their own past: what a fit says of how they drive each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..rows.terms import Term
from ..typing import BoolArray, FloatArray

Feedback = Mapping[str, tuple[int, ...]]
"""By label of a term: which neuron each channel of its input is the response of, -1 for none."""


@dataclass(frozen=True, eq=False)
class Network:
    """N neurons, the filters through which they see their past, and the law of their responses.

    Attributes
    ----------
    likelihood :
        The observation model seen through its link.
    filters :
        (W, N, N): what a response of the last neuron adds to the linear predictor of the other one
        w + 1 bins later.
    neurons :
        (N,) their names.
    scale :
        (N,) the dispersion, or None for the model's own.
    mean_response :
        (N,) mean responses per bin in the data of the fit; None where nobody knows them.
    bin_s :
        Seconds of a bin, where known.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> from spikeglm.observation_models import Likelihood, PoissonObservations
    >>> pair = Likelihood(PoissonObservations(), nmo.observation_models.links.Exp())
    >>> Network(pair, np.zeros((10, 2, 2)), ("a", "b")).n_neurons
    2
    """

    likelihood: Any
    filters: FloatArray
    neurons: tuple[Any, ...]
    scale: Any = None
    mean_response: FloatArray | None = None
    bin_s: float | None = None

    __repr__ = showing.of_fields

    @property
    def n_neurons(self) -> int:
        """N."""
        return len(self.neurons)


def filters_of(terms: Sequence[Term], feedback: Feedback, coef: FloatArray) -> FloatArray:
    """Return the filters (W, N, N) that coefficients (p, N) make of the terms that see responses.

    Filters of several terms from one neuron to another (its own history, and coupling) add up.

    Raises
    ------
    ValueError
        If a term sees the bin that it predicts or later ones, or is a product.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> terms = nmo.basis.HistoryConv(3, label="past").design(np.zeros(9)).terms
    >>> filters_of(terms, {"past": (0,)}, np.array([[-2.0], [-1.0], [0.0]])).ravel()
    array([-2., -1.,  0.])
    """
    fed = [term for term in terms if term.label in feedback]
    for term in fed:
        _check_sees_past(term)
    n_bins = max((int(term.reach[0]) for term in fed), default=0)
    filters = np.zeros((n_bins, coef.shape[1], coef.shape[1]))
    for term in fed:
        places = np.asarray(term.lags) - 1
        for c, sender in enumerate(feedback[term.label]):
            if sender >= 0:
                kernel = term.functions(*term.axes(), channel=c)
                filters[places, :, sender] += kernel @ coef[columns_of(term, c)]
    return filters


def read_feedback(given: Any, terms: Sequence[Term], neurons: Sequence[Any]) -> Feedback:
    """Return which terms see the responses, as a user says it.

    Parameters
    ----------
    given :
        A label, or several, of terms with a channel for each neuron, in their order; or a dict of
        labels with the neuron of each channel, by name or number, None for channels that are none.
    terms, neurons :
        Those of the model; names of neurons.

    Raises
    ------
    ValueError
        If there is no such term or neuron, or channels are not told one by one.

    Examples
    --------
    >>> past = Term("past", 0, 6, (2, 3), ("a", "b"))
    >>> read_feedback("past", [past], ["a", "b"])
    {'past': (0, 1)}
    >>> read_feedback({"past": [None, "a"]}, [past], ["a"])
    {'past': (-1, 0)}
    """
    by_label = {term.label: term for term in terms if term.label}
    labels = [given] if isinstance(given, str) else list(given)
    for label in labels:
        if label not in by_label:
            raise errors.unknown_name("term", label, list(by_label))
    if not isinstance(given, Mapping):
        given = {label: range(by_label[label].n_channels) for label in labels}
    found = {}
    for label, those in given.items():
        n_channels = by_label[label].n_channels
        is_whole = len(those) == n_channels and (
            not isinstance(those, range) or len(those) == len(neurons)
        )
        if not is_whole:
            raise errors.value_error(
                f"The channels of {label!r} are not the neurons.",
                given=f"{len(those)} neurons for {n_channels} channels, and {len(neurons)} neurons "
                "in the model",
                expected="a neuron for each channel, or None",
                todo=f"say which: feedback={{{label!r}: [neuron of channel 0, ...]}}.",
            )
        found[label] = tuple(-1 if n is None else _place(n, neurons) for n in those)
    return found


def _place(neuron: Any, neurons: Sequence[Any]) -> int:
    """Return the number of a neuron that is called by name, or by number."""
    if neuron in neurons:
        return list(neurons).index(neuron)
    if isinstance(neuron, int | np.integer) and 0 <= neuron < len(neurons):
        return int(neuron)
    raise errors.unknown_name("neuron", neuron, list(neurons))


def columns_of(term: Term, channel: int) -> slice:
    """Return the columns of a channel of a term.

    >>> columns_of(Term("past", 2, 8, (2, 3)), 1)
    slice(5, 8, None)
    """
    b = term.n_functions
    return slice(term.start + channel * b, term.start + (channel + 1) * b)


def outside(terms: Sequence[Term], feedback: Feedback) -> BoolArray:
    """Return (p,) True for columns that do not see the responses.

    >>> outside((Term("past", 0, 4, (2, 2)), Term("x", 4, 5)), {"past": (0, -1)})
    array([False, False,  True,  True,  True])
    """
    found = np.ones(terms[-1].stop if terms else 0, dtype=bool)
    for term in terms:
        for c, sender in enumerate(feedback.get(term.label, ())):
            if sender >= 0:
                found[columns_of(term, c)] = False
    return found


def _check_sees_past(term: Term) -> None:
    lags = term.lags
    if lags is None:
        raise errors.value_error(
            f"{term.label!r} sees responses of the neurons, and is no filter over their past.",
            given=f"a term of kind {term.kind!r}",
            expected="convolutions of the responses, such as RaisedCosineLogConv",
            todo="products of history with other variables cannot be simulated with feedback: "
            "simulate(key, X) draws given the history in X.",
        )
    if lags.min() < 1:
        raise errors.value_error(
            f"{term.label!r} sees the bin that it predicts, or later ones.",
            given=f"lags from {lags.min()} to {lags.max()} bins",
            expected="lags from 1 on",
            todo="make the basis with the default conv_kwargs (causal, shifted by one bin).",
        )
