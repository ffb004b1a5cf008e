"""Whether what a file says of a fit can be a fit: checked once, where it is loaded.

What is damaged and passes unseen fails later, in words that nobody connects with the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...fit.record import FitResult
from ...io.interop.trees import flatten, is_tree
from ...rows.terms import Term
from ...solvers import Status
from ..results.report import FitReport

_PER_COLUMN = ("decrement", "objective", "n_iterations", "n_rows", "total_weight", "mean_response")
_MAY_BE_NONE = ("offset_mean", "offset_square", "scale", "scale_error", "poisson_ratio")


def check_estimates(model: Any) -> None:
    """Raise a ValueError unless all estimates of a model are of the kinds that a fit leaves."""
    for name, is_fine in _ESTIMATES.items():
        if hasattr(model, name) and not is_fine(getattr(model, name)):
            raise ValueError(f"{name} that is none")
    if hasattr(model, "fit_report_"):
        _check_report(model.fit_report_)


def _check_report(report: Any) -> None:
    """Raise a ValueError unless a report and its record are what they must be, and agree."""
    of_another_kind = getattr(report, "check_saved", None)
    if of_another_kind is not None:  # of a class that a file may name
        of_another_kind()
        return
    if not isinstance(report, FitReport) or not isinstance(report.result, FitResult):
        raise ValueError("a fit_report_ that is none")
    result = report.result
    _check_record(result)
    n_features, n_neurons = len(result.coef), len(result.status)
    if not isinstance(report.neurons, tuple) or len(report.neurons) != n_neurons:
        raise ValueError("a report of other neurons than those of its record")
    if not _is_text(report.feature_names) or len(report.feature_names) not in (0, n_features):
        raise ValueError("a report of other features than those of its record")
    if not _are_terms(report.terms):
        raise ValueError("a report of terms that are none")


def _check_record(result: FitResult) -> None:
    if not _is_real(result.coef, 2) or not _is_tuple(Status)(result.status):
        raise ValueError("a record without coefficients and statuses")
    n_features, n_columns = result.coef.shape
    lengths = {len(result.status), n_columns}  # classes of a neuron end together
    wrong = [name for name, is_fine in _RECORD.items() if not is_fine(getattr(result, name))]
    for name in (*_PER_COLUMN, *_MAY_BE_NONE):
        value = getattr(result, name)
        is_left_out = value is None and name in _MAY_BE_NONE
        if not is_left_out and not (_is_real(value, 1) and len(value) in lengths):
            wrong.append(name)
    if not _is_real(result.intercept, 1) or len(result.intercept) != n_columns:
        wrong.append("intercept")
    if "aliased" not in wrong and not set(result.aliased) <= set(range(n_features)):
        wrong.append("aliased")
    found = result.separating
    if found is not None and not (
        _is_real(found, 2) and found.dtype == bool and len(found) == n_features
        and found.shape[1] in lengths
    ):  # fmt: skip
        wrong.append("separating")
    mean = result.feature_mean
    if mean is not None and not (_is_real(mean, 1) and len(mean) == n_features):
        wrong.append("feature_mean")
    if wrong:
        raise ValueError(f"a record of a fit with a damaged {', '.join(wrong)}")


def _is_real(value: Any, ndim: int) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == ndim and value.dtype.kind in "biuf"


def _is_tuple(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(isinstance(part, kind) for part in value)


_is_text = _is_tuple(str)


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


def _or_none(is_fine: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or is_fine(value)


def _holds_numbers(value: Any) -> bool:
    leaves = flatten(value, name="estimates")[0] if is_tree(value) else [value]
    return all(leaf is None or np.asarray(leaf).dtype.kind in "biuf" for leaf in leaves)


def _are_terms(value: Any) -> bool:
    """Tell whether these are terms side by side."""
    if not isinstance(value, tuple) or not all(isinstance(term, Term) for term in value):
        return False
    edges = [0, *(term.stop for term in value)]
    are_named = all(isinstance(term.label, str) for term in value)
    return are_named and [term.start for term in value] == edges[:-1]


def _is_count(value: Any) -> bool:
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return is_integer and int(value) >= 0


def _is_feedback(value: Any) -> bool:
    """Tell whether these are numbers of neurons by label."""
    is_one = _is_tuple(int)
    return isinstance(value, dict) and all(
        isinstance(k, str) and is_one(v) for k, v in value.items()
    )


_ESTIMATES: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("coef_", "intercept_", "scale_", "dof_resid_", "edf_"), _holds_numbers),
    **dict.fromkeys(("regularizer_strength_", "log_marginal_likelihood_"), _holds_numbers),
    "regularizer_entries_": _is_text,
    **dict.fromkeys(("weights_", "loadings_"), lambda value: _is_real(value, 2)),
    "singular_values_": lambda value: _is_real(value, 1),
    **dict.fromkeys(("n_features_in_", "rank_"), _is_count),
    **dict.fromkeys(("strength_", "next_singular_value_"), _is(float)),
    "status_": _is_text,
    "one_": _is(str, bool, int, float),
    "feature_names_": _or_none(_is_text),
    "neuron_columns_": _or_none(_is(tuple)),
    "feature_columns_": _is(dict),
    "feedback_": _is_feedback,
    "terms_": _are_terms,
    "bin_s_": lambda value: value is None or (isinstance(value, float) and value > 0),
    "feature_names_in_": lambda value: isinstance(value, np.ndarray) and value.ndim == 1,
    "classes_": lambda value: isinstance(value, np.ndarray) and value.ndim == 1,
}
_RECORD: dict[str, Callable[[Any], bool]] = {
    "certificate": _is(str),
    "plan": _is(str),
    "remarks": _is_text,
    "is_exact": _is(bool, np.bool_),
    "has_intercept": _is(bool, np.bool_),
    "n_passes": _is_count,
    "rank": _is_count,
    "near_copies": _is_count,
    "aliased": lambda value: _is_real(value, 1) and value.dtype.kind in "iu",
}
