"""spikeglm: all neurons of a recording at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import spikeglm as nmo

from ..problems import Array
from ..recordings import LAGS, Recording, some_rows
from . import ERRORS, Answer, at_once

B = nmo.basis


def ask(folder: Path, question: str, budget_s: float) -> Answer:
    """Answer a question about all neurons."""
    return at_once(Recording.load(folder), _QUESTIONS[question])


def _fitted(recording: Recording, **how: Any) -> nmo.PopulationGLM:
    return nmo.PopulationGLM(**how).fit(recording.X, recording.y)


def _errors(cov_type: str) -> Callable[[Recording], Array]:
    more: dict[str, Any] = {} if cov_type == "model" else {"small_sample": "none"}

    def of_all(recording: Recording) -> Array:
        about = {"cluster": {"groups": recording.trials}, "HAC": {"lags": LAGS}}.get(cov_type, {})
        model = _fitted(recording)
        X, y = recording.X, recording.y
        return np.vstack(model.standard_errors(X, y, cov_type=cov_type, **about, **more))

    return of_all


def _summary(recording: Recording) -> Array:
    """Return p values, of the intercept last."""
    found = _fitted(recording).summary(recording.X, recording.y, cov_type="HC0")
    str(found)
    return np.roll(found.p_value, -1, axis=0)


def _tests(test: str) -> Callable[[Recording], Array]:
    def of_all(recording: Recording) -> Array:
        terms = {name: slice(*ends) for name, ends in recording.terms.items()}
        model = _fitted(recording)
        found = nmo.inference.term_tests(model, recording.X, recording.y, test=test, terms=terms)
        return found.statistic

    return of_all


def _profile(recording: Recording) -> Array:
    """Return both ends of the interval of the intercept."""
    found = nmo.inference.profile_intervals(_fitted(recording), recording.X, recording.y)
    return np.stack([found.conf_low, found.conf_high])


def _scales(recording: Recording) -> Array:
    """Return the scale, and then the coefficients."""
    kind = nmo.observation_models.NegativeBinomialObservations("estimate")
    model = _fitted(recording, observation_model=kind)
    return np.vstack([model.scale_, model.coef_])


def smooth_basis() -> Any:
    """Return functions of place (7 x 7), direction, speed and phase (12 each)."""
    side, circle = {"bounds": (0.0, 1.0)}, {"bounds": (0.0, 2 * np.pi)}
    place = B.MultiplicativeBasis(
        B.BSplineEval(7, label="x", **side), B.BSplineEval(7, label="y", **side), label="place"
    )
    return (
        place
        + B.CyclicBSplineEval(12, label="direction", **circle)
        + B.BSplineEval(12, label="speed")
        + B.CyclicBSplineEval(12, label="phase", **circle)
    )


def _smooths(recording: Recording) -> Array:
    """Return linear predictors at some rows."""
    X = smooth_basis().design(*recording.variables.T)
    model = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto")
    model.fit(X, recording.y)
    return np.log(model.predict(X)[some_rows(recording)])


def _matrices(recording: Recording) -> Array:
    """Return the marginal likelihood, and the effective degrees of freedom in all."""
    everything = np.arange(recording.X.shape[1])
    penalty = nmo.regularizer.Quadratic([(everything, S) for S in recording.penalties])
    model = _fitted(recording, regularizer=penalty, regularizer_strength="auto")
    degrees = nmo.inference.effective_degrees(model, recording.X, recording.y).total
    return np.vstack([model.log_marginal_likelihood_, degrees])


_QUESTIONS: dict[str, Callable[[Recording], Array]] = {
    **{kind: _errors(kind) for kind in ERRORS},
    "summary": _summary,
    "wald": _tests("wald"),
    "lr": _tests("lr"),
    "profile": _profile,
    "scales": _scales,
    "smooths": _smooths,
    "discrete": _smooths,  # nothing is rounded here
    "matrices": _matrices,
}
