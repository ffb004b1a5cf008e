"""Curves of a term as arrays that a page can hold: fewer points and channels of very many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import showing
from ..plotting.curve_tables import OF_LAGS
from ..solvers import WELL

if TYPE_CHECKING:
    import pandas as pd

MOST_CHANNELS = 6  # of a neuron that are drawn: those with the largest effects
_AFTER_PLACES = ("channel", "neuron", "value")  # columns of a table of curves
_FEWEST_POINTS, _FEWEST_OF_MAPS = 24, 12
_BYTES_OF_A_POINT = 6  # value and both ends of a band
_PARTS = ("value", "low", "high")
_WELL = tuple(map(str, WELL))


@dataclass(frozen=True, eq=False)
class CurveArrays:
    """A term of N neurons: K of its channels for each, at W points (of a map: W_1 times W_2).

    Attributes
    ----------
    label :
        The term.
    names :
        What its variables are called on axes; lags are in milliseconds, or bins.
    at :
        Points of each variable, numbers or text.
    channels :
        All their names; one, ``""``, where there are none.
    kept :
        (N, K) which of the channels; the largest effect comes first.
    value, low, high :
        (N, K, W), NaN where nothing is known.
    n_points :
        How many there were of each variable before some were left out.
    """

    label: str
    names: tuple[str, ...]
    at: tuple[np.ndarray, ...]
    channels: tuple[str, ...]
    kept: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n_points: tuple[int, ...]

    __repr__ = showing.of_fields

    @property
    def is_map(self) -> bool:
        """Whether there are two variables."""
        return len(self.at) == 2

    @property
    def is_text(self) -> bool:
        """Whether points are categories."""
        return any(points.dtype.kind not in "biuf" for points in self.at)

    def thinned(self, most_bytes: float) -> CurveArrays:
        """Return fewer points, evenly spaced, if there are more than bytes allow."""
        each = 1 if self.is_map else _BYTES_OF_A_POINT
        n = most_bytes / (each * max(self.kept.size, 1))
        if self.value.shape[2] <= n or self.is_text:
            return self
        least = _FEWEST_OF_MAPS if self.is_map else _FEWEST_POINTS
        most = max(least, int(n ** (1 / len(self.at))))
        picked = [
            np.unique(np.linspace(0, len(a) - 1, min(most, len(a))).round().astype(int))
            for a in self.at
        ]
        grid = self.value.shape[:2] + tuple(len(a) for a in self.at)
        where = np.ix_(*map(np.arange, grid[:2]), *picked)
        parts = (getattr(self, name).reshape(grid)[where] for name in _PARTS)
        value, low, high = (part.reshape(*grid[:2], -1) for part in parts)
        at = tuple(a[keep] for a, keep in zip(self.at, picked, strict=True))
        return CurveArrays(
            self.label, self.names, at, self.channels, self.kept, value, low, high, self.n_points
        )


def curve_arrays(label: str, table: pd.DataFrame, neurons: list[Any]) -> CurveArrays | None:
    """Return the curves of a term from their tidy table; None if no figure can show them.

    Parameters
    ----------
    label :
        The term.
    table :
        A row per point, channel and neuron, as :meth:`spikeglm.inference.Curve.to_frame` has them.
    neurons :
        In the order of the page.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(x, name, 1.0, 0.0, 2.0) for x in (0.1, 0.2) for name in "ab"]
    >>> table = pd.DataFrame(rows, columns=["speed", "neuron", "value", "low", "high"])
    >>> found = curve_arrays("speed", table, ["b", "a"])
    >>> found.value.shape, found.at[0].tolist(), found.names
    ((2, 1, 2), [0.1, 0.2], ('speed',))
    """
    columns = list(table)
    names = columns[: min(columns.index(name) for name in _AFTER_PLACES if name in columns)]
    if not 1 <= len(names) <= 2:
        return None
    found = [_places(table[name]) for name in names]
    drawn = [OF_LAGS.get(str(name), (str(name), 1.0)) for name in names]
    which, channels = _places(table["channel"]) if "channel" in table else (0, np.array([""]))
    order = {neuron: k for k, neuron in enumerate(neurons)}
    row = np.zeros(len(table), dtype=int)
    if "neuron" in table:
        row = table["neuron"].map(order).to_numpy()
    grid = tuple(len(points) for _, points in found)
    point = np.ravel_multi_index(tuple(codes for codes, _ in found), grid)
    shape = len(neurons), len(channels), int(np.prod(grid))
    parts = []
    for name in _PARTS:
        full = np.full(shape, np.nan)
        if name in table:
            full[row, which, point] = table[name].to_numpy(dtype=float)
        parts.append(full)
    if "status" in table:  # zeros of a neuron that has no fit are no estimate
        has_none = np.ones(len(neurons), dtype=bool)
        has_none[row] = ~table["status"].isin(_WELL).to_numpy()
        parts[0][has_none & (np.nan_to_num(parts[0]) == 0).all(axis=(1, 2))] = np.nan
    kept, (value, low, high) = _largest(parts)
    at = tuple(
        points if factor == 1.0 else factor * points
        for (_, points), (_, factor) in zip(found, drawn, strict=True)
    )
    titles = tuple(title for title, _ in drawn)
    return CurveArrays(label, titles, at, tuple(map(str, channels)), kept, value, low, high, grid)


def _places(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each entry among those that differ, and these in order of appearance."""
    codes, found = column.factorize(use_na_sentinel=False)
    return codes, np.asarray(found)


def _largest(parts: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Keep the channels with the largest effects; an effect of zero is that of a masked one."""
    size = np.abs(np.nan_to_num(parts[0])).max(axis=2)
    kept = np.argsort(-size, axis=1, kind="stable")[:, :MOST_CHANNELS]
    cut = [np.take_along_axis(part, kept[:, :, None], axis=1) for part in parts]
    is_masked = np.take_along_axis(size, kept, axis=1) == 0
    is_masked[:, 0] = False
    return kept, [np.where(is_masked[:, :, None], np.nan, part) for part in cut]
