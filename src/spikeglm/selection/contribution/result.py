"""What terms contribute: a table with a row per neuron, term and way to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...typing import Array, FloatArray
from ..folds import Folds
from ..held_out_sums import Sums
from ..measures import Measure, ratio, read_measure
from .bins import Bins
from .kinds import QUESTIONS
from .printing import boxed, printed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Contributions:
    r"""What each of J terms adds to the held-out prediction of N neurons; H ways to ask, K folds.

    Attributes
    ----------
    how :
        (H,) names of the ways; :meth:`question` puts them in words.
    terms :
        (J,) labels; ``"(rest)"`` for features that belong to no term that was asked about.
    neurons :
        (N,) names, or numbers.
    folds :
        The rows that were trained and tested on.
    losses :
        (H, J, Q, K, N) log-likelihood (nats), deviance and squared error that come with the term,
        summed over tested rows, in Q bins of ``over`` (the last one is elsewhere; Q = 1 without).
    full :
        (Q, K, N) those of the full model, less those of the constant model.
    null :
        (Q, K, N) those of the constant model, the mean of the training rows.
    n_rows, n_spikes :
        (Q, K, N) how many tested rows count, and the sum of their responses.
    sampling_error :
        (H, J, N) standard error, in nats, of what was drawn by chance: orders of Shapley values,
        shuffles. Zero where nothing was drawn.
    p_value, q_value :
        (H, J, N) of a contribution being larger than zero, and the false discovery rate over
        neurons (Benjamini & Hochberg), for each term by itself; see ``p_of``.
    p_of :
        (H,) what p values are, in words.
    reason :
        (H, J, N) what there is to know of a number, ``""`` for nothing.
    measures :
        Units in which contributions can be told, the usual one first.
    bins :
        Those of ``over``; None without.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(4000, 2))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> found = nmo.selection.contributions(nmo.GLM(), X, y, how=["unique", "alone"])
    >>> print("\n".join(str(found).splitlines()[:4]))
    Held-out contributions to neuron 0, bits per spike ± standard error over 5 folds
    full model: 0.218 ± 0.036 over the constant model
    term               unique      p                alone      p
    x0          0.219 ± 0.036  0.031        0.218 ± 0.036  0.031
    """

    how: tuple[str, ...]
    terms: tuple[Any, ...]
    neurons: tuple[Any, ...]
    folds: Folds
    losses: Sums
    full: Sums
    null: Sums
    n_rows: FloatArray
    n_spikes: FloatArray
    sampling_error: FloatArray
    p_value: FloatArray
    q_value: FloatArray
    p_of: tuple[str, ...]
    reason: Array
    measures: tuple[str, ...]
    bins: Bins | None = None
    event: str = "spike"

    def unit(self, measure: str | None = None) -> Measure:
        """Return a measure, None for the first: of zeros and ones in bits per event.

        Raises
        ------
        ValueError
            If there is no such measure.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> nmo.selection.contributions(nmo.GLM("Bernoulli"), X, y, how="alone").unit().label
        'bits per event'
        """
        found = read_measure(measure, self.measures)
        return found._replace(label=found.label.replace("spike", self.event))

    def question(self, how: str) -> str:
        """Return the question that a way to ask answers.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> nmo.selection.contributions(nmo.GLM(), X, y, how="alone").question("alone")
        'what the term gains over the constant model when nothing else is there (refitted)'
        """
        return QUESTIONS[self.how[self.place(how)]]

    def place(self, how: str | None) -> int:
        """Return the number of a way to ask; None is the first.

        Raises
        ------
        ValueError
            If it was not asked for.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> nmo.selection.contributions(nmo.GLM(), X, y, how=["unique", "alone"]).place("alone")
        1
        """
        if how is None:
            return 0
        if how not in self.how:
            raise errors.unknown_name("way that was asked for (how)", how, list(self.how))
        return self.how.index(how)

    def value(self, how: str | None = None, measure: str | None = None) -> FloatArray:
        """Return contributions over all folds, (J, N); NaN where a fit is missing.

        Raises
        ------
        ValueError
            If the way was not asked for, or the measure is none of these responses.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> nmo.selection.contributions(nmo.GLM(), X, y).value().shape
        (2, 1)
        """
        return self._estimates(how, measure)[0]

    def error(self, how: str | None = None, measure: str | None = None) -> FloatArray:
        """Return standard errors over folds, (J, N), with what chance draws add.

        Folds share training rows and resemble each other: the errors are rough.

        Raises
        ------
        ValueError
            As :meth:`value`.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> nmo.selection.contributions(nmo.GLM(), X, y).error().shape
        (2, 1)
        """
        return self._estimates(how, measure)[1]

    def fraction(
        self, how: str | None = None, measure: str | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return contributions as a share of what the full model gains, and errors, (J, N) each.

        NaN where the full model gains nothing. Shares of ``"shapley"`` add up to one.

        Raises
        ------
        ValueError
            As :meth:`value`.

        >>> import spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(900, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
        >>> share, _ = nmo.selection.contributions(nmo.GLM(), X, y, how="shapley").fraction()
        >>> float(share.sum().round(6))
        1.0
        """
        unit, h = read_measure(measure, self.measures), self.place(how)
        gain = unit.worth(self.losses)[h].sum(axis=1)
        full = np.where(self.counts, unit.worth(self.full).sum(axis=0), np.nan)
        share, se = ratio(gain, full)
        is_known = np.nansum(full, axis=0) > 0
        return np.where(is_known, share, np.nan), np.where(is_known, se, np.nan)

    def of_full(self, measure: str | None = None) -> tuple[FloatArray, FloatArray]:
        """Return what the full model gains over the constant one, and its error, (N,) each.

        Raises
        ------
        ValueError
            If the measure is none of these responses.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> value, error = nmo.selection.contributions(nmo.GLM(), X, y).of_full()
        >>> value.shape
        (1,)
        """
        unit = read_measure(measure, self.measures)
        return ratio(unit.worth(self.full).sum(axis=0), self._size(unit))

    def by_bin(
        self, how: str | None = None, measure: str | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return contributions in each bin of ``over``, and errors over folds, (J, Q, N) each.

        Bits per spike are per spike of the bin; what is explained is a share of what the constant
        model leaves in the bin.

        Raises
        ------
        ValueError
            If there are no bins, and as :meth:`value`.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> by = {"over": np.arange(200) % 20, "bins": 4}
        >>> nmo.selection.contributions(nmo.GLM(), X, y, **by).by_bin()[0].shape
        (2, 4, 1)
        """
        if self.bins is None:
            raise errors.value_error(
                "There are no bins.",
                given="contributions without over=",
                expected="contributions(..., over=values, bins=10)",
            )
        unit, h = read_measure(measure, self.measures), self.place(how)
        size = unit.size(self.null, self.n_rows, self.n_spikes)
        size = np.where(self.counts & (self.n_rows > 0), size, np.nan)
        return ratio(unit.worth(self.losses)[h][:, :-1], size[:-1])

    @property
    def counts(self) -> Array:
        """(K, N) the folds that count for a neuron: those in which the constant model has a fit."""
        return np.asarray(np.isfinite(self.null.deviance).all(axis=0))

    def _size(self, unit: Measure) -> FloatArray:
        """Return what gains are divided by, (K, N)."""
        size = unit.size(self.null, self.n_rows, self.n_spikes).sum(axis=0)
        return np.where(self.counts, size, np.nan)

    def _estimates(self, how: str | None, measure: str | None) -> tuple[FloatArray, FloatArray]:
        unit, h = read_measure(measure, self.measures), self.place(how)
        size = self._size(unit)
        value, se = ratio(unit.worth(self.losses)[h].sum(axis=1), size)
        if unit.of != "log_likelihood":
            return value, se
        total = np.nansum(size, axis=0)
        drawn = np.full(se.shape, np.nan)
        np.divide(unit.factor * self.sampling_error[h], total, out=drawn, where=total > 0)
        return value, np.hypot(se, drawn)

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table, a row per neuron, term and way to ask.

        Columns: ``neuron``, ``term``, ``how``, ``question``; for each of ``measures`` its value,
        ``_se`` over folds, ``_share`` of what the full model gains with ``_share_se``, and
        ``_full``, that gain; ``p_value``, ``q_value``, ``p_of``, ``n_folds``, ``n_spikes``,
        ``reason``.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> table = nmo.selection.contributions(nmo.GLM(), X, y).to_frame()
        >>> table[["neuron", "term", "how"]].values.tolist()
        [[0, 'x0', 'unique'], [0, 'x1', 'unique']]
        """
        import pandas as pd

        shape = len(self.how), len(self.terms), len(self.neurons)

        def flat(values: Any) -> Array:
            return np.broadcast_to(values, shape).transpose(2, 1, 0).ravel()

        h, j, n = np.indices(shape)
        columns: dict[str, Any] = {
            "neuron": _named(self.neurons)[flat(n)],
            "term": _named(self.terms)[flat(j)],
            "how": _named(self.how)[flat(h)],
            "question": _named([QUESTIONS[how] for how in self.how])[flat(h)],
        }
        for measure in self.measures:
            shares = [self.fraction(how, measure) for how in self.how]
            columns |= {
                measure: flat([self.value(how, measure) for how in self.how]),
                f"{measure}_se": flat([self.error(how, measure) for how in self.how]),
                f"{measure}_share": flat([share for share, _ in shares]),
                f"{measure}_share_se": flat([se for _, se in shares]),
                f"{measure}_full": flat(self.of_full(measure)[0]),
            }
        columns |= {
            "p_value": flat(self.p_value),
            "q_value": flat(self.q_value),
            "p_of": _named(self.p_of)[flat(h)],
            "n_folds": flat(self.counts.sum(axis=0)),
            "n_spikes": flat(np.where(self.counts, self.n_spikes.sum(axis=0), 0.0).sum(axis=0)),
            "reason": flat(self.reason),
        }
        return pd.DataFrame(columns)

    def bins_to_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table by bin of ``over``: a row per neuron, term, how and bin.

        Columns: ``neuron``, ``term``, ``how``, ``from``, ``to``, and for each of ``measures`` its
        value and ``_se``. Raises ValueError if there are no bins.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> by = {"over": np.arange(200) % 20, "bins": 4}
        >>> nmo.selection.contributions(nmo.GLM(), X, y, **by).bins_to_frame()["to"].tolist()[:4]
        [4.75, 9.5, 14.25, 19.0]
        """
        import pandas as pd

        found = {m: [self.by_bin(how, m) for how in self.how] for m in self.measures}
        edges = np.empty(0) if self.bins is None else self.bins.edges
        shape = len(self.how), len(self.terms), len(edges) - 1, len(self.neurons)

        def flat(values: Any) -> Array:
            return np.broadcast_to(values, shape).transpose(3, 1, 0, 2).ravel()

        h, j, q, n = np.indices(shape)
        columns: dict[str, Any] = {
            "neuron": _named(self.neurons)[flat(n)],
            "term": _named(self.terms)[flat(j)],
            "how": _named(self.how)[flat(h)],
            "from": edges[flat(q)],
            "to": edges[flat(q) + 1],
        }
        for measure, pairs in found.items():
            columns[measure] = flat([value for value, _ in pairs])
            columns[f"{measure}_se"] = flat([se for _, se in pairs])
        return pd.DataFrame(columns)

    def __str__(self) -> str:
        return printed(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        return boxed(self)


def _named(values: Any) -> Array:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out
