"""What a folder of a report will hold, whatever it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import showing
from .methods import Methods

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class File:
    """A file beside the page.

    Attributes
    ----------
    name, about :
        What it is called, and what is in it.
    """

    name: str
    about: str


@dataclass(frozen=True, eq=False)
class Contents:
    """What is written.

    Attributes
    ----------
    tables :
        By their names.
    about :
        What is in each of them.
    how :
        What was done.
    page :
        Makes the page, given the files beside it.
    """

    tables: Mapping[str, pd.DataFrame]
    about: Callable[[str], str]
    how: Methods
    page: Callable[[Sequence[File]], str]

    __repr__ = showing.of_fields
