"""Groups of neurons: areas, layers, classes of cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import errors
from ...typing import Array


def groups_of(groups: Any, neurons: Sequence[Any]) -> Array:
    """Return the group (N,) of each neuron, as text; all one without groups.

    Parameters
    ----------
    groups :
        A value per neuron in their order, or for each neuron by its name (a dict or a pandas
        Series); None for no groups.
    neurons :
        Their names.

    Raises
    ------
    ValueError
        If there is not one for each neuron.

    >>> groups_of({"a": "V1", "b": "LM"}, ["b", "a"]).tolist()
    ['LM', 'V1']
    """
    if groups is None:
        return np.full(len(neurons), "", dtype=object)
    if hasattr(groups, "get"):  # by name
        missing = [name for name in neurons if groups.get(name) is None]
        if missing:
            raise errors.value_error(
                "Some neurons have no group.",
                given=f"none for {missing[:5]}",
                expected="a group for each neuron",
            )
        return np.array([str(groups.get(name)) for name in neurons], dtype=object)
    found = [str(each) for each in np.ravel(np.asarray(groups, dtype=object))]
    if len(found) != len(neurons):
        raise errors.value_error(
            "Some neurons have no group.",
            given=f"{len(found)} groups for {len(neurons)} neurons",
            expected="one for each neuron",
        )
    return np.array(found, dtype=object)
