"""Which neuron a panel shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import errors


def place_of(neuron: Any, neurons: Sequence[Any]) -> int:
    """Return the number of a neuron among several; None is the only one.

    Raises
    ------
    ValueError
        If there is no such neuron, or nobody says which of several.

    >>> place_of("b", ("a", "b")), place_of(None, ("a",))
    (1, 0)
    """
    if neuron is None and len(neurons) == 1:
        return 0
    if neuron is None:
        raise errors.value_error(
            "One panel shows one neuron.",
            given=f"{len(neurons)} neurons",
            expected="one of them",
            todo=f"pass neuron=, such as neuron={neurons[0]!r}.",
        )
    if neuron not in neurons:
        raise errors.unknown_name("neuron", neuron, list(neurons))
    return list(neurons).index(neuron)
