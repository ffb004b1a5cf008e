"""What a forked process has of its parent and cannot use: JAX and Dask wait there for ever.

A fork copies memory, not threads. JAX computes on threads of its own, and so do Dask's scheduler
and its clients; in a child they are gone, and whoever asks them waits. A process that starts JAX or
Dask itself, after the fork, may use them; so may those that joblib or ``multiprocessing``'s "spawn"
start.

A lock that another thread held at the moment of the fork stays locked in the child, where nobody is
left to open it. Python opens its own; those of properties that are computed once (before Python
3.12 all objects of a class share one) and those of Dask are opened here.
"""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from threading import RLock
from typing import Any

from ... import errors, showing

_TODO = (
    "start processes with multiprocessing.get_context('spawn'), or with joblib, which does so by "
    "itself"
)
_LOCKS_OF_DASK = (
    ("dask.config", "config_lock"),
    ("dask.threaded", "pools_lock"),
    ("dask.tokenize", "tokenize_lock"),
)


@dataclass(frozen=True)
class Inherited:
    """What this process has from the one that it was forked from.

    Attributes
    ----------
    is_fork :
        Whether there was one, after spikeglm was imported.
    has_jax :
        Whether JAX had started there.
    client :
        The client of a Dask cluster that was in force there.
    """

    is_fork: bool = False
    has_jax: bool = False
    client: Any = None

    __repr__ = showing.of_fields


_of_this_process = [Inherited()]  # what changes it is a fork, which is a change of the process


def inherited() -> Inherited:
    """Return what this process was forked with.

    >>> inherited().has_jax
    False
    """
    return _of_this_process[0]


def check_jax() -> None:
    """Raise in a process that was forked after JAX had started: JAX would never answer there.

    Raises
    ------
    RuntimeError
        It says how to start processes.

    >>> check_jax()
    """
    if inherited().has_jax:
        raise errors.process_error(
            "JAX cannot compute in this process.",
            given="a process forked from one in which JAX had started",
            expected="a process in which JAX starts itself",
            todo=f"{_TODO}; or fit without JAX here: runner='threads', and a link and an "
            "observation model of spikeglm's own.",
        )


def check_client() -> None:
    """Raise if the Dask client in force belongs to the process that this one was forked from.

    Raises
    ------
    RuntimeError
        It says how to start processes.

    >>> check_client()
    """
    client = client_in_force()
    if client is not None and client is inherited().client:
        raise errors.process_error(
            "The Dask client does not work in this process.",
            given="a process forked from the one that made the client",
            expected="a client that this process made",
            todo=f"make one here, distributed.Client(scheduler_address); or {_TODO}.",
        )


def _jax_has_started() -> bool:
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "backends_are_initialized", None)
    return "jax" in sys.modules if started is None else bool(started())


def client_in_force() -> Any:
    """Return the client of a Dask cluster that Dask would use now, None for none.

    >>> client_in_force() is None
    True
    """
    try:
        return sys.modules["distributed"].default_client()
    except (KeyError, ValueError, AttributeError):  # not imported, or no client
        return None


def _open_locks() -> None:
    for found in gc.get_referrers(cached_property):
        if type(found) is cached_property and hasattr(found, "lock"):
            found.lock = RLock()
    for module, name in _LOCKS_OF_DASK:
        lock = getattr(sys.modules.get(module), name, None)
        if lock is not None:
            lock._at_fork_reinit()  # what Python does with its own


def _note() -> None:
    _open_locks()
    before = inherited()
    _of_this_process[0] = Inherited(
        is_fork=True,
        has_jax=before.has_jax or _jax_has_started(),
        client=client_in_force() or before.client,
    )


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note)
