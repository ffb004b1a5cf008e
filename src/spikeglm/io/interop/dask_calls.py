"""Calls of Dask: on the client in force, or on threads of this process where there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from ... import errors
from ...settings import available_threads
from ...typing import Array, ArrayLike
from .forks import check_client, client_in_force, inherited

_LARGE_IS_FINE = {"distributed.admin.large-graph-warning-threshold": "1TiB"}
_LOST = (
    "FutureCancelledError", "CancelledError", "CommClosedError", "KilledWorker", "TimeoutError",
    "NoValidWorkerError", "ClosedClientError",
)  # fmt: skip


def placed(wanted: Sequence[Any]) -> tuple[Any, ...]:
    """Have Delayed objects computed where they will stay; return what stands for them."""
    import dask

    with reaching(), _large_is_fine():
        return dask.persist(*wanted)


def computed(wanted: Sequence[Any]) -> list[Any]:
    """Compute Delayed objects and fetch their values.

    Raises
    ------
    ConnectionError
        If the scheduler cannot be reached, or what was computed from is lost for good.
    RuntimeError
        If the client belongs to the process that this one was forked from.
    """
    import dask

    with reaching(), _large_is_fine():
        return list(dask.compute(*wanted, optimize_graph=False))


def is_dask(x: ArrayLike) -> bool:
    """Tell whether ``x`` is a dask array.

    >>> is_dask([1.0])
    False
    """
    return type(x).__module__.startswith("dask.array")


def checked(x: Any, *, name: str) -> Any:
    """Return a dask array whose chunks are checked where they are computed.

    Dask believes what it was told of them: a chunk of one row, said to have more, is repeated, and
    one of floats, said to be of integers, is never looked through for NaN.

    Raises
    ------
    ValueError
        When it is computed, if a chunk is not of the shape or the dtype that the array says.

    >>> import dask, dask.array as da
    >>> said = da.from_delayed(dask.delayed(np.ones)((1, 2)), shape=(5, 2), dtype="f8")
    >>> checked(said, name="X").compute()
    Traceback (most recent call last):
    ...
    ValueError: A chunk of X is not what the dask array says. Given: ...
    """
    return x.map_blocks(_checked_chunk, name, x.dtype, dtype=x.dtype, meta=x._meta)


def _checked_chunk(chunk: Array, name: str, dtype: np.dtype[Any], block_info: Any = None) -> Array:
    dtype_there = getattr(chunk, "dtype", None) or np.result_type(chunk)
    wanted = block_info[None]["chunk-shape"] if block_info else np.shape(chunk)
    pairs = zip(np.shape(chunk), wanted, strict=False)
    is_so_long = np.ndim(chunk) == len(wanted) and all(
        np.isnan(said) or said == n for n, said in pairs
    )
    if is_so_long and (dtype.hasobject or np.can_cast(dtype_there, dtype, "same_kind")):
        return chunk
    raise errors.value_error(
        f"A chunk of {name} is not what the dask array says.",
        given=f"a chunk of shape {np.shape(chunk)} and dtype {dtype_there}",
        expected=f"shape {tuple(wanted)} and dtype {dtype}",
        todo="give from_delayed or map_blocks the shape and dtype that the function returns.",
    )


def _large_is_fine() -> AbstractContextManager[Any]:
    """Return a context in which Dask says nothing of data within a graph.

    A setting of distributed's made before it is imported would, at its end, take all of them away.
    """
    import dask

    return dask.config.set(_LARGE_IS_FINE) if "distributed" in sys.modules else nullcontext()


@contextmanager
def reaching() -> Iterator[None]:
    """Turn what a lost cluster raises into one error; ask for nothing that a parent process has."""
    check_client()
    try:
        with _own_pool():
            yield
    except Exception as error:
        if not _is_loss(error):
            raise
        raise errors.connection_error(
            "The Dask cluster did not give a result.",
            given=f"{type(error).__name__}: {error}",
            expected="a scheduler that can be reached, and rows that can be computed again",
            todo="check that the cluster runs (client.status, the dashboard) and that a worker has "
            "memory for its rows; rows given by client.scatter cannot be made again when a "
            "worker is lost.",
        ) from error


@contextmanager
def _own_pool() -> Iterator[None]:
    """Give Dask threads of this process, where it has those of the process it was forked from."""
    import dask

    if not inherited().is_fork or client_in_force() is not None:
        yield
        return
    with (
        ThreadPoolExecutor(available_threads(), thread_name_prefix="spikeglm-dask") as pool,
        dask.config.set(pool=pool),
    ):
        yield


def _is_loss(error: Exception) -> bool:
    """Tell whether Dask misses a part: also one that was persisted on a cluster that is closed."""
    is_a_part = isinstance(error, KeyError) and any(isinstance(key, tuple) for key in error.args)
    is_missed = isinstance(error, ValueError) and str(error).startswith("Missing dependency")
    return is_a_part or is_missed or type(error).__name__ in _LOST


def cluster_threads() -> int:
    """Return how many threads the cluster has, or this process where there is none."""
    check_client()
    try:
        from distributed import get_client

        return max(1, sum(get_client().nthreads().values()))
    except (ImportError, ValueError):  # Dask's own threads
        return available_threads()
