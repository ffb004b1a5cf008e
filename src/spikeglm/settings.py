"""Settings of a computation, in scikit-learn's manner: a context, never a global flag to flip.

>>> import spikeglm
>>> with spikeglm.config_context(progress=False, memory="1GiB"):
...     spikeglm.get_config().memory_bytes
1073741824
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from . import errors

RUNNERS = ("threads", "jax", "dask")
_UNITS = {
    "": 1, "b": 1,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
}  # fmt: skip
_AMOUNT = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*([a-z]*)\s*", re.ASCII | re.IGNORECASE)


def available_threads() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parse_bytes(amount: int | str) -> int:
    """Turn ``"2GiB"``, ``"500 MB"``, ``"2G"`` (of 10⁹) or a whole number of bytes into an int.

    >>> parse_bytes("1.5 KiB"), parse_bytes("2gb"), parse_bytes(4096)
    (1536, 2000000000, 4096)
    """
    number = _whole_bytes(amount)
    if number < 1:
        raise errors.value_error(
            "The memory budget could not be read.",
            given=repr(amount),
            expected="a positive number of bytes, or a string such as '2GiB' or '500MB'",
        )
    return number


def _whole_bytes(amount: object) -> int:
    """Return the number of bytes, 0 where it is none."""
    if isinstance(amount, str):
        match = _AMOUNT.fullmatch(amount)
        size = _UNITS.get(match[2].lower(), 0) if match else 0
        return int(float(match[1]) * size) if match else 0
    is_whole = isinstance(amount, Real) and not isinstance(amount, bool) and amount % 1 == 0
    return int(amount) if is_whole else 0  # type: ignore[call-overload]


@dataclass(frozen=True)
class Settings:
    """What a user may set about how (never what) is computed.

    Attributes
    ----------
    runner :
        ``"threads"``, ``"jax"``, ``"dask"`` (rows are sent to the workers of the
        ``distributed.Client`` in force), or ``None``: chosen by the plan. Dask arrays are summed
        where they lie.
    n_threads :
        Worker threads; ``None`` means one per available core.
    memory :
        Upper bound for the working memory of one call, bytes or a string such as ``"2GiB"``.
    progress :
        Show a progress line while a fit runs longer than a second.
    checkpoint :
        File to which a fit writes where it stands, and from which the same fit, interrupted, goes
        on when it is called again; removed when it is done. One per fit; None writes nothing.
    checkpoint_seconds :
        Seconds between two such writes, at least.
    """

    runner: str | None = None
    n_threads: int | None = None
    memory: int | str = "2GiB"
    progress: bool = False
    checkpoint: str | os.PathLike[str] | None = None
    checkpoint_seconds: float = 30.0

    def __post_init__(self) -> None:
        _check_runner(self.runner)
        if self.n_threads is not None and not _is_count(self.n_threads):
            raise errors.value_error(
                "n_threads must be positive.",
                given=repr(self.n_threads),
                expected="an integer >= 1, or None for one per core",
            )
        if not isinstance(self.progress, bool):
            raise errors.value_error(
                "progress must be True or False.", given=repr(self.progress), expected="a bool"
            )
        if self.checkpoint is not None:
            _check_checkpoint(self.checkpoint)
        seconds = self.checkpoint_seconds
        if not isinstance(seconds, Real) or isinstance(seconds, bool) or not seconds >= 0:
            raise errors.value_error(
                "checkpoint_seconds must not be negative.",
                given=repr(seconds),
                expected="a number of seconds >= 0",
            )
        parse_bytes(self.memory)

    @property
    def workers(self) -> int:
        """Worker threads: ``n_threads``, or one per available core."""
        return self.n_threads or available_threads()

    @property
    def memory_bytes(self) -> int:
        """The memory budget in bytes."""
        return parse_bytes(self.memory)


def _is_count(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def _check_runner(runner: object) -> None:
    if str(runner).lower() in ("gpu", "cuda", "tpu"):
        raise errors.value_error(
            "Unknown runner.",
            given=repr(runner),
            expected=f"one of {', '.join(RUNNERS)}",
            todo="use runner='jax', which computes on the GPU that JAX finds.",
        )
    if runner not in (None, *RUNNERS):
        raise errors.unknown_name("runner", runner, [*RUNNERS])


def _check_checkpoint(checkpoint: object) -> None:
    """Refuse what no checkpoint can be written to: now, not in the middle of a fit."""
    if not isinstance(checkpoint, str | os.PathLike):
        raise errors.value_error(
            "checkpoint must name a file.",
            given=repr(checkpoint),
            expected="a path as str or pathlib.Path, or None",
        )
    path = Path(checkpoint)
    given, folder = repr(os.fspath(checkpoint)), path.absolute().parent
    if path.is_dir():
        raise errors.value_error(
            "checkpoint names a folder.",
            given=given,
            expected="a file",
            todo=f"name a file in it: checkpoint={str(path / 'fit.npz')!r}",
        )
    if not folder.is_dir():
        raise errors.value_error(
            "The folder of the checkpoint does not exist.",
            given=given,
            expected="a file in a folder that is there",
            todo=f"make the folder: {folder}",
        )
    if not os.access(folder, os.W_OK):
        raise errors.value_error(
            "The folder of the checkpoint cannot be written to.",
            given=given,
            expected="a file in a folder in which you may write",
            todo="give checkpoint=... in another folder, such as your home.",
        )


_DEFAULT = Settings()
_current: ContextVar[Settings] = ContextVar("spikeglm_settings", default=_DEFAULT)


def get_config() -> Settings:
    """Return the settings in force here.

    >>> import spikeglm as nmo
    >>> nmo.get_config().memory
    '2GiB'
    """
    return _current.get()


def set_config(**changes: Any) -> None:
    """Change settings from here on, in this thread or task; see :class:`Settings`.

    >>> import spikeglm as nmo
    >>> nmo.set_config(memory="1GiB")
    >>> nmo.get_config().memory_bytes
    1073741824
    >>> nmo.set_config(memory="2GiB")
    """
    _current.set(_replaced(changes))


@contextmanager
def config_context(**changes: Any) -> Iterator[Settings]:
    """Change settings inside a ``with`` block; see :class:`Settings` for the names.

    >>> import spikeglm as nmo
    >>> with nmo.config_context(n_threads=1, memory="200MiB"):
    ...     print(nmo.get_config().memory)
    200MiB
    >>> nmo.get_config().memory
    '2GiB'
    """
    token = _current.set(_replaced(changes))
    try:
        yield _current.get()
    finally:
        _current.reset(token)


def _replaced(changes: dict[str, Any]) -> Settings:
    known = list(Settings.__dataclass_fields__)
    for name in changes:
        if name not in known:
            raise errors.unknown_name("setting", name, known)
    return replace(_current.get(), **changes)
