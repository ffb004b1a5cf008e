"""What curves of a model are computed from: its estimates, with the data of the fit or without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...inference.covariances import Requested
from ...inference.effects.curves import Curve
from ...inference.effects.estimates import Estimates
from ...inference.effects.lines import term_of
from ...inference.effects.partial import Asked, curve_of
from ...inference.information.optimum import Uncertainty
from ...io.interop.trees import flatten, is_tree
from ...typing import ArrayLike
from ..reading.fit_inputs import read_rows
from . import fitted

if TYPE_CHECKING:
    from ..hooks import Hooks


def curve(
    model: Hooks,
    label: str,
    X: Any,
    y: ArrayLike | None,
    asked: Asked,
    covariance: Requested,
    **data: Any,
) -> Curve:
    """Return the curve of a term, with its band if the data of the fit are given.

    Raises
    ------
    ValueError, TypeError
        If the model has no such term, the scale is not known, or data are needed.
    """
    asked.check()
    if (X is None) != (y is None):
        raise errors.value_error(
            "A band needs the data of the fit, both X and y.",
            given="one of them",
            expected="both, or none for estimates without a band",
        )
    if not model.__sklearn_is_fitted__():
        raise errors.not_fitted(type(model).__name__)
    term_of(model.terms_, label, names=_names(model))  # before anything is computed
    if X is None:
        return curve_of(_without_data(model), label, asked)
    if hasattr(model, "n_classes"):
        return curve_of(_of_classes(model, X, y, covariance, **data), label, asked)
    fit = fitted.fit_on_data(model, X, y, **data)
    return curve_of(Estimates.of(fit, covariance), label, asked)


def _without_data(model: Hooks) -> Estimates:
    coef: Any = model.coef_
    coef = np.concatenate(flatten(coef, name="coef")[0]) if is_tree(coef) else np.asarray(coef)
    parameters = np.vstack([coef.reshape(len(coef), -1), np.reshape(model.intercept_, (1, -1))])
    record = model.fit_report_.result if hasattr(model, "fit_report_") else None
    classes = getattr(model, "classes_", None)
    return Estimates(
        parameters,
        None if record is None else record.feature_mean,
        model._has_intercept,
        model._likelihood if classes is None else None,
        model.terms_,
        _neurons(model, 1 if classes is None else len(classes)),
        None if classes is None else tuple(classes),
        bin_s=getattr(model, "bin_s_", None),
        names=_names(model),
    )


def _of_classes(
    model: Hooks, X: Any, y: ArrayLike, covariance: Requested, **data: Any
) -> Estimates:
    """Return the estimates of a classifier, of each class as a column; they sum to zero over them.

    Where the data leave a parameter open that a curve depends on, which directions are open is not
    known: the band is NaN.
    """
    found = _without_data(model)
    K, sure = len(found.classes or ()), model._uncertainties(X, y, covariance, **data)
    fitted.tell_of_selection(model, sure.shapes)

    def by_class() -> Iterator[Uncertainty]:
        for one in sure.of_neurons:
            for k in range(K):
                mine = slice(k, None, K)  # parameter j of class k comes at j K + k
                yield one._replace(
                    covariance=one.covariance[mine, mine],
                    undetermined=one.undetermined[mine],
                    void=None,
                )

    return replace(found, sure=by_class, rows=read_rows(X))


def _names(model: Hooks) -> tuple[str, ...]:
    """Return what the features are called, as the data of the fit did."""
    return tuple(getattr(model, "feature_names_", ()))  # () of files of older versions


def _neurons(model: Hooks, n_classes: int) -> tuple[Any, ...] | None:
    if model._response_ndim == 1:
        return None
    n_neurons = np.size(model.intercept_) // n_classes
    return getattr(model, "neuron_columns_", None) or tuple(range(n_neurons))
