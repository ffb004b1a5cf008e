"""How long a bin is: as the times of the data say, or whoever asks where they say nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import errors, notices
from ..typing import FloatArray

_SAME_BIN = 1e-6  # of a bin: times are kept to nanoseconds
_FAR_MORE = 8.0  # a model that was fitted expects about as many as there were
_ENOUGH = 20  # spikes, to say so
_LONG = 5.0  # seconds: nobody's bins, but many people's milliseconds


def checked_bin(given: Any) -> float:
    """Return the seconds of a bin that a user gives; bins of many seconds are told.

    Raises
    ------
    ValueError
        If that is no length.

    >>> checked_bin(0.02)
    0.02
    """
    is_number = np.ndim(given) == 0 and np.asarray(given).dtype.kind in "iuf"
    if not (is_number and np.isfinite(given) and given > 0):
        raise errors.value_error(
            "bin_s cannot be used.",
            given=repr(given),
            expected="seconds per bin, a positive number",
            todo="write 0.02 for 20 ms.",
        )
    seconds = float(given)
    if seconds >= _LONG:
        notices.warn(
            f"bin_s={seconds:g} are bins of {seconds:g} s. What to do: bin_s is in seconds; if "
            f"{seconds:g} ms are meant, pass bin_s={seconds / 1e3:g}, or rates are a thousandth."
        )
    return seconds


def tell_of_rates_per_second(counts: FloatArray, predicted: FloatArray) -> None:
    """Warn of means that expect far more spikes than were counted: they are in Hz, perhaps.

    >>> tell_of_rates_per_second(np.ones(40), np.full(40, 1.2))
    """
    counted, expected = float(counts.sum()), float(predicted.sum())
    if counted >= _ENOUGH and expected > _FAR_MORE * counted:
        notices.warn(
            f"The predictions expect {expected:,.0f} spikes where {counted:,.0f} were counted. "
            "What to do: pass means per bin, as predict returns them: rates in Hz times the "
            "seconds of a bin."
        )


def seconds_per_bin(known: float | None, given: float | None) -> float | None:
    """Return the seconds of a bin that data and user agree on; None if neither says so.

    Raises
    ------
    ValueError
        If they differ, or what is given is no length.

    Examples
    --------
    >>> seconds_per_bin(None, 0.02), seconds_per_bin(0.02, None)
    (0.02, 0.02)
    """
    if given is None:
        return known
    given = checked_bin(given)
    if known is not None and abs(given / known - 1) > _SAME_BIN:
        raise errors.value_error(
            "bin_s is not that of the fit.",
            given=f"bin_s={given:g}",
            expected=f"{known:g} s, as the times of its data say, or nothing",
        )
    return given
