"""How well sets of terms predict rows they have not seen: what comes out of their fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..numerics import quiet
from ..typing import Array, BoolArray, FloatArray
from .folds import Folds
from .held_out_sums import Sums
from .measures import ratio, read_measure
from .set_predictions import SetPredictions

if TYPE_CHECKING:
    import pandas as pd

_CONSTANT = "(constant)"
_MOST_SETS = 12  # that are printed


@dataclass(frozen=True, eq=False)
class AllRows:
    """The fits of M sets to all rows, scored on these rows; p features, N neurons.

    Attributes
    ----------
    coef, intercept :
        (M, p, N) and (M, N).
    sums :
        (M, N) log-likelihood, deviance and squared error on the rows of the fit.
    scale :
        (M, N) dispersions or scales; None where the observation model has none to estimate.
    n_rows :
        (N,) how many rows count.
    status :
        (M, N) how fits ended.

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
    >>> found = nmo.selection.fit_term_sets(nmo.GLM(), X, y, [["x0"]], fits_all_rows=True)
    >>> np.allclose(found.all_rows.coef[0, :, 0], [*nmo.GLM().fit(X[:, :1], y).coef_, 0.0])
    True
    """

    coef: FloatArray
    intercept: FloatArray
    sums: Sums
    scale: FloatArray | None
    n_rows: FloatArray
    status: Array

    __repr__ = showing.of_fields


@dataclass(frozen=True, eq=False)
class TermSets:
    """How well M sets of terms predict rows that they have not seen; K folds, N neurons.

    Attributes
    ----------
    sets :
        (M,) tuples of labels; () is the model without features.
    features :
        (p, M) True where a set has a feature.
    neurons :
        (N,) names, or numbers.
    folds :
        The rows that were trained and tested on.
    sums :
        (M, K, N) log-likelihood (nats), deviance and squared error, summed over tested rows; NaN
        where a fit has no certificate, or the fold tests no row of a neuron. Models with a
        dispersion take it from the training rows of each fit.
    null :
        (K, N) the same of the model without features: the mean of the training rows or, with an
        offset, the best intercept beside it.
    n_rows, n_spikes :
        (K, N) how many tested rows count, and the sum of their responses.
    status :
        (M, K, N) how fits ended, in a word.
    null_status :
        (K, N) the same of the model without features.
    constant_terms :
        For each label that is the same in all training rows of a fold the folds, (K,) True.
    measures :
        Names of the units in which gains can be told, the usual one first.
    all_rows :
        Fits to all rows, if asked for.
    predictions :
        What is needed for held-out predictions, if asked for.
    event :
        What responses count, in the singular: ``"spike"``, or ``"event"`` of zeros and ones.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 2))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> found = nmo.selection.fit_term_sets(nmo.GLM(), X, y, [(), ["x0"], ["x0", "x1"]])
    >>> found
    TermSets: 3 sets of terms, 5 folds, 1 neuron(s); held out, bits per spike (median)
      (constant)  0
      x0          0.188
      x0 + x1     0.187
    """

    sets: tuple[tuple[Any, ...], ...]
    features: BoolArray
    neurons: tuple[Any, ...]
    folds: Folds
    sums: Sums
    null: Sums
    n_rows: FloatArray
    n_spikes: FloatArray
    status: Array
    null_status: Array
    constant_terms: dict[Any, BoolArray]
    measures: tuple[str, ...]
    all_rows: AllRows | None = None
    predictions: SetPredictions | None = None
    event: str = "spike"

    @property
    def names(self) -> tuple[str, ...]:
        """(M,) sets in words."""
        return tuple(" + ".join(map(str, labels)) or _CONSTANT for labels in self.sets)

    @property
    def counts(self) -> BoolArray:
        """(K, N) the folds that count for a neuron: those in which the constant model has a fit."""
        return np.isfinite(self.null.deviance)

    @property
    def score(self) -> FloatArray:
        """(M, K, N) log-likelihood in nats; of a quasi-likelihood minus half the deviance."""
        is_quasi = "bits_per_bin" not in self.measures
        return -0.5 * self.sums.deviance if is_quasi else self.sums.log_likelihood

    def place(self, labels: Iterable[Any] | str) -> int:
        """Return the number of a set, in whatever order its labels are given.

        Raises
        ------
        ValueError
            If there is no such set.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> nmo.selection.fit_term_sets(nmo.GLM(), X, y, [["x0"], ["x0", "x1"]]).place(["x1", "x0"])
        1
        """
        wanted = {labels} if isinstance(labels, str) else set(labels)
        for m, known in enumerate(self.sets):
            if set(known) == wanted:
                return m
        raise errors.unknown_name("set of terms", " + ".join(map(str, wanted)), list(self.names))

    def gain(self, measure: str | None = None) -> FloatArray:
        """Return what sets gain over the model without features in each fold, (M, K, N).

        Parameters
        ----------
        measure :
            One of ``measures``; None takes the first.

        Raises
        ------
        ValueError
            If the measure is unknown, or means nothing for these responses.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 1)), np.arange(200) % 3
        >>> found = nmo.selection.fit_term_sets(nmo.GLM("Gaussian"), X, y, [["x0"]])
        >>> found.gain("deviance_explained").shape
        (1, 5, 1)
        """
        gain, size = self._gain_and_size(measure)
        return np.divide(gain, size, out=np.full(gain.shape, np.nan), where=size > 0)

    def total(self, measure: str | None = None) -> tuple[FloatArray, FloatArray]:
        """Return what sets gain over all folds, and its standard error over folds, (M, N) each.

        Gains are added up over folds, and so is what they are divided by (spikes, bins, ...). Folds
        resemble each other, as they share training rows: the error is a rough one.

        Raises
        ------
        ValueError
            As :meth:`gain`.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 1)), np.arange(200) % 3
        >>> value, error = nmo.selection.fit_term_sets(nmo.GLM(), X, y, [["x0"]]).total()
        >>> value.shape
        (1, 1)
        """
        return ratio(*self._gain_and_size(measure))

    def _gain_and_size(self, measure: str | None) -> tuple[FloatArray, FloatArray]:
        unit = read_measure(measure, self.measures)
        size = unit.size(self.null, self.n_rows, self.n_spikes)
        return unit.worth(self.sums.minus(self.null)), np.where(self.counts, size, np.nan)

    def prediction(self, labels: Iterable[Any] | str) -> FloatArray:
        """Return the held-out means of a set, (T, N); NaN where a row is tested by no fold.

        Raises
        ------
        ValueError
            If there is no such set, or fits were not kept (``keeps_predictions=True``).

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> sets = [["x0", "x1"]]
        >>> found = nmo.selection.fit_term_sets(nmo.GLM(), X, y, sets, keeps_predictions=True)
        >>> whole = nmo.selection.cross_validated(nmo.GLM(), X, y, 5).prediction
        >>> np.allclose(found.prediction(["x0", "x1"])[:, 0], whole)
        True
        """
        m = self.place(labels)
        if self.predictions is None:
            raise errors.value_error(
                "The fits were not kept.",
                given="fit_term_sets without predictions",
                expected="fit_term_sets(..., keeps_predictions=True)",
            )
        return self.predictions.of_set(m)

    @cached_property
    def reason(self) -> Array:
        """(M, K, N) what there is to know of each number, ``""`` for nothing."""
        reason = np.where(self.status == "converged", "", self.status).astype(object)
        has_null = np.isin(self.null_status, ["converged", "approximate"])
        reason += np.where(has_null | (reason != ""), "", "no constant model to compare with")
        has_spikes = self.measures[0] == "bits_per_spike"
        nothing = (self.n_rows > 0) & (self.n_spikes == 0) & has_spikes
        said = ((self.n_rows == 0, "no rows tested"), (nothing, f"no {self.event}s tested"))
        for where, text in said:
            reason += np.where(where & (reason != ""), "; ", "") + np.where(where, text, "")
        for label, folds in self.constant_terms.items():
            here = np.array([label in labels for labels in self.sets])
            where = here[:, None, None] & folds[:, None] & np.ones(reason.shape, bool)
            text = f"{label} is constant in training"
            reason += np.where(where & (reason != ""), "; ", "") + np.where(where, text, "")
        return reason

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table: a row per set, neuron and fold.

        Columns: ``terms``, ``n_terms``, ``neuron``, ``fold``, ``log_likelihood`` (nats),
        ``log_likelihood_per_bin``, ``deviance``, ``squared_error``, a gain per name of
        ``measures``, ``n_rows``, ``n_spikes``, ``reason``.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
        >>> found = nmo.selection.fit_term_sets(nmo.GLM(), X, y, [(), ["x0"]], folds=2)
        >>> found.to_frame()[["terms", "fold", "n_rows"]].values.tolist()[:2]
        [['(constant)', 0, 100.0], ['(constant)', 1, 100.0]]
        """
        import pandas as pd

        M, K, N = self.sums.deviance.shape

        def flat(values: Array) -> Array:
            return np.broadcast_to(values, (M, K, N)).swapaxes(1, 2).ravel()

        with quiet():
            per_bin = np.where(self.n_rows > 0, self.sums.log_likelihood / self.n_rows, np.nan)
        columns = {
            "terms": np.repeat(np.array(self.names, dtype=object), K * N),
            "n_terms": np.repeat([len(labels) for labels in self.sets], K * N),
            "neuron": np.tile(np.repeat(_objects(self.neurons), K), M),
            "fold": np.tile(np.asarray(self.folds.labels), M * N),
            "log_likelihood": flat(self.sums.log_likelihood),
            "log_likelihood_per_bin": flat(per_bin),
            "deviance": flat(self.sums.deviance),
            "squared_error": flat(self.sums.squared_error),
        }
        columns |= {name: flat(self.gain(name)) for name in self.measures}
        last = {"n_rows": self.n_rows, "n_spikes": self.n_spikes, "reason": self.reason}
        return pd.DataFrame(columns | {name: flat(values) for name, values in last.items()})

    def __repr__(self) -> str:
        M, K, N = self.sums.deviance.shape
        unit = read_measure(None, self.measures).label.replace("spike", self.event)
        value = self.total()[0]
        width = max(map(len, self.names))
        lines = [
            f"TermSets: {M} sets of terms, {K} folds, {N} neuron(s); held out, {unit} (median)"
        ]
        for name, row in list(zip(self.names, value, strict=True))[:_MOST_SETS]:
            known = row[np.isfinite(row)]
            text = f"{np.median(known):.3g}" if len(known) else "-"
            lines.append(f"  {name:{width}}  {text}")
        if M > _MOST_SETS:
            lines.append(f"  and {M - _MOST_SETS} more: to_frame() has all")
        return "\n".join(lines)


def _objects(values: tuple[Any, ...]) -> Array:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out
