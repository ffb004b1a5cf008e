"""How long a bin is: as the times of the data say, or whoever asks where they say nothing."""

from __future__ import annotations

import numpy as np

from .. import errors

_SAME_BIN = 1e-6  # of a bin: times are kept to nanoseconds


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
    if not (np.isfinite(given) and given > 0):
        raise errors.value_error(
            "bin_s cannot be used.", given=repr(given), expected="seconds per bin, positive"
        )
    if known is not None and abs(given / known - 1) > _SAME_BIN:
        raise errors.value_error(
            "bin_s is not that of the fit.",
            given=f"bin_s={given:g}",
            expected=f"{known:g} s, as the times of its data say, or nothing",
        )
    return float(given)
