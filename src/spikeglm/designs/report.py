"""What to know of a design before it is fitted: correlations, empty kernels, rows that are lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, notebook, showing
from ..rows.design import Design
from ..rows.design_source import PartOfSource, Source
from ..rows.terms import Term
from ..typing import BoolArray, FloatArray, IntArray
from .collinearity import Moments, column_vif, moments_of, term_correlations, term_vif
from .kinds.contract import TermFacts
from .kinds.history import History

if TYPE_CHECKING:
    import pandas as pd

_STRONG = 0.95  # a correlation of terms that is told
_WELL = "ok"
_HEAD = ("term", "columns", "events", "lost", "VIF", "most like it")


@dataclass(frozen=True, eq=False)
class DesignReport:
    """What to know of a design before it is fitted; print it for a page.

    Attributes
    ----------
    terms :
        K terms.
    n_rows, n_kept :
        T rows, and those in which every feature is finite.
    rows_lost :
        (K, 2) rows that each term loses: at edges, where its window leaves what is known; and
        because samples or values are missing.
    n_rows_lost_alone :
        (K,) rows that no other term loses.
    vif :
        (K,) generalised variance inflation factors, to the power 1 / rank: by how much the errors
        of a term grow, squared and per direction, because of the other terms. Above 10 it is
        serious, infinite if a part of the term is a combination of other terms.
    rank :
        (K,) how many independent columns a term has, beside the constant.
    term_correlation :
        (K, K) largest canonical correlation of each pair of terms.
    correlation, column_vif :
        (p, p) and (p,) of the columns.
    n_nonzero :
        (p,) in how many rows a column is not zero.
    is_constant :
        (p,) whether a column is constant over the rows that are kept.
    facts :
        What became of the events, by label.
    feature_names :
        p names.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.HistoryConv(2, label="past") + nmo.basis.IdentityEval(label="speed")
    >>> rng = np.random.default_rng(0)
    >>> design = basis.design(rng.poisson(0.3, 200), rng.normal(size=200))
    >>> report = DesignReport.of(design)
    >>> report.n_kept, report.rows_lost[:, 0], report.status
    (198, array([2, 0]), ('ok', 'ok'))
    """

    terms: tuple[Term, ...]
    n_rows: int
    n_kept: int
    rows_lost: IntArray
    n_rows_lost_alone: IntArray
    vif: FloatArray
    rank: IntArray
    term_correlation: FloatArray
    correlation: FloatArray
    column_vif: FloatArray
    n_nonzero: IntArray
    is_constant: BoolArray
    facts: dict[str, TermFacts]
    feature_names: tuple[str, ...]

    @classmethod
    def of(cls, design: Design, facts: Sequence[TermFacts] = ()) -> DesignReport:
        """Look at all rows of a design once.

        Raises
        ------
        TypeError
            If it is no design with terms.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> DesignReport.of(nmo.basis.HistoryConv(3, label="past").design(np.ones(50))).status
        ('constant',)
        """
        if not getattr(design, "terms", ()) or not hasattr(design, "source"):
            raise errors.type_error(
                "Only a design can report on itself.",
                given=type(design).__name__,
                expected="what DesignBuilder(...).design() or basis.design(...) returns",
            )
        sums = moments_of(design)
        vif, rank = term_vif(sums.correlation, design.terms)
        lost = _lost(design)
        return cls(
            design.terms,
            design.n_rows,
            sums.n_rows,
            lost.sum(axis=2).T,
            _alone(lost[0] | lost[1]),
            vif ** (1.0 / np.maximum(rank, 1)),
            rank.astype(np.intp),
            term_correlations(sums.correlation, design.terms),
            sums.correlation,
            column_vif(sums.correlation),
            sums.n_nonzero,
            _constant(sums),
            {each.label: each for each in facts},
            design.feature_names,
        )

    @property
    def empty_columns(self) -> tuple[str, ...]:
        """Columns that are zero in all rows that are kept: functions that no event reaches."""
        return tuple(
            name for name, n in zip(self.feature_names, self.n_nonzero, strict=True) if n == 0
        )

    @property
    def status(self) -> tuple[str, ...]:
        """What is wrong with each term, ``"ok"`` for nothing."""
        return tuple("; ".join(self._problems(k)) or _WELL for k in range(len(self.terms)))

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with one row per term.

        Columns: ``kind``; ``n_columns``, ``n_empty`` (columns without a row that is not zero) and
        ``rank``; ``n_events``, ``n_in_rows`` (in the bin of a row) and ``n_seen`` (by some row),
        -1 where there are none; ``rows_lost_edges``, ``rows_lost_missing``, ``rows_lost_alone``;
        ``vif``; ``most_like`` and ``correlation``, the term that is most like it; ``status``.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> design = nmo.basis.HistoryConv(3, label="past").design(np.arange(50) % 7)
        >>> DesignReport.of(design).to_frame()["rows_lost_edges"].item()
        3
        """
        import pandas as pd

        rows = [self._row(k) for k in range(len(self.terms))]
        labels = pd.Index([term.label for term in self.terms], name="term")
        return pd.DataFrame(rows, index=labels)

    def events_frame(self) -> pd.DataFrame:
        """Return a pandas table of events per kernel: one row per term and channel.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 9]])
        >>> builder = builder.events({"l": [1, 2], "r": [3]}, window=(0, 1), label="lick")
        >>> builder.design().report().events_frame()["n_seen"].tolist()
        [2, 1]
        """
        import pandas as pd

        rows = [
            {"term": facts.label, "channel": channel, "n_seen": n}
            for facts in self.facts.values()
            for channel, n in facts.per_channel
        ]
        return pd.DataFrame(rows, columns=["term", "channel", "n_seen"])

    def __str__(self) -> str:
        lines = [f"Design of {self._size()}", "", *showing.table(self._table(), to_left=(0, 5))]
        told = self._told()
        return "\n".join(lines + (["", *told] if told else []))

    def _repr_html_(self) -> str:
        """Show the terms and what is odd in a notebook."""
        head, *rows = self._table()
        return notebook.box(
            "Design", self._size(), table=notebook.table(rows, head), lines=self._told()
        )

    def __repr__(self) -> str:
        n_told = sum(said != _WELL for said in self.status)
        return f"DesignReport({len(self.terms)} terms, {n_told} with a remark)"

    def _size(self) -> str:
        return (
            f"{self.n_rows} rows and {len(self.feature_names)} columns; "
            f"{self.n_rows - self.n_kept} rows lost"
        )

    def _table(self) -> list[tuple[str, ...]]:
        """Return the header and a row per term, as text."""
        rows = (self._cells(self._row(k)) for k in range(len(self.terms)))
        return [_HEAD, *((t.label, *cells) for t, cells in zip(self.terms, rows, strict=True))]

    def _told(self) -> list[str]:
        """Return what is odd about each term, in words."""
        told = [
            f"{term.label}: {said}"
            for term, said in zip(self.terms, self.status, strict=True)
            if said != _WELL
        ]
        return told + [said for k in range(len(self.terms)) for said in self._said_of_rows(k)]

    def _cells(self, row: dict[str, Any]) -> tuple[str, ...]:
        """Return what the printed table says of a term."""
        like = f"{row['most_like']} ({row['correlation']:.2f})" if row["most_like"] else ""
        return (
            str(row["n_columns"]),
            str(row["n_seen"]) if row["n_seen"] >= 0 else "",
            str(row["rows_lost_edges"] + row["rows_lost_missing"]),
            number(row["vif"]),
            like,
        )

    def _said_of_rows(self, k: int) -> Iterator[str]:
        """Say how many rows a term loses, and why."""
        term, (edges, missing) = self.terms[k], self.rows_lost[k].tolist()
        if edges:
            past, future = term.reach
            sides = [f"{past} bins back"] * (past > 0) + [f"{future} bins ahead"] * (future > 0)
            yield (
                f"{term.label}: {edges} rows lost, its window reaches {' and '.join(sides)}, "
                "where nothing is known"
            )
        if missing:
            yield f"{term.label}: {missing} rows lost, samples or values are missing"

    def _row(self, k: int) -> dict[str, Any]:
        term = self.terms[k]
        facts = self.facts.get(term.label)
        like, correlation = self._most_like(k)
        known = facts is not None and facts.n_events is not None
        edges, missing = self.rows_lost[k]
        return {
            "kind": term.kind if facts is None else facts.kind,
            "n_columns": term.stop - term.start,
            "n_empty": int((self.n_nonzero[term.columns] == 0).sum()),
            "rank": int(self.rank[k]),
            "n_events": facts.n_events if facts is not None and known else -1,
            "n_in_rows": facts.n_in_rows if facts is not None and known else -1,
            "n_seen": facts.n_seen if facts is not None and known else -1,
            "rows_lost_edges": int(edges),
            "rows_lost_missing": int(missing),
            "rows_lost_alone": int(self.n_rows_lost_alone[k]),
            "vif": float(self.vif[k]),
            "most_like": like,
            "correlation": correlation,
            "status": self.status[k],
        }

    def _most_like(self, k: int) -> tuple[str, float]:
        others = np.delete(self.term_correlation[k], k)
        if not np.isfinite(others).any():
            return "", np.nan
        j = int(np.nanargmax(others))
        return self.terms[j + (j >= k)].label, float(others[j])

    def _problems(self, k: int) -> Iterator[str]:
        term = self.terms[k]
        yield from _said_of_events(self.facts.get(term.label))
        empty = self.n_nonzero[term.columns] == 0
        n_columns = term.stop - term.start
        if self.rows_lost[k].sum() >= self.n_rows:
            yield "loses all rows"
        if self.n_kept == 0:
            yield "no row is complete"
            return
        if empty.all() and n_columns:
            yield "empty: zero in all rows"
        elif self.is_constant[term.columns].all() and n_columns:
            yield "constant"
        elif empty.any():
            yield f"{empty.sum()} of {n_columns} columns are zero in all rows"
        n_lags = len(term.axis()) if term.kind == "lag" else term.n_functions
        if term.n_functions > n_lags:
            yield f"{term.n_functions} functions over {n_lags} lags"
        if np.isinf(self.vif[k]):
            yield "a combination of other terms"
        like, correlation = self._most_like(k)
        if correlation > _STRONG and not np.isinf(self.vif[k]):
            yield f"nearly the same as {like!r}"


