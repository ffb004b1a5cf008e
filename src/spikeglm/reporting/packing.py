"""Numbers for a page, small: whole numbers between the ends of each row, as text."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from ..typing import ArrayLike

_TYPES = {8: "<u1", 16: "<u2"}


def packed(values: ArrayLike, bits: int = 16) -> dict[str, Any]:
    """Return rows (R, W) of numbers as JSON that a script can unpack.

    Each row is measured between its smallest and its largest number, in 2^bits - 2 steps, so no
    number is off by more than half a step. The largest code stands for what is not finite.

    Parameters
    ----------
    values :
        (R, W).
    bits :
        8 or 16 for each number.

    Examples
    --------
    >>> packed([[0.0, 1.0, np.nan]], bits=8)["codes"] == b64encode(bytes([0, 254, 255])).decode()
    True
    """
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    low = np.min(values, axis=1, initial=np.inf, where=known)
    high = np.max(values, axis=1, initial=-np.inf, where=known)
    low, high = (np.where(low <= high, end, 0.0).astype("<f4") for end in (low, high))
    missing = 2**bits - 1
    step = ((high.astype(float) - low) / (missing - 1)).astype("<f4")
    steps = np.zeros_like(values)
    np.divide(values - low[:, None], step[:, None], out=steps, where=known & (step[:, None] > 0))
    codes = np.where(known, np.clip(np.rint(steps), 0, missing - 1), missing)
    return {
        "bits": bits,
        "shape": list(values.shape),
        "low": as_text(low),
        "step": as_text(step),
        "codes": as_text(codes.astype(_TYPES[bits])),
    }


def as_text(array: np.ndarray) -> str:
    """Return the bytes of an array, little-endian, in base64."""
    return b64encode(np.ascontiguousarray(array).tobytes()).decode()
