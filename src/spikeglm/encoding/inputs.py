"""What an analysis is given: responses, a design, a model and folds, read once for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import errors, showing
from ..designs import DesignBuilder
from ..glm import GLM, PopulationGLM
from ..glm.reading.read_arguments import refuse_classifiers
from ..io.interop.event_data import ONE
from ..io.interop.numbers import pynapple_name
from ..io.interop.refusals import COUNT_FIRST, look_like_times
from ..io.interop.timeseries import to_pynapple
from ..io.interop.trees import is_mapping
from ..numerics import is_plain_array
from ..rows import Rows
from ..selection import Folds, InterleavedBlocks, TimeSplitter, fixed_folds
from ..typing import ArrayLike

_USUAL_FOLDS = ((10, 5), (10, 2), (10, 1), (5, 1))
"""Folds and runs of rows per fold: 50 blocks all over the session, fewer of a short one."""
_KEPT = 0.5  # of the rows that a fold does not test, at least, beside what gaps leave out


@dataclass(frozen=True, eq=False)
class Inputs:
    """Data, model and folds of an analysis."""

    X: Any
    y: Any
    model: GLM
    folds: Folds
    splitter: str
    offset: ArrayLike | None
    bin_s: float | None
    needs_strengths: bool  # the usual model has none of its own

    __repr__ = showing.of_fields

    @classmethod
    def read(
        cls,
        y: ArrayLike,
        design: Any,
        *,
        data: Mapping[str, Any] | None,
        model: GLM | None,
        observation_model: Any,
        folds: Any,
        offset: ArrayLike | None,
        bin_s: float | None,
    ) -> Inputs:
        """Make the design, count spikes in its rows, choose a model and fix the folds."""
        _refuse_swapped(y, design)
        X = _design(design, data)
        if hasattr(X, "counts") and not _is_table(y):
            y = _counted(y, X, model)
        _refuse_spike_times(y)
        needs_strengths = model is None and not _is_smooth(X)
        if model is None:
            model = _usual_model(X, y, observation_model, is_smooth=not needs_strengths)
        refuse_classifiers(model)
        splitter: Any = usual_splitter(X) if folds is None else folds
        named = repr(splitter) if isinstance(splitter, (int, TimeSplitter)) else "given"
        fixed = fixed_folds(splitter, X)
        return cls(X, y, model, fixed, named, offset, bin_s, needs_strengths)

    @property
    def data(self) -> dict[str, Any]:
        """What methods of a model take beside X and y."""
        return {} if self.offset is None else {"offset": self.offset}


def usual_splitter(X: Any) -> InterleavedBlocks:
    """Return the blocks of ten folds, as many as gaps as long as the kernels leave room for.

    Of a recording so short that none do, those of the fewest blocks.

    >>> usual_splitter(np.zeros((1000, 1))), usual_splitter(np.zeros((30, 1)))
    (InterleavedBlocks(n_folds=10, n_chunks=5, ...), InterleavedBlocks(n_folds=10, n_chunks=2, ...))
    """
    for n_folds, n_chunks in _USUAL_FOLDS:
        splitter = InterleavedBlocks(n_folds, n_chunks=n_chunks)
        try:
            dealt = list(splitter.split(X))
        except ValueError:  # which fixed_folds says of the last one
            continue
        if min(len(train) / (np.shape(X)[0] - len(test)) for train, test in dealt) >= _KEPT:
            break
    return splitter


def _refuse_swapped(y: Any, design: Any) -> None:
    is_model = hasattr(y, "fit") and hasattr(y, "predict")
    if not (is_model or isinstance(y, (Rows, DesignBuilder)) or _are_features(y, design)):
        return
    named = f"y={type(y).__name__}"
    raise errors.type_error(
        "Responses come first, then the design.",
        given=f"{named}, a model" if is_model else f"{named}, design={type(design).__name__}",
        expected="encode(y, design): counts (T, N), or spike times",
        todo="a model of your own is model=." if is_model else "swap the two.",
    )


def _are_features(y: Any, design: Any) -> bool:
    """Whether y is a dictionary of what goes up and down, or has columns where design has none."""
    if is_mapping(y):
        held = [one for one in y.values() if is_plain_array(one) and one.dtype.kind in "iuf"]
        return any(one.ndim == 1 and (np.diff(one) < 0).any() for one in held)
    of_y, of_design = (tuple(getattr(given, "shape", ())) for given in (y, design))
    return len(of_y) == 2 and of_design == of_y[:1]


def _refuse_spike_times(y: Any) -> None:
    are_times = isinstance(y, (list, tuple)) and len(y) > 0 and look_like_times(y[0])
    if are_times or isinstance(y, dict) or pynapple_name(y) in ("Ts", "TsGroup"):
        raise errors.type_error(
            "Spike times are counted in the bins of a design that knows its times.",
            given=f"y={type(y).__name__}, and a design that does not",
            expected="counts (T, N), or a design of nmo.DesignBuilder",
            todo=COUNT_FIRST,
        )


def _design(design: Any, data: Mapping[str, Any] | None) -> Any:
    if isinstance(design, (str, Path)):
        design = DesignBuilder.from_toml(design, data)
        return design.design()
    if isinstance(design, DesignBuilder):
        return design.design(data)
    if data is not None:
        raise errors.value_error(
            "data= are what the names of a description stand for.",
            given=f"data and {type(design).__name__}",
            expected="the path of a description (TOML), or a DesignBuilder",
            todo="leave data out.",
        )
    return design


def _counted(spikes: Any, X: Any, model: GLM | None) -> Any:
    """Return spikes per row, of a single neuron too as the model has them: (T,) or (T, N)."""
    y = X.counts(spikes)
    if isinstance(model, PopulationGLM) and np.ndim(y) == 1:
        return to_pynapple(np.asarray(y)[:, None], X.grid.axis, columns=list(ONE))
    return y


def _is_table(y: Any) -> bool:
    """Whether these are numbers per row already, and no spike times."""
    return hasattr(y, "shape") and not isinstance(y, dict)


def _usual_model(X: Any, y: Any, observation_model: Any, *, is_smooth: bool) -> GLM:
    kind = GLM if np.ndim(y) == 1 else PopulationGLM
    mask = getattr(X, "feature_mask", None)
    arguments = {} if mask is None or kind is GLM else {"feature_mask": mask}
    if is_smooth:
        arguments |= {"regularizer": "Smoothness", "regularizer_strength": "auto"}
    else:
        arguments |= {"regularizer": "Ridge"}
    return kind(observation_model=observation_model, **arguments)


def _is_smooth(X: Any) -> bool:
    """Whether a term says how smooth its functions are."""
    return any(
        len(term.penalties(channel=channel))
        for term in getattr(X, "terms", ())
        for channel in range(term.n_channels)
    )
