"""The null of pseudosessions: covariates that the experiment could have had instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...io.interop.column_names import require_same_columns
from ...io.interop.frames import column_labels
from ...io.interop.timeseries import to_array
from ...rows.arrays import ArrayRows
from ...rows.contract import Rows
from ...rows.sections import Part
from ...rows.table_labels import ONLY, TableLabels
from ...typing import ArrayLike, BoolArray, FloatArray, IntArray
from .contract import TERM, Draws, Setting, at_random, check_count
from .question import Question

Generator = Callable[[np.random.Generator], Any]


@dataclass(frozen=True, eq=False)
class Pseudosession:
    """Compare with covariates that the experiment draws anew: the best null where it can be had.

    A covariate that the experimenter draws at random (blocks of a task, a stimulus, the side of a
    reward) can be drawn again by the same rules, and no such draw has anything to do with the
    spikes. With k of D draws whose statistic is at least as large as that of the session,
    p = (1 + k) / (1 + D).

    Parameters
    ----------
    covariates :
        ``function(rng)`` that returns features of a draw, or D of them: an array (D, T, q) or a
        sequence. Features are those of the term in question, (T, q), or of the whole table,
        (T, p): an array or a design, such as ``design.at(drawn_signal)``.
    n_draws :
        D, of a function.

    References
    ----------
    Harris (2020), Nonsense correlations in neuroscience, bioRxiv 2020.11.29.402719.

    Examples
    --------
    >>> basis = __import__("spikeglm").basis.IdentityEval(label="block")
    >>> Pseudosession(lambda rng: basis.design(np.repeat(rng.choice([-1.0, 1.0], 10), 50))).name
    'pseudosession'
    """

    covariates: Generator | Sequence[Any] | ArrayLike
    n_draws: int = 199

    __repr__ = showing.of_fields
    name = "pseudosession"

    def moving(self, question: Question) -> str:
        """Return what is replaced: the term."""
        return TERM

    def draws(self, setting: Setting) -> Draws:
        """Return the features of all draws, made as they are asked for.

        Raises
        ------
        ValueError
            If they do not fit the term.
        """
        made: Sequence[Rows]
        if callable(self.covariates):
            n = check_count(self.n_draws, name="n_draws")
            made = _Generated(self.covariates, setting, setting.rng.spawn(n))
        else:
            made = _Given(self.covariates, setting)
            check_count(len(made), name="the number of covariates")
        return Draws(setting.keep, tables=made)

    def p_values(self, at_least: IntArray, n_draws: int) -> FloatArray:
        """Return the rank among all."""
        return at_random(at_least, n_draws)

    def assumption(self, question: Question) -> str:
        """Return what must hold."""
        return (
            f"The draws of {question.label} have the distribution that the experiment drew from, "
            "and it drew whatever the neurons did."
        )


@dataclass(frozen=True, eq=False)
class _Given(Sequence[Rows]):
    """Features that were drawn already."""

    covariates: Any
    setting: Setting

    def __len__(self) -> int:
        return len(self.covariates)

    def __getitem__(self, k: Any) -> Any:
        if not 0 <= k < len(self):
            raise IndexError(k)
        return features_of_draw(self.covariates[k], self.setting, k)

    def __iter__(self) -> Iterator[Rows]:
        return (self[k] for k in range(len(self)))


@dataclass(frozen=True, eq=False)
class _Generated(Sequence[Rows]):
    """Features that a function draws when they are asked for; each draw has its own chance."""

    function: Generator
    setting: Setting
    rngs: list[np.random.Generator]

    def __len__(self) -> int:
        return len(self.rngs)

    def __getitem__(self, k: Any) -> Any:
        return features_of_draw(self.function(self.rngs[k]), self.setting, k)

    def __iter__(self) -> Iterator[Rows]:
        return (self[k] for k in range(len(self)))


def features_of_draw(drawn: Any, setting: Setting, k: int) -> Rows:
    """Return the features of a draw as a table (T, q), checked.

    Raises
    ------
    ValueError
        If it does not fit the term, calls features otherwise, or is not finite where the data are.
    """
    _check_columns(drawn, setting, k)
    values = _table_of(drawn, k)
    of_term = setting.question.of_term
    shape, q, p = (values.n_rows, values.n_features), int(of_term.sum()), len(of_term)
    if shape not in {(setting.n_rows, q), (setting.n_rows, p)}:
        raise errors.value_error(
            f"Draw {k} does not fit the features in question.",
            given=f"features of shape {shape}",
            expected=f"({setting.n_rows}, {q}), those of {setting.question.label}"
            + (f", or all {p}" if p != q else ""),
        )
    lost = setting.keep & ~values.valid_rows()
    if lost.any():
        raise errors.value_error(
            f"Draw {k} is not finite in rows in which the data are.",
            given=f"{np.count_nonzero(lost)} such rows, the first is {int(np.argmax(lost))}",
            expected="finite features wherever the session has them",
            todo="make them by the basis of the term, in its range: design.at(drawn_signal).",
        )
    return _Chosen(values, of_term) if shape[1] == p != q else values


def _check_columns(drawn: Any, setting: Setting, k: int) -> None:
    """Check that a draw with named columns has those of the data, in their order."""
    known = TableLabels.of(setting.fit.optimum.rows).columns.get(ONLY)
    given, of_term = column_labels(drawn), setting.question.of_term
    if known is None or given is None:
        return
    if len(given) != len(known):
        known = tuple(name for name, is_asked in zip(known, of_term, strict=True) if is_asked)
    todo = "select the columns in the order of the fit."
    require_same_columns(given, known, table=f"draw {k}", what="the features of X", todo=todo)


def _table_of(drawn: Any, k: int) -> Rows:
    """Return what a user made, an array or a design, as a table."""
    if hasattr(drawn, "read") and hasattr(drawn, "valid_rows"):
        table: Rows = drawn
        return table
    values = to_array(drawn, name=f"draw {k}")
    return ArrayRows(values[:, None] if values.ndim == 1 else values)


@dataclass(frozen=True, eq=False)
class _Chosen(Part):
    """Some features (p,) of a table."""

    is_chosen: BoolArray

    @property
    def n_rows(self) -> int:
        return self.whole.n_rows

    @property
    def time_axis(self) -> None:
        return

    @property
    def n_features(self) -> int:
        return int(self.is_chosen.sum())

    @property
    def efficient_block_rows(self) -> int:
        return self.whole.efficient_block_rows

    def read(self, start: int, stop: int) -> FloatArray:
        return self.whole.read(start, stop)[:, self.is_chosen]

    def valid_rows(self) -> BoolArray:
        return self.whole.valid_rows()
