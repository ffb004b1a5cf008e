"""What a model holds, as pickle can write it: JAX's functions by the names that users know.

JAX's compiled functions cannot be pickled. One that is known, such as ``jax.nn.softplus``, is
written as its public name, and a compiled function of one's own as the function that was compiled.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...observation_models.inverse_link import Link
from ...observation_models.named import link_named

_LINK = "inverse_link_function"
_PUBLIC = ("jax.nn", "jax.numpy", "jax.lax", "jax.scipy.special", "jax.scipy.stats.norm")
_WRITE_ANY_FUNCTION = ("cloudpickle", "dill", "joblib.externals")
"""Modules that write functions without a name, which pickle itself cannot."""


def state_to_write(state: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a model with a stand-in for a link that pickle cannot write.

    Raises
    ------
    pickle.PicklingError
        If the link is a function of one's own that cannot be found again by its name.

    >>> import pickle
    >>> import jax
    >>> state = state_to_write({"inverse_link_function": jax.nn.softplus})
    >>> pickle.loads(pickle.dumps(state))["inverse_link_function"] is jax.nn.softplus
    True
    """
    link = state.get(_LINK)
    if not callable(link) or isinstance(link, (type, Link)) or _is_written(link):
        return state
    match _caller():
        case ("copy", "copy"):
            return state
        case ("copy", _):
            return state | {_LINK: _Kept(link)}
    return state | {_LINK: _stand_in(link)}


def _stand_in(function: Callable[..., Any]) -> Any:
    name = getattr(function, "__name__", "")
    for home in _PUBLIC:
        if getattr(sys.modules.get(home), name, None) is function:
            return _Named(home, name)
    inner = getattr(function, "__wrapped__", None)
    if _is_of_jax(function) and callable(inner) and _is_written(inner):
        return _Compiled(inner)
    known = None if inner is None and not _is_of_jax(function) else _known(function)
    if known is not None:
        return known
    if _caller()[0].startswith(_WRITE_ANY_FUNCTION):
        return function
    raise pickle.PicklingError(
        f"This model cannot be pickled. Given: inverse_link_function={function!r}, which has no "
        "name under which it could be found again. Expected: a link of spikeglm's or of JAX's, or "
        "a function defined at the top of a module. What to do: define it there with def, or give "
        "a link by name, such as 'softplus'; joblib's processes take any function."
    )


def _known(function: Callable[..., Any]) -> Link | None:
    try:
        link = link_named(function)
    except (TypeError, ValueError, RuntimeError):
        return None
    return link if _is_written(link) else None


def cloned(model: Any) -> Any:
    """Return an unfitted model with the same arguments, of which functions stay what they are.

    >>> import jax, spikeglm as nmo
    >>> model = cloned(nmo.GLM(inverse_link_function=jax.nn.softplus))
    >>> model.inverse_link_function is jax.nn.softplus
    True
    """
    from sklearn.base import clone

    params = model.get_params(deep=False)
    return type(model)(
        **{n: v if n == _LINK and callable(v) else clone(v, safe=False) for n, v in params.items()}
    )


@dataclass(frozen=True)
class _Kept:
    """A function that a deep copy shares: a copy of JAX's has neither a name nor a home."""

    function: Callable[..., Any]

    def __deepcopy__(self, _: Any) -> Callable[..., Any]:
        return self.function


@dataclass(frozen=True)
class _Named:
    """A function of JAX by its public name; where JAX is missing it is read as the link it is."""

    home: str
    name: str

    def __reduce__(self) -> tuple[Any, ...]:
        return _found, (self.home, self.name)


@dataclass(frozen=True)
class _Compiled:
    """A compiled function by what was compiled."""

    inner: Callable[..., Any]

    def __reduce__(self) -> tuple[Any, ...]:
        return _compiled, (self.inner,)


def _found(home: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(home), name)
    except ImportError:
        return link_named(f"{home}.{name}")


def _compiled(function: Callable[..., Any]) -> Any:
    return importlib.import_module("jax").jit(function)


def _is_written(part: Any) -> bool:
    """Tell whether pickle can write something."""
    try:
        pickle.dumps(part)
    except Exception:  # whatever a foreign object raises
        return False
    return True


def _is_of_jax(function: Any) -> bool:
    return type(function).__module__.partition(".")[0] in ("jax", "jaxlib")


def _caller() -> tuple[str, str]:
    """Return the module and the function that want the state of a model."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("spikeglm."):
        frame = frame.f_back
    return ("", "") if frame is None else (frame.f_globals["__name__"], frame.f_code.co_name)
