"""A design that was built of events, trials, signals and spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np

from .. import errors, notices, showing
from ..basis.terms.formula import PlacedRows
from ..io.interop.event_data import ONE
from ..io.interop.row_labels import RowLabels
from ..io.interop.timed_data import Timed, read_spikes
from ..io.interop.timeseries import to_pynapple
from ..rows.design import Design, Reader, Signals
from ..rows.given_terms import names_of
from ..typing import ArrayLike, BoolArray, FloatArray, IntArray
from .grid import Grid
from .kinds.contract import PlacedTerm, TermFacts
from .kinds.values import channels_of, numbers_in_bins
from .numbers_in_bins import events_in_bins
from .report import DesignReport

_FEWEST_IN_ROWS = 0.01  # of all spikes


@dataclass(frozen=True, eq=False)
class SideBySide:
    """The columns of several terms side by side, each computed by its own rows."""

    parts: tuple[PlacedRows, ...]

    __repr__ = showing.of_fields

    @property
    def n_inputs(self) -> int:
        """One: data by their names."""
        return 1

    @property
    def readers(self) -> tuple[Reader, ...]:
        """None: data are read by their terms."""
        return ()

    @property
    def n_rows(self) -> int:
        """T."""
        return self.parts[0].n_rows

    @property
    def n_columns(self) -> int:
        """p."""
        return sum(part.n_columns for part in self.parts)

    def at(self, signals: Signals) -> SideBySide:
        """TypeError: data come by their names, see :meth:`BuiltDesign.at`."""
        raise errors.type_error(
            "The data of this design come by their names.",
            given="signals without names",
            expected="a dict of data",
            todo="call design.at({'rows': counts, 'reward': times, ...}).",
        )

    def components(self) -> Sequence[Any]:
        """Return the rows of each term."""
        return self.parts

    def write(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, p)."""
        edges = accumulate((part.n_columns for part in self.parts), initial=0)
        for first, part in zip(edges, self.parts, strict=False):
            if part.n_columns == 0 or stop == start:
                continue
            part.write(start, stop, out[:, first : first + part.n_columns])

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where every term is finite."""
        return reduce(np.logical_and, (part.finite(start, stop) for part in self.parts))

    def edges(self) -> BoolArray:
        """Return (T,) True where a window of some term leaves what is known."""
        return reduce(np.logical_or, (part.edges() for part in self.parts))


@dataclass(frozen=True, eq=False, repr=False)
class BuiltDesign(Design):
    """A design that was built of events, trials, signals and spikes, and can report on itself.

    It is a :class:`Design` in every other way: a lazy table of T rows and p columns whose terms
    have labels. ``basis`` is the :class:`DesignPlan` that makes the same features of other data.

    Attributes
    ----------
    grid :
        The rows in time.
    facts :
        What became of the data of each term.
    feature_mask : dict or None
        By label, which neurons use which channels, of terms that said so: for
        ``PopulationGLM(feature_mask=design.feature_mask)``. None where no term did.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 1]])
    >>> design = builder.events([0.25], window=(0, 0.2), basis="lags", label="cue").design()
    >>> design, design.feature_names
    (Design(n_rows=10, n_features=2), ('cue[0]', 'cue[1]'))
    >>> design[1:5]
    array([[0., 0.],
           [1., 0.],
           [0., 1.],
           [0., 0.]])
    """

    grid: Any = None
    facts: tuple[TermFacts, ...] = ()
    feature_mask: Any = None

    @classmethod
    def of_terms(cls, placed: Sequence[PlacedTerm], grid: Grid, plan: Any) -> BuiltDesign:
        """Put terms side by side.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> plan = nmo.DesignBuilder(bin_s=0.1, epochs="session").boxcar("on", label="on").plan
        >>> plan.design({"session": [[0, 1]], "on": [[0, 0.5]]}).shape
        (10, 1)
        """
        edges = accumulate((each.rows.n_columns for each in placed), initial=0)
        terms = tuple(
            replace(each.term, start=first, stop=first + each.rows.n_columns)
            for first, each in zip(edges, placed, strict=False)
        )
        return cls(
            SideBySide(tuple(each.rows for each in placed)),
            names_of(terms),
            grid.axis,
            terms,
            RowLabels("X", time_axis=grid.axis),
            (),
            plan,
            grid=grid,
            facts=tuple(each.facts for each in placed),
            feature_mask={e.term.label: e.mask for e in placed if e.mask is not True} or None,
        )

    def at(self, *inputs: Any) -> BuiltDesign:
        """Return the same features of other data: ranges and channels are those of this design.

        Parameters
        ----------
        *inputs :
            One dict, from the names of data to data: ``design.basis`` has the names.

        Raises
        ------
        TypeError
            If it is no dict.
        ValueError
            If data are missing, or have other channels.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 1]])
        >>> design = builder.boxcar([[0, 0.5]], label="on").design()
        >>> design.at({"epochs": [[0, 3]], "on": [[0, 2]]}).to_array().sum()
        np.float64(20.0)
        """
        if len(inputs) != 1 or not isinstance(inputs[0], Mapping):
            raise errors.type_error(
                "The data of this design come by their names.",
                given=f"{len(inputs)} input(s) without names",
                expected="one dict of data",
                todo="see the names in design.basis.to_toml().",
            )
        found: BuiltDesign = self.basis.design(inputs[0])
        return found

    @property
    def window_borders(self) -> IntArray:
        """(K,) first rows of the stretches that share no sample with each other through a window.

        Epochs that follow each other sooner than windows are long are one stretch, unless kernels
        are limited to trials: gaps between folds have to reach from one to the next.
        """
        past = future = 0
        for term, part in zip(self.terms, self.source.components(), strict=True):
            runs = getattr(part, "runs", None)
            if runs is not None and not runs.within_trial:
                before, after = term.reach
                past, future = max(past, before), max(future, after)
        found: IntArray = self.grid.borders(past + future)
        return found

    def report(self) -> DesignReport:
        """Look at all rows once: correlated terms, empty kernels, events outside, rows lost.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 1]])
        >>> builder = builder.events([0.25, 7.0], window=(0, 0.2), basis="lags", label="cue")
        >>> builder.design().report().status
        ('1 event(s) seen by no row',)
        """
        return DesignReport.of(self, self.facts)

    def counts(self, spikes: ArrayLike) -> Any:
        """Return how many spikes are in each row: a Tsd (T,) of one neuron, a TsdFrame of several.

        Parameters
        ----------
        spikes :
            As for a spike history: a pynapple Ts or TsGroup, a dict or a list of arrays of times.
            Counts are taken at the times of the rows.

        Warns
        -----
        UserWarning
            If hardly any spike falls into a row: times in milliseconds, or of another clock.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.5, epochs=[[0, 2]])
        >>> design = builder.boxcar([[0, 1]], label="on").design()
        >>> design.counts({"a": [0.1, 0.2, 1.9], "b": []}).values
        array([[2, 0],
               [0, 0],
               [0, 0],
               [1, 0]])
        """
        runs = self.grid.stretches(0, 0)
        found = read_spikes(spikes, name="spikes")
        if isinstance(found, Timed):
            values, _ = numbers_in_bins(found, runs, "spikes", how="same")
            names = channels_of(values, found.columns)
        else:
            names = found[0].channels
            values = events_in_bins(runs, found[0]).astype(np.int64)
            _warn_of_other_clock(len(found[0].times), int(values.sum()), self.grid)
            values = values[:, 0] if names == ONE else values
        return to_pynapple(values, self.grid.axis, columns=list(names))


def _warn_of_other_clock(n_given: int, n_in_rows: int, grid: Grid) -> None:
    if n_in_rows < _FEWEST_IN_ROWS * n_given:
        notices.warn(
            f"Of {n_given} spikes {n_in_rows} fall into the rows. Given: times of spikes that are "
            f"elsewhere. Expected: seconds on the clock of the rows, which lie from "
            f"{grid.axis.times[0]:.6g} to {grid.axis.times[-1]:.6g} s. What to do: check units "
            "(milliseconds, samples) and clocks; nothing, if the rows are so small a part of the "
            "recording."
        )
