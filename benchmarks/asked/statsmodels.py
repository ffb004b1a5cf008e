"""statsmodels: GLM and NegativeBinomial, one neuron after the other.

Seconds are those of its defaults. By these NegativeBinomial stops at a gradient of 1e-5 per row,
1e-5 nats short of the most likely scale: too little to matter, and more than all of a coefficient
that is next to zero. What is compared are a few neurons' answers of fits that go on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels.api as sm

from ..problems import Array
from ..recordings import LAGS, Recording
from . import ERRORS, Answer, one_by_one

_FEW = 10  # neurons whose answers are compared
_Ask = Callable[[Recording, Array, bool], Array]  # the last: go on until nothing changes?


def ask(folder: Path, question: str, budget_s: float) -> Answer:
    """Answer a question about as many neurons as the budget allows; tell the answers of some."""
    recording, of_one = Recording.load(folder), _QUESTIONS[question]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        timed = one_by_one(recording, lambda data, y: of_one(data, y, False), budget_s)
        few = recording.take(min(timed.n_asked, _FEW))
        told = one_by_one(few, lambda data, y: of_one(data, y, True), np.inf)
    return replace(timed, values=told.values)


def _table(recording: Recording) -> Array:
    return sm.add_constant(recording.X, has_constant="add")


def _fitted(X: Array, y: Array, goes_on: bool, **how: Any) -> Any:
    ends = {"tol": 1e-14} if goes_on else {}
    return sm.GLM(y, X, family=sm.families.Poisson()).fit(**ends, **how)


def _errors(cov_type: str) -> _Ask:
    name = "nonrobust" if cov_type == "model" else cov_type

    def of_one(recording: Recording, y: Array, goes_on: bool) -> Array:
        more = {
            "cluster": {"cov_kwds": {"groups": recording.trials, "use_correction": False}},
            "HAC": {"cov_kwds": {"maxlags": LAGS, "use_correction": False}},
        }.get(cov_type, {})
        return np.roll(_fitted(_table(recording), y, goes_on, cov_type=name, **more).bse, -1)

    return of_one


def _summary(recording: Recording, y: Array, goes_on: bool) -> Array:
    found = _fitted(_table(recording), y, goes_on, cov_type="HC0")
    str(found.summary())
    return np.roll(found.pvalues, -1)


def _wald(recording: Recording, y: Array, goes_on: bool) -> Array:
    found, unit = _fitted(_table(recording), y, goes_on), np.eye(recording.X.shape[1] + 1)[1:]
    return np.array(
        [
            float(found.wald_test(unit[start:stop], use_f=False, scalar=True).statistic)
            for start, stop in recording.terms.values()
        ]
    )


def _likelihood_ratio(recording: Recording, y: Array, goes_on: bool) -> Array:
    X = _table(recording)
    whole = _fitted(X, y, goes_on).llf
    statistics = []
    for start, stop in recording.terms.values():
        fewer = np.delete(X, np.arange(start + 1, stop + 1), axis=1)
        statistics.append(2.0 * (whole - _fitted(fewer, y, goes_on).llf))
    return np.array(statistics)


def _scale(recording: Recording, y: Array, goes_on: bool) -> Array:
    model = sm.NegativeBinomial(y, _table(recording))
    found = model.fit(disp=0, maxiter=500)
    if goes_on:  # by Newton's steps, whose end is a step of nothing
        found = model.fit(found.params, method="newton", tol=1e-12, disp=0)
    return np.append(found.params[-1], found.params[1:-1])


_QUESTIONS: dict[str, _Ask] = {
    **{kind: _errors(kind) for kind in ERRORS},
    "summary": _summary,
    "wald": _wald,
    "lr": _likelihood_ratio,
    "scales": _scale,
}
