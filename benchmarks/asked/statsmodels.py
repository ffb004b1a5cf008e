"""statsmodels: GLM and NegativeBinomial, one neuron after the other."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels.api as sm

from ..problems import Array
from ..recordings import LAGS, Recording
from . import ERRORS, Answer, one_by_one


def ask(folder: Path, question: str, budget_s: float) -> Answer:
    """Answer a question about as many neurons as the budget allows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return one_by_one(Recording.load(folder), _QUESTIONS[question], budget_s)


def _table(recording: Recording) -> Array:
    return sm.add_constant(recording.X, has_constant="add")


def _fitted(recording: Recording, y: Array, **how: Any) -> Any:
    return sm.GLM(y, _table(recording), family=sm.families.Poisson()).fit(**how)


def _errors(cov_type: str) -> Callable[[Recording, Array], Array]:
    name = "nonrobust" if cov_type == "model" else cov_type

    def of_one(recording: Recording, y: Array) -> Array:
        more = {
            "cluster": {"cov_kwds": {"groups": recording.trials, "use_correction": False}},
            "HAC": {"cov_kwds": {"maxlags": LAGS, "use_correction": False}},
        }.get(cov_type, {})
        return np.roll(_fitted(recording, y, cov_type=name, **more).bse, -1)

    return of_one


def _summary(recording: Recording, y: Array) -> Array:
    found = _fitted(recording, y, cov_type="HC0")
    str(found.summary())
    return np.roll(found.pvalues, -1)


def _wald(recording: Recording, y: Array) -> Array:
    found, unit = _fitted(recording, y), np.eye(recording.X.shape[1] + 1)[1:]
    return np.array(
        [
            float(found.wald_test(unit[start:stop], use_f=False, scalar=True).statistic)
            for start, stop in recording.terms.values()
        ]
    )


def _likelihood_ratio(recording: Recording, y: Array) -> Array:
    whole, X = _fitted(recording, y).llf, _table(recording)
    statistics = []
    for start, stop in recording.terms.values():
        fewer = np.delete(X, np.arange(start + 1, stop + 1), axis=1)
        without = sm.GLM(y, fewer, family=sm.families.Poisson()).fit()
        statistics.append(2.0 * (whole - without.llf))
    return np.array(statistics)


def _scale(recording: Recording, y: Array) -> Array:
    found = sm.NegativeBinomial(y, _table(recording)).fit(disp=0, maxiter=500)
    return np.append(found.params[-1], found.params[1:-1])


_QUESTIONS: dict[str, Callable[[Recording, Array], Array]] = {
    **{kind: _errors(kind) for kind in ERRORS},
    "summary": _summary,
    "wald": _wald,
    "lr": _likelihood_ratio,
    "scales": _scale,
}
