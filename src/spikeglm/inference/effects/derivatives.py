"""Derivatives of functions that can only be called, with a bound on what the differences miss.

Five points around x give f'(x) up to f⁽⁵⁾ h⁴ / 30 where f is smooth between them, that of a cubic
spline exactly as long as no knot lies there; across a knot, where its third derivative jumps by J,
the error is below J h² / 8. With h = 1e-5 of the range that is 1e-11 J, and rounding of f 1e-10.
Points at the ends of a range use the points on one side. Differences with h and with h / 2 must
agree: where they do not, f has no slope there (a jump) and the derivative is NaN.

Source: Fornberg (1988), Math Comput 51:699-706, tables 1 and 3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...typing import Array, FloatArray

_STEP = 1e-5  # of the range
_AGREE = 1e-4  # of the largest slope of a function: what both steps must share
_STENCILS = (  # offsets in steps, weights: in the middle, at the lower end, at the upper end
    ((-2, -1, 1, 2), (1 / 12, -2 / 3, 2 / 3, -1 / 12)),
    ((0, 1, 2, 3, 4), (-25 / 12, 4, -3, 4 / 3, -1 / 4)),
    ((0, -1, -2, -3, -4), (25 / 12, -4, 3, -4 / 3, 1 / 4)),
)


def differences(functions: Callable[[Array], FloatArray], at: Array, span: float) -> FloatArray:
    """Return f'(x), (W, b), of functions (W, b) at points (W,); NaN where there is no slope.

    Parameters
    ----------
    functions :
        From points (W,) to values (W, b); NaN, or a jump to another value, outside of a range.
    at :
        (W,) points.
    span :
        The range of the variable, of which steps are a part.

    >>> slopes = differences(lambda x: np.column_stack([x**3, np.sin(x)]), np.array([0.0, 1.0]), 2)
    >>> bool(np.allclose(slopes, [[0, 1], [3, np.cos(1)]], atol=1e-9))
    True
    """
    values = functions(at)
    slopes = np.full(values.shape, np.nan)
    left = np.ones(len(at), dtype=bool)
    for offsets, weights in _STENCILS:
        if not left.any():
            break
        steps = (_STEP * span, _STEP * span / 2)
        here = (at[left], values[left])
        coarse, fine = (_stencil(functions, here, h, offsets, weights) for h in steps)
        size = np.abs(np.nan_to_num(values)).max(initial=0.0) / span
        typical = np.nan_to_num(np.abs(fine)).max(axis=1, initial=0.0)
        tolerance = _AGREE * max(float(np.median(typical)), size)
        agrees = np.abs(coarse - fine).max(axis=1, initial=0.0) <= tolerance
        where = np.flatnonzero(left)[agrees]
        slopes[where], left[where] = fine[agrees], False
    return slopes


def _stencil(
    functions: Callable[[Array], FloatArray],
    here: tuple[Array, FloatArray],
    step: float,
    offsets: tuple[int, ...],
    weights: tuple[float, ...],
) -> FloatArray:
    at, values = here
    with np.errstate(invalid="ignore"):  # weights add up to zero: less the value here, exactly
        moved = (functions(at + k * step) - values for k in offsets)
        return np.asarray(sum(w * f for w, f in zip(weights, moved, strict=True)) / step)
