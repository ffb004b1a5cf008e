"""Which group each row belongs to, and when it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...io.interop.epochs import epoch_of, is_epochs
from ...rows.contract import Rows
from ...rows.group_labels import borders, is_missing, read_groups
from ...rows.sampling import bin_size_of, seconds_of
from ...typing import Array, BoolArray, IntArray
from .pairs import Times

EPOCHS = "epochs"
_TO_SECONDS = "an int, a number of bins, or where bins have a length a duration such as '200 ms'"


@dataclass(frozen=True, eq=False)
class RowsInTime:
    """The rows of a fit, T, without their features.

    Attributes
    ----------
    rows, keep :
        The table, and (T,) which of its rows take part.
    time_axis :
        Their times and epochs, where X or y had them.
    bin_s :
        Seconds of a bin, where the data said so.
    """

    rows: Rows
    keep: BoolArray
    time_axis: Any = None
    bin_s: float | None = None

    __repr__ = showing.of_fields

    def codes(self, groups: Any) -> IntArray:
        """Return the group of each row, (T,), from 0; -1 where a row takes no part.

        Parameters
        ----------
        groups :
            (T,) labels, epochs, or None or ``"epochs"`` for those of X.

        Raises
        ------
        ValueError, TypeError
            If they are not one for each row, a row that counts has none, or nothing is known.
        """
        labels = self._labels(groups)
        missing = self.keep & (labels == -1 if is_epochs(groups) else is_missing(labels))
        if missing.any():
            where = np.flatnonzero(missing)
            raise errors.value_error(
                "Some rows of the fit are in no group.",
                given=f"{len(where)} rows without one, the first row {where[0]}",
                expected="a group for each row that takes part",
                todo="fit without these rows (a weight of zero, or NaN, leaves a row out), or give "
                "them a group.",
            )
        codes = np.full(len(self.keep), -1, dtype=np.intp)
        try:
            _, codes[self.keep] = np.unique(labels[self.keep], return_inverse=True)
        except TypeError:
            raise errors.type_error(
                "groups has labels that cannot be compared.",
                given="labels of several types",
                expected="all of one type, such as numbers or texts",
            ) from None
        return codes

    def times(self, groups: Any = None) -> Times:
        """Return when each row is, in bins; borders of epochs, and of groups, are gaps.

        A bin that is missing, or takes no part, is a gap of one bin.
        """
        at, _ = self._at(groups)
        return Times(at, self.keep)

    def longest(self, groups: Any = None) -> int:
        """Return the number of bins of the longest stretch without a border."""
        at, border = self._at(groups)
        if not len(at):
            return 0
        first = np.append(0, border)
        last = np.append(border, len(at)) - 1
        return int((at[last] - at[first]).max()) + 1

    def bins_in(self, lags: Any) -> int:
        """Return a number of lags, in bins, that was given in bins or in time.

        Raises
        ------
        ValueError, TypeError
            If it is neither, or bins have no length.
        """
        if isinstance(lags, (int, np.integer)) and not isinstance(lags, bool):
            n_lags = int(lags)
        elif isinstance(lags, (str, float, np.floating)):
            seconds = seconds_of(lags, name="lags") if isinstance(lags, str) else float(lags)
            bin_s = self.bin_s or bin_size_of(self.time_axis)
            if bin_s is None:
                raise errors.value_error(
                    "Lags in seconds need bins that have a length.",
                    given=f"lags={lags!r} for data without times",
                    expected="an int, a number of bins; or X or y with times (pynapple)",
                )
            n_lags = round(seconds / bin_s) if np.isfinite(seconds) else -1
        else:
            raise errors.type_error("lags cannot be read.", given=repr(lags), expected=_TO_SECONDS)
        if n_lags < 0:
            raise errors.value_error(
                "lags cannot be negative.", given=f"lags={lags!r}", expected=_TO_SECONDS
            )
        return n_lags

    def _labels(self, groups: Any) -> Array:
        if groups is None or (isinstance(groups, str) and groups == EPOCHS):
            return self._of_own_epochs()
        if is_epochs(groups):
            if self.time_axis is None:
                raise errors.value_error(
                    "Epochs need rows that have times.",
                    given="groups with epochs, and X and y without times",
                    expected="X or y as pynapple objects, or groups as one label per row",
                )
            return epoch_of(self.time_axis.times, groups)
        return read_groups(groups, self.rows, name="groups")

    def _of_own_epochs(self) -> Array:
        starts = np.zeros(1, int) if self.time_axis is None else self.time_axis.epoch_starts
        if len(starts) < 2:
            raise errors.value_error(
                "There are no groups.",
                given="no groups, and data without several epochs",
                expected="groups: a label per row, such as the trial, or epochs",
                todo="pass groups=trial_of_each_row, or cov_type='HAC' for one long recording.",
            )
        return np.searchsorted(starts, np.arange(len(self.keep)), side="right") - 1

    def _at(self, groups: Any) -> tuple[IntArray, IntArray]:
        """Return the bin of each row, (T,), and the first row behind each border."""
        step = np.ones(max(len(self.keep) - 1, 0), dtype=np.int64)
        is_border = np.zeros(len(step), dtype=bool)
        if self.time_axis is not None:
            is_border[self.time_axis.epoch_starts[1:] - 1] = True
            bin_s = bin_size_of(self.time_axis)
            if bin_s is not None:
                step = np.maximum(np.rint(np.diff(self.time_axis.times) / bin_s), 1).astype(int)
        if groups is not None:
            is_border |= borders(self._labels(groups))
        step[is_border] = int(step[~is_border].sum()) + 2  # farther than any lag
        at = np.concatenate([[0], np.cumsum(step)])[: len(self.keep)]
        return at, np.flatnonzero(is_border) + 1
