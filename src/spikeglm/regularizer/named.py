"""Names of the regularizers, looked up once; from then on an object travels."""

from __future__ import annotations

from typing import Any

from .. import errors
from .base import Regularizer
from .elastic_net import ElasticNet
from .firth import Firth
from .group_lasso import GroupLasso
from .lasso import Lasso
from .quadratic import Quadratic
from .ridge import Ridge
from .smoothness import Smoothness
from .unregularized import UnRegularized

_BY_NAME: dict[str, type[Any]] = {
    "UnRegularized": UnRegularized,
    "Ridge": Ridge,
    "Lasso": Lasso,
    "GroupLasso": GroupLasso,
    "ElasticNet": ElasticNet,
    "Firth": Firth,
    "Smoothness": Smoothness,
}


_ELSEWHERE = {
    "jeffreys": "Firth", "logistf": "Firth", "brglm": "Firth",
    "l1": "Lasso", "l2": "Ridge", "tikhonov": "Ridge", "none": "UnRegularized",
    "l1_l2": "ElasticNet", "enet": "ElasticNet",
}  # fmt: skip


def regularizer_of(choice: str | Regularizer | None) -> Regularizer:
    """Turn the user's choice into a regularizer; None means :class:`UnRegularized`.

    Raises
    ------
    ValueError
        For a string that names no regularizer.
    TypeError
        For an object that is none.

    >>> regularizer_of("Ridge")
    Ridge()
    """
    if choice is None:
        return UnRegularized()
    if isinstance(choice, str):
        name = choice.rsplit(".", 1)[-1]
        if name not in _BY_NAME:
            _check_needs_no_matrices(name)
            raise errors.unknown_name("regularizer", choice, list(_BY_NAME), meant=_ELSEWHERE)
        return _BY_NAME[name]()
    if not callable(getattr(choice, "bind", None)) or isinstance(choice, type):
        raise errors.type_error(
            "regularizer must be a name or a regularizer object.",
            given=repr(choice),
            expected=f"one of {', '.join(map(repr, _BY_NAME))}, or e.g. Ridge()",
        )
    return choice


def _check_needs_no_matrices(name: str) -> None:
    if name == Quadratic.__name__:
        raise errors.value_error(
            "A quadratic penalty has no name: it is made of matrices.",
            given=repr(name),
            expected="an object",
            todo="type Quadratic([(columns, S), ...]), after "
            "from spikeglm.regularizer import Quadratic.",
        )
