"""What may be asked of an analysis, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import errors
from ..inference.nulls.named import read_null
from ..observation_models.named import model_named
from ..selection.contribution.kinds import read_how
from ..selection.searching.ladders import LADDERS
from ..selection.searching.rules import rule_named

_ALPHA = 0.05
AUTO = "auto"


def check_asked(asked: Mapping[str, Any]) -> None:
    """Raise now what a wrong name would lead to after hours of computing.

    Names that are not there are not looked at.

    Raises
    ------
    ValueError, TypeError
        If ``how``, ``rule``, ``search``, ``null``, ``strengths``, ``observation_model`` or ``seed``
        are not known.

    Examples
    --------
    >>> check_asked({"rule": "hardcastle", "how": "unique"})
    """
    if "how" in asked:
        read_how(asked["how"])
    if "rule" in asked:
        rule_named(asked["rule"], _ALPHA)
    if "search" in asked and asked["search"] not in LADDERS:
        raise errors.unknown_name("search", asked["search"], list(LADDERS))
    if asked.get("null") is not None:
        read_null(asked["null"], {})
    if isinstance(asked.get("strengths"), str) and asked["strengths"] != AUTO:
        raise errors.unknown_name("way to choose strengths", asked["strengths"], [AUTO])
    if "observation_model" in asked:
        model_named(asked["observation_model"])
    seed = asked.get("seed", 0)
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise errors.value_error(
            "seed begins what is drawn by chance.",
            given=repr(seed),
            expected="a whole number, from 0",
        )
