"""A long fit that can be stopped: where it stands is written to a file, and found by the next try.

What is kept is the best point of every column so far. A fit that begins there needs a few visits of
the rows to learn the curvature again and ends at the same optimum, within the same certificate:
what a solver remembers of its way only makes it faster (by two or three visits, measured). So any
solver, on any runner, can go on from it.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .. import errors, notices
from ..engine.columns import Source
from ..engine.kernels import loss_kernels
from ..engine.objective import Objective, Watch
from ..engine.runners import threads
from ..io.files import saved
from ..regularizer.base import PenaltyTerm
from ..settings import get_config
from ..typing import Array, FloatArray, IntArray
from .progress import say

_PROBED_ROWS = 32  # of X that tell whether a checkpoint is of these rows
_SAME = 1e-6  # relative: what other blocks, another runner or another machine may change
_CHUNK_BYTES = 2**24  # of y at a time, which may be stored
_NOTHING_KEPT = (
    "Nothing of this fit was kept. What to do: config_context(checkpoint=PATH) around a long fit "
    "lets the next try go on from where it was interrupted."
)


class Watched(Protocol):
    """An objective that tells of each of its evaluations."""

    watch: Watch | None

    @property
    def penalty(self) -> PenaltyTerm:
        """On the weights."""
        ...

    @property
    def is_single(self) -> bool:
        """Whether products are computed in float32."""
        ...

    def use_double(self) -> None:
        """Compute all further products in float64."""
        ...


@dataclass(frozen=True)
class Identity:
    """What tells one problem from another.

    Attributes
    ----------
    exact :
        Shapes, checksums of responses, row weights, offsets and masks, and whether there are
        intercepts.
    close :
        Location and scale of the features, the loss and its gradient at a few rows, the penalty.
    """

    exact: dict[str, Any]
    close: dict[str, Array]

    @classmethod
    def of(cls, objective: Objective, penalty: FloatArray) -> Identity:
        """Take the measure of an objective over rows; ``penalty`` is its value at some point."""
        columns, features = objective.columns, objective.features
        p, C = len(features.mean), columns.n_columns
        table = replace(objective.table.in_double(), shift=None, combinations=None).spread(
            _PROBED_ROWS
        )
        W = np.outer(features.inverse_scale / np.sqrt(max(p, 1)), np.full(C, 0.1))
        W = W if columns.mask is None else W * columns.mask
        probe = threads.run(
            loss_kernels.loss_and_gradient, table, columns, W, np.zeros(C), objective.plan
        )
        sources = columns.responses, columns.weights, columns.offsets
        mask = None if columns.mask is None else zlib.crc32(np.packbits(columns.mask).data)
        return cls(
            {
                "shape": [objective.table.rows.n_rows, objective.table.n_kept, p, C],
                "sources": [_checksum(source) for source in sources],
                "mask": mask,
                "has_intercept": columns.has_intercept,
            },
            {
                "location": features.mean,
                "scale": features.scale,
                "loss": probe.loss,
                "by_intercept": probe.by_intercept,
                "by_weights": probe.by_weights.sum(axis=1),
                "penalty": penalty,
            },
        )

    def differs_in(self, exact: Any, close: dict[str, Array]) -> list[str]:
        """Return the names of what is not the same in a file."""
        wrong = [name for name, value in self.exact.items() if exact.get(name) != value]
        return wrong + [n for n, v in self.close.items() if not _is_same(v, close.get(n))]


@dataclass
class _Record:
    """The best points so far, and the file they are written to."""

    path: Path
    identity: Identity
    theta: FloatArray  # (n, C)
    seconds: float
    value: FloatArray = field(init=False)  # (C,)
    is_single: bool = True
    written: float = field(default_factory=time.monotonic)
    has_warned: bool = False
    n_noted: int = 0

    def __post_init__(self) -> None:
        self.value = np.full(self.theta.shape[1], np.inf)

    def note(
        self, theta: FloatArray, active: IntArray, value: FloatArray, *, is_single: bool
    ) -> None:
        """Remember points (n, A) of columns that are no worse than the best; write them in time."""
        if is_single != self.is_single:  # values of two precisions cannot be compared
            self.value[:], self.is_single = np.inf, is_single
        self.n_noted += 1
        falling = np.argsort(-value)  # where a column comes several times its best is the last
        kept = falling[value[falling] <= self.value[active[falling]]]
        self.theta[:, active[kept]] = theta[:, kept]
        self.value[active[kept]] = value[kept]
        if time.monotonic() - self.written >= self.seconds:
            self.write()

    def account(self) -> str:
        """Say what the file keeps, and how to go on."""
        known, n_columns = np.count_nonzero(np.isfinite(self.value)), len(self.value)
        return (
            f"The fit can go on from {self.path}: run the same fit again. It keeps the best "
            f"coefficients so far of {known} of {n_columns} column(s) (neurons, folds), from "
            f"{self.n_noted} evaluation(s); delete it to begin anew."
        )

    def write(self) -> bool:
        """Replace the file, whole or not at all; where that fails the old one stays: False."""
        header = {"checkpoint": self.identity.exact, "is_single": self.is_single}
        arrays = {f"close.{name}": value for name, value in self.identity.close.items()}
        try:
            saved.write(self.path, header, {"theta": self.theta, **arrays})
        except OSError as error:
            if not self.has_warned:
                notices.warn(
                    f"The checkpoint {self.path} could not be written ({error}). The fit goes on, "
                    "and the checkpoint written before, if there is one, is still there. "
                    "What to do: make room on the disk, or give another checkpoint=...",
                    RuntimeWarning,
                )
            self.has_warned = True
            return False
        finally:
            self.written = time.monotonic()
        return True


def _penalty_somewhere(penalty: PenaltyTerm, shape: tuple[int, int]) -> FloatArray:
    """Return the penalty (C,) at a point that depends on its shape only.

    No two coefficients are alike there, or a penalty on their differences would be zero.
    """
    return penalty.value(np.broadcast_to(1.5 + np.cos(np.arange(shape[0]))[:, None], shape))


@contextmanager
def resumable(
    objective: Watched,
    over_rows: Objective,
    start: FloatArray,
    *,
    n_weights: int,
    part: int = 0,
) -> Iterator[FloatArray]:
    """Give the point (n, C) to start from; within, write checkpoints if the settings name a file.

    Parameters
    ----------
    objective :
        What the solver will see; its evaluations are watched.
    over_rows :
        The objective over rows behind it, or the same.
    start :
        (n, C) first point, where there is no checkpoint.
    n_weights :
        How many of the n parameters are weights; the others are intercepts.
    part :
        Which part of its columns a fit is at, where it solves them one after the other.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or of another problem.
    """
    settings = get_config()
    if settings.checkpoint is None:
        try:
            yield start
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(_NOTHING_KEPT)
            raise
        return
    path = _with_suffix(settings.checkpoint)
    path = path if part == 0 else path.with_stem(f"{path.stem}.{part}")
    penalty = _penalty_somewhere(objective.penalty, (n_weights, start.shape[1]))
    identity = Identity.of(over_rows, penalty)
    record = _Record(path, identity, start.copy(), settings.checkpoint_seconds)
    if path.exists():
        record.theta, is_single = _read(path, identity, start.shape)
        say(f"going on from the checkpoint {path}")
        if not is_single:
            objective.use_double()
    record.is_single = objective.is_single
    objective.watch = record.note
    try:
        yield record.theta.copy()
    except BaseException as error:
        if record.write():  # a cluster that was lost, Ctrl-C: nothing of the way so far is
            error.add_note(record.account())
        raise
    path.resolve().unlink(missing_ok=True)  # where it is a link, the file that was written


def _read(path: Path, identity: Identity, shape: tuple[int, ...]) -> tuple[FloatArray, bool]:
    try:
        header, arrays = saved.read(path)
    except ValueError as error:
        raise _no_checkpoint(path, "a file of another kind, or damaged") from error
    if "checkpoint" not in header or "theta" not in arrays:
        raise _no_checkpoint(path, "a saved model")
    theta = arrays.pop("theta")
    close = {name.removeprefix("close."): value for name, value in arrays.items()}
    known = {"has_intercept": True, **header["checkpoint"]}  # older versions knew no other
    wrong = identity.differs_in(known, close)
    if theta.shape != shape or not np.isfinite(theta).all():
        wrong.append("parameters")
    if wrong:
        raise errors.value_error(
            f"{path} is the checkpoint of another problem.",
            given=f"a file that differs in {', '.join(wrong)}",
            expected="one left by a fit of the same data, model and penalty",
            todo="give another checkpoint=..., one per fit, or delete the file to start anew.",
        )
    return theta, bool(header.get("is_single"))


def _no_checkpoint(path: Path, given: str) -> ValueError:
    return errors.value_error(
        f"{path} is no checkpoint.",
        given=given,
        expected="a file that an interrupted fit has left, or a name that is free",
        todo="give another checkpoint=...",
    )


def _is_same(value: Array, there: Array | None) -> bool:
    if there is None or there.shape != value.shape:
        return False
    size = np.abs(value).max(initial=0.0)
    return np.allclose(there, value, rtol=_SAME, atol=_SAME * size, equal_nan=True)


def _with_suffix(path: Any) -> Path:
    path = Path(path)
    return path if path.suffix == ".npz" else path.with_name(path.name + ".npz")


def _checksum(source: Source | None) -> list[int] | None:
    """Return checksums of the series and of which column uses which, None for none."""
    if source is None:
        return None
    values = source.values
    step = max(1, _CHUNK_BYTES // max(1, values[:1].nbytes))
    total = 0
    for start in range(0, len(values), step):
        total = zlib.crc32(np.ascontiguousarray(values[start : start + step]).data, total)
    return [total, zlib.crc32(np.asarray(source.of, dtype=np.int64).data)]
