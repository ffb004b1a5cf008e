"""A fit together with the data it came from: what every question about a fit begins with.

Estimators make it (``model.on(X, y)``); what is asked of it here never sees an estimator.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from .. import errors, showing
from ..engine.features.survey import survey_locations, survey_responses
from ..engine.runners.plan import planned
from ..fit.record import check_same_data
from ..io.interop.column_names import require_same_columns
from ..io.interop.frames import column_labels
from ..io.interop.row_labels import require_same_rows
from ..observation_models.likelihood import Likelihood
from ..rows.contract import Rows
from ..rows.table_labels import like_rows, row_labels_of
from ..rows.terms import Term
from ..solvers import Status
from ..typing import Array, FloatArray
from .bin_size import seconds_per_bin
from .information.degrees_of_freedom import effective_parameters
from .information.fisher import uncertainties
from .information.optimum import Optimum


@dataclass(frozen=True, eq=False)
class FitOnData:
    """Where a fit of N neurons ended, with its data and the names of everything.

    Attributes
    ----------
    optimum :
        Estimates, data, penalty, dispersion and record; p features, N columns.
    neurons :
        (N,) names of the neurons, or their numbers.
    feature_names :
        (p,).
    terms :
        What the features mean, by term; of a plain array one term without a label.
    is_single :
        Whether the user has one neuron: answers then have no axis of neurons.
    dispersion_dof :
        (N,) degrees of freedom of the estimated dispersion, for Student's quantiles; inf where the
        dispersion is not estimated.
    bin_s :
        Seconds of a bin, where the data said so.
    n_parameters :
        (N,) parameters that estimates use up where no penalty bends, any intercept included; NaN
        for estimates that are of no fit.
    is_named :
        Whether y named the neurons.
    neuron_metadata :
        What pynapple knows of the neurons, where it does.
    has_chosen_strengths :
        Whether these data chose the strengths of the penalty.
    feedback :
        By label of a term, which neuron each channel of its input is the response of, -1 for none:
        history and coupling.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(1.0, 200)
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> fit.n_neurons, fit.feature_names, fit.status[0].value
    (1, ('x0', 'x1'), 'converged')
    """

    optimum: Optimum
    neurons: tuple[Any, ...]
    feature_names: tuple[str, ...]
    terms: tuple[Term, ...]
    is_single: bool
    dispersion_dof: FloatArray
    bin_s: float | None = None
    n_parameters: FloatArray | None = None
    is_named: bool = False
    neuron_metadata: Any = None
    has_chosen_strengths: bool = False
    feedback: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    __repr__ = showing.of_fields

    @property
    def likelihood(self) -> Likelihood:
        """The observation model seen through its link."""
        return self.optimum.columns.likelihood

    @property
    def n_neurons(self) -> int:
        """N."""
        return len(self.neurons)

    @property
    def n_features(self) -> int:
        """p."""
        return len(self.feature_names)

    @property
    def status(self) -> tuple[Status | None, ...]:
        """(N,) how each fit ended; None for estimates that are of no fit."""
        record = self.optimum.record
        return (None,) * self.n_neurons if record is None else record.status

    @property
    def parameters(self) -> FloatArray:
        """(p + 1, N): coefficients, then the intercept, zero where there is none."""
        return np.vstack([self.optimum.coef, self.optimum.intercept])

    def labelled(self, values: FloatArray) -> Any:
        """Return numbers per row and neuron (T, N) as ``predict`` labels them; (T,) of one neuron.

        >>> import numpy as np, pynapple as nap, spikeglm as nmo
        >>> X = nap.Tsd(t=[0.0, 0.1, 0.2, 0.3], d=[1.0, 0.0, 2.0, 1.0])[:, None]
        >>> type(nmo.GLM().fit(X, [1, 0, 2, 0]).on(X, [1, 0, 2, 0]).labelled(np.zeros((4, 1))))
        <class 'pynapple.core.time_series.Tsd'>
        """
        names = self.neurons if self.is_named else None
        of_user = values[:, 0] if self.is_single else values
        return like_rows(of_user, self.optimum.rows, names, self.neuron_metadata)

    def in_seconds(self, bin_s: float | None) -> FitOnData:
        """Return the fit with the seconds of a bin, where the data did not say them.

        Raises ValueError if they said otherwise.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.arange(6.0)[:, None], np.array([0, 1, 0, 2, 1, 2])
        >>> nmo.GLM().fit(X, y).on(X, y).in_seconds(0.02).bin_s
        0.02
        """
        return replace(self, bin_s=seconds_per_bin(self.bin_s, bin_s))

    def check_rows_and_neurons(self, rows: Rows, **tables: Any) -> None:
        """Check that what has a number per row (and neuron) calls rows and neurons as others do.

        Rows as a table of rows does, neurons as the fit. Raises ValueError.

        >>> import numpy as np, pandas as pd, spikeglm as nmo
        >>> X, y = pd.DataFrame({"speed": [0.0, 1.0, 2.0]}), [0, 1, 2]
        >>> fit = nmo.GLM().fit(X, y).on(X, y)
        >>> fit.check_rows_and_neurons(fit.optimum.rows, offset=pd.Series([0.1, 0.2, 0.3])[::-1])
        Traceback (most recent call last):
            ...
        ValueError: The rows of X and offset do not agree. ...
        """
        require_same_rows(row_labels_of(rows), **tables)
        for name, table in tables.items():
            self.check_neurons(column_labels(table), name)

    def check_neurons(self, names: tuple[Any, ...] | None, table: str) -> None:
        """Check that a table calls its columns as the fit its neurons, if both have names.

        Raises ValueError.

        >>> import numpy as np, pandas as pd, spikeglm as nmo
        >>> X, y = np.arange(6.0)[:, None], pd.DataFrame(np.eye(6)[:, :2], columns=["a", "b"])
        >>> nmo.PopulationGLM("Gaussian").fit(X, y).on(X, y).check_neurons(("b", "a"), "null_mean")
        Traceback (most recent call last):
            ...
        ValueError: The columns of null_mean come in another order than the neurons of the fit. ...
        """
        known, todo = (
            self.neurons if self.is_named else None,
            "put the neurons of the fit in order.",
        )
        require_same_columns(names, known, table=table, what="the neurons of the fit", todo=todo)

    @cached_property
    def edf(self) -> FloatArray:
        """(N,) parameters that the fit uses up; the rows are read where a penalty bends."""
        record, counted = self.optimum.record, self.n_parameters
        if record is None or counted is None:
            return np.full(self.n_neurons, np.nan)
        has_aliased = len(record.aliased) > 0
        return effective_parameters(
            self.optimum, counted, total_weight=record.total_weight, has_aliased=has_aliased
        )

    def check_data(self) -> None:
        """Check that responses, row weights and offsets are those of the fit, in a visit of them.

        Features are not looked at, see :meth:`check_estimates`. Raises ValueError.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.arange(6.0)[:, None], np.array([0, 1, 0, 2, 1, 2])
        >>> nmo.GLM().fit(X, y).on(X, y + 1).check_data()
        Traceback (most recent call last):
            ...
        ValueError: These are not the data of the fit. Given: the mean response is ...
        """
        optimum = self.optimum
        if optimum.record is not None:
            table, how = planned(optimum.rows, optimum.keep, optimum.columns.n_columns)
            check_same_data(optimum.record, survey_responses(table, optimum.columns, how))

    def check_estimates(self) -> None:
        """Check that the estimates are the best ones for these data, as standard errors do.

        It finds data that were shuffled or shifted, too, and takes as long as standard errors.
        Raises ValueError.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.arange(6.0)[:, None], np.array([0, 1, 0, 2, 1, 2])
        >>> nmo.GLM().fit(X, y).on(X, y[::-1]).check_estimates()
        Traceback (most recent call last):
            ...
        ValueError: These are not the data of the fit. Given: data whose best estimates are ...
        """
        deque(uncertainties(self.optimum), maxlen=0)

    @property
    def feature_mean(self) -> FloatArray:
        """(p,) means of the features over the rows of the fit; a pass where no record has them."""
        record = self.optimum.record
        known = None if record is None else record.feature_mean
        return mean_features(self.optimum) if known is None else known


class FittedModel(Protocol):
    """What questions ask of a fitted estimator.

    >>> import spikeglm as nmo
    >>> hasattr(nmo.GLM(), "on")
    True
    """

    def on(self, X: Any, y: Any, *, sample_weight: Any = None, offset: Any = None) -> FitOnData:
        """Return the fit with its data."""
        ...

    def rows_of(self, X: Any) -> Rows:
        """Return data as rows with the features of the fit."""
        ...

    def predict(self, X: Any, *, offset: Any = None) -> Array:
        """Return the mean response."""
        ...


def fit_of(model: Any, X: Any, y: Any, **data: Any) -> FitOnData:
    """Return a fitted model with its data, as whoever asks a question passes the three.

    Raises
    ------
    TypeError
        If the first is no model, or the second a name.

    >>> fit_of([[1.0]], [0], None)
    Traceback (most recent call last):
    TypeError: A fitted model comes first, then X and y. Given: list. Expected: ...
    """
    if isinstance(model, type) or not hasattr(model, "on"):
        is_class = isinstance(model, type)
        raise errors.type_error(
            "A fitted model comes first, then X and y.",
            given=f"the class {model.__name__}" if is_class else type(model).__name__,
            expected="a GLM or a PopulationGLM that was fitted",
            todo="make it and fit it first: model = nmo.GLM().fit(X, y)."
            if is_class
            else "pass the model, the X and the y of the fit, in this order.",
        )
    if isinstance(X, str):
        raise errors.type_error(
            "The data of the fit come before what is asked of them.",
            given=f"X={X!r}",
            expected="the model, the X and the y of the fit, then names",
            todo=f"move {X!r} behind y.",
        )
    found: FitOnData = model.on(X, y, **data)
    return found


def mean_features(optimum: Optimum) -> FloatArray:
    """Return the mean features (p,) over the rows that took part, with or without an intercept."""
    columns = replace(optimum.columns, has_intercept=True)  # without one they are seen about zero
    table, how = planned(optimum.rows, optimum.keep, columns.n_columns)
    survey = survey_locations(table, columns, how)
    return survey.features.mean + survey.table.origin
