"""Memory that each thread keeps for itself."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from ...typing import Array


class Scratch(threading.local):
    """Buffers that each thread keeps, so that a hot loop never asks the system for memory.

    Fresh memory costs a page fault per 4 KiB, and threads of one process queue for them: in a
    virtual machine that took ten times longer than the arithmetic.
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, np.dtype[Any]], Array] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Scratch, ()

    def array(self, name: str, shape: tuple[int, ...], dtype: Any = np.float64) -> Array:
        """Return an uninitialised array, valid until the next call with this name and dtype."""
        size, key = math.prod(shape), (name, np.dtype(dtype))
        buffer = self._buffers.get(key)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[key] = np.empty(size, dtype)
        return buffer[:size].reshape(shape)
