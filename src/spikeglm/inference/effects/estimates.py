"""What an effect is computed from: estimates, and how sure these are (without data: nothing)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, notices, showing
from ...observation_models.likelihood import Likelihood
from ...regularizer.base import PenaltyTerm
from ...rows.contract import Rows
from ...rows.terms import Term
from ...typing import Array, FloatArray
from ..bin_size import seconds_per_bin
from ..covariances import Requested, uncertainties
from ..fit_on_data import FitOnData
from ..information.optimum import Uncertainty
from .lines import term_of


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates of p features and an intercept, for C columns: N neurons, or N K of K classes.

    Attributes
    ----------
    parameters :
        (p + 1, C), the intercept last.
    mean :
        (p,) means of the features over the rows of the fit; None where nobody knows them.
    has_intercept :
        Whether the model has one.
    likelihood :
        The observation model seen through its link; None for classes.
    terms :
        What the features mean.
    names :
        (p,) what they are called where no term has a label.
    rows :
        (T, p) the data of the fit, where they are there.
    neurons, classes :
        Their names; None where the user has one neuron, or a model without classes.
    bin_s :
        Seconds of a bin, where known.
    status :
        (N,) how the fit of each neuron ended; None without the data of the fit.
    sure :
        Yields how sure the parameters of each column are; None without the data of the fit.
    """

    parameters: FloatArray
    mean: FloatArray | None
    has_intercept: bool
    likelihood: Likelihood | None
    terms: tuple[Term, ...]
    neurons: tuple[Any, ...] | None = None
    classes: tuple[Any, ...] | None = None
    bin_s: float | None = None
    sure: Callable[[], Iterator[Uncertainty]] | None = None
    status: tuple[str, ...] | None = None
    names: tuple[str, ...] = ()
    rows: Rows | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, fit: FitOnData, covariance: Requested | None = None) -> Estimates:
        """Return what a fit with its data says; a warning tells if no error of it is valid."""
        kind = Requested("auto") if covariance is None else covariance
        if not fit.optimum.penalty.is_smooth:
            warn_of_selection(fit.optimum.penalty)
        return cls(
            fit.parameters,
            fit.feature_mean,
            fit.optimum.columns.has_intercept,
            fit.likelihood,
            fit.terms,
            None if fit.is_single else fit.neurons,
            bin_s=fit.bin_s,
            names=fit.feature_names,
            rows=fit.optimum.rows,
            status=tuple("" if word is None else str(word.value) for word in fit.status),
            sure=lambda: uncertainties(
                fit, kind.cov_type, groups=kind.groups, lags=kind.lags, keep_void=True
            ),
        )

    def uncertainties(self) -> Iterator[Uncertainty]:
        """Yield how sure the parameters of each column are; nothing without the data of the fit.

        A warning tells why there is no covariance, where there is none of the kind that is wanted.
        """
        told = {""}
        for sure in iter(()) if self.sure is None else self.sure():
            if sure.reason not in told:
                told.add(sure.reason)
                notices.warn(
                    f"Some neurons have no such covariance, and no band (NaN): {sure.reason}. What "
                    "to do: take another cov_type."
                )
            yield sure

    def term(self, label: str) -> Term:
        """Return the term of this label, of a plain column a straight line.

        Raises
        ------
        ValueError
            If there is none.
        """
        return term_of(self.terms, label, names=self.names, rows=self.rows)

    def seconds_per_bin(self, given: float | None) -> float | None:
        """Return the seconds of a bin, as the data of the fit or the user say.

        Raises
        ------
        ValueError
            If they differ, or it is no length.
        """
        return seconds_per_bin(self.bin_s, given)

    def known_mean(self, label: str) -> FloatArray:
        """Return the means of the features.

        Raises
        ------
        ValueError
            If nobody knows them.
        """
        if self.mean is None:
            raise errors.value_error(
                "The means of the features are not known, and this curve is seen from them.",
                given="a model without a record of them (fit_intercept=False, estimates set by "
                "hand, or an older file)",
                expected="the data of the fit",
                todo=f"pass them: model.curve({label!r}, X, y).",
            )
        return self.mean

    def in_shape(self, values: Array) -> Array:
        """Return values (..., C) as (..., N), (..., N, K), (..., K) or (...)."""
        ends = [len(names) for names in (self.neurons, self.classes) if names is not None]
        return values.reshape(*values.shape[:-1], *ends)

    def in_shape_of(self, term: Term, values: Array) -> Array:
        """Return values (..., S, C) as :meth:`in_shape`, without S where the input has none."""
        grid = self.in_shape(values)
        return grid if channels_of(term) else np.take(grid, 0, axis=values.ndim - 2)


def channels_of(term: Term) -> tuple[Any, ...] | None:
    """Return what the channels of a term are called; None where its input has none."""
    return tuple(term.channels) if len(term.shape) > 1 else None


def warn_of_selection(penalty: PenaltyTerm) -> None:
    """Say why there are no standard errors where the penalty selects features, or has bounds."""
    notices.warn(
        getattr(penalty, "no_errors", "")
        or "There are no standard errors, and no band (NaN): the penalty selects features, and "
        "after a selection from the same data none are valid. What to do: select on one part "
        "of the data, and fit what is left to the other, with Ridge or without a penalty."
    )


def check_level(level: float) -> None:
    """Raise ValueError for a level that is no fraction."""
    if not 0 < level < 1:
        raise errors.value_error("level must be a fraction.", given=level, expected="0 < level < 1")
