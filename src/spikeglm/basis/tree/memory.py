"""What a leaf of a basis remembers of the signals that it was placed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ... import showing
from ..terms.bounds import Range


@dataclass(frozen=True, eq=False)
class Memory:
    """Exchanged as a whole, never changed: copies of a basis share it.

    Attributes
    ----------
    columns :
        What the columns of each input are called, None for nothing; () before signals were seen.
    ranges :
        Those that were taken from data, per input; () where bounds were given.
    meaning :
        What data have decided, see :mod:`~spikeglm.basis.terms.meanings`; None if nothing is
        decided, or a parameter was changed since.
    is_kept :
        Whether that stays, whatever signals come.

    Examples
    --------
    >>> Memory().meaning is None
    True
    """

    columns: tuple[tuple[Any, ...] | None, ...] = ()
    ranges: tuple[Range, ...] = ()
    meaning: Any = None
    is_kept: bool = False

    __repr__ = showing.of_fields
