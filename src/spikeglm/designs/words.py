"""Terms and bases in words: plain numbers, text, lists and dicts, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import reduce
from inspect import signature
from operator import mul
from typing import Any

import numpy as np

from .. import basis as bases
from .. import errors
from ..basis.terms.family import Family
from ..basis.tree.basis import Basis
from .kinds.boxcars import Boxcar
from .kinds.contract import TermKind
from .kinds.events import Events
from .kinds.history import History
from .kinds.signals import Signal
from .kinds.tuning import Tuning

KINDS: dict[str, Any] = {cls.kind: cls for cls in (Events, Boxcar, Signal, Tuning, History)}
"""Every kind of term by its name."""


def described(term: Any) -> dict[str, Any]:
    """Return a term in words; settings that are the default are left out.

    Raises
    ------
    TypeError
        If a basis cannot be said in words.

    Examples
    --------
    >>> described(Events("reward", "reward", (-0.5, 1.0), basis=10))
    {'kind': 'events', 'label': 'reward', 'times': 'reward', 'window': [-0.5, 1.0], 'basis': 10}
    """
    found = {"kind": term.kind}
    for field in dataclasses.fields(term):
        value = getattr(term, field.name)
        if field.default is dataclasses.MISSING or not _same(value, field.default):
            found[field.name] = in_words(value)
    return found


def term_from(words: Mapping[str, Any]) -> TermKind:
    """Return the term that words describe.

    Raises
    ------
    ValueError
        If the kind or a setting is unknown, or one is missing.
    TypeError
        If a setting is not of its type.

    Examples
    --------
    >>> term_from({"kind": "events", "label": "cue", "times": "cue", "window": [0, 1]}).window
    (0.0, 1.0)
    """
    words = dict(words)
    kind = words.pop("kind", None)
    if kind is None:
        raise errors.value_error(
            "A term does not say of what kind it is.",
            given=", ".join(f"{name} = {value!r}" for name, value in words.items()) or "nothing",
            expected=f"kind = one of {', '.join(map(repr, KINDS))}",
        )
    if kind not in KINDS:
        raise errors.unknown_name("kind of term", kind, list(KINDS))
    cls = KINDS[kind]
    known = [field.name for field in dataclasses.fields(cls)]
    for name in words:
        if name not in known:
            raise errors.unknown_name(f"setting of {kind!r}", name, known)
    needed = [f.name for f in dataclasses.fields(cls) if f.default is dataclasses.MISSING]
    missing = [name for name in needed if name not in words]
    if missing:
        raise errors.value_error(
            f"A term of the kind {kind!r} is not complete.",
            given=", ".join(words),
            expected=f"also {', '.join(missing)}",
        )
    if "basis" in words:
        words["basis"] = basis_from(words["basis"])
    found: TermKind = cls(**words)
    return found


def in_words(value: Any) -> Any:
    """Return a setting as numbers, text, lists and dicts.

    Examples
    --------
    >>> in_words(bases.BSplineEval(5, bounds=(0, 10)))
    {'name': 'BSplineEval', 'n_basis_funcs': 5, 'bounds': [0.0, 10.0]}
    """
    if isinstance(value, Basis):
        return _basis_in_words(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [in_words(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): in_words(each) for key, each in value.items() if each is not None}
    if isinstance(value, bool | int | float | str):
        return value
    raise errors.type_error(
        "This cannot be said in words.",
        given=repr(value)[:200],
        expected="numbers, text, lists of them, and bases of spikeglm",
    )


def basis_from(words: Any) -> Any:
    """Return the basis that words describe; numbers and ``"lags"`` stay what they are.

    Raises
    ------
    ValueError
        If there is no basis of this name.

    Examples
    --------
    >>> basis_from({"name": "BSplineEval", "n_basis_funcs": 5})
    BSplineEval(n_basis_funcs=5, order=4)
    """
    if not isinstance(words, Mapping):
        return tuple(words) if isinstance(words, list) else words
    if set(words) == {"product"}:
        return reduce(mul, map(basis_from, words["product"]))
    parameters = dict(words)
    name = parameters.pop("name", None)
    if name not in _known_bases():
        raise errors.unknown_name("basis", name, _known_bases())
    _check_parameters(name, parameters)
    if "frequencies" in parameters and isinstance(parameters["frequencies"], list):
        parameters["frequencies"] = [np.asarray(each) for each in parameters["frequencies"]]
    if "frequency_mask" in parameters:
        parameters["frequency_mask"] = np.asarray(parameters["frequency_mask"])
    return getattr(bases, name)(**parameters)


def _check_parameters(name: str, given: Mapping[str, Any]) -> None:
    """Raise if a basis is described with settings it does not have, or without those it needs."""
    known = signature(getattr(bases, name)).parameters
    for key in given:
        if key not in known:
            raise errors.unknown_name(f"setting of {name!r}", key, list(known))
    missing = [key for key, p in known.items() if p.default is p.empty and key not in given]
    if not missing:
        return
    eval_name = name.removesuffix("Conv") + "Eval"
    is_of_bins = "window_size" in missing and eval_name in _known_bases()
    raise errors.value_error(
        f"The basis {name!r} is not complete.",
        given=", ".join(given) or "nothing but its name",
        expected=f"also {', '.join(missing)}",
        todo=f"write {eval_name!r}: it is spread over the window of the term." * is_of_bins,
    )


def _known_bases() -> list[str]:
    return [name for name in bases.__all__ if name.endswith(("Eval", "Conv")) or name == "Category"]


def _basis_in_words(basis: Basis) -> dict[str, Any]:
    name = type(basis).__name__
    if basis.operation is not None:
        parts = [child.basis for child in basis.node.children]
        return {"product": [_basis_in_words(part) for part in parts]}
    if name not in _known_bases():
        raise errors.type_error(
            "Functions of your own cannot be said in words.",
            given=repr(basis),
            expected="bases of spikeglm",
            todo="keep the code that makes the builder.",
        )
    params = basis.get_params(deep=False) | _kept_bounds(basis)
    defaults = {key: p.default for key, p in signature(type(basis).__init__).parameters.items()}
    chosen = {
        key: in_words(value)
        for key, value in params.items()
        if key != "label" and value is not None and not _same(value, defaults[key])
    }
    return {"name": name} | chosen


def _kept_bounds(basis: Basis) -> dict[str, Any]:
    """Return the range that a frozen basis keeps as its bounds."""
    formula = basis.node.own_formula
    kept = getattr(formula, "kept", None)
    if kept is None or formula.bounds is not None or not formula.family.scales:
        return {}
    ends = [(r.low.ravel(), r.high.ravel()) for r in kept]
    is_adapted = type(formula.family).given is not Family.given
    if is_adapted or any(len(low) != 1 or not low[0] < high[0] for low, high in ends):
        raise errors.type_error(
            "What data have decided for this basis cannot be said in words.",
            given=repr(basis),
            expected="one range for all channels",
            todo="set bounds before the design is made, or write the builder that made it.",
        )
    pairs = [[float(low[0]), float(high[0])] for low, high in ends]
    return {"bounds": pairs[0] if len(pairs) == 1 else pairs}


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, float) and isinstance(default, float):
        return value == default or (value != value and default != default)
    if isinstance(value, bool) or isinstance(default, bool):
        return value is default
    if isinstance(value, np.ndarray | Basis) or isinstance(default, np.ndarray):
        return False
    return bool(type(value) is type(default) and value == default)
