"""A page about a fit that was not made by ``encode``: the fit, its tests, goodness and curves."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, inference
from ..encoding.missing import TABLE as DEPENDENCE
from ..encoding.missing import dependence_table
from ..encoding.provenance import PACKAGES
from ..glm import GLM
from ..glm.reading.read_arguments import refuse_classifiers
from ..glm.saving.finished_parts import hash_of
from ..glm.saving.persistence import installed_versions
from ..rows.terms import Term
from ..solvers import WELL
from ..typing import ArrayLike
from .subject import CURVE, Subject

if TYPE_CHECKING:
    import pandas as pd

_POINTS, _POINTS_OF_MAPS = 100, 40
_MOST_POINTS = 2_000_000
_OF_NEURONS = (
    "neuron", "n_spikes", "deviance_explained", "bits_per_spike", "rate_hz", "ks_distance",
    "ks_band_95", "ks_p_value", "status", "reason",
)  # fmt: skip


def subject_of_model(
    model: GLM,
    X: Any,
    y: Any,
    *,
    offset: ArrayLike | None,
    bin_s: float | None,
    title: str | None,
) -> Subject:
    """Ask a fitted model, with the data of its fit, what a page is to say.

    Raises
    ------
    ValueError, TypeError
        If the data are missing or not those of the fit; for classifiers.
    """
    refuse_classifiers(model)
    if X is None or y is None:
        raise errors.value_error(
            "How sure a fit is, only its data can tell.",
            given=f"a {type(model).__name__} without X and y",
            expected="the X and y of the fit",
            todo="call report(model, folder, X=X, y=y).",
        )
    data: dict[str, Any] = {} if offset is None else {"offset": offset}
    fits = model.fit_report_.to_frame().rename_axis("neuron").reset_index()
    n = len(fits)
    good = inference.goodness(model, X, y, n_bootstrap=0 if n > 1 else None, bin_s=bin_s, **data)
    tests = inference.term_tests(model, X, y, **data).to_frame()
    degrees = inference.effective_degrees(model, X, y, **data).to_frame()
    tables = {
        "fit": fits,
        "degrees": degrees,
        "goodness": good.to_frame().reset_index(),
        DEPENDENCE: dependence_table(model, X, y, data),
        "tests": tests,
        "coefficients": model.summary(X, y, **data).to_frame(),
    } | _curves(model, X, y, n, bin_s, data)
    terms = tests.merge(degrees[["neuron", "term", "edf"]], how="left", on=["neuron", "term"])
    usual = f"A fit of {n} neurons" if n > 1 else "A fit of a neuron"
    origin = _origin(model, X, y, offset, bin_s)
    return Subject(title or usual, model, _neurons(tables["goodness"]), terms, tables, origin)


def _neurons(good: pd.DataFrame) -> pd.DataFrame:
    """Return a row per neuron; of a fit that is well, no reason is told."""
    out = good[list(_OF_NEURONS)].copy()
    out["reason"] = out["reason"].where(~out["status"].isin(list(map(str, WELL))), "")
    return out


def _curves(
    model: GLM, X: Any, y: Any, n_neurons: int, bin_s: float | None, data: dict[str, Any]
) -> dict[str, pd.DataFrame]:
    """Return the curves of terms whose meaning is known, but of very many points."""
    more = data if bin_s is None else data | {"bin_s": bin_s}
    return {
        f"{CURVE}{term.label}": model.curve(term.label, X, y, n_points=_along(term), **more)
        .to_frame()
        .reset_index()
        for term in model.terms_
        if term.label and term.meaning is not None
        if _along(term) ** len(term.units) * term.n_channels * n_neurons <= _MOST_POINTS
    }


def _along(term: Term) -> int:
    return _POINTS_OF_MAPS if term.n_variables > 1 else _POINTS


def _origin(
    model: GLM, X: Any, y: Any, offset: ArrayLike | None, bin_s: float | None
) -> dict[str, Any]:
    settings = {"model": repr(model), "bin_s": repr(bin_s)}
    return {
        "versions": installed_versions() | {name: version(name) for name in PACKAGES},
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.platform(),
        "settings": settings,
        "data": hash_of(X, y, offset),
        "rows": int(np.shape(y)[0]),
    }
