"""Settings of a computation, in scikit-learn's manner: a context, never a global flag to flip.

>>> import spikeglm
>>> with spikeglm.config_context(progress=False, memory="1GiB"):
...     spikeglm.get_config().memory_bytes
1073741824
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import errors

_RUNNERS = ("threads", "jax", "dask")
_UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def available_threads() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def parse_bytes(amount: int | str) -> int:
    """Turn ``"2GiB"``, ``"500 MB"`` or a number of bytes into an int."""
    if isinstance(amount, int) and amount > 0:
        return amount
    text = str(amount).strip()
    for unit, size in _UNITS.items():
        number = text.removesuffix(unit).strip()
        if number != text and number.replace(".", "", 1).isdigit():
            return int(float(number) * size)
    raise errors.value_error(
        "The memory budget could not be read.",
        given=repr(amount),
        expected="bytes as a positive int, or a string such as '2GiB' or '500MB'",
    )


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
        if self.runner not in (None, *_RUNNERS):
            raise errors.unknown_name("runner", self.runner, [*_RUNNERS])
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
        if self.checkpoint is not None and not isinstance(self.checkpoint, str | os.PathLike):
            raise errors.value_error(
                "checkpoint must name a file.",
                given=repr(self.checkpoint),
                expected="a path as str or pathlib.Path, or None",
            )
        if self.checkpoint is not None and not Path(self.checkpoint).absolute().parent.is_dir():
            raise errors.value_error(  # now, not in the middle of a fit
                "The folder of the checkpoint does not exist.",
                given=repr(os.fspath(self.checkpoint)),
                expected="a file in a folder that is there",
                todo=f"make the folder: mkdir -p {Path(self.checkpoint).parent}",
            )
        if not self.checkpoint_seconds >= 0:
            raise errors.value_error(
                "checkpoint_seconds must not be negative.",
                given=repr(self.checkpoint_seconds),
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


_DEFAULT = Settings()
_current: ContextVar[Settings] = ContextVar("spikeglm_settings", default=_DEFAULT)


def get_config() -> Settings:
    """Return the settings in force here."""
    return _current.get()


def set_config(**changes: Any) -> None:
    """Change settings from here on, in this thread or task; see :class:`Settings`."""
    _current.set(_replaced(changes))


@contextmanager
def config_context(**changes: Any) -> Iterator[Settings]:
    """Change settings inside a ``with`` block; see :class:`Settings` for the names."""
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
