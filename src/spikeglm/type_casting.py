"""Functions that let a function of arrays take pynapple, pandas and JAX objects.

>>> import pynapple as nap
>>> @support_pynapple(conv_type="numpy")
... def centred(x):
...     return x - x.mean(axis=0)
>>> centred(nap.Tsd(t=[0.0, 1.0], d=[1.0, 3.0])).values
array([-1.,  1.])
"""

from .io.interop.casting import (
    all_same_time_info,
    cast_to_jax,
    cast_to_pynapple,
    get_time_info,
    is_at_least_1d_numpy_array_like,
    is_numpy_array_like,
    is_pynapple_tsd,
    jnp_asarray_if,
    np_asarray_if,
    support_pynapple,
)

__all__ = [
    "all_same_time_info",
    "cast_to_jax",
    "cast_to_pynapple",
    "get_time_info",
    "is_at_least_1d_numpy_array_like",
    "is_numpy_array_like",
    "is_pynapple_tsd",
    "jnp_asarray_if",
    "np_asarray_if",
    "support_pynapple",
]
