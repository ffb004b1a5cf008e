"""A table of rows that is computed when it is read: features of signals, block by block.

A :class:`Design` keeps the signals and a source that knows how to turn any block of them
into features. The (T, p) table itself never exists, unless :meth:`Design.to_array` is asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .. import errors, notebook, showing
from ..io.interop.frames import column_labels
from ..io.interop.row_labels import RowLabels, agreed
from ..io.interop.timeseries import TimeAxis, time_axis_of
from ..typing import Array, ArrayLike, BoolArray, FloatArray, IntArray
from . import indexing
from .design_source import PartOfSource, Source, part_of_axis, part_of_labels, written_out
from .lost import Loss
from .matching import advice_on_packed, check_columns
from .terms import Term

if TYPE_CHECKING:
    from ..designs.report import DesignReport

Reader: TypeAlias = Callable[..., Array]
"""``read(x, name="Input 0")``: what a user passes as an input, as an array of numbers (T, ...)."""

_SCAN_ROWS = 2**16
_EFFICIENT_ROWS = 1024


@dataclass(frozen=True, eq=False)
class Signals:
    """Signals that share their rows: arrays (T, ...) and the time axis they came with.

    ``epoch_starts`` is the first row of each epoch; without pynapple there is one epoch.
    ``row_labels`` is what the user calls the rows, ``columns`` what the channels of each signal.
    """

    arrays: tuple[Array, ...]
    time_axis: TimeAxis | None = None
    row_labels: RowLabels | None = None
    columns: tuple[tuple[Any, ...] | None, ...] = ()

    __repr__ = showing.of_fields

    @property
    def n_rows(self) -> int:
        """T, the number of time bins."""
        return len(self.arrays[0])

    @property
    def epoch_starts(self) -> IntArray:
        """First row of each epoch; the first entry is 0."""
        return np.zeros(1, np.intp) if self.time_axis is None else self.time_axis.epoch_starts

    def part(self, first: int, last: int) -> Signals:
        """Signals number ``first`` up to ``last`` (excluded), on the same rows."""
        return Signals(self.arrays[first:last], self.time_axis)


def read_signals(*xs: ArrayLike, readers: tuple[Reader, ...]) -> Signals:
    """Read array-likes with the same number of rows, each by its reader; a number is one row.

    Raises
    ------
    TypeError
        An input is not what its reader takes (numbers, or labels).
    ValueError
        The inputs differ in their number of rows, or in what they call them (times, index).
    """
    pairs = enumerate(zip(xs, readers, strict=True))
    arrays = tuple(np.atleast_1d(read(x, name=f"Input {i}")) for i, (x, read) in pairs)
    labels = agreed(*(RowLabels.of(x, called=f"Input {i}") for i, x in enumerate(xs)))
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1:
        raise errors.value_error(
            "The inputs differ in their number of samples (axis 0).",
            given=f"{', '.join(map(str, lengths))} samples",
            expected="one number of samples for all inputs",
            todo="Bring all inputs to the same time bins.",
        )
    return Signals(arrays, time_axis_of(*xs), labels, tuple(map(column_labels, xs)))


@dataclass(frozen=True, eq=False)
class Design:
    """Features of signals as a table of T rows and p columns that is computed when it is read.

    Made by ``basis.design(*inputs)`` and accepted wherever a feature matrix ``X`` is. Everything
    that depends on the data (ranges of bases without bounds, kernels, epochs) is decided when it is
    made; :meth:`at` places new data in the same features.

    It is indexed as a NumPy array of shape (T, p) is, and ``numpy.asarray`` writes it out; either
    gives plain arrays of what was asked for, without terms and times, and a ValueError where that
    exceeds the memory budget. Some rows that are still a design: :meth:`rows`.

    Attributes
    ----------
    source :
        Computes the blocks; holds the signals, never a copy of them.
    feature_names : tuple of str
        ``"label[function]"``, or ``"label[channel,function]"`` for an input of several channels.
    time_axis :
        Times and epochs where an input was a pynapple object, else None.
    terms : tuple of Term
        What the columns of each additive component of the source mean; () if nothing is known.
    basis :
        What makes the same features of other signals, by its own ``design``; None where nothing is
        known.
    row_labels, input_columns :
        What the user calls the rows, and the columns of each input; None for nothing.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.HistoryConv(2, label="history")
    >>> design = basis.design(np.array([1, 0, 2, 0, 1]))
    >>> design.shape, design.feature_names
    ((5, 2), ('history[0]', 'history[1]'))
    >>> design.read(2, 4)
    array([[0., 1.],
           [2., 0.]])
    >>> design[2:4, 0], np.isfinite(design).sum()
    (array([0., 2.]), np.int64(6))
    """

    source: Source
    feature_names: tuple[str, ...]
    time_axis: TimeAxis | None = None
    terms: tuple[Term, ...] = ()
    row_labels: RowLabels | None = None
    input_columns: tuple[tuple[Any, ...] | None, ...] = ()
    basis: Any = None

    @classmethod
    def of(
        cls,
        source: Source,
        feature_names: tuple[str, ...],
        signals: Signals,
        terms: tuple[Term, ...] = (),
        basis: Any = None,
    ) -> Design:
        """Make a design of what is computed from signals, with their times and names.

        >>> import numpy as np, spikeglm as nmo
        >>> d = nmo.basis.HistoryConv(2).design(np.zeros(9))
        >>> Design.of(d.source, d.feature_names, d.source.signals).shape
        (9, 2)
        """
        names = terms, signals.row_labels, signals.columns
        return cls(source, feature_names, signals.time_axis, *names, basis)

    @property
    def n_rows(self) -> int:
        """T, the number of time bins."""
        return self.source.n_rows

    @property
    def n_features(self) -> int:
        """p, the number of features."""
        return self.source.n_columns

    @property
    def shape(self) -> tuple[int, int]:
        """(T, p)."""
        return self.n_rows, self.n_features

    @property
    def size(self) -> int:
        """T p."""
        return self.n_rows * self.n_features

    @property
    def ndim(self) -> int:
        """2."""
        return 2

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64."""
        return np.dtype(np.float64)

    @property
    def efficient_block_rows(self) -> int:
        """Long enough that windows reaching back before a block cost little."""
        return _EFFICIENT_ROWS

    def __len__(self) -> int:
        return self.n_rows

    def __getitem__(self, key: Any) -> Any:
        """Return ``[rows]`` or ``[rows, columns]``: what NumPy gives of :meth:`to_array`."""
        return indexing.taken(self._rows, self.shape, key)

    def __iter__(self) -> Iterator[FloatArray]:
        return indexing.one_by_one(self.read, self.n_rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Write the whole table out for NumPy, if it fits the memory budget."""
        wanted = self.dtype if dtype is None else np.dtype(dtype)
        if copy is False:
            raise errors.value_error(
                "A design has no array of its own: one is written when it is asked for.",
                given="copy=False",
                expected="copy=None or copy=True",
            )
        computed = wanted if wanted == np.float32 else self.dtype
        indexing.check_fits(self.n_rows, self.n_features, max(wanted.itemsize, computed.itemsize))
        table = written_out(self.source, dtype=computed)
        return table.astype(wanted, copy=False)

    def __repr__(self) -> str:
        return f"Design(n_rows={self.n_rows}, n_features={self.n_features})"

    def _repr_html_(self) -> str:
        """Show the terms in a notebook, and how large the table is that is not written out."""
        terms = [
            (term.label, f"{term.start} to {term.stop - 1}", str(term.n_channels))
            for term in self.terms
            if term.stop > term.start
        ]
        mib = self.size * self.dtype.itemsize / 2**20
        return notebook.box(
            "Design",
            f"{self.n_rows} rows x {self.n_features} features",
            table=notebook.table(terms, ("term", "columns", "channels")) if terms else "",
            lines=[f"computed when it is read; written out it would take {mib:.4g} MiB"],
        )

    def read(self, start: int, stop: int) -> FloatArray:
        """Return rows ``start:stop`` as a new (stop - start, p) float64 array.

        Costs O(block), whatever T is; safe to call from several threads. A row is NaN where a
        window leaves its epoch, and a column is where its input is not finite.

        >>> import numpy as np, spikeglm as nmo
        >>> design = nmo.basis.HistoryConv(2, label="past").design(np.arange(4.0))
        >>> design.read(2, 3)
        array([[1., 0.]])
        """
        return self.read_as(start, stop, dtype=self.dtype)

    def read_as(self, start: int, stop: int, *, dtype: np.dtype[Any]) -> FloatArray:
        """Return :meth:`read` in float32 or float64; in float32 it is computed faster.

        >>> import numpy as np, spikeglm as nmo
        >>> design = nmo.basis.HistoryConv(2, label="past").design(np.arange(4.0))
        >>> design.read_as(2, 3, dtype=np.dtype(np.float32))
        array([[1., 0.]], dtype=float32)
        """
        start, stop, _ = slice(start, stop).indices(self.n_rows)
        block = np.empty((max(stop - start, 0), self.n_features), dtype)
        self.source.write(start, start + len(block), block)
        return block

    def _rows(self, start: int, stop: int) -> FloatArray:
        return written_out(self.source, start, stop)

    def rows(self, start: int | None = None, stop: int | None = None) -> Design:
        """Return rows ``start:stop`` as a design: lazy, with terms, names and times.

        They are as they are here: a window still sees the samples before the first row.

        >>> import numpy as np, spikeglm as nmo
        >>> design = nmo.basis.HistoryConv(2, label="past").design(np.arange(9.0))
        >>> late = design.rows(5)
        >>> late.shape, late.terms[0].label, late[0]
        ((4, 2), 'past', array([4., 3.]))
        """
        first, last, _ = slice(start, stop).indices(self.n_rows)
        part = PartOfSource(self.source, first, max(first, last))
        axis = part_of_axis(self.time_axis, first, part.last)
        labels = part_of_labels(self.row_labels, first, part.last)
        names = self.feature_names, axis, self.terms, labels, self.input_columns, self.basis
        return Design(part, *names)

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every feature of the row is finite; computed once.

        >>> import spikeglm as nmo
        >>> nmo.basis.HistoryConv(1).design([1.0, 2.0, 3.0]).valid_rows()
        array([False,  True,  True])
        """
        return self._valid_rows

    @cached_property
    def _valid_rows(self) -> BoolArray:
        valid = np.empty(self.n_rows, dtype=bool)
        for start in range(0, self.n_rows, _SCAN_ROWS):
            stop = min(start + _SCAN_ROWS, self.n_rows)
            valid[start:stop] = self.source.finite(start, stop)
        valid.flags.writeable = False
        return valid

    def edges_of_windows(self) -> BoolArray:
        """Return (T,) True where a window leaves its epoch.

        >>> import spikeglm as nmo
        >>> nmo.basis.HistoryConv(1).design([1.0, 2.0, 3.0]).edges_of_windows()
        array([ True, False, False])
        """
        return self.source.edges()

    def losses(self, lost: BoolArray) -> list[Loss]:
        """Return which terms lose rows beyond these edges, and why; visits all samples.

        >>> import numpy as np, spikeglm as nmo
        >>> design = nmo.basis.IdentityEval(label="x").design([1.0, np.nan])
        >>> design.losses(~design.valid_rows())[0].why
        'NaN or inf'
        """
        return [
            Loss(repr(term.label), *found)
            for term, part in zip(self.terms, self.source.components(), strict=False)
            for found in part.losses()
        ]

    def report(self) -> DesignReport:
        """Look at all rows once: correlated terms, empty columns, rows that are lost.

        Raises TypeError if nothing is known of its terms.

        >>> import numpy as np, spikeglm as nmo
        >>> design = nmo.basis.HistoryConv(3, label="past").design(np.arange(50) % 7)
        >>> print(design.report())
        Design of 50 rows and 3 columns; 3 rows lost
        <BLANKLINE>
        term  columns  events  lost  VIF  most like it
        past        3             3    1
        <BLANKLINE>
        past: 3 rows lost, its window reaches 3 bins back, where nothing is known
        """
        from ..designs.report import DesignReport

        return DesignReport.of(self)

    def at(self, *inputs: ArrayLike) -> Design:
        """Return the same features of new inputs: a test set, another session.

        Samples are placed in the ranges of the inputs the design was made with. What lies outside
        of a range gets the ``fill_value`` of its basis (NaN if it was not set).

        Raises
        ------
        TypeError, ValueError
            As ``compute_features``; also when an input has another shape than the one it replaces,
            or calls its columns otherwise.
        """
        if len(inputs) != self.source.n_inputs:
            raise errors.type_error(
                f"This design was made of {self.source.n_inputs} input(s).",
                given=f"{len(inputs)} input(s)",
                expected="one for each input it was made of, in the same order",
                todo=advice_on_packed(inputs[0] if inputs else None, self.source.n_inputs),
            )
        signals = read_signals(*inputs, readers=self.source.readers)
        check_columns(signals.columns, self.input_columns)
        return self.of(self.source.at(signals), self.feature_names, signals, self.terms, self.basis)

    def to_array(self) -> FloatArray:
        """Write the whole table out as a (T, p) array, in parallel.

        >>> import spikeglm as nmo
        >>> nmo.basis.IdentityEval().design([1.0, 2.0]).to_array().shape
        (2, 1)
        """
        return written_out(self.source)
