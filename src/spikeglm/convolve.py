"""Convolve time series with the columns of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from .basis.convolution.block_convolution import Convolution
from .basis.convolution.window import BATCH_SIZES, checked_batch_sizes, warn_of_edges, window_of
from .basis.terms.conv_term import ConvRows
from .errors import value_error
from .io.interop.timeseries import is_pynapple, time_axis_of, to_array, to_pynapple
from .rows.design import Signals, written_out
from .rows.sampling import Sampling, is_duration
from .typing import ArrayLike, FloatArray

__all__ = ["create_convolutional_predictor"]


def create_convolutional_predictor(
    basis_matrix: ArrayLike,
    time_series: Any,
    predictor_causality: str = "causal",
    shift: bool | int | str | None = None,
    axis: int = 0,
    batch_size_samples: int | None = None,
    batch_size_channels: int | None = None,
    batch_size_basis: int | None = None,
) -> Any:
    """Convolve each channel of a time series with each column of a matrix.

    Parameters
    ----------
    basis_matrix : array (W, b)
        The kernels; row i weighs the sample i bins before the latest one of the window.
    time_series : array (..., T, ...), pynapple object, or list or dict of these
        Samples along ``axis``.
    predictor_causality :
        ``"causal"``: row t sees the past; ``"anti-causal"``: the future; ``"acausal"``: both sides.
    shift :
        Whether bin t itself is left out; None: True, except for ``"acausal"``, where it cannot be.
        A number says how many bins lie between t and the window (True is 1, False is 0, below zero
        the window reaches over t), a text such as ``"20 ms"`` how much time (pynapple only).
    axis :
        The axis of samples; 0 for pynapple objects.
    batch_size_samples, batch_size_channels, batch_size_basis :
        Upper bounds for what is computed at once. Memory is bounded without them, they are kept for
        scripts that set them: results do not depend on them.

    Returns
    -------
    array (..., T, ..., b) float64, or a pynapple object on the same time axis; the same list or
    dict of results for a list or dict. NaN where the window leaves its epoch or holds a sample that
    is not finite.

    Raises
    ------
    TypeError
        Input that is not numbers.
    ValueError
        A kernel that is not 2-D, anything empty, an axis that does not exist, an unknown causality,
        ``shift=True`` with ``"acausal"``, a batch that cannot hold a window, a shift in seconds for
        samples without times or regular bins.

    Warns
    -----
    UserWarning
        Epochs shorter than the window; an ``"acausal"`` window of even length.

    Notes
    -----
    ``out[t, c, j] = sum_i basis_matrix[i, j] * x[t + d - i, c]``, with d = -1 for the default.
    Oppenheim & Schafer, Discrete-Time Signal Processing, section 8.7 (overlap-save).

    Examples
    --------
    >>> import numpy as np
    >>> spike = np.array([0, 0, 1, 0, 0, 0])
    >>> create_convolutional_predictor([[1], [2], [3]], spike)[:, 0]
    array([nan, nan, nan,  1.,  2.,  3.])
    """
    kernel = _checked_kernel(basis_matrix)
    options = {"predictor_causality": predictor_causality, "shift": shift}
    window_of(len(kernel), options, bin_size=1.0)  # only the words are checked
    batches = {
        "batch_size_samples": batch_size_samples,
        "batch_size_channels": batch_size_channels,
        "batch_size_basis": batch_size_basis,
    }
    convolution = Convolution(kernel)

    def convolved(series: Any) -> Any:
        if isinstance(series, dict):
            return {name: convolved(part) for name, part in series.items()}
        if _is_collection(series):
            return type(series)(convolved(part) for part in series)
        return _convolved(convolution, series, axis, {**options, **batches})

    return convolved(time_series)


def _convolved(convolution: Convolution, series: Any, axis: int, options: dict[str, Any]) -> Any:
    x = to_array(series, name="time_series")
    if not 0 <= axis < x.ndim:
        raise value_error(
            "The time series has no such axis.",
            given=f"axis={axis!r} for an array of shape {x.shape}",
            expected=f"an axis from 0 to {x.ndim - 1}" if x.ndim else "an array with an axis",
        )
    if x.size == 0:
        raise value_error(
            "There is nothing to convolve.", given=f"shape {x.shape}", expected="samples"
        )
    time_axis = time_axis_of(series)
    if time_axis is not None and axis != 0:
        raise value_error(
            "The samples of a pynapple object are along axis 0.",
            given=f"axis={axis}",
            expected="axis=0",
        )
    samples = np.moveaxis(x, axis, 0)
    n, (W, b) = len(samples), convolution.kernel.shape
    checked_batch_sizes({name: options[name] for name in BATCH_SIZES}, min(W, n), n_samples=n)
    sampling = Sampling.of(time_axis) if is_duration(options["shift"]) else None
    window = window_of(W, options, bin_size=sampling.bin_size if sampling else None)
    rows = ConvRows(convolution, window, Signals((samples,), time_axis), sampling)
    warn_of_edges(window, options, np.diff(rows.starts, append=n))
    table = written_out(rows).reshape(*samples.shape, b)
    values: FloatArray = np.moveaxis(table, 0, axis)
    return values if time_axis is None else to_pynapple(values, time_axis)


def _checked_kernel(basis_matrix: ArrayLike) -> FloatArray:
    kernel = to_array(basis_matrix, name="basis_matrix")
    if kernel.ndim != 2 or kernel.size == 0:
        raise value_error(
            "The kernels are the columns of a matrix.",
            given=f"shape {kernel.shape}",
            expected="a 2-D array (window_size, n_basis_funcs) that is not empty",
        )
    if not np.isfinite(kernel).all():
        raise value_error(
            "A kernel holds entries that are not finite.",
            given=f"{int((~np.isfinite(kernel)).sum())} entries that are NaN or infinite",
            expected="finite numbers",
        )
    return np.ascontiguousarray(kernel, dtype=np.float64)


def _is_collection(series: Any) -> bool:
    """A list or tuple of series, as opposed to a list of numbers or of rows of numbers."""
    return isinstance(series, list | tuple) and any(
        isinstance(part, dict) or is_pynapple(part) or getattr(part, "ndim", 0) for part in series
    )
