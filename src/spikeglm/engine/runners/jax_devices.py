"""The devices of JAX: whether there is an accelerator, how it computes, and its memory.

JAX is imported when it is used. Nothing here changes JAX's global flags.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ... import errors
from ...io.interop.autodiff import double_precision
from ...io.interop.forks import check_jax, inherited

ROWS = "rows"  # the only axis along which devices share work
# NVIDIA (there whichever of its cards a job was given), WSL, AMD, TPU
_DEVICE_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd", "/dev/accel0")
_SHARE_FOR_ROWS = 0.8  # of the device memory that is free; the rest is for what a block needs


class Found(NamedTuple):
    """Whether JAX has an accelerator here, and how that was seen."""

    is_present: bool
    reason: str


def accelerator() -> Found:
    """Tell whether JAX has an accelerator, without importing JAX where nothing points to one.

    >>> isinstance(accelerator().is_present, bool)
    True
    """
    if inherited().has_jax:
        return Found(False, "this process was forked after JAX had started, which cannot be used")
    if "jax" not in sys.modules:
        if not any(Path(name).exists() for name in _DEVICE_FILES):
            return Found(False, "no accelerator was found")
        if importlib.util.find_spec("jax") is None:
            return Found(False, "there is an accelerator, but JAX is not installed")
    try:
        platform = jax_module().default_backend()
    except (ImportError, RuntimeError) as error:  # a broken installation is no reason not to fit
        return Found(False, f"JAX does not start: {str(error).splitlines()[0]}")
    return Found(platform != "cpu", f"JAX computes on {platform}")


def jax_module() -> Any:
    """Return JAX.

    Raises
    ------
    ImportError
        It is not installed; the message says how to install it.
    RuntimeError
        It cannot compute in this process, which was forked after JAX had started.
    """
    check_jax()
    try:
        import jax
    except ImportError as error:
        raise errors.missing_package("jax", purpose="The jax runner", extra="jax") from error
    return jax


@contextmanager
def exact_arithmetic() -> Iterator[None]:
    """Within it JAX, in this thread, has float64, and float32 products with all their digits.

    An accelerator's default product of float32 numbers keeps about three digits of them (TF32),
    too few for a gradient. A point without a value (inf, NaN) is an answer, whatever the user's
    debugging flags say of NaN.
    """
    jax = jax_module()
    with ExitStack() as stack:
        stack.enter_context(double_precision())
        stack.enter_context(jax.default_matmul_precision("highest"))
        stack.enter_context(jax.debug_nans(False))
        stack.enter_context(jax.debug_infs(False))
        yield


@cache
def mesh() -> Any:
    """Return all devices of this process in a row: blocks of rows are cut into as many pieces."""
    jax = jax_module()
    return jax.sharding.Mesh(np.array(jax.local_devices()), (ROWS,))


def n_devices() -> int:
    """Return how many devices share a block of rows."""
    return mesh().size


def by_rows() -> Any:
    """Return the sharding of an array whose first axis is cut into one piece per device."""
    sharding = jax_module().sharding
    return sharding.NamedSharding(mesh(), sharding.PartitionSpec(ROWS))


def everywhere() -> Any:
    """Return the sharding of an array of which every device has all."""
    sharding = jax_module().sharding
    return sharding.NamedSharding(mesh(), sharding.PartitionSpec())


def memory_for_rows() -> int:
    """Return the bytes that rows may take on the devices between passes; 0 on a CPU.

    A CPU's memory is the host's: what is kept there would be kept twice.
    """
    free = []
    for device in mesh().devices.flat:
        stats = device.memory_stats() or {}
        free.append(stats.get("bytes_limit", 0) - stats.get("bytes_in_use", 0))
    return int(_SHARE_FOR_ROWS * len(free) * max(0, min(free)))


def have_own_memory() -> bool:
    """Tell whether arrays are copied to the devices; on a CPU they may be used where they lie.

    >>> have_own_memory() == accelerator().is_present
    True
    """
    return all(device.platform != "cpu" for device in mesh().devices.flat)


def describe() -> str:
    """Return the devices in words, such as ``4 x NVIDIA H100``.

    >>> import jax
    >>> describe().startswith(str(len(jax.local_devices())))
    True
    """
    devices = mesh().devices
    return f"{devices.size} x {devices.flat[0].device_kind}"