def _said_of_events(facts: TermFacts | None) -> Iterator[str]:
    if facts is None or facts.n_events is None:
        return
    if facts.n_seen == 0:
        yield f"no event in any row (of {facts.n_events})"
    elif facts.n_outside and facts.kind != History.kind:  # spikes between trials are no trouble
        yield f"{facts.n_outside} event(s) seen by no row"
    for n, what in (
        (facts.n_without_time, "without a time"),
        (facts.n_without_value, "without a value"),
        (facts.n_of_no_channel, "of no channel"),
    ):
        if n:
            yield f"{n} {what}"
    unseen = [str(channel) for channel, n in facts.per_channel if n == 0]
    if unseen and facts.n_seen:
        yield f"no event of {errors.listed(unseen)}"


def _lost(design: Design) -> BoolArray:
    """Return (2, K, T): rows that each term loses at edges, and because numbers are missing."""
    parts = _parts(design.source)
    edges = np.array([part.edges() for part in parts])
    missing = []
    for part in parts:
        finite = np.zeros(design.n_rows, dtype=bool)
        for start in range(0, design.n_rows, 2**16):
            stop = min(start + 2**16, design.n_rows)
            finite[start:stop] = part.finite(start, stop)
        missing.append(~finite)
    return np.stack([edges, np.array(missing) & ~edges])


def _parts(source: Source) -> list[Any]:
    """Return the parts of a source side by side, each over the rows that the source has."""
    if isinstance(source, PartOfSource):
        return [PartOfSource(each, source.first, source.last) for each in _parts(source.whole)]
    return list(source.components())


def _alone(lost: BoolArray) -> IntArray:
    """Return (K,) how many rows each of K terms loses that no other loses."""
    return np.asarray((lost & (lost.sum(axis=0) == 1)).sum(axis=1))


def _constant(sums: Moments) -> BoolArray:
    return np.asarray(sums.scale == 0)


def number(value: float) -> str:
    """Return a factor as a table shows it: NaN as nothing.

    >>> number(1.234), number(float("nan")), number(float("inf"))
    ('1.23', '', 'inf')
    """
    if np.isnan(value):
        return ""
    return "inf" if np.isinf(value) else f"{value:.3g}"
