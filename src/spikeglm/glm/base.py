"""What all models share once they say how they read data: :class:`BaseGLM`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from .. import notebook
from ..fit.fitting import SolverChoice
from ..regularizer import Penalty
from ..rows.contract import Rows
from ..typing import Array, ArrayLike
from .batches.batchwise import Batchwise
from .reading.assigned_arguments import FeatureMask, RegularizerArgument
from .reading.fit_inputs import FitInputs
from .reading.known_labels import check_coefficients
from .reading.parameter_checks import with_nested_params
from .reading.read_arguments import (
    is_automatic,
    read_fit_intercept,
    solver_of,
    warn_of_unused_strength,
)
from .reading.shapes import Shapes
from .results import automatic, fitted
from .results.questions import Questions
from .saving import persistence
from .saving.pickling import cloned, state_to_write

if TYPE_CHECKING:
    from sklearn.utils import Tags


class BaseGLM(Questions, Batchwise):
    """A model of a response given features: :class:`GLM` and its relatives.

    They differ in how a response becomes columns, and in what the linear predictor says of it.
    """

    regularizer = RegularizerArgument()
    feature_mask = FeatureMask()

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes as pickle can write them: functions of JAX by their names."""
        return state_to_write(vars(self))

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy; scikit-learn's own would copy functions."""
        return cloned(self)

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        init_params: tuple[ArrayLike, ArrayLike] | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
        terms: Any = None,
    ) -> Self:
        """Find the coefficients that minimise the penalised mean loss.

        Parameters
        ----------
        X :
            (T, p) features: an array, a pandas or pynapple object, or ``basis.design(...)``.
        y :
            Response, for classifiers labels: (T,), or (T, N) for a population.
        init_params :
            First ``(coef, intercept)``; none is needed.
        sample_weight :
            (T,) >= 0, or (T, N) for a population: how often each row counts, also in ``scale_``,
            ``dof_resid_`` and standard errors; 0 leaves it out (cross-validation folds).
        offset :
            (T,) added to the linear predictor, e.g. log of the bin width. For classifiers (T, K),
            or (T, N, K) for a population: log-probabilities that are known otherwise.
        terms :
            What the columns of an array mean: the basis that computed them, so that results are
            told, and masks and strengths may be given, by the labels of its terms. A design knows.

        Raises
        ------
        ValueError, TypeError
            For input that cannot be used, also where X, y, weights and offset name their rows
            (index, times) or columns differently; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If a neuron has no certificate; ``fit_report_`` says why and what to do.
        NothingToFitWarning
            If the data of a neuron say nothing: no spikes, no rows, a class that never occurs.
        UserWarning
            If more than 1 % of the rows take no part, beyond the edges of windows and rows of
            weight zero; it names the features or inputs that lost them.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> first = nmo.GLM().fit(X, y, sample_weight=np.arange(1000) < 500)
        >>> first.coef_.round(2), nmo.GLM().fit(X, y).coef_.round(2)
        (array([ 0.33, -0.18]), array([ 0.49, -0.21]))
        """
        solver = self._solver()
        warn_of_unused_strength(self._regularizer, self.regularizer_strength)
        inputs = self._read_to_fit(X, y, sample_weight=sample_weight, offset=offset, terms=terms)
        start = None if init_params is None else inputs.shapes.read_first(init_params)
        check_coefficients(self, inputs, init_params)
        lost = "" if inputs.lost is None else inputs.lost.told()
        if is_automatic(self.regularizer_strength):
            result = automatic.fit(self, inputs, solver, start)
        else:
            result = self._minimise(inputs, self.read_penalty(inputs.shapes), solver, start)
            for name in automatic.ESTIMATES:  # of an earlier fit
                vars(self).pop(name, None)
        if lost:
            result = replace(result, remarks=(lost, *result.remarks))
        fitted.store(self, result, inputs)
        self.fit_report_.warn()
        return self

    def save_params(self, filename: Any) -> None:
        """Save constructor arguments and estimates to an ``.npz`` file; see :func:`load_model`.

        >>> import os, tempfile, numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(100, 2))
        >>> model = nmo.GLM("Gaussian").fit(X, X @ [1.0, 2.0])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
        >>> model.save_params(path)
        >>> nmo.load_model(path).coef_.round(6)
        array([1., 2.])
        """
        persistence.save(self, filename)

    def set_params(self, **params: Any) -> Self:
        """Set constructor arguments, also nested ones such as ``observation_model__scale``.

        Raises
        ------
        ValueError
            For a name that is no constructor argument.
        AttributeError
            For another ``feature_mask`` after a fit.

        Warns
        -----
        UserWarning
            If the solver cannot handle a new regularizer: ``solver_name`` is None then.

        >>> import spikeglm as nmo
        >>> nmo.GLM().set_params(regularizer="Ridge", regularizer_strength=0.1)
        GLM(regularizer='Ridge', regularizer_strength=0.1)
        >>> model = nmo.GLM(nmo.observation_models.NegativeBinomialObservations())
        >>> model.set_params(observation_model__scale=0.5)
        GLM(observation_model=NegativeBinomialObservations(scale=0.5))
        """
        return super().set_params(**with_nested_params(self, params))

    def _repr_html_(self) -> str:
        """Show the model in a notebook: its arguments, and the report of the fit."""
        parts = [self.fit_report_._repr_html_()] if hasattr(self, "fit_report_") else []
        about = "fitted" if self.__sklearn_is_fitted__() else "not fitted"
        return notebook.of_parameters(self, about, parts=parts)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that NaN rows are welcome (they are left out), and the shape of y."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = tags.input_tags.allow_nan = True
        tags.target_tags.single_output = self._response_ndim == 1
        tags.target_tags.multi_output = self._response_ndim == 2
        return tags

    def read_penalty(self, shapes: Shapes) -> Penalty:
        """Return the penalty on coefficients (p K, N) that this model's arguments describe."""
        if is_automatic(self.regularizer_strength):
            return automatic.penalty_of(self, shapes)
        return shapes.read_penalty(self._regularizer, self.regularizer_strength)

    @property
    def _regularizer(self) -> Any:
        """The regularizer, or what None means."""
        return self.regularizer

    @property
    def _has_intercept(self) -> bool:
        return read_fit_intercept(self.fit_intercept)

    def _solver(self) -> SolverChoice:
        return solver_of(self)

    def _read_to_fit(self, X: ArrayLike, y: ArrayLike, **more: Any) -> FitInputs:
        """Return :meth:`read_inputs` of data from which all can be learned that a fit needs."""
        return self.read_inputs(X, y, **{"known_terms": ()} | more)

    def _with_known_terms(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what data come with, and the terms of the fit, for tables that have none."""
        return {"known_terms": getattr(self, "terms_", ())} | data

    def _wrapped(self, values: Array, rows: Rows) -> Any:
        """Return values (T,) or (T, N) with the labels of rows and neurons."""
        return fitted.wrapped(self, values, rows)
