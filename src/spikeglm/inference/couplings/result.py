"""The result of asking who drives whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, notebook, numerics, showing
from ...simulation.stability import Stability
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..curve_bands import quantile
from ..effects.curves import Curve
from ..hypotheses.few_events import ROUGH
from .measures import MEASURES
from .order import order_of

if TYPE_CHECKING:
    import pandas as pd

_ALPHA = 0.05
_SHOWN = 5  # strongest pairs that are printed


@dataclass(frozen=True, eq=False)
class Filters:
    """What filters with their bands are made of, pair by pair when they are asked for."""

    kernels: tuple[FloatArray, ...]  # M of (W, b)
    lags: IntArray  # (W,) bins
    coef: FloatArray  # (N, M, b)
    covariance: FloatArray | None  # (N, M, b, b)
    eta: FloatArray  # (N,) where the link gives the mean response
    dof: FloatArray  # (N,)
    link: Any
    bin_s: float | None
    level: float

    __repr__ = showing.of_fields

    def part(self, to: IntArray, source: IntArray) -> Filters:
        """Return those of some neurons and sources, in another order."""
        pairs = np.ix_(to, source)
        return replace(
            self,
            kernels=tuple(self.kernels[m] for m in source),
            coef=self.coef[pairs],
            covariance=None if self.covariance is None else self.covariance[pairs],
            eta=self.eta[to],
            dof=self.dof[to],
        )

    def of(self, to: int, source: int) -> tuple[FloatArray, FloatArray]:
        """Return a filter (W,) and its standard errors; NaN where none are known."""
        K = self.kernels[source]
        b = K.shape[1]
        h = K @ self.coef[to, source, :b]
        if self.covariance is None:
            return h, np.full(len(h), np.nan)
        V = self.covariance[to, source, :b, :b]
        return h, np.sqrt(np.maximum(np.einsum("wb,bc,wc->w", K, V, K), 0.0))


@dataclass(frozen=True, eq=False)
class Coupling:
    """How strongly N neurons are driven by M sources: matrices are (N to, M from).

    Attributes
    ----------
    neurons, sources :
        (N,) and (M,) what they are called.
    value, error :
        By name of a measure (``"integral"``, ``"gain"``, ``"peak"``, ``"norm"``,
        ``"extra_spikes"``) the matrices of it and of its standard errors; NaN where there are none,
        and ``status`` says why. See :meth:`measured`.
    peak_lag :
        Bins from the spike to where the filter is largest, up or down.
    statistic, df, p_value, q_value :
        Wald test that a filter is zero at all lags; q by Benjamini & Hochberg over all pairs of
        different neurons, and over the diagonal by itself.
    status :
        How the fit of the receiving neuron ended, or why a pair has no test.
    is_self :
        True where source and neuron are one: own history.
    filters :
        What :meth:`filter` makes filters of.
    stability :
        Whether the network runs away; None where the sources are others.
    few_events :
        (N,) True for receiving neurons with fewer than fifteen events per parameter of a fit
        without a penalty: their Wald tests are rough.
    metadata :
        What pynapple knows of the neurons, where it does.
    boundaries, groups :
        Of a sorted result: where groups of neurons end, and their names; () else.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 2))
    >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
    >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
    >>> found.strength.shape, found.is_self.diagonal(), found.stability.is_stable
    ((2, 2), array([ True,  True]), True)
    """

    neurons: tuple[Any, ...]
    sources: tuple[Any, ...]
    value: dict[str, FloatArray]
    error: dict[str, FloatArray]
    peak_lag: IntArray
    statistic: FloatArray
    df: FloatArray
    p_value: FloatArray
    q_value: FloatArray
    status: Array
    is_self: BoolArray
    filters: Filters
    stability: Stability | None
    few_events: BoolArray
    metadata: Any = None
    boundaries: tuple[int, ...] = ()
    groups: tuple[Any, ...] = ()

    __repr__ = showing.of_fields

    @property
    def strength(self) -> FloatArray:
        """(N, M) the integral of each filter: log rate x s (bins, where their length is unknown).

        >>> import spikeglm as nmo
        >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 2))
        >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
        >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
        >>> found.strength is found.measured("integral")[0]
        True
        """
        return self.value["integral"]

    def measured(self, measure: str = "integral") -> tuple[FloatArray, FloatArray]:
        """Return a measure of all filters and its standard errors, (N, M) each.

        Parameters
        ----------
        measure :
            ``"integral"``: sum over lags times the bin. ``"gain"``: geometric mean over the window
            of the factor that a spike is to the rate. ``"peak"``: where the filter is largest, up
            or down. ``"norm"``: root of the integral of its square. ``"extra_spikes"``: responses
            that a spike of the source adds or takes away, at the mean rate.

        Raises
        ------
        ValueError
            For another measure.

        >>> import spikeglm as nmo
        >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 2))
        >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
        >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
        >>> [part.shape for part in found.measured("extra_spikes")]
        [(2, 2), (2, 2)]
        """
        if measure not in MEASURES:
            raise errors.unknown_name("measure", measure, MEASURES)
        return self.value[measure], self.error[measure]

    def filter(self, to: Any, source: Any, *, scale: str = "effect") -> Curve:
        """Return the filter from a source to a neuron, with its pointwise band.

        Parameters
        ----------
        to, source :
            Their names.
        scale :
            ``"effect"``: what a spike adds to the linear predictor (log rate). ``"gain"``: its
            exponential. ``"rate"``: the mean response after a spike, from the mean of the fit, in
            Hz where the length of a bin is known, else per bin.

        Raises
        ------
        ValueError
            If there is no such neuron, source or scale.

        >>> import spikeglm as nmo
        >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 2))
        >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
        >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
        >>> found.filter(0, 1, scale="gain").axis
        array([1, 2, 3])
        """
        n, m = _number(self.neurons, to, "neuron"), _number(self.sources, source, "source")
        if scale not in ("effect", "gain", "rate"):
            raise errors.unknown_name("scale", scale, ("effect", "gain", "rate"))
        parts = self.filters
        h, error = parts.of(n, m)
        half = float(quantile(parts.level, float(parts.dof[n]))) * error
        ends: dict[str, Any] = {"value": h, "low": h - half, "high": h + half}
        unit = "nats" if parts.link.name == "exp" else ""
        if scale == "gain":
            ends, unit = {name: np.exp(part) for name, part in ends.items()}, "factor"
        if scale == "rate":
            with numerics.quiet():
                ends = {k: parts.link.mean(parts.eta[n] + part) for k, part in ends.items()}
            unit = "per bin" if parts.bin_s is None else "Hz"
            ends = {k: part / (parts.bin_s or 1.0) for k, part in ends.items()}
        is_timed = parts.bin_s is not None
        at: Any = parts.lags * (parts.bin_s or 1)
        return Curve(
            f"{source} → {to}", (at,), ("s" if is_timed else "bins",), unit=unit,
            standard_error=error, scale=scale, level=parts.level, dof=np.asarray(parts.dof[n]),
            predictor_unit="nats" if parts.link.name == "exp" else "",
            status=(str(self.status[n, m]),), **ends,
        )  # fmt: skip

    def sorted_by(self, by: Any, *, sources: Any = None) -> Coupling:
        """Return the same with neurons in another order, and groups of them marked.

        Parameters
        ----------
        by :
            The name of a column of the metadata; a value per neuron (array, pandas Series with the
            neurons as its index), sorted by; or ``"cluster"``: neurons with similar rows and
            columns side by side.
        sources :
            The same for the sources; None sorts them as the neurons where they are these.

        Raises
        ------
        ValueError
            If there is no such column, or the values are not one per neuron.

        >>> import spikeglm as nmo
        >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 3))
        >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
        >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
        >>> found = found.sorted_by(["thalamus", "cortex", "thalamus"])
        >>> found.neurons, found.groups, found.boundaries
        ((1, 0, 2), ('cortex', 'thalamus'), (1, 3))
        """
        mine = order_of(by, self.neurons, self.metadata, self.strength)
        is_one = self.neurons == self.sources
        other = mine
        if sources is not None or not is_one:
            whole = np.arange(len(self.sources))
            other = (
                mine._replace(order=whole)
                if sources is None
                else order_of(sources, self.sources, self.metadata, self.strength.T)
            )
        return self._reordered(mine.order, other.order, mine.boundaries, mine.groups)

    def _reordered(
        self, to: IntArray, source: IntArray, boundaries: tuple[int, ...], groups: tuple[Any, ...]
    ) -> Coupling:
        pairs = np.ix_(to, source)
        matrices = ("peak_lag", "statistic", "df", "p_value", "q_value", "status", "is_self")
        changes: dict[str, Any] = {name: getattr(self, name)[pairs] for name in matrices}
        for name in ("value", "error"):
            changes[name] = {key: part[pairs] for key, part in getattr(self, name).items()}
        return replace(
            self,
            neurons=tuple(self.neurons[n] for n in to),
            sources=tuple(self.sources[m] for m in source),
            filters=self.filters.part(to, source),
            few_events=self.few_events[to],
            metadata=None if self.metadata is None else self.metadata.iloc[to],
            boundaries=boundaries,
            groups=groups,
            **changes,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per pair.

        >>> import spikeglm as nmo
        >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 2))
        >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
        >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
        >>> found.to_frame().shape[0], found.to_frame().columns[:4].tolist()
        (4, ['to', 'from', 'is_self', 'integral'])
        """
        import pandas as pd

        N, M = self.strength.shape
        columns: dict[str, Any] = {
            "to": [n for n in self.neurons for _ in range(M)],
            "from": [m for _ in range(N) for m in self.sources],
            "is_self": self.is_self.ravel(),
        }
        for name in MEASURES:
            columns[name] = self.value[name].ravel()
            columns[f"{name}_error"] = self.error[name].ravel()
        bin_s = self.filters.bin_s
        of_lags, unit = ("bins", 1) if bin_s is None else ("ms", 1e3 * bin_s)
        columns[f"peak_lag_{of_lags}"] = (self.peak_lag * unit).ravel()
        for name in ("statistic", "df", "p_value", "q_value", "status"):
            columns[name] = getattr(self, name).ravel()
        return pd.DataFrame(columns)

    def __str__(self) -> str:
        N, M = self.strength.shape
        between = ~self.is_self & np.isfinite(self.p_value)
        found = between & (self.q_value < _ALPHA)
        up = int((found & (self.strength > 0)).sum())
        lines = [
            f"Coupling of {N} neuron(s) to {M} source(s): {int(between.sum())} pairs tested, "
            f"{int(found.sum())} with q < {_ALPHA} ({up} excite, {int(found.sum()) - up} inhibit)"
        ]
        for n, m in strongest(self, _SHOWN):
            value, error = self.value["extra_spikes"][n, m], self.error["extra_spikes"][n, m]
            lines.append(
                f"  {self.sources[m]} → {self.neurons[n]}: {value:+.3g} ± {error:.2g} spikes per "
                f"spike, {showing.p_is('q', self.q_value[n, m])}"
            )
        without = {str(s) for s in self.status[~self.is_self & ~np.isfinite(self.p_value)]}
        if without:
            n_none = int((~self.is_self).sum() - between.sum())
            lines.append(f"  {n_none} pairs without a test: {'; '.join(sorted(without))}")
        if self.few_events.any():
            lines.append(f"  {int(self.few_events.sum())} neurons with {ROUGH}")
        if self.stability is not None:
            lines.append(f"Stability: {self.stability}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show in a notebook what is printed."""
        first, *others = str(self).splitlines()
        return notebook.box("Coupling", first, lines=others)


def strongest(found: Coupling, most: int) -> list[tuple[int, int]]:
    """Return the pairs of different neurons with the largest statistics per degree of freedom."""
    with numerics.quiet():
        size = np.where(found.is_self, np.nan, found.statistic / found.df)
    size = np.where(np.isfinite(size), size, -1.0)
    order = np.argsort(-size, axis=None, kind="stable")[:most]
    pairs = [divmod(int(k), found.strength.shape[1]) for k in order]
    return [(n, m) for n, m in pairs if size[n, m] >= 0]


def _number(names: Sequence[Any], name: Any, kind: str) -> int:
    if name not in names:
        raise errors.unknown_name(kind, name, list(names))
    return list(names).index(name)
