"""Whether a model can produce a response: its values, looked at a part at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import errors, numerics
from .elementwise import ElementwiseObservations

_CHECKED_AT_ONCE = 2**20  # entries of a response
_SHOWN = 3  # of them that are wrong


def check_response(model: ElementwiseObservations, y: Any) -> None:
    """Check that the model can produce every finite value of y, shape (T,) or (T, N).

    Raises
    ------
    ValueError
        It cannot; the message names the first offending rows.

    >>> from spikeglm.observation_models import PoissonObservations
    >>> check_response(PoissonObservations(), [0, 1, 2])
    """
    y = y if getattr(y, "is_stored", False) else np.asarray(y)  # a part at a time
    step = max(1, _CHECKED_AT_ONCE * len(y) // max(y.size, 1))
    shown: list[str] = []
    n_wrong = 0
    for start in range(0, len(y), step):  # what is told of each entry takes memory, too
        part = y[start : start + step]
        with numerics.quiet():
            wrong = np.isfinite(part) & ~model.allowed(part)
        if wrong.any():
            n_wrong += int(wrong.sum())
            for t, *n in np.argwhere(wrong)[: _SHOWN - len(shown)]:
                place = ", ".join(map(str, (start + t, *n)))
                shown.append(f"y[{place}] = {part[(t, *n)]}")
    if n_wrong:
        raise _response_error(model, shown, n_wrong)


def _response_error(
    model: ElementwiseObservations, shown: Sequence[str], n_wrong: int
) -> ValueError:
    more = f" and {n_wrong - len(shown)} more" if n_wrong > len(shown) else ""
    return errors.value_error(
        f"y holds values that a {model.name} model cannot produce.",
        given=", ".join(shown) + more,
        expected=f"{model.support} (rows with NaN or inf are left out)",
        todo="Choose another observation_model, or check how y was made (counts, not rates).",
    )
