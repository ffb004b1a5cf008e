"""Splitters that respect time, with scikit-learn's methods: blocks, trials, epochs, sessions.

Each leaves a gap between the rows it trains and those it tests on, as long as the longest kernel of
the design: two rows closer than that share samples.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from .. import errors
from ..glm.reading.fit_inputs import read_rows
from ..rows.contract import Rows
from ..typing import IntArray
from .leaks import gap_in_bins, stretch_starts, within


class TimeSplitter(ABC):
    """What all splitters of this page are; ``gap`` is what each leaves between rows.

    A gap is a number of bins, a duration such as ``"200 ms"``, or None: as long as the longest
    kernel of X, where X is a design (or a table with known terms), else nothing. It never reaches
    over the border of an epoch.

    >>> import numpy as np, spikeglm as nmo
    >>> isinstance(nmo.selection.ContiguousBlocks(3), TimeSplitter)
    True
    """

    gap: Any

    @abstractmethod
    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        >>> import spikeglm as nmo
        >>> nmo.selection.ContiguousBlocks(3).get_n_splits()
        3
        """

    @abstractmethod
    def fold_of_rows(self, rows: Rows) -> IntArray:
        """Return (T,) the fold that each row is tested in; -1 for rows that take no part.

        >>> import numpy as np, spikeglm as nmo
        >>> from spikeglm.rows import ArrayRows
        >>> nmo.selection.ContiguousBlocks(2).fold_of_rows(ArrayRows(np.zeros((5, 1))))
        array([0, 0, 0, 1, 1])
        """

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield row numbers (train, test) of each fold, as scikit-learn's splitters do.

        Raises
        ------
        ValueError
            If the rows cannot be dealt so, or a gap leaves nothing to train on.

        >>> import numpy as np, spikeglm as nmo
        >>> for train, test in nmo.selection.ContiguousBlocks(2, gap=1).split(np.zeros((6, 1))):
        ...     print(train, test)
        [4 5] [0 1 2]
        [0 1] [3 4 5]
        """
        rows = read_rows(X)
        fold, gap, starts = self.fold_of_rows(rows), gap_in_bins(self.gap, rows), self._starts(rows)
        for k in range(self.get_n_splits()):
            test = fold == k
            train = (fold >= 0) & ~within(test, gap, starts)
            if not (train.any() and test.any()):
                raise errors.value_error(
                    f"Fold {k} has no rows to {'test' if train.any() else 'train'} on.",
                    given=f"{self!r} for {rows.n_rows} rows, with a gap of {gap} bins",
                    expected="blocks much longer than the gap",
                    todo="use fewer or longer blocks, or a shorter gap.",
                )
            yield np.flatnonzero(train), np.flatnonzero(test)

    def _starts(self, rows: Rows) -> IntArray:
        return stretch_starts(rows)


@dataclass(frozen=True)
class ContiguousBlocks(TimeSplitter):
    """K runs of consecutive rows, of nearly equal length; ``folds=K`` means this.

    Each fold tests another part of the session. Where the session drifts, that is asked too: is the
    neuron predicted at a time that the fit has not seen?

    Parameters
    ----------
    n_folds :
        K.
    gap :
        Bins (a number), time (``"200 ms"``) or None, the longest kernel of the design.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> folds = nmo.selection.ContiguousBlocks(3)
    >>> [test.tolist() for _, test in folds.split(np.zeros((7, 1)))]
    [[0, 1, 2], [3, 4], [5, 6]]
    """

    n_folds: int = 5
    gap: Any = None

    def __post_init__(self) -> None:
        check_number(self.n_folds, "n_folds")

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return self.n_folds

    def fold_of_rows(self, rows: Rows) -> IntArray:
        """Return (T,) the fold of each row."""
        return _runs(self.n_folds, rows.n_rows)


@dataclass(frozen=True)
class InterleavedBlocks(TimeSplitter):
    """Runs of rows dealt to the folds in turn: each fold has blocks from the whole session.

    The session is cut into K times C runs; fold k tests runs k, k + K, k + 2 K ... (Hardcastle et
    al. 2017 have K = 10, C = 5). Slow drift is then in all folds.

    Parameters
    ----------
    n_folds :
        K.
    n_chunks :
        C, runs per fold.
    gap :
        Bins (a number), time (``"200 ms"``) or None, the longest kernel of the design.

    References
    ----------
    Hardcastle, Maheswaranathan, Ganguli & Giocomo (2017), Neuron 94:375-87, methods.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> folds = nmo.selection.InterleavedBlocks(2, n_chunks=2)
    >>> [test.tolist() for _, test in folds.split(np.zeros((8, 1)))]
    [[0, 1, 4, 5], [2, 3, 6, 7]]
    """

    n_folds: int = 5
    n_chunks: int = 10
    gap: Any = None

    def __post_init__(self) -> None:
        check_number(self.n_folds, "n_folds")
        check_number(self.n_chunks, "n_chunks", least=1)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return self.n_folds

    def fold_of_rows(self, rows: Rows) -> IntArray:
        """Return (T,) the fold of each row."""
        return _runs(self.n_folds * self.n_chunks, rows.n_rows) % self.n_folds


def check_number(n: Any, name: str, least: int = 2) -> None:
    """Raise a ValueError for what is no whole number from ``least`` on."""
    if not isinstance(n, Integral) or isinstance(n, bool) or n < least:
        raise errors.value_error(
            f"{name} cannot be used.", given=f"{name}={n!r}", expected=f"a whole number >= {least}"
        )


def _runs(n_runs: int, n_rows: int) -> IntArray:
    """Return the run of each row (T,), of nearly equal length, the longer ones first."""
    if n_runs > n_rows:
        raise errors.value_error(
            "folds cannot be used.",
            given=f"{n_runs} blocks of {n_rows} rows",
            expected="no more than there are rows",
        )
    lengths = np.full(n_runs, n_rows // n_runs)
    lengths[: n_rows % n_runs] += 1
    return np.repeat(np.arange(n_runs), lengths)
