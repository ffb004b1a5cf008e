"""Windows in seconds and the functions over them, as kernels over bins."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from .. import errors
from ..basis.convolution.window import window_of
from ..basis.functions.bspline import BSpline
from ..basis.functions.identity import Lags
from ..basis.terms.conv_term import Conv
from ..basis.terms.eval_term import Eval
from ..basis.terms.family import Family
from ..basis.tree.basis import Basis
from .padded import Kernels

_HALF_UP = 0.5 + 1e-6
CUBIC = 4
LAGS = "lags"
_WHAT = "a number of B-splines, 'lags', or a basis of one variable such as BSplineEval(8)"


def kernels_over(window: Any, basis: Any, bin_s: float) -> Kernels:
    """Return functions over the lags from the start of a window up to its end, end excluded.

    Lag k is the bin k bins after what is seen: events k bins before the row, positive for the past.

    Parameters
    ----------
    window :
        (start, end) in seconds; negative for what comes before an event.
    basis :
        A number of cubic B-splines, ``"lags"`` for one weight per bin, or a basis of values, whose
        functions are spread over the window.
    bin_s :
        Length of a bin, seconds.

    Raises
    ------
    ValueError, TypeError
        For a window that holds no bin, and functions that are no kernels.

    Examples
    --------
    >>> kernels_over((-0.2, 0.3), 5, 0.1).window.lags
    array([-2, -1,  0,  1,  2])
    """
    start, end = checked_window(window)
    first = math.floor(start / bin_s + _HALF_UP)
    n_lags = math.floor(end / bin_s + _HALF_UP) - first
    if n_lags < 1:
        raise errors.value_error(
            "The window holds no bin.",
            given=f"window={window!r} s with bins of {bin_s:g} s",
            expected="a window of at least one bin",
            todo="both are in seconds: 0.02 is 20 ms.",
        )
    return kernels_at(first, n_lags, basis)


def past_kernels(window: Any, basis: Any, bin_s: float) -> Kernels:
    """Return functions over the bins before a row, up to ``window`` seconds ago.

    Raises
    ------
    ValueError, TypeError
        As :func:`kernels_over`; also for a window that reaches into the present or the future.

    Examples
    --------
    >>> past_kernels(0.3, "lags", 0.1).window.lags
    array([1, 2, 3])
    """
    reach = float(window) if isinstance(window, Real) and not isinstance(window, bool) else 0.0
    if 0 < reach < math.inf:
        n_lags = math.floor(reach / bin_s + _HALF_UP)
        if n_lags >= 1:
            return kernels_at(1, n_lags, basis)
    raise errors.value_error(
        "The window of a spike history is how far back it reaches, in seconds.",
        given=f"window={window!r} with bins of {bin_s:g} s",
        expected="a number of seconds, at least one bin: the bins before the row, never its own",
    )


def checked_window(window: Any) -> tuple[float, float]:
    """Return (start, end) as floats.

    Raises
    ------
    ValueError
        If they are no two increasing finite numbers.
    """
    try:
        start, end = (float(side) for side in window)
    except (TypeError, ValueError):
        start, end = math.nan, math.nan
    if not (math.isfinite(start) and math.isfinite(end) and start < end):
        raise errors.value_error(
            "A window is where a kernel starts and ends, in seconds around the event.",
            given=f"window={window!r}",
            expected="(start, end) with start < end, such as (-0.5, 1.0)",
        )
    return start, end


def kernels_at(first: int, n_lags: int, basis: Any) -> Kernels:
    """Return functions over ``n_lags`` lags from ``first`` on, in bins."""
    options = {"predictor_causality": "causal", "shift": first}
    formula = Conv(family_of(basis), n_lags, options)
    return Kernels(formula, window_of(n_lags, options))


def family_of(basis: Any) -> Family:
    """Return the functions that are meant.

    Raises
    ------
    TypeError, ValueError
        If they are no functions of one variable that can be spread over a window.

    Examples
    --------
    >>> family_of(8)
    BSpline(n_basis_funcs=8, order=4)
    """
    if isinstance(basis, str) and basis == LAGS:
        return Lags()
    if isinstance(basis, Integral) and not isinstance(basis, bool):
        n = int(basis)
        return BSpline(n, min(CUBIC, max(n, 1)))
    if not isinstance(basis, Basis):
        raise errors.type_error(
            "These are no functions over a window.", given=f"basis={basis!r}", expected=_WHAT
        )
    formula = None if basis.operation else basis.node.own_formula
    if isinstance(formula, Conv):
        raise errors.value_error(
            "The basis has a window of its own.",
            given=f"{basis!r}",
            expected=_WHAT,
            todo="give the Eval basis of the same name: the window here is in seconds.",
        )
    is_kernel = isinstance(formula, Eval) and formula.n_inputs == 1 and formula.family.scales
    if not is_kernel or formula is None:
        raise errors.value_error(
            "These functions cannot be spread over a window.", given=repr(basis), expected=_WHAT
        )
    family: Family = formula.family
    return family
