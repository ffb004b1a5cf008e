"""Between NumPy, JAX and pynapple: conversions, and decorators that make functions take either."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import pairwise
from typing import Any

import numpy as np

from ... import errors
from ...typing import Array, ArrayLike
from .forks import check_jax
from .timeseries import (
    TimeAxis,
    check_same_time,
    have_same_epochs,
    is_pynapple,
    time_axis_of,
    to_pynapple,
)
from .tree_functions import leaves_of, mapped


def is_pynapple_tsd(x: Any) -> bool:
    """Tell whether ``x`` is a pynapple time series with values: a Tsd, TsdFrame or TsdTensor.

    >>> is_pynapple_tsd([1.0, 2.0])
    False
    """
    return is_pynapple(x)


def is_numpy_array_like(obj: Any) -> tuple[Any, bool]:
    """Return ``obj``, pandas objects as their values, and whether it has the face of an array.

    >>> import numpy as np
    >>> is_numpy_array_like(np.ones(2))[1], is_numpy_array_like([1.0, 1.0])[1]
    (True, False)
    """
    if type(obj).__module__.partition(".")[0] == "pandas" and hasattr(obj, "values"):
        obj = obj.values
    return obj, all(hasattr(obj, name) for name in ("shape", "dtype", "ndim", "__array__"))


def is_at_least_1d_numpy_array_like(obj: Any) -> bool:
    """Tell whether ``obj`` has the face of an array with rows.

    >>> import numpy as np
    >>> is_at_least_1d_numpy_array_like(np.ones(2)), is_at_least_1d_numpy_array_like(np.array(1.0))
    (True, False)
    """
    values, is_array = is_numpy_array_like(obj)
    return is_array and values.ndim > 0


def np_asarray_if(
    x: Any, condition: Callable[[Any], bool] = is_at_least_1d_numpy_array_like
) -> Any:
    """Return ``x`` as a NumPy array where the condition holds, as it is elsewhere.

    >>> np_asarray_if([1, 2])
    [1, 2]
    """
    return np.asarray(is_numpy_array_like(x)[0]) if condition(x) else x


def jnp_asarray_if(
    x: Any,
    condition: Callable[[Any], bool] = is_at_least_1d_numpy_array_like,
    dtype: Any = None,
) -> Any:
    """Return ``x`` as a JAX array where the condition holds, as it is elsewhere.

    Raises
    ------
    ImportError
        If JAX is not installed.

    >>> import numpy as np
    >>> jnp_asarray_if(np.array([1.0, 2.0])).shape
    (2,)
    """
    if not condition(x):
        return x
    return _jax_numpy().asarray(np.asarray(is_numpy_array_like(x)[0]), dtype=dtype)


def all_same_time_info(*args: Any, **kwargs: Any) -> bool:
    """Tell whether all pynapple objects among the arguments share times and epochs.

    >>> all_same_time_info([1.0], other=2)
    True
    """
    found = (time_axis_of(leaf) for leaf in leaves_of((args, kwargs)))
    axes = [axis for axis in found if axis is not None]
    try:
        for first, other in pairwise(axes):
            check_same_time(first, other)
    except ValueError:
        return False
    return all(have_same_epochs(first, other) for first, other in pairwise(axes))


def get_time_info(*args: Any, **kwargs: Any) -> tuple[Array, Any]:
    """Return times (T,), seconds, and epochs of the first pynapple object among the arguments.

    Raises
    ------
    ValueError
        If there is none.

    >>> import pynapple as nap
    >>> get_time_info({"speed": nap.Tsd(t=[0.0, 0.5], d=[1.0, 2.0])})[0]
    array([0. , 0.5])
    """
    series = next((leaf for leaf in leaves_of((args, kwargs)) if is_pynapple(leaf)), None)
    if series is None:
        raise errors.value_error(
            "There is no time to be had.",
            given="no pynapple object",
            expected="a Tsd, TsdFrame or TsdTensor among the arguments",
        )
    return series.t, series.time_support


def cast_to_pynapple(
    array: ArrayLike, time: Array, time_support: Any, columns: Any = None, metadata: Any = None
) -> Any:
    """Return an array (T, ...) as a Tsd, TsdFrame or TsdTensor; as it is if it has other rows.

    Parameters
    ----------
    array :
        Values, NumPy or JAX.
    time :
        (T,), seconds.
    time_support :
        The epochs, a pynapple.IntervalSet.
    columns, metadata :
        Of the TsdFrame that a 2-D array becomes.

    Examples
    --------
    >>> import pynapple as nap
    >>> epochs = nap.IntervalSet(0.0, 1.0)
    >>> type(cast_to_pynapple(np.ones((2, 3)), np.array([0.0, 1.0]), epochs)).__name__
    'TsdFrame'
    """
    values = np.asarray(array)
    if values.ndim == 0 or len(values) != len(time):
        return array
    axis = TimeAxis(
        times=np.asarray(time), time_support=time_support, epoch_starts=np.zeros(1, int)
    )
    return to_pynapple(values, axis, columns=columns, metadata=metadata)


def support_pynapple(conv_type: str = "jax") -> Callable[..., Any]:
    """Decorate a function of arrays so that it takes and returns pynapple objects too.

    Where an argument (or an entry of one that is a dict, list or tuple) is a pynapple time series,
    all arrays are converted, and arrays in the result with one row per time become pynapple
    objects. Without any, the function is called as it is.

    Parameters
    ----------
    conv_type :
        What the function gets: ``"jax"`` or ``"numpy"``.

    Raises
    ------
    NotImplementedError
        When called with a pynapple object, for another ``conv_type``.
    ValueError
        When called with pynapple objects whose times differ.

    Examples
    --------
    >>> import pynapple as nap
    >>> double = support_pynapple(conv_type="numpy")(lambda x: 2 * x)
    >>> double(nap.Tsd(t=[0.0, 1.0], d=[1.0, 2.0])).values
    array([2., 4.])
    """

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            axis = time_axis_of(*leaves_of((args, kwargs)))
            if axis is None:
                return function(*args, **kwargs)
            arrays, named = mapped(_converter(conv_type), (args, kwargs))
            return mapped(lambda leaf: _with_time(leaf, axis), function(*arrays, **named))

        return wrapped

    return decorator


def cast_to_jax(_func: Callable[..., Any] | None = None, *, dtype: Any = float) -> Any:
    """Decorate a function so that every array among its arguments arrives as a JAX array.

    Parameters
    ----------
    dtype :
        Their type; None keeps it.

    Raises
    ------
    TypeError
        When called with an array that is not numeric.
    ImportError
        When called without JAX being installed.

    Examples
    --------
    >>> import numpy as np
    >>> cast_to_jax(lambda x: str(x.dtype)[:5])(np.arange(3))
    'float'
    """

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            arrays, named = mapped(lambda leaf: _numeric_jax(leaf, dtype), (args, kwargs))
            return function(*arrays, **named)

        return wrapped

    return decorator if _func is None else decorator(_func)


def concatenated(arrays: Any, *, axis: int, dtype: Any, concatenate: Any) -> Any:
    """Join arrays; what has one row per time of a pynapple object among them gets its time back.

    Raises
    ------
    ValueError
        If, along another axis than that of time, two of them have different times.
    """
    axes = [time_axis_of(array) for array in arrays]
    known = [found for found in axes if found is not None]
    joined = concatenate([np_asarray_if(array) for array in arrays], axis=axis, dtype=dtype)
    if not known or axis == 0:
        return joined
    for other in known[1:]:
        check_same_time(known[0], other)
    return to_pynapple(np.asarray(joined), known[0])


def _converter(conv_type: str) -> Callable[[Any], Any]:
    if conv_type not in ("jax", "numpy"):
        known = ["jax", "numpy"]
        raise NotImplementedError(str(errors.unknown_name("conv_type", conv_type, known)))
    return jnp_asarray_if if conv_type == "jax" else np_asarray_if


def _with_time(leaf: Any, axis: TimeAxis) -> Any:
    if not is_at_least_1d_numpy_array_like(leaf) or len(leaf) != len(axis):
        return leaf
    return to_pynapple(np.asarray(leaf), axis)


def _numeric_jax(leaf: Any, dtype: Any) -> Any:
    values, is_array = is_numpy_array_like(leaf)
    if not is_array:
        return leaf
    if np.asarray(values).dtype.kind not in "biufc":
        raise errors.type_error(
            "This array is not numeric.",
            given=f"{type(leaf).__name__} of {np.asarray(values).dtype}",
            expected="numbers",
        )
    return _jax_numpy().asarray(np.asarray(values), dtype=dtype)


def _jax_numpy() -> Any:
    try:
        import jax.numpy
    except ImportError:
        raise errors.missing_package("jax", purpose="Converting to JAX", extra="jax") from None
    check_jax()
    return jax.numpy
