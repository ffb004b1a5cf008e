"""Which rank: held-out variance explained by rank and strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection.strength_search import check_rule
from ..typing import Array, FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class RankChoice:
    """Held-out shares of variance of S strengths, K folds and ranks 0 to R, and what was chosen.

    Attributes
    ----------
    strength :
        (S,), from strong to weak.
    fold_r2 :
        (S, K, R + 1) share of the squared deviations of all outputs together, in the rows of a
        fold from the mean of the others, that is predicted. NaN where a fold has nothing to test.
    r2_by_output :
        (R + 1, N) the same of each output, over all folds, at the strength that was chosen.
    rule :
        ``"min"`` or ``"one_se"``.
    rank_given :
        A rank that was not to be chosen, else None.
    fold_labels, neurons :
        Names of folds and outputs.

    Examples
    --------
    >>> r2 = np.array([[[0.0, 0.5, 0.52], [0.0, 0.3, 0.29]]])
    >>> choice = RankChoice(np.ones(1), r2, np.zeros((3, 1)), "one_se", None, (0, 1), ("a",))
    >>> choice.rank, choice.mean.round(3), choice.at_rule("min").rank
    (1, array([[0.   , 0.4  , 0.405]]), 2)
    """

    strength: FloatArray
    fold_r2: FloatArray
    r2_by_output: FloatArray
    rule: str
    rank_given: int | None
    fold_labels: tuple[Any, ...]
    neurons: tuple[Any, ...]

    @property
    def counts(self) -> int:
        """Folds with something to test."""
        return int(self._is_known.sum())

    @property
    def mean(self) -> FloatArray:
        """(S, R + 1) mean over folds."""
        return np.asarray(self.fold_r2[:, self._is_known].mean(axis=1))

    @property
    def se(self) -> FloatArray:
        """(S, R + 1) standard deviation over folds, divided by the root of their number."""
        known = self.fold_r2[:, self._is_known]
        if self.counts < 2:
            return np.full(known.shape[::2], np.nan)
        return np.asarray(known.std(axis=1, ddof=1) / np.sqrt(self.counts))

    @property
    def _is_known(self) -> Array:
        return np.asarray(np.isfinite(self.fold_r2).all(axis=(0, 2)))

    @property
    def _chosen(self) -> tuple[int, int]:
        """The strength and the rank."""
        mean = self.mean
        ranks = np.arange(mean.shape[1])
        allowed = ranks == self.rank_given if self.rank_given is not None else ranks >= 0
        s, best = np.unravel_index(np.where(allowed, mean, -np.inf).argmax(), mean.shape)
        if self.rule == "min" or self.rank_given is not None:
            return int(s), int(best)
        known = self.fold_r2[s][self._is_known]
        behind = known[:, [best]] - known  # folds differ in how well all ranks predict
        error = behind.std(axis=0, ddof=1) / np.sqrt(self.counts) if self.counts > 1 else 0.0
        return int(s), int((behind.mean(axis=0) <= error).argmax())

    @property
    def chosen(self) -> IntArray:
        """(2,) the number of the strength, and the rank."""
        return np.array(self._chosen)

    @property
    def rank(self) -> int:
        """The rank that is chosen: the best, or the smallest within one error of it.

        That is the standard error of their difference over folds.
        """
        return self._chosen[1]

    @property
    def chosen_strength(self) -> float:
        """The strength that is chosen: the best one."""
        return float(self.strength[self._chosen[0]])

    @property
    def reason(self) -> str:
        """What there is to know of the choice, ``""`` for nothing."""
        s, rank = self._chosen
        said = []
        if len(self.strength) > 1 and s in (0, len(self.strength) - 1):
            end = "strongest" if s == 0 else "weakest"
            said.append(f"the best strength is the {end} that was tried")
        if self.rank_given is None and 0 < rank == self.fold_r2.shape[2] - 1:
            said.append("the best rank is the largest that was tried")
        if self.counts < self.fold_r2.shape[1]:
            said.append(f"{self.fold_r2.shape[1] - self.counts} fold(s) have nothing to test")
        return "; ".join(said)

    def at_rule(self, rule: str) -> RankChoice:
        """Return the same scores under another rule.

        Raises
        ------
        ValueError
            For a rule that is unknown.

        >>> r2 = np.array([[[0.0, 0.5, 0.52], [0.0, 0.3, 0.29]]])
        >>> choice = RankChoice(np.ones(1), r2, np.zeros((3, 1)), "min", None, (0, 1), ("a",))
        >>> choice.at_rule("one_se").rank
        1
        """
        check_rule(rule)
        return RankChoice(
            self.strength,
            self.fold_r2,
            self.r2_by_output,
            rule,
            self.rank_given,
            self.fold_labels,
            self.neurons,
        )

    def __repr__(self) -> str:
        s, rank = self._chosen
        S, K, R = self.fold_r2.shape
        said = f"; {self.reason}" if self.reason else ""
        return (
            f"RankChoice: rank {rank} of 0 to {R - 1}, strength {self.strength[s]:.3g} of {S}, "
            f"{K} folds, rule {self.rule!r}; held-out R² {self.mean[s, rank]:.3f} "
            f"± {self.se[s, rank]:.3f}{said}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table: a row per strength and rank.

        Columns: ``strength``, ``rank``, ``r2`` and ``r2_se`` over folds, ``n_folds``,
        ``is_chosen``, and ``fold_k`` of each fold.

        >>> r2 = np.array([[[0.0, 0.5], [0.0, 0.3]]])
        >>> choice = RankChoice(np.ones(1), r2, np.zeros((2, 1)), "min", None, (0, 1), ("a",))
        >>> choice.to_frame()["is_chosen"].tolist()
        [False, True]
        """
        import pandas as pd

        S, K, R = self.fold_r2.shape
        s, rank = self._chosen
        number = np.arange(S * R)
        columns = {
            "strength": np.repeat(self.strength, R),
            "rank": np.tile(np.arange(R), S),
            "r2": self.mean.ravel(),
            "r2_se": self.se.ravel(),
            "n_folds": self.counts,
            "is_chosen": number == s * R + rank,
        }
        by_fold = {f"fold_{self.fold_labels[k]}": self.fold_r2[:, k].ravel() for k in range(K)}
        return pd.DataFrame(columns | by_fold)

    def outputs_to_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table: a row per output and rank, with its held-out ``r2``.

        >>> r2 = np.array([[[0.0, 0.5], [0.0, 0.3]]])
        >>> choice = RankChoice(np.ones(1), r2, np.zeros((2, 1)), "min", None, (0, 1), ("a",))
        >>> choice.outputs_to_frame()["neuron"].tolist()
        ['a', 'a']
        """
        import pandas as pd

        R, N = self.r2_by_output.shape
        return pd.DataFrame(
            {
                "neuron": np.repeat(np.array(self.neurons, dtype=object), R),
                "rank": np.tile(np.arange(R), N),
                "r2": self.r2_by_output.T.ravel(),
            }
        )
