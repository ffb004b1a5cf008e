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
from ..io.interop.numbers import pynapple_name
from ..io.interop.refusals import COUNT_FIRST, look_like_times
from ..rows import Rows
from ..selection import Folds, InterleavedBlocks, TimeSplitter, fixed_folds
from ..typing import ArrayLike

_FOLDS, _CHUNKS = 10, 5  # 50 blocks all over the session


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
        _refuse_swapped(y)
        X = _design(design, data)
        y = X.counts(y) if hasattr(X, "counts") and not _is_table(y) else y
        _refuse_spike_times(y)
        needs_strengths = model is None and not _is_smooth(X)
        if model is None:
            model = _usual_model(X, y, observation_model, is_smooth=not needs_strengths)
        refuse_classifiers(model)
        splitter: Any = InterleavedBlocks(_FOLDS, n_chunks=_CHUNKS) if folds is None else folds
        named = repr(splitter) if isinstance(splitter, (int, TimeSplitter)) else "given"
        fixed = fixed_folds(splitter, X)
        return cls(X, y, model, fixed, named, offset, bin_s, needs_strengths)

    @property
    def data(self) -> dict[str, Any]:
        """What methods of a model take beside X and y."""
        return {} if self.offset is None else {"offset": self.offset}


def _refuse_swapped(y: Any) -> None:
    if hasattr(y, "fit") and hasattr(y, "predict"):
        raise errors.type_error(
            "Responses come first, then the design.",
            given=f"y={type(y).__name__}, a model",
            expected="encode(y, design): counts (T, N), or spike times",
            todo="a model of your own is model=.",
        )
    if isinstance(y, (Rows, DesignBuilder)):
        raise errors.type_error(
            "Responses come first, then the design.",
            given=f"y={type(y).__name__}",
            expected="encode(y, design): counts (T, N), or spike times",
            todo="swap the two.",
        )


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
