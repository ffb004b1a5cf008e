"""The parts of an analysis: each takes what was read and fitted, and returns tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from ..fit.progress import say
from ..glm import GLM
from ..inference import effective_degrees, goodness
from ..rows.terms import Term
from ..selection import search_terms, select_strength
from ..selection.contribution.kinds import read_how
from ..selection.contribution.study import Options, contributions_of
from ..selection.searching.rules import rule_named
from ..selection.searching.search_terms import searched
from ..selection.set_problem import SetProblem
from .files import Parts
from .inputs import Inputs
from .missing import TABLE as DEPENDENCE
from .missing import dependence_table

if TYPE_CHECKING:
    import pandas as pd

_ALPHA = 0.05  # of the rule of the search
_MOST_POINTS = 2_000_000  # of the curves of a term: they are computed again when asked for
_POINTS, _POINTS_OF_MAPS = 100, 40  # along a variable


def fit(inputs: Inputs, strengths: Any) -> GLM:
    """Fit the model to all rows; its strengths are chosen on the folds first, if that is asked."""
    say(f"1 of 5, fitting {inputs.model} to all rows")
    if strengths is not None or inputs.needs_strengths:
        grid = None if strengths is None or isinstance(strengths, str) else strengths
        found = select_strength(
            inputs.model, inputs.X, inputs.y, folds=inputs.folds, strengths=grid, **inputs.data
        )
        return found.model
    return clone(inputs.model).fit(inputs.X, inputs.y, **inputs.data)


def tables_of_fit(inputs: Inputs, fitted: GLM) -> dict[str, pd.DataFrame]:
    """Return how the fit ended, and the effective degrees of freedom of each term."""
    report = fitted.fit_report_.to_frame().rename_axis("neuron").reset_index()
    degrees = effective_degrees(fitted, inputs.X, inputs.y, **inputs.data).to_frame()
    return {"fit": report, "degrees": degrees}


@dataclass(frozen=True)
class Studies:
    """Contributions and the search, on one problem: what one has fitted the other finds."""

    inputs: Inputs
    fitted: GLM
    asked: Mapping[str, Any]

    @cached_property
    def problem(self) -> SetProblem:
        """Sets of terms and folds; strengths that folds choose are chosen once."""
        inputs = self.inputs
        return SetProblem.read(
            self._to_refit(), inputs.X, inputs.y,
            folds=inputs.folds, terms=self.asked["terms"], **inputs.data,
        ).remembering()  # fmt: skip

    def contribute(self) -> dict[str, pd.DataFrame]:
        """Return what each term adds on held-out rows."""
        say("2 of 5, contributions of terms on held-out rows")
        options = Options(null=self.asked["null"], seed=self.asked["seed"])
        ways = read_how(self.asked["how"])
        found = contributions_of(self.problem, self.inputs.y, ways, options, self.inputs.data)
        return {"contributions": found.to_frame()}

    def search(self) -> Parts:
        """Return which terms each neuron encodes, and every set that was tried."""
        say("3 of 5, search for the terms that each neuron encodes")
        asked, inputs = self.asked, self.inputs
        rule = rule_named(asked["rule"], _ALPHA)
        if rule.is_of_folds:
            found = searched(self.problem, asked["search"], rule, asked["always"])
        else:
            found = search_terms(
                self._to_refit(), inputs.X, inputs.y,
                terms=asked["terms"], always=asked["always"], how=asked["search"],
                rule=asked["rule"], **inputs.data,
            )  # fmt: skip
        tables = {"search": found.to_frame(), "steps": found.steps_frame()}
        return Parts(tables=tables, search=found)

    def _to_refit(self) -> GLM:
        """Return what folds fit: strengths chosen on folds are kept, others chosen there."""
        is_chosen = self.inputs.needs_strengths or self.asked["strengths"] is not None
        return clone(self.fitted) if is_chosen else self.inputs.model


def check(inputs: Inputs, fitted: GLM) -> dict[str, pd.DataFrame]:
    """Return how good the fit is on its own rows, and what its residuals say is missing."""
    say("4 of 5, goodness of fit")
    n_neurons = 1 if np.ndim(inputs.y) == 1 else np.shape(inputs.y)[1]
    n_bootstrap = None if n_neurons == 1 else 0  # recordings to draw and fit again
    found = goodness(
        fitted, inputs.X, inputs.y, n_bootstrap=n_bootstrap, bin_s=inputs.bin_s, **inputs.data
    )
    good = found.to_frame().reset_index()
    left = dependence_table(fitted, inputs.X, inputs.y, inputs.data)
    return {"goodness": good, DEPENDENCE: left}


def draw(inputs: Inputs, fitted: GLM) -> dict[str, pd.DataFrame]:
    """Return the curve of each term with its band; none of terms with very many points."""
    say("5 of 5, curves with their bands")
    known = [term for term in fitted.terms_ if term.label and term.meaning is not None]
    return {
        f"curve {term.label}": _curve(inputs, fitted, term)
        for term in known
        if _n_points(term, fitted) <= _MOST_POINTS
    }


def _curve(inputs: Inputs, fitted: GLM, term: Term) -> pd.DataFrame:
    arguments: dict[str, Any] = {} if inputs.bin_s is None else {"bin_s": inputs.bin_s}
    n_points = _POINTS_OF_MAPS if len(term.inputs) > 1 else _POINTS
    found = fitted.curve(
        term.label, inputs.X, inputs.y, n_points=n_points, **arguments, **inputs.data
    )
    return found.to_frame().reset_index()


def _n_points(term: Term, fitted: GLM) -> int:
    n_neurons = 1 if np.ndim(fitted.intercept_) == 0 else len(fitted.intercept_)
    per_curve = _POINTS_OF_MAPS**2 if len(term.inputs) > 1 else _POINTS
    return per_curve * term.n_channels * n_neurons
