"""Rows that took no part, with the feature or input that lost them: a warning tells of many."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ... import errors, notices, showing
from ...rows.contract import Rows
from ...rows.lost import Loss, edges_of, losses_of
from ...typing import Array, BoolArray

_MANY = 0.01  # of the rows, beyond the edges of windows: a few percent may be all of the running
_MOST = 3  # that are named
_ON_PURPOSE = "; rows that a fit is to leave out get a weight of zero"
_NOTHING = "NaN, inf or missing"


@dataclass(frozen=True, eq=False)
class LostRows:
    """Which of T rows take part, and which inputs beside X lose some.

    Attributes
    ----------
    rows :
        X.
    keep :
        (T,) rows that take part.
    wanted :
        (T,) rows that are to take part: those without a weight of zero; None for all.
    others :
        Rows (T,) that inputs beside X lose.
    """

    rows: Rows
    keep: BoolArray
    wanted: BoolArray | None = None
    others: dict[str, BoolArray] = field(default_factory=dict)

    __repr__ = showing.of_fields

    def also(self, keep: BoolArray, **others: BoolArray) -> LostRows:
        """Return the same where further inputs lose rows."""
        return replace(self, keep=keep, others=self.others | others)

    def sentence(self, did: str = "took no part", *, least: float = _MANY) -> str:
        """Say how many rows went and because of what; nothing where they are few.

        Counting costs a look at ``keep``; only where many rows went are the causes looked for.
        """
        keep, wanted = self.keep, self.wanted
        n = len(keep) if wanted is None else int(np.count_nonzero(wanted))
        n_kept = np.count_nonzero(keep if wanted is None else keep & wanted)
        if n - n_kept <= least * n:
            return ""
        lost = ~keep if wanted is None else wanted & ~keep
        lost &= ~edges_of(self.rows, self.rows.valid_rows())
        n_lost, said = np.count_nonzero(lost), "y" in self.others
        if n_lost <= least * n:
            return ""
        return (
            f"{n_lost} of {n} rows ({n_lost / n:.0%}) {did}. Given: {self._because(lost)}. "
            "Expected: numbers, but for the edges of windows. What to do: widen bounds (or check "
            f"their units), fill gaps, or leave the feature out{_ON_PURPOSE if said else ''}."
        )

    def told(self) -> str:
        """Warn where many rows went; return how many took part and why others did not, if any."""
        return self.announce() or self.account()

    def account(self) -> str:
        """Say how many rows took part and why others did not; nothing where all did.

        Only what is lost beyond the edges of windows costs a look at the features.
        """
        keep = self.keep
        n = np.count_nonzero(keep)
        if n == len(keep):
            return ""
        valid = self.rows.valid_rows()
        lost, edges = ~keep, edges_of(self.rows, valid)
        because = [Loss("windows", "that leave their epoch", edges)]
        because += [Loss(name, _NOTHING, mask) for name, mask in self.others.items()]
        if self.wanted is not None:
            because.append(Loss("sample_weight", "of zero", ~self.wanted))
        if not (valid | edges)[lost].all():
            because += losses_of(self.rows, lost & ~edges)
        return f"{n} of {len(keep)} rows took part; not: {_listed(because, lost)}"

    def causes(self) -> str:
        """Say what loses rows, edges of windows included."""
        leaving = edges_of(self.rows, self.rows.valid_rows())
        edges = Loss("windows", "that leave their epoch", leaving)
        if self.wanted is None:
            return self._because(~self.keep, edges)
        return self._because(~self.keep, edges, Loss("sample_weight", "of zero", ~self.wanted))

    def _because(self, lost: BoolArray, *more: Loss) -> str:
        because = [*more, *(Loss(name, _NOTHING, mask) for name, mask in self.others.items())]
        if not self.rows.valid_rows()[lost].all():
            because += losses_of(self.rows, lost)
        return _listed(because, lost)

    def announce(self, did: str = "took no part") -> str:
        """Warn at the user's line where many rows went; return the warning."""
        text = self.sentence(did)
        if text:
            notices.warn(text)
        return text


def _listed(because: list[Loss], lost: BoolArray) -> str:
    counted = [(np.count_nonzero(cause.rows & lost), cause) for cause in because]
    counted.sort(key=lambda pair: -pair[0])
    texts = [f"{cause.what} {cause.why} ({n} rows)" for n, cause in counted if n]
    return errors.listed(texts, _MOST, between="; ")


def announce_gaps(rows: Rows, predicted: Array) -> None:
    """Warn where many predictions (T, ...) are NaN; which column or class is the same to a gap."""
    if not predicted.size:
        return
    first = predicted.reshape(len(predicted), -1)[:, 0]
    LostRows(rows, ~np.isnan(first)).announce("have no prediction (NaN)")
