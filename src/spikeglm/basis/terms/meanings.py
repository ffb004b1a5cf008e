"""What functions of a basis mean, once data have decided what is for data to decide.

Each is a :class:`~spikeglm.rows.terms.Meaning`: it leads from the columns of a design back to
points of a range, lags of a window or categories, and holds no samples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ... import showing
from ...io.interop.timeseries import to_array
from ...rows.terms import Meaning
from ...typing import Array, ArrayLike, FloatArray, IntArray
from ..convolution.window import Window
from .bounds import Range

if TYPE_CHECKING:
    from .conv_term import Conv
    from .eval_term import Eval, Ranges

_ON_A_BIN = 1e-6  # of a bin: a lag that is closer to one is this one


@dataclass(frozen=True, eq=False)
class OverRange:
    """Functions of values: of one or several inputs at one moment.

    Attributes
    ----------
    formula :
        The functions, as they were adapted to data.
    ranges :
        What was scaled to [0, 1], per input; None where values are taken as they are.
    seen :
        From where to where the data reached, within these ranges.
    """

    formula: Eval
    ranges: Ranges
    seen: tuple[Range, ...]

    __repr__ = showing.of_fields

    @property
    def kind(self) -> str:
        """That of the family; functions of several variables are no product of two bases."""
        return "product" if self.formula.n_inputs > 1 else self.formula.family.kind

    @property
    def units(self) -> tuple[str, ...]:
        """Values are in the unit of their input, which users know."""
        return ("",) * self.formula.n_inputs

    @property
    def n_functions(self) -> int:
        """b."""
        return self.formula.n_basis_funcs

    def axes(self, n_points: int, channel: int) -> tuple[Array, ...]:
        """Return points over what the data covered, or a whole period."""
        family = self.formula.family
        n = family.grid_size(n_points)
        ends = self.ranges if family.wraps else self.seen
        spans = [_ends(r, channel) for r in ends if r is not None]
        return tuple(family.grid(low, high, n)[0] for low, high in spans)

    def circle(self, channel: int) -> tuple[float, float] | None:
        """Return from where to where a period reaches; None for what is on no circle."""
        r = self.ranges[0]
        return _ends(r, channel) if self.formula.family.wraps and r is not None else None

    def functions(self, points: tuple[ArrayLike, ...], channel: int) -> FloatArray:
        """Return (n, b), as a design has them."""
        readers = enumerate(zip(self.formula.readers, points, strict=True))
        arrays = [np.atleast_1d(read(x, name=f"Points {i}")).ravel() for i, (read, x) in readers]
        return self.formula.of_channel(channel, tuple(arrays), self.ranges)

    def kept(self) -> Eval:
        """Return the functions to use on any samples."""
        return replace(self.formula, kept=self.ranges)

    def penalties(self, channel: int) -> tuple[FloatArray, ...]:
        """Return those of the family; of densities, for the range they are densities over."""
        found = self.formula.family.of_channel(channel).roughness()
        r = self.ranges[0]
        if not self.formula.family.is_density or r is None:
            return found
        return tuple(S / float(r.of_channel(channel).span.ravel()[0]) ** 2 for S in found)

    def coverage(self) -> tuple[str, ...]:
        """Return from where to where the data reach within each range."""
        pairs = zip(self.ranges, self.seen, strict=False)
        return tuple(r.covered_in(seen) for r, seen in pairs if r is not None)


@dataclass(frozen=True, eq=False)
class OverLags:
    """Kernels over the lags of a window, positive for the past.

    Attributes
    ----------
    formula :
        The kernels, their window in bins.
    window :
        Which samples a row sees.
    bin_size :
        Seconds per bin; None where the signal did not say.
    """

    formula: Conv
    window: Window
    bin_size: float | None = None

    __repr__ = showing.of_fields

    kind = "lag"

    @property
    def units(self) -> tuple[str, ...]:
        """Seconds, or bins where the signal did not say how long they are."""
        return ("bins" if self.bin_size is None else "s",)

    @property
    def n_functions(self) -> int:
        """b."""
        return self.formula.n_basis_funcs

    @property
    def lags(self) -> IntArray:
        """How many bins before a row the samples lie that it sees, (W,)."""
        return self.window.lags

    @property
    def reach(self) -> tuple[int, int]:
        """How many bins before and after it a row sees."""
        lags = self.window.lags
        return max(int(lags[-1]), 0), max(-int(lags[0]), 0)

    def axes(self, n_points: int, channel: int) -> tuple[Array, ...]:
        """Return all lags of the window."""
        lags = self.window.lags
        return (lags if self.bin_size is None else lags * self.bin_size,)

    def functions(self, points: tuple[ArrayLike, ...], channel: int) -> FloatArray:
        """Return the kernels (n, b) at lags; between bins as their formula says, outside zero."""
        lags = np.ravel(to_array(points[0], name="Points 0")).astype(np.float64)
        steps = (lags if self.bin_size is None else lags / self.bin_size) - self.window.lags[0]
        missing = ~np.isfinite(steps)
        steps = np.where(missing, -1.0, steps)
        nearest = np.floor(steps + 0.5)
        steps = np.where(np.abs(steps - nearest) < _ON_A_BIN, nearest, steps)
        out = self.formula.family.kernel_between(self.window.size, steps)
        out[missing] = np.nan
        return out

    def kept(self) -> Conv:
        """Return the kernels to use on any signals."""
        return replace(self.formula, is_kept=True)

    def penalties(self, channel: int) -> tuple[FloatArray, ...]:
        """Return those of the family, as it was adapted to the window."""
        window = np.linspace(0.0, 1.0, self.window.size)[:, None]
        return self.formula.family.given(window).roughness()

    def coverage(self) -> tuple[str, ...]:
        """Return nothing: a window has no bounds in the data."""
        return ()


@dataclass(frozen=True, eq=False)
class Beside:
    """Functions of two meanings side by side, in a product with a third."""

    left: Meaning
    right: Meaning

    __repr__ = showing.of_fields

    kind = "product"

    @property
    def units(self) -> tuple[str, ...]:
        """Those of the left, then those of the right part."""
        return self.left.units + self.right.units

    @property
    def n_functions(self) -> int:
        """b of both parts."""
        return self.left.n_functions + self.right.n_functions

    @property
    def reach(self) -> tuple[int, int]:
        """How many bins before and after it a row sees, through either part."""
        return _reach_of_both(self)

    def axes(self, n_points: int, channel: int) -> tuple[Array, ...]:
        """Return those of the left, then those of the right part."""
        return self.left.axes(n_points, channel) + self.right.axes(n_points, channel)

    def functions(self, points: tuple[ArrayLike, ...], channel: int) -> FloatArray:
        """Return (n, b), functions of the left before those of the right part."""
        return np.hstack(_of_parts(self, points, channel))

    def penalties(self, channel: int) -> tuple[FloatArray, ...]:
        """Return those of each part, zero for the functions of the other."""
        k, b = self.left.n_functions, self.n_functions
        left = (_placed(S, 0, b) for S in self.left.penalties(channel))
        return (*left, *(_placed(S, k, b) for S in self.right.penalties(channel)))

    def coverage(self) -> tuple[str, ...]:
        """Return those of both parts."""
        return self.left.coverage() + self.right.coverage()


@dataclass(frozen=True, eq=False)
class Products:
    """All products of a function of the left and one of the right part, left slow."""

    left: Meaning
    right: Meaning

    __repr__ = showing.of_fields

    kind = "product"

    @property
    def units(self) -> tuple[str, ...]:
        """Those of the left, then those of the right factor."""
        return self.left.units + self.right.units

    @property
    def n_functions(self) -> int:
        """b of the left times b of the right factor."""
        return self.left.n_functions * self.right.n_functions

    @property
    def reach(self) -> tuple[int, int]:
        """How many bins before and after it a row sees, through either factor."""
        return _reach_of_both(self)

    def axes(self, n_points: int, channel: int) -> tuple[Array, ...]:
        """Return those of the left, then those of the right factor."""
        return self.left.axes(n_points, channel) + self.right.axes(n_points, channel)

    def functions(self, points: tuple[ArrayLike, ...], channel: int) -> FloatArray:
        """Return (n, b), function i of the left and j of the right at ``i * b_right + j``."""
        left, right = _of_parts(self, points, channel)
        with np.errstate(invalid="ignore"):  # 0 times infinity: no number, as in a design
            return (left[:, :, None] * right[:, None, :]).reshape(len(left), self.n_functions)

    def penalties(self, channel: int) -> tuple[FloatArray, ...]:
        """Return one per smooth variable: S of a factor, the identity over b for the other.

        Wood, Generalized Additive Models, 2nd ed., section 5.6.2. Of functions that share the range
        of a variable between them, the sum of squared weights over b is about the mean square.
        """
        k, b = self.left.n_functions, self.right.n_functions
        left = (np.kron(S, np.eye(b) / b) for S in self.left.penalties(channel))
        return (*left, *(np.kron(np.eye(k) / k, S) for S in self.right.penalties(channel)))

    def coverage(self) -> tuple[str, ...]:
        """Return those of both factors."""
        return self.left.coverage() + self.right.coverage()


def _ends(seen: Range, channel: int) -> tuple[float, float]:
    one = seen.of_channel(channel)
    return float(one.low.ravel()[0]), float(one.high.ravel()[0])


def _reach_of_both(pair: Beside | Products) -> tuple[int, int]:
    left, right = (getattr(part, "reach", (0, 0)) for part in (pair.left, pair.right))
    return max(left[0], right[0]), max(left[1], right[1])


def _of_parts(
    pair: Beside | Products, points: tuple[ArrayLike, ...], channel: int
) -> tuple[FloatArray, FloatArray]:
    k = len(pair.left.units)
    return pair.left.functions(points[:k], channel), pair.right.functions(points[k:], channel)


def _placed(S: FloatArray, first: int, b: int) -> FloatArray:
    """Return S as a block of a (b, b) matrix of zeros."""
    whole = np.zeros((b, b))
    whole[first : first + len(S), first : first + len(S)] = S
    return whole
