"""Which samples a row of a convolution sees: causality, shift, and the edges of epochs."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors
from ...notices import warn
from ...rows.sampling import bins_in, is_duration, seconds_of
from ...typing import BoolArray, IntArray

CAUSALITIES = ["causal", "acausal", "anti-causal"]
BATCH_SIZES = ["batch_size_samples", "batch_size_channels", "batch_size_basis"]


@dataclass(frozen=True)
class Window:
    """Which samples row t sees: ``x[t + newest - size + 1]`` up to ``x[t + newest]``.

    Attributes
    ----------
    size : W, in bins.
    newest : offset of the latest sample, in bins; kernel row 0 weighs this one.
    """

    size: int
    newest: int

    @classmethod
    def of(cls, size: int, predictor_causality: str = "causal", shift: Any = None) -> Window:
        """Return the window that NeMoS's words name; ``shift`` counts bins, True is one.

        ================= =========== ================= =====================
        causality         shift       ``newest``        sees
        ================= =========== ================= =====================
        ``"causal"``      True, None  -1                t-W .. t-1
        ``"causal"``      False       0                 t-W+1 .. t
        ``"causal"``      k           -k                t-k-W+1 .. t-k
        ``"anti-causal"`` True, None  W                 t+1 .. t+W
        ``"anti-causal"`` False       W-1               t .. t+W-1
        ``"anti-causal"`` k           W-1+k             t+k .. t+k+W-1
        ``"acausal"``     False, None W-1-(W-1)//2      both sides of t
        ================= =========== ================= =====================
        """
        if predictor_causality not in CAUSALITIES:
            raise errors.unknown_name("predictor_causality", predictor_causality, CAUSALITIES)
        if predictor_causality == "acausal":
            if shift:
                raise errors.value_error(
                    "An acausal window is centred, it cannot be shifted.",
                    given=f"shift={shift!r}",
                    expected="shift=None or shift=False",
                )
            return cls(size, size - 1 - (size - 1) // 2)
        lag = 1 if shift is None else _checked_shift(shift)
        return cls(size, -lag if predictor_causality == "causal" else size - 1 + lag)

    @property
    def lags(self) -> IntArray:
        """(W,) how many bins before the row the sample lies that each row of the kernel weighs."""
        return np.arange(self.size) - self.newest

    def samples(self, start: int, stop: int) -> tuple[int, int]:
        """The range of samples that rows ``start:stop`` see; may leave the recording."""
        return start + self.newest - self.size + 1, stop + self.newest

    def fits(self, start: int, stop: int, n_rows: int, epoch_starts: IntArray) -> BoolArray:
        """Return (stop - start,) True for the rows whose window lies within their epoch."""
        rows = np.arange(start, stop)
        edges = np.append(epoch_starts, n_rows)
        epoch = np.searchsorted(epoch_starts, rows, side="right") - 1
        oldest, latest = rows + self.newest - self.size + 1, rows + self.newest
        return (oldest >= edges[epoch]) & (latest < edges[epoch + 1])

    def touched(self, bad: BoolArray) -> BoolArray:
        """From (m + W - 1, ...) marked samples, mark the (m, ...) rows that see one of them."""
        count = np.cumsum(bad, axis=0, dtype=np.int32)
        touched = count[self.size - 1 :].copy()
        touched[1:] -= count[: -self.size]
        return touched > 0


def _checked_shift(shift: Any) -> int:
    if isinstance(shift, bool | np.bool_):
        return int(shift)
    try:
        return operator.index(shift)
    except TypeError:
        raise errors.value_error(
            "shift says how far a window lies from the bin it predicts.",
            given=f"shift={shift!r}",
            expected="True (one bin), False (none), a number of bins, or a duration like '20 ms'",
        ) from None


def checked_window_size(window_size: Any) -> int | str:
    """Return the window size W in bins as an int, or a duration as it is.

    Raises
    ------
    ValueError
        It is neither a positive integer (NumPy integers are integers) nor a positive duration.
    """
    size = 0.0
    if is_duration(window_size):
        size = seconds_of(window_size, name="window_size")
    elif not isinstance(window_size, bool | np.bool_):
        with contextlib.suppress(TypeError):
            size = window_size = operator.index(window_size)
    if size > 0:
        return window_size
    raise errors.value_error(
        "window_size is a number of bins, or a duration.",
        given=f"window_size={window_size!r}",
        expected="a positive integer, or a text such as '80 ms'",
    )


def window_in_bins(window_size: int | str, bin_size: float | None) -> int | None:
    """Return W; None for a duration as long as the length of a bin (seconds) is not known.

    Raises
    ------
    ValueError
        The window is shorter than half a bin.
    """
    if not is_duration(window_size):
        return int(window_size)
    if bin_size is None:
        return None
    size = bins_in(str(window_size), bin_size, name="window_size")
    if size < 1:
        raise errors.value_error(
            "The window is shorter than half a bin.",
            given=f"window_size={window_size!r} with bins of {bin_size:g} s",
            expected="a window of one bin or more",
        )
    return size


def checked_conv_kwargs(
    conv_kwargs: Mapping[str, Any] | None, window_size: int | None
) -> dict[str, Any]:
    """Return a copy of the options of a convolution, after checking names and values.

    ``window_size`` in bins; None as long as it is not known: then what depends on it
    is not checked.

    Raises
    ------
    ValueError
        An unknown name, ``"axis"`` (always 0 in a basis), or a value that cannot be used.
    """
    options = dict(conv_kwargs or {})
    if "axis" in options:
        raise errors.value_error(
            "A basis always convolves along axis 0, the samples.",
            given="conv_kwargs with the key 'axis'",
            expected="conv_kwargs without it",
            todo="Move the samples to axis 0, or call convolve.create_convolutional_predictor.",
        )
    known = ["predictor_causality", "shift", *BATCH_SIZES]
    for name in options:
        if name not in known:
            raise errors.unknown_name("key of conv_kwargs", name, known)
    size = window_size or 1
    window_of(size, options, bin_size=1.0)  # any length: only the words are checked
    checked_batch_sizes({name: options.get(name) for name in BATCH_SIZES}, size)
    return options


def window_of(size: int, options: Mapping[str, Any], *, bin_size: float | None = None) -> Window:
    """Return the window that ``conv_kwargs`` describe; ``bin_size`` in seconds, if known."""
    shift = options.get("shift")
    if isinstance(shift, str) and bin_size is not None:
        shift = bins_in(shift, bin_size, name="shift")
    return Window.of(size, options.get("predictor_causality", "causal"), shift)


def warn_of_edges(window: Window, options: Mapping[str, Any], lengths: IntArray) -> None:
    """Warn of stretches (their lengths in bins) that hold no window, and of a window off centre."""
    if options.get("predictor_causality") == "acausal" and window.size % 2 == 0:
        warn("An acausal window of even length has one more bin in the past than in the future.")
    n_short = int(np.sum((lengths < window.size) & (lengths > 0)))
    if n_short:
        warn(
            f"{n_short} of {len(lengths)} epochs are shorter than the window ({window.size} bins): "
            "all their features are NaN."
        )


def checked_batch_sizes(
    sizes: Mapping[str, Any], window_size: int, *, n_samples: int | None = None
) -> None:
    """Check NeMoS's memory bounds; a batch of samples must hold a window."""
    for name, size in sizes.items():
        if size is None:
            continue
        is_integer = isinstance(size, int | np.integer) and not isinstance(size, bool)
        if not is_integer or size < 1:
            raise errors.value_error(
                f"{name} is a number of {name.removeprefix('batch_size_')}.",
                given=f"{name}={size!r}",
                expected="None or an integer >= 1",
            )
    samples = sizes.get("batch_size_samples")
    if samples is not None and min(samples, n_samples or samples) < window_size:
        raise errors.value_error(
            "A batch of samples must hold at least one window.",
            given=f"batch_size_samples={samples} with a window of {window_size}",
            expected=f"batch_size_samples >= {window_size}",
        )
