"""Terms: what the columns of a table mean, in the words of whoever made them.

A term holds no samples. It says where its columns are, and leads from them back to the world:
functions of a variable, kernels over lags, categories; and how rough these functions are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from .. import errors, showing
from ..typing import Array, ArrayLike, FloatArray, IntArray

PLAIN = "other"


class Meaning(Protocol):
    """What b functions are, channel by channel, with everything decided that data decide."""

    @property
    def kind(self) -> str:
        """``"lag"``, ``"value"``, ``"category"``, ``"product"`` or ``"other"``."""

    @property
    def units(self) -> tuple[str, ...]:
        """The unit of each variable: ``"s"`` or ``"bins"`` of lags, ``""`` for that of an input."""

    @property
    def n_functions(self) -> int:
        """b."""

    def axes(self, n_points: int, channel: int) -> tuple[Array, ...]:
        """Return points (n,) of each variable."""

    def functions(self, points: tuple[ArrayLike, ...], channel: int) -> FloatArray:
        """Return (n, b) at points (n,) of each variable."""

    def penalties(self, channel: int) -> tuple[FloatArray, ...]:
        """Return a symmetric matrix (b, b), positive semi-definite, per smooth variable."""

    def coverage(self) -> tuple[str, ...]:
        """Return what the data covered of each variable that has bounds, in words."""


@dataclass(frozen=True, eq=False)
class Term:
    """Columns ``start:stop`` of a table that belong together, and what they mean.

    S channels of b functions each: column ``start + channel * b + function``.

    Attributes
    ----------
    label : str
        Its name; ``""`` for a table without names.
    start, stop : int
        Which columns of the table.
    shape : tuple of int
        (channels..., b): what the columns unfold to.
    channels : tuple
        What each channel is called: the names of the columns of the input, or 0 .. S-1 (tuples of
        numbers where a sample has several axes).
    inputs : tuple of str
        What feeds it: the labels of the bases that take the signals.
    meaning :
        What the functions are; None for columns of which nothing is known but their place.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.HistoryConv(3, label="past") + nmo.basis.BSplineEval(4, label="x")
    >>> past, x = basis.design(np.zeros((5, 2)), np.linspace(0, 10, 5)).terms
    >>> past.label, past.columns, past.shape, past.kind, past.axis()
    ('past', slice(0, 6, None), (2, 3), 'lag', array([1, 2, 3]))
    >>> x.axis(3), x.functions([0.0, 10.0])
    (array([ 0.,  5., 10.]), array([[1., 0., 0., 0.],
           [0., 0., 0., 1.]]))
    """

    label: str
    start: int
    stop: int
    shape: tuple[int, ...] = ()
    channels: tuple[Any, ...] = (0,)
    inputs: tuple[str, ...] = ()
    meaning: Meaning | None = field(default=None, repr=False)

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", self.shape or (self.stop - self.start,))
        if math.prod(self.shape) != self.stop - self.start:
            raise errors.value_error(
                "The shape of a term does not fit its columns.",
                given=f"shape {self.shape} for columns {self.start}:{self.stop}",
                expected=f"the shape of {self.stop - self.start} numbers",
            )

    @property
    def columns(self) -> slice:
        """Which columns."""
        return slice(self.start, self.stop)

    @property
    def n_functions(self) -> int:
        """b, the number of functions of each channel."""
        return self.shape[-1]

    @property
    def n_channels(self) -> int:
        """S, how often the functions stand side by side."""
        return math.prod(self.shape[:-1])

    @property
    def kind(self) -> str:
        """``"lag"``, ``"value"``, ``"category"``, ``"product"`` or ``"other"``."""
        return PLAIN if self.meaning is None else self.meaning.kind

    @property
    def units(self) -> tuple[str, ...]:
        """The unit of each variable: ``"s"`` or ``"bins"`` for lags, ``""`` where users know it."""
        return () if self.meaning is None else self.meaning.units

    @property
    def unit(self) -> str:
        """The unit of the variable; for several, all of them."""
        return ", ".join(self.units)

    @property
    def n_variables(self) -> int:
        """How many variables the functions take."""
        return len(self.units)

    def axes(self, n_points: int = 100, *, channel: int | str = 0) -> tuple[Array, ...]:
        """Return points of each variable, an array (n,) each.

        A channel is its number, or its name where that is text. Values: ``n_points`` over what
        the data covered (a whole period of a circle). Lags: all lags of the window, positive for
        the past. Categories: all of them.

        Raises
        ------
        ValueError
            If it is not known where the functions live, or there is no such channel.
        """
        if not isinstance(n_points, int | np.integer) or n_points < 1:
            raise errors.value_error(
                "There is no axis of so many points.",
                given=f"n_points={n_points!r}",
                expected="a whole number from 1 on",
            )
        return self._known().axes(int(n_points), self._checked(channel))

    def axis(self, n_points: int = 100, *, channel: int | str = 0) -> Array:
        """Return the points of :meth:`axes`, for a term of one variable.

        Raises
        ------
        ValueError
            As :meth:`axes`; also if there are several variables.
        """
        axes = self.axes(n_points, channel=channel)
        if len(axes) != 1:
            raise errors.value_error(
                f"{self.label!r} has several variables.",
                given=f"{len(axes)} of them",
                expected="one",
                todo="ask for axes(), or for all points of grid().",
            )
        return axes[0]

    def grid(self, n_points: int = 100, *, channel: int | str = 0) -> tuple[Array, ...]:
        """Return all combinations of the points of :meth:`axes`, last variable fastest, (n,) each.

        Raises what :meth:`axes` raises.
        """
        axes = self.axes(n_points, channel=channel)
        return tuple(part.ravel() for part in np.meshgrid(*axes, indexing="ij"))

    def functions(self, *points: ArrayLike, channel: int | str = 0) -> FloatArray:
        """Return the functions (n, b) of a channel at points: an array (n,) per variable.

        They are those that the columns were computed with. Outside of a range that is what the
        table has there (NaN, or the ``fill_value``), outside of a window zero.

        Raises
        ------
        ValueError
            If nothing is known of the functions, there is no such channel, or the points do not
            fit the variables.
        TypeError
            If points are not what the input was (numbers, or labels).
        """
        meaning, channel = self._known(), self._checked(channel)
        lengths = {np.size(each) for each in points}
        if len(points) != self.n_variables or len(lengths) != 1:
            raise errors.value_error(
                f"The functions of {self.label!r} take one array of points per variable.",
                given=f"{len(points)} arrays of {' and '.join(map(str, sorted(lengths)))} points",
                expected=f"{self.n_variables} arrays of one length",
            )
        return meaning.functions(points, channel)

    def penalties(self, *, channel: int | str = 0) -> tuple[FloatArray, ...]:
        """Return how rough functions of a channel are: a matrix S (b, b) per smooth variable.

        For f = Σ_j w_j f_j, wᵀ S w is ∫ f''(u)² du, where u runs from 0 to 1 over the range or
        window, so that it does not depend on units; steps and hats have squared second differences
        instead. S is symmetric and positive semi-definite. Products have a matrix per factor, with
        the identity over their number for the functions of all others: a mean over these. Empty
        where smoothness means nothing.
        """
        return () if self.meaning is None else self.meaning.penalties(self._checked(channel))

    def penalties_of_columns(self) -> tuple[FloatArray, ...]:
        """Return :meth:`penalties` of all channels at once: block-diagonal (S b, S b) matrices."""
        return _side_by_side([self.penalties(channel=c) for c in range(self.n_channels)])

    def circle(self, *, channel: int | str = 0) -> tuple[float, float] | None:
        """Return from where to where a period reaches, of a variable on a circle; else None.

        >>> import numpy as np, spikeglm as nmo
        >>> basis = nmo.basis.CyclicBSplineEval(5, bounds=(0, 360), label="heading")
        >>> basis.design(np.arange(9.0)).terms[0].circle()
        (0.0, 360.0)
        """
        ask = getattr(self.meaning, "circle", None)
        return None if ask is None else ask(self._checked(channel))

    @property
    def reach(self) -> tuple[int, int]:
        """How many bins before and after it a row sees; (0, 0) for what has no lags.

        >>> import numpy as np, spikeglm as nmo
        >>> design = nmo.basis.HistoryConv(3, label="past").design(np.zeros(9))
        >>> design.terms[0].reach
        (3, 0)
        """
        past, future = getattr(self.meaning, "reach", (0, 0))
        return int(past), int(future)

    @property
    def lags(self) -> IntArray | None:
        """How many bins before a row the samples lie that it sees, (W,); None for no window.

        >>> import numpy as np, spikeglm as nmo
        >>> nmo.basis.HistoryConv(3, label="past").design(np.zeros(9)).terms[0].lags
        array([1, 2, 3])
        """
        found: IntArray | None = getattr(self.meaning, "lags", None)
        return found

    def coverage(self) -> tuple[str, ...]:
        """Return what the data covered of each variable that has bounds, in words."""
        return () if self.meaning is None else self.meaning.coverage()

    def within(self, label: str, first: int) -> Term:
        """Return the term as one of a larger table, in which its table is called ``label``."""
        name = f"{label}.{self.label}" if self.label else label
        return replace(self, label=name, start=self.start + first, stop=self.stop + first)

    def _known(self) -> Meaning:
        if self.meaning is not None:
            return self.meaning
        raise errors.value_error(
            "Of these columns nothing is known but their numbers.",
            given=f"the term {self.label!r} of a plain table",
            expected="a term of a basis",
            todo="fit to basis.design(...), which says what its columns mean.",
        )

    def _checked(self, channel: int | str) -> int:
        """Return the number of a channel, which is called by number or by a name that is text."""
        if isinstance(channel, str):
            if channel not in self.channels:
                raise errors.unknown_name("channel", channel, self.channels)
            return self.channels.index(channel)
        n = max(self.n_channels, 1)
        if not isinstance(channel, int | np.integer) or not 0 <= channel < n:
            raise errors.value_error(
                f"{self.label!r} has no such channel.",
                given=f"channel={channel!r}",
                expected=f"a whole number from 0 to {n - 1}, or the name of a channel",
            )
        return int(channel)


def terms_of(rows: Any) -> tuple[Term, ...]:
    """Return the terms of a table; one that knows none is one term without a name."""
    return getattr(rows, "terms", ()) or (Term("", 0, rows.n_features),)


def _side_by_side(channels: list[tuple[FloatArray, ...]]) -> tuple[FloatArray, ...]:
    """Return block-diagonal matrices of those that each channel has."""
    found = []
    for parts in zip(*channels, strict=True):
        b = len(parts[0])
        whole = np.zeros((len(parts) * b, len(parts) * b))
        for c, part in enumerate(parts):
            whole[c * b : (c + 1) * b, c * b : (c + 1) * b] = part
        found.append(whole)
    return tuple(found)
